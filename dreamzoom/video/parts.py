"""Files under construction: each beside its target, under a name that tells so, renamed when whole."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

from dreamzoom.clip.atomic import storage_errors, sync_folder

_PART = re.compile(r"\.(?P<name>.+)\.[0-9a-f]{8}\.part", re.DOTALL)


@contextlib.contextmanager
def part_of(target: Path) -> Iterator[Path]:
    """An empty file beside `target`, named `.NAME.xxxxxxxx.part`; it goes with the context if not renamed.

    Each has a name of its own: an ffmpeg that a killed run left behind may still be writing to an older one.

    Raises:
        StorageError: the folder is missing or cannot be written.
    """
    part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
    with storage_errors(target):
        part.open("xb").close()
    try:
        yield part
    finally:
        # On Windows a file that is still open cannot go: the next run removes it.
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)


def publish(part: Path, target: Path) -> None:
    """Flush a finished part to the disk and rename it, over what is there. Raises a StorageError."""
    with storage_errors(target):
        with part.open("rb+") as file:
            os.fsync(file.fileno())
        part.replace(target)
        sync_folder(target.parent)


def remove_leftovers(folder: Path, name: str | None = None) -> list[Path]:
    """Delete what killed runs have left in `folder`, and return it; with `name`, that target's parts alone.

    Nobody else may be writing a video there, or its part goes too. What cannot be deleted stays.
    """
    removed: list[Path] = []
    for path in sorted(folder.glob(".*.part")):
        match = _PART.fullmatch(path.name)
        if match is None or path.is_dir() or name not in (None, match["name"]):
            continue
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
            removed.append(path)
    return removed
