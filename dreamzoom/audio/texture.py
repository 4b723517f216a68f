"""What a song is made of, ten times a second: how loud its bands of frequencies are, and its chroma.

Chroma says which of the twelve pitch classes sound, whatever the octave: what stands out of the spectrum from
110 to 2200 Hz is folded onto them, each frequency on the nearest ones (after T. Fujishima, Realtime Chord
Recognition of Musical Sound, 1999). Drums, whose spectrum is even, leave it alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import scipy
from numpy.typing import NDArray

from dreamzoom.audio.decode import MARGIN, RATE, SECONDS

TEXTURES_PER_SECOND: Final = 10

BANDS: Final = 16
"""Of about half an octave each, from 50 Hz up."""

_HOP = RATE // TEXTURES_PER_SECOND
_WINDOW = np.hanning(8193)[:-1].astype(np.float32)  # 0.37 s: semitones from 110 Hz up are told apart
_BIN = RATE / _WINDOW.size  # Hz
_EDGES = np.unique(np.round(np.geomspace(50, RATE / 2, BANDS + 1) / _BIN).astype(int))
_FIRST, _LAST = int(110 / _BIN), int(2200 / _BIN)
_AROUND = 41  # bins: a tone stands out from the 110 Hz around it
_STANDS_OUT = 1.5
_SHARP = 0.35  # semitones: the standard deviation of a frequency's reach


@dataclass(frozen=True)
class Texture:
    """What sounds, `TEXTURES_PER_SECOND` values a second.

    Attributes:
        bands: roots of the bands' amplitudes, shape (N, BANDS).
        chroma: how strongly each pitch class sounds, from C up, shape (N, 12).
    """

    bands: NDArray[np.float32]
    chroma: NDArray[np.float32]


NO_TEXTURE: Final = Texture(np.zeros((0, BANDS), np.float32), np.zeros((0, 12), np.float32))


def _folding() -> NDArray[np.float32]:
    """What each bin from `_FIRST` on gives to each pitch class."""
    pitches = 69 + 12 * np.log2(np.arange(_FIRST, _LAST) * _BIN / 440)
    away = (pitches[:, None] - np.arange(12) + 6) % 12 - 6
    near = np.exp(-0.5 * (away / _SHARP) ** 2)
    weights: NDArray[np.float32] = (near / near.sum(axis=1, keepdims=True)).astype(np.float32)
    return weights


_FOLDING = _folding()


def texture(section: NDArray[np.float32]) -> Texture:
    """The texture of a section (channels, samples), without its margins: that of its channels' power."""
    power = np.mean([_power(channel) for channel in section], axis=0)
    bands = np.add.reduceat(power[:, : _EDGES[-1]], _EDGES[:-1], axis=1) ** 0.25
    tonal = np.sqrt(power[:, _FIRST:_LAST])
    excess = np.maximum(tonal - _STANDS_OUT * scipy.ndimage.uniform_filter1d(tonal, _AROUND, axis=1), 0)
    return Texture(bands.astype(np.float32), np.sqrt(excess) @ _FOLDING)


def _power(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    begin = MARGIN - _WINDOW.size // 2 + _HOP // 2
    windows = np.lib.stride_tricks.sliding_window_view(samples[begin:], _WINDOW.size)
    waves = scipy.fft.rfft(windows[::_HOP][: SECONDS * TEXTURES_PER_SECOND] * _WINDOW, axis=1)
    power: NDArray[np.float32] = (np.abs(waves) * (4 / _WINDOW.size)) ** 2
    return power


def join_textures(parts: Sequence[Texture], start: int, count: int) -> Texture:
    """The texture of sections that follow one another, from index `start` on, `count` values long."""
    bands, chroma = (
        np.concatenate(each)[start : start + count]
        for each in ([part.bands for part in parts], [part.chroma for part in parts])
    )
    return Texture(bands, chroma)
