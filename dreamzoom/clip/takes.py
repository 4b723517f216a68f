"""Takes: the stretches of a clip, each ruled by one recipe.

A clip begins as one take. Where its recipe is changed in the middle, the recipe that ruled until then stays
with the clip, in a folder named after the first frame it no longer rules:

    CLIP/before-000137/recipe.toml      frames 0 to 136 follow this one
    CLIP/before-000137/guide.png        its guide pictures and palettes, where it has any
    CLIP/before-000137/adopted.png      frame 136, where a person retouched it: see `adopt`
    CLIP/recipe.toml                    frames from 137 on follow this one

So every frame can be made again by the recipe that made it, however often a clip was forked or extended. A
take begins with a dreamed frame, made from the stored frame right before it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from dreamzoom.clip.reading import is_there, reading
from dreamzoom.errors import ClipError
from dreamzoom.io.disk import sync_folder
from dreamzoom.io.files import read_at_most, storage_errors, write_atomically
from dreamzoom.recipe.frozen import FrozenRecipe, dump_frozen, load_frozen
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.music import Music

LARGEST_PICTURE = 1 << 30  # bytes of a PNG; the largest frames have 805 MB of pixels

ADOPTED = "adopted.png"
"""The file that keeps a take's last frame as a person retouched it, where it was adopted."""

BY_HAND = "a person's hand"
"""What the journal says made such a frame."""

_FOLDER = re.compile(r"before-(\d{6})")


@dataclass(frozen=True)
class Take:
    """A stretch of a clip.

    Attributes:
        first, stop: its first frame, and the one after its last.
        frozen: the recipe it follows.
        folder: where its recipe and pictures lie.
    """

    first: int
    stop: int
    frozen: FrozenRecipe
    folder: Path

    @property
    def recipe(self) -> Recipe:
        """What decides the take's pixels."""
        return self.frozen.recipe

    @property
    def guide_paths(self) -> dict[str, Path]:
        """The guide pictures, by what the recipe calls them; only a guided take has any."""
        return self.kept("guide")

    @property
    def palette_paths(self) -> dict[str, Path]:
        """The pictures whose colours are held, by what the recipe calls them."""
        return self.kept("palette")

    @property
    def nudge_paths(self) -> dict[str, Path]:
        """The picture that the guard makes a stuck dream follow, by what the recipe calls it, if any."""
        return self.kept("nudge")

    def kept(self, kind: str) -> dict[str, Path]:
        """Where the take keeps the pictures of a kind, by what the recipe calls them."""
        kept = kept_pictures(self.recipe).items()
        return {name: self.folder / file for file, (each, name) in kept if each == kind}

    def picture_paths(self) -> list[Path]:
        """All pictures that the take is made with, but for the clip's start image."""
        paths = [self.folder / file for file in kept_pictures(self.recipe)]
        return paths if self.adopted is None else [*paths, self.adopted]

    @property
    def adopted(self) -> Path | None:
        """The take's last frame as a person retouched it, where it was adopted."""
        return self.folder / ADOPTED if ADOPTED in self.frozen.files else None

    def stretch(self, first: int, stop: int) -> Take:
        """The same recipe for other frames. A frame that was adopted is one where it is still the last."""
        frozen = self.frozen if stop == self.stop else without_adopted(self.frozen)
        return replace(self, first=first, stop=stop, frozen=frozen)

    def read_pictures(self) -> dict[str, bytes]:
        """Their files, by file name. Raises a ClipError where one is missing."""
        return {path.name: _read_picture(path) for path in self.picture_paths()}

    def key_at_or_after(self, frame: int) -> int:
        """The first dreamed frame that is not earlier; it may lie after the take's end."""
        every = self.recipe.camera.every
        return self.first + -(-(frame - self.first) // every) * every

    def key_before(self, frame: int) -> int:
        """The last dreamed frame before `frame`, which lies after `first`."""
        every = self.recipe.camera.every
        return self.first + (frame - 1 - self.first) // every * every


@dataclass(frozen=True)
class Earlier:
    """The recipe that ruled a clip until frame `stop`."""

    stop: int
    frozen: FrozenRecipe


def without_adopted(frozen: FrozenRecipe) -> FrozenRecipe:
    """A frozen recipe that tells of no adopted frame."""
    files = {name: sha256 for name, sha256 in frozen.files.items() if name != ADOPTED}
    sizes = {name: size for name, size in frozen.sizes.items() if name != ADOPTED}
    return replace(frozen, files=files, sizes=sizes)


def earlier_folder(clip: Path, stop: int) -> Path:
    """Where a clip keeps the recipe that ruled it until frame `stop`."""
    return clip / f"before-{stop:06d}"


def dump_own(frozen: FrozenRecipe, earlier: Iterable[Earlier]) -> str:
    """The text of a clip's own `recipe.toml`. It tells of its earlier ones too: one that is lost is missed.

    Raises as `dump_frozen`.
    """
    return dump_frozen(replace(frozen, before=tuple(each.stop for each in earlier)))


def read_earlier(clip: Path, heard: Music | None, told: Iterable[int] = ()) -> tuple[Earlier, ...]:
    """A clip's earlier recipes, in the order of their frames.

    Args:
        heard: the clip's song, where tracks go by it.
        told: the frames until which earlier recipes rule, as the clip's own tells.

    Raises:
        ClipError: one of them is missing or damaged.
    """
    with reading(clip):
        stops = [_FOLDER.fullmatch(path.name) for path in clip.iterdir() if path.is_dir()]
    numbers = sorted({*told, *(int(match[1]) for match in stops if match)})
    return tuple(_read(clip, stop, heard) for stop in numbers)


def write_earlier(clip: Path, earlier: Earlier, pictures: Mapping[str, bytes]) -> None:
    """Keep the recipe that ruled a clip until a frame, and its pictures by the names of their files.

    Raises:
        StorageError: the folder cannot be written.
    """
    folder = earlier_folder(clip, earlier.stop)
    with storage_errors(folder):
        folder.mkdir(exist_ok=True)
    for name, data in pictures.items():
        write_atomically(folder / name, data)
    write_atomically(folder / "recipe.toml", dump_own(earlier.frozen, ()).encode())
    sync_folder(clip)


def _read(clip: Path, stop: int, heard: Music | None) -> Earlier:
    path = earlier_folder(clip, stop) / "recipe.toml"
    if not is_there(path):
        raise ClipError(f"{path} is missing: frames before {stop} follow it; restore it from a copy")
    return Earlier(stop, load_frozen(path, heard))


def _read_picture(path: Path) -> bytes:
    if not is_there(path):
        raise ClipError(f"{path} is missing: restore it from a copy")
    return read_at_most(path, LARGEST_PICTURE, ClipError, "picture")
