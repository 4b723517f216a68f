"""Small real renders for tests."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from support.warm import can_be_warm, run_warm

SMALL = (
    "--size",
    "64x48",
    "--set",
    "dream.octaves=1",
    "--set",
    "dream.iterations=2",
    "--layer",
    "fire2/concat",
)
"""A frame in a few hundredths of a second."""


def dreamzoom(
    *arguments: object, cwd: Path | str | None = None, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run the real command in a process of its own; nothing is on its stdin."""
    environment = os.environ if env is None else env
    if can_be_warm(environment):
        return run_warm([*map(str, arguments)], cwd or Path.cwd(), environment)
    return subprocess.run(
        command(*arguments),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
        cwd=cwd,
        env=env,
    )


def quickly(*arguments: object) -> str:
    """The same in this process, without the start: for what is to succeed. What it says on stderr."""
    from click.testing import CliRunner

    from dreamzoom.cli import cli

    return CliRunner().invoke(cli, [str(each) for each in arguments], catch_exceptions=False).stderr


def says(status: int, *arguments: object) -> str:
    """The same for any exit status, which it must have: all that it says, a refusal too."""
    from click.testing import CliRunner

    from dreamzoom.cli import cli
    from dreamzoom.errors import DreamzoomError

    result = CliRunner().invoke(cli, [str(each) for each in arguments])
    error = result.exception
    if error is not None and not isinstance(error, DreamzoomError | SystemExit):
        raise error
    told = f"{result.output}{error if isinstance(error, DreamzoomError) else ''}"
    found = error.exit_status if isinstance(error, DreamzoomError) else result.exit_code
    assert found == status, told
    return told


def start(*arguments: object, **options: object) -> subprocess.Popen[str]:
    """Start the real command and leave it running."""
    return _leave_running(command(*arguments), options)


_SLOWLY = """
import itertools, sys, time
from dreamzoom.engines.torch.process import let_waiting_threads_sleep
let_waiting_threads_sleep()
from dreamzoom.engines.torch.engine import TorchEngine
from dreamzoom.cli import main
ascend, steps = TorchEngine.ascend, itertools.count()

def ascend_slowly(*given):
    if next(steps) >= int(sys.argv[1]):
        time.sleep(1)
    return ascend(*given)

TorchEngine.ascend = ascend_slowly
main(sys.argv[2:])
"""


def start_slowly(steps: int, *arguments: object, **options: object) -> subprocess.Popen[str]:
    """The same, but after its first `steps` steps each takes a second: what is done to it in the middle comes
    while it is there, however busy the machine is.
    """
    words = [sys.executable, "-c", _SLOWLY, str(steps), *map(str, arguments)]
    return _leave_running(words, options)


def _leave_running(words: list[str], options: Mapping[str, object]) -> subprocess.Popen[str]:
    streams = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        "stdin": subprocess.DEVNULL,
        "text": True,
    }
    return subprocess.Popen(words, **(streams | dict(options)))


def command(*arguments: object) -> list[str]:
    """The command line of `dreamzoom ARGUMENTS`."""
    return [sys.executable, "-m", "dreamzoom", *map(str, arguments)]


def render(out: Path, *arguments: object, frames: int = 4) -> Path:
    """Render a small clip to the end, and return its folder."""
    done = dreamzoom("render", "--out", out, "--frames", frames, *SMALL, *arguments)
    assert done.returncode == 0, done.stderr
    return out


def render_here(out: Path, *arguments: object, frames: int = 4) -> Path:
    """The same in this process, without the start."""
    quickly("render", "--out", out, "--frames", frames, *SMALL, *arguments)
    return out


def frame_files(clip: Path) -> dict[str, bytes]:
    """A clip's frames by name."""
    return {path.name: path.read_bytes() for path in sorted((clip / "frames").glob("*.png"))}


def wait_for(condition: Callable[[], bool], process: subprocess.Popen[Any], seconds: float = 180) -> None:
    """Wait until a condition holds, or the process has ended. Raises an AssertionError after so long."""
    deadline = time.monotonic() + seconds
    while not condition() and process.poll() is None:
        if time.monotonic() > deadline:
            process.kill()
            raise AssertionError(f"not reached within {seconds:g} seconds: {process.args}")
        time.sleep(0.002)


def journaled(clip: Path) -> int:
    """How many lines a clip's journal has."""
    path = clip / "journal.jsonl"
    return path.read_bytes().count(b"\n") if path.exists() else 0


def journal_without_times(clip: Path) -> list[dict[str, object]]:
    """A clip's journal, but for how long each frame took."""
    lines = [json.loads(line) for line in (clip / "journal.jsonl").read_text().splitlines()]
    return [{key: value for key, value in line.items() if key != "seconds"} for line in lines]


def as_root() -> bool:
    """Whether file permissions mean nothing to this process."""
    return hasattr(os, "geteuid") and os.geteuid() == 0
