"""A clip in tiles goes on with the tiles that it began with, whatever memory is left by then."""

from __future__ import annotations

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.io import memory
from support.clips import frame_files, journal_without_times, quickly, render_here

EARLY = ("--size", "160x120", "--set", "dream.layer=fire2/squeeze1x1", "--set", "dream.jitter=4")


@pytest.fixture
def left(monkeypatch):
    """Sets how many bytes of memory are left."""
    return lambda count: monkeypatch.setattr(memory, "available_memory", lambda: int(count))


def test_a_clip_keeps_the_tiles_that_its_memory_wanted(left, tmp_path):
    left(6e6)  # whole frames would take 8.4 MB
    clip = render_here(tmp_path / "clip", *EARLY, frames=3)
    dream = open_clip(clip).recipe.dream
    assert dream.tiles == "exact"
    assert 0 < dream.tile < 120
    assert all("exact tiles" in str(line["engine"]) for line in journal_without_times(clip))
    before = frame_files(clip)
    (clip / "frames" / "000001.png").unlink()
    left(1e12)
    assert "bytes may differ" not in quickly("resume", clip)
    assert frame_files(clip) == before
    (clip / "frames" / "000002.png").unlink()
    render_here(clip, *EARLY, frames=3)  # the same command again
    assert frame_files(clip) == before


def test_where_frames_fit_whole_nothing_is_kept_or_told_of_tiles(left, tmp_path):
    left(1e12)
    clip = render_here(tmp_path / "clip", *EARLY, frames=1)
    dream = open_clip(clip).recipe.dream
    assert (dream.tiles, dream.tile) == ("auto", 0)
    assert "tiles" not in str(journal_without_times(clip))


def test_a_frame_in_shifted_tiles_comes_out_the_same_again(tmp_path):
    shifted = ("--set", "dream.tiles=shifted", "--set", "dream.tile=64")
    clip = render_here(tmp_path / "clip", *EARLY, *shifted, frames=2)
    before = frame_files(clip)
    (clip / "frames" / "000001.png").unlink()
    quickly("resume", clip)
    assert frame_files(clip) == before
    assert frame_files(render_here(tmp_path / "whole", *EARLY, frames=2)) != before
