"""`dreamzoom stitch`."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.options import folder_argument
from dreamzoom.errors import RequestError

if TYPE_CHECKING:
    from dreamzoom.clip.folder import ClipFolder
    from dreamzoom.pictures.frames import Pixels
    from dreamzoom.video.stitch import OnFrame


_RANGE = re.compile(r"(-?\d{1,9})?:(-?\d{1,9})?")
_FACTOR = re.compile(r"\d{1,4}(\.\d{1,6})?|\d{1,4}/[1-9]\d{0,3}")
_ANGLE = re.compile(r"\d{1,3}(\.\d{1,6})?")
_SLOWEST = Fraction(1, 100)
_WIDEST = Fraction(360)
_EVERY_FRAME = slice(None)


def _rate(text: str) -> Fraction:
    from dreamzoom.recipe.units import parse_rate

    rate = parse_rate(text)
    if rate is None:
        raise click.BadParameter(f"{text!r} is no rate from 1 to 240, such as 30, 29.97, 12.5 or 30000/1001")
    return rate


def _speed(text: str) -> Fraction:
    match = _FACTOR.fullmatch(text.strip())
    speed = Fraction(match[0]) if match else Fraction(0)
    if not _SLOWEST <= speed <= 1 / _SLOWEST:
        raise click.BadParameter(f"{text!r} is no speed from 0.01 to 100, such as 0.5, 1/3 or 2")
    return speed


def _angle(text: str) -> Fraction:
    match = _ANGLE.fullmatch(text.strip())
    angle = Fraction(match[0]) if match else None
    if angle is None or angle > _WIDEST:
        raise click.BadParameter(f"{text!r} is no shutter angle from 0 to 360, such as 180 or 172.8")
    return angle


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
@click.option(
    "--speed",
    metavar="FACTOR",
    type=_speed,
    default="1",
    help="0.5 is half as fast, with new frames between; 2 leaves every other out.  [default: 1]",
)
@click.option(
    "--shutter",
    metavar="ANGLE",
    type=_angle,
    default="0",
    help="Motion blur: at 180 the shutter is open for half of each frame, at 360 for all.  [default: 0]",
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
    speed: Fraction,
    shutter: Fraction,
    force: bool,
) -> None:
    """Make a video or a GIF of the frames that the clip in DIR has: DIR/clip.mp4 if no FILE is named.

    A range of frames is half-open and counts from 0, as Python's slices do: 0:90 are the first 90 frames, 90:
    is the rest, -30: the last 30. A range, or another speed, goes to a FILE that you name.

    Another speed needs no new dream: what lies between two frames follows from the camera's known motion.

    A shutter blurs what moves, as the camera's known motion tells, and what stands still stays sharp. Films
    and GIFs are blurred, stored frames never: the next dream goes on from them.

    The clip's own song goes with a video that begins at frame 0; --audio takes another. It is cut where the
    video ends, or followed by silence.

    A video's sides are even: of an odd one the last row or column is left out. A GIF is 480 pixels wide at
    most and loops for ever; it runs at 50 frames a second at most, above that frames are left out.
    """
    from dreamzoom.clip.folder import open_clip

    clip = open_clip(folder)
    if out is None and not gif and (frames is not None or speed != 1):
        raise click.UsageError("a part of the clip, or another speed, is no clip.mp4: name a file with -o")
    target = _target(clip, out, gif, audio, speed)
    _require_free(clip, target, force)
    finished = clip.finished_frames()
    chosen = range(len(finished))[frames or _EVERY_FRAME]
    if not chosen:
        raise RequestError(f"{folder} has {len(finished)} frames, and that range holds none of them")
    song = audio or (clip.soundtrack_path if chosen[0] == 0 else None)
    rate = fps or clip.recipe.clip.fps
    film = _Film(clip, chosen, speed, shutter, rate, song, target)
    with _alone(clip, target):
        made = _make(film)
    click.echo(f"{target}: {made} frames", err=True)


@dataclass(frozen=True)
class _Film:
    """What is to be made: which frames of a clip, at what speed, how blurred, how shown, and where to."""

    clip: ClipFolder
    frames: range
    speed: Fraction
    shutter: Fraction
    fps: Fraction
    song: Path | None
    target: Path

    @property
    def paths(self) -> list[Path]:
        """The frames' files."""
        return [self.clip.frame_path(frame) for frame in self.frames]


def _target(clip: ClipFolder, out: Path | None, gif: bool, audio: Path | None, speed: Fraction) -> Path:
    target = out or (clip.path / "clip.gif" if gif else clip.video_path)
    is_gif = target.suffix.lower() == ".gif"
    if gif and not is_gif:
        raise RequestError(f"{target}: a GIF's name must end in .gif")
    if is_gif and speed != 1:
        raise RequestError(f"{target}: a GIF has the clip's own speed; leave out --speed, or make an .mp4")
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
    from dreamzoom.clip.lock import writing

    inside = target.absolute().parent.resolve() == clip.path.resolve()
    return writing(clip.path) if inside else contextlib.nullcontext()


def _make(film: _Film) -> int:
    """Make it, and tell how many frames it has."""
    if film.target.suffix.lower() == ".gif":
        return _make_gif(film)
    return _make_video(film) if film.speed == 1 and film.shutter == 0 else _make_between(film)


def _make_video(film: _Film) -> int:
    from dreamzoom.video.stitch import stitch as make_video

    with _counted(len(film.frames), film.target) as on_frame:
        make_video(film.paths, film.target, film.fps, film.song, on_frame)
    return len(film.frames)


def _make_between(film: _Film) -> int:
    """A video of what lies between the frames, too."""
    from dreamzoom.film.shutter import moments, retime
    from dreamzoom.video.stitch import common_size, encode

    count, size = len(moments(film.frames, film.speed)), common_size(film.paths)
    with _counted(count, film.target) as on_frame:
        pictures = retime(film.clip, film.frames, film.speed, film.shutter)
        encode(pictures, size, film.target, film.fps, soundtrack=film.song, on_frame=on_frame)
    return count


def _make_gif(film: _Film) -> int:
    from dreamzoom.video.gif import make_gif

    with _counted(len(film.frames), film.target) as on_frame:
        pictures = _blurred(film) if film.shutter else None
        make_gif(film.paths, film.target, film.fps, pictures=pictures, on_frame=on_frame)
    return len(film.frames)


def _blurred(film: _Film) -> Iterator[Pixels]:
    """What a GIF shows in the place of its frames."""
    from dreamzoom.film.shutter import expose
    from dreamzoom.video.gif import frame_length, kept_frames

    shown = (Fraction(film.frames[index]) for index in kept_frames(len(film.frames), film.fps))
    return expose(film.clip, shown, film.shutter / 360 * frame_length(film.fps))


@contextlib.contextmanager
def _counted(frames: int, target: Path) -> Iterator[OnFrame]:
    """Show the progress of a video, told how many of its frames are done."""
    from dreamzoom.cli.console import progress

    with progress(frames, str(target)) as advance:
        shown = 0

        def on_frame(done: int) -> None:
            nonlocal shown
            advance(done - shown)
            shown = done

        yield on_frame
