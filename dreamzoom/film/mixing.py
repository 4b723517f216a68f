"""The pictures of a transition between two scenes, by ffmpeg's filter xfade.

A short ffmpeg of its own is given both scenes' frames for as long as a transition lasts, and gives pictures
back.

Of n frames, frame k, counted from 0, is (k + 1) / (n + 1) of the way: the first one is not yet all of the old
scene, nor the last one all of the new. All is reckoned in 16 bits.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ffmpeg as graph
import numpy as np
from numpy.typing import NDArray

from dreamzoom.errors import VideoError
from dreamzoom.footage.programme import deepen
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import command, filter_pieces, find_ffmpeg

_FORMAT: Final = "gbrp16le"
_GBR: Final = [1, 2, 0]  # the order of its planes


@dataclass(frozen=True)
class SceneFrames:
    """Frames of a scene, one after the other.

    Attributes:
        folder: where they lie, as 000000.png and on.
        first, count: the number of the first one, and how many there are; at least one.
    """

    folder: Path
    first: int
    count: int


def mix(
    before: SceneFrames | None, after: SceneFrames, kind: str, frames: int, size: tuple[int, int]
) -> Generator[NDArray[np.uint16]]:
    """The pictures of a transition, (H, W, 3), RGB of 0 to 65535, one at a time.

    A scene that ends within it stands still at its last frame.

    Args:
        before: of the old scene; None for black.
        after: of the new one.
        kind: what xfade calls it.
        frames: how many it lasts.
        size: width and height of the pictures.

    Raises:
        PictureError: a frame is missing or damaged.
        VideoError: ffmpeg failed.
    """
    width, height = size
    ffmpeg, length = find_ffmpeg(), 2 * len(_GBR) * width * height
    pairs = map(_stack, _shown(before, frames, size), _shown(after, frames, size))
    count = 0
    with closing(filter_pieces(command(ffmpeg, _graph(ffmpeg, kind, frames, size)), pairs, length)) as made:
        for piece in made:
            if len(piece) < length:
                break  # ffmpeg was killed, or has failed
            count += 1
            yield _unstack(piece, size)
    if count != frames:
        raise VideoError(f"ffmpeg made {count} of the {frames} frames of transition {kind!r}: try another")


def _shown(stretch: SceneFrames | None, frames: int, size: tuple[int, int]) -> Iterator[Pixels]:
    """What a scene has of a transition; with a frame before its first and one after its last, which xfade
    wants, and which are not shown.
    """
    picture = np.zeros((*size[::-1], 3), np.uint8)
    for number in (0, *range(frames), frames - 1):
        if stretch is not None:
            name = f"{stretch.first + min(number, stretch.count - 1):06d}.png"
            picture = read_frame(stretch.folder / name, size)
        yield picture


def _stack(old: Pixels, new: Pixels) -> bytes:
    """Two pictures, one above the other, as ffmpeg's gbrp16le: planes of green, blue and red."""
    both = np.concatenate((old, new))[:, :, _GBR]
    planes: NDArray[np.uint16] = deepen(both).transpose(2, 0, 1).astype("<u2")
    return planes.tobytes()


def _unstack(data: bytes, size: tuple[int, int]) -> NDArray[np.uint16]:
    """The picture (H, W, 3) of one that ffmpeg gives."""
    width, height = size
    picture = np.empty((height, width, len(_GBR)), np.uint16)
    picture[:, :, _GBR] = np.frombuffer(data, "<u2").reshape(-1, height, width).transpose(1, 2, 0)
    return picture


def _graph(ffmpeg: Ffmpeg, kind: str, frames: int, size: tuple[int, int]) -> Any:
    """ffmpeg-python's graph from stacked pictures to mixed ones; no colour is converted.

    Its clock is a second a frame, so that all of xfade's times are whole numbers.
    """
    width, height = size
    stacked = graph.input(
        "pipe:0", format="rawvideo", pixel_format=_FORMAT, s=f"{width}x{2 * height}", framerate=1
    ).split()
    old, new = (stacked[half].crop(0, half * height, width, height) for half in (0, 1))
    mixed = graph.filter([old, new], "xfade", transition=kind, duration=frames + 1, offset=0)
    shown = mixed.filter("trim", start_frame=1, end_frame=frames + 1)
    timing = {ffmpeg.timing_option: "passthrough"}
    return shown.output("pipe:1", format="rawvideo", pix_fmt=_FORMAT, **timing)
