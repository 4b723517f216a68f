"""Palettes: the files that hold them, what is wrong with some, and the ones that come along."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.pictures.palettes import palette_picture, palette_source
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.palettes import find_palette, list_palettes, open_palette, read_colour, read_palette
from dreamzoom.recipe.units import Size
from support.clips import says

TWO = "GIMP Palette\nName: Two\nColumns: 2\n# remark\n255 0 0\tred\n  0   0 128 navy blue\n"


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_table_gives_colours_their_shares(tmp_path):
    text = 'title = "Flag"\ndescription = "of none"\n[colours]\n"#f00" = 3\n"00FF80" = 1\n'
    palette = read_palette(write(tmp_path, "flag.toml", text))
    assert (palette.name, palette.title, palette.description) == ("flag", "Flag", "of none")
    assert palette.rows == (((255, 0, 0), 0.75), ((0, 255, 128), 0.25))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("two.toml", 'colours = ["#ff0000", "#000080"]'),
        ("two.gpl", TWO),
        ("two.hex", "ff0000\n000080\n"),
        ("two.txt", "; a remark\n#ff0000 2\n\n// another\n#000080 2\n"),
    ],
)
def test_a_list_gives_them_equal_shares(tmp_path, name, text):
    palette = read_palette(write(tmp_path, name, text))
    assert palette.rows == (((255, 0, 0), 0.5), ((0, 0, 128), 0.5))


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.toml", "", "holds no colours; write colours as"),
        ("a.toml", "colours = []", "holds no colours"),
        ("a.hex", "; nothing\n", "holds no colours"),
        ("a.gpl", "GIMP Palette\n", "holds no colours"),
        ("a.toml", "colours = 3", "must be an array of colours, or a table"),
        ("a.toml", 'colours = ["#ff0000"]', "needs two colours at least"),
        ("a.toml", 'colours = ["#f00", "#ff0000"]', "needs two colours at least"),
        ("a.toml", 'colours = ["#ff000g", "#000"]', "'#ff000g' is no colour; write colours as"),
        ("a.toml", "colours = [255, 0]", "255 is no colour"),
        ("a.toml", 'colour = ["#fff", "#000"]', "no key 'colour'; did you mean 'colours'?"),
        ("a.toml", '[colours]\n"#fff" = 0\n"#000" = 0', "shares that sum to nothing"),
        ("a.toml", '[colours]\n"#fff" = 1\n"#000" = 0', "needs two colours at least"),
        ("a.toml", '[colours]\n"#fff" = -1\n"#000" = 2', "colour #fff has the share -1: must be a number"),
        ("a.toml", '[colours]\n"#fff" = nan\n"#000" = 2', "has the share nan"),
        ("a.toml", '[colours]\n"#fff" = true\n"#000" = 2', "has the share true"),
        ("a.toml", 'title = 3\ncolours = ["#fff", "#000"]', "title must be one line"),
        ("a.hex", "ff0000\nred\n", "line 2: 'red' is no colour"),
        ("a.txt", "#fff much\n#000", "line 1: colour #fff has the share 'much'"),
        ("a.txt", "#fff 1 2\n#000", "line 1: colour #fff has the share '1 2'"),
        ("a.gpl", "#fff\n", "is no GIMP palette"),
        ("a.gpl", "GIMP Palette\n300 0 0 hot\n", "line 2: '300 0 0 hot' is no colour"),
        ("a.hex", "\n".join(f"{number:06x}" for number in range(257)), "257 colours: must be 256 at most"),
    ],
)
def test_what_is_no_palette_is_refused_by_name_and_place(tmp_path, name, text, words):
    path = write(tmp_path, name, text)
    with pytest.raises(RecipeError) as caught:
        read_palette(path)
    assert str(path) in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_colours_may_stand_in_the_place_of_a_name():
    palette = open_palette("#102030 #FFEEDD #ffeedd")
    assert palette.rows == (((16, 32, 48), 1 / 3), ((255, 238, 221), 1 / 3), ((255, 238, 221), 1 / 3))
    assert palette_source("#102030 #ffeedd", Size(64, 48)).size == palette_picture(palette).size
    with pytest.raises(RecipeError, match="two colours at least"):
        open_palette("#102030")


def test_a_colour_has_three_or_six_digits():
    assert read_colour("#fc8") == read_colour("FFCC88") == (255, 204, 136)
    with pytest.raises(RecipeError, match="is no colour"):
        read_colour("#fc8f")


def test_those_that_come_along_have_a_range_of_light_and_a_line_each():
    palettes = list_palettes()
    assert len(palettes) >= 12
    for palette in palettes:
        light = [sum(colour) / 3 for colour in palette.colours]
        assert max(light) - min(light) > 150, palette.name
        assert palette.title
        assert palette.description
        assert 4 <= len(palette.colours) <= 8, palette.name
    assert len({palette.colours for palette in palettes}) == len(palettes)


def test_an_unknown_one_is_answered_with_those_like_it():
    with pytest.raises(RecipeError, match="no palette 'embres'; did you mean 'embers'"):
        find_palette("embres")


def test_a_hold_of_zero_that_was_asked_for_leaves_a_palette_alone():
    """So a preset's palette is no fault where a person wants its colours to run."""
    assert build_recipe({"colour": {"palette": "dusk", "hold": 0}}).colour.palette.choices == ("dusk",)


# The command


def test_the_command_lists_prints_and_draws_them(tmp_path):
    listed = says(0, "presets", "--palettes").splitlines()
    assert [line.split()[0] for line in listed] == [palette.name for palette in list_palettes()]
    assert says(0, "presets", "--palettes", "dusk").rstrip() == find_palette("dusk").text.rstrip()
    (facts,) = json.loads(says(0, "presets", "--palettes", "--json", write(tmp_path, "two.gpl", TWO)))
    assert facts["colours"][1] == {"colour": "#000080", "share": 0.5}
    sheet = tmp_path / "sheet.png"
    assert "20 palettes" in says(0, "presets", "--palettes", "--out", sheet)
    assert sheet.read_bytes().startswith(b"\x89PNG")
    assert "exists" in says(2, "presets", "--palettes", "--out", sheet)


def test_the_command_refuses_what_it_cannot_do(tmp_path):
    assert "did you mean 'dusk'?" in says(2, "presets", "--palettes", "dask")
    assert "give --palettes too" in says(2, "presets", "--out", tmp_path / "x.png")
