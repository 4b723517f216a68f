"""Sections of the music by name, as keyframes have them for times: "A2", "2nd B", "chorus"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Final

from dreamzoom.errors import RecipeError, nearest, quote_value
from dreamzoom.tracks.music import Section

_NAME: Final = re.compile(r"(?:\d{1,3}(?:st|nd|rd|th)\s+)?[^\W\d_].{0,99}")
_NTH: Final = re.compile(r"(\d{1,3})(?:st|nd|rd|th)\s+(.+)")
_COUNTED: Final = re.compile(r"(.*\D)(\d{1,3})")
_SHOWN: Final = 12


@dataclass(frozen=True)
class SectionName:
    """A section as it is written.

    Attributes:
        text: as it was written.
        plain: the same without what does not matter: capitals, and more than one blank.
    """

    text: str = field(compare=False)
    plain: str


def read_section(text: str) -> SectionName | None:
    """A section's name: a label, or one with a number ("A2", "chorus 2", "2nd B"); None for other texts."""
    return SectionName(text, _plain(text)) if _NAME.fullmatch(text) else None


def find_section(name: SectionName, sections: Sequence[Section]) -> Fraction:
    """When the section begins, in seconds.

    A whole label, which may have a number of its own, comes before a number that counts those of one label.

    Raises:
        RecipeError: there is no such section; those there are are named.
    """
    for label, number in _meanings(name.plain):
        alike = [section for section in sections if _plain(section.label) == label]
        if 0 < number <= len(alike):
            return Fraction(alike[number - 1].start)
    raise RecipeError(f"has no time {quote_value(name.text)}: {_explain(name, sections)}")


def _plain(text: str) -> str:
    return " ".join(text.split()).casefold()


def _meanings(name: str) -> list[tuple[str, int]]:
    """The labels that a name may mean, each with which of them, from 1."""
    meanings = [(name, 1)]
    if match := _NTH.fullmatch(name):
        meanings.append((match[2], int(match[1])))
    if match := _COUNTED.fullmatch(name):
        meanings.append((match[1].strip(), int(match[2])))
    return meanings


def _explain(name: SectionName, sections: Sequence[Section]) -> str:
    if not sections:
        return "no sections of the song are known; write seconds, beats or bars"
    names = section_names(sections)
    at = [f"{known} ({_clock(section.start)})" for known, section in zip(names, sections, strict=True)]
    more = f" and {len(at) - _SHOWN} more" if len(at) > _SHOWN else ""
    near = nearest(name.text, names)
    hint = near if "did you mean" in near else ""
    return f"the song has the sections {', '.join(at[:_SHOWN])}{more}{hint}"


def section_names(sections: Sequence[Section]) -> list[str]:
    """What keyframes call each section: "A", "B", "A2" or "chorus", "chorus 2"."""
    names, counts = [], dict[str, int]()
    for section in sections:
        label = _plain(section.label)
        counts[label] = counts.get(label, 0) + 1
        gap = "" if len(section.label) == 1 else " "
        names.append(section.label + (f"{gap}{counts[label]}" if counts[label] > 1 else ""))
    return names


def _clock(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes}:{rest:02d}"
