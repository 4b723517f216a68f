"""Layers that join, cut, repeat and lay out blobs, from their settings to `network` operations."""

from __future__ import annotations

from typing import Literal

from dreamzoom.models import network, operations
from dreamzoom.models.caffe.caffe_pb2 import (
    ConcatParameter,
    EltwiseParameter,
    ReductionParameter,
    SliceParameter,
    SPPParameter,
)
from dreamzoom.models.caffe.site import Site

MOST_AXES = 6  # of a blob: picture, channels, rows, columns, and groups of those
MOST_TIMES = 1 << 16  # that a Tile repeats: memory is spent on each
MOST_LEVELS = 10  # of a pyramid: its last has a million bins


def softmax(site: Site) -> network.Softmax:
    """Softmax."""
    return network.Softmax(_axis_of_one_picture(site, site.layer.softmax_param.axis))


def concat(site: Site) -> network.Concat:
    """Concat, in both spellings of its axis."""
    return network.Concat(_axis_of_one_picture(site, _axis(site.layer.concat_param, "concat_dim")))


def slices(site: Site) -> list[operations.Slice]:
    """Slice, in both spellings of its axis: a part for each top."""
    settings, parts = site.layer.slice_param, len(site.layer.top)
    axis = _axis_of_one_picture(site, _axis(settings, "slice_dim"))
    points = tuple(settings.slice_point)
    if points and (len(points) != parts - 1 or list(points) != sorted(set(points)) or points[0] == 0):
        raise site.fault(
            f"has slice_point {', '.join(map(str, points))}; {parts} tops want {parts - 1}, "
            "each above the last"
        )
    return [operations.Slice(axis, place, parts, points) for place in range(parts)]


def _axis(settings: ConcatParameter | SliceParameter, older: str) -> int:
    given = {field.name: int(value) for field, value in settings.ListFields() if field.name == older}
    return given.get(older, settings.axis)


def _axis_of_one_picture(site: Site, axis: int) -> int:
    if site.axis(axis) == 0:
        raise site.fault("works along the batch (axis 0); a dream has one picture")
    return site.axis(axis)


def eltwise(site: Site) -> network.Eltwise:
    """Eltwise."""
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


def flatten(site: Site) -> network.Flatten:
    """Flatten."""
    settings = site.layer.flatten_param
    first, last = site.axis(settings.axis), site.axis(settings.end_axis)
    if first == 0 or last < first:
        raise site.fault(f"flattens axes {settings.axis} to {settings.end_axis}, which is not supported")
    return network.Flatten(first, last)


def reshape(site: Site) -> network.Reshape:
    """Reshape, of all axes or some."""
    settings = site.layer.reshape_param
    sides, rank = tuple(settings.shape.dim), len(site.bottoms[0]) + 1
    axis = settings.axis if settings.axis >= 0 else settings.axis + rank + 1
    end = rank if settings.num_axes == -1 else axis + settings.num_axes
    if not 0 <= axis <= end <= rank or settings.num_axes < -1:
        raise site.fault(f"has axis {settings.axis} and num_axes {settings.num_axes}, which its input lacks")
    if axis + len(sides) + rank - end > MOST_AXES:
        raise site.fault(f"has axis {settings.axis} and {len(sides)} dims, which do not fit its input")
    if min(sides, default=0) < -1 or sides.count(-1) > 1:
        raise site.fault(f"has dims {', '.join(map(str, sides))}; at most one may be -1, and none lower")
    return network.Reshape((0,) * axis + sides, rank - end)


def crop(site: Site) -> operations.Crop:
    """Crop: offsets are none, one for all axes from `axis` on, or one for each of them."""
    settings = site.layer.crop_param
    axis, offsets = site.axis(settings.axis), tuple(settings.offset)
    cropped = len(site.bottoms[0]) + 1 - axis
    if len(offsets) not in {0, 1, cropped}:
        raise site.fault(f"has {len(offsets)} offsets for {cropped} axes")
    return operations.Crop(axis, offsets if len(offsets) == cropped else (offsets or (0,)) * cropped)


def tile(site: Site) -> operations.Repetition:
    """Tile."""
    settings = site.layer.tile_param
    if not 1 <= settings.tiles <= MOST_TIMES:
        raise site.fault(f"has tiles {settings.tiles}; it must be from 1 to {MOST_TIMES}")
    return operations.Repetition(_axis_of_one_picture(site, settings.axis), settings.tiles)


def reduction(site: Site) -> operations.Reduction:
    """Reduction that leaves something for each channel."""
    settings = site.layer.reduction_param
    if site.axis(settings.axis) < 2:
        raise site.fault(f"has axis {settings.axis}, and so leaves one number of the whole picture")
    site.finite(coeff=settings.coeff)
    return operations.Reduction(_REDUCTIONS[settings.operation], site.axis(settings.axis), settings.coeff)


_REDUCTIONS: dict[int, Literal["sum", "absolutes", "squares", "mean"]] = {
    ReductionParameter.SUM: "sum",
    ReductionParameter.ASUM: "absolutes",
    ReductionParameter.SUMSQ: "squares",
    ReductionParameter.MEAN: "mean",
}


def pyramid(site: Site) -> operations.Pyramid:
    """SPP."""
    settings = site.layer.spp_param
    if settings.pool == SPPParameter.STOCHASTIC:
        raise site.fault("pools stochastically, which is not supported")
    if not 1 <= settings.pyramid_height <= MOST_LEVELS:
        raise site.fault(f"has pyramid_height {settings.pyramid_height}; it must be 1 to {MOST_LEVELS}")
    return operations.Pyramid(
        "max" if settings.pool == SPPParameter.MAX else "average", settings.pyramid_height
    )
