"""Which picture of a file is read: never a thumbnail in silence."""

from __future__ import annotations

import io
import warnings

import pytest
from PIL import Image

from dreamzoom.errors import DreamzoomWarning, PictureError
from dreamzoom.pictures.reading import open_picture, picture_size
from support.tiff import DNG, Page, jpeg, orientation, plain, sensor, tiff

RED, GREEN = (200, 30, 20), (20, 160, 40)
SMALL, LARGE = (160, 120), (1200, 900)
THUMBNAIL = plain(SMALL, RED, reduced=True)


def read(data: bytes, wanted: tuple[int, int] | None = None) -> tuple[tuple[int, int], str, list[str]]:
    """Of a file's picture: its size, whether it is red or green, and what is told."""
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DreamzoomWarning)
        picture = open_picture(data, wanted)
    red, green, _ = picture.getpixel((5, 5))
    return picture.size, "red" if red > green else "green", [str(warning.message) for warning in told]


def test_of_pages_the_first_is_read_and_the_number_told():
    pages = [plain((40, 30), RED), plain((40, 30), GREEN), plain((4, 3), GREEN, reduced=True)]
    assert read(tiff(pages)) == ((40, 30), "red", ["picture: it has 2 pages: the first is read"])


def test_an_orientation_without_a_value_turns_nothing():
    assert read(tiff([plain((40, 30), RED, more={274: (3, ())})])) == ((40, 30), "red", [])


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize(
    "pages",
    [
        [plain((40, 30), RED, reduced=True), plain((400, 300), GREEN)],
        [plain((40, 30), RED), plain((400, 300), GREEN)],
        [plain((40, 30), RED, reduced=True, inner=[plain((400, 300), GREEN)])],
    ],
    ids=["marked as reduced", "much smaller", "the picture within"],
)
def test_a_thumbnail_that_comes_first_is_passed_over_and_told(pages, order):
    size, colour, told = read(tiff(pages, order))
    assert (size, colour) == ((400, 300), "green")
    assert told == ["picture: it begins with a small picture of 40x30: the one of 400x300 is read"]


def test_a_picture_alone_is_read_and_told_where_it_calls_itself_a_copy():
    size, colour, (told,) = read(tiff([THUMBNAIL]))
    assert (size, colour) == (SMALL, "red")
    assert "calls itself a small copy of another picture, which is not in the file" in told


@pytest.mark.parametrize(("name", "header"), [("a.nef", b"II*\0"), ("a.rw2", b"IIU\0"), ("a.orf", b"IIRO")])
def test_a_raw_photo_is_known_by_its_name_or_header_too(name, header, tmp_path):
    path = tmp_path / name
    path.write_bytes(header + tiff([plain(SMALL, RED, reduced=name == "a.nef")])[4:])
    with pytest.raises(PictureError, match=r"camera's raw photo .* preview has 160x120 pixels: develop it"):
        open_picture(path)


def test_a_raw_photo_is_read_by_its_largest_preview():
    pages = [plain(SMALL, RED, reduced=True, more=DNG, inner=[sensor(LARGE), jpeg((1024, 768), GREEN)])]
    size, colour, (told,) = read(tiff(pages))
    assert (size, colour) == ((1024, 768), "green")
    assert "is a camera's raw photo (DNG): its preview of 1024x768 is read" in told


@pytest.mark.parametrize(
    "pages",
    [
        [plain(SMALL, RED, reduced=True, more=DNG)],
        [plain(SMALL, RED, reduced=True, more=DNG, inner=[sensor(LARGE)])],
        [plain(SMALL, RED, reduced=True, inner=[sensor(LARGE)])],
        [THUMBNAIL, sensor(LARGE)],
    ],
    ids=["marked", "marked, with a sensor's values", "of Nikon's kind", "one after the other"],
)
def test_a_raw_photo_with_a_thumbnail_alone_is_to_be_developed_first(pages, tmp_path):
    path = tmp_path / "a.nef"
    path.write_bytes(tiff(pages))
    with pytest.raises(PictureError) as caught:
        open_picture(path)
    assert str(caught.value).startswith(
        f"{path}: is a camera's raw photo (NEF) whose largest preview has 160x120 pixels: develop it first"
    )


def test_a_thumbnail_is_enough_for_a_smaller_clip_and_told():
    size, _, told = read(tiff([plain(SMALL, RED, reduced=True, more=DNG, inner=[sensor(LARGE)])]), (64, 64))
    assert size == SMALL
    assert len(told) == 1


def test_a_raw_photo_without_any_preview_is_named():
    with pytest.raises(PictureError, match=r"is a camera's raw photo \(DNG\): develop it first"):
        open_picture(tiff([Page((8, 8), bytes(128), 32803, 1)]))


def test_a_tile_of_a_raw_photo_is_no_preview_of_it():
    wide = plain(SMALL, RED, reduced=True, more=DNG, inner=[sensor(LARGE), jpeg((1024, 256), GREEN)])
    with pytest.raises(PictureError, match="whose largest preview has 160x120"):
        open_picture(tiff([wide]))


def test_a_preview_is_turned_as_the_raw_photo_says(tmp_path):
    path = tmp_path / "a.dng"
    more = {**DNG, **orientation(8)}
    page = plain(SMALL, RED, reduced=True, more=more, inner=[sensor(LARGE), jpeg((1200, 900), GREEN)])
    path.write_bytes(tiff([page]))
    assert read(path.read_bytes())[:2] == ((900, 1200), "green")
    assert picture_size(path) == (900, 1200)


@pytest.mark.parametrize(
    "head",
    [b"FUJIFILMCCD-RAW 0201", b"\0\0\0\x18ftypcrx \0\0\0\1", b"FOVb\0\0\0\0"],
    ids=["RAF", "CR3", "X3F"],
)
def test_raw_photos_that_are_no_tiff_are_read_by_their_preview_too(head):
    size, colour, told = read(head + bytes(200) + jpeg((1200, 800), GREEN).data + bytes(999))
    assert (size, colour, len(told)) == ((1200, 800), "green", 1)


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_what_moves_the_first_picture_is_read_and_told(kind):
    buffer = io.BytesIO()
    second = [Image.new("RGB", (20, 10), GREEN)]
    Image.new("RGB", (20, 10), RED).save(buffer, kind, save_all=True, append_images=second)
    assert read(buffer.getvalue()) == ((20, 10), "red", ["picture: it moves: its first picture is read"])


def test_of_a_stereo_photo_the_first_picture_is_read():
    buffer = io.BytesIO()
    second = [Image.new("RGB", (20, 10), GREEN)]
    Image.new("RGB", (20, 10), RED).save(buffer, "MPO", save_all=True, append_images=second)
    assert read(buffer.getvalue()) == ((20, 10), "red", [])


@pytest.mark.parametrize("kind", ["ICO", "ICNS"])
def test_of_icons_the_largest_is_read(kind):
    buffer = io.BytesIO()
    Image.new("RGBA", (256, 256), (*RED, 255)).save(buffer, kind)
    size, colour, _ = read(buffer.getvalue())
    assert (min(size) >= 256, colour) == (True, "red")


@pytest.mark.parametrize("turned", range(1, 9))
def test_the_size_by_the_header_is_the_one_that_is_read(turned, tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff([plain((40, 30), RED, more=orientation(turned))]))
    assert picture_size(path) == open_picture(path).size


def test_directories_in_a_circle_come_to_an_end():
    data = bytearray(tiff([plain((40, 30), RED)]))
    start = int.from_bytes(data[4:8], "little")
    data[-4:] = start.to_bytes(4, "little")
    assert read(bytes(data))[0] == (40, 30)
