"""How pictures and sound are encoded, in ffmpeg's words; what cannot be changed within one kind of file."""

from __future__ import annotations

from dataclasses import dataclass, replace
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
        most_bits: bits a second that are never exceeded for long; None for no such bound.
        multiple: of how many pixels each side must be; what is over at the right and below is left out.
        smallest: width and height that the encoder takes at least.
        widest: pixels that larger pictures are scaled to; None for no such bound.
        decoded: the pixel format that a file read back says, where that is another.
    """

    title: str
    encoder: str
    codec: str
    pixels: str
    options: Options = ()
    profile: str = ""
    gop: Fraction | None = None
    bit_rates: tuple[tuple[int, int], ...] = ()
    most_bits: int | None = None
    multiple: int = 1
    smallest: tuple[int, int] = (2, 2)
    widest: int | None = None
    decoded: str = ""

    @property
    def is_deep(self) -> bool:
        """Whether it holds more than 8 bits a sample."""
        return any(depth in self.pixels for depth in ("10", "12", "16", "48", "f32"))

    @property
    def is_rgb(self) -> bool:
        """Whether it holds red, green and blue, as they are."""
        return any(order in self.pixels for order in ("rgb", "bgr", "gbr"))

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

CAPPED: Final = replace(UPLOAD, most_bits=25_000_000)
"""The same, at most as large as Instagram takes it."""

SECONDLY: Final = replace(UPLOAD, gop=Fraction(1))
"""The same with half as many pictures that stand alone."""

PRORES_HQ: Final = VideoFormat(
    title="ProRes 422 HQ, 10 bits",
    encoder="prores_ks",
    codec="prores",
    pixels="yuv422p10le",
    options=(("profile:v", "hq"), ("vendor", "apl0")),
    profile="HQ",
    gop=Fraction(0),
    multiple=2,
)

DNXHR_HQX: Final = VideoFormat(
    title="DNxHR HQX, 10 bits",
    encoder="dnxhd",
    codec="dnxhd",
    pixels="yuv422p10le",
    options=(("profile:v", "dnxhr_hqx"),),
    profile="DNXHR HQX",
    gop=Fraction(0),
    multiple=2,
    smallest=(256, 120),
)

HAP_Q: Final = VideoFormat(
    title="Hap Q",
    encoder="hap",
    codec="hap",
    pixels="rgba",
    options=(("format:v", "hap_q"), ("chunks", 4)),  # in four parts, which as many cores unpack
    gop=Fraction(0),
    multiple=4,  # its blocks are of 4x4 pixels
    decoded="rgb0",
)

AV1: Final = VideoFormat(
    title="AV1, 10 bits",
    encoder="libsvtav1",
    codec="av1",
    pixels="yuv420p10le",
    options=(("preset", 6), ("crf", 26)),
    profile="Main",
    gop=Fraction(2),
    multiple=2,
    smallest=(64, 64),
)

FFV1: Final = VideoFormat(
    title="FFV1, lossless",
    encoder="ffv1",
    codec="ffv1",
    pixels="bgr0",
    options=(("level", 3), ("slices", 4), ("slicecrc", 1)),
    gop=Fraction(0),
)
"""Each frame to the bit, with a checksum for each of its parts."""

FFV1_16: Final = replace(FFV1, title="FFV1, lossless, 16 bits", pixels="gbrp16le")
"""The same of more than 8 bits."""

GIF: Final = VideoFormat("GIF, 256 colours", "gif", "gif", "pal8", widest=480)

WEBP: Final = VideoFormat(
    title="animated WebP",
    encoder="libwebp_anim",
    codec="webp",
    pixels="bgra",  # libwebp turns it into its own BT.601
    options=(("quality", 80), ("loop", 0)),
)

PNG: Final = VideoFormat("PNG, 8 bits", "png", "png", "rgb24")
PNG_16: Final = VideoFormat("PNG, 16 bits", "png", "png", "rgb48be")
EXR: Final = VideoFormat(
    title="OpenEXR, half floats of linear light",
    encoder="exr",
    codec="exr",
    pixels="gbrpf32le",
    options=(("format:v", "half"), ("compression", "zip1")),
)

AAC_384: Final = SoundFormat("AAC, 384 kbit/s", "aac", "aac", 384_000)
AAC_320: Final = SoundFormat("AAC, 320 kbit/s", "aac", "aac", 320_000)
AAC_128: Final = SoundFormat("AAC, 128 kbit/s", "aac", "aac", 128_000)
PCM_24: Final = SoundFormat("PCM, 24 bits", "pcm_s24le", "pcm_s24le")
PCM_16: Final = SoundFormat("PCM, 16 bits", "pcm_s16le", "pcm_s16le")
OPUS_160: Final = SoundFormat("Opus, 160 kbit/s", "libopus", "opus", 160_000)
FLAC: Final = SoundFormat("FLAC", "flac", "flac")
