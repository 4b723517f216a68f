"""How `dreamzoom dream *.jpg` shares out the cores: processes against threads.

    python tests/benchmarks/bench_many.py [--size 640x360] [--pictures 8] [--model NAME|DIR] [--rounds 3]

The same pictures are dreamed by one process with all threads, then by more and more processes with fewer
threads each; starting them is included. Medians of the rounds; the ratio is to one process. `dream` itself
would choose the one so marked.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from statistics import median

import torch

from dreamzoom.batch import Task, choose_workers, dream_many, open_dreamer
from dreamzoom.pictures.clouds import clouds
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.schema import Recipe
from dreamzoom.recipe.units import Size
from dreamzoom.workers import Workers


def main() -> None:
    """Print the table."""
    from contenders import machine  # not above: the workers, which read this file too, need nothing of it

    options = _options()
    print(machine())
    recipe = build_recipe({"model": {"name": options.model, "device": "cpu"}})
    with tempfile.TemporaryDirectory() as folder:
        tasks = _pictures(Path(folder), Size(*options.size), options.pictures)
        chosen = choose_workers(open_dreamer(recipe.model), recipe, tasks, None)
        times: dict[Workers, list[float]] = {workers: [] for workers in _divisions(torch.get_num_threads())}
        for _ in range(options.rounds):
            for workers, seconds in times.items():
                seconds.append(_seconds(recipe, tasks, workers))
    print("processes  threads each  s/picture  ratio")
    single = median(times[next(iter(times))])
    for workers, seconds in times.items():
        mark = "  chosen" if workers == chosen else ""
        each = median(seconds) / options.pictures
        print(f"{workers.count:9}{workers.threads:14}{each:11.3f}{single / median(seconds):7.2f}{mark}")


def _divisions(cores: int) -> list[Workers]:
    """One process with all cores, then twice as many with half of them, and so on."""
    counts = [2**power for power in range(cores.bit_length()) if 2**power <= cores]
    return [Workers(count, cores // count) for count in counts]


def _seconds(recipe: Recipe, tasks: list[Task], workers: Workers) -> float:
    start = time.perf_counter()
    for outcome in dream_many(recipe, tasks, workers=workers):
        assert outcome.error is None, outcome.error
    return time.perf_counter() - start


def _pictures(folder: Path, size: Size, count: int) -> list[Task]:
    tasks = [Task(str(folder / f"{number}.png"), folder / f"{number}.jpg") for number in range(count)]
    for number, task in enumerate(tasks):
        clouds(size, number).save(task.source)
    return tasks


def _options() -> argparse.Namespace:
    from contenders import parse_size

    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=parse_size, default=(640, 360))
    parser.add_argument("--pictures", type=int, default=8)
    parser.add_argument("--model", default="squeezenet")
    parser.add_argument("--rounds", type=int, default=3)
    return parser.parse_args()


if __name__ == "__main__":
    main()
