"""Recipes: what they hold, what they refuse and how, and that they come back as they were written."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamzoom._version import __version__
from dreamzoom.errors import ClipError, RecipeError
from dreamzoom.io.toml import LARGEST_FILE, format_value, parse_toml, read_toml
from dreamzoom.recipe import build
from dreamzoom.recipe.build import (
    Fragment,
    build_recipe,
    check_recipe,
    differing_keys,
    dump_recipe,
    make_fragment,
    option_fragment,
    override_fragment,
    overruled,
)
from dreamzoom.recipe.channels import Channels
from dreamzoom.recipe.frozen import FrozenRecipe, dump_frozen, load_frozen
from dreamzoom.recipe.pictures import KEPT_FILE
from dreamzoom.recipe.reference import list_keys, reference_text
from dreamzoom.recipe.schema import SETTINGS, TABLES, Recipe
from dreamzoom.recipe.settings import FileText, Setting
from dreamzoom.recipe.units import Size, beyond_players, parse_size
from dreamzoom.tracks import parse
from dreamzoom.tracks.base import Clock, Kind
from dreamzoom.tracks.blend import steady
from support.recipe_page import recipe_reference

SHA = "0123456789abcdef" * 4


def refusal(*fragments: Fragment | dict[str, object]) -> str:
    """What is said about a recipe that is refused: one line."""
    with pytest.raises(RecipeError) as caught:
        build_recipe(*fragments)
    message = str(caught.value)
    assert "\n" not in message
    return message


def only(key: str, raw: object) -> dict[str, object]:
    table, name = key.split(".")
    return {table: {name: raw}}


def written(folder: Path, content: str | bytes) -> Path:
    path = folder / "my.toml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def read_fragment(path: Path) -> Fragment:
    return make_fragment(read_toml(path), str(path))


# Defaults and values


def test_nothing_asked_for_makes_the_defaults_of_the_design() -> None:
    recipe = build_recipe()
    assert recipe == Recipe()
    assert (recipe.clip.frames, recipe.clip.size, recipe.clip.fps) == (300, Size(640, 360), Fraction(30))
    assert (recipe.model.name, recipe.dream.octaves, recipe.dream.octave_scale) == ("squeezenet", 4, 1.4)
    assert recipe.camera.zoom.at(7, recipe.clock) == 1.05
    assert [track.at(0, recipe.clock) for track in recipe.camera.target] == [0.5, 0.5]


@pytest.mark.parametrize(
    ("raw", "rate"),
    [
        (30, Fraction(30)),
        (12.5, Fraction(25, 2)),
        (23.976, Fraction(24000, 1001)),
        (29.97, Fraction(30000, 1001)),
        ("59.94", Fraction(60000, 1001)),
        (119.88, Fraction(120000, 1001)),
        ("30000/1001", Fraction(30000, 1001)),
        ("240", Fraction(240)),
    ],
)
def test_a_rate_is_exact(raw: object, rate: Fraction) -> None:
    assert build_recipe(only("clip.fps", raw)).clip.fps == rate


@pytest.mark.parametrize("text", ["640x360", " 640 X 360 ", "640×360"])  # noqa: RUF001
def test_a_size_may_be_written_in_several_ways(text: str) -> None:
    assert build_recipe(only("clip.size", text)).clip.size == Size(640, 360)


def test_an_odd_size_is_allowed() -> None:
    assert build_recipe(only("clip.size", "641x33")).clip.size == Size(641, 33)


@pytest.mark.parametrize(
    ("raw", "channels"),
    [
        (7, Channels((7,))),
        ([3, 1], Channels((3, 1))),
        ([], Channels()),
        ([[3, -0.5], 1], Channels((3, 1), (-0.5, 1.0))),
        ([[3, 1]], Channels((3,))),
        ("strongest 4", Channels(rank="strongest", count=4)),
        ("weakest", Channels(rank="weakest", count=8)),
    ],
)
def test_channels_are_numbers_with_weights_or_ranked(raw: object, channels: Channels) -> None:
    assert build_recipe(only("dream.channel", raw)).dream.channel == steady(channels)


def test_tracks_follow_the_clips_rate() -> None:
    recipe = build_recipe({"clip": {"fps": 25}, "camera": {"rotate": "10deg/s", "zoom": "4/s"}})
    assert recipe.camera.rotate.at(0, recipe.clock) == pytest.approx(0.4)
    assert recipe.camera.zoom.at(0, recipe.clock) == pytest.approx(4 ** (1 / 25))


# Bad values


@pytest.mark.parametrize(
    ("key", "raw"),
    [
        ("clip.frames", 0),
        ("clip.frames", -5),
        ("clip.frames", 1_000_000),
        ("clip.frames", 3.0),
        ("clip.frames", True),
        ("clip.frames", "300"),
        ("clip.frames", [300]),
        ("clip.size", "640"),
        ("clip.size", "31x360"),
        ("clip.size", "640x8193"),
        ("clip.size", "-640x360"),
        ("clip.size", "640x360x2"),
        ("clip.size", ""),
        ("clip.size", 640),
        ("clip.size", [640, 360]),
        ("clip.fps", 0),
        ("clip.fps", 0.5),
        ("clip.fps", 241),
        ("clip.fps", -30),
        ("clip.fps", float("nan")),
        ("clip.fps", float("inf")),
        ("clip.fps", True),
        ("clip.fps", "30/0"),
        ("clip.fps", "1e999999999"),
        ("clip.fps", "thirty"),
        ("clip.seed", -1),
        ("clip.seed", 2**63),
        ("clip.image", ""),
        ("clip.image", 5),
        ("clip.image", "a\0b"),
        ("clip.image", "broken\udc80name"),
        ("clip.image", "x" * 5000),
        ("model.name", ""),
        ("model.engine", "tensorflow"),
        ("model.engine", 1),
        ("model.precision", "float16"),
        ("model.device", "gpu"),
        ("dream.objective", "l3"),
        ("dream.channel", -1),
        ("dream.channel", [1, 1]),
        ("dream.channel", [1, "a"]),
        ("dream.channel", True),
        ("dream.channel", [[3, 0], [4, 0]]),
        ("dream.channel", [[3, "a"]]),
        ("dream.channel", [[3, 1, 2]]),
        ("dream.channel", [[3, float("nan")]]),
        ("dream.channel", "strongest 0"),
        ("dream.channel", "loudest"),
        ("dream.class", -1),
        ("dream.class", 1.5),
        ("dream.class", ["peacock"]),
        ("dream.unit", 0.5),
        ("dream.unit", [0.5, 1.5]),
        ("dream.unit", "middle"),
        ("dream.goal", 3),
        ("dream.goal", [{"wieght": 1}]),
        ("dream.goal", [{"weight": 11}]),
        ("dream.goal", [{}]),
        ("dream.goal", [{"weight": 2}]),
        ("dream.goal", [{"layer": "a", "weight": 0}, {"layer": "b", "weight": 0}]),
        ("dream.goal", [{"objective": "look"}]),
        ("dream.goal", [{"layer": "a", "guide": "b.jpg"}]),
        ("dream.goal", [{"class": 3, "guide": "b.jpg"}]),
        ("dream.goal", [{"class": 3, "channel": 4}]),
        ("dream.goal", [{"objective": "look", "guide": "b.jpg", "unit": [0.1, 0.1]}]),
        ("dream.goal", [{"layer": "a"}] * 17),
        ("dream.octaves", 0),
        ("dream.octaves", 21),
        ("dream.octave_scale", 1),
        ("dream.octave_scale", 4.1),
        ("dream.octave_scale", float("nan")),
        ("dream.octave_scale", 10**400),
        ("dream.iterations", 0),
        ("dream.iterations", 501),
        ("dream.iterations", True),
        ("dream.step_size", 0),
        ("dream.step_size", float("inf")),
        ("dream.jitter", 513),
        ("camera.zoom", 0.4),
        ("camera.zoom", 2.1),
        ("camera.zoom", float("nan")),
        ("camera.zoom", False),
        ("camera.zoom", 10**400),
        ("camera.zoom", {}),
        ("camera.zoom", [1.05]),
        ("camera.rotate", 181),
        ("camera.pan", 0.1),
        ("camera.pan", [0.1]),
        ("camera.pan", [0, 1.1]),
        ("camera.target", [0.5, "left"]),
        ("camera.target", [-0.1, 0.5]),
        ("camera.every", 61),
        ("camera.interpolation", "nearest"),
        ("colour.hold", 1.5),
    ],
)
def test_a_wrong_value_is_refused_with_its_key_and_its_place(key: str, raw: object) -> None:
    message = refusal(make_fragment(only(key, raw), "my.toml"))
    assert message.startswith(f"my.toml: {key}: ")
    assert len(message) < 300


@pytest.mark.parametrize("key", ["camera.zoom", "clip.seed", "clip.fps", "camera.pan", "dream.channel"])
def test_a_number_of_thousands_of_digits_is_refused_in_few_words(key: str) -> None:
    message = refusal(only(key, int("f" * 5000, 16)))
    assert f"{key}: " in message
    assert len(message) < 300


def test_a_refusal_says_what_is_allowed_and_what_was_given() -> None:
    assert refusal(make_fragment(only("clip.frames", 0), "my.toml")) == (
        "my.toml: clip.frames: must be a whole number from 1 to 999999 frames, got 0"
    )


def test_a_misspelt_choice_is_answered_with_the_nearest() -> None:
    assert "did you mean 'lanczos'?" in refusal(only("camera.interpolation", "lancos"))


def test_a_track_that_leaves_its_range_at_a_later_frame_is_refused() -> None:
    message = refusal(make_fragment(only("camera.zoom", "1 + 0.01*n"), "my.toml"))
    assert message.startswith("my.toml: camera.zoom: ")
    assert "frame 101" in message


def test_the_axis_of_a_wrong_point_is_named() -> None:
    assert ": camera.target: y: " in refusal(only("camera.target", [0.5, 2]))


def test_a_guide_objective_needs_a_guide() -> None:
    assert "give one in dream.guide" in refusal(only("dream.objective", "guide"))
    assert build_recipe({"dream": {"objective": "guide", "guide": "a.jpg"}}).dream.guide == steady("a.jpg")


def test_a_guide_that_nothing_would_use_is_refused() -> None:
    assert "set that too" in refusal(only("dream.guide", "a.jpg"))


def test_all_faults_are_told_at_once() -> None:
    message = refusal(
        make_fragment({"clip": {"frames": 0, "size": "big"}, "camera": {"pan": 1}}, "my.toml"),
        override_fragment("dream.octaves=99"),
    )
    for part in (
        "my.toml: clip.frames: ",
        "my.toml: clip.size: ",
        "my.toml: camera.pan: ",
        "--set: dream.octaves: ",
    ):
        assert part in message


def test_of_very_many_faults_only_the_first_are_told() -> None:
    keys = ["frames", "size", "fps", "seed", "image"]
    message = refusal({"clip": dict.fromkeys(keys), "dream": {"octaves": None}})
    assert message.endswith("; and 1 more like these")


# Unknown names


@pytest.mark.parametrize(
    ("document", "hint"),
    [
        ({"clips": {}}, "there is no table 'clips'; did you mean 'clip'?"),
        ({3: {}}, "there is no table 3; there are clip, "),
        ("film.toml", "'film.toml' is no part of one: give tables"),
        (None, "None is no part of one: give tables"),
        ({"clip": {"frame": 3}}, "there is no key 'clip.frame'; did you mean 'clip.frames'?"),
        ({"dream": {"zoom": 1.1}}, "there is no key 'dream.zoom'; did you mean 'camera.zoom'?"),
        ({"frames": 3}, "there is no key 'frames'; did you mean 'clip.frames'?"),
        ({"clip": 3}, "clip must be a table, [clip], got 3"),
        ({"colour": {"xyzzy": 1}}, "there is no key 'colour.xyzzy'; there are hold"),
    ],
)
def test_an_unknown_name_is_answered_with_the_nearest(document: dict[str, object], hint: str) -> None:
    with pytest.raises(RecipeError) as caught:
        make_fragment(document, "my.toml")
    assert f"my.toml: {hint}" in str(caught.value)


def test_of_very_many_unknown_names_few_are_compared(monkeypatch) -> None:
    asked = []
    monkeypatch.setattr(build, "nearest", lambda word, known, within="": asked.append(word) or "")
    document = {"dream": {f"k{number}": 1 for number in range(9000)}} | {
        f"t{number}": {} for number in range(9000)
    }
    with pytest.raises(RecipeError, match="and 17995 more like these"):
        make_fragment(document, "here")
    assert len(asked) == 5


def test_a_long_formula_over_a_very_long_clip_is_looked_at_here_and_there(monkeypatch) -> None:
    formula = "+".join(["sin(n)"] * 90)
    monkeypatch.setattr(parse, "_MOST_OPERATIONS", 10_000)
    looked = parse._looked_at(parse.parse_track(formula, Kind.LEVEL), Clock(Fraction(30), 1000))
    assert 10 < len(list(looked)) < 100
    assert list(looked)[-1] == 999
    assert list(parse._looked_at(parse.parse_track("n", Kind.LEVEL), Clock(Fraction(30), 1000))) == list(
        range(1000)
    )


@pytest.mark.parametrize(
    ("size", "rate", "beyond"),
    [("4096x2304", 56, False), ("4096x2304", 57, True), ("3840x2160", 60, False), ("8192x4320", 1, True)],
)
def test_what_phones_do_not_play_is_known(size: str, rate: int, beyond: bool) -> None:
    wanted = parse_size(size)
    assert wanted
    assert beyond_players(wanted, Fraction(rate)) is beyond


def test_what_only_informs_is_passed_over() -> None:
    fragment = make_fragment(
        {"title": "T", "description": "D", "frozen": {"x": 1}, "clip": {"seed": 5}}, "p.toml"
    )
    assert build_recipe(fragment) == build_recipe(only("clip.seed", 5))


# Files


def test_a_recipe_file_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, '[clip]\nframes = 12\n[camera.zoom]\n0 = 1.02\n"2s" = 1.05\n')
    recipe = build_recipe(read_fragment(path))
    assert recipe.clip.frames == 12
    assert recipe.camera.zoom.at(0, recipe.clock) == pytest.approx(1.02)


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = written(tmp_path, b"\xef\xbb\xbf[clip]\nframes = 12\n")
    assert build_recipe(read_fragment(path)).clip.frames == 12


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[clip]\nframes = = 3\n", "line 2, column 10: invalid value"),
        ("[clip]\nframes = 3\nframes = 4\n", "line 3"),
        ("[clip]\nimage = '''", "line 2"),
        (b"[clip]\nimage = '\xff'\n", "line 2: is not UTF-8"),
        ("x = " + "[" * 20_000, "nested too deeply"),
        ("[clip]\nseed = " + "9" * 5000, "no TOML"),
        (b"#" * (LARGEST_FILE + 1), "larger than 1 MiB"),
    ],
)
def test_a_broken_file_is_refused_with_its_place(tmp_path: Path, content: str | bytes, words: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(RecipeError) as caught:
        read_fragment(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert words in str(caught.value)


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="there is no such file"):
        read_fragment(tmp_path / "none.toml")
    with pytest.raises(RecipeError, match="is a folder"):
        read_fragment(tmp_path)


# Overrides


@pytest.mark.parametrize(
    ("text", "raw"),
    [
        ("dream.iterations=6", 6),
        ("dream.layer=fire8/concat", "fire8/concat"),
        ("dream.layer=", ""),
        ('dream.layer="fire 8"', "fire 8"),
        ("clip.size=320x180", "320x180"),
        ("clip.image=2024-05-01", "2024-05-01"),
        ("clip.image=12", "12"),
        ("clip.image=https://a.b/c?d=e", "https://a.b/c?d=e"),
        ("camera.zoom=4.3/s", "4.3/s"),
        ("camera.pan=[0.1, 0]", [0.1, 0]),
        (' camera.zoom = { "0" = 1.02 } ', {"0": 1.02}),
        ("clip.image=1\nclip.seed = 2", "1\nclip.seed = 2"),
    ],
)
def test_an_override_is_toml_where_it_is_toml_else_the_bare_text(text: str, raw: object) -> None:
    key = text.partition("=")[0].strip()
    assert override_fragment(text).values == only(key, raw)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("dream.iterations", "write key=value"),
        ("iterations=6", "did you mean 'dream.iterations'?"),
        ("dream.iteration=6", "did you mean 'dream.iterations'"),
        ("=6", "there is no key ''"),
    ],
)
def test_a_wrong_override_is_refused(text: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        override_fragment(text)
    assert str(caught.value).startswith("--set: ")
    assert words in str(caught.value)


def test_an_option_is_named_when_its_value_is_wrong() -> None:
    assert refusal(option_fragment("camera.zoom", "nan", "--zoom")).startswith("--zoom: camera.zoom: ")


def test_later_fragments_win_key_by_key() -> None:
    recipe = build_recipe({"clip": {"frames": 10, "seed": 1}}, {"clip": {"frames": 20}})
    assert (recipe.clip.frames, recipe.clip.seed) == (20, 1)


# There and back

TEXTS = st.text(st.characters(blacklist_categories=["Cc", "Cs"]), min_size=1, max_size=30)
ZOOMS = (
    st.floats(0.5, 2.0)
    | st.just("1.4/s")
    | st.just("1.03 + 0.02*sin(2*pi*t/4)")
    | st.just({"0": 1.02, "2s": 1.05})
)
CHANNELS = st.lists(st.integers(0, 65_535), unique=True, max_size=5) | st.sampled_from(
    [[[3, -0.5], 7], [[1, 2]], "strongest 3", "weakest"]
)
WEIGHTS = st.floats(0.1, 10) | st.floats(-10, -0.1) | st.just("sin(t)") | st.just({"0": 0, "1s": -1})


def blends(values: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
    """Keyframes of such values, at times that no frame rate brings together."""
    eases = st.sampled_from(["linear", "step", "smooth"])
    own = st.fixed_dictionaries({"value": values}, optional={"ease": eases})
    choices = st.dictionaries(
        st.sampled_from(["0", "1f", "300s", "1:59", "2000.5 s"]), values | own, min_size=1
    )
    return st.builds(
        lambda table, ease: {**table, **ease}, choices, st.fixed_dictionaries({}, optional={"ease": eases})
    )


RAWS: dict[str, st.SearchStrategy[object]] = {
    "clip.frames": st.integers(1, 400),
    "clip.size": st.builds("{}x{}".format, st.integers(32, 8192), st.integers(32, 8192)),
    "clip.fps": st.sampled_from([1, 12.5, 24, 29.97, 240, "24000/1001"]),
    "clip.seed": st.integers(0, 2**63 - 1),
    "clip.image": TEXTS,
    "model.name": TEXTS,
    "model.engine": st.sampled_from(["auto", "torch", "caffe"]),
    "dream.layer": TEXTS | blends(TEXTS),
    "dream.channel": CHANNELS | blends(CHANNELS),
    "dream.class": st.integers(0, 65_535) | st.just("peacock") | st.just({"0": 1, "300s": "tiger"}),
    "dream.unit": st.just("") | st.just([0.5, "0.5 + 0.1*sin(t)"]),
    "dream.octave_scale": st.floats(1.01, 4),
    "dream.step_size": st.floats(0.001, 100),
    "camera.zoom": ZOOMS,
    "camera.pan": st.lists(st.floats(-1, 1) | st.just("0.1*sin(t)"), min_size=2, max_size=2),
    "colour.hold": st.floats(0, 1),
}
GOALS = st.fixed_dictionaries(
    {"layer": TEXTS | blends(TEXTS)}, optional={"channel": CHANNELS, "weight": WEIGHTS}
) | st.fixed_dictionaries(
    {"objective": st.sampled_from(["guide", "look", "moments"]), "guide": TEXTS}, optional={"weight": WEIGHTS}
)
DOCUMENTS = st.fixed_dictionaries({}, optional=RAWS)


def recipe_from(raws: dict[str, object]) -> Recipe:
    return build_recipe(*(only(key, raw) for key, raw in raws.items()))


@settings(max_examples=50, deadline=None)
@given(st.lists(GOALS, min_size=1, max_size=3))
def test_goals_that_are_written_and_read_are_the_same(rows: list[dict[str, object]]) -> None:
    recipe = build_recipe({"dream": {"goal": rows}})
    assert len(recipe.dream.goal) == len(rows)
    assert build_recipe(parse_toml(dump_recipe(recipe), "recipe")) == recipe


def test_a_fault_of_a_goal_is_told_with_its_row_and_key() -> None:
    goals = [{"layer": "a"}, {"objective": "guide"}]
    assert "dream.goal: goal 2: objective: 'guide' needs a picture; give one in guide" in refusal(
        {"dream": {"goal": goals}}
    )
    assert "dream.goal: all weights are 0 at every frame" in refusal(
        {"dream": {"goal": [{"layer": "a", "weight": 0}]}}
    )
    assert "dream.class: is not used beside [[dream.goal]]" in refusal(
        {"dream": {"class": "peacock", "goal": [{"layer": "a"}]}}
    )


def test_what_is_said_after_rows_of_goals_and_would_not_be_used_is_told_of() -> None:
    said = ({"goal": [{"layer": "a"}]}, {"layer": "b"}, {"goal": []})
    rows, layer, none = (make_fragment({"dream": dream}, "here") for dream in said)
    (line,) = overruled([rows, layer])
    assert line.startswith("here: dream.layer: is not used beside [[dream.goal]]")
    assert not overruled([layer, rows])  # rows rule over a preset's layer
    assert not overruled([rows, none, layer])


@pytest.mark.parametrize(
    ("region", "words"),
    [
        ({"goal": [{"layer": "a", "weight": 0}]}, "region 1: all weights are 0 at every frame"),
        ({"mask": "seen", "sees": [{"layer": "a", "weight": 0}]}, "region 1: sees: all weights are 0"),
    ],
)
def test_a_region_that_would_dream_of_nothing_is_refused(region: dict[str, object], words: str) -> None:
    assert words in refusal({"dream": {"elsewhere": 0, "region": [{"mask": "top", **region}]}})


def test_weights_that_are_0_now_and_then_are_allowed() -> None:
    recipe = build_recipe({"dream": {"goal": [{"layer": "a", "weight": "max(0, sin(t))"}]}})
    assert recipe.dream.goal[0].weight.at(0, recipe.clock) == 0


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS)
def test_a_recipe_that_is_written_and_read_is_the_same(raws: dict[str, object]) -> None:
    recipe = recipe_from(raws)
    assert build_recipe(parse_toml(dump_recipe(recipe), "recipe")) == recipe
    assert build_recipe(parse_toml(dump_recipe(recipe), "here")) == recipe


@settings(max_examples=100, deadline=None)
@given(DOCUMENTS, DOCUMENTS)
def test_recipes_are_equal_just_when_no_keys_differ(one: dict[str, object], other: dict[str, object]) -> None:
    first, second = recipe_from(one), recipe_from(other)
    assert (first == second) == (not differing_keys(first, second))


def test_a_written_recipe_spells_out_every_key() -> None:
    document = parse_toml(dump_recipe(Recipe()), "here")
    assert [f"{table}.{key}" for table in document for key in document[table]] == list(SETTINGS)


def test_differing_keys_are_named_in_order() -> None:
    other = build_recipe({"camera": {"zoom": "4.3/s"}, "clip": {"seed": 9}})
    assert differing_keys(Recipe(), other) == ["clip.seed", "camera.zoom"]


def test_a_longer_clip_is_checked_to_its_end() -> None:
    recipe = build_recipe({"clip": {"frames": 100}, "camera": {"zoom": "1 + 0.01*n"}})
    longer = replace(recipe, clip=replace(recipe.clip, frames=200))
    with pytest.raises(RecipeError, match=r"camera\.zoom"):
        check_recipe(longer)


def test_the_reference_has_every_key_with_its_default() -> None:
    reference = reference_text(list_keys())
    for key, rule in SETTINGS.items():
        assert f"\n  {key.split('.')[1]} = {format_value(rule.default)}\n" in reference


def test_the_reference_in_markdown_has_a_row_for_every_key() -> None:
    lines = recipe_reference().splitlines()
    assert [line for line in lines if line.startswith("## ")] == [f"## `[{table}]`" for table in TABLES]
    rows = [line for line in lines if line.startswith("| `")]
    keys = [row.split("`")[1] for row in rows]
    assert [key for key in keys if key in SETTINGS] == list(SETTINGS)
    rows_keys = [f"dream.goal.{key}" for key in SETTINGS["dream.goal"].settings]
    assert [key for key in keys if key.startswith("dream.goal.")] == rows_keys
    assert all(row.replace("\\|", "").count("|") == 6 for row in rows)


# Frozen recipes


def frozen(version: str = __version__) -> FrozenRecipe:
    return FrozenRecipe(build_recipe(only("camera.zoom", "4.3/s")), version, SHA, SHA[::-1])


def test_a_frozen_recipe_comes_back_as_it_was(tmp_path: Path) -> None:
    assert load_frozen(written(tmp_path, dump_frozen(frozen()))) == frozen()


def test_a_frozen_recipe_serves_as_a_recipe_file(tmp_path: Path) -> None:
    assert build_recipe(read_fragment(written(tmp_path, dump_frozen(frozen())))) == frozen().recipe


def test_a_frozen_recipe_cut_short_anywhere_is_refused(tmp_path: Path) -> None:
    text = dump_frozen(frozen()).rstrip()
    ends = [end for end, sign in enumerate(text) if sign == "\n"]
    for length in sorted({*range(0, len(text), 7), *ends}):
        with pytest.raises(ClipError, match="restore it from a copy, or start a new clip"):
            load_frozen(written(tmp_path, text[:length]))


def test_a_missing_frozen_recipe_is_a_clip_error(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="no such file"):
        load_frozen(tmp_path / "recipe.toml")


def test_a_plain_recipe_is_no_clips(tmp_path: Path) -> None:
    with pytest.raises(ClipError, match="is not a clip's recipe"):
        load_frozen(written(tmp_path, dump_recipe(Recipe())))


@pytest.mark.parametrize("name", ["model_sha256", "start_sha256"])
def test_a_hash_with_something_after_it_is_damage(tmp_path: Path, name: str) -> None:
    text = re.sub(rf'({name} = "[0-9a-f]{{64}})', r"\1 ", dump_frozen(frozen()))
    with pytest.raises(ClipError, match=rf"frozen\.{name} is missing or damaged"):
        load_frozen(written(tmp_path, text))


def test_whatever_picture_a_key_names_has_a_file_that_a_clip_knows_as_its_own() -> None:
    def kinds(setting: Setting[Any]) -> Iterator[str]:
        """The kinds of picture that a setting may name, itself or in its rows."""
        if isinstance(setting, FileText):
            yield setting.kind
        for each in (*getattr(setting, "settings", {}).values(), getattr(setting, "of", None)):
            yield from kinds(each) if isinstance(each, Setting) else ()

    named = {kind for setting in SETTINGS.values() for kind in kinds(setting)} - {"", "start"}
    assert {"guide", "palette", "mask", "end", "dissolve", "nudge"} <= named
    assert [kind for kind in (*named, "text") if not KEPT_FILE.fullmatch(f"{kind}-1.png")] == []


def test_a_key_missing_from_this_versions_file_is_damage(tmp_path: Path) -> None:
    text = dump_frozen(frozen()).replace("octaves = 4\n", "")
    with pytest.raises(ClipError, match=r"my\.toml: dream\.octaves is missing"):
        load_frozen(written(tmp_path, text))


def test_a_key_an_older_version_did_not_know_has_its_default(tmp_path: Path) -> None:
    text = dump_frozen(frozen("0.0.1")).replace("octaves = 4\n", "")
    assert load_frozen(written(tmp_path, text)).recipe == frozen().recipe


def test_a_newer_versions_unknown_key_says_to_update(tmp_path: Path) -> None:
    text = dump_frozen(frozen("99.1")).replace("octaves = 4\n", "octaves = 4\nhypnosis = 3\n")
    with pytest.raises(ClipError) as caught:
        load_frozen(written(tmp_path, text))
    assert "dream.hypnosis" in str(caught.value)
    assert f"dreamzoom 99.1 made this clip and this is {__version__}: update dreamzoom" in str(caught.value)


def test_every_key_has_a_form_with_its_limits():
    kinds = set()
    for facts in list_keys():
        form = facts.form
        kinds.add(form["kind"])
        json.dumps(form)
        if form["kind"] in ("number", "whole", "point"):
            low, high = form["usual"]
            assert form["minimum"] <= low < high <= form["maximum"], facts.key
            assert 0 < form["step"] < high - low, facts.key
        elif form["kind"] in ("size", "rate", "seconds", "channels"):
            assert form["minimum"] < form["maximum"], facts.key
        elif form["kind"] == "choice":
            assert form["choices"], facts.key
    assert kinds == {
        *("number", "whole", "point", "size", "rate", "seconds", "channels", "choice", "flag", "text"),
        *("file", "files", "rows", "time", "class", "colour", "layer"),
    }
