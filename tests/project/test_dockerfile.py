"""The Dockerfile and what goes with it, without building: `tests/docker/try_image.py` builds it for real."""

from __future__ import annotations

import json
import re
import shlex
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import pytest

from dreamzoom.engines.build_caffe import BUILD_PACKAGES

ROOT = Path(__file__).parents[2]
DOCKERFILE = (ROOT / "Dockerfile").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Stage:
    """A stage of a Dockerfile: its base, its name, and its instructions, such as ("USER", "dreamzoom")."""

    base: str
    name: str
    instructions: list[tuple[str, str]]

    def all(self, keyword: str) -> list[str]:
        return [value for word, value in self.instructions if word == keyword]

    def last(self, keyword: str) -> str:
        return self.all(keyword)[-1]


def instructions(text: str) -> list[tuple[str, str]]:
    """A Dockerfile's instructions in order, comments gone and continued lines joined."""
    code = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    lines = code.replace("\\\n", " ").splitlines()
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in lines if line.strip())]


def stages(text: str) -> list[Stage]:
    found: list[Stage] = []
    for word, value in instructions(text):
        if word == "FROM":
            base, _, name = value.partition(" AS ")
            found.append(Stage(base, name, []))
        elif found:
            found[-1].instructions.append((word, value))
    return found


STAGES = stages(DOCKERFILE)
NAMED = {stage.name: stage for stage in STAGES}


def from_context(stage: Stage) -> list[str]:
    """The paths that a stage copies from the checkout."""
    copies = [shlex.split(value) for value in stage.all("COPY") if "--from=" not in value]
    return [source for words in copies for source in words[:-1] if not source.startswith("--")]


def docker_sends(path: str) -> bool:
    """Whether .dockerignore lets a path through: the last pattern to match it, or a folder above, decides."""
    sent = True
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.removeprefix("!")
        if pattern and not pattern.startswith("#") and covers(pattern, path):
            sent = line.startswith("!")
    return sent


def covers(pattern: str, path: str) -> bool:
    expression = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*")
    above = [path, *map(str, PurePosixPath(path).parents)]
    return any(re.fullmatch(expression, each) for each in above)


# ---- the Dockerfile --------------------------------------------------------------------------------


def test_the_stage_built_by_default_is_the_command():
    assert STAGES[-1] == Stage("dreamzoom", "", [])


def test_the_entry_point_is_the_command_itself_and_no_shell_between():
    assert json.loads(NAMED["dreamzoom"].last("ENTRYPOINT")) == ["dreamzoom"]
    assert NAMED["dreamzoom"].last("STOPSIGNAL") == "SIGTERM"


@pytest.mark.parametrize("name", ["dreamzoom", "notebook"])
def test_what_runs_does_not_run_as_root(name):
    assert NAMED[name].last("USER") == "dreamzoom"


def test_commands_start_in_the_folder_that_is_mounted():
    assert NAMED["dreamzoom"].last("WORKDIR") == "/clips"


def test_every_stage_stands_on_the_base_or_on_another_stage():
    assert instructions(DOCKERFILE)[0][1].startswith("BASE=")
    assert {stage.base for stage in STAGES} <= {"${BASE}", *NAMED}


def test_the_last_image_gets_no_tools_to_build_with():
    words = set(" ".join(NAMED["dreamzoom"].all("RUN")).split())
    assert not words & {*BUILD_PACKAGES, "pip", "python3-venv"}


def test_every_apt_run_removes_its_lists():
    runs = [value for stage in STAGES for value in stage.all("RUN") if "apt-get update" in value]
    assert len(runs) == 3
    assert all("rm -rf /var/lib/apt/lists/*" in value for value in runs)


def test_jupyter_listens_on_the_port_that_is_exposed():
    notebook = NAMED["notebook"]
    assert f"--port={notebook.last('EXPOSE')}" in json.loads(notebook.last("ENTRYPOINT"))


def test_no_address_is_written_into_the_dockerfile():
    assert "://" not in DOCKERFILE


# ---- what Docker is sent ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stage", [stage for stage in STAGES if from_context(stage)], ids=lambda stage: stage.name
)
def test_what_is_copied_is_there_and_is_sent(stage):
    for source in from_context(stage):
        assert (ROOT / source).exists()
        assert source == "." or docker_sends(source)


@pytest.mark.parametrize(
    "path",
    [
        "LICENSE",
        "README.md",
        "pyproject.toml",
        "presets/classic.toml",
        "dreamzoom/cli/__init__.py",
        "dreamzoom/guide/motion.md",
        "dreamzoom/models/squeezenet/LICENSE",
        "dreamzoom/models/squeezenet/squeezenet_v1.1.caffemodel",
    ],
)
def test_the_package_is_sent(path):
    assert docker_sends(path)


@pytest.mark.parametrize(
    "path",
    [
        ".env",
        ".git/config",
        ".venv/bin/python",
        "build/lib/dreamzoom/dreamer.py",
        "dream/frames/000000.png",
        "dreamzoom/__pycache__/dreamer.cpython-311.pyc",
        "dreamzoom/models/__pycache__/store.cpython-311.pyc",
        "holiday.mp4",
        "tests/test_dockerfile.py",
    ],
)
def test_what_else_lies_in_the_checkout_is_not_sent(path):
    assert not docker_sends(path)
