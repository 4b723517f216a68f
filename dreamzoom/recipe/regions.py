"""Parts of a picture that dream otherwise, as a recipe says it: each a row of `[[dream.region]]`."""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar, Final

from dreamzoom.errors import RecipeError, nearest
from dreamzoom.recipe.channels import Channels, ClassName, LayerName
from dreamzoom.recipe.goals import CHANNEL, CLASS, MOST_GOALS, OBJECTIVES, Goal
from dreamzoom.recipe.points import MovingPoint, TrackPair
from dreamzoom.recipe.rows import TableRows
from dreamzoom.recipe.settings import Choice, FileText, Flag, Moving, Setting, Text
from dreamzoom.tracks.base import Track
from dreamzoom.tracks.blend import Blend

GRADIENTS: Final = ("top", "bottom", "left", "right", "disc", "glow")
"""Masks that are drawn by a formula."""

SEEN_IN_PICTURE: Final = ("bright", "dark", "colour", "seen")
"""Masks that are found in the picture itself, anew at each frame."""

ON_PICTURE, ON_SCREEN = "picture", "screen"
MOST_REGIONS: Final = 64
LONGEST_TEXT: Final = 100
_COLOUR: Final = re.compile(r"#([0-9a-fA-F]{2})([0-9a-fA-F]{2})([0-9a-fA-F]{2})")


@dataclass(frozen=True, kw_only=True)
class MaskText(FileText):
    """A mask: a word for one that is drawn or found, or a picture's path or URL."""

    def parse(self, raw: object) -> str:
        text = super().parse(raw)
        if text and not is_picture(text) and text not in (*GRADIENTS, *SEEN_IN_PICTURE):
            hint = nearest(text, (*GRADIENTS, *SEEN_IN_PICTURE))
            raise RecipeError(f"{self.refuse(raw)}{hint if 'did you mean' in hint else ''}")
        return text

    def pictures(self, value: str) -> Iterator[tuple[str, str]]:
        if is_picture(value):
            yield self.kind, value


@dataclass(frozen=True, kw_only=True)
class HexColour(Setting["tuple[int, int, int]"]):
    """A colour as "#rrggbb"."""

    text_is_value: ClassVar[bool] = True

    def parse(self, raw: object) -> tuple[int, int, int]:
        match = _COLOUR.fullmatch(raw) if isinstance(raw, str) else None
        if match is None:
            raise self.refuse(raw)
        red, green, blue = (int(part, 16) for part in match.groups())
        return red, green, blue

    def dump(self, value: tuple[int, int, int]) -> object:
        return "#{:02x}{:02x}{:02x}".format(*value)

    def describe(self) -> str:
        return "a colour such as '#6ea4e0'"

    def form(self) -> dict[str, object]:
        return {"kind": "colour"}


@dataclass(frozen=True, kw_only=True)
class Words(Text):
    """A text that is drawn, "\\n" between its lines."""

    def parse(self, raw: object) -> str:
        super().parse(raw.replace("\n", " ") if isinstance(raw, str) else raw)
        return str(raw)

    def form(self) -> dict[str, object]:
        return {**super().form(), "longest": LONGEST_TEXT, "has_lines": True}


@dataclass(frozen=True)
class RegionSettings:
    """A part of the picture with a dream of its own."""

    mask: str = MaskText(
        default="",
        what="'top', 'bottom', 'left', 'right', 'disc', 'glow', 'bright', 'dark', 'colour', 'seen', or a "
        "picture's path or URL (a file called like one of the words is written './top')",
        help="where it is: falling off from a side or a middle; what is bright, dark, of a colour or seen by "
        'the network, found anew at each frame; or where a picture is white; "" for a text, else everywhere',
        kind="mask",
        or_word=True,
        words=(*GRADIENTS, *SEEN_IN_PICTURE),
    ).field()
    text: str = Words(
        default="", what="a text", help="words whose letters are the mask, in one line or more"
    ).field()
    font: str = FileText(
        default="",
        what="a font's file, .ttf or .otf, or 'inter'",
        help="what the text is drawn with; 'inter' is shipped, \"\" is thinner, and made bold",
        words=("inter",),
    ).field()
    there: Track = Moving(
        default=1,
        help="whether it is there: at 0 it is not, as if it were not written; between, its weight. What is "
        "drawn lies as it is written on the frame where it comes",
    ).field()
    place: TrackPair = MovingPoint(
        default=[0.5, 0.5],
        minimum=-2,
        maximum=3,
        unit="of the frame's width and height",
        help="the middle of a text, a disc or a glow, from the top left",
    ).field()
    size: Track = Moving(
        default=0.8,
        minimum=0.001,
        maximum=10,
        unit="of the frame's width",
        help="how wide a text, disc or glow is; how far from its side a gradient reaches (top and bottom: of "
        "the height)",
    ).field()
    colour: tuple[int, int, int] = HexColour(
        default="#6ea4e0", help="with colour: the colour that is looked for"
    ).field()
    tolerance: Track = Moving(
        default=0.1,
        minimum=0.001,
        maximum=2,
        help="with colour: how far off a colour may be; black to white is 0.5, red to blue about 0.5",
    ).field()
    level: Track = Moving(
        default=0.5, help="with bright and dark: the brightness that divides them, black being 0, white 1"
    ).field()
    sees: tuple[Goal, ...] = TableRows(
        of=Goal,
        what="goal",
        most=MOST_GOALS,
        help='with seen: what is looked for, such as { class = "peacock" }; [] for what the region dreams of',
    ).field()
    soften: Track = Moving(
        default=0.01,
        maximum=0.5,
        unit="of the frame's shorter side",
        help="how soft the border is; of what is found in the picture nothing finer counts",
    ).field()
    invert: bool = Flag(default=False, help="whether it is everywhere else instead").field()
    on: str = Choice(
        default=ON_PICTURE,
        choices=(ON_PICTURE, ON_SCREEN),
        help="whether a mask lies on the picture and goes where the camera takes it, or stays on the screen",
    ).field()
    weight: Track = Moving(
        default=1,
        maximum=100,
        help="its share where regions overlap; below 1 the rest of the dream has a share",
    ).field()
    step: Track = Moving(
        default=1,
        maximum=10,
        unit="times dream.step_size",
        help="how far a step moves the pixels there; at 0 nothing dreams",
    ).field()
    even: Track = Moving(
        default=0,
        help="0 lets a dream grow where it has begun; at 1 the whole region dreams alike, as letters must",
    ).field()
    layer: Blend[str] = (
        LayerName(default="", help='the layer to dream from there; "" for the dream\'s own').fading().field()
    )
    objective: str = Choice(
        default="", choices=("", *OBJECTIVES), help='as dream.objective; "" for the dream\'s own'
    ).field()
    channel: Blend[Channels] = (
        replace(CHANNEL, help="as dream.channel; [] for the dream's own, or all where the region has a layer")
        .fading()
        .field()
    )
    class_: Blend[ClassName] = (
        replace(CLASS, help='the class to dream of there, by number or name; "" for none of its own')
        .fading()
        .field()
    )
    goal: tuple[Goal, ...] = TableRows(
        of=Goal, what="goal", most=MOST_GOALS, help="several things to climb there, as dream.goal"
    ).field()
    guide: Blend[str] = (
        FileText(
            default="",
            what="a picture's path or URL",
            help="as dream.guide; alone it means the objective guide",
            kind="guide",
        )
        .fading()
        .field()
    )
    palette: Blend[str] = (
        FileText(
            default="",
            what="a palette's name or file, or a picture's path or URL",
            help='as colour.palette; "" for what is held of the whole picture',
            kind="palette",
            or_word=True,
        )
        .fading()
        .field()
    )
    hold: Track = Moving(default=1, help="with palette: how much of its colours is held, 0 to 1").field()


def is_picture(mask: str) -> bool:
    """Whether a mask is a picture's path or URL: a word alone is none."""
    return bool(re.search(r"[./\\]", mask))


def is_found(region: RegionSettings) -> bool:
    """Whether a region's mask is found in the picture, anew at each frame."""
    return region.mask in SEEN_IN_PICTURE


def mask_of(region: RegionSettings) -> tuple[object, ...]:
    """What tells whether two regions' masks are the same."""
    text = (region.text, region.font)
    return (region.mask, *text, region.place, region.size, region.soften, region.invert, region.on)


def drawn_text(region: RegionSettings) -> str:
    """What a recipe calls the picture that is drawn of a region's text: the font's file and the text."""
    return f"{region.font}\n{region.text}"


def mask_faults(region: RegionSettings) -> Iterator[str]:
    """What is wrong with where a region is."""
    if region.text and region.mask:
        yield "has a mask and a text: leave one of them out"
    if region.font and not region.text:
        yield "font: is used with a text alone; give one in text"
    if region.text and not region.text.strip():
        yield "text: has nothing in it to draw"
    if region.sees and region.mask != "seen":
        yield "sees: is used by mask = 'seen' alone; set that too"
    if len(region.text) > LONGEST_TEXT:
        yield f"text: has {len(region.text)} characters: must have {LONGEST_TEXT} at most"
