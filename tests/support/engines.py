"""Engines for tests: the real Caffe where it is, models with random weights, objectives, distances."""

from __future__ import annotations

import importlib.util
import os
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.models.caffe.reader import read_network
from dreamzoom.models.network import InputTransform, Model
from dreamzoom.pictures.frames import to_tensor
from support.caffe import model_files, write_random_caffemodel

T = TypeVar("T")

needs_caffe = pytest.mark.skipif(
    importlib.util.find_spec("caffe") is None and not os.environ.get("DREAMZOOM_REQUIRE_CAFFE"),
    reason="real Caffe is not installed; python -m dreamzoom.engines.build_caffe builds it",
)
"""For tests that want the real Caffe: without it they are left out, or fail where it is required."""

ENGINES = ("torch", pytest.param("caffe", marks=needs_caffe))
"""For `pytest.mark.parametrize` and fixtures: every engine there is."""

LITTLE_GOOGLENET = """
name: "LittleGoogLeNet"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 33 dim: 36 } } }
layer { name: "conv1" type: "Convolution" bottom: "data" top: "conv1"
        convolution_param { num_output: 16 kernel_size: 7 stride: 2 pad: 3 } }
layer { name: "relu1" type: "ReLU" bottom: "conv1" top: "conv1" }
layer { name: "pool1" type: "Pooling" bottom: "conv1" top: "pool1"
        pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "norm1" type: "LRN" bottom: "pool1" top: "norm1" lrn_param { alpha: 0.1 } }
layer { name: "one" type: "Convolution" bottom: "norm1" top: "one"
        convolution_param { num_output: 8 kernel_size: 1 } }
layer { name: "relu_one" type: "ReLU" bottom: "one" top: "one" }
layer { name: "reduce" type: "Convolution" bottom: "norm1" top: "reduce"
        convolution_param { num_output: 4 kernel_size: 1 } }
layer { name: "relu_reduce" type: "ReLU" bottom: "reduce" top: "reduce" }
layer { name: "three" type: "Convolution" bottom: "reduce" top: "three"
        convolution_param { num_output: 8 kernel_size: 3 pad: 1 } }
layer { name: "relu_three" type: "ReLU" bottom: "three" top: "three" }
layer { name: "pool" type: "Pooling" bottom: "norm1" top: "pool"
        pooling_param { kernel_size: 3 stride: 1 pad: 1 } }
layer { name: "join" type: "Concat" bottom: "one" bottom: "three" bottom: "pool" top: "join" }
layer { name: "drop" type: "Dropout" bottom: "join" top: "join" }
layer { name: "last" type: "Convolution" bottom: "join" top: "last"
        convolution_param { num_output: 6 kernel_size: 3 } }
layer { name: "mean" type: "Pooling" bottom: "last" top: "mean"
        pooling_param { pool: AVE kernel_size: 2 stride: 2 } }
layer { name: "classes" type: "InnerProduct" bottom: "mean" top: "classes"
        inner_product_param { num_output: 5 } }
"""
"""In-place ReLUs, LRN, an inception block, and pools whose last windows hang over."""


def random_model(
    folder: Path, prototxt: str, layer: str = "", transform: InputTransform | None = None
) -> Model:
    """A model in `folder`, with seeded random weights."""
    files = model_files(folder, prototxt)
    return Model(
        folder.name,
        files.read(),
        transform or InputTransform(),
        layer,
        "0" * 64,
        files.prototxt,
        files.caffemodel,
    )


def model_of_file(prototxt: Path, folder: Path, layer: str = "") -> Model:
    """A model of a prototxt as it lies there, with seeded random weights written to `folder`."""
    caffemodel = folder / f"{prototxt.parent.name}.caffemodel"
    write_random_caffemodel(prototxt, caffemodel, seed=1)
    network = read_network(prototxt, caffemodel)
    return Model(network.name, network, InputTransform(), layer, "0" * 64, prototxt, caffemodel)


def as_image(picture: NDArray[np.uint8]) -> Tensor:
    """A picture (H, W, 3) as an image (3, H, W)."""
    return to_tensor(picture).float()


def noise(height: int, width: int, seed: int = 5) -> Tensor:
    """An image (3, height, width) of random values; no two neighbours tie for a maximum."""
    values = np.random.default_rng(seed).uniform(0, 255, (3, height, width))
    return torch.from_numpy(values.astype(np.float32))


def few_greys(height: int, width: int, seed: int = 5) -> Tensor:
    """An image (3, height, width) of five values about the mean of 120: neighbours often tie."""
    values = np.random.default_rng(seed).integers(118, 123, (3, height, width))
    return torch.from_numpy(values.astype(np.float32))


def energy(x: Tensor) -> tuple[Tensor, Tensor]:
    """Half the sum of squares: its gradient is the activations themselves."""
    return x.square().sum() / 2, x


def projection(x: Tensor) -> tuple[Tensor, Tensor]:
    """The activations' product with a random vector, one for each shape: every value counts differently."""
    direction = np.random.default_rng(x.shape).standard_normal(tuple(x.shape)).astype(np.float32)
    gradient = torch.from_numpy(direction)
    return (gradient * x).sum(), gradient


def in_threads(compute: Callable[[], T]) -> list[T]:
    """What something gives where torch may share its work out to 1, 2, 3 and 5 threads."""
    before, found = torch.get_num_threads(), []
    try:
        for threads in (1, 2, 3, 5):
            torch.set_num_threads(threads)
            found.append(compute())
            assert torch.get_num_threads() == threads
    finally:
        torch.set_num_threads(before)
    return found


def relative_error(found: Tensor, reference: Tensor) -> float:
    """How far `found` is from `reference`, as a share of its length: ‖a - b‖ / ‖b‖."""
    assert found.shape == reference.shape
    return float((found.double() - reference.double()).norm() / reference.double().norm())
