"""What two storyboards differ in: which scenes belong together, and the keys of each."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamzoom.film.board.apart import KeyApart, tell_apart
from dreamzoom.film.board.reading import parse_storyboard

BASE = """\
[film]
size = "64x48"
[[scene]]
name = "verse"
image = "a.png"
length = 2
[[scene]]
image = "b.png"
length = 3
camera.zoom = 1.02
[[scene]]
image = "c.png"
length = 1
"""


def apart(one, other):
    return tell_apart(*((text, parse_storyboard(text, Path("board.toml"))) for text in (one, other)))


def pairs(found):
    return [(each.one, each.other, [key.key for key in each.keys]) for each in found.scenes]


def test_a_storyboard_is_no_other_than_itself():
    found = apart(BASE, f"# another comment\n{BASE}")
    assert found.keys == ()
    assert pairs(found) == [(0, 0, []), (1, 1, []), (2, 2, [])]


def test_keys_that_differ_are_told_with_both_values_and_those_of_tables_by_their_dots():
    other = BASE.replace("zoom = 1.02", 'zoom = "1.02 + bass"').replace("length = 1\n", "")
    found = apart(BASE, other)
    assert found.scenes[1].keys == (KeyApart("camera.zoom", 1.02, "1.02 + bass"),)
    assert found.scenes[2].keys == (KeyApart("length", 1, None),)
    told = apart(BASE, BASE.replace("64x48", "128x96") + '[[title]]\ntext = "Hi"\n')
    assert told.keys == (KeyApart("film.size", "64x48", "128x96"), KeyApart("title 1.text", None, "Hi"))


def test_a_scene_that_was_added_stands_alone_and_the_others_belong_together_still():
    new = '[[scene]]\nimage = "new.png"\nlength = 1\n'
    second = '[[scene]]\nimage = "b.png"'
    assert pairs(apart(BASE, BASE.replace(second, new + second))) == [
        (0, 0, []),
        (None, 1, []),
        (1, 2, []),
        (2, 3, []),
    ]
    assert pairs(apart(BASE, BASE.partition(second)[0])) == [(0, 0, []), (1, None, []), (2, None, [])]


def test_another_picture_in_a_scene_of_the_same_name_is_a_change_of_it():
    found = apart(BASE, BASE.replace("a.png", "z.png"))
    assert pairs(found) == [(0, 0, ["image"]), (1, 1, []), (2, 2, [])]


def test_the_same_picture_named_otherwise_is_the_same(tmp_path):
    (tmp_path / "film").mkdir()
    (tmp_path / "a.png").touch()
    texts = ['[[scene]]\nimage = "../a.png"\n', f'[[scene]]\nimage = "{tmp_path}/a.png"\n']
    boards = [(text, parse_storyboard(text, tmp_path / "film/storyboard.toml")) for text in texts]
    assert pairs(tell_apart(*boards)) == [(0, 0, [])]


@pytest.mark.parametrize("value", ["nan", "inf", "1979-05-27", "[1, [2]]"])
def test_values_that_are_no_json_are_told_as_texts(value):
    found = apart(f"[film]\nx = {value}\n", "[film]\nx = 1\n")
    assert [type(key.one) for key in found.keys] == [str]


def test_films_of_very_many_scenes_are_compared_by_the_scenes_numbers():
    many = "[[scene]]\nlength = 1\n" * 600
    found = apart(many, f"{many}[[scene]]\nlength = 2\n")
    assert len(found.scenes) == 601
    assert (found.scenes[-1].one, found.scenes[-1].other) == (None, 600)
