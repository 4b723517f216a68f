"""What a storyboard says: a frozen dataclass a table, each field of which says its default and limits once.

[film] [soundtrack] [lyrics]      a table each
[[scene]] [[title]]               as many as there are
[dream] [camera] [colour] …       a recipe's tables: of all scenes; [scene.camera] of one
"""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from pathlib import Path
from typing import ClassVar, Final, TypeVar

from dreamzoom.film.board.times import FilmLength, FilmTime
from dreamzoom.film.plan import DREAMED, PLACES, PLAIN
from dreamzoom.recipe.build import Fragment
from dreamzoom.recipe.music import MusicSettings
from dreamzoom.recipe.palettes import hex_of, read_colour
from dreamzoom.recipe.settings import Choice, FileText, Real, Setting, Text, Whole
from dreamzoom.recipe.units import Dimensions, Rate, Size
from dreamzoom.tracks.timing import Time

T = TypeVar("T")

LONGEST_WORDS: Final = 500
"""Characters of a title."""

FIRST_PICTURE: Final = "clouds"
"""What a film's first scene begins with that names no picture."""

_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True)
class MaybeGiven(Setting["T | None"]):
    """A key that may be left out: what `of` describes, or None."""

    default: object = None
    of: Setting[T]

    def parse(self, raw: object) -> T | None:
        return None if raw is None else self.of.parse(raw)

    def map_files(self, raw: object, change: Callable[[FileText, str], str]) -> object:
        return self.of.map_files(raw, change)

    def describe(self) -> str:
        return self.of.describe()


@dataclass(frozen=True, kw_only=True)
class TitleWords(Setting[str]):
    """Words to be shown, in one line or more."""

    text_is_value: ClassVar[bool] = True

    def parse(self, raw: object) -> str:
        if not isinstance(raw, str) or len(raw) > LONGEST_WORDS:
            raise self.refuse(raw)
        text = raw.replace("\r\n", "\n").strip()
        if _CONTROL.search(text):
            raise self.refuse(raw)
        return text

    def describe(self) -> str:
        return f"words of {LONGEST_WORDS} characters at most, without control characters"


@dataclass(frozen=True, kw_only=True)
class WordsColour(Setting[str]):
    """A colour of words."""

    text_is_value: ClassVar[bool] = True

    def parse(self, raw: object) -> str:
        return hex_of(read_colour(raw))

    def describe(self) -> str:
        return "a colour such as '#ffcc88'"


def _left_out(of: Setting[T]) -> T | None:
    return MaybeGiven(of=of, help=of.help).field()


@dataclass(frozen=True)
class FilmSettings:
    """What holds for the whole film."""

    title: str = Text(default="", what="a name", help="what the film is called").field()
    size: Size = Dimensions(default="1280x720", help="of its pictures").field()
    fps: Fraction = Rate(default=24, help="frames a second").field()
    seed: int = Whole(
        default=0, minimum=0, maximum=2**63 - 1, help="chooses what is random in scenes that name no seed"
    ).field()
    length: Time | None = _left_out(
        FilmLength(default="0s", help="how long it is; else as long as its song, or its scenes")
    )
    preset: str = Text(
        default="bestiary", what="a preset's name, or a file", help="the look of scenes that name none"
    ).field()
    fade_in: Time = FilmLength(default="0s", help="how long it takes out of black").field()
    fade_out: Time = FilmLength(default="0s", help="how long it takes into black at its end").field()


@dataclass(frozen=True)
class SoundtrackSettings(MusicSettings):
    """The film's song, which part of it is heard, and what is known of it: as [music] of a recipe."""

    gain: float = Real(
        default=0.0,
        minimum=-60.0,
        maximum=30.0,
        unit="dB",
        help="how much louder it is made; below 0 quieter",
    ).field()

    @property
    def music(self) -> MusicSettings:
        """The same as a recipe has it."""
        return MusicSettings(**{each.name: getattr(self, each.name) for each in fields(MusicSettings)})


@dataclass(frozen=True)
class SceneSettings:
    """A scene: a picture that is dreamed, when, and how it begins."""

    name: str = Text(default="", what="a name", help="of its folder; else its picture's").field()
    image: str = FileText(
        default="",
        what="a picture's path or URL, or a generator such as 'clouds'",
        help="what it begins with; without one the film goes on with what the scene before has dreamed",
        kind="start",
        or_word=True,
    ).field()
    preset: str = Text(
        default="", what="a preset's name, or a file", help="its look; else the film's"
    ).field()
    seed: int | None = _left_out(
        Whole(default=0, minimum=0, maximum=2**63 - 1, help="chooses what is random in it; else the film's")
    )
    start: Time | None = _left_out(
        FilmTime(default="0s", help="when it begins; else where the scene before has ended")
    )
    length: Time | None = _left_out(
        FilmLength(default="0s", help="how long it is; else up to the next scene, or the film's end")
    )
    transition: str = Text(
        default="",
        what="'cut', 'dream' or a transition of ffmpeg's xfade such as 'fade'",
        help="how it begins; else with a cut, or without an image by going on",
    ).field()
    over: Time | None = _left_out(FilmLength(default="1s", help="how long that takes, from its start on"))


OVER: Final = FilmLength(default="1s", help="how long a transition takes that does not tell").parse("1s")


@dataclass(frozen=True)
class WordSettings:
    """How words look."""

    style: str = Choice(
        default=PLAIN, choices=(PLAIN, DREAMED), help="drawn over the picture, or dreamed in it"
    ).field()
    place: str = Choice(default="bottom", choices=PLACES, help="where they stand").field()
    height: float = Real(
        default=0.06,
        minimum=0.01,
        maximum=0.9,
        help="of letters that are drawn, as a share of the shorter side",
    ).field()
    colour: str = WordsColour(default="#ffffff", help="of the letters; of dreamed ones its shades").field()
    font: str = FileText(default="", what="a font's file", help="else the one that is built in").field()
    fade: Time = FilmLength(default="0.5s", help="how long they take to come, and to go").field()


@dataclass(frozen=True)
class TitleSettings(WordSettings):
    """Words, and when they are shown."""

    text: str = TitleWords(default="", help="what is said").field()
    start: Time = FilmTime(default="0s", help="when they are there").field()
    length: Time = FilmLength(default="4s", help="for how long").field()


@dataclass(frozen=True)
class LyricsSettings(WordSettings):
    """The song's words, from a file that tells their times."""

    file: str = FileText(
        default="", what="a .lrc, .srt or .vtt file", help="the words and their times"
    ).field()
    encoding: str = Text(default="", what="an encoding's name", help="of the file; else it is seen").field()
    later: float = Real(
        default=0.0, minimum=-3600.0, maximum=3600.0, unit="seconds", help="how much later all are shown"
    ).field()


@dataclass(frozen=True)
class StoryScene:
    """A scene of a storyboard.

    Attributes:
        place: what messages call it: "scene 3 (chorus)".
        settings: of its own.
        look: its part of a recipe, with the presets' and the film's under it.
    """

    place: str
    settings: SceneSettings
    look: Fragment


NOTHING: Final = Fragment("", {})


@dataclass(frozen=True)
class Storyboard:
    """A storyboard, as it was read: what is wrong stands as if it were not written.

    Attributes:
        path: of its file.
        look: what all scenes have of a recipe.
        scenes, titles: in the file's order.
        faults: all that is wrong with it, each told with its place.
    """

    path: Path
    film: FilmSettings = field(default_factory=FilmSettings)
    soundtrack: SoundtrackSettings = field(default_factory=SoundtrackSettings)
    look: Fragment = NOTHING
    scenes: tuple[StoryScene, ...] = ()
    titles: tuple[TitleSettings, ...] = ()
    lyrics: LyricsSettings | None = None
    faults: tuple[str, ...] = ()


TABLES: Final[Mapping[str, type]] = {
    "film": FilmSettings,
    "soundtrack": SoundtrackSettings,
    "lyrics": LyricsSettings,
}
"""The tables that there are once."""

ROWS: Final[Mapping[str, type]] = {"scene": SceneSettings, "title": TitleSettings}
"""Those of which there may be many."""
