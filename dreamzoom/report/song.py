"""A page about a song: what was heard of it, over time, beside a player whose place is shown.

song.html is its template; song.js moves the line that shows where the song is, and asks for no more.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from dreamzoom._version import __version__
from dreamzoom.plot.charts import Scale, to_svg_elements
from dreamzoom.plot.song import ROW, RULER, SongPaint, clock, row_top, song_height, song_marks, time_ticks
from dreamzoom.report.template import address_from, asset, fill_template
from dreamzoom.tracks.music import Music

_A_SECOND: Final = 32  # CSS pixels
_NARROWEST, _WIDEST = 960, 24_000  # CSS pixels
_HUES: Final = ("picture", "motion", "dream", "time", "track")
_FOOT: Final = 26  # CSS pixels of the times below


@dataclass(frozen=True)
class SongReport:
    """What there is to tell of a song.

    Attributes:
        song: its file.
        seconds: how long it lasts.
        music: what was heard of it, in its own time.
        facts: names and values, shown at the top.
        sections: rows of a table: label, from, to, bars.
        made: when this was gathered.
    """

    song: Path
    seconds: float
    music: Music
    facts: tuple[tuple[str, str], ...]
    sections: tuple[tuple[str, str, str, str], ...]
    made: datetime


def write_song_page(report: SongReport, page: Path) -> str:
    """A song's page, a whole HTML document.

    Args:
        page: where it will lie: the address of the song depends on it.
    """
    music, seconds = report.music, report.seconds
    wide = round(min(max(_NARROWEST, seconds * _A_SECOND), _WIDEST))
    across = Scale(0, seconds, 0, wide)
    return fill_template(
        "song.html",
        style=asset("page.css") + asset("song.css"),
        script=asset("song.js"),
        version=__version__,
        made=report.made,
        title=report.song.name,
        path=str(report.song.absolute()),
        address=address_from(page, report.song),
        facts=report.facts,
        sections=report.sections,
        seconds=seconds,
        wide=wide,
        high=song_height(music),
        foot=_FOOT,
        svg=to_svg_elements(song_marks(music, seconds, across, 0, _PAINT)),
        times=[(f"{across(tick):.1f}", clock(tick)) for tick in time_ticks(seconds, max(4, wide // 160))],
        rows=[(name, row_top(index), ROW) for index, name in enumerate(music.signals)],
        ruler=RULER,
    )


_PAINT: Final = SongPaint(
    hues=tuple((f"var(--{hue})", f"var(--{hue}-area)") for hue in _HUES),
    ink="var(--ink)",
    beat="var(--soft)",
    line="var(--line)",
)
