"""`dreamzoom deliver`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

from dreamzoom.cli.console import answer
from dreamzoom.cli.options import titles_font
from dreamzoom.cli.orders import DeliveryWish, deliver_files
from dreamzoom.cli.targets import NamedPath, WritingCommand
from dreamzoom.cli.values import (
    parse_angle,
    parse_frame_rate,
    parse_range,
    parse_rounds,
    parse_seconds,
    parse_shape,
    parse_speed,
)
from dreamzoom.delivery.targets import TARGETS, Target
from dreamzoom.errors import nearest


def _target(text: str) -> Target:
    found = TARGETS.get(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no target{_meant(text)}; `deliver --list` shows all")
    return found


def _meant(text: str) -> str:
    """A hint at the targets whose lines tell of what was asked for, else at those with a name like it."""
    word = rf"\b{re.escape(text)}\b"
    telling = [name for name, each in TARGETS.items() if re.search(word, f"{each.title} {each.line}", re.I)]
    return f"; did you mean {' or '.join(map(repr, telling))}?" if telling else nearest(text, TARGETS)


def _size(text: str) -> tuple[int, int]:
    from dreamzoom.errors import RecipeError
    from dreamzoom.recipe.schema import SETTINGS

    try:
        size = SETTINGS["clip.size"].parse(text)
    except RecipeError as error:
        raise click.BadParameter(str(error)) from error
    return size.width, size.height


def _list_targets() -> None:
    width = max(map(len, TARGETS))
    answer("\n".join(f"{target.name:{width}}  {target.line}" for target in TARGETS.values()))


@click.command(cls=WritingCommand)
@click.argument("folder", metavar="DIR", type=NamedPath(), required=False)
@click.option(
    "--for",
    "targets",
    metavar="NAME",
    type=_target,
    multiple=True,
    help="Who it is for, such as youtube; may be given again for more files.",
)
@click.option("--list", "lists", is_flag=True, help="Show who there is.")
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=NamedPath(),
    help="The file.  [default: DIR-NAME.mp4, or what NAME wants]",
)
@click.option(
    "--frames", metavar="A:B", type=parse_range, help="From frame A to the one before B.  [default: all]"
)
@click.option(
    "--rounds",
    metavar="N|song",
    type=parse_rounds,
    help="Play a loop N times; song: until its song ends.  [default: 1]",
)
@click.option(
    "--fps",
    metavar="RATE",
    type=parse_frame_rate,
    help="Frames a second, at the same speed.  [default: its own]",
)
@click.option(
    "--speed",
    metavar="FACTOR",
    type=parse_speed,
    default="1",
    help="0.5 is half as fast, with new frames between; the song keeps its speed.  [default: 1]",
)
@click.option(
    "--shutter",
    metavar="ANGLE",
    type=parse_angle,
    default="0",
    help="Motion blur: at 180 the shutter is open for half of each frame.  [default: 0]",
)
@click.option("--size", metavar="WxH", type=_size, help="Scale it to this size.  [default: its own]")
@click.option("--portrait", is_flag=True, help="Re-frame it to 1080x1920, around where the camera falls.")
@click.option("--square", is_flag=True, help="Re-frame it to 1080x1080.")
@click.option("--aspect", metavar="W:H", type=parse_shape, help="Re-frame it to another shape, such as 4:5.")
@click.option(
    "--titles",
    metavar="FILE",
    type=NamedPath(),
    help="Lyrics or subtitles over it: .lrc, .srt or .vtt.",
)
@titles_font
@click.option("--audio", metavar="FILE", type=NamedPath(), help="Another song for it.")
@click.option(
    "--start", metavar="TIME", type=parse_seconds, help="Where in FILE's song it begins: 62, or 1:02."
)
@click.option("--fade-in", metavar="SECONDS", type=parse_seconds, help="How long the sound rises at first.")
@click.option("--fade-out", metavar="SECONDS", type=parse_seconds, help="How long the sound falls at last.")
@click.option(
    "--loudness",
    metavar="LUFS",
    type=float,
    help="Bring the sound to this loudness, such as -14, peaks below -1 dBTP.  [default: as it is]",
)
@click.option("--silent", is_flag=True, help="Leave the song out.")
@click.option("--no-recipe", is_flag=True, help="Do not tell in the file how it was made.")
@click.option("-y", "--force", is_flag=True, help="Overwrite the file if it exists.")
def deliver(folder: Path | None, lists: bool, **options: Any) -> None:
    """Make the file that a platform, an editor or a browser wants of the clip or film in DIR.

    What does not fit is told before any work, with what would. When the file is made it is read back: its
    colours, frames and sound have to be what its target wants, else it is not kept.

    The file lies beside DIR and is called by both: DIR-youtube.mp4.
    """
    if lists:
        _list_targets()
        return
    if folder is None or not options["targets"]:
        raise click.UsageError(
            "name the folder of a clip or film, and whom it is for: --for youtube; --list shows who"
        )
    deliver_files(folder, DeliveryWish(**options))
