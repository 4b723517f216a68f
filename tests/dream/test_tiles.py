"""Pictures in tiles: the same gradient as of the whole picture, and shifted tiles that are reproducible."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import balanced_l2, l2, mean
from dreamzoom.dream.tiles import SHIFTED, TiledEngine, drawing_from
from dreamzoom.engines.base import Engine
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.network import Convolution, InputTransform, Model, Operation, Pooling
from dreamzoom.models.shapes import blob_shape
from dreamzoom.models.tiling import PictureTile, cut, least_tile
from dreamzoom.randomness import frame_generator, tile_generator
from support.engines import ENGINES, LITTLE_GOOGLENET, noise, projection, random_model, relative_error

ROUNDING = 2e-6
"""Sums come in another order, and kernels of another size round otherwise."""

ODD_NET = """
name: "OddNet"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 64, 64] } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 8 kernel_h: 5 kernel_w: 3 stride_h: 2 stride_w: 3
                            pad_h: 1 pad_w: 2 } }
layer { name: "norm" type: "LRN" bottom: "conv" top: "norm"
        lrn_param { norm_region: WITHIN_CHANNEL local_size: 3 alpha: 0.1 } }
layer { name: "pool" type: "Pooling" bottom: "norm" top: "pool"
        pooling_param { kernel_size: 3 stride: 2 pad: 1 } }
layer { name: "holes" type: "Convolution" bottom: "pool" top: "holes"
        convolution_param { num_output: 8 kernel_size: 3 pad: 2 dilation: 2 group: 2 } }
layer { name: "average" type: "Pooling" bottom: "pool" top: "average"
        pooling_param { pool: AVE kernel_size: 3 stride: 1 pad: 1 } }
layer { name: "sum" type: "Eltwise" bottom: "holes" bottom: "average" top: "sum" }
layer { name: "up" type: "Deconvolution" bottom: "sum" top: "up"
        convolution_param { num_output: 4 kernel_size: 4 stride: 2 } }
layer { name: "window" type: "Crop" bottom: "up" bottom: "norm" top: "window"
        crop_param { axis: 2 offset: 1 } }
layer { name: "last" type: "Convolution" bottom: "window" top: "last"
        convolution_param { num_output: 4 kernel_size: 2 stride: 2 } }
"""
"""What has another window along rows than along columns, is dilated, overhangs, is enlarged and cropped."""


@pytest.fixture(scope="module", params=ENGINES)
def little(request, tmp_path_factory) -> Engine:
    model = random_model(tmp_path_factory.mktemp("little"), LITTLE_GOOGLENET, "join")
    return open_engine(model, request.param, "cpu")


@pytest.fixture(scope="module", params=ENGINES)
def odd(request, tmp_path_factory) -> Engine:
    return open_engine(random_model(tmp_path_factory.mktemp("odd"), ODD_NET, "last"), request.param, "cpu")


def differences(engine: Engine, objectives, size: tuple[int, int], pixels: int) -> tuple[float, float, int]:
    """How far value and gradient in tiles are from those of the whole, and how many tiles there were."""
    image = noise(*size)
    tiles = cut(engine.model.network, tuple(objectives), size[::-1], pixels)
    whole = engine.ascend(image, objectives)
    found = TiledEngine(engine, pixels).ascend(image, objectives)
    value = abs(float(found.value) / float(whole.value) - 1)
    return value, relative_error(found.gradient, whole.gradient), len(tiles)


@pytest.mark.parametrize(("blob", "size"), [
    ("norm1", (97, 131)), ("join", (96, 128)), ("join", (120, 75)), ("last", (97, 131)), ("mean", (99, 130)),
])  # fmt: skip
def test_tiles_have_the_gradient_of_the_whole(little, blob, size):
    value, gradient, tiles = differences(little, {blob: projection}, size, 70 * 60)
    assert tiles > 1
    assert value < 100 * ROUNDING  # a sum of either sign
    assert gradient < ROUNDING


@pytest.mark.parametrize(("blob", "size"), [
    ("pool", (151, 202)), ("sum", (150, 199)), ("window", (133, 180)), ("last", (152, 201)),
])  # fmt: skip
def test_windows_of_every_kind_meet_the_same_pixels(odd, blob, size):
    _, gradient, tiles = differences(odd, {blob: projection}, size, 110 * 110)
    assert tiles > 1
    assert gradient < ROUNDING


def test_squeezenet_in_tiles_sees_what_it_sees_in_the_whole(engine):
    size, blob = (333, 410), "fire8/concat"
    image = noise(*size)
    weights = torch.linspace(0.1, 1, 512)
    # One is a mean over places and takes one pass; the other has to know the whole blob first.
    for objective in (l2(), balanced_l2(weights)):
        value, gradient, tiles = differences(engine, {blob: objective}, size, 280 * 300)
        assert tiles > 1
        assert max(value, gradient) < ROUNDING
    seen = TiledEngine(engine, 280 * 300).activations(image, [blob])[blob]
    assert relative_error(seen, engine.activations(image, [blob])[blob]) < ROUNDING


def test_however_many_tiles_are_held_the_gradient_is_the_same_to_the_bit(little):
    image, objectives = noise(97, 131), {"join": projection}
    found = [TiledEngine(little, 60 * 60, held=held).ascend(image, objectives) for held in (1, 2, 99)]
    assert all(torch.equal(found[0].gradient, each.gradient) for each in found)
    assert all(torch.equal(found[0].value, each.value) for each in found)


def test_several_blobs_at_once(engine):
    objectives = {"fire3/concat": l2([3, 5]), "fire5/concat": projection}
    value, gradient, tiles = differences(engine, objectives, (220, 260), 190 * 190)
    assert tiles > 1
    assert max(value, gradient) < 10 * ROUNDING


def test_same_padding_falls_where_it_falls_in_the_whole(tmp_path):
    """TensorFlow's padding, whose odd pixel goes to the end, depends on the rest that a side leaves."""
    network = random_model(tmp_path, LITTLE_GOOGLENET, "pool1").network.until(["pool1"])
    changed = [replace(layer, operation=_padded_alike(layer.operation)) for layer in network.layers]
    model = Model("same", replace(network, layers=tuple(changed)), InputTransform(), "pool1", "0" * 64)
    engine = open_engine(model, "torch", "cpu")
    for size in ((97, 98), (99, 100), (101, 95)):
        _, gradient, tiles = differences(engine, {"pool1": projection}, size, 60 * 60)
        assert tiles > 1
        assert gradient < ROUNDING


def _padded_alike(operation: Operation) -> Operation:
    return replace(operation, padding="same") if isinstance(operation, Convolution | Pooling) else operation


def test_what_sees_the_whole_picture_is_computed_whole(little):
    assert cut(little.model.network, ("classes",), (60, 60), 900) == ()
    assert least_tile(little.model.network, ("classes",), (60, 60)) is None
    image = noise(33, 36)
    found = TiledEngine(little, 400).ascend(image, {"classes": projection})
    assert torch.equal(found.gradient, little.ascend(image, {"classes": projection}).gradient)


def test_all_tiles_are_alike_and_no_larger_than_they_may_be(squeezenet):
    for size in ((1001, 777), (4000, 3000), (641, 2500)):
        tiles = cut(squeezenet.network, ("fire8/concat",), size, 600**2)
        sides = {(stop - start, end - begin) for (start, stop), (begin, end) in map(_spans, tiles)}
        assert len(sides) == 1
        assert all(height * width <= 600**2 for height, width in sides)
        counted = sum(
            np.prod([stop - start for start, stop in tile.places["fire8/concat"]]) for tile in tiles
        )
        assert counted == np.prod(blob_shape(squeezenet.network, "fire8/concat", size)[1:])


def _spans(tile: PictureTile) -> tuple[tuple[int, int], tuple[int, int]]:
    return tile.rows, tile.columns


def test_a_dream_in_tiles_is_that_of_the_whole_picture(little):
    image = noise(90, 110)
    plan = DreamPlan({"join": mean()}, octaves=2, iterations=2, jitter=8)
    whole, tiled = (
        dream(image, engine, plan, frame_generator(1, 0)).image
        for engine in (little, TiledEngine(little, 60 * 60))
    )
    assert float((whole - tiled).abs().max()) < 0.05  # of 255


def test_shifted_tiles_are_drawn_anew_at_each_step_and_again_alike(little):
    image, objectives = noise(96, 128), {"join": l2()}

    def ascend(engine: Engine) -> tuple[torch.Tensor, torch.Tensor]:
        return engine.ascend(image, objectives).gradient, engine.ascend(image, objectives).gradient

    one, other = (
        ascend(drawing_from(tile_generator(3, 7), TiledEngine(little, 48 * 48, SHIFTED))) for _ in range(2)
    )
    assert all(map(torch.equal, one, other))
    assert not torch.equal(*one)


def test_one_shifted_tile_that_is_not_shifted_is_a_picture_of_its_own(little):
    image, objectives = noise(64, 96), {"norm1": l2()}
    found = TiledEngine(little, 48 * 48, SHIFTED).ascend(image, objectives).gradient
    corner = little.ascend(image[:, :64, :48].contiguous(), objectives).gradient / 2
    assert relative_error(found[:, :, :48], corner) < ROUNDING
