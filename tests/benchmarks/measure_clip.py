"""What a clip's frames are like, in a table: contrast, clipping, colour, flicker, variety, repetition, drift.

    python tests/benchmarks/measure_clip.py CLIP...

contrast   the frames' standard deviation, in multiples of the start image's (last fifth of the clip)
mean       their mean, in multiples of the start image's (last fifth)
clipped    values that are 0 or 255, per cent (last fifth)
colour     Hasler & Suesstrunk's colourfulness (last fifth): 0 is grey, 82 extreme
hues       exp of the entropy of hue, of 36 hues weighed by chroma (last fifth)
flicker    mean distance of a frame from its predecessor as the camera moved it, grey levels
classes    ImageNet classes SqueezeNet sees over every fifth frame from the 20th: exp of their entropy
repeats    95th percentile of the correlation of thumbnails 20 frames apart
worst      the same correlation's mean over the 40 frames in a row where it is highest
trend      slope of the standard deviation over the second half, in per cent of the start image's a 100 frames
s/frame    seconds the journal gives a frame (median)
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import numpy as np
import torch
from numpy.typing import NDArray

from dreamzoom.camera.lens import Lens
from dreamzoom.camera.path import motion_between
from dreamzoom.clip.folder import ClipFolder, open_clip
from dreamzoom.engines.base import Engine
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.store import open_model
from dreamzoom.pictures.frames import Pixels, read_frame, to_tensor
from dreamzoom.pictures.thumbnails import Thumbnail, correlation, thumbnail
from dreamzoom.report.colour import colourfulness, effective_hues
from dreamzoom.report.frames import REPEAT_FRAMES, clipped_share, flicker

FIRST_CLASSED, EVERY_CLASSED = 20, 5
# The classes that a frame shows: enlarged so much, windows of so many places of the classifier, so far apart.
ENLARGED = 1.5
WINDOW, STRIDE = 8, 4
CLASSES = "conv10"  # SqueezeNet's class scores, rectified
COLUMNS = (
    *("contrast", "mean", "clipped", "colour", "hues", "flicker", "classes", "repeats", "worst", "trend"),
    "s/frame",
)


@dataclass(frozen=True)
class Figures:
    """Each frame's figures, in order."""

    brightness: list[float]
    spread: list[float]
    clipped: list[float]
    colour: list[float]
    hues: list[float]
    flicker: list[float]
    thumbnails: list[Thumbnail]
    classes: list[np.ndarray]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="+", type=Path)
    clips = parser.parse_args().clip
    engine = open_engine(open_model("squeezenet"), "torch")
    print(f"{'':24s}" + "".join(f"{column:>9s}" for column in COLUMNS))
    for path in clips:
        row = summary(open_clip(path), engine)
        print(f"{path.name[:23]:24s}" + "".join(f"{value:9.2f}" for value in row), flush=True)


def summary(clip: ClipFolder, engine: Engine) -> list[float]:
    """A clip's row of the table."""
    start, figures = read_frame(clip.start_path), figures_of(clip, engine)
    last = slice(-max(1, len(figures.spread) // 5), None)
    spread = float(start.std())
    return [
        float(np.mean(figures.spread[last])) / spread,
        float(np.mean(figures.brightness[last])) / float(start.mean()),
        100 * float(np.mean(figures.clipped[last])),
        float(np.mean(figures.colour[last])),
        float(np.mean(figures.hues[last])),
        float(np.mean(figures.flicker or [0])),
        effective_classes(figures.classes) if figures.classes else 0.0,
        *repetition(figures.thumbnails),
        100 * trend(figures.spread) / spread,
        median(entry.seconds for entry in clip.journal()),
    ]


def figures_of(clip: ClipFolder, engine: Engine) -> Figures:
    """Measure every finished frame once."""
    figures = Figures([], [], [], [], [], [], [], [])
    before, aims = None, clip.journal().aims()
    for number, path in enumerate(clip.finished_frames()):
        frame = read_frame(path)
        figures.brightness.append(float(frame.mean()))
        figures.spread.append(float(frame.std()))
        figures.clipped.append(clipped_share(frame))
        figures.colour.append(colourfulness(frame))
        figures.hues.append(effective_hues(frame))
        figures.thumbnails.append(thumbnail(frame))
        if before is not None:
            recipe = clip.take_of(number).recipe
            motion = motion_between(recipe, number - 1, number, aims)
            lens = Lens(mirrors=recipe.camera.mirrors)
            figures.flicker.append(flicker(before, frame, motion, lens))
        if number >= FIRST_CLASSED and number % EVERY_CLASSED == 0:
            figures.classes.append(class_distribution(frame, engine))
        before = frame
    return figures


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
        to_tensor(frame).float()[None], scale_factor=ENLARGED, mode="bilinear", align_corners=False
    )[0]
    scores = engine.activations(large.to(engine.device), [CLASSES])[CLASSES]
    window = (min(WINDOW, scores.shape[1]), min(WINDOW, scores.shape[2]))
    means = torch.nn.functional.avg_pool2d(scores[None], window, STRIDE)[0]
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


def repetition(thumbnails: list[Thumbnail]) -> tuple[float, float]:
    """95th percentile of the correlation, and its mean where 40 frames are most alike; 0 for short clips."""
    alike = [correlation(*pair) for pair in zip(thumbnails, thumbnails[REPEAT_FRAMES:], strict=False)]
    if not alike:
        return 0.0, 0.0
    window = min(REPEAT_FRAMES, len(alike))
    stretches = np.convolve(alike, np.ones(window) / window, "valid")
    return float(np.percentile(alike, 95)), float(stretches.max())


def trend(values: list[float]) -> float:
    """The slope of the second half's straight line, per 100 frames."""
    half = values[len(values) // 2 :]
    return float(np.polyfit(np.arange(len(half)), half, 1)[0]) * 100 if len(half) > 1 else 0.0


if __name__ == "__main__":
    main()
