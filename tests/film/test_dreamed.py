"""Titles that are dreamed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.film.plan import DREAMED, PlannedScene, Title
from dreamzoom.film.words.dreamed import dream_titles, with_dreamed_words
from dreamzoom.film.words.titles import SAFE
from dreamzoom.io.toml import parse_toml
from dreamzoom.pictures.frames import read_frame
from dreamzoom.pictures.words import draw_words
from dreamzoom.recipe.build import build_recipe, dump_recipe
from dreamzoom.recipe.compare import first_difference
from dreamzoom.recipe.schema import Recipe
from support.clips import frame_files, render_here

WIDE = build_recipe({"clip": {"size": "320x180", "frames": 100}})
LONG = "Every night I close my eyes and the sky begins to breathe"


def _presence(recipe: Recipe, frames: int = 100) -> list[float]:
    return [recipe.dream.region[-1].there.at(frame, recipe.clock) for frame in range(frames)]


def _words(text: str, first: int, stop: int, **more: object) -> Title:
    return Title(text, first, stop, style=DREAMED, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("place", ["top", "middle", "bottom"])
@pytest.mark.parametrize("text", ["GO", "WE FALL\nFOR EVER", LONG])
@pytest.mark.parametrize("size", ["320x180", "180x320"])
def test_words_are_large_and_within_the_safe_area(place: str, text: str, size: str) -> None:
    recipe = build_recipe({"clip": {"size": size}})
    region = with_dreamed_words(recipe, [_words(text, 5, 20, place=place)]).dream.region[-1]
    assert region.text.split() == text.split()
    width, height = map(int, size.split("x"))
    drawn, share = draw_words(region.font, region.text, width), region.size.at(0, recipe.clock)
    scale = share / max(drawn.width / width, drawn.height / height)  # as a mask is fitted to its box
    x, y = (track.at(0, recipe.clock) for track in region.place)
    across, down = scale * drawn.width / width / 2, scale * drawn.height / height / 2
    edges = (x - across, y - down, 1 - x - across, 1 - y - down)
    assert min(edges) > SAFE - 0.01
    nearest = {"top": edges[1], "bottom": edges[3]}.get(place, SAFE)
    assert nearest == pytest.approx(SAFE, abs=0.01)
    assert 2 * across > 0.8 or 2 * down > 0.25


def test_words_come_and_go_as_a_title_does() -> None:
    recipe = with_dreamed_words(WIDE, [_words("HI", 10, 20, fade=3)])
    ramp = [0.25, 0.5, 0.75, 1, 1, 1, 1, 0.75, 0.5, 0.25]
    assert _presence(recipe) == pytest.approx([*[0] * 10, *ramp, *[0] * 80], abs=1e-3)
    at_once = with_dreamed_words(WIDE, [_words("HI", 10, 13, fade=3)])
    assert _presence(at_once, 15) == [*[0] * 10, 1, 1, 1, 0, 0]
    # What began before the clip does is on its way, or there.
    running = with_dreamed_words(WIDE, [_words("HI", -2, 5, fade=2)])
    assert _presence(running, 6) == pytest.approx([1, 1, 1, 2 / 3, 1 / 3, 0], abs=1e-3)
    rest = with_dreamed_words(WIDE, [_words("HI", 90, 200)])
    assert _presence(rest) == [*[0] * 90, *[1] * 10]


def test_a_scene_has_its_own_titles_in_its_own_frames() -> None:
    scene = PlannedScene("01-a", replace(WIDE, clip=replace(WIDE.clip, image="")), 50, 150)
    titles = [
        _words("BEFORE", 0, 50),
        _words("IN IT", 60, 70),
        _words("AFTER", 150, 160),
        Title("PLAIN", 60, 70),
    ]
    planned = dream_titles(scene, titles)
    assert {region.text.replace("\n", " ") for region in planned.recipe.dream.region} == {"IN IT"}
    assert _presence(planned.recipe, 22) == [*[0] * 10, *[1] * 10, 0, 0]
    assert dream_titles(scene, titles[:1]) is scene


def test_the_regions_of_a_recipe_stay_and_the_words_have_their_own_dream() -> None:
    own = build_recipe({"dream": {"region": [{"mask": "bright", "step": 2}]}})
    mask, about, inside = with_dreamed_words(own, [_words("HI", 5, 20, colour="#ff0000")]).dream.region
    assert mask == own.dream.region[0]
    assert about.palette.choices == ("#05060c #0c1020 #1a2038",)
    assert inside.palette.choices == ("#ff6666 #ff0000 #e00000",)
    assert inside.layer.choices == ("conv10",)
    assert inside.even.at(0, own.clock) == 1
    other = with_dreamed_words(build_recipe({"model": {"name": "googlenet"}}), [_words("HI", 5, 20)])
    assert other.dream.region[-1].layer.choices == ("",)


def test_a_recipe_with_words_is_written_and_read_back() -> None:
    recipe = with_dreamed_words(WIDE, [_words(LONG, 5, 20, fade=4), _words("Été", 30, 50)])
    assert build_recipe(parse_toml(dump_recipe(recipe), "recipe")) == recipe


def test_words_in_a_loop_are_refused() -> None:
    loop = build_recipe({"loop": {"depth": 8}})
    with pytest.raises(RecipeError, match="a loop is dreamed as one picture, in which no words"):
        with_dreamed_words(loop, [_words("HI", 5, 20)])


def test_too_many_words_for_a_scene_are_refused() -> None:
    with pytest.raises(RecipeError, match="has 66 regions with its dreamed words, two a title: 64 at most"):
        with_dreamed_words(WIDE, [_words(f"{number}", number, number + 1) for number in range(33)])


def test_frames_before_the_words_are_those_without_them(tmp_path: Path) -> None:
    """Every other frame is dreamed, and the one between is made of both beside it."""
    recipe = build_recipe({"camera": {"every": 2, "zoom": 1.0}})
    clips = []
    for name, each in (("plain", recipe), ("words", with_dreamed_words(recipe, [_words("HI", 4, 8)]))):
        path = tmp_path / f"{name}.toml"
        path.write_text(dump_recipe(each))
        clips.append(render_here(tmp_path / name, "--preset", path, frames=9))
    one, other = map(frame_files, clips)
    assert [name for name in one if one[name] != other[name]] == [
        f"{frame:06d}.png" for frame in (5, 6, 7, 8)
    ]
    shown, plain = (read_frame(clip / "frames/000006.png").astype(int) for clip in clips[::-1])
    changed = np.abs(shown - plain).mean(2)
    assert changed[27:].mean() > 1.3 * changed[:20].mean()  # the words stand at the bottom


def test_a_changed_title_leaves_the_frames_before_it() -> None:
    """Whatever was there before and after it, and though a scene's own regions are always there."""
    own = build_recipe({"clip": {"frames": 100}, "dream": {"region": [{"mask": "bright"}]}})
    early, late, other = _words("EARLY", 5, 9), _words("LATE", 50, 60), _words("OTHER", 40, 60)
    one = with_dreamed_words(own, [early, late])
    frames = range(100)
    assert first_difference(one, with_dreamed_words(own, [early, other]), frames) == 40
    assert first_difference(with_dreamed_words(own, [early]), one, frames) == 50
    assert first_difference(one, with_dreamed_words(own, [late]), frames) == 5
    assert first_difference(one, with_dreamed_words(own, [early, late]), frames) is None
    assert (
        first_difference(one, with_dreamed_words(build_recipe({"clip": {"frames": 100}}), [late]), frames)
        == 0
    )
    quick = replace(one, camera=build_recipe({"camera": {"zoom": {"0": 1.05, "20": 1.05, "21": 1.1}}}).camera)
    assert first_difference(quick, with_dreamed_words(own, [early, other]), frames) == 21
