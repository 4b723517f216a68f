"""A film's edit list: what its video is put together of, without the recipes that its scenes are made by.

It is what is written down of a plan (`film.json`), so that a film can be shown, measured and delivered by
whoever knows nothing of storyboards.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

from dreamzoom.film.plan import FilmPlan, Title, Transition
from dreamzoom.recipe.units import Size
from dreamzoom.video.excerpt import WHOLE, Excerpt

_MOST_FRAMES: Final = 10**7
_WIDEST: Final = 1 << 16  # pixels
_QUICKEST: Final = 1000  # frames a second
_LATEST: Final = 10**6  # seconds
_TRANSITION: Final = re.compile(r"[a-z0-9]+")  # as it stands in ffmpeg's filter
_NUMBER: Final = re.compile(r"-?\d{1,400}(/\d{1,400})?", re.ASCII)  # a float's as a fraction has no more


@dataclass(frozen=True)
class Shot:
    """What a film has of a scene.

    Attributes:
        name: of the scene's folder.
        first, stop: its first frame in the film, and the one after its last.
        transition: how it begins.
    """

    name: str
    first: int
    stop: int
    transition: Transition

    @property
    def count(self) -> int:
        """How many of the scene's frames are shown: its first ones."""
        return self.stop - self.first


@dataclass(frozen=True)
class EditList:
    """What a film's video is put together of; see `FilmPlan`.

    Attributes:
        song: the file's name in the film's folder.
    """

    name: str
    size: Size
    fps: Fraction
    frames: int
    shots: tuple[Shot, ...]
    titles: tuple[Title, ...] = ()
    song: str | None = None
    excerpt: Excerpt = WHOLE
    fade_in: int = 0
    fade_out: int = 0


def edit_list(plan: FilmPlan) -> EditList:
    """What is put together of a planned film, whose song lies in its folder."""
    shots = tuple(Shot(each.name, each.first, each.stop, each.transition) for each in plan.scenes)
    song = None if plan.song is None else plan.song.name
    return EditList(
        plan.name,
        plan.size,
        plan.fps,
        plan.frames,
        shots,
        plan.titles,
        song,
        plan.excerpt,
        plan.fade_in,
        plan.fade_out,
    )


def dump_edits(edits: EditList) -> dict[str, Any]:
    """An edit list as JSON has it."""
    plain = _plain(asdict(edits))
    assert isinstance(plain, dict)  # noqa: S101 - as asdict gives it
    return {**plain, "size": str(edits.size)}


def load_edits(document: Mapping[str, Any]) -> EditList:
    """What `dump_edits` gave. Raises a ValueError, TypeError or KeyError where it is anything else: a folder
    may be a stranger's, and what is named here is looked for within the film's own.
    """
    width, height = map(int, document["size"].split("x"))
    frames, fps, song = _count(document["frames"]), _fraction(document["fps"]), document["song"]
    excerpt: dict[str, Any] = {
        name: float(value) if name == "gain" else _fraction(value)
        for name, value in document["excerpt"].items()
    }
    if not (0 < width <= _WIDEST and 0 < height <= _WIDEST and 0 < fps <= _QUICKEST):
        raise ValueError("no pictures are so large, or follow one another so")
    if any(abs(value) > _LATEST for value in excerpt.values()):
        raise ValueError("no song is so long")
    return EditList(
        str(document["name"]),
        Size(width, height),
        fps,
        frames,
        tuple(_shot(each) for each in document["shots"]),
        tuple(_title(each) for each in document["titles"]),
        None if song is None else _file_name(song),
        _of(Excerpt, excerpt),
        _count(document["fade_in"]),
        _count(document["fade_out"]),
    )


def _shot(values: Mapping[str, Any]) -> Shot:
    first, stop, begins = _count(values["first"]), _count(values["stop"]), values["transition"]
    kind, length = begins["kind"], _count(begins["frames"])
    if first >= stop or not _TRANSITION.fullmatch(kind):
        raise ValueError("no scene is like that")
    return Shot(_file_name(values["name"]), first, stop, Transition(kind, length))


def _count(value: object) -> int:
    if not isinstance(value, int) or not 0 <= value <= _MOST_FRAMES:
        raise ValueError("is no number of frames")
    return value


def _fraction(value: object) -> Fraction:
    """A number as `dump_edits` writes it: "1e999999999", which is one too, would take for ever."""
    if not isinstance(value, str) or not _NUMBER.fullmatch(value):
        raise ValueError("is no such number")
    return Fraction(value)


def _file_name(value: object) -> str:
    """A name of a file or folder within another one."""
    if not isinstance(value, str) or value in ("", ".", "..") or set(value) & set("/\\\0"):
        raise ValueError("is no name of a file")
    return value


def _title(values: Mapping[str, Any]) -> Title:
    font, counts = values.get("font"), {name: _count(values[name]) for name in ("first", "stop", "fade")}
    title: Title = _of(Title, {**values, **counts, "font": None if font is None else Path(font)})
    words = (title.text, title.place, title.colour, title.style)
    if not all(isinstance(word, str) for word in words) or not 0 < title.height <= 1:
        raise ValueError("no title is like that")
    return title


def _of(kind: Any, values: Mapping[str, Any]) -> Any:
    """A dataclass of values, those that this version knows."""
    known = {each.name for each in fields(kind)}
    return kind(**{name: value for name, value in values.items() if name in known})


def _plain(value: object) -> object:
    """A value as JSON has it."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return str(value) if isinstance(value, Fraction | Path) else value
