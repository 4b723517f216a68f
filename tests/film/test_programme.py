"""A film's pictures: what each frame shows, in 8 bits and deep, and how few are held at a time."""

from __future__ import annotations

import json
import weakref
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.camera.aim import CENTRE
from dreamzoom.errors import ClipError, PictureError
from dreamzoom.film.editing import EditList, Shot, dump_edits, edit_list, load_edits
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.note import read_note
from dreamzoom.film.plan import Title, Transition
from dreamzoom.film.programme import FilmProgramme
from dreamzoom.pictures.png import encode_frame
from dreamzoom.recipe.units import Size
from support.clips import render_here
from support.film import FPS, SIZE, make_here, plan_film, plan_scene
from support.video import plain_frame

CUT = Transition()
NOTE = {"written": [], "asked": "", "beside": "", "heard": "", "is_draft": False}
BLACK = (0, 0, 0)


@pytest.fixture
def film(tmp_path):
    return FilmFolder(tmp_path)


def place_scene(film: FilmFolder, name: str, colours: list[tuple[int, int, int]]) -> None:
    """Frames of a colour each, where a scene's lie."""
    folder = film.scene_path(name) / "frames"
    folder.mkdir(parents=True)
    for number, colour in enumerate(colours):
        (folder / f"{number:06d}.png").write_bytes(encode_frame(plain_frame(colour)))


def open_files() -> int:
    """How many this process has open; 0 where the system does not tell."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.is_dir() else 0


def edits(*shots: Shot, **more: object) -> EditList:
    frames = max(shot.stop for shot in shots)
    return EditList(**{"name": "", "size": SIZE, "fps": FPS, "frames": frames, "shots": shots} | more)


def colours(film: FilmFolder, edits: EditList, frames, *, deep: bool = False) -> list[tuple[float, ...]]:
    shown = FilmProgramme(film, edits).pictures(frames, deep=deep)
    return [tuple(float(value) for value in picture[5, 5]) for picture in shown]


def test_frames_come_in_any_order_and_black_where_no_scene_is(film):
    place_scene(film, "01-a", [(10, 0, 0), (20, 0, 0), (30, 0, 0)])
    place_scene(film, "02-b", [(0, 10, 0), (0, 20, 0)])
    two = edits(Shot("01-a", 0, 2, CUT), Shot("02-b", 3, 5, CUT), frames=6)
    assert colours(film, two, range(6)) == [(10, 0, 0), (20, 0, 0), BLACK, (0, 10, 0), (0, 20, 0), BLACK]
    assert colours(film, two, (4, 0, 0), deep=True) == [(0, 20 * 257, 0), (2570, 0, 0), (2570, 0, 0)]


def test_a_transition_is_both_scenes_by_exact_shares_in_any_order(film):
    place_scene(film, "01-a", [(100, 0, 0)] * 5)
    place_scene(film, "02-b", [(0, 200, 0)] * 5)
    two = edits(Shot("01-a", 0, 5, CUT), Shot("02-b", 3, 8, Transition("fade", 2)))
    wanted = [(100, 0, 0), (200 / 3, 200 / 3, 0), (100 / 3, 400 / 3, 0), (0, 200, 0)]
    forwards = np.array(colours(film, two, (2, 3, 4, 5), deep=True)) / 257
    assert np.abs(forwards - wanted).max() < 0.1
    back = np.array(colours(film, two, (5, 4, 4, 3, 2), deep=True)) / 257
    assert np.abs(back - [wanted[number] for number in (3, 2, 2, 1, 0)]).max() < 0.1
    assert np.abs(np.array(colours(film, two, (3, 4))) - wanted[1:3]).max() <= 0.5


def test_a_film_comes_out_of_black_and_goes_into_it(film):
    place_scene(film, "01-a", [(240, 120, 60)] * 6)
    fading = edits(Shot("01-a", 0, 6, CUT), fade_in=2, fade_out=3)
    shares = np.array([1 / 3, 2 / 3, 1, 3 / 4, 2 / 4, 1 / 4])
    shown = np.array(colours(film, fading, range(6), deep=True)) / 257
    assert np.abs(shown - shares[:, None] * [240, 120, 60]).max() < 0.01


def test_a_missing_frame_is_named(film):
    place_scene(film, "01-a", [(1, 2, 3)] * 2)
    with pytest.raises(PictureError, match=r"01-a/frames/000002\.png"):
        colours(film, edits(Shot("01-a", 0, 3, CUT)), range(3))


def test_few_pictures_are_held_and_no_file_stays_open(film):
    count, overlap = 12, 3
    shots = []
    for number in range(count):
        name, first = f"{number:02d}-s", 5 * number
        place_scene(film, name, [(number, 0, 0)] * (5 + overlap))
        shots.append(Shot(name, first, first + 5 + overlap, Transition("fade", overlap)))
    living: list[weakref.ref[object]] = []
    most = files = 0
    before = open_files()
    for picture in FilmProgramme(film, edits(*shots)).pictures(range(5 * count)):
        living = [each for each in living if each() is not None] + [weakref.ref(picture)]
        most = max(most, len(living))
        files = max(files, open_files() - before)
    assert most <= 2
    assert files <= 4  # one ffmpeg's pipes


def test_the_fall_point_is_that_of_the_scene_that_shows(tmp_path):
    plan = plan_film(
        plan_scene(tmp_path, "01-red", 0, 4, camera__target=[0.2, 0.3]),
        plan_scene(tmp_path, "02-blue", 2, 6, "fade", 2, camera__target=[0.8, 0.7]),
        frames=7,
    )
    programme = FilmProgramme(make_here(tmp_path / "film", plan), edit_list(plan))
    points = [programme.fall_point(frame) for frame in range(7)]
    assert points == [(0.2, 0.3)] * 3 + [(0.8, 0.7)] * 3 + [CENTRE]
    assert programme.count == 7
    assert programme.fps == FPS
    assert programme.song is None


def test_an_edit_list_is_read_as_it_was_written():
    title = Title("Über\nallem", 2, 9, fade=1, font=Path("a font.ttf"))
    whole = edits(Shot("01-a", 0, 9, Transition("radial", 3)), titles=(title,), song="song.ogg", fade_in=4)
    assert load_edits(dump_edits(whole)) == whole


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("fps", "1e999999999"),
        ("fps", 24),
        ("fps", "1/0"),
        ("excerpt", {"start": "1e999999999"}),
        ("size", "0x48"),
        ("titles", [{"text": 5}]),
        ("titles", [{"height": "tall"}]),
        ("titles", [{"height": 1e300}]),
        ("titles", [{"first": "now"}]),
        ("titles", [{"colour": None}]),
        ("titles", [{"font": 1}]),
        ("shots", [{"name": "../01-a"}]),
    ],
)
def test_of_a_strangers_note_no_edit_list_is_made_that_is_none(film, key, value):
    document = dump_edits(edits(Shot("01-a", 0, 9, CUT), titles=(Title("Words", 2, 9),)))
    document |= {key: [document[key][0] | value[0]] if isinstance(value, list) else value}
    film.note_path.write_text(json.dumps({**NOTE, "edits": document}))
    with pytest.raises(ClipError, match=r"film\.json is damaged"):
        read_note(film)


def test_a_scenes_in_betweens_are_deep_and_its_cuts_are_told(film):
    rests = ("--zoom", "1", "--set", "camera.rotate=0", "--set", "camera.pan=[0,0]")
    render_here(film.scene_path("01-a"), *rests, "--set", "camera.every=2", frames=3)
    programme = FilmProgramme(
        film, edits(Shot("01-a", 0, 3, CUT), Shot("01-a", 3, 5, CUT), size=Size(64, 48))
    )
    assert programme.cuts == (3,)
    first, between, last = (picture.astype(float) for picture in programme.pictures(range(3), deep=True))
    assert np.abs(between - (first + last) / 2).max() <= 1
    assert np.unique(between).size > 256
