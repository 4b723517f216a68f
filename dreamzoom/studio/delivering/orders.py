"""What a page asks for, as a command line of `deliver`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from dreamzoom.delivery.planning import Rounds
from dreamzoom.delivery.shapes import PORTRAIT, SQUARE, size_of_shape
from dreamzoom.delivery.targets import TARGETS, Target
from dreamzoom.errors import RequestError, nearest, quote_value
from dreamzoom.studio.asked import take
from dreamzoom.studio.delivering.additions import NO_ADDITIONS, Additions, read_additions
from dreamzoom.studio.delivering.stitches import pace_words
from dreamzoom.studio.delivering.values import (
    ANGLES,
    SPEEDS,
    read_frames,
    read_number,
    read_rate,
    read_rounds,
)
from dreamzoom.studio.library.shelf import Shelf

_SHAPE: Final = re.compile(r"(\d{1,5}):(\d{1,5})")
_SHAPES: Final[Mapping[str, tuple[int, int]]] = {"portrait": PORTRAIT, "square": SQUARE}
_LEVELS: Final = (-70.0, -5.0)  # LUFS
_SIDE: Final = 16384  # pixels


@dataclass(frozen=True)
class Delivery:
    """What a page asks for.

    Attributes:
        shape: "" for its own, "portrait", "square", or one such as "4:5".
        frames: from the first one to the one after the last; None for all.
        rounds: of a loop.
        fps: frames a second; None as they are.
        size: width and height that it is scaled to; None as it is.
        speed, shutter: of a clip; 1 and 0 as it is.
        loudness: in LUFS; None as it is.
        additions: another song, and words.
        tells_recipe: whether the file tells how it was made.
    """

    target: Target
    shape: str = ""
    frames: tuple[int, int] | None = None
    rounds: Rounds = None
    fps: Fraction | None = None
    size: tuple[int, int] | None = None
    speed: Fraction = Fraction(1)
    shutter: Fraction = Fraction(0)
    loudness: float | None = None
    is_silent: bool = False
    additions: Additions = NO_ADDITIONS
    tells_recipe: bool = True

    @property
    def is_retimed(self) -> bool:
        """Whether pictures are made for it that the clip does not have."""
        return self.speed != 1 or self.shutter != 0

    def how(self) -> str:
        """What it has that what is delivered has not, in words."""
        part = f"frames {self.frames[0]} to {self.frames[1] - 1}" if self.frames else ""
        rest = pace_words(self.speed, self.shutter, self.rounds)
        loud = "" if self.loudness is None else f"{self.loudness:g} LUFS"
        silent = "without sound" if self.is_silent else ""
        return ", ".join(filter(None, (self.shape, part, *rest, silent, *self.additions.how(), loud)))

    @property
    def shaped_size(self) -> tuple[int, int] | None:
        """The size of its shape; None for the shape that it has."""
        if not self.shape:
            return None
        named = _SHAPES.get(self.shape)
        return self.size or named or size_of_shape(*_parts(self.shape))

    def words(self, place: str, out: str) -> tuple[str, ...]:
        """The command line after `dreamzoom`.

        Args:
            place: of the clip or film, relative to FOLDER.
            out: of the file, likewise.
        """
        words = ["deliver", place, "--for", self.target.name, "--out", out]
        if self.shape:
            words += [f"--{self.shape}"] if self.shape in _SHAPES else ["--aspect", self.shape]
        given = {
            "--frames": None if self.frames is None else f"{self.frames[0]}:{self.frames[1]}",
            "--rounds": self.rounds,
            "--fps": self.fps,
            "--size": None if self.size is None else f"{self.size[0]}x{self.size[1]}",
            "--speed": None if self.speed == 1 else self.speed,
            "--shutter": f"{float(self.shutter):g}" if self.shutter else None,
            "--loudness": None if self.loudness is None else f"{self.loudness:g}",
            **self.additions.options(),
        }
        for option, value in given.items():
            words += [] if value is None else [option, str(value)]
        words += ["--silent"] if self.is_silent else []
        return tuple(words) if self.tells_recipe else (*words, "--no-recipe")


def read_delivery(body: Mapping[str, Any], shelf: Shelf) -> Delivery:
    """What the body of a request asks for.

    Raises:
        RequestError: there is no such target, or a value is none.
    """
    name = take(body, "for", str)
    target = TARGETS.get(name)
    if target is None:
        raise RequestError(f"{quote_value(name)} is no target{nearest(name, TARGETS)}")
    level = body.get("loudness")
    return Delivery(
        target,
        _shape(take(body, "shape", str, "")),
        read_frames(body.get("frames")),
        read_rounds(body.get("rounds")),
        None if body.get("fps") is None else read_rate(str(body["fps"])),
        None if body.get("size") is None else _size(body["size"]),
        read_number(body, "speed", 1, SPEEDS),
        read_number(body, "shutter", 0, ANGLES),
        None if level is None else float(read_number(body, "loudness", 0, _LEVELS)),
        take(body, "silent", bool, default=False),
        read_additions(body, shelf),
        take(body, "recipe", bool, default=True),
    )


def _shape(text: str) -> str:
    if text and text not in _SHAPES:
        size_of_shape(*_parts(text))
    return text


def _parts(text: str) -> tuple[int, int]:
    found = _SHAPE.fullmatch(text)
    if found is None:
        raise RequestError(f"shape: {quote_value(text)} is none: portrait, square, or one such as 4:5")
    return int(found[1]), int(found[2])


def _size(raw: object) -> tuple[int, int]:
    if (
        isinstance(raw, list)
        and len(raw) == 2
        and all(type(each) is int and 2 <= each <= _SIDE for each in raw)
    ):
        return raw[0], raw[1]
    raise RequestError(f"size must be width and height in pixels, got {quote_value(raw)}")
