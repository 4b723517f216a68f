"""A song as samples, section by section: however long it is, little of it is in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Final

import ffmpeg as graph
import numpy as np
from numpy.typing import NDArray

from dreamzoom.video.ffmpeg import command, find_ffmpeg, read_output
from dreamzoom.video.sound import Sound, sound_stream

RATE: Final = 22050
"""Samples a second. What is above 11 kHz moves no picture that 2 to 11 kHz do not."""

SECONDS: Final = 10
"""How long a section is."""

MARGIN: Final = RATE // 2
"""Samples that a section has of the one before it, and of the one after it."""

LEAD: Final = 1
"""Seconds of silence before the song, so that something that begins with it can be seen to begin."""


_MOST_CHANNELS: Final = 2


def decode_sections(song: Sound) -> Iterator[NDArray[np.float32]]:
    """Decode a song to sections of `SECONDS`, each with a `MARGIN` on both sides.

    The first section begins `LEAD` seconds before the song; the last is filled up with silence, and a section
    of nothing but silence may follow.

    Yields:
        Samples, mostly from -1 to 1, of shape (channels, MARGIN + SECONDS * RATE + MARGIN): one channel of a
        song in mono, two of others, surround mixed down to these. A section whose two channels are the same
        is given as one.

    Raises:
        VideoError: there is no ffmpeg, or it cannot decode the song.
    """
    channels = min(song.channels, _MOST_CHANNELS)
    length, whole = SECONDS * RATE, SECONDS * RATE + 2 * MARGIN
    ahead = np.zeros((channels, MARGIN + LEAD * RATE), np.float32)
    for piece in read_output(_decoding(song, channels), 4 * channels * length):
        samples = np.frombuffer(piece[: len(piece) // (4 * channels) * (4 * channels)], "<f4")
        ahead = np.concatenate([ahead, samples.reshape(-1, channels).T], axis=1)
        while ahead.shape[1] >= whole:
            yield _without_copies(ahead[:, :whole])
            ahead = ahead[:, length:]
    while ahead.shape[1] > MARGIN:
        yield _without_copies(np.pad(ahead, ((0, 0), (0, whole)))[:, :whole])
        ahead = ahead[:, length:]


def _without_copies(section: NDArray[np.float32]) -> NDArray[np.float32]:
    is_mono = (section == section[0]).all()
    return np.ascontiguousarray(section[:1] if is_mono else section)


def sections_of(song: Sound) -> int:
    """How many sections a song has, to show progress by."""
    return math.ceil((LEAD + song.duration) / SECONDS)


def _decoding(song: Sound, channels: int) -> list[str]:
    stream: Any = sound_stream(song)
    output = graph.output(stream, "pipe:1", format="f32le", ac=channels, ar=RATE)
    return command(find_ffmpeg(song.path), output)
