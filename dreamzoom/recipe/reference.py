"""Every key of a recipe with default, allowed values and meaning, made from the settings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from dreamzoom.errors import RecipeError, nearest, quote_value
from dreamzoom.io.toml import format_value
from dreamzoom.recipe.rows import TableRows
from dreamzoom.recipe.schema import SETTINGS, TABLES
from dreamzoom.recipe.settings import Setting

_WIDTH = 100


@dataclass(frozen=True)
class KeyFacts:
    """What there is to know of a key.

    Attributes:
        key: dotted, such as "camera.zoom".
        default: as TOML writes it.
        allowed: the values that it may have, with their unit.
        moves: whether it may change over the frames.
        meaning: in one line.
        form: the allowed values for a program that makes a form of them: `kind`, limits, choices.
    """

    key: str
    default: str
    allowed: str
    moves: bool
    meaning: str
    form: Mapping[str, object]

    @property
    def table(self) -> str:
        return self.key.partition(".")[0]


def list_keys(words: Iterable[str] = ()) -> list[KeyFacts]:
    """The recipe's keys in their order: all of them, or those that the words name.

    Args:
        words: tables ("camera"), dotted keys ("camera.zoom", "dream.goal.weight") or keys alone ("zoom").

    Raises:
        RecipeError: a word names none; the nearest are named.
    """
    every = [facts for key, setting in SETTINGS.items() for facts in _facts(key, setting)]
    wanted = {key for word in words for key in _named(word, [facts.key for facts in every])}
    return [facts for facts in every if facts.key in wanted or not wanted]


def reference_text(keys: Iterable[KeyFacts]) -> str:
    """Keys as plain text for a terminal."""
    tables = groupby(keys, key=lambda facts: facts.table)
    return "\n\n".join("\n".join([f"[{table}]", *map(_entry, group)]) for table, group in tables)


def _named(word: str, keys: Sequence[str]) -> list[str]:
    """The dotted keys that a word names, those of rows with the key that holds them."""
    named = [key for key in SETTINGS if word in {key, *key.split(".")}]
    named = [key for key in keys if key == word or any(f"{key}.".startswith(f"{each}.") for each in named)]
    if not named:
        known = [*TABLES, *(name for names in TABLES.values() for name in names), *keys]
        hint = nearest(word, dict.fromkeys(known)) or "; `dreamzoom recipe` lists them all"
        raise RecipeError(f"there is no table or key {quote_value(word)}{hint}")
    return named


def _facts(key: str, rule: Setting[Any]) -> Iterator[KeyFacts]:
    """A key and, where it has rows, theirs: `dream.goal.layer`."""
    yield KeyFacts(key, format_value(rule.default), rule.describe(), rule.moves, rule.help, rule.form())
    if isinstance(rule, TableRows):
        for name, each in rule.settings.items():
            yield from _facts(f"{key}.{name}", each)


def _entry(facts: KeyFacts) -> str:
    words = f"{facts.meaning} ({facts.allowed}{'; may change over time' if facts.moves else ''})"
    indent = " " * 6
    body = textwrap.fill(words, _WIDTH, initial_indent=indent, subsequent_indent=indent)
    return f"  {facts.key.partition('.')[2]} = {facts.default}\n{body}"
