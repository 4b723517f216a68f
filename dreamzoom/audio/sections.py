"""A song's sections: its intro, verse and chorus, found by where it changes and by what comes again.

A song is cut at its bars, and each bar is what it sounds like on average: loudness, the shape of its
spectrum, and chroma. Sections begin where a checkerboard on the diagonal of the bars' self-similarity matrix
fits: bars before are alike, bars after are alike, and the two are not (J. Foote, Automatic Audio Segmentation
Using a Measure of Audio Novelty, 2000). Of these places those are taken that are worth most together, where
sections of 4, 8, 12 bars are likelier than others (G. Sargent, F. Bimbot and E. Vincent, A
Regularity-constrained Viterbi Algorithm, 2011).

Sections that are alike have one letter: alike bar by bar where one is laid over the other, and on average.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import scipy
from numpy.typing import NDArray

from dreamzoom.audio.features import FloatArray
from dreamzoom.audio.texture import TEXTURES_PER_SECOND, Texture
from dreamzoom.tracks.music import STEPS, Section

_FEWEST_BARS = 8  # a song that has fewer is cut into seconds
_LONG_BAR = 1.5  # seconds: a section has at least four of these, or eight shorter ones
_SCALE = 12.0  # decibels that are as far apart as two chords of different notes
_SHAPE = 1.6  # what the shape of the spectrum counts against loudness
_SOFTEST, _FAINTEST = -40.0, -60.0  # decibels below the loudest that still count: of all, and of a band
_UNTUNED = 1e-3  # of the song's strongest chroma: what is weaker has none
_TAPER = 0.7  # of a kernel's half: the standard deviation of its Gaussian
_SAMPLES = 2000  # pairs of bars from which the spread of a song is estimated

# What a boundary has to be worth, and how far sections of one letter are apart at most: as shares of how far
# two bars of the song mostly are, and within limits. Found on songs of known form, and by looking at others.
_COST, _COSTS = 0.36, (0.15, 0.36)
_ALIKE, _LIKENESSES = 0.55, (0.25, 0.65)

# What a length costs, as shares of a boundary's.
_SHORT = 0.25  # fewer than twice the least
_UNEVEN, _ODD = 0.1, 0.2  # an even number of bars that is none of fours, and an odd one
_LONG, _TOO_LONG = 60.0, 0.25  # seconds, and for every half minute more
_SLIDE = 2  # bars by which one section may begin later than the other


@dataclass(frozen=True)
class _Grid:
    """Where a song is cut into bars, or seconds.

    Attributes:
        edges: in seconds, ascending, one more than there are bars.
        least: how many bars the shortest section has.
        counts_bars: whether these are bars of the music.
    """

    edges: FloatArray
    least: int
    counts_bars: bool

    @property
    def step(self) -> float:
        """Seconds of a usual bar."""
        return float(np.median(np.diff(self.edges)))


def find_sections(heard: Texture, bars: Sequence[float], duration: float) -> tuple[Section, ...]:
    """The sections of a song from its start to its end, without gaps, labelled "A", "B" and so on.

    They begin with bars; where there are none, with whole seconds. A song that is short, or the same
    throughout, is one section; one without any length has none.

    Args:
        bars: when each begins, in seconds, ascending.
        duration: seconds of the song.
    """
    if round(duration * STEPS) < 1:
        return ()
    grid = _grid(bars, duration)
    features = _features(heard, grid.edges)
    spread = _spread(features)
    cuts = _boundaries(features, grid, _within(_COST * spread, _COSTS))
    letters = _letters(features, cuts, _within(_ALIKE * spread, _LIKENESSES), by_bar=grid.counts_bars)
    parts: list[tuple[int, float, float]] = []
    for letter, first, last in zip(letters, cuts, cuts[1:], strict=False):
        start, end = float(grid.edges[first]), float(grid.edges[last])
        if parts and parts[-1][0] == letter and end - parts[-1][1] <= _LONG:
            parts[-1] = (letter, parts[-1][1], end)
        else:
            parts.append((letter, start, end))
    return tuple(Section(_name(letter), start, end) for letter, start, end in parts)


def _within(value: float, limits: tuple[float, float]) -> float:
    return min(max(value, limits[0]), limits[1])


def _name(letter: int) -> str:
    """ "A" to "Z" for 0 to 25, then "AA", "AB" and so on."""
    before, place = divmod(letter, 26)
    return (_name(before - 1) if before else "") + chr(ord("A") + place)


def _grid(bars: Sequence[float], duration: float) -> _Grid:
    end = round(duration * STEPS) / STEPS
    inside = np.array([bar for bar in bars if 0 <= bar < end])
    if inside.size < _FEWEST_BARS:
        seconds = np.arange(max(1, int(end)), dtype=np.float64)
        return _Grid(np.append(seconds, end), 8, counts_bars=False)
    step = float(np.median(np.diff(inside)))
    if inside[0] < step / 2:  # what is shorter than half a bar belongs to its neighbour
        inside = inside[1:]
    if end - inside[-1] < step / 2:
        inside = inside[:-1]
    edges = np.concatenate([[0.0], inside, [end]])
    filled = [edges[:1]]
    for start, stop in pairwise(edges):  # where no bars were heard there are some
        filled.append(np.linspace(start, stop, max(1, round((stop - start) / step)) + 1)[1:])
    return _Grid(np.round(np.concatenate(filled) * STEPS) / STEPS, 4 if step >= _LONG_BAR else 8, True)


def _features(heard: Texture, edges: FloatArray) -> FloatArray:
    """What each bar sounds like, shape (bars, 1 + BANDS + 12): points that are near where bars are alike."""
    bands, chroma = (_means(rows, edges) for rows in (heard.bands, heard.chroma))
    levels = 40 * np.log10(np.maximum(bands, 1e-9))
    total = 10 * np.log10(np.maximum((bands**4).sum(axis=1), 1e-36))
    levels = np.maximum(levels - np.percentile(levels.max(axis=1), 95), _FAINTEST)
    total = np.maximum(total - np.percentile(total, 95), _SOFTEST)
    shape = (levels - levels.mean(axis=1, keepdims=True)) * (_SHAPE / np.sqrt(levels.shape[1]))
    strength = np.linalg.norm(chroma, axis=1, keepdims=True)
    tuned = chroma / np.maximum(strength, max(_UNTUNED * float(strength.max()), 1e-12))
    return np.hstack([total[:, None] / _SCALE, shape / _SCALE, tuned - tuned.mean(axis=1, keepdims=True)])


def _means(rows: NDArray[np.float32], edges: FloatArray) -> FloatArray:
    """The mean of the rows (N, C) between each two edges."""
    sums = np.concatenate([np.zeros((1, rows.shape[1])), np.cumsum(rows, axis=0, dtype=np.float64)])
    places = np.rint(edges * TEXTURES_PER_SECOND).astype(int)
    start = np.clip(places[:-1], 0, max(len(rows) - 1, 0))
    end = np.clip(np.maximum(places[1:], start + 1), 0, len(rows))
    means: FloatArray = (sums[end] - sums[start]) / np.maximum(end - start, 1)[:, None]
    return means


def _spread(features: FloatArray) -> float:
    """How far two bars of the song mostly are from each other."""
    one, other = np.random.default_rng(1).integers(0, len(features), (2, _SAMPLES))
    return float(np.median(np.linalg.norm(features[one] - features[other], axis=1)))


def novelty(features: FloatArray, half: int) -> FloatArray:
    """The root of how well a checkerboard of `half` rows to each side fits before each row of (N, C): (N,).

    Rows are as alike as a Gaussian of their distance says: what is far is no further than what is further.
    The checkerboard has a Gaussian taper and no diagonal, on which every row is like itself, and each of its
    squares counts 1 in all. What it reaches beyond the song's ends does not count.
    """
    count = len(features)
    sides = np.concatenate([-np.arange(half, 0, -1), np.arange(1, half + 1)]) - 0.5 * np.repeat([-1, 1], half)
    taper = np.exp(-0.5 * (sides / (_TAPER * half)) ** 2)
    # Row i + half - 1 + k of the padded arrays is k rows after row i - 1.
    padded = np.pad(features, ((half, half), (0, 0)))
    there = np.pad(np.ones(count), half)
    squares = np.zeros((3, count))  # before and before, before and after, after and after
    weights = np.zeros((3, count))
    for lag in range(1, 2 * half):
        span = padded[: len(padded) - lag], padded[lag:]
        alike = np.exp(-0.5 * ((span[0] - span[1]) ** 2).sum(axis=1))
        both = there[: there.size - lag] * there[lag:]
        for one in range(2 * half - lag):
            square = (one >= half) + (one + lag >= half)
            weight = taper[one] * taper[one + lag] * both[one : one + count]
            squares[square] += weight * alike[one : one + count]
            weights[square] += weight
    means = squares[:, 1:] / np.maximum(weights[:, 1:], 1e-9)
    found = np.zeros(count)
    found[1:] = np.sqrt(np.maximum(means[0] + means[2] - 2 * means[1], 0))
    return found


def _boundaries(features: FloatArray, grid: _Grid, cost: float) -> list[int]:
    """The bars that sections begin with, and the number of bars."""
    count = len(features)
    if count < 2 * grid.least:
        return [0, count]
    halves = (grid.least, 2 * grid.least, 4 * grid.least)
    worth = np.sqrt(np.mean([novelty(features, half) ** 2 for half in halves], axis=0))
    inner = np.arange(1, count - 1)
    peaks = inner[(worth[inner] >= worth[inner - 1]) & (worth[inner] >= worth[inner + 1])]
    places = np.concatenate([[0], peaks, [count]])
    gains = np.concatenate([[0.0], worth[peaks] - cost, [0.0]])
    best, origins = np.full(places.size, -np.inf), np.zeros(places.size, int)
    best[0] = 0.0
    for index in range(1, places.size):
        lengths = places[index] - places[:index]
        whole = (places[:index] > 0) & (index < places.size - 1)  # an upbeat or a last chord is no bar
        ways = best[:index] - cost * _unlikely(lengths, grid, whole)
        ways[lengths < grid.least] = -np.inf
        origins[index] = ways.argmax()
        best[index] = ways[origins[index]] + gains[index]
    cuts = [places.size - 1]
    while cuts[-1] > 0:
        cuts.append(int(origins[cuts[-1]]))
    return [int(places[cut]) for cut in reversed(cuts)]


def _unlikely(lengths: NDArray[np.intp], grid: _Grid, whole: NDArray[np.bool_]) -> FloatArray:
    """What sections of so many bars cost, as a share of a boundary's cost; `whole`: of bars alone."""
    costs: FloatArray = np.where(lengths < 2 * grid.least, _SHORT, 0.0)
    costs = costs + _TOO_LONG * np.maximum(lengths * grid.step - _LONG, 0) / 30
    if grid.counts_bars:
        costs = costs + whole * np.where(lengths % 4 == 0, 0, np.where(lengths % 2 == 0, _UNEVEN, _ODD))
    return costs


def _letters(features: FloatArray, cuts: list[int], alike: float, *, by_bar: bool) -> list[int]:
    """A number for each section, from 0 on by their first one; those that are alike have the same.

    Args:
        by_bar: whether they have to be alike bar by bar too.
    """
    parts = [features[start:end] for start, end in pairwise(cuts)]
    if len(parts) == 1:
        return [0]
    means = np.array([part.mean(axis=0) for part in parts])
    apart = []  # as SciPy has it: the pairs in order
    for one, part in enumerate(parts):
        for other in range(one + 1, len(parts)):
            on_average = float(np.linalg.norm(means[one] - means[other]))
            compared = by_bar and on_average < 2 * alike
            apart.append((on_average + (_distance(part, parts[other]) if compared else on_average)) / 2)
    groups = scipy.cluster.hierarchy.fcluster(
        scipy.cluster.hierarchy.linkage(apart, "average"), alike, "distance"
    ).tolist()
    order = {group: number for number, group in enumerate(dict.fromkeys(groups))}
    return [order[group] for group in groups]


def _distance(one: FloatArray, other: FloatArray) -> float:
    """How far two sections' bars are apart on average, where the shorter one lies on the longer one best."""
    short, long = sorted((one, other), key=len)
    found = []
    for shift in range(-_SLIDE, len(long) - len(short) + _SLIDE + 1):
        first, last = max(0, -shift), min(len(short), len(long) - shift)
        if last - first >= min(len(short), 2 * _SLIDE):
            differences = short[first:last] - long[first + shift : last + shift]
            found.append(float(np.sqrt((differences**2).sum(axis=1)).mean()))
    return min(found)
