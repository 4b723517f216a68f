"""A clip keeps its song whatever the file is called, and its film sounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamzoom.clip.folder import open_clip, soundtrack_name
from support.clips import quickly
from support.music import tone, write_wav
from support.video import probe

TINY = ("--size", "64x64", "--fps", 4, "--preset", "classic", "--set", "dream.iterations=1")
TINY += ("--set", "dream.octaves=1", "--set", "dream.jitter=4")


@pytest.mark.parametrize("name", ["song", "SONG.WAV", "song.", ".wav", "a song.by me & you", "song.mp3 (1)"])
def test_a_film_sounds_whatever_its_song_is_called(tmp_path: Path, name: str) -> None:
    song = write_wav(tmp_path / name, 0.3 * tone(440, 0.5))
    quickly("render", "--out", tmp_path / "clip", "--audio", song, *TINY)
    assert [stream.kind for stream in probe(tmp_path / "clip" / "clip.mp4")] == ["video", "audio"]
    kept = open_clip(tmp_path / "clip").soundtrack_path
    assert kept is not None
    assert kept.read_bytes() == song.read_bytes()


def test_a_lost_song_is_no_silent_film(tmp_path: Path) -> None:
    song = write_wav(tmp_path / "song", 0.3 * tone(440, 0.5))
    quickly("render", "--out", tmp_path / "clip", "--audio", song, *TINY)
    clip = open_clip(tmp_path / "clip")
    (tmp_path / "clip" / "soundtrack").unlink()
    assert clip.soundtrack_path == tmp_path / "clip" / "soundtrack"


def test_a_file_called_as_a_song_makes_no_clip_sound(tmp_path: Path) -> None:
    quickly("render", "--out", tmp_path / "clip", "--frames", 2, *TINY)
    write_wav(tmp_path / "clip" / "soundtrack.wav", 0.3 * tone(440, 0.5))
    assert open_clip(tmp_path / "clip").soundtrack_path is None


@pytest.mark.parametrize(
    ("song", "kept"),
    [
        ("a.MP3", "soundtrack.mp3"),
        ("a", "soundtrack"),
        ("a.b c", "soundtrack"),
        ("a." + "b" * 99, "soundtrack"),
    ],
)
def test_a_song_is_kept_under_a_name_that_every_disk_can_hold(song: str, kept: str) -> None:
    assert soundtrack_name(song) == kept
