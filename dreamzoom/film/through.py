"""What a scene begins with that goes on with the dream of the one before it.

It is that scene's last frame, moved as the camera of the new one moves from one frame to the next: so the
zoom goes on at the join, and the first dream is that which would have come anyway.
"""

from __future__ import annotations

from pathlib import Path

from dreamzoom.camera.aim import AS_WRITTEN
from dreamzoom.camera.lens import lens_of
from dreamzoom.camera.path import motion_into
from dreamzoom.clip.reading import is_there
from dreamzoom.errors import ClipError
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.plan import PlannedScene
from dreamzoom.io.files import read_at_most, storage_errors, write_atomically
from dreamzoom.pictures.frames import encode_png, read_frame, round_to_uint8, to_array, to_tensor

_LARGEST = 1 << 30  # bytes


def write_beginning(film: FilmFolder, before: PlannedScene, scene: PlannedScene) -> Path:
    """Write the picture that a scene begins with, of the finished one before it.

    Returns:
        Its file, which is written only if it is another picture.

    Raises:
        PictureError: the last frame is missing or damaged.
        StorageError: it cannot be written.
    """
    data = beginning_of(film.scene_path(before.name), before, scene)
    path = film.through_path / f"{scene.name}.png"
    if not is_there(path) or read_at_most(path, _LARGEST, ClipError, "picture") != data:
        with storage_errors(film.through_path):
            film.through_path.mkdir(exist_ok=True)
        write_atomically(path, data)
    return path


def beginning_of(folder: Path, before: PlannedScene, scene: PlannedScene) -> bytes:
    """The picture that a scene begins with, as a PNG.

    Args:
        folder: of the finished scene before it.

    Raises:
        PictureError: the last frame is missing or damaged.
    """
    last = folder / "frames" / f"{before.stop - before.first - 1:06d}.png"
    motion = motion_into(scene.recipe, 0, AS_WRITTEN)
    return encode_png(
        to_array(round_to_uint8(lens_of(scene.recipe).move(to_tensor(read_frame(last)), motion)))
    )
