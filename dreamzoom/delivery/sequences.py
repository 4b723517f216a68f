"""Pictures one by one, in a folder: PNG of 8 or 16 bits, OpenEXR."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final

import ffmpeg as graph
import numpy as np
from numpy.typing import NDArray

from dreamzoom.delivery.encode import feed
from dreamzoom.delivery.formats import EXR
from dreamzoom.delivery.order import Order
from dreamzoom.delivery.reading_back import read_back
from dreamzoom.errors import VideoError
from dreamzoom.footage.programme import DEEP_WHITE, Shown
from dreamzoom.io.files import new_folder, write_atomically
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import command, raw_frames, url

PRESET: Final = "preset.toml"
"""The name, in the folder, of what tells how the pictures were made."""

_SUFFIXES: Final = {"png": ".png", "exr": ".exr"}
_EXR_HOLDS: Final = ("gbrpf32le", "gbrpf16le")  # as decoders of different age say


def deliver_frames(ffmpeg: Ffmpeg, order: Order, on_frame: Callable[[], object] = lambda: None) -> None:
    """Make a folder of pictures, 000000.png and so on; it gets its name when all are there.

    OpenEXR has light where others have sRGB: 1 is white.

    Raises:
        PictureError: a frame is missing or damaged.
        VideoError, StorageError: ffmpeg failed.
    """
    video, screening = order.target.video, order.screening
    pictures = screening.pictures(deep=video.is_deep)
    with new_folder(order.path) as folder:
        output = _output(ffmpeg, order, folder)
        feed(command(ffmpeg, output), order.path, _planes(pictures) if video == EXR else pictures, on_frame)
        _require_all(ffmpeg, order, folder)
        if order.inscription is not None:
            write_atomically(folder / PRESET, order.inscription.encode())


def _output(ffmpeg: Ffmpeg, order: Order, folder: Path) -> Any:
    video, screening = order.target.video, order.screening
    pixels = video.pixels if video == EXR else ("rgb48le" if video.is_deep else "rgb24")
    stream = raw_frames(screening.programme.size, screening.fps, pixels)
    if screening.size is not None:
        width, height = screening.size
        stream = stream.filter("scale", width, height, flags="lanczos+accurate_rnd+full_chroma_int")
    pattern = url(folder).replace("%", "%%") + f"/%06d{_SUFFIXES[video.encoder]}"
    return graph.output(
        stream,
        pattern,
        format="image2",
        vcodec=video.encoder,
        pix_fmt=video.pixels,
        start_number=0,
        **dict(video.options),
        **{ffmpeg.timing_option: "passthrough"},
    )


def _require_all(ffmpeg: Ffmpeg, order: Order, folder: Path) -> None:
    """See that every picture is there, and that the last is as it should be."""
    video, wanted = order.target.video, len(order.screening.frames)
    names = sorted(path.name for path in folder.iterdir())
    if names != [f"{number:06d}{_SUFFIXES[video.encoder]}" for number in range(wanted)]:
        raise VideoError(
            f"{order.path} was not made: of {wanted} pictures ffmpeg wrote {len(names)}; try again"
        )
    facts = read_back(ffmpeg, folder / names[-1])
    holds = _EXR_HOLDS if video == EXR else (video.pixels,)
    if facts.codec != video.codec or facts.pixels not in holds or facts.picture_size != order.picture_size:
        size = f"{facts.picture_size[0]}x{facts.picture_size[1]}"
        raise VideoError(f"{order.path} was not made: it would hold {facts.codec}, {facts.pixels}, {size}")


def _planes(pictures: Iterator[Shown]) -> Iterator[NDArray[np.float32]]:
    """Deep pictures as planes of light, (3, H, W): green, blue, red, 0 to 1."""
    for picture in pictures:
        yield np.ascontiguousarray(_light()[picture].transpose(2, 0, 1)[[1, 2, 0]])


@cache
def _light() -> NDArray[np.float32]:
    """The light of each deep value, 0 to 1. Source: IEC 61966-2-1."""
    value = np.arange(DEEP_WHITE + 1) / DEEP_WHITE
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4).astype(np.float32)
