"""Colours moved by several maps at once, by the kernel of each level, against the formula in float64."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest
import torch

from dreamzoom.engines.torch.native import build
from dreamzoom.engines.torch.native.colours import MOST_MAPS, ColourMover, mover_for


def levels() -> list[str]:
    """The kernels that were compiled and that this processor can run."""
    if build.find_compiler() is None:
        return []
    return ["avx2", "avx512"] if torch.backends.cpu.get_cpu_capability() == "AVX512" else ["avx2"]


@pytest.fixture(params=levels())
def mover(request: pytest.FixtureRequest) -> ColourMover:
    return ColourMover(ctypes.CDLL(str(build.library_path(request.param))))


def colours(*shape: int) -> torch.Tensor:
    return torch.from_numpy(np.random.default_rng(5).uniform(-40, 300, (3, *shape)).astype(np.float32))


def some_maps(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """How near colours are to random centres, and maps not far from the identity."""
    random = np.random.default_rng(count)
    centres = random.uniform(0, 255, (count, 3))
    nearness = np.column_stack([centres, -(centres**2).sum(1) / 2]) / random.uniform(20, 60) ** 2
    maps = np.concatenate([np.tile(np.eye(3), (count, 1, 1)), np.zeros((count, 3, 1))], 2)
    return torch.from_numpy(nearness), torch.from_numpy(maps + random.normal(0, 0.2, maps.shape))


@pytest.mark.parametrize("count", [1, 2, 8, 15, MOST_MAPS])
@pytest.mark.parametrize("size", [(1, 1), (5, 7), (32, 32)])
def test_each_colour_goes_where_the_formula_says(mover, count, size):
    picture, (nearness, maps) = colours(*size), some_maps(count)
    points = np.concatenate([picture.double().numpy(), np.ones((1, *size))])
    near = np.einsum("kx,xij->kij", nearness.numpy(), points)
    shares = np.exp(near - near.max(0))
    shares /= shares.sum(0)
    expected = np.einsum("kij,kcx,xij->cij", shares, maps.numpy(), points)
    found = mover.move(picture, nearness, maps)
    assert found.numpy() == pytest.approx(expected, abs=0.02)
    assert torch.equal(found, mover.move(picture.mT.contiguous().mT, nearness, maps))


def test_what_does_not_fit_is_refused_before_c_sees_it(mover):
    nearness, maps = some_maps(3)
    for picture in (colours(4, 4).double(), colours(4, 4)[:2]):
        with pytest.raises(ValueError, match="cannot move"):
            mover.move(picture, nearness, maps)
    with pytest.raises(ValueError, match="cannot move"):
        mover.move(colours(4, 4), nearness, maps[:2])
    assert mover_for(colours(4, 4).double(), 3) is None
    assert mover_for(colours(4, 4), MOST_MAPS + 1) is None
