"""README and the guide tell the truth: what they tell to type is typed, made quick, page by page.

The blocks of a page are taken in order and in one folder, where lie a reader's own sky.jpg, sunset.jpg,
song.mp3, drums.wav and heart.csv, and a folder of photos. Commands that need the network, a GPU, Docker or
minutes are parsed and their values checked. A TOML block whose first line is a comment with a file's name is
that file.
"""

from __future__ import annotations

import ast
import inspect
import re
import shlex
import subprocess
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import click
import pytest
import torch
from click.testing import CliRunner
from PIL import Image

from dreamzoom.cli import cli
from dreamzoom.cli.given import recipe_from
from dreamzoom.cli.guide import PAGES, draw_page
from dreamzoom.dreamer import Dreamer
from dreamzoom.film.board.planning import plan_film
from dreamzoom.film.board.reading import read_storyboard
from dreamzoom.io.toml import parse_toml
from dreamzoom.models.descriptor import read_descriptor
from dreamzoom.recipe.schema import SETTINGS, Recipe
from dreamzoom.video.ffmpeg import find_ffmpeg
from support.clips import dreamzoom, quickly
from support.music import drum_loop, steady, write_wav
from support.recipe_page import recipe_page

ROOT = Path(__file__).parents[2]
GUIDE = ROOT / "dreamzoom" / "guide"
TEXTS = {"README": ROOT / "README.md"} | {page: GUIDE / f"{page}.md" for page in PAGES}
WORKING_ON_IT = GUIDE / "working-on-it.md"

INSTALL = (
    'python3 -m venv .venv && .venv/bin/pip install -e ".[test]" && .venv/bin/pytest -n 2 --dist loadfile',
    "python3 -m venv .venv && .venv/bin/pip install . && .venv/bin/dreamzoom render --frames 300",
)
SMALL = ("--set", "dream.octaves=1", "--set", "dream.iterations=1")
SLOW = {
    "--cluster",
    "caffe",
    "cuda",
    "tf32",
    "bfloat16",
    "doctor",
    "get",
    "googlenet",
    "inception5h",
    "./my-net",
    "studio",
}
"""Words of commands that are parsed alone: they want what a test has not, or minutes."""

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def read(page: str) -> str:
    return TEXTS[page].read_text(encoding="utf-8")


def lines_of(block: str) -> Iterator[str]:
    """The commands of a block, continued lines joined."""
    return filter(None, block.replace("\\\n", " ").splitlines())


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    """Six seconds of drums as an MP3."""
    folder = tmp_path_factory.mktemp("song")
    wav = write_wav(folder / "song.wav", drum_loop(steady(120, 6)).samples)
    convert = [str(find_ffmpeg().path), "-loglevel", "error", "-i", str(wav), str(folder / "song.mp3")]
    subprocess.run(convert, check=True)
    return folder / "song.mp3"


@pytest.fixture
def reader(tmp_path, monkeypatch, song, cloud_picture) -> Iterator[Path]:
    """A reader's folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("sky.jpg", "sunset.jpg"):
        Image.fromarray(cloud_picture).save(name)
    Path("photos").mkdir()
    for name in ("dune.jpg", "lake.png"):
        Image.fromarray(cloud_picture).save(Path("photos", name))
    Path("song.mp3").write_bytes(song.read_bytes())
    Path("drums.wav").write_bytes(song.with_suffix(".wav").read_bytes())
    Path("heart.csv").write_text("time,rate\n0,60\n3,180\n6,60\n")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # many pictures are then dreamed in this process
    yield tmp_path
    torch.set_num_threads(threads)


# ---- what is told to be typed ----------------------------------------------------------------------


@pytest.mark.parametrize("page", TEXTS)
def test_what_a_page_tells_to_type_works(page, reader):
    names: dict[str, object] = {}
    for kind, block in BLOCK.findall(read(page)):
        if kind == "sh":
            for line in lines_of(block):
                run_line(line)
        elif kind == "toml":
            check_toml(block)
        elif kind == "python":
            exec(block, names)  # noqa: S102 - our own pages
        else:
            assert kind == "text"


def test_every_command_is_typed_somewhere():
    blocks = [block for page in TEXTS for kind, block in BLOCK.findall(read(page)) if kind == "sh"]
    commands = [line.split()[1] for block in blocks for line in lines_of(block) if line[:10] == "dreamzoom "]
    assert len(commands) > 80
    assert set(commands) >= set(cli.list_commands(click.Context(cli)))


def run_line(line: str) -> None:
    """Do what a line says, as far as a test can."""
    if " ".join(line.split()) in INSTALL:
        return
    words = shlex.split(line, comments=True)
    into = words.index("|") if "|" in words else -1
    given, words = words[: max(into, 0)], words[into + 1 :]
    out = Path(words[-1]) if ">" in words else None
    words = words[: words.index(">")] if out else words
    if words[0] == "dreamzoom":
        run_dreamzoom(words[1:], given, out)
    elif words[0] == "docker":
        check_docker(words[1:])
    else:
        check_program(words)


def run_dreamzoom(words: list[str], given: list[str], out: Path | None) -> None:
    recipe = None if "--help" in words else check_values(words)
    if SLOW & set(words) or any("://" in word for word in words):
        return
    stdin = Path(given[1]).read_bytes() if given else None
    done = CliRunner().invoke(cli, words + quick(words, recipe), input=stdin, catch_exceptions=False)
    assert done.exit_code == 0, f"{words}: {done.output}"
    if out is not None:
        out.write_bytes(done.stdout_bytes)


def check_values(words: list[str]) -> Recipe | None:
    """See that the command line parses and its values are right as they are written."""
    with click.Context(cli) as parent:
        name, command, rest = cli.resolve_command(parent, words)
        assert command is not None
        values = command.make_context(name, rest, parent=parent).params
    if name not in ("render", "dream"):
        return None
    ways = {"out", "draft", "file_format", "images", "force", "quality", "lossless", "no_recipe"}
    options = {key: value for key, value in values.items() if key not in ways}
    preset, overrides, image = (options.pop(key, None) for key in ("preset", "overrides", "image"))
    preset = options.pop("presets", (preset,))[0]
    return recipe_from(preset, overrides, options, image)


def quick(words: list[str], recipe: Recipe | None) -> list[str]:
    """What is added to a command to make it quick."""
    if words[0] == "render" and recipe:
        length = ("--fps", "4") if recipe.music.song else ("--frames", "3")
        if recipe.clip.dissolve or recipe.clip.end or recipe.loop.close:
            length = ("--fps", "1", "--frames", "8")
        if recipe.loop.is_endless:
            length = ("--frames", "3", "--set", "loop.dreams=1")
        return ["--size", "64x48", *length, *SMALL]
    if words[0] == "extend":
        return ["--frames", "5"]
    if words[0] == "adopt":
        Image.new("RGB", (64, 48), "red").save(Path(words[1], "frames", "000001.png"))
        return ["--frame", "1"]
    if words[0] == "fork" and "--at" in words:
        return ["--at", "1"]
    if words[0] in ("atlas", "film"):
        small = ["--size", "64x48", *(SMALL if words[0] == "atlas" else ("--fps", "2"))]
        return [] if words[1].startswith("-") or words[1].endswith(".toml") else small
    few = {"looks": ["--size", "64x36", "--frames", "2", "--preset", "feathers"], "dream": list(SMALL)}
    return few.get(words[0], [])


def check_docker(words: list[str]) -> None:
    stages = re.findall(r"^FROM .* AS (\w+)$", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    if "--target" in words:
        assert words[words.index("--target") + 1] in stages
    if "dreamzoom" in words and words[0] == "run":
        check_values(words[words.index("dreamzoom") + 1 :])


def check_program(words: list[str]) -> None:
    """See that what a developer starts exists."""
    assert words[0] in ("python", "pytest", "ruff", "mypy", ".ci/run")
    if words[:2] == ["python", "-m"]:
        assert find_spec(words[2])
    for word in words:
        if "/" in word:
            assert (ROOT / word).exists(), word


def check_toml(block: str) -> None:
    """See that a recipe's tracks stay in range, a storyboard can be made, or a model's description is one."""
    named = re.match(r"# (\S+\.toml)\n", block)
    path = Path(named[1] if named else "unnamed.toml")
    path.parent.mkdir(exist_ok=True)
    path.write_text(block, encoding="utf-8")
    if path.name == "model.toml":
        read_descriptor(path.parent)
    elif "[[scene]]" in block:
        assert plan_film(read_storyboard(path)).scenes
    else:
        done = CliRunner().invoke(cli, ["plot", str(path)], catch_exceptions=False)
        assert done.exit_code == 0, done.output


# ---- the pages -------------------------------------------------------------------------------------


def test_every_page_is_listed_and_every_listed_page_is_there():
    assert {path.stem for path in GUIDE.glob("*.md")} == set(PAGES)


@pytest.mark.parametrize("page", TEXTS)
def test_links_and_pictures_lead_somewhere(page):
    text, folder = read(page), TEXTS[page].parent
    links = re.findall(r"\]\(([^)#]+)\)", text) + re.findall(r'src="([^"]+)"', text)
    for link in links:
        assert "://" in link or (folder / link).exists(), link


def test_readme_begins_with_a_picture_and_leads_to_every_page():
    text = read("README")
    assert text.startswith("![")
    for page in PAGES:
        assert f"(dreamzoom/guide/{page}.md)" in text
    assert all(command in text for command in INSTALL)


@pytest.mark.parametrize("page", TEXTS)
def test_pages_are_plain_text(page):
    assert read(page).isascii()


def test_the_recipe_page_is_not_stale():
    written = read("recipe")
    assert written == recipe_page(), "write it again: python tests/support/recipe_page.py"


def test_looks_shows_every_preset():
    for preset in (ROOT / "presets").glob("*.toml"):
        assert f"**{preset.stem}**" in read("looks")


def test_motion_tells_every_function_and_variable():
    from dreamzoom.tracks.expression import VARIABLES
    from dreamzoom.tracks.functions import CONSTANTS, FUNCTIONS
    from dreamzoom.tracks.timing import EASE_NAMES

    for name in (*VARIABLES, *CONSTANTS, *FUNCTIONS, *EASE_NAMES):
        assert re.search(rf"`{re.escape(name)}[`(]", read("motion")), name


def test_the_pages_are_in_the_wheel():
    wheel = parse_toml((ROOT / "pyproject.toml").read_text(), "")["tool"]["hatch"]["build"]["targets"][
        "wheel"
    ]
    assert wheel["packages"] == ["dreamzoom"]  # with whatever lies in it
    assert not {"exclude", "include", "only-include"} & set(wheel)


# ---- working on it ---------------------------------------------------------------------------------


def test_what_working_on_it_names_exists():
    """A path, or PATH::NAME for what a module defines at its top."""
    named = re.findall(
        r"`((?:dreamzoom|presets|tests|\.ci)/[\w./-]*)(?:::(\w+))?`", WORKING_ON_IT.read_text()
    )
    assert len(named) > 40
    for path, name in named:
        assert (ROOT / path).exists(), path
        assert not name or name in defined_in(ROOT / path), f"{path}::{name}"


def defined_in(module: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.parse(module.read_text(encoding="utf-8")).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", node)]
        found |= {getattr(each, "name", getattr(each, "id", "")) for each in targets}
    return found


def test_working_on_it_names_every_package():
    packages = {path.parent for path in (ROOT / "dreamzoom").glob("*/__init__.py")}
    for package in packages:
        assert f"`dreamzoom/{package.name}/`" in WORKING_ON_IT.read_text(), package


# ---- coming from elsewhere -------------------------------------------------------------------------


def test_what_coming_from_names_exists():
    """Commands, options, keys of the recipe, what a Dreamer has, and the keywords of `dream`."""
    keys = set(re.findall(r"^\| `([\w.]+)` \|", read("recipe"), re.MULTILINE))
    keywords = {*inspect.signature(Dreamer.dream).parameters, *(key.split(".")[1] for key in SETTINGS)}
    with click.Context(cli) as parent:
        commands = [cli.get_command(parent, name) for name in cli.list_commands(parent)]
    options = {name for command in commands if command for each in command.params for name in each.opts}
    named = re.findall(r"^\| .* \| (.*) \|$", read("coming-from"), re.MULTILINE)
    assert len(named) > 60
    for code in re.findall(r"`([^`]+)`", "\n".join(named)):
        for key in re.findall(r"\b(?:dream|colour)\.[a-z_.0-9]+", code):
            assert key in keys, code
        for option in re.findall(r"--[a-z]+", code):
            assert option in options, code
        for keyword in re.findall(r"(?:^|, )([a-z_]+)=", code):
            assert keyword in keywords, code
        for name in re.findall(r"\bdreamer\.(\w+)", code):
            assert hasattr(Dreamer, name), code
        if code.startswith("dreamzoom "):
            assert code.split()[1] in cli.list_commands(click.Context(cli)), code


# ---- the command -----------------------------------------------------------------------------------


def test_without_a_page_the_pages_are_listed():
    done = dreamzoom("guide")
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(PAGES)


def test_in_a_pipe_a_page_is_its_markdown():
    done = dreamzoom("guide", "motion")
    assert done.stdout.rstrip() == read("motion").rstrip()


def test_an_unknown_page_is_a_wrong_request():
    done = dreamzoom("guide", "musik")
    assert done.returncode == 2
    assert done.stderr == "dreamzoom: the guide has no page 'musik'; did you mean 'music'?\n"


@pytest.mark.parametrize("page", PAGES)
def test_commands_fit_a_terminal_of_80_columns(page):
    lines = [line for _, block in BLOCK.findall(read(page)) for line in block.splitlines()]
    assert max(map(len, lines)) <= 78


@pytest.mark.parametrize("page", PAGES)
def test_on_a_terminal_a_page_has_no_pictures_and_no_links(page):
    drawn = click.unstyle(draw_page(read(page)))
    assert ".jpg)" not in drawn
    assert ".md)" not in drawn
    assert "```" not in drawn
    assert "\n\n\n" not in drawn
    assert max(map(len, drawn.splitlines())) <= 100


def test_help_names_the_guide():
    assert "guide" in dreamzoom("--help").stdout
    assert quickly("guide") == ""
