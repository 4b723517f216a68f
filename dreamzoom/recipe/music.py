"""The recipe's table `[music]`: the song that a clip is made to, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from dreamzoom.recipe.settings import Real, Text, Whole, is_number, setting
from dreamzoom.tracks.music import FASTEST, MOST_BEATS_PER_BAR, SLOWEST


@dataclass(frozen=True, kw_only=True)
class Tempo(Real):
    """Beats a minute, or 0 where nobody has said how many."""

    def parse(self, raw: object) -> float:
        return 0.0 if is_number(raw) and raw == 0 else super().parse(raw)

    def describe(self) -> str:
        return f"0, or {super().describe()}"


@dataclass(frozen=True)
class MusicSettings:
    """The song, and what is known of it."""

    song: str = setting(
        Text(
            default="",
            what="a song's path",
            help="the video's sound, which tracks may follow; the clip gets as many frames as it needs",
        )
    )
    tempo: float = setting(
        Tempo(
            default=0.0,
            minimum=SLOWEST,
            maximum=FASTEST,
            help="about how many beats a minute it has; 0 finds out",
        )
    )
    beats_per_bar: int = setting(
        Whole(default=4, minimum=1, maximum=MOST_BEATS_PER_BAR, unit="beats", help="in each bar")
    )
