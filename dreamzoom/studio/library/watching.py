"""What changes in FOLDER, told to every page.

The system says at once in which folder something was written. Those are listened to whose files tell how far
an item is, and not those that frames lie in. What no file tells, such as the lock of a renderer that was
killed, or a network's disk of which nothing is said, a look at everything finds, every second or two; where
the system has no watches left that is all there is.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final, TypeVar

import anyio
import anyio.to_thread

from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.facts import FactBook, ItemFacts
from dreamzoom.studio.library.hearing import Ear
from dreamzoom.studio.library.items import ROOMS, Item
from dreamzoom.studio.library.shelf import Shelf

APART: Final = 0.2
"""Seconds between two events of an item."""

_LOOK, _LOOK_AT_ALL = 1.0, 2.0  # seconds between two looks at what is being written, and at everything
_DEAF = 0.25  # between the first where the system says nothing
_SETTLING = 0.15  # until other folders are listened to
_IDLE = 0.5  # between two looks at whether anybody listens

T = TypeVar("T")


@dataclass(frozen=True)
class _Sight:
    """What a look saw: the facts of items, and those of them that nobody has examined; of a look at
    everything all items and the folders to listen to, else none.
    """

    facts: list[ItemFacts]
    unexamined: list[Item]
    items: list[Item] = field(default_factory=list)
    folders: frozenset[tuple[str, int]] = frozenset()
    is_whole: bool = False


@asynccontextmanager
async def watching(desk: Desk) -> AsyncIterator[None]:
    """Watch a desk's folder in the context."""
    watcher = Watcher(desk)
    await watcher.begin()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(watcher.ear.listen)
        tasks.start_soon(watcher.tell)
        tasks.start_soon(watcher.examine)
        try:
            yield
        finally:
            watcher.ear.end()
            tasks.cancel_scope.cancel()


class Watcher:
    """Watches a desk's folder: tasks of the server's event loop, which look in threads of their own."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.ear = Ear(self._note)
        self._told: dict[str, ItemFacts] = {}
        self._items: dict[Path, Item] = {}
        self._written: set[Path] = set()  # places in FOLDER
        self._next: dict[Path, float] = {}  # when a place may be told of again
        self._unexamined: dict[Path, Item] = {}
        self._wake, self._doubt = anyio.Event(), anyio.Event()
        self._look, self._look_at_all = 0.0, 0.0  # when they are due
        self._threads = anyio.CapacityLimiter(2)  # no request has to end before something is told

    async def begin(self) -> None:
        """Look at everything once, before anybody asks: what changes from then on is told."""
        sight = await self._in_thread(partial(_look_at_all, self._desk.shelf, self._desk.facts))
        self._told = {facts["id"]: facts for facts in sight.facts}
        self._take(sight)

    async def tell(self) -> None:
        """Tell pages what changed, as long as somebody listens."""
        while True:
            if not self._desk.feed.listeners:
                await anyio.sleep(_IDLE)
                continue
            await self._wait()
            sight = await self._see(time.monotonic())
            self._tell(sight)
            self._take(sight)

    async def examine(self) -> None:
        """Examine what nobody has since it was changed: one item at a time, and half of the time."""
        while True:
            while self._unexamined:
                place = next(iter(self._unexamined))
                item, began = self._unexamined.pop(place), time.monotonic()
                await self._in_thread(partial(self._desk.facts.examine, item))
                self._written.add(place)
                self._wake.set()
                await anyio.sleep(time.monotonic() - began)
            self._doubt = anyio.Event()
            await self._doubt.wait()

    async def _wait(self) -> None:
        """Wait until something was written that may be told of, or until it is time for a look."""
        self._wake = anyio.Event()
        due = min(self._look, self._look_at_all, *(self._next.get(place, 0.0) for place in self._written))
        with anyio.move_on_after(max(0.0, due - time.monotonic())):
            await self._wake.wait()

    async def _see(self, now: float) -> _Sight:
        """Look at what was written, and at what it is time for."""
        shelf, facts = self._desk.shelf, self._desk.facts
        ready = {place for place in self._written if self._next.get(place, 0.0) <= now}
        self._written -= ready
        self._next |= dict.fromkeys(ready - self._items.keys(), now + APART)  # no items, or not yet
        if now >= self._look_at_all or not ready <= self._items.keys():
            self._look_at_all = now + _LOOK_AT_ALL
            return await self._in_thread(partial(_look_at_all, shelf, facts))
        items = [self._items[place] for place in ready]
        if now >= self._look:
            self._look = now + (_DEAF if self.ear.is_deaf else _LOOK)
            items += [item for item in self._items.values() if self._is_running(item)]
        return await self._in_thread(partial(_look_at, shelf, facts, items))

    def _tell(self, sight: _Sight) -> None:
        """Tell what is not as it was told."""
        now = time.monotonic()
        for facts in sight.facts:
            place = Path(facts["place"])
            if self._told.get(facts["id"]) == facts:
                continue
            if self._next.get(place, 0.0) > now:
                self._written.add(place)  # later
                continue
            self._told[facts["id"]] = facts
            self._next[place] = now + APART
            self._desk.feed.tell("item", facts)
        if sight.is_whole:
            there = {item.id for item in sight.items}
            for gone in [each for each in self._told if each not in there]:
                del self._told[gone]
                self._desk.feed.tell("gone", {"id": gone})

    def _take(self, sight: _Sight) -> None:
        """Note what a look saw, for the next ones."""
        if sight.is_whole:
            self._items = {item.place: item for item in sight.items}
            self._next = {place: when for place, when in self._next.items() if when > time.monotonic()}
            if self.ear.listen_to(sight.folders):  # what was written until it does was not heard
                self._look_at_all = time.monotonic() + _SETTLING
        self._unexamined |= {item.place: item for item in sight.unexamined}
        if self._unexamined:
            self._doubt.set()

    def _is_running(self, item: Item) -> bool:
        return self._told.get(item.id, {}).get("state") == "running"

    def _note(self, paths: Collection[str]) -> None:
        self._written |= {_place_of(path, self._desk.folder) for path in paths}
        self._wake.set()

    async def _in_thread(self, deed: Callable[[], T]) -> T:
        return await anyio.to_thread.run_sync(deed, limiter=self._threads)


def _place_of(path: str, folder: Path) -> Path:
    """The place of the item that a file of FOLDER belongs to; FOLDER's own is empty."""
    parts = Path(path.removeprefix(str(folder)).strip(os.sep)).parts or ("",)
    return Path(*parts[: 2 if Path(parts[0]) in ROOMS else 1])


# ---- in a thread ---------------------------------------------------------------------------------------


def _look_at_all(shelf: Shelf, facts: FactBook) -> _Sight:
    items = shelf.scan()
    facts.forget_all_but(items)
    sight = _see(facts, items)
    return _Sight(sight.facts, sight.unexamined, items, frozenset(_folders(shelf, items)), is_whole=True)


def _look_at(shelf: Shelf, facts: FactBook, items: Collection[Item]) -> _Sight:
    """Of some items; a look at everything where one of them is gone."""
    is_whole = not all(shelf.is_still(item) for item in items)
    return _look_at_all(shelf, facts) if is_whole else _see(facts, items)


def _see(facts: FactBook, items: Collection[Item]) -> _Sight:
    return _Sight([facts.of(item) for item in items], [item for item in items if not facts.is_examined(item)])


def _folders(shelf: Shelf, items: Collection[Item]) -> Iterator[tuple[str, int]]:
    """The folders whose files tell how far items are, and those in FOLDER that may become items."""
    rooms = [room for room in ROOMS if (shelf.folder / room).is_dir()]
    folders = [*rooms, *shelf.folders()]
    for item in items:
        if item.kind == "film":
            folders += [item.place / "scenes", *(scene.place for scene in shelf.scenes_of(item))]
    for place in dict.fromkeys(folders):
        path = shelf.folder / place
        try:
            number = path.lstat().st_ino
        except OSError:
            continue
        if not path.is_symlink():
            yield str(path), number
