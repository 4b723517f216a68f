"""Kernels and engines: the number of threads that torch shares their work out to changes no bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from dreamzoom.dream.objectives import balanced_l2, l2
from dreamzoom.engines.registry import open_engine
from dreamzoom.engines.torch.kernel import Placement
from dreamzoom.engines.torch.layers import prepare
from dreamzoom.engines.torch.threads import mix_channels, summed_products
from dreamzoom.models.network import InputTransform, LocalResponse, Operation, Power, Sigmoid, Softmax
from dreamzoom.models.operations import BNLL, Exp, MeanVariance, Swish
from support.engines import LITTLE_GOOGLENET, in_threads, random_model

SHAPE = (1, 6, 67, 131)  # more than torch does in one thread, and no multiple of a vector
KERNELS = {
    "LRN": LocalResponse(5, 0.1, 0.75, 1.0),
    "LRN of another power": LocalResponse(3, 0.1, 0.5, 2.0),
    "LRN within channels": LocalResponse(3, 0.1, 0.75, 1.0, within_channel=True),
    "sigmoid": Sigmoid(),
    "softmax": Softmax(1),
    "power": Power(2.5, 0.5, 4.0),
    "BNLL": BNLL(),
    "exp": Exp(0.5, 2.0),
    "swish": Swish(1.5),
    "MVN": MeanVariance(),
    "MVN across channels": MeanVariance(across_channels=True),
    "MVN across channels, the mean alone": MeanVariance(divides=False, across_channels=True),
}


def noise(*shape: int, seed: int = 1) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape, dtype=np.float32))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=str)
@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel(name: str, layout: torch.memory_format, dtype: torch.dtype) -> None:
    operation: Operation = KERNELS[name]
    x, diff = (noise(*SHAPE, seed=seed).to(dtype).to(memory_format=layout) for seed in (1, 2))

    def both_ways() -> list[torch.Tensor]:
        value, pullback = prepare(operation, Placement(torch.device("cpu"), dtype))(x)
        return [value, *pullback(diff)]

    first, *others = in_threads(both_ways)
    assert all(torch.equal(one, two) for other in others for one, two in zip(first, other, strict=True))


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_gradient(precision: str, tmp_path: Path) -> None:
    model = random_model(tmp_path, LITTLE_GOOGLENET, transform=InputTransform())
    image = noise(3, 187, 331) * 40 + 128
    objectives = {"join": l2(), "norm1": balanced_l2(torch.ones(16))}

    def gradient() -> torch.Tensor:
        ascent = open_engine(model, "torch", "cpu", precision).ascend(image, objectives)
        return torch.cat([ascent.gradient.flatten(), ascent.value[None]])

    found = in_threads(gradient)
    assert all(torch.equal(each, found[0]) for each in found)


def test_sums_of_products_and_mixed_colours() -> None:
    image, matrix = noise(3, 181, 327) + 4, noise(3, 3)
    products = in_threads(lambda: summed_products(image.flatten(1)))
    colours = in_threads(lambda: mix_channels(matrix, image))
    torch.testing.assert_close(
        products[0].double(), image.flatten(1).double() @ image.flatten(1).double().T, rtol=1e-4, atol=0
    )
    torch.testing.assert_close(colours[0], torch.einsum("kc,chw->khw", matrix, image), rtol=1e-5, atol=1e-4)
    assert all(torch.equal(each, products[0]) for each in products)
    assert all(torch.equal(each, colours[0]) for each in colours)
