"""Which part of a song a video has, and how its sound begins and ends."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any, Final

from dreamzoom.recipe.music import MusicSettings
from dreamzoom.video.sound import Sound


@dataclass(frozen=True)
class Excerpt:
    """An excerpt of a song, to the end of the video or of the song. All but the gain in seconds, 0 or more.

    Attributes:
        start: where in the song it begins.
        delay: how long the video is silent before.
        fade_in: how long the sound rises at its beginning.
        fade_out: how long it falls before its end.
        gain: how much louder it is made, in decibels; below 0 quieter.
    """

    start: Fraction = Fraction(0)
    delay: Fraction = Fraction(0)
    fade_in: Fraction = Fraction(0)
    fade_out: Fraction = Fraction(0)
    gain: float = 0.0

    def end(self, duration: Fraction) -> Fraction:
        """When in the video a song of so many seconds has ended."""
        return self.delay + duration - self.start

    def of_range(self, begin: Fraction, *, is_last: bool) -> Excerpt:
        """The excerpt of a video that begins `begin` seconds later.

        It fades in if that is where this one begins, and out if it `is_last`.
        """
        late = max(begin - self.delay, Fraction(0))
        return Excerpt(
            self.start + late,
            max(self.delay - begin, Fraction(0)),
            Fraction(0) if late else self.fade_in,
            self.fade_out if is_last else Fraction(0),
            self.gain,
        )


def excerpt_of(music: MusicSettings) -> Excerpt:
    """The excerpt of its song that a clip has as its sound."""
    start, delay, fade_in, fade_out = map(Fraction, (music.start, music.delay, music.fade_in, music.fade_out))
    return Excerpt(start, delay, fade_in, fade_out)


WHOLE: Final = Excerpt()
"""A song from its beginning, as it is."""


def cut(stream: Any, sound: Sound, excerpt: Excerpt, length: Fraction, rate: int) -> Any:
    """The excerpt of a sound as a stream of an ffmpeg-python graph: exact to the sample, `length` seconds.

    Args:
        stream: the decoded sound.
        rate: samples a second that come out.
    """
    samples, late = round(length * rate), round(excerpt.delay * rate)
    stream = stream.filter("asetpts", "N/SR/TB").filter("aresample", rate)
    if excerpt.start:
        stream = stream.filter("atrim", start_sample=round(excerpt.start * rate))
        stream = stream.filter("asetpts", "N/SR/TB")
    if late:
        stream = stream.filter("adelay", "|".join([f"{late}S"] * sound.channels))
    if excerpt.gain:
        stream = stream.filter("volume", f"{excerpt.gain:.6f}dB", precision="double")
    stream = stream.filter("apad", whole_len=samples).filter("atrim", end_sample=samples)
    if rising := round(excerpt.fade_in * rate):
        stream = stream.filter("afade", type="in", start_sample=late, nb_samples=rising)
    if falling := round(excerpt.fade_out * rate):
        end = round(min(length, excerpt.end(sound.duration)) * rate)
        falling = max(1, min(falling, end - late))
        stream = stream.filter("afade", type="out", start_sample=end - falling, nb_samples=falling)
    return stream
