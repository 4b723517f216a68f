"""How far a command is, told to whoever watches."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pytest

from dreamzoom.cli.console import progress
from dreamzoom.io.progress import LARGEST, VARIABLE, progress_writer, read_progress


@dataclass
class Work:
    done: int = 0
    total: int = 10**6
    rate: float | None = None


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "progress"))
    return tmp_path / "progress"


def test_a_command_tells_its_beginning_and_its_end(path, capsys):
    with progress(3, "sky", "picture") as advance:
        assert read_progress(path) == {
            "label": "sky",
            "unit": "picture",
            "done": 0,
            "total": 3,
            "rate": None,
            "left": None,
        }
        advance(3)
    told = read_progress(path)
    assert told is not None
    assert (told["done"], told["left"]) == (3, 0)
    assert "sky: 3/3 pictures" in capsys.readouterr().err


def test_nothing_is_written_where_nobody_watches(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    progress_writer(Work(), lambda: "sky", "frame")()
    assert list(tmp_path.iterdir()) == []


def test_the_file_stays_small_and_a_few_lines_a_second_are_enough(path, monkeypatch):
    work = Work(total=0)  # at its end, where each call is told
    write = progress_writer(work, lambda: "x" * 1000, "frame")
    for _ in range(400):
        write()
    assert path.stat().st_size <= LARGEST + 4096
    lines = path.read_bytes().count(b"\n")
    quick = progress_writer(Work(done=1), lambda: "sky", "frame")
    for _ in range(100):
        quick()
    assert path.read_bytes().count(b"\n") < lines + 50


def test_a_torn_line_is_not_taken_for_one(path):
    whole = json.dumps({"done": 1, "total": 2}).encode()
    path.write_bytes(whole + b"\n" + b'{"done": 2, "to')
    assert read_progress(path) == {"done": 1, "total": 2}
    path.write_bytes(b'{"done"')
    assert read_progress(path) is None


def test_a_file_that_cannot_be_written_stops_nothing(path, tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "missing" / "progress"))
    with progress(2, "sky") as advance:
        advance(2)
    assert read_progress(tmp_path / "missing" / "progress") is None
