"""The recipe's reference, made from the settings themselves."""

from __future__ import annotations

import textwrap

from dreamzoom.io.toml import format_value
from dreamzoom.recipe.schema import SETTINGS, TABLES

_WIDTH = 100


def recipe_reference() -> str:
    """Every table and key with default, limits and meaning, as plain text."""
    return "\n\n".join(_table(table) for table in TABLES)


def _table(table: str) -> str:
    return "\n".join([f"[{table}]", *(_entry(table, name) for name in TABLES[table])])


def _entry(table: str, name: str) -> str:
    rule = SETTINGS[f"{table}.{name}"]
    words = f"{rule.help} ({rule.describe()})"
    indent = " " * 6
    body = textwrap.fill(words, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return f"  {name} = {format_value(rule.default)}\n{body}"
