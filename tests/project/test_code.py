"""The code itself: lint, format, strict types, packages in their order, one name for one thing."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

import dreamzoom

ROOT = Path(__file__).parents[2]
PACKAGE = Path(dreamzoom.__file__).parent
MODULES = {path: ast.parse(path.read_text("utf-8")) for path in PACKAGE.rglob("*.py")}


@pytest.mark.parametrize(
    "check",
    [("ruff", "check", "."), ("ruff", "format", "--check", "."), ("mypy",)],
    ids=["lint", "format", "types"],
)
def test_the_code_passes(check):
    done = subprocess.run(
        [sys.executable, "-m", *check], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_package_imports_only_from_those_below_it_on_the_map():
    packages = str(dreamzoom.__doc__).partition("The packages")[2].partition("Beside them")[0]
    order = re.findall(r"^    ([a-z]+)  ", packages, re.MULTILINE)
    upwards = [
        f"{path.relative_to(PACKAGE)}: {node.module}"
        for path, tree in MODULES.items()
        if (own := path.relative_to(PACKAGE).parts[0].removesuffix(".py")) in order
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("dreamzoom.")
        if (other := str(node.module).split(".")[1]) in order and order.index(other) < order.index(own)
    ]
    assert len(order) == 21
    assert upwards == []


def test_a_public_class_or_type_has_a_name_of_its_own():
    homes = defaultdict(set)
    for path, tree in MODULES.items():
        for node in tree.body:
            if isinstance(node, ast.ClassDef):
                homes[node.name].add(path.name)
            elif isinstance(node, ast.AnnAssign) and ast.unparse(node.annotation) == "TypeAlias":
                homes[ast.unparse(node.target)].add(path.name)
    twice = {name: files for name, files in homes.items() if len(files) > 1 and not name.startswith("_")}
    assert twice == {}
