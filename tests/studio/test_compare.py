"""Takes as a tree, and two clips held against each other."""

from __future__ import annotations

import pytest

from support.clips import quickly, render_here
from support.studio import studio


@pytest.fixture(scope="module")
def takes(tmp_path_factory):
    """A studio of a clip, a take of it from frame 2, a take of that from frame 3, and another clip."""
    folder = tmp_path_factory.mktemp("takes")
    render_here(folder / "sky", "noise", "--zoom", "1.02")
    quickly("fork", folder / "sky", "--at", 2, "-o", folder / "sky-take-2", "--set", "camera.zoom=1.1")
    quickly("fork", folder / "sky-take-2", "--at", 3, "-o", folder / "sky-take-3", "--set", "camera.rotate=9")
    quickly("fork", folder / "sky", "--at", 1, "-o", folder / "sky-take-4", "--set", "camera.rotate=9")
    render_here(folder / "other", "hills", frames=2)
    with studio(folder) as house, house.client() as client:
        ids = {each["name"]: each["id"] for each in client.get("/api/library").json()["items"]}
        yield client, ids


def test_the_tree_of_takes_tells_what_each_was_forked_from_and_at_which_frame(takes):
    client, ids = takes
    tree = client.get(f"/api/items/{ids['sky-take-3']}/family").json()["takes"]
    parents = {each["name"]: (each["parent"], each["at"]) for each in tree}
    assert parents == {
        "sky": (None, None),
        "sky-take-2": (ids["sky"], 2),
        "sky-take-3": (ids["sky-take-2"], 3),
        "sky-take-4": (ids["sky"], 1),
    }


def test_a_clip_alone_is_a_family_of_one(takes):
    client, ids = takes
    tree = client.get(f"/api/items/{ids['other']}/family").json()["takes"]
    assert [each["name"] for each in tree] == ["other"]


def test_two_takes_are_told_apart_by_the_recipes_keys_and_the_first_frame_that_differs(takes):
    client, ids = takes
    apart = client.get("/api/compare", params={"one": ids["sky"], "other": ids["sky-take-2"]}).json()
    assert [(each["key"], each["other"]) for each in apart["keys"]] == [("camera.zoom", 1.1)]
    assert apart["first"] == apart["shared"] == 2


def test_a_clip_is_no_other_than_itself(takes):
    client, ids = takes
    apart = client.get("/api/compare", params={"one": ids["sky"], "other": ids["sky"]}).json()
    assert apart == {"keys": [], "first": None, "shared": 4}


@pytest.mark.parametrize("wanted", ["", "../../etc/passwd", "0123456789abcdef", "sky"])
def test_what_is_no_clip_of_the_folder_is_not_compared(takes, wanted):
    client, ids = takes
    answer = client.get("/api/compare", params={"one": ids["sky"], "other": wanted})
    assert answer.status_code == 404
    assert "there is no such" in answer.json()["error"]
