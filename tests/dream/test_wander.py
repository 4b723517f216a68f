"""The way through a layer's channels, and what it makes the dream climb."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from dreamzoom.dream.objectives import balanced_l2, l2, weighted_l2
from dreamzoom.dream.wander import Wander, channel_weights, make_wander
from dreamzoom.guard.nudge import gliding_noise

WAY = make_wander(seed=3, channels=64, share=0.125, stay=30)  # 8 awake, a lap in 240 frames

ways = st.builds(
    make_wander,
    seed=st.integers(0, 2**63 - 1),
    channels=st.integers(1, 80),
    share=st.floats(0, 1),
    stay=st.floats(0.5, 500),
    strength=st.floats(0, 1),
)


@given(ways, st.integers(0, 10**6))
@settings(max_examples=100, deadline=None)
def test_weights_are_never_negative_and_one_on_average(way, frame):
    weights = channel_weights(way, frame)
    assert weights.shape == (way.channels,)
    assert weights.min() >= -1e-12
    assert weights.mean() == pytest.approx(1)


def test_as_many_channels_as_asked_for_are_awake():
    awake = [int((channel_weights(WAY, frame) > 0).sum()) for frame in range(0, 400, 7)]
    assert set(awake) <= {6, 7, 8}  # fewer where a channel ends one lap and begins the next


def test_each_lap_wakes_every_channel():
    peaks = np.max([channel_weights(WAY, frame) for frame in range(240)], axis=0)
    assert peaks.min() > 0.9 * 2 * 64 / 8


def test_over_laps_all_channels_weigh_alike():
    laps = 12
    mean = np.mean([channel_weights(WAY, frame) for frame in range(240 * laps)], axis=0)
    assert mean == pytest.approx(np.ones(64), abs=1.5 / laps)  # all but the laps cut off at the two ends


def test_a_channel_stays_awake_as_long_as_asked():
    track = np.array([channel_weights(WAY, frame)[5] for frame in range(240)]) > 0
    longest = max(len(run) for run in "".join("x" if awake else " " for awake in track).split())
    assert longest in (29, 30)


def test_weights_change_smoothly():
    fine = np.array([channel_weights(WAY, frame / 10) for frame in range(5000)])
    largest, slope = fine.max(), np.pi / 30  # of a raised cosine `stay` frames wide
    assert np.abs(np.diff(fine, axis=0)).max() <= 1.02 * largest * slope / 10


def test_weights_depend_on_seed_and_frame_alone():
    backwards = [channel_weights(WAY, frame) for frame in (500, 20, 3)][::-1]
    forwards = [channel_weights(WAY, frame) for frame in (3, 20, 500)]
    assert np.array_equal(backwards, forwards)
    assert not np.array_equal(
        channel_weights(make_wander(seed=4, channels=64, share=0.125, stay=30), 20), forwards[1]
    )


def test_the_next_lap_takes_another_order():
    first, second = (
        [int(channel_weights(WAY, lap * 240 + step * 3.75).argmax()) for step in range(60)] for lap in (0, 1)
    )
    assert first != second


def test_no_strength_lets_all_channels_count_alike():
    assert channel_weights(make_wander(1, 64, 0.1, 30, strength=0), 17) == pytest.approx(np.ones(64))


def test_half_the_strength_is_half_way():
    half = Wander(WAY.seed, WAY.channels, WAY.awake, WAY.stay, 0.5)
    assert channel_weights(half, 17) == pytest.approx((1 + channel_weights(WAY, 17)) / 2)


def test_all_channels_awake_still_wander():
    way = make_wander(1, 64, 1.0, 30)
    assert channel_weights(way, 0).max() > 1.5


def test_one_channel_always_counts():
    assert [channel_weights(make_wander(1, 1, 0.5, 10), frame / 2)[0] for frame in range(50)] == [1.0] * 50


def test_with_all_weights_one_it_is_l2():
    activations = torch.randn(6, 4, 5, generator=torch.Generator().manual_seed(1))
    value, gradient = weighted_l2(torch.ones(6))(activations)
    expected_value, expected_gradient = l2()(activations)
    assert float(value) == pytest.approx(float(expected_value))
    assert torch.allclose(gradient, expected_gradient)


def test_balance_gives_a_rare_channel_as_much_say_as_a_common_one():
    activations = torch.zeros(3, 4, 4, dtype=torch.float64)
    activations[0], activations[1, 0, 0] = 100.0, 40.0  # energies 10000, 100, 0
    gradient = balanced_l2(torch.ones(3))(activations)[1]
    floor = 0.1 * 10100 / 3
    assert float((gradient * activations).sum((1, 2))[0]) == pytest.approx(10000 / (10000 + floor) / 3)
    assert float((gradient * activations).sum((1, 2))[1]) == pytest.approx(100 / (100 + floor) / 3)
    assert float(gradient[2].abs().max()) == 0


def test_balance_does_not_care_how_strong_a_layer_is():
    activations = torch.rand(5, 4, 6, generator=torch.Generator().manual_seed(3))
    weights = torch.tensor([0.0, 0.5, 1.0, 1.5, 2.0])
    value, gradient = balanced_l2(weights)(activations)
    louder, its_gradient = balanced_l2(weights)(activations * 50)
    assert float(louder) == pytest.approx(float(value), rel=1e-5)
    assert torch.allclose(its_gradient * 50, gradient)


def test_balance_of_a_layer_that_sees_nothing_is_nothing():
    value, gradient = balanced_l2(torch.ones(3))(torch.zeros(3, 2, 2))
    assert float(value) == float(gradient.abs().max()) == 0


@pytest.mark.parametrize("time", [0, 3, 2.5, 7.2])
def test_noise_is_as_strong_at_every_size_and_time_and_smooth(time):
    for size in [(90, 160), (360, 640)]:
        noise = gliding_noise(torch.zeros(3, *size), 5, time)
        assert float(noise.std()) == pytest.approx(1, rel=0.35)
        assert float(noise.diff(dim=2).abs().max()) < 50 / size[0]


def test_noise_glides_from_one_whole_time_to_the_next_and_never_jumps():
    times = [gliding_noise(torch.zeros(3, 36, 64), 5, time / 8) for time in range(33)]
    steps = [float((one - other).abs().mean()) for one, other in pairwise(times)]
    assert max(steps) < 0.3
    first, last = times[0].flatten(), times[16].flatten()
    assert abs(float(torch.corrcoef(torch.stack([first, last]))[0, 1])) < 0.3
    assert torch.equal(times[8], gliding_noise(torch.zeros(3, 36, 64), 5, 1))


def test_the_same_noise_lies_over_a_draft():
    large, small = (gliding_noise(torch.zeros(3, *size), 5, 1.5) for size in [(360, 640), (90, 160)])
    shrunk = torch.nn.functional.avg_pool2d(large[None], 4)[0]
    assert float((shrunk - small).abs().mean()) < 0.025
