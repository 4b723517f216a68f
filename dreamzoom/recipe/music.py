"""The recipe's table `[music]`: the song that a clip is made to, and what is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from dreamzoom.recipe.settings import Real, Text, Whole, setting


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
        Real(
            default=0.0, minimum=0.0, maximum=215.0, help="about how many beats a minute it has; 0 finds out"
        )
    )
    beats_per_bar: int = setting(Whole(default=4, minimum=1, maximum=16, unit="beats", help="in each bar"))
