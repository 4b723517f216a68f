"""What two storyboards differ in: the film's own keys, and those of its scenes, one beside the other."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from os.path import normpath
from typing import Any, Final, TypeAlias

from dreamzoom.errors import StoryboardError
from dreamzoom.film.board.storyboard import Storyboard
from dreamzoom.io.toml import format_value, parse_toml

_Values: TypeAlias = "Mapping[str, object]"  # by dotted key: texts, numbers, truth; of lists the text

_SAME, _PICTURE, _NAME, _ANY = 4, 3, 2, 1  # how well two scenes go together
_MOST_PAIRS: Final = 250_000  # that are tried; of longer films the scenes go together by their numbers


@dataclass(frozen=True)
class KeyApart:
    """A key in which two differ; None where one does not say it."""

    key: str
    one: object
    other: object


@dataclass(frozen=True)
class ScenesApart:
    """Two scenes that belong together, or one that the other film has not.

    Attributes:
        one, other: their numbers in their films, from 0; None for none.
        keys: in which they differ.
    """

    one: int | None
    other: int | None
    keys: tuple[KeyApart, ...]


@dataclass(frozen=True)
class FilmsApart:
    """What two storyboards differ in.

    Attributes:
        keys: of the films as a whole.
        scenes: all scenes of both, in their order.
    """

    keys: tuple[KeyApart, ...]
    scenes: tuple[ScenesApart, ...]


def tell_apart(one: tuple[str, Storyboard], other: tuple[str, Storyboard]) -> FilmsApart:
    """What two storyboards differ in.

    Args:
        one, other: the text of each, and what it says.

    Raises:
        StoryboardError: a text is no TOML.
    """
    (whole, scenes), (whole_too, scenes_too) = _read(*one), _read(*other)
    pairs = [
        ScenesApart(left, right, _apart(_at(scenes, left), _at(scenes_too, right)))
        for left, right in _pairs(scenes, scenes_too)
    ]
    return FilmsApart(_apart(whole, whole_too), tuple(pairs))


def _read(text: str, board: Storyboard) -> tuple[_Values, list[_Values]]:
    """The keys of a film as a whole, and those of each of its scenes; pictures by where they lie."""
    document = parse_toml(text, "the storyboard", StoryboardError)
    rows = document.pop("scene", [])
    rows = [rows] if isinstance(rows, Mapping) else rows
    whole = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    scenes: list[_Values] = []
    for row, scene in zip(whole, board.scenes, strict=False):
        image = scene.settings.image
        named = {"image": normpath(image)} if image else {}
        scenes.append({**dict(_flat(row)), **named})
    return dict(_flat(document)), scenes


def _flat(table: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, object]]:
    for key, raw in table.items():
        if isinstance(raw, Mapping):
            yield from _flat(raw, f"{within}{key}.")
        elif isinstance(raw, list) and raw and all(isinstance(each, Mapping) for each in raw):
            for number, each in enumerate(raw, 1):
                yield from _flat(each, f"{within}{key} {number}.")
        else:
            yield f"{within}{key}", _plain(raw)


def _plain(raw: object) -> object:
    """A value as JSON holds it; of what it does not the text."""
    if isinstance(raw, str | int) or (isinstance(raw, float) and math.isfinite(raw)):
        return raw
    try:
        return format_value(raw)
    except TypeError:  # a date
        return str(raw)


def _at(scenes: Sequence[_Values], number: int | None) -> _Values | None:
    return None if number is None else scenes[number]


def _apart(one: _Values | None, other: _Values | None) -> tuple[KeyApart, ...]:
    """The keys in which two differ; none where there is only one."""
    if one is None or other is None:
        return ()
    keys = dict.fromkeys([*one, *other])
    return tuple(
        KeyApart(key, one.get(key), other.get(key)) for key in keys if one.get(key) != other.get(key)
    )


def _pairs(one: Sequence[_Values], other: Sequence[_Values]) -> list[tuple[int | None, int | None]]:
    """Scenes that belong together, so that as many as can be are alike; none changes its place."""
    if len(one) * len(other) > _MOST_PAIRS:
        return list(zip_longest(range(len(one)), range(len(other))))
    best = [[0] * (len(other) + 1) for _ in range(len(one) + 1)]  # from these two on
    for left in reversed(range(len(one))):
        for right in reversed(range(len(other))):
            together = best[left + 1][right + 1] + _likeness(one[left], other[right])
            best[left][right] = max(together, best[left + 1][right], best[left][right + 1])
    pairs: list[tuple[int | None, int | None]] = []
    left = right = 0
    while left < len(one) or right < len(other):
        here = best[left][right]
        are_both = left < len(one) and right < len(other)
        if are_both and here == best[left + 1][right + 1] + _likeness(one[left], other[right]):
            pairs.append((left, right))
            left, right = left + 1, right + 1
        elif left < len(one) and here == best[left + 1][right]:
            pairs.append((left, None))
            left += 1
        else:
            pairs.append((None, right))
            right += 1
    return pairs


def _likeness(one: _Values, other: _Values) -> int:
    if one == other:
        return _SAME
    if one.get("image") == other.get("image"):
        return _PICTURE
    return _NAME if "name" in one and one["name"] == other.get("name") else _ANY
