"""A command's help: every option once, under the heading where a person looks for it."""

from __future__ import annotations

import re

from click.testing import CliRunner

from dreamzoom.cli import cli


def sections(command: str) -> dict[str, list[str]]:
    """The options that a command's help shows, by heading."""
    shown = CliRunner().invoke(cli, [command, "--help"]).output
    found = re.split(r"^(\w+):\n", shown, flags=re.MULTILINE)[1:]
    return {
        heading: re.findall(r"^ {2}(?:-\w, )?(--[\w-]+)", block, re.MULTILINE)
        for heading, block in zip(found[::2], found[1::2], strict=True)
    }


def test_render_begins_with_what_a_beginner_needs():
    headings = sections("render")
    assert list(headings) == ["Options", "Clip", "Dream", "Machine", "Song"]
    assert headings["Options"] == [
        "--out",
        "--draft",
        "--preset",
        "--text",
        "--font",
        "--set",
        "--allow-local",
        "--help",
    ]
    assert headings["Machine"] == ["--engine", "--device", "--precision", "--cluster", "--any-machine"]


def test_no_option_is_left_out_and_none_stands_twice():
    for command in ("render", "dream", "atlas", "fork"):
        shown = [option for options in sections(command).values() for option in options]
        declared = cli.get_command(None, command).params
        names = {name for each in declared for name in each.opts if name.startswith("--")}
        assert sorted(shown) == sorted(names | {"--help"})
