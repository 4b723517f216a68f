"""Files that are cut short: what is left is read, and how much is missing is told."""

from __future__ import annotations

import io
import re
import warnings

import numpy as np
import pytest
from PIL import Image

from dreamzoom.errors import DreamzoomWarning, PictureError
from dreamzoom.pictures.frames import read_frame
from dreamzoom.pictures.reading import open_picture

NOISE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (160, 80, 3), dtype=np.uint8))


def encoded(kind: str, image: Image.Image = NOISE, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def read(data: bytes) -> tuple[Image.Image, list[str]]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DreamzoomWarning)
        picture = open_picture(data)
    return picture, [str(warning.message) for warning in told]


@pytest.mark.parametrize("lost", [1, 2])
def test_a_jpeg_without_its_last_bytes_is_read(lost):
    whole = encoded("JPEG")
    picture, (told,) = read(whole[:-lost])
    assert told == "picture: has lost its last bytes: no part of the picture is seen to be missing"
    upper = (0, 0, 80, 144)
    assert picture.crop(upper).tobytes() == open_picture(whole).crop(upper).tobytes()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "TIFF", "BMP", "PPM"])
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_of_a_file_cut_short_the_rest_is_read_and_told(kind, share):
    data = encoded(kind)
    picture, (told,) = read(data[: int(len(data) * share)])
    assert picture.size == NOISE.size
    found = re.fullmatch(
        r"picture: is cut short or damaged: about (\d+) % of it is missing, the (lower|upper) part", told
    )
    assert found is not None
    assert int(found[1]) == pytest.approx(100 * (1 - share), abs=12)
    assert found[2] == ("upper" if kind == "BMP" else "lower")


def test_a_progressive_jpeg_cut_short_lacks_its_details():
    data = encoded("JPEG", progressive=True)
    picture, (told,) = read(data[: len(data) // 2])
    assert picture.size == NOISE.size
    assert "its finest details may be missing" in told


@pytest.mark.parametrize("lost", [1, 2, 500])
@pytest.mark.parametrize("lossless", [True, False])
def test_a_webp_that_lost_its_end_is_read_and_told(lost, lossless):
    whole = encoded("WEBP", lossless=lossless, quality=95)
    picture, (told,) = read(whole[:-lost])
    assert re.fullmatch(r"picture: is cut short: about \d % of its bytes are missing, .*", told)
    upper = (0, 0, 80, 128)
    assert picture.crop(upper).tobytes() == open_picture(whole).crop(upper).tobytes()


def test_a_damaged_spot_is_told():
    data = bytearray(encoded("PNG"))
    data[len(data) // 2] ^= 255
    _, (told,) = read(bytes(data))
    assert "damaged" in told


@pytest.mark.parametrize(
    ("kind", "options"),
    [("WEBP", {}), ("GIF", {"interlace": 1}), ("TIFF", {"compression": "tiff_lzw"}), ("AVIF", {})],
    ids=["WebP", "interlaced GIF", "compressed TIFF", "AVIF"],
)
def test_what_cannot_be_read_in_part_is_refused_in_words(kind, options):
    data = encoded(kind, **options)
    with pytest.raises(PictureError, match="cut short"):
        open_picture(data[: len(data) // 2])


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "BMP"])
def test_a_file_of_which_nothing_is_left_is_refused(kind):
    data = encoded(kind)
    head = data.index(b"IDAT") + 6 if kind == "PNG" else {"JPEG": 620, "BMP": 54}[kind]
    with pytest.raises(PictureError, match="is damaged or cut short"):
        open_picture(data[:head])


@pytest.mark.parametrize("lost", [2, 500])
def test_a_clips_frames_are_whole_or_damaged(lost, tmp_path):
    path = tmp_path / "000001.jpg"
    path.write_bytes(encoded("JPEG")[:-lost])
    with pytest.raises(PictureError, match="is damaged or cut short"):
        read_frame(path)


def test_errors_of_the_disk_are_no_damage(tmp_path, monkeypatch):
    def fail(*_: object) -> bytes:
        raise OSError(5, "Input/output error")

    path = tmp_path / "a.png"
    path.write_bytes(encoded("PNG"))
    monkeypatch.setattr("PIL.PngImagePlugin.PngImageFile.load_read", fail)
    with pytest.raises(PictureError, match=r"a\.png: cannot be read: Input/output error"):
        open_picture(path)
