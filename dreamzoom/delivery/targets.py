"""Who wants what: one table, a line a fact's place; `dreamzoom guide deliver` names the page of each fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from dreamzoom.delivery.formats import AAC_384, UPLOAD, SoundFormat, VideoFormat


@dataclass(frozen=True)
class Limits:
    """What a target takes; None where it says nothing.

    Attributes:
        seconds: the shortest and the longest.
        rates: frames a second, the slowest and the fastest.
        only_rates: those alone.
        aspect: width to height.
        sides: pixels of the shorter and of the longer side: each at least, and each at most.
        only_sizes: those alone.
        size: bytes of the file, at most.
    """

    seconds: tuple[Fraction, Fraction] | None = None
    rates: tuple[Fraction, Fraction] | None = None
    only_rates: tuple[Fraction, ...] = ()
    aspect: tuple[int, int] | None = None
    sides: tuple[int, int] | None = None
    only_sizes: tuple[tuple[int, int], ...] = ()
    size: int | None = None


@dataclass(frozen=True)
class Target:
    """Who a file is for.

    Attributes:
        name: as `--for` takes it.
        title: as people call it, in the middle of a sentence.
        line: what it is, in one line.
        suffix: of the file's name; "" for a folder.
        container: ffmpeg's name for the kind of file.
        video: how pictures are encoded.
        sound: how sound is; None where it has none.
        limits: what fits.
        is_indexed_first: whether the index has to come before the pictures.
        without_edits: whether there must be no edit lists: sound and pictures start where their track does.
        ends_black: whether the first and the last frame are black.
        plays_at: loudness that the platform turns music down to, in LUFS, where that is known.
    """

    name: str
    title: str
    line: str
    suffix: str
    container: str
    video: VideoFormat
    sound: SoundFormat | None
    limits: Limits = Limits()
    is_indexed_first: bool = False
    without_edits: bool = False
    ends_black: bool = False
    plays_at: float | None = None


_HOUR: Final = 3600
_GB: Final = 10**9

_TABLE: Final = (
    Target(
        "youtube",
        "YouTube",
        "A video for YouTube.",
        ".mp4",
        "mp4",
        UPLOAD,
        AAC_384,
        Limits(seconds=(Fraction(0), Fraction(12 * _HOUR)), size=256 * _GB),
        is_indexed_first=True,
        without_edits=True,
        plays_at=-14,
    ),
)

TARGETS: Final[Mapping[str, Target]] = {target.name: target for target in _TABLE}
"""Every target, by its name."""
