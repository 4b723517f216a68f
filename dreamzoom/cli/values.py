"""Values of options that are no keys of the recipe: what their text stands for."""

from __future__ import annotations

import re
from fractions import Fraction

import click

from dreamzoom.stitching.wanted import UNDER_THE_SONG

_RANGE = re.compile(r"(-?\d{1,9})?:(-?\d{1,9})?")
_FACTOR = re.compile(r"\d{1,4}(\.\d{1,6})?|\d{1,4}/[1-9]\d{0,3}")
_ANGLE = re.compile(r"\d{1,3}(\.\d{1,6})?")
_SHAPE = re.compile(r"(\d{1,5}):(\d{1,5})")
_ROUNDS = re.compile(r"\d{1,6}")
_MOST_ROUNDS = 100_000
_SLOWEST = Fraction(1, 100)
_WIDEST = Fraction(360)


def parse_frame_rate(text: str) -> Fraction:
    """A rate of frames, exactly. Raises a BadParameter."""
    from dreamzoom.recipe.units import parse_rate

    rate = parse_rate(text)
    if rate is None:
        raise click.BadParameter(f"{text!r} is no rate from 1 to 240, such as 30, 29.97, 12.5 or 30000/1001")
    return rate


def parse_speed(text: str) -> Fraction:
    """How many times as fast, 0.01 to 100. Raises a BadParameter."""
    match = _FACTOR.fullmatch(text.strip())
    speed = Fraction(match[0]) if match else Fraction(0)
    if not _SLOWEST <= speed <= 1 / _SLOWEST:
        raise click.BadParameter(f"{text!r} is no speed from 0.01 to 100, such as 0.5, 1/3 or 2")
    return speed


def parse_angle(text: str) -> Fraction:
    """A shutter angle in degrees, 0 to 360. Raises a BadParameter."""
    match = _ANGLE.fullmatch(text.strip())
    angle = Fraction(match[0]) if match else None
    if angle is None or angle > _WIDEST:
        raise click.BadParameter(f"{text!r} is no shutter angle from 0 to 360, such as 180 or 172.8")
    return angle


def parse_seconds(text: str) -> Fraction:
    """A time in seconds: "62", "1:02". Raises a BadParameter."""
    from dreamzoom.errors import RecipeError
    from dreamzoom.recipe.schema import SETTINGS

    try:
        return Fraction(SETTINGS["music.start"].parse(text))
    except RecipeError as error:
        raise click.BadParameter(str(error)) from error


def parse_rounds(text: str) -> int:
    """How many rounds of a loop, 1 to 100,000; "song" is `UNDER_THE_SONG`. Raises a BadParameter."""
    text = text.strip()
    if text == "song":
        return UNDER_THE_SONG
    if not _ROUNDS.fullmatch(text) or not 1 <= int(text) <= _MOST_ROUNDS:
        raise click.BadParameter(f"{text!r} is no number of rounds from 1 to {_MOST_ROUNDS:,}, nor 'song'")
    return int(text)


def parse_range(text: str) -> slice:
    """A half-open range of frames as Python's slices have it: "0:300", "-30:". Raises a BadParameter."""
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is no range of frames such as 0:300, 90: or :-30")
    first, last = (int(end) if end else None for end in match.groups())
    return slice(first, last)


def parse_shape(text: str) -> tuple[int, int]:
    """Width to height: "4:5". Raises a BadParameter."""
    match = _SHAPE.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is no shape of a picture such as 4:5 or 21:9")
    return int(match[1]), int(match[2])
