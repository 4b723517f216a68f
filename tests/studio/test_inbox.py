"""The inbox: what is put into it is dreamed, once; what is no picture is left where it is."""

from __future__ import annotations

import contextlib
import json
import shutil

import pytest
from PIL import Image
from playwright.sync_api import expect

from dreamzoom.errors import RequestError
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.first import dream_first
from dreamzoom.studio.inbox import watching
from dreamzoom.studio.inbox.choices import choose
from dreamzoom.studio.inbox.routes import inbox_facts
from dreamzoom.studio.inbox.watching import InboxWatcher, books_of
from dreamzoom.studio.queue.jobs import FIRST_JOB
from support.studio import browser, studio, until, visit


@pytest.fixture
def desk(tmp_path):
    (tmp_path / ".studio").mkdir()
    (tmp_path / "inbox").mkdir()
    return open_desk(tmp_path)


@pytest.fixture
def watcher(desk, monkeypatch):
    monkeypatch.setattr(watching, "_PERIOD", 0)
    return InboxWatcher(desk, lambda: None)


def draw(desk, name: str, colour: str = "teal", size: tuple[int, int] = (64, 48)) -> None:
    Image.new("RGB", size, colour).save(desk.folder / "inbox" / name)


def look_twice(watcher) -> None:
    watcher.look()
    watcher.look()


def words_of(desk) -> list[tuple[str, ...]]:
    return [job.words for job in desk.waiting.jobs()]


def test_pictures_that_come_together_are_one_job_and_each_is_dreamed_once(desk, watcher):
    draw(desk, "a.png", "red")
    draw(desk, "b.png", "blue")
    watcher.look()
    assert words_of(desk) == []  # it may still be copied
    watcher.look()
    together = ("dream", "inbox/a.png", "inbox/b.png", "-o", "dreamed", "--preset", "bestiary")
    assert words_of(desk) == [together]
    shutil.copy(desk.folder / "inbox/a.png", desk.folder / "inbox/again.png")
    for another in (watcher, InboxWatcher(desk, lambda: None)):  # the next server's too
        look_twice(another)
    assert words_of(desk) == [together]
    left = inbox_facts(desk)["left"]
    assert left == [{"name": "again.png", "why": "the same picture as a.png"}]


def test_a_file_that_grows_is_waited_for(desk, watcher):
    draw(desk, "whole.png", "red")
    data = (desk.folder / "inbox/whole.png").read_bytes()
    growing = desk.folder / "inbox/growing.png"
    growing.write_bytes(data[:20])
    watcher.look()
    growing.write_bytes(data[:40])
    watcher.look()
    assert words_of(desk) == []
    Image.new("RGB", (40, 40), "green").save(growing)
    watcher.look()
    watcher.look()
    assert [words[1:3] for words in words_of(desk)] == [("inbox/growing.png", "inbox/whole.png")]


def test_what_is_no_picture_stays_and_is_told(desk, watcher):
    (desk.folder / "inbox/notes.txt").write_text("milk, bread")
    (desk.folder / "inbox/.hidden.png").write_text("")
    (desk.folder / "inbox/folder").mkdir()
    look_twice(watcher)
    assert words_of(desk) == []
    (left,) = inbox_facts(desk)["left"]
    assert left["name"] == "notes.txt"
    assert left["why"].startswith("is not a picture")
    (desk.folder / "inbox/notes.txt").unlink()
    look_twice(watcher)
    assert inbox_facts(desk)["left"] == []


def test_what_is_no_picture_does_not_wait_until_the_inbox_is_switched_on(desk, watcher):
    choose(desk, on=False)
    (desk.folder / "inbox/notes.txt").write_text("milk, bread")
    (desk.folder / "inbox/empty.png").touch()
    draw(desk, "sky.png")
    look_twice(watcher)
    facts = inbox_facts(desk)
    assert facts["arriving"] == 1
    assert [each["name"] for each in facts["left"]] == ["notes.txt"]
    (desk.folder / "inbox/empty.png").unlink()
    choose(desk, on=True)
    look_twice(watcher)
    assert [words[1] for words in words_of(desk)] == ["inbox/sky.png"]
    assert [each["name"] for each in inbox_facts(desk)["left"]] == ["notes.txt"]


def test_names_never_take_one_anothers_place(desk, watcher):
    draw(desk, "sky.png", "red")
    look_twice(watcher)
    draw(desk, "sky.jpg", "blue")
    (desk.folder / "inbox/sky.png").unlink()
    draw(desk, "sky.png", "green")
    look_twice(watcher)
    targets = [job.target for job in desk.waiting.jobs()]
    assert targets == ["dreamed/sky.dream.png", "dreamed/sky-2.dream.png", "dreamed/sky-3.dream.png"]


def test_large_pictures_are_made_smaller_each_in_its_own_shape(desk, watcher):
    choose(desk, longest=64, preset="ink")
    draw(desk, "wide.png", "red", (128, 64))
    draw(desk, "small.png", "blue", (50, 50))
    look_twice(watcher)
    assert {words[-4:] for words in words_of(desk)} == {
        ("-o", "dreamed/small.dream.png", "--preset", "ink"),
        ("--preset", "ink", "--size", "64x32"),
    }


def test_a_crash_between_the_books_and_the_queue_loses_nothing_and_dreams_nothing_twice(desk, watcher):
    draw(desk, "sky.png")
    with contextlib.ExitStack() as stack:
        patched = stack.enter_context(pytest.MonkeyPatch.context())
        patched.setattr(desk.waiting, "add", _die)
        with pytest.raises(KeyboardInterrupt):
            look_twice(watcher)
    assert words_of(desk) == []
    (parcel,) = books_of(desk).parcels()
    look_twice(InboxWatcher(desk, lambda: None))
    assert [job.id for job in desk.waiting.jobs()] == [parcel.job]
    books_of(desk).keep(parcel)  # as after a crash just before it was noted that the job is in the queue
    look_twice(InboxWatcher(desk, lambda: None))
    assert [job.id for job in desk.waiting.jobs()] == [parcel.job]


@pytest.mark.parametrize(
    "parcel",
    [
        {"preset": "./evil.toml"},
        {"preset": "bestiary", "size": "64x64 --out /tmp"},
        {"preset": "bestiary", "pictures": [{"name": "../p.png", "size": 1, "changed": 1, "dream": "p.png"}]},
        {"preset": "bestiary", "pictures": [{"name": "p.png", "size": 1, "changed": 1, "dream": "../p.png"}]},
        {"words": ["render", "https://example.com/x.png"], "title": "x", "target": "x"},
    ],
)
def test_books_of_a_stranger_begin_no_command_of_theirs(desk, watcher, parcel):
    books = books_of(desk)
    books.folder.mkdir()
    picture = {"name": "p.png", "size": 1, "changed": 1, "dream": "p.dream.png"}
    told = {"job": "00000000000000bb", "pictures": [picture], "is_queued": False, **parcel}
    (books.folder / "00000000000000bb.json").write_text(json.dumps(told))
    (desk.private / "choices.json").write_text('{"inbox": {"preset": "./evil.toml"}}')
    draw(desk, "p.png")
    look_twice(watcher)
    assert words_of(desk) == [("dream", "inbox/p.png", "-o", "dreamed/p.dream.png", "--preset", "bestiary")]


def _die(*words: object, **more: object) -> None:
    raise KeyboardInterrupt


def test_nothing_is_dreamed_while_it_is_off_and_no_link_leads_out_of_the_folder(desk, watcher, tmp_path):
    choose(desk, on=False)
    draw(desk, "sky.png")
    look_twice(watcher)
    assert words_of(desk) == []
    assert inbox_facts(desk)["arriving"] == 1
    choose(desk, on=True)
    (desk.folder / "inbox").rename(tmp_path / "elsewhere")
    (desk.folder / "inbox").symlink_to(tmp_path / "elsewhere")
    look_twice(watcher)
    assert words_of(desk) == []
    with pytest.raises(RequestError, match="there is no look 'inkk'; did you mean 'ink'"):
        choose(desk, preset="inkk")
    with pytest.raises(RequestError, match="must be 64 to 8192"):
        choose(desk, longest=5)


def test_the_first_dream_comes_once_and_only_where_nothing_is(tmp_path):
    for name, is_empty in (("empty", True), ("full", False)):
        folder = tmp_path / name
        (folder / ".studio").mkdir(parents=True)
        if not is_empty:
            Image.new("RGB", (64, 48)).save(folder / "mine.png")
        desk = open_desk(folder)
        dream_first(desk)
        assert [job.id for job in desk.waiting.jobs()] == ([FIRST_JOB] if is_empty else [])
        for job in desk.waiting.jobs():
            desk.waiting.remove(job)
        dream_first(desk)
        assert desk.waiting.jobs() == []


def test_a_picture_put_into_the_inbox_that_the_page_opened_is_dreamed(tmp_path):
    with studio(tmp_path) as house, browser() as running, visit(running, house) as seen:
        seen.page.get_by_role("tab", name="Queue").click()
        seen.page.get_by_role("button", name="Open an inbox").click()
        card = seen.page.locator(".inbox")
        expect(card).to_contain_text(str(tmp_path / "inbox"))
        card.get_by_label("Look").select_option("edges")
        card.get_by_label("Longer side").select_option("512")
        expect(card).to_contain_text("Nothing has come yet.")
        with house.client() as client:
            until(lambda: client.get("/api/inbox").json()["preset"] == "edges")
        (tmp_path / "inbox/list.txt").write_text("no picture")
        Image.new("RGB", (64, 48), "teal").save(tmp_path / "inbox/tiny.png")
        expect(card).to_contain_text("1 of 1 dreamed")
        expect(card).to_contain_text("1 left alone")
        with Image.open(tmp_path / "dreamed/tiny.dream.png") as dream:
            assert dream.size == (64, 48)
        assert seen.complaints == []
