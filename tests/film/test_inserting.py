"""A scene added to a storyboard, or doubled: the time that it gets, and every other letter as it was."""

from __future__ import annotations

import pytest

from dreamzoom.errors import StoryboardError
from dreamzoom.film.board.inserting import add_scene, double_scene

BARS = """\
# My film
[film]
size = "64x48"

# the beginning
[[scene]]
name = "verse"
image = "a.png"   # by the sea
camera.zoom = 1.02

# it gets loud
[[scene]]
name = "chorus"
image = "b.png"
start = "bar 9"
transition = "fade"
[scene.dream]
iterations = 4   # strong

# [[title]]
# text = "later"
"""

LENGTHS = """\
[[scene]]
image = "a.png"
length = 2
[[scene]]
image = "b.png"
length = "3s"  # breathe
transition = "fade\""""

NEW = {"image": "new.png"}


def no_spans():
    raise AssertionError("nobody has to know when scenes begin")


def test_between_two_bars_it_begins_at_the_bar_in_the_middle():
    assert add_scene(BARS, 1, NEW, no_spans) == BARS.replace(
        "# it gets loud\n", '[[scene]]\nimage = "new.png"\nstart = "bar 5"\n\n# it gets loud\n'
    )


def test_at_the_beginning_it_gets_the_first_half_of_the_first_scene():
    assert add_scene(BARS, 0, NEW, no_spans) == BARS.replace(
        "# the beginning\n", '[[scene]]\nimage = "new.png"\n\n# the beginning\n'
    ).replace("# by the sea\ncamera", '# by the sea\nstart = "bar 5"\ncamera')


def test_at_the_end_it_gets_half_of_the_last_scene_and_what_comes_later_in_the_file_stays_there():
    new = add_scene(BARS, 2, NEW, lambda: [(0, 16.0), (16.0, 30.0)])
    assert new == BARS.replace("# strong\n", '# strong\n\n[[scene]]\nimage = "new.png"\nstart = 23.0\n')


def test_between_seconds_it_begins_in_the_middle():
    text = BARS.replace('"bar 9"', "7")
    assert "start = 3.5" in add_scene(text, 1, NEW, no_spans)


def test_in_a_film_of_lengths_it_lasts_as_long_as_the_scene_beside_it():
    assert (
        add_scene(LENGTHS, 2, NEW, no_spans) == f'{LENGTHS}\n\n[[scene]]\nimage = "new.png"\nlength = "3s"\n'
    )
    assert add_scene(LENGTHS, 0, NEW, no_spans) == f'[[scene]]\nimage = "new.png"\nlength = 2\n\n{LENGTHS}'


def test_a_scene_of_a_length_before_one_without_a_start_is_halved():
    text = "[[scene]]\nlength = 3\n[[scene]]\nlength = 3\n[[scene]]\nstart = 8\nlength = 3\n"
    new = add_scene(text, 1, NEW, lambda: [(0, 3), (3, 6), (8, 11)])
    assert new == (
        '[[scene]]\n[[scene]]\nimage = "new.png"\nstart = 1.5\nlength = 1.5\n\n[[scene]]\nlength = 3\n'
        "[[scene]]\nstart = 8\nlength = 3\n"
    )


def test_the_clouds_of_a_first_scene_without_a_picture_are_named_before_another_one_comes_before():
    new = add_scene("[[scene]]\nlength = 3\n", 0, NEW, no_spans)
    assert new == '[[scene]]\nimage = "new.png"\nlength = 3\n\n[[scene]]\nlength = 3\nimage = "clouds"\n'


def test_a_scene_is_doubled_with_its_look_and_comments_but_not_with_its_time_and_name():
    new = double_scene(BARS, 1, lambda: [(0, 16.0), (16.0, 30.0)])
    assert new == BARS.replace(
        "# strong\n",
        '# strong\n\n[[scene]]\nstart = 23.0\nimage = "b.png"\n[scene.dream]\niterations = 4   # strong\n',
    )


def test_the_ends_of_lines_stay_as_they_are():
    windows = BARS.replace("\n", "\r\n")
    assert add_scene(windows, 1, NEW, no_spans) == add_scene(BARS, 1, NEW, no_spans).replace("\n", "\r\n")


def test_where_nobody_knows_what_time_is_free_that_is_said():
    with pytest.raises(StoryboardError, match="when scene 2 begins and ends"):
        add_scene(BARS, 2, NEW, list)


@pytest.mark.parametrize("at", [-1, 3])
def test_there_is_no_place_beyond_the_last(at):
    with pytest.raises(StoryboardError, match="no place"):
        add_scene(BARS, at, NEW, no_spans)


def test_what_is_written_in_a_way_of_its_own_is_left_to_the_person():
    with pytest.raises(StoryboardError, match=r"edit storyboard\.toml"):
        add_scene('scene = [{image = "a.png", length = 2}]\n', 1, NEW, no_spans)
