"""One function for each type of Caffe layer: from its settings and weights to a `network` operation.

Defaults are in the schema. Each function checks what Caffe's own LayerSetUp checks, and refuses what
dreamzoom does not compute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import prod
from typing import Any, Literal

import numpy as np

from dreamzoom.models import network
from dreamzoom.models.caffe.caffe_pb2 import (
    ConvolutionParameter,
    EltwiseParameter,
    LRNParameter,
    PoolingParameter,
)
from dreamzoom.models.caffe.site import Site
from dreamzoom.models.network import Array, Operation, Pair
from dreamzoom.models.shapes import Shape

LARGEST_SIDE = 1024  # pixels; no known kernel, stride or padding comes near, and memory is spent on each
MOST_AXES = 4  # of a blob: picture, channels, rows, columns


@dataclass(frozen=True)
class _Window:
    """(rows, columns) each."""

    kernel: Pair
    stride: Pair
    padding: Pair


def _window(site: Site, settings: ConvolutionParameter | PoolingParameter) -> _Window:
    """The window of a layer: `kernel_size` once or twice, or `kernel_h` and `kernel_w`, and so on.

    Raises:
        ModelError: a side is missing, given twice, zero or absurdly large.
    """
    return _Window(
        kernel=_pair(site, settings, "kernel_size", 1),
        stride=_pair(site, settings, "stride", 1, default=1),
        padding=_pair(site, settings, "pad", 0),
    )


def _pair(
    site: Site, settings: ConvolutionParameter | PoolingParameter, name: str, least: int, default: int = 0
) -> Pair:
    """(rows, columns) from the field `name`, given none, once or twice, or from those of each side."""
    given = {field.name: value for field, value in settings.ListFields()}
    said, stem = given.get(name, []), name.removesuffix("_size")
    values = [said] if isinstance(said, int) else [*said]
    sides = {side: given[f"{stem}_{side}"] for side in "hw" if f"{stem}_{side}" in given}
    if values and sides:
        raise site.fault(f"has {name} twice, once for both sides and once for each")
    if len(values) > 2:
        raise site.fault(f"has {len(values)} times {name}; a picture has two sides")
    rows, columns = (values[0], values[-1]) if values else (sides.get("h", default), sides.get("w", default))
    for side in (rows, columns):
        if not least <= side <= LARGEST_SIDE:
            raise site.fault(f"has {name} {side}; it must be from {least} to {LARGEST_SIDE}")
    return rows, columns


def _convolution(site: Site) -> network.Convolution:
    settings = site.layer.convolution_param
    return network.Convolution(**_convolved(site, settings.num_output, _channels_of_groups(site)))


def _deconvolution(site: Site) -> network.Deconvolution:
    settings = site.layer.convolution_param
    return network.Deconvolution(**_convolved(site, _channels_of_groups(site), settings.num_output))


def _convolved(site: Site, first: int, second: int) -> dict[str, Any]:
    """The fields of a (de)convolution whose weights are (first, second / groups, kh, kw)."""
    settings = site.layer.convolution_param
    window = _window(site, settings)
    shape = (first, second // settings.group, *window.kernel)
    weight, bias = _with_bias(site, settings.bias_term, settings.num_output, shape)
    return {
        "weight": weight,
        "bias": bias,
        "stride": window.stride,
        "padding": window.padding,
        "dilation": _pair(site, settings, "dilation", 1, default=1),
        "groups": settings.group,
    }


def _with_bias(site: Site, bias_term: bool, outputs: int, shape: Shape) -> tuple[Array, Array | None]:
    """A weight of `shape`, and a bias for each output if there is a bias term."""
    if not bias_term:
        return site.weights(weight=shape)[0], None
    weight, bias = site.weights(weight=shape, bias=(outputs,))
    return weight, bias


def _channels_of_groups(site: Site) -> int:
    """How many channels flow in, once it is sure that the groups divide them and the outputs."""
    settings = site.layer.convolution_param
    channels = site.bottoms[0][0]
    if site.axis(settings.axis) != 1 or len(site.bottoms[0]) != 3:
        raise site.fault("does not read channels of rows and columns")
    if settings.num_output == 0:
        raise site.fault("has no num_output")
    if settings.group == 0 or channels % settings.group or settings.num_output % settings.group:
        sides = f"{channels} inputs and {settings.num_output} outputs"
        raise site.fault(f"has {settings.group} groups, which do not divide {sides}")
    return channels


def _inner_product(site: Site) -> network.InnerProduct:
    settings = site.layer.inner_product_param
    if site.axis(settings.axis) != 1:
        raise site.fault(f"has axis {settings.axis}; only 1 is supported")
    if settings.num_output == 0:
        raise site.fault("has no num_output")
    shape = (settings.num_output, prod(site.bottoms[0]))
    stored = shape[::-1] if settings.transpose else shape
    weight, bias = _with_bias(site, settings.bias_term, settings.num_output, stored)
    return network.InnerProduct(weight.T if settings.transpose else weight, bias)


def _batch_norm(site: Site) -> network.Affine:
    """(x - mean) / sqrt(variance + eps); both are stored multiplied by a factor, which is stored too."""
    settings = site.layer.batch_norm_param
    if settings.HasField("use_global_stats") and not settings.use_global_stats:
        raise site.fault("wants the statistics of a batch; dreams need `use_global_stats: true`")
    site.finite(eps=settings.eps)
    channels = site.bottoms[0][0]
    mean, variance, factor = site.weights(mean=(channels,), variance=(channels,), scale_factor=(1,))
    share = 1.0 / float(factor[0]) if factor[0] != 0 else 0.0  # as Caffe, no division by zero
    with np.errstate(all="ignore"):
        scale = 1.0 / np.sqrt(variance.astype(np.float64) * share + settings.eps)
        offset = -mean.astype(np.float64) * share * scale
        numbers = np.array([scale, offset], dtype=np.float32)
    if not np.isfinite(numbers).all():
        raise site.fault("holds statistics that cannot be: a variance below zero, or zero with no eps")
    return network.Affine(numbers[0], numbers[1])


def _scale(site: Site) -> network.Affine:
    settings = site.layer.scale_param
    shape = _per_channel(site, settings.axis, settings.num_axes)
    wanted = {"scale": shape, "bias": shape} if settings.bias_term else {"scale": shape}
    scale, *bias = site.weights(**wanted)
    return network.Affine(_for_each_channel(site, scale), _for_each_channel(site, bias[0]) if bias else None)


def _bias(site: Site) -> network.Affine:
    settings = site.layer.bias_param
    (bias,) = site.weights(bias=_per_channel(site, settings.axis, settings.num_axes))
    return network.Affine(None, _for_each_channel(site, bias))


def _per_channel(site: Site, axis: int, num_axes: int) -> tuple[int, ...]:
    """The shape of a Scale's or Bias's weights: a number for each channel, or one for all."""
    if num_axes == 0:
        return ()
    if site.axis(axis) != 1 or num_axes != 1:
        raise site.fault(f"has axis {axis} and num_axes {num_axes}; only one number a channel is supported")
    return site.bottoms[0][:1]


def _for_each_channel(site: Site, numbers: Array) -> Array:
    return np.broadcast_to(numbers, site.bottoms[0][:1])


def _prelu(site: Site) -> network.PReLU:
    shared = site.layer.prelu_param.channel_shared
    (slope,) = site.weights(slope=() if shared else site.bottoms[0][:1])
    return network.PReLU(slope.reshape(-1))


def _pooling(site: Site) -> network.Pooling:
    settings = site.layer.pooling_param
    if settings.pool == PoolingParameter.STOCHASTIC:
        raise site.fault("pools stochastically, which is not supported")
    method: Literal["max", "average"] = "max" if settings.pool == PoolingParameter.MAX else "average"
    if settings.global_pooling:
        return _global_pooling(site, method)
    window = _window(site, settings)
    if window.padding[0] >= window.kernel[0] or window.padding[1] >= window.kernel[1]:
        raise site.fault(f"has padding {window.padding}, not smaller than its kernel {window.kernel}")
    round_up = settings.round_mode == PoolingParameter.CEIL and settings.ceil_mode
    return network.Pooling(method, window.kernel, window.stride, window.padding, round_up)


def _global_pooling(site: Site, method: Literal["max", "average"]) -> network.Pooling:
    settings = site.layer.pooling_param
    harmless = {"pad": 0, "pad_h": 0, "pad_w": 0, "stride": 1, "stride_h": 1, "stride_w": 1}
    for field, value in settings.ListFields():
        if field.name.startswith(("kernel", "pad", "stride")) and value != harmless.get(field.name):
            raise site.fault(f"pools globally, and yet has {field.name} {value}")
    return network.Pooling(method, kernel=None)


def _lrn(site: Site) -> network.LocalResponse:
    settings = site.layer.lrn_param
    within = settings.norm_region == LRNParameter.WITHIN_CHANNEL
    if settings.local_size % 2 == 0 or settings.local_size > LARGEST_SIDE:
        raise site.fault(f"has local_size {settings.local_size}; it must be odd, at most {LARGEST_SIDE}")
    site.finite(alpha=settings.alpha, beta=settings.beta, k=settings.k)
    k = 1.0 if within else settings.k  # within channels, Caffe does not look at k
    return network.LocalResponse(settings.local_size, settings.alpha, settings.beta, k, within)


def _relu(site: Site) -> network.ReLU:
    site.finite(negative_slope=site.layer.relu_param.negative_slope)
    return network.ReLU(site.layer.relu_param.negative_slope)


def _elu(site: Site) -> network.ELU:
    site.finite(alpha=site.layer.elu_param.alpha)
    return network.ELU(site.layer.elu_param.alpha)


def _power(site: Site) -> network.Power:
    settings = site.layer.power_param
    site.finite(power=settings.power, scale=settings.scale, shift=settings.shift)
    return network.Power(settings.power, settings.scale, settings.shift)


def _softmax(site: Site) -> network.Softmax:
    return network.Softmax(_axis_of_one_picture(site, site.layer.softmax_param.axis))


def _concat(site: Site) -> network.Concat:
    settings = site.layer.concat_param
    axis = settings.concat_dim if settings.HasField("concat_dim") else settings.axis
    return network.Concat(_axis_of_one_picture(site, axis))


def _axis_of_one_picture(site: Site, axis: int) -> int:
    if site.axis(axis) == 0:
        raise site.fault("works along the batch (axis 0); a dream has one picture")
    return site.axis(axis)


def _eltwise(site: Site) -> network.Eltwise:
    settings = site.layer.eltwise_param
    coefficients = tuple(settings.coeff)
    if coefficients and (
        settings.operation != EltwiseParameter.SUM or len(coefficients) != len(site.bottoms)
    ):
        raise site.fault(f"has {len(coefficients)} coeff; only a sum takes them, one for each of its bottoms")
    site.finite(**{f"coeff {place}": value for place, value in enumerate(coefficients)})
    return network.Eltwise(_ELTWISE[settings.operation], coefficients)


_ELTWISE: dict[int, Literal["sum", "product", "max"]] = {
    EltwiseParameter.SUM: "sum",
    EltwiseParameter.PROD: "product",
    EltwiseParameter.MAX: "max",
}


def _flatten(site: Site) -> network.Flatten:
    settings = site.layer.flatten_param
    if site.axis(settings.axis) != 1 or site.axis(settings.end_axis) != len(site.bottoms[0]):
        raise site.fault("keeps some axes; only flattening all of a picture's axes is supported")
    return network.Flatten()


def _reshape(site: Site) -> network.Reshape:
    settings = site.layer.reshape_param
    sides = tuple(settings.shape.dim)
    axis = settings.axis if settings.axis >= 0 else settings.axis + len(site.bottoms[0]) + 2
    if settings.num_axes != -1:
        raise site.fault("has num_axes; only reshaping all axes from `axis` on is supported")
    if not 0 <= axis <= len(site.bottoms[0]) or axis + len(sides) > MOST_AXES:
        raise site.fault(f"has axis {settings.axis} and {len(sides)} dims, which do not fit its input")
    if min(sides, default=0) < -1 or sides.count(-1) > 1:
        raise site.fault(f"has dims {', '.join(map(str, sides))}; at most one may be -1, and none lower")
    return network.Reshape((0,) * axis + sides)


OPERATIONS: Mapping[str, Callable[[Site], Operation]] = {
    "BatchNorm": _batch_norm,
    "Bias": _bias,
    "Concat": _concat,
    "Convolution": _convolution,
    "Deconvolution": _deconvolution,
    "Dropout": lambda _: network.Identity(),
    "ELU": _elu,
    "Eltwise": _eltwise,
    "Flatten": _flatten,
    "InnerProduct": _inner_product,
    "LRN": _lrn,
    "PReLU": _prelu,
    "Pooling": _pooling,
    "Power": _power,
    "ReLU": _relu,
    "Reshape": _reshape,
    "Scale": _scale,
    "Sigmoid": lambda _: network.Sigmoid(),
    "Softmax": _softmax,
    "Split": lambda _: network.Identity(),
    "TanH": lambda _: network.TanH(),
}

WEIGHTED = frozenset({"BatchNorm", "Bias", "Convolution", "Deconvolution", "InnerProduct", "PReLU", "Scale"})
"""The types that have weights; the others have none, in the file either."""

_OVER_PLACES = {"Convolution", "Deconvolution", "InnerProduct", "LRN", "Pooling"}
_OF_OTHER_SHAPE = {"Concat", "Flatten", "Reshape", "Split"}
IN_PLACE = OPERATIONS.keys() - _OVER_PLACES - _OF_OTHER_SHAPE
"""The types that may write the blob they read: each value depends on the values at its own place alone."""

BOTTOMS: Mapping[str, tuple[int, int]] = {"Concat": (1, 1000), "Eltwise": (2, 1000)}
"""How many blobs a type reads, least and most; the others read one."""
