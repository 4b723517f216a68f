"""Whatever becomes of a clip's files: the studio shows it, says what is wrong, and calls it done no more."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from dreamzoom.clip.lock import writing
from dreamzoom.errors import DreamzoomError, RequestError
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.queue.stopping import resume_item
from dreamzoom.studio.wishes.commands import longer_clip, new_take
from support.clips import as_root, frame_files, quickly, render_here, says

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


def frames_lead_nowhere(clip: Path) -> None:
    shutil.rmtree(clip / "frames")
    (clip / "frames").symlink_to("nowhere")


def unfinished_with_a_folder_for_the_note(clip: Path) -> None:
    (clip / "frames/000003.png").unlink()
    is_folder("video.json")(clip)


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
    "a file in the frames' place": (frames_are_a_file, "frames is no folder: move it away"),
    "a link that leads nowhere in the frames' place": (
        frames_lead_nowhere,
        "frames is no folder: move it away",
    ),
    "a folder in the place of what is noted of the video": (
        unfinished_with_a_folder_for_the_note,
        "video.json is a folder: move it away",
    ),
    "no start image": (lost("start.png"), "start.png is missing: restore it from a copy"),
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
    assert glanced["state"] in ("damaged", "interrupted", "unexamined")
    (item,) = desk.shelf.scan()
    facts = desk.facts.examine(item)
    assert (facts["name"], facts["kind"], facts["state"]) == ("sky", "clip", "damaged")
    assert words in " ".join(facts["faults"])
    assert "way_on" not in facts
    with pytest.raises(DreamzoomError, match=re.escape(words)):
        resume_item(desk, item)
    assert words in says(2, "resume", folder / "sky")
    assert desk.waiting.jobs() == []


def test_no_take_is_promised_of_a_clip_that_has_lost_what_it_is_made_with_nor_is_it_made_longer(folder):
    (folder / "sky/start.png").unlink()
    desk = open_desk(folder)
    (item,) = desk.shelf.scan()
    words = "sky/start.png is missing: restore it from a copy"
    with pytest.raises(RequestError, match=f"^{words}"):
        new_take(desk, item, {"changes": {"camera.zoom": 1.3}, "at": 2})
    with pytest.raises(RequestError, match=f"^{words}"):
        longer_clip(desk, item, {"frames": 6})
    clip = folder / "sky"
    assert words in says(2, "fork", clip, "--at", 2, "--set", "camera.zoom=1.3", "-o", folder / "other")
    assert words in says(2, "extend", clip, "--frames", 6)


@pytest.mark.skipif(as_root(), reason="root reads everything")
def test_a_recipe_that_may_not_be_read_is_damage(folder):
    (folder / "sky/recipe.toml").chmod(0)
    desk = open_desk(folder)
    (item,) = desk.shelf.scan()
    assert desk.facts.examine(item)["state"] == "damaged"


@pytest.mark.skipif(as_root(), reason="root reads everything")
def test_folders_that_may_not_be_read_hide_none_of_the_others(folder):
    for name in ("closed", "half/scenes/01-red", "half/scenes/02-red", "noted/scenes/01-red"):
        (folder / name).mkdir(parents=True)
    (folder / "noted/storyboard.toml").write_text("[[scene]]\n")
    (folder / "half/scenes/02-red/recipe.toml").touch()
    closed = [folder / name for name in ("closed", "half/scenes/01-red", "noted/scenes/01-red")]
    for path in closed:
        path.chmod(0)
    try:
        desk = open_desk(folder)
        states = {item.name: desk.facts.examine(item)["state"] for item in desk.shelf.scan()}
    finally:
        for path in closed:
            path.chmod(0o700)
    assert states == {"sky": "done", "half": "damaged", "noted": "interrupted"}


def test_a_glance_calls_nothing_done_whose_video_is_empty_or_whose_frame_is_a_folder(folder):
    for name, spoil in (("sky-take-2", holds("clip.mp4", b"")), ("sky-take-3", is_folder(FRAME))):
        shutil.copytree(folder / "sky", folder / name)
        spoil(folder / name)
    states = {facts["name"]: facts["state"] for facts in open_desk(folder).facts.all()}
    assert states == {"sky": "unexamined", "sky-take-2": "interrupted", "sky-take-3": "interrupted"}


def smaller(clip: Path) -> None:
    Image.new("RGB", (32, 24)).save(clip / FRAME)


@pytest.mark.parametrize("spoil", [smaller, holds(FRAME, b""), leads_to(FRAME, "/etc/hostname")])
def test_a_glance_calls_no_clip_done_that_nobody_has_examined(folder, spoil):
    spoil(folder / "sky")
    desk = open_desk(folder)
    (item,) = desk.shelf.scan()
    assert desk.facts.of(item)["state"] == "unexamined"
    assert desk.facts.examine(item)["state"] == "interrupted"
    assert desk.facts.of(item)["state"] == "interrupted"


@pytest.mark.parametrize("name", [FRAME, "frames", "clip.mp4", "start.png"])
def test_what_is_a_link_is_told_as_the_studio_does_not_show_it(folder, tmp_path, name):
    (folder / "sky" / name).rename(tmp_path / "elsewhere")
    (folder / "sky" / name).symlink_to(tmp_path / "elsewhere")
    (item,) = (desk := open_desk(folder)).shelf.scan()
    facts = desk.facts.examine(item)
    assert facts["state"] == "done"  # as `dreamzoom status` tells, which follows it
    assert facts["faults"] == [
        f"sky/{name} is a link: the studio follows none, and shows nothing of it; "
        "put what it leads to in its place"
    ]


@pytest.mark.parametrize("name", [".lock", ".writer"])
def test_going_on_is_not_promised_where_a_folder_lies_in_the_place_of_the_lock(folder, name):
    (folder / "sky" / FRAME).unlink()
    (folder / "sky" / name).unlink(missing_ok=True)
    (folder / "sky" / name).mkdir()
    (item,) = (desk := open_desk(folder)).shelf.scan()
    facts = desk.facts.examine(item)
    assert (facts["state"], "way_on" in facts) == ("damaged", False)
    assert f"sky/{name} is a folder: move it away" in " ".join(facts["faults"])
    assert f"{name} is a folder: move it away" in says(2, "resume", folder / "sky")


NO_RECIPE = {
    "the recipe": ["recipe.toml"],
    "the recipe and the journal": ["recipe.toml", "journal.jsonl"],
    "these and the video": ["recipe.toml", "journal.jsonl", "clip.mp4"],
    "these and the start image": ["recipe.toml", "journal.jsonl", "start.png"],
    "all but the video": ["recipe.toml", "journal.jsonl", "frames"],
}
"""What a clip may lose with its recipe."""


@pytest.mark.parametrize("lost_files", NO_RECIPE)
def test_a_clip_without_a_recipe_is_shown_as_what_is_left_of_it(folder, lost_files):
    for name in NO_RECIPE[lost_files]:
        path = folder / "sky" / name
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    desk = open_desk(folder)
    (item,) = desk.shelf.scan()
    facts = desk.facts.examine(item)
    frames = 0 if "frames" in NO_RECIPE[lost_files] else 4
    assert (facts["kind"], facts["state"], facts["frames_done"]) == ("clip", "damaged", frames)
    assert facts["size"] == ([64, 48] if frames else [16, 9])
    assert desk.facts.of(item) == facts  # a glance tells it all
    (fault,) = facts["faults"]
    assert ("4 frames" if frames else "no frames") in fault
    assert ("dreamzoom render" in fault) == ("clip.mp4" not in NO_RECIPE[lost_files])
    assert fault == says(2, "status", folder / "sky").strip().replace(f"{folder}/", "")
    for command in ("resume", "verify", "report", "stitch"):
        assert fault == says(2, command, folder / "sky").strip().replace(f"{folder}/", "")


def test_the_way_to_have_a_clip_again_that_lost_its_recipe_leads_there(folder, rendered):
    (folder / "sky/recipe.toml").unlink()
    (folder / "sky/journal.jsonl").unlink()
    command = says(2, "status", folder / "sky").strip().partition("dreamzoom render ")[2]
    words = shlex.split(command.replace("DIR", shlex.quote(str(folder / "again"))))
    quickly("render", *words)
    assert frame_files(folder / "again") == frame_files(rendered)


def test_a_folder_of_other_pictures_is_no_clip(tmp_path):
    for name in ("frames/sky.png", "frames/1.png", "journal.jsonl", "clip.mp4"):
        path = tmp_path / "album" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    assert open_desk(tmp_path).shelf.scan() == []


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
