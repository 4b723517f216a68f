"""Other people's ffmpegs: tried where they have to work before any work, passed over in words."""

from __future__ import annotations

import os
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from dreamzoom.cli.doctor import examine
from dreamzoom.errors import DreamzoomWarning, VideoError
from dreamzoom.video.encode import Encoder
from dreamzoom.video.ffmpeg import find_ffmpeg
from dreamzoom.video.sound import read_sound
from support.music import tone, write_wav
from support.video import names_in, noise_frames

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the ffmpegs are shell scripts")

ASKED = 'case "$*" in *-version*|*-encoders*) exec "$REAL" "$@";; esac\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in; the first ffmpegs on PATH are those in `tmp_path / "bin"`."""
    monkeypatch.setenv("REAL", find_ffmpeg().path)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:/usr/bin:/bin")
    (tmp_path / "bin").mkdir()
    (tmp_path / "work").mkdir()
    return tmp_path / "work"


def called_ffmpeg(folder: Path, script: str) -> Path:
    binary = folder.parent / "bin" / "ffmpeg"
    binary.write_text(f"#!/bin/sh\n{script}")
    binary.chmod(0o755)
    return binary


def stitch_noise(target: Path, song: Path) -> None:
    with Encoder(target, (64, 48), Fraction(10), song) as encoder:
        for frame in noise_frames(5):
            encoder.write(frame)


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        (
            f"{ASKED}echo 'Permission denied' >&2; exit 1\n",
            "cannot make a film in .*work: .*Permission",
        ),
        (f"{ASKED}cat >/dev/null; exit 0\n", "cannot make a film in .*work"),
        (f"{ASKED}kill -9 $$\n", "cannot make a film in .*work"),
        ("exit 1\n", "does not run"),
    ],
    ids=["one that sees no folder", "one that writes elsewhere", "one that dies", "one that fails"],
)
def test_an_ffmpeg_that_cannot_work_here_is_passed_over(folder: Path, script: str, reason: str) -> None:
    binary = called_ffmpeg(folder, script)
    with pytest.warns(DreamzoomWarning, match=rf"{binary} {reason}.*; .* is used instead"):
        found = find_ffmpeg(folder)
    assert found.path != str(binary)
    assert names_in(folder) == []


def test_an_ffmpeg_that_works_is_used_and_leaves_nothing(folder: Path) -> None:
    binary = called_ffmpeg(folder, 'exec "$REAL" "$@"\n')
    assert find_ffmpeg(folder).path == str(binary)
    assert names_in(folder) == []


def test_an_ffmpeg_that_cannot_see_the_song_is_passed_over(folder: Path) -> None:
    song = write_wav(folder / "song.wav", 0.3 * tone(440, 0.5))
    called_ffmpeg(folder, f'{ASKED}case "$*" in *song*) echo gone >&2; exit 1;; esac\nexec "$REAL" "$@"\n')
    with pytest.warns(DreamzoomWarning, match=r"cannot read .*song\.wav: it said: gone; .* is used instead"):
        assert read_sound(song).duration == Fraction(1, 2)
    with pytest.warns(DreamzoomWarning, match="is used instead"):
        stitch_noise(folder / "clip.mp4", song)
    assert names_in(folder) == ["clip.mp4", "song.wav"]


def test_a_folder_or_a_text_called_ffmpeg_is_passed_over(folder: Path) -> None:
    (folder.parent / "bin" / "ffmpeg").mkdir()
    with pytest.warns(DreamzoomWarning, match=r"bin/ffmpeg is a folder; .* is used instead"):
        find_ffmpeg()
    (folder.parent / "bin" / "ffmpeg").rmdir()
    (folder.parent / "bin" / "ffmpeg").write_text("notes")
    with pytest.warns(DreamzoomWarning, match=r"bin/ffmpeg does not run; .* is used instead"):
        find_ffmpeg()


def test_the_next_on_the_path_is_tried(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    called_ffmpeg(folder, "exit 1\n")
    second = folder.parent / "second"
    second.mkdir()
    (second / "ffmpeg").symlink_to(os.environ["REAL"])
    monkeypatch.setenv("PATH", f"{folder.parent / 'bin'}:{second}")
    with pytest.warns(DreamzoomWarning, match="does not run"):
        assert find_ffmpeg(folder).path == str(second / "ffmpeg")


def test_without_one_that_works_the_reasons_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = called_ffmpeg(folder, f"{ASKED}echo no room >&2; exit 1\n")
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(binary))
    with pytest.raises(VideoError, match=r"no usable ffmpeg \(.*cannot make a film in .*: no room\)"):
        find_ffmpeg(folder)


def test_doctor_tells_which_were_passed_over(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    binary = called_ffmpeg(folder, f"{ASKED}exit 1\n")
    monkeypatch.chdir(folder)
    words = next(finding.words for finding in examine() if finding.subject == "ffmpeg")
    assert f"passed over: {binary} cannot make a film in {folder}" in words
