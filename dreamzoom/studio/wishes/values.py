"""A page's values as a recipe has them, each checked by its key, and as a command line's words."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Final, TypeVar

from dreamzoom.errors import RecipeError, RequestError
from dreamzoom.io.toml import format_value
from dreamzoom.recipe.build import Fragment, override_fragment
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.studio.library.shelf import Shelf
from dreamzoom.studio.wishes.files import Kept, require_named, with_paths

T = TypeVar("T")

SET: Final = "--set"
"""The option that sets a key, and where its messages say that a value was written."""

_LONGEST: Final = 100_000  # bytes of a word: Linux has 128 KiB for one


class WishError(RecipeError):
    """Some of a page's values are wrong.

    Attributes:
        faults: what is wrong, by key.
    """

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{key}: {fault}" for key, fault in faults.items()))
        self.faults = dict(faults)


def settle(
    changes: Mapping[str, Any], shelf: Shelf, known: Collection[Kept] = frozenset()
) -> dict[str, object]:
    """Raw values by dotted key, files as paths from FOLDER.

    Args:
        known: pictures that may be named as they are, for a clip has its own copies of them.

    Raises:
        WishError: naming all that are wrong.
    """
    settled: dict[str, object] = {}
    faults: dict[str, str] = {}
    for key, raw in changes.items():
        try:
            settled[key] = _settle(key, raw, shelf, known)
        except RequestError as error:
            faults[key] = str(error)
    if faults:
        raise WishError(faults)
    return settled


def fragment_of(changes: Mapping[str, object]) -> Fragment:
    """Settled values as a part of a recipe, as `--set` gives it."""
    tables: dict[str, dict[str, object]] = {}
    for key, raw in changes.items():
        table, name = key.split(".")
        tables.setdefault(table, {})[name] = raw
    return Fragment(SET, tables)


def set_words(changes: Mapping[str, object]) -> tuple[str, ...]:
    """Settled values as words of a command line.

    Raises:
        WishError: a value is too long for a word, or would be read as another one.
    """
    words: list[str] = []
    for key, raw in changes.items():
        word = f"{key}={format_value(raw)}"
        if len(word.encode()) > _LONGEST or fragment_of({key: raw}) != override_fragment(word):
            raise WishError({key: "is too long"})
        words += (SET, word)
    return tuple(words)


def by_key(build: Callable[[], T]) -> T:
    """What is built of a recipe, with what is wrong with it told by key.

    Raises:
        WishError: in place of a RecipeError that names keys.
    """
    try:
        return build()
    except WishError:
        raise
    except RecipeError as error:
        faults = faults_by_key(str(error))
        if not faults:
            raise
        raise WishError(faults) from error


def faults_by_key(message: str) -> dict[str, str]:
    """The parts of a message about several values, by the dotted key that each of them names."""
    faults: dict[str, str] = {}
    last = ""
    for part in message.split("; "):
        words = part.split(": ")
        place = next((number for number, word in enumerate(words[:3]) if word in SETTINGS), None)
        if place is not None:
            last = words[place]
            said = ": ".join(words[place + 1 :])
            faults[last] = f"{faults[last]}; {said}" if last in faults else said
        elif last:
            faults[last] += f"; {part}"
    return faults


def _settle(key: str, raw: Any, shelf: Shelf, known: Collection[Kept]) -> object:
    if key not in SETTINGS:
        override_fragment(f"{key}=")  # which says what is like it
        raise RecipeError("there is no such key")
    value = with_paths(raw, shelf)
    require_named(key, value, known)
    SETTINGS[key].parse(value)
    return value
