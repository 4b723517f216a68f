"""Films that have lost something: each loss is told with a way on that leads there."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from dreamzoom.errors import RequestError
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.queue.stopping import resume_item
from support.clips import frame_files, quickly, says
from support.film import COLOURS

BOARD = """
[film]
size = "64x48"
fps = 10

[dream]
octaves = 1
iterations = 1
layer = "fire2/concat"

[[scene]]
image = "red.png"
length = 0.4

[[scene]]
image = "green.png"
transition = "fade"
over = 0.2
length = 0.4

[[scene]]
transition = "dream"
length = 0.3
"""
FIRST, SECOND, LAST = "scenes/01-red", "scenes/02-green", "scenes/03-scene"


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    """A folder with pictures, a storyboard, and the film of it."""
    folder = tmp_path_factory.mktemp("losses")
    for name in ("red", "green"):
        Image.new("RGB", (64, 48), COLOURS[name]).save(folder / f"{name}.png")
    (folder / "story.toml").write_text(BOARD)
    quickly("film", folder / "story.toml", "-o", folder / "film")
    assert sorted(path.name for path in (folder / "film/scenes").iterdir()) == [
        FIRST[7:],
        SECOND[7:],
        LAST[7:],
    ]
    return folder


@pytest.fixture
def film(desk, tmp_path):
    """A copy of the film that may be spoiled, in a folder of its own."""
    return Path(shutil.copytree(desk / "film", tmp_path / "folder" / "film"))


def scenes_of(film: Path) -> dict[str, dict[str, bytes]]:
    return {path.name: frame_files(path) for path in sorted((film / "scenes").iterdir())}


def lost(*names: str) -> Callable[[Path], object]:
    def spoil(film: Path) -> None:
        for name in names:
            shutil.rmtree(film / name) if (film / name).is_dir() else (film / name).unlink()

    return spoil


def replaced(name: str, data: bytes) -> Callable[[Path], object]:
    def spoil(film: Path) -> None:
        lost(name)(film)
        (film / name).write_bytes(data)

    return spoil


def folder_at(name: str) -> Callable[[Path], object]:
    def spoil(film: Path) -> None:
        lost(name)(film)
        (film / name).mkdir()

    return spoil


def leads_nowhere(name: str) -> Callable[[Path], object]:
    def spoil(film: Path) -> None:
        lost(name)(film)
        (film / name).symlink_to("nowhere")

    return spoil


def smaller(name: str) -> Callable[[Path], object]:
    return lambda film: Image.new("RGB", (32, 24)).save(film / name)


def made(name: str) -> Callable[[Path], object]:
    def spoil(film: Path) -> None:
        (film / name).unlink(missing_ok=True)
        (film / name).mkdir()

    return spoil


def put(name: str) -> Callable[[Path], object]:
    return lambda film: (film / name).write_bytes(b"x")


def fifo_at(name: str) -> Callable[[Path], object]:
    def spoil(film: Path) -> None:
        if not hasattr(os, "mkfifo"):
            pytest.skip("FIFOs are POSIX's")
        lost(name)(film)
        os.mkfifo(film / name)

    return spoil


def other_board(old: str, new: str) -> Callable[[Path], object]:
    return lambda film: (film / "storyboard.toml").write_text(BOARD.replace(old, new, 1))


ANEW = "going on makes the scene anew"
MENDED = {
    "a scene": (lost(FIRST), "0/6  waiting"),
    "a scene's recipe": (
        lost(f"{FIRST}/recipe.toml"),
        f"has lost its recipe.toml: restore it from a copy; else {ANEW}",
    ),
    "a scene's recipe and journal": (lost(f"{FIRST}/recipe.toml", f"{FIRST}/journal.jsonl"), ANEW),
    "a scene for a file": (
        replaced(FIRST, b"x"),
        f"holds something else: restore it from a copy; else {ANEW}",
    ),
    "a scene for a link": (leads_nowhere(FIRST), ANEW),
    "all scenes": (lost("scenes"), "0/6  waiting"),
    "a frame": (lost(f"{FIRST}/frames/000001.png"), "frame 1: missing"),
    "a frame for a smaller one": (smaller(f"{FIRST}/frames/000001.png"), "frame 1: "),
    "the video": (lost("film.mp4"), "film.mp4 is missing"),
    "the pictures between scenes": (lost("through"), "film: done"),
    "the last scene, and what it begins with": (lost("through", LAST), "0/3  waiting"),
}
"""Losses that going on makes good, and a part of what is said."""

REFUSED = {
    "the storyboard": (
        lost("storyboard.toml"),
        "storyboard.toml is missing: restore it from a copy, or run the",
    ),
    "a storyboard of garbage": (replaced("storyboard.toml", b"\xff"), "is not UTF-8 text"),
    "an empty storyboard": (replaced("storyboard.toml", b""), "storyboard.toml: has no scenes"),
    "a folder for the storyboard": (
        folder_at("storyboard.toml"),
        "storyboard.toml cannot be read: is a folder",
    ),
    "a scene's start image": (lost(f"{FIRST}/start.png"), f"away: {ANEW}"),
    "a scene's recipe for garbage": (replaced(f"{FIRST}/recipe.toml", b"\xff"), f"away: {ANEW}"),
    "a folder for a scene's journal": (
        folder_at(f"{FIRST}/journal.jsonl"),
        "move it away, the clip's journal",
    ),
}
"""Losses that a person has to mend: the film is told to be damaged, scene by scene."""


def told_of_place(name: str, what: str = "is no folder") -> str:
    return f"{name} {what}: move it away"


BARRED = {
    "a scene's start image": (lost(f"{SECOND}/start.png"), "start.png is missing: restore it from a copy"),
    "a folder for a frame": (folder_at(f"{SECOND}/frames/000001.png"), "is no plain file: move it away"),
    "a file for the frames": (replaced(f"{SECOND}/frames", b"x"), told_of_place(f"{SECOND}/frames")),
    "a link for the frames": (leads_nowhere(f"{SECOND}/frames"), told_of_place(f"{SECOND}/frames")),
    "a folder for a scene's lock": (made(f"{SECOND}/.lock"), told_of_place(f"{SECOND}/.lock", "is a folder")),
    "a folder for the film's lock": (made(".lock"), told_of_place(".lock", "is a folder")),
    "a folder for the video": (folder_at("film.mp4"), told_of_place("film.mp4", "is a folder")),
    "a FIFO for the video": (fifo_at("film.mp4"), told_of_place("film.mp4", "is no plain file")),
    "a file for the scenes": (replaced("scenes", b"x"), told_of_place("scenes")),
    "a link for the scenes": (leads_nowhere("scenes"), told_of_place("scenes")),
    "a file for what is put aside": (put("aside"), told_of_place("aside")),
    "a file for what scenes begin with": (replaced("through", b"x"), told_of_place("through")),
    "a folder for what one begins with": (
        folder_at("through/03-scene.png"),
        told_of_place("through/03-scene.png", "is a folder"),
    ),
    "a picture that is missing": (other_board("green.png", "none.png"), "none.png"),
    "a look that is missing": (other_board("[dream]", 'preset = "none.toml"\n\n[dream]'), "none.toml"),
    "a preset that there is none of": (other_board("[dream]", 'preset = "none"\n\n[dream]'), "none"),
    "words that are missing": (other_board("[dream]", '[lyrics]\nfile = "none.lrc"\n\n[dream]'), "none.lrc"),
    "a song that is missing": (
        other_board("[dream]", '[soundtrack]\nsong = "none.wav"\n\n[dream]'),
        "none.wav",
    ),
}
"""What going on with a film that is not finished refuses at once, and a part of what is said."""


def told_in_studio(film: Path) -> dict[str, object]:
    desk = open_desk(film.parent)
    (item,) = desk.shelf.scan()
    assert (item.kind, item.name) == ("film", film.name)
    return dict(desk.facts.examine(item))


@pytest.mark.parametrize("loss", MENDED)
def test_what_going_on_mends_is_told_and_mended(desk, film, loss):
    spoil, words = MENDED[loss]
    whole = scenes_of(film)
    spoil(film)
    said = says(0, "status", film)
    assert words in said
    assert ("film: done" in said) == (loss == "the pictures between scenes")
    facts = told_in_studio(film)
    state = "done" if loss == "the pictures between scenes" else "interrupted"
    assert facts["state"] == state
    says(0, "report", film)
    if state != "done":
        assert f"go on with: dreamzoom resume {film}" in said
        assert says(1, "verify", film)
    quickly("resume", film)
    assert scenes_of(film) == whole
    assert "film: done" in says(0, "status", film)
    assert told_in_studio(film)["state"] == "done"


def test_what_stood_in_the_place_of_a_scene_is_kept(film):
    (film / FIRST / "recipe.toml").unlink()
    frames = frame_files(film / FIRST)
    assert "is no clip any more" in quickly("resume", film)
    assert frame_files(film / "aside/01-red") == frames == frame_files(film / FIRST)


@pytest.mark.parametrize("loss", REFUSED)
def test_what_a_person_has_to_mend_is_told_as_damage_with_the_other_scenes(film, loss):
    spoil, words = REFUSED[loss]
    spoil(film)
    said = says(0, "status", film)
    assert "film: damaged" in said
    assert "02-green  4/4" in said
    assert words in said
    assert "edited by hand" not in said
    assert told_in_studio(film)["state"] == "damaged"
    assert words.partition(" has")[0].partition(" cannot")[0] in says(2, "resume", film)
    says(0, "report", film)


@pytest.mark.parametrize("loss", BARRED)
def test_what_going_on_refuses_status_studio_and_check_tell_and_nothing_is_made(desk, film, loss):
    spoil, words = BARRED[loss]
    for name in ("red", "green"):  # into what the studio looks at
        shutil.copy(desk / f"{name}.png", film.parent)
    note = (film / "film.json").read_text()
    (film / "film.json").write_text(note.replace(f'"{desk}"', f'"{film.parent}"'))
    lost(f"{FIRST}/frames/000005.png")(film)
    spoil(film)
    said = says(0, "status", film)
    assert "film: damaged" in said
    assert "go on with" not in said
    assert words in said
    opened = open_desk(film.parent)
    (item,) = (each for each in opened.shelf.scan() if each.kind == "film")
    facts = opened.facts.examine(item)
    assert facts["state"] == "damaged"
    assert words in " ".join(facts["faults"])
    with pytest.raises(RequestError, match=re.escape(words)) as refused:
        resume_item(opened, item)
    assert str(film.parent) not in str(refused.value)
    for command in (("resume", film), ("film", film), ("film", film, "--check")):
        assert words in says(2, *command)
    assert not (film / FIRST / "frames/000005.png").exists()


def test_what_is_in_the_way_of_a_scene_that_is_made_anew_is_in_nobodys_way(film):
    (film / SECOND / "start.png").unlink()
    board = BOARD.replace('"green.png"', '"green.png"\nseed = 7')
    (film / "storyboard.toml").write_text(board)
    assert "film: damaged" in says(0, "status", film)
    assert "scene 02-green is another one in clip.seed" in quickly("resume", film)
    assert "film: done" in says(0, "status", film)


def test_a_finished_film_whose_pictures_are_gone_is_done(film):
    other_board("green.png", "none.png")(film)
    (film / ".lock").unlink(missing_ok=True)
    (film / ".lock").mkdir()
    assert "film: done" in says(0, "status", film)
    assert told_in_studio(film)["state"] == "done"


def test_a_scene_that_was_moved_away_as_it_is_said_is_made_anew(film):
    whole = frame_files(film / FIRST)
    (film / FIRST / "start.png").unlink()
    assert f"or move {film / FIRST} away" in says(2, "resume", film)
    (film / FIRST).rename(film.parent / "away")
    quickly("resume", film)
    assert frame_files(film / FIRST) == whole


@pytest.mark.parametrize(
    "names",
    [["storyboard.toml"], ["film.json"], ["film.json", "storyboard.toml"]],
    ids=["board", "note", "both"],
)
def test_the_command_that_made_a_film_makes_good_what_it_has_lost(desk, film, names):
    whole = scenes_of(film)
    lost(*names)(film)
    said = says(2 if len(names) > 1 else 0, "status", film)
    assert "run the command that made the film again" in said
    assert told_in_studio(film)["state"] == "damaged"
    quickly("film", desk / "story.toml", "-o", film)
    assert scenes_of(film) == whole
    assert not (film / "aside").exists()
    assert "film: done" in says(0, "status", film)


def test_so_it_does_for_a_film_of_pictures(desk, tmp_path):
    words = ("film", desk / "red.png", "--size", "64x48", "--fps", 10, "-o", tmp_path / "film")
    quickly(*words, "--begin")
    (tmp_path / "film/scenes").mkdir(exist_ok=True)
    text = (tmp_path / "film/storyboard.toml").read_text()
    (tmp_path / "film/film.json").write_text("[")
    assert "delete it, and run the command" in says(2, "status", tmp_path / "film")
    (tmp_path / "film/film.json").unlink()
    quickly(*words, "--begin")
    assert (tmp_path / "film/storyboard.toml").read_text() == text
    (tmp_path / "film/storyboard.toml").write_text(f"{text}\n# mine\n")
    (tmp_path / "film/film.json").unlink()
    assert "was edited since it was written" in says(2, *words, "--begin")


def test_a_film_without_its_note_is_not_said_to_be_edited(film):
    (film / "film.json").unlink()
    said = says(0, "status", film)
    assert "film.json is missing" in said
    assert "edited by hand" not in said
    for command in ("verify", "stitch", "report", "deliver"):
        more = ("--for", "master", "-o", film.parent / "x.mkv") if command == "deliver" else ()
        assert "film.json is missing" in says(2, command, film, *more)


@pytest.mark.parametrize("name", ["000001.png", "000003.png"])
def test_a_frame_of_another_size_ends_a_film_in_words(film, name):
    smaller(f"{FIRST}/frames/{name}")(film)  # shown as it is, and in the transition
    assert "has 32x24 pixels instead of 64x48: `dreamzoom resume` makes it again" in says(2, "stitch", film)
    out = film.parent / "x.mkv"
    assert "has 32x24 pixels" in says(2, "deliver", film, "--for", "master", "-o", out)
    assert not out.exists()


def test_what_is_missing_is_told_before_a_film_is_put_together(film):
    (film / FIRST / "frames/000001.png").unlink()
    assert "scene 01-red has 1 of 6 frames" in says(2, "stitch", film)
    assert (film / "film.mp4").exists()


def test_a_song_that_is_lost_is_told_and_taken_again(desk, tmp_path):
    from support.music import chord, write_wav

    write_wav(tmp_path / "song.wav", chord(2))
    for name in ("red", "green"):
        shutil.copy(desk / f"{name}.png", tmp_path)
    song = '[soundtrack]\nsong = "song.wav"\n\n[dream]'
    (tmp_path / "story.toml").write_text(BOARD.replace("[dream]", song, 1))
    film = tmp_path / "film"
    quickly("film", tmp_path / "story.toml", "-o", film)
    (film / "song.wav").unlink()
    for command in ("status", "verify"):
        said = says(int(command == "verify"), command, film)
        assert "song.wav is missing: going on takes it again from where the storyboard names it" in said
    assert "song.wav is missing: restore it from a copy" in says(2, "stitch", film)
    quickly("resume", film)
    assert "film: done" in says(0, "status", film)
    (film / "song.wav").unlink()
    (film / "song.wav").mkdir()
    assert f"{film / 'song.wav'} cannot be read: is a folder" in says(2, "resume", film)


def test_a_page_is_told_each_scene_as_it_was_found_to_be(film):
    (film / FIRST / "start.png").unlink()
    smaller(f"{SECOND}/frames/000001.png")(film)
    facts = told_in_studio(film)
    states = {scene["name"]: scene["state"] for scene in facts["scenes"]}
    assert states == {FIRST[7:]: "damaged", SECOND[7:]: "interrupted", LAST[7:]: "done"}
    assert json.dumps(facts).count(str(film.parent)) == 0


@pytest.fixture(scope="module")
def draft_desk(desk):
    """The same folder with a draft of the storyboard in 128x96."""
    board = BOARD.replace("64x48", "128x96").replace("fps = 10", "fps = 12")
    (desk / "large.toml").write_text(board)
    quickly("film", desk / "large.toml", "--draft", "-o", desk / "large")
    return desk


@pytest.fixture
def draft(draft_desk, tmp_path):
    """A copy of the draft that has lost its note; what its storyboard names lies beside it."""
    for name in ("red", "green"):
        shutil.copy(draft_desk / f"{name}.png", tmp_path)
    made = Path(shutil.copytree(draft_desk / "large-draft", tmp_path / "large-draft"))
    text = (made / "storyboard.toml").read_text()
    (made / "storyboard.toml").write_text(text.replace('image = "', f'image = "{tmp_path}/'))
    (made / "film.json").unlink()
    return made


@pytest.mark.parametrize("command", ["resume", "film"])
def test_a_draft_without_its_note_goes_on_as_a_draft_and_says_so(draft, command):
    whole = scenes_of(draft)
    (draft / FIRST / "frames/000001.png").unlink()
    assert "film.json is missing: by its scenes it is a draft" in quickly(command, draft)
    assert scenes_of(draft) == whole
    assert not (draft / "aside").exists()
    assert json.loads((draft / "film.json").read_text())["is_draft"] is True
    assert "film.json" not in quickly("resume", draft)


def test_a_film_without_its_note_is_told_to_be_no_draft_and_goes_on(desk, film):
    whole = scenes_of(film)
    for name in ("red", "green"):
        shutil.copy(desk / f"{name}.png", film)
    (film / "film.json").unlink()
    assert "film.json is missing: by its scenes it is no draft" in quickly("resume", film)
    assert scenes_of(film) == whole


def other_size(draft: Path) -> None:
    board = draft / "storyboard.toml"
    board.write_text(board.read_text().replace("128x96", "640x480"))


def one_other_scene(draft: Path) -> None:
    recipe = draft / FIRST / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('size = "64x48"', 'size = "128x96"'))


def no_recipe(draft: Path) -> None:
    for scene in ("01-red", "02-green", "03-scene"):
        (draft / f"scenes/{scene}/recipe.toml").write_bytes(b"\xff")


UNTOLD = {
    "another size in the storyboard": (
        other_size,
        "they have 64x48 at 4 frames a second, and the storyboard says 640",
    ),
    "scenes of two sizes": (
        one_other_scene,
        "they have 128x96 at 4 frames a second and 64x48 at 4 frames a second",
    ),
    "no scene": (lost(FIRST, SECOND, LAST), "there are none"),
    "no recipe": (no_recipe, "there are none"),
}


@pytest.mark.parametrize("loss", UNTOLD)
def test_where_nobody_can_tell_whether_it_is_a_draft_nothing_is_made_and_the_way_on_is_said(draft, loss):
    spoil, words = UNTOLD[loss]
    spoil(draft)
    before = {path: path.read_bytes() for path in draft.rglob("*") if path.is_file() and path.name[0] != "."}
    for command in (("resume", draft), ("film", draft), ("film", draft, "--check")):
        said = says(2, *command)
        assert "film.json is missing, which tells whether this is a draft" in said
        assert words in said
    assert {path: path.read_bytes() for path in before} == before
    shutil.copy(draft / "storyboard.toml", draft.parent / "large.toml")
    if loss == "no scene":
        quickly("film", draft.parent / "large.toml", "--draft", "-o", draft.parent / "large")
        assert json.loads((draft / "film.json").read_text())["is_draft"] is True
        assert "large-draft: done" in says(0, "status", draft)


def test_a_storyboard_that_a_person_has_put_beside_a_folder_of_scenes_is_made_as_it_says(desk, tmp_path):
    film = tmp_path / "film"
    (film / "scenes").mkdir(parents=True)
    for name in ("red", "green"):
        shutil.copy(desk / f"{name}.png", film)
    (film / "storyboard.toml").write_text(BOARD)
    assert "film.json" not in quickly("film", film, "--begin")
    assert json.loads((film / "film.json").read_text())["is_draft"] is False
