"""Clips made by hand, and pages about them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timezone
from pathlib import Path

import numpy as np

from dreamzoom._version import __version__
from dreamzoom.clip.folder import ClipFolder, Ingredients, create_clip
from dreamzoom.clip.journal import Entry
from dreamzoom.pictures.frames import encode_png
from dreamzoom.recipe.build import Fragment, build_recipe
from dreamzoom.report.gather import Report, gather
from dreamzoom.report.page import write_page

NOW = datetime(2031, 5, 4, 3, 2, 1, tzinfo=timezone.utc)
HOSTILE = "<script>document.title='owned'</script>&\"'"
WIDTH, HEIGHT = 64, 48


def noise(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.random.default_rng(seed).integers(40, 200, (height, width, 3), dtype=np.uint8)


def begin(
    folder: Path,
    frames: int,
    size: tuple[int, int] = (WIDTH, HEIGHT),
    goals: Sequence[Mapping[str, object]] = (),
    **camera: object,
) -> ClipFolder:
    """A clip without frames, its start image noise."""
    values = {
        "clip": {"frames": frames, "size": f"{size[0]}x{size[1]}"},
        "dream": {"layer": "fire2/concat", "goal": list(goals)},
        "camera": camera,
    }
    (folder / "frames").mkdir(parents=True)
    recipe = build_recipe(Fragment("test", values))
    return create_clip(folder, recipe, __version__, "0" * 64, Ingredients(encode_png(noise(99, *size))))


def store(clip: ClipFolder, pictures: Sequence[np.ndarray]) -> ClipFolder:
    """Give a clip its first frames."""
    journal = clip.journal()
    for number, picture in enumerate(pictures):
        data = encode_png(picture)
        clip.frame_path(number).write_bytes(data)
        digest = hashlib.sha256(data).hexdigest()
        journal.record(Entry(number, digest, len(data), 0.25, 100.0 + number, "torch"))
    return clip


def rewrite_journal(clip: ClipFolder, change: Callable[[dict[str, object]], dict[str, object]]) -> None:
    """Put each line's values through `change`."""
    path = clip.path / "journal.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    path.write_text("".join(json.dumps(change(line)) + "\n" for line in lines))
    vars(clip).pop("_journal", None)  # a clip reads it once


def report_of(clip: ClipFolder) -> Report:
    return gather(clip, clip.path / "report.html", NOW)


def page_of(clip: ClipFolder) -> str:
    return write_page(report_of(clip))
