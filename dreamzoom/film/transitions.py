"""Transitions between two scenes, by ffmpeg's filter xfade.

A short ffmpeg of its own reads both scenes' frames for as long as a transition lasts, and gives pictures.
Which transitions there are, the ffmpeg at hand says.

Of n frames, frame k, counted from 0, is (k + 1) / (n + 1) of the way: the first one is not yet all of the old
scene, nor the last one all of the new. All is reckoned in 16 bits.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import ffmpeg as graph
import numpy as np
from numpy.typing import NDArray

from dreamzoom.errors import RequestError, VideoError, nearest, quote_value
from dreamzoom.film.plan import CUT, DREAM
from dreamzoom.footage.programme import DEEP_WHITE
from dreamzoom.pictures.frames import read_frame
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import command, find_ffmpeg, read_lines, read_output, url

OURS: Final = frozenset({CUT, DREAM})
"""The transitions that need no ffmpeg."""

_NAME = re.compile(
    r"^ +([a-z]\w*) +\d+ +\S*F\S*V"
)  # of a named value: "     wipeleft        1   ..FV....... wipe"
_CHANNELS: Final = 3
_DEPTH: Final = 2  # bytes of a channel


@dataclass(frozen=True)
class Stretch:
    """Frames of a scene, one after the other.

    Attributes:
        folder: where they lie, as 000000.png and on.
        first, count: the number of the first one, and how many there are; at least one.
    """

    folder: Path
    first: int
    count: int


def known_transitions() -> frozenset[str]:
    """What a storyboard may call a transition: "cut", "dream", and all of xfade that this ffmpeg knows.

    Raises:
        VideoError: there is no ffmpeg.
    """
    return OURS | _transitions_of(find_ffmpeg())


def require_transitions(kinds: Iterable[str]) -> None:
    """See that all transitions of a film are known here.

    Raises:
        RequestError: naming those that are not, and the nearest known ones.
        VideoError: there is no ffmpeg.
    """
    wanted = sorted(set(kinds) - OURS)
    if not wanted:
        return
    ffmpeg = find_ffmpeg()
    known = _transitions_of(ffmpeg)
    faults = [f"{quote_value(kind)}{nearest(kind, OURS | known)}" for kind in wanted if kind not in known]
    if faults:
        raise RequestError(
            f"ffmpeg {ffmpeg.version} knows no transition {'; nor '.join(faults)}: "
            "`dreamzoom guide film` tells which there are"
        )


@cache
def _transitions_of(ffmpeg: Ffmpeg) -> frozenset[str]:
    lines: list[str] = []
    read_lines([ffmpeg.path, "-hide_banner", "-h", "filter=xfade"], lines.append)
    return frozenset(match[1] for match in map(_NAME.match, lines) if match)


def mix(
    before: Stretch | None, after: Stretch, kind: str, frames: int, size: tuple[int, int]
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
    for stretch in (before, after) if before else (after,):
        _require_whole(stretch)
    width, height = size
    length, ffmpeg = _DEPTH * _CHANNELS * width * height, find_ffmpeg()
    white, count = _white_of(ffmpeg), 0
    for piece in read_output(command(ffmpeg, _graph(before, after, kind, frames, size)), length):
        if len(piece) == length:
            count += 1
            yield _spread(np.frombuffer(piece, "<u2"), white).reshape(height, width, _CHANNELS)
    if count != frames:
        raise VideoError(f"ffmpeg made {count} of the {frames} frames of transition {kind!r}: try another")


def _require_whole(stretch: Stretch) -> None:
    """Read every frame, for ffmpeg takes a missing one for the end. Raises a PictureError."""
    for number in range(stretch.first, stretch.first + stretch.count):
        read_frame(stretch.folder / f"{number:06d}.png")


def _spread(values: NDArray[np.uint16], white: int) -> NDArray[np.uint16]:
    """Values of 0 to `white` as such of 0 to 65535."""
    if white == DEEP_WHITE:
        return values
    wide = (values.astype(np.uint32) * DEEP_WHITE + white // 2) // white
    return wide.clip(0, DEEP_WHITE).astype(np.uint16)


@cache
def _white_of(ffmpeg: Ffmpeg) -> int:
    """What an 8-bit 255 becomes in 16 bits: some make 255 * 256 of it, some 255 * 257."""
    one = graph.input("color=c=white:s=16x16:r=1", format="lavfi", t=1).filter("format", "rgb24")
    deep = one.filter("format", "gbrp16le").filter("format", "rgb48le")
    output = deep.output("pipe:1", format="rawvideo", vframes=1)
    picture = b"".join(read_output(command(ffmpeg, output), 1 << 16))
    return int(np.frombuffer(picture, "<u2").max())


def _graph(before: Stretch | None, after: Stretch, kind: str, frames: int, size: tuple[int, int]) -> Any:
    """ffmpeg-python's graph. Its clock is a second a frame, so that all of xfade's times are whole numbers.

    A frame goes before the first one, where xfade begins, and is thrown away.
    """
    old = _black(size) if before is None else _read(before)
    streams = [
        stream.filter("format", "rgb24")
        .filter("format", "gbrp16le")
        .filter("tpad", start=1, start_mode="clone", stop=frames, stop_mode="clone")
        .filter("trim", end_frame=frames + 2)
        for stream in (old, _read(after))
    ]
    mixed = graph.filter(streams, "xfade", transition=kind, duration=frames + 1, offset=0)
    shown = mixed.filter("trim", start_frame=1, end_frame=frames + 1)
    return shown.filter("format", "rgb48le").output(
        "pipe:1", format="rawvideo", **{find_ffmpeg().timing_option: "passthrough"}
    )


def _read(stretch: Stretch) -> Any:
    pattern = url(stretch.folder).replace("%", "%%") + "/%06d.png"
    numbered = graph.input(
        pattern, format="image2", pattern_type="sequence", framerate=1, start_number=stretch.first
    )
    return numbered.filter("trim", end_frame=stretch.count)


def _black(size: tuple[int, int]) -> Any:
    return graph.input(f"color=c=black:s={size[0]}x{size[1]}:r=1", format="lavfi")
