"""Which frames of a programme are shown, how fast and how large, and what is heard with them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Protocol

import numpy as np

from dreamzoom.delivery.loudness import Levelling
from dreamzoom.errors import PictureError
from dreamzoom.footage.programme import Programme, Shown
from dreamzoom.video.excerpt import Excerpt, cut
from dreamzoom.video.sound import Sound, sound_stream


@dataclass(frozen=True)
class Heard:
    """What is heard.

    Attributes:
        sound: a song, as it was measured.
        excerpt: of it.
        length: seconds of the whole; silence follows where the excerpt ends earlier.
        levelling: what makes it louder or quieter; None as it is.
    """

    sound: Sound
    excerpt: Excerpt
    length: Fraction
    levelling: Levelling | None = None

    def stream(self, rate: int) -> Any:
        """What is heard as a stream of an ffmpeg-python graph: stereo, at `rate` samples a second, exactly
        `length` seconds.
        """
        stream = cut(sound_stream(self.sound), self.sound, self.excerpt, self.length, rate)
        if self.sound.channels == 1:  # on both sides as loud as it is; ffmpeg's own way is 3 dB quieter
            stream = stream.filter("pan", "stereo|c0<c0|c1<c0")
        stream = stream.filter("aformat", sample_rates=rate, channel_layouts="stereo")
        if self.levelling is None:
            return stream
        return self.levelling.treat(stream, rate, round(self.length * rate))


class Overdraw(Protocol):
    """What draws over the pictures of a film, such as words in their time."""

    def draw(self, pixels: Shown, frame: int) -> Shown:
        """A picture (H, W, 3) with what is over it.

        Args:
            frame: counted from the first that is shown.
        """


@dataclass(frozen=True)
class Screening:
    """What is shown.

    Attributes:
        programme: whose frames they are.
        frames: their numbers, in the order in which they are shown; a loop's come again in each round.
        fps: frames a second.
        size: width and height that they are scaled to; None as they are.
        words: what is drawn over them before that.
    """

    programme: Programme
    frames: tuple[int, ...]
    fps: Fraction
    size: tuple[int, int] | None = None
    words: Overdraw | None = None

    @property
    def shown_size(self) -> tuple[int, int]:
        """Width and height of what is shown, in pixels."""
        return self.size or self.programme.size

    @property
    def length(self) -> Fraction:
        """Seconds."""
        return len(self.frames) / self.fps

    def pictures(
        self, chosen: Sequence[int] | None = None, *, deep: bool = False, ends_black: bool = False
    ) -> Iterator[Shown]:
        """The pictures, each as large as the programme's.

        Args:
            chosen: which of them, counted from the first that is shown; None for all.
            deep: see `Programme.pictures`.
            ends_black: the first and the last are black.

        Raises:
            PictureError: a frame is missing, damaged or of another size.
        """
        (width, height), last = self.programme.size, len(self.frames) - 1
        numbers = range(len(self.frames)) if chosen is None else chosen
        frames = [self.frames[number] for number in numbers]
        for number, picture in zip(numbers, self.programme.pictures(frames, deep=deep), strict=True):
            if picture.shape != (height, width, 3):
                which, found = self.frames[number], f"{picture.shape[1]}x{picture.shape[0]}"
                raise PictureError(
                    f"{self.programme.path}: frame {which} is {found}, and the others are {width}x{height}: "
                    "`dreamzoom resume` mends a clip"
                )
            if ends_black and number in (0, last):
                yield np.zeros_like(picture)
            else:
                yield picture if self.words is None else self.words.draw(picture, number)


def frames_shown(
    programme: Programme, *, chosen: slice, rounds: int = 1, fps: Fraction | None = None
) -> tuple[int, ...]:
    """The numbers of the frames that are shown.

    Args:
        chosen: which of the programme's, as Python's slices count.
        rounds: how often they are shown, one round after the other.
        fps: at another rate than the programme's: each is shown as long as before, so some twice, or not at
            all.
    """
    once = range(programme.count)[chosen]
    every = [*once] * rounds
    if fps is None or fps == programme.fps:
        return tuple(every)
    count = round(len(every) * fps / programme.fps)
    return tuple(every[int(number * programme.fps / fps)] for number in range(count))
