"""dreamzoom's own kernels against torch's operations, layer by layer: milliseconds of each, and the ratio.

    python tests/benchmarks/bench_kernels.py [--threads N] [--rounds N]

Both take turns on the same tensors; the medians are printed. The layers are those of GoogLeNet and SqueezeNet
at 640x360; pictures are as large. In a network the memory is colder than here, where each operation is
repeated at once.

On two cores of an AMD EPYC (Zen 4, AVX-512), with two threads, torch's time over the kernels':

    max pooling                  forward 1.6 to 2.3, backward 2.3 to 3.3; bfloat16 2.8 to 4.2 and 3.0 to 4.4
    LRN                          forward 3.8 to 5.4, backward 2.0 to 3.9
    ReLUs of a concatenation     1.4 to 1.5; bfloat16 1.8 to 2.2
    1x1, 48 to 192 at 14x8       1.6 to 2.0, most of it the 28 us that each call of oneDNN costs
    1x1, 16 to 64 at 160x90      1.0, and 0.6 in bfloat16: layers of this size are left to oneDNN

On one core of an Intel Xeon (Sapphire Rapids) that others used as well, least processor time of each:

    warp that turns              bilinear 13 to 16, cubic 32 to 37 (2.5 ms), Lanczos 36 to 41 (4.5 ms)
    warp that does not turn      bilinear 7, cubic 5, Lanczos 3: torch's are two products of matrices
    in-between                   32 (6.4 ms)
    mirrors                      7
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain
from statistics import median
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor

from dreamzoom.camera.kaleidoscope import fold
from dreamzoom.camera.lens import Lens, Moment, make_inbetween
from dreamzoom.camera.resample import FILTERS, warp
from dreamzoom.camera.similarity import camera_motion
from dreamzoom.engines.torch.kernel import Placement, relu_backward
from dreamzoom.engines.torch.lrn import CompiledLRNKernel, LRNKernel
from dreamzoom.engines.torch.native import library as native
from dreamzoom.engines.torch.native.library import Kernels, PointwiseLayer, kernels_for
from dreamzoom.engines.torch.onednn import FusedConvolution, FusedGradient
from dreamzoom.engines.torch.pooling import CompiledPoolingKernel, PoolingKernel
from dreamzoom.engines.torch.process import keep_freed_memory
from dreamzoom.models.network import Convolution, LocalResponse, Pooling

Contest = tuple[str, Callable[[], object], Callable[[], object]]
"""What is done, by torch and by the kernels."""

POOLS = (((64, 180, 320), 2), ((192, 90, 160), 2), ((192, 45, 80), 1), ((480, 23, 40), 1))
RESPONSES = ((64, 90, 160), (192, 90, 160))
SIBLINGS = (((64, 96, 16), (45, 80)), ((192, 96, 16), (23, 40)))
POINTWISE = ((16, 64, (90, 160)), (16, 64, (33, 58)), (256, 64, (22, 40)), (48, 192, (8, 14)))


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--rounds", type=int, default=41)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    keep_freed_memory()
    for dtype in (torch.float32, torch.bfloat16):
        kernels = kernels_for(torch.device("cpu"), dtype)
        if kernels is None:
            raise SystemExit("there are no kernels here: python -m dreamzoom.engines.torch.native.build")
        print(f"{dtype}, {options.threads} threads{'torch':>27}{'kernels':>9}{'ratio':>7}")
        extra = picture_contests() if dtype == torch.float32 else iter(())
        for name, *both in chain(contests(kernels, dtype), extra):
            plain, own = turns(both, options.rounds)
            print(f"  {name:42}{plain * 1e3:8.3f}{own * 1e3:9.3f}{plain / own:7.2f}", flush=True)


def turns(both: list[Callable[[], object]], rounds: int) -> list[float]:
    """Each one's median seconds; the first rounds are for warming up."""
    taken: list[list[float]] = [[], []]
    for number in range(rounds + 3):
        for run, seconds in zip(both, taken, strict=True):
            start = time.perf_counter()
            run()
            if number >= 3:
                seconds.append(time.perf_counter() - start)
    return [median(seconds) for seconds in taken]


def contests(kernels: Kernels, dtype: torch.dtype) -> Iterator[Contest]:
    """Everything that is compared."""
    for shape, stride in POOLS:
        pool = Pooling("max", (3, 3), (stride, stride), (1, 1) if stride == 1 else (0, 0))
        x = values(shape, dtype).relu_()
        plain, own = PoolingKernel(pool), CompiledPoolingKernel(pool, kernels)
        yield from forward_and_backward(f"max pool {shape}, stride {stride}", plain, own, x)
    for shape in RESPONSES:
        response = LocalResponse(5, 1e-4, 0.75, 1.0)
        x = values(shape, dtype) * 50
        plain, own = LRNKernel(response), CompiledLRNKernel(response, kernels)
        yield from forward_and_backward(f"LRN {shape}", plain, own, x)
    for widths, sides in SIBLINGS:
        result, *diffs = (values((side, *sides), dtype) for side in (sum(widths), *widths))
        yield (
            f"ReLU of {widths}, backward",
            lambda result=result, diffs=diffs: relu_backward(result, *diffs),
            lambda result=result, diffs=diffs: kernels.relu_backward(result, *diffs),
        )
    for inputs, outputs, sides in POINTWISE:
        yield from pointwise(kernels, dtype, (inputs, outputs), sides)


def picture_contests() -> Iterator[Contest]:
    """Pictures moved as looks move them, which all turn a little, blended, and seen in mirrors."""
    first, second = (
        (values((3, 360, 640), torch.float32)[0] * spread + 128).clamp(0, 255).to(torch.uint8).contiguous()
        for spread in (40, 30)
    )
    motion = camera_motion((640, 360), zoom=1.02, rotate=0.3)
    moment = Moment(0.5, motion.power(0.5), motion.power(0.5))
    for name in FILTERS:
        yield from with_and_without(f"warp, {name}", partial(warp, first, motion, name))
    yield from with_and_without("in-between", partial(make_inbetween, first, second, moment, Lens()))
    yield from with_and_without("five mirrors", partial(fold, first.float(), 5))


def with_and_without(name: str, run: Callable[[], object]) -> Iterator[Contest]:
    """The same, where the kernels are not found and where they are."""

    def plainly() -> object:
        with patch.object(native, "compiled_library", lambda: None):
            return run()

    yield name, plainly, run


def forward_and_backward(name: str, plain: Callable, own: Callable, x: Tensor) -> Iterator[Contest]:
    """A layer, forward and backward."""
    (value, plain_backward), (_, own_backward) = plain(x), own(x)
    diff = values(tuple(value.shape[1:]), x.dtype)
    yield name, lambda: plain(x), lambda: own(x)
    yield f"{name}, backward", lambda: plain_backward(diff), lambda: own_backward(diff)


def pointwise(
    kernels: Kernels, dtype: torch.dtype, channels: tuple[int, int], sides: tuple[int, int]
) -> Iterator[Contest]:
    """A 1x1 convolution with its ReLU, and its gradient before the ReLU that gave the input."""
    inputs, outputs = channels
    weight = np.random.default_rng(0).standard_normal((outputs, inputs, 1, 1), np.float32)
    bias = np.zeros(outputs, np.float32)
    operation, placement = Convolution(weight, bias), Placement(torch.device("cpu"), dtype)
    matrix = torch.from_numpy(weight[:, :, 0, 0])
    there = PointwiseLayer(matrix.T.contiguous(), torch.from_numpy(bias), rectified=True)
    library, library_backward = (
        FusedConvolution.prepare(operation, placement, "relu"),
        FusedGradient.prepare(operation, placement),
    )
    x, diff = values((inputs, *sides), dtype).relu_(), values((outputs, *sides), dtype)
    name = f"1x1, {inputs} to {outputs} at {sides[1]}x{sides[0]}"
    yield name, lambda: library(x, (0, 0)), lambda: kernels.pointwise(x, there)
    if inputs % 16 == 0:
        back = PointwiseLayer(matrix.contiguous())
        yield (
            f"{name}, backward",
            lambda: relu_backward(x, library_backward(diff, x, (0, 0))),
            lambda: kernels.pointwise_relu_backward(diff, back, x),
        )


def values(shape: tuple[int, ...], dtype: torch.dtype) -> Tensor:
    """Seeded noise (1, *shape), channels last."""
    noise = torch.randn(1, *shape, generator=torch.Generator().manual_seed(0))
    return noise.to(dtype).contiguous(memory_format=torch.channels_last)


if __name__ == "__main__":
    main()
