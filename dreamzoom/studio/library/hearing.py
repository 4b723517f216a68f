"""What the system says of folders: that something was written in them (watchfiles)."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from typing import Final

import anyio
from watchfiles import Change, awatch

_STEP, _DEBOUNCE = 30, 120  # milliseconds for which changes are gathered, at least and at most
_TRY_AGAIN = 30.0  # seconds after the system had no watches left, or watchfiles no words
_TELLING: Final = (".writer",)  # hidden files that tell something


class Ear:
    """Hears what is written in some folders, but not in those within them.

    Args:
        on_change: called in the event loop with the paths that were written, or are gone.
    """

    def __init__(self, on_change: Callable[[Collection[str]], object]) -> None:
        self._on_change = on_change
        self._folders: frozenset[tuple[str, int]] = frozenset()
        self._moved = anyio.Event()
        self.is_deaf = True

    def listen_to(self, folders: frozenset[tuple[str, int]]) -> bool:
        """Listen to other folders from now on; whether they are others.

        Args:
            folders: each with its number on the disk: another one of the same name is another one. Of those
                whose names are no UTF-8 the system is not asked: nothing is heard of them.
        """
        if folders == self._folders:
            return False
        self._folders = folders
        self._moved.set()
        return True

    def end(self) -> None:
        """End what waits in a thread, which a cancellation alone would wait for."""
        self._moved.set()

    async def listen(self) -> None:
        """Listen until it is cancelled. Where the system has no watches left nothing is heard, nor after a
        file was written whose name is no text, for a while.
        """
        while True:
            self._moved = anyio.Event()
            folders = sorted(path for path, _ in self._folders if _is_text(path))
            try:
                await self._listen_to(folders)
            except Exception:  # noqa: BLE001 - watchfiles has many, in groups too; looks find what is not heard
                self.is_deaf = True
                with anyio.move_on_after(_TRY_AGAIN):
                    await self._moved.wait()

    async def _listen_to(self, folders: list[str]) -> None:
        if not folders:
            await self._moved.wait()
            return
        self.is_deaf = False
        heard = awatch(
            *folders,
            watch_filter=_tells,
            step=_STEP,
            debounce=_DEBOUNCE,
            stop_event=self._moved,
            force_polling=False,
            recursive=False,
        )
        async for changes in heard:
            self._on_change({path for _, path in changes})


def _is_text(path: str) -> bool:
    """Whether a path is one that watchfiles takes: it has the bytes of a text."""
    try:
        path.encode()
    except UnicodeEncodeError:
        return False
    return True


def _tells(change: Change, path: str) -> bool:
    """Whether a file that was written tells something: parts of files and locks do not."""
    name = path.rpartition(os.sep)[2]
    return not name.startswith(".") or name in _TELLING
