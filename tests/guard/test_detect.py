"""The guard, on clips that are stuck in each way and on clips that are not."""

from __future__ import annotations

import numpy as np
import pytest

from dreamzoom.camera.lens import Lens
from dreamzoom.camera.similarity import Similarity, camera_motion
from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.dream.saliency import channel_shares
from dreamzoom.guard.detect import (
    Diagnosis,
    Guard,
    Observation,
    Stuck,
    diagnose,
    find_stuck,
    nudge_at,
    observed_before,
    preview,
)
from dreamzoom.guard.nudge import gliding_noise
from dreamzoom.pictures.frames import round_to_uint8, to_array, to_tensor
from dreamzoom.pictures.thumbnails import correlation
from dreamzoom.randomness import frame_generator

GUARD = Guard(similar=0.5, span=24)
SIZE = (64, 36)
FALL = camera_motion(SIZE, zoom=1.05)


def noise(seed: int) -> np.ndarray:
    """A picture with detail at the thumbnail's scale."""
    coarse = np.random.default_rng(seed).integers(20, 236, (9, 16, 3), dtype=np.uint8)
    return coarse.repeat(4, 0).repeat(4, 1)


def previews(frames) -> list[np.ndarray]:
    return [preview(np.asarray(frame, np.uint8)) for frame in frames]


def seen(
    small: list[np.ndarray], step: Similarity = FALL, shares: tuple[np.ndarray, ...] = ()
) -> Observation:
    """Frames between which the camera moves evenly."""
    return Observation(SIZE, small, [step] * (len(small) - 1), shares)


def shaken(frame: np.ndarray, seed: int) -> np.ndarray:
    """The frame as a dream's jitter leaves it: nearly the same."""
    return (frame + np.random.default_rng(seed).normal(0, 8, frame.shape)).clip(0, 255)


def carried(picture: np.ndarray, steps: list[Similarity], mirrors: int = 0) -> list[np.ndarray]:
    """A picture that the camera alone moves, with nothing dreamed."""
    lens = Lens("cubic", mirrors)
    frame = lens.fold(to_tensor(picture.astype(np.float32)))
    frames = [frame]
    for step in steps:
        frame = lens.move(frame, step).clamp(0, 255).round()
        frames.append(frame)
    return [to_array(each) for each in frames]


def test_a_picture_that_stands_while_the_camera_moves_repeats_itself():
    stuck = previews(shaken(noise(1), frame) for frame in range(24))
    assert find_stuck(GUARD, seen(stuck)) is Stuck.REPETITION


def test_a_picture_that_stands_with_a_still_camera_is_a_fixed_point():
    stuck = previews([noise(1)] * 24)
    assert find_stuck(GUARD, seen(stuck, Similarity())) is Stuck.STILL


def test_a_zoom_into_which_nothing_is_dreamed_is_a_fixed_point():
    slow = [noise(2)] * 24
    assert find_stuck(GUARD, seen(previews(slow), camera_motion(SIZE, zoom=1.0005))) is Stuck.STILL


@pytest.mark.parametrize(
    "motion",
    [
        lambda frame: {"zoom": 1.05},
        lambda frame: {"zoom": 1.02, "rotate": 0.2 * frame},
        lambda frame: {"zoom": 0.97, "rotate": 1},
        lambda frame: {"zoom": 1, "pan": (0.01, -0.02)},
    ],
    ids=["a fall", "a fall that turns faster and faster", "a rise", "a pan"],
)
def test_what_the_camera_alone_makes_of_a_picture_is_a_fixed_point(motion, cloud_picture):
    size = (cloud_picture.shape[1], cloud_picture.shape[0])
    steps = [camera_motion(size, **motion(frame)) for frame in range(23)]
    small = previews(carried(cloud_picture, steps))
    assert find_stuck(GUARD, Observation(size, small, steps)) is Stuck.STILL
    assert find_stuck(GUARD, Observation(size, small, [Similarity()] * 23)) is not Stuck.STILL


@pytest.mark.parametrize("mirrors", [1, 3, 5])
def test_so_is_what_it_alone_makes_of_a_picture_behind_mirrors(mirrors, cloud_picture):
    size = (cloud_picture.shape[1], cloud_picture.shape[0])
    steps = [camera_motion(size, zoom=1.02, rotate=2, target=(0.6, 0.5))] * 23
    small = previews(carried(cloud_picture, steps, mirrors))
    assert find_stuck(GUARD, Observation(size, small, steps, mirrors=mirrors)) is Stuck.STILL
    assert find_stuck(GUARD, Observation(size, small, steps)) is not Stuck.STILL


def test_where_the_camera_has_left_everything_behind_nothing_is_compared():
    steps = [camera_motion(SIZE, zoom=1, pan=(0.1, 0))] * 23
    assert find_stuck(GUARD, Observation(SIZE, previews(noise(frame) for frame in range(24)), steps)) is None


def test_every_other_frame_the_same_is_a_two_cycle():
    stuck = previews(shaken(noise(frame % 2), frame) for frame in range(24))
    assert find_stuck(GUARD, seen(stuck)) is Stuck.CYCLE


@pytest.mark.parametrize("level", [0, 90, 255])
def test_a_picture_of_one_level_is_saturated(level):
    stuck = previews([np.full((36, 64, 3), level)] * 24)
    assert find_stuck(GUARD, seen(stuck)) is Stuck.SATURATION


def test_black_and_white_alone_are_saturated():
    burnt = previews((noise(frame) > 128) * 255 for frame in range(24))
    burnt = [np.where(small > 128, 255.0, 0.0) for small in burnt]
    assert find_stuck(GUARD, seen(burnt)) is Stuck.SATURATION


def test_a_clip_that_changes_all_the_time_is_let_alone():
    lively = previews(noise(frame // 6) for frame in range(24))
    assert find_stuck(GUARD, seen(lively)) is None


def test_a_fast_fall_is_let_alone():
    fall = [
        frame + 0.4 * (noise(5 + at // 3) - 128) for at, frame in enumerate(carried(noise(0), [FALL] * 23))
    ]
    assert find_stuck(GUARD, seen(previews(np.clip(fall, 0, 255)))) is None


def test_a_slow_camera_is_no_repetition():
    changing = np.linspace(0, 0.5, 24)[:, None, None, None]
    slow = (1 - changing) * noise(3) + changing * noise(4)
    assert find_stuck(GUARD, seen(previews(slow), camera_motion(SIZE, zoom=1.001))) is None


def test_too_few_frames_decide_nothing():
    assert find_stuck(GUARD, seen(previews([noise(1)] * 12), Similarity())) is None


def test_only_stored_frames_before_the_look_are_asked_for():
    assert observed_before(GUARD, 23) == range(0)
    assert observed_before(GUARD, 24) == observed_before(GUARD, 47) == range(24)
    assert observed_before(GUARD, 50) == range(24, 48)


def test_a_nudge_swells_and_fades_within_one_span():
    nudges = [nudge_at(GUARD, index, Diagnosis(Stuck.STILL)) for index in range(24, 48)]
    strengths = [nudge.strength for nudge in nudges]
    assert {nudge.since for nudge in nudges} == {24}
    assert 0 < strengths[0] < 0.01
    assert strengths == pytest.approx(strengths[::-1])
    assert 0.99 < max(strengths) <= 1
    assert np.abs(np.diff(strengths)).max() < 0.14  # it never jumps


@pytest.mark.parametrize("span", [8, 13, 24, 40])
def test_the_shares_of_a_nudge_make_a_whole(span):
    guard = Guard(span=span)
    nudges = [nudge_at(guard, index, Diagnosis(Stuck.STILL)) for index in range(3 * span, 4 * span)]
    assert sum(nudge.share for nudge in nudges) == pytest.approx(1)


# Channels


def shares(*strongest: int, most: float, of: int = 50) -> np.ndarray:
    """A picture in which some channels have that share of all, and the others the rest."""
    whole = np.full(of, (1 - most) / (of - len(strongest)))
    whole[list(strongest)] = most / len(strongest)
    return whole


def in_motion(*looks: np.ndarray, guard: Guard = GUARD) -> Stuck | None:
    """What is found in pictures that are nothing alike, whose channels have such shares."""
    return find_stuck(guard, seen(previews(noise(frame // 6) for frame in range(24)), shares=looks))


def test_the_same_two_channels_winning_in_pictures_nothing_alike_are_monotonous():
    assert in_motion(*[shares(3, 7, most=0.6)] * 4) is Stuck.MONOTONY


def test_two_channels_that_win_half_at_most_are_not():
    assert in_motion(*[shares(3, 7, most=0.49)] * 4) is None


def test_different_channels_winning_in_turn_are_not():
    assert in_motion(shares(3, 7, most=0.6), shares(3, 8, most=0.6), shares(1, 2, most=0.6)) is None


def test_one_picture_without_the_strongest_is_enough():
    assert in_motion(*[shares(3, 7, most=0.9)] * 3, shares(9, most=0.5)) is None


def test_many_channels_winning_together_are_not_monotonous():
    assert in_motion(*[shares(*range(10), most=0.9)] * 4) is None


def test_what_is_found_names_all_but_the_strongest_channels():
    small = previews(shaken(noise(1), frame) for frame in range(24))
    looks = [shares(3, 7, most=0.6, of=40)] * 4
    found = diagnose(GUARD, seen(small, shares=looks))
    assert found == Diagnosis(Stuck.REPETITION, tuple(number for number in range(40) if number not in (3, 7)))
    assert nudge_at(GUARD, 30, found).others == found.others
    assert diagnose(GUARD, seen(small)) == Diagnosis(Stuck.REPETITION)
    assert diagnose(GUARD, seen(previews(noise(frame // 6) for frame in range(24)))) is None


def test_how_few_is_few_is_for_the_recipe_to_say():
    won = [shares(*range(10), most=0.9)] * 4
    assert in_motion(*won, guard=Guard(span=24, few=0.2)) is Stuck.MONOTONY
    assert in_motion(*[shares(3, 7, most=0.6)] * 4, guard=Guard(span=24, few=0)) is None


def test_of_a_layer_that_sees_nothing_no_channel_wins():
    assert in_motion(*[np.zeros(50)] * 4) is None


def test_a_real_network_sees_one_texture_as_few_channels_wherever_it_lies(engine, cloud_picture):
    """A pattern of stripes that moves fills the same few channels; what clouds show is spread widely."""
    stripes = np.indices((96, 128)).sum(0) // 4 % 2 * 200 + 20
    moved = [np.repeat(np.roll(stripes, shift, 1)[..., None], 3, 2) for shift in (0, 1, 3, 5)]
    clouds = [np.roll(cloud_picture, shift, 1) for shift in (0, 7, 19, 40)]

    def looks(pictures) -> list[np.ndarray]:
        images = (to_tensor(picture).float() for picture in pictures)
        return [channel_shares(image, engine, "fire2/concat", 1, 1.4) for image in images]

    assert all(each.shape == (128,) and each.sum() == pytest.approx(1) for each in looks(clouds))
    assert in_motion(*looks(moved)) is Stuck.MONOTONY
    assert in_motion(*looks(clouds)) is None


# A real dream


def still_dream(engine, picture: np.ndarray, frames: int, guard: Guard | None) -> list[np.ndarray]:
    """Dream on one spot, without camera or jitter; what is seen of it. The guard pushes with coarse noise."""
    plan = DreamPlan({"fire4/concat": l2()}, octaves=1, iterations=6, step_size=1.0, jitter=0)
    pixels = to_tensor(picture)
    stored: list[np.ndarray] = []
    for frame in range(frames):
        image = pixels.float()
        looked = [stored[index] for index in observed_before(guard, frame)] if guard else []
        reason = find_stuck(guard, seen(looked, Similarity())) if guard else None
        if reason:
            nudge = nudge_at(guard, frame, Diagnosis(reason))
            image = (image + 10 * nudge.strength * gliding_noise(image, 0, frame / 8)).clamp(0, 255)
        result = dream(image, engine, plan, frame_generator(0, frame))
        pixels = round_to_uint8(result.image)
        stored += previews([to_array(pixels)])
    return stored


def test_the_guard_frees_a_real_dream_that_is_stuck(engine, cloud_picture):
    alone = still_dream(engine, cloud_picture, 48, None)
    guarded = still_dream(engine, cloud_picture, 48, GUARD)
    for first in (0, 24):
        assert find_stuck(GUARD, seen(alone[first : first + 24], Similarity())) is Stuck.STILL
    assert find_stuck(GUARD, seen(guarded[24:], Similarity())) is None
    assert correlation(alone[23], alone[47]) > 0.92  # alone it stays, pushed it ends elsewhere
    assert correlation(guarded[23], guarded[47]) < 0.87
