"""Whether a disk has room for what will be rendered."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.errors import StorageError, warn
from dreamzoom.io.disk import free_space
from dreamzoom.io.files import storage_errors
from dreamzoom.io.memory import gigabytes
from dreamzoom.recipe.schema import Recipe
from dreamzoom.render.rounds import torus_pixels

# A dreamed frame hardly compresses: measured 0.55 to 0.75 of its raw bytes; the least is asked for.
_PNG_SHARE = 0.5


def require_space(folder: Path, clips: Sequence[ClipFolder]) -> None:
    """See that a disk has room for what clips lack, all of them together. One that does not tell is believed.

    Args:
        folder: where they lie.

    Raises:
        StorageError: naming what is needed and what is free.
    """
    missing = [clip.recipe.clip.frames - len(clip.finished_frames()) for clip in clips]
    needed = sum(_bytes_of(clip.recipe, frames) for clip, frames in zip(clips, missing, strict=True))
    _require_free(folder, sum(missing), needed)


def require_disk(folder: Path, recipe: Recipe, frames: int) -> None:
    """See that a disk has room for so many frames of a recipe. One that does not tell is believed.

    Args:
        folder: on that disk; it need not be there yet.

    Raises:
        StorageError: naming what is needed and what is free.
    """
    _require_free(folder, frames, _bytes_of(recipe, frames))


def _bytes_of(recipe: Recipe, frames: int) -> int:
    size = recipe.clip.size
    pixels = frames * size.width * size.height + (torus_pixels(recipe) if frames else 0)
    return int(pixels * 3 * _PNG_SHARE)


def _require_free(folder: Path, frames: int, needed: int) -> None:
    with storage_errors(folder):
        there = next(each for each in (folder, *folder.absolute().parents) if each.exists())
    free = free_space(there)
    if free is None:
        warn(f"{folder}: its disk does not tell how much is free; {gigabytes(needed)} are needed")
    elif needed > free:
        raise StorageError(
            f"{folder}: {frames} frames need about {gigabytes(needed)}, and {gigabytes(free)} are free: "
            "make space, or choose another disk with --out"
        )
