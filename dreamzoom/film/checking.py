"""A film's scenes checked against the world, all of them before the first one is dreamed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from dreamzoom._version import __version__
from dreamzoom.clip.folder import BEAT_MAP, MUSIC, ClipFolder, soundtrack_name
from dreamzoom.engines.base import Engine
from dreamzoom.errors import DreamzoomError, StoryboardError, tell_first
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.losses import tell_of_scene
from dreamzoom.film.plan import DREAM, FilmPlan, PlannedScene
from dreamzoom.film.transitions import require_transitions
from dreamzoom.film.words.titles import title_faults
from dreamzoom.pictures.generate import GENERATORS
from dreamzoom.recipe.build import Fragment, change_recipe
from dreamzoom.recipe.compare import deciding_keys, first_difference
from dreamzoom.recipe.frozen import FrozenRecipe, wired_otherwise
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.schema import ModelSettings, Recipe, raw_value
from dreamzoom.render.preparation import Prepared, prepare
from dreamzoom.tracks.parse import is_ever_set

_WIRING = "what the model's files say"
_STAND_IN = "grey"  # for a start image that is not dreamed yet
_HEARING = (MUSIC, BEAT_MAP)
_FAULTS_SHOWN = 5


@dataclass(frozen=True)
class CheckedScene:
    """A planned scene, with everything resolved.

    Attributes:
        frozen: its recipe as its clip will have it.
        engine: what computes its model; scenes of one model share it.
        start: what it begins with, where that is the picture that a dream came to.
    """

    scene: PlannedScene
    frozen: FrozenRecipe
    engine: Engine
    start: Path | None = None

    @property
    def is_begun_by_dream(self) -> bool:
        """Whether it begins with what the scene before it ends with, and that is not there yet: another
        picture stands in for it.
        """
        return self.scene.transition.kind == DREAM and self.start is None

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.scene.name

    @property
    def recipe(self) -> Recipe:
        """What decides its pixels."""
        return self.frozen.recipe

    @property
    def frames(self) -> int:
        """How many frames the film has of it."""
        return self.scene.stop - self.scene.first


def check_scenes(film: FilmFolder, plan: FilmPlan) -> tuple[CheckedScene, ...]:
    """Check all scenes of a film against the world, as `prepare` does, its transitions and its titles.

    Raises:
        StoryboardError: naming every title and scene at fault, and what is wrong with it.
        VideoError: there is no ffmpeg.
    """
    require_transitions(scene.transition.kind for scene in plan.scenes)
    checked: list[CheckedScene] = []
    faults = list(title_faults(plan.titles, (plan.size.width, plan.size.height)))
    engines: dict[ModelSettings, Engine] = {}
    for scene in plan.scenes:
        try:
            checked.append(check_scene(film, scene, engine=engines.get(scene.recipe.model)))
            engines[scene.recipe.model] = checked[-1].engine
        except DreamzoomError as error:
            told = tell_of_scene(str(error), film.scene_path(scene.name))
            faults.append(f"scene {scene.name}: {told}")
    if faults:
        raise StoryboardError(tell_first(faults, _FAULTS_SHOWN), faults)
    return tuple(checked)


def check_scene(
    film: FilmFolder, scene: PlannedScene, start: Path | None = None, engine: Engine | None = None
) -> CheckedScene:
    """Check a scene.

    Args:
        start: the picture that it begins with, where that is dreamed by now.
        engine: one that is open for its model, if any.

    Raises:
        RequestError, EngineError, VideoError: whatever is wrong.
    """
    prepared = prepare_scene(film, scene, start, engine)
    frozen = prepared.ingredients.freeze(prepared.recipe, __version__, prepared.engine.model.sha256)
    return CheckedScene(scene, frozen, prepared.engine, start)


def prepare_scene(
    film: FilmFolder, scene: PlannedScene, start: Path | None, engine: Engine | None
) -> Prepared:
    """A scene with all that its clip is to keep: pictures, which are not held for all scenes at once.

    Args and raises as `check_scene`.
    """
    recipe = scene.recipe
    if scene.transition.kind == DREAM:
        recipe = _with_start(recipe, str(start) if start is not None else _STAND_IN)
        recipe = dream_through(recipe, scene)
    return prepare(recipe, film.scene_path(scene.name), engine)


def differing(clip: ClipFolder, wanted: CheckedScene) -> list[str]:
    """What differs between a clip and what a scene asks for, keys and other words; its length does not count.

    Names of files do not count where the files are the same.
    """
    keys = deciding_keys(_named_alike(clip.recipe, wanted.recipe), wanted.recipe)
    told = [key for key in keys if key != "clip.frames"]
    # Another layer has other wiring: only where no key tells of it, that is worth a word.
    return told + [word for word in _other_files(clip.frozen, wanted) if not told or word != _WIRING]


def shared_with(clip: ClipFolder, wanted: CheckedScene) -> int:
    """How many frames of a clip are, from the first on, what a scene asks for, whether they are there yet or
    not; at most as many as the shorter of the two has.
    """
    if _other_files(clip.frozen, wanted):
        return 0
    frames, every = min(clip.recipe.clip.frames, wanted.frames), wanted.recipe.camera.every
    made = range(-(-(frames - 1) // every) * every + 1)
    frame = first_difference(_named_alike(clip.recipe, wanted.recipe), wanted.recipe, made)
    if frame is None:
        return frames
    # The frames since the last dreamed one lead to the next: they change with it.
    return 0 if frame == 0 else min(frames, (frame - 1) // every * every + 1)


def _other_files(there: FrozenRecipe, wanted: CheckedScene) -> list[str]:
    """What a clip was made with that a scene has others of; what was heard of the song is compared by what
    comes of it.
    """
    asked, song = wanted.frozen, soundtrack_name(wanted.recipe.music.song)
    found = []
    if there.model_sha256 != asked.model_sha256:
        found.append("the model's weights")
    elif wired_otherwise(there, asked.wiring_sha256):
        found.append(_WIRING)
    if not wanted.is_begun_by_dream and there.start_sha256 != asked.start_sha256:
        found.append("the picture it begins with")
    others = [name for name in asked.files if there.files.get(name) != asked.files[name]]
    others = [name for name in others if not _is_other_text(there, asked, name)]
    return found + ["its song" if name == song else name for name in others if name not in _HEARING]


def _is_other_text(there: FrozenRecipe, asked: FrozenRecipe, file: str) -> bool:
    """Whether a file is a text that a clip does not draw: the recipes tell from where on that counts."""
    kind, name = kept_pictures(asked.recipe).get(file, ("", ""))
    drawn = {own: there.files.get(its) for its, (_, own) in kept_pictures(there.recipe).items()}
    return kind == "text" and (name not in drawn or drawn[name] == asked.files[file])


def _named_alike(recipe: Recipe, asked: Recipe) -> Recipe:
    """A recipe with another one's names of what is known by its hash: picture, song, map and model."""
    return replace(
        recipe,
        clip=replace(recipe.clip, image=asked.clip.image),
        model=replace(recipe.model, name=asked.model.name),
        music=replace(recipe.music, song=asked.music.song, map=asked.music.map),
    )


def dream_through(recipe: Recipe, scene: PlannedScene) -> Recipe:
    """A recipe that goes on with the dream before it: the scene's picture, if any, dissolves into that, and
    the colours that are held glide from that to its own.
    """
    over = min(scene.transition.frames, recipe.clip.frames)
    if over < 1 or recipe.clip.frames < 2:
        return recipe
    values: dict[str, dict[str, object]] = {}
    if scene.picture:
        rows: Any = raw_value(recipe, "clip.dissolve")
        values["clip"] = {"dissolve": [{"image": scene.picture, "at": 0, "over": over}, *rows]}
    own = _own_colours(recipe, scene, over)
    if own and is_ever_set(recipe.colour.hold, recipe.clock):
        values["colour"] = {"palette": {"0": "", **own}}
    return change_recipe(recipe, Fragment(f"scene {scene.name}", values))


def _own_colours(recipe: Recipe, scene: PlannedScene, over: int) -> dict[str, str]:
    """The colours that a scene has from frame `over` on, as keyframes; none where it has those of the dream.

    Of colours that move each is a keyframe where it has the most weight: none jumps at the scene's beginning.
    """
    own = raw_value(recipe, "colour.palette")
    if not own:
        return {str(over): scene.picture} if scene.picture and scene.picture not in GENERATORS else {}
    if isinstance(own, str):
        return {str(over): own}
    frames = range(min(over, recipe.clip.frames - 1), recipe.clip.frames)
    weights = {frame: dict(recipe.colour.palette.at(frame, recipe.clock)) for frame in frames}
    main = {frame: max(each, key=lambda name: each[name]) for frame, each in weights.items()}
    peaks = {
        str(max(run, key=lambda frame: weights[frame][name])): name
        for name, run in ((name, list(run)) for name, run in groupby(frames, key=lambda frame: main[frame]))
    }
    return {str(over): main[frames[0]], **peaks}


def _with_start(recipe: Recipe, image: str) -> Recipe:
    return replace(recipe, clip=replace(recipe.clip, image=image))
