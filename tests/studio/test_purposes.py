"""What a delivered file is for: known under another name, in another folder, and beside others like it."""

from __future__ import annotations

import json
import os
import time
from functools import cache
from pathlib import Path
from threading import Event, Thread

import pytest

from dreamzoom.errors import RequestError
from dreamzoom.studio.delivering import made
from dreamzoom.studio.delivering.made import find_made, list_made
from dreamzoom.studio.delivering.purposes import Purpose, PurposeKeeper, note_purpose
from dreamzoom.studio.desk import Desk, open_desk
from dreamzoom.studio.library.items import DELIVERED, item_id

LARGE = os.urandom(300_000)


@pytest.fixture(name="desk")
def _desk(tmp_path: Path) -> Desk:
    (tmp_path / ".studio").mkdir()
    (tmp_path / DELIVERED).mkdir()
    return open_desk(tmp_path)


def order(desk: Desk, name: str, title: str) -> None:
    """What the studio notes before a job makes a file."""
    note_purpose(desk.private, DELIVERED / name, Purpose("sky", title, ""))


def make(desk: Desk, name: str, title: str, data: bytes, keeper: PurposeKeeper | None = None) -> Path:
    """A file that was ordered and made, and seen once."""
    order(desk, name, title)
    path = desk.folder / DELIVERED / name
    path.write_bytes(data)
    (keeper or PurposeKeeper(desk)).look()
    return path


def told(desk: Desk) -> dict[str, str]:
    """Whom each file is for, by its place; "" where nobody knows."""
    found = list_made(desk.folder, desk.private)
    return {each.place.as_posix(): each.purpose.title if each.purpose else "" for each in found}


def test_a_file_is_known_under_another_name_and_in_another_folder(desk: Desk) -> None:
    path = make(desk, "sky-youtube.mp4", "YouTube", LARGE)
    path.rename(path.with_name("my video.mp4"))
    assert told(desk) == {"delivered/my video.mp4": "YouTube"}
    (desk.folder / "material").mkdir()
    path.with_name("my video.mp4").rename(desk.folder / "material/moved.MP4")
    assert told(desk) == {"material/moved.MP4": "YouTube"}
    (desk.folder / "material/moved.MP4").rename(desk.folder / "up.mp4")
    assert told(desk) == {"up.mp4": "YouTube"}
    assert find_made(desk.folder, desk.private, item_id(Path("up.mp4"))) == Path("up.mp4")


def test_what_was_not_delivered_is_neither_listed_nor_found_elsewhere(desk: Desk) -> None:
    make(desk, "sky-youtube.mp4", "YouTube", LARGE)
    (desk.folder / "same-size.mp4").write_bytes(os.urandom(len(LARGE)))
    (desk.folder / "other.mp4").write_bytes(b"other")
    (desk.folder / "link.mp4").symlink_to(desk.folder / "delivered/sky-youtube.mp4")
    assert told(desk) == {"delivered/sky-youtube.mp4": "YouTube"}
    for name in ("same-size.mp4", "link.mp4"):
        with pytest.raises(RequestError):
            find_made(desk.folder, desk.private, item_id(Path(name)))


def test_of_many_files_all_are_listed_at_once_and_their_lengths_bit_by_bit(desk, monkeypatch) -> None:
    asked: list[Path] = []

    def length(path: Path, *_: object) -> float:
        asked.append(path)
        time.sleep(0.05)
        return 1.0

    monkeypatch.setattr(made, "_length", cache(length))
    monkeypatch.setattr(made, "_LOOKED_AT_S", 0.02)
    for number in range(3):
        (desk.folder / DELIVERED / f"{number}.mp4").write_bytes(LARGE)
    for known in (1, 2, 3):
        lengths = [each.seconds for each in list_made(desk.folder, desk.private)]
        assert lengths == [1.0] * known + [None] * (3 - known)
    assert len(asked) == 3


def test_a_name_that_is_used_again_does_not_change_what_the_first_file_was_for(desk: Desk) -> None:
    keeper = PurposeKeeper(desk)
    path = make(desk, "sky.mp4", "MP4", LARGE, keeper)
    path.rename(path.with_name("first.mp4"))
    make(desk, "sky.mp4", "YouTube", os.urandom(300_000), keeper)
    assert told(desk) == {"delivered/first.mp4": "MP4", "delivered/sky.mp4": "YouTube"}
    path.rename(path.with_name("between.mp4"))
    path.with_name("first.mp4").rename(path)
    path.with_name("between.mp4").rename(path.with_name("first.mp4"))
    assert told(desk) == {"delivered/first.mp4": "YouTube", "delivered/sky.mp4": "MP4"}


def test_of_files_that_are_the_same_to_the_byte_the_one_that_is_gone_is_meant(desk: Desk) -> None:
    make(desk, "sky-premiere.mov", "Premiere Pro", LARGE)
    make(desk, "sky-resolve.mov", "DaVinci Resolve", LARGE)
    known = {"delivered/sky-premiere.mov": "Premiere Pro", "delivered/sky-resolve.mov": "DaVinci Resolve"}
    assert told(desk) == known
    path = desk.folder / "delivered/sky-premiere.mov"
    path.rename(path.with_name("cut.mov"))
    known["delivered/cut.mov"] = known.pop("delivered/sky-premiere.mov")
    assert told(desk) == known


def test_a_folder_of_pictures_is_known_under_another_name(desk: Desk) -> None:
    order(desk, "sky-frames", "a folder")
    folder = desk.folder / "delivered/sky-frames"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number:06d}.png").write_bytes(bytes(100 + number))
    PurposeKeeper(desk).look()
    folder.rename(folder.with_name("for-blender"))
    assert told(desk) == {"delivered/for-blender": "a folder"}


def test_what_lies_later_at_a_name_is_not_taken_for_what_was_made_there(desk: Desk) -> None:
    keeper = PurposeKeeper(desk)
    path = make(desk, "sky.mp4", "MP4", LARGE, keeper)
    path.rename(path.with_name("first.mp4"))
    path.write_bytes(b"a stranger's")
    keeper.look()
    path.rename(path.with_name("strange.mp4"))
    assert told(desk) == {"delivered/first.mp4": "MP4", "delivered/strange.mp4": ""}


def test_what_was_tagged_where_it_lies_is_still_known_by_its_name(desk: Desk) -> None:
    path = make(desk, "sky.mp4", "MP4", LARGE)
    path.write_bytes(b"tag" + LARGE)
    assert told(desk) == {"delivered/sky.mp4": "MP4"}


def test_notes_of_an_older_studio_are_completed_once(desk: Desk) -> None:
    make(desk, "sky.mp4", "MP4", LARGE)
    notes = desk.private / "delivered"
    for note in notes.iterdir():
        note.unlink()
    order(desk, "sky.mp4", "MP4")
    assert told(desk) == {"delivered/sky.mp4": "MP4"}
    PurposeKeeper(desk).look()
    before = {note.name: note.stat().st_mtime_ns for note in notes.iterdir()}
    assert len(before) == 2
    PurposeKeeper(desk).look()
    assert {note.name: note.stat().st_mtime_ns for note in notes.iterdir()} == before


@pytest.mark.parametrize("data", [b"", b"[]", b'{"x": 3}', b'{"x": {"of": 1}}', b"{" * 50_000, b"\xff"])
def test_a_note_that_is_damaged_tells_nothing(desk: Desk, data: bytes) -> None:
    path = make(desk, "sky.mp4", "MP4", LARGE)
    for note in (desk.private / "delivered").iterdir():
        note.write_bytes(data)
    path.rename(path.with_name("other.mp4"))
    PurposeKeeper(desk).look()
    assert told(desk) == {"delivered/other.mp4": ""}


def test_a_file_that_is_renamed_while_it_is_looked_at_is_no_fault(desk: Desk) -> None:
    path, keeper = make(desk, "sky.mp4", "MP4", LARGE), PurposeKeeper(desk)
    ending = Event()

    def rename() -> None:
        while not ending.is_set():
            path.rename(path.with_name("other.mp4"))
            path.with_name("other.mp4").rename(path)

    renaming = Thread(target=rename)
    renaming.start()
    try:
        for _ in range(300):
            keeper.look()
            told(desk)
    finally:
        ending.set()
        renaming.join()
    assert told(desk) == {"delivered/sky.mp4": "MP4"}


def test_what_is_still_written_and_what_is_no_plain_file_is_left_alone(desk: Desk) -> None:
    order(desk, "sky.mp4", "MP4")
    part = desk.folder / "delivered/.sky.mp4.0123abcd.part"
    part.write_bytes(LARGE)
    os.mkfifo(desk.folder / "delivered/pipe.mp4")
    order(desk, "pipe.mp4", "MP4")
    PurposeKeeper(desk).look()
    notes = [json.loads(note.read_bytes()) for note in (desk.private / "delivered").iterdir()]
    assert [note for note in notes if "content" in note] == []
