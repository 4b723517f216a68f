"""Films: of pictures and a song; their storyboards changed scene by scene, and what changed made again."""

from __future__ import annotations

import json

import av
import numpy as np
import pytest
from PIL import Image

from support.music import write_wav
from support.queue import wait_for_state
from support.studio import studio

RATE = 8000


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio of three pictures and a song of 3 s, with a film of two of them."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "material").mkdir()
    for number, name in enumerate(("red", "green", "blue")):
        grain = np.random.default_rng(number).integers(0, 99, (48, 64, 3), dtype=np.uint8)
        grain[..., number] += 120
        Image.fromarray(grain).save(folder / f"material/{name}.png")
    write_wav(folder / "material/song.wav", 0.5 * np.sin(np.arange(3 * RATE) / 9), RATE)
    with studio(folder) as running, running.client() as client:
        running.http = client
        running.ids = {}
        see(running)
        wish = {
            "pictures": [running.ids["red.png"], running.ids["green.png"]],
            "song": running.ids["song.wav"],
            "size": "64x48",
            "fps": 3,
            "name": "two of them",
        }
        told = client.post("/api/films", json=wish)
        assert told.status_code == 200, told.text
        done = wait_for_state(client, told.json()["job"], "done", "failed")
        assert done["state"] == "done", client.get(f"/api/queue/{done['id']}/log").text
        running.film = told.json()["item"]
        running.storyboard = folder / "two of them/storyboard.toml"
        yield running


def see(house):
    house.ids |= {each["name"]: each["id"] for each in house.http.get("/api/library").json()["items"]}


def board(house):
    return house.http.get(f"/api/items/{house.film}/storyboard").json()


def change(house, mark=None, **wanted):
    mark = mark or board(house)["mark"]
    headers = {"If-Match": f'"{mark}"'}
    address = f"/api/items/{house.film}/storyboard"
    return house.http.post(address, json=wanted, headers=headers, timeout=300)


def frames_of(path):
    with av.open(str(path)) as video:
        return [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]


def test_a_film_is_made_of_pictures_and_a_song(house):
    pictures = frames_of(house.folder / "two of them/film.mp4")
    assert len(pictures) == 9
    assert pictures[0].shape == (48, 64, 3)
    facts = house.http.get(f"/api/items/{house.film}").json()
    assert facts["kind"] == "film"
    assert facts["state"] == "done"
    assert sum(scene["frames_done"] for scene in facts["scenes"]) >= 9
    with av.open(str(house.folder / "two of them/film.mp4")) as video:
        assert video.streams.audio


def test_the_storyboard_is_told_scene_by_scene_with_its_lines(house):
    told = board(house)
    assert [scene["image"] for scene in told["scenes"]] == ["red.png", "green.png"]
    assert told["scenes"][0]["picture"] == house.ids["red.png"]
    assert told["has_song"]
    assert told["faults"] == []
    lines = house.storyboard.read_text().splitlines()
    assert [lines[scene["line"] - 1] for scene in told["scenes"]] == ["[[scene]]", "[[scene]]"]


def test_scenes_change_places_and_only_what_changed_is_made_again(house):
    house.storyboard.write_text(house.storyboard.read_text() + "# mine\n")
    assert change(house, scene=1, move=0).status_code == 200
    assert [scene["image"] for scene in board(house)["scenes"]] == ["green.png", "red.png"]
    assert house.storyboard.read_text().endswith("# mine\n")
    before = frames_of(house.folder / "two of them/film.mp4")
    job = house.http.post(f"/api/items/{house.film}/film", json={}).json()["job"]
    done = wait_for_state(house.http, job, "done", "failed")
    assert done["state"] == "done", house.http.get(f"/api/queue/{job}/log").text
    after = frames_of(house.folder / "two of them/film.mp4")
    assert len(after) == len(before)
    assert np.argmax(before[0].mean((0, 1))) == 0
    assert np.argmax(after[0].mean((0, 1))) == 1


def test_a_scene_gets_another_picture_look_and_length(house):
    values = {"image": {"item": house.ids["blue.png"]}, "preset": "feathers", "over": "0.5s", "seed": 7}
    told = change(house, scene=1, set=values).json()
    scene = told["scenes"][1]
    assert scene["image"] == "blue.png"
    assert (scene["preset"], scene["over"], scene["seed"]) == ("feathers", "0.5s", 7)
    told = change(house, scene=1, set={"seed": None}).json()
    assert told["scenes"][1]["seed"] is None


def test_once_more_with_a_song_a_scene_shares_its_time(house):
    before = house.storyboard.read_text()
    try:
        told = change(house, scene=1, double=True).json()
        starts = [scene["start"] for scene in told["scenes"]]
        assert starts[0] is None
        assert starts[1] < starts[2] < 3
        assert starts[2] == pytest.approx((starts[1] + 3) / 2, abs=1 / 3)
        assert told["scenes"][2]["image"] == told["scenes"][1]["image"]
        assert house.http.get(f"/api/items/{house.film}/storyboard/check", timeout=300).json()["faults"] == []
    finally:
        house.storyboard.write_text(before)


def test_a_change_of_a_text_that_was_changed_meanwhile_is_refused(house):
    before = house.storyboard.read_text()
    answer = change(house, mark="0" * 32, scene=0, set={"preset": "feathers"})
    assert answer.status_code == 412
    assert "changed meanwhile" in answer.json()["error"]
    assert house.storyboard.read_text() == before


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"image": "/etc/passwd"}, "must be a picture of the page"),
        ({"image": {"item": "0123456789abcdef"}}, "there is no such"),
        ({"preset": "../x.toml"}, "must be a preset's name"),
        ({"preset": "no-such"}, "no preset"),
        ({"transition": "frei0r"}, "must be one of"),
        ({"length": "for ever"}, "length"),
        ({"seed": -1}, "seed"),
        ({"camera": {"zoom": 2}}, "not changed here"),
    ],
)
def test_what_is_no_change_is_refused_in_words_and_nothing_is_written(house, values, words):
    before = house.storyboard.read_text()
    answer = change(house, scene=0, set=values)
    assert answer.status_code in (400, 404)
    assert words in answer.json()["error"]
    assert house.storyboard.read_text() == before


def test_all_that_is_wrong_with_a_storyboard_is_told_with_its_lines(house):
    before = house.storyboard.read_text()
    try:
        house.storyboard.write_text(before.replace('preset = "', 'colour = 3\npresett = "', 1))
        faults = board(house)["faults"]
        lines = house.storyboard.read_text().splitlines()
        assert any("presett" in fault["words"] for fault in faults)
        assert all("scene" in lines[fault["line"] - 1] or "=" in lines[fault["line"] - 1] for fault in faults)
        answer = house.http.post(f"/api/items/{house.film}/film", json={})
        assert answer.status_code == 400
        assert "presett" in answer.json()["error"]
    finally:
        house.storyboard.write_text(before)


def test_what_making_it_would_do_is_told_and_what_its_planning_finds_wrong_at_its_scene(house):
    before = house.storyboard.read_text()
    check = f"/api/items/{house.film}/storyboard/check"
    try:
        assert change(house, scene=1, set={"seed": 77}).status_code == 200
        told = house.http.get(check, timeout=300).json()
        assert told["faults"] == []
        assert told["mark"] == board(house)["mark"]
        assert len(told["scenes"]) == 2
        assert told["dreamed"] > 0
        assert change(house, scene=1, set={"over": "0.5s", "transition": "fade"}).status_code == 200
        assert change(house, scene=1, set={"over": "100s"}).status_code == 200
        fault = house.http.get(check, timeout=300).json()["faults"][0]
        assert fault["scene"] == 1
        assert "its transition takes 100.00 s" in fault["words"]
        assert house.storyboard.read_text().splitlines()[fault["line"] - 1].startswith("over")
        house.storyboard.write_text(before.replace('image = "', 'image = "/etc/', 1))
        assert (
            "does not lie in this folder" in house.http.get(check, timeout=300).json()["faults"][0]["words"]
        )
    finally:
        house.storyboard.write_text(before)


def test_what_making_it_would_do_is_found_out_once_and_again_when_anything_of_it_is_another(house):
    check = f"/api/items/{house.film}/storyboard/check"
    kept = house.folder / f".studio/foretold/{house.film}.json"
    before = house.storyboard.read_text()
    picture = house.folder / "material" / board(house)["scenes"][0]["image"]

    def is_found_out():
        """Whether the answer was found out anew: what is remembered is marked before."""
        if kept.exists():
            document = json.loads(kept.read_text())
            document["found"]["notes"] = ["remembered"]
            kept.write_text(json.dumps(document))
        told = house.http.get(check, timeout=300).json()
        assert [scene["stop"] for scene in told["scenes"]][-1] == 9
        return told["notes"] != ["remembered"]

    def change_picture():
        picture.write_bytes(picture.read_bytes())

    def change_text():
        house.storyboard.write_text(before + "# another line\n")

    def lose_a_frame():
        next((house.folder / "two of them/scenes").glob("*/frames/000000.png")).unlink()

    try:
        house.http.get(check, timeout=300)
        assert not is_found_out()
        for deed in (change_picture, change_text, lose_a_frame):
            deed()
            assert is_found_out()
            assert not is_found_out()
        kept.write_text("[]")
        assert house.http.get(check, timeout=300).json()["scenes"]
        house.storyboard.write_text(before.replace('preset = "', 'preset = "no', 1))
        for _ in range(2):
            assert "no preset" in house.http.get(check, timeout=300).json()["faults"][0]["words"]
            assert "no preset" not in kept.read_text()
    finally:
        house.storyboard.write_text(before)


@pytest.mark.parametrize("foreign", ["/etc/hostname", "https://example.org/x.png", "../../etc/hostname"])
def test_a_storyboard_that_names_what_lies_elsewhere_is_not_made_by_the_studio(house, foreign):
    before = house.storyboard.read_text()
    named = next(line for line in before.splitlines() if line.startswith("image = "))
    try:
        house.storyboard.write_text(before.replace(named, f'image = "{foreign}"', 1))
        for deed in ("film", "resume"):
            answer = house.http.post(f"/api/items/{house.film}/{deed}", json={})
            assert answer.status_code == 400
            assert "the storyboard names" in answer.json()["error"]
    finally:
        house.storyboard.write_text(before)


@pytest.mark.parametrize(
    "wish",
    [
        {"pictures": []},
        {"pictures": ["../x"]},
        {"pictures": "red"},
        {"pictures": ["RED"], "size": "9x"},
        {"pictures": ["RED"], "fps": "x"},
        {"pictures": ["RED"], "song": "RED"},
    ],
)
def test_what_is_no_film_is_refused(house, wish):
    known = {"RED": house.ids["red.png"]}
    wish = {
        key: [known.get(each, each) for each in value] if isinstance(value, list) else known.get(value, value)
        for key, value in wish.items()
    }
    answer = house.http.post("/api/films", json=wish)
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]


def test_a_draft_and_a_film_have_names_of_their_own(house):
    house.http.post("/api/queue/pause")
    try:
        wish = {"pictures": [house.ids["red.png"]], "name": "two of them"}
        names = [
            house.http.post("/api/films", json={**wish, "draft": draft}).json()["name"]
            for draft in (True, True, False)
        ]
        assert names == ["two of them-draft", "two of them-2-draft", "two of them-2"]
    finally:
        for job in house.http.get("/api/queue").json()["jobs"]:
            if job["state"] == "waiting":
                house.http.delete(f"/api/queue/{job['id']}")
        house.http.post("/api/queue/go")
