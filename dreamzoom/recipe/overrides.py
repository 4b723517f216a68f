"""Single values from the command line: `--set dream.iterations=6`, `--zoom 1.05`."""

from __future__ import annotations

from dreamzoom.errors import RecipeError
from dreamzoom.recipe.build import Fragment, require_key
from dreamzoom.recipe.schema import SETTINGS


def parse_override(text: str) -> tuple[str, object]:
    """Key and raw value of a `key=value` text: the value is TOML where it is TOML, else the bare text.

    Raises:
        RecipeError: there is no "=", or no such key.
    """
    key, equals, value = text.partition("=")
    if not equals:
        raise RecipeError(f"{text!r} has no '='; write key=value, such as dream.iterations=6")
    known = require_key(key.strip())
    return known, SETTINGS[known].from_text(value.strip())


def override_fragment(text: str, origin: str = "--set") -> Fragment:
    """A `key=value` text as a fragment.

    Raises:
        RecipeError: as `parse_override`, with `origin` first.
    """
    try:
        key, raw = parse_override(text)
    except RecipeError as error:
        raise RecipeError(f"{origin}: {error}") from error
    return _fragment(key, raw, origin)


def option_fragment(key: str, text: str, origin: str) -> Fragment:
    """An option's text, such as "1.05" for `--zoom`, as a fragment that sets `key`."""
    return _fragment(key, SETTINGS[key].from_text(text.strip()), origin)


def _fragment(key: str, raw: object, origin: str) -> Fragment:
    table, name = key.split(".")
    return Fragment(origin, {table: {name: raw}})
