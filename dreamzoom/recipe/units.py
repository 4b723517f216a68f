"""A frame's size, a rate of frames, a tempo, a length of time: how they are written, and their settings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import ClassVar

from dreamzoom.recipe.settings import Real, Setting, is_number

SMALLEST_SIDE = 32
LARGEST_SIDE = 8192
SLOWEST_RATE = Fraction(1)
FASTEST_RATE = Fraction(240)

# What NTSC's rates are called, and what they are: n * 1000 / 1001.
_NTSC = {
    "23.976": Fraction(24000, 1001),
    "23.98": Fraction(24000, 1001),
    "29.97": Fraction(30000, 1001),
    "47.952": Fraction(48000, 1001),
    "59.94": Fraction(60000, 1001),
    "119.88": Fraction(120000, 1001),
}
# At most as many digits as any real rate has: a longer text is a mistake, and an exponent could be a trap.
_RATE_TEXT = re.compile(r"\d{1,7}(\.\d{1,12}|/\d{1,7})?")
_SIZE_TEXT = re.compile(r"(\d{1,6})\s*[xX×]\s*(\d{1,6})")  # noqa: RUF001 - the multiplication sign is meant
_SIZE_ELSEWHERE = re.compile(r"(\d{1,6})\s*[*:,;/ ]\s*(\d{1,6})")
_LINES = re.compile(r"(?:(\d{3,4})[pi]|hd(\d{3,4})|4k|8k|uhd)", re.IGNORECASE)  # pictures of 16:9
_LARGEST_DENOMINATOR = 100_000


@dataclass(frozen=True)
class Size:
    """A frame's width and height in pixels, each from 32 to 8192.

    Odd sides are allowed; a video in yuv420p has even ones, so it is cropped by one pixel there.
    """

    width: int
    height: int

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


_BLOCK = 16  # pixels of a macroblock's side
_MOST_BLOCKS, _MOST_BLOCKS_A_SECOND = 36_864, 2_073_600  # H.264's level 5.2 (ITU-T H.264, table A-1)


def beyond_players(size: Size, rate: Fraction) -> bool:
    """Whether a film is above H.264's level 5.2, the highest that phones, televisions and most chips play."""
    blocks = -(-size.width // _BLOCK) * -(-size.height // _BLOCK)
    longest = max(size.width, size.height) / _BLOCK
    return blocks > _MOST_BLOCKS or blocks * rate > _MOST_BLOCKS_A_SECOND or longest**2 > 8 * _MOST_BLOCKS


def parse_size(text: str) -> Size | None:
    """The size that `text`, such as "640x360", stands for; None where it stands for none that is allowed."""
    match = _SIZE_TEXT.fullmatch(text.strip())
    if match is None:
        return None
    width, height = int(match[1]), int(match[2])
    allowed = all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height))
    return Size(width, height) if allowed else None


def _size_meant(text: str) -> Size | None:
    """The size that is meant by what is written elsewhere: "1080p", "4k", "1920*1080"; None for others."""
    if match := _SIZE_ELSEWHERE.fullmatch(text.strip()):
        return parse_size(f"{match[1]}x{match[2]}")
    if match := _LINES.fullmatch(text.strip()):
        height = {"4k": 2160, "uhd": 2160, "8k": 4320}.get(text.strip().lower()) or int(match[1] or match[2])
        return parse_size(f"{2 * round(height * 8 / 9)}x{height}")
    return None


def parse_rate(text: str) -> Fraction | None:
    """The frames per second that `text` stands for: "30", "12.5", "30000/1001", or NTSC's "29.97".

    None where it stands for none that is allowed (1 to 240).
    """
    stripped = text.strip()
    if stripped in _NTSC:
        return _NTSC[stripped]
    if not _RATE_TEXT.fullmatch(stripped):
        return None
    try:
        rate = Fraction(stripped).limit_denominator(_LARGEST_DENOMINATOR)
    except ZeroDivisionError:
        return None
    return rate if SLOWEST_RATE <= rate <= FASTEST_RATE else None


@dataclass(frozen=True, kw_only=True)
class Rate(Setting[Fraction]):
    """Frames per second, exactly: a number or a text such as "30000/1001"."""

    def parse(self, raw: object) -> Fraction:
        rate = parse_rate(str(raw)) if is_number(raw) or isinstance(raw, str) else None
        if rate is None:
            raise self.refuse(raw)
        return rate

    def dump(self, value: Fraction) -> object:
        return int(value) if value.denominator == 1 else str(value)

    def describe(self) -> str:
        return (
            f"a rate from {SLOWEST_RATE} to {FASTEST_RATE} frames a second such as 25, 29.97 or '30000/1001'"
        )

    def form(self) -> dict[str, object]:
        limits = {"minimum": int(SLOWEST_RATE), "maximum": int(FASTEST_RATE), "unit": "frames a second"}
        return {"kind": "rate", **limits}


_CLOCK = re.compile(r"(?:(\d{1,3}):)?(?:(\d{1,5}):)?(\d{1,6}(?:\.\d{1,9})?)s?")
_LONGEST_SONG = 24 * 3600


@dataclass(frozen=True, kw_only=True)
class Seconds(Setting[float]):
    """A length of time: seconds, or hours, minutes and seconds as a clock shows them."""

    text_is_value: ClassVar[bool] = True

    def parse(self, raw: object) -> float:
        seconds = raw if is_number(raw) else _clock(raw) if isinstance(raw, str) else -1
        if not 0 <= seconds <= _LONGEST_SONG:
            raise self.refuse(raw)
        return float(seconds)

    def describe(self) -> str:
        return f"seconds from 0 to {_LONGEST_SONG}, such as 62.5 or '1:02.5'"

    def form(self) -> dict[str, object]:
        return {"kind": "seconds", "minimum": 0, "maximum": _LONGEST_SONG, "unit": "seconds"}


def _clock(text: str) -> float:
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        return -1
    parts = [float(part) for part in match.groups() if part]
    if any(part >= 60 for part in parts[1:]):
        return -1
    seconds = 0.0
    for part in parts:
        seconds = 60 * seconds + part
    return seconds


@dataclass(frozen=True, kw_only=True)
class Tempo(Real):
    """Beats a minute, or 0 where nobody has said how many."""

    def parse(self, raw: object) -> float:
        return 0.0 if is_number(raw) and raw == 0 else super().parse(raw)

    def describe(self) -> str:
        return f"0, or {super().describe()}"

    def form(self) -> dict[str, object]:
        return {**super().form(), "words": [0]}


@dataclass(frozen=True, kw_only=True)
class Dimensions(Setting[Size]):
    """A frame's size."""

    text_is_value: ClassVar[bool] = True

    def parse(self, raw: object) -> Size:
        size = parse_size(raw) if isinstance(raw, str) else None
        if size is None:
            raise self.refuse(raw)
        return size

    def dump(self, value: Size) -> object:
        return str(value)

    def hint(self, text: str) -> str | None:
        meant = _size_meant(text)
        return None if meant is None else f"write {meant}"

    def describe(self) -> str:
        return f"WIDTHxHEIGHT, {SMALLEST_SIDE} to {LARGEST_SIDE} pixels each, such as '640x360'"

    def form(self) -> dict[str, object]:
        return {"kind": "size", "minimum": SMALLEST_SIDE, "maximum": LARGEST_SIDE, "unit": "pixels"}
