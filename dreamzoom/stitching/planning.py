"""What an order comes to: frames, length, song, words; and what of it cannot be, before any work."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial
from math import ceil
from pathlib import Path

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.errors import shell_word
from dreamzoom.film.words.over import words_over
from dreamzoom.film.words.titles import TitlePainter
from dreamzoom.footage.hearing import HeardSong, hear
from dreamzoom.footage.wanted import UnfitError
from dreamzoom.recipe.inscription import inscribe_film
from dreamzoom.stitching.hearing import excerpt_for, song_of
from dreamzoom.stitching.wanted import UNDER_THE_SONG, StitchOrder
from dreamzoom.video.encode import require_rate
from dreamzoom.video.excerpt import Excerpt
from dreamzoom.video.gif import kept_frames
from dreamzoom.video.sound import Sound, frames_for, measure_sound


@dataclass(frozen=True)
class StitchPlan:
    """What is made: which frames of a clip, at what speed, how blurred, how shown, and where to.

    Attributes:
        frames: of the clip; those of a loop go on where it begins again, after its last one.
        count: how many the file has.
        song: what is heard; None where that is nothing.
        painter: what draws words over the pictures.
        inscription: what the file tells of how it was made.
        doubts: what a person should know.
    """

    clip: ClipFolder
    order: StitchOrder
    frames: range
    fps: Fraction
    count: int
    song: Path | None
    excerpt: Excerpt
    keep_codec: bool
    painter: TitlePainter | None
    inscription: str | None
    doubts: tuple[str, ...]

    @property
    def seconds(self) -> Fraction:
        """How long it lasts."""
        return self.count / self.fps

    @property
    def target(self) -> Path:
        """The file."""
        return self.order.target


def plan_stitch(
    clip: ClipFolder,
    order: StitchOrder,
    measure: Callable[[Path], Sound] = measure_sound,
    most_titles: int | None = None,
) -> StitchPlan:
    """What an order comes to.

    Args:
        measure: what tells what a song is; it may remember.
        most_titles: lines of words that are laid out: each takes some milliseconds; None for all.

    Raises:
        UnfitError: it cannot be; RequestError, SoundError, PictureError: a file of it cannot be used.
    """
    measure = lru_cache(measure)
    recipe, there = clip.recipe, len(clip.finished_frames())
    fps = order.fps or recipe.clip.fps
    require_rate(fps)
    frames = range(there)[order.frames or slice(None)]
    if order.rounds is not None:
        _require_rounds(clip, order, there)
        under_song = order.rounds == UNDER_THE_SONG
        frames = range(_frames_under(clip, order, fps, measure) if under_song else order.rounds * there)
    _require_fitting(clip, order)
    if not frames:
        told = f"{there} frames, and that range holds none of them"
        raise UnfitError(f"{clip.path} has {told}", f"it has {told}")
    count = _count(frames, order, fps)
    excerpt, song = excerpt_for(clip, frames, order), song_of(clip, order, measure)
    is_heard, doubts = _heard(clip, order, frames, Fraction(count) / fps, song=song, excerpt=excerpt)
    painter = None
    if order.titles is not None:
        painter, more = words_over(
            order.titles,
            (recipe.clip.size.width, recipe.clip.size.height),
            ceil(len(frames) / order.speed),
            fps,
            None if song is None else excerpt,
            most=most_titles,
            font=order.font,
        )
        doubts += more
    return StitchPlan(
        clip,
        order,
        frames,
        fps,
        count,
        song.path if song is not None and is_heard else None,
        excerpt,
        (recipe.music.sound == "copy") if order.keep_codec is None else order.keep_codec,
        painter,
        inscribe_film(recipe, clip.takes[-1].first) if order.tells_recipe else None,
        tuple(doubts),
    )


def _count(frames: range, order: StitchOrder, fps: Fraction) -> int:
    """How many frames the file has."""
    if order.is_gif:
        return len(kept_frames(len(frames), fps))
    return max(1, round(len(frames) / order.speed))


def _require_rounds(clip: ClipFolder, order: StitchOrder, there: int) -> None:
    """Raise an UnfitError where the clip is no loop, or not finished, or a GIF is asked for."""
    if order.frames is not None:
        raise UnfitError(
            "--rounds plays whole rounds: leave out --frames",
            "rounds are whole: choose rounds, or a part of the frames",
        )
    if not clip.recipe.loop.is_closed:
        told = "is no loop: its last frame does not lead into its first"
        makes = "`dreamzoom render --loop 16` makes one, or --close 2"
        raise UnfitError(f"{clip.path} {told}; {makes}", f"it {told}")
    if there != clip.recipe.clip.frames:
        told = "is not finished, and comes round only then"
        more = f"dreamzoom resume {shell_word(str(clip.path))}"
        raise UnfitError(f"{clip.path} {told}: {more}", f"it {told}")
    if order.is_gif:
        told = "a GIF goes round for ever"
        raise UnfitError(f"{told}: leave out --rounds, or make an .mp4", told)


def _frames_under(
    clip: ClipFolder, order: StitchOrder, fps: Fraction, measure: Callable[[Path], Sound]
) -> int:
    """How many frames of a loop go by while its song lasts.

    Raises:
        UnfitError, SoundError: it has none, or one that cannot be used.
    """
    song = song_of(clip, order, measure)
    if song is None:
        raise UnfitError(
            f"{clip.path} has no song: name one with --audio, or a number with --rounds",
            "it has no song: choose one, or a number of rounds",
        )
    lasts = excerpt_for(clip, range(clip.recipe.clip.frames), order).end(song.sound.duration)
    return max(1, round(frames_for(lasts, fps) * order.speed))


def _require_fitting(clip: ClipFolder, order: StitchOrder) -> None:
    """Raise an UnfitError where the file's kind cannot be what is asked for."""
    refuse = partial(_refuse_gif, order)
    if order.is_gif and order.speed != 1:
        refuse("has the clip's own speed", "--speed")
    if order.is_gif and (order.sound.song or order.keep_codec is not None or order.sound.has_fades):
        refuse("has no sound", "all that is about it")
    if order.is_gif and order.titles is not None:
        refuse("has no titles here", "--titles", "let `dreamzoom deliver --for gif` draw them")
    order.sound.require_song(clip.soundtrack_path)


def _refuse_gif(order: StitchOrder, why: str, leave_out: str, instead: str = "make an .mp4") -> None:
    told = f"{order.target}: a GIF {why}; leave out {leave_out}, or {instead}"
    raise UnfitError(told, f"a GIF {why}")


def _heard(
    clip: ClipFolder,
    order: StitchOrder,
    frames: range,
    length: Fraction,
    *,
    song: HeardSong | None,
    excerpt: Excerpt,
) -> tuple[bool, list[str]]:
    """Whether anything is heard, and what a person should know of that."""
    if song is None:
        is_lost = order.is_gif and clip.soundtrack_path is not None
        return False, [f"{order.target} has no sound: a GIF holds none"] if is_lost else []
    recipe, fps = clip.recipe, order.fps or clip.recipe.clip.fps
    is_part = order.frames is not None or order.rounds == UNDER_THE_SONG
    is_as_made = song.is_own and fps == recipe.clip.fps and order.speed == 1
    is_cut = is_as_made and (is_part or frames[-1] == recipe.clip.frames - 1)
    is_heard, doubts = hear(
        song, excerpt, length, 1 / fps, order.sound, target=order.target, is_cut_as_made=is_cut
    )
    return is_heard, [*song.doubts, *doubts]
