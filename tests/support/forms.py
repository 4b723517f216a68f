"""Songs whose form is known: sections of chords, a bass, a tune and drums, of which some are played again."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import accumulate

import numpy as np

from support.music import RATE, Samples, Song, hat, kick, placed, snare, steady

Part = tuple[str, float, float]


@dataclass(frozen=True)
class Style:
    """How a section is played.

    Attributes:
        chords: their roots, in semitones above A, a bar each, over and over.
        bright: how many overtones its chords have.
        drums: kicks ("k"), snares ("s"), hats ("h") and pauses (" ") on the quavers of a bar.
        level: of its chords.
        tune: semitones above the root on the quavers of a bar; none for no tune.
    """

    chords: tuple[int, ...]
    bright: int = 4
    drums: str = "khshkhsh"
    level: float = 0.3
    tune: tuple[int, ...] = ()


VERSE = Style((12, 7, 9, 5), bright=2, drums="khshkhsh", level=0.25)
CHORUS = Style((5, 7, 12, 12), bright=9, drums="kkskkksk", level=0.4, tune=(12, 12, 16, 19, 16, 12, 16, 19))
BRIDGE = Style((2, 9, 10, 3), bright=5, drums="k       ", level=0.3, tune=(24, 0, 24, 0, 22, 0, 19, 0))
INTRO = Style((12,), bright=1, drums="hhhhhhhh", level=0.2)
STYLES = {"i": INTRO, "v": VERSE, "c": CHORUS, "b": BRIDGE}


@cache
def note(pitch: float, seconds: float, overtones: int) -> Samples:
    """A note `pitch` semitones above A (110 Hz): it begins within 10 ms, dies away, and ends softly."""
    t = np.arange(round(seconds * RATE)) / RATE
    base = 110 * 2 ** (pitch / 12)
    wave = sum(np.sin(2 * np.pi * base * n * t) / n for n in range(1, overtones + 1) if base * n < RATE / 2)
    return wave * np.minimum(t / 0.01, 1) * np.minimum((seconds - t) / 0.02, 1) * np.exp(-t / seconds / 1.5)


def song_of(form: tuple[tuple[str, int], ...], bpm: float = 120.0, seed: int = 0) -> tuple[Song, list[Part]]:
    """A song of sections, each (name in `STYLES`, how many bars of four beats), played by no machine.

    Returns:
        The song, and its sections: name, start and end in seconds.
    """
    bars = sum(count for _, count in form)
    bar = 240 / bpm
    rng = np.random.default_rng(seed)
    hits: list[tuple[float, float, Samples]] = []
    starts = [0, *accumulate(count for _, count in form)]
    for (name, count), first in zip(form, starts, strict=False):
        for index in range(count):
            hits += _bar(STYLES[name], index, (first + index) * bar, bar, rng)
    samples = 0.5 * placed(hits, bars * bar)
    beats = steady(bpm, bars * bar)
    parts = [(name, starts[at] * bar, starts[at + 1] * bar) for at, (name, _) in enumerate(form)]
    return Song(samples, beats, beats[::4]), parts


@cache
def chord_of(root: int, seconds: float, overtones: int) -> Samples:
    """A major chord of such notes."""
    return sum(note(root + step, seconds, overtones) for step in (0, 4, 7))


def _bar(
    style: Style, index: int, start: float, bar: float, rng: np.random.Generator
) -> list[tuple[float, float, Samples]]:
    root = style.chords[index % len(style.chords)]
    level = style.level * rng.uniform(0.9, 1.1)
    chord = chord_of(root, bar, style.bright)
    low = note(root - 12 if root > 2 else root, bar / 2, 2)
    hits = [(start, level / 2, chord), (start, 0.3, low), (start + bar / 2, 0.3, low)]
    sounds = {"k": kick(), "s": snare(), "h": hat()}
    for place, letter in enumerate(style.drums):
        if letter in sounds:
            late = max(0.0, rng.normal(0.002, 0.002))
            hits.append((start + place * bar / 8 + late, 0.7 * rng.uniform(0.85, 1.1), sounds[letter]))
    hits += [
        (start + place * bar / 8, 0.15, note(root + step, bar / 8, 6))
        for place, step in enumerate(style.tune)
    ]
    return hits
