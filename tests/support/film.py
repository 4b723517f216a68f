"""Small films, planned by hand: each scene begins with a plain colour, which its frames keep."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.film.checking import check_scenes
from dreamzoom.film.folder import FilmFolder, beginning_film
from dreamzoom.film.making import make_film, settle_film
from dreamzoom.film.note import FilmNote, write_note
from dreamzoom.film.plan import CUT, FilmPlan, PlannedScene, Transition
from dreamzoom.film.scenes import FilmReporter
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.units import Size
from support.video import decode_video

SIZE = Size(64, 48)
FPS = Fraction(10)
COLOURS = {"red": (200, 30, 30), "green": (30, 200, 30), "blue": (30, 30, 200), "grey": (128, 128, 128)}


def plain_picture(folder: Path, colour: str) -> Path:
    """A picture of one colour, by its name."""
    path = folder / f"{colour}.png"
    if not path.exists():
        Image.new("RGB", (SIZE.width, SIZE.height), COLOURS[colour]).save(path)
    return path


def plan_scene(
    pictures: Path, name: str, first: int, stop: int, kind: str = CUT, over: int = 0, **changes: object
) -> PlannedScene:
    """A scene whose name ends in the colour of its picture.

    Args:
        kind, over: of its transition.
        changes: keys of its recipe, a double underscore for their dot.
    """
    colour = name.rpartition("-")[2]
    values: dict[str, dict[str, object]] = {
        "clip": {
            "size": str(SIZE),
            "fps": int(FPS),
            "frames": stop - first,
            "image": "" if kind == "dream" else str(plain_picture(pictures, colour)),
        },
        "dream": {"octaves": 1, "iterations": 1, "step_size": 1, "layer": "fire2/concat"},
    }
    for key, value in changes.items():
        table, setting = key.split("__")
        values.setdefault(table, {})[setting] = value
    if kind == "dream":
        values["clip"]["image"] = "grey"
    recipe = build_recipe(values)
    if kind == "dream":
        recipe = replace(recipe, clip=replace(recipe.clip, image=""))
    return PlannedScene(name, recipe, first, stop, Transition(kind, over))


def plan_film(*scenes: PlannedScene, **more: object) -> FilmPlan:
    """A film of them, as long as its scenes."""
    values = {"name": "film", "size": SIZE, "fps": FPS, "frames": max(scene.stop for scene in scenes)}
    return FilmPlan(scenes=scenes, **(values | more))


def make_here(path: Path, plan: FilmPlan, told: list[str] | None = None) -> FilmFolder:
    """Make a film in this process; what it says goes to `told`."""
    lines: list[str] = [] if told is None else told
    with beginning_film(path) as film:
        if not film.note_path.exists():
            write_note(film, FilmNote())
        scenes = check_scenes(film, plan)
        settle_film(film, plan, scenes, lines.append)
        make_film(film, plan, scenes, FilmReporter(on_message=lines.append))
    return film


def colours_shown(video: Path) -> list[str]:
    """Which colour each frame of a video has most of: "black" where it has none."""
    return [name_colour(picture) for picture in decode_video(video)]


def name_colour(picture: NDArray[np.uint8]) -> str:
    """The name in `COLOURS` of the colour that a picture is nearest to, or "black"."""
    known = {"black": (0, 0, 0), **COLOURS}
    mean = picture.reshape(-1, 3).mean(0)
    return min(known, key=lambda name: float(np.abs(mean - known[name]).sum()))


def frames_of(film: FilmFolder, scenes: Sequence[str]) -> dict[str, dict[str, bytes]]:
    """The stored frames of some scenes, by the scene's name and the file's."""
    return {
        scene: {
            path.name: path.read_bytes() for path in sorted((film.scene_path(scene) / "frames").glob("*.png"))
        }
        for scene in scenes
    }
