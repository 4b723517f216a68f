"""Pictures far larger than what is wanted of them are read small; memory is asked for before it is taken."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from dreamzoom.errors import MemoryShortageError
from dreamzoom.io import memory
from dreamzoom.pictures import decoding
from dreamzoom.pictures.frames import fit
from dreamzoom.pictures.generate import start_picture
from dreamzoom.pictures.reading import open_picture
from dreamzoom.recipe.units import Size

WIDE = Size(32, 18)


def gradient(mode: str = "RGB") -> Image.Image:
    """640 x 480, darker to the left, smooth enough that any fair way of shrinking gives the same."""
    levels = np.linspace(0, 65535 if mode == "I;16" else 255, 640)
    rows = np.repeat(levels[None], 480, axis=0).astype(np.uint16 if mode == "I;16" else np.uint8)
    image = Image.fromarray(rows)
    return image if image.mode == mode else image.convert(mode)


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        *(("JPEG", mode) for mode in ("RGB", "L", "CMYK")),
        *(("PNG", mode) for mode in ("RGB", "I;16", "RGBA", "P", "LA")),
        *(("TIFF", mode) for mode in ("RGB", "I;16", "F")),
        ("WEBP", "RGB"),
    ],
)
def test_a_huge_picture_is_read_small_and_looks_the_same(kind, mode, monkeypatch, tmp_path):
    path = tmp_path / "huge"
    path.write_bytes(encoded(gradient(mode), kind))
    usual = np.asarray(start_picture(str(path), WIDE, 0), dtype=int)
    monkeypatch.setattr(decoding, "USUAL_LIMIT", 1000)
    small = open_picture(path, (WIDE.width, WIDE.height))
    assert small.width < 640
    assert min(small.size) >= 2 * WIDE.width
    assert np.abs(np.asarray(fit(small, WIDE), dtype=int) - usual).max() <= 3


@pytest.mark.parametrize("turned", range(1, 9))
def test_a_huge_picture_that_is_turned_stands_upright(turned, monkeypatch):
    exif = Image.Exif()
    exif[0x0112] = turned
    data = encoded(gradient(), "PNG", exif=exif)
    usual = fit(open_picture(data), WIDE)
    monkeypatch.setattr(decoding, "USUAL_LIMIT", 1000)
    difference = np.asarray(fit(open_picture(data, (32, 18)), WIDE), dtype=int) - np.asarray(usual)
    assert np.abs(difference).max() <= 3


def test_more_than_89_megapixels_are_a_picture_like_any():
    picture = open_picture(encoded(Image.new("1", (12000, 9000), 1), "PNG"), (64, 64))
    assert min(picture.size) >= 128
    assert picture.getextrema() == ((255, 255),) * 3


def test_what_memory_is_too_short_for_is_refused_with_the_size_that_fits(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 100_000_000)
    data = encoded(Image.new("L", (6000, 4000)), "PNG")
    with pytest.raises(MemoryShortageError) as caught:
        open_picture(data)
    assert "picture: a picture of 6000x4000 needs about 0.3 GB" in str(caught.value)
    assert str(caught.value).endswith("make it smaller first, to 3222x2148 at most")


def test_where_memory_is_short_a_small_one_is_read_all_the_same(monkeypatch):
    monkeypatch.setattr(memory, "available_memory", lambda: 100_000_000)
    data = encoded(Image.new("L", (6000, 4000), 77), "PNG")
    assert open_picture(data, (64, 64)).getextrema() == ((77, 77),) * 3


def test_memory_that_runs_out_is_told_in_a_line(monkeypatch):
    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr(decoding, "to_rgb", fail)
    with pytest.raises(
        MemoryShortageError, match="picture: memory ran out while it was read: make it smaller"
    ):
        open_picture(encoded(gradient(), "PNG"))
