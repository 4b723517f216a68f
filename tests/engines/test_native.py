"""The kernels in C++: against plain loops, torch's own operations in float64, and without a compiler."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from itertools import product

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from dreamzoom.dream.objectives import l2
from dreamzoom.engines.torch.engine import TorchEngine
from dreamzoom.engines.torch.kernel import Placement, quickest_relu_backward, relu_backward
from dreamzoom.engines.torch.layers import prepare
from dreamzoom.engines.torch.lrn import CompiledLRNKernel
from dreamzoom.engines.torch.native import build, library
from dreamzoom.engines.torch.native.library import (
    Kernels,
    LRNShape,
    PointwiseLayer,
    PoolingWindows,
    kernels_for,
)
from dreamzoom.engines.torch.passes import RectifiedConvolution
from dreamzoom.engines.torch.pooling import CompiledPoolingKernel, windows_of
from dreamzoom.models.network import Convolution, LocalResponse, Pooling

CPU = torch.device("cpu")
DTYPES = (torch.float32, torch.bfloat16)
compiled = pytest.mark.skipif(build.find_compiler() is None, reason="there is no C++ compiler here")

pytestmark = compiled


LEVELS = ["avx2", "avx512"] if torch.backends.cpu.get_cpu_capability() == "AVX512" else ["avx2"]
"""What this processor has."""


@pytest.fixture(scope="module", autouse=True, params=LEVELS)
def _level(request: pytest.FixtureRequest) -> Iterator[None]:
    """Each test is for the library of each level."""
    path = build.library_path(request.param)
    assert path.is_file(), "g++ is here, so they should be: python -m dreamzoom.engines.torch.native.build"
    loaded = ctypes.CDLL(str(path))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(library, "compiled_library", lambda: loaded)
        yield


def kernels(dtype: torch.dtype) -> Kernels:
    found = kernels_for(CPU, dtype)
    assert found is not None
    return found


def image(shape: tuple[int, ...], seed: int, dtype: torch.dtype) -> torch.Tensor:
    """Values with many ties, as there are after a ReLU, and a few infinite ones; channels last."""
    draw = np.random.default_rng(seed)
    values = draw.integers(-3, 4, (1, *shape)).astype(np.float32)
    values[draw.random(values.shape) < 0.05] = -np.inf
    return torch.from_numpy(values).to(dtype).contiguous(memory_format=torch.channels_last)


# ---- max pooling -----------------------------------------------------------------------------------


def pooled_by_hand(x: np.ndarray, diff: np.ndarray, operation: Pooling) -> tuple[np.ndarray, np.ndarray]:
    """The value, and the gradient at x (C, H, W), window by window; the first greatest has it all."""
    (rows, columns), (kh, kw) = (
        (windows_of(operation, axis, x.shape[1 + axis]) for axis in (0, 1)),
        (operation.kernel or x.shape[1:]),
    )
    value = np.empty((len(x), rows.outputs, columns.outputs), np.float32)
    gradient = np.zeros(x.shape, np.float32)
    for channel, row, column in np.ndindex(*value.shape):
        top, left = row * operation.stride[0] - rows.before, column * operation.stride[1] - columns.before
        seen = [
            (y, z)
            for y, z in product(range(top, top + kh), range(left, left + kw))
            if 0 <= y < x.shape[1] and 0 <= z < x.shape[2]
        ]
        taken = max(seen, key=lambda at: (x[channel][at], -seen.index(at)))
        value[channel, row, column] = x[channel][taken]
        gradient[channel][taken] += diff[channel, row, column]
    return value, gradient


@st.composite
def poolings(draw: st.DrawFn) -> tuple[Pooling, tuple[int, int, int]]:
    kernel = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    stride = draw(st.tuples(st.integers(1, 4), st.integers(1, 4)))
    padding = draw(st.just("same") | st.tuples(*(st.integers(0, side - 1) for side in kernel)))
    sides = st.integers(1, 9)  # smaller than a window as well
    shape = draw(st.tuples(st.sampled_from([1, 3, 15, 16, 17, 40, 64, 130]), sides, sides))
    operation = Pooling("max", kernel, stride, padding, round_up=draw(st.booleans()))
    assume(all(windows_of(operation, axis, shape[1 + axis]).outputs > 0 for axis in (0, 1)))
    return operation, shape


@settings(deadline=None, max_examples=60)
@given(poolings(), st.integers(0, 1000), st.sampled_from(DTYPES), st.booleans())
def test_pooling_takes_the_first_greatest_of_each_window(drawn, seed, dtype, rectified):
    operation, shape = drawn
    x = image(shape, seed, dtype)
    value, pullback = CompiledPoolingKernel(operation, kernels(dtype), rectified)(x)
    diff = image(tuple(value.shape[1:]), seed + 1, dtype).nan_to_num(neginf=1.0)
    passed = diff * (value > 0) if rectified else diff
    expected, gradient = pooled_by_hand(x[0].float().numpy(), passed[0].float().numpy(), operation)
    expected = np.maximum(expected, 0) if rectified else expected
    np.testing.assert_array_equal(value[0].float(), expected)
    np.testing.assert_array_equal(pullback(diff)[0][0].float(), gradient)


@pytest.mark.parametrize("rectified", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_not_a_number_is_passed_on_and_never_hidden(dtype, rectified):
    x = torch.zeros(1, 20, 6, 6, dtype=dtype).contiguous(memory_format=torch.channels_last)
    x[0, 3, 2, 2], x[0, 3, 1, 1] = torch.nan, torch.inf
    value, pullback = CompiledPoolingKernel(Pooling("max", (3, 3), (3, 3)), kernels(dtype), rectified)(x)
    assert value.isnan().nonzero().tolist() == [[0, 3, 0, 0]]
    assert pullback(torch.ones_like(value))[0][0, 3, 2, 2] == 1


# ---- local response normalisation ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("channels", "size"), [(1, 5), (6, 9), (16, 5), (35, 3), (64, 1), (70, 63), (192, 5)]
)
def test_lrn_is_torchs_in_float64(channels, size, dtype):
    draw = torch.Generator().manual_seed(channels)
    x, diff = (
        (torch.randn(1, channels, 5, 7, generator=draw) * 40)
        .to(dtype)
        .contiguous(memory_format=torch.channels_last)
        for _ in range(2)
    )
    exact = x.double().requires_grad_()
    expected = torch.nn.functional.local_response_norm(exact, size, 0.7, 0.75, 1.5)
    (gradient,) = torch.autograd.grad(expected, exact, diff.double())
    value, pullback = CompiledLRNKernel(LocalResponse(size, 0.7, 0.75, 1.5), kernels(dtype))(x)
    rounding = 2e-6 if dtype == torch.float32 else 8e-3
    for found, meant in ((value, expected.detach()), (pullback(diff)[0], gradient)):
        assert (found.double() - meant).abs().max() <= rounding * meant.abs().max()


def test_bfloat16_is_rounded_half_to_even_as_torch_rounds():
    x = torch.linspace(-9, 9, 16 * 63 * 17).reshape(1, 16, 63, 17).bfloat16()
    x = x.contiguous(memory_format=torch.channels_last)
    value = kernels(torch.bfloat16).lrn(x, LRNShape(pixels=63 * 17, channels=16, size=1, share=0, k=16))
    torch.testing.assert_close(value, (x.float() * 0.125).bfloat16(), rtol=0, atol=0)


# ---- ReLU and first layers -------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sides", [(5, 7), (1, 6), (6, 1), (1, 1)])
@pytest.mark.parametrize("widths", [(1,), (16,), (40,), (64, 3, 17), (1, 1)])
def test_relu_backward_lets_gradients_through_where_the_result_is_above_zero(widths, sides, dtype):
    values = image((sum(widths), *sides), 1, dtype).relu_()
    whole = image((200, *sides), 2, dtype)
    parts = torch.split(whole[:, : sum(widths)], list(widths), 1)
    parts = [
        part.contiguous() if index == 1 else part for index, part in enumerate(parts)
    ]  # not a view, NCHW
    expected = torch.where(values > 0, whole[:, : sum(widths)], 0)
    torch.testing.assert_close(kernels(dtype).relu_backward(values, *parts), expected, rtol=0, atol=0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sign", [1, -1])
def test_relu_backward_lets_not_a_number_through_as_torchs_does(dtype, sign):
    values = torch.tensor([torch.nan, torch.inf, -torch.inf, 0.0, -0.0, 1e-38, -1e-38]).to(dtype)
    values[0] = values[0].copysign(torch.tensor(float(sign)))
    values = values.reshape(1, -1, 1, 1)
    diff = torch.ones_like(values)
    assert torch.equal(kernels(dtype).relu_backward(values, diff), relu_backward(values, diff))


def test_more_gradients_than_relu_backward_takes_are_left_to_torch():
    placement = Placement(CPU, torch.bfloat16)
    values, parts = image((9, 3, 4), 1, torch.bfloat16), [image((1, 3, 4), 2, torch.bfloat16)] * 9
    assert quickest_relu_backward(placement, 8) is not relu_backward
    assert quickest_relu_backward(placement, 9) is relu_backward
    assert relu_backward(values, *parts).shape == values.shape


def test_relu_backward_refuses_gradients_that_do_not_fit():
    values = image((6, 3, 4), 1, torch.float32)
    for wrong in ((5, 3, 4), (6, 4, 3)):
        with pytest.raises(ValueError, match="meant"):
            kernels(torch.float32).relu_backward(values, image(wrong, 2, torch.float32))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("side", "stride", "padding", "size"),
    [(7, (2, 2), (3, 3), (20, 23)), (3, (2, 2), (0, 0), (9, 13)), (11, (4, 4), (0, 0), (39, 43)),
     (5, (2, 3), (2, 1), (12, 11)), (3, (3, 2), (0, 2), (10, 8)), (2, (3, 3), (0, 0), (9, 10))],
)  # fmt: skip
def test_the_gradient_of_a_strided_first_layer_is_torchs(side, stride, padding, size, dtype):
    draw = np.random.default_rng(side)
    weight = draw.standard_normal((8, 3, side, side), np.float32)
    x = torch.zeros(1, 3, *size, dtype=dtype).contiguous(memory_format=torch.channels_last)
    placement = Placement(CPU, dtype)
    value, pullback = prepare(Convolution(weight, None, stride, padding), placement)(x)
    diff = torch.from_numpy(draw.standard_normal(value.shape)).to(dtype)
    expected = torch.nn.grad.conv2d_input(
        x.shape, torch.from_numpy(weight).to(dtype).double(), diff.double(), stride, padding
    )
    found = pullback(diff.contiguous(memory_format=torch.channels_last))[0]
    rounding = 1e-6 if dtype == torch.float32 else 1e-2
    assert (found.double() - expected).abs().max() <= rounding * expected.abs().max()


# ---- 1x1 convolutions ------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("inputs", "outputs"), [(16, 16), (5, 48), (64, 16), (40, 96), (100, 64)])
@pytest.mark.parametrize("sides", [(1, 1), (2, 3), (5, 7)])
def test_a_pointwise_layer_is_a_matrix_product(inputs, outputs, sides, dtype):
    draw = torch.Generator().manual_seed(inputs)
    weight, bias = torch.randn(inputs, outputs, generator=draw), torch.randn(outputs, generator=draw)
    x, there = (
        torch.randn(1, side, *sides, generator=draw).to(dtype).contiguous(memory_format=torch.channels_last)
        for side in (inputs, outputs)
    )
    product = torch.einsum("nihw,io->nohw", x.double(), weight.double())
    found = kernels(dtype)
    value = found.pointwise(x, PointwiseLayer(weight, bias, rectified=True))
    added = found.pointwise(x, PointwiseLayer(weight), onto=there.clone(memory_format=torch.preserve_format))
    before_relu = found.pointwise_relu_backward(x, PointwiseLayer(weight), there)
    for result, meant in (
        (value, (product + bias[:, None, None].double()).relu()),
        (added, product + there.double()),
        (before_relu, product * (there > 0)),
    ):
        rounding = 1e-6 if dtype == torch.float32 else 5e-3
        assert (result.double() - meant).abs().max() <= rounding * product.abs().max()


def test_a_rectified_layer_passes_not_a_number_on():
    x = torch.full((1, 16, 1, 1), torch.nan)
    layer = PointwiseLayer(torch.ones(16, 16), rectified=True)
    assert kernels(torch.float32).pointwise(x, layer).isnan().all()


@pytest.mark.parametrize("weight", [torch.ones(3, 17), torch.ones(3, 16).double(), torch.ones(16, 3).T])
def test_layers_that_are_laid_out_otherwise_are_refused(weight):
    with pytest.raises(ValueError, match="pointwise layer"):
        PointwiseLayer(weight)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("sides", [(9, 11), (95, 90)])  # oneDNN does the second
def test_a_1x1_convolution_is_the_same_for_small_and_large_images(sides, dtype):
    draw = np.random.default_rng(4)
    weight, bias = draw.standard_normal((32, 48, 1, 1), np.float32), draw.standard_normal(32, np.float32)
    x = torch.from_numpy(draw.standard_normal((1, 48, *sides), np.float32)).to(dtype)
    x = x.contiguous(memory_format=torch.channels_last)
    value, pullback = prepare(RectifiedConvolution(Convolution(weight, bias)), Placement(CPU, dtype))(x)
    exact = x.double().requires_grad_()
    expected = torch.nn.functional.conv2d(
        exact, torch.from_numpy(weight).double(), torch.from_numpy(bias).double()
    )
    expected = expected.relu()
    (gradient,) = torch.autograd.grad(expected, exact, torch.ones_like(expected))
    rounding = 1e-6 if dtype == torch.float32 else 2e-2
    for result, meant in ((value, expected.detach()), (pullback(torch.ones_like(value))[0], gradient)):
        near = (result.double() - meant).abs() <= rounding * meant.abs().max()
        assert near.float().mean() > 0.98  # where a sum is all but zero, bfloat16 may see another sign


# ---- all -------------------------------------------------------------------------------------------


def test_tensors_that_do_not_fit_are_refused_before_c_sees_them():
    windows = PoolingWindows(height=4, width=4, channels=2, out_height=2, out_width=2)
    for wrong in (torch.zeros(1, 2, 4, 5), torch.zeros(2, 2, 4, 4), torch.zeros(1, 2, 4, 4).double()):
        with pytest.raises(ValueError, match="was meant"):
            kernels(torch.float32).max_pool(wrong, windows)


def test_the_gradient_of_a_network_is_that_of_torchs_operations(squeezenet, monkeypatch):
    image = torch.rand(3, 70, 90, generator=torch.Generator().manual_seed(3)) * 255
    ours = TorchEngine(squeezenet, "cpu").ascend(image, {"fire5/concat": l2()})
    monkeypatch.setattr(library, "compiled_library", lambda: None)
    plain = TorchEngine(squeezenet, "cpu").ascend(image, {"fire5/concat": l2()})
    assert (ours.gradient - plain.gradient).norm() <= 1e-5 * plain.gradient.norm()


SHARED = """
import re, torch
from pathlib import Path
import numpy as np
from dreamzoom.engines.torch.kernel import Placement, quickest_relu_backward
from dreamzoom.engines.torch.layers import prepare
from dreamzoom.engines.torch.passes import RectifiedConvolution
from dreamzoom.models.network import Convolution, LocalResponse, Pooling
placement = Placement(torch.device("cpu"), torch.float32)
draw = torch.Generator().manual_seed(1)
deep, image = torch.randn(1, 48, 33, 41, generator=draw), torch.randn(1, 3, 33, 41, generator=draw)
first = [Convolution(np.ones((16, 3, side, side), np.float32), None, (2, 2)) for side in (3, 7)]
layers = [
    (Pooling("max", (3, 3), (2, 2)), deep),
    (LocalResponse(5, 0.7, 0.75, 1.0), deep),
    (RectifiedConvolution(Convolution(np.ones((32, 48, 1, 1), np.float32), None)), deep),
    *((layer, image) for layer in first),
]
found = {threads: [] for threads in (1, 2, 3)}
for threads, results in found.items():
    torch.set_num_threads(threads)
    results.append(quickest_relu_backward(placement, 2)(deep, deep[:, :20], deep[:, 20:]))
    for operation, x in layers:
        value, pullback = prepare(operation, placement)(x.contiguous(memory_format=torch.channels_last))
        results += [*pullback(value)]
# The first layers' own convolution is the library's, and may depend on them: so their gradients are near.
for threads in (2, 3):
    for one, other in zip(found[1][:4], found[threads][:4]):
        assert torch.equal(one, other), "threads decide the bytes"
    for one, other in zip(found[1][4:], found[threads][4:]):
        torch.testing.assert_close(one, other)
print(len(set(re.findall(r"\\S*lib[gi]?omp\\S*", Path("/proc/self/maps").read_text()))))
"""


def test_threads_are_torchs_own_and_do_not_decide_the_bytes():
    done = subprocess.run([sys.executable, "-c", SHARED], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "1"
