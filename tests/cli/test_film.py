"""dreamzoom film: from a storyboard, through every interruption, to the same bytes; a person's edits rule."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import pytest
from PIL import Image

from support.clips import frame_files, journaled, quickly, says
from support.film import COLOURS, colours_shown
from support.music import drum_loop, steady, write_wav
from support.video import probe

BOARD = """
[film]
size = "64x48"
fps = 10

[soundtrack]
song = "song.wav"

[dream]
octaves = 1
iterations = 1
step_size = 1
layer = "fire2/concat"

[[scene]]
image = "red.png"
length = "2bars"

[[scene]]
image = "green.png"
transition = "fade"
over = "1beat"
length = "1bar"

[[scene]]
image = "blue.png"
"""
BPM, BAR, FRAMES = 150, 16, 64
"""Beats a minute, frames of a bar, frames of the song's four bars."""

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="processes are forked and killed")


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with a song of known bars, pictures, a storyboard, and the film of it."""
    folder = tmp_path_factory.mktemp("desk")
    write_wav(folder / "song.wav", drum_loop(steady(BPM, FRAMES / 10)).samples)
    for name in ("red", "green", "blue", "grey"):
        Image.new("RGB", (64, 48), COLOURS[name]).save(folder / f"{name}.png")
    (folder / "story.toml").write_text(BOARD)
    quickly("film", folder / "story.toml", "-o", folder / "film")
    return folder


@pytest.fixture
def film(desk, tmp_path):
    """A copy of it that may be changed."""
    shutil.copytree(desk / "film", tmp_path / "film")
    return tmp_path / "film"


def scenes_of(film: Path) -> dict[str, dict[str, bytes]]:
    return {path.name: frame_files(path) for path in sorted((film / "scenes").iterdir())}


def edit(storyboard: Path, old: str, new: str) -> None:
    text = storyboard.read_text()
    assert old in text
    storyboard.write_text(text.replace(old, new))


def test_cuts_fall_on_bars_to_the_frame_and_sound_ends_with_the_picture(desk):
    shown = colours_shown(desk / "film" / "film.mp4")
    assert shown[: 2 * BAR] == ["red"] * 2 * BAR
    assert shown[2 * BAR + 4 : 3 * BAR] == ["green"] * (BAR - 4)
    assert shown[3 * BAR :] == ["blue"] * (FRAMES - 3 * BAR)
    streams = {stream.kind: stream for stream in probe(desk / "film" / "film.mp4")}
    assert abs(streams["audio"].end - streams["video"].end) <= Fraction(1, 10)
    assert streams["video"].packets == len(shown) == FRAMES


def killed_when(reached: Callable[[], bool], *arguments: object) -> bool:
    """Whether `dreamzoom ARGUMENTS`, in a process of its own, was killed as soon as something was reached."""
    child = os.fork()
    if child == 0:
        try:
            quickly(*arguments)
        finally:
            os._exit(0)
    deadline = time.monotonic() + 300
    while not (is_reached := reached()) and time.monotonic() < deadline:
        if os.waitpid(child, os.WNOHANG)[0]:
            return False
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return is_reached


@posix_only
def test_killed_in_every_phase_a_film_comes_out_the_same(desk, tmp_path):
    film = tmp_path / "film"
    first, second = film / "scenes" / "01-red", film / "scenes" / "02-green"
    phases: list[tuple[str, Callable[[], bool]]] = [
        ("listening", (film / ".writer").exists),
        ("first scene", lambda: journaled(first) > 2),
        ("between scenes", second.exists),
        ("video", lambda: any(film.glob(".film.mp4.*"))),
    ]
    for phase, reached in phases:
        assert killed_when(reached, "film", desk / "story.toml", "-o", film), phase
    quickly("film", desk / "story.toml", "-o", film)
    assert scenes_of(film) == scenes_of(desk / "film")
    assert (film / "film.mp4").read_bytes() == (desk / "film" / "film.mp4").read_bytes()
    assert not list(film.glob(".film.mp4.*"))
    assert not (film / "aside").exists()


def test_status_verify_resume_and_stitch_know_films(film):
    now = json.loads(says(0, "status", film, "--json"))
    assert (now["state"], now["frames_done"], len(now["scenes"])) == ("done", now["frames_total"], 3)
    assert "3 scenes" in says(0, "verify", film)
    before = (film / "film.mp4").read_bytes()
    frame = film / "scenes" / "02-green" / "frames" / "000003.png"
    whole = frame.read_bytes()
    frame.write_bytes(b"")
    assert "scene 02-green: frame 3" in says(1, "verify", film)
    assert "interrupted" in says(0, "status", film)
    quickly("resume", film)
    assert frame.read_bytes() == whole
    (film / "film.mp4").unlink()
    assert "film.mp4 is missing" in says(0, "status", film)
    quickly("stitch", film)
    assert (film / "film.mp4").read_bytes() == before
    assert "deliver" in says(2, "stitch", film, "--gif")
    assert "--engine" in says(2, "resume", film, "--engine", "torch")


def test_an_edited_storyboard_rules_and_only_its_scene_is_new(desk, film):
    before = scenes_of(film)
    edit(film / "storyboard.toml", 'image = "green.png"\n', 'image = "grey.png"\nname = "green"\n')
    assert "edited by hand" in says(0, "status", film)
    said = says(2, "film", desk / "story.toml", "-o", film)
    assert "was edited since it was written: `dreamzoom film " in said
    assert "storyboard.toml` goes by it" in said
    there = sorted(path.name for path in film.rglob("*"))
    foreseen = json.loads(says(0, "film", film, "--check", "--json"))
    assert {
        scene["name"] for scene in foreseen["scenes"] if scene["kept"] < scene["stop"] - scene["first"]
    } == {"02-green"}
    assert foreseen["is_new_video"]
    assert "02-green" in says(0, "film", film, "--check")
    assert sorted(path.name for path in film.rglob("*")) == there
    quickly("film", film / "storyboard.toml")
    now = scenes_of(film)
    assert {name for name in now if now[name] != before[name]} == {"02-green"}
    assert "nothing to dream, and its video stands" in says(0, "film", film, "--check")
    assert set(colours_shown(film / "film.mp4")[2 * BAR + 4 : 3 * BAR]) == {"grey"}
    assert frame_files(film / "aside" / "02-green") == before["02-green"]


def test_a_film_needs_nothing_but_its_folder_to_be_heard_again(desk, film, tmp_path):
    elsewhere = tmp_path / "desk"
    shutil.copytree(desk, elsewhere, ignore=shutil.ignore_patterns("film"))
    told = quickly("film", elsewhere / "story.toml", "-o", film)
    assert "beats" not in told  # the song is known: nothing was listened to
    (elsewhere / "song.wav").unlink()
    assert "beats" not in quickly("resume", film)
    assert json.loads((film / "music.json").read_text())["beats"]


def test_a_lost_note_is_found_out_again(desk, film):
    before = scenes_of(film)
    (film / "film.json").write_text("{")
    assert "film.json is damaged: delete it" in says(2, "film", desk / "story.toml", "-o", film)
    (film / "film.json").unlink()
    quickly("film", desk / "story.toml", "-o", film)
    assert scenes_of(film) == before
    assert json.loads((film / "film.json").read_text())["edits"]["frames"] == FRAMES


def test_another_storyboard_takes_the_place_of_one_that_nobody_edited(desk, film, tmp_path):
    other = desk / "other.toml"
    other.write_text(f"# another\n{BOARD}")
    told = quickly("film", other, "-o", film)
    assert "storyboard.toml is written anew" in told
    assert "is another one" not in told
    assert (film / "aside" / "storyboard.toml").read_text() == BOARD


def test_what_is_wrong_is_told_before_anything_is_written(desk, tmp_path):
    wrong = desk / "wrong.toml"
    wrong.write_text(BOARD.replace('"fade"', '"fadee"').replace("blue.png", "pink.png"))
    said = says(2, "film", wrong, "-o", tmp_path / "new")
    assert "fadee" in said
    assert "pink.png" in said
    told = json.loads(says(2, "film", wrong, "-o", tmp_path / "new", "--check", "--json"))
    assert [fault.partition(":")[0] for fault in told["faults"]] == ["scene 2", "scene 3"]
    assert not (tmp_path / "new").exists()


def test_a_draft_shows_the_same_film_small(desk, tmp_path):
    small = desk / "larger.toml"
    small.write_text(BOARD.replace("64x48", "128x96").replace("fps = 10", "fps = 12"))
    quickly("film", small, "-o", tmp_path / "film", "--draft")
    draft = json.loads((tmp_path / "film-draft" / "film.json").read_text())
    assert (draft["edits"]["size"], draft["edits"]["fps"]) == ("64x48", "4")
    shown = colours_shown(tmp_path / "film-draft" / "film.mp4")
    assert [shown[frame] for frame in (0, 10, 15, 22)] == ["red", "red", "green", "blue"]


def test_pictures_and_a_song_are_a_film_and_the_same_order_goes_on_with_it(desk, tmp_path):
    song = write_wav(tmp_path / "song.wav", drum_loop(steady(BPM, FRAMES / 20)).samples)
    order = ("film", desk / "red.png", desk / "blue.png", "--audio", song, "--size", "64x48")
    order = (*order, "--fps", 2, "-o", tmp_path / "film")
    told = quickly(*order)
    storyboard = tmp_path / "film" / "storyboard.toml"
    assert "beats" in told  # what was heard
    assert f"{storyboard}: " in told
    streams = {stream.kind: stream for stream in probe(tmp_path / "film" / "film.mp4")}
    assert streams["video"].packets == -(-FRAMES // 10)
    assert abs(streams["audio"].end - streams["video"].end) <= Fraction(1, 2)
    text, video = storyboard.read_bytes(), (tmp_path / "film" / "film.mp4").stat().st_mtime_ns
    assert "beats" not in quickly(*order)
    assert (storyboard.read_bytes(), (tmp_path / "film" / "film.mp4").stat().st_mtime_ns) == (text, video)
    edit(storyboard, "fade_out", "fade_in = 0.1\nfade_out")
    assert f"dreamzoom film {storyboard}" in says(2, *order)
    assert "--audio: is of a film of pictures" in says(2, "film", storyboard, "--audio", song)


def test_a_folder_stands_for_the_pictures_in_it(desk, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    for name in ("red.png", "blue.png"):
        shutil.copy(desk / name, photos)
    (photos / "notes.txt").write_text("milk")
    told = quickly("film", photos, "--size", "64x48", "--fps", 2, "-o", tmp_path / "film", "--begin")
    assert "passed over, for they are no pictures: notes.txt" in told
    storyboard = (tmp_path / "film" / "storyboard.toml").read_text()
    assert 0 < storyboard.index("blue.png") < storyboard.index("red.png")


def test_a_film_that_is_not_finished_is_not_delivered(film):
    (scene,) = (film / "scenes").glob("03-*")
    journal = scene / "journal.jsonl"
    journal.write_text("".join(journal.read_text().splitlines(keepends=True)[:5]))
    told = says(2, "deliver", film, "--for", "gif")
    assert f"scene {scene.name} has 5 of 16 frames: `dreamzoom resume {film}` makes the others" in told


def test_status_of_a_film_loads_nothing_heavy(film):
    loads = "import sys; from dreamzoom.cli import main\ntry: main(['status', sys.argv[1]])\nfinally: "
    loads += "print(*{'torch', 'numpy', 'scipy', 'PIL'} & sys.modules.keys(), file=sys.stderr)"
    done = subprocess.run(
        [sys.executable, "-c", loads, str(film)], capture_output=True, text=True, check=False
    )
    assert "3 of 3 scenes" in done.stdout
    assert done.stderr.split() == []


def test_the_report_of_a_film_shows_its_scenes_against_the_bars(film):
    quickly("report", film)
    page = (film / "report.html").read_text()
    assert "After the first, 2 of 2 begin on a bar, to the frame" in page
    assert "the film begins." in page
    assert "on bar 3 it begins with fade, over 0.4 s" in page
    assert page.count('<ol class="strip">') == 3
    assert page.count("data:image/jpeg") == 3 * 6
    assert 'src="film.mp4"' in page
