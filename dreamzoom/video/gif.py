"""Stored frames into a GIF that loops for ever, with a palette made for it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg as graph

from dreamzoom.errors import RequestError, VideoError
from dreamzoom.io.files import part_of, publish, remove_leftovers
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.video.encode import require_rate
from dreamzoom.video.ffmpeg import Ffmpeg, Sink, command, find_ffmpeg, url
from dreamzoom.video.packets import read_tracks
from dreamzoom.video.stitch import OnFrame, common_size

FASTEST_RATE = Fraction(50)
"""Browsers show a frame of under 2 centiseconds for 10: above this rate frames are left out instead."""

DEFAULT_WIDTH = 480
LARGEST_SIDE = 65535  # a GIF counts its pixels in 16 bits

_PALETTE_FRAMES = 200  # frames that the palette is made from, spread evenly: more change nothing that is seen
_TICK = Fraction(1, 100)  # seconds: a GIF's delays are whole numbers of these


def make_gif(
    frames: Sequence[Path],
    target: Path,
    fps: Fraction,
    width: int = DEFAULT_WIDTH,
    *,
    pictures: Iterable[Pixels] | None = None,
    on_frame: OnFrame | None = None,
) -> None:
    """Make a GIF of pictures, in their order: 256 colours chosen for this clip, errors diffused, looping for
    ever.

    A GIF counts time in centiseconds. Delays are rounded so that no frame is more than half a centisecond off
    and the whole runs at `fps`: at 30 they are 3, 4, 3, 3, 4, 3 ... Above 50 frames a second, frames are left
    out evenly and the GIF runs at 50.

    Args:
        frames: pictures of one size.
        target: .gif; replaced when the GIF is whole.
        fps: frames per second of the clip.
        width: in pixels; the height follows. A clip is never made larger than it is.
        pictures: what is shown in the place of the frames that `kept_frames` tells, (H, W, 3) each and of
            their size. The palette is that of the frames: they may take long to make, and are asked for once.
        on_frame: told how many of `frames` are done.

    Raises:
        RequestError: there are no frames, or name, rate or width cannot be.
        PictureError: a frame is missing, damaged or of another size than the first.
        VideoError, StorageError: ffmpeg failed.
    """
    if target.suffix.lower() != ".gif":
        raise RequestError(f"{target}: a GIF's name must end in .gif")
    require_rate(fps)
    chosen = kept_frames(len(frames), fps)
    size = common_size(frames)
    small = _scaled(size, width)
    ffmpeg = find_ffmpeg()
    remove_leftovers(target.parent, target.name)
    with part_of(target) as part, tempfile.TemporaryDirectory(prefix="dreamzoom-") as folder:
        palette = Path(folder) / "palette.png"
        sample = chosen[:: -(-len(chosen) // _PALETTE_FRAMES)]
        scaled = _scaled_pictures(size, Fraction(1), small)
        _feed(ffmpeg, _palette_output(scaled, palette), _read(frames, sample), target)
        rate = min(fps, FASTEST_RATE)
        scaled = _scaled_pictures(size, rate, small)
        shown = _read(frames, chosen) if pictures is None else pictures
        _feed(
            ffmpeg, _gif_output(ffmpeg, scaled, palette, part), shown, target, _scaled_count(on_frame, chosen)
        )
        _require_whole(ffmpeg, part, target, len(chosen) / rate)
        publish(part, target)


def frame_length(fps: Fraction) -> Fraction:
    """How long a GIF shows a frame, in frames of a clip at `fps`."""
    return max(Fraction(1), fps / FASTEST_RATE)


def kept_frames(count: int, fps: Fraction) -> list[int]:
    """Which of `count` frames at `fps` a GIF shows: all, or above 50 a second those that are due at 50."""
    step = frame_length(fps)
    return [int(index * step) for index in range(-(-count // step))]


def _scaled(size: tuple[int, int], width: int) -> tuple[int, int]:
    """The GIF's width and height."""
    if not 1 <= width <= LARGEST_SIDE:
        raise RequestError(f"a GIF cannot be {width} pixels wide; give 1 to {LARGEST_SIDE}")
    if width >= size[0]:
        return size
    return width, max(1, round(size[1] * width / size[0]))


def _scaled_count(on_frame: OnFrame | None, chosen: Sequence[int]) -> OnFrame | None:
    """Tell `on_frame` in frames of the clip, though some of them are left out."""
    if on_frame is None:
        return None
    return lambda done: on_frame(chosen[done - 1] + 1)


def _read(frames: Sequence[Path], chosen: Sequence[int]) -> Iterator[Pixels]:
    return (read_frame(frames[index]) for index in chosen)


def _feed(
    ffmpeg: Ffmpeg,
    output: Any,
    pictures: Iterable[Pixels],
    target: Path,
    on_frame: OnFrame | None = None,
) -> None:
    with Sink(command(ffmpeg, output), target) as sink:
        for done, picture in enumerate(pictures, start=1):
            sink.write(picture.tobytes())
            if on_frame:
                on_frame(done)
        sink.finish()


def _scaled_pictures(size: tuple[int, int], rate: Fraction, small: tuple[int, int]) -> Any:
    return graph.input(
        "pipe:0",
        format="rawvideo",
        pixel_format="rgb24",
        s=f"{size[0]}x{size[1]}",
        framerate=f"{rate.numerator}/{rate.denominator}",
    ).filter("scale", *small, flags="lanczos+accurate_rnd")


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
    ends = [track.end for track in read_tracks(ffmpeg, part)]
    if not ends or abs(ends[0] - length) > 2 * _TICK:
        raise VideoError(f"{target} was not made: ffmpeg left frames out; try again")
