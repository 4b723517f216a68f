"""A song as samples, section by section: however long it is, little of it is in memory."""

from __future__ import annotations

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


def decode_sections(song: Sound) -> Iterator[NDArray[np.float32]]:
    """Decode a song to mono sections of `SECONDS`, each with a `MARGIN` on both sides.

    The first section begins `LEAD` seconds before the song; the last is filled up with silence, and a section
    of nothing but silence may follow.

    Yields:
        Samples, mostly from -1 to 1, of shape (MARGIN + SECONDS * RATE + MARGIN,).

    Raises:
        VideoError: there is no ffmpeg, or it cannot decode the song.
    """
    length = SECONDS * RATE
    ahead = np.zeros(MARGIN + LEAD * RATE, np.float32)
    for piece in read_output(_decoding(song), 4 * length):
        ahead = np.concatenate([ahead, np.frombuffer(piece[: len(piece) // 4 * 4], "<f4")])
        while ahead.size >= length + 2 * MARGIN:
            yield ahead[: length + 2 * MARGIN]
            ahead = ahead[length:]
    while ahead.size > MARGIN:
        yield np.concatenate([ahead, np.zeros(length + 2 * MARGIN, np.float32)])[: length + 2 * MARGIN]
        ahead = ahead[length:]


def _decoding(song: Sound) -> list[str]:
    stream: Any = sound_stream(song)
    return command(find_ffmpeg(song.path), graph.output(stream, "pipe:1", format="f32le", ac=1, ar=RATE))
