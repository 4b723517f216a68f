"""Before each dream: light is evened, colours are held, and nothing burns out.

A dream fed back on itself drifts into neon. So a picture's colours are mapped towards a reference's by the
linear Monge-Kantorovich map (Pitie & Kokaram 2007), which moves mean and covariance of the RGB values there
while moving each colour as little as possible.

A bright horizon or a dark corner survives every zoom: a gradient enlarged is a gradient, and a dream leaves
it standing for minutes. Where a little of the broadest light is taken away each frame, it fades into what is
dreamed, and the held colours keep the picture's contrast meanwhile.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy
import torch
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.engines.torch.threads import mix_channels, one_thread, summed_products

# Grey levels squared: below this spread a channel counts as flat, so that noise is not blown up into colour.
FLOOR = 4.0
_FIELDS = 3  # into how many fields of light the shorter side is divided
_KNEE = 24.0  # grey levels from either end at which values begin to be drawn in


@dataclass(frozen=True, eq=False)
class ColourStatistics:
    """Mean (3,) and covariance (3, 3) of a picture's RGB values, grey levels, float64."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


def colour_statistics(image: Tensor, share: Tensor | None = None) -> ColourStatistics:
    """Mean and covariance over all pixels of an image (3, H, W).

    Args:
        share: how much each pixel counts, (1, H, W), some of them above 0; None where all do alike.
    """
    if share is not None:
        return _shared_statistics(image, share)
    pixels = image.flatten(1)
    mean = pixels.mean(1, keepdim=True)
    centred = pixels - mean
    covariance = summed_products(centred) / pixels.shape[1]
    return ColourStatistics(mean[:, 0].cpu().double().numpy(), covariance.cpu().double().numpy())


def _shared_statistics(image: Tensor, share: Tensor) -> ColourStatistics:
    """In memory and in float64, so that they are the same for any number of threads."""
    pixels, weights = (each.flatten(1).cpu().double().numpy() for each in (image, share))
    mean = (pixels * weights).sum(1) / weights.sum()
    centred = pixels - mean[:, None]
    return ColourStatistics(mean, np.einsum("ip,jp,p->ij", centred, centred, weights[0]) / weights.sum())


def mix_colours(first: ColourStatistics, second: ColourStatistics, share: float) -> ColourStatistics:
    """The colours on the way from one picture's to another's, 0 being the first's and 1 the second's.

    The straight way that the map between the two moves each colour along (McCann's displacement
    interpolation), so that spreads change evenly: half way from 10 grey levels to 40 it is 25.
    """
    if share in (0, 1):
        return second if share else first
    matrix = share * transport(first.covariance, second.covariance) + (1 - share) * np.eye(3)
    mean = share * second.mean + (1 - share) * first.mean
    return ColourStatistics(mean, matrix @ first.covariance @ matrix.T)


def hold_colours(
    image: Tensor, reference: ColourStatistics, strength: float, share: Tensor | None = None
) -> Tensor:
    """Move the picture's colours towards the reference's.

    Args:
        image: (3, H, W), RGB, 0 to 255.
        strength: 0 leaves the picture alone, 1 gives it the reference's mean and covariance.
        share: whose pixels' mean and covariance that is, as for `colour_statistics`.
    """
    if strength == 0:
        return image
    now = colour_statistics(image, share)
    matrix = strength * transport(now.covariance, reference.covariance) + (1 - strength) * np.eye(3)
    offset = strength * reference.mean + (1 - strength) * now.mean - matrix @ now.mean
    mix = torch.from_numpy(matrix).to(image.device, image.dtype)
    shift = torch.from_numpy(offset).to(image.device, image.dtype)
    return mix_channels(mix, image).add_(shift[:, None, None])


def transport(source: NDArray[np.float64], target: NDArray[np.float64]) -> NDArray[np.float64]:
    """S^-1 (S T)^1/2: the Monge-Kantorovich map between two covariances (3, 3)."""
    source, target = source + FLOOR * np.eye(3), target + FLOOR * np.eye(3)
    matrix: NDArray[np.float64] = scipy.linalg.solve(
        source, scipy.linalg.sqrtm(source @ target), assume_a="pos"
    )
    return matrix


def even_light(image: Tensor, share: float, *, wraps: bool = False) -> Tensor:
    """Take a share of the broadest light and shade out of a picture.

    What counts as broad is the mean of fields a third of the shorter side wide, whatever the picture's size.

    Args:
        image: (3, H, W).
        share: 0 leaves the picture alone, 1 takes all of it away; at 0.1 a frame half of it is gone in about
            7 frames.
        wraps: each side of the picture goes on at the one across.

    Returns:
        The picture (3, H, W) with the same mean colour; values may leave 0 to 255.
    """
    if share == 0:
        return image
    height, width = image.shape[1:]
    field = min(height, width) / _FIELDS
    fields = (max(1, round(height / field)), max(1, round(width / field)))
    means = torch.nn.functional.adaptive_avg_pool2d(image, fields)  # (3, rows, columns)
    down = _enlarger(fields[0], height, wraps=wraps).to(image)
    across = _enlarger(fields[1], width, wraps=wraps).to(image)
    with one_thread():
        broad = down @ (means @ across.T)
    return image.sub(broad.sub_(broad.mean((1, 2), keepdim=True)), alpha=share)


@lru_cache(8)  # every frame of a clip is as large
def _enlarger(fields: int, side: int, *, wraps: bool) -> Tensor:
    """The matrix (side, fields) that makes a line of pixels of the means of fields, cubically."""
    units = torch.eye(fields)[None]  # a channel for each field, which alone is 1
    if wraps:  # the line, and itself before and after it
        units, side = units.repeat(1, 1, 3), 3 * side
    line = units[..., None].expand(-1, -1, -1, 1)
    with one_thread():
        found = torch.nn.functional.interpolate(line, size=(side, 1), mode="bicubic", align_corners=False)
    whole = found[0, :, :, 0].T
    return (whole[side // 3 : 2 * side // 3] if wraps else whole).contiguous()


def draw_in(image: Tensor) -> Tensor:
    """Bend what lies near or beyond black and white back inside, smoothly, so that nothing burns out.

    Within 24 grey levels of either end, and beyond, a value's distance d past that point becomes
    24 tanh(d / 24); all other values stay.

    Args:
        image: (3, H, W), of any values.

    Returns:
        The picture (3, H, W), all of it within 0 to 255.
    """
    inner = image.clamp(_KNEE, 255 - _KNEE)
    return (image - inner).div_(_KNEE).tanh_().mul_(_KNEE).add_(inner)
