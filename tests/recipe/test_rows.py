"""Arrays of tables in a recipe."""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.io.toml import format_table, parse_toml
from dreamzoom.recipe.rows import TableRows
from dreamzoom.recipe.settings import FileText, Moving, Text, Whole
from dreamzoom.tracks.base import Clock, Track
from dreamzoom.tracks.blend import Blend


@dataclass(frozen=True)
class Part:
    name: str = Text(default="", what="a name", help="").field()
    class_: int = Whole(default=0, maximum=9, help="").field()


@dataclass(frozen=True)
class Sample:
    layer: Blend[str] = Text(default="", what="a layer's name", help="").fading().field()
    weight: Track = Moving(default=1, minimum=-2, maximum=2, help="").field()
    mask: Blend[str] = FileText(default="", what="a picture", help="", kind="mask").fading().field()
    part: tuple[Part, ...] = TableRows(of=Part, what="part", help="").field()


ROWS = TableRows(of=Sample, what="sample", help="", most=3)
CLOCK = Clock(Fraction(10), 20)


def test_rows_come_back_from_toml_as_they_were() -> None:
    raw = [{"layer": {"0": "a", "1s": "b"}, "weight": "sin(t)"}, {"part": [{"name": "x"}, {"class": 7}]}]
    rows = ROWS.parse(raw)
    text = format_table("dream", {"sample": ROWS.dump(rows), "after": 1})
    assert "[[dream.sample]]" in text
    assert "[[dream.sample.part]]" in text
    document = parse_toml(text, "here")["dream"]
    assert document["after"] == 1
    assert ROWS.parse(document["sample"]) == rows
    assert [part.class_ for part in rows[1].part] == [0, 7]


def test_no_rows_are_an_empty_array() -> None:
    text = format_table("dream", {"sample": ROWS.dump(())})
    assert ROWS.parse(parse_toml(text, "here")["dream"]["sample"]) == ()


def test_one_table_is_one_row() -> None:
    assert ROWS.parse({"weight": 2}) == ROWS.parse([{"weight": 2}])


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("layer", "must be an array of tables, each with some of layer, weight, mask, part"),
        ([{"wieght": 1}], "sample 1 has no key 'wieght'; did you mean 'weight'"),
        ([{}, {"layer": 3}], "sample 2: layer: must be a layer's name"),
        ([{"part": {"class": 10}}], "sample 1: part: part 1: class: must be a whole number from 0 to 9"),
        ([{}] * 4, "has 4 of these: must be 3 at most"),
    ],
)
def test_what_is_wrong_is_told_with_its_row(raw: object, message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        ROWS.parse(raw)


def test_a_track_is_checked_over_the_frames() -> None:
    rows = ROWS.parse([{}, {"weight": "t*2"}])
    with pytest.raises(RecipeError, match=r"sample 2: weight: .*frame 1"):
        ROWS.check(rows, CLOCK)
    ROWS.check(rows, Clock(Fraction(10), 5))


def test_what_moves_and_what_does_not_are_told_apart() -> None:
    one, other = ROWS.parse([{"weight": 1}]), ROWS.parse([{"weight": "cos(t)"}])
    assert ROWS.still(one) == ROWS.still(other)
    assert [track.at(5, CLOCK) for track in ROWS.tracks(one)] != [
        track.at(5, CLOCK) for track in ROWS.tracks(other)
    ]
    assert ROWS.still(ROWS.parse([{"part": {"name": "x"}}])) != ROWS.still(one)
    assert ROWS.still(ROWS.parse([{}, {}])) != ROWS.still(one)


def test_pictures_are_found_and_changed_in_rows() -> None:
    timed = {"0": "b.png", "1s": {"value": "c.png", "ease": "step"}}
    raw = [{"mask": "a.png"}, {"mask": timed}, {"mask": 3}]
    names = [("mask", "a.png"), ("mask", "b.png"), ("mask", "c.png")]
    assert list(ROWS.pictures(ROWS.parse(raw[:2]))) == names
    changed = ROWS.map_files(raw, lambda setting, name: f"{setting.kind}/{name}")
    assert changed == [
        {"mask": "mask/a.png"},
        {"mask": {"0": "mask/b.png", "1s": {"value": "mask/c.png", "ease": "step"}}},
        {"mask": 3},
    ]
