"""What is asked for of the sound, whoever makes a file of what is shown; and what of it cannot be."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

from dreamzoom.errors import RequestError


class UnfitError(RequestError):
    """Something that no file can be made of.

    Attributes:
        words: the same for who sees no command line.
    """

    def __init__(self, told: str, words: str) -> None:
        super().__init__(told)
        self.words = words


@dataclass(frozen=True)
class AskedSound:
    """What is asked for of the sound; None where it is as it was made.

    Attributes:
        song: another one than what is shown has.
        start: where in that song the video begins, in seconds.
        fade_in, fade_out: how long the sound rises at first and falls at last, in seconds.
    """

    song: Path | None = None
    start: Fraction | None = None
    fade_in: Fraction | None = None
    fade_out: Fraction | None = None

    @property
    def options(self) -> tuple[str, ...]:
        """What a command line that asks for it has."""
        given = {
            "--audio": self.song,
            "--start": self.start,
            "--fade-in": self.fade_in,
            "--fade-out": self.fade_out,
        }
        return tuple(option for option, value in given.items() if value is not None)

    @property
    def has_fades(self) -> bool:
        """Whether the sound is asked to rise or to fall."""
        return bool(self.fade_in) or bool(self.fade_out)

    @property
    def says_fades(self) -> bool:
        """Whether something is said of how it rises and falls, if only that it does not."""
        return self.fade_in is not None or self.fade_out is not None

    def require_song(self, own: Path | None) -> None:
        """Raise an UnfitError where something is asked for of a song that is not there.

        Args:
            own: the song of what is shown, if it has one.
        """
        if self.start is not None and self.song is None:
            raise UnfitError(
                "--start is of a song that --audio names: the clip's own begins where its frames do",
                "its own song begins where its frames do: choose another song, or leave out where it begins",
            )
        if self.has_fades and self.song is None and own is None:
            raise UnfitError(
                "--fade-in and --fade-out are of a song: name one with --audio",
                "there is no song to fade: choose one",
            )


AS_MADE: Final = AskedSound()
"""Nothing is asked for."""
