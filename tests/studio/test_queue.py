"""The queue: real commands, one after another, whatever dies meanwhile."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.queue.waiting import WaitingList
from support.clips import SMALL, frame_files
from support.queue import job_of, wait_for_state
from support.studio import studio, until


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("studio")


@pytest.fixture(scope="module")
def house(folder):
    with studio(folder) as running:
        yield running


@pytest.fixture(scope="module")
def client(house):
    with house.client() as client:
        yield client


def rendering(name: str, frames: int = 4) -> tuple[str, ...]:
    return ("render", "clouds", "--out", name, "--frames", str(frames), *SMALL)


def put(folder: Path, name: str, frames: int = 4) -> str:
    """Put a render into a folder's queue, as the studio's rooms do; its id."""
    return WaitingList(folder / ".studio/queue").add(f"Render {name}", rendering(name, frames), name).id


def test_jobs_are_done_one_after_another_and_tell_how_far_they_are(folder, client):
    first, second = put(folder, "one", 400), put(folder, "two")
    running = until(lambda: (job := job_of(client, first))["progress"] and job)
    assert running["state"] == "running"
    assert (running["progress"]["unit"], running["progress"]["total"]) == ("frame", 400)
    assert running["item"] == item_id(Path("one"))
    assert job_of(client, second)["state"] == "waiting"
    assert client.post(f"/api/queue/{first}/stop").status_code == 200
    assert wait_for_state(client, second, "done")["words"] == ""
    assert len(frame_files(folder / "two")) == 4
    stopped = wait_for_state(client, first, "stopped")
    assert "stopped; go on with: dreamzoom resume one" in client.get(f"/api/queue/{first}/log").json()["log"]
    assert client.get("/api/queue").json()["jobs"][-1]["id"] in (first, second)
    assert stopped["progress"]["done"] < 400
