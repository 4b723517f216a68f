"""A real studio in a process of its own, and a real browser on its page: one for all tests of a process."""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from dreamzoom.io.processes import is_same
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.first import FIRST_DREAM
from dreamzoom.studio.queue.waiting import WaitingList
from dreamzoom.studio.wishes.networks import describe_network
from support.chromium import chromium_path
from support.clips import command

_PATIENCE_S = 180.0  # how long a condition is waited for: others may have the machine
_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
_ADDRESS = re.compile(r"http://\S+/#\S+")
DESK, LAPTOP, PHONE = (1920, 1080), (1280, 720), (390, 844)
"""Windows, width and height."""

expect.set_options(timeout=1000 * _PATIENCE_S)


@dataclass
class RunningStudio:
    """A studio at work.

    Attributes:
        folder: what it shows.
        address: with the token, as it was printed.
    """

    folder: Path
    address: str
    process: subprocess.Popen[str]

    @property
    def origin(self) -> str:
        return self.address.partition("/#")[0]

    @property
    def token(self) -> str:
        return self.address.partition("/#")[2]

    @contextlib.contextmanager
    def client(self, **options: Any) -> Iterator[httpx.Client]:
        """A client that has the token's cookie, and says that it is the studio's own page."""
        origin = {"Origin": self.origin}
        with httpx.Client(base_url=self.origin, headers=origin, timeout=60, **options) as client:
            client.post("/api/session", json={"token": self.token}).raise_for_status()
            yield client

    def kill(self) -> None:
        """End it where it stands."""
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


@contextlib.contextmanager
def studio(
    folder: Path, *options: object, first_dream: bool = False, browser: Path | None = None
) -> Iterator[RunningStudio]:
    """A studio of a folder, stopped at the end as Ctrl-C does.

    Args:
        first_dream: let an empty folder begin with a cloudscape.
        browser: a program that it opens, if it is to open one.
    """
    if not first_dream:
        (folder / ".studio").mkdir(parents=True, exist_ok=True)
        (folder / ".studio" / FIRST_DREAM).touch()
        told = folder / ".studio" / "networks" / "squeezenet.json"
        told.parent.mkdir(exist_ok=True)
        told.write_bytes(_told_network())
    process = subprocess.Popen(
        command("studio", folder, "--port", 0, *(() if browser else ("--no-browser",)), *options),
        env={**os.environ, **({"BROWSER": str(browser)} if browser else {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    said = []
    try:
        while not (found := _ADDRESS.search(said[-1] if said else "")):
            line = process.stderr.readline()
            assert line, f"the studio has ended: {''.join(said)}"
            said.append(line)
        yield RunningStudio(folder, found[0], process)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        process.stderr.close()
        end_children(folder)


@cache
def _told_network() -> bytes:
    """What a studio's child tells of the embedded model, asked once: every page of a new folder wants it."""
    with TemporaryDirectory() as folder:
        desk = open_desk(Path(folder))
        describe_network(desk, "squeezenet")
        return (desk.private / "networks" / "squeezenet.json").read_bytes()


def end_children(folder: Path) -> None:
    """End what a studio has begun in a folder: it goes on without the studio else."""
    waiting = WaitingList(folder / ".studio/queue")
    for record in map(waiting.record, waiting.jobs()):
        if record.ended() is None and record.is_running():
            record.ask_to_stop()
            until(lambda record=record: record.begun() or not record.is_running())
            begun = record.begun()
            if begun is not None and is_same(begun.process, begun.began):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(begun.process, signal.SIGKILL)
            until(lambda record=record: not record.is_running())


@contextlib.contextmanager
def browser() -> Iterator[Browser]:
    """The headless Chromium of this process, begun by who wants it first.

    Playwright leaves its event loop as this thread's running one. Here it is so within this context alone: a
    test without a browser may run another.
    """
    running, loop = _started()
    before = asyncio._get_running_loop()
    asyncio._set_running_loop(loop)
    try:
        yield running
    finally:
        asyncio._set_running_loop(before)


@cache
def _started() -> tuple[Browser, asyncio.AbstractEventLoop]:
    """Chromium, and the event loop in which Playwright speaks to it."""
    path = chromium_path()
    playwright = sync_playwright().start()
    loop = asyncio.get_running_loop()
    running = playwright.chromium.launch(executable_path=path, args=_FLAGS)
    asyncio._set_running_loop(None)

    @atexit.register
    def end() -> None:
        asyncio._set_running_loop(loop)
        running.close()
        playwright.stop()

    return running, loop


@dataclass
class Visit:
    """A page of a studio in a window.

    Attributes:
        complaints: what the console showed: errors, warnings, exceptions.
        requests: the addresses that were asked for.
    """

    page: Page
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


@contextlib.contextmanager
def visit(running: Browser, house: RunningStudio, size: tuple[int, int] = LAPTOP) -> Iterator[Visit]:
    """Open a studio's page in a window of its own, as who was given its address does.

    Conditions on it are waited for with `until`, not with `page.wait_for_function`: the page forbids all
    scripts but its own, and that one fails where the condition does not hold at once.
    """
    with _window(running, house.origin, size) as context:
        page = context.new_page()
        seen = Visit(page)
        page.on("console", lambda message: seen.complaints.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: seen.complaints.append(f"exception: {error}"))
        page.on("request", lambda request: seen.requests.append(request.url))
        page.goto(house.address)
        page.wait_for_selector("html[data-ready]")
        yield seen


_idle: dict[tuple[str, tuple[int, int]], BrowserContext] = {}


@contextlib.contextmanager
def _window(running: Browser, origin: str, size: tuple[int, int]) -> Iterator[BrowserContext]:
    """A profile for a window; of a studio that was visited before it has the cached files, no more."""
    for other in [key for key in _idle if key[0] != origin]:
        _idle.pop(other).close()
    context = _idle.pop((origin, size), None)
    if context is None:
        viewport = {"width": size[0], "height": size[1]}
        context = running.new_context(viewport=viewport, has_touch=size == PHONE)  # type: ignore[arg-type]
        context.set_default_timeout(1000 * _PATIENCE_S)
    try:
        yield context
    except BaseException:
        context.close()
        raise
    _forget(context, origin)
    if (origin, size) in _idle:
        context.close()
    else:
        _idle[origin, size] = context


def _forget(context: BrowserContext, origin: str) -> None:
    """Close what is open, and leave nothing behind that a page can read."""
    for page in context.pages[1:]:
        page.close()
    for page in context.pages:
        session = context.new_cdp_session(page)
        session.send("Storage.clearDataForOrigin", {"origin": origin, "storageTypes": "all"})
        page.close()
    context.clear_cookies()
    context.clear_permissions()


def until(wanted: Any, patience: float = _PATIENCE_S) -> Any:
    """What a function gives, once it is true."""
    deadline = time.monotonic() + patience
    while not (value := wanted()):
        if time.monotonic() > deadline:
            raise AssertionError("it did not come")
        time.sleep(0.05)
    return value
