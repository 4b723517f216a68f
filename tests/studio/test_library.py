"""What lies in a studio's folder, as pages are told it."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.lock import writing
from dreamzoom.clip.status import clip_status
from dreamzoom.errors import RequestError
from dreamzoom.studio.desk import Desk, open_desk
from dreamzoom.studio.library.housekeeping import rename_item, to_trash
from dreamzoom.studio.library.items import family_of, item_id, take_name
from dreamzoom.studio.library.shelf import UnknownItemError
from support.clips import render_here
from support.film import make_here, plan_film, plan_scene


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A finished clip, to be copied."""
    return render_here(tmp_path_factory.mktemp("rendered") / "sky", frames=3)


@pytest.fixture
def folder(tmp_path, rendered):
    """FOLDER with that clip in it."""
    place = tmp_path / "folder"
    shutil.copytree(rendered, place / "sky")
    return place


def facts_of(desk: Desk, name: str) -> dict[str, object]:
    """What an examination tells of the item of a name."""
    item = next(item for item in desk.shelf.scan() if item.name == name)
    return dict(desk.facts.examine(item))


def test_a_clip_is_told_as_status_tells_it(folder):
    facts = facts_of(open_desk(folder), "sky")
    now = clip_status(open_clip(folder / "sky"))
    assert facts["kind"] == "clip"
    assert (facts["state"], facts["frames_done"], facts["frames_total"]) == ("done", 3, 3)
    assert facts["seconds_per_frame"] == now.seconds_per_frame
    assert (facts["size"], facts["fps"], facts["has_song"]) == ([64, 48], 30.0, False)
    assert (facts["family"], facts["take"], facts["faults"]) == ("sky", 1, [])


def test_a_glance_tells_the_same_as_an_examination_of_a_sound_clip(folder):
    desk = open_desk(folder)
    (item,) = desk.shelf.scan()
    assert not desk.facts.is_examined(item)
    glanced, examined = desk.facts.of(item), desk.facts.examine(item)
    assert (glanced["state"], examined["state"]) == ("unexamined", "done")
    assert {**glanced, "state": "done"} == examined
    assert desk.facts.is_examined(item)


@pytest.mark.parametrize(
    ("spoil", "state", "word"),
    [
        (lambda clip: (clip / "recipe.toml").write_text("clip = nonsense"), "damaged", "recipe.toml"),
        (lambda clip: (clip / "recipe.toml").write_bytes(b"\xff\xfe\x00"), "damaged", "recipe.toml"),
        (lambda clip: (clip / "start.png").unlink(), "damaged", "start.png is missing"),
        (lambda clip: (clip / "frames/000001.png").unlink(), "interrupted", "frame 1: missing"),
        (lambda clip: (clip / "clip.mp4").unlink(), "interrupted", "clip.mp4 is missing"),
        (lambda clip: (clip / "clip.mp4").write_bytes(b"x"), "interrupted", "clip.mp4 has 1 bytes"),
        (lambda clip: shutil.rmtree(clip / "frames"), "interrupted", "frame 0: missing"),
        (lambda clip: (clip / "journal.jsonl").write_bytes(b"\x00torn"), "interrupted", ""),
    ],
)
def test_what_is_wrong_with_a_clip_is_told_in_words(folder, spoil, state, word):
    desk = open_desk(folder)
    assert facts_of(desk, "sky")["state"] == "done"
    spoil(folder / "sky")
    facts = facts_of(desk, "sky")
    assert facts["state"] == state
    assert word in " ".join(map(str, facts["faults"]))
    assert str(folder) not in json.dumps(facts["faults"])


def test_what_is_no_file_in_a_clip_ends_nothing(folder):
    (folder / "sky/journal.jsonl").unlink()
    (folder / "sky/journal.jsonl").mkdir()
    (folder / "sky/video.json").unlink()
    os.mkfifo(folder / "sky/video.json")
    desk = open_desk(folder)
    assert [facts["name"] for facts in desk.facts.all()] == ["sky"]
    assert facts_of(desk, "sky")["faults"]


def test_a_clip_that_is_written_runs_and_has_no_faults(folder):
    clip = folder / "sky"
    (clip / "clip.mp4").unlink()
    lines = (clip / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (clip / "journal.jsonl").write_bytes(lines[0])
    desk = open_desk(folder)
    with writing(clip):
        first = facts_of(desk, "sky")
        with (clip / "journal.jsonl").open("ab") as journal:
            journal.write(lines[1] + lines[2][:20])
        second = facts_of(desk, "sky")
        with (clip / "journal.jsonl").open("ab") as journal:
            journal.write(lines[2][20:])
        third = facts_of(desk, "sky")
    assert [facts["state"] for facts in (first, second, third)] == ["running"] * 3
    assert [facts["frames_done"] for facts in (first, second, third)] == [1, 2, 3]
    assert first["faults"] == []
    assert facts_of(desk, "sky")["state"] == "interrupted"


def test_a_journal_that_was_written_anew_is_read_anew(folder):
    clip, desk = folder / "sky", open_desk(folder)
    assert facts_of(desk, "sky")["frames_done"] == 3
    lines = (clip / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (clip / "new").write_bytes(b"".join(lines[:2]))
    (clip / "new").replace(clip / "journal.jsonl")
    assert facts_of(desk, "sky")["frames_done"] == 2


def test_a_clip_of_an_older_dreamzoom_is_told_too(folder):
    recipe = folder / "sky/recipe.toml"
    kept = [
        line
        for line in recipe.read_text().splitlines()
        if not line.startswith(("depth", "close", "turns", "spiral", "dreams", "columns", "recipe_sha256"))
    ]
    recipe.write_text("\n".join(kept).replace('dreamzoom = "0.2.0"', 'dreamzoom = "0.1.0"') + "\n")
    facts = facts_of(open_desk(folder), "sky")
    assert (facts["frames_done"], facts["frames_total"], facts["is_loop"]) == (3, 3, False)


def test_takes_know_their_family(folder):
    shutil.copytree(folder / "sky", folder / "sky-take-2")
    facts = facts_of(open_desk(folder), "sky-take-2")
    assert (facts["family"], facts["take"]) == ("sky", 2)
    assert family_of("sky-take-1") == ("sky-take-1", 1)
    assert family_of(take_name("sky", 12)) == ("sky", 12)
    assert take_name("sky", 1) == "sky"


def test_material_and_what_was_made_is_found_and_the_hidden_is_not(folder, tmp_path):
    outside = tmp_path / "outside.png"
    outside.write_bytes(b"x")
    for place in ("material/a.jpg", "material/song.MP3", "look.toml", "dreamed/b.png", "delivered/c.mp4"):
        (folder / place).parent.mkdir(exist_ok=True)
        (folder / place).write_bytes(b"x")
    (folder / "delivered/frames.zip").write_bytes(b"x")
    (folder / "notes.txt").write_bytes(b"x")
    (folder / ".a.png.0123abcd.part").write_bytes(b"x")
    (folder / "link.png").symlink_to(outside)
    (folder / "linked").symlink_to(folder / "sky")
    (folder / "half").mkdir()
    (folder / "half/recipe.toml").symlink_to(folder / "sky/recipe.toml")
    found = {facts["place"]: facts["kind"] for facts in open_desk(folder).facts.all()}
    assert found == {
        "sky": "clip",
        "look.toml": "recipe",
        "material/a.jpg": "picture",
        "material/song.MP3": "song",
        "dreamed/b.png": "picture",
        "delivered/c.mp4": "video",
        "delivered/frames.zip": "file",
    }


def test_the_newest_comes_first_and_a_render_changes_no_order(folder):
    shutil.copytree(folder / "sky", folder / "later")
    for name, when in (("sky", 1000), ("later", 2000)):
        os.utime(folder / name / ".lock", (when, when))
    desk = open_desk(folder)
    assert [facts["name"] for facts in desk.facts.all()] == ["later", "sky"]
    (folder / "sky/journal.jsonl").write_bytes((folder / "sky/journal.jsonl").read_bytes())
    assert [facts["name"] for facts in desk.facts.all()] == ["later", "sky"]


def test_a_film_is_told_with_its_scenes(tmp_path):
    pictures = tmp_path / "pictures"
    pictures.mkdir()
    folder = tmp_path / "folder"
    plan = plan_film(
        plan_scene(pictures, "01-red", 0, 4), plan_scene(pictures, "02-blue", 3, 6, "fade", 1), frames=6
    )
    film = make_here(folder / "film", plan)
    desk = open_desk(folder)
    facts = facts_of(desk, "film")
    assert (facts["kind"], facts["state"], facts["faults"]) == ("film", "done", [])
    assert (facts["frames_done"], facts["frames_total"], facts["fps"]) == (6, 6, 10.0)
    scenes = facts["scenes"]
    assert isinstance(scenes, list)
    assert [(scene["name"], scene["first"], scene["stop"]) for scene in scenes] == [
        ("01-red", 0, 4),
        ("02-blue", 3, 6),
    ]
    assert [scene["state"] for scene in scenes] == ["done", "done"]
    scene = desk.shelf.find(scenes[1]["id"])
    assert scene.place == Path("film/scenes/02-blue")
    assert desk.facts.of(scene)["frames_total"] == 3
    (film.scene_path("02-blue") / "frames/000001.png").unlink()
    facts = facts_of(desk, "film")
    assert (facts["state"], facts["frames_done"]) == ("interrupted", 4)
    (folder / "film/film.json").write_text("[1")
    facts = facts_of(desk, "film")
    assert facts["state"] == "damaged"
    assert "film.json is damaged" in str(facts["faults"])


def test_what_is_gone_is_found_no_more_and_a_lost_folder_is_empty(folder):
    desk = open_desk(folder)
    (item,) = desk.shelf.scan()
    assert desk.shelf.find(item_id(Path("sky"))) == item
    shutil.rmtree(folder)
    with pytest.raises(UnknownItemError):
        desk.shelf.find(item.id)
    assert desk.facts.all() == []


def test_an_id_is_no_path(folder):
    desk = open_desk(folder)
    for wanted in ("sky", "../folder/sky", "", "0" * 16, "%2e%2e"):
        with pytest.raises(UnknownItemError):
            desk.shelf.find(wanted)


def test_another_name_makes_no_other_kind_of_a_file(tmp_path):
    (tmp_path / "material").mkdir()
    for name in ("a.beats.txt", "b.storyboard.toml", "c.TOML", "d.tar.png"):
        (tmp_path / "material" / name).write_bytes(b"x")
    desk = open_desk(tmp_path)
    kinds = {item.name: item.kind for item in desk.shelf.scan()}
    named = {item.name: rename_item(desk, item, f"new {item.name[0]}").name for item in desk.shelf.scan()}
    assert named["a.beats.txt"] == "new a.beats.txt"
    assert named["b.storyboard.toml"] == "new b.storyboard.toml"
    assert {item.name: item.kind for item in desk.shelf.scan()} == {
        named[name]: kind for name, kind in kinds.items()
    }


@pytest.mark.parametrize("word", ["./material/p.png", 'clip.end="./material/p.png"'])
def test_what_the_queue_needs_stays_where_it_is(tmp_path, word):
    (tmp_path / "material").mkdir()
    (tmp_path / "material/p.png").write_bytes(b"x")
    desk = open_desk(tmp_path)
    (item,) = desk.shelf.scan()
    job = desk.waiting.add("Dream p", ("render", "--set", word, "--out", "./p"), "p")
    for deed in (lambda: to_trash(desk, item), lambda: rename_item(desk, item, "other")):
        with pytest.raises(RequestError, match=r"the queue needs p\.png"):
            deed()
    desk.waiting.remove(job)
    assert rename_item(desk, item, "other") == Path("material/other.png")
