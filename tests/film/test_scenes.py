"""Films of real scenes: what they show and sound like, and how little is made again when one is edited."""

from __future__ import annotations

import re
import shutil
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import ClipError, ClipLockedError, RequestError
from dreamzoom.film.folder import beginning_film
from dreamzoom.film.note import FilmNote, film_fault, require_edits, write_note
from dreamzoom.pictures.frames import read_frame
from dreamzoom.video.excerpt import Excerpt
from support.clips import says
from support.film import colours_shown, frames_of, make_here, plain_picture, plan_film, plan_scene
from support.video import decode_sound, decode_video, make_song, probe


def story(pictures, *, blue=8, **changes):
    """Red, a fade to green, a cut to blue, and on through the dream with it."""
    return plan_film(
        plan_scene(pictures, "01-red", 0, 8),
        plan_scene(pictures, "02-green", 5, 12, "fade", 3),
        plan_scene(pictures, "03-blue", 12, 12 + blue, **changes),
        plan_scene(pictures, "04-blue", 12 + blue, 16 + blue, "dream"),
    )


SCENES = ("01-red", "02-green", "03-blue", "04-blue")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A film that is made, its pictures beside it, and its plan."""
    folder = tmp_path_factory.mktemp("made")
    plan = story(folder)
    return make_here(folder / "film", plan), plan


@pytest.fixture
def copied(made, tmp_path):
    """A copy of it, and the folder of its pictures."""
    shutil.copytree(made[0].path, tmp_path / "film", symlinks=True)
    return tmp_path / "film", made[0].path.parent


def test_cuts_are_exact_to_the_frame(made):
    film, _ = made
    shown = colours_shown(film.video_path)
    assert shown[:6] == ["red"] * 6
    assert shown[7:] == ["green"] * 5 + ["blue"] * 12
    assert len(shown) == 24


def test_a_scene_goes_on_with_the_dream_before_it(made):
    film, _ = made
    last = read_frame(film.scene_path("03-blue") / "frames" / "000007.png").astype(float)
    first = read_frame(film.scene_path("04-blue") / "start.png").astype(float)
    assert abs(first[8:-8, 8:-8] - last[8:-8, 8:-8]).mean() < 3  # moved by a frame's zoom, and no more
    assert first.shape == last.shape


def test_a_picture_dissolves_into_the_dream_and_its_colours_come_with_it(tmp_path):
    comes = plan_scene(tmp_path, "02-blue", 4, 18, "dream", 8, colour__hold=1)
    comes = replace(comes, picture=str(plain_picture(tmp_path, "blue")))
    film = make_here(tmp_path / "film", plan_film(plan_scene(tmp_path, "01-red", 0, 4), comes))
    blues = [picture[..., 2].mean() for picture in decode_video(film.video_path)]
    assert colours_shown(film.video_path)[:6] == ["red"] * 6
    assert colours_shown(film.video_path)[13:] == ["blue"] * 5
    assert max(after - before for before, after in pairwise(blues)) < 80  # of 170: it comes in no one frame


def test_a_finished_film_is_left_as_it_is(made):
    film, plan = made
    before = {path: path.stat().st_mtime_ns for path in film.path.rglob("*.png")}
    before[film.video_path] = film.video_path.stat().st_mtime_ns
    told = []
    make_here(film.path, plan, told)
    assert told == []
    assert {path: path.stat().st_mtime_ns for path in before} == before
    assert film_fault(film, require_edits(film), hashed=True) is None


def test_an_edited_scene_shares_what_it_can_and_the_film_is_as_if_made_anew(copied, tmp_path):
    path, pictures = copied
    curve = {"0": 1.05, "3": 1.05, "4": 1.2}
    edited, told = story(pictures, camera__zoom=curve), []
    film = make_here(path, edited, told)
    anew = make_here(tmp_path / "anew", edited)
    assert frames_of(film, SCENES) == frames_of(anew, SCENES)
    assert film.video_path.read_bytes() == anew.video_path.read_bytes()
    assert any("03-blue is another one in camera.zoom" in line for line in told)
    assert any("03-blue: 4 frames are shared" in line for line in told)
    kept = open_clip(path / "aside" / "03-blue")
    assert len(kept.finished_frames()) == 8
    told.clear()
    back = make_here(path, story(pictures), told)  # what was put aside comes back
    assert any("03-blue comes back from" in line for line in told)
    assert any("04-blue comes back from" in line for line in told)
    assert colours_shown(back.video_path)[12:] == ["blue"] * 12


def test_a_scene_that_became_longer_and_goes_on_otherwise_shares_what_it_had(tmp_path):
    make_here(tmp_path / "film", plan_film(plan_scene(tmp_path, "01-red", 0, 4, camera__zoom=1.05)))
    curve = {"0": 1.05, "5": 1.05, "6": 1.3}
    longer, told = plan_film(plan_scene(tmp_path, "01-red", 0, 8, camera__zoom=curve)), []
    film = make_here(tmp_path / "film", longer, told)
    assert frames_of(film, ["01-red"]) == frames_of(make_here(tmp_path / "anew", longer), ["01-red"])
    assert [line for line in told if "comes back" in line] == []
    assert any("01-red: 4 frames are shared" in line for line in told)


def test_scenes_are_known_when_their_numbers_shift_and_shown_as_long_as_they_are_to_be(copied):
    path, pictures = copied
    stamps = {each.read_bytes(): each.stat().st_ino for each in (path / "scenes").glob("*/frames/*.png")}
    told = []
    plan = plan_film(
        plan_scene(pictures, "01-grey", 0, 3),
        plan_scene(pictures, "02-green", 3, 8),
        plan_scene(pictures, "03-red", 8, 18),
    )
    film = make_here(path, plan, told)
    assert colours_shown(film.video_path) == ["grey"] * 3 + ["green"] * 5 + ["red"] * 10
    assert sorted(each.name for each in (path / "scenes").iterdir()) == ["01-grey", "02-green", "03-red"]
    assert sorted(each.name for each in (path / "aside").iterdir()) == ["03-blue", "04-blue"]
    assert sum("no scene is called blue any more" in line for line in told) == 2
    now = {each.read_bytes(): each.stat().st_ino for each in (path / "scenes").glob("0[23]*/frames/*.png")}
    assert (
        sum(stamps.get(data) == inode for data, inode in now.items()) == 7 + 8
    )  # the ten red ones had eight


def test_sound_and_picture_end_within_a_frame(tmp_path):
    song = make_song(tmp_path, "song.ogg", 2)
    excerpt = Excerpt(start=Fraction(1, 2), gain=-20.0)
    scenes = (plan_scene(tmp_path, "01-red", 0, 5), plan_scene(tmp_path, "02-blue", 5, 11))
    with beginning_film(tmp_path / "film") as film:
        write_note(film, FilmNote())
        kept = film.song_path(song)
        shutil.copy(song, kept)
    film = make_here(tmp_path / "film", plan_film(*scenes, song=kept, excerpt=excerpt))
    streams = {stream.kind: stream for stream in probe(film.video_path)}
    assert streams["video"].end == Fraction(11, 10)
    assert abs(streams["audio"].end - streams["video"].end) < Fraction(1, 10)
    heard, whole = decode_sound(film.video_path), decode_sound(song)
    part = whole[22050 : 22050 + heard.size // 2]
    assert abs((heard[: part.size] ** 2).mean() / (part**2).mean() - 0.01) < 0.002  # -20 dB


def test_a_video_of_a_persons_own_is_kept(copied):
    path, pictures = copied
    (path / "film.mp4").write_bytes(b"my own cut")
    told = []
    make_here(path, story(pictures), told)
    assert (path / "film.mp4.bak").read_bytes() == b"my own cut"
    assert any("film.mp4.bak keeps it" in line for line in told)


def test_of_another_look_only_the_first_few_keys_are_told(tmp_path):
    first = plan_film(plan_scene(tmp_path, "01-red", 0, 2))
    looks = {"dream__layer": "fire3/concat", "dream__step_size": 3, "dream__octaves": 3, "dream__jitter": 3}
    other = plan_scene(tmp_path, "01-red", 0, 2, **looks, camera__zoom=1.2, camera__rotate=1)
    make_here(tmp_path / "film", first)
    told = []
    make_here(tmp_path / "film", plan_film(other), told)
    assert any(re.search(r"is another one in (\S+, ){4}2 more: ", line) for line in told), told


def test_all_faults_of_all_scenes_come_before_the_first_dream(tmp_path):
    plan = plan_film(
        plan_scene(tmp_path, "01-red", 0, 3),
        plan_scene(tmp_path, "02-green", 3, 6, dream__layer="no/such"),
        plan_scene(tmp_path, "03-blue", 6, 9, model__name="no-model"),
    )
    with pytest.raises(RequestError, match=r"scene 02-green: .*no/such.*; scene 03-blue: .*no-model"):
        make_here(tmp_path / "film", plan)
    assert not (tmp_path / "film" / "scenes").exists()


def test_one_process_makes_a_film_and_a_clip_is_none(tmp_path):
    plan = plan_film(plan_scene(tmp_path, "01-red", 0, 2))
    with beginning_film(tmp_path / "film") as film:
        write_note(film, FilmNote())
        with pytest.raises(ClipLockedError, match="is being rendered by process"):
            make_here(tmp_path / "film", plan)
    clip = make_here(tmp_path / "film", plan).scene_path("01-red")
    with pytest.raises(ClipError, match="is a clip"):
        make_here(clip, plan)
    assert "is a film" in says(2, "extend", film.path, "--frames", 9)
