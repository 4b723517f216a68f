"""The journal and the lock: what they hold after damage."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.lock import is_being_written, mark_of_writer, writing
from dreamzoom.errors import ClipError, ClipLockedError, ClipTakenError


def entry(frame: int, sha256: str = "a" * 64) -> Entry:
    return Entry(frame, sha256, 100, 0.5, 8.31, "torch 2.13.0, cpu, 2 threads, float32")


LINE = {"frame": 1, "sha256": "a" * 64, "bytes": 9, "seconds": 0.5, "objective": 8.3, "engine": "torch"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "journal.jsonl"


def written(path: Path, count: int) -> Journal:
    journal = Journal(path)
    for frame in range(count):
        journal.record(entry(frame))
    return journal


def test_what_was_recorded_is_read_again(path):
    written(path, 3)
    assert list(Journal(path)) == [entry(0), entry(1), entry(2)]


def test_a_journal_is_one_json_line_a_frame(path):
    written(path, 2)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [line["frame"] for line in lines] == [0, 1]
    assert lines[0]["objective"] == 8.31


@pytest.mark.parametrize("kept", range(1, 60, 7))
def test_a_torn_last_line_is_dropped_and_written_again(path, kept):
    written(path, 3)
    data = path.read_bytes()
    start_of_last = data.rindex(b"\n", 0, -1) + 1
    path.write_bytes(data[: start_of_last + kept])
    journal = Journal(path)
    assert list(journal) == [entry(0), entry(1)]
    journal.record(entry(2))
    assert path.read_bytes() == data


def test_a_last_line_without_its_newline_is_made_whole_before_the_next(path):
    written(path, 2)
    path.write_bytes(path.read_bytes().rstrip(b"\n"))
    journal = Journal(path)
    journal.record(entry(2))
    assert [line.frame for line in Journal(path)] == [0, 1, 2]


@pytest.mark.parametrize(
    "damage", [b"\xff\xfe\x00\n", b"[1, 2]\n", b'{"frame": "two"}\n', b'{"frame": 1}\n', b"\n"]
)
def test_a_damaged_line_in_the_middle_costs_its_frame_alone(path, damage):
    written(path, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + damage + lines[2])
    assert [line.frame for line in Journal(path)] == [0, 2]


def test_recording_a_frame_again_replaces_its_line_in_place(path):
    journal = written(path, 3)
    journal.record(entry(1, "b" * 64))
    assert [line.sha256[0] for line in Journal(path)] == ["a", "b", "a"]


def test_forgetting_drops_a_frame_and_all_later_ones(path):
    journal = written(path, 5)
    journal.forget_from(2)
    assert [line.frame for line in Journal(path)] == [0, 1]
    assert not journal.has_beyond(1)


HOLD = """
import sys, time
from pathlib import Path
from dreamzoom.clip.lock import writing
with writing(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def holder(tmp_path):
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_a_second_writer_is_refused_with_the_firsts_pid(tmp_path, holder):
    with pytest.raises(ClipLockedError, match=f"process {holder.pid}"), writing(tmp_path):
        pass
    assert is_being_written(tmp_path)


def test_the_lock_of_a_killed_process_is_no_obstacle(tmp_path, holder):
    holder.kill()
    holder.wait()
    assert not is_being_written(tmp_path)
    (tmp_path / "..writer.0123abcd.part").touch()
    with writing(tmp_path):
        assert not list(tmp_path.glob("*.part"))
        assert is_being_written(tmp_path)


@pytest.mark.parametrize("name", [".lock", ".writer"])
def test_a_folder_in_the_place_of_the_lock_is_told_with_what_to_do(tmp_path, name):
    (tmp_path / name).mkdir()
    assert not is_being_written(tmp_path)
    with pytest.raises(ClipError, match=rf"\{name} is a folder: move it away"), writing(tmp_path):
        pass
    (tmp_path / name).rmdir()
    with writing(tmp_path):
        assert is_being_written(tmp_path)


@pytest.mark.parametrize("data", [b"", b"\xff", b"4711 host 0"])
def test_the_files_of_a_lock_that_a_dead_process_left_are_no_obstacle(tmp_path, data):
    (tmp_path / ".lock").write_bytes(data)
    (tmp_path / ".writer").write_bytes(data)
    assert not is_being_written(tmp_path)
    with writing(tmp_path):
        assert is_being_written(tmp_path)


def test_a_writer_on_another_machine_is_named_and_how_to_go_on(tmp_path):
    (tmp_path / ".lock.holder").write_text("studio-7 4711")
    words = r"by process 4711 on studio-7: wait for it; if it has ended, delete .*\.lock\.holder and run"
    with pytest.raises(ClipLockedError, match=words), writing(tmp_path):
        pass


def test_who_was_cut_off_writes_no_more_once_another_has_taken_over(tmp_path, path):
    """Locks that do not hold between machines: another one's mark is in the place of this process's."""
    journal = written(path, 2)
    with writing(tmp_path):
        mark = mark_of_writer(tmp_path)
        mark.require(journal)
        (tmp_path / ".writer").write_text("4711 studio-7 0123")
        with pytest.raises(ClipTakenError, match="by process 4711 on studio-7 now, which took it over"):
            mark.require(journal)
        with pytest.raises(ClipTakenError):
            mark_of_writer(tmp_path)
    assert (tmp_path / ".writer").read_text() == "4711 studio-7 0123"


def test_who_comes_back_after_another_has_ended_sees_that_by_the_journal(tmp_path, path):
    journal = written(path, 2)
    with writing(tmp_path):
        mark = mark_of_writer(tmp_path)
        (tmp_path / ".writer").unlink()
        mark.require(journal)  # a person tidied up
        assert is_being_written(tmp_path)
        (tmp_path / ".writer").unlink()
        Journal(path).record(entry(2))
        with pytest.raises(ClipTakenError, match="was gone on with by another process"):
            mark.require(journal)


def test_a_folder_nobody_writes_is_not_being_written(tmp_path):
    with writing(tmp_path):
        pass
    assert not is_being_written(tmp_path)


HOSTILE = [
    b"[" * 100_000,
    b'{"a":' * 50_000,
    b'"' + b"x" * 10**6 + b'"',
    *(
        json.dumps(LINE | {key: value}).encode()
        for key, value in (
            ("frame", True),
            ("frame", -1),
            ("frame", 10**18),
            ("frame", 1.0),
            ("seconds", float("nan")),
            ("seconds", -1),
            ("bytes", 0),
            ("bytes", 10**400),
            ("objective", 10**400),
            ("sha256", "A" * 64),
            ("nudge", 3),
            ("turn", [0.0, float("nan")]),
        )
    ),
]


@pytest.mark.parametrize("line", HOSTILE, ids=range(len(HOSTILE)))
def test_a_line_of_no_sense_costs_its_frame_alone(path, line):
    written(path, 3)
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(lines[0] + line + b"\n" + lines[2])
    journal = Journal(path)
    assert [each.frame for each in journal] == [0, 2]
    journal.record(entry(1))
    assert path.read_bytes() == b"".join(lines)


def test_an_objective_without_an_end_is_kept(path):
    journal = written(path, 1)
    journal.record(Entry(1, "a" * 64, 100, 0.5, float("inf"), "torch"))
    assert [each.objective for each in Journal(path)] == [8.31, float("inf")]
