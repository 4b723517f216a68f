"""Stored frames into a GIF that loops for ever, with a palette made for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg as graph

from dreamzoom.errors import RequestError, VideoError
from dreamzoom.io.files import part_of, publish, remove_leftovers, storage_errors
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.encode import require_rate
from dreamzoom.video.ffmpeg import FrameSink, command, find_ffmpeg, raw_frames, url
from dreamzoom.video.packets import read_streams
from dreamzoom.video.stitch import common_size

_FASTEST = Fraction(50)  # browsers show a frame of under 2 centiseconds for 10
_WIDEST = 480  # pixels
_PALETTE_FRAMES = 200  # frames that the palette is made from, spread evenly: more change nothing that is seen
_GIF_HEAD = 13  # bytes
_LOOPS = b"\x21\xff\x0bNETSCAPE2.0\x03\x01\0\0\0"
_TICK = Fraction(1, 100)  # seconds: a GIF's delays are whole numbers of these


def make_gif(
    frames: Sequence[Path],
    target: Path,
    fps: Fraction,
    *,
    inscription: str | None = None,
    pictures: Iterable[Pixels] | None = None,
    on_frame: Callable[[], object] = lambda: None,
) -> None:
    """Make a GIF of pictures, in their order: 256 colours chosen for this clip, errors diffused, looping for
    ever.

    It is 480 pixels wide at most, and never larger than the pictures. A GIF counts time in centiseconds:
    delays are rounded so that no frame is more than half a centisecond off and the whole runs at `fps`. At 30
    they are 3, 4, 3, 3, 4, 3 ... Above 50 frames a second, frames are left out evenly and the GIF runs at 50.

    Args:
        frames: pictures of one size.
        target: .gif; replaced when the GIF is whole.
        fps: frames per second of the clip.
        inscription: what it tells of how it was made, as its comment.
        pictures: what is shown in the place of the frames that `kept_frames` tells, of their size: (H, W, 3),
            RGB of 0 to 255 in sRGB. The palette is that of the frames: pictures may take long to make, and
            are asked for once.
        on_frame: called after each picture that is shown.

    Raises:
        RequestError: there are no frames, or name or rate cannot be.
        PictureError: a frame is missing, damaged or of another size than the first.
        VideoError, StorageError: ffmpeg failed.
    """
    if target.suffix.lower() != ".gif":
        raise RequestError(f"{target}: a GIF's name must end in .gif")
    require_rate(fps)
    shown = [frames[index] for index in kept_frames(len(frames), fps)]
    write_gif(
        target,
        common_size(frames),
        min(fps, _FASTEST),
        palette_of=map(read_frame, shown[:: palette_step(len(shown))]),
        pictures=map(read_frame, shown) if pictures is None else pictures,
        inscription=inscription,
        on_frame=on_frame,
    )


def write_gif(
    target: Path,
    size: tuple[int, int],
    rate: Fraction,
    *,
    palette_of: Iterable[Pixels],
    pictures: Iterable[Pixels],
    width: int = _WIDEST,
    inscription: str | None = None,
    on_frame: Callable[[], object] = lambda: None,
) -> None:
    """The same of pictures from anywhere.

    Args:
        size: width and height of the pictures.
        rate: frames a second, 50 at most.
        palette_of: some of them, spread evenly, which the palette is made from.
        pictures: those that are shown.
        width: pixels of the GIF, at most.

    Raises:
        VideoError, StorageError: ffmpeg failed.
    """
    ffmpeg = find_ffmpeg(target.parent)
    colours = target.with_name(f"{target.name}.palette")
    for name in (target.name, colours.name):
        remove_leftovers(target.parent, name)
    count = 0

    def counted() -> None:
        nonlocal count
        count += 1
        on_frame()

    with part_of(target) as part, part_of(colours) as palette:
        small = _small(size, rate, width)
        with FrameSink(command(ffmpeg, _palette_output(small, palette)), target) as sink:
            _feed(sink, palette_of)
        small = _small(size, rate, width)
        with FrameSink(command(ffmpeg, _gif_output(ffmpeg, small, palette, part)), target) as sink:
            _feed(sink, pictures, counted)
        _require_whole(ffmpeg, part, target, count / rate)
        if inscription is None:
            publish(part, target)
            return
        with part_of(target) as inscribed:
            with storage_errors(target):
                _inscribe(part, inscribed, inscription.encode())
            publish(inscribed, target)


def palette_step(count: int) -> int:
    """Every how many of `count` frames one is enough to make a palette from."""
    return -(-count // _PALETTE_FRAMES)


def _inscribe(gif: Path, target: Path, comment: bytes) -> None:
    """Write a GIF with a comment before its first picture, after what says that it loops.

    GIF89a, 24: a comment is blocks of up to 255 bytes, each after its length.
    """
    blocks = (comment[at : at + 255] for at in range(0, len(comment), 255))
    with gif.open("rb") as source, target.open("wb") as made:
        head = source.read(_GIF_HEAD)
        if head[10] & 0x80:  # a table of colours for all pictures
            head += source.read(3 << (head[10] & 7) + 1)
        loop = source.read(len(_LOOPS))
        following = loop if loop.startswith(_LOOPS[:16]) else b""
        made.write(head + following + b"\x21\xfe")
        made.writelines(bytes((len(block),)) + block for block in blocks)
        made.write(b"\0" + loop[len(following) :])
        shutil.copyfileobj(source, made, 1 << 20)


def frame_length(fps: Fraction) -> Fraction:
    """How long a GIF shows a frame, in frames of a clip at `fps`."""
    return max(Fraction(1), fps / _FASTEST)


def kept_frames(count: int, fps: Fraction) -> list[int]:
    """Which of `count` frames at `fps` a GIF shows: all, or above 50 a second those that are due at 50."""
    step = frame_length(fps)
    return [int(index * step) for index in range(-(-count // step))]


def _small(size: tuple[int, int], rate: Fraction, width: int) -> Any:
    """Pictures from stdin, scaled to what the GIF shows."""
    width = min(size[0], width, _WIDEST)
    height = max(1, round(size[1] * width / size[0]))
    return raw_frames(size, rate).filter("scale", width, height, flags="lanczos+accurate_rnd")


def _feed(sink: FrameSink, pictures: Iterable[Pixels], on_frame: Callable[[], object] = lambda: None) -> None:
    for picture in pictures:
        sink.write(picture.tobytes())
        on_frame()
    sink.finish()


def _palette_output(pictures: Any, palette: Path) -> Any:
    # Every pixel of a dream moves: no colour is kept for "as before".
    colours = pictures.filter("palettegen", max_colors=256, reserve_transparent=0, stats_mode="full")
    return colours.output(url(palette), format="image2pipe", vcodec="png")


def _gif_output(ffmpeg: Ffmpeg, pictures: Any, palette: Path, part: Path) -> Any:
    colours = graph.input(url(palette), format="png_pipe")
    mapped = graph.filter([pictures, colours], "paletteuse", dither="sierra2_4a")
    timing = {ffmpeg.timing_option: "passthrough"}
    return mapped.output(url(part), format="gif", loop=0, **timing)


def _require_whole(ffmpeg: Ffmpeg, part: Path, target: Path, length: Fraction) -> None:
    """See that the GIF lasts as long as it should; equal neighbours may have become one frame."""
    ends = [stream.end for stream in read_streams(ffmpeg, part)]
    if not ends or abs(ends[0] - length) > 2 * _TICK:
        raise VideoError(f"{target} was not made: ffmpeg left frames out; try again")
