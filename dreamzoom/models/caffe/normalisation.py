"""Layers that normalise each channel: BVLC's and NVIDIA's BatchNorm, and the BN of two other families.

All come down to one of two operations: a scale and an offset that are known (`Affine`), or the statistics of
the picture itself (`OwnStatistics`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dreamzoom.models.caffe.caffe_pb2 import BNParameter
from dreamzoom.models.caffe.site import Site
from dreamzoom.models.network import Affine, Array, ScaledBatchNorm
from dreamzoom.models.operations import OwnStatistics

SEGNETS_EPS = 1e-9  # a constant of its layer (bn_layer.cpp)


def batch_norm(site: Site) -> Affine | OwnStatistics:
    """(x - mean) / sqrt(variance + eps); both are stored multiplied by a factor, which is stored too.

    A factor of 0 is that of an untrained layer, whose mean and variance are 0 as well; other Caffes write it
    beside statistics that are stored as they are. NVIDIA's has a Scale with a bias in the same layer. With
    `use_global_stats: false` the stored ones are not used, and need not be there.
    """
    settings = site.layer.batch_norm_param
    site.finite(eps=settings.eps)
    is_own = settings.HasField("use_global_stats") and not settings.use_global_stats
    has_scale = _has_scale(site)
    if is_own and not has_scale and not site.stored:
        return OwnStatistics(settings.eps)
    each = site.bottoms[0][:1]
    wanted = {"mean": each, "variance": each, "scale_factor": (1,)}
    if has_scale:
        wanted |= {"scale": each, "bias": each}
    mean, variance, factor, *scaled = site.weights(**wanted)
    if is_own:
        return OwnStatistics(settings.eps, *scaled)
    share = 1.0 / float(factor[0]) if factor[0] != 0 else 1.0
    return _folded(site, Statistics(mean, variance, settings.eps, share), *scaled)


def _has_scale(site: Site) -> bool:
    """Whether a BatchNorm is NVIDIA's, with a Scale in it: its settings say so, or else its weights."""
    settings = site.layer.batch_norm_param
    said = settings.scale_bias or settings.HasField("scale_filler") or settings.HasField("bias_filler")
    return said or len(site.stored) == 5


def bn(site: Site) -> Affine | OwnStatistics:
    """A layer of type BN: SegNet's where it has two arrays of weights, PSPNet's where it has four.

    SegNet's (github.com/alexgkendall/caffe-segnet) has a scale and a shift. In its mode INFERENCE they are
    all; else, at test time as well, the picture's own statistics come first. PSPNet's
    (github.com/hszhao/PSPNet, and many others) has a slope, a bias, and the mean and variance of its
    training.
    """
    settings = site.layer.bn_param
    if site.axis(settings.axis) != 1:
        raise site.fault(f"has axis {settings.axis}; only 1 is supported")
    site.finite(eps=settings.eps, var_eps=settings.var_eps)
    two = len(site.stored) == 2 or (len(site.stored) != 4 and _speaks_of_two(settings))
    return _bn_of_two(site) if two else _bn_of_four(site)


def _bn_of_two(site: Site) -> Affine | OwnStatistics:
    if not _words(site.layer.bn_param) <= _WORDS_OF_TWO:
        raise site.fault("has a scale and a shift alone, where its settings speak of statistics as well")
    each = site.bottoms[0][:1]
    scale, shift = site.weights(scale=each, shift=each)
    if site.layer.bn_param.bn_mode == BNParameter.INFERENCE:
        return ScaledBatchNorm(scale, shift)
    return OwnStatistics(SEGNETS_EPS, scale, shift)


def _bn_of_four(site: Site) -> Affine | OwnStatistics:
    settings = site.layer.bn_param
    if settings.HasField("bn_mode"):
        raise site.fault("has a bn_mode, and four arrays of weights; no Caffe is known that has both")
    eps, uses_stored = settings.var_eps if _has_var_eps(settings) else settings.eps, _uses_stored(site)
    each = site.bottoms[0][:1]
    slope, bias, mean, variance = site.weights(slope=each, bias=each, mean=each, variance=each)
    if not uses_stored:
        return OwnStatistics(eps, slope, bias)
    return _folded(site, Statistics(mean, variance, eps), slope, bias)


def _speaks_of_two(settings: BNParameter) -> bool:
    """Whether the settings are those of SegNet's layer and of no other."""
    words = _words(settings)
    return "bn_mode" in words or (bool(words) and words <= _WORDS_OF_TWO)


_WORDS_OF_TWO = {"axis", "bn_mode", "scale_filler", "shift_filler"}


def _words(settings: BNParameter) -> set[str]:
    return {field.name for field, _ in settings.ListFields()}


def _has_var_eps(settings: BNParameter) -> bool:
    """Whether eps is called var_eps, which has another default."""
    if settings.HasField("eps") or settings.HasField("var_eps"):
        return settings.HasField("var_eps")
    return _is_of_scale_and_shift(settings)


def _is_of_scale_and_shift(settings: BNParameter) -> bool:
    """Whether they are of those Caffes with four arrays whose words are scale and shift."""
    words = ("scale_filler", "shift_filler", "var_eps", "decay", "moving_average", "use_history_in_test")
    return any(settings.HasField(word) for word in words)


def _uses_stored(site: Site) -> bool:
    """Whether the mean and variance are those of the training at test time, too.

    Raises:
        ModelError: there are Caffes of either kind, and the settings do not tell which it is.
    """
    settings = site.layer.bn_param
    for word in ("use_history_in_test", "moving_average"):
        if settings.HasField(word):
            return bool(getattr(settings, word))
    if _is_of_scale_and_shift(settings) and not settings.frozen:
        raise site.fault(
            "does not say whose mean and variance it takes, and Caffes differ; put `moving_average: true` "
            "(those of its training) or `moving_average: false` (the picture's own) into its bn_param"
        )
    return True


@dataclass(frozen=True, eq=False)
class Statistics:
    """Those of a training, as they are stored: to be multiplied by `share`."""

    mean: Array  # (C,)
    variance: Array  # (C,)
    eps: float
    share: float = 1.0


def _folded(site: Site, stored: Statistics, *scaled: Array) -> Affine:
    """(x - mean) / sqrt(variance + eps), and times a scale, plus a bias, where `scaled` has them."""
    with np.errstate(all="ignore"):
        scale = 1.0 / np.sqrt(stored.variance.astype(np.float64) * stored.share + stored.eps)
        offset = -stored.mean.astype(np.float64) * stored.share * scale
        if scaled:
            scale, offset = scale * scaled[0], offset * scaled[0] + scaled[1]
        numbers = np.array([scale, offset], dtype=np.float32)
    if not np.isfinite(numbers).all():
        raise site.fault("holds statistics that cannot be: a variance below zero, or zero with no eps")
    return (ScaledBatchNorm if scaled else Affine)(numbers[0], numbers[1])
