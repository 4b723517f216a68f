"""What can be measured of a clip's frames: brightness, contrast, clipping, flicker, repetition, variety.

A frame is an array (H, W, 3), 8-bit RGB; figures are in grey levels unless said otherwise. Each function
depends on its arguments alone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray

from dreamzoom.camera.lens import Lens
from dreamzoom.camera.similarity import Similarity
from dreamzoom.engines.base import Engine
from dreamzoom.pictures.frames import Pixels, to_tensor
from dreamzoom.pictures.thumbnails import Thumbnail, correlation

REPEAT_FRAMES = 20
"""How many frames apart two thumbnails are when a clip is asked whether it repeats itself."""

_PLAIN: Final = Lens()

# The classes a frame shows: enlarged so much, windows of so many places of the classifier, so far apart.
_ENLARGED = 1.5
_WINDOW, _STRIDE = 8, 4
_CLASSES = "conv10"  # SqueezeNet's class scores, rectified


def brightness(frame: Pixels) -> float:
    """The mean of all values, 0 to 255."""
    return float(frame.mean())


def spread(frame: Pixels) -> float:
    """The standard deviation of all values."""
    return float(frame.std())


def contrast(frame: Pixels, start: Pixels) -> float:
    """The frame's spread as a multiple of the start image's; infinite where only that is flat."""
    spread_now, spread_then = spread(frame), spread(start)
    if spread_then == 0:
        return math.inf if spread_now else 1.0
    return spread_now / spread_then


def clipped_share(frame: Pixels) -> float:
    """The share of values that are black or white to the last grey level, 0 to 1."""
    return float(((frame == 0) | (frame == 255)).mean())


def flicker(before: Pixels, after: Pixels, motion: Similarity, lens: Lens = _PLAIN) -> float:
    """The mean absolute difference between a frame and its predecessor as the camera moved it.

    Args:
        before, after: neighbouring frames.
        motion: where the camera moved the picture between them.
        lens: what the camera showed of it then.
    """
    moved = lens.moved(to_tensor(before).float(), motion).clamp(0, 255)
    return float((to_tensor(after).float() - moved).abs().mean())


def repetition(thumbnails: Sequence[Thumbnail], apart: int = REPEAT_FRAMES) -> list[float]:
    """The correlation of each frame from number `apart` on with the one `apart` frames before it."""
    return [correlation(now, then) for then, now in zip(thumbnails, thumbnails[apart:], strict=False)]


def class_distribution(frame: Pixels, engine: Engine) -> NDArray[np.float64]:
    """How much of each ImageNet class SqueezeNet sees in a frame: (1000,), summing to 1.

    The frame is enlarged 1.5 times; the class scores (`conv10`, rectified) are averaged over windows of
    8 x 8 places, every 4 places, and the softmax of each window averaged over the windows.

    Args:
        engine: holds a SqueezeNet.

    Raises:
        UnknownBlobError: it does not.
        EngineError: the frame is too small.
    """
    large = torch.nn.functional.interpolate(
        to_tensor(frame).float()[None], scale_factor=_ENLARGED, mode="bilinear", align_corners=False
    )[0]
    scores = engine.activations(large.to(engine.device), [_CLASSES])[_CLASSES]
    window = (min(_WINDOW, scores.shape[1]), min(_WINDOW, scores.shape[2]))
    means = torch.nn.functional.avg_pool2d(scores[None], window, _STRIDE)[0]
    shares: NDArray[np.float64] = means.flatten(1).double().softmax(0).mean(1).cpu().numpy()
    return shares


def effective_classes(distributions: Iterable[NDArray[np.float64]]) -> float:
    """How many classes a clip shows: exp of the entropy of the mean of its frames' distributions.

    As many equally frequent classes would have that entropy. The figures quoted for clips take every fifth
    frame from the 20th.

    Args:
        distributions: at least one, (classes,) each, summing to 1.
    """
    mean = np.mean(list(distributions), axis=0)
    present = mean[mean > 0]
    return math.exp(-float((present * np.log(present)).sum()))
