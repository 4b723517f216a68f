"""Everything the page tells, gathered from a clip's folder. Nothing there is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from statistics import fmean, median
from typing import Final

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Entry
from dreamzoom.clip.status import Status, clip_status, frame_fault
from dreamzoom.clip.vouch import changed_since
from dreamzoom.errors import PictureError
from dreamzoom.io.toml import read_text
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.plot.samples import Series, sample, tracks_of
from dreamzoom.recipe.schema import Recipe
from dreamzoom.report.colour import colourfulness, effective_hues
from dreamzoom.report.contact import ON_A_SHEET, JpegPicture, make_jpeg
from dreamzoom.report.frames import (
    REPEAT_FRAMES,
    Measurement,
    measure_frames,
    most_measured,
    pick_evenly,
    read_whole_frame,
)
from dreamzoom.report.template import address_from

_LONGEST_TEXT: Final = 300
_ABSURD: Final = 1e30  # no figure of a frame; infinities and what is no number are not below it either
_NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]?\d+)?")


@dataclass(frozen=True)
class Stretch:
    """Frames in a row, the last one included, of which the same is said."""

    first: int
    last: int
    text: str

    @property
    def span(self) -> str:
        """Its frames in words."""
        return f"frame {self.first}" if self.first == self.last else f"frames {self.first} to {self.last}"


@dataclass(frozen=True)
class Video:
    """The clip's video: its address as seen from the page, and its size in bytes."""

    address: str
    size: int


@dataclass(frozen=True)
class StartImage:
    """The start image, and the figures that frames are compared with."""

    picture: JpegPicture
    brightness: float
    colour: float
    hues: float


@dataclass(frozen=True)
class Report:
    """What there is to tell of a clip.

    Attributes:
        clip: its folder and frozen recipe.
        recipe_text: `recipe.toml` as it stands there.
        made: when this was gathered.
        status: how far the clip is.
        journaled: how many frames the journal has.
        measured: figures of frames, in order.
        objective, seconds: what the journal says of each frame; only finite numbers.
        engines: what computed which frames.
        targets: where the camera looked, in fractions of the frame, if it found its own targets.
        nudges: what the guard did.
        faults: frames that are not as the journal says.
        changed: what else is not as it was made, with what to do.
        hashed: how many frames' bytes were compared with the journal; of the others only the size was.
        start: the start image; None where it cannot be read.
        sheet: pictures of frames spread over the clip, by their numbers.
        tracks: the recipe's tracks over the whole clip, each frame's values by its own take.
        video: None while there is none.
    """

    clip: ClipFolder
    recipe_text: str
    made: datetime
    status: Status
    journaled: int
    measured: tuple[Measurement, ...]
    objective: Mapping[int, float]
    seconds: Mapping[int, float]
    targets: Mapping[int, tuple[float, float]]
    engines: tuple[Stretch, ...]
    nudges: tuple[Stretch, ...]
    faults: tuple[Stretch, ...]
    changed: tuple[str, ...]
    hashed: int
    start: StartImage | None
    sheet: Mapping[int, JpegPicture]
    tracks: tuple[Series, ...]
    video: Video | None


def frames_to_measure(clip: ClipFolder) -> list[int]:
    """The frames that `gather` measures: all, or so many spread over the clip that it stays quick."""
    return pick_evenly(list(entries_of(clip)), most_measured(clip))


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
    entries = entries_of(clip)
    chosen = frames_to_measure(clip)
    faults = faults_of(clip, entries, set(chosen))
    start = _start_pixels(clip)
    whole = [frame for frame in chosen if frame not in faults]
    return Report(
        clip=clip,
        recipe_text=read_text(clip.path / "recipe.toml"),
        made=made,
        status=clip_status(clip),
        journaled=len(entries),
        measured=tuple(measure_frames(clip, whole, start, on_frame)),
        objective=_finite(entries, lambda entry: entry.objective),
        seconds=_finite(entries, lambda entry: entry.seconds),
        targets={frame: entry.target for frame, entry in entries.items() if entry.target is not None},
        engines=engines_of(entries.values()),
        nudges=nudges_of(entries.values()),
        faults=group_faults(faults),
        changed=tuple(_changed(clip)),
        hashed=len(chosen),
        start=None if start is None else _start_image(start),
        sheet=_sheet(clip, [frame for frame in entries if frame not in faults]),
        tracks=tuple(_tracks(clip)),
        video=_video(clip.video_path, page),
    )


def _changed(clip: ClipFolder) -> Iterator[str]:
    """What of the clip's files, but for its frames, is not as it was; a quick look."""
    yield from changed_since(clip, hashed=False)
    is_whole = len(clip.finished_frames()) == clip.recipe.clip.frames
    if is_whole and clip.video_path.exists() and (fault := clip.video_fault()):
        yield f"{clip.video_path} {fault}: `dreamzoom resume` makes it again"


def _tracks(clip: ClipFolder) -> Iterator[Series]:
    parts: dict[str, list[Series]] = {}
    for take in clip.takes:
        for track in sample(tracks_of(take.recipe), take.recipe.clock):
            parts.setdefault(track.name, []).append(track.between(take.first, take.stop))
    return (_join(each) for each in parts.values())


def _join(parts: Sequence[Series]) -> Series:
    """One track of its takes, each told where its spelling is new."""
    news = [part for before, part in pairwise(parts) if part.about != before.about]
    return replace(
        parts[0],
        about="; ".join(
            [parts[0].about, *(f"from frame {part.points[0][0]}: {part.about}" for part in news)]
        ),
        points=tuple(point for part in parts for point in part.points),
        dots=tuple(dot for part in parts for dot in part.dots),
    )


def _start_image(pixels: Pixels) -> StartImage:
    return StartImage(make_jpeg(pixels), float(pixels.mean()), colourfulness(pixels), effective_hues(pixels))


def _start_pixels(clip: ClipFolder) -> Pixels | None:
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


def _sheet(clip: ClipFolder, frames: list[int]) -> dict[int, JpegPicture]:
    sheet: dict[int, JpegPicture] = {}
    for frame in pick_evenly(frames, ON_A_SHEET):
        try:
            sheet[frame] = make_jpeg(read_whole_frame(clip, frame))
        except PictureError:  # its size is right, its bytes were not looked at
            continue
    return sheet


def _video(path: Path, page: Path) -> Video | None:
    try:
        size = path.stat().st_size
    except OSError:
        return None
    return Video(address_from(page, path), size)


def entries_of(clip: ClipFolder) -> dict[int, Entry]:
    """The entries of the frames that the clip has, in the order of their numbers."""
    return {entry.frame: entry for entry in clip.journal() if 0 <= entry.frame < clip.recipe.clip.frames}


def engines_of(entries: Iterable[Entry]) -> tuple[Stretch, ...]:
    """What computed which frames."""
    return _stretches(((entry.frame, entry.engine[:_LONGEST_TEXT]) for entry in entries), lambda text: text)


def nudges_of(entries: Iterable[Entry]) -> tuple[Stretch, ...]:
    """What the guard did. Texts that differ in their numbers only, as a strength that swells, are one."""
    said = ((entry.frame, entry.nudge[:_LONGEST_TEXT]) for entry in entries if entry.nudge)
    return _stretches(said, lambda text: _NUMBER.sub("0", text))


def faults_of(clip: ClipFolder, entries: Mapping[int, Entry], hashed: Collection[int]) -> dict[int, str]:
    """The frames that are not as the journal says, and why.

    Of frames that are not in `hashed` only the size is looked at.
    """
    faults: dict[int, str] = {}
    for frame in range(max(entries, default=-1) + 1):
        path, entry = clip.frame_path(frame), entries.get(frame)
        if entry is not None and frame not in hashed and _has_size(clip, entry):
            continue
        if reason := frame_fault(path, entry):
            faults[frame] = reason
    return faults


def group_faults(faults: Mapping[int, str]) -> tuple[Stretch, ...]:
    """Faults as stretches of frames; sizes that differ are one fault."""
    return _stretches(sorted(faults.items()), lambda text: _NUMBER.sub("0", text))


def _has_size(clip: ClipFolder, entry: Entry) -> bool:
    try:
        return clip.frame_path(entry.frame).stat().st_size == entry.bytes
    except OSError:
        return False


def _stretches(said: Iterable[tuple[int, str]], alike: Callable[[str], str]) -> tuple[Stretch, ...]:
    """Neighbouring frames of which alike is said, in one; what the middle one says stands for all."""
    stretches: list[list[tuple[int, str]]] = []
    for frame, text in said:
        before = stretches[-1][-1] if stretches else None
        if before is not None and before[0] == frame - 1 and alike(before[1]) == alike(text):
            stretches[-1].append((frame, text))
        else:
            stretches.append([(frame, text)])
    return tuple(Stretch(part[0][0], part[-1][0], part[len(part) // 2][1]) for part in stretches)


@dataclass(frozen=True)
class Figure:
    """A figure: its name, its value in words, and what it is of."""

    name: str
    value: str
    of: str


def summary(report: Report) -> list[Figure]:
    """The figures that can be told; those of the picture are means over the last fifth of the clip."""
    frames = report.measured
    late = frames[-max(1, len(frames) // 5) :]
    when = "over the last fifth" if len(frames) >= 5 else "at the end"

    def of(then: Callable[[StartImage], str]) -> str:
        return when if report.start is None else f"{when}, {then(report.start)} at the start"

    light, colour, hues = (
        of(lambda start: f"{start.brightness:.0f}"),
        of(lambda start: f"{start.colour:.0f}"),
        of(lambda start: f"{start.hues:.1f}"),
    )
    return [
        *_mean("Brightness", "{:.0f}", [frame.brightness for frame in late], light),
        *_mean("Contrast", "{:.2f}", _known(frame.contrast for frame in late), f"{when}, start image 1"),
        *_mean("Clipped", "{:.1f} %", [100 * frame.clipped for frame in late], f"of all values, {when}"),
        *_mean("Colour", "{:.0f}", [frame.colour for frame in late], colour),
        *_mean("Hues", "{:.1f}", [frame.hues for frame in late], hues),
        *_mean("Flicker", "{:.1f}", _known(frame.flicker for frame in frames), "grey levels a frame, mean"),
        *_likeness(_known(frame.likeness for frame in frames)),
        *_loop(report.clip.recipe),
        *_time(list(report.seconds.values())),
    ]


def clock_time(seconds: float) -> str:
    """A time as people read it: "0.4 s", "3:25 min", "1:02:03 h"."""
    if seconds < 60:
        return f"{seconds:.3g} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d} h" if hours else f"{minutes}:{rest:02d} min"


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None]


def _mean(name: str, wording: str, values: Sequence[float], of: str) -> list[Figure]:
    return [Figure(name, wording.format(fmean(values)), of)] if values else []


def _likeness(values: list[float]) -> list[Figure]:
    if not values:
        return []
    high = sorted(values)[(len(values) - 1) * 95 // 100]
    return [Figure("Likeness", f"{high:.2f}", f"to {REPEAT_FRAMES} frames before, 95th percentile")]


def _loop(recipe: Recipe) -> list[Figure]:
    """How deep a loop is, and how long; nothing of a clip that is none, or is closed at its end alone."""
    if not recipe.loop.is_endless:
        return []
    lasts = clock_time(float(recipe.clip.frames / recipe.clip.fps))
    return [Figure("Loop", f"{recipe.loop.depth:g} times", f"closer in a round of {lasts}")]


def _time(seconds: list[float]) -> list[Figure]:
    if not seconds:
        return []
    return [Figure("Time", f"{median(seconds):.3g} s", f"a frame, median; {clock_time(sum(seconds))} in all")]
