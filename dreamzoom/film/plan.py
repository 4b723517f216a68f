"""What a film is, decided to the frame: what a storyboard and a song come to.

A film's frames are counted from 0. Of two scenes that a transition joins both have the frames that it lasts.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.units import Size
from dreamzoom.tracks.music import Music
from dreamzoom.video.excerpt import WHOLE, Excerpt

CUT = "cut"
"""The transition that is none: the next scene's first frame follows the last one's last."""

DREAM = "dream"
"""The transition without an end: the next picture dissolves into the running dream and is dreamed over."""


@dataclass(frozen=True)
class Transition:
    """How a scene begins.

    Attributes:
        kind: `CUT`, `DREAM`, or what ffmpeg's filter xfade calls a transition: "fade", "wipeleft".
        frames: how long it takes, from the scene's first frame on; 0 for a cut. A `DREAM` without a picture
            takes as long to come to its own colours.
    """

    kind: str = CUT
    frames: int = 0


@dataclass(frozen=True)
class PlannedScene:
    """A scene, which is a clip.

    Attributes:
        name: of its folder, such as "03-chorus".
        recipe: of its clip, its song heard where its tracks go by it. After a `DREAM` its start image is the
            last frame of the scene before, which is known once that is there: `clip.image` is "" here.
        first, stop: its first frame in the film, and the one after its last; `recipe.clip.frames` between.
        transition: from the scene before, if that lasts until `first` or longer; else from black.
        picture: what dissolves into the running dream during a `DREAM`: a file, URL or generator; "" where
            the dream goes on without one.
    """

    name: str
    recipe: Recipe
    first: int
    stop: int
    transition: Transition = field(default_factory=Transition)
    picture: str = ""


PLACES = ("top", "middle", "bottom")
"""Where titles stand."""

PLAIN, DREAMED = "plain", "dreamed"
"""How titles are made: drawn over the finished picture, or a part of the dream."""


@dataclass(frozen=True)
class Title:
    """Words over the picture, or in the dream.

    Attributes:
        text: one line or more, "\\n" between them; lines that are too wide are broken at blanks.
        first, stop: the frames that show it.
        fade: frames in which it comes, and in which it goes.
        place: one of `PLACES`.
        height: of its letters' body, as a share of the picture's shorter side; of plain ones.
        colour: "#rrggbb"; of dreamed ones, whose shades their letters have.
        font: a font's file; None for the one that is built in.
        style: `PLAIN` or `DREAMED`.
    """

    text: str
    first: int
    stop: int
    fade: int = 0
    place: str = "bottom"
    height: float = 0.06
    colour: str = "#ffffff"
    font: Path | None = None
    style: str = PLAIN


@dataclass(frozen=True)
class FilmPlan:
    """A whole film.

    Attributes:
        name: its title.
        size: of its pictures.
        fps: frames a second.
        frames: how many it has; where no scene is there, it is black.
        scenes: in order of their first frames; never more than two at a time.
        titles: in order.
        song: what is heard, if anything.
        excerpt: of the song.
        fade_in, fade_out: frames in which the film comes out of black, and goes into it at its end.
        heard: what was heard of the whole song, in its own time; None where nothing goes by it.
    """

    name: str
    size: Size
    fps: Fraction
    frames: int
    scenes: tuple[PlannedScene, ...]
    titles: tuple[Title, ...] = ()
    song: Path | None = None
    excerpt: Excerpt = WHOLE
    fade_in: int = 0
    fade_out: int = 0
    heard: Music | None = None
