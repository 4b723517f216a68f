"""Pictures as files: readable by other programs, in the right colours, and telling how they were made."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from dreamzoom.errors import DreamzoomWarning, PictureError, RequestError
from dreamzoom.pictures.metadata import picture_inscription
from dreamzoom.pictures.reading import open_picture
from dreamzoom.pictures.writing import FORMATS, Finish, encode, format_of, require_fitting, require_room_for
from dreamzoom.pictures.xmp import LARGEST, inscription_in, make_packet

TEXT = '# dreamzoom 0.2.0 made this\n[dream]\nlayer = "a<b>&\'c"\nguide = "\u00e9\u4e2d\U0001f600.jpg"\n'
LOSSLESS = {"PNG", "TIFF", "WEBP"}
KINDS = sorted(set(FORMATS.values()))


@pytest.fixture(scope="module")
def picture() -> Image.Image:
    return Image.fromarray(np.random.default_rng(0).integers(0, 256, (33, 47, 3), dtype=np.uint8))


def written(folder: Path, data: bytes) -> Path:
    path = folder / "written"
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_is_read_by_others_in_the_same_colours_and_tells_its_recipe(kind, picture, tmp_path):
    finish = Finish(lossless=kind in LOSSLESS)
    data = encode(picture, kind, finish, TEXT)
    assert data == encode(picture, kind, finish, TEXT)
    path = written(tmp_path, data)
    assert picture_inscription(path) == TEXT
    with warnings.catch_warnings(), Image.open(path) as opened:
        warnings.simplefilter("error")
        assert (opened.format, opened.mode, opened.size) == (kind, "RGB", (47, 33))
        assert "srgb" in opened.info or b"mntrRGB" in opened.info["icc_profile"]
        pixels = np.asarray(open_picture(path))
        np.testing.assert_array_equal(pixels, np.asarray(opened))
    if kind in LOSSLESS:
        np.testing.assert_array_equal(pixels, np.asarray(picture))


@pytest.mark.parametrize("kind", KINDS)
def test_without_an_inscription_it_tells_nothing(kind, picture, tmp_path):
    assert picture_inscription(written(tmp_path, encode(picture, kind))) is None
    path = written(tmp_path, encode(picture, kind, Finish(tells=False), TEXT))
    assert picture_inscription(path) is None
    assert b"dreamzoom" not in path.read_bytes()


@pytest.mark.parametrize("kind", sorted({"JPEG", "WEBP", "AVIF"} & set(KINDS)))
def test_a_lower_quality_is_a_smaller_file(kind, picture):
    sizes = [len(encode(picture, kind, Finish(quality))) for quality in (10, 50, 100)]
    assert sizes == sorted(set(sizes))


@pytest.mark.parametrize("kind", sorted({"JPEG", "AVIF"} & set(KINDS)))
def test_specks_of_colour_are_kept(kind):
    specks = np.zeros((32, 32, 3), np.uint8)
    specks[::2, ::2, 0] = specks[1::2, 1::2, 2] = 255
    kept = np.asarray(open_picture(encode(Image.fromarray(specks), kind, Finish(100))), float)
    assert np.abs(kept - specks).mean() < 3


@pytest.mark.parametrize(
    ("finish", "kind", "words"),
    [
        (Finish(lossless=True), "JPEG", "JPEG is never lossless: write a .png"),
        (Finish(quality=80), "PNG", "has no quality"),
        (Finish(quality=80), "TIFF", "has no quality"),
        (Finish(quality=80, lossless=True), "WEBP", "has no quality"),
        (Finish(), "HEIF", "this Pillow writes no HEIF"),
    ],
)
def test_what_makes_no_sense_is_refused_beforehand(finish, kind, words):
    with pytest.raises(RequestError, match=words):
        require_fitting(finish, kind)


def test_sides_beyond_a_format_are_refused_beforehand():
    with pytest.raises(RequestError, match=r"16384x10 pixels cannot be written as WEBP, .* 16383 at most"):
        require_room_for((16_384, 10), "WEBP")
    require_room_for((16_383, 10), "WEBP")
    require_room_for((100_000, 10), "PNG")


@pytest.mark.parametrize("name", ["a.bmp", "a", "a.mp4", "a.jpg.exe"])
def test_a_format_nobody_knows_is_refused_with_those_that_are(name):
    with pytest.raises(RequestError, match=rf"^{name}: name a file ending in \.jpg, \.jpeg, \.png, \.webp"):
        format_of(Path(name))


def test_a_recipe_too_long_for_a_jpeg_is_left_out_and_told(picture, tmp_path):
    long = TEXT + "#" * 70_000
    with pytest.warns(DreamzoomWarning, match="too long to be told within a JPEG"):
        data = encode(picture, "JPEG", inscription=long)
    assert picture_inscription(written(tmp_path, data)) is None
    assert picture_inscription(written(tmp_path, encode(picture, "WEBP", inscription=long))) == long


# ---- what other programs make of it ----------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("other", ["JPEG", "WEBP", "TIFF"])
def test_a_copy_with_its_xmp_passed_on_still_tells(kind, other, picture, tmp_path):
    with Image.open(io.BytesIO(encode(picture, kind, inscription=TEXT))) as opened:
        packet = opened.info["xmp"]
        buffer = io.BytesIO()
        options = {"tiffinfo": {700: packet}} if other == "TIFF" else {"xmp": packet}
        opened.save(buffer, other, **options)
    assert picture_inscription(written(tmp_path, buffer.getvalue())) == TEXT


@pytest.mark.parametrize("after", [False, True], ids=["before the pixels", "after them"])
@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_a_png_may_have_it_packed_and_anywhere(after, packed, picture, tmp_path):
    chunks = PngImagePlugin.PngInfo()
    chunks.add_itxt("XML:com.adobe.xmp", make_packet(TEXT).decode(), zip=packed)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=chunks)
    data = buffer.getvalue()
    if after:
        start = data.index(b"iTXt") - 4
        end = start + 12 + struct.unpack(">I", data[start : start + 4])[0]
        data = data[:start] + data[end:-12] + data[start:end] + data[-12:]
    assert picture_inscription(written(tmp_path, data)) == TEXT


def rewritten(description: str) -> bytes:
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/" x:xmptk="Other"><rdf:RDF '
        f'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">{description}</rdf:RDF></x:xmpmeta>'
    ).encode()


def test_another_prefix_an_attribute_and_other_properties_are_understood():
    element = rewritten(
        '<rdf:Description xmlns:a="urn:dreamzoom:recipe#" xmlns:d="urn:x"><d:recipe>no</d:recipe>'
        "<a:recipe>yes &amp; <![CDATA[<so>]]></a:recipe><a:recipe>later</a:recipe></rdf:Description>"
    )
    attribute = rewritten('<rdf:Description xmlns:a="urn:dreamzoom:recipe#" a:recipe="one&#xA;two"/>')
    assert inscription_in(element) == "yes & <so>"
    assert inscription_in(attribute) == "one\ntwo"


BOMB = (
    b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b'<x xmlns:d="urn:dreamzoom:recipe#"><d:recipe>&b;</d:recipe></x>'
)


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        b"\0" * 100,
        b"<",
        b"<a>" * 100_000,
        b"\xff\xfe<",
        BOMB,
        BOMB.replace(b'"aaaaaaaaaa"', b'SYSTEM "file:///etc/passwd"'),
        b'<?xml version="1.0" encoding="no-such"?><a/>',
        rewritten("<rdf:Description/>"),
        make_packet(TEXT)[:-200],
        make_packet("#" * LARGEST),
    ],
)
def test_a_hostile_or_damaged_packet_tells_nothing(packet):
    told = inscription_in(packet)
    assert told is None or told.startswith(TEXT)


def test_a_bomb_of_text_in_a_png_is_no_harm(tmp_path):
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    text = b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"a" * (65 << 20))
    header = struct.pack(">IIBBBBB", 1, 1, 8, 2, 0, 0, 0)
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"iTXt", text)
    data += chunk(b"IDAT", zlib.compress(b"\0abc")) + chunk(b"IEND", b"")
    with pytest.raises(PictureError, match="is damaged or cut short"):
        picture_inscription(written(tmp_path, data))
