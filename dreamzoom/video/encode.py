"""Frames, as they come, into an H.264 video that every player plays.

The video is written beside its target under another name, read back, and renamed into place only when it
holds every frame: so the target is whole or as it was. A soundtrack is muxed in at the end, when the video's
length is known.
"""

from __future__ import annotations

import contextlib
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import ffmpeg as graph

from dreamzoom.errors import RequestError, VideoError
from dreamzoom.io.files import part_of, publish, remove_leftovers
from dreamzoom.pictures.frames import Pixels
from dreamzoom.video.ffmpeg import Sink, command, find_ffmpeg, url
from dreamzoom.video.mux import add_sound
from dreamzoom.video.packets import Track, read_tracks
from dreamzoom.video.sound import Sound, read_sound

__all__ = ["CONTAINERS", "Encoder", "remove_leftovers"]

CONTAINERS = {".mp4": "mp4", ".mov": "mov"}
"""Video files that can be made, by suffix, and ffmpeg's names for what is in them."""

# What each encoder takes for a picture without visible loss. NVENC's constant quality needs its bit-rate
# limit lifted. Renders take libx264, on GPUs too: beside the dream it makes some 35 frames of 640x360 a
# second on one core, gives the same file everywhere, and data-centre GPUs (H100, H200) have no NVENC.
_QUALITY: dict[str, dict[str, Any]] = {
    "libx264": {"crf": 18, "preset": "medium"},
    "h264_nvenc": {"rc": "vbr", "cq": 19, "b:v": 0, "preset": "p5"},
}

SMALLEST_SIDE = 2  # yuv420p's colour samples stand for 2x2 pixels
LARGEST_SIDE = 16384  # x264's limit
# A container counts time in units of 1/timescale seconds, a 32-bit number; every real rate is far below this.
_LARGEST_TERM = 1_000_000


class Encoder:
    """Encodes frames into a video; a context manager.

        with Encoder(Path("clip.mp4"), (640, 360), Fraction(30)) as encoder:
            for frame in frames:
                encoder.write(frame)

    Leaving the context without an error finishes the video, checks that the file holds every frame, and gives
    it its name. Leaving it with one kills ffmpeg and removes what was written.

    The video is H.264 in yuv420p of limited range, converted and tagged as BT.709, at exactly `fps`; it
    begins with its index, so that it plays while it loads. yuv420p wants even sides: of an odd one the last
    column or row is left out. A soundtrack begins with the first frame and ends with the last: see `mux`.

    Attributes:
        frames: how many were written.
    """

    def __init__(
        self,
        target: Path,
        size: tuple[int, int],
        fps: Fraction,
        soundtrack: Path | None = None,
        codec: str = "libx264",
    ) -> None:
        """Check what is asked for.

        Args:
            target: the video; .mp4 or .mov. It is replaced if it exists.
            size: width and height of the frames in pixels, each 2 to 16384.
            fps: frames per second.
            soundtrack: a song, or None for a silent video.
            codec: "libx264", or "h264_nvenc" where an NVIDIA GPU can do it.

        Raises:
            RequestError: one of these cannot be done.
        """
        self._container = require_container(target)
        require_size(size)
        require_rate(fps)
        if codec not in _QUALITY:
            raise RequestError(f"there is no encoder {codec!r}; there are {', '.join(_QUALITY)}")
        self._target, self._size, self._fps, self._codec = target, size, fps, codec
        self._soundtrack = soundtrack
        self._open = contextlib.ExitStack()
        self.frames = 0

    def __enter__(self) -> Encoder:
        """Start ffmpeg.

        Raises:
            VideoError: there is none.
            SoundError: the soundtrack cannot be used.
            StorageError: the target's folder cannot be written.
        """
        self._ffmpeg = find_ffmpeg()
        self._sound: Sound | None = read_sound(self._soundtrack) if self._soundtrack else None
        remove_leftovers(self._target.parent, self._target.name)
        with contextlib.ExitStack() as opening:
            self._part = opening.enter_context(part_of(self._target))
            self._sink = opening.enter_context(Sink(self._arguments(), self._target))
            self._open = opening.pop_all()
        return self

    def write(self, frame: Pixels) -> None:
        """Encode the next frame: (H, W, 3), RGB of 0 to 255 in sRGB. Waits while ffmpeg is behind.

        Raises:
            VideoError: ffmpeg failed; its last words are quoted.
            StorageError: the disk is full.
            ValueError: the frame is of another shape or type.
        """
        width, height = self._size
        if frame.shape != (height, width, 3) or frame.dtype != "uint8":
            raise ValueError(f"frame of {frame.dtype} {frame.shape}, wanted uint8 {(height, width, 3)}")
        self._sink.write(frame.data if frame.flags.c_contiguous else frame.tobytes())
        self.frames += 1

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Finish the video, or drop it after an error. Raises as `write`."""
        with self._open:
            if kind is None:
                self._finish()
                # Again: an ffmpeg whose process was killed just before we began may have made its file since.
                remove_leftovers(self._target.parent, self._target.name)

    @property
    def process_id(self) -> int:
        """The number of the ffmpeg process."""
        return self._sink.process_id

    def _finish(self) -> None:
        if self.frames == 0:
            raise VideoError(f"{self._target} was not made: it would have no frames")
        self._sink.finish()
        self._require_every_frame(read_tracks(self._ffmpeg, self._part))
        if self._sound is None:
            publish(self._part, self._target)
            return
        with part_of(self._target) as whole:
            length = self.frames / self._fps
            tracks = add_sound(
                self._ffmpeg,
                self._part,
                self._sound,
                whole,
                container=self._container,
                length=length,
                frame=1 / self._fps,
            )
            self._require_every_frame(tracks)
            publish(whole, self._target)

    def _require_every_frame(self, tracks: list[Track]) -> None:
        there = sum(len(track.packets) for track in tracks if track.kind == "video")
        if there != self.frames:
            raise VideoError(
                f"{self._target} was not made: of {self.frames} frames ffmpeg kept {there}; try again"
            )

    def _arguments(self) -> list[str]:
        width, height = self._size
        pictures = graph.input(
            "pipe:0",
            format="rawvideo",
            pixel_format="rgb24",
            s=f"{width}x{height}",
            framerate=_rate(self._fps),
        )
        output = to_yuv420p(pictures, width, height).output(
            url(self._part),
            format=self._container,
            vcodec=self._codec,
            pix_fmt="yuv420p",
            movflags="+faststart",
            **_QUALITY[self._codec],
            **{self._ffmpeg.timing_option: "passthrough"},
        )
        return command(self._ffmpeg, output)


def to_yuv420p(pictures: Any, width: int, height: int) -> Any:
    """ffmpeg-python's filters from RGB to even-sided yuv420p: limited range, BT.709's matrix, and so tagged.

    Without them ffmpeg converts by BT.601's matrix and tags nothing, and players that guess BT.709 show other
    colours.
    """
    return (
        pictures.filter("crop", width - width % 2, height - height % 2, 0, 0)
        .filter(
            "scale",
            in_range="full",
            out_range="limited",
            out_color_matrix="bt709",
            flags="bicubic+accurate_rnd+full_chroma_int",
        )
        .filter("format", "yuv420p")
        .filter("setparams", range="limited", color_primaries="bt709", color_trc="bt709", colorspace="bt709")
    )


def require_container(target: Path) -> str:
    """ffmpeg's name for the kind of file that `target`'s suffix asks for. Raises a RequestError."""
    container = CONTAINERS.get(target.suffix.lower())
    if container is None:
        raise RequestError(f"{target}: a video's name must end in {' or '.join(CONTAINERS)}")
    return container


def require_size(size: tuple[int, int]) -> None:
    """Raise a RequestError unless H.264 can hold frames of this width and height in pixels."""
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in size):
        raise RequestError(
            f"frames of {size[0]}x{size[1]} make no video: sides are {SMALLEST_SIDE} to {LARGEST_SIDE} pixels"
        )


def require_rate(fps: Fraction) -> None:
    """Raise a RequestError unless a video can run at exactly `fps` frames per second."""
    if not 0 < fps <= _LARGEST_TERM or fps.denominator > _LARGEST_TERM or fps.numerator > _LARGEST_TERM:
        raise RequestError(
            f"a video cannot run at {fps} frames a second; give a rate such as 30, 12.5 or 30000/1001"
        )


def _rate(fps: Fraction) -> str:
    return f"{fps.numerator}/{fps.denominator}"
