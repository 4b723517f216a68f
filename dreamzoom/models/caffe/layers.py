"""One function for each type of Caffe layer: from its settings and weights to a `network` operation.

Defaults are in the schema. Each function checks what Caffe's own LayerSetUp checks, and refuses what
dreamzoom does not compute.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from math import prod
from typing import Any, Literal

import numpy as np

from dreamzoom.models import network, operations
from dreamzoom.models.caffe import layout, normalisation, pointwise
from dreamzoom.models.caffe.caffe_pb2 import (
    ConvolutionParameter,
    LayerParameter,
    LRNParameter,
    PoolingParameter,
)
from dreamzoom.models.caffe.site import Site
from dreamzoom.models.network import Array, Layer, Operation, Pair
from dreamzoom.models.shapes import Shape

LARGEST_SIDE = 1024  # pixels; no known kernel, stride or padding comes near, and memory is spent on each


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


def _depthwise_convolution(site: Site) -> network.Convolution:
    """The spellings of derived Caffes, where `group` may be left out: a kernel for each channel."""
    settings, channels = site.layer.convolution_param, site.bottoms[0][0]
    if settings.HasField("group") and settings.group != channels:
        raise site.fault(f"has {settings.group} groups for {channels} channels")
    layer = LayerParameter()
    layer.CopyFrom(site.layer)
    layer.convolution_param.group = channels
    return _convolution(replace(site, layer=layer))


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


def _scale(site: Site) -> network.Affine | operations.Product:
    settings = site.layer.scale_param
    if len(site.bottoms) > 1:
        wanted = {"bias": (1, *site.bottoms[1])} if settings.bias_term else {}
        return operations.Product(site.axis(settings.axis), next(iter(site.weights(**wanted)), None))
    shape = _per_channel(site, settings.axis, settings.num_axes)
    wanted = {"scale": shape, "bias": shape} if settings.bias_term else {"scale": shape}
    scale, *bias = site.weights(**wanted)
    return network.Affine(_for_each_channel(site, scale), _for_each_channel(site, bias[0]) if bias else None)


def _bias(site: Site) -> network.Affine | operations.Shift:
    settings = site.layer.bias_param
    if len(site.bottoms) > 1:
        site.weights()
        return operations.Shift(site.axis(settings.axis))
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


def _mean_variance(site: Site) -> operations.MeanVariance:
    settings = site.layer.mvn_param
    site.finite(eps=settings.eps)
    return operations.MeanVariance(settings.normalize_variance, settings.across_channels, settings.eps)


def _patches(site: Site) -> operations.Patches:
    settings = site.layer.convolution_param
    window = _window(site, settings)
    return operations.Patches(
        window.kernel, window.stride, window.padding, _pair(site, settings, "dilation", 1, default=1)
    )


def network_layers(site: Site) -> list[Layer]:
    """What a layer of a file becomes: one layer of a network, or for a Slice one for each top.

    A pool's second top, where each maximum was, has no gradient: it is left out.

    Raises:
        ModelError: its settings or weights do not go together, or are not supported.
    """
    layer = site.layer
    bottoms, tops = tuple(layer.bottom), tuple(layer.top)
    if layer.type == "Slice":
        parts = zip(layout.slices(site), tops, strict=True)
        return [Layer(layer.name, part, bottoms, (top,)) for part, top in parts]
    operation = OPERATIONS[layer.type](site)
    return [Layer(layer.name, operation, bottoms, tops[:1] if layer.type == "Pooling" else tops)]


OPERATIONS: Mapping[str, Callable[[Site], Operation]] = {
    "AbsVal": lambda _: operations.AbsVal(),
    "Axpy": lambda _: operations.Axpy(),
    "BN": normalisation.bn,
    "BNLL": lambda _: operations.BNLL(),
    "BatchNorm": normalisation.batch_norm,
    "Bias": _bias,
    "Clip": pointwise.clip,
    "Concat": layout.concat,
    "Convolution": _convolution,
    "ConvolutionDepthwise": _depthwise_convolution,
    "Crop": layout.crop,
    "Deconvolution": _deconvolution,
    "DepthwiseConvolution": _depthwise_convolution,
    "Dropout": lambda _: network.Identity(),
    "ELU": pointwise.elu,
    "Eltwise": layout.eltwise,
    "Exp": pointwise.exp,
    "Flatten": layout.flatten,
    "Im2col": _patches,
    "InnerProduct": _inner_product,
    "LRN": _lrn,
    "Log": pointwise.log,
    "MVN": _mean_variance,
    "PReLU": _prelu,
    "Pooling": _pooling,
    "Power": pointwise.power,
    "ReLU": pointwise.relu,
    "ReLU6": lambda _: operations.Clamp(0.0, 6.0),
    "Reduction": layout.reduction,
    "Reshape": layout.reshape,
    "SPP": layout.pyramid,
    "Scale": _scale,
    "Sigmoid": lambda _: network.Sigmoid(),
    "Slice": lambda site: layout.slices(site)[0],
    "Softmax": layout.softmax,
    "Split": lambda _: network.Identity(),
    "Swish": pointwise.swish,
    "TanH": lambda _: network.TanH(),
    "Tile": layout.tile,
}

DEPTHWISE = frozenset({"ConvolutionDepthwise", "DepthwiseConvolution"})
"""How derived Caffes spell a Convolution of as many groups as channels."""

WEIGHTED = DEPTHWISE | {
    "BN",
    "BatchNorm",
    "Bias",
    "Convolution",
    "Deconvolution",
    "InnerProduct",
    "PReLU",
    "Scale",
}
"""The types that have weights; the others have none, in the file either."""

_POINTWISE = {
    "AbsVal",
    "BNLL",
    "Clip",
    "ELU",
    "Exp",
    "Log",
    "Power",
    "ReLU",
    "ReLU6",
    "Sigmoid",
    "Swish",
    "TanH",
}
IN_PLACE = frozenset(
    {"BN", "BatchNorm", "Bias", "Dropout", "Eltwise", "MVN", "PReLU", "Scale", "Softmax", "TanH", *_POINTWISE}
)
"""The types that may write the blob they read: the forward pass reads each value before it writes it."""

BOTTOMS: Mapping[str, tuple[int, int]] = {
    "Axpy": (3, 3),
    "Bias": (1, 2),
    "Concat": (1, 1000),
    "Crop": (2, 2),
    "Eltwise": (2, 1000),
    "Scale": (1, 2),
}
"""How many blobs a type reads, least and most; the others read one."""

TOPS: Mapping[str, int] = {"Pooling": 2, "Slice": 1000, "Split": 1000}
"""How many blobs a type may write; the others write one."""
