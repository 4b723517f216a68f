"""What disks answer that is no fault, and what is never opened or written into."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dreamzoom.errors import ModelError, StorageError
from dreamzoom.io import disk
from dreamzoom.io.files import append, file_digest, link_or_copy, open_regular, part_of, write_atomically

posix = pytest.mark.skipif(os.name == "nt", reason="links and FIFOs are POSIX's")


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refusing(number: int, times: int, deed: Callable[..., object]) -> Callable[..., object]:
    """A deed that the system refuses the first `times` times."""
    left = iter(range(times))

    def refuse(*given: object, **named: object) -> object:
        if next(left, None) is not None:
            raise OSError(number, os.strerror(number))
        return deed(*given, **named)

    return refuse


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The waits that were asked for; none of them is waited."""
    asked: list[float] = []
    monkeypatch.setattr(disk.time, "sleep", asked.append)
    return asked


@pytest.mark.parametrize("number", [errno.EACCES, errno.EPERM, errno.EBUSY])
def test_a_rename_that_is_refused_for_a_moment_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float], number: int
) -> None:
    monkeypatch.setattr(Path, "replace", refusing(number, 4, Path.replace))
    write_atomically(tmp_path / "a", b"data")
    assert (tmp_path / "a").read_bytes() == b"data"
    assert names_in(tmp_path) == ["a"]
    assert len(waits) == 4


def test_a_rename_that_stays_refused_ends_within_two_seconds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    monkeypatch.setattr(Path, "replace", refusing(errno.EACCES, 1000, Path.replace))
    with pytest.raises(StorageError, match="no permission to write"):
        write_atomically(tmp_path / "a", b"data")
    assert 1 < sum(waits) < 2
    assert names_in(tmp_path) == []


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS])
def test_a_rename_that_fails_is_not_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float], number: int
) -> None:
    monkeypatch.setattr(Path, "replace", refusing(number, 1, Path.replace))
    with pytest.raises(StorageError):
        write_atomically(tmp_path / "a", b"data")
    assert waits == []


def test_a_removal_that_is_refused_for_a_moment_is_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, waits: list[float]
) -> None:
    (tmp_path / "a").touch()
    monkeypatch.setattr(Path, "unlink", refusing(errno.EBUSY, 1, Path.unlink))
    disk.remove(tmp_path / "a")
    assert names_in(tmp_path) == []
    assert len(waits) == 1


NO_FLUSH = ("ENOTSUP", "ENOSYS", "EINVAL", "ENOTTY", "EBADF", "EACCES")


@pytest.mark.parametrize("name", NO_FLUSH)
def test_a_disk_without_a_flush_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.setattr(os, "fsync", refusing(getattr(errno, name), 1000, os.fsync))
    write_atomically(tmp_path / "a", b"data")
    append(tmp_path / "a", b"more")
    assert (tmp_path / "a").read_bytes() == b"datamore"


def test_a_folder_that_cannot_be_flushed_or_opened_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in (*NO_FLUSH, "ENOENT"):
        monkeypatch.setattr(os, "fsync", refusing(getattr(errno, name), 1, os.fsync))
        disk.sync_folder(tmp_path)
    monkeypatch.setattr(os, "open", refusing(errno.EACCES, 1, os.open))
    disk.sync_folder(tmp_path)
    assert names_in(tmp_path) == []


@pytest.mark.parametrize(("number", "words"), [(errno.EIO, "could not be"), (errno.ENOSPC, "disk is full")])
def test_a_flush_that_fails_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, words: str
) -> None:
    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", refusing(number, 1, os.fsync))
    with pytest.raises(StorageError, match=words):
        write_atomically(tmp_path / "a", b"data")
    assert (tmp_path / "a").read_bytes() == b"old"
    monkeypatch.setattr(os, "fsync", refusing(number, 1, os.fsync))
    with pytest.raises(OSError, match=os.strerror(number)):
        disk.sync_folder(tmp_path)


@posix
def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    """A hard link is another clip's or another program's file; a symbolic link a stranger's trap."""
    mine, theirs = tmp_path / "mine", tmp_path / "theirs"
    theirs.write_bytes(b"theirs\n")
    for link in (os.link, os.symlink):
        link(theirs, mine)
        append(mine, b"more\n")
        assert mine.read_bytes() == b"theirs\nmore\n"
        assert theirs.read_bytes() == b"theirs\n"
        mine.unlink()
    mine.symlink_to(tmp_path / "none")
    append(mine, b"more\n")
    assert names_in(tmp_path) == ["mine", "theirs"]
    assert mine.read_bytes() == b"more\n"


@posix
def test_a_link_in_the_place_of_a_part_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"theirs")
    monkeypatch.setattr("dreamzoom.io.files.secrets.token_hex", lambda count: "01234567")
    (tmp_path / ".a.01234567.part").symlink_to(theirs)
    with pytest.raises(StorageError, match="a could not be written"), part_of(tmp_path / "a"):
        pass
    assert theirs.read_bytes() == b"theirs"


@posix
def test_a_symbolic_link_is_shared_as_the_file_it_points_to(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    (tmp_path / "frame").write_bytes(b"pixels")
    (tmp_path / "link").symlink_to("frame")
    link_or_copy(tmp_path / "link", tmp_path / "far" / "frame")
    assert not (tmp_path / "far" / "frame").is_symlink()
    assert (tmp_path / "far" / "frame").read_bytes() == b"pixels"


@posix
def test_what_is_no_plain_file_is_refused_and_never_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/null"), Path("/dev/tty")):
        with pytest.raises(ModelError, match="is no plain file; name a model"):
            open_regular(path, ModelError, "model")
        with pytest.raises(OSError, match="no plain file"):
            file_digest(path)
    with pytest.raises(StorageError, match="could not be written"):
        append(tmp_path / "fifo", b"line")
    with pytest.raises(ModelError, match="is a folder; name a model"):
        open_regular(tmp_path, ModelError, "model")


def test_a_sparse_file_is_judged_by_its_size(tmp_path: Path) -> None:
    with (tmp_path / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(ModelError, match="is larger than 1 MiB, which no model is"):
        open_regular(tmp_path / "sparse", ModelError, "model", 1 << 20)
    with pytest.raises(OSError, match="larger than 1 MiB"):
        file_digest(tmp_path / "sparse", largest=1 << 20)
