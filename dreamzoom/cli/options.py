"""Options that decide a recipe, shared by the commands that take one."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, TypeVar

import click

from dreamzoom.cli.help import USUAL, HeadedOption
from dreamzoom.cli.targets import NamedPath, SourceName

F = TypeVar("F", bound=Callable[..., Any])
_Options: TypeAlias = tuple[tuple[str, str, str, str], ...]

# Option, the recipe's key that it sets, metavar, help.
_CLIP = (
    ("--frames", "clip.frames", "N", "How many frames.  [default: 300]"),
    ("--size", "clip.size", "WxH", "Width and height in pixels.  [default: 640x360]"),
    ("--fps", "clip.fps", "RATE", "Frames a second: 30, 12.5, 30000/1001.  [default: 30]"),
    ("--zoom", "camera.zoom", "FACTOR", "Magnification per frame, or per second: 4.3/s."),
    ("--end", "clip.end", "IMAGE|URL", "The picture that the clip ends in, through its last 4 s."),
    ("--close", "loop.close", "SECONDS", "An endless loop: lead so many seconds at the end back to frame 0."),
    ("--target", "camera.target", "X,Y|auto", "The point zoomed into, in fractions.  [default: 0.5,0.5]"),
    (
        "--loop",
        "loop.depth",
        "DEPTH",
        "A zoom without end: the frames are one round, which magnifies DEPTH times, such as 16.",
    ),
)
_PICTURE = (("--size", "clip.size", "WxH", "Width and height in pixels.  [default: the picture's own]"),)
_ATLAS = (
    (
        "--size",
        "clip.size",
        "WxH",
        "Width and height in pixels.  [default: the picture's own, within 1024x1024]",
    ),
)
_MODEL = (
    ("--model", "model.name", "NAME|DIR|FILE", "The network that dreams.  [default: squeezenet]"),
    (
        "--layer",
        "dream.layer",
        "BLOB",
        "What the dream climbs; see `dreamzoom layers`.  [default: the model's own]",
    ),
    ("--class", "dream.class", "NAME|N", "A class to dream of: peacock; see `dreamzoom layers --classes`."),
    (
        "--objective",
        "dream.objective",
        "NAME",
        "l2, balanced, mean, amplify, guide, look or moments.  [default: l2]",
    ),
    ("--guide", "dream.guide", "IMAGE|URL", "The picture that guide, look and moments follow."),
    (
        "--palette",
        "colour.palette",
        "NAME|FILE",
        "Colours to hold: dusk; see `presets --palettes`.",
    ),
    ("--seed", "clip.seed", "N", "Seed of all that is random.  [default: 0]"),
)
_MACHINE = (
    ("--engine", "model.engine", "NAME", "auto, torch or caffe.  [default: auto]"),
    ("--device", "model.device", "NAME", "auto, cpu, cuda or mps.  [default: auto]"),
    ("--precision", "model.precision", "NAME", "float32, bfloat16, or tf32 on cuda.  [default: float32]"),
)


def _add(options: _Options, heading: str = USUAL) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        for option, _, metavar, text in reversed(options):
            add = click.option(option, metavar=metavar, help=text, cls=HeadedOption, heading=heading)
            command = add(command)
        return command

    return decorate


def _without_defaults(options: _Options) -> _Options:
    """The same options where what is not given stays as it is."""
    return tuple((option, key, metavar, text.partition("  [")[0]) for option, key, metavar, text in options)


def _together(*decorators: Callable[[F], F]) -> Callable[[F], F]:
    def decorate(command: F) -> F:
        for decorator in reversed(decorators):
            command = decorator(command)
        return command

    return decorate


_PRESET_HELP = "Start from a preset, or a file: a recipe, or a picture or film that dreamzoom made."
_preset = click.option("--preset", metavar="NAME|FILE", type=SourceName(), help=_PRESET_HELP)
_clip_preset = click.option(
    "--preset",
    "presets",
    metavar="NAME|FILE",
    type=SourceName(),
    multiple=True,
    default=("bestiary",),
    show_default="bestiary",
    help=f"{_PRESET_HELP} Several make a clip each, in folders of DIR.",
)
_set = click.option(
    "--set",
    "overrides",
    metavar="KEY=VALUE",
    multiple=True,
    help="Set any key of the recipe, as often as needed.",
)


def _allow_local(context: click.Context, _parameter: click.Parameter, allowed: bool) -> None:
    from dreamzoom.io.network import allowing_local

    if allowed:
        context.with_resource(allowing_local())


allow_local = click.option(
    "--allow-local",
    is_flag=True,
    expose_value=False,
    callback=_allow_local,
    help="Open web addresses of your own network too.",
)
"""For a command that opens web addresses."""

_text = click.option(
    "--text",
    metavar="WORDS",
    help="Dream within the letters of these words alone, feathers unless --preset says otherwise.",
)
_font = click.option(
    "--font",
    metavar="FILE",
    type=SourceName(),
    help="What --text is written with, .ttf or .otf, for letters that are not built in.",
)


titles_font = click.option(
    "--font",
    metavar="FILE",
    type=NamedPath(),
    help="What titles are written with, .ttf or .otf, for letters that are not built in.",
)
"""For a command that draws titles; without them `require_titles` refuses it."""


def require_titles(titles: Path | None, font: Path | None) -> None:
    """Raise a UsageError where there is a font for titles, and none are given."""
    if font is not None and titles is None:
        raise click.UsageError("--font is what --titles are written with: give those too, or leave it out")


machine_options = _add(_MACHINE, "Machine")
"""For a command that goes on with a clip on this machine."""

clip_options = _together(
    _clip_preset,
    _text,
    _font,
    _add(_CLIP, "Clip"),
    _add(_MODEL, "Dream"),
    machine_options,
    _set,
    allow_local,
)
"""For a command that makes a clip."""

change_options = _together(
    _preset,
    _add(_without_defaults(_CLIP), "Clip"),
    _add(_without_defaults(_MODEL), "Dream"),
    _add(_without_defaults(_MACHINE), "Machine"),
    _set,
    allow_local,
)
"""For a command that changes a clip."""

picture_options = _together(
    _preset,
    _text,
    _font,
    _add(_PICTURE),
    _add(_MODEL, "Dream"),
    machine_options,
    _set,
    allow_local,
)
"""For a command that makes a picture."""

atlas_options = _together(
    _preset,
    _add(_ATLAS),
    _add(tuple(option for option in _MODEL if option[1] not in ("dream.layer", "dream.class")), "Dream"),
    machine_options,
    _set,
    allow_local,
)
"""For a command that dreams a picture for many layers."""

place_option = click.option(
    "--model",
    "places",
    metavar="NAME|DIR",
    multiple=True,
    help="Where the clip's model is now, if it was moved; its weights prove that it is the same.",
)
"""For a command that goes on with a clip, whose model is given."""

redo_option = click.option(
    "--redo",
    is_flag=True,
    help="Where a frame comes out otherwise than it was, render all later ones again; the old ones are kept.",
)
"""For a command that may mend frames that others follow from."""

_SONG: _Options = (
    (
        "--audio",
        "music.song",
        "FILE",
        "A song: the clip is as long, and the video has its sound.",
    ),
    (
        "--sound",
        "music.sound",
        "HOW",
        "How the song gets into the video: aac, or copy, as it is where that can be.  [default: aac]",
    ),
    ("--start", "music.start", "TIME", "Where in the song the clip begins: 62, or 1:02.  [default: 0]"),
    ("--fade-in", "music.fade_in", "SECONDS", "How long the sound rises at first.  [default: 0]"),
    ("--fade-out", "music.fade_out", "SECONDS", "How long the sound falls at last.  [default: 0]"),
)

song_options = _add(_SONG, "Song")
"""For a command that makes a clip of a song."""

KEYS = {
    option.removeprefix("--").replace("-", "_"): key
    for option, key, _, _ in (*_CLIP, *_MODEL, *_MACHINE, *_SONG)
} | {
    "tempo": "music.tempo",
    "beats_per_bar": "music.beats_per_bar",
    "shift": "music.shift",
    "map": "music.map",
}
"""The key of the recipe that each option sets, by the option's name."""

folder_argument = click.argument("folder", metavar="DIR", type=NamedPath())
"""A clip's folder."""
