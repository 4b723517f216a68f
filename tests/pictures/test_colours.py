"""Every mode of Pillow's and every usual colour space comes to the right sRGB."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageCms, features

from dreamzoom.errors import DreamzoomWarning, PictureError
from dreamzoom.pictures.colours import NEUTRAL
from dreamzoom.pictures.reading import open_picture
from support.tiff import RGB, Page, tiff

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


def grey_tiff(data: bytes, bits: int, photometric: int, **options: object) -> bytes:
    """Two rows of two grey pixels, as scanners and microscopes write them."""
    more = {258: (3, (bits,)), 277: (3, (1,)), **options.pop("more", {})}  # type: ignore[dict-item]
    return tiff([Page((2, 2), data, photometric, more=more)], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("bits", "data"),
    [
        (16, struct.pack("<4H", 65535, 0, 65535 - 257 * GREY, 65535)),
        (8, bytes([255, 0, 255 - GREY, 255])),
        (4, bytes([0xF0, 0x8F])),
    ],
)
def test_where_white_is_zero_grey_is_turned_about(bits, data):
    opened = open_picture(grey_tiff(data, bits, 0))
    levels = [opened.getpixel((x, y))[0] for y in range(2) for x in range(2)]
    assert levels == pytest.approx([0, 255, GREY, 0], abs=1)


def test_floats_of_which_zero_is_white_are_turned_about():
    data = struct.pack("<4f", 1, 0, 1 - GREY / 255, 1)
    opened = open_picture(grey_tiff(data, 32, 0, more={339: (3, (3,))}))
    assert [opened.getpixel((x, y))[0] for y in range(2) for x in range(2)] == [0, 255, GREY, 0]


def test_twelve_bits_are_scaled_from_their_own_white():
    data = bytes([0x00, 0x0F, 0xFF, 0x78, 0x70, 0x00])  # 0, 4095; 1927, 0
    opened = open_picture(grey_tiff(data, 12, 1))
    assert [opened.getpixel((x, y))[0] for y in range(2) for x in range(2)] == [0, 255, GREY, 0]


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "deflated"])
def test_sixteen_bit_colour_is_read_from_tiff(order, packed):
    pixels = struct.pack(f"{order}12H", *[257 * level for level in (200, 120, 40)] * 4)
    data = zlib.compress(pixels) if packed else pixels
    page = Page((2, 2), data, RGB, 8 if packed else 1, more={258: (3, (16, 16, 16))})
    assert colour_of(tiff([page], order)) == (200, 120, 40)


def test_colours_in_floats_are_refused_with_a_way_on():
    page = Page((2, 2), bytes(48), RGB, more={258: (3, (32, 32, 32)), 339: (3, (3, 3, 3))})
    with pytest.raises(PictureError, match="save it as an ordinary PNG"):
        open_picture(tiff([page]))


LINEAR = [229, 182, 110]  # sRGB of the light (200, 120, 40) / 255: IEC 61966-2-1


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        ("JPEG", "RGB"),
        *((kind, mode) for kind in ("PNG", "WEBP", "TIFF", "AVIF") for mode in ("RGB", "RGBA")),
    ],
)
def test_every_format_is_turned_upright_and_its_profile_followed(kind, mode):
    if kind == "AVIF" and not features.check("avif"):
        pytest.skip("this Pillow has no AVIF")
    image = Image.new("RGB", (64, 32), (200, 120, 40))
    image.paste((0, 0, 0), (0, 0, 16, 16))
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: the first row is at the right
    options = {"WEBP": {"lossless": True}, "JPEG": {"quality": 100}, "AVIF": {"quality": 100}}.get(kind, {})
    profile = rgb_profile(1.0)
    opened = open_picture(encoded(image.convert(mode), kind, exif=exif, icc_profile=profile, **options))
    assert opened.size == (32, 64)
    assert opened.getpixel((28, 3)) == pytest.approx((0, 0, 0), abs=3)
    assert opened.getpixel((3, 60)) == pytest.approx(LINEAR, abs=3)


def rgb_profile(gamma: float) -> bytes:
    """An ICC profile of sRGB's primaries with a power as its curves: Pillow's own, its curves changed."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    for at in range(132, 132 + 12 * struct.unpack(">I", data[128:132])[0], 12):
        name, offset, _ = struct.unpack(">4sII", data[at : at + 12])
        if name in {b"rTRC", b"gTRC", b"bTRC"}:  # para: kind 0, one parameter
            data[offset : offset + 16] = b"para" + bytes(8) + struct.pack(">i", round(gamma * 65536))
    return bytes(data).replace(b"\0s\0R\0G\0B", b"\0o\0d\0d\0 ")


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
