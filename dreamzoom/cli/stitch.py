"""`dreamzoom stitch`."""

from __future__ import annotations

import contextlib
import re
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.options import folder_argument
from dreamzoom.errors import RequestError

if TYPE_CHECKING:
    from dreamzoom.clip import ClipFolder

_RANGE = re.compile(r"(-?\d{1,9})?:(-?\d{1,9})?")
_EVERY_FRAME = slice(None)


def _rate(text: str) -> Fraction:
    from dreamzoom.recipe.units import parse_rate

    rate = parse_rate(text)
    if rate is None:
        raise click.BadParameter(f"{text!r} is no rate from 1 to 240, such as 30, 29.97, 12.5 or 30000/1001")
    return rate


def _range(text: str) -> slice:
    match = _RANGE.fullmatch(text.strip())
    if match is None:
        raise click.BadParameter(f"{text!r} is no range of frames such as 0:300, 90: or :-30")
    first, last = (int(end) if end else None for end in match.groups())
    return slice(first, last)


@click.command()
@folder_argument
@click.option(
    "-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="An .mp4, .mov or .gif file."
)
@click.option("--fps", metavar="RATE", type=_rate, help="Frames a second.  [default: the clip's]")
@click.option("--audio", metavar="FILE", type=click.Path(path_type=Path), help="A song for the video.")
@click.option("--gif", is_flag=True, help="Make a GIF: DIR/clip.gif if no FILE is named.")
@click.option(
    "--frames", metavar="A:B", type=_range, help="From frame A to the one before B.  [default: all]"
)
@click.option("-y", "--force", is_flag=True, help="Overwrite FILE if it exists.")
def stitch(
    folder: Path,
    *,
    out: Path | None,
    fps: Fraction | None,
    audio: Path | None,
    gif: bool,
    frames: slice | None,
    force: bool,
) -> None:
    """Make a video or a GIF of the frames that the clip in DIR has: DIR/clip.mp4 if no FILE is named.

    A range of frames is half-open and counts from 0, as Python's slices do: 0:90 are the first 90 frames, 90:
    is the rest, -30: the last 30.

    The clip's own song goes with a video that begins at frame 0; --audio takes another. It is cut where the
    video ends, or followed by silence.

    A video's sides are even: of an odd one the last row or column is left out. A GIF is 480 pixels wide at
    most and loops for ever; it runs at 50 frames a second at most, above that frames are left out.
    """
    from dreamzoom.clip import open_clip

    clip = open_clip(folder)
    target = _target(clip, out, gif, audio)
    _require_free(clip, target, force)
    finished = clip.finished_frames()
    chosen = range(len(finished))[frames or _EVERY_FRAME]
    if not chosen:
        raise RequestError(f"{folder} has {len(finished)} frames, and that range holds none of them")
    song = audio or (clip.soundtrack_path if chosen[0] == 0 else None)
    with _alone(clip, target):
        _make([finished[index] for index in chosen], target, fps or clip.recipe.clip.fps, song)
    click.echo(f"{target}: {len(chosen)} frames", err=True)


def _target(clip: ClipFolder, out: Path | None, gif: bool, audio: Path | None) -> Path:
    target = out or (clip.path / "clip.gif" if gif else clip.video_path)
    is_gif = target.suffix.lower() == ".gif"
    if gif and not is_gif:
        raise RequestError(f"{target}: a GIF's name must end in .gif")
    if is_gif and audio:
        raise RequestError(f"{target}: a GIF has no sound; leave out --audio, or make an .mp4")
    return target


def _require_free(clip: ClipFolder, target: Path, force: bool) -> None:
    """What we made ourselves, clip.mp4 and clip.gif in the clip's folder, may be replaced; other files not
    unasked."""
    ours = {clip.video_path, clip.path / "clip.gif"}
    if target not in ours and target.exists() and not force:
        raise RequestError(f"{target} exists: name another file, or overwrite it with --force")


def _alone(clip: ClipFolder, target: Path) -> AbstractContextManager[None]:
    """The clip's lock, if the video goes into its folder: whoever renders there clears away unfinished
    files."""
    from dreamzoom.clip import writing

    inside = target.absolute().parent.resolve() == clip.path.resolve()
    return writing(clip.path) if inside else contextlib.nullcontext()


def _make(frames: list[Path], target: Path, fps: Fraction, song: Path | None) -> None:
    from dreamzoom.cli.progress import progress
    from dreamzoom.video.gif import make_gif
    from dreamzoom.video.stitch import stitch as make_video

    with progress(len(frames), str(target)) as advance:
        shown = 0

        def on_frame(done: int) -> None:
            nonlocal shown
            advance(done - shown)
            shown = done

        if target.suffix.lower() == ".gif":
            make_gif(frames, target, fps, on_frame=on_frame)
        else:
            make_video(frames, target, fps, song, on_frame)
