"""The likeliest beats of a song, by a bar-pointer model: tempo and phase are found together.

A hidden Markov model (N. Whiteley, A. Cemgil and S. Godsill, Bayesian Modelling of Temporal Structure in
Musical Audio, 2006): a pointer runs through each beat, one state a frame, as many states as the beat has
frames, and the tempo may change only where a beat begins (F. Krebs, S. Böck and G. Widmer, An Efficient
State-Space Model for Joint Tempo and Meter Tracking, 2015). In the first few frames of a beat something is
likely to begin; in the rest of it not.

Within a beat the pointer has no choice, so what is sought is where beats begin and how long each lasts: of
each frame and length, what the best beats that end there are worth. That is the same path at a hundredth of
the work. As no beat is shorter than the shortest, that many frames are done at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from dreamzoom.audio.features import FloatArray

IndexArray = NDArray[np.intp]

_SEGMENT = 16384  # frames between two states that are kept: all that lies between is found again from them


@dataclass(frozen=True)
class TempoSpace:
    """The lengths that a beat may have, and what is thought of them before anything is heard.

    Attributes:
        lengths: in frames, (K,), ascending and all different, at most 256 of them.
        worth: the logarithm of how likely each is, (K,), which counts for every beat of that length.
        regions: how many frames at its beginning belong to a beat of each length, (K,), at least one.
        change: what it costs, in natural logarithms, that a beat is e times as long as the one before it.
    """

    lengths: IndexArray
    worth: FloatArray
    regions: IndexArray
    change: float


@dataclass(frozen=True)
class BeatPath:
    """Beats that follow one another without a gap; the first may begin before the song.

    Attributes:
        starts: the frame that each begins at, (B,), ascending.
        kinds: which of the lengths each has, (B,).
        worth: of all of them, in natural logarithms.
    """

    starts: IndexArray
    kinds: IndexArray
    worth: float


def find_path(evidence: FloatArray, space: TempoSpace) -> BeatPath:
    """The beats that are worth most (Viterbi), where the song begins and ends anywhere within a beat.

    Beats are worth what their first frames are, and their length is; less what changes of length cost. An
    hour takes 10 MB: where beats came from is not kept, but found again, from states that are.

    Args:
        evidence: of each frame (N,), N >= 1, the logarithm of how much likelier it is what is heard there at
            the beginning of a beat than elsewhere.
    """
    search = _Search(evidence, space)
    states = [search.beginning]
    ends = [search.run(*bounds, states) for bounds in search.segments]
    worth, frame, kind = max(ends)
    starts, kinds = [frame], [kind]
    for (first, last), state in zip(reversed(search.segments), reversed(states[:-1]), strict=True):
        origins = search.origins(first, last, state)
        while first <= frame and frame > search.lead:
            kind = int(origins[frame - first, kind])
            frame -= int(space.lengths[kind])
            starts.append(frame)
            kinds.append(kind)
    return BeatPath(np.array(starts[::-1]) - search.lead, np.array(kinds[::-1], np.intp), worth)


class _Search:
    """One search. Its frames count from a longest beat before the song, where nothing is heard.

    A state is what beats are worth that begin in the latest frames, (frames, K): frame n is in row n modulo
    their number.
    """

    def __init__(self, evidence: FloatArray, space: TempoSpace) -> None:
        self.space = space
        longest, self.block = int(space.lengths[-1]), int(space.lengths[0])
        self.lead = longest
        self.end = longest + evidence.size
        self.ring = longest + self.block
        padded = np.pad(evidence, (longest, 2 * longest + self.block))
        self.sums = np.concatenate([[0.0], np.cumsum(padded)])
        self.costs = space.change * np.log(space.lengths / space.lengths[0])
        self.columns = np.arange(space.lengths.size)
        self.regions = space.regions
        self.beginning = np.full((self.ring, self.columns.size), -np.inf)

    @property
    def segments(self) -> list[tuple[int, int]]:
        step = max(1, _SEGMENT // self.block) * self.block
        return [(first, min(first + step, self.end)) for first in range(0, self.end, step)]

    def run(self, first: int, last: int, states: list[FloatArray]) -> tuple[float, int, int]:
        """Go on from the last of the states, and add the state at the end of this segment.

        Returns the best end within it: its worth, the frame where the last beat begins, and its kind.
        """
        state = states[-1].copy()
        best = (-np.inf, 0, 0)
        for frames, values, _ in self._steps(first, last, state):
            if frames[-1] + self.lead >= self.end:
                best = max(best, self._best_end(frames, values))
        states.append(state)
        return best

    def origins(self, first: int, last: int, state: FloatArray) -> NDArray[np.uint8]:
        """Of what kind the beat is that ends where one of each kind begins: (last - first, K)."""
        found = [origins for _, _, origins in self._steps(first, last, state.copy())]
        return np.concatenate(found)

    def _steps(
        self, first: int, last: int, state: FloatArray
    ) -> Iterator[tuple[IndexArray, FloatArray, NDArray[np.uint8]]]:
        """Fill in the state, block by block; and the block's frames, their values and origins."""
        lengths = self.space.lengths
        for begin in range(first, last, self.block):
            frames = np.arange(begin, begin + self.block)
            before = frames[:, None] - lengths
            known = np.maximum(before, 0)
            ended = state[known % self.ring, self.columns] + self._worth(known, self.regions)
            values, origins = self._change(np.where(before >= 0, ended + self.space.worth, -np.inf))
            if begin <= self.lead:
                values = self._begin(frames, values)
            state[frames % self.ring] = values
            yield frames, values, origins

    def _worth(self, starts: IndexArray, regions: IndexArray) -> FloatArray:
        worth: FloatArray = self.sums[starts + regions] - self.sums[starts]
        return worth

    def _change(self, ended: FloatArray) -> tuple[FloatArray, NDArray[np.uint8]]:
        """The best (frames, K) of the beats that ended (frames, K), less what a change of length costs.

        The cost goes by the distance of the lengths' logarithms. So the best of those that are shorter is a
        running maximum, and so is the best of those that are longer.
        """
        shorter, from_shorter = _running_best(ended + self.costs)
        longer, from_longer = _running_best((ended - self.costs)[:, ::-1])
        up, down = shorter - self.costs, longer[:, ::-1] + self.costs
        origins = np.where(up >= down, from_shorter, self.columns.size - 1 - from_longer[:, ::-1])
        return np.maximum(up, down), origins.astype(np.uint8)

    def _begin(self, frames: IndexArray, values: FloatArray) -> FloatArray:
        """The first beat begins anywhere from its own length before the song's first frame on."""
        lengths = self.space.lengths
        at = frames[:, None]
        begins = (at <= self.lead) & (at > self.lead - lengths)
        first = np.where(begins, -np.log(lengths), -np.inf)
        begun: FloatArray = np.where(at <= self.lead, first, values)
        return begun

    def _best_end(self, frames: IndexArray, values: FloatArray) -> tuple[float, int, int]:
        at = frames[:, None]
        lasts = (at < self.end) & (at + self.space.lengths >= self.end)
        worth = np.where(lasts, values + self._worth(at, self.regions), -np.inf)
        place, kind = divmod(int(worth.argmax()), self.columns.size)
        return float(worth[place, kind]), int(frames[place]), kind


def _running_best(values: FloatArray) -> tuple[FloatArray, IndexArray]:
    """Along each row, the highest value so far, and the last column it is in."""
    best = np.maximum.accumulate(values, axis=1)
    columns = np.where(values >= best, np.arange(values.shape[1]), 0)
    return best, np.maximum.accumulate(columns, axis=1)
