"""What a delivery comes to, and what of it does not fit, before any work."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.reading import reading
from dreamzoom.delivery.checks import doubts_of_order, faults_of_order
from dreamzoom.delivery.order import Order
from dreamzoom.delivery.planning import plan_frames
from dreamzoom.delivery.screening import Heard, Screening
from dreamzoom.delivery.shapes import enlargement_doubt, has_shape
from dreamzoom.errors import DreamzoomError, RequestError
from dreamzoom.stitching.wanted import StitchError
from dreamzoom.studio.delivering.advice import Misfit, for_page
from dreamzoom.studio.delivering.orders import Delivery
from dreamzoom.studio.delivering.shown import KnownProgramme
from dreamzoom.studio.delivering.stitches import WantedStitch
from dreamzoom.video.ffmpeg import find_ffmpeg
from dreamzoom.video.sound import Sound, measure_sound

_MOST_TITLES: Final = 1000  # lines of words that are laid out at each choice: seconds, the first time


@dataclass(frozen=True)
class Fitting:
    """What a delivery comes to.

    Attributes:
        what: size, seconds, frames a second, sound, in words and figures for the page; empty where that is
            not known.
        faults: why it cannot be made.
        doubts: what could be better.
    """

    what: Mapping[str, Any]
    faults: tuple[Misfit, ...]
    doubts: tuple[Misfit, ...] = ()

    def as_json(self) -> Mapping[str, Any]:
        """As the page has it."""
        told = {name: [each.as_json() for each in getattr(self, name)] for name in ("faults", "doubts")}
        return {"what": self.what, **told}


def fit(wanted: Delivery, programme: KnownProgramme, out: Path) -> Fitting:
    """What a delivery of a programme comes to.

    Args:
        out: the file that is to be made.
    """
    try:
        order, doubts = _order(wanted, programme, out)
    except DreamzoomError as error:
        return Fitting({}, (for_page(_without_path(error, programme)),))
    ffmpeg = find_ffmpeg(out.parent)
    faults = [for_page(line) for line in faults_of_order(ffmpeg, order)]
    if wanted.loudness is not None and not order.has_sound:
        doubts = [*doubts, "It has no sound, so that its loudness is not used"]
    doubts = [*doubts, *doubts_of_order(order)]
    return Fitting(_what(order), tuple(faults), tuple(map(for_page, doubts)))


def fit_stitch(wanted: WantedStitch, clip: ClipFolder, folder: Path, out: Path) -> Fitting:
    """What a video of a clip's frames comes to.

    Args:
        folder: FOLDER.
        out: the file that is to be made.
    """
    from dreamzoom.stitching.planning import plan_stitch  # which loads SciPy

    if not clip.finished_frames():
        return Fitting({}, (Misfit("it has no frame yet"),))
    try:
        plan = plan_stitch(clip, wanted.order(folder, out), measured, _MOST_TITLES)
        find_ffmpeg(out.parent)
    except DreamzoomError as error:
        words = error.words if isinstance(error, StitchError) else str(error)
        return Fitting({}, (Misfit(_within(words, folder)),))
    doubts = (Misfit(_within(doubt, folder)) for doubt in plan.doubts)
    width, height = clip.recipe.clip.size.width // 2 * 2, clip.recipe.clip.size.height // 2 * 2
    what = {
        "size": [width, height],
        "seconds": float(plan.seconds),
        "frames": plan.count,
        "fps": float(plan.fps),
        "video": "H.264",
        "sound": None
        if plan.song is None
        else "sound as it is, where that can be"
        if plan.keep_codec
        else "AAC",
        "plays_at": None,
    }
    return Fitting(what, (), tuple(doubts))


def _within(words: str, folder: Path) -> str:
    """Words with paths as they are from FOLDER."""
    return words.replace(f"{folder}{os.sep}", "")


def measured(song: Path) -> Sound:
    """What a song is, measured once for as long as its file stays as it is: each choice is checked."""
    with reading(song):
        now = song.stat()
    return _measured(song, now.st_size, now.st_mtime_ns)


def _order(wanted: Delivery, programme: KnownProgramme, out: Path) -> tuple[Order, list[str]]:
    doubts: list[str] = []
    shown, chosen = _retimed(programme, wanted)
    size = wanted.shaped_size
    if size is not None and not has_shape(shown.size, size):
        doubt = enlargement_doubt(shown.size, size)
        doubts += [doubt.partition(" (--size")[0]] if doubt else []
        shown = replace(shown, size=size)
    frames = plan_frames(shown, chosen, wanted.fps, wanted.rounds)
    scaled = wanted.size if wanted.size is not None and size is None else None
    screening = Screening(shown, frames, wanted.fps or shown.fps, scaled)
    is_heard = not wanted.is_silent and wanted.target.sound is not None and shown.song is not None
    heard = _heard(shown, screening) if is_heard else None
    return Order(wanted.target, screening, heard, out), doubts


def _retimed(programme: KnownProgramme, wanted: Delivery) -> tuple[KnownProgramme, slice]:
    """The programme at the speed that is asked for, and which of its frames are shown."""
    chosen = slice(*wanted.frames) if wanted.frames else slice(None)
    frames = range(programme.count)[chosen]
    if not frames:
        raise RequestError(f"it has {programme.count} frames, and that range holds none of them")
    if wanted.rounds is not None and wanted.frames is not None:
        raise RequestError("rounds are whole: choose rounds, or a part of the frames")
    if not wanted.is_retimed:
        return programme, chosen
    count = max(1, round(len(frames) / wanted.speed))
    is_round = programme.is_loop and len(frames) == programme.count
    is_loop = is_round and (Fraction(len(frames)) / wanted.speed).denominator == 1
    return replace(programme, count=count, is_loop=is_loop, is_retimed=True), slice(None)


def _heard(programme: KnownProgramme, screening: Screening) -> Heard | None:
    if programme.song is None:
        return None
    return Heard(measured(programme.song), programme.excerpt, screening.length)


@lru_cache(maxsize=8)
def _measured(song: Path, size: int, changed: int) -> Sound:
    return measure_sound(song)


def _what(order: Order) -> Mapping[str, Any]:
    target, screening = order.target, order.screening
    width, height = order.picture_size
    return {
        "size": [width, height],
        "seconds": float(screening.length),
        "frames": len(screening.frames),
        "fps": float(screening.fps),
        "video": target.video.title,
        "sound": target.sound.title if order.has_sound and target.sound is not None else None,
        "plays_at": target.plays_at if order.has_sound else None,
    }


def _without_path(error: DreamzoomError, programme: KnownProgramme) -> str:
    """What is wrong, without where the folder lies."""
    return str(error).replace(f"{programme.path} is", "this is").replace(f"{programme.path} has", "this has")
