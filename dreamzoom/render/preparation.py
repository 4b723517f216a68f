"""Everything that can go wrong is found here, before the first frame is dreamed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from dreamzoom.clip.folder import ClipFolder, Ingredients
from dreamzoom.dream.planning import require_dreamable
from dreamzoom.errors import ClipError, ModelError, StorageError
from dreamzoom.recipe import check_recipe

if TYPE_CHECKING:
    from dreamzoom.engines.base import Engine
    from dreamzoom.models.model import Model
    from dreamzoom.recipe import ModelSettings, Recipe

# A dreamed frame hardly compresses: measured 0.55 to 0.75 of its raw bytes; the least is asked for.
_PNG_SHARE = 0.5


@dataclass(frozen=True)
class Prepared:
    """A recipe with everything resolved, checked and at hand."""

    recipe: Recipe
    engine: Engine
    ingredients: Ingredients


def prepare(recipe: Recipe, soundtrack: Path | None = None) -> Prepared:
    """Check a recipe against the world: ffmpeg, song, pictures, model, layer, channels, engine.

    With a soundtrack the clip gets as many frames as the song needs at the recipe's rate.

    Raises:
        RequestError, EngineError, VideoError: whatever is wrong, before any work.
    """
    from dreamzoom.video.binary import find_ffmpeg

    find_ffmpeg()
    if soundtrack is not None:
        recipe = _as_long_as(recipe, soundtrack)
    ingredients = _gather(recipe, soundtrack)
    engine = _open(recipe.model)
    recipe = _resolve(recipe, engine.model)
    require_dreamable(recipe.dream, engine.model, (recipe.clip.size.width, recipe.clip.size.height))
    return Prepared(recipe, engine, ingredients)


def prepare_again(clip: ClipFolder, model: ModelSettings | None = None) -> Engine:
    """Check that a clip that has begun can go on, and open its engine; `model` may choose another engine,
    precision or device.

    Raises:
        ClipError: the start image or guide is missing or was changed.
        ModelError: the model is missing or its weights are others than those the clip began with.
    """
    from dreamzoom.video.binary import find_ffmpeg

    find_ffmpeg()
    _require_ingredients(clip)
    settings = clip.recipe.model if model is None else replace(model, name=clip.recipe.model.name)
    engine = _open(settings)
    if engine.model.sha256 != clip.frozen.model_sha256:
        raise ModelError(
            f"model {settings.name!r} is not the one {clip.path} began with (other weights): "
            "restore the old file"
        )
    return engine


def require_space(clip: ClipFolder) -> None:
    """Refuse to start what the disk cannot hold.

    Raises:
        StorageError: naming what is needed and what is free.
    """
    size = clip.recipe.clip.size
    missing = clip.recipe.clip.frames - len(clip.finished_frames())
    needed = int(missing * size.width * size.height * 3 * _PNG_SHARE)
    free = shutil.disk_usage(clip.path).free
    if needed > free:
        raise StorageError(
            f"{clip.path}: {missing} frames need about {needed / 1e9:.2f} GB, and {free / 1e9:.2f} GB are "
            "free: make space, or choose another disk with --out"
        )


def _as_long_as(recipe: Recipe, soundtrack: Path) -> Recipe:
    from dreamzoom.video.sound import frames_for, read_sound

    rate: Fraction = recipe.clip.fps
    frames = frames_for(read_sound(soundtrack).duration, rate)
    return check_recipe(replace(recipe, clip=replace(recipe.clip, frames=frames)))


def _gather(recipe: Recipe, soundtrack: Path | None) -> Ingredients:
    from dreamzoom.pictures import open_picture, picture_png, start_picture

    start = start_picture(recipe.clip.image, recipe.clip.size, recipe.clip.seed)
    if recipe.dream.objective != "guide":
        return Ingredients(picture_png(start), None, soundtrack)
    guide = open_picture(recipe.dream.guide)
    # Features are compared at the scale they are seen at: a guide larger than the frame would show only its
    # texture.
    guide.thumbnail((recipe.clip.size.width, recipe.clip.size.height))
    return Ingredients(picture_png(start), picture_png(guide), soundtrack)


def _open(settings: ModelSettings) -> Engine:
    from dreamzoom.engines import open_engine
    from dreamzoom.models.store import open_model

    return open_engine(open_model(settings.name), settings.engine, settings.device, settings.precision)


def _resolve(recipe: Recipe, model: Model) -> Recipe:
    """Spell out what the recipe leaves to the model: the layer, and the folder's whole path."""
    layer = model.network.require(recipe.dream.layer or model.default_layer)
    name = recipe.model.name
    if Path(name).is_dir() and model.name != name:
        name = str(Path(name).resolve())
    return replace(recipe, dream=replace(recipe.dream, layer=layer), model=replace(recipe.model, name=name))


def _require_ingredients(clip: ClipFolder) -> None:
    import hashlib

    needed = [clip.start_path] + ([clip.guide_path] if clip.recipe.dream.objective == "guide" else [])
    for path in needed:
        if not path.exists():
            raise ClipError(f"{path} is missing: restore it, or start a new clip in another folder")
    if hashlib.sha256(clip.start_path.read_bytes()).hexdigest() != clip.frozen.start_sha256:
        raise ClipError(
            f"{clip.start_path} was changed since the clip began: restore it, or start a new clip"
        )
