"""Signals of files beside the song: its stems, and series of numbers."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from dreamzoom.audio.analysis import hear_signals
from dreamzoom.audio.features import ENVELOPES_PER_SECOND, FloatArray
from dreamzoom.audio.midi import SUFFIXES, kinds_of, read_notes, signal
from dreamzoom.audio.series import first_of, read_series
from dreamzoom.audio.signals import follow, follow_hits
from dreamzoom.errors import RecipeError, nearest, warn
from dreamzoom.tracks.music import STEPS, levels
from dreamzoom.tracks.signals import Signal
from dreamzoom.video.sound import read_sound

_TABLES = (".csv", ".tsv", ".json")
_NEAR = 0.1  # seconds by which a stem may be longer or shorter than its song


def stem_signals(path: Path, wanted: Collection[Signal], duration: float) -> dict[str, tuple[float, ...]]:
    """Signals of a stem by name, heard as those of a song are, in the stem's own range.

    A stem that is shorter than its song is silent after its end, one that is longer is heard up to the
    song's; a warning says so.

    Args:
        wanted: all of this stem.
        duration: of the song, in seconds.

    Raises:
        RecipeError: it is a series.
        SoundError, VideoError: as `hear`.
    """
    if path.suffix.lower() in (*SUFFIXES, *_TABLES):
        raise RecipeError(f"{path}: is no sound: name it in music.series")
    sound = read_sound(path)
    lasts = float(sound.duration)
    if abs(lasts - duration) > _NEAR:
        rest = (
            "what comes after the song's end is not used"
            if lasts > duration
            else "it is silent after its end"
        )
        warn(f"{path}: lasts {lasts:.2f} s, and the song {duration:.2f} s: {rest}")
    count = _count(duration)
    heard = hear_signals(sound, [replace(signal, source="") for signal in wanted])
    return {
        signal.name: (*values[:count], *(0.0,) * (count - len(values)))
        for signal in wanted
        for values in [heard[replace(signal, source="").name]]
    }


def series_signals(
    path: Path, wanted: Collection[Signal], duration: float, fps: float
) -> dict[str, tuple[float, ...]]:
    """Signals of a CSV, JSON or MIDI file by name.

    Args:
        wanted: all of this file.
        duration: of the song, in seconds.
        fps: the clip's frames a second, which times in frames are counted in.

    Raises:
        SoundError: the file cannot be read, or begins after the song's end.
        RecipeError: it has no such column; the nearest are named.
        RequestError: what reads MIDI is not installed.
    """
    count = _count(duration)
    is_midi = path.suffix.lower() in SUFFIXES
    shapes = _of_notes(path, wanted, count) if is_midi else _of_columns(path, wanted, count, fps)
    found = {}
    for each in wanted:
        shape = (follow_hits if is_midi and each.kind.startswith("onset") else follow)(
            shapes[each.kind], each.attack, each.release
        )
        found[each.name] = levels(np.rint(shape * STEPS).astype(int).tolist())
    return found


def _of_notes(path: Path, wanted: Collection[Signal], count: int) -> dict[str, FloatArray]:
    notes = read_notes(path)
    _require(path, wanted, kinds_of(notes))
    _require_within(path, notes[0].start, notes[-1].start, count)
    return {each.kind: signal(notes, each.kind, count) for each in wanted}


def _of_columns(path: Path, wanted: Collection[Signal], count: int, fps: float) -> dict[str, FloatArray]:
    series = read_series(path, fps)
    names = {**{name: name for name in series.columns}, **first_of(tuple(series.columns))}
    _require(path, wanted, names)
    for each in wanted:
        times = series.columns[names[each.kind]][0]
        _require_within(path, float(times[0]), float(times[-1]), count)
    return {each.kind: series.signal(names[each.kind], count) for each in wanted}


def _require(path: Path, wanted: Collection[Signal], known: Collection[str]) -> None:
    for each in wanted:
        if each.kind not in known:
            raise RecipeError(
                f"{path}: has no {each.kind!r}, which {each.name} asks for{nearest(each.kind, known)}"
            )


def _require_within(path: Path, first: float, last: float, count: int) -> None:
    """See that something of a file falls into the song; warn where not all of it does."""
    end = (count - 1) / ENVELOPES_PER_SECOND
    if first > end:
        raise RecipeError(f"{path}: begins at {first:.2f} s, and the song ends at {end:.2f} s")
    if last > end + _NEAR:
        warn(f"{path}: goes on to {last:.2f} s, and the song ends at {end:.2f} s: the rest is not used")


def _count(duration: float) -> int:
    return int(duration * ENVELOPES_PER_SECOND) + 1
