"""Layers that are a function of each value, from their settings to `network` operations."""

from __future__ import annotations

import math

from dreamzoom.models import network, operations
from dreamzoom.models.caffe.caffe_pb2 import ExpParameter, LogParameter
from dreamzoom.models.caffe.site import Site


def relu(site: Site) -> network.ReLU:
    """ReLU, leaky or not."""
    site.finite(negative_slope=site.layer.relu_param.negative_slope)
    return network.ReLU(site.layer.relu_param.negative_slope)


def elu(site: Site) -> network.ELU:
    """ELU."""
    site.finite(alpha=site.layer.elu_param.alpha)
    return network.ELU(site.layer.elu_param.alpha)


def power(site: Site) -> network.Power:
    """Power."""
    settings = site.layer.power_param
    site.finite(power=settings.power, scale=settings.scale, shift=settings.shift)
    return network.Power(settings.power, settings.scale, settings.shift)


def exp(site: Site) -> operations.Exp:
    """Exp: base ** (shift + scale * x), where a base of -1 is e."""
    settings = site.layer.exp_param
    logarithm = _log_of_base(site, settings)
    try:
        outer = math.exp(settings.shift * logarithm)
    except OverflowError:
        raise site.fault(f"has shift {settings.shift}, too large for its base") from None
    return operations.Exp(settings.scale * logarithm, outer)


def log(site: Site) -> operations.Log:
    """Log: the logarithm of shift + scale * x to a base, where -1 is e."""
    settings = site.layer.log_param
    logarithm = _log_of_base(site, settings)
    if logarithm == 0:
        raise site.fault("has base 1, to which there is no logarithm")
    return operations.Log(1 / logarithm, settings.scale, settings.shift)


def _log_of_base(site: Site, settings: ExpParameter | LogParameter) -> float:
    site.finite(base=settings.base, scale=settings.scale, shift=settings.shift)
    if settings.base != -1 and settings.base <= 0:
        raise site.fault(f"has base {settings.base}; it must be above zero, or -1 for e")
    return 1.0 if settings.base == -1 else math.log(settings.base)


def clip(site: Site) -> operations.Clamp:
    """Clip."""
    settings = site.layer.clip_param
    if not (settings.HasField("min") and settings.HasField("max")):
        raise site.fault("has to have both min and max")
    site.finite(min=settings.min, max=settings.max)
    return operations.Clamp(settings.min, settings.max)


def swish(site: Site) -> operations.Swish:
    """Swish."""
    site.finite(beta=site.layer.swish_param.beta)
    return operations.Swish(site.layer.swish_param.beta)
