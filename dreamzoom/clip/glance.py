"""A clip at a glance: what its folder tells before its recipe is checked and its frames are examined.

It is for who looks at hundreds of clips, and several times a second: a journal's lines are looked at once, as
they come, and of a recipe a few. What is wrong with a clip only `clip_status` tells.
"""

from __future__ import annotations

import os
import re
from collections import deque
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from stat import S_ISREG
from statistics import median
from typing import Final, TypeAlias

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.lock import is_being_written
from dreamzoom.errors import RecipeError
from dreamzoom.io.disk import open_plain
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.recipe.units import Size, parse_rate, parse_size

RECENT: Final = 20
"""Frames that tell the present speed."""

_LARGEST_RECIPE = 1 << 24  # bytes
_TABLE = re.compile(r"^\[(\w+)\]$", re.MULTILINE)
_LINE = re.compile(rb'^\{"frame": (0|[1-9]\d{0,5}), [^\n]*\}$', re.MULTILINE)
_SECONDS = re.compile(rb'"seconds": (\d{1,9}(?:\.\d{1,9})?)[,}]')
_OVERLAP = 64  # bytes by which a journal is known again
_RECIPE_KEYS = {
    "clip": ("frames", "size", "fps", "image"),
    "music": ("song", "start", "delay"),
    "loop": ("depth", "close"),
}

Stamp: TypeAlias = "tuple[int, int, int] | None"
"""What a file is known by while nobody writes it: when it was changed, its size, its number; None of none."""


def stamp_of(path: Path | str) -> Stamp:
    """The stamp of a file or folder; a link has its own."""
    try:
        there = os.lstat(path)
    except OSError:
        return None
    return there.st_mtime_ns, there.st_size, there.st_ino


@dataclass(frozen=True)
class Outline:
    """What a recipe says that everybody asks first.

    Attributes:
        song: what its song's file was called; "" where it has none.
        dreams: of an endless loop, how often its picture is to be dreamed; else 0.
        song_start: where in its song the clip begins, in seconds; less than 0 where it is silent before.
    """

    frames: int
    size: Size
    fps: Fraction
    image: str
    song: str
    is_loop: bool
    dreams: int = 0
    song_start: float = 0.0


@dataclass(frozen=True)
class Glance:
    """What a clip is, and how far.

    Attributes:
        outline: of its recipe.
        is_running: whether a process writes it.
        frames_done: frames that are journaled and there, from 0 up to the first gap.
        dreams_done: of a loop, how often its picture has been dreamed.
        seconds_per_frame: median of the latest ones; None before the first.
        has_video: whether there is a video that is not empty; whether it is right is not asked.
    """

    outline: Outline
    is_running: bool
    frames_done: int
    dreams_done: int
    seconds_per_frame: float | None
    has_video: bool


def read_outline(clip: Path) -> Outline:
    """The outline of a clip's recipe. Raises a ClipError where that cannot be read."""
    outline = _quick_outline(clip / "recipe.toml")
    if outline is not None:
        return outline
    opened = open_clip(clip)
    recipe = opened.recipe
    dreams = recipe.torus_dreams if recipe.loop.is_endless else 0
    kept = opened.soundtrack_path
    song = "" if kept is None else Path(recipe.music.song or kept).name
    rules, begins = recipe.clip, float(recipe.music.start) - float(recipe.music.delay)
    return Outline(
        rules.frames, rules.size, rules.fps, rules.image, song, recipe.loop.is_closed, dreams, begins
    )


def _quick_outline(path: Path) -> Outline | None:
    """The outline by a few lines of a recipe as dreamzoom writes them; None where it is any other, or of a
    loop.
    """
    try:
        with os.fdopen(open_plain(path), "r", encoding="utf-8") as file:
            text = file.read(_LARGEST_RECIPE)
        values = _few_values(text)
        frames = SETTINGS["clip.frames"].parse(values.get("frames"))
        start, delay = (SETTINGS[f"music.{name}"].parse(values.get(name, 0)) for name in ("start", "delay"))
    except (OSError, UnicodeDecodeError, RecipeError):
        return None
    size, rate = parse_size(str(values.get("size"))), parse_rate(str(values.get("fps")))
    image, song = values.get("image"), values.get("song")
    if size is None or rate is None:
        return None
    if not isinstance(image, str) or not isinstance(song, str) or values.get("depth", 0) != 0:
        return None
    is_closed = values.get("close") not in (0, None)
    return Outline(frames, size, rate, image, Path(song).name, is_closed, song_start=float(start - delay))


def _few_values(text: str) -> dict[str, object]:
    """The values that an outline has, by their names. Raises a RecipeError."""
    parts = _TABLE.split(text)
    tables = dict(zip(parts[1::2], parts[2::2], strict=True))
    if "frozen" not in tables:
        return {}
    lines = [
        line
        for table, names in _RECIPE_KEYS.items()
        for line in tables.get(table, "").splitlines()
        if line.partition(" = ")[0] in names
    ]
    return parse_toml("\n".join(lines), "the recipe")


class JournalLines:
    """Which frames a journal tells of, line by line as it grows."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._begin()

    def _begin(self) -> None:
        self._stamp: Stamp = None
        self._read, self._end = 0, b""
        self._flags = bytearray(1)
        self._seconds: deque[float] = deque(maxlen=RECENT)

    @property
    def count(self) -> int:
        """How many frames there are from 0 up to the first that it does not tell of."""
        return self._flags.find(0)

    @property
    def numbers(self) -> int:
        """How many frames it tells of."""
        return self._flags.count(1)

    @property
    def seconds_per_frame(self) -> float | None:
        """The median of the latest frames; None before the first."""
        return median(self._seconds) if self._seconds else None

    def look(self) -> None:
        """Look at what came since; at all where it is another file. One that cannot be read tells nothing."""
        stamp = stamp_of(self._path)
        if stamp == self._stamp and stamp is not None:
            return
        try:
            descriptor = open_plain(self._path)
        except OSError:
            self._begin()
            return
        with os.fdopen(descriptor, "rb") as file:
            if not self._goes_on(file.fileno(), stamp):
                self._begin()
            file.seek(self._read)
            self._take(file.read())
        self._stamp = stamp

    def _goes_on(self, descriptor: int, stamp: Stamp) -> bool:
        """Whether what has been read still stands."""
        if self._stamp is None or stamp is None or stamp[2] != self._stamp[2] or stamp[1] < self._read:
            return False
        os.lseek(descriptor, self._read - len(self._end), os.SEEK_SET)
        return os.read(descriptor, len(self._end)) == self._end

    def _take(self, data: bytes) -> None:
        for number in map(int, _LINE.findall(data)):
            if number >= len(self._flags) - 1:  # one more than there are: `find` always finds
                self._flags.extend(bytes(number + 2 - len(self._flags)))
            self._flags[number] = 1
        whole = data[: data.rfind(b"\n") + 1]
        for line in whole.splitlines()[-RECENT:]:
            if match := _SECONDS.search(line):
                self._seconds.append(float(match[1]))
        self._read += len(whole)
        self._end = (self._end + whole)[-_OVERLAP:]


class GlancedClip:
    """A clip that is looked at again and again, from one thread at a time.

    Args:
        path: its folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._journal = JournalLines(path / "journal.jsonl")
        self._torus = JournalLines(path / "torus.jsonl")
        self._recipe: Stamp = None
        self._outline: Outline | None = None
        self._frames: Stamp = None
        self._present = 0

    def glance(self) -> Glance:
        """What it is now. Raises a ClipError where its recipe cannot be read."""
        is_running = is_being_written(self.path)
        outline = self._look_at_recipe()
        self._journal.look()
        done = self._count_present(min(self._journal.count, outline.frames), is_running=is_running)
        dreams = 0
        if outline.dreams:
            self._torus.look()
            dreams = min(max(0, self._torus.numbers - 1), outline.dreams)
        has_video = _holds_something(self.path / "clip.mp4")
        return Glance(outline, is_running, done, dreams, self._journal.seconds_per_frame, has_video)

    def _look_at_recipe(self) -> Outline:
        stamp = stamp_of(self.path / "recipe.toml")
        if self._outline is None or stamp != self._recipe:
            self._outline = None
            self._outline = read_outline(self.path)
            self._recipe = stamp
        return self._outline

    def _count_present(self, journaled: int, *, is_running: bool) -> int:
        """How many of the journaled frames are there, from 0 on. While a clip is written only new ones are
        looked for: the folder changes all the time.
        """
        folder = self.path / "frames"
        stamp = stamp_of(folder)
        if is_running and self._frames is not None:
            while self._present < journaled and (folder / _name(self._present)).exists():
                self._present += 1
        elif stamp != self._frames or self._present < journaled:
            names = _names(folder)
            self._present = next((n for n in range(journaled) if _name(n) not in names), journaled)
        self._frames = stamp
        return min(self._present, journaled)


def _holds_something(path: Path) -> bool:
    """Whether there is a file, or a link to one, that is not empty."""
    try:
        there = path.stat()
    except OSError:
        return False
    return S_ISREG(there.st_mode) and there.st_size > 0


def _name(frame: int) -> str:
    return f"{frame:06d}.png"


def _names(folder: Path) -> set[str]:
    """The files in a folder, and what links lead to; nothing in one that cannot be read."""
    try:
        return {entry.name for entry in os.scandir(folder) if entry.is_file()}
    except OSError:
        return set()
