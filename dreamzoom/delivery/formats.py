"""How pictures and sound are encoded, in ffmpeg's words; what cannot be changed within one kind of file."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Final, TypeAlias

Options: TypeAlias = tuple[tuple[str, str | int], ...]
"""Options of an encoder of ffmpeg's, without their dashes."""


@dataclass(frozen=True)
class VideoFormat:
    """How pictures are encoded.

    Attributes:
        title: for people.
        encoder: ffmpeg's name of it.
        codec: what a file read back says that it holds.
        pixels: ffmpeg's name of the pixel format.
        options: of the encoder.
        profile: what a file read back says, where the codec has profiles.
        gop: seconds from one picture that stands alone to the next; 0 where each does; None as it comes.
        bit_rates: bits a second, from so many lines up; none where the quality is held instead.
        multiple: of how many pixels each side must be; what is over at the right and below is left out.
        smallest: width and height that the encoder takes at least.
        tag: the four letters by which players know it, where ffmpeg would write others.
    """

    title: str
    encoder: str
    codec: str
    pixels: str
    options: Options = ()
    profile: str = ""
    gop: Fraction | None = None
    bit_rates: tuple[tuple[int, int], ...] = ()
    multiple: int = 1
    smallest: tuple[int, int] = (2, 2)
    tag: str = ""

    @property
    def is_deep(self) -> bool:
        """Whether it holds more than 8 bits a sample."""
        return any(depth in self.pixels for depth in ("10", "12", "16", "f32"))

    @property
    def is_rgb(self) -> bool:
        """Whether it holds red, green and blue, as they are."""
        return "rgb" in self.pixels or "gbr" in self.pixels

    def bit_rate(self, lines: int) -> int | None:
        """Bits a second for pictures of so many lines; None where the quality is held instead."""
        fitting = [bits for least, bits in self.bit_rates if lines >= least]
        return fitting[-1] if fitting else None

    def frames_in_gop(self, fps: Fraction) -> int | None:
        """How many frames a group of pictures has; None as it comes."""
        return None if self.gop is None else max(1, int(self.gop * fps))


@dataclass(frozen=True)
class SoundFormat:
    """How sound is encoded; always in stereo.

    Attributes:
        title: for people.
        encoder: ffmpeg's name of it.
        codec: what a file read back says that it holds.
        bit_rate: bits a second, where some are lost.
        rate: samples a second.
    """

    title: str
    encoder: str
    codec: str
    bit_rate: int | None = None
    rate: int = 48000


_HALF: Final = Fraction(1, 2)

UPLOAD: Final = VideoFormat(
    title="H.264 High, 4:2:0",
    encoder="libx264",
    codec="h264",
    pixels="yuv420p",
    # Two B-frames between others, as YouTube asks for; a picture that stands alone where the group ends, and
    # nowhere else. `cgop` is what closes a group.
    options=(("preset", "medium"), ("crf", 16), ("bf", 2), ("sc_threshold", 0), ("flags", "+cgop")),
    profile="High",
    gop=_HALF,
    multiple=2,
)
"""Near to lossless, for whoever encodes it again."""

LABEL: Final = VideoFormat(
    title="H.264 High, 4:2:0",
    encoder="libx264",
    codec="h264",
    pixels="yuv420p",
    options=(
        ("preset", "medium"),
        ("bf", 2),
        ("b_strategy", 0),
        ("b-pyramid", "none"),
        ("sc_threshold", 0),
        ("flags", "+cgop"),
    ),
    profile="High",
    gop=_HALF,
    bit_rates=((0, 15_000_000), (720, 50_000_000), (1080, 60_000_000)),
    multiple=2,
)
"""IBBP at the rates that YouTube wants of music labels."""

AAC_384: Final = SoundFormat("AAC, 384 kbit/s", "aac", "aac", 384_000)
PCM_24: Final = SoundFormat("PCM, 24 bits", "pcm_s24le", "pcm_s24le")
