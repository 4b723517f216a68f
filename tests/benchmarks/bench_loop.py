"""Where a render's time goes, stage by stage: warp, colour, dream, 8 bits, PNG, disk, video; as shares of a
frame.

    python tests/benchmarks/bench_loop.py [--size 640x360] [--frames 12] [--model NAME|DIR] [--layer BLOB]

Each stage is timed by itself, in turn, on the frames of one chain, after a warm-up frame; a share is a
stage's median time over the sum of all medians. In a render, writing and encoding overlap the next dream:
the last lines compare the loop's wall time a frame with the dream's alone, measured in the same run.
"""

from __future__ import annotations

import argparse
import os
import platform
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from statistics import median

import numpy as np

from dreamzoom._version import __version__
from dreamzoom.camera.lens import lens_of
from dreamzoom.camera.path import motion_between
from dreamzoom.clip.folder import ClipFolder, create_clip
from dreamzoom.clip.journal import Entry
from dreamzoom.clip.lock import writing
from dreamzoom.clip.place import prepare_folder
from dreamzoom.dream.ascent import dream
from dreamzoom.dream.planning.frame import plan_dream
from dreamzoom.dream.planning.goals import Instant
from dreamzoom.io.files import write_atomically
from dreamzoom.pictures.frames import round_to_uint8, to_array
from dreamzoom.pictures.png import encode_frame, pixels_digest
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.build import build_recipe
from dreamzoom.render.frame import prepare_renderer
from dreamzoom.render.loop import render
from dreamzoom.render.preparation import Prepared, prepare
from dreamzoom.render.store import Reporter
from dreamzoom.video.encode import BESIDE_A_DREAM, Encoder

_AS_LOOKS_DO = {"camera": {"zoom": 1.03, "rotate": 0.3}, "colour": {"hold": 1, "even": 0.1}}


def main() -> None:
    """Print the table."""
    options = _options()
    table = {
        "clip": {"size": options.size, "frames": options.frames},
        "model": {"name": options.model},
        "dream": {"layer": options.layer},
        **_AS_LOOKS_DO,
    }
    prepared = prepare(build_recipe(table))
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, {prepared.engine.fingerprint}"
    )
    with tempfile.TemporaryDirectory() as folder:
        stages = _stages(prepared, Path(folder) / "stages")
        wall, dreaming = _whole(prepared, Path(folder) / "whole"), stages["dream"]
    total = sum(stages.values())
    for name, seconds in stages.items():
        print(f"{name:8}  {seconds * 1000:8.1f} ms  {seconds / total:6.1%}")
    print(f"a frame of the whole render takes {wall / dreaming:.2f} times its dream: ", end="")
    print(f"all else costs {max(wall - dreaming, 0) / wall:.1%} of the wall time")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", default="640x360")
    parser.add_argument("--frames", type=int, default=12)
    parser.add_argument("--model", default="squeezenet")
    parser.add_argument("--layer", default="")
    return parser.parse_args()


def _begin(prepared: Prepared, folder: Path) -> ClipFolder:
    prepare_folder(folder)
    model = prepared.engine.model
    return create_clip(folder, prepared.recipe, __version__, model.sha256, prepared.ingredients)


def _stages(prepared: Prepared, folder: Path) -> dict[str, float]:
    """The median seconds of each stage, one frame at a time."""
    clip = _begin(prepared, folder)
    renderer, recipe = prepare_renderer(clip, clip.takes[-1], prepared.engine), clip.recipe
    times: dict[str, list[float]] = defaultdict(list)
    frame_bytes = renderer.start
    with Encoder(
        clip.video_path,
        (recipe.clip.size.width, recipe.clip.size.height),
        recipe.clip.fps,
        effort=BESIDE_A_DREAM,
    ) as encoder:
        for frame in range(recipe.clip.frames):
            laps = _Laps(times)
            motion = motion_between(recipe, frame, frame + 1)
            image = lens_of(recipe).move(frame_bytes, motion).clamp_(0, 255)
            laps.lap("warp")
            image = renderer._coloured(image, frame)
            laps.lap("colour")
            plan = plan_dream(recipe.dream, renderer.features, Instant(frame, recipe.clock, 0))
            result = dream(image, renderer.engine, plan, frame_generator(0, frame))
            laps.lap("dream")
            frame_bytes = round_to_uint8(result.image)
            pixels: np.ndarray = to_array(frame_bytes)
            laps.lap("8 bits")
            data = encode_frame(pixels)
            pixels_digest(pixels)
            laps.lap("PNG")
            write_atomically(clip.frame_path(frame), data)
            laps.lap("disk")
            encoder.write(pixels)
            laps.lap("video")
    return {name: median(values[1:]) for name, values in times.items()}


class _Laps:
    """A stopwatch that files each lap under a name."""

    def __init__(self, times: dict[str, list[float]]) -> None:
        self._times = times
        self._last = time.perf_counter()

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self._times[name].append(now - self._last)
        self._last = now


def _whole(prepared: Prepared, folder: Path) -> float:
    """Wall seconds a frame of a render as users run it, from the second frame to the finished video."""
    clip = _begin(prepared, folder)
    stored: list[float] = []

    def on_stored(entry: Entry) -> None:
        stored.append(time.perf_counter())

    with writing(clip.path):
        render(clip, prepared.engine, Reporter(on_stored=on_stored))
    return (time.perf_counter() - stored[0]) / (len(stored) - 1)


if __name__ == "__main__":
    main()
