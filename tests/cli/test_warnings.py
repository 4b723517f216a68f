"""What is doubtful is told in a line on stderr, and the command goes on."""

from __future__ import annotations

import warnings

import pytest
from click.testing import CliRunner

from dreamzoom.cli import cli
from dreamzoom.cli.console import warnings_told
from dreamzoom.errors import DreamzoomWarning, warn


def test_a_warning_is_one_line_told_once(capsys):
    with warnings_told():
        for _ in range(3):
            warn("a.jpg: has no\nend")
        warn("b.jpg: is a thumbnail")
    assert capsys.readouterr().err == (
        "dreamzoom: warning: a.jpg: has no end\ndreamzoom: warning: b.jpg: is a thumbnail\n"
    )


def test_other_libraries_warnings_are_shown_as_ever():
    with pytest.warns(RuntimeWarning, match="of a library"), warnings_told():
        warnings.warn("of a library", RuntimeWarning, stacklevel=1)


def test_a_program_sees_a_warning_of_our_own():
    with pytest.warns(DreamzoomWarning, match="a.jpg"):
        warn("a.jpg: has no end")


def test_every_command_tells_and_leaves_the_filters_as_they_were(monkeypatch):
    monkeypatch.setattr("dreamzoom.cli.presets.presets.callback", lambda **_: warn("doubtful"))
    before = list(warnings.filters)
    done = CliRunner().invoke(cli, ["presets"])
    assert done.stderr == "dreamzoom: warning: doubtful\n"
    assert list(warnings.filters) == before
