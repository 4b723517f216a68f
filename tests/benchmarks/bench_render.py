"""Whole renders, as people start them: against their dreams alone, the loop of 2015, and a busy machine.

    python tests/benchmarks/bench_render.py                          all looks on all cores, quiet
    python tests/benchmarks/bench_render.py --busy --cores 1 --cores 2 --frames 100
    python tests/benchmarks/bench_render.py --look classic --frames 300 --frames-of-2015 20

Looks: `classic`, `bestiary` (what `render` takes without a preset) and `every4`, the same with
`camera.every = 4`. A render counts from its first stored frame to its finished film, start-up left out; the
dreams alone are those of its frames, made again by the same process with nothing beside them. A line each:

    cores      that the process is kept to, and as many threads
    s/frame    by the clock
    core s     of all threads and of ffmpeg together; other work of the machine hardly changes them
    x dreams   how many times its dreams alone a render takes, by the clock and by core seconds
    x 2015     how many times as fast as the loop of 2015 with its JPEGs and its film, where there is Caffe
    MB         the most memory that the process had, ffmpeg's not counted
    busy       with --busy: s/frame beside a process that spins on the same cores, and how many times slower

Then the time to the first frame of the README's command, start-up included, on a disk that has been read.
Run it on a quiet machine; the load is printed. `--threads` and `--spins` try other plans: how many threads
dream, and how often a thread looks before it sleeps while it waits for another. What waiting costs where
cores are scarce, on two cores of a Xeon with a load of 12, a dream of bestiary at 640x360 in core seconds:

    2 threads, spins 10000 (as was asked for until then)               0.61
    2 threads, spins  1000                                             0.44
    2 threads, spins     0                                             0.37
    1 thread                                                           0.37

What it printed on two quiet cores of an AMD EPYC (Zen 4), torch 2.13.0, 640x360 (every4's rate is so many
times bestiary's; of five runs, 2.9 to 3.9):

    look      cores  frames  s/frame  x dreams  x 2015   busy  every4's rate
    classic       2     300    0.789      1.03     3.9
    bestiary      2      60    0.218      1.26    16.3   1.56
    every4        2      60    0.063      1.33    55.9   1.53           3.43
    bestiary      1      60    0.292      1.11    12.7   2.04
    every4        1      60    0.087      1.33    42.6   1.83           3.37

bestiary at 1920x1080 took 1.46 s a frame, 7.4 times as long for 9 times the pixels. The first frame came
after 1.7 to 1.8 s. Both threads dream: kept to one, a frame of bestiary took 0.28 s on the two cores.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from typing import Any

from contenders import OCTAVE_SCALE, OCTAVES, STEPS, TARGETS, machine, open_net, parse_size, picture

from dreamzoom._version import __version__
from dreamzoom.clip.folder import ClipFolder, create_clip
from dreamzoom.clip.journal import Entry
from dreamzoom.clip.lock import writing
from dreamzoom.clip.place import prepare_folder
from dreamzoom.dream.ascent import dream
from dreamzoom.dream.planning.frame import plan_dream
from dreamzoom.dream.planning.goals import Instant
from dreamzoom.engines.base import Engine
from dreamzoom.engines.torch.process import let_waiting_threads_sleep
from dreamzoom.pictures.frames import read_frame, to_tensor
from dreamzoom.randomness import frame_generator
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.presets import find_preset
from dreamzoom.render.frame import prepare_renderer
from dreamzoom.render.loop import render
from dreamzoom.render.preparation import prepare
from dreamzoom.render.store import Reporter

LOOKS: dict[str, tuple[str, int]] = {
    "classic": ("classic", 1),
    "bestiary": ("bestiary", 1),
    "every4": ("bestiary", 4),
}
"""The preset of each, and its `camera.every`."""
MOST_DREAMS = 12  # that are made again
PATIENCE_S = 300
SPIN = "while True: pass"
MEGABYTE = 1e6 if sys.platform == "darwin" else 1e3  # in the units of ru_maxrss


@dataclass(frozen=True)
class Case:
    """What is rendered, and on how many cores."""

    look: str
    size: tuple[int, int]
    frames: int
    cores: int
    precision: str


@dataclass(frozen=True)
class Spent:
    """Seconds a frame: by the clock, and of all cores together."""

    seconds: float
    core_seconds: float


@dataclass(frozen=True)
class Rendered:
    """A render, its dreams alone, and the most memory of the process in MB."""

    render: Spent
    dreams: Spent
    memory: float


# ---- in a process of its own ---------------------------------------------------------------------


def render_case(case: Case) -> Rendered:
    """Render a case's clip, and dream its frames again."""
    preset, every = LOOKS[case.look]
    table = {
        "clip": {"size": "x".join(map(str, case.size)), "frames": case.frames},
        "camera": {"every": every},
        "model": {"device": "cpu", "precision": case.precision},
    }
    prepared = prepare(build_recipe(find_preset(preset).fragment, table))
    model = prepared.engine.model
    with tempfile.TemporaryDirectory() as folder:
        prepare_folder(Path(folder, "clip"))
        clip = create_clip(
            Path(folder, "clip"), prepared.recipe, __version__, model.sha256, prepared.ingredients
        )
        rendered = _render(clip, prepared.engine)
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / MEGABYTE
        dreams = _dream_again(clip, prepared.engine)
    each = Spent(dreams.seconds / every, dreams.core_seconds / every)
    return Rendered(rendered, each, memory)


def _render(clip: ClipFolder, engine: Engine) -> Spent:
    """A frame's share of a render, from the first stored one to the end."""
    begun: list[tuple[float, float]] = []

    def on_stored(entry: Entry) -> None:
        if not begun:
            begun.append(_clocks())

    with writing(clip.path):
        render(clip, engine, Reporter(on_stored=on_stored))
    now, frames = _clocks(), clip.recipe.clip.frames - 1
    return Spent((now[0] - begun[0][0]) / frames, (now[1] - begun[0][1]) / frames)


def _dream_again(clip: ClipFolder, engine: Engine) -> Spent:
    """The median dream of a clip's frames."""
    recipe, renderer = clip.recipe, prepare_renderer(clip, clip.takes[-1], engine)
    every = recipe.camera.every
    laps: list[tuple[float, float]] = []
    for frame in range(every, recipe.clip.frames, every)[:MOST_DREAMS]:
        image = to_tensor(read_frame(clip.frame_path(frame - every))).float()
        plan = plan_dream(recipe.dream, renderer.features, Instant(frame, recipe.clock, 0))
        before = _clocks()
        dream(image, engine, plan, frame_generator(recipe.clip.seed, frame))
        now = _clocks()
        laps.append((now[0] - before[0], now[1] - before[1]))
    return Spent(*map(median, zip(*laps, strict=True)))


def loop_of_2015(size: tuple[int, int], frames: int) -> Spent:
    """A frame of the loop of 2015, its share of the film included."""
    from loop_of_2015 import Notebook, zoom_video

    with tempfile.TemporaryDirectory() as folder:
        model = open_net("squeezenet", Path(folder))
        notebook = Notebook(model, TARGETS["squeezenet"], OCTAVES, OCTAVE_SCALE, STEPS)
        image, before = picture(size).permute(1, 2, 0).numpy(), _clocks()
        zoom_video(notebook, image, frames, Path(folder))
    now = _clocks()
    return Spent((now[0] - before[0]) / frames, (now[1] - before[1]) / frames)


def _clocks() -> tuple[float, float]:
    """The time, and that of this process and of its children that have ended on all cores."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return time.perf_counter(), sum(each.ru_utime + each.ru_stime for each in used)


def alone(cores: int, threads: int | None, job: Callable[..., Any], *arguments: object) -> Any:
    """What a function gives in a process of its own, kept to so many cores; without `threads`, as many."""
    os.environ["OMP_NUM_THREADS"] = str(threads or cores)  # torch asks for it when it is loaded
    with ProcessPoolExecutor(1, get_context("spawn"), initializer=_keep_to, initargs=(cores,)) as process:
        return process.submit(job, *arguments).result()


def _keep_to(cores: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


@contextlib.contextmanager
def busy_process(cores: int) -> Iterator[None]:
    """A process that spins on one of the first cores."""
    with subprocess.Popen([sys.executable, "-c", SPIN]) as process:
        if hasattr(os, "sched_setaffinity"):
            os.sched_setaffinity(process.pid, sorted(os.sched_getaffinity(0))[:cores])
        try:
            yield
        finally:
            process.kill()


# ---- the table -----------------------------------------------------------------------------------


def table(options: argparse.Namespace) -> Iterator[str]:
    """The lines, each as it is measured."""
    for cores in options.cores or [_cores()]:
        base: Spent | None = None
        if options.frames_of_2015 and importlib.util.find_spec("caffe"):
            base = alone(cores, None, loop_of_2015, options.size, options.frames_of_2015)
            yield f"2015      {cores:5}{base.seconds:9.3f}{base.core_seconds:8.2f}"
        rates: dict[str, float] = {}
        for look in options.look or LOOKS:
            case = Case(look, options.size, options.frames, cores, options.precision)
            quiet = min(
                (alone(cores, options.threads, render_case, case) for _ in range(options.rounds)),
                key=lambda each: each.render.seconds,
            )
            rates[look] = 1 / quiet.render.seconds
            yield _line(case, quiet, base) + (_busy(case, quiet, options.threads) if options.busy else "")
        if {"bestiary", "every4"} <= rates.keys():
            yield f"every4 has {rates['every4'] / rates['bestiary']:.2f} times the rate of bestiary"


def _line(case: Case, found: Rendered, base: Spent | None) -> str:
    seconds, core_seconds = found.render.seconds, found.render.core_seconds
    return (
        f"{case.look:10}{case.cores:5}{seconds:9.3f}{core_seconds:8.2f}"
        f"{seconds / found.dreams.seconds:9.2f}{core_seconds / found.dreams.core_seconds:6.2f}"
        + (f"{base.seconds / seconds:8.2f}" if base else f"{'-':>8}")
        + f"{found.memory:6.0f}"
    )


def _busy(case: Case, quiet: Rendered, threads: int | None) -> str:
    with busy_process(case.cores):
        found = alone(case.cores, threads, render_case, case)
    return f"{found.render.seconds:9.3f}{found.render.seconds / quiet.render.seconds:6.2f}"


def first_frame() -> float:
    """Seconds from the README's command to its first frame on the disk; the second of two runs."""
    with tempfile.TemporaryDirectory() as folder:
        return [_first_frame(Path(folder, str(run))) for run in range(2)][-1]


def _first_frame(clip: Path) -> float:
    start, journal = time.perf_counter(), clip / "journal.jsonl"
    words = [sys.executable, "-m", "dreamzoom", "render", "--frames", "300", "--out", str(clip)]
    with subprocess.Popen(words, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            while not (journal.exists() and journal.stat().st_size):
                if process.poll() is not None or time.perf_counter() - start > PATIENCE_S:
                    sys.exit("dreamzoom render made no frame")
                time.sleep(0.005)
            return time.perf_counter() - start
        finally:
            process.kill()


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def main() -> None:
    """Print the table."""
    let_waiting_threads_sleep()  # in the processes that are started here, as the command does
    options = _options()
    if options.spins is not None:
        os.environ["GOMP_SPINCOUNT"] = str(options.spins)
    print(machine())
    print("look      cores  s/frame  core s   x dreams     x 2015    MB", "    busy" if options.busy else "")
    for line in table(options):
        print(line, flush=True)
    os.environ.pop("OMP_NUM_THREADS", None)
    if not options.no_first:
        print(f"the README's first frame: {first_frame():.2f} s")
    print(f"load at the end {os.getloadavg()[0]:.1f}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--look", action="append", choices=list(LOOKS))
    parser.add_argument("--size", type=parse_size, default=(640, 360), metavar="WIDTHxHEIGHT")
    parser.add_argument("--frames", type=int, default=40, help="of each render; 6 at least")
    parser.add_argument("--rounds", type=int, default=1, help="the quickest counts")
    parser.add_argument("--cores", type=int, action="append")
    parser.add_argument("--precision", default="float32")
    parser.add_argument("--threads", type=int, help="that dream; as many as cores")
    parser.add_argument("--spins", type=int, help="GOMP_SPINCOUNT")
    parser.add_argument("--busy", action="store_true")
    parser.add_argument("--frames-of-2015", type=int, default=4, metavar="FRAMES")
    parser.add_argument("--no-first", action="store_true", help="leave the README's command out")
    return parser.parse_args()


if __name__ == "__main__":
    main()
