"""One process at a time, on disks with locks and without."""

from __future__ import annotations

import errno
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from threading import Timer

import pytest

from dreamzoom.errors import DreamzoomWarning
from dreamzoom.io import locks
from dreamzoom.io.files import new_folder, part_of, remove_leftovers
from dreamzoom.io.locks import HeldError, held, is_held

fcntl = pytest.importorskip("fcntl")

HOLD = """
import math, sys, time
from pathlib import Path
from dreamzoom.io.locks import held
from dreamzoom.io.files import part_of
with held(Path(sys.argv[1]), 0), part_of(Path(sys.argv[2])):
    print("held", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def lock(tmp_path: Path) -> Path:
    return tmp_path / ".lock"


@pytest.fixture
def holder(lock: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that has the lock, and is making the file "film"."""
    command = [sys.executable, "-c", HOLD, str(lock), str(lock.with_name("film"))]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


@pytest.fixture(params=["ENOLCK", "ENOTSUP", "ENOSYS", "EINVAL"])
def no_locks(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    number = getattr(errno, request.param)

    def flock(descriptor: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(fcntl, "flock", flock)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_lock_and_a_part_are_another_process_s_until_it_dies(
    lock: Path, holder: subprocess.Popen[str]
) -> None:
    film = lock.with_name("film")
    assert is_held(lock)
    with pytest.raises(HeldError), held(lock, 0):
        pass
    assert remove_leftovers(film.parent, film.name) == []  # it is being written
    holder.kill()
    holder.wait()
    assert not is_held(lock)
    with held(lock, 0):
        assert is_held(lock)
    assert len(remove_leftovers(film.parent, film.name)) == 1
    assert names_in(film.parent) == [".lock"]


def test_a_lock_is_waited_for(lock: Path) -> None:
    waits: list[float] = []
    with held(lock, 0), pytest.raises(HeldError), held(lock, 0.3, lambda: waits.append(time.monotonic())):
        pass
    assert waits


def test_who_only_asks_whether_a_lock_is_held_keeps_nobody_from_it(lock: Path) -> None:
    lock.touch()
    with lock.open("rb") as asking:
        fcntl.flock(asking, fcntl.LOCK_SH)  # as `is_held` has it, for a moment
        Timer(0.1, fcntl.flock, (asking, fcntl.LOCK_UN)).start()
        with held(lock, 0):
            assert is_held(lock)
        with held(lock, 0), pytest.raises(HeldError), held(lock, 0):
            pass


def test_a_link_in_the_place_of_a_lock_is_not_followed(lock: Path, tmp_path: Path) -> None:
    lock.symlink_to(tmp_path / "elsewhere")
    assert not is_held(lock)
    with held(lock, 0):
        assert is_held(lock)
    assert names_in(tmp_path) == [".lock"]
    os.mkfifo(tmp_path / "fifo")
    with pytest.raises(OSError, match="no plain file"), held(tmp_path / "fifo", 0):
        pass


@pytest.mark.usefixtures("no_locks")
def test_a_disk_without_locks_is_told_of_and_one_process_is_let_in(lock: Path, tmp_path: Path) -> None:
    with ExitStack() as stack:
        with pytest.warns(DreamzoomWarning, match="a disk without locks"):
            stack.enter_context(held(lock, 0))
        assert is_held(lock)
        assert names_in(tmp_path) == [".lock", ".lock.holder"]
        with pytest.raises(HeldError) as refusal, held(lock, 0):
            pass
    assert (refusal.value.host, refusal.value.process) == ("", os.getpid())
    assert not is_held(lock)
    assert names_in(tmp_path) == [".lock"]


def ended_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@pytest.mark.usefixtures("no_locks")
def test_a_dead_process_is_no_obstacle_nor_one_of_another_life(lock: Path, tmp_path: Path) -> None:
    here = socket.gethostname()
    for note in (f"{here} {ended_process()}", f"{here} {os.getpid()} boot+1"):
        (tmp_path / ".lock.holder").write_text(note)
        assert not is_held(lock)
        with pytest.warns(DreamzoomWarning), held(lock, 0):
            assert str(os.getpid()) in (tmp_path / ".lock.holder").read_text()
    assert names_in(tmp_path) == [".lock"]


@pytest.mark.parametrize(
    ("note", "host"), [("faraway 12", "faraway"), ("", "an unknown machine"), ("\xff", "an unknown machine")]
)
def test_another_machine_is_named_also_where_this_one_has_locks(lock: Path, note: str, host: str) -> None:
    lock.with_name(".lock.holder").write_text(note)
    assert is_held(lock)
    with pytest.raises(HeldError) as refusal, held(lock, 0):
        pass
    assert refusal.value.host == host
    assert refusal.value.note == lock.with_name(".lock.holder")


@pytest.mark.usefixtures("no_locks")
def test_without_locks_a_part_is_abandoned_after_an_hour(tmp_path: Path) -> None:
    part = tmp_path / ".film.01234567.part"
    part.touch()
    assert remove_leftovers(tmp_path, "film") == []
    before = time.time() - 4000
    os.utime(part, (before, before))
    assert remove_leftovers(tmp_path, "film") == [part]


def test_a_part_that_was_taken_for_an_abandoned_one_is_made_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = locks.mark

    def contested(path: Path) -> int | None:
        monkeypatch.setattr("dreamzoom.io.files.mark", whole)
        path.unlink()
        return whole(path)

    monkeypatch.setattr("dreamzoom.io.files.mark", contested)
    with part_of(tmp_path / "film") as part:
        assert part.exists()


def test_of_two_that_make_one_folder_the_first_to_end_succeeds(tmp_path: Path) -> None:
    target = tmp_path / "clip"
    with new_folder(target) as one:
        (one / "first").touch()
        with new_folder(target) as other:
            (other / "second").touch()
            assert one.exists()
        assert names_in(target) == ["second"]
        (target / "second").unlink()
    assert names_in(target) == ["first"]
    assert names_in(tmp_path) == ["clip"]
