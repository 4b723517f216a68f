"""Stored frames into a video, at any rate and with any song."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from pathlib import Path

from dreamzoom.errors import PictureError, RequestError, SoundError
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.pictures.reading import picture_size
from dreamzoom.video.encode import Encoder
from dreamzoom.video.excerpt import WHOLE, Excerpt


def stitch(
    frames: Sequence[Path],
    target: Path,
    fps: Fraction,
    soundtrack: Path | None = None,
    *,
    keep_codec: bool = False,
    excerpt: Excerpt = WHOLE,
    inscription: str | None = None,
    pictures: Iterable[Pixels] | None = None,
    on_frame: Callable[[], object] = lambda: None,
) -> None:
    """Make a video of pictures, in their order; what it is like, `Encoder` tells.

    Args:
        frames: pictures of one size, PNG or another kind that `open_picture` reads.
        target: .mp4 or .mov; replaced when the video is whole.
        fps: frames per second.
        soundtrack: a song that begins with the first frame and is cut, or followed by silence, at the last.
        keep_codec: whether the song is copied as it is, where that can be.
        excerpt: of the song.
        inscription: what the video tells of how it was made.
        pictures: what is shown in the place of the frames, of their size: (H, W, 3), RGB of 0 to 255 in sRGB.
        on_frame: called after each picture.

    Raises:
        RequestError: there are no frames, or `Encoder` refuses size, rate or name.
        PictureError: a frame is missing, damaged or of another size than the first.
        SoundError: the soundtrack cannot be used.
        VideoError, StorageError: ffmpeg failed.
    """
    size = common_size(frames)
    if soundtrack is not None and target.exists() and soundtrack.exists() and target.samefile(soundtrack):
        raise SoundError(f"{soundtrack}: would be overwritten by the video; name another file for that")
    with Encoder(
        target, size, fps, soundtrack, keep_codec=keep_codec, excerpt=excerpt, inscription=inscription
    ) as encoder:
        for picture in map(read_frame, frames) if pictures is None else pictures:
            encoder.write(picture)
            on_frame()


def common_size(frames: Sequence[Path]) -> tuple[int, int]:
    """The width and height of all the pictures, from their headers.

    Raises:
        RequestError: there are none.
        PictureError: one is missing, no picture, or of another size than the first; it is named.
    """
    if not frames:
        raise RequestError("there are no frames to make a video of")
    size = picture_size(frames[0])
    for path in frames:
        if (other := picture_size(path)) != size:
            raise PictureError(
                f"{path}: is {other[0]}x{other[1]}, but {frames[0].name} is {size[0]}x{size[1]}; "
                "frames of one video must be of one size"
            )
    return size
