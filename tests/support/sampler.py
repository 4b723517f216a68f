"""An orchestra made of numbers: notes become sound.

    play([Note(0.0, "kick"), Note(0.5, "plucked", 60, length=0.4)], seconds=2.0)

Every instrument's sound begins exactly at its note's time; how quickly it rises is told in `INSTRUMENTS`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

RATE: Final = 44100

Samples = NDArray[np.float64]


@dataclass(frozen=True)
class Note:
    """A note, or a stroke of a drum.

    Attributes:
        time: when it begins, in seconds.
        instrument: one of `INSTRUMENTS`.
        pitch: as MIDI counts it: 60 is middle C. Drums have none.
        velocity: its amplitude, from 0 to 1.
        length: seconds until it is let go. Drums and plucked strings die away by themselves.
    """

    time: float
    instrument: str
    pitch: int = 60
    velocity: float = 0.8
    length: float = 0.25


def kick() -> Samples:
    """A bass drum: a sine that falls from 150 to 50 Hz within 0.05 s, and dies away."""
    t = _clock(0.3)
    phase = 2 * np.pi * (50 * t + 100 * 0.02 * (1 - np.exp(-t / 0.02)))
    return np.sin(phase) * np.exp(-t / 0.08)


def snare() -> Samples:
    """A snare drum: noise and a tone of 190 Hz."""
    t = _clock(0.2)
    noise = np.random.default_rng(1).standard_normal(t.size)
    return (0.35 * noise + 0.4 * np.sin(2 * np.pi * 190 * t)) * np.exp(-t / 0.05)


def hat() -> Samples:
    """A closed hi-hat: a short burst of noise without its low half."""
    t = _clock(0.06)
    noise = np.random.default_rng(2).standard_normal(t.size + 1)
    return 0.3 * np.diff(noise) / np.sqrt(2) * np.exp(-t / 0.015)


def ride() -> Samples:
    """A ride cymbal: bright noise that rings for half a second."""
    t = _clock(0.5)
    noise = np.random.default_rng(5).standard_normal(t.size + 1)
    return 0.15 * np.diff(noise) / np.sqrt(2) * (np.exp(-t / 0.03) + 0.3 * np.exp(-t / 0.2))


def rim() -> Samples:
    """A stick on the rim of a drum: two short tones."""
    t = _clock(0.05)
    return (np.sin(2 * np.pi * 1700 * t) + 0.6 * np.sin(2 * np.pi * 800 * t)) * np.exp(-t / 0.008)


def _tones(pitch: int, length: float, levels: NDArray[np.float64], vibrato: float = 0.0) -> Samples:
    """Harmonics at `levels`, up to 16 kHz; vibrato is in radians of the first."""
    t = _clock(length)
    base = 440 * 2 ** ((pitch - 69) / 12)
    phase = 2 * np.pi * base * t + vibrato * np.sin(2 * np.pi * 5.2 * t)
    numbers = [number for number in range(1, levels.size + 1) if number * base < 16000]
    return sum((levels[number - 1] * np.sin(number * phase) for number in numbers), np.zeros(t.size))


def _rise_and_release(length: float, attack: float, release: float) -> Samples:
    """From 0 up to 1 within `attack` s, held up to `length`, then down within `release` s."""
    t = _clock(length + release)
    return np.clip(t / attack, 0, 1) * np.clip((length + release - t) / release, 0, 1)


def bass(pitch: int, length: float) -> Samples:
    """An electric bass: dull, plucked, damped when it is let go."""
    envelope = _rise_and_release(length, 0.003, 0.03)
    t = _clock(length + 0.03)
    return 0.8 * _tones(pitch, length + 0.03, 1 / np.arange(1, 7) ** 1.5) * envelope * np.exp(-t / 0.5)


def plucked(pitch: int, length: float) -> Samples:
    """A plucked string, which dies away, its high harmonics first; it rings on when it is let go."""
    t = _clock(max(length, 0.6))
    tones = _tones(pitch, t.size / RATE, 1 / np.arange(1, 9))
    return 0.5 * tones * np.clip(t / 0.002, 0, 1) * np.exp(-t / 0.18)


def sustained(pitch: int, length: float) -> Samples:
    """Strings: they swell for 0.12 s, waver, and fade for 0.2 s."""
    tones = _tones(pitch, length + 0.2, 1 / np.arange(1, 8), vibrato=0.25)
    return 0.35 * tones * _rise_and_release(length, 0.12, 0.2)


def organ(pitch: int, length: float) -> Samples:
    """An organ: octaves and fifths, on and off within 10 ms."""
    levels = np.array([1.0, 0.7, 0.4, 0.4, 0.0, 0.2, 0.0, 0.2])
    return 0.35 * _tones(pitch, length + 0.01, levels) * _rise_and_release(length, 0.01, 0.01)


def voice(pitch: int, length: float) -> Samples:
    """Somebody who sings "ah": vowel formants, vibrato, a rise of 60 ms."""
    base = 440 * 2 ** ((pitch - 69) / 12)
    harmonics = np.arange(1, 25) * base
    formants = sum(np.exp(-(((harmonics - peak) / 150) ** 2)) for peak in (700, 1200, 2600))
    tones = _tones(pitch, length + 0.08, 0.05 + formants, vibrato=0.4)
    return 0.25 * tones * _rise_and_release(length, 0.06, 0.08)


DRUMS: Final[dict[str, Callable[[], Samples]]] = {
    "kick": kick,
    "snare": snare,
    "hat": hat,
    "ride": ride,
    "rim": rim,
}
INSTRUMENTS: Final[dict[str, Callable[[int, float], Samples]]] = {
    "bass": bass,
    "plucked": plucked,
    "sustained": sustained,
    "organ": organ,
    "voice": voice,
}


@cache
def sound_of(instrument: str, pitch: int, length: float) -> Samples:
    """One note's samples at full velocity. Kept, since songs repeat themselves: do not write to them."""
    if instrument in DRUMS:
        return DRUMS[instrument]()
    return INSTRUMENTS[instrument](pitch, length)


def play(notes: Iterable[Note], seconds: float) -> Samples:
    """The notes' sound from 0 to `seconds`, (N,): what lies beyond is cut off; not scaled."""
    out = np.zeros(round(seconds * RATE))
    for note in notes:
        sound = sound_of(note.instrument, note.pitch, round(note.length, 2))
        start = round(note.time * RATE)
        end = min(start + sound.size, out.size)
        if 0 <= start < end:
            out[start:end] += note.velocity * sound[: end - start]
    return out


def _clock(seconds: float) -> Samples:
    return np.arange(round(seconds * RATE)) / RATE
