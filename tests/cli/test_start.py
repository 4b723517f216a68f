"""The first moments of the program, before the command line is loaded."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

INTERRUPTED = """
import os, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)

class Interrupting:
    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "click":
            os.kill(os.getpid(), signal.{name})
            signal.pause()

sys.meta_path.insert(0, Interrupting)
"""
"""Ctrl-C or SIGTERM where the command line imports click."""


def starts() -> list[str]:
    """What starts the program: as a command, whose entry pip makes a script of, and as a module."""
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8")
    entry = re.search(r'\[project\.scripts\]\ndreamzoom = "([\w.]+):(\w+)"', project)
    assert entry is not None
    module, function = entry.groups()
    return [
        f"from {module} import {function}; {function}()",
        "import runpy; runpy.run_module('dreamzoom', run_name='__main__')",
    ]


def run(code: str) -> tuple[int, str, str]:
    words = [sys.executable, "-c", code, "--version"]
    done = subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("start", starts(), ids=["command", "module"])
def test_the_program_starts(start: str) -> None:
    status, output, errors = run(start)
    assert (status, errors) == (0, "")
    assert output.startswith("dreamzoom, version ")


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize("start", starts(), ids=["command", "module"])
def test_ctrl_c_before_the_command_line_is_loaded_ends_as_a_later_one_does(start: str, name: str) -> None:
    assert run(INTERRUPTED.format(name=name) + start) == (130, "", "dreamzoom: interrupted\n")
