"""Every kernel of the torch engine against closed forms, plain loops, scipy and finite differences."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy import ndimage, signal, special

from dreamzoom.engines.torch.kernel import Placement
from dreamzoom.engines.torch.layers import prepare
from dreamzoom.engines.torch.passes import RectifiedPooling
from dreamzoom.models.network import (
    ELU,
    Affine,
    Concat,
    Convolution,
    Deconvolution,
    Eltwise,
    Flatten,
    Identity,
    InnerProduct,
    LocalResponse,
    Operation,
    Pooling,
    Power,
    PReLU,
    ReLU,
    Reshape,
    Sigmoid,
    Softmax,
    TanH,
)
from dreamzoom.models.operations import (
    BNLL,
    AbsVal,
    Axpy,
    Clamp,
    Crop,
    Exp,
    Log,
    MeanVariance,
    OwnStatistics,
    Patches,
    Product,
    Pyramid,
    Reduction,
    Repetition,
    Shift,
    Slice,
    Swish,
)
from dreamzoom.models.shapes import pooled_side

EXACT = Placement(torch.device("cpu"), torch.float64)
SINGLE = Placement(torch.device("cpu"), torch.float32)
SLOPE_TOLERANCE = 1e-6  # central differences of step 1e-6 in float64


def weights(*shape: int, seed: int = 1) -> NDArray[np.float32]:
    return np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)


def values(*shape: int, seed: int = 2) -> torch.Tensor:
    """Random values, all different, so that no maximum is a tie and no kink is met."""
    return torch.from_numpy(np.random.default_rng(seed).standard_normal(shape))


def computed(operation: Operation, *inputs: torch.Tensor) -> NDArray[np.float64]:
    value, _ = prepare(operation, EXACT)(*inputs)
    return np.asarray(value)


@dataclass(frozen=True)
class Case:
    """An operation and the shapes of its inputs."""

    operation: Operation | RectifiedPooling
    shapes: tuple[tuple[int, ...], ...]


def case(operation: Operation | RectifiedPooling, *shapes: tuple[int, ...]) -> Case:
    return Case(operation, shapes)


PLANE = (1, 6, 7, 8)
CASES = {
    "convolution": case(Convolution(weights(4, 6, 3, 2), weights(4)), PLANE),
    "strided convolution": case(Convolution(weights(4, 6, 3, 3), None, (2, 3), (1, 2)), PLANE),
    "dilated convolution": case(Convolution(weights(4, 6, 3, 2), None, (1, 2), (2, 1), (2, 3)), PLANE),
    "grouped convolution": case(
        Convolution(weights(4, 3, 3, 3), weights(4), groups=2, padding=(1, 1)), PLANE
    ),
    "depthwise convolution": case(
        Convolution(weights(6, 1, 3, 3), weights(6), (2, 2), (1, 1), groups=6), PLANE
    ),
    "1x1 convolution": case(Convolution(weights(4, 6, 1, 1), weights(4)), PLANE),
    "strided 1x1 convolution": case(Convolution(weights(4, 6, 1, 1), weights(4), (2, 2)), PLANE),
    "same convolution": case(Convolution(weights(4, 6, 3, 4), weights(4), (2, 2), "same"), PLANE),
    "first convolution": case(Convolution(weights(8, 3, 7, 7), weights(8), (2, 2), (3, 3)), (1, 3, 13, 16)),
    "first convolution of a wide stride": case(
        Convolution(weights(8, 3, 5, 4), None, (4, 3)), (1, 3, 16, 15)
    ),
    "first same convolution": case(Convolution(weights(8, 3, 7, 7), None, (2, 2), "same"), (1, 3, 11, 16)),
    "first convolution, unpadded": case(Convolution(weights(8, 3, 3, 3), None, (2, 2)), (1, 3, 12, 9)),
    "deconvolution": case(Deconvolution(weights(6, 4, 3, 2), weights(4), (2, 3), (1, 0)), PLANE),
    "grouped deconvolution": case(
        Deconvolution(weights(6, 2, 3, 3), None, (1, 2), dilation=(2, 1), groups=3), PLANE
    ),
    "max pooling": case(Pooling("max", (3, 3), (2, 2)), PLANE),
    "padded max pooling": case(Pooling("max", (3, 2), (2, 1), (1, 1)), PLANE),
    "same max pooling": case(Pooling("max", (3, 2), (2, 2), "same"), PLANE),
    "dense max pooling": case(Pooling("max", (3, 3), (1, 1), (1, 1)), PLANE),
    "rectified pooling": case(RectifiedPooling(Pooling("max", (3, 3), (2, 2))), PLANE),
    "rectified same pooling": case(RectifiedPooling(Pooling("max", (1, 2), (1, 1), "same")), PLANE),
    "average pooling": case(Pooling("average", (3, 3), (2, 2)), PLANE),
    "padded average pooling": case(Pooling("average", (3, 4), (2, 3), (2, 3)), PLANE),
    "same average pooling": case(Pooling("average", (3, 2), (2, 2), "same"), PLANE),
    "floor pooling": case(Pooling("average", (3, 2), (3, 3), (1, 0), round_up=False), PLANE),
    "global max pooling": case(Pooling("max", None), PLANE),
    "global average pooling": case(Pooling("average", None), PLANE),
    "LRN": case(LocalResponse(5, 0.7, 0.75, 1.5), PLANE),
    "LRN of another power": case(LocalResponse(3, 0.7, 0.6, 2.0), PLANE),
    "wide LRN": case(LocalResponse(9, 0.7, 0.75, 1.5), PLANE),
    "LRN of many channels": case(LocalResponse(5, 0.7, 0.75, 1.0), (1, 150, 2, 3)),
    "LRN within channels": case(LocalResponse(3, 0.7, 0.75, 1.0, within_channel=True), PLANE),
    "ReLU": case(ReLU(), PLANE),
    "leaky ReLU": case(ReLU(0.1), PLANE),
    "PReLU": case(PReLU(weights(6)), PLANE),
    "shared PReLU": case(PReLU(weights(1)), PLANE),
    "ELU": case(ELU(0.7), PLANE),
    "sigmoid": case(Sigmoid(), PLANE),
    "tanh": case(TanH(), PLANE),
    "power": case(Power(2.0, 0.5, -0.25), PLANE),
    "cube": case(Power(3.0, 0.5, -0.25), PLANE),
    "constant power": case(Power(0.0), PLANE),
    "linear power": case(Power(1.0, 0.5, -0.25), PLANE),
    "affine": case(Affine(weights(6), weights(6, seed=3)), PLANE),
    "affine of a vector": case(Affine(weights(6), weights(6, seed=3)), (1, 6)),
    "offset": case(Affine(None, weights(6)), PLANE),
    "inner product": case(InnerProduct(weights(5, 336), weights(5)), PLANE),
    "softmax": case(Softmax(), PLANE),
    "concat": case(Concat(), PLANE, (1, 2, 7, 8), PLANE),
    "concat of rows": case(Concat(2), PLANE, (1, 6, 1, 8)),
    "weighted sum": case(Eltwise("sum", (0.5, -2.0)), PLANE, PLANE),
    "sum": case(Eltwise("sum"), PLANE, PLANE, PLANE),
    "product": case(Eltwise("product"), PLANE, PLANE, PLANE),
    "maximum": case(Eltwise("max"), PLANE, PLANE, PLANE),
    "absolute": case(AbsVal(), PLANE),
    "BNLL": case(BNLL(), PLANE),
    "exponential": case(Exp(0.5, 2.0), PLANE),
    "logarithm": case(Log(0.5, 0.25, 9.0), PLANE),
    "clamp": case(Clamp(-0.5, 1.0), PLANE),
    "swish": case(Swish(1.5), PLANE),
    "MVN": case(MeanVariance(), PLANE),
    "MVN of means": case(MeanVariance(divides=False), PLANE),
    "MVN across channels": case(MeanVariance(across_channels=True), PLANE),
    "MVN across a vector": case(MeanVariance(across_channels=True), (1, 6)),
    "own statistics": case(OwnStatistics(0.01), PLANE),
    "own statistics, scaled": case(OwnStatistics(0.01, weights(6), weights(6, seed=3)), PLANE),
    "own statistics of a vector": case(OwnStatistics(0.01, weights(6), weights(6, seed=3)), (1, 6)),
    "PReLU of a vector": case(PReLU(weights(6)), (1, 6)),
    "product by channel": case(Product(0), PLANE, (1, 6)),
    "product by channel and row": case(Product(0, weights(1, 6, 7)), PLANE, (1, 6, 7)),
    "product by blob": case(Product(0), PLANE, PLANE),
    "shift by channel": case(Shift(0), PLANE, (1, 6)),
    "even slice": case(Slice(1, 1, 3), PLANE),
    "slice at points": case(Slice(2, 1, 3, (2, 5)), PLANE),
    "crop": case(Crop(2, (1, 3)), PLANE, (1, 4, 5, 5)),
    "repetition": case(Repetition(2, 3), PLANE),
    "mean of planes": case(Reduction("mean", 2, 3.0), PLANE),
    "sum of absolutes": case(Reduction("absolutes", 3), PLANE),
    "sum of squares": case(Reduction("squares", 2, 0.5), PLANE),
    "axpy": case(Axpy(), (1, 6, 1, 1), PLANE, PLANE),
    "axpy of a vector": case(Axpy(), (1, 6), PLANE, PLANE),
    "pyramid": case(Pyramid("max", 2), PLANE),
    "pyramid of averages": case(Pyramid("average", 2), PLANE),
    "patches": case(Patches((3, 2), (2, 1), (1, 0), (1, 2)), PLANE),
    "identity": case(Identity(), PLANE),
    "flatten from rows": case(Flatten(2), PLANE),
    "reshape of some": case(Reshape((0, 3, -1), 2), PLANE),
    "flatten": case(Flatten(), PLANE),
    "reshape": case(Reshape((0, 3, -1)), PLANE),
}


@pytest.mark.parametrize("name", CASES)
def test_pullback_is_the_slope_that_finite_differences_find(name: str) -> None:
    kernel = prepare(CASES[name].operation, EXACT)
    inputs = [values(*shape, seed=index) for index, shape in enumerate(CASES[name].shapes)]
    value, pullback = kernel(*inputs)
    diff = values(*value.shape, seed=9)
    directions = [values(*x.shape, seed=20 + index) for index, x in enumerate(inputs)]
    step = 1e-6
    above, _ = kernel(*(x + step * v for x, v in zip(inputs, directions, strict=True)))
    below, _ = kernel(*(x - step * v for x, v in zip(inputs, directions, strict=True)))
    expected = ((above - below) * diff).sum() / (2 * step)
    found = sum((g * v).sum() for g, v in zip(pullback(diff), directions, strict=True))
    assert float(found) == pytest.approx(float(expected), rel=SLOPE_TOLERANCE, abs=SLOPE_TOLERANCE)


@pytest.mark.parametrize("name", CASES)
def test_pullback_gives_each_input_a_gradient_of_its_shape_and_type(name: str) -> None:
    inputs = [values(*shape).float() for shape in CASES[name].shapes]
    value, pullback = prepare(CASES[name].operation, SINGLE)(*inputs)
    found = pullback(torch.ones_like(value))
    assert [g.shape for g in found] == [x.shape for x in inputs]
    assert {g.dtype for g in (value, *found)} == {torch.float32}


@pytest.mark.parametrize("name", CASES)
def test_kernel_leaves_its_inputs_and_the_gradient_as_they_are(name: str) -> None:
    inputs = [values(*shape) for shape in CASES[name].shapes]
    copies = [x.clone() for x in inputs]
    value, pullback = prepare(CASES[name].operation, EXACT)(*inputs)
    diff = values(*value.shape)
    copy, value_copy = diff.clone(), value.clone()
    pullback(diff)
    pairs = [*zip(inputs, copies, strict=True), (diff, copy), (value, value_copy)]
    assert all(torch.equal(before, after) for before, after in pairs)


@pytest.mark.parametrize("name", CASES)
def test_channels_last_memory_gives_the_same_numbers(name: str) -> None:
    kernel = prepare(CASES[name].operation, EXACT)
    inputs = [values(*shape) for shape in CASES[name].shapes]
    plain, plain_pullback = kernel(*inputs)
    turned, turned_pullback = kernel(*(channels_last(x) for x in inputs))
    diff = values(*plain.shape)
    torch.testing.assert_close(turned, plain, check_stride=False)
    torch.testing.assert_close(turned_pullback(channels_last(diff)), plain_pullback(diff), check_stride=False)


def channels_last(x: torch.Tensor) -> torch.Tensor:
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x


def test_convolution_is_scipys_correlation() -> None:
    x, w = values(1, 3, 8, 9), weights(2, 3, 3, 4)
    expected = [
        sum(signal.correlate(np.asarray(x[0, c]), w[o, c], mode="valid") for c in range(3)) for o in range(2)
    ]
    np.testing.assert_allclose(computed(Convolution(w, None), x)[0], expected, rtol=1e-12, atol=1e-12)


def test_same_convolution_is_scipys_with_the_odd_pixel_at_the_end() -> None:
    x, w = values(1, 1, 6, 7), weights(1, 1, 4, 2)
    padded = np.pad(np.asarray(x[0, 0]), ((1, 2), (0, 1)))
    expected = signal.correlate(padded, w[0, 0], mode="valid")
    np.testing.assert_allclose(computed(Convolution(w, None, padding="same"), x)[0, 0], expected, rtol=1e-12)


def test_strided_same_convolution_pads_as_tensorflow_documents() -> None:
    x = torch.arange(1.0, 6.0, dtype=torch.float64).reshape(1, 1, 1, 5)
    ones = np.ones((1, 1, 1, 3), np.float32)
    found = computed(Convolution(ones, None, (1, 2), "same"), x)
    assert found.ravel().tolist() == [1 + 2, 2 + 3 + 4, 4 + 5]  # total padding 2: one before, one after


def test_deconvolution_spreads_each_value_over_its_kernel() -> None:
    x, w = values(1, 1, 3, 4), weights(1, 1, 3, 3)
    expected = np.zeros((7, 9))
    for row in range(3):
        for column in range(4):
            expected[2 * row : 2 * row + 3, 2 * column : 2 * column + 3] += (
                np.float64(x[0, 0, row, column]) * w[0, 0]
            )
    np.testing.assert_allclose(computed(Deconvolution(w, None, (2, 2)), x)[0, 0], expected, rtol=1e-12)


def pooled_by_loops(x: NDArray[np.float64], pool: Pooling) -> NDArray[np.float64]:
    """Caffe's pooling_layer.cpp for one channel, written as it reads there."""
    assert pool.kernel is not None
    assert pool.padding != "same"
    (kh, kw), (sh, sw), (ph, pw) = pool.kernel, pool.stride, pool.padding
    height, width = x.shape
    rows, columns = (pooled_side(n, k, s, p) for n, k, s, p in ((height, kh, sh, ph), (width, kw, sw, pw)))
    found = np.empty((rows, columns))
    for row in range(rows):
        for column in range(columns):
            top, left = row * sh - ph, column * sw - pw
            bottom, right = min(top + kh, height + ph), min(left + kw, width + pw)
            area = (bottom - top) * (right - left)
            window = x[max(top, 0) : min(bottom, height), max(left, 0) : min(right, width)]
            found[row, column] = window.max() if pool.method == "max" else window.sum() / area
    return found


@pytest.mark.parametrize("method", ["max", "average"])
@pytest.mark.parametrize(
    ("kernel", "stride", "padding"), [(3, 2, 0), (3, 2, 1), (2, 2, 0), (5, 3, 0), (3, 1, 1), (5, 2, 3)]
)
@pytest.mark.parametrize("size", [(7, 8), (9, 6), (14, 13)])
def test_pooling_is_caffes(
    method: str, kernel: int, stride: int, padding: int, size: tuple[int, int]
) -> None:
    pool = Pooling(
        "max" if method == "max" else "average", (kernel, kernel), (stride, stride), (padding, padding)
    )
    x = values(1, 1, *size) - 5  # below zero, so that a padding of zeros would win a maximum
    np.testing.assert_allclose(
        computed(pool, x)[0, 0], pooled_by_loops(np.asarray(x[0, 0]), pool), rtol=1e-12
    )


def test_equal_maxima_give_the_gradient_to_the_first_in_scan_order() -> None:
    _, pullback = prepare(Pooling("max", (2, 2), (2, 2)), EXACT)(torch.ones(1, 2, 4, 4, dtype=torch.float64))
    (found,) = pullback(torch.ones(1, 2, 2, 2, dtype=torch.float64))
    expected = np.zeros((4, 4))
    expected[::2, ::2] = 1
    assert np.array_equal(found[0, 1], expected)


@pytest.mark.parametrize("memory", [torch.contiguous_format, torch.channels_last])
def test_equal_maxima_of_overlapping_padded_windows_go_to_the_first(memory: torch.memory_format) -> None:
    x = torch.ones(1, 32, 5, 5).contiguous(memory_format=memory)
    _, pullback = prepare(Pooling("max", (3, 3), (1, 1), (1, 1)), SINGLE)(x)
    (found,) = pullback(torch.ones_like(x))
    expected = np.zeros((5, 5))
    for row in range(5):
        for column in range(5):
            expected[max(row - 1, 0), max(column - 1, 0)] += 1
    assert np.array_equal(found[0, 31], expected)


def test_same_average_counts_real_pixels_alone() -> None:
    x = torch.tensor([1.0, 2.0, 4.0], dtype=torch.float64).reshape(1, 1, 1, 3)
    found = computed(Pooling("average", (1, 2), (1, 1), "same"), x)
    assert found.ravel().tolist() == [1.5, 3.0, 4.0]


def test_global_pooling_takes_the_whole_plane() -> None:
    x = values(1, 3, 4, 5)
    np.testing.assert_allclose(computed(Pooling("average", None), x)[0, :, 0, 0], x[0].mean((1, 2)))
    np.testing.assert_allclose(computed(Pooling("max", None), x)[0, :, 0, 0], x[0].amax((1, 2)))


def lrn_by_loops(x: NDArray[np.float64], o: LocalResponse) -> NDArray[np.float64]:
    reach = o.size // 2
    squares = np.pad(x**2, ((reach, reach), (0, 0), (0, 0)))
    sums = sum(squares[shift : shift + len(x)] for shift in range(o.size))
    result: NDArray[np.float64] = x / (o.k + o.alpha / o.size * sums) ** o.beta
    return result


@pytest.mark.parametrize("channels", [1, 3, 64, 150, 192])
@pytest.mark.parametrize(("size", "beta"), [(5, 0.75), (3, 0.5), (7, 0.75)])
def test_lrn_is_krizhevskys_formula(channels: int, size: int, beta: float) -> None:
    x, o = values(1, channels, 3, 4), LocalResponse(size, 0.9, beta, 1.25)
    np.testing.assert_allclose(computed(o, x)[0], lrn_by_loops(np.asarray(x[0]), o), rtol=1e-12)


def test_lrn_within_channels_is_scipys_mean_of_squares() -> None:
    x = values(1, 2, 6, 7)
    means = [ndimage.uniform_filter(np.asarray(c) ** 2, 3, mode="constant") for c in x[0]]
    expected = np.asarray(x[0]) / (1.0 + 0.9 * np.stack(means)) ** 0.75
    found = computed(LocalResponse(3, 0.9, 0.75, 1.0, within_channel=True), x)
    np.testing.assert_allclose(found[0], expected, rtol=1e-12)


def test_lrn_of_large_values_stays_within_single_precision() -> None:
    x, o = values(1, 64, 9, 9) * 300, LocalResponse(5, 1e-4, 0.75, 1.0)
    found, _ = prepare(o, SINGLE)(x.float())
    np.testing.assert_allclose(found[0], lrn_by_loops(np.asarray(x[0]), o), rtol=3e-6)


POINTWISE: dict[str, tuple[Operation, Callable[[NDArray[np.float64]], NDArray[np.float64]]]] = {
    "ReLU": (ReLU(), lambda x: np.maximum(x, 0)),
    "leaky ReLU": (ReLU(0.25), lambda x: np.where(x > 0, x, 0.25 * x)),
    "PReLU": (PReLU(np.array([0.5, 2.0], np.float32)), lambda x: np.where(x > 0, x, [[[0.5]], [[2.0]]] * x)),
    "ELU": (ELU(0.5), lambda x: np.where(x > 0, x, 0.5 * np.expm1(x))),
    "sigmoid": (Sigmoid(), special.expit),
    "tanh": (TanH(), np.tanh),
    "power": (Power(2.0, 3.0, 1.0), lambda x: (1 + 3 * x) ** 2),
    "softmax": (Softmax(), lambda x: special.softmax(x, axis=0)),
    "absolute": (AbsVal(), np.abs),
    "BNLL": (BNLL(), lambda x: np.logaddexp(0, x)),
    "exponential": (Exp(0.5, 2.0), lambda x: 2 * np.exp(x / 2)),
    "logarithm": (Log(0.5, 0.25, 9.0), lambda x: np.log(9 + x / 4) / 2),
    "clamp": (Clamp(-0.5, 1.0), lambda x: np.clip(x, -0.5, 1.0)),
    "swish": (Swish(1.5), lambda x: x * special.expit(1.5 * x)),
    "affine": (
        Affine(np.array([2.0, 3.0], np.float32), np.array([1.0, -1.0], np.float32)),
        lambda x: x * [[[2.0]], [[3.0]]] + [[[1.0]], [[-1.0]]],
    ),
}


@pytest.mark.parametrize("name", POINTWISE)
def test_pointwise_layer_is_its_formula(name: str) -> None:
    operation, formula = POINTWISE[name]
    x = values(1, 2, 4, 5)
    np.testing.assert_allclose(computed(operation, x)[0], formula(np.asarray(x[0])), rtol=1e-12)


def test_elu_of_a_large_value_has_a_finite_gradient() -> None:
    _, pullback = prepare(ELU(), SINGLE)(torch.full((1, 1, 1, 1), 1000.0))
    assert pullback(torch.ones(1, 1, 1, 1))[0].item() == 1


def test_inner_product_reads_channels_then_rows_then_columns() -> None:
    x, w, b = channels_last(values(1, 2, 3, 4)), weights(5, 24), weights(5)
    np.testing.assert_allclose(computed(InnerProduct(w, b), x)[0], w @ np.asarray(x).ravel() + b, rtol=1e-12)


def test_eltwise_maximum_gives_ties_to_the_second_of_two_and_to_no_later_one() -> None:
    x = torch.ones(1, 1, 1, 1, dtype=torch.float64)
    _, pullback = prepare(Eltwise("max"), EXACT)(x, x, x)
    assert [g.item() for g in pullback(x)] == [0, 1, 0]


def test_product_with_a_zero_has_the_others_as_its_slope() -> None:
    zero, two, three = (torch.full((1, 1, 1, 1), v, dtype=torch.float64) for v in (0.0, 2.0, 3.0))
    _, pullback = prepare(Eltwise("product"), EXACT)(zero, two, three)
    assert [g.item() for g in pullback(torch.ones_like(zero))] == [6, 0, 0]


def test_reshape_keeps_and_infers_sides_as_caffe() -> None:
    assert computed(Reshape((0, 3, -1)), values(1, 6, 2, 5)).shape == (1, 3, 20)
