"""The process beside a job's child, at the instants at which it is only just there, or nearly gone."""

from __future__ import annotations

import subprocess
import sys
import threading
from typing import Any

import pytest

from dreamzoom.errors import RequestError
from dreamzoom.io.locks import held
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.queue import minder
from dreamzoom.studio.queue.minder import words_of
from dreamzoom.studio.queue.record import ChildEnd
from dreamzoom.studio.queue.stopping import stop_job
from dreamzoom.studio.queue.waiting import WaitingList
from support.clips import SMALL, journaled
from support.studio import until


def test_what_has_just_been_taken_up_is_not_taken_out(tmp_path, monkeypatch):
    """The minder holds its lock, and has read the job, but nothing of that was seen yet."""
    waiting = WaitingList(tmp_path / "queue")
    job = waiting.add("one", ("guide",))
    monkeypatch.setattr(WaitingList, "state", lambda self, job: "waiting")
    with held(waiting.record(job).path("lock"), 0), pytest.raises(RequestError, match="has just begun"):
        waiting.remove(job)
    assert waiting.jobs() == [job]
    waiting.remove(job)
    assert [path.name for path in waiting.folder.iterdir()] == []


def test_what_has_ended_is_taken_out_though_its_minder_holds_it_for_a_moment_more(tmp_path):
    """The end is there to be read before the disk has taken it and the lock is given up."""
    waiting = WaitingList(tmp_path / "queue")
    job = waiting.add("one", ("guide",))
    waiting.record(job).note_end(ChildEnd(0, "", 1.0))
    holds = threading.Event()

    def part() -> None:
        with held(waiting.record(job).path("lock"), 0):
            holds.set()
            threading.Event().wait(0.3)

    minding = threading.Thread(target=part)
    minding.start()
    assert holds.wait(30)
    waiting.remove(job)
    minding.join()
    assert [path.name for path in waiting.folder.iterdir()] == []


_LATE = """
import sys, time
from pathlib import Path
from dreamzoom.studio.queue import minder

start = minder._start

def start_late(*given):
    child = start(*given)
    while not Path(sys.argv[3]).exists():
        time.sleep(0.01)
    return child

minder._start = start_late
sys.exit(minder.main(sys.argv[1:3]))
"""


def test_who_stops_a_job_before_its_child_is_known_stops_the_child(tmp_path):
    """Until then it is the minder that is noted, and asked to stop."""
    desk = open_desk(tmp_path)
    words = ("render", "clouds", "--out", "sky", "--frames", "3000", *SMALL)
    job = desk.waiting.add("Render sky", words, "sky")
    record = desk.waiting.record(job)
    go = tmp_path / "go"
    with subprocess.Popen([sys.executable, "-c", _LATE, str(record.folder), job.id, str(go)]) as minding:
        until(record.begun)
        stop_job(desk, job)
        go.touch()
        assert minding.wait(120) == 0
    assert desk.waiting.state(job) == "stopped"
    ended = record.ended()
    assert ended is not None
    assert ended.status in (minder.STOPPED, -2)
    assert journaled(tmp_path / "sky") < 3000


def test_what_is_stopped_before_it_can_say_so_has_stopped_and_not_failed(tmp_path, monkeypatch):
    """Python that is interrupted while it begins ends with 1, as what has failed does."""
    record = WaitingList(tmp_path / ".studio/queue").record(
        job := WaitingList(tmp_path / ".studio/queue").add("one", ("guide",))
    )
    early = "import sys; sys.stderr.write('Fatal Python error\\nKeyboardInterrupt\\n'); sys.exit(1)"
    monkeypatch.setattr(minder, "python_command", lambda *words: [sys.executable, "-c", early])

    def start(*given: Any) -> subprocess.Popen[bytes]:
        record.ask_to_stop()
        return begin(*given)

    begin = minder._start
    monkeypatch.setattr(minder, "_start", start)
    minder.mind(record, tmp_path)
    assert record.state() == "stopped", job


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (0, ["sky: 4 frames"], ""),
        (2, ["dreamzoom: sky.jpg: there is no such file"], "sky.jpg: there is no such file"),
        (2, ["Usage: dreamzoom", "", "Error: No such option"], "No such option"),
        (1, [], "it said nothing"),
        (-9, ["12/300 frames"], "It was ended from outside (signal 9), perhaps for lack of memory."),
    ],
)
def test_a_failure_in_the_commands_words(status, said, words):
    assert words_of(status, said) == words


def test_a_log_has_a_bound_and_keeps_its_end(tmp_path):
    log = minder.SaidLog(tmp_path / "log")
    for number in range(30_000):
        log.write(b"%07d a line of what was said while it worked\n" % number)
    assert (tmp_path / "log").stat().st_size <= minder.LONGEST_LOG
    lines = (tmp_path / "log").read_text().splitlines()
    assert lines[-1].startswith("0029999")
    assert [int(line[:7]) for line in lines] == list(range(30_000 - len(lines), 30_000))
