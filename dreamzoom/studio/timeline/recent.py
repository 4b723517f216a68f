"""What was worked out a moment ago, for as long as the files that it is made of are the same."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

from dreamzoom.audio.beatmap import ENDING
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item

_KEPT: Final = 6


T = TypeVar("T")


class Recent(Generic[T]):
    """The latest things that were made, by their keys.

    Args:
        is_final: whether a thing is the same as long as its key is; others are made anew each time.
    """

    def __init__(self, is_final: Callable[[T], bool]) -> None:
        self._is_final = is_final
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made for a key, or is now."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key]
        made = make()
        if not self._is_final(made):
            return made
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return made


def signs_of(desk: Desk, item: Item) -> tuple[Any, ...]:
    """What tells that an item's timeline is another one: its files, what is known of songs, their maps."""
    known = [desk.private / "heard", desk.private / "peaks", desk.material]
    maps = sorted(desk.material.glob(f"*{ENDING}")) if desk.material.is_dir() else []
    return *own_signs(desk, item), *map(_sign, [*known, *maps])


def own_signs(desk: Desk, item: Item) -> tuple[Any, ...]:
    """What tells that an item itself is another one."""
    path = desk.shelf.path_of(item)
    return tuple(map(_sign, [path, *(path / name for name in ("recipe.toml", "music.json", "film.json"))]))


def _sign(path: Path) -> tuple[str, int, int]:
    try:
        found = path.stat()
    except OSError:
        return path.name, 0, 0
    return path.name, found.st_mtime_ns, found.st_size
