"""The studio's life: its address, its key, its second start, its end."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import stat
import subprocess
import sys
import threading
from collections.abc import Iterator

import httpx
import pytest

from dreamzoom.errors import RequestError
from dreamzoom.studio.addresses import code_lines, listen
from dreamzoom.studio.first import FIRST_DREAM
from dreamzoom.studio.instance import studio_token
from dreamzoom.studio.opening import open_browser
from support.clips import command, dreamzoom
from support.studio import RunningStudio, studio, until

EVERYWHERE = "0.0.0.0"  # noqa: S104 - that is what is tried


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[RunningStudio]:
    with studio(tmp_path_factory.mktemp("house") / "made" / "by it") as running:
        yield running


def test_a_folder_that_is_missing_is_made_and_its_key_is_its_owners_alone(house):
    private = house.folder / ".studio"
    assert (private / "token").read_text() == house.token
    assert stat.S_IMODE((private / "token").stat().st_mode) == 0o600
    assert json.loads((private / "server.json").read_text())["address"] == house.origin


def test_a_second_start_leads_to_the_studio_that_runs(house, tmp_path):
    opened = tmp_path / "opened"
    script = tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > "{opened}.part"; mv "{opened}.part" "{opened}"\n')
    script.chmod(0o755)
    done = subprocess.run(
        command("studio", house.folder),
        env={**os.environ, "BROWSER": str(script)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.endswith(f"runs already: {house.address}\n")
    until(opened.exists)
    assert opened.read_text().strip() == (house.folder / ".studio/open.html").as_uri()


def test_the_browser_opens_a_file_that_is_its_owners_alone_and_leads_to_the_page(tmp_path, chromium):
    """All who use the machine can read its command line: the key is not in it."""
    opened, script = tmp_path / "opened", tmp_path / "browser"
    script.write_text(f'#!/bin/sh\necho "$1" > "{opened}.part"; mv "{opened}.part" "{opened}"\n')
    script.chmod(0o755)
    folder = tmp_path / "a folder of clips"
    with studio(folder, browser=script) as house:
        address = until(lambda: opened.exists() and opened.read_text().strip())
        assert house.token not in address
        assert stat.S_IMODE((folder / ".studio/open.html").stat().st_mode) == 0o600
        with contextlib.closing(chromium.new_context()) as context:
            page = context.new_page()
            page.goto(address)
            page.wait_for_url(f"{house.origin}/**")
            page.wait_for_selector("html[data-ready]")


def test_where_files_cannot_be_opened_or_need_not_the_address_is(monkeypatch, tmp_path):
    told = []
    monkeypatch.setattr("webbrowser.open", told.append)
    monkeypatch.setenv("BROWSER", "any")
    monkeypatch.setattr("platform.release", lambda: "5.15.90.1-microsoft-standard-WSL2")
    open_browser(tmp_path, "http://127.0.0.1:8420/#key", 10)
    open_browser(tmp_path / "missing", "http://127.0.0.1:8420/#key", 10)
    monkeypatch.setattr("platform.release", lambda: "6.1.0")
    open_browser(tmp_path / "missing", "http://127.0.0.1:8420/#key", 10)
    assert told == ["http://127.0.0.1:8420/#key"] * 3


def test_a_second_start_elsewhere_is_refused(house):
    done = dreamzoom("studio", house.folder, "--no-browser", "--host", EVERYWHERE)
    assert done.returncode == 2
    assert "runs already" in done.stderr
    assert "Ctrl-C" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_at_once_with_open_event_streams(tmp_path, number):
    with studio(tmp_path) as house, house.client() as client:
        with client.stream("GET", "/api/events") as stream:
            assert stream.status_code == 200
            assert next(stream.iter_lines())
            house.process.send_signal(number)
            assert house.process.wait(10) == 0
        assert house.process.stderr is not None
        said = house.process.stderr.read().splitlines()
        assert len(said) == 1
        assert "the studio has ended" in said[0]
        assert not (tmp_path / ".studio" / "server.json").exists()


def test_a_killed_one_is_no_obstacle_and_its_pages_go_on_with_the_next(tmp_path):
    with studio(tmp_path) as first, first.client() as client:
        first.kill()
        assert (tmp_path / ".studio" / "server.json").exists()
        port = first.origin.rpartition(":")[2]
        with studio(tmp_path, "--port", port) as second:
            assert second.address == first.address
            assert client.get("/api/library").status_code == 200


def test_a_port_that_is_taken_is_told_and_the_usual_one_gives_way(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        done = dreamzoom("studio", tmp_path, "--no-browser", "--port", port)
    assert done.returncode == 2
    assert f"another program has port {port}" in done.stderr
    one, other_one = listen("127.0.0.1", None), listen("127.0.0.1", None)
    assert one.here != other_one.here
    for each in (*one.sockets, *other_one.sockets):
        each.close()


@pytest.mark.parametrize("host", ["192.0.2.77", "no.such.name.invalid", "256.1.1.1", ""])
def test_an_address_that_is_not_this_machines_is_refused(host):
    with pytest.raises(RequestError, match="no address of this machine"):
        listen(host, 0)


@pytest.mark.parametrize(
    ("host", "here", "is_open"),
    [
        ("127.0.0.1", "http://127.0.0.1:", False),
        ("localhost", "http://127.0.0.1:", False),
        ("::1", "http://[::1]:", False),
        ("[::1]", "http://[::1]:", False),
        (EVERYWHERE, "http://127.0.0.1:", True),
        ("::", "http://127.0.0.1:", True),
    ],
)
def test_where_it_listens(host, here, is_open):
    if ":" in host and not socket.has_ipv6:
        pytest.skip("this machine has no IPv6")
    try:
        listening = listen(host, 0)
    except RequestError:
        assert host == "::1"  # a container without IPv6
        return
    assert listening.here.startswith(here)
    assert listening.is_open is is_open
    assert bool(listening.network) <= is_open
    for each in listening.sockets:
        each.close()


def test_the_network_is_let_in_with_a_word_and_a_code_on_a_terminal(tmp_path):
    (tmp_path / ".studio").mkdir()
    (tmp_path / ".studio" / FIRST_DREAM).touch()
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command("studio", tmp_path, "--host", EVERYWHERE, "--port", 0, "--no-browser"),
        stdin=subprocess.DEVNULL,
        stderr=theirs,
    )
    os.close(theirs)
    said = b""
    try:
        while "network" not in said.decode() or (b"may direct" in said and "█" not in said.decode()):
            said += os.read(ours, 1000) + os.read(ours, 100_000)
            if b"is in no network" in said:
                break
        address = next(word for word in said.decode().split() if word.startswith("http://127.0.0.1"))
        assert httpx.get(address.partition("/#")[0]).status_code == 200
    finally:
        process.terminate()
        draining = threading.Thread(target=_drain, args=(ours,))
        draining.start()
        assert process.wait(10) == 0
        draining.join()
        os.close(ours)


def _drain(terminal: int) -> None:
    try:
        while os.read(terminal, 10_000):
            pass
    except OSError:
        return


def test_a_code_is_square_and_framed():
    lines = code_lines("http://192.168.1.5:8420/#" + "x" * 32)
    assert len({len(line) for line in lines}) == 1
    assert abs(2 * len(lines) - len(lines[0])) <= 1
    assert set(lines[0]) == {"█"}


@pytest.mark.parametrize(
    "damage", [b"", b"x", b"\xff" * 32, b"../../../../../../../../../../../..", b"a" * 5000]
)
def test_a_damaged_key_gives_way_to_a_new_one(tmp_path, damage):
    (tmp_path / "token").write_bytes(damage)
    token = studio_token(tmp_path)
    assert len(token) == 32
    assert studio_token(tmp_path) == token
    assert stat.S_IMODE((tmp_path / "token").stat().st_mode) == 0o600


def test_a_key_that_is_a_link_is_not_followed(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_text("A" * 32)
    (tmp_path / "token").symlink_to(elsewhere)
    assert studio_token(tmp_path) != "A" * 32
    assert elsewhere.read_text() == "A" * 32


def test_a_file_and_a_folder_led_elsewhere_are_refused(tmp_path):
    (tmp_path / "file").write_text("")
    done = dreamzoom("studio", tmp_path / "file", "--no-browser")
    assert done.returncode == 2
    assert "is a file" in done.stderr
    (tmp_path / "led").mkdir()
    (tmp_path / "led" / ".studio").symlink_to(tmp_path)
    done = dreamzoom("studio", tmp_path / "led", "--no-browser")
    assert done.returncode == 2
    assert "no folder of its own" in done.stderr


WITHOUT = """
import sys
class Without:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == {name!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Without())
from dreamzoom.cli import main
main(["studio", {folder!r}, "--no-browser"])
"""


@pytest.mark.parametrize("name", ["starlette", "uvicorn", "sse_starlette", "segno"])
def test_without_the_extra_a_person_is_told_how_to_get_it(tmp_path, name):
    code = WITHOUT.format(name=name, folder=str(tmp_path))
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"needs {name}" in done.stderr
    assert "pip install 'dreamzoom[studio]'" in done.stderr
