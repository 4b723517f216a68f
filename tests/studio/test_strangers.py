"""What a stranger's folder holds, or a name that is no text, ends nothing: the rest is shown as ever."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.io.disk import NotPlainError, open_within
from dreamzoom.io.plain_json import parse_json
from dreamzoom.looks.surprise import surprise
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.previews.shelved import open_look, recent_surprises, shelve
from dreamzoom.studio.queue.waiting import WaitingList
from support.clips import render_here
from support.studio import studio, until

LATIN = os.fsdecode(b"sk\xffy")  # bytes that are no UTF-8, as of an old archive
MADE = Path("delivered") / os.fsdecode(b"f\xfcr.gif")
ID = item_id(Path(LATIN))
JOB, OTHER = "00000000000000aa", "00000000000000bb"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """FOLDER with a clip, the same under a name that is no text, and others with odd recipes."""
    folder = tmp_path_factory.mktemp("folder")
    sky = render_here(folder / "sky", frames=2)
    shutil.copytree(sky, folder / LATIN)
    recipe = (sky / "recipe.toml").read_text()
    for name, old, new in [
        ("many", "frames = 2\n", f"frames = {10**400}\n"),
        ("endless", "start = 0.0\n", "start = 1e999\n"),
    ]:
        shutil.copytree(sky, folder / name)
        assert old in recipe
        (folder / name / "recipe.toml").write_text(recipe.replace(old, new))
    (folder / "delivered").mkdir()
    (folder / MADE).write_bytes(b"GIF89a")
    (folder / "material").mkdir()
    return folder


@pytest.fixture(scope="module")
def house(folder):
    """A studio of it, whose queue is paused and holds what nobody wrote."""
    queue = folder / ".studio/queue"
    WaitingList(queue).pause(on=True)
    for job, target in [(JOB, "sky"), (OTHER, "a" * 5000)]:
        told = {"id": job, "title": "Odd", "words": ["report", "./sky"], "target": target, "added": 1}
        (queue / f"{job}.json").write_text(json.dumps(told))
    (queue / f"{JOB}.begun.json").write_text('{"process": "1/../self", "began": [], "at": null}')
    (queue / f"{JOB}.end.json").write_text('{"status": 1, "words": "", "at": "soon"}')
    (queue / f"{JOB}.progress").write_text('{"done": NaN}\n')
    with studio(folder) as house:
        yield house


@pytest.mark.parametrize(
    "address",
    [
        "library",
        "queue",
        "delivered",
        f"delivered/{item_id(MADE)}",
        *(f"items/{ID}{end}" for end in ("", "/frames/0", "/family", "/download", "/timeline")),
    ],
)
def test_what_has_a_name_that_is_no_text_is_served(house, address):
    with house.client() as client:
        answer = client.get(f"/api/{address}")
    assert answer.status_code == 200, answer.text


def test_what_is_done_with_it_is_told_in_the_queue(house):
    clip = f"/api/items/{ID}"
    with house.client() as client:
        made = [
            client.post(f"{clip}/stitch"),
            client.post(f"{clip}/extend", json={"frames": 9}),
            client.post(f"{clip}/takes", json={"at": 1, "changes": {"camera.zoom": 1.1}}),
        ]
        titles = [job["title"] for job in client.get("/api/queue").json()["jobs"]]
    assert [answer.status_code for answer in made] == [200, 200, 200]
    assert {"Put sk\\xffy together", "Longer: sk\\xffy"} <= set(titles)


def test_a_recipe_without_bounds_damages_its_own_clip_alone(house):
    with house.client() as client:
        items = {facts["name"]: facts for facts in client.get("/api/library").json()["items"]}
    assert [items[name]["state"] for name in ("many", "endless", "sky")] == ["damaged", "damaged", "done"]


def test_a_queue_that_nobody_wrote_is_read_as_far_as_it_makes_sense(house):
    with house.client() as client:
        jobs = {job["id"]: job for job in client.get("/api/queue").json()["jobs"]}
    assert OTHER not in jobs
    assert (jobs[JOB]["state"], jobs[JOB]["progress"]) == ("stopped", None)


def test_files_with_such_names_that_come_end_no_watching(house, folder):
    """What tells of changes takes no such name, and says so by ending."""
    with house.client() as client:

        def names() -> set[str]:
            return {facts["name"] for facts in client.get("/api/library").json()["items"]}

        before = client.get("/api/library").json()["last_event"]
        with client.stream("GET", "/api/events", headers={"Last-Event-ID": before}) as events:
            shutil.copy(folder / "sky/start.png", folder / "material" / os.fsdecode(b"p\xfc.png"))
            lines = events.iter_lines()
            assert any("p\\\\xfc.png" in line for line in lines)
            shutil.copy(folder / "sky/start.png", folder / "material/plain.png")
            assert any("plain.png" in line for line in lines)
        assert until(lambda: {"p\\xfc.png", "plain.png"} <= names())


def test_a_draft_holds_no_number_that_a_page_cannot_read(house):
    with house.client() as client:
        wrong = client.put("/api/drafts/new", content='{"draft": {"changes": {"camera.zoom": 1e400}}}')
        assert wrong.status_code == 400
        assert client.get("/api/drafts").json() == {"drafts": {}}


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("name", "../../out"),
        ("name", "/etc"),
        ("name", "a\0b"),
        ("name", 7),
        ("stop", "x"),
        ("stop", 10**400),
        ("first", -1),
        ("kind", "fade;movie=secret.mp4"),
        ("song", "../out/song.wav"),
        ("fps", "0"),
        ("size", "-5x0"),
        ("start", 10**400),
        ("frames", 1.5),
    ],
)
def test_a_films_note_that_leads_elsewhere_or_makes_no_sense_is_damaged(tmp_path, key, value):
    film, out = tmp_path / "film", tmp_path / "out/frames"
    (film / "scenes").mkdir(parents=True)
    out.mkdir(parents=True)
    (out / "000000.png").write_bytes(b"secret")
    begins = {"kind": "cut", "frames": 0}
    shot = {"name": "one", "first": 0, "stop": 4, "transition": begins}
    excerpt: dict[str, object] = {"start": "0"}
    edits = {
        "name": "x",
        "size": "64x48",
        "fps": "30",
        "frames": 4,
        "shots": [shot],
        "titles": [],
        "song": None,
    }
    edits |= {"excerpt": excerpt, "fade_in": 0, "fade_out": 0}
    note = {"written": [], "asked": "", "beside": "", "heard": "", "is_draft": False, "edits": edits}

    def state() -> object:
        (film / "film.json").write_text(json.dumps(note))
        desk = open_desk(tmp_path)
        (facts,) = (each for each in desk.facts.all() if each["kind"] == "film")
        return facts["state"]

    assert state() == "interrupted"
    part = next(part for part in (begins, shot, excerpt, edits) if key in part)
    part[key] = value
    assert state() == "damaged"


def test_a_kept_look_that_names_an_address_is_none(tmp_path):
    """Previews of all kept looks are made by themselves."""
    looks = tmp_path / ".studio/looks"
    looks.mkdir(parents=True)
    (looks / f"surprise-{JOB}.toml").write_text('[colour]\npalette = "https://example.org/p.png"\nhold = 1\n')
    desk = open_desk(tmp_path)
    assert recent_surprises(desk) == []
    with pytest.raises(RecipeError, match="no look that was kept here"):
        open_look(desk, JOB)
    name = shelve(desk, surprise(7))
    assert [known for known, _ in recent_surprises(desk)] == [name]


def test_nothing_is_opened_outside_of_a_folder(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "secret").write_bytes(b"secret")
    for place in (Path("../secret"), Path("in/../../secret"), tmp_path / "secret", Path()):
        with pytest.raises(NotPlainError):
            open_within(tmp_path / "in", place)


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e400", "[" * 100_000, "\xff", ""])
def test_what_browsers_refuse_is_no_json(text):
    with pytest.raises(ValueError, match=r"."):
        parse_json(text.encode("latin-1"))
