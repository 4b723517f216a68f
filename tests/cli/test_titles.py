"""Words over the video of a clip."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from support.clips import quickly, render_here, says
from support.music import write_wav
from support.video import lit_frames

WORDS = "1\n00:00:00,200 --> 00:00:00,500\nHELLO\n"


@pytest.fixture(name="clip", scope="module")
def _clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("titles")
    write_wav(folder / "song.wav", np.random.default_rng(1).uniform(-0.2, 0.2, 16000), 8000)
    still = ("--zoom", 1, "--set", "clip.fps=10", "--set", "dream.elsewhere=0", "--set")
    return render_here(folder / "clip", "grey", *still, "dream.region={mask='top', size=0.1}", frames=8)


def test_a_files_lines_are_seen_in_their_time(clip: Path, tmp_path: Path) -> None:
    words, video = tmp_path / "words.srt", tmp_path / "video.mp4"
    words.write_text(WORDS)
    quickly("stitch", clip, "--titles", words, "-o", video)
    assert lit_frames(video) == [2, 3, 4]
    quickly("stitch", clip, "--titles", words, "--speed", "0.5", "-o", tmp_path / "slow.mp4")
    assert lit_frames(tmp_path / "slow.mp4") == [2, 3, 4]  # the file's times are the video's


def test_with_a_song_the_times_are_the_songs(clip: Path, tmp_path: Path) -> None:
    words, video = tmp_path / "words.lrc", tmp_path / "video.mp4"
    words.write_text("[00:00.50]HELLO\n[00:00.70]\n")
    song = clip.parent / "song.wav"
    quickly("stitch", clip, "--audio", song, "--start", "0.4", "--titles", words, "-o", video)
    assert lit_frames(video) == [1, 2]


def test_titles_that_cannot_be_are_refused(clip: Path, tmp_path: Path) -> None:
    words = tmp_path / "words.srt"
    words.write_text(WORDS.replace("HELLO", "東京"))
    out = tmp_path / "video.mp4"
    assert "has no '東'" in says(2, "stitch", clip, "--titles", words, "-o", out)
    assert "titles are no clip.mp4" in says(2, "stitch", clip, "--titles", words)
    assert "a GIF has no titles" in says(2, "stitch", clip, "--titles", words, "-o", tmp_path / "a.gif")
    assert "no such file" in says(2, "stitch", clip, "--titles", tmp_path / "none.srt", "-o", out)
    assert "font is what --titles are written with" in says(2, "stitch", clip, "--font", "a.ttf", "-o", out)
    assert not out.exists()
    words.write_text(WORDS.replace("00:00:00", "01:00:00"))
    assert "none of its lines falls into the video" in quickly("stitch", clip, "--titles", words, "-o", out)
