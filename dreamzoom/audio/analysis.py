"""Hearing a song: its beats, its bars and its signals."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

import numpy as np

from dreamzoom.audio.beats import bars_of, beats_of
from dreamzoom.audio.decode import LEAD, sections
from dreamzoom.audio.features import (
    ALL,
    BASS,
    HIGHS,
    MIDS,
    ONSETS_PER_SECOND,
    PER_SECOND,
    Onsets,
    Values,
    envelope,
    joined,
    onsets,
    spectrum,
)
from dreamzoom.audio.signals import shaped
from dreamzoom.errors import RequestError, SoundError
from dreamzoom.tracks.music import FASTEST, MOST_BEATS_PER_BAR, SIGNALS, SLOWEST, STEPS, Music, levels
from dreamzoom.video.sound import Sound, read_sound

LONGEST: Final = 4 * 3600
"""Seconds of the longest song that is heard."""

_BANDS = {"bass": BASS, "mids": MIDS, "highs": HIGHS}


def hear(song: Path, tempo: float = 0.0, beats_per_bar: int = 4) -> Music:
    """Hear a song: `dreamzoom.tracks.music.Music`, with signals of 100 values a second up to the song's end.

    The same file gives the same numbers, which are rounded to 4 digits. A song without a pulse has no beats
    and no bars; a silent one has signals that are 0. Memory: 0.14 GB, and 0.06 GB for every hour of song.

    Args:
        song: what `read_sound` takes.
        tempo: beats per minute that beats are near to, from 48 to 215; 0 finds it.
        beats_per_bar: 1 to 64.

    Raises:
        SoundError: the song is missing, damaged, holds no sound, or is longer than `LONGEST`.
        RequestError: `tempo` or `beats_per_bar` is out of range.
        VideoError: there is no ffmpeg, or it failed.
    """
    _require_sense(tempo, beats_per_bar)
    return hear_sound(read_sound(song), tempo, beats_per_bar)


def hear_sound(sound: Sound, tempo: float = 0.0, beats_per_bar: int = 4) -> Music:
    """As `hear`, of a song that was read already, with settings that were checked (a recipe's are)."""
    if sound.duration > LONGEST:
        raise SoundError(f"{sound.path}: is longer than {LONGEST / 3600:g} hours; cut it into several songs")
    bands, heard = _listen(sound)
    beats = _rounded(beats_of(heard, tempo))
    signals = shaped(bands.pop("whole"), bands, heard)
    return Music(
        beats=beats,
        bars=bars_of(heard, beats, beats_per_bar),
        rate=float(PER_SECOND),
        signals={name: _levels(signals[name]) for name in SIGNALS},
    )


def _require_sense(tempo: float, beats_per_bar: int) -> None:
    if tempo != 0 and not SLOWEST <= tempo <= FASTEST:
        raise RequestError(
            f"a tempo of {tempo:g}: write {SLOWEST:g} to {FASTEST:g} beats per minute, or 0 to find it"
        )
    if not 1 <= beats_per_bar <= MOST_BEATS_PER_BAR:
        raise RequestError(f"{beats_per_bar} beats in a bar: write 1 to {MOST_BEATS_PER_BAR}")


def _listen(sound: Sound) -> tuple[dict[str, Values], Onsets]:
    """The envelopes of the song and of its bands, by name ("whole" for all of it), and its onsets."""
    parts: dict[str, list[Values]] = {name: [] for name in ("whole", *_BANDS)}
    hits: list[Onsets] = []
    for section in sections(sound.path):
        waves = spectrum(section)
        parts["whole"].append(envelope(waves, ALL, as_heard=True))
        for name, band in _BANDS.items():
            parts[name].append(envelope(waves, band))
        hits.append(onsets(section))
    duration = float(sound.duration)
    start, count = LEAD * PER_SECOND, int(duration * PER_SECOND) + 1
    bands = {name: np.concatenate(part)[start : start + count] for name, part in parts.items()}
    start, count = LEAD * ONSETS_PER_SECOND, int(duration * ONSETS_PER_SECOND) + 1
    return bands, joined(hits, start, count)


def _rounded(times: Iterable[float]) -> tuple[float, ...]:
    return tuple(round(time * STEPS) / STEPS for time in times)


def _levels(values: Values) -> tuple[float, ...]:
    return levels(np.rint(values * STEPS).astype(int).tolist())
