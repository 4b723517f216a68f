"""A storyboard's text changed in one place: all else keeps every letter."""

from __future__ import annotations

import pytest

from dreamzoom.errors import StoryboardError
from dreamzoom.film.board.rewriting import move_scene, remove_scene, scene_lines, set_key

SONG = """\
# My film
[film]
size = "64x48"

# the beginning
[[scene]]
name = "verse"
image = "a.png"   # by the sea
preset = "bestiary"
camera.zoom = 1.02

# it gets loud
[[scene]]
name = "chorus"
image = "b.png"
start = "bar 9"
transition = "fade"
[scene.dream]
iterations = 4

# [[title]]
# text = "later"
"""

LENGTHS = """\
[[scene]]
image = "a.png"
length = 2
[[scene]]
image = "b # c.png"
length = "3s"  # breathe
transition = "fade"
[[scene]]
image = "d.png"
length = 1"""


def test_a_key_is_set_where_it_stands_and_its_comment_stays():
    new = set_key(SONG, 0, "image", "c.png")
    assert new == SONG.replace('image = "a.png"   # by the sea', 'image = "c.png"   # by the sea')
    assert set_key(LENGTHS, 1, "image", "e.png") == LENGTHS.replace("b # c", "e")


def test_a_key_that_is_not_there_comes_after_the_last_of_the_scene_and_before_its_tables():
    new = set_key(SONG, 1, "length", "8 bars")
    assert new == SONG.replace('transition = "fade"\n', 'transition = "fade"\nlength = "8 bars"\n')


def test_the_ends_of_lines_stay_as_they_are():
    windows = SONG.replace("\n", "\r\n")
    assert set_key(windows, 1, "length", 4) == set_key(SONG, 1, "length", 4).replace("\n", "\r\n")


def test_a_key_is_taken_away():
    assert set_key(SONG, 1, "transition", None) == SONG.replace('transition = "fade"\n', "")
    assert set_key(SONG, 0, "transition", None) == SONG


def test_in_a_film_with_starts_pictures_and_looks_move_and_times_stay():
    assert move_scene(SONG, 1, 0) == SONG.replace(
        'name = "verse"\nimage = "a.png"   # by the sea\npreset = "bestiary"\ncamera.zoom = 1.02\n',
        'name = "verse"\nimage = "b.png"\n[scene.dream]\niterations = 4\n',
    ).replace(
        'name = "chorus"\nimage = "b.png"\nstart = "bar 9"\ntransition = "fade"\n'
        "[scene.dream]\niterations = 4\n",
        'name = "chorus"\nstart = "bar 9"\ntransition = "fade"\nimage = "a.png"   # by the sea\n'
        'preset = "bestiary"\ncamera.zoom = 1.02\n',
    )


def test_in_a_film_of_lengths_a_scene_moves_with_its_length():
    assert move_scene(LENGTHS, 0, 2) == (
        '[[scene]]\nimage = "b # c.png"\nlength = "3s"  # breathe\n'
        '[[scene]]\ntransition = "fade"\nimage = "d.png"\nlength = 1\n'
        '[[scene]]\nimage = "a.png"\nlength = 2'
    )


def test_a_scene_goes_with_the_comment_above_it():
    assert remove_scene(SONG, 1) == SONG.replace(
        '# it gets loud\n[[scene]]\nname = "chorus"\nimage = "b.png"\nstart = "bar 9"\ntransition = "fade"\n'
        "[scene.dream]\niterations = 4\n",
        "",
    )


def test_the_lines_of_scenes_are_known():
    assert [(block.first, block.stop) for block in scene_lines(SONG)] == [(5, 10), (12, 19)]


@pytest.mark.parametrize(
    "text",
    [
        'scene = [{image = "a.png"}, {image = "b.png"}]\n',
        '[[scene]]\nimage = """a\n[[scene]]\n"""\n',
        '[[scene]]\nimage = [\n"a.png"\n]\n[[scene]]\nimage = "b.png"\n',
    ],
)
def test_what_is_written_in_a_way_of_its_own_is_left_to_the_person(text):
    with pytest.raises(StoryboardError, match=r"edit storyboard\.toml"):
        set_key(text, 0, "image", "x.png")


def test_there_is_no_scene_beyond_the_last():
    for change in (lambda: set_key(SONG, 2, "length", 1), lambda: move_scene(SONG, 0, 2)):
        with pytest.raises(StoryboardError, match=r"edit storyboard\.toml"):
            change()
