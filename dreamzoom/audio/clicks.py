"""A song with a click on every beat, to hear whether they are right."""

from __future__ import annotations

import wave
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final

import ffmpeg as graph
import numpy as np
from numpy.typing import NDArray

from dreamzoom.io.files import part_of, publish, storage_errors
from dreamzoom.tracks.music import Music
from dreamzoom.video.ffmpeg import command, find_ffmpeg, read_output
from dreamzoom.video.sound import Sound, sound_stream

HIGHEST_RATE: Final = 48_000
"""Samples a second of the file, at most; else it has the song's own."""

SONG: Final = 0.5
"""What the song's samples are multiplied by: with a click on top they stay within the range."""

BEAT, BAR = 1000.0, 1600.0
"""Hz of a click."""

_LEVEL = 0.45
_LENGTH = 0.04  # seconds
_DECAY = 0.008  # seconds, to 1/e
_BLOCK = 1 << 16  # samples at once
_FULL = 32767


def write_clicks(song: Sound, music: Music, target: Path) -> None:
    """Write a WAV file of 16 bits: the song, 6 dB softer, and a click that begins at the sample of each beat.

    It is as long as the song; clicks on bars are higher.

    Args:
        music: in the song's own time.

    Raises:
        VideoError: there is no ffmpeg, or it failed.
        StorageError: the file cannot be written.
    """
    rate, channels = min(song.sample_rate, HIGHEST_RATE), min(song.channels, 2)
    count = round(song.duration * rate)
    places, kinds = _places(music, rate, count), [_click(hertz, rate) for hertz in (BEAT, BAR)]
    with part_of(target) as part:
        with storage_errors(target), wave.open(str(part), "wb") as file:
            file.setparams((channels, 2, rate, count, "NONE", ""))
            start = 0
            for block in _blocks(song, rate, channels, count):
                mixed = SONG * np.clip(block, -1, 1) + _clicks_in(start, len(block), places, kinds)[:, None]
                file.writeframes(np.rint(mixed * _FULL).astype("<i2").tobytes())
                start += len(block)
        publish(part, target)


def _places(music: Music, rate: int, count: int) -> list[tuple[int, bool]]:
    """The sample at which each beat falls, and whether it begins a bar."""
    bars = set(music.bars)
    places = ((round(beat * rate), beat in bars) for beat in music.beats)
    return [place for place in places if place[0] < count]


def _click(hertz: float, rate: int) -> NDArray[np.float64]:
    """A tone that begins at once and dies away, (N,)."""
    seconds = np.arange(round(_LENGTH * rate)) / rate
    tone: NDArray[np.float64] = _LEVEL * np.cos(2 * np.pi * hertz * seconds) * np.exp(-seconds / _DECAY)
    return tone


def _clicks_in(
    start: int, count: int, places: Sequence[tuple[int, bool]], kinds: Sequence[NDArray[np.float64]]
) -> NDArray[np.float64]:
    """What the samples from `start` on have of clicks, (count,): at each the latest click alone."""
    out, length = np.zeros(count), kinds[0].size
    for place, is_bar in places:
        first, stop = max(place, start), min(place + length, start + count)
        if first < stop:
            out[first - start : stop - start] = kinds[is_bar][first - place : stop - place]
    return out


def _blocks(song: Sound, rate: int, channels: int, count: int) -> Iterator[NDArray[np.float64]]:
    """The song's samples, (n, channels) at once, `count` in all: cut there, or followed by silence."""
    stream: Any = sound_stream(song)
    output = graph.output(stream, "pipe:1", format="f32le", ac=channels, ar=rate)
    left = count
    for piece in read_output(command(find_ffmpeg(song.path), output), 4 * channels * _BLOCK):
        whole = len(piece) // (4 * channels) * 4 * channels
        block = np.frombuffer(piece[:whole], "<f4").reshape(-1, channels)[:left].astype(np.float64)
        left -= len(block)
        yield block
    while left > 0:
        yield np.zeros((min(left, _BLOCK), channels))
        left -= _BLOCK
