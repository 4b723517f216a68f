"""The moving pictures of a picture's looks, one after another, by one engine for all looks of a model.

Each is a clip of its own in a folder aside, rendered as any clip is, so that it shows what a clip of that
look shows, and one that was stopped goes on. Its frames become an animated WebP, which every browser and most
viewers play, and a JPEG.
"""

from __future__ import annotations

import io
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from PIL import Image

from dreamzoom._version import __version__
from dreamzoom.atlas.sheet import Heading, Miniature, contact_pages, encode_page, miniature
from dreamzoom.clip.folder import ClipFolder, create_clip
from dreamzoom.clip.lock import writing
from dreamzoom.engines.base import Engine
from dreamzoom.errors import ClipError, DreamzoomError, Interrupted
from dreamzoom.io.disk import remove_tree
from dreamzoom.io.files import sha256_of, write_atomically
from dreamzoom.looks.choosing import TriedLook, is_for_a_song, missing_model
from dreamzoom.looks.folder import LooksFolder
from dreamzoom.looks.trying import Format, try_recipe
from dreamzoom.pictures.frames import picture_png
from dreamzoom.pictures.generate import GENERATORS, start_picture
from dreamzoom.recipe.build import dump_recipe
from dreamzoom.recipe.schema import ModelSettings, Recipe
from dreamzoom.render.loop import render
from dreamzoom.render.preparation import prepare
from dreamzoom.render.store import Reporter

STILL_AT: Final = 0.6
"""Which frame is a look's still, as a share of the way: the picture is still there, and so is the dream."""

_QUALITY: Final = 80  # of a frame of 256x144 some 9 kB
_STILL_QUALITY: Final = 90
_START: Final = "start.png"


@dataclass(frozen=True)
class MadeLook:
    """What became of a look.

    Attributes:
        made: whether it was made now; else it was there, or could not be made.
        missing: what has to be typed before it can be tried, "" where nothing has to.
        fault: why it could not be tried, "" where it could.
        seconds: how long it took.
    """

    look: TriedLook
    made: bool = False
    missing: str = ""
    fault: str = ""
    seconds: float = 0.0

    @property
    def is_there(self) -> bool:
        """Whether its files are there."""
        return not self.missing and not self.fault


@dataclass
class Maker:
    """Makes looks of one picture into a folder.

    Attributes:
        image: a picture's path or URL, or a generated one's name.
        on_step: called before every step of a dream; what it raises ends the work.
    """

    folder: LooksFolder
    image: str
    shape: Format
    on_step: Callable[[], None] = lambda: None
    _engines: dict[ModelSettings, Engine] = field(default_factory=dict)

    def make(self, looks: Sequence[TriedLook]) -> Iterator[MadeLook]:
        """Make what is not there yet, each told of once its files are there.

        What is wrong with one look stops no other.

        The caller holds the folder's lock.

        Raises:
            PictureError: the picture cannot be read.
            StorageError: the disk is full, or a file could not be written.
            Interrupted: somebody asked to stop.
        """
        image, digest = self._begin()
        for look in looks:
            started = time.monotonic()
            try:
                outcome = self._make_one(look, image, digest)
            except Interrupted:
                raise
            except DreamzoomError as error:
                if error.exit_status == 1:  # the disk, the memory, the engine: the next would fail as well
                    raise
                outcome = MadeLook(look, fault=str(error))
            yield MadeLook(
                look, outcome.made, outcome.missing, outcome.fault, round(time.monotonic() - started, 2)
            )
        remove_tree(self.folder.making)

    def _begin(self) -> tuple[str, str]:
        """The picture as looks name it, fitted once for all of them; and what it is known by."""
        if self.image in GENERATORS:
            return self.image, self.image
        data = picture_png(start_picture(self.image, self.shape.size, 0))
        path = self.folder.making / _START
        write_atomically(path, data)
        return str(path.resolve()), sha256_of(data)

    def _make_one(self, look: TriedLook, image: str, digest: str) -> MadeLook:
        if is_for_a_song(look):
            return MadeLook(look, fault="it goes by a song, and is seen where there is one")
        recipe = try_recipe(look.fragment, image, self.shape)
        if missing := missing_model(recipe.model.name):
            return MadeLook(look, missing=missing)
        key = sha256_of(
            dump_recipe(recipe).replace(image, "").encode(), digest.encode(), __version__.encode()
        )
        if self.folder.has(look.name, key):
            return MadeLook(look)
        frames = self._dream(look.name, recipe)
        self._write(look.name, frames, 1000 / float(recipe.clip.fps))
        self.folder.note(look.name, key)
        remove_tree(self.folder.making / look.name)
        return MadeLook(look, made=True)

    def _dream(self, name: str, recipe: Recipe) -> list[Image.Image]:
        """The frames of a look's clip; one that was begun goes on."""
        place = self.folder.making / name
        prepared = prepare(recipe, None, self._engines.get(recipe.model))
        self._engines[recipe.model] = prepared.engine
        sha256 = prepared.engine.model.sha256
        place.mkdir(parents=True, exist_ok=True)
        with writing(place):
            try:
                clip = create_clip(place, prepared.recipe, __version__, sha256, prepared.ingredients)
            except ClipError:  # of another picture, or recipe
                _empty(place)
                clip = create_clip(place, prepared.recipe, __version__, sha256, prepared.ingredients)
            render(clip, prepared.engine, Reporter(on_step=self.on_step), redo=True)
        return _pictures(clip)

    def _write(self, name: str, frames: Sequence[Image.Image], milliseconds: float) -> None:
        still = frames[round(STILL_AT * (len(frames) - 1))]
        write_atomically(self.folder.still_path(name), encode_still(still))
        write_atomically(self.folder.moving_path(name), _moving(frames, milliseconds))


def write_sheet(folder: LooksFolder, names: Sequence[str], title: str) -> None:
    """The stills of looks on one picture, each with its name; nothing where there are none."""
    tiles: list[Miniature] = []
    for name in names:
        with Image.open(folder.still_path(name)) as still:
            tiles.append(miniature(still.convert("RGB"), name))
    if tiles:
        page = next(contact_pages(tiles, Heading(title, (f"{len(tiles)} looks",))))
        write_atomically(folder.sheet_path, encode_page(page))


def encode_still(picture: Image.Image) -> bytes:
    """A still as a JPEG file, its colours whole."""
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=_STILL_QUALITY, subsampling=0)
    return buffer.getvalue()


def _moving(frames: Sequence[Image.Image], milliseconds: float) -> bytes:
    """Frames as an animated WebP that begins again for ever."""
    buffer = io.BytesIO()
    first, *rest = frames
    first.save(
        buffer,
        "WEBP",
        save_all=True,
        append_images=rest,
        duration=round(milliseconds),
        loop=0,
        quality=_QUALITY,
        method=2,
    )
    return buffer.getvalue()


def _pictures(clip: ClipFolder) -> list[Image.Image]:
    pictures = []
    for path in clip.finished_frames():
        with Image.open(path) as frame:
            pictures.append(frame.convert("RGB"))
    return pictures


def _empty(place: Path) -> None:
    """Remove what an unfinished clip has, but for the lock that is held."""
    for path in place.iterdir():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            remove_tree(path)
        else:
            path.unlink()
