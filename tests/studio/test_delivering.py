"""Files for others: what fits and what would, jobs, downloads; and pages that belong to nobody."""

from __future__ import annotations

import io
from pathlib import Path

import av
import pytest

from dreamzoom.film.plan import Title
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.queue.waiting import WaitingList
from support.clips import quickly, render_here
from support.film import make_here, plan_film, plan_scene
from support.queue import wait_for_state
from support.studio import studio


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio of a clip, a loop, a picture, and a client of it."""
    folder = tmp_path_factory.mktemp("delivering")
    render_here(folder / "sky", "noise", "--zoom", "1.02", "--target", "0.25,0.5", frames=6)
    render_here(folder / "round", "noise", "--close", "0.1", frames=6)
    (folder / "picture.png").write_bytes((folder / "sky/start.png").read_bytes())
    with studio(folder) as running, running.client() as client:
        running.ids = {each["name"]: each["id"] for each in client.get("/api/library").json()["items"]}
        running.http = client
        yield running


def check(house, name, **wanted):
    answer = house.http.post(f"/api/items/{house.ids[name]}/deliver/check", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def deliver(house, name, **wanted):
    answer = house.http.post(f"/api/items/{house.ids[name]}/deliver", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()


def listed(house):
    return {each["name"]: each for each in house.http.get("/api/delivered").json()["files"]}


def test_all_targets_are_told_with_what_they_are(house):
    targets = {
        each["name"]: each
        for each in house.http.get(f"/api/items/{house.ids['sky']}/targets").json()["targets"]
    }
    assert targets["youtube"]["codec"].startswith("H.264")
    assert targets["canvas"]["has_sound"] is False
    assert targets["canvas"]["seconds"] == [3, 8]
    assert targets["frames"]["is_folder"] is True


def test_what_will_be_made_is_told_before_it_is(house):
    told = check(house, "sky", **{"for": "youtube", "shape": "portrait", "speed": 0.5})
    assert told["what"]["size"] == [1080, 1920]
    assert told["what"]["frames"] == 12
    assert told["what"]["seconds"] == pytest.approx(0.4)
    assert told["what"]["sound"] is None
    assert told["file"] == "sky-youtube-portrait.mp4"
    assert told["faults"] == []
    assert "enlarged" in told["doubts"][0]["words"]


def test_what_does_not_fit_comes_with_what_would(house):
    loop = check(house, "round", **{"for": "canvas", "shape": "portrait"})
    (fault,) = loop["faults"]
    assert "A Canvas lasts 3 to 8 s" in fault["words"]
    assert fault["words"].endswith("this loop has 0.2")
    assert fault["fixes"] == [{"words": "15 rounds", "set": {"rounds": 15}}]
    assert check(house, "round", **{"for": "canvas", "shape": "portrait", "rounds": 15})["faults"] == []


def test_words_of_a_film_that_a_window_cuts_off_are_told_before_it_is_made(tmp_path):
    scene = plan_scene(tmp_path, "01-red", 0, 4)
    make_here(tmp_path / "shown/film", plan_film(scene, titles=(Title("HI", 0, 2),)))
    with studio(tmp_path / "shown") as running, running.client() as client:
        (item,) = client.get("/api/library").json()["items"]
        address = f"/api/items/{item['id']}/deliver/check"
        told = [
            client.post(address, json={"for": "youtube", **wanted}).json()["doubts"]
            for wanted in ({}, {"shape": "portrait"})
        ]
    assert [["cut off" in doubt["words"] for doubt in doubts].count(True) for doubts in told] == [0, 1]
    assert not any(str(tmp_path) in doubt["words"] for doubt in told[1])


def test_what_does_not_fit_is_not_put_in_line(house):
    answer = house.http.post(f"/api/items/{house.ids['sky']}/deliver", json={"for": "canvas"})
    assert answer.status_code == 400
    assert "A Canvas lasts 3 to 8 s" in answer.json()["error"]


def test_a_file_is_made_in_line_listed_and_downloaded_and_the_next_has_another_name(house):
    first = deliver(house, "sky", **{"for": "youtube"})
    house.http.post("/api/queue/pause")
    second = deliver(house, "sky", **{"for": "youtube"})
    assert [first["file"], second["file"]] == ["sky-youtube.mp4", "sky-youtube-2.mp4"]
    house.http.delete(f"/api/queue/{second['job']}")
    house.http.post("/api/queue/go")
    assert wait_for_state(house.http, first["job"], "done", "failed")["state"] == "done"
    made = listed(house)["sky-youtube.mp4"]
    assert made["seconds"] == pytest.approx(0.2, abs=0.05)
    answer = house.http.get(f"/api/delivered/{made['id']}")
    assert answer.headers["content-disposition"] == 'attachment; filename="sky-youtube.mp4"'
    assert len(answer.content) == made["bytes"]
    with av.open(io.BytesIO(answer.content)) as video:
        assert sum(1 for _ in video.decode(video=0)) == 6


def test_only_what_was_delivered_is_downloaded(house):
    delivered = house.folder / "delivered"
    delivered.mkdir(exist_ok=True)
    (house.folder / "secret.txt").write_text("secret")
    (delivered / "link.txt").symlink_to(house.folder / "secret.txt")
    assert "link.txt" not in listed(house)
    for wanted in (item_id(Path("delivered/link.txt")), item_id(Path("secret.txt")), "..%2Fsecret.txt"):
        assert house.http.get(f"/api/delivered/{wanted}").status_code in (400, 404)


def test_a_clips_own_video_is_downloaded_by_its_name(house):
    answer = house.http.get(f"/api/items/{house.ids['sky']}/download")
    assert answer.headers["content-disposition"] == 'attachment; filename="sky.mp4"'
    assert house.http.get(f"/api/items/{house.ids['picture.png']}/download").status_code == 400


def test_a_report_is_written_in_line_and_is_of_nobodys_origin(house):
    item = house.ids["sky"]
    house.http.post("/api/queue/pause")
    job = house.http.post(f"/api/items/{item}/report").json()["job"]
    words = WaitingList(house.folder / ".studio/queue").find(job).words
    assert words == ("report", "./sky")
    house.http.delete(f"/api/queue/{job}")
    house.http.post("/api/queue/go")
    quickly("report", house.folder / "sky")
    answer = house.http.get(f"/api/items/{item}/report")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("sandbox allow-scripts; default-src 'none'")
    assert "allow-same-origin" not in policy
    assert "script-src 'sha256-" in policy
    assert "sky" in answer.text
    assert house.http.get("/api/delivered", params={"item": item}).json()["has_report"]


def test_where_a_clip_falls_is_told_for_a_frame(house):
    assert house.http.get(f"/api/items/{house.ids['sky']}/fall/3").json() == {"x": 0.25, "y": 0.5}


@pytest.mark.parametrize(
    "wanted",
    [
        {},
        {"for": "../../x"},
        {"for": "youtube", "shape": "--force"},
        {"for": "youtube", "rounds": 0},
        {"for": "youtube", "rounds": True},
        {"for": "youtube", "fps": "30 --out /etc/x"},
        {"for": "youtube", "speed": float("1e9")},
        {"for": "youtube", "size": ["1", "2"]},
        {"for": "youtube", "frames": [4, 2]},
        {"for": "youtube", "loudness": "loud"},
    ],
)
def test_what_is_no_order_is_refused_in_words(house, wanted):
    answer = house.http.post(f"/api/items/{house.ids['sky']}/deliver", json=wanted)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_a_picture_is_not_delivered(house):
    answer = house.http.post(f"/api/items/{house.ids['picture.png']}/deliver", json={"for": "youtube"})
    assert answer.status_code == 400
    assert "neither a clip nor a film" in answer.json()["error"]


def test_a_picture_that_is_checked_is_told_to_have_nothing(house):
    told = check(house, "picture.png", **{"for": "youtube"})
    assert "neither a clip nor a film" in told["faults"][0]["words"]
    assert told["file"] == ""
