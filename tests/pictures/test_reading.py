"""Pictures: every kind becomes the right RGB, and everything else an error a person can act on."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Event, Thread

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image, ImageCms, features

from dreamzoom.errors import DreamzoomWarning, MemoryShortageError, PictureError
from dreamzoom.io import memory
from dreamzoom.pictures import decoding, reading
from dreamzoom.pictures.colours import NEUTRAL
from dreamzoom.pictures.frames import encode_png, fit, read_frame
from dreamzoom.pictures.reading import PictureSource, open_picture
from dreamzoom.recipe.units import Size

RGB = (200, 120, 40)


def encoded(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(kind: str = "PNG", **options: object) -> bytes:
    return encoded(Image.new("RGB", (40, 30), RGB), kind, **options)


def only_colour(image: Image.Image) -> tuple[int, int, int]:
    """The one colour of a picture of one colour."""
    assert image.mode == "RGB"
    ((_, colour),) = image.getcolors() or []
    assert isinstance(colour, tuple)
    return colour  # type: ignore[return-value]


def row(image: Image.Image) -> list[int]:
    """The first row of a grey picture."""
    pixels = np.asarray(image)
    assert image.mode == "RGB"
    assert (pixels == pixels[..., :1]).all()
    return [int(level) for level in pixels[0, :, 0]]


def refusal(source: object) -> str:
    with pytest.raises(PictureError) as caught:
        open_picture(source)  # type: ignore[arg-type]
    message = str(caught.value)
    assert "\n" not in message
    return message


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(size: tuple[int, int], bits: int, colour_type: int, rows: bytes, extra: bytes = b"") -> bytes:
    """A PNG file made by hand; `rows` have their filter bytes."""
    header = struct.pack(">IIBBBBB", *size, bits, colour_type, 0, 0, 0)
    chunks = [
        png_chunk(b"IHDR", header),
        extra,
        png_chunk(b"IDAT", zlib.compress(rows)),
        png_chunk(b"IEND", b""),
    ]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


# Where pictures come from


def test_a_path_bytes_a_stream_pil_and_an_array_are_the_same_picture(tmp_path: Path) -> None:
    path = tmp_path / "a picture.png"
    path.write_bytes(plain())
    with path.open("rb") as stream:
        sources: list[PictureSource] = [
            path,
            str(path),
            plain(),
            stream,
            io.BytesIO(plain()),
            Image.new("RGB", (40, 30), RGB),
        ]
        sources.append(np.full((30, 40, 3), RGB, np.uint8))
        pictures = [open_picture(source) for source in sources]
    assert {picture.size for picture in pictures} == {(40, 30)}
    assert {only_colour(picture) for picture in pictures} == {RGB}


@pytest.mark.parametrize("dtype", [np.uint8, np.int64, np.float32, np.float64])
def test_an_array_of_any_numbers_is_rounded(dtype: type) -> None:
    shift = 0.4 if np.dtype(dtype).kind == "f" else 0
    array: NDArray[np.generic] = (np.full((30, 40, 3), RGB) + shift).astype(dtype)
    assert only_colour(open_picture(array)) == RGB


def test_the_picture_given_is_left_alone() -> None:
    image = Image.new("RGB", (4, 4), RGB)
    opened = open_picture(image)
    opened.putpixel((0, 0), (0, 0, 0))
    assert only_colour(image) == RGB


@pytest.mark.parametrize(
    ("kind", "tolerance"),
    [("PNG", 0), ("BMP", 0), ("TIFF", 0), ("PPM", 0), ("GIF", 8), ("JPEG", 3), ("WEBP", 5), ("AVIF", 5)],
)
def test_every_usual_format_is_read(kind: str, tolerance: int) -> None:
    if kind in {"AVIF", "WEBP"} and not features.check(kind.lower()):
        pytest.skip(f"this Pillow has no {kind}")
    pixels = np.asarray(open_picture(plain(kind)), dtype=int)
    assert pixels.shape == (30, 40, 3)
    assert np.abs(pixels - RGB).max() <= tolerance


# Kinds of pixels


def test_black_and_white_is_black_and_white() -> None:
    image = Image.new("1", (2, 1))
    image.putpixel((1, 0), 1)
    assert row(open_picture(encoded(image))) == [0, 255]


def test_grey_is_grey() -> None:
    assert only_colour(open_picture(encoded(Image.new("L", (4, 4), 77)))) == (77, 77, 77)


def test_a_palette_is_looked_up() -> None:
    image = Image.new("P", (4, 4), 1)
    image.putpalette([0, 0, 0, *RGB])
    assert only_colour(open_picture(encoded(image))) == RGB


def test_transparent_places_of_a_palette_are_neutral() -> None:
    image = Image.new("P", (2, 1), 1)
    image.putpalette([9, 9, 9, *RGB])
    image.putpixel((0, 0), 0)
    opened = open_picture(encoded(image, transparency=0))
    assert [opened.getpixel((x, 0)) for x in range(2)] == [NEUTRAL, RGB]


def test_alpha_is_laid_over_neutral_grey() -> None:
    image = Image.new("RGBA", (4, 4), (*RGB, 128))
    share = 128 / 255
    expected = [share * colour + (1 - share) * under for colour, under in zip(RGB, NEUTRAL, strict=True)]
    assert only_colour(open_picture(encoded(image))) == pytest.approx(expected, abs=1)


def test_grey_with_alpha_is_laid_over_neutral_grey() -> None:
    image = Image.new("LA", (2, 1), (250, 0))
    image.putpixel((1, 0), (250, 255))
    assert row(open_picture(encoded(image))) == [NEUTRAL[0], 250]


def test_a_colour_declared_transparent_is_neutral() -> None:
    opened = open_picture(encoded(Image.new("RGB", (4, 4), RGB), transparency=RGB))
    assert only_colour(opened) == NEUTRAL


def test_sixteen_bit_grey_is_scaled_not_cut() -> None:
    levels = np.array([[0, 257 * 10, 257 * 128, 65535]], np.uint16)
    assert row(open_picture(encoded(Image.fromarray(levels)))) == [0, 10, 128, 255]


def test_sixteen_bit_grey_of_either_byte_order_is_read_from_tiff() -> None:
    levels = np.array([[0, 257 * 10, 257 * 128, 65535]], np.uint16)
    for order in "<>":
        image = Image.fromarray(levels.astype(f"{order}u2"))
        assert row(open_picture(encoded(image, "TIFF"))) == [0, 10, 128, 255]


def test_sixteen_bit_colour_keeps_its_high_bytes() -> None:
    pixel = struct.pack(">HHH", *(257 * part for part in RGB))
    assert only_colour(open_picture(png((2, 1), 16, 2, b"\0" + pixel * 2))) == RGB


def test_sixteen_bit_colour_with_alpha_is_laid_over_neutral_grey() -> None:
    pixels = struct.pack(">HHHH", *(257 * part for part in RGB), 65535) + struct.pack(">HHHH", 0, 0, 0, 0)
    opened = open_picture(png((2, 1), 16, 6, b"\0" + pixels))
    assert [opened.getpixel((x, 0)) for x in range(2)] == [RGB, NEUTRAL]


@pytest.mark.parametrize("full", [1.0, 255.0, 65535.0, 1e6])
def test_floats_are_scaled_from_the_customary_range(full: float) -> None:
    levels = np.array([[0, 0.2, 0.4, 1.0, -3.0]], np.float32) * np.float32(full)
    assert row(open_picture(encoded(Image.fromarray(levels), "TIFF"))) == [0, 51, 102, 255, 0]


def test_what_is_no_number_is_told_and_taken_as_black_or_white() -> None:
    levels = np.array([[0.2, np.nan, np.inf, -np.inf, 1.0]], np.float32)
    with pytest.warns(DreamzoomWarning, match="3 of its values are no numbers"):
        assert row(open_picture(encoded(Image.fromarray(levels), "TIFF"))) == [51, 0, 255, 0, 255]


def test_thirty_two_bit_grey_is_scaled() -> None:
    levels = np.array([[0, 257 * 10, 65535, -5]], np.int32)
    assert row(open_picture(encoded(Image.fromarray(levels), "TIFF"))) == [0, 10, 255, 0]


@pytest.mark.parametrize("kind", ["JPEG", "TIFF"])
def test_cmyk_is_converted(kind: str) -> None:
    options = {"quality": 100, "subsampling": 0} if kind == "JPEG" else {}
    opened = open_picture(encoded(Image.new("CMYK", (16, 16), (0, 255, 255, 0)), kind, **options))
    assert only_colour(opened) == pytest.approx((255, 0, 0), abs=3)


def test_lab_is_converted() -> None:
    neutral_half = Image.new("LAB", (4, 4), (137, 128, 128))  # L* = 53.6: the grey of 128
    assert only_colour(open_picture(encoded(neutral_half, "TIFF"))) == pytest.approx((128, 128, 128), abs=3)


def curve_profile(gamma: float) -> bytes:
    """sRGB's primaries with another tone curve, made of Pillow's own sRGB profile by changing its curves."""
    data = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    count = struct.unpack(">I", data[128:132])[0]
    for tag in range(count):
        name, offset, _ = struct.unpack(">4sII", data[132 + 12 * tag : 144 + 12 * tag])
        if name in {b"rTRC", b"gTRC", b"bTRC"}:  # para: kind 0, one parameter: a power
            data[offset : offset + 16] = b"para\0\0\0\0\0\0\0\0" + struct.pack(">i", round(gamma * 65536))
    return bytes(data).replace(b"\0s\0R\0G\0B", b"\0o\0d\0d\0 ")


def srgb_of_linear(light: float) -> int:
    """IEC 61966-2-1."""
    return round(255 * (12.92 * light if light <= 0.0031308 else 1.055 * light ** (1 / 2.4) - 0.055))


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_an_icc_profile_is_followed(mode: str) -> None:
    image = Image.new("RGB", (4, 4), RGB).convert(mode)
    opened = open_picture(encoded(image, icc_profile=curve_profile(1.0)))
    assert only_colour(opened) == pytest.approx([srgb_of_linear(part / 255) for part in RGB], abs=2)


@pytest.mark.parametrize("profile", [b"nonsense", b"\0" * 16 + b"RGB " + b"\0" * 200, b"\0" * 16 + b"CMYK"])
def test_a_damaged_or_foreign_icc_profile_is_passed_over_and_told(profile: bytes) -> None:
    with pytest.warns(DreamzoomWarning, match="picture: its colour profile is"):
        assert only_colour(open_picture(plain(icc_profile=profile))) == RGB


def test_an_srgb_profile_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    assert only_colour(open_picture(plain(icc_profile=profile))) == RGB


@pytest.mark.parametrize(
    ("orientation", "corner"),
    [(1, (0, 0)), (2, (2, 0)), (3, (2, 1)), (4, (0, 1)), (5, (0, 0)), (6, (1, 0)), (7, (1, 2)), (8, (0, 2))],
)
def test_an_exif_rotated_picture_stands_upright(orientation: int, corner: tuple[int, int]) -> None:
    image = Image.new("RGB", (3, 2), (0, 0, 0))
    image.putpixel((0, 0), RGB)  # where it comes to lie is worked out by hand from the EXIF standard's table
    exif = Image.Exif()
    exif[0x0112] = orientation
    opened = open_picture(encoded(image, exif=exif))
    assert opened.size == ((3, 2) if orientation < 5 else (2, 3))
    assert opened.getpixel(corner) == RGB
    assert (np.asarray(opened) == RGB).all(axis=2).sum() == 1


def test_broken_exif_data_are_passed_over() -> None:
    opened = open_picture(plain("JPEG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff" + b"\xfe" * 40))
    assert only_colour(opened) == pytest.approx(RGB, abs=3)


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in [(255, 0, 0), (0, 255, 0)]]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    with pytest.warns(DreamzoomWarning, match="it moves: its first picture is read"):
        assert only_colour(open_picture(data)) == (255, 0, 0)


# What is refused


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "none.jpg") == f"{tmp_path / 'none.jpg'}: there is no such file"


def test_a_folder_is_no_picture(tmp_path: Path) -> None:
    assert "is a folder" in refusal(tmp_path)


def test_a_name_with_a_nul_is_refused() -> None:
    assert "cannot be read" in refusal("a\0b.png")


@pytest.mark.parametrize("content", [b"", b"\0", b"hello, world", b"<svg></svg>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture_is_refused_by_name(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(content)
    message = refusal(path)
    assert message.startswith(f"{path}: ")
    assert "is empty" in message or "not a picture that can be read" in message or "damaged" in message


def test_postscript_never_reaches_its_reader() -> None:
    eps = b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 10 10\n%%EndComments\nshowpage\n%%EOF\n"
    assert "is a PostScript drawing, not a picture that can be read" in refusal(eps)


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM"])
@pytest.mark.parametrize("share", [0.3, 0.7])
def test_a_frame_that_is_cut_short_is_refused(tmp_path: Path, kind: str, share: float) -> None:
    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    data = encoded(Image.fromarray(noise), kind)
    path = tmp_path / "short"
    path.write_bytes(data[: int(len(data) * share)])
    with pytest.raises(PictureError, match="is damaged or cut short"):
        read_frame(path)


@pytest.mark.parametrize("width", [10_000, 20_000, 2**31 - 1])
def test_a_gigapixel_picture_is_refused_before_it_is_decoded(
    width: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available_memory", lambda: 1_000_000_000)
    assert f"bytes cannot hold {width}x10000 pixels" in refusal(png((width, 10_000), 8, 2, b""))
    padded = png((width, 10_000), 8, 2, b"", extra=png_chunk(b"tEXt", b"a\0" + bytes(30_000)))
    if width <= 20_000:
        with pytest.raises(MemoryShortageError, match=f"a picture of {width}x10000 needs about"):
            open_picture(padded)


def test_a_text_bomb_is_passed_over_and_a_long_text_is_nothing_odd(tmp_path: Path) -> None:
    bomb = png_chunk(b"zTXt", b"a\0\0" + zlib.compress(b"a" * (1 << 27)))
    with pytest.warns(
        DreamzoomWarning, match="has a fault, and no part of the picture is seen to be missing"
    ):
        assert only_colour(open_picture(png((1, 1), 8, 2, b"\0abc", extra=bomb))) == (97, 98, 99)
    path = tmp_path / "frame.png"
    path.write_bytes(png((1, 1), 8, 2, b"\0abc", png_chunk(b"tEXt", b"a\0" + b"b" * (1 << 21))))
    assert read_frame(path).tolist() == [[[97, 98, 99]]]


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (np.zeros((4, 4)), "shape (4, 4)"),
        (np.zeros((3, 4, 4)), "shape (3, 4, 4)"),
        (np.zeros((0, 4, 3)), "shape (0, 4, 3)"),
        (np.full((4, 4, 3), 256), "values from 256 to 256"),
        (np.full((4, 4, 3), -1.0), "values from -1 to -1"),
        (np.full((4, 4, 3), np.nan), "values from nan to nan"),
        (np.full((4, 4, 3), 0.5), "multiply it by 255"),
        (np.full((4, 4, 3), "a"), "give numbers from 0 to 255"),
        (np.zeros((4, 4, 3), complex), "give numbers from 0 to 255"),
    ],
)
def test_an_array_that_is_no_picture_is_refused(array: NDArray[np.generic], words: str) -> None:
    assert words in refusal(array)


@pytest.mark.parametrize("source", [None, 3, [1, 2], {"a": 1}])
def test_other_things_are_refused_by_their_type(source: object) -> None:
    assert refusal(source).startswith(f"a {type(source).__name__} is no picture")


def test_a_stream_of_text_is_refused() -> None:
    assert "open it in binary mode" in refusal(io.StringIO("hello"))


def test_an_empty_stream_is_refused() -> None:
    assert refusal(io.BytesIO(b"")).endswith("is empty")


def test_a_picture_without_pixels_is_refused() -> None:
    assert "has no pixels" in refusal(Image.new("RGB", (0, 5)))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM"]), st.data())
def test_a_damaged_picture_is_read_or_refused_but_never_crashes(kind: str, data: st.DataObject) -> None:
    content = bytearray(plain(kind))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with suppress(PictureError, MemoryShortageError), warnings.catch_warnings():
        warnings.simplefilter("ignore", DreamzoomWarning)
        assert open_picture(bytes(content)).mode == "RGB"


# The web


class Answers(BaseHTTPRequestHandler):
    """A small real server; what it answers is decided by the path."""

    def do_GET(self) -> None:
        name = self.path.strip("/").split("?")[0].split(".")[0]
        page: Callable[[], None] = getattr(self, f"page_{name}", self.missing)
        page()

    def page_picture(self) -> None:
        self.answer(plain())

    def page_b(self) -> None:
        self.answer(plain() if self.path == "/b.png?q=%C3%A9%20x" else b"")

    def page_html(self) -> None:
        self.answer(b"<html>sorry</html>")

    def page_moved(self) -> None:
        self.redirect("/picture.png")

    def page_loop(self) -> None:
        self.redirect("/loop")

    def page_file(self) -> None:
        self.redirect("file:///etc/passwd")

    def page_ftp(self) -> None:
        self.redirect("ftp://127.0.0.1/a.png")

    def page_endless(self) -> None:
        self.send_response(200)
        self.end_headers()
        try:
            for _ in range(64):
                self.wfile.write(b"\0" * 65536)
        except OSError:
            pass  # the other side has seen enough

    def page_short(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", "100000")
        self.end_headers()
        self.wfile.write(plain()[:50])

    def missing(self) -> None:
        self.send_error(404)

    def redirect(self, target: str) -> None:
        self.send_response(302)
        self.send_header("Location", target)
        self.end_headers()

    def answer(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's own name
        """Say nothing."""


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = Thread(target=server.serve_forever, args=[0.02], daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize("page", ["picture.png", "moved"])
def test_a_picture_is_fetched_from_the_web(site: str, page: str) -> None:
    assert only_colour(open_picture(f"{site}/{page}")) == RGB


def test_blanks_and_accents_in_an_address_are_escaped(site: str) -> None:
    assert only_colour(open_picture(f"{site}/b.png?q=é x")) == RGB


@pytest.mark.parametrize(
    ("page", "words"),
    [
        ("none", "the server answered 404"),
        ("html", "is a web page, not a picture"),
        ("loop", "leads in a circle"),
        ("file", "leads to file:///etc/passwd; only http and https"),
        ("ftp", "leads to ftp://127.0.0.1/a.png; only http and https"),
        ("short", "cannot be read|damaged"),
    ],
)
def test_a_bad_answer_is_refused_with_its_address(site: str, page: str, words: str) -> None:
    with pytest.raises(PictureError, match=words) as caught:
        open_picture(f"{site}/{page}")
    assert str(caught.value).startswith(f"{site}/{page}: ")
    assert "\n" not in str(caught.value)


def test_an_answer_without_end_is_cut_off(site: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_DOWNLOAD", 1 << 20)
    assert "is larger than 1 MiB" in refusal(f"{site}/endless")


@pytest.mark.parametrize("url", ["file:///etc/passwd", "ftp://a.b/c.png", "data://x", "gopher://a"])
def test_other_schemes_are_refused(url: str) -> None:
    assert refusal(url) == f"{url}: only http and https addresses are opened"


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/a.png", "http://", "http://[::1/a", "http://127.0.0.1:x/a.png"]
)
def test_an_address_that_leads_nowhere_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    assert refusal(url).startswith(f"{url}: ")


# Frames


@pytest.mark.parametrize("given_size", [(400, 300), (300, 400), (64, 36), (16, 9), (1, 1), (1000, 3)])
def test_a_fitted_picture_has_exactly_the_size(given_size: tuple[int, int]) -> None:
    fitted = fit(Image.new("RGB", given_size, RGB), Size(64, 36))
    assert fitted.size == (64, 36)
    assert only_colour(fitted) == RGB


def test_what_stands_out_is_cut_off_evenly() -> None:
    stripes = np.repeat(np.array([[[255, 0, 0], [0, 255, 0], [0, 0, 255]]], np.uint8), 40, axis=1)
    picture = Image.fromarray(np.repeat(stripes, 40, axis=0))  # 120 x 40: three squares
    assert only_colour(fit(picture, Size(40, 40)).crop((2, 0, 38, 40))) == (0, 255, 0)


def test_a_picture_that_fits_is_not_sampled_anew() -> None:
    noise = np.random.default_rng(1).integers(0, 256, (36, 64, 3), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(fit(Image.fromarray(noise), Size(64, 36))), noise)


def test_a_frame_is_stored_without_loss_and_always_alike() -> None:
    noise = np.random.default_rng(2).integers(0, 256, (33, 47, 3), dtype=np.uint8)
    data = encode_png(noise)
    assert data == encode_png(noise.copy())
    with Image.open(io.BytesIO(data)) as image:
        assert (image.format, image.mode) == ("PNG", "RGB")
        np.testing.assert_array_equal(np.asarray(image), noise)


def test_a_frame_of_one_colour_is_a_small_file() -> None:
    assert len(encode_png(np.full((360, 640, 3), 117, np.uint8))) < 4096


def test_threads_that_read_at_once_leave_the_filters_of_warnings_as_they_were(monkeypatch):
    first_is_in, second_is_in, first_is_out = Event(), Event(), Event()

    def convert(image: Image.Image, *_: object) -> Image.Image:
        if first_is_in.is_set():
            second_is_in.set()
            first_is_out.wait(0.5)
        else:
            first_is_in.set()
            second_is_in.wait(0.5)
        return image.convert("RGB")

    def read_first() -> None:
        open_picture(plain())
        first_is_out.set()

    monkeypatch.setattr(decoding, "to_rgb", convert)
    before = list(warnings.filters)
    first, second = Thread(target=read_first), Thread(target=open_picture, args=(plain(),))
    first.start()
    assert first_is_in.wait(10)
    second.start()
    first.join()
    second.join()
    assert second_is_in.is_set()
    assert list(warnings.filters) == before


def test_a_tensor_is_a_picture_as_far_as_numpy_reads_it() -> None:
    pixels = torch.zeros(4, 6, 3)
    assert only_colour(open_picture(pixels)) == (0, 0, 0)  # type: ignore[arg-type]
    assert "a Tensor that is no picture: Can't call numpy()" in refusal(pixels.requires_grad_())


def test_an_array_that_memory_is_too_short_for_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    def run_out(values: object) -> None:
        raise MemoryError

    monkeypatch.setattr(reading.np, "rint", run_out)
    with pytest.raises(MemoryShortageError, match="memory ran out while it was read: make it smaller first"):
        open_picture(np.zeros((4, 4, 3)))
    assert only_colour(open_picture(np.zeros((4, 4, 3), np.uint8))) == (0, 0, 0)  # as it is, without a copy
