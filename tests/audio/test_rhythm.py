"""Onsets that stand out: those of soft ranges of frequencies as much as those of loud ones."""

from __future__ import annotations

import numpy as np

from dreamzoom.audio.features import ONSETS_PER_SECOND, Onsets
from dreamzoom.audio.rhythm import POOLED, ranges_rhythm, rhythm_of

SECONDS = 20
SIZE = SECONDS * ONSETS_PER_SECOND


def heard(*levels: float) -> Onsets:
    """Hits twice a second, each time in the next of the ranges, which are so loud."""
    ranges = np.zeros((SIZE, 4), np.float32)
    for index, start in enumerate(range(100, SIZE, ONSETS_PER_SECOND // 2)):
        ranges[start, index % 4] = levels[index % 4]
    return Onsets(ranges.sum(axis=1).astype(float), ranges, np.ones(SIZE))


def hits(rhythm: np.ndarray) -> np.ndarray:
    starts = np.arange(100, SIZE, ONSETS_PER_SECOND // 2) // POOLED
    return rhythm[starts[8:-8]]


def test_a_soft_range_counts_as_much_as_a_loud_one() -> None:
    onsets = heard(3.0, 30.0, 3.0, 30.0)
    alike = hits(ranges_rhythm(onsets))
    assert alike.min() > 0.8 * alike.max()
    assert hits(rhythm_of(onsets)).min() < 0.2 * hits(rhythm_of(onsets)).max()


def test_a_range_with_next_to_nothing_hardly_counts() -> None:
    found = hits(ranges_rhythm(heard(30.0, 30.0, 0.05, 30.0)))
    assert found[2::4].max() < 0.1 * found[0::4].min()


def test_silence_has_no_rhythm() -> None:
    silence = Onsets(np.zeros(SIZE), np.zeros((SIZE, 4), np.float32), np.zeros(SIZE))
    assert not ranges_rhythm(silence).any()
    assert not rhythm_of(silence).any()
