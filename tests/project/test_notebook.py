"""The example notebook, run cell by cell as Jupyter runs it, made quick."""

from __future__ import annotations

import ast
import json
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from dreamzoom.cli import cli

NOTEBOOK = Path(__file__).parents[2] / "dreamzoom" / "guide" / "dream.ipynb"
QUICKER = {"Size(240, 180)": "Size(64, 48)", "240x180": "64x48", "--frames 24": "--frames 2"}


@pytest.fixture(scope="module")
def cells() -> list[dict[str, object]]:
    return json.loads(NOTEBOOK.read_text(encoding="utf-8"))["cells"]


def test_the_notebook_is_kept_without_what_it_printed(cells):
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    assert [(cell["outputs"], cell["execution_count"]) for cell in code] == [([], None)] * len(code)


def test_every_cell_of_the_notebook_runs(cells, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    texts = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    for slow, quick in QUICKER.items():
        assert sum(text.count(slow) for text in texts) == 1
        texts = [text.replace(slow, quick) for text in texts]
    shown = dict(enumerate(run(texts)))
    assert [kind for kind, _ in shown.values()].count("png") == 10
    tables = [data for kind, data in shown.values() if kind == "html"]
    assert "<td>fire8/concat</td>" in tables[0]
    assert "<video" in tables[1]
    assert "done, 2 of 2 frames" in tables[1]
    assert shown[len(texts) - 1] == ("text", "<Dreamer squeezenet: closed>")
    with Image.open("falling.gif") as film:
        assert (film.size, film.n_frames) == ((64, 48), 6)


def run(texts: list[str]) -> Iterator[tuple[str, object]]:
    """What each cell shows, as Jupyter would: its last line, if that is an expression."""
    names: dict[str, object] = {}
    for text in texts:
        if text.startswith("!dreamzoom "):
            words = [
                *shlex.split(text.partition(" 2> ")[0])[1:],
                "--set",
                "dream.octaves=1",
                "--set",
                "dream.iterations=1",
            ]
            done = CliRunner().invoke(cli, words, catch_exceptions=False)
            assert done.exit_code == 0, done.output
            yield "command", done.output
            continue
        *body, last = ast.parse(text).body
        if not isinstance(last, ast.Expr):
            body, last = [*body, last], None
        exec(compile(ast.Module(body, []), "cell", "exec"), names)  # noqa: S102 - our own notebook
        yield display(eval(compile(ast.Expression(last.value), "cell", "eval"), names)) if last else ("", "")  # noqa: S307


def display(value: object) -> tuple[str, object]:
    for kind in ("html", "png"):
        method = getattr(value, f"_repr_{kind}_", None)
        if method is not None:
            return kind, method()
    return "text", repr(value)
