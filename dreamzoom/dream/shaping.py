"""What becomes of a gradient (3, H, W) before the image moves along it.

    levels ──► spectrum and smoothing (one Fourier transform) ──► colours

At 480x270, on one thread, the transform and the colours add 2 ms to a step of 28, the Laplacian pyramid
12, which smooths about as much as the power 1.3. Of the powers tried on the default look 0.8 still draws fur;
above 1 eyes become dark hollows.

The ascent rule brings the outcome to the length of a step, so only its proportions count. A dream shifts its
picture round, and the Fourier transform takes it so too: right joins left and bottom top.
"""

from __future__ import annotations

import math
from contextlib import nullcontext
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.linalg import vector_norm
from torch.nn.functional import pad

from dreamzoom.dream.periodic import with_margin
from dreamzoom.engines.torch.threads import mean_size, mix_channels, one_thread

_NOTHING: Final = 1e-30
# Of a photograph's red, green and blue: the root of their covariance over ImageNet (Olah et al., "Feature
# Visualization", Distill 2017: lucid's `color_correlation_svd_sqrt`).
_ROOT: Final = ((0.26, 0.09, 0.02), (0.27, 0.0, -0.05), (0.27, -0.09, 0.03))
_LONGEST: Final = 64.0  # pixels of an octave
# Pixels of a picture whose transform two threads hardly shorten (3 ms in place of 5), and lengthen several
# times on cores that have other work.
_SMALL: Final = 1 << 18
_KERNEL: Final = (1 / 16, 4 / 16, 6 / 16, 4 / 16, 1 / 16)


@dataclass(frozen=True)
class Shaping:
    """How a gradient is shaped; 0 is not at all.

    Attributes:
        laplacian: how far all levels of its Laplacian pyramid are as strong as one another, 0 to 1.
        laplacian_levels: how many levels there are above the smallest picture.
        spectrum: a wave that is twice as long counts 2**spectrum times as much.
        smooth: the standard deviation of the Gaussian that smooths it, in pixels of an octave.
        decorrelate: how far its colours are those of photographs, 0 to 1.
    """

    laplacian: float = 0.0
    laplacian_levels: int = 4
    spectrum: float = 0.0
    smooth: float = 0.0
    decorrelate: float = 0.0


def shape_gradient(gradient: Tensor, shaping: Shaping, *, wraps: bool = False) -> Tensor:
    """The gradient as the shaping wants it, of any length; where it wants nothing, as it is.

    Args:
        wraps: whether it has no border: right joins left, and bottom top.
    """
    if shaping.laplacian > 0:
        even = normalise_levels(gradient, shaping.laplacian_levels, wraps=wraps)
        gradient = _brought_to_one(gradient).lerp(_brought_to_one(even), shaping.laplacian)
    filters = shaping.spectrum > 0 or shaping.smooth > 0
    if filters:
        gradient = filter_spectrum(gradient, shaping.spectrum, shaping.smooth, wraps=wraps)
    if shaping.decorrelate > 0:
        gradient = correlate_colours(gradient, shaping.decorrelate, gradient if filters else None)
    return gradient


def _brought_to_one(gradient: Tensor) -> Tensor:
    return gradient / mean_size(gradient).clamp_min(_NOTHING)


def correlate_colours(gradient: Tensor, share: float, out: Tensor | None = None) -> Tensor:
    """The gradient times the covariance of photographs' colours, in so far as `share`, 0 to 1, says.

    This is ascent in decorrelated colours (Olah et al., "Feature Visualization", Distill 2017): light and
    dark move as much as they differ in photographs, red against green as little.

    Args:
        gradient: (3, H, W).
        out: contiguous, where it is put, which may be the gradient itself; None for a tensor of its own.
    """
    root = torch.tensor(_ROOT, dtype=torch.float64)
    covariance = root @ root.T
    matrix = torch.lerp(torch.eye(3, dtype=torch.float64), covariance * (3 / covariance.trace()), share)
    return mix_channels(matrix.to(gradient), gradient, out)


def filter_spectrum(gradient: Tensor, power: float, sigma: float = 0.0, *, wraps: bool = False) -> Tensor:
    """The gradient with long waves made stronger, as f^-power, and smoothed by a Gaussian of `sigma` pixels.

    Photographs' amplitudes fall as 1/f (Field 1987). Ascent in a basis that is scaled so (Olah et al.,
    "Feature Visualization", Distill 2017) moves the image along the gradient times 1/f^2; lower powers lie
    between that and none. Each wave keeps its place and sign, so that the image still goes uphill.
    """
    height, width = gradient.shape[1:]
    # Primes are slow: such a picture goes on with its own beginning, to a length that is not.
    size = (height, width) if wraps else (quick_length(height), quick_length(width))
    gains = _gains(size, power, sigma).to(gradient)
    filtered = torch.empty_like(gradient)
    wide = None if size == (height, width) else gradient.new_empty(size)
    with one_thread() if height * width <= _SMALL else nullcontext():
        for channel, into in zip(gradient, filtered, strict=True):  # one by one: they stay in a core's cache
            waves = torch.fft.rfft2(channel if wide is None else _gone_on(channel, wide))
            torch.view_as_real(waves).mul_(gains)
            torch.fft.ifft(
                waves, dim=0, out=waves
            )  # as irfft2, but row after row in memory, which is quicker
            into.copy_(torch.fft.irfft(waves, size[1])[:height, :width])
    return filtered


def quick_length(length: int) -> int:
    """The least length from there on whose prime factors are 2, 3 and 5 alone: its transform is quick."""
    while length > 1 and 30 ** length.bit_length() % length:
        length += 1
    return length


def _gone_on(picture: Tensor, wide: Tensor) -> Tensor:
    """A wider and higher picture, filled with a picture (H, W) that goes on with its own beginning."""
    height, width = picture.shape
    wide[:height, :width] = picture
    wide[:height, width:] = picture[:, : wide.shape[1] - width]
    wide[height:] = wide[: wide.shape[0] - height]
    return wide


@lru_cache(4)
def _gains(size: tuple[int, int], power: float, sigma: float) -> Tensor:
    """What each wave of a picture is multiplied by, (H, W // 2 + 1, 2), its real and imaginary part alike.

    Waves longer than `_LONGEST` count as that long: a layer sees no longer ones, and light that sways over
    the whole picture would take the step from what it does see.
    """
    down, across = torch.fft.fftfreq(size[0])[:, None], torch.fft.rfftfreq(size[1])
    with one_thread():
        square = down.square() + across.square()
        gaussian = torch.exp(-2 * math.pi**2 * sigma**2 * square)
        gains = square.clamp_min(1 / _LONGEST**2).pow(-power / 2) * gaussian
    return torch.stack([gains, gains], -1)


def normalise_levels(gradient: Tensor, count: int, *, wraps: bool = False) -> Tensor:
    """Every level of the gradient's Laplacian pyramid brought to a root mean square of 1, and added up.

    TensorFlow's DeepDream tutorial (`lap_normalize`), after Burt & Adelson 1983: coarse and fine count alike.
    """
    if wraps:  # as a picture that goes on for as far as the smallest level's kernel reaches
        margin = 2 ** (count + 2)
        inside = normalise_levels(with_margin(gradient, margin), count)
        return inside[:, margin:-margin, margin:-margin]
    fine: list[Tensor] = []
    for _ in range(count):
        coarse = _halved(gradient)
        fine.append(gradient - _doubled(coarse, gradient))
        gradient = coarse
    total = _evened(gradient)
    for level in reversed(fine):
        total = _doubled(total, level) + _evened(level)
    return total


def _evened(level: Tensor) -> Tensor:
    """A level over its root mean square, which is summed row by row as in `mean_size`."""
    rows: Tensor = vector_norm(level, 2, dim=-1)
    size = (rows.square().sum() / level.numel()).sqrt()
    return level / size.clamp_min(_NOTHING)


def _halved(image: Tensor) -> Tensor:
    """Half the rows and columns, smoothed with the kernel [1, 4, 6, 4, 1]; nothing lies outside the image."""
    return _halved_rows(_halved_rows(image).mT).mT


def _doubled(image: Tensor, like: Tensor) -> Tensor:
    """Twice the rows and columns, those of `like`: each value spread with the kernel."""
    return _doubled_rows(_doubled_rows(image, like.shape[1]).mT, like.shape[2]).mT


def _halved_rows(image: Tensor) -> Tensor:
    rows = image.shape[1]
    padded = pad(image, (0, 0, *_margins(rows)))
    half = -(-rows // 2)
    return sum(  # type: ignore[return-value]
        weight * padded[:, place : place + 2 * half - 1 : 2] for place, weight in enumerate(_KERNEL)
    )


def _doubled_rows(image: Tensor, rows: int) -> Tensor:
    """The adjoint of `_halved_rows`, times 2 to keep the brightness."""
    before, after = _margins(rows)
    half = image.shape[1]
    padded = image.new_zeros((image.shape[0], before + rows + after, image.shape[2]))
    for place, weight in enumerate(_KERNEL):
        padded[:, place : place + 2 * half - 1 : 2] += 2 * weight * image
    return padded[:, before : before + rows]


def _margins(rows: int) -> tuple[int, int]:
    """How many rows beyond the first and last the kernel reaches (TensorFlow's padding "SAME")."""
    return (1, 2) if rows % 2 == 0 else (2, 2)
