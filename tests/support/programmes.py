"""Programmes made of numbers: no clip, no dream."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np

from dreamzoom.camera.aim import CENTRE, Point
from dreamzoom.footage.programme import Shown, deepen
from dreamzoom.video.excerpt import WHOLE, Excerpt
from support.music import write_wav

CLICK_RATE = 48000


@dataclass(frozen=True)
class Flashing:
    """A programme of grey with noise, one frame of it white, and a click in its song at that frame's time.

    Attributes:
        path: a folder that need not be there.
        flash: the white frame.
    """

    path: Path
    size: tuple[int, int] = (64, 48)
    fps: Fraction = Fraction(30)
    count: int = 24
    flash: int = 10
    is_loop: bool = False
    is_retimed: bool = False
    pace: Fraction = Fraction(1)
    begins: int = 0
    cuts: tuple[int, ...] = ()
    song: Path | None = None
    excerpt: Excerpt = WHOLE
    inscription: str | None = None

    def pictures(self, frames: Sequence[int], *, deep: bool = False) -> Iterator[Shown]:
        width, height = self.size
        for frame in frames:
            noise = np.random.default_rng(frame).integers(40, 90, (height, width, 3), dtype=np.uint8)
            picture = np.full_like(noise, 255) if frame == self.flash else noise
            yield deepen(picture) if deep else picture

    def fall_point(self, frame: int) -> Point:
        return CENTRE


def clicking(path: Path, at: Fraction, seconds: Fraction) -> Path:
    """A WAV of silence with a click of 2 ms at a time."""
    samples = np.zeros(round(seconds * CLICK_RATE))
    first = round(at * CLICK_RATE)
    samples[first : first + 96] = 0.8 * np.cos(np.arange(96) / 2)
    return write_wav(path, samples, CLICK_RATE)


def with_click(programme: Flashing) -> Flashing:
    """The same with a song, which clicks when it flashes."""
    at, seconds = programme.flash / programme.fps, programme.count / programme.fps
    song = clicking(programme.path.with_suffix(".wav"), at, seconds)
    return replace(programme, song=song)
