"""Storyboards that are written by themselves: they look intended, and are read back as they are meant."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.errors import DreamzoomWarning
from dreamzoom.film.board.planning import plan_film
from dreamzoom.film.board.reading import parse_storyboard
from dreamzoom.film.director.choices import LOOKS, direct_scenes
from dreamzoom.film.director.parts import CALM, LOUD, MOVING, song_parts
from dreamzoom.film.director.script import direct
from dreamzoom.film.plan import CUT, DREAM, FilmPlan
from dreamzoom.recipe.presets import find_preset
from dreamzoom.tracks.music import SIGNALS, Music, Section
from support.music import write_wav

BAR = 2.1  # seconds
SONG = (  # label, bars, loudness
    ("intro", 8, 0.1),
    ("verse", 16, 0.5),
    ("chorus", 16, 0.9),
    ("verse", 12, 0.5),
    ("chorus", 16, 0.9),
    ("outro", 8, 0.1),
)
SECONDS = BAR * sum(bars for _, bars, _ in SONG)
PICTURES = ("clouds", "hills", "marble", "nebula", "noise", "grey")


def music(*, has_beats: bool = True, has_sections: bool = True) -> Music:
    beats = tuple(round(BAR / 4 * beat, 4) for beat in range(round(4 * SECONDS / BAR))) if has_beats else ()
    sections, loudness, start = [], list[float](), 0.0
    for label, bars, loud in SONG:
        sections.append(Section(label, round(start, 4), round(start + bars * BAR, 4)))
        loudness += [loud * (0.8 if step % 50 < 25 else 1.0) for step in range(round(bars * BAR * 100))]
        start += bars * BAR
    signals = dict.fromkeys(SIGNALS, tuple(round(value, 4) for value in loudness))
    return Music(beats, beats[::4], 100.0, signals, tuple(sections) if has_sections else ())


@pytest.fixture(scope="module")
def song(tmp_path_factory: pytest.TempPathFactory) -> Path:
    noise = np.random.default_rng(1).uniform(-0.2, 0.2, round(SECONDS * 1000))
    return write_wav(tmp_path_factory.mktemp("film") / "a song.wav", noise, 1000)


@pytest.fixture(name="plan")
def _plan(song: Path) -> Callable[[str, Music], FilmPlan]:
    def plan(text: str, heard: Music) -> FilmPlan:
        return plan_film(parse_storyboard(text, song.with_name("story.toml")), before=heard)

    return plan


def test_parts_are_the_sections_and_their_energy_is_their_loudness_beside_the_others() -> None:
    parts = song_parts(music(), SECONDS)
    assert [part.name for part in parts] == ["intro", "verse", "chorus", "verse 2", "chorus 2", "outro"]
    assert [part.pace for part in parts] == [CALM, MOVING, LOUD, MOVING, LOUD, CALM]
    assert parts[0].loudness == pytest.approx(0.09, abs=0.01)
    assert parts[1].energy == parts[3].energy < parts[2].energy == parts[4].energy
    flat = song_parts(Music((), (), 100.0, dict.fromkeys(SIGNALS, (0.5,) * 6000)), 60)
    assert {part.pace for part in flat} == {MOVING}


def test_short_and_missing_sections_leave_no_hole() -> None:
    sections = (Section("a", 0.5, 2.5), Section("b", 10, 20), Section("c", 20, 22), Section("a", 22, 50))
    parts = song_parts(Music((), (), 100.0, dict.fromkeys(SIGNALS, (0.5,) * 6000), sections), 60)
    assert parts[0].start == 0
    assert parts[-1].end == 60
    assert all(one.end == other.start for one, other in pairwise(parts))
    assert [part.name for part in parts] == ["", "b", "a2", ""]


@pytest.mark.parametrize("pictures", [2, 3, 4, 6])
def test_scenes_begin_on_bars_of_their_sections_and_change_pictures(pictures: int) -> None:
    heard = music()
    scenes = direct_scenes(PICTURES[:pictures], heard, SECONDS)
    assert scenes[0].start == 0
    assert scenes[-1].end == pytest.approx(SECONDS)
    for before, scene in pairwise(scenes):
        assert before.end == scene.start
        assert scene.bar is not None
        assert heard.bars[scene.bar] == pytest.approx(scene.start, abs=1e-3)
        assert before.picture != scene.picture
        assert 6 < scene.end - scene.start < 30
        if scene.number:
            assert (scene.bar - round(scene.part.start / BAR)) % 4 == 0
    assert {scene.picture for scene in scenes} == set(PICTURES[:pictures])


def test_what_sounds_alike_has_its_look_and_its_pictures_again() -> None:
    scenes = direct_scenes(PICTURES, music(), SECONDS)
    of = {
        name: [each for each in scenes if each.part.name == name] for name in ("chorus", "chorus 2", "verse")
    }
    assert [each.picture for each in of["chorus"]] == [each.picture for each in of["chorus 2"]]
    assert (
        {each.look for each in of["chorus"]}
        == {each.look for each in of["chorus 2"]}
        != {of["verse"][0].look}
    )
    assert {each.again for each in of["chorus 2"]} == {1}
    for scene in scenes:
        assert scene.look in LOOKS[scene.part.pace]


def test_loud_parts_are_cut_to_and_fall_faster_and_calm_ones_are_dreamed_through() -> None:
    heard = music()
    scenes = direct_scenes(PICTURES[:4], heard, SECONDS)
    first = {scene.part.name: scene for scene in scenes if not scene.number}
    assert (first["chorus"].transition, first["chorus 2"].transition) == (CUT, CUT)
    assert (first["verse 2"].transition, first["outro"].transition) == (DREAM, DREAM)
    assert first["outro"].over_bars in (1, 2)
    assert "beat(" in first["chorus"].zoom or "**bass" in first["chorus"].zoom
    assert float(first["intro"].zoom.removesuffix("/s")) < 1.5


def test_an_even_song_is_cut_where_its_sections_change_and_a_drone_never() -> None:
    beats = tuple(0.5 * beat for beat in range(240))
    sections = tuple(Section(label, 30.0 * at, 30.0 * at + 30) for at, label in enumerate("AABA"))
    even = Music(beats, beats[::4], 100.0, dict.fromkeys(SIGNALS, (0.5,) * 12000), sections)
    scenes = direct_scenes(PICTURES[:3], even, 120)
    cut = [scene.part.name for scene in scenes[1:] if scene.transition == CUT]
    assert cut == ["B", "A3"]
    drone = Music((), (), 100.0, dict.fromkeys(SIGNALS, (0.5,) * 12000), sections)
    assert {scene.transition for scene in direct_scenes(PICTURES[:3], drone, 120)[1:]} == {DREAM}


def test_the_text_is_read_back_to_the_frame(plan: Callable[[str, Music], FilmPlan], song: Path) -> None:
    heard = music()
    text = direct(PICTURES[:3], str(song), heard, SECONDS, {"fps": "25", "size": "64x48", "seed": 3})
    film, scenes = plan(text, heard), direct_scenes(PICTURES[:3], heard, SECONDS, 3)
    assert len(film.scenes) == len(scenes)
    for planned, scene in zip(film.scenes, scenes, strict=True):
        assert planned.first == int(Fraction(str(scene.start)) * 25 + Fraction(1, 2))
        assert planned.transition.kind == scene.transition
        assert planned.transition.frames == pytest.approx(scene.over * 25, abs=1)
        assert (planned.picture or planned.recipe.clip.image) == scene.picture
        assert planned.recipe.dream.layer == find_preset(scene.look).recipe.dream.layer
        assert planned.recipe.clip.seed == (scene.again or 3)
    assert (film.name, film.frames, str(film.size)) == ("a song", round(SECONDS * 25), "64x48")
    assert 'start = "chorus 2"' in text
    assert film.fade_out > 0
    assert text == direct(PICTURES[:3], str(song), heard, SECONDS, {"fps": "25", "size": "64x48", "seed": 3})


def test_a_song_that_sounds_alike_throughout_has_several_looks() -> None:
    looks = [scene.look for scene in direct_scenes(PICTURES, music(has_sections=False), SECONDS)]
    assert len(looks) > 4
    assert looks[0] == looks[1] != looks[2]
    assert len(set(looks)) >= 3


def test_a_seed_chooses_other_looks() -> None:
    looks = [{scene.look for scene in direct_scenes(PICTURES, music(), SECONDS, seed)} for seed in range(4)]
    assert all(one != other for one, other in pairwise(looks))


def test_one_picture_falls_on_through_what_is_calm(
    plan: Callable[[str, Music], FilmPlan], song: Path
) -> None:
    heard = music()
    film = plan(direct(["hills"], str(song), heard, SECONDS), heard)
    assert [scene.transition.kind for scene in film.scenes] == ["cut", "cut", "cut", "dream", "cut", "dream"]
    frames = [scene.transition.frames for scene in film.scenes]
    assert [bool(each) for each in frames] == [False, False, False, True, False, True]
    assert [scene.picture for scene in film.scenes] == [""] * 6


def test_many_pictures_are_all_shown_while_there_is_room() -> None:
    many = [f"{number}.png" for number in range(70)]
    assert {scene.picture for scene in direct_scenes(many, music(), SECONDS)} == set(many)
    with pytest.warns(DreamzoomWarning, match="the film has no room for 4.. of 500 pictures"):
        text = direct([f"{number}.png" for number in range(500)], "song.wav", music(), SECONDS)
    assert 'image = "60.png"' in text


@pytest.mark.parametrize(("has_beats", "has_sections"), [(False, True), (True, False), (False, False)])
def test_songs_without_beats_or_sections_are_laid_out_all_the_same(
    plan: Callable[[str, Music], FilmPlan], song: Path, has_beats: bool, has_sections: bool
) -> None:
    heard = music(has_beats=has_beats, has_sections=has_sections)
    scenes = direct_scenes(PICTURES[:3], heard, SECONDS)
    film = plan(direct(PICTURES[:3], str(song), heard, SECONDS), heard)
    assert [scene.first for scene in film.scenes] == [round(scene.start * 24) for scene in scenes]
    assert all(5 < scene.end - scene.start < 35 for scene in scenes)
    assert film.scenes[-1].stop == film.frames


def test_pictures_without_a_song_are_dreamed_through_one_after_the_other(
    plan: Callable[[str, Music], FilmPlan],
) -> None:
    film = plan(direct(PICTURES[:3]), music())
    assert [(scene.first, scene.stop) for scene in film.scenes] == [(0, 240), (240, 480), (480, 720)]
    assert [scene.transition.kind for scene in film.scenes] == [CUT, DREAM, DREAM]
    assert (film.song, film.frames) == (None, 720)
    alone = plan(direct(["hills"]), music())
    assert [scene.recipe.clip.image for scene in alone.scenes] == ["hills", ""]


def test_names_that_toml_and_terminals_stumble_over_are_written_safely(
    plan: Callable[[str, Music], FilmPlan],
) -> None:
    sections = (Section('the "end"\x1b', 0, 20), Section("2 bars + 1", 20, 40), Section("\u266a", 40, 60))
    heard = Music((), (), 100.0, dict.fromkeys(SIGNALS, (0.5,) * 6000), sections)
    text = direct(["hills", "clouds"], 'a "b".wav', heard, 60.0)
    assert "\x1b" not in text.replace("\\u001b", "")
    board = parse_storyboard(text, Path("story.toml"))
    assert board.faults == ()
    assert len(board.scenes) == len(direct_scenes(["hills", "clouds"], heard, 60.0))
