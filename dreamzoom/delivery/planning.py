"""Which frames an order shows, and what is heard with them, by what a person asks for."""

from __future__ import annotations

from fractions import Fraction
from typing import Literal, TypeAlias

from dreamzoom.delivery.screening import Heard, Screening, frames_shown
from dreamzoom.errors import RequestError, warn
from dreamzoom.footage.programme import Programme
from dreamzoom.video.sound import frames_for, measure_sound

Rounds: TypeAlias = "int | Literal['song'] | None"
"""How often a loop is played; "song": until its song ends; None: it is not asked for."""


def plan_frames(programme: Programme, chosen: slice, fps: Fraction | None, rounds: Rounds) -> tuple[int, ...]:
    """The numbers of the frames that are shown.

    Args:
        chosen: which of the programme's, as Python's slices count.
        fps: frames a second; None as they are.

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
        count = frames_for(_song_length(programme), fps or programme.fps)
        once = len(frames_shown(programme, chosen=chosen, fps=fps)) or 1
        frames = frames_shown(programme, chosen=chosen, rounds=count // once + 1, fps=fps)[:count]
    else:
        frames = frames_shown(programme, chosen=chosen, rounds=rounds, fps=fps)
    if not frames:
        raise RequestError(f"at {fps} frames a second nothing is left of {programme.path}")
    return frames


def _song_length(programme: Programme) -> Fraction:
    """When the song of a programme ends, in seconds."""
    if programme.song is None:
        raise RequestError(f"{programme.path} has no song: give a number with --rounds")
    return programme.excerpt.end(measure_sound(programme.song).duration)


def plan_sound(screening: Screening, chosen: slice) -> Heard | None:
    """What is heard with the frames; a person is warned where that is nothing.

    Args:
        chosen: which of the programme's frames are shown.

    Raises:
        SoundError: the song cannot be read.
    """
    programme = screening.programme
    if programme.song is None:
        return None
    once = range(programme.count)[chosen]
    is_last = once[-1] == programme.count - 1
    excerpt = programme.excerpt.of_range(once[0] / programme.fps, is_last=is_last)
    sound = measure_sound(programme.song)
    if excerpt.end(sound.duration) <= excerpt.delay or excerpt.delay >= screening.length:
        warn(f"{programme.song}: is silent in what is shown, so that there is no sound")
        return None
    return Heard(sound, excerpt, screening.length)
