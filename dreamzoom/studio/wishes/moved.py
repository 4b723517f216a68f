"""What a person moves or renames in FOLDER is known again, and the drafts of it and with it go along.

    .studio/places.json    {"0123456789abcdef": ["clip", 131, 1764288000000000000, 0], …}

An id is made of a place, and a file manager changes that without a word, also while no studio runs. What lies
at a new place is what lay at an old one if nothing lies there any more, and it has its number in the file
system and the moment of its beginning, to the nanosecond: a copy beside it has another number, and what is
made anew another moment. Where a file system gives other numbers every time, nothing is known again, and
nothing is mistaken.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from dreamzoom.clip.glance import stamp_of
from dreamzoom.io.files import storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import ROOMS
from dreamzoom.studio.library.shelf import begun
from dreamzoom.studio.wishes.drafts import move_drafts

Trace: TypeAlias = tuple[str, int, int, int]
"""An item's kind, number, beginning in nanoseconds, and size in bytes; that of a folder is 0."""

_LARGEST: Final = 4 << 20  # bytes of all traces
_GONE: Final = 1000  # traces of what is not there now: it may come back


class MoveKeeper:
    """Looks what lies at another place than before, again and again.

    Args:
        tell: called with the drafts that went along, by what they are of.
    """

    def __init__(self, desk: Desk, tell: Callable[[Mapping[str, Any]], None]) -> None:
        self._desk, self._tell = desk, tell
        self._seen: object = None

    def look(self) -> None:
        """Let the drafts go along, if anything has come or gone since the last look.

        Raises:
            StorageError: they cannot be written, or what is known.
        """
        seen = [stamp_of(self._desk.folder / room) for room in ROOMS]
        if seen == self._seen:
            return
        there = self._traces()
        known = _read(self._path)
        gone = {trace: each for each, trace in known.items() if each not in there}
        moved = {gone[trace]: each for each, trace in there.items() if each not in known and trace in gone}
        changed = move_drafts(self._desk, moved) if moved else {}
        absent = [(each, trace) for trace, each in gone.items() if each not in moved][-_GONE:]
        now = dict(absent) | there
        if now != known:
            with storage_errors(self._path):
                self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, json.dumps(now).encode())
        self._seen = seen
        if changed:
            self._tell(changed)

    @property
    def _path(self) -> Path:
        return self._desk.private / "places.json"

    def _traces(self) -> dict[str, Trace]:
        """What lies in FOLDER now, by id."""
        found: dict[str, Trace] = {}
        for item in self._desk.shelf.scan():
            path = self._desk.shelf.path_of(item)
            stamp = stamp_of(path)
            if stamp is not None:
                size = 0 if path.is_dir() else stamp[1]
                found[item.id] = (item.kind, stamp[2], begun(path, item.kind), size)
        return found


def _read(path: Path) -> dict[str, Trace]:
    """The traces that were kept; a stranger's folder may have any."""
    kept = read_json(path, _LARGEST)
    traces: dict[str, Trace] = {}
    for each, raw in kept.items() if isinstance(kept, dict) else ():
        match raw:
            case [str(kind), int(number), int(since), int(size)]:
                traces[each] = (kind, number, since, size)
    return traces
