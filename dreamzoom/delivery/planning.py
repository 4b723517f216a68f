"""Which frames an order shows, and what is heard with them, by what a person asks for."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Literal, TypeAlias

from dreamzoom.delivery.screening import Heard, Screening, frames_shown
from dreamzoom.errors import RequestError
from dreamzoom.footage.hearing import HeardSong, excerpt_of_asked, hear
from dreamzoom.footage.programme import Programme
from dreamzoom.footage.wanted import AS_MADE, AskedSound, UnfitError
from dreamzoom.video.excerpt import Excerpt
from dreamzoom.video.sound import Sound, frames_for, measure_sound

Rounds: TypeAlias = "int | Literal['song'] | None"
"""How often a loop is played; "song": until its song ends; None: it is not asked for."""

Measure: TypeAlias = "Callable[[Path], Sound]"
"""What tells what a song is; it may remember."""


def plan_frames(
    programme: Programme,
    chosen: slice,
    fps: Fraction | None,
    rounds: Rounds,
    *,
    asked: AskedSound = AS_MADE,
    measure: Measure = measure_sound,
) -> tuple[int, ...]:
    """The numbers of the frames that are shown.

    Args:
        chosen: which of the programme's, as Python's slices count.
        fps: frames a second; None as they are.
        asked: what is asked for of the sound.

    Raises:
        RequestError: rounds are asked for of what is no loop, or has no song; or no frame is left.
        SoundError: the song cannot be read.
    """
    if rounds is None:
        frames = frames_shown(programme, chosen=chosen, fps=fps)
    elif not programme.is_loop:
        raise RequestError(
            f"{programme.path} is no loop, or not finished: its last frame does not lead into its first; "
            "leave out --rounds"
        )
    elif rounds == "song":
        count = frames_for(_song_length(programme, asked, measure), fps or programme.fps)
        round_of = len(range(programme.count)[chosen]) or 1
        # In frames of the programme: how many of another rate a round has is no whole number.
        lasts = count * programme.fps // ((fps or programme.fps) * round_of) + 1
        frames = frames_shown(programme, chosen=chosen, rounds=lasts, fps=fps)[:count]
    else:
        frames = frames_shown(programme, chosen=chosen, rounds=rounds, fps=fps)
    if not frames:
        raise RequestError(f"at {fps} frames a second nothing is left of {programme.path}")
    return frames


def _song_length(programme: Programme, asked: AskedSound, measure: Measure) -> Fraction:
    """When the song of a programme ends, in seconds."""
    song = asked.song or programme.song
    if song is None:
        raise UnfitError(
            f"{programme.path} has no song: name one with --audio, or give a number with --rounds",
            "it has no song: choose one, or a number of rounds",
        )
    return excerpt_of_asked(asked, programme.excerpt).end(measure(song).duration)


def excerpt_shown(programme: Programme, chosen: slice, asked: AskedSound = AS_MADE) -> Excerpt | None:
    """The part of its song that goes with some of a programme's frames; None where there is no song.

    Args:
        chosen: which frames, as Python's slices count; at least one.
        asked: what is asked for of the sound.
    """
    if asked.song is None and programme.song is None:
        return None
    once = range(programme.count)[chosen]
    is_last = once[-1] == programme.count - 1
    return excerpt_of_asked(asked, programme.excerpt.of_range(once[0] / programme.fps, is_last=is_last))


def plan_sound(
    screening: Screening,
    chosen: slice,
    target: Path,
    *,
    asked: AskedSound = AS_MADE,
    measure: Measure = measure_sound,
) -> tuple[Heard | None, tuple[str, ...]]:
    """What is heard with the frames, None where that is nothing; and what a person should know of that.

    Args:
        chosen: which of the programme's frames are shown.
        target: the file that it is for.
        asked: what is asked for of the sound.

    Raises:
        SoundError: the song cannot be read.
        UnfitError: its fades last longer than the sound.
    """
    programme = screening.programme
    song, excerpt = asked.song or programme.song, excerpt_shown(programme, chosen, asked)
    if song is None or excerpt is None:
        return None, ()
    heard = HeardSong(song, measure(song), is_own=asked.song is None)
    is_heard, doubts = hear(
        heard,
        excerpt,
        screening.length,
        1 / screening.fps,
        asked,
        target=target,
        is_cut_as_made=heard.is_own and not programme.is_retimed,
    )
    sound = Heard(heard.sound, excerpt, screening.length) if is_heard else None
    return sound, (*heard.doubts, *doubts)
