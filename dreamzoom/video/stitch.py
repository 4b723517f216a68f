"""Stored frames into a video, at any rate and with any song."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

from PIL import Image

from dreamzoom.errors import PictureError, RequestError, SoundError
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.video.encode import Encoder

OnFrame: TypeAlias = Callable[[int], None]
"""Told how many frames are done, after each."""


def stitch(
    frames: Sequence[Path],
    target: Path,
    fps: Fraction,
    soundtrack: Path | None = None,
    on_frame: OnFrame | None = None,
) -> None:
    """Make a video of pictures, in their order; what it is like, `Encoder` tells.

    Args:
        frames: pictures of one size, PNG or another kind that `open_picture` reads.
        target: .mp4 or .mov; replaced when the video is whole.
        fps: frames per second.
        soundtrack: a song that begins with the first frame and is cut, or followed by silence, at the last.

    Raises:
        RequestError: there are no frames, or `Encoder` refuses size, rate or name.
        PictureError: a frame is missing, damaged or of another size than the first.
        SoundError: the soundtrack cannot be used.
        VideoError, StorageError: ffmpeg failed.
    """
    pictures = map(read_frame, frames)
    encode(pictures, common_size(frames), target, fps, soundtrack=soundtrack, on_frame=on_frame)


def encode(
    pictures: Iterable[Pixels],
    size: tuple[int, int],
    target: Path,
    fps: Fraction,
    *,
    soundtrack: Path | None = None,
    on_frame: OnFrame | None = None,
) -> None:
    """Make a video of pictures (H, W, 3) as they come; the rest is as for `stitch`.

    Args:
        size: width and height of them all.
    """
    if soundtrack is not None and target.exists() and soundtrack.exists() and target.samefile(soundtrack):
        raise SoundError(f"{soundtrack}: would be overwritten by the video; name another file for that")
    with Encoder(target, size, fps, soundtrack) as encoder:
        for done, picture in enumerate(pictures, start=1):
            encoder.write(picture)
            if on_frame:
                on_frame(done)


def common_size(frames: Sequence[Path]) -> tuple[int, int]:
    """The width and height of all the pictures, from their headers.

    Raises:
        RequestError: there are none.
        PictureError: one is missing, no picture, or of another size than the first; it is named.
    """
    if not frames:
        raise RequestError("there are no frames to make a video of")
    size = _size(frames[0])
    for path in frames:
        if (other := _size(path)) != size:
            raise PictureError(
                f"{path}: is {other[0]}x{other[1]}, but {frames[0].name} is {size[0]}x{size[1]}; "
                "frames of one video must be of one size"
            )
    return size


def _size(path: Path) -> tuple[int, int]:
    try:
        with Image.open(path) as image:
            width, height = image.size
            return int(width), int(height)
    except FileNotFoundError:
        raise PictureError(f"{path}: there is no such file") from None
    except (OSError, Image.DecompressionBombError) as error:
        raise PictureError(
            f"{path}: is not a picture that can be read: {' '.join(str(error).split())}"
        ) from error
