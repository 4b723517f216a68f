"""Frames, as they come, into an H.264 video that every player plays.

The video is written beside its target under another name, read back, and renamed into place only when it
holds every frame. A soundtrack is muxed in at the end, when the video's length is known.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

from dreamzoom.errors import RequestError, VideoError
from dreamzoom.io.files import part_of, publish, remove_leftovers
from dreamzoom.pictures.frames import Pixels
from dreamzoom.video.excerpt import WHOLE, Excerpt
from dreamzoom.video.ffmpeg import FrameSink, command, find_ffmpeg, raw_frames, url
from dreamzoom.video.metadata import comment_option
from dreamzoom.video.mux import add_sound
from dreamzoom.video.packets import Stream, read_streams
from dreamzoom.video.sound import Sound, measure_sound

_CONTAINERS = {".mp4": "mp4", ".mov": "mov"}  # by suffix, ffmpeg's names for what is in them
_SIDES_PX = range(2, 16385)  # yuv420p's colour samples stand for 2x2 pixels; x264's limit
# A container counts time in units of 1/timescale seconds, a 32-bit number; every real rate is far below this.
_LARGEST_TERM = 1_000_000
# Renders take libx264 on GPUs too: beside the dream it makes some 70 frames of 640x360 a second on one core,
# gives the same file everywhere, and data-centre GPUs have no encoder.
_CODEC = {"vcodec": "libx264", "pix_fmt": "yuv420p"}


@dataclass(frozen=True)
class Effort:
    """How hard x264 works for a picture without visible loss: its preset, and the rate factor to that."""

    preset: str
    crf: int


SMALL_FILE = Effort("medium", 18)
"""For a film that is made by itself."""
BESIDE_A_DREAM = Effort("veryfast", 16)
"""As good a picture in less than half of the time, and a somewhat larger file: what is saved the dream has.

24 frames of 640x360; CPU time a frame, conversion from RGB included; SSIM, PSNR and VMAF by ffmpeg:

    bestiary   medium, 18     31.9 ms   18 kB   0.968   40.1 dB   99.69
               veryfast, 16   14.3 ms   23 kB   0.970   40.7 dB   99.66
    classic    medium, 18     40.1 ms   45 kB   0.979   37.3 dB   99.76
               veryfast, 16   13.3 ms   51 kB   0.981   37.5 dB   99.75
"""


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
        *,
        keep_codec: bool = False,
        effort: Effort = SMALL_FILE,
        excerpt: Excerpt = WHOLE,
        inscription: str | None = None,
        on_made: Callable[[Path], None] = lambda part: None,
    ) -> None:
        """Check what is asked for.

        Args:
            target: the video; .mp4 or .mov. It is replaced if it exists.
            size: width and height of the frames in pixels, each 2 to 16384.
            fps: frames per second.
            soundtrack: a song, or None for a silent video.
            keep_codec: whether the song is copied as it is, where that can be: see `mux`.
            effort: how hard x264 works.
            excerpt: of the song.
            inscription: what the video tells of how it was made.
            on_made: called with the whole video's file, before it gets the target's name.

        Raises:
            RequestError: one of these cannot be done.
        """
        self._container = _require_container(target)
        _require_size(size)
        require_rate(fps)
        self._target, self._size, self._fps, self._soundtrack = target, size, fps, soundtrack
        self._keep_codec, self._effort, self._excerpt, self._on_made = keep_codec, effort, excerpt, on_made
        self._comment = comment_option(inscription, target)
        self._open = contextlib.ExitStack()
        self.frames = 0

    def __enter__(self) -> Encoder:
        """Start ffmpeg.

        Raises:
            VideoError: there is none.
            SoundError: the soundtrack cannot be used.
            StorageError: the target's folder cannot be written.
        """
        self._ffmpeg = find_ffmpeg(self._target.parent, *([self._soundtrack] if self._soundtrack else []))
        self._sound: Sound | None = measure_sound(self._soundtrack) if self._soundtrack else None
        remove_leftovers(self._target.parent, self._target.name)
        with contextlib.ExitStack() as opening:
            self._part = opening.enter_context(part_of(self._target))
            self._sink = opening.enter_context(FrameSink(self._arguments(), self._target))
            self._open = opening.pop_all()
        return self

    def write(self, frame: Pixels) -> None:
        """Encode the next frame: (H, W, 3), RGB of 0 to 255 in sRGB. Waits while ffmpeg has enough to do.

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

    def _finish(self) -> None:
        if self.frames == 0:
            raise VideoError(f"{self._target} was not made: it would have no frames")
        self._sink.finish()
        self._require_every_frame(read_streams(self._ffmpeg, self._part))
        if self._sound is None:
            self._publish(self._part)
            return
        with part_of(self._target) as whole:
            streams = add_sound(
                self._ffmpeg,
                self._part,
                self._sound,
                whole,
                container=self._container,
                length=self.frames / self._fps,
                frame=1 / self._fps,
                keep_codec=self._keep_codec,
                excerpt=self._excerpt,
                comment=self._comment,
            )
            self._require_every_frame(streams)
            self._publish(whole)

    def _publish(self, whole: Path) -> None:
        self._on_made(whole)
        publish(whole, self._target)

    def _require_every_frame(self, streams: list[Stream]) -> None:
        there = sum(stream.count for stream in streams if stream.kind == "video")
        if there != self.frames:
            raise VideoError(
                f"{self._target} was not made: of {self.frames} frames ffmpeg kept {there}; try again"
            )

    def _arguments(self) -> list[str]:
        output = _to_yuv420p(raw_frames(self._size, self._fps), *self._size).output(
            url(self._part),
            format=self._container,
            movflags="+faststart",
            preset=self._effort.preset,
            crf=self._effort.crf,
            **self._comment,
            **_CODEC,
            **{self._ffmpeg.timing_option: "passthrough"},
        )
        return command(self._ffmpeg, output)


def _to_yuv420p(pictures: Any, width: int, height: int) -> Any:
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


def _require_container(target: Path) -> str:
    """ffmpeg's name for the kind of file that `target`'s suffix asks for."""
    container = _CONTAINERS.get(target.suffix.lower())
    if container is None:
        raise RequestError(f"{target}: a video's name must end in {' or '.join(_CONTAINERS)}")
    return container


def _require_size(size: tuple[int, int]) -> None:
    if not all(side in _SIDES_PX for side in size):
        raise RequestError(
            f"frames of {size[0]}x{size[1]} make no video: sides are {_SIDES_PX[0]} to {_SIDES_PX[-1]} pixels"
        )


def require_rate(fps: Fraction) -> None:
    """Raise a RequestError unless a video can run at exactly `fps` frames per second."""
    if not 0 < fps <= _LARGEST_TERM or fps.denominator > _LARGEST_TERM or fps.numerator > _LARGEST_TERM:
        raise RequestError(
            f"a video cannot run at {fps} frames a second; give a rate such as 30, 12.5 or 30000/1001"
        )
