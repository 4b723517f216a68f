"""What children are told, so that no file of a person's folder becomes a part of the program."""

from __future__ import annotations

import subprocess
import sys

import pytest

from dreamzoom.studio.children import _OLDER, ask_command, child_environment, python_command


@pytest.fixture
def hostile(tmp_path):
    """A folder with files that have the names of modules."""
    for name in ("json", "runpy", "click", "dreamzoom", "numpy"):
        (tmp_path / f"{name}.py").write_text("print('taken over')\nraise SystemExit(9)\n")
    return tmp_path


def test_no_file_of_the_folder_is_imported(hostile):
    done = ask_command(["--version"], 60, hostile)
    assert (done.returncode, done.stdout.split()[0]) == (0, "dreamzoom,")


def test_nor_by_a_python_that_knows_no_safe_path(hostile):
    environment = {name: value for name, value in child_environment().items() if name != "PYTHONSAFEPATH"}
    words = [sys.executable, "-c", _OLDER, "dreamzoom", "--version"]
    done = subprocess.run(words, cwd=hostile, env=environment, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout.split()[0]) == (0, "dreamzoom,")


@pytest.mark.parametrize(("version", "flag"), [((3, 10), "-c"), ((3, 11), "-m")])
def test_the_command_is_what_a_version_knows(monkeypatch, version, flag):
    monkeypatch.setattr(sys, "version_info", version)
    command = python_command("listen", "song.ogg")
    assert (command[1], command[-3:]) == (flag, ["dreamzoom", "listen", "song.ogg"])
