"""The torch engine against the real Caffe: whole nets, one octave of a dream, and every type of layer.

Weights are random and seeded, so that no layer's numbers are special; where only the trained ones make sense,
the embedded model has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import pytest
from torch import Tensor

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.engines.base import Engine, Objective
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.caffe.reader import read_network
from dreamzoom.models.network import InputTransform, Model
from dreamzoom.randomness import frame_generator
from support.caffe import NETS, ZOO, as_v0, as_v1, compacted, read_trained, resnet50, write_trained
from support.caffe import blob as blob_of
from support.engines import (
    energy,
    few_greys,
    model_of_file,
    needs_caffe,
    noise,
    projection,
    random_model,
    relative_error,
)

pytestmark = needs_caffe

PARITY = 1e-4
"""Largest ‖torch - caffe‖ / ‖caffe‖, of activations and of image gradients, both in float32.

Sums come in another order on the two engines, which costs 1e-7 to 1e-6 a layer; anything computed in another
way (a window, a tie, a constant) is off by 1e-3 and more.
"""

GREY_LEVELS = 1.0
"""Largest mean difference of two dreams after ten steps, over three pictures: the median.

At every step the engines' gradients agree to 1e-6, unless two values of a pooling window, or one and the zero
of a ReLU, are within rounding of each other: then each engine takes its own side, and with random weights
the dreams part from there on. It happens to one dream in ten (to float32 against float64 as well), and to
every dream of an even sky, whose windows all tie: these pictures are noise.
"""


@dataclass(frozen=True)
class Engines:
    """One model on both engines."""

    torch: Engine
    caffe: Engine

    @classmethod
    def of(cls, model: Model) -> Engines:
        return cls(open_engine(model, "torch", "cpu"), open_engine(model, "caffe", "cpu"))

    def activation_error(self, image: Tensor, blob: str) -> float:
        found, reference = (each.activations(image, [blob])[blob] for each in (self.torch, self.caffe))
        return relative_error(found, reference)

    def gradient_error(self, image: Tensor, *blobs: str, objective: Objective = energy) -> float:
        objectives = dict.fromkeys(blobs, objective)
        found, reference = (each.ascend(image, objectives).gradient for each in (self.torch, self.caffe))
        return relative_error(found, reference)


# ---- whole nets ----------------------------------------------------------------------------------

SIZES = [(96, 128), (75, 101), (64, 41)]  # height, width; odd ones too
SQUEEZENET_BLOBS = ("fire2/concat", "fire5/concat", "fire9/concat")  # a low, a middle and a high one
GOOGLENET_BLOBS = ("conv2/norm2", "inception_4c/output", "inception_5b/output")
SEVERAL = {
    "squeezenet": ("fire8/concat", "fire4/squeeze1x1", "fire4/expand3x3", "conv1"),
    "googlenet": ("inception_4c/output", "inception_4a/3x3_reduce", "inception_3b/pool", "conv1/7x7_s2"),
}
"""Targets above, below and beside each other; most are changed in place or read by several layers."""


@pytest.fixture(scope="module")
def nets(squeezenet, tmp_path_factory) -> dict[str, Engines]:
    googlenet = model_of_file(ZOO / "googlenet" / "deploy.prototxt", tmp_path_factory.mktemp("weights"))
    return {"squeezenet": Engines.of(squeezenet), "googlenet": Engines.of(googlenet)}


def agree(error: Callable[[Tensor], float], size: tuple[int, int]) -> bool:
    """Whether an error is within parity on noise of this size (height, width).

    Up to six pictures are tried. One in ten, and one in three of GoogLeNet's last inception, has among its
    million windows and ReLUs a tie within rounding (see `GREY_LEVELS`), where float32 misses float64 by 1e-3
    too, on either engine; what is computed in another way is missed on every picture.
    """
    return any(error(noise(*size, seed=seed)) < PARITY for seed in range(5, 11))


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize(
    ("net", "blob"),
    [
        *(("squeezenet", blob) for blob in SQUEEZENET_BLOBS),
        *(("googlenet", blob) for blob in GOOGLENET_BLOBS),
    ],
)
def test_activations_and_image_gradient_are_caffes(nets, net, blob, size):
    assert agree(lambda image: nets[net].activation_error(image, blob), size)
    assert agree(lambda image: nets[net].gradient_error(image, blob), size)


@pytest.mark.parametrize("net", SEVERAL)
def test_gradient_of_several_targets_is_caffes(nets, net):
    assert agree(lambda image: nets[net].gradient_error(image, *SEVERAL[net]), (75, 101))


@pytest.mark.parametrize(
    ("net", "blob"), [("squeezenet", "fire8/concat"), ("googlenet", "inception_4c/output")]
)
def test_ten_steps_of_an_octave_are_caffes(nets, net, blob):
    plan = DreamPlan({blob: l2()}, octaves=1, iterations=10)
    differences = []
    for seed in (2, 3, 5):
        image = noise(72, 96, seed)
        found, reference = (
            dream(image, engine, plan, frame_generator(seed, 0)).image
            for engine in (nets[net].torch, nets[net].caffe)
        )
        assert mean_difference(reference, image) > 3  # a dream, not the picture itself
        differences.append(mean_difference(found, reference))
    assert median(differences) < GREY_LEVELS


def mean_difference(found: Tensor, reference: Tensor) -> float:
    return float((found - reference).abs().mean())


# ---- the usual nets of the Model Zoo, thinner ----------------------------------------------------

USUAL_NETS = {
    "alexnet": ("conv5", (99, 83)),
    "caffenet": ("conv5", (99, 83)),
    "vgg16": ("conv5_3", (64, 49)),
    "vgg19": ("conv5_4", (64, 49)),
    "googlenet_places205": ("inception_4c/output", (64, 49)),
    "googlenet_places365": ("inception_4c/output", (64, 49)),
    "resnet50": ("res4f", (64, 49)),
}
THINNER = 8
"""By how many times the usual nets get fewer outputs in each layer; their structure stays whole."""


@pytest.mark.parametrize("name", USUAL_NETS)
def test_usual_net_loads_and_dreams_in_both_engines(name, tmp_path):
    text = resnet50() if name == "resnet50" else (ZOO / name / "deploy.prototxt").read_text(encoding="utf-8")
    blob, size = USUAL_NETS[name]
    both = Engines.of(random_model(tmp_path, compacted(text, THINNER), blob))
    assert agree(lambda image: both.activation_error(image, blob), size)
    assert agree(lambda image: both.gradient_error(image, blob), size)
    image, plan = noise(*size), DreamPlan({blob: l2()}, octaves=2, iterations=2, jitter=8)
    found, reference = (
        dream(image, each, plan, frame_generator(1, 0)).image for each in (both.torch, both.caffe)
    )
    assert mean_difference(found, reference) < GREY_LEVELS


@pytest.mark.parametrize("name", ["alexnet", "vgg16", "googlenet_places205", "resnet50"])
def test_usual_nets_classes_are_caffes(name, tmp_path):
    text = resnet50() if name == "resnet50" else (ZOO / name / "deploy.prototxt").read_text(encoding="utf-8")
    model = random_model(tmp_path, compacted(text, 2 * THINNER))
    image = noise(*model.network.input_shape[1:])
    assert Engines.of(model).activation_error(image, "prob") < PARITY


# ---- files of every age --------------------------------------------------------------------------


@pytest.mark.parametrize("age", ["v0", "v1", "v2"])
def test_file_of_any_age_computes_as_caffe_upgrades_it(age, tmp_path):
    model = model_of_file(NETS / f"three_ages.{age}.prototxt", tmp_path)
    both = Engines.of(model)
    for blob in model.network.blobs[1:]:
        assert both.activation_error(noise(23, 19), blob) < PARITY
        assert both.gradient_error(noise(23, 19), blob, objective=projection) < PARITY


@pytest.mark.parametrize("kind", ["ConvolutionDepthwise", "DepthwiseConvolution"])
@pytest.mark.parametrize("groups", ["", "group: 8"])
def test_depthwise_convolution_of_derived_caffes_is_bvlcs_in_groups(kind, groups, tmp_path):
    window = f"convolution_param {{ num_output: 16 kernel_size: 3 stride: 2 pad: 1 {groups} }}"
    both = Engines.of(random_model(tmp_path, HEAD + one(kind, window)))
    assert both.activation_error(noise(20, 31), "y") < PARITY
    assert both.gradient_error(noise(20, 31), "y", objective=projection) < PARITY


@pytest.mark.parametrize("scaled", [False, True])
def test_batch_norm_of_nvidias_caffe_is_the_same_on_both(scaled, tmp_path):
    model = random_model(tmp_path, HEAD + one("BatchNorm"))
    trained = read_trained(model.caffemodel)
    blobs = trained.layer[-1].blobs
    blobs[2].CopyFrom(blob_of(np.float32([0])))  # a factor of 0 beside statistics stored as they are
    if scaled:
        blobs.extend(blob_of(np.linspace(*ends, 8, dtype=np.float32)) for ends in [(0.5, 2), (-1, 1)])
    write_trained(trained, model.caffemodel)
    both = Engines.of(reread(model))
    assert both.activation_error(noise(20, 31), "y") < PARITY
    assert both.gradient_error(noise(20, 31), "y", objective=projection) < PARITY


OWN = "batch_norm_param { use_global_stats: false eps: 0.001 }"

SPELLINGS = {
    "SegNet's by own statistics": (
        "BN",
        "bn_param { scale_filler { value: 1 } }",
        "use_global_stats: false eps: 1e-9",
    ),
    "SegNet's": ("BN", "bn_param { bn_mode: INFERENCE }", ""),
    "PSPNet's": ("BN", "bn_param { slope_filler { value: 1 } frozen: true momentum: 0.95 }", "eps: 1e-5"),
    "PSPNet's by own statistics": (
        "BN",
        "bn_param { var_eps: 0.01 moving_average: false frozen: true }",
        "use_global_stats: false eps: 0.01",
    ),
    "NVIDIA's by own statistics": (
        "BatchNorm",
        "batch_norm_param { use_global_stats: false eps: 0.001 scale_bias: true }",
        "use_global_stats: false eps: 0.001",
    ),
}
"""A layer of a derived Caffe's, and the settings of the BatchNorm of BVLC's that does its normalising."""


@pytest.mark.parametrize("place", ["apart", "in place"])
@pytest.mark.parametrize("name", SPELLINGS)
def test_normalising_layer_of_derived_caffes_is_bvlcs_batch_norm_and_scale(name, place, tmp_path):
    kind, settings, bvlcs = SPELLINGS[name]
    top = "y" if place == "apart" else "x"
    spelled = random_model(tmp_path, HEAD + one(kind, settings, "x", top))
    weights = read_trained(spelled.caffemodel)
    blobs = list(weights.layer.pop().blobs)
    scaled, stored = (blobs[:2], blobs[2:]) if kind == "BN" else (blobs[3:], blobs[:3])
    norm = f"batch_norm_param {{ {bvlcs} }}"
    plain = one("BatchNorm", norm, "x", top) if bvlcs else ""
    plain += one("Scale", "scale_param { bias_term: true }", top if bvlcs else "x", top)
    zeros = [blob_of(np.zeros(n, np.float32)) for n in (8, 8, 1)]
    stored = [*stored, blob_of(np.float32([1]))] if len(stored) == 2 else stored or zeros
    weights.layer.add(name=f"BatchNorm_{top}".encode(), type=b"BatchNorm", blobs=stored)
    weights.layer.add(name=f"Scale_{top}".encode(), type=b"Scale", blobs=scaled)
    (tmp_path / "plain").mkdir()
    known = random_model(tmp_path / "plain", HEAD + plain)
    write_trained(weights, known.caffemodel)
    both, reference = Engines.of(spelled), Engines.of(reread(known)).caffe
    for engine in (both.torch, both.caffe):
        each = Engines(engine, reference)
        assert each.activation_error(noise(20, 31), top) < PARITY
        assert each.gradient_error(noise(20, 31), top, objective=projection) < PARITY


def test_a_vectors_own_statistics_leave_nothing_of_it_on_both(tmp_path):
    text = (
        HEAD + one("InnerProduct", "inner_product_param { num_output: 7 }") + one("BatchNorm", OWN, "y", "y")
    )
    both = Engines.of(random_model(tmp_path, text))
    for engine in (both.torch, both.caffe):
        assert not engine.activations(noise(23, 29), ["y"])["y"].any()
        assert not engine.ascend(noise(23, 29), {"y": projection}).gradient.any()


def reread(model: Model) -> Model:
    """The model as its files are now."""
    assert model.prototxt
    assert model.caffemodel
    return replace(model, network=read_network(model.prototxt, model.caffemodel))


def test_size_that_crop_reads_is_no_part_of_the_gradient_though_it_is_a_target(tmp_path):
    text = HEAD + one("Pooling", "pooling_param { kernel_size: 2 }", top="a") + one("Crop", "", "x a")
    both = Engines.of(random_model(tmp_path, text))
    for _ in range(2):  # nothing of a step is left for the next
        assert both.gradient_error(noise(20, 31), "y", "a", objective=projection) < PARITY


def test_net_of_every_layer_is_caffes_at_every_blob(tmp_path):
    model = model_of_file(NETS / "every_layer.prototxt", tmp_path)
    both = Engines.of(model)
    for blob in model.network.blobs[1:]:
        assert both.activation_error(noise(37, 43), blob) < PARITY
        assert both.gradient_error(noise(37, 43), blob, objective=projection) < PARITY


# ---- every type of layer -------------------------------------------------------------------------

HEAD = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 23, 29] } } }
layer { name: "x" type: "Convolution" bottom: "data" top: "x"
        convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
"""
"""Eight channels of values below and above zero, for the layers under test to read."""

GENTLE = InputTransform(mean=(120.0, 120.0, 120.0), scale=0.02)
"""Values about 1: where exponentials bend, and squares do not dwarf."""


def one(kind: str, parameters: str = "", bottoms: str = "x", top: str = "y") -> str:
    """A layer of this kind."""
    reads = " ".join(f'bottom: "{bottom}"' for bottom in bottoms.split())
    return f'layer {{ name: "{kind}_{top}" type: "{kind}" {reads} top: "{top}" {parameters} }}\n'


def in_place(kind: str, parameters: str = "") -> str:
    """The layer in place on a convolution's blob."""
    return one("Convolution", "convolution_param { num_output: 6 kernel_size: 1 }") + one(
        kind, parameters, "y", "y"
    )


def pool(parameters: str) -> str:
    return one("Pooling", f"pooling_param {{ {parameters} }}")


def convolution(parameters: str) -> str:
    return one("Convolution", f"convolution_param {{ {parameters} }}")


def deconvolution(parameters: str) -> str:
    return one("Deconvolution", f"convolution_param {{ {parameters} }}")


def response(parameters: str) -> str:
    return one("LRN", f"lrn_param {{ {parameters} }}")


def pair(kind: str, parameters: str) -> str:
    """The layer on two different blobs of one shape."""
    return one("Sigmoid", top="a") + one("TanH", top="b") + one(kind, parameters, "a b")


def sliced(tops: str, parameters: str) -> str:
    """A Slice of `x`."""
    writes = " ".join(f'top: "{top}"' for top in tops.split())
    return f'layer {{ name: "s" type: "Slice" bottom: "x" {writes} slice_param {{ {parameters} }} }}\n'


GATE = (
    one("Pooling", "pooling_param { pool: AVE global_pooling: true }", top="p")
    + one("InnerProduct", "inner_product_param { num_output: 8 }", "p", "g")
    + one("Sigmoid", "", "g", "g")
)
"""A number for each channel of `x`, as in squeeze-and-excitation."""

WINDOWS = {
    "2/2": "kernel_size: 2 stride: 2",
    "3/1 pad 1": "kernel_size: 3 stride: 1 pad: 1",
    "3/2": "kernel_size: 3 stride: 2",
    "3/2 pad 1": "kernel_size: 3 stride: 2 pad: 1",
    "5/3 pad 2": "kernel_size: 5 stride: 3 pad: 2",
    "2/3": "kernel_size: 2 stride: 3",
    "7/4 pad 3": "kernel_size: 7 stride: 4 pad: 3",
    "4x3/3x2 pad 1x0": "kernel_h: 4 kernel_w: 3 stride_h: 3 stride_w: 2 pad_h: 1 pad_w: 0",
    "3/2 floor": "kernel_size: 3 stride: 2 round_mode: FLOOR",
    "3/2 pad 1 floor": "kernel_size: 3 stride: 2 pad: 1 ceil_mode: false",
    "whole": "global_pooling: true",
}

CHAINS = [
    ("ReLU", "BatchNorm"),
    ("ReLU", "ReLU"),
    ("BatchNorm", "Scale"),
    ("PReLU", "TanH"),
    ("Sigmoid", "Scale"),
    ("TanH", "Softmax"),
    ("Softmax", "Bias"),
    ("ELU", "Dropout"),
    ("Dropout", "AbsVal"),
    ("Scale", "Power"),
]
"""Layers in place on one blob: the backward pass of the first may read what the second has overwritten."""

VECTORS = {
    kind: one(kind, parameters, "y", "y")
    for kind, parameters in {
        "BatchNorm": "",
        "Bias": "",
        "Dropout": "",
        "ELU": "",
        "PReLU": "",
        "Power": "power_param { scale: 2 }",
        "Scale": "scale_param { bias_term: true }",
        "Sigmoid": "",
    }.items()
} | {
    "PReLU not in place": one("PReLU", "", "y", "z"),
    "PReLU of one slope": one("PReLU", "prelu_param { channel_shared: true }", "y", "z"),
    "Slice": 'layer { name: "s" type: "Slice" bottom: "y" top: "a" top: "b" slice_param { slice_point: 3 } }'
    + one("Concat", "", "b a", "z"),
    "Scale by a vector": one("Sigmoid", "", "y", "a") + one("Scale", "scale_param { axis: 0 }", "y a", "z"),
    "MVN": one("MVN", "mvn_param { across_channels: true }", "y", "z"),
    "Tile": one("Tile", "tile_param { tiles: 2 }", "y", "z"),
    "Reshape, pool": one("Reshape", "reshape_param { shape { dim: 0 dim: 1 dim: 1 dim: 7 } }", "y", "z")
    + one("Pooling", "pooling_param { kernel_h: 1 kernel_w: 2 }", "z", "w"),
}
"""What may read a vector, `y`."""

LAYERS = {
    **{f"max pool {name}": pool(f"pool: MAX {window}") for name, window in WINDOWS.items()},
    **{f"average pool {name}": pool(f"pool: AVE {window}") for name, window in WINDOWS.items()},
    "convolution 1x1": convolution("num_output: 5 kernel_size: 1"),
    "convolution strided": convolution("num_output: 5 kernel_size: 5 stride: 3 pad: 2"),
    "convolution of sides": convolution(
        "num_output: 5 kernel_h: 1 kernel_w: 7 stride_h: 2 stride_w: 1 pad_h: 0 pad_w: 3"
    ),
    "convolution without bias": convolution("num_output: 5 kernel_size: 3 bias_term: false"),
    "convolution in groups": convolution("num_output: 6 kernel_size: 3 pad: 1 group: 2"),
    "convolution by channel": convolution("num_output: 8 kernel_size: 3 stride: 2 pad: 1 group: 8"),
    "convolution dilated": convolution("num_output: 5 kernel_size: 3 pad: 2 dilation: 2"),
    "convolution dilated in groups": convolution(
        "num_output: 4 kernel_size: 3 stride: 2 pad: 3 dilation: 3 group: 4"
    ),
    "deconvolution": deconvolution("num_output: 5 kernel_size: 4 stride: 2 pad: 1"),
    "deconvolution in groups": deconvolution("num_output: 6 kernel_size: 3 stride: 2 group: 2"),
    "deconvolution by channel": deconvolution(
        "num_output: 8 kernel_size: 4 stride: 2 group: 8 bias_term: false"
    ),
    "deconvolution dilated": deconvolution("num_output: 3 kernel_size: 3 stride: 2 pad: 1 dilation: 2"),
    "deconvolution of sides": deconvolution(
        "num_output: 3 kernel_h: 2 kernel_w: 5 stride_h: 2 stride_w: 3 pad_h: 0 pad_w: 1"
    ),
    "LRN across 5": response("local_size: 5 alpha: 0.5 beta: 0.75"),
    "LRN across 3, k": response("local_size: 3 alpha: 0.5 beta: 0.5 k: 2"),
    "LRN across more than there are": response("local_size: 17 alpha: 2 beta: 0.9"),
    "LRN across 1": response("local_size: 1 alpha: 2 beta: 1"),
    "LRN within 3": response("local_size: 3 alpha: 0.5 beta: 0.75 norm_region: WITHIN_CHANNEL"),
    "LRN within 5": response("local_size: 5 alpha: 2 beta: 0.5 k: 3 norm_region: WITHIN_CHANNEL"),
    "ReLU": one("ReLU"),
    "ReLU in place": in_place("ReLU"),
    "ReLU leaky": one("ReLU", "relu_param { negative_slope: 0.2 }"),
    "ReLU leaky in place": in_place("ReLU", "relu_param { negative_slope: 0.2 }"),
    "PReLU": one("PReLU"),
    "PReLU in place": in_place("PReLU"),
    "PReLU shared": one("PReLU", "prelu_param { channel_shared: true }"),
    "ELU": one("ELU", "elu_param { alpha: 0.7 }"),
    "ELU in place": in_place("ELU"),
    "Sigmoid": one("Sigmoid"),
    "Sigmoid in place": in_place("Sigmoid"),
    "TanH": one("TanH"),
    "TanH in place": in_place("TanH"),
    "Power in place": in_place("Power", "power_param { power: 2 shift: 2 }"),
    "ReLU negative in place": in_place("ReLU", "relu_param { negative_slope: -0.5 }"),
    "ELU negative in place": in_place("ELU", "elu_param { alpha: -1 }"),
    "MVN in place": in_place("MVN"),
    "AbsVal in place": in_place("AbsVal"),
    "Eltwise in place": one("TanH", top="a")
    + one("Sigmoid", top="y")
    + one("Eltwise", "eltwise_param { operation: PROD }", "y a", "y"),
    **{
        f"{before}, {after} in place": one(
            "Convolution", "convolution_param { num_output: 6 kernel_size: 1 }"
        )
        + one(before, "", "y", "y").replace(f"{before}_y", "first")
        + one(after, "", "y", "y")
        for before, after in CHAINS
    },
    "TanH in place after a Sigmoid": one("Sigmoid") + one("TanH", "", "y", "y"),
    "TanH in place on half of a Split": 'layer { name: "s" type: "Split" bottom: "x" top: "a" top: "b" }'
    + one("TanH", "", "a", "a")
    + one("Eltwise", "eltwise_param { operation: PROD }", "a b", "y"),
    "TanH in place after a Reshape": one("Sigmoid", top="a")
    + one("Reshape", "reshape_param { shape { dim: 0 dim: 4 dim: -1 dim: 0 } }", "a")
    + one("TanH", "", "y", "y"),
    "Power linear": one("Power", "power_param { scale: -2 shift: 3 }"),
    "Power square": one("Power", "power_param { power: 2 scale: 0.5 shift: 0.1 }"),
    "Power cube": one("Power", "power_param { power: 3 scale: 0.5 shift: 0.1 }"),
    "Power root": one("Sigmoid", top="a") + one("Power", "power_param { power: 0.5 shift: 0.1 }", "a"),
    "Power none": one("Power", "power_param { power: 2 scale: 0 shift: 3 }") + one("Eltwise", "", "y x", "z"),
    "BatchNorm": one("BatchNorm"),
    "BatchNorm and Scale in place": in_place("BatchNorm")
    + one("Scale", "scale_param { bias_term: true }", "y", "y"),
    "BatchNorm by its own statistics": one("BatchNorm", OWN),
    "BatchNorm by its own statistics in place": in_place("BatchNorm", OWN) + one("ReLU", "", "y", "y"),
    "BatchNorm by its own statistics in place after a ReLU": one("ReLU", top="y")
    + one("BatchNorm", OWN, "y", "y")
    + one("Scale", "scale_param { bias_term: true }", "y", "y"),
    "Scale": one("Scale"),
    "Scale by one number": one("Scale", "scale_param { num_axes: 0 bias_term: true }"),
    "Bias": one("Bias"),
    "Bias in place": in_place("Bias"),
    "Eltwise sum": pair("Eltwise", ""),
    "Eltwise weighted": pair("Eltwise", "eltwise_param { coeff: 0.5 coeff: -2 }"),
    "Eltwise product": pair("Eltwise", "eltwise_param { operation: PROD }"),
    "Eltwise max": pair("Eltwise", "eltwise_param { operation: MAX }"),
    "Eltwise max of three": one("ReLU", top="c")
    + one("Sigmoid", top="a")
    + one("TanH", top="b")
    + one("Eltwise", "eltwise_param { operation: MAX }", "a b c"),
    "Eltwise of one blob twice": one("Eltwise", "eltwise_param { coeff: 3 coeff: -1 }", "x x"),
    "Eltwise square": one("Eltwise", "eltwise_param { operation: PROD }", "x x"),
    "Concat": pair("Concat", ""),
    "Concat of rows": pair("Concat", "concat_param { axis: 2 }"),
    "Concat of columns": pair("Concat", "concat_param { concat_dim: 3 }"),
    "Concat from the end": pair("Concat", "concat_param { axis: -3 }"),
    "Concat of one": one("Concat"),
    "Dropout": one("Dropout", "dropout_param { dropout_ratio: 0.7 }"),
    "Dropout in place": in_place("Dropout"),
    "Split": 'layer { name: "s" type: "Split" bottom: "x" top: "a" top: "b" }'
    + one("TanH", "", "a", "c")
    + one("Eltwise", "", "c b"),
    "Split half used": 'layer { name: "s" type: "Split" bottom: "x" top: "a" top: "b" }'
    + one("TanH", "", "b"),
    "Softmax": one("Softmax"),
    "Softmax of rows": one("Softmax", "softmax_param { axis: 2 }"),
    "Flatten": one("Flatten"),
    "AbsVal": one("AbsVal"),
    "BNLL": one("BNLL"),
    "Exp": one("Exp"),
    "Exp of base 2": one("Exp", "exp_param { base: 2 scale: 0.5 shift: -1 }"),
    "Log": one("Sigmoid", top="a") + one("Log", "log_param { shift: 0.1 }", "a"),
    "Log to base 10": one("Sigmoid", top="a") + one("Log", "log_param { base: 10 scale: 3 shift: 1 }", "a"),
    "ReLU6": one("Power", "power_param { scale: 5 }", top="a") + one("ReLU6", "", "a"),
    "MVN": one("MVN"),
    "MVN of means": one("MVN", "mvn_param { normalize_variance: false }"),
    "MVN across channels": one("MVN", "mvn_param { across_channels: true eps: 1e-5 }"),
    "MVN of means across channels": one(
        "MVN", "mvn_param { across_channels: true normalize_variance: false }"
    ),
    "Slice evenly": sliced("y z", "") + one("Eltwise", "", "y z", "w"),
    "Slice at points": sliced("y z w", "slice_point: 1 slice_point: 5") + one("Concat", "", "w y z", "v"),
    "Slice of one": sliced("y z w", "axis: -3 slice_point: 1 slice_point: 5") + one("TanH", "", "z", "u"),
    "Slice of rows": sliced("y z", "slice_dim: 2 slice_point: 3") + one("TanH", "", "z", "w"),
    "Maximum of halves": sliced("a b", "") + one("Eltwise", "eltwise_param { operation: MAX }", "a b", "c"),
    "Scale by a gate": GATE + one("Scale", "scale_param { axis: 0 }", "x g"),
    "Scale by a gate, with bias": GATE + one("Scale", "scale_param { axis: 0 bias_term: true }", "x g"),
    "Scale by a gate in place": one("TanH", top="a")
    + GATE
    + one("Scale", "scale_param { axis: 0 }", "a g", "a"),
    "Scale by a blob": pair("Scale", "scale_param { axis: 0 }"),
    "Axpy": GATE + one("TanH", top="a") + one("Axpy", "", "g x a"),
    "Axpy of convolutions": one("Pooling", "pooling_param { pool: AVE global_pooling: true }", top="p")
    + one("Convolution", "convolution_param { num_output: 8 kernel_size: 1 }", "p", "g")
    + one("TanH", top="a")
    + one("Axpy", "", "g a x"),
    "Bias of a gate": GATE + one("Bias", "bias_param { axis: 0 }", "x g"),
    "Bias of a blob": pair("Bias", "bias_param { axis: 0 }"),
    "pool with a mask": 'layer { name: "p" type: "Pooling" bottom: "x" top: "y" top: "mask" '
    "pooling_param { kernel_size: 2 stride: 2 } }",
    "Crop": one("Pooling", "pooling_param { kernel_size: 2 }", top="a")
    + one("Crop", "crop_param { offset: 1 }", "x a"),
    "Crop of sides": one("Pooling", "pooling_param { kernel_size: 4 }", top="a")
    + one("Crop", "crop_param { offset: 2 offset: 0 }", "x a"),
    "Crop of channels": one("Convolution", "convolution_param { num_output: 3 kernel_size: 3 }", top="a")
    + one("Crop", "crop_param { axis: 1 offset: 4 offset: 1 offset: 2 }", "x a"),
    "Upsampled and cropped": one("Pooling", "pooling_param { kernel_size: 2 stride: 2 }", top="a")
    + one("Deconvolution", "convolution_param { num_output: 8 kernel_size: 4 stride: 2 group: 8 }", "a", "b")
    + one("Crop", "crop_param { axis: 2 offset: 1 }", "b x"),
    "Tile": one("Tile", "tile_param { tiles: 3 }"),
    "Tile of columns": one("Tile", "tile_param { axis: 3 tiles: 2 }"),
    "Reduction": one("Reduction", "reduction_param { axis: 2 operation: MEAN coeff: 3 }"),
    "Reduction of sums": one("Reduction", "reduction_param { axis: 3 }"),
    "Reduction of absolutes": one("Reduction", "reduction_param { axis: -2 operation: ASUM }"),
    "Reduction of squares": one("Reduction", "reduction_param { axis: 2 operation: SUMSQ coeff: 0.5 }"),
    "SPP": one("SPP", "spp_param { pyramid_height: 2 }"),
    "SPP of averages": one("SPP", "spp_param { pyramid_height: 2 pool: AVE }"),
    "SPP of one level": one("SPP", "spp_param { pyramid_height: 1 }"),
    "Im2col": one("Im2col", "convolution_param { kernel_size: 3 stride: 2 pad: 1 }"),
    "Im2col of sides": one("Im2col", "convolution_param { kernel_h: 2 kernel_w: 3 dilation: 2 }"),
    "Flatten from rows": one("Flatten", "flatten_param { axis: 2 }"),
    "Flatten to rows": one("Flatten", "flatten_param { axis: 1 end_axis: -2 }"),
    "Reshape of some": one("Reshape", "reshape_param { axis: 1 num_axes: 1 shape { dim: 2 dim: -1 } }"),
    "Reshape with one more": one("Reshape", "reshape_param { axis: 1 num_axes: 2 shape { dim: -1 } }"),
    "Reshape": one("Reshape", "reshape_param { shape { dim: 0 dim: 4 dim: -1 dim: 0 } }"),
    "Reshape to channels": one("Reshape", "reshape_param { axis: 1 shape { dim: -1 dim: 1 dim: 1 } }"),
    "InnerProduct": one("InnerProduct", "inner_product_param { num_output: 7 }"),
    "InnerProduct transposed": one(
        "InnerProduct", "inner_product_param { num_output: 7 transpose: true bias_term: false }"
    ),
    **{
        f"InnerProduct, {name}": one("InnerProduct", "inner_product_param { num_output: 7 }") + after
        for name, after in VECTORS.items()
    },
    "InnerProduct, ReLU, Softmax": one("InnerProduct", "inner_product_param { num_output: 7 }")
    + one("ReLU", "", "y", "y")
    + one("InnerProduct", "inner_product_param { num_output: 5 }", "y", "z")
    + one("Softmax", "", "z", "w"),
}
"""By name, layers that read `x`; the last blob is compared."""

ONE_SIZE = (
    "InnerProduct",
    "Reshape",
    "TanH in place after a Reshape",
)  # these take the size that was trained on, or one that divides


@pytest.mark.parametrize("name", LAYERS)
def test_layer_computes_as_caffes(name, tmp_path):
    model = random_model(tmp_path, HEAD + LAYERS[name], transform=GENTLE)
    blob, both = model.network.blobs[-1], Engines.of(model)
    for size in [(23, 29)] if name.startswith(ONE_SIZE) else [(23, 29), (20, 31), (8, 11)]:
        assert both.activation_error(noise(*size), blob) < PARITY
        assert both.gradient_error(noise(*size), blob, objective=projection) < PARITY
        assert both.gradient_error(noise(*size), blob, "x", objective=projection) < PARITY


# ---- ties ----------------------------------------------------------------------------------------

TIES = {
    **{f"max pool {name}": pool(f"pool: MAX {window}") for name, window in WINDOWS.items()},
    "ReLU": one("ReLU"),
    "ReLU leaky": one("ReLU", "relu_param { negative_slope: 0.2 }"),
    "PReLU": one("PReLU"),
    "ELU": one("ELU", "elu_param { alpha: 0.7 }"),
    "Eltwise max": one("ReLU", top="a") + one("Eltwise", "eltwise_param { operation: MAX }", "x a"),
    "Eltwise max turned": one("ReLU", top="a") + one("Eltwise", "eltwise_param { operation: MAX }", "a x"),
    "Eltwise max of three": one("ReLU", top="a")
    + one("Power", "power_param { scale: -1 }", top="b")
    + one("Eltwise", "eltwise_param { operation: MAX }", "x b a"),
    "ReLU and max pool": one("ReLU", top="a")
    + one("Pooling", "pooling_param { kernel_size: 3 stride: 2 }", "a"),
}
"""Where values are equal, or zero, the gradient is a matter of convention; it has to be Caffe's."""


@pytest.mark.parametrize("name", TIES)
def test_tie_goes_where_caffe_lets_it_go(name, tmp_path):
    whole_numbers = InputTransform(mean=(120.0, 120.0, 120.0))  # -2 to 2, exact in both engines
    head = 'layer { name: "x" type: "Input" top: "x" input_param { shape { dim: [1, 3, 23, 29] } } }\n'
    model = random_model(tmp_path, head + TIES[name], transform=whole_numbers)
    both = Engines.of(model)
    for size in [(23, 29), (20, 31)]:
        assert both.gradient_error(few_greys(*size), model.network.blobs[-1], objective=projection) < PARITY


def test_even_picture_is_seen_as_caffe_sees_it(nets):
    """Every window of an even sky ties, up to rounding."""
    even = few_greys(48, 64) * 0 + 120
    assert nets["squeezenet"].activation_error(even, "fire4/concat") < PARITY


def test_weights_files_of_every_age_are_read_alike(tmp_path: Path):
    model = model_of_file(NETS / "three_ages.v1.prototxt", tmp_path)
    expected = Engines.of(model).caffe.activations(noise(23, 19), ["both"])["both"]
    trained = read_trained(model.caffemodel)
    for older in (as_v1(trained), as_v0(trained)):
        write_trained(older, model.caffemodel)
        both = Engines.of(model)
        assert relative_error(both.caffe.activations(noise(23, 19), ["both"])["both"], expected) == 0
        assert both.activation_error(noise(23, 19), "both") < PARITY
