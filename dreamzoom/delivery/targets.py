"""Who wants what: one table, a line a fact's place; `dreamzoom guide deliver` names the page of each fact."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from dreamzoom.delivery.formats import (
    AAC_128,
    AAC_320,
    AAC_384,
    AV1,
    CAPPED,
    DNXHR_HQX,
    EXR,
    FFV1,
    FFV1_16,
    FLAC,
    GIF,
    HAP_Q,
    LABEL,
    OPUS_160,
    PCM_16,
    PCM_24,
    PNG,
    PNG_16,
    PRORES_HQ,
    SECONDLY,
    UPLOAD,
    WEBP,
    SoundFormat,
    VideoFormat,
)


@dataclass(frozen=True)
class Limits:
    """What a target takes; None where it says nothing.

    Attributes:
        seconds: the shortest and the longest.
        rates: frames a second, the slowest and the fastest.
        only_rates: those alone.
        aspect: width to height.
        best_aspect: what it is shown best in; others fit too.
        sides: pixels of the shorter and of the longer side: each at least, and each at most.
        only_sizes: those alone.
        size: bytes of the file, at most.
    """

    seconds: tuple[Fraction, Fraction] | None = None
    rates: tuple[Fraction, Fraction] | None = None
    only_rates: tuple[Fraction, ...] = ()
    aspect: tuple[int, int] | None = None
    best_aspect: tuple[int, int] | None = None
    sides: tuple[int, int] | None = None
    only_sizes: tuple[tuple[int, int], ...] = ()
    size: int | None = None


@dataclass(frozen=True)
class Target:
    """Who a file is for.

    Attributes:
        name: as `--for` takes it.
        title: as people call it, in the middle of a sentence.
        line: what it is, in one line.
        suffix: of the file's name; "" for a folder.
        container: ffmpeg's name for the kind of file.
        video: how pictures are encoded.
        sound: how sound is; None where it has none.
        limits: what fits.
        is_indexed_first: whether the index has to come before the pictures.
        without_edits: whether there must be no edit lists: sound and pictures start where their track does.
        ends_black: whether the first and the last frame are black.
        plays_at: loudness that the platform turns music down to, in LUFS, where that is known.
        is_covered_below: whether captions and buttons lie over the lower part of an upright picture, so that
            words stand in the middle.
    """

    name: str
    title: str
    line: str
    suffix: str
    container: str
    video: VideoFormat
    sound: SoundFormat | None
    limits: Limits = Limits()
    is_indexed_first: bool = False
    without_edits: bool = False
    ends_black: bool = False
    plays_at: float | None = None
    is_covered_below: bool = False

    def place_of_words(self, size: tuple[int, int]) -> str:
        """Where words stand over pictures of a size: "bottom" or "middle"."""
        return "middle" if self.is_covered_below and size[1] > size[0] else "bottom"


_HOUR: Final = 3600
_GB: Final = 10**9
_WIDE: Final = (16, 9)
_TALL: Final = (9, 16)
_FILM_RATES: Final = (
    Fraction(24000, 1001),
    Fraction(24),
    Fraction(25),
    Fraction(30000, 1001),
    Fraction(30),
)
_PHONE_RATES: Final = (Fraction(23), Fraction(60))

_TABLE: Final = (
    Target(
        "youtube",
        "YouTube",
        "A video for YouTube, Shorts too: H.264 and AAC in MP4.",
        ".mp4",
        "mp4",
        UPLOAD,
        AAC_384,
        Limits(seconds=(Fraction(0), Fraction(12 * _HOUR)), size=256 * _GB),
        is_indexed_first=True,
        without_edits=True,
        plays_at=-14,
    ),
    Target(
        "youtube-music",
        "YouTube's music partners",
        "A music video as labels deliver it to YouTube: H.264 at 60 Mbit/s and PCM in MOV.",
        ".mov",
        "mov",
        LABEL,
        PCM_24,
        Limits(only_rates=_FILM_RATES, aspect=_WIDE, only_sizes=((854, 480), (1280, 720), (1920, 1080))),
        is_indexed_first=True,
        without_edits=True,
        plays_at=-14,
    ),
    Target(
        "apple-music",
        "Apple Music",
        "A music video as Apple takes it: ProRes 422 HQ and PCM in MOV, black at both ends.",
        ".mov",
        "mov",
        PRORES_HQ,
        PCM_24,
        Limits(only_rates=_FILM_RATES, aspect=_WIDE, only_sizes=((1280, 720), (1920, 1080))),
        is_indexed_first=True,
        without_edits=True,
        ends_black=True,
        plays_at=-16,
    ),
    Target(
        "canvas",
        "a Canvas",
        "A loop that Spotify shows with a song: upright, 3 to 8 s, silent.",
        ".mp4",
        "mp4",
        UPLOAD,
        None,
        Limits(seconds=(Fraction(3), Fraction(8)), aspect=_TALL, sides=(404, 1920)),
        is_indexed_first=True,
        without_edits=True,
    ),
    Target(
        "reels",
        "a Reel",
        "A Reel for Instagram: best upright, 3 s to 15 min.",
        ".mp4",
        "mp4",
        CAPPED,
        AAC_128,
        Limits(
            seconds=(Fraction(3), Fraction(15 * 60)),
            rates=_PHONE_RATES,
            best_aspect=_TALL,
            sides=(2, 1920),
            size=300 * 10**6,
        ),
        is_indexed_first=True,
        without_edits=True,
        is_covered_below=True,
    ),
    Target(
        "tiktok",
        "TikTok",
        "A video for TikTok: best upright, up to 10 min.",
        ".mp4",
        "mp4",
        UPLOAD,
        AAC_320,
        Limits(
            seconds=(Fraction(0), Fraction(10 * 60)),
            rates=_PHONE_RATES,
            best_aspect=_TALL,
            sides=(360, 4096),
            size=4 * _GB,
        ),
        is_indexed_first=True,
        without_edits=True,
        is_covered_below=True,
    ),
    Target(
        "vimeo",
        "Vimeo",
        "A video for Vimeo: H.264 and AAC in MP4.",
        ".mp4",
        "mp4",
        SECONDLY,
        AAC_320,
        is_indexed_first=True,
        without_edits=True,
    ),
    Target(
        "premiere",
        "Premiere Pro",
        "Footage for Adobe Premiere Pro: ProRes 422 HQ and PCM in MOV.",
        ".mov",
        "mov",
        PRORES_HQ,
        PCM_24,
    ),
    Target(
        "resolve",
        "DaVinci Resolve",
        "Footage for DaVinci Resolve on macOS and Windows: ProRes 422 HQ and PCM in MOV.",
        ".mov",
        "mov",
        PRORES_HQ,
        PCM_24,
    ),
    Target(
        "resolve-linux",
        "DaVinci Resolve on Linux",
        "Footage for DaVinci Resolve on Linux, which plays no H.264 and no AAC: DNxHR HQX in MOV.",
        ".mov",
        "mov",
        DNXHR_HQX,
        PCM_24,
    ),
    Target(
        "finalcut",
        "Final Cut Pro",
        "Footage for Final Cut Pro: ProRes 422 HQ and PCM in MOV.",
        ".mov",
        "mov",
        PRORES_HQ,
        PCM_24,
    ),
    Target(
        "vj",
        "a VJ's program",
        "A clip for Resolume, VDMX, MadMapper and the like: Hap Q in MOV.",
        ".mov",
        "mov",
        HAP_Q,
        PCM_16,
    ),
    Target(
        "web",
        "a web page",
        "A small file for a web page: AV1 and Opus in WebM.",
        ".webm",
        "webm",
        AV1,
        OPUS_160,
    ),
    Target(
        "master",
        "an archive",
        "Every frame to the bit: FFV1 and FLAC in Matroska.",
        ".mkv",
        "matroska",
        FFV1,
        FLAC,
    ),
    Target(
        "master-16",
        "an archive",
        "The same with 16 bits, for what is computed: other speeds, motion blur, other shapes.",
        ".mkv",
        "matroska",
        FFV1_16,
        FLAC,
    ),
    Target("frames", "a folder", "A folder of PNG pictures.", "", "image2", PNG, None),
    Target("frames-16", "a folder", "A folder of PNG pictures of 16 bits.", "", "image2", PNG_16, None),
    Target(
        "frames-exr",
        "a folder",
        "A folder of OpenEXR pictures, of linear light.",
        "",
        "image2",
        EXR,
        None,
    ),
    Target("gif", "a GIF", "A GIF that loops for ever, 480 pixels wide at most.", ".gif", "gif", GIF, None),
    Target(
        "webp",
        "a WebP",
        "An animated WebP that loops for ever.",
        ".webp",
        "webp",
        WEBP,
        None,
        Limits(sides=(2, 16383)),
    ),
)

TARGETS: Final[Mapping[str, Target]] = {target.name: target for target in _TABLE}
"""Every target, by its name."""
