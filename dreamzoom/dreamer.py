"""The library in three lines: `Dreamer().dream("sky.jpg").save("dream.png")`."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from inspect import GEN_RUNNING, getgeneratorstate
from operator import index
from pathlib import Path
from threading import RLock
from types import TracebackType
from typing import SupportsIndex, TypeAlias
from weakref import WeakSet

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor

from dreamzoom.camera.lens import lens_of
from dreamzoom.colour.colouring import colour_start
from dreamzoom.dream.ascent import DreamPlan, DreamResult, StepTaken, dream_steps, tell_if_still
from dreamzoom.dream.classification import Prediction, classify
from dreamzoom.dream.custom.functions import CustomObjective, CustomStep, Process, processed, require_function
from dreamzoom.dream.custom.goals import GoalSum
from dreamzoom.dream.custom.request import GIVEN, Custom, Wanted, WidthHeight, recipe_asked
from dreamzoom.dream.custom.steps import DreamStep, finisher
from dreamzoom.dream.memory import PICTURE_BYTES, Need, choose_tiling, value_bytes
from dreamzoom.dream.planning.checks import require_dreamable
from dreamzoom.dream.planning.frame import guide_features, plan_dream
from dreamzoom.dream.planning.goals import Features, Instant
from dreamzoom.dream.planning.masks import Scene
from dreamzoom.dream.planning.names import resolve_layers
from dreamzoom.dream.planning.regions import place_in_picture
from dreamzoom.dream.tiles import drawing_from
from dreamzoom.engines.base import Engine
from dreamzoom.engines.registry import open_engine
from dreamzoom.engines.torch.process import give_back_memory
from dreamzoom.engines.torch.threads import settle_threads
from dreamzoom.errors import RequestError, quote_value
from dreamzoom.models.network import Model
from dreamzoom.models.overview import Layers
from dreamzoom.models.store import open_model
from dreamzoom.pictures.frames import to_tensor
from dreamzoom.pictures.generate import picture_or_generated
from dreamzoom.pictures.reading import PictureSource, open_picture
from dreamzoom.randomness import frame_generator, tile_generator
from dreamzoom.recipe.climbed import climbed_layers, goals_of, own_dreams
from dreamzoom.recipe.dream import DreamSettings
from dreamzoom.recipe.goals import GUIDED
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.blend import steady

Picture: TypeAlias = "str | Path | bytes | Image.Image | NDArray[np.uint8]"
"""A path, a URL, an encoded picture's bytes, a PIL image, or an array (H, W, 3) of 0 to 255; for what is
dreamed from, the name of a generated one too: "noise", "clouds", "grey"."""


@dataclass(frozen=True)
class _Wish:
    """What to dream as a recipe says, with the guide in place of its own, and whether it is fitted to the
    recipe's size.
    """

    recipe: Recipe
    picture: Picture
    guide: Picture | None
    is_fitted: bool


class Dreamer:
    """A model on an engine, ready to dream pictures.

    It may be used from several threads: their dreams take turns, step by step. Closing it frees the engine's
    memory; `with Dreamer() as dreamer:` does so at the end.

    Args:
        model: a model's name, or a folder with a prototxt and a caffemodel.
        engine: "auto", "torch" or "caffe".
        device: "auto", "cpu", "cuda" or "mps".
        precision: "float32" or "bfloat16", or "tf32" on "cuda".

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
        if not isinstance(model, str | Path):
            raise RequestError(f"model={quote_value(model)}: must be a model's name or a folder's path")
        self._opened: Engine | None = open_engine(open_model(model), engine, device, precision)
        self._name = self._opened.model.name
        self._value_bytes = value_bytes(precision)
        self._turn = RLock()
        self._dreaming: WeakSet[Generator[StepTaken, None, DreamResult]] = WeakSet()

    def __enter__(self) -> Dreamer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        opened = self._opened
        return f"<Dreamer {self._name}: {'closed' if opened is None else opened.fingerprint}>"

    def close(self) -> None:
        """Free the engine and the model's weights, and give their memory back to the system.

        A step that another thread is at is finished first; what dreams on after that gets a RequestError. So
        does a dream one of whose own functions closes its Dreamer. Closing again does nothing.
        """
        with self._turn:
            if self._opened is None:
                return
            device, self._opened = self._opened.device.type, None
            for dreaming in list(self._dreaming):  # steps that nobody went on with hold the engine
                if getgeneratorstate(dreaming) != GEN_RUNNING:  # else a function of its own closes it
                    dreaming.close()
        gc.collect()  # an engine's caches refer back to it
        if device == "cuda":
            torch.cuda.empty_cache()
        elif device == "mps":
            torch.mps.empty_cache()
        give_back_memory()

    def __reduce__(self) -> str:
        """Raise a RequestError: neither `copy` nor `pickle` can make another one."""
        raise RequestError("a Dreamer is not copied or pickled: open one in each process, Dreamer(...)")

    @property
    def model(self) -> Model:
        """The model; `layers` tells what there is to dream from. Raises a RequestError once closed."""
        return self._engine.model

    @property
    def fingerprint(self) -> str:
        """What decides the bytes of a dream beside its settings: `Engine.fingerprint`."""
        return self._engine.fingerprint

    @property
    def layers(self) -> Layers:
        """The layers there are to dream from, for pictures of 640x360; `layers.at(1920, 1080)` for others."""
        return Layers(self.model)

    @property
    def _engine(self) -> Engine:
        if self._opened is None:
            raise RequestError(f"this Dreamer of {self._name} is closed: open another one")
        return self._opened

    def dream(
        self,
        picture: Picture,
        layer: str = "",
        *,
        objective: Wanted = "l2",
        guide: Picture | None = None,
        seed: int = 0,
        size: WidthHeight | None = None,
        step: CustomStep | None = None,
        preprocess: Process | None = None,
        deprocess: Process | None = None,
        **settings: object,
    ) -> Image.Image:
        """Dream a picture; the dream has its size.

        Args:
            picture: what to dream from.
            layer: the blob to climb; "" for the model's own choice.
            objective: "l2", "balanced", "mean", "amplify"; a function from activations to their gradient; or
                a sum of `dreamzoom.goals`, each of which names its layer.
            guide: a picture to whose features the dream turns; it stands in place of an objective, but for
                those that follow its look.
            seed: of the jitter, and of a generated picture; the same seed gives the same dream.
            size: what the picture is fitted to first, such as (640, 360) or "640x360"; None leaves it as it
                is, and a generated one 640x360.
            step: another way to move an image along its gradient.
            preprocess, deprocess: change the picture before, and the dream after.
            settings: further keys of the recipe's [dream] table, such as channel, octaves, iterations,
                step_size, jitter, spectrum; `dreamzoom recipe dream` tells of each. `class` is a word of
                Python's: write `class_`.

        Raises:
            PictureError: the picture or the guide cannot be read.
            MemoryShortageError: it needs more memory than is left.
            UnknownBlobError: the model has no such layer.
            RecipeError: a key is unknown, a value out of its range, or the picture too small for so many
                octaves.
            RequestError: the Dreamer is closed, or a function gives what it must not.
        """
        objective = self._with_layer(objective)
        recipe = recipe_asked(layer, objective, seed, size, settings, has_guide=guide is not None)
        custom = Custom(_own(objective), step, preprocess, deprocess)
        return self._finished(_Wish(recipe, picture, guide, size is not None), custom)[0]

    def steps(
        self,
        picture: Picture,
        layer: str = "",
        *,
        objective: Wanted = "l2",
        guide: Picture | None = None,
        seed: int = 0,
        size: WidthHeight | None = None,
        step: CustomStep | None = None,
        preprocess: Process | None = None,
        deprocess: Process | None = None,
        **settings: object,
    ) -> Generator[DreamStep, None, tuple[Image.Image, float]]:
        """The steps of the dream that `dream` gives, every octave and iteration, coarse to fine.

        Each is computed when it is asked for, and none is held here: break off when you have seen enough.
        The last one's picture is the dream; the generator returns it, and the last value.

        Arguments and errors as of `dream`; a wrong key is an error at once, all else at the first step.
        """
        objective = self._with_layer(objective)
        recipe = recipe_asked(layer, objective, seed, size, settings, has_guide=guide is not None)
        custom = Custom(_own(objective), step, preprocess, deprocess)
        return self._steps(_Wish(recipe, picture, guide, size is not None), custom)

    def sees(self, picture: Picture, count: int = 5) -> list[Prediction]:
        """The classes that the network sees most of in a picture, most first; the picture is shown to it at
        the size that it was trained at.

        Raises:
            PictureError: the picture cannot be read.
            ModelError: the network does not end in classes.
            RequestError: the count is no whole number from 1 on.
        """
        if not isinstance(count, SupportsIndex) or index(count) < 1:
            raise RequestError(f"count={quote_value(count)}: must be a whole number from 1 on")
        with self._turn:
            _, height, width = self.model.network.input_shape
            shown = open_picture(picture).resize((width, height), Image.Resampling.LANCZOS)
            return classify(self._engine, self._image(np.asarray(shown, np.float32)), index(count))

    def follow(
        self,
        recipe: Recipe,
        picture: Picture,
        *,
        guide: Picture | None = None,
        custom: Custom | None = None,
        is_fitted: bool = False,
        on_step: Callable[[], None] = lambda: None,
    ) -> Image.Image:
        """Dream a picture as frame 0 of a recipe's clip is dreamed: by its [dream] and [colour] tables, its
        mirrors and its seed.

        Args:
            guide: in place of the recipe's own.
            custom: what is done in the caller's way.
            is_fitted: whether the picture is fitted to the recipe's size first.
            on_step: called before every step; what it raises ends the dream.

        Raises: as `dream`.
        """
        if not isinstance(custom, Custom | None):
            raise RequestError(f"custom={quote_value(custom)}: must be a Custom")
        wish = _Wish(recipe, picture, guide, is_fitted)
        return self._finished(wish, custom or Custom(), on_step)[0]

    def follow_measured(
        self, recipe: Recipe, picture: Picture, *, on_step: Callable[[], None] = lambda: None
    ) -> tuple[Image.Image, float]:
        """As `follow`, and the objective's value before the last step."""
        return self._finished(_Wish(recipe, picture, None, is_fitted=False), Custom(), on_step)

    def _with_layer(self, objective: Wanted) -> Wanted:
        """Goals with the model's own layer where they name none."""
        if isinstance(objective, GoalSum):
            return objective.with_layer(self.model.default_layer)
        return objective

    def _finished(
        self, wish: _Wish, custom: Custom, on_step: Callable[[], None] = lambda: None
    ) -> tuple[Image.Image, float]:
        steps = self._steps(wish, custom, on_step)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                found: tuple[Image.Image, float] = end.value
                return found

    def _steps(
        self, wish: _Wish, custom: Custom, on_step: Callable[[], None] = lambda: None
    ) -> Generator[DreamStep, None, tuple[Image.Image, float]]:
        """The steps of a dream; what the generator returns is the dream, and the last value."""
        if not isinstance(wish.recipe, Recipe):
            raise RequestError("follow wants a recipe: make one of your tables with build_recipe")
        require_function(on_step, "on_step")
        settle_threads()
        with self._turn:
            taken, plan, start = self._begin(wish, custom, on_step)
        finish = finisher(lens_of(wish.recipe), custom.deprocess)
        while True:
            with self._turn:
                self._engine  # noqa: B018 - closed meanwhile, it says so
                try:
                    now = next(taken)
                except StopIteration as end:
                    result: DreamResult = end.value
                    tell_if_still(start, result, plan)
                    return finish(result.image), result.value
            yield DreamStep(now.octave, plan.octaves, now.iteration, plan.iterations, now, finish)
            del now  # or it would be held until the next one is made

    def _begin(
        self, wish: _Wish, custom: Custom, on_step: Callable[[], None]
    ) -> tuple[Generator[StepTaken, None, DreamResult], DreamPlan, Tensor]:
        """A dream before its first step, its plan, and the image that it begins with."""
        recipe = wish.recipe
        settings = self._resolved(recipe, wish.guide)
        opened = picture_or_generated(wish.picture, recipe.clip, is_fitted=wish.is_fitted)
        engine = self._engine_for(settings, opened.size, recipe.clip.seed)
        pixels = np.asarray(opened, dtype=np.float32)
        if custom.preprocess:
            pixels = processed(custom.preprocess, pixels, "preprocess")
        require_dreamable(settings, self.model, (pixels.shape[1], pixels.shape[0]), recipe.clock)
        lens = lens_of(recipe)
        image = lens.fold(self._image(pixels))
        features = self._features(recipe, settings, wish.guide, custom)
        instant = Instant(0, recipe.clock, recipe.clip.seed)
        plan = custom.changed(plan_dream(settings, features, instant), settings, features, instant)
        scene = Scene(image, self._engine, instant, features, {}, lens=lens)
        plan = place_in_picture(plan, recipe, settings, scene)
        image = colour_start(image, recipe, plan)
        taken = dream_steps(image, engine, plan, frame_generator(recipe.clip.seed, 0), on_step)
        self._dreaming.add(taken)
        return taken, plan, image

    def _engine_for(self, settings: DreamSettings, size: tuple[int, int], seed: int) -> Engine:
        """The engine for a picture of `size` (width, height): in tiles where it is too large."""
        layers = climbed_layers(settings)
        need = Need(self.model, self._engine.name, layers, size, self._value_bytes)
        tiling = choose_tiling(need, settings, self._engine.device, PICTURE_BYTES)
        return drawing_from(tile_generator(seed, 0), tiling.applied_to(self._engine))

    def _resolved(self, recipe: Recipe, guide: Picture | None) -> DreamSettings:
        """The [dream] table with the layers' names, and with the objective that a guide implies."""
        if guide is None:
            return resolve_layers(recipe.dream, self.model)
        if recipe.dream.goal:
            raise RequestError("guide= is not used beside goals: put goals.guide(PICTURE) among them")
        objective = recipe.dream.objective
        followed = replace(
            recipe.dream,
            objective=objective if objective in GUIDED else "guide",
            guide=steady(GIVEN),
            class_=steady(""),
            goal=(),
        )
        return resolve_layers(followed, self.model)

    def _features(
        self, recipe: Recipe, settings: DreamSettings, guide: Picture | None, custom: Custom
    ) -> Features:
        """What the guides that count show, `guide` in place of the recipe's own."""
        # A picture is a clip's frame 0: of guides that fade into one another those count that are seen there.
        dreams = (settings, *(own for _, own in own_dreams(settings)))
        goals = [goal for each in dreams for goal in goals_of(each)]
        names = dict.fromkeys(name for goal in goals for name, _ in goal.guide.at(0, recipe.clock) if name)
        given: dict[str, PictureSource] = {} if guide is None else {GIVEN: guide}
        if isinstance(custom.objective, GoalSum):
            given |= dict(custom.objective.guides)
        guides = {name: self._image(_open_floats(given.get(name, name))) for name in names}
        return guide_features(settings, self._engine, guides)

    def _image(self, pixels: NDArray[np.float32]) -> Tensor:
        """A picture (H, W, 3) as an image (3, H, W) on the engine's device."""
        return to_tensor(pixels, self._engine.device)


def _own(objective: Wanted) -> CustomObjective | GoalSum | None:
    """What is climbed, where that has no name."""
    return None if isinstance(objective, str) else objective


def _open_floats(picture: PictureSource) -> NDArray[np.float32]:
    """(H, W, 3), 0 to 255."""
    return np.asarray(open_picture(picture), dtype=np.float32)
