"""What a file is that is no picture dreamzoom reads, by its first bytes, and the way to a picture from it.

A file's name says little: web pages are saved as .jpg, phones write HEIC. The signatures are those of the
formats' specifications, as file(1) knows them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

HEAD = 4096
"""Bytes from the beginning of a file that tell."""


@dataclass(frozen=True)
class OtherKind:
    """What a file is, in words that follow "is", and what to do about it."""

    name: str
    advice: str


_EXPORT = "open it in the program that made it and save it as PNG or JPEG"
_VIDEO_ADVICE = "take a frame of it: ffmpeg -ss 1 -i VIDEO -frames:v 1 frame.png"
_HEIC = OtherKind(
    "a HEIC photo", "save it as JPEG: with a photo program, or heif-convert photo.heic photo.jpg"
)
_VIDEO = OtherKind("a video", _VIDEO_ADVICE)
_SOUND = OtherKind("a sound", "name a picture (a song goes to --audio)")
_JPEG_XL = OtherKind("a JPEG XL picture", "convert it: djxl picture.jxl picture.png")
_ARCHIVE = OtherKind("an archive or an office document", "unpack it, and name a picture")
_PHOTOSHOP_LARGE = OtherKind("a large Photoshop document (PSB)", _EXPORT)
CHANGED = OtherKind(
    "a picture whose bytes the shell changed on the way",
    "name the file instead of piping it in, and write with -o FILE",
)

_SIGNATURES: tuple[tuple[int, bytes, OtherKind], ...] = (
    (0, b"\xff\x0a", _JPEG_XL),
    (0, b"\0\0\0\x0cJXL \r\n\x87\n", _JPEG_XL),
    (0, b"8BPS\0\2", _PHOTOSHOP_LARGE),
    (0, b"%PDF", OtherKind("a PDF document", "turn a page into a picture: pdftoppm -png -r 150 FILE page")),
    (0, b"%!PS", OtherKind("a PostScript drawing", "turn it into PNG: gs -sDEVICE=png16m, or Inkscape")),
    (0, b"\xc5\xd0\xd3\xc6", OtherKind("a PostScript drawing", "turn it into PNG with Inkscape")),
    (0, b"v/1\x01", OtherKind("an OpenEXR picture", "tone-map it and save it as PNG or 16-bit TIFF")),
    (0, b"#?RADIANCE", OtherKind("a Radiance HDR picture", "tone-map it and save it as PNG")),
    (0, b"#?RGBE", OtherKind("a Radiance HDR picture", "tone-map it and save it as PNG")),
    (0, b"gimp xcf", OtherKind("a GIMP document", "export it from GIMP as PNG")),
    (0, b"BPG\xfb", OtherKind("a BPG picture", "convert it: bpgdec -o picture.png picture.bpg")),
    (0, b"FLIF", OtherKind("a FLIF picture", "convert it: flif -d picture.flif picture.png")),
    (0, b"AT&TFORM", OtherKind("a DjVu document", "turn a page into a picture: ddjvu -format=tiff")),
    (0, b"\xd7\xcd\xc6\x9a", OtherKind("a Windows metafile (a drawing)", "export it as PNG")),
    (40, b" EMF", OtherKind("a Windows metafile (a drawing)", "export it as PNG")),
    (128, b"DICM", OtherKind("a DICOM scan", "convert it: dcmj2pnm +on scan.dcm scan.png")),
    (0, b"\x1a\x45\xdf\xa3", _VIDEO),
    (0, b"FLV\1", _VIDEO),
    (0, b"\0\0\1\xba", _VIDEO),
    (0, b"\0\0\1\xb3", _VIDEO),
    (0, b"0&\xb2u\x8ef\xcf\x11", _VIDEO),
    (8, b"AVI ", _VIDEO),
    (4, b"moov", _VIDEO),
    (4, b"mdat", _VIDEO),
    (4, b"wide", _VIDEO),
    (0, b"OggS", OtherKind("a sound or a video (Ogg)", _VIDEO_ADVICE)),
    (0, b"ID3", _SOUND),
    (0, b"fLaC", _SOUND),
    (8, b"WAVE", _SOUND),
    (0, b"\xff\xfb", _SOUND),
    (0, b"PK\3\4", _ARCHIVE),
    (0, b"\x1f\x8b", _ARCHIVE),
    (0, b"7z\xbc\xaf", _ARCHIVE),
    (0, b"Rar!", _ARCHIVE),
    (0, b"\xd0\xcf\x11\xe0", _ARCHIVE),
    (0, b"\0\5\x16\7", OtherKind("a Mac's notes on a file, not the file", "name the one without ._")),
    (0, b"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd", CHANGED),
    (0, b"\xff\xfe", CHANGED),
    (0, b"\xfe\xff", CHANGED),
    (0, b"\x89PNG\n", CHANGED),  # line ends were taken for such
    (0, b"\x89PNG\r\r\n", CHANGED),
    (0, b"\x89PNG\r\n\x1a\r\n", CHANGED),
    (
        0,
        b"version https://git-lfs",
        OtherKind("a pointer of Git LFS, not the file it stands for", "fetch that: git lfs pull"),
    ),
)

# A shell that pipes text writes bytes as letters of some code page, as UTF-8 or as question marks.
_REWRITTEN = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:"
    rb"(?:[\xc2-\xf4][\x80-\xbf]{1,3}|\?)PNG|"
    rb"(?:[\xc2-\xf4][\x80-\xbf]{1,3}|\?){2,4}.{0,16}(?:JFIF|Exif))",
    re.DOTALL,
)

_BRANDS: tuple[tuple[re.Pattern[bytes], OtherKind], ...] = (
    (re.compile(rb"hei[cxms]|hev[cmsx]|mif1|msf1|heif"), _HEIC),
    (re.compile(rb"avi[fs]"), OtherKind("an AVIF picture", "this Pillow has no AVIF: update it, or use PNG")),
    (re.compile(rb"M4A |M4B |M4P "), _SOUND),
    (re.compile(rb"jxl "), _JPEG_XL),
)

_TEXTS: tuple[tuple[re.Pattern[bytes], OtherKind], ...] = (
    (
        re.compile(rb"<svg[\s>/]", re.IGNORECASE),
        OtherKind("an SVG drawing", "export it as PNG: inkscape drawing.svg -o drawing.png"),
    ),
    (
        re.compile(rb"<(!doctype html|html|head|body|script|meta)\b", re.IGNORECASE),
        OtherKind("a web page", "the picture itself was not saved: open the page and save the picture"),
    ),
)


_OWN = (
    (0, b"\x89PNG", "a PNG"),
    (0, b"\xff\xd8", "a JPEG"),
    (0, b"GIF8", "a GIF"),
    (0, b"BM", "a BMP"),
    (8, b"WEBP", "a WebP"),
    (0, b"II*\0", "a TIFF"),
    (0, b"MM\0*", "a TIFF"),
    (0, b"II+\0", "a TIFF"),
    (0, b"MM\0+", "a TIFF"),
    (0, b"8BPS", "a Photoshop"),
    (4, b"jP  ", "a JPEG 2000"),
    (4, b"ftypavif", "an AVIF"),
)


_FEW = 8  # line feeds in so many bytes of compressed data that each following a return would be chance


def is_jpeg_sent_as_text(head: bytes, tail: bytes) -> bool:
    """Whether a shell, or FTP, made two bytes of each line feed in a JPEG, whose decoder would not mind.

    Args:
        head: its first bytes, its usual tables among them, which have line feeds alone.
        tail: its last ones; the more the surer.
    """
    feeds, ends = (head.count(each) + tail.count(each) for each in (b"\n", b"\r\n"))
    return head.startswith(b"\xff\xd8") and feeds == ends >= _FEW


def name_own_kind(head: bytes) -> str | None:
    """What a file of a format that is read is called, such as "a PNG", though this one cannot be."""
    for offset, signature, kind in _OWN:
        if head[offset : offset + len(signature)] == signature:
            return kind
    return None


def name_other_kind(head: bytes, readable: frozenset[str] | set[str]) -> OtherKind | None:
    """What a file that begins with `head` is, if it is known and no picture that can be read.

    Args:
        head: its first bytes, `HEAD` of them where it has so many.
        readable: Pillow's names of the formats that are read.
    """
    if head[4:8] == b"ftyp":
        return _by_brand(head, readable)
    for offset, signature, kind in _SIGNATURES:
        if head[offset : offset + len(signature)] == signature:
            return kind
    if _REWRITTEN.match(head):
        return CHANGED
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]
    if start == b"<":
        return next((kind for pattern, kind in _TEXTS if pattern.search(head)), None)
    if not head.strip(b"\0"):
        lost = "nothing but zeros: its content was lost" if head else "empty"
        return OtherKind(lost, "restore it, or copy it again")
    return None


def _by_brand(head: bytes, readable: frozenset[str] | set[str]) -> OtherKind | None:
    """What a file of ISO's base media format is, by its brands: "ftyp", the major one, a version, others."""
    length = int.from_bytes(head[:4], "big")
    brands = head[8:12] + head[16 : max(16, min(length, len(head)))]
    if head[8:12] == b"crx ":
        return None  # Canon's raw photos: they hold a JPEG
    if re.search(rb"avi[fs]", brands) and "AVIF" in readable:
        return None
    return next((kind for pattern, kind in _BRANDS if pattern.search(brands)), _VIDEO)
