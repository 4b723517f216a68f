"""Palettes as pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dreamzoom.errors import PictureError
from dreamzoom.pictures.palettes import palette_picture, palette_source
from dreamzoom.recipe.palettes import find_palette, list_palettes
from dreamzoom.recipe.units import Size

SIZE = Size(64, 48)


@pytest.mark.parametrize("palette", list_palettes(), ids=lambda palette: palette.name)
def test_each_colour_stands_in_the_middle_of_its_share(palette):
    pixels = np.asarray(palette_picture(palette)).astype(float)
    left = 0
    for colour, share in palette.rows:
        wide = round(share * pixels.shape[1])
        assert pixels[:, left + wide // 2].mean(0) == pytest.approx(colour, abs=1.5)  # the stripe's middle
        left += wide
    assert left == pytest.approx(pixels.shape[1], abs=len(palette.colours))


def test_a_name_is_a_palette_and_a_path_a_picture(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.new("RGB", (128, 96), (10, 200, 30)).save("dusk", "PNG")
    named = palette_source("dusk", SIZE)
    assert named.tobytes() == palette_picture(find_palette("dusk")).tobytes()
    picture = palette_source("./dusk", SIZE)
    assert (picture.size, picture.getpixel((3, 3))) == ((64, 48), (10, 200, 30))
    (tmp_path / "two.hex").write_text("ff0000\n0000ff\n")
    assert palette_source("two.hex", SIZE).getpixel((1, 8)) == (255, 0, 0)


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("dask", "did you mean 'dusk'?"),
        ("xyzzy", "`dreamzoom presets --palettes` lists the palettes"),
        ("./dask", "no such file"),
    ],
)
def test_a_name_that_nobody_knows_is_answered_with_those_like_it(source, words):
    with pytest.raises(PictureError) as caught:
        palette_source(source, SIZE)
    assert words in str(caught.value)
