"""Every objective's gradient against the slope of its value, and against what the real Caffe makes of it."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from dreamzoom.dream.looks import gram_look, look_of, moments_look
from dreamzoom.dream.objectives import (
    AtPlace,
    Mixed,
    amplified,
    balanced_l2,
    l2,
    mean,
    mix_objectives,
    ranked,
    score,
    shift_objective,
    weighted_l2,
    weighted_mean,
)
from dreamzoom.engines.base import Objective
from dreamzoom.engines.registry import open_engine
from support.engines import in_threads, needs_caffe, noise, relative_error

SIGNED = torch.tensor([0.5, -2.0, 0.0, 1.0])


def values(*shape: int, seed: int = 1) -> Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))


def wanted(channels: int = 4) -> Objective:
    return gram_look(look_of(values(channels, 3, 7, seed=9)))


OBJECTIVES = {
    "weighted l2": weighted_l2(SIGNED),
    "weighted mean": weighted_mean(SIGNED),
    "score": score(SIGNED, 0.7),
    "amplified": amplified(0.6, 1.3, 0.9),
    "amplified channels": amplified(weights=SIGNED),
    "strongest": ranked(2, strongest=True),
    "weakest": ranked(2, strongest=False),
    "unit": AtPlace(mean([2]), 0.5, 0.9),
    "unit of weights": AtPlace(weighted_l2(SIGNED), 0.0, 1.0),
    "gram": wanted(),
    "moments": moments_look(look_of(values(4, 3, 7, seed=9))),
}


OF_SCORES = {
    "l2": l2(),
    "l2 of channels": l2([1, 2]),
    "mean": mean(),
    "mean of a channel": mean([2]),
    "amplified": amplified(0.6, 1.3, 0.9),
    "several": mix_objectives([(l2(), 1.0), (mean([1]), 0.5)]),
}


@pytest.mark.parametrize("name", OF_SCORES)
def test_scores_after_an_inner_product_have_no_places(name):
    """(C,) in place of (C, H, W): the same value, and the same slope, as of one place."""
    scores = values(4)
    value, gradient = OF_SCORES[name](scores)
    value_there, gradient_there = OF_SCORES[name](scores[:, None, None])
    torch.testing.assert_close(value, value_there)
    torch.testing.assert_close(gradient, gradient_there[:, 0, 0])
    assert value.shape == ()


@pytest.mark.parametrize("name", OBJECTIVES)
def test_the_gradient_is_the_slope_of_the_value(name):
    objective, activations = OBJECTIVES[name], values(4, 5, 6)
    gradient, found = objective(activations)[1], torch.zeros(4, 5, 6, dtype=torch.float64)
    assert float(gradient.abs().sum()) > 0
    for place in np.ndindex(4, 5, 6):
        nudge = torch.zeros_like(activations)
        nudge[place] = 1e-5
        found[place] = (objective(activations + nudge)[0] - objective(activations - nudge)[0]) / 2e-5
    assert float((gradient - found).abs().max()) < 1e-8


def test_amplification_is_cnn_vis():
    """`amplify_layer` there: diff = -L1 * abs(data) - L2 * clip(data, -c, c), to be descended."""
    data = values(3, 4, 5) * 6
    expected = 1.5 * np.abs(data.numpy()) + 0.5 * np.clip(data.numpy(), -5, 5)
    assert amplified(1.5, 0.5, 5.0)(data)[1].numpy() * data.numel() == pytest.approx(expected)


def test_a_look_is_gatys_gram_matrix():
    seen, other = values(4, 5, 6), values(4, 5, 6, seed=2)
    flat, flat_other = (each.numpy().reshape(4, 30) for each in (seen, other))
    gram, aim = flat @ flat.T, flat_other @ flat_other.T
    loss = ((gram - aim) ** 2).sum() / (4 * 4**2 * 30**2)
    value, gradient = gram_look(look_of(other))(seen)
    unit = (aim**2).sum() / (4**2 * 30**2)  # ours is in units of the wanted look
    assert float(value) == pytest.approx(-loss / unit)
    slope = (gram - aim) @ flat / (4**2 * 30**2)
    assert gradient.numpy().reshape(4, 30) == pytest.approx(-slope / unit)


@pytest.mark.parametrize("look", [gram_look, moments_look])
def test_a_picture_has_its_own_look_wherever_its_parts_are(look):
    seen = values(4, 5, 6)
    scrambled = seen.flatten(1)[:, torch.randperm(30)].view(4, 6, 5)
    for each in (seen, scrambled, torch.cat([seen, seen], 2)):
        value, gradient = look(look_of(seen))(each)
        assert float(value) == pytest.approx(0, abs=1e-12)
        assert float(gradient.abs().max()) < 1e-12


def test_the_strongest_channels_are_those_of_most_energy():
    seen = torch.ones(4, 2, 2) * torch.tensor([3.0, 0.0, 1.0, 2.0])[:, None, None]
    strong, weak = (ranked(2, strongest=strongest)(seen)[1].sum((1, 2)) for strongest in (True, False))
    assert torch.nonzero(strong).flatten().tolist() == [0, 3]
    assert torch.nonzero(weak).flatten().tolist() == [2, 3]  # channel 1 sees nothing, and has no gradient


def test_a_unit_stays_on_its_spot_of_the_picture_when_that_is_shifted():
    seen, unit = values(2, 6, 8), AtPlace(mean([1]), 0.3, 0.6)
    value, gradient = unit(seen)
    assert float(value) == float(seen[1, 3, 2])
    rolled = shift_objective(unit, 7 / 8, 4 / 6)(seen.roll((4, 7), (1, 2)))
    assert float(rolled[0]) == float(value)
    assert torch.equal(rolled[1], gradient.roll((4, 7), (1, 2)))
    mixed = shift_objective(mix_objectives([(unit, 1.0), (l2(), 2.0)]), 7 / 8, 4 / 6)
    expected = Mixed(((unit, 1.0), (l2(), 2.0)))(seen)
    assert torch.allclose(mixed(seen.roll((4, 7), (1, 2)))[1], expected[1].roll((4, 7), (1, 2)))


def test_a_negative_weight_climbs_down_whether_alone_or_not():
    seen = values(3, 4, 5)
    down = mix_objectives([(mean([0]), -1.0)])(seen)[1]
    assert float(down[0].max()) < 0
    both = mix_objectives([(mean([0]), -0.5), (mean([1]), 1.0)])(seen)[1]
    assert both[0].sum() == pytest.approx(-0.5 * float(both[1].sum()))


def test_pulls_are_mixed_by_weight_whatever_their_strength():
    seen = values(3, 4, 5)
    loud = lambda activations: tuple(1000 * part for part in mean([0])(activations))  # noqa: E731
    even = mix_objectives([(loud, 1.0), (mean([1]), 1.0)])(seen)[1]
    assert float(even[0].sum()) == pytest.approx(float(even[1].sum()))


def _at_512(seed: int) -> Tensor:
    return torch.randn(512, generator=torch.Generator().manual_seed(seed))


AT_FIRE8 = {
    "weighted mean": weighted_mean(_at_512(1)),
    "weighted l2": weighted_l2(_at_512(2)),
    "balanced": balanced_l2(_at_512(3).abs()),
    "score": score(_at_512(4), 0.2),
    "amplified": amplified(1.0, 0.5, 2.0),
    "strongest": ranked(9, strongest=True),
    "unit": AtPlace(mean([33]), 0.4, 0.7),
    "gram": gram_look,
    "moments": moments_look,
    "mixed": mix_objectives([(AtPlace(l2([71]), 0.2, 0.2), 1.0), (mean([33]), -0.7)]),
}


@needs_caffe
@pytest.mark.parametrize("name", AT_FIRE8)
def test_the_gradient_at_the_image_is_caffes(squeezenet, name):
    engines = [open_engine(squeezenet, engine, "cpu") for engine in ("torch", "caffe")]
    image, layer, objective = noise(70, 90), "fire8/concat", AT_FIRE8[name]
    if name in ("gram", "moments"):
        objective = objective(look_of(engines[0].activations(noise(64, 64, 8), [layer])[layer]))
    found, reference = (each.ascend(image, {layer: objective}).gradient for each in engines)
    assert relative_error(found, reference) < 1e-4


def test_the_number_of_threads_changes_no_bit_of_a_look():
    seen, aim = values(128, 90, 160).float(), look_of(values(128, 31, 47, seed=3).float())
    found = in_threads(
        lambda: [look_of(seen).gram, *(look(aim)(seen)[1] for look in (gram_look, moments_look))]
    )
    assert all(
        torch.equal(one, other) for each in found[1:] for one, other in zip(each, found[0], strict=True)
    )
