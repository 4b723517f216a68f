"""Songs made of numbers, whose every beat is known, and the measures that beat trackers are judged by."""

from __future__ import annotations

import wave
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from support.sampler import RATE, Samples, hat, kick, snare


@dataclass(frozen=True)
class Song:
    """Mono samples from -1 to 1 at `RATE`, and the truth about them, in seconds."""

    samples: Samples
    beats: tuple[float, ...] = ()
    bars: tuple[float, ...] = ()


def click() -> Samples:
    """A short knock with something of every band: 5 ms of noise and a tone of 80 Hz."""
    t = np.arange(round(0.03 * RATE)) / RATE
    noise = np.random.default_rng(3).standard_normal(t.size) * np.exp(-t / 0.002)
    return 0.4 * noise + 0.6 * np.cos(2 * np.pi * 80 * t) * np.exp(-t / 0.01)


def placed(hits: list[tuple[float, float, Samples]], seconds: float) -> Samples:
    """Sounds at their times and levels, (seconds, level, samples), mixed into `seconds` of silence."""
    out = np.zeros(round(seconds * RATE))
    for time, level, sound in hits:
        start = round(time * RATE)
        end = min(start + sound.size, out.size)
        if 0 <= start < end:
            out[start:end] += level * sound[: end - start]
    return out


def drum_loop(beats: tuple[float, ...], *, swing: float = 0.5, hats: int = 2, lead: int = 0) -> Song:
    """A rock beat in four: kick on one and three, snare on two and four, hi-hats.

    The kick on one is the louder one.

    Args:
        beats: when they fall, in seconds; the song ends one beat after the last.
        swing: where between two beats the hi-hat falls, as a fraction.
        hats: hi-hats per beat: 0, 1, 2 or 4.
        lead: how many beats come before the first one.
    """
    hits: list[tuple[float, float, Samples]] = []
    end = 2 * beats[-1] - beats[-2]
    for index, (beat, following) in enumerate(pairwise([*beats, end])):
        place = (index - lead) % 4
        hits.append((beat, (0.9, 0.7, 0.6, 0.7)[place], snare() if place % 2 else kick()))
        between = {0: [], 1: [0.0], 2: [0.0, swing], 4: [0.0, 0.25, 0.5, 0.75]}[hats]
        hits += [(beat + (following - beat) * part, 0.5, hat()) for part in between]
    return Song(0.7 * placed(hits, end), beats, beats[lead::4])


def steady(bpm: float, seconds: float, first: float = 0.0) -> tuple[float, ...]:
    """Beats at a steady pace, from `first` on, the last of them before `seconds`."""
    return tuple(float(beat) for beat in np.arange(first, seconds - 0.05, 60 / bpm))


def changing(first: float, then: float, seconds: float) -> tuple[float, ...]:
    """Beats at one pace, in beats per minute, up to the middle, and at another from there."""
    beats = list(steady(first, seconds / 2))
    while beats[-1] + 60 / then < seconds:
        beats.append(beats[-1] + 60 / then)
    return tuple(beats)


def fade_in(song: Song, seconds: float) -> Song:
    """The song, its level rising from 0 at the start to what it is after `seconds`."""
    ramp = np.clip(np.arange(song.samples.size) / (seconds * RATE), 0, 1)
    return Song(song.samples * ramp, song.beats, song.bars)


def with_sound(song: Song, level: float, sound: Samples) -> Song:
    """The song at a level, and something else on top."""
    mixed = level * song.samples + sound[: song.samples.size]
    return Song(mixed, song.beats, song.bars)


def tone(frequency: float, seconds: float) -> Samples:
    """A sine between -1 and 1."""
    return np.sin(2 * np.pi * frequency * np.arange(round(seconds * RATE)) / RATE)


def chord(seconds: float) -> Samples:
    """A chord that is held, with vibrato, between -1 and 1."""
    t = np.arange(round(seconds * RATE)) / RATE
    waver = 0.3 * np.sin(2 * np.pi * 5 * t)
    return sum(np.sin(2 * np.pi * note * t + waver) for note in (220.0, 277.0, 330.0, 440.0)) / 4


def talk(seconds: float, seed: int) -> Samples:
    """Noise that sounds like talk: syllables of any length, voiced or hissed, now and then a pause."""
    rng = np.random.default_rng(seed)
    out, time = np.zeros(round(seconds * RATE)), 0.0
    while time < seconds:
        length = rng.uniform(0.06, 0.3)
        t = np.arange(round(length * RATE)) / RATE
        pitch = rng.uniform(90, 220)
        voiced = sum(np.sin(2 * np.pi * pitch * n * t) / n for n in range(1, 20))
        syllable = 0.3 * (voiced if rng.random() < 0.7 else rng.standard_normal(t.size)) * np.hanning(t.size)
        start = round(time * RATE)
        out[start : start + t.size] += rng.uniform(0.2, 1) * syllable[: out.size - start]
        time += length + (rng.uniform(0.15, 0.7) if rng.random() < 0.2 else rng.uniform(0, 0.06))
    return out


def write_wav(path: Path, samples: Samples, rate: int = RATE) -> Path:
    """Write samples, (N,) or (channels, N), as 16-bit WAV."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1 if samples.ndim == 1 else len(samples))
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(np.round(np.clip(samples.T, -1, 1) * 32767).astype("<i2").tobytes())
    return path


def f_measure(found: tuple[float, ...], truth: tuple[float, ...], window: float = 0.07) -> float:
    """How well beats agree, from 0 to 1, as MIREX counts it: each may be matched once, within `window` s."""
    unmatched = list(found)
    hits = 0
    for beat in truth:
        near = [time for time in unmatched if abs(time - beat) <= window]
        if near:
            unmatched.remove(min(near, key=lambda time: abs(time - beat)))
            hits += 1
    return 2 * hits / (len(found) + len(truth)) if found or truth else 1.0


def errors(found: tuple[float, ...], truth: tuple[float, ...]) -> NDArray[np.float64]:
    """How far the nearest of `truth` is from each beat found, in seconds; positive: found too late."""
    there = np.array(truth)
    return np.array([time - there[np.argmin(abs(there - time))] for time in found])
