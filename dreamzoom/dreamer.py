"""The library in three lines: `Dreamer().dream("sky.jpg").save("dream.png")`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from dreamzoom.camera.lens import lens_of
from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.planning import Instant, guide_features, plan_dream, require_dreamable, resolve_layers
from dreamzoom.dream.room import FLOAT32_BYTES, require_room
from dreamzoom.dream.rules import Stepwise
from dreamzoom.engines.base import Objective
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.network import Model
from dreamzoom.models.store import open_model
from dreamzoom.pictures.frames import to_array, to_tensor
from dreamzoom.pictures.reading import open_picture
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.blend import steady

Picture: TypeAlias = "str | Path | bytes | Image.Image | NDArray[np.uint8]"
"""A path, a URL, an encoded picture's bytes, a PIL image, or an array (H, W, 3) of 0 to 255."""

CustomObjective: TypeAlias = "Callable[[Tensor], Tensor | tuple[Tensor, Tensor]]"
"""From the layer's activations (C, H, W) to their gradient of the same shape, or to (value, gradient)."""

CustomStep: TypeAlias = "Callable[[Tensor, Tensor, float], Tensor]"
"""From an image (3, H, W), its gradient and the step size in grey levels to the next image."""

Process: TypeAlias = "Callable[[NDArray[np.float32]], NDArray[np.float32]]"
"""From a picture (H, W, 3) to one of the same size; values are RGB, 0 to 255."""

_GIVEN = "the guide that was given"  # how a plan calls a guide that no recipe names


@dataclass(frozen=True)
class Custom:
    """What a caller does in its own way; None stands for dreamzoom's."""

    objective: CustomObjective | None = None
    step: CustomStep | None = None
    preprocess: Process | None = None
    deprocess: Process | None = None


class Dreamer:
    """A model on an engine, ready to dream pictures.

    Args:
        model: a model's name, or a folder with a prototxt and a caffemodel.
        engine: "auto", "torch" or "caffe".
        device: "auto", "cpu", "cuda" or "mps".
        precision: "float32" or "bfloat16".

    Raises:
        ModelError: the model is unknown, not downloaded, or damaged.
        EngineError: the engine is not installed.
        RequestError: no such engine, device or precision.
    """

    def __init__(
        self,
        model: str | Path = "squeezenet",
        engine: str = "auto",
        *,
        device: str = "auto",
        precision: str = "float32",
    ) -> None:
        self._engine = open_engine(open_model(model), engine, device, precision)
        self._value_bytes = 2 if precision == "bfloat16" else FLOAT32_BYTES

    @property
    def model(self) -> Model:
        """The model; `model.network.blobs` are the layers there are to dream from."""
        return self._engine.model

    @property
    def fingerprint(self) -> str:
        """What decides the bytes of a dream beside its settings: `Engine.fingerprint`."""
        return self._engine.fingerprint

    def dream(
        self,
        picture: Picture,
        layer: str = "",
        *,
        objective: str | CustomObjective = "l2",
        guide: Picture | None = None,
        seed: int = 0,
        step: CustomStep | None = None,
        preprocess: Process | None = None,
        deprocess: Process | None = None,
        **settings: object,
    ) -> Image.Image:
        """Dream a picture; the dream has its size.

        Args:
            picture: what to dream from.
            layer: the blob to climb; "" for the model's own choice.
            objective: "l2", "mean", or a function from activations to their gradient.
            guide: a picture to whose features the dream turns; it stands in place of an objective.
            seed: of the jitter; the same seed gives the same dream.
            step: another way to move an image along its gradient.
            preprocess, deprocess: change the picture before, and the dream after.
            settings: further keys of the recipe's [dream] table: channel, octaves, octave_scale,
                iterations, step_size, jitter; `dreamzoom render --help` names their limits.

        Raises:
            PictureError: the picture or the guide cannot be read.
            MemoryShortageError: it needs more memory than is left.
            UnknownBlobError: the model has no such layer.
            RecipeError: a key is unknown, a value out of its range, or the picture too small for so many
                octaves.
        """
        named = objective if isinstance(objective, str) else "l2"
        table = {"layer": layer, "objective": named, **settings}
        recipe = build_recipe({"clip": {"seed": seed}, "dream": table})
        custom = Custom(None if isinstance(objective, str) else objective, step, preprocess, deprocess)
        return self.follow(recipe, picture, guide=guide, custom=custom)

    def follow(
        self,
        recipe: Recipe,
        picture: Picture,
        *,
        guide: Picture | None = None,
        custom: Custom | None = None,
        on_step: Callable[[], None] = lambda: None,
    ) -> Image.Image:
        """Dream a picture as a recipe's [dream] table, mirrors and seed say, as frame 0 of a clip is dreamed.

        Args:
            guide: in place of the recipe's own.
            custom: what is done in the caller's way.
            on_step: called before every step; what it raises ends the dream.

        Raises: as `dream`.
        """
        return self.follow_measured(recipe, picture, guide=guide, custom=custom, on_step=on_step)[0]

    def follow_measured(
        self,
        recipe: Recipe,
        picture: Picture,
        *,
        guide: Picture | None = None,
        custom: Custom | None = None,
        on_step: Callable[[], None] = lambda: None,
    ) -> tuple[Image.Image, float]:
        """As `follow`, and the objective's value before the last step."""
        custom = custom or Custom()
        settings = self._resolved(recipe, guide)
        opened = open_picture(picture)
        require_room(self._engine, settings.layer.choices, opened.size, self._value_bytes)
        pixels = np.asarray(opened, dtype=np.float32)
        if custom.preprocess:
            pixels = np.asarray(custom.preprocess(pixels), dtype=np.float32)
        require_dreamable(settings, self.model, (pixels.shape[1], pixels.shape[0]), recipe.clock)
        plan = self._plan(recipe, settings, guide, custom)
        lens, generator = lens_of(recipe), frame_generator(recipe.clip.seed, 0)
        result = dream(lens.fold(self._image(pixels)), self._engine, plan, generator, on_step)
        return _as_picture(lens.fold(result.image), custom.deprocess), result.value

    def _resolved(self, recipe: Recipe, guide: Picture | None) -> DreamSettings:
        """The [dream] table with the layers' names, and with the objective that a guide implies."""
        settings = resolve_layers(recipe.dream, self.model)
        return settings if guide is None else replace(settings, objective="guide", guide=steady(_GIVEN))

    def _plan(
        self, recipe: Recipe, settings: DreamSettings, guide: Picture | None, custom: Custom
    ) -> DreamPlan:
        # A picture is a clip's frame 0: of guides that fade into one another those count that are seen there.
        names = [name for name, _ in settings.guide.at(0, recipe.clock) if name]
        sources = {name: guide if guide is not None else name for name in names}
        guides = {name: self._image(_open_floats(source)) for name, source in sources.items()}
        features = guide_features(settings, self._engine, guides)
        plan = plan_dream(settings, features, Instant(0, recipe.clock, recipe.clip.seed))
        if custom.objective:
            objective: Objective = _with_value(custom.objective)
            plan = replace(plan, objectives=dict.fromkeys(plan.objectives, objective))
        return replace(plan, rule=Stepwise(custom.step)) if custom.step else plan

    def _image(self, pixels: NDArray[np.float32]) -> Tensor:
        """A picture (H, W, 3) as an image (3, H, W) on the engine's device."""
        return to_tensor(pixels, self._engine.device)


def _open_floats(picture: Picture) -> NDArray[np.float32]:
    """(H, W, 3), 0 to 255."""
    return np.asarray(open_picture(picture), dtype=np.float32)


def _with_value(custom: CustomObjective) -> Objective:
    """A caller's objective, which may give a gradient alone, as the engines want it."""

    def objective(activations: Tensor) -> tuple[Tensor, Tensor]:
        outcome = custom(activations)
        return outcome if isinstance(outcome, tuple) else (activations.new_zeros(()), outcome)

    return objective


def _as_picture(image: Tensor, deprocess: Process | None) -> Image.Image:
    pixels = to_array(image)
    if deprocess:
        pixels = np.asarray(deprocess(pixels), dtype=np.float32)
    return Image.fromarray(np.clip(pixels, 0, 255).round().astype(np.uint8))
