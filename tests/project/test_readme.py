"""The README's commands are real ones."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from dreamzoom.cli import cli

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
COMMANDS = [
    line.split("#")[0].split("|")[-1].split(">")[0].strip()
    for line in re.findall(r"^    (.*dreamzoom .*)$", README, re.MULTILINE)
    if "pip install" not in line and "docker" not in line
]


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_parses(line):
    words = shlex.split(line)
    assert words[0] == "dreamzoom"
    with click.Context(cli) as parent:
        name, command, rest = cli.resolve_command(parent, words[1:])
        assert command is not None
        command.make_context(name, rest, parent=parent, resilient_parsing=False)


def test_the_readme_has_commands_and_a_picture():
    assert len(COMMANDS) > 10
    picture = re.search(r"!\[.*\]\((.*)\)", README)
    assert picture
    assert (Path(__file__).parents[2] / picture[1]).exists()


def test_the_python_example_runs(tmp_path, monkeypatch, picture_file):
    code = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert code
    monkeypatch.chdir(tmp_path)
    picture_file.rename(tmp_path / "sky.jpg")
    exec(code[1], {})  # noqa: S102 - our own README
    assert (tmp_path / "dream.png").exists()


def test_the_recipe_example_is_a_recipe():
    from dreamzoom.recipe.build import build_recipe, parse_recipe

    text = re.search(r"```toml\n(.*?)```", README, re.DOTALL)
    assert text
    recipe = build_recipe(parse_recipe(text[1]))
    assert recipe.camera.every == 3
