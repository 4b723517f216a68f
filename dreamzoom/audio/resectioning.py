"""A beat map with other sections: what else a person wrote in it, comments too, stays as it is.

A section that is as it was keeps its line, letter by letter. One that moved or has another name keeps its
line with that changed; one that is new gets a line, one that is gone loses its.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dreamzoom.audio.beatmap import LONGEST_NAME, MapLineError, MapMark, parse_map, read_mark
from dreamzoom.audio.maplines import ONLY_BY_HAND, MapLine, insert_lines, read_lines, step_of, write_lines
from dreamzoom.errors import RequestError, SoundError, quote_value
from dreamzoom.tracks.music import Section

_FIRST, _SECOND = re.compile(r"[^\t,; ]+"), re.compile(r"(?<=[\t,; ])[^\t,; ]+")


def section_name(text: str) -> str:
    """A section's name as a map may have it. Raises a RequestError."""
    name = " ".join(text.split())
    if len(name) > LONGEST_NAME:
        raise RequestError(f"{quote_value(name)} is longer than {LONGEST_NAME} characters")
    try:
        line = MapLine("", "", read_mark(0, f"1.0000\t1.0000\t{name}"))
    except MapLineError:
        line = MapLine("", "")
    if line.is_beat or not line.is_section or line.mark is None or line.mark.section != name:
        raise RequestError(
            f"{quote_value(name)} can be no section's name: it needs a letter, and must not read as a beat"
        )
    return name


def with_sections(data: bytes, name: str, sections: Sequence[Section], length: float) -> bytes:
    """A map's file with other sections.

    Args:
        name: what messages call it.
        sections: in order, at least one; none goes on after the next one has begun.
        length: of the song, in seconds.

    Raises:
        SoundError: the map is wrong, or is written in a way that cannot be changed so.
    """
    before = parse_map(data, name, length)
    lines = read_lines(data)
    unchanged = {*map(_steps, before.sections)}
    for line, section in [*_pairs(lines, before.sections, sections)]:
        if section is None or _steps(section) not in unchanged:
            _change(lines, line, section, sections, length)
    there = {line.step for line in lines if line.is_section}
    for section in sections:
        if step_of(section.start) not in there:
            _insert(lines, _written(section, sections, length))
    written = write_lines(lines, data)
    after = parse_map(written, name, length)
    is_same = (after.beats, after.bars) == (before.beats, before.bars)
    if not is_same or [*map(_steps, after.sections)] != [*map(_steps, sections)]:
        raise SoundError(f"{name}: {ONLY_BY_HAND}")
    return written


def _pairs(
    lines: Sequence[MapLine], before: Sequence[Section], after: Sequence[Section]
) -> Iterator[tuple[MapLine, Section | None]]:
    """Each line of a section with what that is now: the one that begins there, else the one that moved."""
    told = {step_of(section.start) for section in before}
    there = [line for line in lines if line.is_section and line.step in told]
    same = {step_of(section.start): section for section in after}
    gone = [line for line in there if line.step not in same]
    new = [section for step, section in same.items() if step not in told]
    moved = dict(zip([line.step for line in gone], new, strict=True)) if len(gone) == len(new) else {}
    for line in there:
        yield line, same.get(line.step) or moved.get(line.step)


def _change(
    lines: list[MapLine], line: MapLine, section: Section | None, sections: Sequence[Section], length: float
) -> None:
    """Let a line say what its section has become; one that begins a beat too goes on telling that."""
    place, mark = lines.index(line), line.mark
    assert mark is not None  # noqa: S101 - it is a section's
    has_end = mark.end > mark.start
    wanted = None if section is None else _written(section, sections, length, has_end=has_end)
    made = None if wanted is None else _rewritten(line, wanted)
    if made is not None and (made.step == line.step or not _is_in_order(lines, place)):
        lines[place] = made
        return
    if line.is_beat:
        told = mark._replace(label=mark.place or "", section="")
        lines[place] = MapLine(f"{mark.start:.4f}\t{mark.start:.4f}\t{told.label}", line.ending, told)
    else:
        del lines[place]
    if wanted is not None:
        _insert(lines, made or wanted)


def _is_in_order(lines: Sequence[MapLine], place: int) -> bool:
    """Whether a line stands among the others by its time."""
    before = [line.step for line in lines[:place] if line.mark]
    after = [line.step for line in lines[place + 1 :] if line.mark]
    return before[-1:] <= [lines[place].step] and [lines[place].step] <= (after[:1] or [lines[place].step])


def _insert(lines: list[MapLine], made: MapLine) -> None:
    """Put a section's line among the others by its time; those of sections stay in order."""
    assert made.mark is not None  # noqa: S101 - it is a section's
    before = [place for place, line in enumerate(lines) if line.is_section and line.step < made.step]
    first = before[-1] + 1 if before else 0
    places = range(first, len(lines))
    stop = next((place for place in places if lines[place].is_section or lines[place].is_end), len(lines))
    later = (place for place in range(first, stop) if lines[place].mark and lines[place].step >= made.step)
    lines[:] = insert_lines(lines, {next(later, stop): [(made.text, made.mark)]})


def _rewritten(line: MapLine, wanted: MapLine) -> MapLine | None:
    """A line that says what is wanted, and as little else of its text changed as can be; None: it cannot."""
    assert line.mark is not None and wanted.mark is not None  # noqa: S101, PT018 - both are sections'
    start, end = f"{wanted.mark.start:.4f}", f"{wanted.mark.end:.4f}"
    named = line.text.replace(line.mark.section, wanted.mark.section)
    moved = _FIRST.sub(start, named, count=1)
    for text in (named, _SECOND.sub(end, moved, count=1), moved, _SECOND.sub(end, named, count=1)):
        try:
            read = read_mark(line.mark.number, text.strip("\0 \ufeff"))
        except MapLineError:
            continue
        found = MapLine(text, line.ending, read)
        if read.place == line.mark.place and _says(found, wanted) and not (line.is_beat and text != named):
            return found
    return None if line.is_beat else MapLine(wanted.text, line.ending, wanted.mark)


def _says(line: MapLine, wanted: MapLine) -> bool:
    """Whether a line says of a section what another one does."""
    one, other = line.mark, wanted.mark
    assert one is not None and other is not None  # noqa: S101, PT018 - both are sections'
    ends = [step_of(mark.end) if mark.end > mark.start else None for mark in (one, other)]
    return line.step == wanted.step and one.section == other.section and ends[0] == ends[1]


def _written(
    section: Section, sections: Sequence[Section], length: float, *, has_end: bool = False
) -> MapLine:
    """A section's line as dreamzoom writes it.

    Args:
        has_end: write when it ends, even where it lasts until the next one begins.
    """
    later = [each.start for each in sections if each.start > section.start]
    lasts = step_of(section.end) >= step_of(min([*later, length]))
    end = section.start if lasts and not has_end else section.end
    text = f"{section.start:.4f}\t{end:.4f}\t{section.label}"
    return MapLine(text, "\n", MapMark(0, section.start, end, section.label, None, section.label))


def _steps(section: Section) -> tuple[str, int, int]:
    return section.label, step_of(section.start), step_of(section.end)
