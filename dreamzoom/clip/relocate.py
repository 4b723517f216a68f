"""A clip whose model lies in another folder by now: the hash of the weights proves that it is the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.takes import Earlier, dump_own, earlier_folder
from dreamzoom.errors import ModelError, UnknownBlobError
from dreamzoom.io.files import write_atomically
from dreamzoom.models.network import Model
from dreamzoom.models.store import lasting_name, open_model, weights_sha256
from dreamzoom.models.wiring import wiring_sha256
from dreamzoom.recipe.climbed import climbed_layers
from dreamzoom.recipe.frozen import FrozenRecipe, wired_otherwise
from dreamzoom.recipe.schema import Recipe


def relocate_models(clip: ClipFolder, places: tuple[str, ...]) -> ClipFolder:
    """The clip with its models in other places. Nothing is written.

    Args:
        places: names or folders of models.

    Raises:
        ModelError: one of them is none, or its weights are others than all that the clip was made with.
    """
    wanted = {take.frozen.model_sha256 for take in clip.takes} | {clip.frozen.model_sha256}
    found: dict[str, str] = {}
    for place in places:
        sha256 = weights_sha256(place)
        if sha256 not in wanted:
            raise ModelError(f"--model {place}: holds other weights than {clip.path} was made with")
        found[sha256] = lasting_name(place)
    return _with_places(clip, found)


def keep_place(clip: ClipFolder, name: str) -> ClipFolder:
    """The clip with its model in the place `name`, where its very weights were found; the clip knows it then.

    Raises:
        StorageError: that cannot be written.
    """
    now = _with_places(clip, {clip.frozen.model_sha256: name})
    keep_places(clip, now)
    return now


def is_made_with(clip: ClipFolder, place: str) -> bool:
    """Whether a clip was made with the model there. Raises a ModelError where there is none."""
    sha256 = weights_sha256(place)
    return any(
        take.frozen.model_sha256 == sha256 and is_same_model(open_model(place), take.frozen)
        for take in clip.takes
    )


def recipe_wiring(recipe: Recipe, model: Model) -> str:
    """The hash of what a recipe's dreams need of a model, see `models.wiring`."""
    guarded = [recipe.guard.layer] if recipe.guard.nudge == "layer" else []
    return wiring_sha256(model, [*climbed_layers(recipe.dream), *guarded])


def is_same_model(model: Model, frozen: FrozenRecipe) -> bool:
    """Whether a model has the weights of a frozen recipe's, and computes the same with them."""
    try:
        return model.sha256 == frozen.model_sha256 and not wired_otherwise(
            frozen, recipe_wiring(frozen.recipe, model)
        )
    except UnknownBlobError:
        return False


def changed_models(clip: ClipFolder) -> list[str]:
    """What is wrong with the models that a clip is made with, each with what to do."""
    faults: list[str] = []
    for take in {(each.recipe.model.name, each.frozen.model_sha256): each for each in clip.takes}.values():
        name = take.recipe.model.name
        try:
            if weights_sha256(name) != take.frozen.model_sha256:
                faults.append(f"model {name!r} has other weights than {clip.path} was made with")
            elif not is_same_model(open_model(name), take.frozen):
                faults.append(
                    f"model {name!r} is not as it was when {clip.path} began (its prototxt, model.toml or "
                    "mean says otherwise): restore the old files"
                )
        except ModelError as error:
            faults.append(f"{error}; if the model was moved, say where it is with --model DIR")
    return faults


def keep_places(before: ClipFolder, now: ClipFolder) -> None:
    """Write the recipes whose models have moved, so that the clip knows it. Raises a StorageError."""
    for old, new in zip(before.earlier, now.earlier, strict=True):
        if old != new:
            path = earlier_folder(now.path, new.stop) / "recipe.toml"
            write_atomically(path, dump_own(new.frozen, ()).encode())
    if before.frozen != now.frozen:
        write_atomically(now.path / "recipe.toml", dump_own(now.frozen, now.earlier).encode())


def _with_places(clip: ClipFolder, found: Mapping[str, str]) -> ClipFolder:
    earlier = tuple(Earlier(each.stop, _relocated(each.frozen, found)) for each in clip.earlier)
    return clip.with_recipe(_relocated(clip.frozen, found), earlier)


def _relocated(frozen: FrozenRecipe, found: Mapping[str, str]) -> FrozenRecipe:
    recipe = frozen.recipe
    name = found.get(frozen.model_sha256, recipe.model.name)
    return replace(frozen, recipe=replace(recipe, model=replace(recipe.model, name=name)))
