"""From a recipe's rows of `[[dream.region]]` to their masks at a frame, drawn or found in the picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from dreamzoom.camera.lens import Lens
from dreamzoom.camera.similarity import Similarity
from dreamzoom.dream import masks
from dreamzoom.dream.ascent import DreamPlan
from dreamzoom.dream.masks import Mask, Places
from dreamzoom.dream.planning.frame import plan_dream
from dreamzoom.dream.planning.goals import Features, Instant
from dreamzoom.dream.saliency import seen_map
from dreamzoom.engines.base import Engine
from dreamzoom.errors import RecipeError, warn
from dreamzoom.pictures.colour_spaces import Planes, luma
from dreamzoom.pictures.frames import fit
from dreamzoom.pictures.reading import PictureSource, open_picture
from dreamzoom.pictures.words import draw_words
from dreamzoom.recipe.climbed import sought_of
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.regions import (
    ON_SCREEN,
    RegionSettings,
    drawn_text,
    is_found,
    is_picture,
)
from dreamzoom.recipe.units import Size
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.constant import Constant

MASKS: Final = ("mask", "text")
"""The kinds of pictures that are masks."""

_ALIKE: Final = 0.02  # sides' ratios that differ by less are the same shape


@dataclass(frozen=True, eq=False)
class Scene:
    """What regions are placed in.

    Attributes:
        image: the picture that is dreamed on, (3, H, W), 0 to 255.
        engine: what sees where a mask is what a network sees.
        instant: the frame's place in the clip.
        features: of the guides, the regions' own among them.
        pictures: the masks that are pictures, and the drawn texts, 0 to 1, by what the recipe calls them.
        motion: from a region to where the camera has moved what its mask lies on, in pixels.
        lens: in whose mirrors masks are seen as the picture is.
        drawn: width and height of what masks are drawn for, where that is not the picture itself.
        show: what becomes of a mask (1, h, w) that was drawn for that.
    """

    image: Tensor
    engine: Engine
    instant: Instant
    features: Features
    pictures: Mapping[str, Mask]
    motion: Callable[[RegionSettings], Similarity] = field(default=lambda _: Similarity())
    lens: Lens = field(default_factory=Lens)
    drawn: tuple[int, int] | None = None
    show: Callable[[Tensor], Tensor] = field(default=lambda mask: mask)

    @cached_property
    def planes(self) -> Planes:
        """The picture in memory."""
        found: Planes = self.image.cpu().numpy()
        return found

    @property
    def now(self) -> tuple[int, Clock]:
        """What tracks are read at."""
        return self.instant.frame, self.instant.clock

    @property
    def size(self) -> tuple[int, int]:
        """Width and height."""
        return self.image.shape[2], self.image.shape[1]


def region_mask(settings: DreamSettings, row: RegionSettings, climbed: DreamPlan, scene: Scene) -> Tensor:
    """A region's mask (1, H, W) as the picture is seen."""
    if is_found(row):
        return torch.from_numpy(_found_mask(settings, row, climbed, scene))[None].to(scene.image)
    source = scene.motion(row).inverse()
    mask = _fixed_mask(row, scene.instant, scene.drawn or scene.size, scene.pictures, source)
    return scene.show(scene.lens.fold(torch.from_numpy(mask)[None].to(scene.image)).clamp(0, 1))


def _found_mask(settings: DreamSettings, row: RegionSettings, climbed: DreamPlan, scene: Scene) -> Mask:
    """The mask of what is found in the picture."""
    sigma = row.soften.at(*scene.now) * min(scene.size)
    if row.mask == "seen":
        if row.sees:
            climbed = plan_dream(sought_of(settings, row), scene.features, scene.instant)
        seen = seen_map(scene.image, scene.engine, climbed).cpu().numpy()
        found = masks.seen_mask(seen, scene.size, sigma)
    elif row.mask == "colour":
        found = masks.colour_mask(scene.planes, row.colour, row.tolerance.at(*scene.now), sigma)
    else:
        bright = masks.bright_mask(scene.planes, row.level.at(*scene.now), sigma)
        found = bright if row.mask == "bright" else 1 - bright
    return masks.finish(found, 0, is_inverted=row.invert)


def _fixed_mask(
    row: RegionSettings,
    instant: Instant,
    size: tuple[int, int],
    pictures: Mapping[str, Mask],
    source: Similarity,
) -> Mask:
    """The mask of what is drawn.

    Args:
        size: the frame's width and height.
        source: the undoing of the camera's motion.
    """
    if row.on == ON_SCREEN:
        source = Similarity()
    shape = _shape(row, instant, size, pictures, abs(source.factor))
    mask = masks.in_bands(shape, size, source)
    sigma = row.soften.at(instant.frame, instant.clock) * min(size)
    return masks.finish(mask, sigma, is_inverted=row.invert)


def _shape(
    row: RegionSettings,
    instant: Instant,
    size: tuple[int, int],
    pictures: Mapping[str, Mask],
    pixel: float,
) -> Callable[[Places], Mask]:
    """The shape of what is drawn, by places in the frame where it began.

    Args:
        pixel: how large a pixel of the frame is there.
    """
    frame, clock, (width, height) = instant.frame, instant.clock, size
    share = row.size.at(frame, clock)
    x, y = (track.at(frame, clock) for track in row.place)
    middle = complex(x * width - 0.5, y * height - 0.5)
    if row.text:
        picture = pictures[drawn_text(row)]
        rows, columns = picture.shape
        scale = max(columns / width, rows / height) / share  # of its pixels, for one of the frame's
        letters, centre = masks.antialiased(picture, scale * pixel), complex(columns - 1, rows - 1) / 2
        return lambda where: masks.picture_mask(letters, (where - middle) * scale + centre)
    if is_picture(row.mask):
        picture = masks.antialiased(pictures[row.mask], pixel)
        return lambda where: masks.picture_mask(picture, where)
    if row.mask in masks.SIDES:
        return lambda where: masks.fade_from(row.mask, where, size, share)
    if row.mask:
        round_one = masks.disc if row.mask == "disc" else masks.glow
        return lambda where: round_one(where, middle, share * width / 2)
    return lambda where: np.ones(where.shape, np.float32)


def read_masks(kept: Mapping[tuple[str, str], PictureSource], size: Size) -> dict[str, Mask]:
    """The masks that are pictures, and the drawn texts, by what the recipe calls them.

    Args:
        kept: pictures by kind and name, see `recipe.pictures`; of other kinds none is read.
        size: of the frames; masks are fitted to it as a start picture is, texts are not.
    """
    found: dict[str, Mask] = {}
    for (kind, name), source in kept.items():
        if kind in MASKS:
            picture = open_picture(source)
            fitted = fit(picture, size) if kind == "mask" else picture
            found[name] = luma(np.asarray(fitted, np.float32).transpose(2, 0, 1))
    return found


def mask_picture(kind: str, name: str, size: Size) -> Image.Image:
    """The picture of a mask at the scale of frames of a size, or a drawn text as wide as they are. A mask of
    another shape is told of.

    Args:
        kind, name: "mask" or "text", and what the recipe calls it; see `recipe.pictures`.

    Raises:
        PictureError: it cannot be read or drawn.
    """
    if kind == "text":
        font, text = name.split("\n", 1)
        return draw_words(font, text, size.width)
    picture = open_picture(name, (size.width, size.height))
    across, down = picture.width * size.height, picture.height * size.width
    if abs(across - down) > _ALIKE * down:
        warn(
            f"{name}: is of another shape than {size}: it is scaled to cover that, as a start picture is; "
            "what stands out is cut off"
        )
    return picture


def require_masks(
    settings: DreamSettings, size: tuple[int, int], pictures: Mapping[str, Mask], instant: Instant
) -> None:
    """See that no mask that is drawn and does not move covers nothing.

    Args:
        size: the frames' width and height.
        pictures: as of a `Scene`.

    Raises:
        RecipeError: naming the region.
    """
    for number, row in enumerate(settings.region, 1):
        moves = (row.size, row.soften, *row.place)
        if is_found(row) or not all(isinstance(track, Constant) for track in moves):
            continue
        if not _fixed_mask(row, instant, size, pictures, Similarity()).any():
            what = f"the text {row.text!r}" if row.text else row.mask or "everything, inverted,"
            raise RecipeError(
                f"dream.region: region {number}: {what} covers nothing of the picture: a mask is white where "
                "the region is; invert, place and size may help"
            )
