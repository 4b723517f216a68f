"""Every mode of Pillow's and every usual colour space comes to the right sRGB."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms

from dreamzoom.errors import DreamzoomWarning
from dreamzoom.pictures.colours import NEUTRAL
from dreamzoom.pictures.reading import open_picture

GREY = 120


def colour_of(source: Image.Image | bytes) -> tuple[int, int, int]:
    red, green, blue = open_picture(source).getpixel((0, 0))
    return red, green, blue


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    "mode",
    ["L", "LA", "La", "P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "CMYK", "YCbCr", "HSV", "LAB", "I", "F"],
)
def test_grey_is_grey_in_every_mode(mode):
    grey = Image.new("RGB", (3, 1), (GREY,) * 3)
    if mode == "LAB":
        image = ImageCms.profileToProfile(
            grey, ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), outputMode="LAB"
        )
    elif mode in ("La", "RGBa"):
        image = grey.convert({"La": "LA", "RGBa": "RGBA"}[mode]).convert(mode)
    elif mode in ("P", "PA"):
        image = grey.quantize(2).convert(mode)
    elif mode in ("LA", "I", "F"):
        image = grey.convert("L").convert(mode)
    else:
        image = grey.convert(mode)
    assert image.mode == mode
    assert colour_of(image) == pytest.approx((GREY,) * 3, abs=4)


@pytest.mark.parametrize("order", "<>")
def test_sixteen_bits_of_either_order_are_grey(order):
    image = Image.frombytes(
        "I;16" if order == "<" else "I;16B", (2, 1), struct.pack(f"{order}2H", 0, 257 * GREY)
    )
    assert open_picture(image).getpixel((1, 0)) == (GREY,) * 3


def test_a_level_of_sixteen_bits_that_is_transparent_is_neutral():
    image = Image.fromarray(np.array([[0, 257 * GREY]], np.uint16))
    image.info["transparency"] = 257 * GREY
    opened = open_picture(image)
    assert [opened.getpixel((x, 0)) for x in range(2)] == [(0, 0, 0), NEUTRAL]


@pytest.mark.parametrize("size", [(1, 1), (1, 50), (50, 1)])
@pytest.mark.parametrize("kind", ["PNG", "JPEG", "TIFF", "GIF"])
def test_sides_of_one_pixel_are_read(size, kind):
    assert open_picture(encoded(Image.new("RGB", size, (GREY,) * 3), kind)).size == size


def grey_profile(gamma: float) -> bytes:
    """An ICC profile of grey light with a power as its curve (ICC.1:2001-04, clause 6.3.2)."""
    white = b"XYZ \0\0\0\0" + struct.pack(">3i", 63190, 65536, 54061)
    curve = b"curv\0\0\0\0" + struct.pack(">IH", 1, round(gamma * 256)) + b"\0\0"
    text = b"grey\0"
    description = b"desc\0\0\0\0" + struct.pack(">I", len(text)) + text + bytes(79 - 1)
    description += bytes(-len(description) % 4)
    parts, table, offset = [description, white, curve], b"", 128 + 4 + 3 * 12
    for name, part in zip((b"desc", b"wtpt", b"kTRC"), parts, strict=True):
        table += name + struct.pack(">II", offset, len(part))
        offset += len(part)
    head = struct.pack(">I4sI4s4s4s", offset, bytes(4), 0x02400000, b"mntr", b"GRAY", b"XYZ ")
    head = (head + bytes(12) + b"acsp").ljust(68, b"\0") + struct.pack(">3i", 63190, 65536, 54061)
    return head.ljust(128, b"\0") + struct.pack(">I", 3) + table + b"".join(parts)


@pytest.mark.parametrize("mode", ["L", "LA"])
def test_the_profile_of_a_grey_picture_is_followed(mode):
    image = Image.new("L", (2, 2), GREY).convert(mode)
    expected = round(255 * (1.055 * (GREY / 255) ** (1 / 2.4) - 0.055))  # light 1:1, to sRGB (IEC 61966-2-1)
    assert colour_of(encoded(image, icc_profile=grey_profile(1.0))) == pytest.approx((expected,) * 3, abs=2)


def test_a_profile_for_other_colours_is_told():
    with pytest.warns(DreamzoomWarning, match="its colour profile is for GRAY, not for RGB"):
        assert colour_of(encoded(Image.new("RGB", (2, 2), (9, 8, 7)), icc_profile=grey_profile(1.0))) == (
            9,
            8,
            7,
        )


def with_gamma(gamma: int, more: bytes = b"") -> bytes:
    """A grey PNG with a chunk of gamma, in hundred thousandths."""
    data, chunk = encoded(Image.new("L", (2, 2), GREY)), b"gAMA" + struct.pack(">I", gamma)
    place = data.index(b"IDAT") - 4
    return (
        data[:place]
        + struct.pack(">I", 4)
        + chunk
        + struct.pack(">I", zlib.crc32(chunk))
        + more
        + data[place:]
    )


def test_gamma_is_followed_as_browsers_do():
    assert colour_of(with_gamma(45455)) == (GREY,) * 3
    assert colour_of(with_gamma(100000)) == (round(255 * (GREY / 255) ** (1 / 2.2)),) * 3


@pytest.mark.parametrize("kind", ["BMP", "TIFF", "TGA", "PCX", "SGI", "ICO", "DDS", "JPEG2000", "QOI", "PPM"])
def test_the_rarer_containers_are_read(kind, tmp_path):
    path = tmp_path / f"a.{kind.lower()}"
    Image.new("RGB", (32, 32), (GREY, 90, 60)).save(path, kind)
    assert open_picture(path).getpixel((5, 5)) == pytest.approx((GREY, 90, 60), abs=3)
