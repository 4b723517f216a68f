"""Dreamed words: titles as regions of a scene's dream.

Within its letters a title dreams of feathers in shades of its colour, and about them the picture grows dark,
or light about dark letters, so that they can be read on anything. They stay on the screen while the picture
falls past: what they leave in it is dreamed over. Before a title nothing of the scene is changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Final

from PIL import ImageFont

from dreamzoom.errors import RecipeError
from dreamzoom.film.plan import DREAMED, PlannedScene, Title
from dreamzoom.film.words.titles import SAFE, font_name, is_bright, letters_rgb
from dreamzoom.pictures.fonts import open_font, read_font
from dreamzoom.pictures.lettering import LINE_PITCH, wrap
from dreamzoom.pictures.words import draw_words
from dreamzoom.recipe.palettes import Rgb, hex_of
from dreamzoom.recipe.regions import MOST_REGIONS, ON_SCREEN, RegionSettings
from dreamzoom.recipe.schema import SETTINGS, Recipe
from dreamzoom.recipe.units import Size
from dreamzoom.recipe.words import feathers_for, letters

_MOST_LINES: Final = 6
_WHOLE: Final = 16  # letters of a word that is not broken
_TALLEST: Final = 0.3  # of the picture's height, of a line's letters
_ROOM: Final = {"top": 0.42, "middle": 0.7, "bottom": 0.42}  # of the height, for all lines
_TRIAL_PX: Final = 64
_INK: Final = MappingProxyType({"soften": 0.003, "weight": 8, "step": 2, "hold": 0.6})  # within letters
_SHADE: Final = MappingProxyType({"soften": 0.025, "weight": 2, "step": 0.5, "hold": 0.7})  # about them
_DARK: Final[tuple[Rgb, ...]] = ((5, 6, 12), (12, 16, 32), (26, 32, 56))
_LIGHT: Final[tuple[Rgb, ...]] = ((250, 248, 244), (236, 236, 240), (214, 218, 228))


@dataclass(frozen=True)
class _Box:
    """Where words stand, as a region says it: their lines, their size and their middle."""

    text: str
    size: float
    place: tuple[float, float]


def dream_titles(scene: PlannedScene, titles: Sequence[Title]) -> PlannedScene:
    """A scene with those of a film's dreamed titles that fall into it; see `with_dreamed_words`.

    Args:
        titles: of the film, in its frames.

    Raises:
        RequestError: as `with_dreamed_words`.
    """
    own = [
        replace(title, first=title.first - scene.first, stop=title.stop - scene.first)
        for title in titles
        if title.style == DREAMED and title.first < scene.stop and title.stop > scene.first
    ]
    return replace(scene, recipe=with_dreamed_words(scene.recipe, own)) if own else scene


def with_dreamed_words(recipe: Recipe, titles: Sequence[Title]) -> Recipe:
    """A clip's recipe with its dreamed titles as regions, beside those that it has.

    Args:
        titles: in the clip's own frames; plain ones are passed over.

    Raises:
        RecipeError: there are more regions than a recipe may have, or the clip is a loop.
        PictureError: a title cannot be drawn; see `titles.title_faults`.
    """
    rows = [row for title in titles if title.style == DREAMED for row in _rows(recipe, title)]
    if not rows:
        return recipe
    if recipe.loop.depth:
        raise RecipeError(
            "a loop is dreamed as one picture, in which no words can stay where they are on the screen: "
            'style = "plain", or show them in another scene'
        )
    count = len(recipe.dream.region) + len(rows)
    if count > MOST_REGIONS:
        raise RecipeError(
            f"has {count} regions with its dreamed words, two a title: {MOST_REGIONS} at most; leave some "
            "plain, or make two scenes of it"
        )
    added: tuple[RegionSettings, ...] = SETTINGS["dream.region"].parse(rows)
    return replace(recipe, dream=replace(recipe.dream, region=(*recipe.dream.region, *added)))


def _rows(recipe: Recipe, title: Title) -> Iterator[dict[str, object]]:
    """A title's regions: what is about its letters, and what is in them."""
    box, colour = _fit(title, recipe.clip.size), letters_rgb(title)
    common = {
        **letters(box.text),
        "font": font_name(title),
        "size": round(box.size, 4),
        "place": [box.place[0], round(box.place[1], 4)],
        "on": ON_SCREEN,
        "there": _presence(title, recipe.camera.every),
    }
    about = _DARK if is_bright(title) else _LIGHT
    yield {**common, "even": 0, **_SHADE, "palette": " ".join(map(hex_of, about))}
    shades = (_mixed(colour, (255, 255, 255), 0.4), colour, _mixed(colour, (0, 0, 0), 0.12))
    yield {**common, **_INK, **feathers_for(recipe), "palette": " ".join(map(hex_of, shades))}


def _mixed(colour: Rgb, other: Rgb, share: float) -> Rgb:
    red, green, blue = (
        round((1 - share) * one + share * two) for one, two in zip(colour, other, strict=True)
    )
    return red, green, blue


def _presence(title: Title, every: int) -> dict[str, object]:
    """The track of how far a title is there. It comes with a dreamed frame, and the in-betweens that lead to
    that are as much the title's.
    """
    first = title.first + every - 1
    risen, falling = first + title.fade, max(title.stop - 1 - title.fade, first)
    points = {
        first - 1: 0.0,
        first: 1 / (title.fade + 1),
        risen: 1.0,
        falling: 1.0,
        title.stop - 1: 1 / (title.fade + 1),
        title.stop: 0.0,
    }
    if title.stop <= first:  # too short to be dreamed
        return {"0": 0}
    if risen > falling:
        points = {first - 1: 0.0, first: 1.0, title.stop - 1: 1.0, title.stop: 0.0}
    return {str(frame): round(value, 4) for frame, value in _from_zero(points).items()}


def _from_zero(points: dict[int, float]) -> dict[int, float]:
    """Keyframes from frame 0 on, those before it cut off where the way to the next one leads through it."""
    frames = sorted(points)
    later = {frame: points[frame] for frame in frames if frame >= 0}
    before = [frame for frame in frames if frame < 0]
    if before and 0 not in later and later:
        left, right = before[-1], min(later)
        share = -left / (right - left)
        later[0] = (1 - share) * points[left] + share * points[right]
    return dict(sorted(later.items()))


def _fit(title: Title, size: Size) -> _Box:
    """A title's lines, as large as its place has room for."""
    name = font_name(title)
    font = open_font(name, read_font(name), _TRIAL_PX)
    width, height = (1 - 2 * SAFE) * size.width, _ROOM[title.place] * size.height
    whole = max(font.getlength(row) for row in title.text.split("\n"))
    least = max((font.getlength(word) for word in title.text.split() if len(word) <= _WHOLE), default=0.0)
    widths = (max(1.02 * whole / count, least) + 1 for count in range(1, _MOST_LINES + 1))
    ways = (wrap(title.text, width, font.getlength) for width in widths)
    lines = max(ways, key=lambda lines: _scale(lines, font, width, height))
    text = "\n".join(lines)
    drawn = draw_words(name, text, size.width)
    ink = min(width / drawn.width, height / drawn.height, _TALLEST * size.height * len(lines) / drawn.height)
    across, down = ink * drawn.width / size.width, ink * drawn.height / size.height
    middle = {"top": SAFE + down / 2, "middle": 0.5, "bottom": 1 - SAFE - down / 2}[title.place]
    return _Box(text, max(across, down), (0.5, middle))


def _scale(lines: Sequence[str], font: ImageFont.FreeTypeFont, width: float, height: float) -> float:
    """How large lines may be in a box, about."""
    across = max(font.getlength(line) for line in lines)
    return min(width / across, height / (LINE_PITCH * _TRIAL_PX * len(lines)))
