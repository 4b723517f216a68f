"""A dream's steps and its end as a caller sees them: pictures."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from dreamzoom.camera.lens import Lens
from dreamzoom.dream.ascent import StepTaken
from dreamzoom.dream.custom.functions import Process, processed
from dreamzoom.pictures.frames import to_array


@dataclass(frozen=True)
class DreamStep:
    """A step of a dream that has just been made; Jupyter shows its picture.

    What it tells is computed when it is asked for. It holds two images as large as its octave.

    Attributes:
        octave: from 0, the coarsest, to `octaves` - 1, the picture's own size.
        iteration: in its octave, from 0 to `iterations` - 1.
    """

    octave: int
    octaves: int
    iteration: int
    iterations: int
    _taken: StepTaken = field(repr=False)
    _finish: Callable[[Tensor], Image.Image] = field(repr=False)

    @property
    def picture(self) -> Image.Image:
        """The picture after the step, at the octave's size; that of the last step is the dream."""
        return self._finish(self._taken.image)

    @property
    def value(self) -> float:
        """The objective's value before the step; it rises within an octave. On a GPU, asking waits for it."""
        return self._taken.ascent.value.item()

    @property
    def gradient(self) -> NDArray[np.float32]:
        """The gradient (h, w, 3) that the step went along, of any length."""
        found: NDArray[np.float32] = to_array(self._taken.gradient)
        return found

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.picture.save(buffer, "PNG", compress_level=1)
        return buffer.getvalue()


def finisher(lens: Lens, deprocess: Process | None) -> Callable[[Tensor], Image.Image]:
    """From an image to the picture that a caller gets."""
    return lambda image: _as_picture(lens.fold(image), deprocess)


def _as_picture(image: Tensor, deprocess: Process | None) -> Image.Image:
    pixels = to_array(image)
    if deprocess:
        pixels = processed(deprocess, pixels, "deprocess")
    return Image.fromarray(np.clip(pixels, 0, 255).round().astype(np.uint8))
