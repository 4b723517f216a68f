"""The waveform of a song, as the lowest and highest value of each short stretch: a few bytes a second.

KEPT a second, for each stretch two signed bytes, -127 to 127: the lowest sample, the highest
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.decode import LEAD, MARGIN, RATE, SECONDS, decode_sections, sections_of
from dreamzoom.video.sound import measure_sound

KEPT: Final = 210
"""Stretches a second, of 105 samples each."""

_SAMPLES = RATE // KEPT
_FULL = 127


def measure_peaks(song: Path, report: Callable[[float], None]) -> tuple[bytes, Fraction]:
    """Decode a song, and keep its peaks; and how long it lasts.

    Args:
        report: is told the share that is done.

    Raises:
        SoundError: it is no sound.
        VideoError: there is no ffmpeg.
    """
    sound = measure_sound(song)
    total, parts = sections_of(sound), list[NDArray[np.int8]]()
    for number, section in enumerate(decode_sections(sound), 1):
        parts.append(_peaks_of(section[:, MARGIN : MARGIN + SECONDS * RATE]))
        report(number / max(1, total))
    whole = np.concatenate(parts) if parts else np.zeros((0, 2), np.int8)
    kept = -(-sound.duration.numerator * KEPT // sound.duration.denominator)
    return whole[LEAD * KEPT :][:kept].tobytes(), sound.duration


def _peaks_of(section: NDArray[np.float32]) -> NDArray[np.int8]:
    stretches = section.reshape(section.shape[0], -1, _SAMPLES)
    low, high = stretches.min(axis=(0, 2)), stretches.max(axis=(0, 2))
    found: NDArray[np.int8] = np.rint(np.clip(np.stack([low, high], axis=1), -1, 1) * _FULL).astype(np.int8)
    return found


def reduce_peaks(kept: bytes, start: float, end: float, points: int) -> tuple[list[int], list[int]]:
    """The lowest and highest values of `points` stretches from `start` to `end`, in seconds; 0 where the song
    is not.
    """
    there = np.frombuffer(kept, np.int8).reshape(-1, 2)
    edges = np.linspace(start * KEPT, end * KEPT, points + 1)
    first = np.floor(edges[:-1]).astype(int)
    stop = np.maximum(np.ceil(edges[1:]).astype(int), first + 1)
    inside = (stop > 0) & (first < len(there))
    if not inside.any():
        return [0] * points, [0] * points
    ends = np.stack([np.clip(first, 0, len(there) - 1), np.clip(stop, 1, len(there))], axis=1)
    padded = np.concatenate([there, there[-1:]])  # a stretch may end where the song does
    low = np.minimum.reduceat(padded[:, 0], ends.ravel())[::2]
    high = np.maximum.reduceat(padded[:, 1], ends.ravel())[::2]
    return np.where(inside, low, 0).tolist(), np.where(inside, high, 0).tolist()
