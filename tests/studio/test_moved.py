"""What is moved or renamed without the studio keeps what was planned with it; a copy takes nothing along."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.wishes.drafts import keep_draft, read_drafts
from dreamzoom.studio.wishes.moved import MoveKeeper
from support.clips import render_here
from support.studio import studio, until

PLAN = {"changes": {"camera.zoom": 1.07}}


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    return render_here(tmp_path_factory.mktemp("moved") / "sky", frames=1)


@pytest.fixture
def desk(tmp_path, sky):
    shutil.copytree(sky, tmp_path / "sky")
    (tmp_path / "material").mkdir()
    shutil.copy(sky / "start.png", tmp_path / "material" / "hills.png")
    desk = open_desk(tmp_path)
    keep_draft(desk, id_of("sky"), PLAN)
    look(desk)
    return desk


def id_of(place: str) -> str:
    return item_id(Path(place))


def look(desk) -> list[str]:
    """Look as the next studio does; of what the drafts are that went along."""
    told: list[str] = []
    MoveKeeper(desk, told.extend).look()
    return told


def test_a_clip_that_is_renamed_keeps_its_draft(desk):
    (desk.folder / "sky").rename(desk.folder / "heaven")
    assert look(desk) == [id_of("heaven")]
    assert read_drafts(desk) == {id_of("heaven"): PLAN}
    (desk.folder / "heaven").rename(desk.folder / "sky")
    assert look(desk) == [id_of("sky")]
    assert look(desk) == []


def test_a_picture_that_is_moved_stays_in_the_plan(desk):
    look_of = {"item": id_of("material/hills.png")}
    keep_draft(desk, "new", {"picture": id_of("material/hills.png"), "changes": {"colour.palette": look_of}})
    (desk.folder / "material/hills.png").rename(desk.folder / "mountains.png")
    assert look(desk) == ["new"]
    now = id_of("mountains.png")
    assert read_drafts(desk)["new"] == {"picture": now, "changes": {"colour.palette": {"item": now}}}


def test_a_copy_takes_nothing_along_and_nor_does_what_is_made_anew(desk, sky):
    shutil.copytree(desk.folder / "sky", desk.folder / "copy")  # with its times
    assert look(desk) == []
    shutil.rmtree(desk.folder / "sky")
    assert look(desk) == []
    shutil.copytree(sky, desk.folder / "heaven", copy_function=shutil.copyfile)  # it may get the same number
    assert look(desk) == []
    assert read_drafts(desk) == {id_of("sky"): PLAN}


def test_what_was_planned_at_the_new_place_is_not_lost(desk):
    newer = {"changes": {"camera.zoom": 1.2}}
    keep_draft(desk, id_of("heaven"), newer)
    (desk.folder / "sky").rename(desk.folder / "heaven")
    assert look(desk) == []
    assert read_drafts(desk)[id_of("heaven")] == newer


@pytest.mark.parametrize("kept", ["[]", "{", '{"x": 1}', '{"x": ["clip", "a", 1, 2]}', "[" * 100_000])
def test_places_of_a_stranger_stop_nothing(desk, kept):
    (desk.private / "places.json").write_text(kept)
    (desk.folder / "sky").rename(desk.folder / "heaven")
    assert look(desk) == []
    assert id_of("heaven") in json.loads((desk.private / "places.json").read_text())


def test_a_clip_that_was_renamed_while_no_studio_ran_has_its_draft(tmp_path, sky):
    shutil.copytree(sky, tmp_path / "sky")
    with studio(tmp_path) as house, house.client() as client:
        sent = client.put(f"/api/drafts/{id_of('sky')}", json={"draft": PLAN, "by": "me"})
        sent.raise_for_status()
        until((tmp_path / ".studio/places.json").exists)
    (tmp_path / "sky").rename(tmp_path / "heaven")
    with studio(tmp_path) as house, house.client() as client:
        until(lambda: client.get("/api/drafts").json()["drafts"] == {id_of("heaven"): PLAN})
