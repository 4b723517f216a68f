"""A MIDI file's notes as signals: when they begin, how loud and how high they are."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from dreamzoom.audio.features import ENVELOPES_PER_SECOND, FloatArray
from dreamzoom.errors import RequestError, SoundError
from dreamzoom.io.files import read_at_most

LARGEST: Final = 8 << 20
"""Bytes of the largest file that is read."""

SUFFIXES: Final = (".mid", ".midi", ".kar", ".smf")
WHATS: Final = ("onset", "level", "pitch")
"""What there is of a file's notes: see `signal`."""


@dataclass(frozen=True)
class Note:
    """A note that is played.

    Attributes:
        start, end: seconds from the file's start.
        pitch: as MIDI counts them: 60 is C4.
        strength: its velocity, above 0 and up to 1.
        parts: the channel ("ch10" for channel 10) and the track that it is of.
    """

    start: float
    end: float
    pitch: int
    strength: float
    parts: tuple[str, str]


def read_notes(path: Path) -> tuple[Note, ...]:
    """A MIDI file's notes in the order of their starts.

    Raises:
        SoundError: it cannot be read, is no MIDI file, or has no notes.
        RequestError: what reads MIDI is not installed.
    """
    data = read_at_most(path, LARGEST, SoundError, "MIDI file")
    if not data.startswith((b"MThd", b"RIFF")):
        raise SoundError(f"{path}: is no MIDI file")
    try:
        import mido
    except ImportError as error:
        raise RequestError(
            f"{path}: MIDI is read by mido, which is not installed: `pip install 'dreamzoom[midi]'`"
        ) from error
    damaged = (EOFError, OSError, ValueError, IndexError, KeyError, TypeError, mido.KeySignatureError)
    try:
        file = mido.MidiFile(file=io.BytesIO(data[data.find(b"MThd") :]), clip=True)
        notes = tuple(sorted(_notes(file, mido.tick2second), key=lambda note: (note.start, note.pitch)))
    except damaged as error:
        raise SoundError(f"{path}: is damaged, or no MIDI file that is read ({error})") from error
    if not notes:
        raise SoundError(f"{path}: has no notes")
    return notes


def _notes(file: Any, in_seconds: Any) -> Iterator[Note]:
    """The notes of all tracks, by the file's own tempo."""
    if file.type == 2:
        raise ValueError("its tracks are pieces of their own")
    if file.ticks_per_beat < 1:
        raise ValueError("its times are no parts of a beat")
    names = [_identifier(track.name) for track in file.tracks]
    events = sorted(
        (
            (time, message, name)
            for track, name in zip(file.tracks, names, strict=True)
            for time, message in _timed(track)
        ),
        key=lambda event: event[0],
    )
    seconds, ticks, tempo = 0.0, 0, 500_000
    open_notes: dict[tuple[int, int, str], tuple[float, int]] = {}
    for time, message, name in events:
        seconds += in_seconds(time - ticks, file.ticks_per_beat, tempo)
        ticks = time
        if message.type == "set_tempo":
            tempo = message.tempo
        elif message.type in ("note_on", "note_off"):
            key = (message.channel, message.note, name)
            if key in open_notes:
                start, velocity = open_notes.pop(key)
                yield Note(start, seconds, key[1], velocity / 127, (f"ch{key[0] + 1}", name))
            if message.type == "note_on" and message.velocity:
                open_notes[key] = (seconds, message.velocity)
    for (channel, pitch, name), (start, velocity) in open_notes.items():  # those that nothing ends
        yield Note(start, seconds, pitch, velocity / 127, (f"ch{channel + 1}", name))


def _timed(track: Iterable[Any]) -> Iterator[tuple[int, Any]]:
    ticks = 0
    for message in track:
        ticks += message.time
        yield ticks, message


def _identifier(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")[:32]


def kinds_of(notes: Iterable[Note]) -> tuple[str, ...]:
    """What formulas may ask of notes: "onset", and "onset_ch10" or "onset_drums" of a channel or a track."""
    parts = dict.fromkeys(part for note in notes for part in note.parts if part)
    return (*WHATS, *(f"{what}_{part}" for what in WHATS for part in parts))


def signal(notes: Iterable[Note], kind: str, count: int) -> FloatArray:
    """Notes as a signal from 0 to 1, `count` values, `ENVELOPES_PER_SECOND` of them a second.

    Args:
        kind: "onset", the strength of what begins, at that moment alone; "level", that of the strongest note
            that sounds; "pitch", how high the highest note that sounds, or did last, is between the lowest
            and the highest there are. Of a channel or track alone with its name: "onset_ch10".
    """
    what, _, part = kind.partition("_")
    chosen = [note for note in notes if not part or part in note.parts]
    values = np.zeros(count)
    if what == "pitch":
        return _pitches(chosen, count)
    for note in chosen:
        begin = round(note.start * ENVELOPES_PER_SECOND)
        end = begin + 1 if what == "onset" else max(round(note.end * ENVELOPES_PER_SECOND), begin + 1)
        values[begin:end] = np.maximum(values[begin:end], note.strength)
    return values / max(note.strength for note in chosen)


def _pitches(notes: list[Note], count: int) -> FloatArray:
    pitches = [note.pitch for note in notes]
    low, span = min(pitches), max(max(pitches) - min(pitches), 1)
    highest = np.full(count, -1.0)
    for note in notes:
        begin = round(note.start * ENVELOPES_PER_SECOND)
        end = max(round(note.end * ENVELOPES_PER_SECOND), begin + 1)
        highest[begin:end] = np.maximum(highest[begin:end], (note.pitch - low) / span)
    sounding = highest >= 0
    last = np.maximum.accumulate(np.where(sounding, np.arange(count), -1))
    held: FloatArray = np.where(last < 0, (notes[0].pitch - low) / span, highest[np.maximum(last, 0)])
    return held
