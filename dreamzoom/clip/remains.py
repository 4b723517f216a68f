"""What is left of a clip whose recipe is lost: it is told, with the way to have it again.

No frame tells how it was made. The video does, and with the start image, which has the clip's size, its
recipe makes the same clip again.
"""

from __future__ import annotations

import os
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from stat import S_ISREG

from dreamzoom.errors import shell_word
from dreamzoom.io.disk import open_plain

_FRAME = re.compile(r"\d{6}\.png", re.ASCII)
_SONG = re.compile(r"soundtrack(\.[a-z0-9]{1,16})?", re.ASCII)
_WIDEST = 1 << 16  # pixels
_MARKS = (("journal.jsonl", "start.png"), ("video.json", "clip.mp4"))
"""Files that only a clip has side by side."""


@dataclass(frozen=True)
class Remains:
    """What is left.

    Attributes:
        path: the clip's folder.
        frames: how many frames there are, from 0 up to the first gap.
        others: how many more there are after it.
        size: width and height of the first one, as its header says; None where that tells none.
        files: the names of what else lies in the folder.
    """

    path: Path
    frames: int
    others: int
    size: tuple[int, int] | None
    files: frozenset[str]


def is_left(path: Path) -> bool:
    """Whether a folder without a recipe holds what only a clip has: numbered frames, or files of its own."""
    has_marks = any(all(_is_file(path / name) for name in marks) for marks in _MARKS)
    return has_marks or next(_frames(path), None) is not None


def find_remains(path: Path) -> Remains | None:
    """What is left of the clip in a folder without a recipe; None where there was none."""
    if not is_left(path):
        return None
    numbers = {int(name[:6]) for name in _frames(path)}
    count = next(number for number in range(len(numbers) + 1) if number not in numbers)
    size = _read_size(path / "frames" / "000000.png") if count else None
    return Remains(path, count, len(numbers) - count, size, frozenset(_files(path)))


def tell_remains(remains: Remains) -> str:
    """In words what is lost, what is left, and what to do."""
    path, found = remains.path, remains.frames + remains.others
    frames = f"{found or 'no'} frame{'s' if found != 1 else ''}"
    if "journal.jsonl" in remains.files:
        told = f"{path} has lost its recipe.toml: restore that from a copy; it has {frames}"
    else:
        told = f"{path} holds {frames} and neither a recipe.toml nor a journal: restore them from a copy"
    return f"{told}; {_way_on(path, remains.files)}"


def _way_on(path: Path, files: frozenset[str]) -> str:
    if "clip.mp4" not in files:
        return "or start a new clip in another folder"
    start = shell_word(str(path / "start.png")) if "start.png" in files else "PICTURE"
    song = next((name for name in sorted(files) if _SONG.fullmatch(name)), None)
    audio = "" if song is None else f" --audio {shell_word(str(path / song))}"
    video = shell_word(str(path / "clip.mp4"))
    return (
        "to have the same clip again in another folder, by what its video tells: "
        f"dreamzoom render {start} --preset {video}{audio} --out DIR"
    )


def _read_size(frame: Path) -> tuple[int, int] | None:
    """Width and height in a PNG's header; None where there is none."""
    try:
        with os.fdopen(open_plain(frame), "rb") as file:
            head = file.read(24)
    except OSError:
        return None
    if len(head) < 24 or head[:8] != b"\x89PNG\r\n\x1a\n":
        return None
    width, height = struct.unpack(">II", head[16:])
    return (width, height) if 0 < width <= _WIDEST and 0 < height <= _WIDEST else None


def _is_file(path: Path) -> bool:
    """Whether there is a file, and no link."""
    try:
        return S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def _files(path: Path) -> set[str]:
    """The names of the files in a folder; links are not followed."""
    try:
        with os.scandir(path) as entries:
            return {entry.name for entry in entries if entry.is_file(follow_symlinks=False)}
    except OSError:
        return set()


def _frames(path: Path) -> Iterator[str]:
    """The names of a clip's frames, in no order; none in a folder that is a link."""
    folder = path / "frames"
    try:
        if folder.is_symlink():
            return
        with os.scandir(folder) as entries:
            for entry in entries:
                if _FRAME.fullmatch(entry.name) and entry.is_file(follow_symlinks=False):
                    yield entry.name
    except OSError:
        return
