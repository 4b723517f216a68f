"""Advice for a terminal, "--rounds 3", as words for a person at a page, and as what the page can set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

_RULES: Final[tuple[tuple[str, Callable[[re.Match[str]], tuple[str, Mapping[str, Any]]]], ...]] = (
    (r"--portrait", lambda found: ("Upright", {"shape": "portrait"})),
    (r"--square", lambda found: ("Square", {"shape": "square"})),
    (r"--rounds (\d+)", lambda found: (f"{found[1]} rounds", {"rounds": int(found[1])})),
    (r"--fps (\S+?)(?=[;,]|$)", lambda found: (f"{found[1]} frames a second", {"fps": found[1]})),
    (
        r"--size (\d+)x(\d+)",
        lambda found: (f"{found[1]}x{found[2]}", {"size": [int(found[1]), int(found[2])]}),
    ),
    (
        r"--frames (\d+):(\d+)",
        lambda found: (
            f"frames {found[1]} to {int(found[2]) - 1}",
            {"frames": [int(found[1]), int(found[2])]},
        ),
    ),
)


@dataclass(frozen=True)
class Misfit:
    """Something that does not fit.

    Attributes:
        words: for a person.
        fixes: what would fit: a button's words and what it sets, each.
    """

    words: str
    fixes: tuple[tuple[str, Mapping[str, Any]], ...] = ()

    def as_json(self) -> Mapping[str, Any]:
        """As the page has it."""
        return {
            "words": self.words,
            "fixes": [{"words": words, "set": values} for words, values in self.fixes],
        }


def for_page(line: str) -> Misfit:
    """A line of `delivery.checks`, whose options are a page's buttons."""
    fixes, words = [], line
    for pattern, read in _RULES:
        for found in re.finditer(pattern, line):
            told, values = read(found)
            fixes.append((told, values))
            words = words.replace(found[0], told).removesuffix(f": {told}")  # which is on the button
    words = words.replace("--speed ", "speed ")
    return Misfit(re.sub(r" re-frames it$", " fits better", words), tuple(fixes))
