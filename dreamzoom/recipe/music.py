"""What a recipe says of its song."""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

from dataclasses import dataclass

from dreamzoom.recipe.named_files import FilesByName, NamedFiles
from dreamzoom.recipe.settings import Choice, FileText, Whole
from dreamzoom.recipe.units import Seconds, Tempo
from dreamzoom.tracks.music import FASTEST, MOST_BEATS_PER_BAR, SLOWEST


@dataclass(frozen=True)
class MusicSettings:
    """The song, and what is known of it."""

    song: str = FileText(
        default="",
        what="a song's path",
        help="the video's sound, which tracks may follow; the clip gets as many frames as it needs, "
        "or those that --frames, or clip.frames beside it, asks for",
    ).field()
    sound: str = Choice(
        default="aac",
        choices=("aac", "copy"),
        help="how it gets into the video: as AAC, which everything plays, or as it is where that can be",
    ).field()
    start: float = Seconds(default=0, help="how far into the song the clip begins").field()
    delay: float = Seconds(default=0, help="how long the clip is silent before the song begins").field()
    fade_in: float = Seconds(default=0, help="how long the sound rises where it begins").field()
    fade_out: float = Seconds(
        default=0, help="how long it falls before its end, or the clip's where that comes first"
    ).field()
    tempo: float = Tempo(
        default=0.0,
        minimum=SLOWEST,
        maximum=FASTEST,
        help="about how many beats a minute it has; 0 finds out",
    ).field()
    beats_per_bar: int = Whole(
        default=0, minimum=0, maximum=MOST_BEATS_PER_BAR, unit="beats", help="in each bar; 0 finds 3 or 4"
    ).field()
    map: str = FileText(
        default="",
        what="a beat map's path, or 'none'",
        help='the beats, bars and sections that rule; "" is the map beside the song, if there is one; '
        "see `dreamzoom listen`",
        or_word=True,
        words=("none",),
    ).field()
    shift: int = Whole(
        default=0,
        minimum=-MOST_BEATS_PER_BAR,
        maximum=MOST_BEATS_PER_BAR,
        unit="beats",
        help="by how many beats bars begin later; below 0 earlier",
    ).field()
    stems: FilesByName = NamedFiles(
        default={},
        example='{ drums = "drums.wav" }',
        help="sounds that are parts of the song, each heard by itself: `drums.onset` in formulas",
    ).field()
    series: FilesByName = NamedFiles(
        default={},
        example='{ heart = "heart.csv" }',
        help="numbers over time from CSV and JSON files, and notes from MIDI files: `heart.value`, "
        "`keys.onset` in formulas",
    ).field()
