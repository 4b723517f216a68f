"""Files: written whole or not at all, read within a bound, hashed."""

from __future__ import annotations

import errno
import hashlib
import os
import sys
from pathlib import Path

import pytest

from dreamzoom.errors import ModelError, StorageError
from dreamzoom.io.files import (
    append,
    binary_size,
    copy_atomically,
    ends_digest,
    file_digest,
    hashes_of,
    link_or_copy,
    new_folder,
    part_of,
    publish,
    read_at_most,
    remove_leftovers,
    storage_errors,
    write_atomically,
)


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_an_atomic_write_replaces_the_whole_file(tmp_path: Path) -> None:
    target = tmp_path / "recipe.toml"
    target.write_bytes(b"old and longer")
    write_atomically(target, b"new")
    assert target.read_bytes() == b"new"
    assert names_in(tmp_path) == ["recipe.toml"]


def test_a_write_that_fails_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    target = tmp_path / "frame.png"
    target.mkdir()  # a folder in the file's place: the rename fails
    with pytest.raises(StorageError, match=r"frame\.png could not be written"):
        write_atomically(target, b"data")
    assert names_in(tmp_path) == ["frame.png"]


def test_a_write_into_no_folder_is_a_storage_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"a\.png could not be written"):
        write_atomically(tmp_path / "none" / "a.png", b"data")


def test_a_copy_replaces_the_whole_file(tmp_path: Path) -> None:
    source, target = tmp_path / "song.mp3", tmp_path / "kept.mp3"
    source.write_bytes(b"sound")
    target.write_bytes(b"another sound")
    copy_atomically(source, target)
    assert target.read_bytes() == b"sound"
    assert names_in(tmp_path) == ["kept.mp3", "song.mp3"]


def test_a_file_is_shared_where_the_disk_can_do_that(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = tmp_path / "a"
    source.write_bytes(b"data")
    link_or_copy(source, tmp_path / "linked")
    assert (tmp_path / "linked").samefile(source)

    def refuse(source: Path, target: Path) -> None:
        raise OSError(errno.EPERM, os.strerror(errno.EPERM))

    monkeypatch.setattr(os, "link", refuse)
    link_or_copy(source, tmp_path / "copied")
    assert not (tmp_path / "copied").samefile(source)
    assert (tmp_path / "copied").read_bytes() == b"data"


def test_what_is_appended_stands_at_the_end(tmp_path: Path) -> None:
    append(tmp_path / "journal", b"one\n")
    append(tmp_path / "journal", b"two\n")
    assert (tmp_path / "journal").read_bytes() == b"one\ntwo\n"


def test_a_part_that_is_not_published_goes(tmp_path: Path) -> None:
    with part_of(tmp_path / "clip.mp4") as part:
        assert names_in(tmp_path) == [part.name]
    assert names_in(tmp_path) == []


def test_two_parts_of_one_file_have_two_names(tmp_path: Path) -> None:
    target = tmp_path / "clip.mp4"
    with part_of(target) as one, part_of(target) as other:
        one.write_bytes(b"one")
        other.write_bytes(b"other")
        publish(one, target)
    assert target.read_bytes() == b"one"
    assert names_in(tmp_path) == ["clip.mp4"]


def test_a_new_folder_appears_when_it_is_whole(tmp_path: Path) -> None:
    target = tmp_path / "far" / "clip"
    with new_folder(target) as building:
        (building / "frames").mkdir()
        assert not target.exists()
    assert names_in(tmp_path / "far") == ["clip"]
    assert names_in(target) == ["frames"]


def test_a_new_folder_that_fails_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(StorageError), new_folder(tmp_path / "clip") as building:
        (building / "none" / "a").touch()
    assert names_in(tmp_path) == []


def test_a_new_folder_takes_an_empty_ones_place_but_no_other(tmp_path: Path) -> None:
    target = tmp_path / "clip"
    target.mkdir()
    with new_folder(target) as building:
        (building / "a").touch()
    with pytest.raises(StorageError, match="clip could not be written"), new_folder(target):
        pass
    assert names_in(target) == ["a"]
    assert names_in(tmp_path) == ["clip"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need a privilege there")
@pytest.mark.parametrize("is_there", [True, False])
def test_a_new_folder_is_made_where_a_link_leads(tmp_path: Path, *, is_there: bool) -> None:
    disk, link = tmp_path / "disk", tmp_path / "clip"
    disk.mkdir()
    link.symlink_to(disk / "clip")
    if is_there:
        (disk / "clip").mkdir()
    with new_folder(link) as building:
        (building / "recipe.toml").write_text("whole")
    assert link.is_symlink()
    assert (disk / "clip" / "recipe.toml").read_text() == "whole"
    assert names_in(disk) == ["clip"]


LEFTOVERS = (".000001.png.part", ".000001.png.0123abcd.part", ".clip.mp4.89abcdef.part")


def test_leftovers_of_killed_runs_are_removed_of_old_versions_too(tmp_path: Path) -> None:
    for name in (*LEFTOVERS, "000000.png", "model.bin.part"):
        (tmp_path / name).touch()
    (tmp_path / ".folder.0123abcd.part").mkdir()  # somebody may be filling it
    assert {path.name for path in remove_leftovers(tmp_path)} == {*LEFTOVERS}
    assert names_in(tmp_path) == [".folder.0123abcd.part", "000000.png", "model.bin.part"]


def test_one_targets_leftovers_are_removed_folders_too(tmp_path: Path) -> None:
    for name in (".clip.part", ".clip.01234567.part"):
        (tmp_path / name / "frames").mkdir(parents=True)
    (tmp_path / ".clip.mp4.01234567.part").touch()
    assert len(remove_leftovers(tmp_path, "clip")) == 2
    assert names_in(tmp_path) == [".clip.mp4.01234567.part"]


def test_the_leftovers_of_a_target_with_a_long_name_are_its_own(tmp_path: Path) -> None:
    name = "ü" * 120 + ".mp4"
    left = tmp_path / f".{os.fsdecode(name.encode()[:230])}.01234567.part"
    left.mkdir()
    assert remove_leftovers(tmp_path, "ü" * 110) == []
    assert remove_leftovers(tmp_path, name) == [left]


def test_a_folder_that_is_not_there_has_no_leftovers(tmp_path: Path) -> None:
    assert remove_leftovers(tmp_path / "none") == []


@pytest.mark.parametrize(
    ("number", "words"),
    [(errno.ENOSPC, "the disk is full"), (errno.EROFS, "no permission"), (errno.EIO, "could not be written")],
)
def test_what_the_system_says_becomes_words_with_the_file_in_them(number: int, words: str) -> None:
    with pytest.raises(StorageError, match=words) as caught, storage_errors(Path("000007.png")):
        raise OSError(number, os.strerror(number))
    assert "000007.png" in str(caught.value)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_is_called_one() -> None:
    full = Path("/dev/full")
    words = "the disk is full: /dev/full could not be written; make space"
    with pytest.raises(StorageError, match=words), storage_errors(full), full.open("wb") as file:
        file.write(b"x" * 100_000)


def test_a_file_is_read_up_to_its_bound(tmp_path: Path) -> None:
    path = tmp_path / "weights"
    path.write_bytes(b"x" * 2048)
    assert read_at_most(path, 2048, ModelError, "model") == b"x" * 2048
    with pytest.raises(ModelError, match="weights: is larger than 1 KiB, which no model is"):
        read_at_most(path, 1024, ModelError, "model")


def test_a_file_that_cannot_be_read_is_refused_with_the_callers_error(tmp_path: Path) -> None:
    for path, reason in (
        (tmp_path / "none", "there is no such file"),
        (tmp_path, "is a folder; name a model"),
        (Path("a\0b"), "cannot be read: .*null"),
    ):
        with pytest.raises(ModelError, match=reason):
            read_at_most(path, 1024, ModelError, "model")


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="there is no endless device here")
def test_an_endless_device_is_not_read() -> None:
    with pytest.raises(ModelError, match="/dev/zero: is no plain file"):
        read_at_most(Path("/dev/zero"), 1024, ModelError, "model")


@pytest.mark.parametrize(
    ("count", "words"), [(64 << 20, "64 MiB"), (1 << 30, "1 GiB"), (65536, "64 KiB"), (5, "5 bytes")]
)
def test_a_size_is_told_in_the_largest_unit(count: int, words: str) -> None:
    assert binary_size(count) == words


def test_hashes_of_bytes_and_files_are_the_same(tmp_path: Path) -> None:
    data = b"data" * 1_000_000
    (tmp_path / "a").write_bytes(data)
    expected = hashlib.sha256(data).hexdigest()
    assert hashes_of({"a": data}) == {"a": expected}
    assert file_digest(tmp_path / "a") == expected
    assert file_digest(tmp_path / "a", "sha384") == hashlib.sha384(data).hexdigest()


def test_a_large_file_is_known_by_its_size_and_its_ends(tmp_path: Path) -> None:
    def digest(data: bytes) -> str:
        (tmp_path / "file").write_bytes(data)
        return ends_digest(tmp_path / "file")

    middle = bytes(200_000)
    known = digest(b"a" + middle + b"z")
    assert digest(b"a" + middle + b"z") == known
    others = [b"b" + middle + b"z", b"a" + middle + b"y", b"a" + middle + b"\0z", b"", b"a", b"az"]
    assert len({known, *map(digest, others)}) == 1 + len(others)
    with pytest.raises(IsADirectoryError):
        ends_digest(tmp_path)
