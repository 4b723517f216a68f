"""Standard streams that are closed, full, left alone, or of another code page."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import time

import pytest

from support.clips import SMALL, command, render_here

fcntl = pytest.importorskip("fcntl")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs a shell and /dev/full")


def shell(line: str, *arguments: object, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run `line` in bash, with `dreamzoom ARGUMENTS` in the place of its %."""
    words = line.replace("%", shlex.join(command(*arguments)))
    return subprocess.run(["bash", "-c", words], capture_output=True, check=False, env=os.environ | env)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    return render_here(tmp_path_factory.mktemp("clips") / "夢", frames=1)


@pytest.mark.parametrize("streams", ["<&- >&- 2>&-", "2>/dev/full"])
def test_a_render_needs_no_streams(streams, tmp_path):
    done = shell(f"% {streams}", "render", "--out", tmp_path / "clip", "--frames", 2, *SMALL)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "clip" / "clip.mp4").exists()


@pytest.mark.parametrize("streams", [">/dev/full", ">&-"])
@pytest.mark.parametrize("verb", ["status", "--help"])
def test_an_answer_that_cannot_be_written_is_an_error(streams, verb, clip):
    done = shell(f"% {streams}", *((verb, clip) if verb == "status" else (verb,)))
    assert done.returncode == 1
    assert done.stderr.startswith(b"dreamzoom: stdout could not be written: ")
    assert done.stderr.count(b"\n") == 1


def test_a_dream_that_cannot_be_written_is_an_error(clip):
    dream = ("dream", clip / "start.png", "--set", "dream.iterations=1", "--set", "dream.octaves=1")
    done = shell("% >/dev/full", *dream)
    assert done.returncode == 1
    assert b"stdout could not be written" in done.stderr


def test_a_reader_that_goes_early_is_no_fault():
    done = shell("% | head -1", "presets", "--json")
    assert done.stderr == b""
    assert done.stdout == b"[\n"


def test_a_closed_stdin_holds_no_picture():
    done = shell("% <&-", "dream")
    assert done.returncode == 2
    assert b"is empty" in done.stderr
    assert done.stderr.count(b"\n") == 1


def test_a_pipe_that_does_not_wait_gets_all_of_an_answer():
    theirs, ours = os.pipe()
    os.set_blocking(ours, False)
    if hasattr(fcntl, "F_SETPIPE_SZ"):
        fcntl.fcntl(ours, fcntl.F_SETPIPE_SZ, 4096)  # less than the answer is long
    asked = subprocess.Popen(command("recipe", "--json"), stdout=ours, stderr=subprocess.PIPE)
    os.close(ours)
    with os.fdopen(theirs, "rb", buffering=0) as file:
        begun = file.read(1)
        time.sleep(0.2)  # the pipe is full
        told = begun + file.readall()
    assert asked.communicate() == (None, b"")
    assert asked.returncode == 0
    assert len(json.loads(told)) > 100


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1:strict"])
def test_a_code_page_without_the_letters_gets_escapes(encoding, clip):
    done = shell("%", "status", clip, PYTHONIOENCODING=encoding)
    assert done.returncode == 0, done.stderr
    assert rb"\u5922: done" in done.stdout


def test_a_machine_without_a_locale_renders_into_any_folder(tmp_path):
    bare = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = shell("%", "render", "--out", tmp_path / "夢", "--frames", 1, *SMALL, **bare)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "夢" / "clip.mp4").exists()
    assert rb"\xe5\xa4\xa2" in done.stderr


@pytest.mark.parametrize(
    ("env", "has", "has_not"),
    [
        ({"COLORTERM": "truecolor"}, b"\x1b[48;2;2;6;15m", b"48;5;"),
        ({"COLORTERM": ""}, b"\x1b[48;5;16m", b"48;2;"),
        ({"NO_COLOR": "1"}, b"\nabyss   ", b"\x1b["),
    ],
)
def test_palettes_have_the_colours_that_a_terminal_has(env, has: bytes, has_not: bytes) -> None:
    import pty

    master, slave = pty.openpty()
    environment = {"TERM": "xterm-256color", **env}
    kept = {name: value for name, value in os.environ.items() if name not in ("COLORTERM", "NO_COLOR")}
    listing = subprocess.Popen(command("presets", "--palettes"), stdout=slave, env=kept | environment)
    os.close(slave)
    shown = b"\n"
    try:
        while piece := os.read(master, 1 << 16):
            shown += piece
    except OSError:  # how Linux tells that the other end is closed
        pass
    os.close(master)
    assert listing.wait() == 0
    assert has in shown
    assert has_not not in shown
    assert b"polar night" in shown
