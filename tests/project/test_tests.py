"""The tests themselves: each checks something, no module needs another, and none asserts how fast it was."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

TESTS = Path(__file__).parents[1]
MODULES = sorted(TESTS.rglob("test_*.py"))
CLOCKS = {"cpu_times", "monotonic", "perf_counter", "process_time", "thread_time", "time_ns"}
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.stem)


@cache
def tree_of(module: Path) -> ast.Module:
    return ast.parse(module.read_text(encoding="utf-8"))


@cache
def functions_of(module: Path) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree_of(module)) if isinstance(node, ast.FunctionDef)}


@cache
def helpers() -> dict[str, ast.FunctionDef]:
    """The functions of tests/support, by name."""
    return {
        name: function
        for module in (TESTS / "support").glob("*.py")
        for name, function in functions_of(module).items()
    }


def names_called(node: ast.AST) -> Iterator[str]:
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name | ast.Attribute):
            yield call.func.id if isinstance(call.func, ast.Name) else call.func.attr


def checks(function: ast.AST, known: dict[str, ast.FunctionDef], seen: frozenset[str] = frozenset()) -> bool:
    """Whether a function asserts something, itself or by a function that it calls."""
    called = set(names_called(function))
    if any(isinstance(node, ast.Assert) for node in ast.walk(function)) or called & {"raises", "warns"}:
        return True
    if any(name.startswith(("assert", "check", "expect")) for name in called):
        return True
    return any(checks(known[name], known, seen | called) for name in called & known.keys() - seen)


def imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield ("." * node.level) + (node.module or "")


@each_module
def test_every_test_checks_something(module: Path) -> None:
    known = helpers() | functions_of(module)
    tests = [function for name, function in functions_of(module).items() if name.startswith("test_")]
    assert tests
    assert [test.name for test in tests if not checks(test, known)] == []


@each_module
def test_no_test_module_imports_another(module: Path) -> None:
    parts = {name for path in imported(tree_of(module)) for name in path.split(".")}
    assert parts & {other.stem for other in MODULES} == set()
    assert not any(path.startswith(("tests", ".")) for path in imported(tree_of(module)))


@each_module
def test_no_assertion_is_about_time_that_went_by(module: Path) -> None:
    asserted = [node for node in ast.walk(tree_of(module)) if isinstance(node, ast.Assert)]
    read = {name for node in asserted for name in names_called(node.test)}
    assert read & CLOCKS == set()
