"""How fast an atlas is dreamed: GoogLeNet's layers, against the notebook's loop of 2015 on real Caffe.

    python tests/benchmarks/bench_atlas.py                       some 20 minutes on two quiet cores
    python tests/benchmarks/bench_atlas.py --sample 3 --size 320x180 --no-all

All dream 4 octaves of 1.4, 10 steps of 1.5 in each, jitter 32. First a sample of the blobs, spread evenly
over the network, in turn: the notebook (`loop_of_2015`; its loading is not counted), and the real command
`dreamzoom atlas` from its start to the contact sheet, in each precision. `one process` is the same with one
process that has all cores, in place of one process a core. Then the command alone, over all of GoogLeNet's
convolutions and concatenations, with tour and all; what the notebook would take for them is reckoned from the
sample.

`seconds` are by the clock; `core s` are those of all cores together, which other work of the machine hardly
changes. The weights are seeded: they are as much work as trained ones.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from contenders import (
    OCTAVE_SCALE,
    OCTAVES,
    STEPS,
    ZOO,
    machine,
    open_net,
    parse_size,
    picture,
    weights_of,
    write_weights,
)
from PIL import Image

from dreamzoom.models.network import Concat, Convolution
from dreamzoom.pictures.frames import round_to_uint8, to_array

NET = "googlenet"
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Taken:
    """Seconds by the clock, and of all cores together."""

    seconds: float
    core_seconds: float

    def __add__(self, other: Taken) -> Taken:
        return Taken(self.seconds + other.seconds, self.core_seconds + other.core_seconds)


def main() -> None:
    """Print the tables."""
    options = _options()
    print(machine())
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = _write_picture(options.picture, options.size, folder)
        _write_model(folder)
        blobs = _blobs(folder)
        for line in _tables(blobs, image, options, folder):
            print(line, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--picture", type=Path, help="instead of a smooth one of coloured spots")
    parser.add_argument("--size", type=parse_size, default=(1024, 575), metavar="WxH")
    parser.add_argument("--sample", type=int, default=12, help="how many blobs the notebook dreams")
    parser.add_argument("--precision", action="append", choices=PRECISIONS, help="both, if none is named")
    parser.add_argument("--no-all", action="store_true", help="leave out the whole atlas")
    parser.add_argument("--no-one", action="store_true", help="leave out the one process")
    parser.add_argument("--no-notebook", action="store_true", help="leave out the notebook")
    return parser.parse_args()


def _tables(blobs: Sequence[str], image: Path, options: argparse.Namespace, folder: Path) -> Iterator[str]:
    precisions = options.precision or PRECISIONS
    sample = _spread(blobs, options.sample)
    size = "{}x{}".format(*options.size)
    yield f"\n{len(sample)} of {NET}'s {len(blobs)} blobs at {size}: {', '.join(sample)}"
    yield "                  seconds   x 2015    core s   x 2015"
    base = None
    if not options.no_notebook:
        base = _notebook(sample, image, folder)
        yield _row("2015", base, base)
    if not options.no_one:
        yield _row("one process", _one_process(sample, image, precisions[0], folder), base)
    for precision in precisions:
        taken = _command(sample, image, precision, folder, "--no-tour")
        yield _row(precision, taken, base)
        if not options.no_all:
            whole = _command(blobs, image, precision, folder)
            reckoned = (
                f", the notebook some {base.seconds / taken.seconds * whole.seconds / 60:.0f}" if base else ""
            )
            yield f"    all {len(blobs)} blobs, with tour: {whole.seconds / 60:.2f} minutes{reckoned}"


def _row(name: str, taken: Taken, base: Taken | None) -> str:
    ratios = [
        f"{each / ours:9.2f}" if each else f"{'-':>9}"
        for each, ours in (
            (base and base.seconds, taken.seconds),
            (base and base.core_seconds, taken.core_seconds),
        )
    ]
    return f"{name:15}{taken.seconds:10.1f}{ratios[0]}{taken.core_seconds:10.1f}{ratios[1]}"


def _spread(blobs: Sequence[str], count: int) -> list[str]:
    """So many of the blobs, evenly from the first to the last."""
    return [blobs[round(place)] for place in np.linspace(0, len(blobs) - 1, min(count, len(blobs)))]


# ---- what is dreamed -----------------------------------------------------------------------------


def _write_picture(given: Path | None, size: tuple[int, int], folder: Path) -> Path:
    target = folder / "picture.png"
    if given is None:
        Image.fromarray(to_array(round_to_uint8(picture(size)))).save(target)
    else:
        with Image.open(given) as opened:
            opened.convert("RGB").resize(size, Image.Resampling.LANCZOS).save(target)
    return target


def _write_model(folder: Path) -> None:
    """A folder with the net and seeded weights, as `--model` takes it."""
    (folder / NET).mkdir()
    write_weights(NET, folder / NET)
    shutil.copy(ZOO / NET / "deploy.prototxt", folder / NET)


def _blobs(folder: Path) -> list[str]:
    """What GoogLeNet's convolutions and concatenations write."""
    assert weights_of(NET, folder / NET).exists()
    layers = open_net(NET, folder / NET).network.layers
    return [layer.tops[0] for layer in layers if type(layer.operation) in (Convolution, Concat)]


# ---- who dreams ----------------------------------------------------------------------------------


def _notebook(blobs: Sequence[str], image: Path, folder: Path) -> Taken:
    """The notebook's dreams of the blobs, one after the other."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        parts = [process.submit(_notebook_dream, blob, image, folder).result() for blob in blobs]
    return sum(parts, Taken(0, 0))


def _notebook_dream(blob: str, image: Path, folder: Path) -> Taken:
    from loop_of_2015 import Notebook

    with Image.open(image) as opened:
        pixels = np.asarray(opened, dtype=np.float32)
    notebook = Notebook(open_net(NET, folder / NET), blob, OCTAVES, OCTAVE_SCALE, STEPS)
    start, start_of_work = time.perf_counter(), time.process_time()
    notebook.dream(pixels, np.random.default_rng(0))
    return Taken(time.perf_counter() - start, time.process_time() - start_of_work)


def _command(blobs: Sequence[str], image: Path, precision: str, folder: Path, *more: str) -> Taken:
    """The command, start-up and all."""
    layers = [word for blob in blobs for word in ("--layers", blob)]
    words = ["atlas", str(image), "--out", "atlas", "--model", f"./{NET}", "--precision", precision]
    return _timed(lambda: _run([sys.executable, "-m", "dreamzoom", *words, *layers, *more], folder), folder)


def _one_process(blobs: Sequence[str], image: Path, precision: str, folder: Path) -> Taken:
    """The same with one process that has all cores."""
    words = [sys.executable, __file__, "--one-process", str(image), precision, *blobs]
    return _timed(lambda: _run(words, folder), folder)


def _run(words: Sequence[str], folder: Path) -> None:
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def _timed(run: Callable[[], None], folder: Path) -> Taken:
    shutil.rmtree(folder / "atlas", ignore_errors=True)
    start, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    work = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    return Taken(time.perf_counter() - start, work)


def _be_one_process(image: str, precision: str, *blobs: str) -> None:
    """Dream an atlas in this process with all cores, in the working folder."""
    import torch

    from dreamzoom.atlas.folder import begin_atlas, require_room_for
    from dreamzoom.atlas.making import make_plates, prepare_atlas, write_sheet
    from dreamzoom.atlas.plates import Selection
    from dreamzoom.recipe.build import build_recipe
    from dreamzoom.workers import Workers

    recipe = build_recipe({"clip": {"image": image}, "model": {"name": f"./{NET}", "precision": precision}})
    prepared = prepare_atlas(recipe, Selection(blobs), labels=True, has_size=False)
    target = Path("atlas")
    require_room_for(target)
    folder = begin_atlas(target, prepared.atlas, prepared.files, force=False)
    alone = Workers(1, torch.get_num_threads())
    outcomes = list(make_plates(folder, prepared.plan, recipe.model, lambda: None, alone))
    assert all(outcome.error is None for outcome in outcomes)
    write_sheet(folder, prepared.plan)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one-process"]:
        from dreamzoom.engines.torch.process import let_waiting_threads_sleep

        let_waiting_threads_sleep()
        _be_one_process(*sys.argv[2:])
    else:
        main()
