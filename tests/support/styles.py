"""Songs in many styles, played by the sampler, whose every beat and bar is known.

    song = rock(bpm=118, seconds=20)
    song.samples, song.beats, song.bars

Parts are written a bar at a time as strokes on a grid: "x.x." has four steps, of which the first and third
are played ("X" louder, "o" softer), so that 12 steps in a bar of four beats are triplets.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from support.music import RATE, Samples, Song
from support.sampler import Note, play

LEVELS = {"X": 1.0, "x": 0.75, "o": 0.4}
CHORDS = ((57, 60, 64), (53, 57, 60), (48, 52, 55), (55, 59, 62))  # A minor, F, C, G


@dataclass(frozen=True)
class Grid:
    """When beats fall: positions in beats become seconds.

    Attributes:
        beats: in seconds, the last of them where the song ends.
        per_bar: beats in a bar; the first beat begins one.
        jitter: standard deviation of every stroke's time around its place, in seconds.
    """

    beats: tuple[float, ...]
    per_bar: int = 4
    jitter: float = 0.0
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(11))

    @property
    def bars(self) -> range:
        """Numbers of the bars that are there whole."""
        return range((len(self.beats) - 1) // self.per_bar)

    def time(self, position: float) -> float:
        """When a position in beats falls, as played."""
        exact = float(np.interp(position, np.arange(len(self.beats)), self.beats))
        return max(0.0, exact + (self.rng.normal(0, self.jitter) if self.jitter else 0.0))

    def strokes(self, pattern: str, bar: int) -> list[tuple[float, float, float]]:
        """A bar's strokes: when, how strong, and how long it is to the end of its step, in seconds."""
        step = self.per_bar / len(pattern)
        first = bar * self.per_bar
        pace = (self.beats[first + self.per_bar] - self.beats[first]) / len(pattern)
        return [
            (self.time(first + index * step), LEVELS[stroke], pace)
            for index, stroke in enumerate(pattern)
            if stroke in LEVELS
        ]


def even(bpm: float, seconds: float, per_bar: int = 4, jitter: float = 0.0) -> Grid:
    """Whole bars at a steady pace, up to about so many seconds."""
    bars = max(1, int(seconds * bpm / 60 / per_bar))
    return Grid(tuple(np.arange(bars * per_bar + 1) * 60 / bpm), per_bar, jitter)


def paced(bpm: Callable[[float], float], seconds: float, per_bar: int = 4) -> Grid:
    """Beats at a pace that changes: `bpm` of the time in seconds."""
    beats = [0.0]
    while beats[-1] < seconds:
        beats.append(beats[-1] + 60 / bpm(beats[-1]))
    return Grid(tuple(beats[: (len(beats) - 1) // per_bar * per_bar + 1]), per_bar)


@dataclass(frozen=True)
class Part:
    """What an instrument plays in a bar, over and over.

    Attributes:
        instrument: as in the sampler.
        pattern: strokes on a grid.
        level: its loudness.
        chord: which notes of a bar's chord it plays together; none for a drum.
        octave: how many octaves above where `CHORDS` are.
        bars: the bars it plays in; none for all.
        length: how long its notes are held, in steps.
    """

    instrument: str
    pattern: str
    level: float = 0.7
    chord: tuple[int, ...] = ()
    octave: int = 0
    bars: Sequence[int] | None = None
    length: float = 1.0


def perform(grid: Grid, parts: Sequence[Part], level: float = 0.5) -> Song:
    """The parts together, cut off where the grid ends, and the grid as the truth."""
    notes = [
        Note(time, part.instrument, pitch, part.level * strength, part.length * step)
        for part in parts
        for bar in (grid.bars if part.bars is None else part.bars)
        for time, strength, step in grid.strokes(part.pattern, bar)
        for pitch in pitches(part, bar)
    ]
    samples = play(notes, grid.beats[-1])
    beats = grid.beats[:-1]
    return Song(level * samples / max(1.0, np.abs(samples).max()), beats, beats[:: grid.per_bar])


def pitches(part: Part, bar: int) -> tuple[int, ...]:
    """The notes that a part plays together in a bar: a drum's one has no pitch."""
    chord = CHORDS[bar % len(CHORDS)]
    return tuple(chord[place % 3] + 12 * (place // 3 + part.octave) for place in part.chord) or (0,)


KICK, SNARE, HATS = (
    Part("kick", "X.....o.x......."),
    Part("snare", "....x.......x..."),
    Part("hat", "xoxoxoxo", 0.5),
)


def rock(bpm: float, seconds: float, jitter: float = 0.0) -> Song:
    """Kick on one and three, snare on two and four, quavers on hats and bass, chords on an organ."""
    parts = (KICK, SNARE, HATS, Part("bass", "xxxxxxxx", 0.5, (0,), -1), Part("organ", "x", 0.15, (0, 1, 2)))
    return perform(even(bpm, seconds, jitter=jitter), parts)


def swing(bpm: float, seconds: float) -> Song:
    """Jazz: a ride cymbal's swung quavers, the hi-hat on two and four, a walking bass, a piano's comments."""
    parts = (
        Part("ride", "x..x.ox..x.o", 0.8),
        Part("hat", "...x.....x..", 0.6),
        Part("bass", "xxxx", 0.6, (0,), -1),
        Part("plucked", ".....x...x..", 0.3, (1, 2, 3)),
    )
    return perform(even(bpm, seconds), parts)


def shuffle(bpm: float, seconds: float, organ: float = 0.0) -> Song:
    """Blues: each beat long and short in hats, bass and guitar; an organ, if any, leads into each."""
    parts = (
        Part("kick", "X.....x....."),
        Part("snare", "...x.....x.."),
        Part("hat", "x.ox.ox.ox.o", 0.6),
        Part("bass", "x.ox.ox.ox.o", 0.6, (0,), -1),
        Part("plucked", "x.ox.ox.ox.o", 0.2, (0, 2)),
        Part("organ", "..x..x..x..x", organ, (0, 1, 2)),
    )
    return perform(even(bpm, seconds), parts)


def three_three_two(bpm: float, seconds: float) -> Song:
    """Quavers accented by three, three and two over a kick on one and three."""
    parts = (
        Part("kick", "X...x..."),
        Part("rim", "x..x..x.", 0.6),
        Part("hat", "xxxxxxxx", 0.4),
        Part("bass", "x..x..x.", 0.6, (0,), -1, length=2.5),
        Part("plucked", "x..x..x.", 0.3, (1, 2, 3)),
    )
    return perform(even(bpm, seconds), parts)


def waltz(bpm: float, seconds: float) -> Song:
    """A bass on one, chords on two and three, a tune of strings."""
    parts = (
        Part("kick", "x..", 0.4),
        Part("bass", "X..", 0.7, (0,), -1),
        Part("plucked", ".xx", 0.35, (1, 2, 3)),
        Part("sustained", "x.x", 0.15, (4,), 1, length=1.5),
    )
    return perform(even(bpm, seconds, per_bar=3), parts)


def six_eight(bpm: float, seconds: float) -> Song:
    """Two beats of three quavers each in a bar; the truth is these beats."""
    parts = (
        Part("kick", "X....."),
        Part("snare", "...x.."),
        Part("hat", "xooxoo", 0.6),
        Part("bass", "x.xx..", 0.5, (0,), -1),
        Part("plucked", "xxxxxx", 0.2, (2,), 1),
    )
    return perform(even(bpm, seconds, per_bar=2), parts)


def five_four(bpm: float, seconds: float) -> Song:
    """Three and two: kick on one, softer on four."""
    parts = (
        Part("kick", "X.....x..."),
        Part("snare", "....x...x.", 0.5),
        Part("hat", "xoxoxoxoxo", 0.4),
        Part("bass", "X.....x...", 0.6, (0,), -1, length=2.0),
        Part("plucked", "x..x..x.x.", 0.25, (1, 2)),
    )
    return perform(even(bpm, seconds, per_bar=5), parts)


def reggae(bpm: float, seconds: float) -> Song:
    """One drop: kick and rim on three, the guitar between the beats and louder than the drums."""
    parts = (
        Part("kick", "....x...", 0.7),
        Part("rim", "....x...", 0.4),
        Part("hat", "xoxoxoxo", 0.3),
        Part("bass", "x..xx.x.", 0.6, (0,), -1),
        Part("organ", ".x.x.x.x", 0.25, (1, 2, 3), length=0.5),
    )
    return perform(even(bpm, seconds), parts)


def drumless_start(bpm: float, seconds: float, bars: int) -> Song:
    """So many bars of strings and a slow tune, then a rock band."""
    grid = even(bpm, seconds)
    band = grid.bars[bars:]
    parts = (
        Part("sustained", "x", 0.25, (0, 1, 2)),
        Part("voice", "x.ox..x.", 0.3, (2,), 1, length=1.6),
        Part("kick", KICK.pattern, bars=band),
        Part("snare", SNARE.pattern, bars=band),
        Part("hat", HATS.pattern, 0.5, bars=band),
        Part("bass", "xxxxxxxx", 0.5, (0,), -1, bars=band),
    )
    return perform(grid, parts)


def breakdown(bpm: float, before: int, pause: int, after: int) -> Song:
    """Bars of drums, bars where drums pause and a tune is syncopated, bars of drums."""
    grid = even(bpm, (before + pause + after + 0.5) * 240 / bpm)
    band = (*range(before), *range(before + pause, before + pause + after))
    parts = (
        Part("sustained", "x", 0.25, (0, 1, 2)),
        Part("plucked", "x..x..x.", 0.3, (2,), 1),
        Part("kick", KICK.pattern, bars=band),
        Part("snare", SNARE.pattern, bars=band),
        Part("hat", HATS.pattern, 0.5, bars=band),
    )
    return perform(grid, parts)


def drifting(bpm: float, seconds: float, share: float) -> Song:
    """A rock band whose pace sways by so much either way, once every 20 s."""
    grid = paced(lambda time: bpm * (1 + share * np.sin(2 * np.pi * time / 20)), seconds)
    return perform(grid, (KICK, SNARE, HATS, Part("bass", "xxxxxxxx", 0.5, (0,), -1)))


def ritardando(bpm: float, seconds: float, last: float, to: float) -> Song:
    """A steady band that slows down evenly within the last seconds, to another pace."""
    grid = paced(lambda time: np.interp(time, (seconds - last, seconds), (bpm, to)), seconds)
    return perform(grid, (KICK, SNARE, HATS, Part("bass", "xxxxxxxx", 0.5, (0,), -1)))


def half_time(bpm: float, seconds: float) -> Song:
    """Quavers on hats and bass at one pace, kick and snare at half of it."""
    parts = (
        Part("kick", "X.......", 0.8),
        Part("snare", "....x...", 0.8),
        Part("hat", "xoxoxoxo", 0.5),
        Part("bass", "xxxxxxxx", 0.5, (0,), -1),
    )
    return perform(even(bpm, seconds), parts)


def quick(bpm: float, seconds: float) -> Song:
    """Punk: kick and snare in turns on every beat, hats with them, a bass and chords in quavers."""
    parts = (
        Part("kick", "x.x."),
        Part("snare", ".x.x"),
        Part("hat", "xxxx", 0.5),
        Part("bass", "xxxxxxxx", 0.5, (0,), -1),
        Part("organ", "xxxx", 0.15, (0, 1, 2), length=0.8),
    )
    return perform(even(bpm, seconds), parts)


def ballad(bpm: float, seconds: float) -> Song:
    """Slow: kick on one and three, snare on two and four, quavers on the hats, long chords and a tune."""
    parts = (
        Part("kick", "X...x..."),
        Part("snare", "..x...x."),
        Part("hat", "xoxoxoxo", 0.4),
        Part("bass", "x...x...", 0.5, (0,), -1, length=3.0),
        Part("sustained", "x", 0.2, (0, 1, 2)),
        Part("voice", "x...x.x.", 0.2, (2,), 1, length=1.8),
    )
    return perform(even(bpm, seconds), parts)


def drumless(bpm: float, seconds: float) -> Song:
    """A guitar alone: a bass string on every beat, broken chords between."""
    parts = (
        Part("plucked", "xxxx", 0.5, (0,), -1),
        Part("plucked", ".x.x.x.x", 0.3, (1,)),
        Part("plucked", "..x...x.", 0.3, (2, 3)),
    )
    return perform(even(bpm, seconds), parts)


def out_of_phase(song: Song) -> Samples:
    """The song in stereo, (2, N), one channel the other's negative: mixed to mono it is silence."""
    return np.stack([song.samples, -song.samples])


def changing_drone(seconds: float, seed: int) -> Samples:
    """Held tones that swell and fade, each for some seconds, without a common pace."""
    rng = np.random.default_rng(seed)
    t = np.arange(round(seconds * RATE)) / RATE
    out = np.zeros(t.size)
    for frequency in (55.0, 82.5, 110.0, 164.8, 220.5):
        swell = 0.5 + 0.5 * np.sin(2 * np.pi * t / rng.uniform(3, 9) + rng.uniform(0, 6))
        out += swell * np.sin(2 * np.pi * frequency * t)
    return 0.15 * out


def surf(seconds: float, seed: int) -> Samples:
    """Noise that swells and fades like waves on a beach."""
    rng = np.random.default_rng(seed)
    places = np.arange(0, seconds + 2, 1.0)
    swell = np.interp(np.arange(round(seconds * RATE)) / RATE, places, rng.uniform(0.1, 1, places.size))
    return 0.2 * swell * rng.standard_normal(swell.size)
