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
from dreamzoom.delivery.checks import doubts_of_order, faults_of_additions, faults_of_order
from dreamzoom.delivery.order import Order
from dreamzoom.delivery.planning import excerpt_shown, plan_frames, plan_sound
from dreamzoom.delivery.screening import Screening
from dreamzoom.delivery.shapes import enlargement_doubt, has_shape
from dreamzoom.errors import DreamzoomError, RequestError
from dreamzoom.film.words.safe import doubts_of_titles
from dreamzoom.footage.wanted import UnfitError
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


def fit(wanted: Delivery, programme: KnownProgramme, folder: Path, out: Path) -> Fitting:
    """What a delivery of a programme comes to.

    Args:
        folder: FOLDER.
        out: the file that is to be made.
    """
    sound, has_words = wanted.additions.sound(folder), wanted.additions.titles is not None
    unfit = faults_of_additions(wanted.target, sound, has_words=has_words, is_silent=wanted.is_silent)
    if faults := [Misfit(fault.words) for fault in unfit]:
        return Fitting({}, tuple(faults))
    try:
        order, doubts = _order(wanted, programme, folder, out)
    except UnfitError as error:
        return Fitting({}, (Misfit(_within(error.words, folder)),))
    except DreamzoomError as error:
        return Fitting({}, (for_page(_within(_without_path(error, programme), folder)),))
    ffmpeg = find_ffmpeg(out.parent)
    faults = [for_page(line) for line in faults_of_order(ffmpeg, order)]
    if wanted.loudness is not None and not order.has_sound:
        doubts = [*doubts, "It has no sound, so that its loudness is not used"]
    doubts = [*doubts, *doubts_of_order(order)]
    return Fitting(_what(order), tuple(faults), tuple(for_page(_within(doubt, folder)) for doubt in doubts))


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
        words = error.words if isinstance(error, UnfitError) else str(error)
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


def _order(wanted: Delivery, programme: KnownProgramme, folder: Path, out: Path) -> tuple[Order, list[str]]:
    asked, titles = wanted.additions.sound(folder), wanted.additions.words_in(folder)
    asked.require_song(programme.song)
    doubts: list[str] = []
    shown, chosen = _retimed(programme, wanted)
    size = wanted.shaped_size
    if size is not None and not has_shape(shown.size, size):
        doubt = enlargement_doubt(shown.size, size)
        doubts += [doubt.partition(" (--size")[0]] if doubt else []
        shown = replace(shown, size=size)
    frames = plan_frames(shown, chosen, wanted.fps, wanted.rounds, asked=asked, measure=measured)
    scaled = wanted.size if wanted.size is not None and size is None else None
    screening = Screening(shown, frames, wanted.fps or shown.fps, scaled)
    heard = None
    if not wanted.is_silent and wanted.target.sound is not None:
        heard, more = plan_sound(screening, chosen, out, asked=asked, measure=measured)
        doubts += more
    if titles is not None:
        from dreamzoom.film.words.over import with_words  # which loads SciPy

        excerpt = excerpt_shown(shown, chosen, asked)
        font = wanted.additions.font_in(folder)
        screening, more = with_words(screening, titles, wanted.target, excerpt, _MOST_TITLES, font=font)
        doubts += more
    doubts += doubts_of_titles(programme.titles, programme.size, screening, wanted.target)
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
    is_last = frames[-1] == programme.count - 1
    excerpt = programme.excerpt.of_range(frames[0] / programme.fps, is_last=is_last)
    again = replace(programme, count=count, is_loop=is_loop, is_retimed=True, excerpt=excerpt)
    return replace(again, pace=wanted.speed, begins=frames.start), slice(None)


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
