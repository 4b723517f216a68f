"""Pictures to start a clip from: those made here, by name, and anybody's."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import numpy as np
from PIL import Image

from dreamzoom.errors import PictureError, nearest
from dreamzoom.pictures.clouds import clouds
from dreamzoom.pictures.frames import fit
from dreamzoom.pictures.reading import NEUTRAL, PictureSource, open_picture
from dreamzoom.pictures.scenes import hills, marble, nebula
from dreamzoom.randomness import picture_generator
from dreamzoom.recipe.schema import ClipSettings
from dreamzoom.recipe.units import Size

_SPREAD = 50  # grey levels to either side


def noise(size: Size, seed: int) -> Image.Image:
    """Uniform noise about a middle grey, 117 and up to 50 to either side.

    TensorFlow's DeepDream tutorial (2015) starts from noise like it.
    """
    shape = (size.height, size.width, 3)
    spread = picture_generator(seed, 0).integers(-_SPREAD, _SPREAD, shape, endpoint=True)
    return Image.fromarray((spread + NEUTRAL[0]).astype(np.uint8), "RGB")


def grey(size: Size, seed: int = 0) -> Image.Image:
    """The grey that networks take for nothing: what grows there, the network made up."""
    return Image.new("RGB", (size.width, size.height), NEUTRAL)


GENERATORS: Mapping[str, Callable[[Size, int], Image.Image]] = MappingProxyType(
    {"clouds": clouds, "hills": hills, "marble": marble, "nebula": nebula, "noise": noise, "grey": grey}
)


def start_picture(source: str, size: Size, seed: int) -> Image.Image:
    """The picture of exactly `size` that `source` stands for: a generator's name, a path or a URL.

    A file that has a generator's name is written "./clouds".

    Raises:
        PictureError: as `open_picture`; a name that is no file is answered with the generators like it.
    """
    if source in GENERATORS:
        return GENERATORS[source](size, seed)
    return fit(_open_or_name(source, size), size)


def picture_or_generated(source: PictureSource, clip: ClipSettings, *, is_fitted: bool) -> Image.Image:
    """A picture from anywhere, or a generator's name for one of the clip's size and seed.

    Args:
        is_fitted: whether it is fitted to the clip's size; else it has its own.

    Raises:
        PictureError, MemoryShortageError: as `start_picture`.
    """
    if isinstance(source, str) and source in GENERATORS:
        return GENERATORS[source](clip.size, clip.seed)
    picture = _open_or_name(source, clip.size if is_fitted else None)
    return fit(picture, clip.size) if is_fitted else picture


def _open_or_name(source: PictureSource, size: Size | None) -> Image.Image:
    """The picture; where there is no such file, the generator is named that the word may be meant for."""
    try:
        return open_picture(source, None if size is None else (size.width, size.height))
    except PictureError as error:
        hint = nearest(source, GENERATORS) if isinstance(source, str) else ""
        if "no such file" in str(error) and "did you mean" in hint:
            raise PictureError(f"{error}{hint}") from error
        raise
