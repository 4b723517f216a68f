"""Frames as PNG files: whoever reads them sees the same pixels, and any damage is noticed."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.pictures import png
from dreamzoom.pictures.frames import encode_png
from dreamzoom.pictures.png import encode_frame, is_whole_png, pixels_digest
from dreamzoom.video.ffmpeg import find_ffmpeg, read_output

SHAPES = [(1, 1), (1, 9), (9, 1), (2, 2), (33, 47), (120, 200)]


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.fixture(params=["zlib", "igzip"])
def deflater(request, monkeypatch):
    """Both ways to deflate."""
    if request.param == "igzip":
        pytest.importorskip("isal")
    monkeypatch.setattr(png, "_deflate", getattr(png, f"_deflate_by_{request.param}"))


def by_the_book(data: bytes) -> np.ndarray:
    """The pixels of an 8-bit RGB file with the filter Average, by the PNG specification's own formula."""
    width, height, depth, colour = struct.unpack_from(">IIBB", data, 16)
    assert (depth, colour) == (8, 2)
    (length,) = struct.unpack_from(">I", data, 33)
    rows = zlib.decompress(data[41 : 41 + length])
    pixels, wide = np.zeros((height, 3 * width), np.uint8), 3 * width
    for y in range(height):
        assert rows[y * (wide + 1)] == 3
        for x in range(wide):
            left = int(pixels[y, x - 3]) if x >= 3 else 0
            above = int(pixels[y - 1, x]) if y else 0
            pixels[y, x] = (rows[y * (wide + 1) + 1 + x] + (left + above) // 2) % 256
    return pixels.reshape(height, width, 3)


@pytest.mark.parametrize("shape", SHAPES)
def test_all_readers_see_the_same_pixels(shape, deflater, tmp_path):
    pixels, path = noise(*shape), tmp_path / "frame.png"
    path.write_bytes(encode_frame(pixels))
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        np.testing.assert_array_equal(np.asarray(image), pixels)
    np.testing.assert_array_equal(by_the_book(path.read_bytes()), pixels)
    words = [find_ffmpeg().path, "-loglevel", "error", "-i", str(path), "-f", "rawvideo", "-pix_fmt", "rgb24"]
    assert b"".join(read_output([*words, "-"], 1 << 20)) == pixels.tobytes()


def test_a_frame_need_not_lie_in_one_piece(deflater):
    wide = noise(20, 60)
    assert encode_frame(wide[:, ::2]) == encode_frame(wide[:, ::2].copy())
    assert pixels_digest(wide[:, ::2]) == pixels_digest(wide[:, ::2].copy())


def test_smooth_pictures_are_small_files(deflater):
    assert len(encode_frame(np.full((360, 640, 3), 117, np.uint8))) < 8192
    y, x = np.mgrid[:360, :640]
    smooth = np.stack([128 + 100 * np.sin(x / 90), 128 + 100 * np.cos(y / 70), (x + y) / 4], -1).astype(
        np.uint8
    )
    assert len(encode_frame(smooth)) < 0.4 * smooth.size


def test_the_digest_is_that_of_the_ppm_file():
    pixels, buffer = noise(33, 47), io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PPM")
    assert pixels_digest(pixels) == hashlib.sha256(buffer.getvalue()).hexdigest()
    assert pixels_digest(noise(2, 3)) != pixels_digest(noise(2, 3).reshape(3, 2, 3))


def test_any_changed_byte_and_any_cut_is_noticed(deflater):
    data = encode_frame(noise(5, 7))
    assert is_whole_png(data)
    assert is_whole_png(encode_png(noise(5, 7)))
    for at in range(len(data)):
        assert not is_whole_png(data[:at] + bytes([data[at] ^ 16]) + data[at + 1 :])
        assert not is_whole_png(data[:at])
    assert not is_whole_png(data + b"\0")
    assert not is_whole_png(Path(__file__).read_bytes())
