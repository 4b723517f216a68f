"""Frames as PNG files, made fast: 8-bit RGB, lossless, readable everywhere.

Frames are noisy: a dream-like picture is no smaller after zlib's long search for repeated strings. So each
byte is written as its difference from the mean of the one to its left and the one above (the format's filter
3: a few passes over the array), and deflated by ISA-L's igzip where that is installed, else by zlib with runs
and Huffman codes alone. A frame of 640x360 by one core (a Xeon with AVX-512, CPU time):

                                     dream            photo
    Pillow, adaptive filters, runs   23 ms  392 KiB   26 ms  272 KiB
    this, zlib                       11 ms  390 KiB    9 ms  276 KiB
    this, igzip                      3.3 ms 404 KiB   3.7 ms 300 KiB

The bytes of a file depend on who deflated it, in what version, on what processor. So a frame is known by its
pixels (`pixels_digest`), and a file by its own hash.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from dreamzoom.io.files import sha256_of

try:
    import isal
    from isal import isal_zlib
except ImportError:  # there are wheels for the usual systems; elsewhere zlib does
    isal = isal_zlib = None  # type: ignore[assignment]

Rows: TypeAlias = NDArray[np.uint8]

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_EIGHT_BIT_RGB: Final = bytes((8, 2, 0, 0, 0))  # depth, colour, and the only compression, filters and order
_AVERAGE: Final = 3  # the filter's number
_FASTEST: Final = 1


def _deflate_by_zlib(rows: Rows) -> bytes:
    deflater = zlib.compressobj(_FASTEST, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
    return deflater.compress(rows.data) + deflater.flush()


def _deflate_by_igzip(rows: Rows) -> bytes:
    return bytes(isal_zlib.compress(rows.data, _FASTEST))


def _choose() -> tuple[str, Callable[[Rows], bytes]]:
    if isal_zlib is None:
        return f"zlib {zlib.ZLIB_RUNTIME_VERSION}", _deflate_by_zlib
    return f"isal {isal.__version__}", _deflate_by_igzip


DEFLATER, _deflate = _choose()
"""What deflates frames here, for the journal: "isal 1.9.1"."""


def encode_frame(pixels: Rows) -> bytes:
    """Pixels (H, W, 3), 8-bit RGB, as a PNG file."""
    height, width, _ = pixels.shape
    header = struct.pack(">II", width, height) + _EIGHT_BIT_RGB
    chunks = ((b"IHDR", header), (b"IDAT", _deflate(_filtered(pixels))), (b"IEND", b""))
    return _SIGNATURE + b"".join(_chunk(name, data) for name, data in chunks)


def _filtered(pixels: Rows) -> Rows:
    """The file's rows (H, 1 + 3W): the filter's number, then each byte less the mean of two around it.

    Outside the picture there is 0. The mean is rounded down; it is taken from what two bytes have in common
    and half of what they have not, which needs no ninth bit.
    """
    height, width, _ = pixels.shape
    here = pixels.reshape(height, 3 * width)
    above, left = np.zeros_like(here), np.zeros_like(here)
    above[1:], left[:, 3:] = here[:-1], here[:, :-3]
    half = left ^ above
    half >>= 1
    left &= above
    left += half
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = _AVERAGE
    np.subtract(here, left, out=rows[:, 1:])
    return rows


def _chunk(name: bytes, data: bytes) -> bytes:
    return b"".join((struct.pack(">I", len(data)), name, data, struct.pack(">I", _checksum(name, data))))


def _checksum(name: bytes, data: bytes) -> int:
    return zlib.crc32(data, zlib.crc32(name))


def is_whole_png(data: bytes) -> bool:
    """Whether these are the bytes of a PNG file, each of its parts as its checksum says, and nothing more."""
    if not data.startswith(_SIGNATURE):
        return False
    at, name = len(_SIGNATURE), b""
    while name != b"IEND":
        if at + 12 > len(data):
            return False
        (length,), name = struct.unpack_from(">I", data, at), data[at + 4 : at + 8]
        end = at + 8 + length
        if data[end : end + 4] != struct.pack(">I", _checksum(name, data[at + 8 : end])):
            return False
        at = end + 4
    return at == len(data)


def pixels_digest(pixels: Rows) -> str:
    """What a frame is known by, whoever packed it: the SHA-256 of its pixels (H, W, 3) as a PPM file.

    Any tool can tell it: `ffmpeg -i 000123.png -f image2pipe -c:v ppm - | sha256sum`.
    """
    height, width, _ = pixels.shape
    return sha256_of(f"P6\n{width} {height}\n255\n".encode(), np.ascontiguousarray(pixels).data)
