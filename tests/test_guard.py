"""The guard, on clips that are stuck in each way and on clips that are not."""

from __future__ import annotations

import numpy as np
import pytest

from dreamzoom.dream import DreamPlan, dream, frame_generator, l2
from dreamzoom.dream.noise import add_coarse_noise
from dreamzoom.guard import Guard, Stuck, find_nudge, find_stuck, looked_at
from dreamzoom.measure import correlation, thumbnail
from dreamzoom.motion import Similarity, camera_motion, warp

GUARD = Guard(similar=0.5, span=24, apart=12)
SIZE = (64, 36)
ZOOM = 1.05
ONE_LOOK = camera_motion(SIZE, zoom=ZOOM**GUARD.apart)
"""Where a zoom carries the picture over `apart` frames."""


def noise(seed: int) -> np.ndarray:
    """A picture with detail at the thumbnail's scale."""
    coarse = np.random.default_rng(seed).integers(20, 236, (9, 16, 3), dtype=np.uint8)
    return coarse.repeat(4, 0).repeat(4, 1)


def thumbnails(frames) -> list[np.ndarray]:
    return [thumbnail(np.asarray(frame, np.uint8)) for frame in frames]


def shaken(frame: np.ndarray, seed: int) -> np.ndarray:
    """The frame as a dream's jitter leaves it: nearly the same."""
    return (frame + np.random.default_rng(seed).normal(0, 8, frame.shape)).clip(0, 255)


def zoomed(count: int) -> list[np.ndarray]:
    """A picture the camera falls into, with nothing dreamed."""
    import torch

    frame = torch.from_numpy(noise(0).astype(np.float32)).permute(2, 0, 1)
    motion = camera_motion(SIZE, zoom=ZOOM)
    frames = []
    for _ in range(count):
        frames.append(frame.permute(1, 2, 0).numpy().round())
        frame = warp(frame, motion, "bilinear")
    return frames


def test_a_picture_that_stands_while_the_camera_moves_repeats_itself():
    stuck = thumbnails(shaken(noise(1), frame) for frame in range(24))
    assert find_stuck(GUARD, stuck, SIZE, ONE_LOOK) is Stuck.REPETITION


def test_a_picture_that_stands_with_a_still_camera_is_a_fixed_point():
    stuck = thumbnails([noise(1)] * 24)
    assert find_stuck(GUARD, stuck, SIZE, Similarity()) is Stuck.STILL


def test_a_zoom_into_which_nothing_is_dreamed_is_a_fixed_point():
    slow = [noise(2)] * 24
    assert find_stuck(GUARD, thumbnails(slow), SIZE, camera_motion(SIZE, zoom=1.0005)) is Stuck.STILL


def test_every_other_frame_the_same_is_a_two_cycle():
    stuck = thumbnails(shaken(noise(frame % 2), frame) for frame in range(24))
    assert find_stuck(GUARD, stuck, SIZE, ONE_LOOK) is Stuck.CYCLE


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_picture_of_one_level_is_saturated(level):
    stuck = thumbnails([np.full((36, 64, 3), level)] * 24)
    assert find_stuck(GUARD, stuck, SIZE, ONE_LOOK) is Stuck.SATURATION


def test_black_and_white_alone_are_saturated():
    burnt = thumbnails((noise(frame) > 128) * 255 for frame in range(24))
    burnt = [np.where(small > 128, 255.0, 0.0) for small in burnt]
    assert find_stuck(GUARD, burnt, SIZE, ONE_LOOK) is Stuck.SATURATION


def test_a_clip_that_changes_all_the_time_is_let_alone():
    lively = thumbnails(noise(frame // 6) for frame in range(24))
    assert find_stuck(GUARD, lively, SIZE, ONE_LOOK) is None


def test_a_fast_fall_is_let_alone():
    fall = [frame + 0.4 * (noise(5 + at // 3) - 128) for at, frame in enumerate(zoomed(24))]
    assert find_stuck(GUARD, thumbnails(np.clip(fall, 0, 255)), SIZE, ONE_LOOK) is None


def test_a_slow_camera_is_no_repetition():
    changing = np.linspace(0, 0.5, 24)[:, None, None, None]
    slow = (1 - changing) * noise(3) + changing * noise(4)
    assert find_stuck(GUARD, thumbnails(slow), SIZE, camera_motion(SIZE, zoom=1.01)) is None


def test_too_few_frames_decide_nothing():
    assert find_stuck(GUARD, thumbnails([noise(1)] * 12), SIZE, Similarity()) is None


def test_only_stored_frames_before_the_look_are_asked_for():
    assert looked_at(GUARD, 23) == range(0)
    assert looked_at(GUARD, 24) == looked_at(GUARD, 47) == range(24)
    assert looked_at(GUARD, 50) == range(24, 48)


def test_a_nudge_swells_and_fades_within_one_span():
    stuck = thumbnails([noise(1)] * 24)
    nudges = [find_nudge(GUARD, index, stuck, SIZE, ONE_LOOK) for index in range(24, 48)]
    strengths = [nudge.strength for nudge in nudges]
    assert {nudge.since for nudge in nudges} == {24}
    assert 0 < strengths[0] < 0.01
    assert strengths == pytest.approx(strengths[::-1])
    assert 0.99 < max(strengths) <= 1
    assert np.abs(np.diff(strengths)).max() < 0.14  # it never jumps


def test_a_clip_that_is_not_stuck_is_not_nudged():
    lively = thumbnails(noise(frame // 6) for frame in range(24))
    assert find_nudge(GUARD, 30, lively, SIZE, ONE_LOOK) is None


def still_dream(engine, picture: np.ndarray, frames: int, guard: Guard | None) -> list[np.ndarray]:
    """Dream on one spot, without camera or jitter; the thumbnails. The guard pushes with coarse noise."""
    import torch

    plan = DreamPlan({"fire4/concat": l2()}, octaves=1, iterations=6, step_size=1.0, jitter=0)
    pixels = torch.from_numpy(picture.copy()).permute(2, 0, 1)
    size, seen = (picture.shape[1], picture.shape[0]), []
    for frame in range(frames):
        image = pixels.float()
        stored = [seen[index] for index in looked_at(guard, frame)] if guard else []
        nudge = find_nudge(guard, frame, stored, size, Similarity()) if guard else None
        if nudge is not None:
            image = add_coarse_noise(image, 25 * nudge.strength, frame_generator(nudge.since, frame))
        dreamt = dream(image, engine, plan, frame_generator(0, frame))
        pixels = dreamt.image.clamp(0, 255).round().to(torch.uint8)
        seen.append(thumbnail(pixels.permute(1, 2, 0).numpy()))
    return seen


def test_the_guard_frees_a_real_dream_that_is_stuck(engine, cloud_picture):
    size = (cloud_picture.shape[1], cloud_picture.shape[0])
    alone = still_dream(engine, cloud_picture, 72, None)
    guarded = still_dream(engine, cloud_picture, 72, GUARD)
    assert find_stuck(GUARD, alone[24:48], size, Similarity()) is Stuck.STILL
    assert find_stuck(GUARD, alone[48:], size, Similarity()) is Stuck.STILL
    assert find_stuck(GUARD, guarded[48:], size, Similarity()) is None
    assert correlation(alone[47], alone[71]) > 0.98  # alone it stays, pushed it ends elsewhere
    assert correlation(guarded[47], guarded[71]) < 0.9
