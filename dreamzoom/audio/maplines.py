"""The lines of a beat map, each with what it says, and the file that they make."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from dreamzoom.audio.beatmap import END_OF_SONG, MapMark, numbered_lines, read_mark
from dreamzoom.io.encodings import decode_text
from dreamzoom.tracks.music import STEPS

ONLY_BY_HAND: Final = (
    "is written in a way that only an editor can change; without that file, the next change "
    "begins with what is heard"
)
"""What is said of a map, after its name, that reads otherwise than it was to."""

_ENDING = re.compile(r"(\r\n|\r|\n)")


@dataclass(frozen=True)
class MapLine:
    """A line of a map: its text, what ends it, and what it says, if anything."""

    text: str
    ending: str
    mark: MapMark | None = None

    @property
    def is_beat(self) -> bool:
        """Whether it tells of a beat, and maybe of a section too."""
        return self.mark is not None and self.mark.is_beat

    @property
    def is_section(self) -> bool:
        """Whether it tells where a section begins, and maybe a beat too."""
        return self.mark is not None and self.mark.section != "" and not self.is_end

    @property
    def is_end(self) -> bool:
        """Whether it tells how long the song is."""
        return self.mark is not None and self.mark.label.casefold() == END_OF_SONG

    @property
    def step(self) -> int:
        """When what it tells of begins."""
        assert self.mark is not None  # noqa: S101 - the caller has seen to it
        return step_of(self.mark.start)


def read_lines(data: bytes) -> list[MapLine]:
    """All lines of a map, those too that say nothing. Raises a MapLineError."""
    text = decode_text(data).text
    parts = [*_ENDING.split(text), ""]
    marks = {number: read_mark(number, line) for number, line in numbered_lines(text)}
    lines = [
        MapLine(line, ending, marks.get(number))
        for number, (line, ending) in enumerate(zip(parts[::2], parts[1::2], strict=True), 1)
    ]
    return lines if lines[-1].text else lines[:-1]


def write_lines(lines: Sequence[MapLine], before: bytes) -> bytes:
    """The file of some lines, in the encoding that it had before; in UTF-8 where that has not all of it."""
    text, encoding = "".join(line.text + line.ending for line in lines), decode_text(before).encoding
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        return text.encode()
    big_endian = encoding == "utf-16" and before.startswith(codecs.BOM_UTF16_BE)
    return codecs.BOM_UTF16_BE + text.encode("utf-16-be") if big_endian else data


def insert_lines(
    lines: Sequence[MapLine], added: Mapping[int, Sequence[tuple[str, MapMark]]]
) -> list[MapLine]:
    """The lines with more of them, by the place before whose line they go; they end as the others do."""
    ending = next((line.ending for line in lines if line.ending), "\n")
    made: list[MapLine] = []
    for place in range(len(lines) + 1):
        if place in added and made and not made[-1].ending:  # the last line had no end
            made[-1] = replace(made[-1], ending=ending)
        made += (MapLine(text, ending, mark) for text, mark in added.get(place, ()))
        made += lines[place : place + 1]
    return made


def step_of(seconds: float) -> int:
    """Seconds in the steps that a map tells apart."""
    return round(seconds * STEPS)
