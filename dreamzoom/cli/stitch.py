"""`dreamzoom stitch`."""

from __future__ import annotations

import contextlib
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dreamzoom.cli.console import counted, say
from dreamzoom.cli.films import is_film, refuse_given, stitch_film
from dreamzoom.cli.options import folder_argument, require_titles, titles_font
from dreamzoom.cli.targets import NamedPath, WritingCommand, require_folder, require_writable
from dreamzoom.cli.values import (
    parse_angle,
    parse_frame_rate,
    parse_range,
    parse_rounds,
    parse_seconds,
    parse_speed,
)
from dreamzoom.errors import RequestError, warn
from dreamzoom.footage.wanted import AskedSound
from dreamzoom.stitching.wanted import StitchOrder

if TYPE_CHECKING:
    from dreamzoom.clip.folder import ClipFolder
    from dreamzoom.stitching.planning import StitchPlan


@click.command(cls=WritingCommand)
@folder_argument
@click.option("-o", "--out", metavar="FILE", type=NamedPath(), help="An .mp4, .mov or .gif file.")
@click.option("--fps", metavar="RATE", type=parse_frame_rate, help="Frames a second.  [default: the clip's]")
@click.option("--audio", metavar="FILE", type=NamedPath(), help="A song for the video.")
@click.option(
    "--start", metavar="TIME", type=parse_seconds, help="Where in FILE's song the video begins: 62, or 1:02."
)
@click.option("--fade-in", metavar="SECONDS", type=parse_seconds, help="How long the sound rises at first.")
@click.option("--fade-out", metavar="SECONDS", type=parse_seconds, help="How long the sound falls at last.")
@click.option(
    "--sound",
    metavar="HOW",
    type=click.Choice(["aac", "copy"]),
    help="How the song gets into the video: aac, or copy, as it is where that can be.  [default: the clip's]",
)
@click.option("--gif", is_flag=True, help="Make a GIF: DIR/clip.gif if no FILE is named.")
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
    "--speed",
    metavar="FACTOR",
    type=parse_speed,
    default="1",
    help="0.5 is half as fast, with new frames between; 2 leaves every other out.  [default: 1]",
)
@click.option(
    "--shutter",
    metavar="ANGLE",
    type=parse_angle,
    default="0",
    help="Motion blur: at 180 the shutter is open for half of each frame, at 360 for all.  [default: 0]",
)
@click.option(
    "--titles",
    metavar="FILE",
    type=NamedPath(),
    help="Lyrics or subtitles: .lrc, .srt or .vtt.",
)
@titles_font
@click.option("--no-recipe", is_flag=True, help="Do not tell in the file how it was made.")
@click.option("-y", "--force", is_flag=True, help="Overwrite FILE if it exists.")
@click.pass_context
def stitch(ctx: click.Context, /, folder: Path, **options: Any) -> None:
    """Make a video or a GIF of the frames that the clip in DIR has: DIR/clip.mp4 if no FILE is named.

    A range of frames is half-open and counts from 0, as Python's slices do: 0:90 are the first 90 frames, 90:
    is the rest, -30: the last 30. A range, or another speed, goes to a FILE that you name.

    A loop is played once, or as often as --rounds says: with `--rounds song` it goes on under the whole song,
    and ends with it, wherever it is by then. That, too, goes to a FILE. A GIF goes round for ever as it is.

    Another speed needs no new dream: what lies between two frames follows from the camera's known motion.

    A shutter blurs what moves, as the camera's known motion tells, and what stands still stays sharp. Films
    and GIFs are blurred, stored frames never: the next dream goes on from them.

    The clip's own song goes with its frames, a range's with the range; --audio takes another. It is cut where
    the video ends, or followed by silence. A GIF has no sound.

    Titles are drawn over the pictures, at the song's times where there is one, and go to a FILE that you
    name.

    A video's sides are even: of an odd one the last row or column is left out. A GIF is 480 pixels wide at
    most and loops for ever; it runs at 50 frames a second at most, above that frames are left out.

    A film is put together again from its scenes: DIR/film.mp4.
    """
    if is_film(folder):
        refuse_given(ctx, "is of a clip: `dreamzoom deliver` makes other files of a film")
        stitch_film(folder)
        return
    from dreamzoom.clip.folder import open_clip

    asked = _Options(**options)
    require_titles(asked.titles, asked.font)
    clip = open_clip(folder)
    order = _order(clip, asked)
    _require_writable(clip, order, force=asked.force)
    plan = _plan(clip, order)
    _tell_of_changes(clip)
    for doubt in plan.doubts:
        warn(doubt)
    with _locked_if_within(clip, plan.target):
        _keep_foreign(plan)
        _make(plan)
        _note(plan)
    say(f"{plan.target}: {counted(plan.count, 'frame')}")


@dataclass(frozen=True)
class _Options:
    """The command's options, by their names."""

    out: Path | None
    fps: Fraction | None
    audio: Path | None
    sound: str | None
    start: Fraction | None
    fade_in: Fraction | None
    fade_out: Fraction | None
    gif: bool
    frames: slice | None
    rounds: int | None
    speed: Fraction
    shutter: Fraction
    titles: Path | None
    font: Path | None
    no_recipe: bool
    force: bool


def _order(clip: ClipFolder, options: _Options) -> StitchOrder:
    """What the options ask for. Raises a UsageError where no file can be of them."""
    order = StitchOrder(
        options.out or (clip.path / "clip.gif" if options.gif else clip.video_path),
        options.frames,
        options.rounds,
        options.fps,
        options.speed,
        options.shutter,
        AskedSound(options.audio, options.start, options.fade_in, options.fade_out),
        None if options.sound is None else options.sound == "copy",
        options.titles,
        not options.no_recipe,
        options.font,
    )
    if options.out is None and not options.gif and not order.is_clips_own:
        raise click.UsageError(
            "a part of the clip, several rounds, another speed or titles are no clip.mp4: name a file with -o"
        )
    if options.gif and not order.is_gif:
        raise RequestError(f"{order.target}: a GIF's name must end in .gif")
    return order


def _plan(clip: ClipFolder, order: StitchOrder) -> StitchPlan:
    """What the order comes to. Raises a RequestError where that cannot be."""
    from dreamzoom.stitching.planning import plan_stitch

    return plan_stitch(clip, order)


def _require_writable(clip: ClipFolder, order: StitchOrder, *, force: bool) -> None:
    """What we made ourselves may be replaced, other files not unasked."""
    require_folder(order.target)
    if order.target not in {clip.video_path, clip.path / "clip.gif"}:
        require_writable(order.target, force=force, may_join_clip=True)


def _locked_if_within(clip: ClipFolder, target: Path) -> AbstractContextManager[None]:
    """The clip's lock, if the film goes into its folder: whoever renders there removes unfinished files."""
    from dreamzoom.clip.lock import writing

    inside = target.absolute().parent.resolve() == clip.path.resolve()
    return writing(clip.path) if inside else contextlib.nullcontext()


def _keep_foreign(plan: StitchPlan) -> None:
    """Keep a video that is in the place of the clip's own, and that a person made, as may be."""
    from dreamzoom.clip.aside import keep_foreign_video

    path = plan.clip.video_path
    if plan.target.absolute() == path.absolute() and (kept := keep_foreign_video(plan.clip)):
        say(f"{path} was another video than was made of the clip: {kept} keeps it")


def _make(plan: StitchPlan) -> None:
    """Make it, and show how far it is."""
    from dreamzoom.cli.console import progress
    from dreamzoom.stitching.making import make_stitch

    with progress(plan.count, str(plan.target)) as advance:
        make_stitch(plan, advance)


def _tell_of_changes(clip: ClipFolder) -> None:
    """Say what is not as it was made: the film shows what there is."""
    from dreamzoom.clip.status import frames_of_other_sizes
    from dreamzoom.clip.vouch import changed_since

    for fault in [*changed_since(clip, hashed=False), *frames_of_other_sizes(clip)]:
        warn(fault)


def _note(plan: StitchPlan) -> None:
    """Note the clip's own video, so that the clip knows it again."""
    from dreamzoom.clip.note import note_video

    clip = plan.clip
    if plan.target.absolute() == clip.video_path.absolute():
        note_video(plan.target, clip.journal(), plan.frames if plan.order.speed == 1 else ())
