"""New clips, takes and longer clips, asked for by a page and really rendered."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.studio.library.items import item_id
from support.clips import frame_files, render_here
from support.studio import studio, until

SMALL = {
    "clip.size": "64x48",
    "clip.frames": 2000,
    "dream.octaves": 1,
    "dream.iterations": 2,
    "dream.layer": "fire2/concat",
}


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("directing")
    render_here(folder / "beach", frames=6)
    with studio(folder) as running:
        yield running


@pytest.fixture
def page(house):
    with house.client() as client:
        yield client


def ask(page, path: str, body: dict[str, object]) -> dict[str, object]:
    answer = page.post(path, json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


def id_of(page, name: str) -> str:
    return next(item["id"] for item in page.get("/api/library").json()["items"] if item["name"] == name)


def rendered(house, name: str):
    """The clip of a name, once it is whole."""
    path = house.folder / name
    until(lambda: (path / "clip.mp4").exists() and (path / "video.json").exists())
    return open_clip(path)


def test_a_take_shares_what_came_before_it_and_leaves_its_parent_as_it_was(house, page):
    before = {
        path: path.read_bytes() for path in sorted((house.folder / "beach").rglob("*")) if path.is_file()
    }
    beach = id_of(page, "beach")
    told = ask(page, f"/api/items/{beach}/takes", {"at": 3, "changes": {"camera.rotate": 30}})
    assert told["name"] == "beach-take-2"
    take = rendered(house, "beach-take-2")
    assert told["item"] == id_of(page, "beach-take-2")
    parent, made = frame_files(house.folder / "beach"), frame_files(take.path)
    names = sorted(parent)
    assert [made[name] == parent[name] for name in names] == [True] * 3 + [False] * 3
    assert {path: path.read_bytes() for path in before} == before
    of_take = ask(page, f"/api/items/{told['item']}/takes", {"at": 5, "changes": {"camera.rotate": -30}})
    assert of_take["name"] == "beach-take-3"
    third = frame_files(rendered(house, "beach-take-3").path)
    assert [third[name] == made[name] for name in names] == [True] * 5 + [False]
    rules = page.get(f"/api/items/{of_take['item']}/recipe?frame=4").json()
    assert (rules["first"], rules["stop"]) == (3, 5)
    assert rules["now"]["camera.rotate"] == 30


def test_a_clip_at_work_is_stopped_for_a_take_that_comes_first(house, page):
    told = ask(page, "/api/clips", {"picture": "marble", "preset": "classic", "changes": SMALL})
    path = house.folder / told["name"]
    until(lambda: len(list((path / "frames").glob("*.png"))) > 2)
    later = ask(page, "/api/clips", {"picture": "hills", "changes": SMALL})
    wish = {"at": 2, "changes": {"clip.frames": 4, "camera.zoom": 0.9}}
    take = ask(page, f"/api/items/{told['item']}/takes", wish)
    assert (told["name"], take["name"]) == ("marble", "marble-take-2")
    states = {job["id"]: job["state"] for job in page.get("/api/queue").json()["jobs"]}
    assert list(states).index(take["job"]) < list(states).index(later["job"])
    page.delete(f"/api/queue/{later['job']}").raise_for_status()
    clip, made = rendered(house, take["name"]), frame_files(house.folder / take["name"])
    parent = frame_files(path)
    assert len(parent) < SMALL["clip.frames"]
    assert [made[name] == parent[name] for name in sorted(made)[:3]] == [True, True, False]
    ask(page, f"/api/items/{take['item']}/extend", {"seconds": 0.1})
    until(lambda: open_clip(clip.path).recipe.clip.frames == 7 and len(frame_files(clip.path)) == 7)
    assert {name: frame_files(clip.path)[name] for name in made} == made


@pytest.mark.parametrize(
    ("path", "body", "faults"),
    [
        ("/api/clips", {"changes": {"camera.zoom": 5}}, {"camera.zoom": "is 5: must be 0.5 to 2"}),
        ("/api/items/beach/takes", {"at": 3}, None),
        ("/api/items/beach/takes", {"at": 30, "changes": {"camera.rotate": 1}}, None),
        ("/api/items/beach/takes", {"at": "3", "changes": {"camera.rotate": 1}}, None),
        ("/api/items/beach/takes", {"changes": []}, None),
        ("/api/items/beach/extend", {"seconds": "long"}, None),
        ("/api/items/0000000000000000/takes", {"at": 3}, None),
    ],
)
def test_what_is_wrong_is_told_and_nothing_is_put_in_line(house, page, path, body, faults):
    beach = id_of(page, "beach")
    jobs = page.get("/api/queue").json()["jobs"]
    answer = page.post(path.replace("beach", beach), json=body)
    assert answer.status_code in (400, 404)
    told = answer.json()
    assert told["error"]
    if faults is not None:
        assert told["faults"] == faults
    assert len(page.get("/api/queue").json()["jobs"]) == len(jobs)


@pytest.mark.parametrize(
    ("body", "faulty", "notes"),
    [
        ({"changes": {"camera.zoom": "1 +"}}, ["camera.zoom"], []),
        ({"changes": {"clip.image": "/etc/passwd"}}, ["clip.image"], []),
        ({"of": "beach", "at": 3, "changes": {"clip.size": "32x32"}}, [], ["clip.size cannot change"]),
        ({"of": "beach", "at": 3, "changes": {"camera.zoom": 1.1}}, [], []),
    ],
)
def test_a_plan_is_checked_without_being_asked_for(page, body, faulty, notes):
    body = {**body, "of": id_of(page, "beach")} if "of" in body else body
    told = ask(page, "/api/check", body)
    assert list(told["faults"]) == faulty
    assert [note[: len(begin)] for note, begin in zip(told["notes"], notes, strict=True)] == notes


def test_the_schema_is_told_once(page):
    answer = page.get("/api/schema")
    keys = answer.json()["keys"]
    assert list(keys) == list(SETTINGS)
    assert keys["clip.size"]["of_the_whole_clip"]
    assert "dusk" in keys["colour.palette"]["words"]
    assert keys["dream.goal"]["keys"]["weight"]["minimum"] == -10
    assert page.get("/api/schema", headers={"If-None-Match": answer.headers["etag"]}).status_code == 304


def test_the_values_of_a_clip_are_told(page):
    beach = id_of(page, "beach")
    told = page.get(f"/api/items/{beach}/recipe?frame=2").json()
    assert told["values"]["clip.size"] == "64x48"
    assert set(told["values"]) == set(SETTINGS)
    assert {"clip.size", "clip.frames", "dream.layer"} <= set(told["differs"])
    assert told["now"]["camera.target"] == [0.5, 0.5]
    assert page.get(f"/api/items/{beach}/recipe?frame=-1").status_code == 400
    assert page.get(f"/api/items/{beach}/recipe?frame=99").status_code == 400


def test_a_draft_comes_back_and_no_other_is_kept(page):
    draft = {"changes": {"camera.zoom": 1.1}, "preset": None, "picture": None, "song": None, "at": 3}
    beach = item_id(Path("nothing"))
    assert page.put(f"/api/drafts/{beach}", json={"draft": draft, "by": "me"}).status_code == 200
    assert page.get("/api/drafts").json()["drafts"][beach] == draft
    assert page.put(f"/api/drafts/{beach}", json={"draft": {}, "by": "me"}).status_code == 200
    assert beach not in page.get("/api/drafts").json()["drafts"]
    assert page.put("/api/drafts/else", json={"draft": draft}).status_code == 400
