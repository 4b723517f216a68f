"""The pictures of a planned video or GIF, and its file."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

from dreamzoom.film.words.titles import TitlePainter
from dreamzoom.footage.programme import Shown
from dreamzoom.footage.shutter import expose, retime
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.stitching.planning import StitchPlan
from dreamzoom.video.gif import frame_length, kept_frames, make_gif
from dreamzoom.video.stitch import stitch


def make_stitch(plan: StitchPlan, on_frame: Callable[[], object]) -> None:
    """Make the file; it is whole or absent.

    Args:
        on_frame: called after each of its frames.

    Raises:
        RequestError, PictureError, SoundError, VideoError, StorageError: it could not be made.
    """
    clip = plan.clip
    paths = [clip.frame_path(frame % clip.recipe.clip.frames) for frame in plan.frames]
    if plan.order.is_gif:
        make_gif(
            paths,
            plan.target,
            plan.fps,
            inscription=plan.inscription,
            pictures=_blurred(plan),
            on_frame=on_frame,
        )
        return
    pictures = _retimed(plan)
    if plan.painter is not None:
        pictures = _titled(plan.painter, paths, pictures)
    stitch(
        paths,
        plan.target,
        plan.fps,
        plan.song,
        keep_codec=plan.keep_codec,
        excerpt=plan.excerpt,
        inscription=plan.inscription,
        pictures=pictures,
        on_frame=on_frame,
    )


def _retimed(plan: StitchPlan) -> Iterator[Pixels] | None:
    """What a video shows; None for the clip's own frames."""
    order = plan.order
    if order.speed == 1 and order.shutter == 0:
        return None
    return retime(plan.clip, plan.frames, order.speed, order.shutter)


def _blurred(plan: StitchPlan) -> Iterator[Pixels] | None:
    """What a GIF shows; None for the clip's own frames."""
    shutter = plan.order.shutter
    if shutter == 0:
        return None
    shown = (Fraction(plan.frames[index]) for index in kept_frames(len(plan.frames), plan.fps))
    return expose(plan.clip, shown, shutter / 360 * frame_length(plan.fps))


def _titled(
    painter: TitlePainter, paths: Sequence[Path], pictures: Iterable[Shown] | None
) -> Iterator[Shown]:
    """A video's pictures with their words.

    Args:
        paths: of the clip's frames, where its pictures are those.
        pictures: what the video shows else.
    """
    for number, picture in enumerate(map(read_frame, paths) if pictures is None else pictures):
        yield painter.draw(picture, number)
