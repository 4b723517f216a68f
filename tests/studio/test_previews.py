"""Previews over the wire: looks of a picture, made by one child, and thrown away when there are too many."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import pytest
from PIL import Image

from dreamzoom.looks.surprise import surprise
from dreamzoom.recipe.presets import find_preset
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.previews.catalogue import cost_in_words
from dreamzoom.studio.previews.sets import begin_set, find_picture, previews_folder, throw_away_the_oldest
from dreamzoom.studio.previews.shelved import shelve
from support.clips import render_here
from support.studio import studio, until


@pytest.fixture(scope="module")
def house(tmp_path_factory, cloud_picture):
    folder = tmp_path_factory.mktemp("house")
    Image.fromarray(cloud_picture).resize((96, 54)).save(folder / "sky.png")
    render_here(folder / "sky", folder / "sky.png", frames=2)
    (folder / "material").mkdir()
    (folder / "material" / "mine.toml").write_text(
        'title = "Mine"\n[dream]\nlayer = "fire2/concat"\niterations = 1\n'
    )
    with studio(folder) as running:
        yield running


@pytest.fixture(scope="module")
def client(house):
    with house.client() as client:
        yield client


def item(client, name: str) -> str:
    return next(each["id"] for each in client.get("/api/library").json()["items"] if each["name"] == name)


def made(client, body: dict[str, object]) -> list[str]:
    """The files of a set once all that was asked for is there."""
    told = client.post("/api/looks", json=body).json()
    wanted = {f"{look}.webp" for look in told["coming"]}

    def there() -> list[str]:
        files = client.post("/api/looks", json={**body, "looks": []}).json()["made"]
        return files if wanted <= set(files) else []

    return until(there, 240)


def test_a_clips_picture_is_seen_in_a_look(client):
    files = made(client, {"picture": item(client, "sky"), "looks": [{"item": item(client, "mine.toml")}]})
    told = client.post("/api/looks", json={"picture": item(client, "sky"), "looks": []}).json()
    assert told["size"] == [64, 48]  # never larger than the clip
    moving = next(file for file in files if file.endswith(".webp"))
    answer = client.get(f"/api/previews/{told['set']}/{moving}")
    assert (answer.headers["content-type"], answer.content[8:12]) == ("image/webp", b"WEBP")
    assert answer.headers["etag"]


def at_work(house, name: str) -> list[str]:
    """The command lines of the children that make a set."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
    return [line for line in lines if f"previews/{name}" in line and " looks " in line]


def test_another_picture_takes_the_place_of_what_is_at_work(client, house):
    slow = client.post("/api/looks", json={"picture": "hills"}).json()  # all looks, and of the full size
    assert len(slow["coming"]) > 10
    until(lambda: at_work(house, slow["set"]))
    body = {"picture": item(client, "sky"), "looks": ["ink"]}
    assert made(client, body)
    assert at_work(house, slow["set"]) == []
    assert len(client.post("/api/looks", json={"picture": "hills", "looks": []}).json()["made"]) < 20


def test_what_is_at_work_ends_with_its_server_and_goes_on_with_the_next(tmp_path):
    render_here(tmp_path / "sky", frames=1)
    with studio(tmp_path) as first:
        with first.client() as client:
            body = {"picture": item(client, "sky"), "looks": ["ink", "eyes"]}
            told = client.post("/api/looks", json=body).json()
        until(lambda: at_work(first, told["set"]))
        first.kill()
        until(lambda: not at_work(first, told["set"]), 120)
    with studio(tmp_path) as second, second.client() as client:
        assert made(client, body)


def test_nothing_is_read_or_written_by_way_of_a_link(tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    folder = tmp_path / "folder"
    render_here(folder / "sky", frames=1)
    (folder / "sky" / "start.png").rename(outside / "start.png")
    (folder / "sky" / "start.png").symlink_to(outside / "start.png")
    (folder / "material").symlink_to(outside)
    with studio(folder) as running, running.client() as client:
        answer = client.post("/api/looks", json={"picture": item(client, "sky")})
        assert (answer.status_code, "outside of the folder" in answer.text) == (400, True)
        kept = client.post("/api/looks/keep", json={"look": "ink"})
        assert (kept.status_code, "outside of the folder" in kept.text) == (400, True)
    assert [path.name for path in outside.iterdir()] == ["start.png"]


def test_what_pages_are_told_of_looks(client):
    told = client.get("/api/looks").json()
    city = next(look for look in told["looks"] if look["id"] == "city")
    assert city["missing"] in ("", "dreamzoom models get googlenet")
    assert told["looks"][0]["id"] == "bestiary"
    assert [look["title"] for look in told["own"]] == ["Mine"]
    assert {"#02060f"} <= {colour for palette in told["palettes"] for colour, _ in palette["colours"]}


def test_a_surprise_is_had_again_by_its_seed_and_kept(client, house):
    one = client.post("/api/surprise", json={"seed": 12}).json()
    assert client.post("/api/surprise", json={"seed": 12}).json() == one
    assert client.get("/api/looks").json()["surprises"][0]["seed"] == 12
    kept = client.post("/api/looks/keep", json={"look": one["id"]}).json()
    assert (house.folder / "material" / kept["name"]).read_text() == surprise(12).text
    own = {look["item"]: look["id"] for look in client.get("/api/looks").json()["own"]}
    assert own[kept["item"]] == one["id"]  # the same look has the same previews
    assert client.post("/api/looks/keep", json={"look": one["id"]}).json() == kept


def test_children_of_a_look_and_a_clip(client):
    body = {"one": "ink", "other": {"item": item(client, "sky")}, "seed": 5}
    told = client.post("/api/breed", json=body).json()["children"]
    assert [child["seed"] for child in told] == [5, 6, 7, 8]
    assert len({child["id"] for child in told}) == 4


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/looks", {"picture": "../../etc/passwd"}),
        ("/api/looks", {"picture": "clouds", "looks": ["../mine.toml"]}),
        ("/api/looks", {"picture": "clouds", "looks": ["0123456789abcdef"]}),
        ("/api/looks", {"picture": "clouds", "looks": [{"item": "../x"}]}),
        ("/api/looks", {"picture": "clouds", "looks": ["ink"] * 101}),
        ("/api/looks", {"picture": "clouds", "at": "1"}),
        ("/api/surprise", {"seed": -1}),
        ("/api/surprise", {"seed": 10**30}),
        ("/api/breed", {"one": "ink", "other": "/etc/passwd"}),
        ("/api/breed", {"one": "ink"}),
        ("/api/looks/keep", {"look": "../x.toml"}),
        ("/api/looks/keep", {"look": "ink", "name": 3}),
    ],
)
def test_what_is_none_is_refused(client, path, body):
    answer = client.post(path, json=body)
    assert answer.status_code in (400, 404)
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("name", ["..%2f..%2fsky.png", "looks.json", ".lock", "a/b.jpg", "x" * 300])
def test_no_other_file_is_a_preview(client, name):
    assert client.get(f"/api/previews/0123456789abcdef/{name}").status_code in (400, 404)
    assert client.get(f"/api/previews/..%2f..%2f/{name}").status_code in (400, 404)


def test_sets_that_were_not_asked_for_the_longest_go_first(tmp_path):
    desk = open_desk(tmp_path)
    for age, name in enumerate(["a" * 16, "b" * 16, "c" * 16]):
        begin_set(desk, name)
        (previews_folder(desk) / name / "ink.webp").write_bytes(bytes(1000))
        os.utime(previews_folder(desk) / name, (1000 - age, 1000 - age))
    assert throw_away_the_oldest(desk, "b" * 16, 2500) == ["c" * 16]
    assert throw_away_the_oldest(desk, "b" * 16, 10) == ["a" * 16]
    assert (previews_folder(desk) / ("b" * 16) / "ink.webp").is_file()


def test_another_picture_is_another_set(tmp_path):
    desk = open_desk(tmp_path)
    sets = set()
    for colour in ("red", "teal"):
        Image.new("RGB", (64, 36), colour).save(tmp_path / "one.png")
        sets.add(find_picture(desk, desk.shelf.scan()[0].id).set)
    assert len({*sets, find_picture(desk, "clouds").set}) == 3


def test_shelved_looks_are_known_by_their_text(tmp_path):
    desk = open_desk(tmp_path)
    assert shelve(desk, surprise(3)) == shelve(desk, surprise(3)) != shelve(desk, surprise(4))


def test_cost_is_told_in_words_where_one_sees_it():
    assert cost_in_words(find_preset("ink")) == ""
    assert cost_in_words(find_preset("slow-drift")) == "1.9 times as quick"
    assert cost_in_words(find_preset("classic")) == "5.4 times as slow"
