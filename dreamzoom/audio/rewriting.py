"""A beat map with other beats: what else a person wrote in it, comments too, stays as it is.

A beat that is where it was keeps its line, letter by letter. One that moved keeps its line with another time;
one that is new gets a line, one that is gone loses its. Bars are counted anew where the map counts them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace

from dreamzoom.audio.beatmap import MapLineError, MapMark, beat_places, parse_map, read_mark
from dreamzoom.audio.maplines import ONLY_BY_HAND, MapLine, insert_lines, read_lines, step_of, write_lines
from dreamzoom.errors import SoundError

_FIRST = re.compile(r"[^\t,; ]+")
_COUNTED = re.compile(r"\d+\.\d+")


def with_beats(data: bytes, name: str, beats: Sequence[float], bars: Sequence[float], length: float) -> bytes:
    """A map's file with other beats and bars.

    Args:
        name: what messages call it.
        beats, bars: as in `Music`, none or at least two beats.
        length: of the song, in seconds.

    Raises:
        SoundError: the map is wrong, or is written in a way that cannot be changed so.
    """
    before = parse_map(data, name, length)
    lines = read_lines(data)
    places = list(beat_places(beats, bars))
    wanted = (tuple(map(step_of, beats)), tuple(map(step_of, bars)))
    for anew in (False, True):  # labels in a style that tells the same are left alone
        made = _with_places(_with_times(lines, beats), dict(zip(wanted[0], places, strict=True)), anew=anew)
        written = write_lines([*made], data)
        try:
            after = parse_map(written, name, length)
        except SoundError:
            continue
        told = (tuple(map(step_of, after.beats)), tuple(map(step_of, after.bars)))
        if told == wanted and after.sections == before.sections:
            return written
    raise SoundError(f"{name}: {ONLY_BY_HAND}")


def _with_times(lines: Sequence[MapLine], beats: Sequence[float]) -> list[MapLine]:
    """The lines with the beats at their times; the places of new ones are to be told."""
    steps = {step_of(beat): beat for beat in beats}
    there = {line.step for line in lines if line.is_beat}
    gone = [line for line in lines if line.is_beat and line.step not in steps]
    new = [beat for step, beat in steps.items() if step not in there]
    moved = {line.step: beat for line, beat in zip(gone, new, strict=True)} if len(gone) == len(new) else {}
    kept: list[MapLine] = []
    for line in lines:
        if not line.is_beat or line.step in steps:
            kept.append(line)
        elif line.step in moved:
            kept.append(_moved(line, moved[line.step]))
        elif line.mark is not None and line.mark.section:
            kept.append(_canonical(line, replaced_place=""))
    kept = _in_order(kept)
    return kept if moved else _inserted(kept, new)


def _in_order(lines: list[MapLine]) -> list[MapLine]:
    """The lines with those of beats in order; the others stay where they are."""
    beats = iter(sorted((line for line in lines if line.is_beat), key=lambda line: line.step))
    return [replace(next(beats), ending=line.ending) if line.is_beat else line for line in lines]


def _inserted(lines: list[MapLine], new: Sequence[float]) -> list[MapLine]:
    """The lines with one more for each new beat, after the beat before it."""
    if not new:
        return lines
    there = [(line.step, index) for index, line in enumerate(lines) if line.is_beat]
    first = there[0][1] if there else _first_place(lines, step_of(new[0]))
    added: dict[int, list[tuple[str, MapMark]]] = {}
    for beat in new:
        earlier = bisect_left(there, (step_of(beat), -1))
        place = there[earlier - 1][1] + 1 if earlier else first
        told = f"{beat:.4f}\t{beat:.4f}\t", MapMark(0, beat, beat, "", "", "")
        added.setdefault(place, []).append(told)
    return insert_lines(lines, added)


def _first_place(lines: Sequence[MapLine], step: int) -> int:
    """Where the first beat of all goes: before what comes after it."""
    told = (index for index, line in enumerate(lines) if line.mark is not None and _comes_after(line, step))
    return next(told, len(lines))


def _comes_after(line: MapLine, step: int) -> bool:
    assert line.mark is not None  # noqa: S101 - the caller has seen to it
    return line.step > step or line.is_end


def _with_places(lines: Sequence[MapLine], places: dict[int, str], *, anew: bool) -> Iterator[MapLine]:
    for line in lines:
        if line.mark is None or line.mark.place is None:
            yield line
            continue
        counts = not line.mark.place or _COUNTED.fullmatch(line.mark.place) is not None
        place = places[line.step] or ("0.2" if line.mark.section else "")  # a beat that begins no bar
        is_right = line.mark.place == place or not (counts or anew)
        yield line if is_right else _canonical(line, replaced_place=place)


def _moved(line: MapLine, beat: float) -> MapLine:
    """The line of a beat with another time, and nothing else of it changed where that can be."""
    mark = line.mark
    assert mark is not None  # noqa: S101 - a beat has one
    written = f"{beat:.4f}"
    once = _FIRST.sub(written, line.text, count=1)
    twice = _FIRST.sub(written, line.text, count=2)
    for text in (twice, once):
        try:
            read = read_mark(mark.number, text.strip("\0 \ufeff"))
        except MapLineError:
            continue
        is_same = (read.label, read.place, read.section) == (mark.label, mark.place, mark.section)
        if is_same and read.start == float(written) and (read.end == read.start or mark.end != mark.start):
            return replace(line, text=text, mark=read)
    start = float(written)
    end = start + mark.end - mark.start
    return _canonical(
        replace(line, mark=mark._replace(start=start, end=end)), replaced_place=mark.place or ""
    )


def _canonical(line: MapLine, replaced_place: str) -> MapLine:
    """The line as dreamzoom writes it, with another place; without one where that is empty."""
    mark = line.mark
    assert mark is not None  # noqa: S101 - the caller has seen to it
    label = f"{replaced_place} {mark.section}".strip()
    place = None if mark.section and not replaced_place else replaced_place
    text = f"{mark.start:.4f}\t{mark.end:.4f}\t{label}"
    return replace(line, text=text, mark=mark._replace(label=label, place=place))
