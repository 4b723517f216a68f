"""Frames and video are written by threads of their own: in order, and no error is lost."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from dreamzoom.clip.journal import Journal
from dreamzoom.errors import PictureError, StorageError
from dreamzoom.pictures.frames import read_frame
from dreamzoom.recipe.schema import ClipSettings, Recipe
from dreamzoom.recipe.units import Size
from dreamzoom.render.frame import RenderedFrame
from dreamzoom.render.output import FrameFeed, FrameWriter, encode_alongside

PIXELS = np.full((16, 16, 3), 128, np.uint8)


@pytest.fixture
def clip(tmp_path: Path) -> SimpleNamespace:
    """A clip, as far as its files go."""
    return SimpleNamespace(
        path=tmp_path,
        recipe=Recipe(clip=ClipSettings(size=Size(16, 16), fps=Fraction(30))),
        takes=[SimpleNamespace(first=0)],
        video_path=tmp_path / "clip.mp4",
        soundtrack_path=None,
        frame_path=lambda frame: tmp_path / f"{frame:06d}.png",
        journal=lambda: Journal(tmp_path / "journal.jsonl"),
    )


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def store(writer: FrameWriter, *frames: int) -> None:
    for frame in frames:
        writer.store(RenderedFrame(frame, torch.empty(0), 1.0), PIXELS + frame, seconds=0.5, engine="torch")


def test_frames_are_stored_and_journaled_in_order_and_tell_of_themselves(clip, journal):
    told = []
    with FrameWriter(clip, journal, told.append) as writer:
        store(writer, *range(9))
    assert told == list(journal)
    assert [entry.frame for entry in told] == list(range(9))
    assert all((read_frame(clip.frame_path(frame)) == PIXELS + frame).all() for frame in range(9))


def test_flushed_frames_are_on_disk(clip, journal):
    with FrameWriter(clip, journal, lambda entry: None) as writer:
        store(writer, 0, 1)
        writer.flush()
        assert len(journal) == 2


def run(clip: SimpleNamespace, journal: Journal, frames: int, error: Exception | None = None) -> None:
    """Store so many frames, and end with the error if there is one."""
    with FrameWriter(clip, journal, lambda entry: None) as writer:
        store(writer, *range(frames))
        if error:
            raise error


@pytest.mark.parametrize("frames", [3, 4, 12])
def test_the_first_error_is_raised_and_no_later_frame_is_stored(frames, clip, journal):
    clip.frame_path(2).mkdir()  # a folder in the frame's place
    with pytest.raises(StorageError, match="000002"):
        run(clip, journal, frames)
    assert [entry.frame for entry in journal] == [0, 1]
    assert not clip.frame_path(3).exists()


def test_an_error_is_raised_by_every_later_call(clip, journal):
    clip.frame_path(0).mkdir()
    writer = FrameWriter(clip, journal, lambda entry: None)
    store(writer, 0)
    for _ in range(2):
        with pytest.raises(StorageError, match="000000"):
            writer.flush()
    with pytest.raises(StorageError, match="000000"):
        store(writer, 1)


def test_frames_given_before_the_run_ended_early_are_stored(clip, journal):
    with pytest.raises(KeyError):
        run(clip, journal, 3, KeyError())
    assert len(journal) == 3


def encode(clip: SimpleNamespace, frames: int, handed: list[int], error: Exception | None = None) -> None:
    """Encode so many frames and end with the error, if there is one; `handed` tells which were given."""
    with encode_alongside(clip) as feed:
        for frame in range(frames):
            feed.give(frame)
            handed.append(frame)
        if error:
            raise error


def test_a_video_is_finished_or_dropped_with_the_run(clip, journal):
    run(clip, journal, 2)
    with pytest.raises(KeyError):
        encode(clip, 2, [], KeyError())
    assert not clip.video_path.exists()
    encode(clip, 2, [])
    assert clip.video_path.stat().st_size > 0


def test_a_video_that_fails_is_told_of_when_all_frames_are_handed_over(clip):
    handed: list[int] = []
    with pytest.raises(PictureError, match="000000"):  # there is no such file
        encode(clip, 5, handed)
    assert handed == [0, 1, 2, 3, 4]


def test_a_video_of_frames_from_memory_is_that_of_the_same_frames_from_the_disk(clip, journal):
    run(clip, journal, 9)
    encode(clip, 9, [])
    from_disk = clip.video_path.read_bytes()
    with (
        encode_alongside(clip) as feed,
        FrameWriter(clip, journal, lambda entry: None, encode=feed.give) as writer,
    ):
        store(writer, *range(9))
    assert clip.video_path.read_bytes() == from_disk


def test_of_frames_that_the_encoder_lags_behind_few_are_held_and_the_others_read_in_order():
    read: list[int] = []

    def from_disk(frame: int) -> np.ndarray:
        read.append(frame)
        return PIXELS + frame

    feed = FrameFeed(from_disk)
    for frame in range(20):
        feed.give(frame, PIXELS + frame)
    feed.give(20)
    pictures = iter(feed)
    assert [next(pictures)[0, 0, 0] for _ in range(21)] == [128 + frame for frame in range(21)]
    assert read == list(range(3, 21))
    for frame in range(21, 24):  # it has caught up
        feed.give(frame, PIXELS + frame)
        assert next(pictures)[0, 0, 0] == 128 + frame
    feed.end()
    assert next(pictures, None) is None
    assert read == list(range(3, 21))
