"""Pictures that a clip comes to: their stretches, what is wrong with them, where two recipes part."""

from __future__ import annotations

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.arrivals import arrivals_of, require_arrivals
from dreamzoom.recipe.build import build_recipe, follows_music, give_music
from dreamzoom.recipe.compare import first_difference
from dreamzoom.recipe.draft import make_draft
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.music import SIGNALS, Music

MUSIC = Music((0.5, 1.0, 1.5, 2.0), (0.5, 2.5), 1, dict.fromkeys(SIGNALS, (0.0,)))


def recipe_with(*rows: dict[str, object], **tables: dict[str, object]) -> Recipe:
    clip = {"frames": 120, "fps": 30, "dissolve": list(rows), **tables.pop("clip", {})}
    return build_recipe({"clip": clip, **tables})


def test_a_dissolves_times_are_frames_seconds_or_beats_of_the_song():
    rows = ({"image": "a.jpg", "at": 10, "over": "20f"}, {"image": "b.jpg", "at": "1s", "over": "0.5s"})
    assert [(each.first, each.last) for each in arrivals_of(recipe_with(*rows))] == [(10, 30), (30, 45)]
    row = {"image": "a.jpg", "at": "1beat", "over": "2beats"}
    recipe = recipe_with(row, music={"song": "song.wav"})
    assert follows_music(recipe)
    (stretch,) = arrivals_of(give_music(recipe, MUSIC))
    assert (stretch.first, stretch.last) == (30, 60)  # beats 1 and 3


def test_a_length_in_beats_is_counted_from_where_it_begins():
    row = {"image": "a.jpg", "at": "1.5s", "over": "1beat"}
    (stretch,) = arrivals_of(give_music(recipe_with(row, music={"song": "song.wav"}), MUSIC))
    assert (stretch.first, stretch.last) == (45, 60)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({}, "dissolve 1: image: needs a picture"),
        ({"image": "a.jpg", "at": "4s"}, "dissolve 1: at: 4s is frame 120: must be one of the clip's 120"),
        ({"image": "a.jpg", "over": "0s"}, "dissolve 1: over: 0s is no frame long"),
        ({"image": "a.jpg", "at": "1s"}, "dissolve 1: over: 4s ends at frame 150, after the clip's 120"),
        ({"image": "a.jpg", "at": "soon"}, "dissolve 1: at: has no time 'soon'"),
        ({"image": "a.jpg", "over": "A2"}, "dissolve 1: over: must be frames (90)"),
        ({"image": "a.jpg", "at": 1.5}, "dissolve 1: at: must be frames (90), seconds ('4s')"),
        ({"image": "a.jpg", "at": "2beats"}, "dissolve 1: at: goes by the music"),
        ({"image": "a.jpg", "to": 3}, "dissolve 1 has no key 'to'"),
    ],
)
def test_what_is_wrong_is_told_in_a_line(row, message):
    with pytest.raises(RecipeError) as error:
        recipe_with(row)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"clip": {"end": "b.jpg", "frames": 60}}, "clip.end_over: 4 s are more than the clip's 1.97"),
        ({"clip": {"end": "b.jpg", "end_over": 0}}, "clip.end_over: 0 s are no frame long"),
        ({"clip": {"end_over": -1}}, "clip.end_over: must be seconds"),
        ({"loop": {"close": 5}}, "loop.close: 5 s are more than the clip's 4: choose less, or more frames"),
        ({"loop": {"close": 0.01}}, "loop.close: 0.01 s are no frame long"),
        ({"loop": {"close": 2}, "clip": {"end": "b.jpg"}}, "loop.close: is not used beside clip.end"),
        (
            {"loop": {"close": 5, "depth": 16}, "clip": {"end": "b.jpg", "end_over": 9}},
            "recipe: loop.depth: a loop comes to where it began by itself, and to no other picture: "
            "leave out loop.depth, or clip.end and loop.close",
        ),
        ({"loop": {"close": 2}, "camera": {"zoom": "1.05 if n < 120 else 0"}}, "camera.zoom: is 0"),
    ],
)
def test_what_is_wrong_with_an_end_is_told_in_a_line(tables, message):
    with pytest.raises(RecipeError) as error:
        recipe_with(**tables)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_where_a_song_decides_the_length_it_is_seen_once_that_is_known():
    row, song = {"image": "b.jpg", "at": "60s"}, {"song": "song.wav"}
    with pytest.raises(RecipeError, match=r"clip.dissolve: dissolve 1: at: 60s is frame 1800"):
        require_arrivals(recipe_with(row, music=song))
    require_arrivals(recipe_with(row, music=song, clip={"frames": 2000}))


def test_an_end_is_the_last_frame_and_a_closing_clips_first_frame_comes_after_it():
    (end,) = arrivals_of(recipe_with(clip={"end": "b.jpg", "end_over": "2s", "frames": 100}))
    assert (end.first, end.last) == (39, 99)
    (close,) = arrivals_of(recipe_with(loop={"close": 1.5}))
    assert (close.first, close.last) == (75, 120)
    ends = [end.share(frame) for frame in (39, 69, 99)]
    assert ends == [0, 0.5, 1]
    assert [end.strength(frame) for frame in (0, 39, 99)] == [1, 1, 0]


def test_what_leads_to_an_end_moves_with_the_clips_length():
    end, frames = {"end": "b.jpg", "end_over": 1}, range(120)
    one = recipe_with(clip=end)
    assert first_difference(recipe_with(), one, frames) == 90
    assert first_difference(one, recipe_with(clip=end | {"frames": 110}), range(110)) == 80
    assert first_difference(one, recipe_with(clip=end | {"frames": 400}), frames) == 90
    assert first_difference(one, recipe_with(clip=end | {"end_over": 2}), frames) == 60
    assert first_difference(recipe_with(), recipe_with(loop={"close": 1}), frames) == 91


@pytest.mark.parametrize("frames", [120, 121, 122, 123])
def test_a_draft_ends_as_the_clip_does(frames):
    seconds = (frames - 1) / 30
    draft = make_draft(recipe_with(clip={"frames": frames, "end": "b.jpg", "end_over": seconds}))
    (end,) = arrivals_of(draft)
    assert (end.first, end.last) == (0, draft.clip.frames - 1)


def test_recipes_part_where_a_picture_begins_to_come():
    """What the camera does later in the stretch is seen from its beginning."""
    row = {"image": "a.jpg", "at": 40, "over": 60}
    none, one, frames = recipe_with(), recipe_with(row), range(120)
    assert first_difference(none, one, frames) == 41
    assert first_difference(one, recipe_with(row | {"over": 50}), frames) == 41
    assert first_difference(one, recipe_with(row | {"image": "b.jpg"}), frames) == 41
    late = {"zoom": {"0": 1.05, "90": {"value": 1.05, "ease": "step"}, "91": 1.02}}
    assert first_difference(one, recipe_with(row, camera=late), frames) == 41
    assert first_difference(none, recipe_with(camera=late), frames) == 91
    assert first_difference(one, recipe_with(row), frames) is None


def test_a_draft_brings_a_picture_in_the_same_seconds():
    recipe = recipe_with({"image": "a.jpg", "at": 30, "over": "2s"})
    draft = make_draft(recipe)
    (stretch,) = arrivals_of(draft)
    assert (stretch.first / draft.clip.fps, stretch.last / draft.clip.fps) == (1, 3)
