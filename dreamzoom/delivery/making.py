"""An order becomes what its target wants, of whatever kind that is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from dreamzoom.delivery.animations import deliver_gif, deliver_webp
from dreamzoom.delivery.encode import deliver_video, try_out
from dreamzoom.delivery.order import Order
from dreamzoom.delivery.sequences import deliver_frames
from dreamzoom.video.binary import Ffmpeg

_TRIED = ("mp4", "mov", "matroska", "webm", "webp")


def try_order(ffmpeg: Ffmpeg, order: Order) -> None:
    """Encode one black frame with its sound, where that tells anything, and throw it away.

    Raises:
        VideoError, StorageError: ffmpeg cannot.
    """
    if order.target.container in _TRIED:
        try_out(ffmpeg, order)


def make_order(ffmpeg: Ffmpeg, order: Order, on_frame: Callable[[], object] = lambda: None) -> int:
    """Make what is ordered, read it back, and give it its name if it is what its target wants.

    What is there under that name is replaced, but only by something whole.

    Args:
        on_frame: called after each picture.

    Returns:
        How many bytes it has.

    Raises:
        PictureError: a frame is missing or damaged.
        VideoError, StorageError: ffmpeg failed, or made something else.
    """
    if order.target.container == "image2":
        deliver_frames(ffmpeg, order, on_frame)
    elif order.target.container == "gif":
        deliver_gif(order, on_frame)
    elif order.target.container == "webp":
        deliver_webp(ffmpeg, order, on_frame)
    else:
        deliver_video(ffmpeg, order, on_frame)
    return _size(order.path)


def _size(path: Path) -> int:
    paths = path.iterdir() if path.is_dir() else [path]
    return sum(each.stat().st_size for each in paths)
