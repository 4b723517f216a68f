"""The queue: real commands, one after another, whatever dies meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import os
import shutil
import signal
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from dreamzoom.clip.lock import is_being_written
from dreamzoom.errors import RequestError, StorageError
from dreamzoom.io import files
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.queue.jobs import Job
from dreamzoom.studio.queue.record import ChildEnd
from dreamzoom.studio.queue.runner import Runner, running_the_queue
from dreamzoom.studio.queue.stopping import go_on_with, stop_job
from dreamzoom.studio.queue.waiting import WaitingList
from support.clips import SMALL, dreamzoom, frame_files, journaled, render_here, start
from support.queue import child_of, job_of, jobs_of, wait_for_state
from support.studio import studio, until

LONG = 3000
"""Frames of what is not to come to its end."""


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
    return queue_in(folder).add(f"Render {name}", rendering(name, frames), name).id


def put_quickly(folder: Path, title: str) -> str:
    """The same of a command that takes no time, yet waits for its turn among those that dream."""
    return queue_in(folder).add(title, ("guide", "start")).id


def queue_in(folder: Path) -> WaitingList:
    return WaitingList(folder / ".studio/queue")


# ---- at work -------------------------------------------------------------------------------------


def test_jobs_are_done_one_after_another_but_quick_ones_and_tell_how_far_they_are(folder, client):
    first, second = put(folder, "one", LONG), put_quickly(folder, "two")
    running = until(lambda: (job := job_of(client, first))["progress"] and job)
    assert running["state"] == "running"
    assert (running["progress"]["unit"], running["progress"]["total"]) == ("frame", LONG)
    assert running["item"] == item_id(Path("one"))
    assert job_of(client, second)["state"] == "waiting"
    waiting = queue_in(folder)
    stitch = waiting.add("Stitch one", ("stitch", "one", "-o", "one.gif"), "one.gif").id
    recipe = waiting.add("Keys", ("recipe",)).id  # quick, and made of nothing that is at work
    wait_for_state(client, recipe, "done")
    assert job_of(client, first)["state"] == "running"
    waits = job_of(client, stitch)
    assert (waits["state"], waits["waits"]) == ("waiting", "after: Render one")
    client.request("DELETE", f"/api/queue/{stitch}")
    assert client.post(f"/api/items/{running['item']}/pause").json()["jobs"][0]["stopping"]
    assert wait_for_state(client, second, "done")["words"] == ""
    assert "# Start" in client.get(f"/api/queue/{second}/log").json()["log"]
    stopped = wait_for_state(client, first, "stopped")
    assert stopped["progress"]["done"] < LONG
    assert "stopped; go on with: dreamzoom resume one" in client.get(f"/api/queue/{first}/log").json()["log"]


def test_what_failed_says_why_in_the_commands_own_words_and_can_be_tried_again(folder, client):
    wrong = queue_in(folder).add("Render sky", ("render", "sky.jpg", "--out", "sky"), "sky").id
    failed = wait_for_state(client, wrong, "failed")
    assert failed["words"].startswith("sky.jpg: there is no such file")
    misspelt = queue_in(folder).add("Render", ("render", "--frame", "4"), "").id
    assert wait_for_state(client, misspelt, "failed")["words"].startswith("No such option")
    assert client.post(f"/api/queue/{wrong}/again").json()["jobs"][0]["state"] in ("waiting", "running")
    assert wait_for_state(client, wrong, "failed")["words"] == failed["words"]
    assert client.post("/api/queue/clear").json()["jobs"] == []
    assert client.post(f"/api/queue/{wrong}/again").status_code == 404


def test_a_clip_that_a_terminal_renders_is_paused_and_goes_on_before_what_waits(folder, client):
    terminal = start("render", "clouds", "--out", folder / "theirs", "--frames", LONG, *SMALL)
    clip = item_id(Path("theirs"))
    until(lambda: is_being_written(folder / "theirs") and journaled(folder / "theirs"))
    assert client.post(f"/api/items/{clip}/resume").json()["error"] == "theirs: is being rendered already"
    assert client.post(f"/api/items/{clip}/pause").status_code == 200
    assert terminal.wait(60) == 130
    terminal.stdout.close()
    assert client.post(f"/api/items/{clip}/pause").status_code == 400
    client.post("/api/queue/pause")
    last = put_quickly(folder, "last")
    jobs = client.post(f"/api/items/{clip}/resume").json()["jobs"]
    assert [job["title"] for job in jobs[:2]] == ["Render theirs", "last"]
    assert client.post(f"/api/items/{clip}/resume").json()["jobs"][0]["id"] == jobs[0]["id"]
    client.request("DELETE", f"/api/queue/{jobs[0]['id']}")
    client.post("/api/queue/go")
    wait_for_state(client, last, "done")


# ---- order ---------------------------------------------------------------------------------------


def test_what_waits_can_be_moved_removed_and_held_back(folder, client):
    until(lambda: client.post("/api/queue/clear").json()["jobs"] == [])
    client.post("/api/queue/pause")
    one, two, three = (put_quickly(folder, name) for name in ("a", "b", "c"))
    client.post(f"/api/queue/{three}/move", json={"before": one})
    assert [job["id"] for job in jobs_of(client)] == [three, one, two]
    client.post(f"/api/queue/{three}/move", json={"before": None})
    assert [job["id"] for job in jobs_of(client)] == [one, two, three]
    assert client.post(f"/api/queue/{three}/move", json={"before": 5}).status_code == 400
    assert client.post(f"/api/queue/{three}/move", json={"before": "../x"}).status_code == 404
    client.request("DELETE", f"/api/queue/{two}")
    answer = client.post(f"/api/queue/{three}/stop").json()
    assert ([job["id"] for job in answer["jobs"]], answer["paused"]) == ([one], True)
    client.request("DELETE", f"/api/queue/{one}")
    settled = client.post("/api/queue/go").json()
    assert (settled["jobs"], settled["paused"], settled["trouble"]) == ([], False, "")


def test_a_spoilt_file_of_the_list_spoils_nothing_else(tmp_path):
    waiting = queue_in(tmp_path)
    one, two, three = (waiting.add(name, ("status", name)) for name in "abc")
    waiting.move(three, one)
    waiting.move(three, three)
    assert waiting.jobs() == [three, one, two]
    (waiting.folder / "order.json").write_bytes(b'["')
    assert waiting.jobs() == [one, two, three]
    waiting.record(two).path("json").write_bytes(b"{")
    (waiting.folder / "0000000000000000.json").write_bytes(b'{"id": 5}')
    assert waiting.jobs() == [one, three]


def test_a_full_disk_is_told_and_the_list_stays(tmp_path, monkeypatch):
    waiting = queue_in(tmp_path)
    job = waiting.add("a", ("status", "a"))

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(files, "flush", full)
        with pytest.raises(StorageError, match="the disk is full"):
            waiting.add("b", ("status", "b"))
        with pytest.raises(StorageError, match="the disk is full"):
            waiting.move(job, None)
    assert waiting.jobs() == [job]
    assert [path.name for path in waiting.folder.iterdir()] == [f"{job.id}.json"]


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # children outlive their server
def test_what_comes_while_a_server_begins_is_not_from_elsewhere(tmp_path):
    desk = open_desk(tmp_path)
    with contextlib.closing(asyncio.new_event_loop()) as loop:
        runner = Runner(desk, loop, (), 1)
        job = put_quickly(tmp_path, "a")
        thread = threading.Thread(target=runner.run)
        thread.start()
        try:
            until(lambda: desk.waiting.is_settled)
            assert not desk.waiting.is_paused
            until(lambda: desk.waiting.state(desk.waiting.find(job)) == "done")
        finally:
            runner.end()
            thread.join()


def test_a_job_of_the_same_id_is_put_in_once(tmp_path):
    waiting = queue_in(tmp_path)
    first = waiting.add("a", ("status", "a"), job_id="0123456789abcdef")
    assert waiting.add("b", ("status", "b"), job_id="0123456789abcdef") == first
    assert waiting.jobs() == [first]
    with pytest.raises(RequestError, match="is in the queue already"):
        waiting.again(first)


def test_a_list_from_another_place_does_nothing_by_itself(tmp_path):
    waiting = queue_in(tmp_path / "mine")
    waiting.folder.mkdir(parents=True)
    waiting.settle([])
    job = waiting.add("a", ("status", "a"))
    waiting.settle([job.id])
    assert not waiting.is_paused
    copied = WaitingList(shutil.copytree(waiting.folder, tmp_path / "theirs"))
    copied.settle([job.id])
    assert copied.is_paused
    assert copied.is_from_elsewhere
    copied.pause(on=False)
    copied.settle([job.id])
    assert not copied.is_paused


def test_a_folder_that_was_moved_away_is_not_made_anew(tmp_path):
    desk = open_desk(tmp_path / "folder")
    desk.private.mkdir(parents=True)
    chores = []

    async def run() -> None:
        with running_the_queue(desk, asyncio.get_running_loop(), [lambda: chores.append(1)]):
            await asyncio.to_thread(until, lambda: chores)
            desk.folder.rename(tmp_path / "away")
            follow = desk.feed.follow(desk.feed.last_id)
            desk.waiting.tell()
            while not (told := await anext(follow)).facts.get("trouble"):
                pass
            assert "is not where it was" in told.facts["trouble"]

    asyncio.run(run())
    assert not desk.folder.exists()


def test_a_clock_that_was_set_back_puts_nobody_before_those_who_wait(tmp_path):
    waiting = WaitingList(tmp_path / "queue")
    early = waiting.add("early", ("guide",))
    late = replace(early, added=early.added + 10**18)
    waiting.record(early).path("json").write_bytes(late.as_json())
    assert [job.title for job in (late, waiting.add("new", ("guide",)))] == ["early", "new"]
    assert [job.title for job in waiting.jobs()] == ["early", "new"]


def test_what_stopped_in_the_middle_of_a_fork_goes_on_as_the_clip_that_it_began(tmp_path):
    desk = open_desk(tmp_path)
    render_here(tmp_path / "sky-take-2")
    for words, expected in [
        (("fork", "sky", "--at", "2", "-o", "sky-take-2"), ("resume", "sky-take-2")),
        (("extend", "sky-take-2", "--frames", "4"), ("resume", "sky-take-2")),
        (("extend", "sky-take-2", "--frames", "9"), ("extend", "sky-take-2", "--frames", "9")),
    ]:
        job = desk.waiting.add("Take 2 of sky", words, "sky-take-2")
        desk.waiting.record(job).note_end(ChildEnd(130, "", 1.0))
        go_on_with(desk, job)
        assert [each.words for each in desk.waiting.jobs()] == [expected]
        desk.waiting.remove(job)


@pytest.mark.parametrize(
    ("words", "target", "needs"),
    [
        (("stitch", "sky"), "x.gif", True),
        (("stitch", "./sky/"), "x.gif", True),
        (("render", "--out", "other"), "other", False),
        (("resume", "sky"), "sky", True),
        (("render", "./sky/frames/000001.png", "--out", "other"), "other", True),
        (("render", "--set", 'clip.end="./sky/frames/000001.png"'), "other", True),
        (("render", "./skylight/frames/000001.png", "--out", "other"), "other", False),
    ],
)
def test_what_reads_or_writes_a_place_waits_for_who_makes_it(words, target, needs):
    maker = Job("0" * 16, "Render sky", ("render", "--out", "sky"), "sky")
    assert Job("1" * 16, "", words, target).needs(maker) is needs


def test_as_many_are_made_side_by_side_as_was_asked_for_whatever_dies(tmp_path):
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(studio(tmp_path, "--jobs", 2))
        with first.client() as client:
            one, two, three = (put(tmp_path, name, LONG) for name in ("one", "two", "three"))
            until(lambda: journaled(tmp_path / "one") and journaled(tmp_path / "two"))
            assert [job_of(client, job)["state"] for job in (one, two, three)] == [
                "running",
                "running",
                "waiting",
            ]
        first.kill()
        with stack.enter_context(studio(tmp_path, "--jobs", 2)).client() as client:
            assert [job["state"] for job in jobs_of(client)] == ["running", "running", "waiting"]
            client.post(f"/api/items/{item_id(Path('one'))}/pause")
            wait_for_state(client, one, "stopped")
            until(lambda: journaled(tmp_path / "three"))
            assert job_of(client, two)["state"] == "running"


@pytest.mark.parametrize("jobs", ["0", "17", "many"])
def test_a_number_of_renders_that_cannot_be_is_refused(tmp_path, jobs):
    done = dreamzoom("studio", tmp_path, "--no-browser", "--jobs", jobs)
    assert done.returncode == 2
    assert "--jobs" in done.stderr


# ---- whatever dies -------------------------------------------------------------------------------


def test_a_server_killed_in_mid_render_and_the_next_one_goes_on_as_if_nothing_had_been(tmp_path):
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(studio(tmp_path))
        with first.client() as client:  # which answers once the queue is its own
            long, two, three = put(tmp_path, "long", 200), *(put_quickly(tmp_path, name) for name in "ab")
            client.post(f"/api/queue/{three}/move", json={"before": two})
            until(lambda: journaled(tmp_path / "long") > 2)
        child = child_of(tmp_path, long)
        first.kill()
        assert is_being_written(tmp_path / "long")
        next_one = stack.enter_context(studio(tmp_path))
        with next_one.client() as client:
            running, *waiting = jobs_of(client)
            assert (running["id"], running["state"]) == (long, "running")
            assert [job["id"] for job in waiting] == [three, two]
            assert child_of(tmp_path, long) == child  # the very one that the first server began
            for job in (long, three, two):
                wait_for_state(client, job, "done")
            ended = {job["id"]: job["ended"] for job in jobs_of(client)}
        assert ended[long] < ended[three] < ended[two]
    assert frame_files(tmp_path / "long") == frame_files(render_here(tmp_path / "whole", frames=200))


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # children outlive their server
def test_of_two_who_would_run_the_queue_one_does_until_it_dies(tmp_path):
    desk = open_desk(tmp_path)
    with (
        contextlib.closing(asyncio.new_event_loop()) as loop,
        studio(tmp_path) as house,
        running_the_queue(desk, loop),
    ):
        with house.client():  # it answers once it has seen what there was before
            first, second = put(tmp_path, "first", LONG), put_quickly(tmp_path, "second")
        until(lambda: journaled(tmp_path / "first"))
        assert [path.name for path in desk.waiting.folder.glob("*.begun.json")] == [f"{first}.begun.json"]
        house.kill()
        stop_job(desk, desk.waiting.find(first))
        until(lambda: desk.waiting.state(desk.waiting.find(second)) == "done")
        assert desk.waiting.state(desk.waiting.find(first)) == "stopped"


def test_a_child_that_was_killed_is_told_and_what_died_with_the_machine_is_offered_again(tmp_path):
    with contextlib.ExitStack() as stack:
        first = stack.enter_context(studio(tmp_path))
        with first.client() as client:
            job = put(tmp_path, "sky", LONG)
            until(lambda: journaled(tmp_path / "sky") > 2)
            os.kill(child_of(tmp_path, job), signal.SIGKILL)
            assert "ended from outside (signal 9)" in wait_for_state(client, job, "failed")["words"]
            client.post(f"/api/queue/{job}/again")
            until(lambda: is_being_written(tmp_path / "sky"))
            child = child_of(tmp_path, job)
        first.kill()
        for process in (parent_of(child), child):
            os.kill(process, signal.SIGKILL)
        until(lambda: not is_being_written(tmp_path / "sky"))
        with stack.enter_context(studio(tmp_path)).client() as client:
            found = job_of(client, job)
            assert (found["state"], found["words"][:14]) == ("stopped", "It was cut off")
            client.post("/api/queue/pause")
            assert client.post(f"/api/queue/{job}/again").json()["jobs"][0]["state"] == "waiting"


def parent_of(process: int) -> int:
    return int(Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[1])
