"""Everything the page tells, gathered from a clip's folder. Nothing there is changed."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from dreamzoom.clip import ClipFolder, Entry, Status, clip_status
from dreamzoom.errors import PictureError
from dreamzoom.report.contact import ON_A_SHEET, Picture, picture_of
from dreamzoom.report.frames import Look, evenly, measure_frames, most_measured, sound_frame
from dreamzoom.report.journal import Stretch, engines_of, entries_of, faults_of, grouped, nudges_of

if TYPE_CHECKING:
    from dreamzoom.measure import Frame
    from dreamzoom.tracks.sampled import Sampled


_ABSURD: Final = 1e30  # no figure of a frame; infinities and what is no number are not below it either


@dataclass(frozen=True)
class Video:
    """The clip's video: its address as seen from the page, and its size in bytes."""

    address: str
    size: int


@dataclass(frozen=True)
class StartImage:
    """The start image, and the figures that frames are compared with."""

    picture: Picture
    brightness: float


@dataclass(frozen=True)
class Report:
    """What there is to tell of a clip.

    Attributes:
        clip: its folder and frozen recipe.
        recipe_text: `recipe.toml` as it stands there.
        made: when this was gathered.
        status: how far the clip is.
        journaled: how many frames the journal has.
        looks: figures of the frames that were measured.
        objective, seconds: what the journal says of each frame; only finite numbers.
        engines: what computed which frames.
        targets: where the camera looked, in fractions of the frame, if it found its own targets.
        nudges: what the guard did.
        faults: frames that are not as the journal says.
        hashed: how many frames' bytes were compared with the journal; of the others only the size was.
        start: the start image; None where it cannot be read.
        sheet: pictures of frames spread over the clip, by their numbers.
        tracks: the recipe's tracks over the whole clip.
        video: None while there is none.
    """

    clip: ClipFolder
    recipe_text: str
    made: datetime
    status: Status
    journaled: int
    looks: tuple[Look, ...]
    objective: Mapping[int, float]
    seconds: Mapping[int, float]
    targets: Mapping[int, tuple[float, float]]
    engines: tuple[Stretch, ...]
    nudges: tuple[Stretch, ...]
    faults: tuple[Stretch, ...]
    hashed: int
    start: StartImage | None
    sheet: Mapping[int, Picture]
    tracks: tuple[Sampled, ...]
    video: Video | None


def frames_to_measure(clip: ClipFolder) -> list[int]:
    """The frames that `gather` measures: all, or so many spread over the clip that it stays quick."""
    return evenly(list(entries_of(clip)), most_measured(clip))


def gather(
    clip: ClipFolder, page: Path, made: datetime, on_frame: Callable[[], None] = lambda: None
) -> Report:
    """Look at a clip; safe while another process writes it.

    Args:
        page: where the page will be: the video's address depends on it.
        made: the time now.
        on_frame: called after each frame that was measured.

    Raises:
        ClipError: the recipe cannot be read.
    """
    from dreamzoom.recipe.moving import tracks_of
    from dreamzoom.tracks.sampled import sample

    entries = entries_of(clip)
    measured = frames_to_measure(clip)
    faults = faults_of(clip, entries, set(measured))
    start = _start_pixels(clip)
    sound = [frame for frame in measured if frame not in faults]
    return Report(
        clip=clip,
        recipe_text=(clip.path / "recipe.toml").read_text(encoding="utf-8", errors="replace"),
        made=made,
        status=clip_status(clip),
        journaled=len(entries),
        looks=tuple(measure_frames(clip, sound, start, on_frame)),
        objective=_finite(entries, lambda entry: entry.objective),
        seconds=_finite(entries, lambda entry: entry.seconds),
        targets={frame: entry.target for frame, entry in entries.items() if entry.target is not None},
        engines=engines_of(entries.values()),
        nudges=nudges_of(entries.values()),
        faults=grouped(faults),
        hashed=len(measured),
        start=None if start is None else StartImage(picture_of(start), float(start.mean())),
        sheet=_sheet(clip, [frame for frame in entries if frame not in faults]),
        tracks=tuple(sample(tracks_of(clip.recipe), clip.recipe.clock)),
        video=_video(clip.video_path, page),
    )


def _start_pixels(clip: ClipFolder) -> Frame | None:
    from dreamzoom.pictures import read_frame

    try:
        return read_frame(clip.start_path)
    except PictureError:
        return None


def _finite(entries: Mapping[int, Entry], value: Callable[[Entry], float]) -> dict[int, float]:
    values: dict[int, float] = {}
    for frame, entry in entries.items():
        try:
            number = float(value(entry))
        except OverflowError:  # a whole number of hundreds of digits
            continue
        if abs(number) < _ABSURD:
            values[frame] = number
    return values


def _sheet(clip: ClipFolder, frames: list[int]) -> dict[int, Picture]:
    sheet: dict[int, Picture] = {}
    for frame in evenly(frames, ON_A_SHEET):
        try:
            sheet[frame] = picture_of(sound_frame(clip, frame))
        except PictureError:  # its size is right, its bytes were not looked at
            continue
    return sheet


def _video(path: Path, page: Path) -> Video | None:
    try:
        size = path.stat().st_size
    except OSError:
        return None
    try:
        steps = Path(os.path.relpath(path.resolve(), page.resolve().parent))
    except ValueError:  # another drive
        return Video(path.resolve().as_uri(), size)
    # Quoted, so that a folder's name can be neither a scheme nor a query.
    return Video(quote(os.fsencode(steps.as_posix())), size)
