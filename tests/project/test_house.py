"""The house: its map is true, imports run down, rooms say what is in them, and a name has one meaning."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from dreamzoom.cli import _COMMANDS as COMMANDS

PACKAGE = Path(__file__).parents[2] / "dreamzoom"
GENERATED = ("_pb2.py",)
ALONE = {"dreamzoom.engines.build_caffe"}  # one file, for it has to run when it is copied alone
LONGEST = 400
MOST_LOOSE = 8


def name_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(PACKAGE.rglob("*.py")) if not path.name.endswith(GENERATED)}
TREES = {name: ast.parse(path.read_text(encoding="utf-8")) for name, path in MODULES.items()}
INNER = [name for name, path in MODULES.items() if path.name == "__init__.py" and name.count(".")]


def imported_by(name: str) -> set[str]:
    """The modules of dreamzoom that a module imports anywhere in it, for types and within functions too."""
    found: set[str] = set()
    for node in ast.walk(TREES[name]):
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name} imports relatively"
            module = node.module or ""
            for alias in node.names:
                inner = f"{module}.{alias.name}"
                found.add(inner if inner in MODULES else module)
        elif isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
    return {module for module in found if module in MODULES and module != name}


IMPORTS = {name: imported_by(name) for name in MODULES}


def room_of(name: str) -> str:
    """The package at the top level that a module is in, or the loose module that it is."""
    return name.split(".")[1] if "." in name else "dreamzoom"


def mapped_rooms() -> list[str]:
    """The rooms of the map in `dreamzoom/__init__`, from the top down."""
    text = ast.get_docstring(TREES["dreamzoom"], clean=False) or ""
    packages = text.split("The packages, from the top", 1)[1].split("Beside them", 1)[0]
    return re.findall(r"^ {4}(\w+) {2,}\S", packages, re.MULTILINE)


def test_no_file_imports_itself_by_way_of_others():
    assert list(TopologicalSorter(IMPORTS).static_order())


def test_no_package_imports_itself_by_way_of_others():
    rooms: dict[str, set[str]] = defaultdict(set)
    for name, modules in IMPORTS.items():
        rooms[room_of(name)] |= {room_of(module) for module in modules} - {room_of(name)}
    assert list(TopologicalSorter(rooms).static_order())


def test_the_map_names_every_room():
    inside = {
        path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    hidden = {"__init__", "__main__", "_version"}
    assert sorted(mapped_rooms()) == sorted(inside - hidden)


def test_imports_run_down_the_map():
    floors = {room: floor for floor, room in enumerate(mapped_rooms())}
    up = [
        f"{name} imports {module}"
        for name, modules in IMPORTS.items()
        for module in modules
        if room_of(name) in floors and floors.get(room_of(module), len(floors)) < floors[room_of(name)]
    ]
    assert up == []


@pytest.mark.parametrize("name", INNER)
def test_an_inner_package_lists_its_modules_and_hands_nothing_on(name):
    if name != "dreamzoom.cli":  # the one with the program's entry, and the table of commands
        assert len(TREES[name].body) == 1, f"{name} has code in its __init__"
    text = ast.get_docstring(TREES[name], clean=False) or ""
    folder = MODULES[name].parent
    inside = {path.stem for path in folder.glob("*.py") if not path.name.endswith(GENERATED)} - {"__init__"}
    inside |= {path.parent.name for path in folder.glob("*/__init__.py")}
    listed = set(re.findall(r"^ {0,4}(\w+) {2,}\S", text, re.MULTILINE))
    if name == "dreamzoom.cli":
        listed |= {file for file, _ in COMMANDS.values()}
    assert sorted(inside) == sorted(listed & inside), f"{name} does not list {sorted(inside - listed)}"


def public_types(tree: ast.Module) -> set[str]:
    """The classes and type aliases at the top of a module that have a public name."""
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    aliases = {
        node.target.id
        for node in tree.body
        if isinstance(node, ast.AnnAssign)
        and isinstance(node.target, ast.Name)
        and ast.unparse(node.annotation) == "TypeAlias"
    }
    return {name for name in classes | aliases if not name.startswith("_")}


def test_a_public_type_has_one_meaning_in_the_whole_package():
    where: dict[str, list[str]] = defaultdict(list)
    for name, tree in TREES.items():
        for type_name in public_types(tree):
            where[type_name].append(name)
    assert {name: places for name, places in where.items() if len(places) > 1} == {}


@pytest.mark.parametrize("name", sorted(MODULES.keys() - ALONE))
def test_a_file_can_be_taken_in_at_a_glance(name):
    assert len(MODULES[name].read_text(encoding="utf-8").splitlines()) <= LONGEST


def test_few_modules_are_loose():
    loose = [path.name for path in PACKAGE.glob("*.py")]
    assert len(loose) <= MOST_LOOSE, loose
