"""What changes is told to every page, whatever happens to the page, the server, the folder."""

from __future__ import annotations

import asyncio
import contextlib
import json
import queue
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from dreamzoom.io.files import write_atomically
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.feed import KEPT, Feed, Happening
from dreamzoom.studio.library import hearing
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.library.watching import APART, watching
from support.clips import SMALL, journaled, render_here, start
from support.studio import RunningStudio, browser, studio, until, visit

Told = tuple[str, dict[str, Any]]


@dataclass
class Listener:
    """A page that listens."""

    events: queue.Queue[Told] = field(default_factory=queue.Queue)
    when: list[float] = field(default_factory=list)

    def wait_for(self, kind: str, **wanted: object) -> dict[str, Any]:
        """The first event of a kind from now on that tells some facts."""
        deadline = time.monotonic() + 60
        while True:
            found, facts = self.events.get(timeout=max(0.1, deadline - time.monotonic()))
            if found == kind and all(facts.get(name) == value for name, value in wanted.items()):
                return facts


@contextlib.contextmanager
def listening(house: RunningStudio, last: str = "") -> Iterator[Listener]:
    """Listen to a studio, from the present state on or from an event."""
    listener = Listener()
    with house.client() as client:
        last = last or client.get("/api/library").json()["last_event"]
        with client.stream("GET", "/api/events", headers={"Last-Event-ID": last}) as answer:
            assert answer.status_code == 200

            def read() -> None:
                kind = ""
                with contextlib.suppress(httpx.HTTPError):
                    for line in answer.iter_lines():
                        name, _, value = line.partition(": ")
                        if name == "event":
                            kind = value
                        elif name == "data":
                            listener.when.append(time.monotonic())
                            listener.events.put((kind, json.loads(value)))

            thread = threading.Thread(target=read, daemon=True)
            thread.start()
            yield listener
            for stream in [answer.extensions["network_stream"]]:
                with contextlib.suppress(OSError):
                    stream.get_extra_info("socket").shutdown(socket.SHUT_RDWR)
            thread.join(10)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A finished clip, to be copied."""
    return render_here(tmp_path_factory.mktemp("rendered") / "sky", frames=3)


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio of a folder without anything."""
    with studio(tmp_path_factory.mktemp("house")) as running:
        yield running


# ---- the feed -------------------------------------------------------------------------------------------


async def _take(events: Any, count: int) -> list[Happening]:
    return [await anext(events) for _ in range(count)]


def test_everybody_is_told_the_same_in_order():
    async def scene() -> None:
        feed = Feed()
        pages = [feed.follow(feed.last_id) for _ in range(3)]
        waiting = [asyncio.ensure_future(_take(page, 5)) for page in pages]
        await asyncio.sleep(0)
        for number in range(5):
            feed.tell("item", {"n": number})
        for told in await asyncio.gather(*waiting):
            assert [event.facts["n"] for event in told] == [0, 1, 2, 3, 4]
        assert feed.listeners == 3
        for page in pages:
            await page.aclose()
        assert feed.listeners == 0

    asyncio.run(scene())


def test_who_was_away_is_told_what_was_missed():
    async def scene() -> None:
        feed = Feed()
        seen = feed.last_id
        for number in range(3):
            feed.tell("item", {"n": number})
        page = feed.follow(seen)
        assert [event.facts["n"] for event in await _take(page, 3)] == [0, 1, 2]
        feed.tell("item", {"n": 3})
        assert (await anext(page)).facts["n"] == 3

    asyncio.run(scene())


def test_who_was_away_is_told_the_latest_of_each_thing_alone():
    async def scene() -> None:
        feed = Feed()
        feed.tell("queue", {"n": 0})
        seen = feed.last_id
        for number in range(KEPT + 1):
            feed.tell("queue", {"n": number})
            feed.tell("item", {"id": "sky", "n": number})
        feed.tell("gone", {"id": "sky"})
        for number in range(2):
            feed.tell("preview", {"set": "a", "n": number})
        told = [(event.kind, event.facts.get("n")) for event in await _take(feed.follow(seen), 5)]
        assert told == [("queue", KEPT), ("item", KEPT), ("gone", None), ("preview", 0), ("preview", 1)]

    asyncio.run(scene())


@pytest.mark.parametrize("last", [None, "", "nonsense", "0123abcd-1", "-1", "9" * 40, "%00"])
def test_who_knows_nothing_of_this_run_begins_anew(last):
    async def scene() -> None:
        feed = Feed()
        feed.tell("item", {})
        event = await anext(feed.follow(last))
        assert (event.kind, event.id) == ("reset", feed.last_id)

    asyncio.run(scene())


def test_who_was_away_for_too_long_begins_anew():
    async def scene() -> None:
        feed = Feed()
        seen = feed.last_id
        for _ in range(KEPT + 1):
            feed.tell("item", {})
        assert (await anext(feed.follow(seen))).kind == "reset"

    asyncio.run(scene())


def test_a_page_that_takes_nothing_is_left_and_can_go_on():
    async def scene() -> None:
        feed = Feed()
        feed.tell("item", {"n": -1})
        slow = feed.follow(None)
        seen = (await anext(slow)).id
        for number in range(KEPT + 1):
            feed.tell("item", {"n": number})
        assert feed.listeners == 0
        assert [event async for event in slow] == []  # it ends, and leaves nothing out
        assert (await anext(feed.follow(seen))).kind == "reset"

    asyncio.run(scene())


def test_an_event_is_one_block_whatever_it_tells():
    written = Happening("a-1", "item", {"name": "a\nb: c\r\n\n"}).written.decode()
    assert written.count("\n") == 4
    assert json.loads(written.split("data: ")[1]) == {"name": "a\nb: c\r\n\n"}


# ---- what changes in the folder -------------------------------------------------------------------------


def test_a_clip_rendered_in_a_terminal_is_told_as_it_grows_and_when_its_renderer_dies(house):
    with listening(house) as first, listening(house) as second:
        with start("render", "--out", house.folder / "new", "--frames", 5000, *SMALL) as process:
            begun = first.wait_for("item", name="new", state="running")
            several = until(lambda: journaled(house.folder / "new") > 10)
            process.kill()
        ended = first.wait_for("item", name="new", state="interrupted")
        assert several
        assert ended["frames_done"] > 10
        assert second.wait_for("item", name="new", state="interrupted")["id"] == begun["id"]
        whole = first.when[-1] - first.when[0]
        assert len(first.when) <= whole / APART + 5  # no more than five a second
        shutil.rmtree(house.folder / "new")
        assert first.wait_for("gone")["id"] == begun["id"]


def test_material_is_told_of_when_it_comes_and_when_it_changes(house):
    folder = house.folder
    with listening(house) as page:
        (folder / "song.mp3").write_bytes(b"x")
        assert page.wait_for("item", name="song.mp3")["bytes"] == 1
        (folder / "material").mkdir()
        (folder / "material/a.txt").write_bytes(b"x")
        (folder / "material/look.toml").write_bytes(b"x")
        assert page.wait_for("item", name="look.toml")["kind"] == "recipe"
        (folder / "song.mp3").write_bytes(b"four")
        assert page.wait_for("item", name="song.mp3", bytes=4)


def test_a_folder_that_is_replaced_is_watched_on(tmp_path, rendered):
    folder = tmp_path / "folder"
    folder.mkdir()
    shutil.copytree(rendered, folder / "sky")
    with studio(folder) as house, listening(house) as page:
        folder.rename(tmp_path / "away")
        assert page.wait_for("gone")["id"] == item_id(Path("sky"))
        with house.client() as client:
            assert client.get("/api/library").json()["items"] == []
        shutil.copytree(rendered, folder / "other")
        page.wait_for("item", name="other")
        time.sleep(0.5)
        (folder / "other/clip.mp4").unlink()
        page.wait_for("item", name="other", has_video=False)


def test_without_watches_left_a_look_finds_what_changed(tmp_path, rendered, monkeypatch):
    async def none_left(*folders: object, **options: object) -> Any:
        raise OSError("OS file watch limit reached")
        yield

    monkeypatch.setattr(hearing, "awatch", none_left)
    shutil.copytree(rendered, tmp_path / "sky")

    async def scene() -> None:
        desk = open_desk(tmp_path)
        async with watching(desk):
            page = desk.feed.follow(desk.feed.last_id)
            told = asyncio.ensure_future(_until(page, "new.png"))
            await asyncio.sleep(0.1)
            (tmp_path / "new.png").write_bytes(b"x")
            assert (await asyncio.wait_for(told, 60))["kind"] == "picture"
            await page.aclose()

    anyio.run(scene)


async def _until(events: Any, name: str) -> Any:
    async for event in events:
        if event.facts.get("name") == name:
            return event.facts
    return None


# ---- the page -------------------------------------------------------------------------------------------


def test_an_open_page_outlives_its_server(tmp_path, rendered):
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    shutil.copytree(rendered, tmp_path / "before")
    with browser() as running, contextlib.ExitStack() as stack:
        with studio(tmp_path, "--port", port) as house:
            seen = stack.enter_context(visit(running, house))
            expect(seen.page.get_by_role("navigation", name="Gallery")).to_contain_text("before")
            house.kill()
            shutil.copytree(rendered, tmp_path / "meanwhile")
        with studio(tmp_path, "--port", port):
            expect(seen.page.get_by_role("navigation", name="Gallery")).to_contain_text("meanwhile")
            shutil.copytree(rendered, tmp_path / "after")
            expect(seen.page.get_by_role("navigation", name="Gallery")).to_contain_text("after")
            shutil.rmtree(tmp_path / "before")
            expect(seen.page.get_by_role("navigation", name="Gallery")).not_to_contain_text("before")
            _see_another_frame(seen.page, tmp_path / "after")


def _see_another_frame(page: Page, clip: Path) -> None:
    """A frame that another takes the place of is seen on the stage."""
    page.get_by_role("navigation", name="Gallery").get_by_text("after").first.click()
    page.wait_for_selector('.stage canvas[data-frame="2"]')
    Image.new("RGB", (64, 48), (250, 0, 0)).save(clip / "new.png")
    (clip / "new.png").replace(clip / "frames/000002.png")
    write_atomically(clip / "journal.jsonl", (clip / "journal.jsonl").read_bytes())
    red = "document.querySelector('.stage canvas').getContext('2d').getImageData(5, 5, 1, 1).data[0]"
    until(lambda: page.evaluate(red) > 240)


# ---- many of them ---------------------------------------------------------------------------------------


def test_a_thousand_pages_may_listen_and_those_that_take_nothing_hold_up_nobody(house):
    with house.client() as client, contextlib.ExitStack() as stack:
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        host, _, port = house.origin.removeprefix("http://").partition(":")
        asked = f"GET /api/events HTTP/1.1\r\nHost: {host}:{port}\r\nCookie: {cookie}\r\n\r\n"
        for _ in range(1000):
            page = stack.enter_context(socket.create_connection((host, int(port)), 60))
            page.sendall(asked.encode())  # what comes is never read
        with listening(house) as one:
            (house.folder / "thousand.mp3").write_bytes(b"x")
            one.wait_for("item", name="thousand.mp3")
        assert "thousand.mp3" in client.get("/api/library").text
