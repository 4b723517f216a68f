"""A real headless Chromium, spoken to in the DevTools protocol over a pipe."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-pipe",
)
_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
_PATIENCE_S = 60.0


def chromium_path() -> str:
    """The browser; the test is skipped without one, unless DREAMZOOM_REQUIRE_CHROMIUM is set."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found and sys.platform != "win32":
        return found
    reason = "no Chromium on the PATH, or no pipes to speak to it"
    if os.environ.get("DREAMZOOM_REQUIRE_CHROMIUM"):
        pytest.fail(f"{reason}, and DREAMZOOM_REQUIRE_CHROMIUM is set")
    pytest.skip(reason)


class Tab:
    """One tab: sends commands, keeps every event."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._buffer = b""
        self._count = 0
        self._session: str | None = None
        self.events: list[dict[str, Any]] = []
        target = self.send("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.send("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: object) -> dict[str, Any]:
        """A command's result."""
        self._count += 1
        message = {"id": self._count, "method": method, "params": params}
        if self._session:
            message["sessionId"] = self._session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (reply := self._receive()).get("id") != self._count:
            self.events.append(reply)
        assert "error" not in reply, f"{method}: {reply['error']}"
        return reply["result"]

    def open(self, page: Path, fragment: str = "") -> None:
        """Load a page from the disk and wait until it is there."""
        self.open_address(page.resolve().as_uri() + fragment)
        self.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => 1)")

    def open_address(self, url: str) -> None:
        """The same for any address, as soon as it is loaded."""
        seen = len(self.events)
        self.send("Page.navigate", url=url)
        while not any(event["method"] == "Page.loadEventFired" for event in self.events[seen:]):
            self.events.append(self._receive())

    def forget(self) -> None:
        """Leave the page and forget its events: none still on its way is taken for the next page's."""
        self.open_address("about:blank")
        self.events.clear()

    def evaluate(self, expression: str) -> Any:
        """A JavaScript expression's value in the page; a promise's, once it is kept."""
        answer = self.send(
            "Runtime.evaluate",
            expression=expression,
            returnByValue=True,
            awaitPromise=True,
            userGesture=True,
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def look(self, width: int, height: int, scheme: str = "light") -> None:
        """Be a window of that size, for a person who likes it light or dark."""
        self.send(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def middle_of(self, selector: str) -> dict[str, float]:
        """Scroll there, and say where its middle is in the window."""
        return self.evaluate(
            f"""(() => {{ const element = document.querySelector({json.dumps(selector)});
            element.scrollIntoView({{behavior: "instant", block: "center"}});
            const box = element.getBoundingClientRect();
            return {{x: box.x + box.width / 2, y: box.y + box.height / 2}}; }})()"""
        )

    def mouse(self, kind: str, place: dict[str, float]) -> None:
        """Move the mouse, press or release its button."""
        button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type=kind, **place, **button)

    def click(self, selector: str) -> None:
        """Click in the middle of an element."""
        place = self.middle_of(selector)
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.mouse(kind, place)

    def press(self, key: str) -> None:
        """Press a key and let it go."""
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key)

    def complaints(self) -> list[str]:
        """What the console shows: errors, warnings and messages."""
        shown = {"Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded"}
        return [json.dumps(event["params"]) for event in self.events if event["method"] in shown]

    def requests(self) -> list[str]:
        """The addresses that were asked for, those that hold their data themselves left out."""
        sent = (event for event in self.events if event["method"] == "Network.requestWillBeSent")
        urls = (event["params"]["request"]["url"] for event in sent)
        return [url for url in urls if not url.startswith("data:")]

    def _receive(self) -> dict[str, Any]:
        deadline = time.monotonic() + _PATIENCE_S
        while b"\0" not in self._buffer:
            assert time.monotonic() < deadline, "Chromium does not answer"
            data = os.read(self._from, 1 << 20)
            assert data, "Chromium has gone"
            self._buffer += data
        message, _, self._buffer = self._buffer.partition(b"\0")
        return json.loads(message)


@contextlib.contextmanager
def chromium() -> Iterator[Tab]:
    """A tab of a browser of its own, with a profile of its own."""
    path = chromium_path()
    import fcntl  # not on Windows, where there is no such browser for us either

    ours, theirs = os.pipe(), os.pipe()  # (read, write): what the browser reads, what it writes
    # Above 9, so that the browser's 3 and 4 overwrite neither.
    reads = fcntl.fcntl(ours[0], fcntl.F_DUPFD, 10)
    writes = fcntl.fcntl(theirs[1], fcntl.F_DUPFD, 10)
    redirect = f'exec "$@" 3<&{reads} 4>&{writes}'
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            ["bash", "-c", redirect, "bash", path, *FLAGS, f"--user-data-dir={profile}"],
            pass_fds=(reads, writes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        for descriptor in (ours[0], theirs[1], reads, writes):
            os.close(descriptor)
        try:
            yield Tab(ours[1], theirs[0])
        finally:
            os.close(ours[1])  # it ends when nobody speaks to it
            os.close(theirs[0])
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
