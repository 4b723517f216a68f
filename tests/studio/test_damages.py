"""Whatever becomes of a clip's files: the studio shows it, says what is wrong, and calls it done no more."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from dreamzoom.clip.lock import writing
from dreamzoom.studio.desk import open_desk
from support.clips import as_root, quickly, render_here

FRAME = "frames/000001.png"


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A finished clip, to be copied."""
    return render_here(tmp_path_factory.mktemp("rendered") / "sky", frames=4)


@pytest.fixture
def folder(tmp_path, rendered):
    """FOLDER with that clip in it."""
    place = tmp_path / "folder"
    shutil.copytree(rendered, place / "sky")
    return place


def holds(name: str, data: bytes) -> Callable[[Path], object]:
    return lambda clip: (clip / name).write_bytes(data)


def lost(name: str) -> Callable[[Path], object]:
    return lambda clip: (clip / name).unlink()


def is_folder(name: str) -> Callable[[Path], object]:
    def spoil(clip: Path) -> None:
        (clip / name).unlink()
        (clip / name).mkdir()

    return spoil


def leads_to(name: str, place: str) -> Callable[[Path], object]:
    def spoil(clip: Path) -> None:
        (clip / name).unlink()
        (clip / name).symlink_to(place)

    return spoil


def torn_within(clip: Path) -> None:
    lines = (clip / "journal.jsonl").read_bytes().splitlines(keepends=True)
    (clip / "journal.jsonl").write_bytes(b"".join([lines[0], lines[1][:30], *lines[2:]]))


def frames_are_a_file(clip: Path) -> None:
    shutil.rmtree(clip / "frames")
    (clip / "frames").write_bytes(b"x")


MENDED = {
    "an empty frame": (holds(FRAME, b""), "frame 1: 0 bytes instead of"),
    "a frame that leads nowhere": (leads_to(FRAME, "nowhere"), "frame 1: missing"),
    "a frame that leads elsewhere": (leads_to(FRAME, "/etc/hostname"), "frame 1: "),
    "a frame lost in the middle": (lost(FRAME), "frame 1: missing"),
    "a lost journal": (lost("journal.jsonl"), "the journal says nothing of: 4"),
    "a journal of garbage": (holds("journal.jsonl", b"\0\xff garbage"), "the journal says nothing of: 4"),
    "a journal torn within": (torn_within, "the journal says nothing of: 2"),
    "all frames lost": (lambda clip: shutil.rmtree(clip / "frames"), "frame 0: missing"),
    "an empty video": (holds("clip.mp4", b""), "clip.mp4 has 0 bytes"),
    "a lost video": (lost("clip.mp4"), "clip.mp4 is missing"),
}
"""Damages that going on mends, and a part of what is said."""

OTHERS = {
    "a folder in a frame's place": (is_folder(FRAME), "move it away, frame 1 belongs there"),
    "a folder in the video's place": (is_folder("clip.mp4"), "clip.mp4 is a folder: move it away"),
    "a folder in the journal's place": (is_folder("journal.jsonl"), "journal.jsonl: is a folder"),
    "a file in the frames' place": (frames_are_a_file, "frames cannot be read"),
    "a lost recipe": (lost("recipe.toml"), "has lost its recipe.toml: restore that from a copy"),
    "a recipe of garbage": (holds("recipe.toml", b"\xff"), "restore it from a copy"),
    "an empty recipe": (holds("recipe.toml", b""), "restore it from a copy"),
    "a folder in the recipe's place": (is_folder("recipe.toml"), "restore it from a copy"),
}
"""Damages that a person has to mend, and a part of what is said."""


@pytest.mark.parametrize("damage", MENDED)
def test_what_going_on_mends_is_told_with_the_way_on(folder, damage):
    spoil, words = MENDED[damage]
    spoil(folder / "sky")
    desk = open_desk(folder)
    (item,) = desk.shelf.scan()
    facts = desk.facts.examine(item)
    assert facts["state"] == "interrupted"
    assert words in " ".join(facts["faults"])
    assert "dreamzoom verify sky" in facts["way_on"]
    assert str(folder) not in json.dumps(facts)
    quickly("resume", folder / "sky")
    mended = desk.facts.examine(item)
    assert (mended["state"], mended["faults"], mended.get("way_on")) == ("done", [], None)


@pytest.mark.parametrize("damage", OTHERS)
def test_what_a_person_has_to_mend_is_told_as_damage(folder, damage):
    spoil, words = OTHERS[damage]
    spoil(folder / "sky")
    desk = open_desk(folder)
    (glanced,) = desk.facts.all()
    assert glanced["state"] in ("damaged", "interrupted")
    (item,) = desk.shelf.scan()
    facts = desk.facts.examine(item)
    assert (facts["name"], facts["kind"], facts["state"]) == ("sky", "clip", "damaged")
    assert words in " ".join(facts["faults"])
    assert "way_on" not in facts


@pytest.mark.skipif(as_root(), reason="root reads everything")
def test_a_recipe_that_may_not_be_read_is_damage(folder):
    (folder / "sky/recipe.toml").chmod(0)
    desk = open_desk(folder)
    (item,) = desk.shelf.scan()
    assert desk.facts.examine(item)["state"] == "damaged"


def test_a_glance_calls_nothing_done_whose_video_is_empty_or_whose_frame_is_a_folder(folder):
    for name, spoil in (("sky-take-2", holds("clip.mp4", b"")), ("sky-take-3", is_folder(FRAME))):
        shutil.copytree(folder / "sky", folder / name)
        spoil(folder / name)
    states = {facts["name"]: facts["state"] for facts in open_desk(folder).facts.all()}
    assert states == {"sky": "done", "sky-take-2": "interrupted", "sky-take-3": "interrupted"}


def test_a_clip_whose_recipe_is_yet_to_come_is_not_called_lost(folder):
    (folder / "sky/recipe.toml").unlink()
    desk = open_desk(folder)
    with writing(folder / "sky"):
        assert desk.shelf.scan() == []
    assert [item.kind for item in desk.shelf.scan()] == ["clip"]


def test_a_recipe_that_is_a_link_is_not_followed(folder, tmp_path):
    recipe = folder / "sky/recipe.toml"
    recipe.rename(tmp_path / "recipe.toml")
    recipe.symlink_to(tmp_path / "recipe.toml")
    assert open_desk(folder).shelf.scan() == []
