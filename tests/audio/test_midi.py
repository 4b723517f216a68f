"""Notes of MIDI files as signals."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.audio.midi import kinds_of, read_notes, signal
from dreamzoom.audio.sources import series_signals
from dreamzoom.errors import RequestError, SoundError
from dreamzoom.tracks.signals import Signal

mido = pytest.importorskip("mido")


def midi_file(path: Path) -> Path:
    """120 a minute, then 60 from 1 s on: keys on channel 1 and drums on channel 10, in a track each."""
    tempo = mido.MidiTrack()
    tempo += [mido.MetaMessage("set_tempo", tempo=500_000, time=0)]
    tempo += [mido.MetaMessage("set_tempo", tempo=1_000_000, time=960)]
    keys = mido.MidiTrack([mido.MetaMessage("track_name", name="Grand Piano")])
    keys += [
        mido.Message("note_on", note=60, velocity=127, time=0),
        mido.Message("note_off", note=60, time=480),
        mido.Message("note_on", note=72, velocity=64, time=480),  # at 1 s
        mido.Message("note_on", note=72, velocity=0, time=480),  # at 2 s
    ]
    drums = mido.MidiTrack()
    drums += [mido.Message("note_on", channel=9, note=36, velocity=100, time=480)]  # at 0.5 s, never ended
    file = mido.MidiFile(ticks_per_beat=480, tracks=[tempo, keys, drums])
    file.save(path)
    return path


def test_notes_are_where_the_files_own_tempo_puts_them(tmp_path: Path) -> None:
    notes = read_notes(midi_file(tmp_path / "song.mid"))
    assert [note.pitch for note in notes] == [60, 36, 72]
    assert [note.start for note in notes] == pytest.approx([0, 0.5, 1])
    assert [note.end for note in notes[::2]] == pytest.approx([0.5, 2])
    assert {"onset", "level_ch10", "pitch_grand_piano", "onset_ch1"} <= set(kinds_of(notes))


def test_onset_level_and_pitch(tmp_path: Path) -> None:
    notes = read_notes(midi_file(tmp_path / "song.mid"))
    onsets = signal(notes, "onset", 300)
    assert np.flatnonzero(onsets).tolist() == [0, 50, 100]
    assert onsets[[0, 50, 100]] == pytest.approx([1, 100 / 127, 64 / 127])
    level = signal(notes, "level_grand_piano", 300)
    assert level[[25, 75, 150, 250]] == pytest.approx([1, 0, 64 / 127, 0])
    pitch = signal(notes, "pitch_ch1", 300)
    assert pitch[[25, 75, 150, 250]] == pytest.approx([0, 0, 1, 1])
    assert signal(notes, "onset_ch10", 300)[50] == 1


@pytest.mark.parametrize("division", [0, 0xE728])  # nothing, and 25 frames a second of 40 ticks
def test_times_that_are_no_parts_of_a_beat_are_refused(tmp_path: Path, division: int) -> None:
    data = bytearray(midi_file(tmp_path / "song.mid").read_bytes())
    data[12:14] = division.to_bytes(2, "big")
    (tmp_path / "film.mid").write_bytes(data)
    with pytest.raises(SoundError, match=r"film\.mid: .*its times are no parts of a beat"):
        read_notes(tmp_path / "film.mid")


def test_hits_fall_softly_as_those_of_songs_do(tmp_path: Path) -> None:
    path = midi_file(tmp_path / "song.mid")
    wanted = Signal("keys", "onset_ch10")
    values = series_signals(path, [wanted], 3.0, 30.0)[wanted.name]
    assert values[49:51] == (0, 1)
    assert values[65] == pytest.approx(np.exp(-1), abs=0.01)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"RIFX", "is no MIDI file"),
        (b"", "is no MIDI file"),
        (b"MThd\0\0\0\6\0\1\0\0\1\xe0", "has no notes"),
        (b"MThd\0\0\0\6\0\1\0\1\1\xe0MTrk\0\0\0\4\0\x90", "is damaged, or no MIDI file that is read"),
        (b"MThd\0\0", "is damaged, or no MIDI file that is read"),
    ],
)
def test_what_is_no_midi_file_is_told(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "bad.mid"
    path.write_bytes(data)
    with pytest.raises(SoundError, match=words):
        read_notes(path)


def test_without_mido_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = midi_file(tmp_path / "song.mid")
    monkeypatch.setitem(sys.modules, "mido", None)
    with pytest.raises(RequestError, match=r"pip install 'dreamzoom\[midi\]'"):
        read_notes(path)
