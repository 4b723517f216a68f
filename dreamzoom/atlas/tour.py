"""The tour: the plates one after the other, each fading into the next, as a video or a GIF."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np

from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.video.encode import Encoder
from dreamzoom.video.gif import make_gif
from dreamzoom.video.stitch import common_size

TOURS: Final = (".mp4", ".mov", ".gif")
"""What a tour may be, by its name's ending."""

_FPS = 25
_LONGEST, _SHORTEST = 1.2, 0.24  # seconds that a plate is seen
_WHOLE = 100.0  # seconds that a tour of many plates takes, if none is seen for less than the shortest time
_FADING = 0.25  # the share of its time that a plate fades into the next


def make_tour(plates: Sequence[Path], target: Path, on_plate: Callable[[], object] = lambda: None) -> None:
    """Make the tour: a video in which plates fade into one another, or a GIF in which they take turns.

    Args:
        plates: pictures of one size.
        target: its ending says what it is; it is replaced when the tour is whole.
        on_plate: called for each plate; what it raises ends the tour.

    Raises:
        RequestError: its name has another ending.
        PictureError: a plate is missing, damaged or of another size than the first.
        VideoError, StorageError: ffmpeg failed.
    """
    seconds = seconds_each(len(plates))
    if target.suffix.lower() == ".gif":
        make_gif(plates, target, 1 / Fraction(seconds).limit_denominator(100), on_frame=on_plate)
        return
    with Encoder(target, common_size(plates), Fraction(_FPS)) as encoder:
        for frame in _frames(plates, round(seconds * _FPS), on_plate):
            encoder.write(frame)


def seconds_each(count: int) -> float:
    """How long each of so many plates is seen: less, the more there are."""
    return min(_LONGEST, max(_SHORTEST, _WHOLE / count))


def _frames(plates: Sequence[Path], each: int, on_plate: Callable[[], object]) -> Iterator[Pixels]:
    fading = round(each * _FADING)
    before: Pixels | None = None
    for path in plates:
        on_plate()
        plate = read_frame(path)
        if before is not None:
            yield from _fade(before, plate, fading)
        for _ in range(each - fading):
            yield plate
        before = plate


def _fade(one: Pixels, other: Pixels, frames: int) -> Iterator[Pixels]:
    start, way = one.astype(np.float32), other.astype(np.float32) - one
    for number in range(1, frames + 1):
        yield (start + way * (number / (frames + 1))).round().astype(np.uint8)
