"""A programme into a file: one ffmpeg for pictures and sound, and nothing is published that is not right.

How a file comes without an edit list, and sound and pictures together all the same. A flash and a click at
1/3 s of a video of 30 frames a second, H.264 with two B-frames and AAC; where a player finds them that heeds
edit lists, and one that does not:

    as ffmpeg writes it                              0.333 and 0.333    0.400 and 0.355
    -use_editlist 0                                  0.400 and 0.355    the same
    ... -movflags +negative_cts_offsets              0.333 and 0.355    the same
    ... and AAC's first packet, its run-up, left out 0.333 and 0.333    the same

Offsets below zero (ISO/IEC 14496-12, 8.6.1.3, version 1) let the first picture be shown when it is decoded.
Without its run-up AAC fades in over its first packet, of 21 ms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import ffmpeg as graph
import numpy as np

from dreamzoom.delivery.order import Order
from dreamzoom.delivery.reading_back import Facts, faults_of, read_back
from dreamzoom.errors import VideoError
from dreamzoom.footage.programme import Shown
from dreamzoom.io.files import part_of, publish, remove_leftovers
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import FrameSink, command, raw_frames, url
from dreamzoom.video.metadata import comment_option

_LIMITED = {"in_range": "full", "out_range": "limited", "out_color_matrix": "bt709"}
_LIMITED_TAGS = {"range": "limited", "color_primaries": "bt709", "color_trc": "bt709", "colorspace": "bt709"}
_FULL_TAGS = {"range": "full", "color_primaries": "bt709", "color_trc": "iec61966-2-1", "colorspace": "gbr"}


def deliver_video(ffmpeg: Ffmpeg, order: Order, on_frame: Callable[[], object] = lambda: None) -> Facts:
    """Make a video, read it back, and give it its name if it is what its target wants.

    What is there under that name is replaced, but only by a whole one.

    Args:
        on_frame: called after each picture.

    Returns:
        What it was found to be.

    Raises:
        PictureError: a frame is missing or damaged.
        VideoError, StorageError: ffmpeg failed, or made something else.
    """
    target, path = order.target, order.path
    remove_leftovers(path.parent, path.name)
    with part_of(path) as part:
        pictures = order.screening.pictures(deep=target.video.is_deep, ends_black=target.ends_black)
        feed(command(ffmpeg, output_of(ffmpeg, order, part)), path, pictures, on_frame)
        facts = read_back(ffmpeg, part)
        if faults := faults_of(facts, order):
            raise VideoError(f"{path} was not made: for {target.title} it would have {'; '.join(faults)}")
        publish(part, path)
    return facts


def try_out(ffmpeg: Ffmpeg, order: Order) -> None:
    """Encode one black frame with its sound as `deliver_video` does, and throw it away.

    Raises:
        VideoError, StorageError: ffmpeg cannot.
    """
    one = order.of_one_frame()
    width, height = one.screening.programme.size
    black = np.zeros((height, width, 3), np.uint16 if one.target.video.is_deep else np.uint8)
    with part_of(one.path) as part:
        feed(command(ffmpeg, output_of(ffmpeg, one, part)), one.path, [black])


def feed(
    arguments: list[str], path: Path, pictures: Iterable[Shown], on_frame: Callable[[], object] = lambda: None
) -> None:
    """Run ffmpeg to its end, and hand it pictures.

    Args:
        path: the file that it is for.
        on_frame: called after each picture.

    Raises:
        PictureError: a frame is missing or damaged.
        VideoError, StorageError: ffmpeg failed.
    """
    with FrameSink(arguments, path) as sink:
        for picture in pictures:
            sink.write(picture.tobytes())
            on_frame()
        sink.finish()


def output_of(ffmpeg: Ffmpeg, order: Order, part: Path) -> Any:
    """The whole graph, from raw frames and a song to a file."""
    video, sound = order.target.video, order.target.sound
    streams = [converted(order)]
    options: dict[str, Any] = {
        **dict(video.options),
        **_rates(order),
        "format": order.target.container,
        "vcodec": video.encoder,
        "pix_fmt": video.pixels,
        ffmpeg.timing_option: "passthrough",
        "map_metadata": -1,
        **comment_option(order.inscription, order.path),
    }
    if order.heard is not None and sound is not None:
        streams.append(order.heard.stream(sound.rate))
        options["acodec"] = sound.encoder
        if sound.bit_rate is not None:
            options["audio_bitrate"] = sound.bit_rate
    if order.target.container in ("mp4", "mov"):
        options |= _index_options(order)
    return graph.output(*streams, url(part), **options)


def _rates(order: Order) -> dict[str, Any]:
    options: dict[str, Any] = {}
    video = order.target.video
    if (gop := video.frames_in_gop(order.screening.fps)) is not None:
        options |= {"g": gop, "keyint_min": gop} if gop > 1 else {"g": 1}
    if (bits := video.bit_rate(min(order.picture_size))) is not None:
        options |= {"video_bitrate": bits, "maxrate": bits, "bufsize": 2 * bits}
    if video.most_bits is not None:
        options |= {"maxrate": video.most_bits, "bufsize": video.most_bits}
    return options


def _index_options(order: Order) -> dict[str, Any]:
    if not order.target.without_edits:
        return {"movflags": "+faststart"}
    sound = order.target.sound
    run_up = {"bsf:a": r"noise=drop=eq(n\,0)"} if order.has_sound and sound and sound.codec == "aac" else {}
    return {"movflags": "+faststart+negative_cts_offsets", "use_editlist": 0, **run_up}


def converted(order: Order) -> Any:
    """What is shown as a stream of an ffmpeg-python graph: raw frames to the format's size and colours.

    RGB in sRGB comes in; BT.709 of limited range goes out, and is so tagged, or RGB as it is.
    """
    screening, video = order.screening, order.target.video
    pixels = "rgb48le" if video.is_deep else "rgb24"
    stream = raw_frames(screening.programme.size, screening.fps, pixels)
    size = order.picture_size
    if screening.size is None:
        stream = stream.filter("crop", *size, 0, 0)
    if video.is_rgb:
        stream, tags = stream if screening.size is None else _scale(stream, size, {}), _FULL_TAGS
    elif video.is_deep:
        stream, tags = _convert_deep(stream, size), _LIMITED_TAGS
    else:
        stream, tags = _scale(stream, size, _LIMITED), _LIMITED_TAGS
    return stream.filter("format", video.pixels).filter("setparams", **tags)


def _scale(stream: Any, size: tuple[int, int], colours: dict[str, str]) -> Any:
    flags = "lanczos+accurate_rnd+full_chroma_int"
    return stream.filter("scale", w=size[0], h=size[1], flags=flags, **colours)


def _convert_deep(stream: Any, size: tuple[int, int]) -> Any:
    """16 bits to BT.709 by zimg. (Of 16 bits the filter scale makes white 943 of 10, which is 940.)"""
    stream = stream.filter("format", "gbrp16le").filter("setparams", **{**_FULL_TAGS, "color_trc": "bt709"})
    return stream.filter("zscale", w=size[0], h=size[1], matrix="709", range="limited", filter="lanczos")
