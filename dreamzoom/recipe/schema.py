"""The recipe: everything that decides a clip's pixels, a frozen dataclass a table.

Each field says its default, limits and meaning once, in its setting; nothing else repeats them.
"""

# ruff: noqa: RUF009 - `field()` makes a dataclass field, and its defaults cannot change
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from fractions import Fraction
from types import MappingProxyType
from typing import Any

from dreamzoom.recipe.channels import LayerName
from dreamzoom.recipe.dissolves import MOST_DISSOLVES, Dissolve
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.loop import LoopSettings
from dreamzoom.recipe.music import MusicSettings
from dreamzoom.recipe.points import Auto, MovingPoint, TrackPair
from dreamzoom.recipe.rows import TableRows, settings_of
from dreamzoom.recipe.settings import GENERATED, Choice, FileText, Moving, Real, Setting, Whole
from dreamzoom.recipe.units import Dimensions, Rate, Seconds, Size
from dreamzoom.tracks.base import Clock, Kind, Track
from dreamzoom.tracks.blend import Blend
from dreamzoom.tracks.music import Music


@dataclass(frozen=True)
class GuardSettings:
    """Whether a clip that has stopped going anywhere is pushed on, and how."""

    nudge: str = Choice(
        default="none",
        choices=("none", "noise", "channels", "layer", "guide", "turn"),
        help="what a stuck dream is pushed with: smooth noise, another set of channels, another layer or "
        "a guide picture, cross-faded in, or a turn of the camera",
    ).field()
    amount: float = Real(
        default=10.0, minimum=0.0, maximum=100.0, help="how strong the noise is, in grey levels"
    ).field()
    layer: str = LayerName(
        default="",
        help='the layer that nudge "layer" fades in; "" is a neighbour of the one dreamed from',
    ).field()
    guide: str = FileText(
        default="",
        what="a picture's path or URL",
        help='the picture that nudge "guide" makes it follow',
        kind="nudge",
    ).field()
    turn: float = Real(
        default=30.0,
        minimum=-180.0,
        maximum=180.0,
        help='how far nudge "turn" turns the picture clockwise from its beginning to its end, in degrees',
    ).field()
    closer: float = Real(
        default=2.0,
        minimum=1.0,
        maximum=10.0,
        help='how many times closer nudge "turn" brings the picture meanwhile, or further away where the '
        "camera draws back",
    ).field()
    similar: float = Real(
        default=0.5,
        help="how alike frames half a span apart are, on average, where a clip repeats itself",
    ).field()
    few: float = Real(
        default=0.05,
        help="where so few of a layer's channels, as a share, have most of what it sees for a whole span "
        "though nothing asks for them, the clip is stuck too; 0 for never",
    ).field()
    span: int = Whole(
        default=40,
        minimum=8,
        maximum=600,
        unit="dreams",
        help="from one look at the clip to the next; as long as that a nudge lasts",
    ).field()


@dataclass(frozen=True)
class ClipSettings:
    """How many frames, how large, how fast, and what they start from."""

    frames: int = Whole(
        default=300,
        minimum=1,
        maximum=999_999,
        usual=(1, 3000),
        unit="frames",
        help="how many frames the clip has",
    ).field()
    size: Size = Dimensions(
        default="640x360", help="a frame's size; a video is cropped by a pixel where a side is odd"
    ).field()
    fps: Fraction = Rate(
        default=30, help="frames a second; 23.976, 29.97, 59.94 and 119.88 are NTSC's exact fractions"
    ).field()
    seed: int = Whole(
        default=0,
        minimum=0,
        maximum=2**63 - 1,
        usual=(0, 999),
        help="chooses the jitter and the generated picture",
    ).field()
    image: str = FileText(
        default="clouds",
        what="a picture's path or URL, or a generator: 'clouds', 'hills', 'marble', 'nebula', 'noise' or "
        "'grey'",
        help="what frame 0 is dreamed from; a file that has a generator's name is written './clouds'",
        kind="start",
        or_word=True,
        words=GENERATED,
    ).field()
    end: str = FileText(
        default="",
        what="a picture's path or URL, or a generator such as 'clouds'",
        help='the picture that the clip ends in: its last frame is that, fitted to the size; "" for none',
        kind="end",
        or_word=True,
        words=GENERATED,
    ).field()
    end_over: float = Seconds(default=4.0, help="with end: through how many seconds it comes").field()
    dissolve: tuple[Dissolve, ...] = TableRows(
        of=Dissolve,
        what="dissolve",
        most=MOST_DISSOLVES,
        help="pictures that dissolve into the running dream and are dreamed over, such as "
        '{ image = "b.jpg", at = "8s" }',
    ).field()


@dataclass(frozen=True)
class ModelSettings:
    """Which network dreams, and on what; of these only the name decides what a clip is."""

    name: str = FileText(
        default="squeezenet", what="a model's name or folder", help="the network that dreams", or_word=True
    ).field()
    engine: str = Choice(
        default="auto", choices=("auto", "torch", "caffe"), help="what computes the network"
    ).field()
    precision: str = Choice(
        default="float32",
        choices=("float32", "tf32", "bfloat16"),
        help="bfloat16 is faster, and coarser; tf32 is for cuda, and between them",
    ).field()
    device: str = Choice(
        default="auto",
        choices=("auto", "cpu", "cuda", "mps"),
        elsewhere=(("gpu", "cuda"), ("nvidia", "cuda"), ("metal", "mps"), ("apple", "mps")),
        help="where the torch engine computes",
    ).field()


@dataclass(frozen=True)
class CameraSettings:
    """The motion from one frame to the next."""

    zoom: Track = Moving(
        default=1.05,
        kind=Kind.FACTOR,
        minimum=0.5,
        maximum=2.0,
        usual=(0.95, 1.15),
        step=0.001,
        unit="times a frame",
        help='magnification per frame, or "4.3/s"; below 1 the camera draws back',
    ).field()
    rotate: Track = Moving(
        default=0,
        kind=Kind.RATE,
        minimum=-180,
        maximum=180,
        usual=(-5, 5),
        step=0.05,
        unit="degrees a frame",
        help='rotation per frame, or "10deg/s"',
    ).field()
    pan: TrackPair = MovingPoint(
        default=[0, 0],
        kind=Kind.RATE,
        minimum=-1,
        maximum=1,
        usual=(-0.02, 0.02),
        unit="of the frame's width and height a frame",
        help="shift per frame",
    ).field()
    target: TrackPair | Auto = (
        MovingPoint(
            default=[0.5, 0.5],
            unit="of the frame's width and height",
            help="the point zoomed into, from the top left; 'auto' glides to where the network sees most",
        )
        .or_auto()
        .field()
    )
    every: int = Whole(
        default=1,
        minimum=1,
        maximum=60,
        usual=(1, 6),
        unit="frames",
        help="dream every k-th frame, warp those between",
    ).field()
    interpolation: str = Choice(
        default="cubic", choices=("bilinear", "cubic", "lanczos"), help="how a warped frame is sampled"
    ).field()
    mirrors: int = Whole(
        default=0,
        minimum=0,
        maximum=24,
        unit="mirrors",
        help="a kaleidoscope: 1 mirrors the right half to the left, n make 2n sectors; the camera turns "
        "and zooms behind them",
    ).field()


@dataclass(frozen=True)
class ColourSettings:
    """Which colours a clip has, and how much they are held."""

    hold: Track = Moving(
        default=0,
        help="0 lets the colours run, 1 keeps those of the start image, or of the palette",
    ).field()
    palette: Blend[str] = (
        FileText(
            default="",
            what="a palette's name or file, or a picture's path or URL",
            help='whose colours are held: those of a palette ("dusk"), of a palette\'s file (.toml, .gpl, '
            ".hex), those that are written ('#14163a #f5b277'), or a picture's; \"\" for the start image; a "
            "picture's file that has a palette's name is written './dusk'",
            kind="palette",
            or_word=True,
        )
        .fading()
        .field()
    )
    map: str = Choice(
        default="plain",
        choices=("plain", "mixture"),
        help="how colours are held: plain keeps their mean and spread; mixture shares them out among up to 8 "
        "clusters, so that a palette's own colours appear and none between them",
    ).field()
    even: Track = Moving(
        default=0,
        help="the share of the broadest light and shade that is taken away each frame",
    ).field()


@dataclass(frozen=True)
class Recipe:
    """A whole recipe; two are equal when all their values are.

    Attributes:
        heard: the song as tracks see it, once it was listened to; it follows from `music`.
    """

    clip: ClipSettings = field(default_factory=ClipSettings)
    model: ModelSettings = field(default_factory=ModelSettings)
    dream: DreamSettings = field(default_factory=DreamSettings)
    camera: CameraSettings = field(default_factory=CameraSettings)
    colour: ColourSettings = field(default_factory=ColourSettings)
    guard: GuardSettings = field(default_factory=GuardSettings)
    music: MusicSettings = field(default_factory=MusicSettings)
    loop: LoopSettings = field(default_factory=LoopSettings)
    heard: Music | None = field(default=None, compare=False)

    @property
    def clock(self) -> Clock:
        """What the tracks' values are reckoned by."""
        return Clock(fps=self.clip.fps, frames=self.clip.frames, music=self.heard)

    @property
    def torus_dreams(self) -> int:
        """How often a loop's picture is dreamed over."""
        steps = self.dream.octaves * round(self.dream.iterations.at(0, self.clock))
        return self.loop.count_dreams(steps)


_TABLES: Mapping[str, type[Any]] = MappingProxyType(
    {
        "clip": ClipSettings,
        "model": ModelSettings,
        "dream": DreamSettings,
        "camera": CameraSettings,
        "colour": ColourSettings,
        "guard": GuardSettings,
        "music": MusicSettings,
        "loop": LoopSettings,
    }
)

TABLES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {table: tuple(settings_of(group)) for table, group in _TABLES.items()}  # type: ignore[arg-type]
)
"""The keys of each table, in their order."""

SETTINGS: Mapping[str, Setting[Any]] = MappingProxyType(
    {
        f"{table}.{name}": setting
        for table, group in _TABLES.items()
        for name, setting in settings_of(group).items()  # type: ignore[arg-type]
    }
)
"""What each dotted key may hold."""

_FIELDS: Mapping[str, str] = MappingProxyType(
    dict(zip(SETTINGS, (part.name for group in _TABLES.values() for part in fields(group)), strict=True))
)  # a key that is a word of Python's has another name there: `class` is `class_`


def table_meaning(table: str) -> str:
    """What a table of the recipe decides, in one line."""
    return (_TABLES[table].__doc__ or "").partition("\n")[0]


def value_of(recipe: Recipe, key: str) -> object:
    """The value of a dotted key such as "camera.zoom"."""
    value: object = getattr(getattr(recipe, key.partition(".")[0]), _FIELDS[key])
    return value


def raw_value(recipe: Recipe, key: str) -> object:
    """The value of a dotted key as it stands in a file."""
    return SETTINGS[key].dump(value_of(recipe, key))


def raw_tables(recipe: Recipe) -> dict[str, dict[str, object]]:
    """All values as they stand in a file, by table and key."""
    return {
        table: {name: raw_value(recipe, f"{table}.{name}") for name in names}
        for table, names in TABLES.items()
    }


def recipe_of(values: Mapping[str, object], heard: Music | None = None) -> Recipe:
    """The recipe of parsed values by dotted key; keys that are absent have their defaults."""
    groups = {
        table: group(
            **{_FIELDS[key]: values[key] for key in (f"{table}.{name}" for name in names) if key in values}
        )
        for (table, names), group in zip(TABLES.items(), _TABLES.values(), strict=True)
    }
    return Recipe(**groups, heard=heard)
