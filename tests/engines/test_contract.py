"""What every engine promises in `dreamzoom.engines.base`, asked of each of them, on a small network."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.dream.regularisers import Regularisers
from dreamzoom.dream.rules import Adam
from dreamzoom.dream.shaping import Shaping
from dreamzoom.dream.transforms import TransformRange
from dreamzoom.engines.base import Engine
from dreamzoom.engines.registry import open_engine
from dreamzoom.errors import EngineError, Interrupted, RequestError, UnknownBlobError
from dreamzoom.models.caffe.reader import read_network
from dreamzoom.models.network import InputTransform, Model
from dreamzoom.randomness import frame_generator
from support.caffe import read_trained, write_trained
from support.engines import ENGINES, LITTLE_GOOGLENET, energy, noise, random_model, relative_error

DIFFERENCES = 0.01
"""Finite differences in float32 agree with a gradient to about the square root of its precision."""

SUM = 1e-5
"""Several targets at once, against one at a time: the additions come in another order."""

TARGETS = ("conv1", "norm1", "reduce", "join", "mean", "classes")
"""In place, after one, inside a branch, joined, and without rows and columns; some above others."""


@pytest.fixture(scope="module")
def model(tmp_path_factory) -> Model:
    return random_model(tmp_path_factory.mktemp("little"), LITTLE_GOOGLENET, "join")


@pytest.fixture(params=ENGINES)
def name(request) -> str:
    return request.param


@pytest.fixture
def engine(name, model) -> Engine:
    return open_engine(model, name, "cpu")


def glass(folder, name: str, transform: InputTransform, weights: np.ndarray) -> Engine:
    """A network of one 1x1 convolution with these `weights` (out, 3)."""
    text = f"""
    layer {{ name: "data" type: "Input" top: "data" input_param {{ shape {{ dim: [1, 3, 4, 4] }} }} }}
    layer {{ name: "glass" type: "Convolution" bottom: "data" top: "glass"
             convolution_param {{ num_output: {len(weights)} kernel_size: 1 bias_term: false }} }}"""
    found = random_model(folder, text, "glass", transform)
    net = read_trained(found.caffemodel)
    net.layer[0].blobs[0].data[0] = weights.astype("<f4").tobytes()
    write_trained(net, found.caffemodel)
    network = read_network(found.prototxt, found.caffemodel)
    return open_engine(
        Model("glass", network, transform, "glass", "0" * 64, found.prototxt, found.caffemodel), name, "cpu"
    )


class TestAscent:
    @pytest.mark.parametrize("blobs", [("conv1",), ("norm1",), ("join",), ("classes",), TARGETS])
    def test_gradient_is_the_one_finite_differences_find(self, engine, blobs):
        objectives, image = dict.fromkeys(blobs, energy), noise(33, 36)
        ascent = engine.ascend(image, objectives)
        direction = ascent.gradient / ascent.gradient.norm()
        above, below = (engine.ascend(image + step * direction, objectives).value for step in (2.0, -2.0))
        assert float(above - below) / 4.0 == pytest.approx(float(ascent.gradient.norm()), rel=DIFFERENCES)

    @pytest.mark.parametrize(
        "blobs", [("conv1", "mean"), ("mean", "conv1"), ("reduce", "one"), ("norm1", "pool", "join"), TARGETS]
    )
    def test_several_objectives_give_the_sum_of_each_alone(self, engine, blobs):
        image = noise(33, 36)
        alone = [engine.ascend(image, {blob: energy}) for blob in blobs]
        together = engine.ascend(image, dict.fromkeys(blobs, energy))
        assert relative_error(together.gradient, sum(each.gradient for each in alone)) < SUM
        assert float(together.value) == pytest.approx(sum(float(each.value) for each in alone), rel=SUM)

    def test_same_image_gives_the_same_bytes_whatever_came_before(self, engine, name, model):
        image = noise(33, 36)
        first = engine.ascend(image, {"join": energy})
        for blobs in (["join"], ["one"], ["reduce", "conv1"], ["last"]):
            engine.ascend(noise(48, 40), dict.fromkeys(blobs, energy))
            engine.activations(noise(21, 25), blobs[:1])
        again = engine.ascend(image, {"join": energy})
        fresh = open_engine(model, name, "cpu").ascend(image, {"join": energy})
        assert torch.equal(first.gradient, again.gradient)
        assert torch.equal(first.gradient, fresh.gradient)
        assert torch.equal(first.value, again.value)
        assert torch.equal(first.value, fresh.value)

    def test_objective_sees_the_activations_of_its_blob(self, engine):
        seen = []

        def watching(x):
            seen.append(x.clone())
            return energy(x)

        engine.ascend(noise(33, 36), {"join": watching})
        assert torch.equal(seen[0], engine.activations(noise(33, 36), ["join"])["join"])

    def test_gradient_may_have_any_layout(self, engine):
        def strided(x):
            return x.sum(), torch.ones(x.shape[::-1]).permute(2, 1, 0)

        def plain(x):
            return x.sum(), torch.ones(x.shape)

        found, expected = (engine.ascend(noise(33, 36), {"join": each}) for each in (strided, plain))
        assert torch.equal(found.gradient, expected.gradient)

    @pytest.mark.parametrize(
        "manner",
        [
            {},
            {
                "shaping": Shaping(laplacian=0.5, laplacian_levels=2, spectrum=1.0, smooth=0.5),
                "regularisers": Regularisers(variation=0.05, pull=0.2),
                "rule": Adam(),
                "transforms": TransformRange(turn=5, scale=0.1),
            },
        ],
    )
    def test_whole_dream_climbs(self, engine, manner):
        plan = DreamPlan({"join": l2()}, octaves=2, iterations=4, jitter=0, **manner)
        result = dream(noise(40, 45), engine, plan, frame_generator(1, 0))
        start = engine.ascend(noise(40, 45), {"join": l2()}).value
        assert result.image.shape == (3, 40, 45)
        assert result.value > 1.05 * float(start)


class TestTensors:
    def test_results_stay_when_the_engine_goes_on(self, engine):
        gradient = engine.ascend(noise(33, 36), {"join": energy}).gradient
        values = engine.activations(noise(33, 36), ["join", "classes"])
        copies = gradient.clone(), {blob: x.clone() for blob, x in values.items()}
        engine.ascend(noise(33, 36, seed=8), {"join": energy})
        engine.activations(noise(33, 36, seed=8), ["join", "classes"])
        assert torch.equal(gradient, copies[0])
        assert all(torch.equal(values[blob], copies[1][blob]) for blob in values)

    def test_image_is_left_as_it_is(self, engine):
        image = noise(33, 36)
        engine.ascend(image, {"join": energy})
        engine.activations(image, ["join"])
        assert torch.equal(image, noise(33, 36))

    def test_image_may_have_any_layout(self, engine):
        image = noise(33, 36)
        turned = image.permute(1, 2, 0).contiguous().permute(2, 0, 1)
        found, expected = (engine.ascend(each, {"join": energy}) for each in (turned, image))
        assert torch.equal(found.gradient, expected.gradient)

    def test_results_can_be_changed_in_place_by_who_gets_them(self, engine):
        ascent = engine.ascend(noise(33, 36), {"join": energy})
        values = engine.activations(noise(33, 36), ["join"])
        before = values["join"].clone(), ascent.value.clone(), ascent.gradient.clone()
        ascent.gradient.mul_(2)
        ascent.value.add_(1)
        values["join"].zero_()
        again = engine.ascend(noise(33, 36), {"join": energy})
        found = engine.activations(noise(33, 36), ["join"])["join"], again.value, again.gradient
        assert all(torch.equal(a, b) for a, b in zip(found, before, strict=True))

    def test_activations_are_float32_without_the_batch_axis(self, engine):
        found = engine.activations(noise(33, 36), TARGETS)
        assert {blob: tuple(x.shape) for blob, x in found.items()} == {
            "conv1": (16, 17, 18),
            "norm1": (16, 8, 9),
            "reduce": (4, 8, 9),
            "join": (32, 8, 9),
            "mean": (6, 3, 4),
            "classes": (5,),
        }
        assert {x.dtype for x in found.values()} == {torch.float32}

    def test_in_place_layer_is_part_of_its_blobs_value(self, engine):
        found = engine.activations(noise(33, 36), ["conv1", "reduce", "last"])
        assert float(found["conv1"].min()) == float(found["reduce"].min()) == 0
        assert float(found["last"].min()) < 0


class TestPictures:
    def test_input_is_mean_free_scaled_and_in_the_models_channel_order(self, name, tmp_path):
        engine = glass(tmp_path, name, InputTransform("bgr", (10.0, 20.0, 30.0), 0.5), np.eye(3))
        red, green, blue = noise(4, 5)
        found = engine.activations(torch.stack([red, green, blue]), ["glass"])["glass"]
        torch.testing.assert_close(found, torch.stack([blue - 10, green - 20, red - 30]) / 2)

    def test_rgb_model_is_fed_rgb(self, name, tmp_path):
        engine = glass(tmp_path, name, InputTransform("rgb", (10.0, 20.0, 30.0)), np.eye(3))
        mean = torch.tensor([10.0, 20.0, 30.0])[:, None, None]
        torch.testing.assert_close(engine.activations(noise(4, 5), ["glass"])["glass"], noise(4, 5) - mean)

    def test_gradient_comes_back_in_rgb(self, name, tmp_path):
        only_red = np.array([[0, 0, 1]])  # the last channel of BGR
        engine = glass(tmp_path, name, InputTransform(scale=0.5), only_red)
        gradient = engine.ascend(noise(4, 5), {"glass": energy}).gradient
        torch.testing.assert_close(gradient[0], (noise(4, 5)[0] - 123) * 0.25)
        assert not gradient[1:].any()


class TestRefusals:
    def test_unknown_blob_names_the_nearest(self, engine):
        with pytest.raises(UnknownBlobError, match="norm1"):
            engine.ascend(noise(33, 36), {"norm": energy})
        with pytest.raises(UnknownBlobError, match="norm1"):
            engine.activations(noise(33, 36), ["norm"])

    def test_image_too_small_for_a_blob_is_an_error_with_size_and_layer(self, engine):
        with pytest.raises(EngineError, match=r"4x5.*'last'"):
            engine.ascend(noise(5, 4), {"last": energy})

    def test_inner_product_of_another_size_is_an_error_with_the_layer(self, engine):
        with pytest.raises(EngineError, match=r"80x60.*'classes'"):
            engine.activations(noise(60, 80), ["classes"])

    def test_gradient_of_another_shape_is_refused_by_blob(self, engine):
        with pytest.raises(EngineError, match=r"'join'.*\(32, 8, 9\)"):
            engine.ascend(noise(33, 36), {"join": lambda x: (x.sum(), torch.ones(2))})

    def test_memory_that_runs_out_is_an_error_that_says_what_to_do(self, engine):
        def greedy(x):
            return x.sum(), torch.empty(1 << 60)

        with pytest.raises(EngineError, match=r"not enough memory on cpu for 36x33; use a smaller size"):
            engine.ascend(noise(33, 36), {"join": greedy})

    def test_refusal_leaves_the_engine_working(self, engine, name, model):
        for image, blob in ((noise(5, 4), "last"), (noise(60, 80), "classes")):
            with pytest.raises(EngineError):
                engine.ascend(image, {blob: energy})
        with pytest.raises(EngineError):
            engine.ascend(noise(33, 36), {"join": lambda x: (x.sum(), torch.ones(2))})
        found, fresh = (
            each.ascend(noise(33, 36), {"join": energy}) for each in (engine, open_engine(model, name, "cpu"))
        )
        assert torch.equal(found.gradient, fresh.gradient)

    def test_stop_asked_for_in_an_objective_comes_through(self, engine):
        def stop(x):
            raise Interrupted("asked to stop")

        with pytest.raises(Interrupted):
            engine.ascend(noise(33, 36), {"join": stop})

    def test_unknown_device_and_precision_are_refused(self, name, model):
        with pytest.raises(RequestError, match="'tpu'"):
            open_engine(model, name, "tpu")
        with pytest.raises(RequestError, match="'float8'"):
            open_engine(model, name, "cpu", "float8")

    @pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
    def test_cuda_where_there_is_none_is_refused_before_any_work(self, name, model):
        with pytest.raises(RequestError, match="no cuda device"):
            open_engine(model, name, "cuda")


def test_engine_says_who_it_is(engine, name, model):
    assert engine.name == name
    assert engine.model is model
    assert engine.device == torch.device("cpu")
    assert engine.fingerprint.startswith(f"{name} ")
    assert engine.fingerprint.endswith("float32")
    assert "cpu" in engine.fingerprint
