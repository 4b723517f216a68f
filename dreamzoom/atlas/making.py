"""An atlas from its first plate to its tour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace
from functools import partial
from math import prod
from pathlib import Path
from typing import TypeAlias

import numpy as np

from dreamzoom._version import __version__
from dreamzoom.atlas.captions import strip_height, with_caption
from dreamzoom.atlas.dreaming import PlatePicture, PlateTask, dream_plate
from dreamzoom.atlas.folder import START, AtlasFolder, FrozenAtlas, PlateRecord
from dreamzoom.atlas.plates import AtlasPlan, LeftOut, Plate, Selection, plan_plates, with_dream
from dreamzoom.atlas.sheet import Heading, Miniature, contact_pages, encode_page, miniature
from dreamzoom.atlas.sources import guide_files, in_mirrors, open_start, with_guides_in
from dreamzoom.batch import do_all, open_dreamer, workers_for
from dreamzoom.clip.folder import Ingredients
from dreamzoom.errors import (
    DreamzoomError,
    EngineError,
    Interrupted,
    MemoryShortageError,
    ModelError,
    PictureError,
    StorageError,
)
from dreamzoom.io.files import sha256_of, write_atomically
from dreamzoom.models.store import lasting_name
from dreamzoom.models.wiring import wiring_sha256
from dreamzoom.pictures.frames import picture_png
from dreamzoom.pictures.png import encode_frame
from dreamzoom.pictures.reading import open_picture
from dreamzoom.recipe.frozen import wired_otherwise
from dreamzoom.recipe.schema import ModelSettings, Recipe
from dreamzoom.recipe.sources import keep_no_secrets
from dreamzoom.recipe.units import Size
from dreamzoom.workers import ENDED, Workers

_PLATE_BYTES = 2  # a pixel of a file: dreams hardly compress
_UNREACHED = "no gradient reaches the picture from there: the dream left it as it was"


@dataclass(frozen=True)
class PreparedAtlas:
    """An atlas with everything resolved, checked and at hand."""

    atlas: FrozenAtlas
    files: Mapping[str, bytes]
    plan: AtlasPlan


@dataclass(frozen=True)
class AtlasOutcome:
    """How a plate ended: its record, or the error for which it has none."""

    plate: Plate
    record: PlateRecord | None = None
    error: DreamzoomError | None = None


@dataclass(frozen=True)
class PlateFile:
    """A plate to dream, and the file for it."""

    task: PlateTask
    path: Path


HandOut: TypeAlias = Callable[[Recipe, Path, "list[PlateFile]"], Iterator[AtlasOutcome]]
"""Has plates of a recipe and a start picture dreamed and written elsewhere, by `dream_plate_file`."""


def dream_plate_file(
    recipe: Recipe, start: Path, on_step: Callable[[], None], wanted: PlateFile
) -> PlateRecord:
    """Dream a plate and write its picture; what is to be noted of it. Raises as `dream_plate`, and a
    StorageError.
    """
    made = dream_plate(recipe, start, on_step, wanted.task)
    if made.data:
        write_atomically(wanted.path, made.data)
    return _record(wanted.task.plate, wanted.path.name, made)


def prepare_atlas(recipe: Recipe, selection: Selection, *, labels: bool, has_size: bool) -> PreparedAtlas:
    """Check an atlas against the world: its picture, its model, its layers.

    Args:
        has_size: whether pictures have the recipe's size; else the picture's own, within 1024x1024.

    Raises:
        RequestError, EngineError: whatever is wrong, before any work.
    """
    picture = open_start(recipe, has_size=has_size)
    recipe = with_dream(replace(recipe, clip=replace(recipe.clip, size=Size(*picture.size))), {})
    model = open_dreamer(recipe.model).model
    plan = plan_plates(model, recipe, selection)
    start, guides = picture_png(in_mirrors(picture, recipe)), guide_files(recipe)
    wiring = wiring_sha256(model, plan.rows)
    kept = keep_no_secrets(replace(recipe, model=_lasting(recipe.model)))
    frozen = Ingredients(start, guides, wiring_sha256=wiring).freeze(kept, __version__, model.sha256)
    return PreparedAtlas(FrozenAtlas(frozen, selection, labels), {START: start, **guides}, plan)


def prepare_again(folder: AtlasFolder) -> AtlasPlan:
    """See that an atlas that has begun can go on, and what it shows.

    Raises:
        ModelError: the model is missing, or is not the one that the atlas began with.
        PictureError: the atlas's picture, or a guide, is missing or was changed.
    """
    frozen = folder.atlas.frozen
    model = open_dreamer(frozen.recipe.model).model
    plan = plan_plates(model, frozen.recipe, folder.atlas.selection)
    if model.sha256 != frozen.model_sha256 or wired_otherwise(frozen, wiring_sha256(model, plan.rows)):
        raise ModelError(f"model {frozen.recipe.model.name!r} is not the one that {folder.path} began with")
    for path in folder.changed_files():
        raise PictureError(f"{path} is missing or was changed: name the picture again, with all settings")
    return plan


def make_plates(
    folder: AtlasFolder,
    plan: AtlasPlan,
    model: ModelSettings,
    check: Callable[[], None],
    *,
    workers: Workers | None = None,
    hand_out: HandOut | None = None,
) -> Iterator[AtlasOutcome]:
    """Dream the plates that an atlas lacks, each written as it is done; those that are done come first.

    Args:
        model: the atlas's, and what computes it this time.
        check: called several times a second; what it raises ends the work at once.
        workers: who works; None for what is quickest here.
        hand_out: has the plates dreamed elsewhere; None for here.

    Raises:
        StorageError: a picture could not be written.
        MemoryShortageError: memory is too short for a plate.
    """
    shown = _plate_size(folder.atlas)
    recipe = with_guides_in(folder.path, replace(folder.atlas.frozen.recipe, model=model))
    missing = []
    for plate in plan.plates:
        if folder.is_done(plate, shown):
            yield AtlasOutcome(plate, folder.record_of(plate))
        else:
            missing.append(PlateTask(plate, facts_of(plan, plate) if folder.atlas.labels else None))
    if missing:
        folder.require_space(len(missing) * prod(shown) * _PLATE_BYTES)
        folder.drop_made_at_last()
    if hand_out is None:
        for task, take in _dream_all(recipe, folder.start_path, missing, check, workers):
            yield _store(folder, task.plate, task.plate.file_name(len(plan.plates)), take)
        return
    written = [PlateFile(task, folder.path / task.plate.file_name(len(plan.plates))) for task in missing]
    whole = with_guides_in(folder.path.resolve(), replace(folder.atlas.frozen.recipe, model=model))
    for outcome in hand_out(whole, folder.start_path, written):
        if outcome.record is not None:
            folder.note(outcome.record)
        yield outcome


def facts_of(plan: AtlasPlan, plate: Plate) -> tuple[str, ...]:
    """What stands beside a plate's title, what matters most first."""
    row = plan.rows[plate.layer]
    if plate.class_name:
        return (f"class {plate.channel}",)
    channels = () if plate.channel is not None else (f"{row.shape[0]} channels",)
    places = (f"{row.shape[2]}x{row.shape[1]} places",) if row.shape[1:] not in ((), (1, 1)) else ()
    return (*channels, *places, f"sees {row.sees} px" if row.sees else "sees everything")


def unreached(plan: AtlasPlan, folder: AtlasFolder) -> list[LeftOut]:
    """The layers from which no gradient reaches the picture, as far as they were dreamed."""
    records = ((plate, folder.record_of(plate)) for plate in plan.plates)
    return [LeftOut(plate.title, _UNREACHED) for plate, record in records if record and not record.file]


def write_sheet(folder: AtlasFolder, plan: AtlasPlan) -> list[Path]:
    """Write the contact sheet of the plates that there are, the picture itself first.

    Raises:
        PictureError: a plate is damaged.
        StorageError: it cannot be written.
    """
    pages = list(contact_pages(list(_miniatures(folder, plan)), _heading(folder, plan)))
    paths = [
        folder.path / (f"sheet-{number}.jpg" if len(pages) > 1 else "sheet.jpg")
        for number in range(1, len(pages) + 1)
    ]
    for path, page in reversed(list(zip(paths, pages, strict=True))):  # with the first the sheet is whole
        write_atomically(path, encode_page(page))
    return paths


def pictures_of(folder: AtlasFolder, plan: AtlasPlan) -> list[Path]:
    """The files of the plates that there are, after one of the picture itself, which is written if it is not
    there.
    """
    first = folder.path / "000-start.png"
    if not first.exists():
        start = open_picture(folder.start_path, is_whole=True)
        shown = with_caption(start, _image_name(folder), ("as it was",)) if folder.atlas.labels else start
        write_atomically(first, encode_frame(np.asarray(shown)))
    records = (folder.record_of(plate) for plate in plan.plates)
    return [first, *(folder.path / record.file for record in records if record and record.file)]


def _lasting(model: ModelSettings) -> ModelSettings:
    return replace(model, name=lasting_name(model.name))


def _plate_size(atlas: FrozenAtlas) -> tuple[int, int]:
    size = atlas.frozen.recipe.clip.size
    return size.width, size.height + (strip_height(size.width, size.height) if atlas.labels else 0)


# ---- the dreams ----------------------------------------------------------------------------------


def _dream_all(
    recipe: Recipe, start: Path, tasks: list[PlateTask], check: Callable[[], None], workers: Workers | None
) -> Iterator[tuple[PlateTask, Callable[[], PlatePicture]]]:
    """Tasks as they are done, each with what gives its picture."""
    if not tasks:
        return
    size, layers = recipe.clip.size, list(dict.fromkeys(task.plate.layer for task in tasks))
    chosen = workers or workers_for(
        open_dreamer(recipe.model), recipe, layers, (size.width, size.height), len(tasks)
    )
    yield from do_all(partial(dream_plate, recipe, start), tasks, chosen, check)


def _store(folder: AtlasFolder, plate: Plate, name: str, take: Callable[[], PlatePicture]) -> AtlasOutcome:
    """Write a plate's picture; what is wrong with the plate alone is its outcome's error."""
    try:
        made = take()
    except (Interrupted, StorageError, MemoryShortageError):
        raise
    except DreamzoomError as error:
        return AtlasOutcome(plate, error=error)
    except MemoryError as error:
        raise MemoryShortageError("memory ran out: use a smaller --size, and run this again") from error
    except BrokenProcessPool:
        return AtlasOutcome(plate, error=EngineError(f"{plate.title} was not dreamed: {ENDED}"))
    record = _record(plate, name, made)
    folder.store(record, made.data)
    return AtlasOutcome(plate, record)


def _record(plate: Plate, name: str, made: PlatePicture) -> PlateRecord:
    return PlateRecord(
        plate=plate.number,
        layer=plate.layer,
        channel=plate.channel,
        file=name if made.data else "",
        sha256=sha256_of(made.data),
        bytes=len(made.data),
        seconds=round(made.seconds, 3),
        objective=made.objective,
        engine=made.engine,
    )


# ---- words ---------------------------------------------------------------------------------------


def _heading(folder: AtlasFolder, plan: AtlasPlan) -> Heading:
    recipe = folder.atlas.frozen.recipe
    model = recipe.model.name if "/" not in recipe.model.name else Path(recipe.model.name).name
    layer = f"    {plan.plates[0].layer}" if folder.atlas.selection.channels else ""
    dream, steps = recipe.dream, round(recipe.dream.iterations.at(0, recipe.clock))
    octaves = f"{dream.octaves} octaves of {dream.octave_scale:g}" if dream.octaves > 1 else "1 octave"
    made = f"{steps} steps of {dream.step_size.at(0, recipe.clock):g}"
    return Heading(f"{model}{layer}    {_image_name(folder)}", (str(recipe.clip.size), octaves, made))


def _image_name(folder: AtlasFolder) -> str:
    return Path(folder.atlas.frozen.recipe.clip.image).name or "picture"


def _miniatures(folder: AtlasFolder, plan: AtlasPlan) -> Iterator[Miniature]:
    size = folder.atlas.frozen.recipe.clip.size
    titles = {plate.number: plate.short_title for plate in plan.plates}
    for path in pictures_of(folder, plan):
        whole = open_picture(path, is_whole=True).crop((0, 0, size.width, size.height))
        number = int(path.name.partition("-")[0])
        yield miniature(whole, titles.get(number, _image_name(folder)))
