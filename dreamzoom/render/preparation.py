"""Everything that can go wrong is found here, before the first frame is dreamed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dreamzoom._version import __version__
from dreamzoom.audio.words import heard_in_words
from dreamzoom.clip.folder import ClipFolder, Ingredients
from dreamzoom.clip.fork import Branch, Fork, ForkedTake, plan_branches, shared_frames
from dreamzoom.clip.relocate import is_same_model, recipe_wiring
from dreamzoom.clip.takes import ADOPTED, LARGEST_PICTURE, Take
from dreamzoom.clip.vouch import require_unchanged, vouched
from dreamzoom.dream.planning.checks import require_dreamable, require_layer
from dreamzoom.dream.planning.names import resolve_layers
from dreamzoom.engines.base import Engine
from dreamzoom.engines.registry import open_engine
from dreamzoom.errors import ClipError, ModelError, warn
from dreamzoom.guard.nudge import FADED_IN, neighbouring_layer
from dreamzoom.io.files import read_at_most
from dreamzoom.models.caffe.mean import input_in_words
from dreamzoom.models.network import Model
from dreamzoom.models.store import lasting_name, open_model
from dreamzoom.pictures.frames import picture_png
from dreamzoom.pictures.generate import GENERATORS, start_picture
from dreamzoom.recipe.arrivals import require_arrivals
from dreamzoom.recipe.build import Fragment, follows_music, give_music, wanted_signals
from dreamzoom.recipe.climbed import is_climbed
from dreamzoom.recipe.compare import dream_alike
from dreamzoom.recipe.frozen import FrozenRecipe, wired_otherwise
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.schema import ModelSettings, Recipe
from dreamzoom.recipe.sources import keep_no_secrets
from dreamzoom.recipe.units import beyond_players
from dreamzoom.render.pictures import picture_to_keep, require_kept_masks
from dreamzoom.render.rounds import dreamt_sizes, require_round, stages_of
from dreamzoom.render.song import (
    find_map,
    hear_more,
    hear_song,
    heard_files,
    is_heard_alike,
    other_map,
    require_no_part,
    require_part,
    say_nothing,
)
from dreamzoom.render.tiling import choose_clip_tiling, keep_tiling
from dreamzoom.tracks.music import Music, take_part
from dreamzoom.video.excerpt import excerpt_of
from dreamzoom.video.ffmpeg import find_ffmpeg
from dreamzoom.video.sound import measure_sound


@dataclass(frozen=True)
class Prepared:
    """A recipe with everything resolved, checked and at hand."""

    recipe: Recipe
    engine: Engine
    ingredients: Ingredients


def prepare(recipe: Recipe, folder: Path | None = None, engine: Engine | None = None) -> Prepared:
    """Check a recipe, whose song was listened to, against the world: ffmpeg, pictures, model, layer,
    channels, engine.

    Args:
        folder: where the clip is to be, and its video made.
        engine: one that is open for the recipe's model, if any.

    Raises:
        RequestError, EngineError, VideoError: whatever is wrong, before any work.
    """
    _require_ffmpeg(folder)
    if beyond_players(recipe.clip.size, recipe.clip.fps):
        warn(
            f"{recipe.clip.size} at {float(recipe.clip.fps):g} fps is above H.264's level 5.2: computers "
            "play it, phones and televisions do not; they may up to 4096x2304 at 56 or 3840x2160 at 64"
        )
    require_round(recipe)
    ingredients = _gather(recipe)
    engine = engine or _open(recipe.model)
    recipe = _resolve(recipe, engine.model)
    _require_dreamable(recipe, engine.model)
    require_kept_masks(recipe, ingredients.files)
    recipe = keep_tiling(recipe, engine, folder)
    ingredients = replace(ingredients, wiring_sha256=recipe_wiring(recipe, engine.model))
    return Prepared(keep_no_secrets(recipe), engine, ingredients)


def prepare_again(clip: ClipFolder, model: ModelSettings | None = None) -> Engine:
    """Check that a clip that has begun can go on, and open its engine; `model` may choose another engine,
    precision or device.

    Raises:
        ClipError: the start image, a guide or a palette is missing, or the start image was changed.
        ModelError: the model is missing or its weights are others than those the clip began with.
    """
    _require_ffmpeg(clip.path)
    require_unchanged(clip)
    if clip.soundtrack_path is not None:
        measure_sound(clip.soundtrack_path)
    settings = clip.recipe.model if model is None else replace(model, name=clip.recipe.model.name)
    engine = _open_same(settings, clip.frozen, clip.path)
    _require_dreamable(clip.recipe, engine.model)
    choose_clip_tiling(clip.recipe, engine)
    return engine


@dataclass(frozen=True)
class PreparedFork:
    """A fork with everything resolved, checked and at hand."""

    fork: Fork
    engine: Engine


def prepare_fork(
    parent: ClipFolder,
    changes: Sequence[Fragment],
    at: int | None = None,
    folder: Path | None = None,
    on_message: Callable[[str], object] = say_nothing,
) -> PreparedFork:
    """Check a fork against the world, and find out how many frames it shares.

    Args:
        changes: what is to be different.
        at: the first frame that is; without it, the first one that the changed recipe makes otherwise.
        folder: where the fork is to be, and its video made.
        on_message: is told in a line what was heard, if the song was listened to.

    Raises:
        RequestError, EngineError, VideoError: whatever is wrong, before any work.
    """
    _require_ffmpeg(folder)
    require_unchanged(parent)
    planned = plan_branches(parent, changes, at)
    _require_part(parent, planned[-1].recipe)
    branches = _hear_parent(parent, planned, on_message)
    require_round(branches[-1].recipe)
    is_same = is_heard_alike(branches[-1].recipe.music, parent.recipe.music)
    if is_same and (told := other_map(parent)) is not None:
        on_message(told)
    engine = _open(branches[-1].recipe.model)
    models = {branches[-1].recipe.model.name: engine.model}
    branches = tuple(_resolve_branch(branch, models) for branch in branches)
    last = branches[-1]
    if not last.changed:
        _require_same_model(engine.model, last.take.frozen, last.recipe.model.name, last.take.folder)
    choose_clip_tiling(last.recipe, engine)
    start = _start_png(parent, branches[0])
    song = _song_of(parent)
    kept = tuple(replace(branch, recipe=keep_no_secrets(branch.recipe)) for branch in branches)
    shared = shared_frames(parent, kept) if at is None else at
    takes = tuple(_make_take(branch, models, start, song, shared) for branch in branches)
    heard, has_torus = heard_files(branches[-1].recipe), _shares_torus(parent.recipe, branches[-1].recipe)
    return PreparedFork(Fork(takes, shared, start, heard, has_torus), engine)


def _shares_torus(parent: Recipe, recipe: Recipe) -> bool:
    """Whether a fork is a loop whose frames are looked up in its parent's picture."""
    are_loops = parent.loop.is_endless and recipe.loop.is_endless
    return are_loops and dream_alike(parent, recipe) and stages_of(parent) == stages_of(recipe)


def open_engine_for(take: Take, engine: Engine) -> Engine:
    """The engine that computes a take: `engine`, or a new one where the take has another model.

    Raises:
        ModelError: the model is missing, or its weights are others than those the take was made with.
    """
    if is_same_model(engine.model, take.frozen):
        return engine
    return _open_same(take.recipe.model, take.frozen, take.folder)


def _require_ffmpeg(folder: Path | None) -> None:
    """See that there is an ffmpeg that can make a video in a folder, or else in the nearest one above it."""
    there = [] if folder is None else [folder.absolute(), *folder.absolute().parents]
    find_ffmpeg(*[path for path in there if path.is_dir()][:1])


def _gather(recipe: Recipe) -> Ingredients:
    start = start_picture(recipe.clip.image, recipe.clip.size, recipe.clip.seed)
    files = {
        file: picture_png(picture_to_keep(kind, name, recipe.clip.size))
        for file, (kind, name) in kept_pictures(recipe).items()
    }
    files |= heard_files(recipe)
    song = Path(recipe.music.song) if recipe.music.song else None
    return Ingredients(picture_png(start), files, song)


def _resolve_branch(branch: Branch, models: dict[str, Model]) -> Branch:
    """A branch whose changed recipe is resolved and can be dreamed; its model is in `models`."""
    if not branch.changed:
        return branch
    name = branch.recipe.model.name
    if name not in models:
        models[name] = open_model(name)
    if name == branch.take.recipe.model.name:
        _require_same_model(models[name], branch.take.frozen, name, branch.take.folder)
    recipe = _resolve(branch.recipe, models[name])
    _require_dreamable(recipe, models[name])
    models[recipe.model.name] = models[name]  # of a folder by its whole path
    return replace(branch, recipe=recipe)


def _require_part(parent: ClipFolder, recipe: Recipe) -> None:
    """See that a fork that has another part of its parent's song has any. Raises a RecipeError."""
    if parent.soundtrack_path is None:
        require_no_part(recipe.music)
        return
    then = (parent.recipe.clip.frames, excerpt_of(parent.recipe.music))
    if then != (recipe.clip.frames, excerpt_of(recipe.music)):
        require_part(recipe, measure_sound(parent.soundtrack_path))


def _hear_parent(
    parent: ClipFolder, branches: tuple[Branch, ...], on_message: Callable[[str], object]
) -> tuple[Branch, ...]:
    """The branches with the parent's song heard, where they go by it and the parent does not."""
    last = branches[-1].recipe
    is_same = is_heard_alike(last.music, parent.recipe.music)
    if parent.soundtrack_path is None:
        return branches
    wanted = [signal for branch in branches for signal in wanted_signals(branch.recipe)]
    if is_same and last.heard is not None:
        if {signal.name for signal in wanted} <= set(last.heard.signals):
            return branches
        return _with_heard(branches, hear_more(measure_sound(parent.soundtrack_path), last, wanted))
    if not any(follows_music(each.recipe) for each in branches):
        return branches if is_same else tuple(_unheard(branch) for branch in branches)
    is_same_map = last.music.map == parent.recipe.music.map and parent.map_path.is_file()
    given = parent.map_path if is_same_map else find_map(last.music, Path(last.music.song))
    whole = hear_song(measure_sound(parent.soundtrack_path), last, given, wanted)
    on_message(heard_in_words(parent.soundtrack_path, whole, given))
    return _with_heard(branches, take_part(whole, last.music.start, last.music.delay))


def _with_heard(branches: tuple[Branch, ...], heard: Music) -> tuple[Branch, ...]:
    return tuple(replace(branch, recipe=give_music(branch.recipe, heard)) for branch in branches)


def _unheard(branch: Branch) -> Branch:
    """A branch that forgets what was heard of the song by another tempo."""
    return replace(branch, recipe=replace(branch.recipe, heard=None))


@dataclass(frozen=True)
class _Song:
    """A clip's song: the name of its file, the file's hash and its bytes."""

    name: str
    sha256: str
    size: int


def _song_of(parent: ClipFolder) -> _Song | None:
    if parent.soundtrack_path is None:
        return None
    frozen, name = vouched(parent), parent.soundtrack_path.name
    return _Song(name, frozen.files[name], frozen.sizes[name])


def _make_take(
    branch: Branch, models: Mapping[str, Model], start: bytes, song: _Song | None, shared: int
) -> ForkedTake:
    if not branch.changed:
        return ForkedTake(branch.take.stop, branch.take.frozen, branch.take.read_pictures())
    recipe, pictures = keep_no_secrets(branch.recipe), _read_pictures(branch)
    require_kept_masks(recipe, pictures)
    if branch.take.adopted is not None and branch.take.stop <= shared:
        pictures[ADOPTED] = branch.take.read_pictures()[ADOPTED]
    model = models[recipe.model.name]
    kept = Ingredients(start, {**pictures, **heard_files(recipe)}, wiring_sha256=recipe_wiring(recipe, model))
    frozen = kept.freeze(recipe, __version__, model.sha256)
    if song is not None:
        files, sizes = {**frozen.files, song.name: song.sha256}, {**frozen.sizes, song.name: song.size}
        frozen = replace(frozen, files=files, sizes=sizes)
    return ForkedTake(branch.take.stop, frozen, pictures)


def _start_png(parent: ClipFolder, branch: Branch) -> bytes:
    """The parent's start image, unless the fork's recipe asks for another one."""
    now, then = branch.recipe.clip, branch.take.recipe.clip
    if (now.image, now.size) == (then.image, then.size) and (
        now.seed == then.seed or now.image not in GENERATORS
    ):
        return read_at_most(parent.start_path, LARGEST_PICTURE, ClipError, "picture")
    return picture_png(start_picture(now.image, now.size, now.seed))


def _read_pictures(branch: Branch) -> dict[str, bytes]:
    """The pictures of a changed take, by file name: those the parent has, and the new ones."""
    size, parent = branch.recipe.clip.size, branch.take.recipe
    files = branch.take.read_pictures() if size == parent.clip.size else {}
    there = {named: files[file] for file, named in kept_pictures(parent).items() if file in files}
    return {
        file: there[named] if named in there else picture_png(picture_to_keep(*named, size))
        for file, named in kept_pictures(branch.recipe).items()
    }


def _open(settings: ModelSettings) -> Engine:
    return open_engine(open_model(settings.name), settings.engine, settings.device, settings.precision)


def _open_same(settings: ModelSettings, frozen: FrozenRecipe, folder: Path) -> Engine:
    try:
        engine = _open(settings)
    except ModelError as error:
        if Path(settings.name).is_absolute() and not Path(settings.name).exists():
            raise ModelError(f"{error}; if the model was moved, say where it is with --model DIR") from error
        raise
    _require_same_model(engine.model, frozen, settings.name, folder)
    return engine


def _require_same_model(model: Model, frozen: FrozenRecipe, name: str, folder: Path) -> None:
    if model.sha256 != frozen.model_sha256:
        raise ModelError(
            f"model {name!r} is not the one {folder} began with (other weights): restore the old file"
        )
    if wired_otherwise(frozen, recipe_wiring(frozen.recipe, model)):
        raise ModelError(
            f"model {name!r} is not as it was when {folder} began (its prototxt, model.toml or mean says "
            f"otherwise; its input is {input_in_words(model.transform)} now): restore the old files; a "
            "folder of its own for the changed ones makes a fork with --model DIR"
        )


def _resolve(recipe: Recipe, model: Model) -> Recipe:
    """Spell out what the recipe leaves to the model: the layers, and its folder's whole path."""
    name = lasting_name(recipe.model.name)
    dream = resolve_layers(recipe.dream, model)
    recipe = replace(recipe, dream=dream, model=replace(recipe.model, name=name))
    return replace(recipe, guard=replace(recipe.guard, layer=_guard_layer(recipe, model)))


def _guard_layer(recipe: Recipe, model: Model) -> str:
    """The layer that the guard fades in, spelled out where it does so."""
    guard, size = recipe.guard, recipe.clip.size
    if guard.nudge != "layer":
        return guard.layer
    if guard.layer:
        return model.network.require(guard.layer)
    return neighbouring_layer(recipe.dream, model, (size.width, size.height))


def _require_dreamable(recipe: Recipe, model: Model) -> None:
    require_arrivals(recipe)
    size, _ = dreamt_sizes(recipe)
    require_dreamable(recipe.dream, model, size, recipe.clock)
    if recipe.guard.nudge == "layer":
        require_layer("guard.layer", recipe.guard.layer, recipe.dream, model, size)
    if recipe.guard.nudge in FADED_IN and not is_climbed(recipe.dream, recipe.clock):
        warn(
            f"guard.nudge = {recipe.guard.nudge!r} pushes none of the regions, which have dreams of their "
            "own, and nothing dreams elsewhere: 'noise' and 'turn' do"
        )
