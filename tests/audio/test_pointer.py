"""The bar-pointer model: its best path is the best of all, and a long song needs little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from dreamzoom.audio import pointer
from dreamzoom.audio.pointer import BeatPath, TempoSpace, find_path

Floats = NDArray[np.float64]

SMALL = TempoSpace(
    lengths=np.array([2, 3, 5]), worth=np.array([0.1, -0.3, 0.2]), regions=np.array([1, 1, 2]), change=1.7
)


def worth_of(evidence: Floats, space: TempoSpace, beats: list[tuple[int, int]]) -> float:
    """What beats (start, kind) are worth by the model's definition, frame by frame."""
    lengths = space.lengths
    total = -np.log(lengths[beats[0][1]])
    for start, kind in beats:
        region = range(start, start + space.regions[kind])
        total += sum(evidence[frame] for frame in region if 0 <= frame < evidence.size)
    total += sum(space.worth[kind] for _, kind in beats[:-1])
    for (_, before), (_, after) in pairwise(beats):
        total -= space.change * abs(np.log(lengths[after] / lengths[before]))
    return float(total)


def every_way(frames: int, space: TempoSpace) -> Iterator[list[tuple[int, int]]]:
    """All ways to fill the frames with beats, of which the first and the last may be cut off."""

    def go_on(beats: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
        start, kind = beats[-1]
        end = start + int(space.lengths[kind])
        if end >= frames:
            yield beats
            return
        for following in range(space.lengths.size):
            yield from go_on([*beats, (end, following)])

    for kind, length in enumerate(space.lengths.tolist()):
        for start in range(1 - length, 1):
            yield from go_on([(start, kind)])


def beats_of(path: BeatPath) -> list[tuple[int, int]]:
    return list(zip(path.starts.tolist(), path.kinds.tolist(), strict=True))


@pytest.mark.parametrize("seed", range(12))
def test_the_path_is_the_best_of_all_there_are(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pointer, "_SEGMENT", 4)
    evidence = np.random.default_rng(seed).normal(0, 2, 3 + seed)
    path = find_path(evidence, SMALL)
    best = max(worth_of(evidence, SMALL, beats) for beats in every_way(evidence.size, SMALL))
    assert path.worth == pytest.approx(best)
    assert worth_of(evidence, SMALL, beats_of(path)) == pytest.approx(best)


def test_beats_follow_one_another_without_a_gap() -> None:
    path = find_path(np.random.default_rng(3).normal(0, 1, 400), SMALL)
    assert (np.diff(path.starts) == SMALL.lengths[path.kinds][:-1]).all()
    assert path.starts[0] <= 0
    assert path.starts[-1] < 400 <= path.starts[-1] + SMALL.lengths[path.kinds[-1]]


def clicks(period: int, count: int, first: int = 0) -> Floats:
    evidence = np.full(count, -1.0)
    evidence[first::period] = 4.0
    return evidence


def wide(change: float = 50.0) -> TempoSpace:
    lengths = np.arange(31, 139)
    return TempoSpace(lengths, np.zeros(lengths.size), np.full(lengths.size, 3), change)


@pytest.mark.parametrize(("period", "first"), [(40, 0), (55, 17), (110, 90)])
def test_clicks_are_beats_wherever_they_begin(period: int, first: int) -> None:
    path = find_path(clicks(period, 2000, first), wide())
    near = path.starts[1:-1, None] + np.arange(3)
    assert ((near - first) % period == 0).any(axis=1).all()
    assert np.median(wide().lengths[path.kinds]) == period


def test_what_comes_later_tells_where_beats_were() -> None:
    evidence = clicks(60, 3000, 20)
    evidence[:1000] = 0.0
    path = find_path(evidence, wide())
    assert set(wide().lengths[path.kinds[1:-2]]) == {60}


def test_a_path_does_not_depend_on_how_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    evidence = np.random.default_rng(9).normal(0, 1, 3000)
    whole = find_path(evidence, wide())
    monkeypatch.setattr(pointer, "_SEGMENT", 200)
    cut = find_path(evidence, wide())
    assert beats_of(cut) == beats_of(whole)
    assert cut.worth == whole.worth


def test_a_long_song_takes_little_memory() -> None:
    evidence = np.zeros(110 * 900, np.float64)
    evidence[::55] = 3.0
    space = TempoSpace(np.arange(50, 60), np.zeros(10), np.full(10, 3), 50.0)
    tracemalloc.start()
    try:
        path = find_path(evidence, space)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert path.starts.size in (1800, 1801)
    assert most < 6 * evidence.nbytes  # what came from where would be 12 of them
