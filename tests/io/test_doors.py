"""Nothing but `dreamzoom/io` opens a URL, renames a file into place, takes a hash or reads TOML."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import dreamzoom

PACKAGE = Path(dreamzoom.__file__).parent

ALONE = {
    "engines/build_caffe.py": "is copied into a Docker image and runs there with the standard library alone",
    "engines/torch/native/build.py": "is run by the build hook, before dreamzoom can be imported",
    "engines/torch/native/hatch_hook.py": "is the build hook",
}

CLOSED = ("urllib.request", "http.client", "hashlib", "tomllib", "tomli")
RENAMING = ("os.rename", "os.renames", "os.replace", "shutil.move")


def what_it_does_by_hand(source: str) -> list[str]:
    """What a module does that `io` is there for: "line 3: hashlib"."""
    return [f"line {line}: {what}" for line, what in sorted(_deeds(ast.parse(source)))]


def _deeds(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for name in _imported(node):
                for closed in (*CLOSED, *RENAMING):
                    if name == closed or name.startswith(f"{closed}."):
                        yield node.lineno, closed
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            called = ast.unparse(node.func)
            if called in RENAMING:
                yield node.lineno, called
            # A text's replace() takes two texts, a dataclass's or a time's takes keywords.
            elif node.func.attr in ("rename", "replace") and len(node.args) == 1 and not node.keywords:
                yield node.lineno, f"Path.{node.func.attr}"


def _imported(node: ast.Import | ast.ImportFrom) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [f"{node.module}.{alias.name}" for alias in node.names]


def modules() -> list[str]:
    names = (path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))
    return sorted(name for name in names if not name.startswith("io/") and name not in ALONE)


@pytest.mark.parametrize("name", modules())
def test_a_module_leaves_disk_and_web_to_io(name: str) -> None:
    assert what_it_does_by_hand((PACKAGE / name).read_text("utf-8")) == []


@pytest.mark.parametrize("name", ALONE)
def test_what_has_to_run_alone_is_still_there_and_does_so(name: str) -> None:
    imports = [
        imported
        for node in ast.walk(ast.parse((PACKAGE / name).read_text("utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for imported in _imported(node)
    ]
    assert not [imported for imported in imports if imported.startswith("dreamzoom.io")]


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import urllib.request", "urllib.request"),
        ("from urllib import request", "urllib.request"),
        ("from urllib.request import urlopen", "urllib.request"),
        ("from http.client import HTTPException", "http.client"),
        ("import hashlib", "hashlib"),
        ("from hashlib import sha256 as mark", "hashlib"),
        ("import os\nos.replace(a, b)", "os.replace"),
        ("from os import rename", "os.rename"),
        ("part.replace(target)", "Path.replace"),
        ("part.rename(target)", "Path.rename"),
        ("import shutil\nshutil.move(a, b)", "shutil.move"),
    ],
)
def test_every_way_past_io_is_found(source: str, found: str) -> None:
    (deed,) = what_it_does_by_hand(source)
    assert deed.endswith(f": {found}")


@pytest.mark.parametrize(
    "source", ["'a'.replace('a', 'b')", "replace(recipe, clip=clip)", "from urllib.parse import urlsplit"]
)
def test_what_only_looks_like_it_is_let_through(source: str) -> None:
    assert what_it_does_by_hand(source) == []
