"""Sections, as a drag, a split or a name changes them: sections in, sections out, in seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from string import ascii_uppercase
from typing import Final, TypeAlias

from dreamzoom.audio.resectioning import section_name
from dreamzoom.errors import RequestError
from dreamzoom.tracks.music import STEPS, Section

SHORTEST: Final = 0.2
"""Seconds of the shortest section that a page makes."""

Sections: TypeAlias = tuple[Section, ...]


def move_edge(sections: Sections, start: float, end: float, length: float) -> Sections:
    """The edge that is nearest to `start` at `end`; never past the next one. Where one section begins as
    another ends, both do so there.

    Args:
        length: of the song.
    """
    if not sections:
        raise RequestError("there are no sections yet")
    edges = sorted({edge for section in sections for edge in (section.start, section.end)})
    edge = min(edges, key=lambda each: abs(each - start))
    place = edges.index(edge)
    low = edges[place - 1] + SHORTEST if place else 0.0
    high = edges[place + 1] - SHORTEST if place + 1 < len(edges) else length
    there = _on_step(min(max(end, low), max(low, high)))
    return tuple(
        replace(
            each,
            start=there if each.start == edge else each.start,
            end=there if each.end == edge else each.end,
        )
        for each in sections
    )


def split_at(sections: Sections, seconds: float, name: str, length: float) -> Sections:
    """A section more, which begins at a moment and lasts as long as the one did that sounds there.

    Args:
        name: "" for the first letter that no section has.
    """
    there = _on_step(seconds)
    if not 0 <= there <= length - SHORTEST:
        raise RequestError(f"{there:.2f} s is not within the song, which lasts {length:.2f} s")
    edges = [edge for section in sections for edge in (section.start, section.end)]
    near = next((edge for edge in edges if abs(edge - there) < SHORTEST), None)
    if near is not None:
        raise RequestError(f"a section begins or ends at {near:.2f} s already: drag its edge")
    whole = next((each for each in sections if each.start < there < each.end), None)
    later = [each.start for each in sections if each.start > there]
    end = whole.end if whole else min([*later, length])
    parts = [replace(each, end=there) if each is whole else each for each in sections]
    made = Section(section_name(name) if name else _free_letter(sections), there, end)
    return tuple(sorted([*parts, made], key=lambda each: each.start))


def rename_section(sections: Sections, seconds: float, name: str) -> Sections:
    """The section that sounds at a moment under another name."""
    wanted, there = section_name(name), section_at(sections, seconds)
    return tuple(replace(each, label=wanted) if each is there else each for each in sections)


def remove_section(sections: Sections, seconds: float) -> Sections:
    """The section that sounds at a moment is gone; its time is that of the one before, or of the next one."""
    there = section_at(sections, seconds)
    if len(sections) < 2:
        raise RequestError("it is the only section: give it another name")
    place = sections.index(there)
    before, after = list(sections[:place]), list(sections[place + 1 :])
    if before and before[-1].end == there.start:
        before[-1] = replace(before[-1], end=there.end)
    elif after and after[0].start == there.end:
        after[0] = replace(after[0], start=there.start)
    return (*before, *after)


def section_at(sections: Sequence[Section], seconds: float) -> Section:
    """The section that sounds at a moment. Raises a RequestError where there is none."""
    found = next((each for each in sections if each.start <= seconds + 0.5 / STEPS < each.end), None)
    if found is None:
        raise RequestError(f"there is no section at {seconds:.2f} s")
    return found


def _free_letter(sections: Sequence[Section]) -> str:
    taken = {each.label.casefold() for each in sections}
    names: list[str] = [*ascii_uppercase, *(f"part {number}" for number in range(27, len(sections) + 28))]
    return next(name for name in names if name.casefold() not in taken)


def _on_step(seconds: float) -> float:
    return round(seconds * STEPS) / STEPS
