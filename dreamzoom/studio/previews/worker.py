"""The one child that makes previews, and the lines that it says.

It is quick, and a person waits for it: so it begins at once, beside the queue, but gives way to it. What is
wanted next takes the place of what is at work: an unfinished preview goes on when its turn comes again.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import threading
from asyncio import AbstractEventLoop
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Final

from dreamzoom.errors import DreamzoomError, printable
from dreamzoom.io.processes import interrupt
from dreamzoom.studio.children import child_environment, python_command
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.previews.sets import PreviewedPicture, begin_set, throw_away_the_oldest
from dreamzoom.studio.previews.shelved import command_word

_NICER: Final = 10
_PATIENCE_S: Final = 5.0  # until a child that was asked to stop has
_LAST_LINES: Final = 2000  # letters of what a child says of its trouble


@dataclass(frozen=True)
class WantedPreviews:
    """Previews that are to be made.

    Attributes:
        looks: presets' names and looks' ids, the first first.
        palettes: whether each still is to be had in every palette's colours too.
    """

    picture: PreviewedPicture
    looks: tuple[str, ...]
    palettes: bool = False


@dataclass
class PreviewWorker:
    """Makes previews, one set at a time, and tells every page of each."""

    desk: Desk
    _loop: AbstractEventLoop | None = None
    _wanted: WantedPreviews | None = None
    _child: subprocess.Popen[str] | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextlib.contextmanager
    def at_work(self, loop: AbstractEventLoop) -> Iterator[None]:
        """As long as the context lasts previews are made.

        Args:
            loop: where the feed lives.
        """
        self._loop = loop
        try:
            yield
        finally:
            self.stop()

    def want(self, wanted: WantedPreviews) -> None:
        """Make these, in the place of whatever is being made; nothing is begun anew that is at work already.

        Raises:
            RequestError: a look of them is none.
            StorageError: the set's folder cannot be written.
        """
        with self._lock:
            if wanted == self._wanted:
                return
            words = self._words(wanted)
            if self._wanted is not None:
                self._tell({"set": self._wanted.picture.set, "ended": True, "fault": ""})
            self._stop()
            begin_set(self.desk, wanted.picture.set)
            child = subprocess.Popen(
                python_command(*words),
                cwd=self.desk.folder,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                encoding="utf-8",
                errors="replace",
            )
            _give_way(child.pid)
            self._wanted, self._child = wanted, child
            threading.Thread(target=self._follow, args=(wanted, child), name="previews", daemon=True).start()

    def stop(self) -> None:
        """Stop what is at work; it goes on when it is wanted again."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        child, self._child, self._wanted = self._child, None, None
        if child is None or child.poll() is not None:
            return
        with contextlib.suppress(OSError):
            interrupt(child.pid)
        try:
            child.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def _words(self, wanted: WantedPreviews) -> list[str]:
        width, height = wanted.picture.size
        place = (Path(self.desk.private.name) / "previews" / wanted.picture.set).as_posix()
        looks = [part for look in wanted.looks for part in ("--preset", command_word(self.desk, look))]
        options = ["--size", f"{width}x{height}", "--json", *(["--palettes"] if wanted.palettes else [])]
        return ["looks", wanted.picture.image, "-o", place, *looks, *options]

    def _follow(self, wanted: WantedPreviews, child: subprocess.Popen[str]) -> None:
        """Tell of each preview as it comes, and of the end."""
        assert child.stdout is not None  # noqa: S101 - it was started with a pipe
        last = self._listen(wanted, child.stdout)
        status = child.wait()
        with self._lock:
            if self._child is not child:
                return  # something else is wanted by now
            self._child = self._wanted = None
        fault = "" if status in (0, 1) and not last.startswith("dreamzoom: ") else last
        self._tell({"set": wanted.picture.set, "ended": True, "fault": fault.removeprefix("dreamzoom: ")})
        with contextlib.suppress(DreamzoomError):
            throw_away_the_oldest(self.desk, wanted.picture.set)

    def _listen(self, wanted: WantedPreviews, said: IO[str]) -> str:
        """The last line that is no preview."""
        last = ""
        for line in said:
            try:
                facts = json.loads(line)
            except ValueError:
                last = printable(line.strip())[:_LAST_LINES] or last
                continue
            if isinstance(facts, dict):
                self._tell({"set": wanted.picture.set, **facts})
        return last

    def _tell(self, facts: Mapping[str, Any]) -> None:
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the server has ended
                self._loop.call_soon_threadsafe(self.desk.feed.tell, "preview", dict(facts))


def _give_way(process: int) -> None:
    """Let everything else come first: what it starts inherits that."""
    if hasattr(os, "setpriority"):
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, process, _NICER)
