"""How fast dreamzoom dreams: against the loop of 2015, a plain PyTorch loop, and what the processor can do.

    python tests/benchmarks/yardstick.py                               both nets at 640x360
    python tests/benchmarks/yardstick.py --net googlenet --size 320x180 --size 1920x1080 --rounds 5
    python tests/benchmarks/yardstick.py --renders 12                  whole renders instead, with video

All contenders (`contenders` says who they are) dream the same frames in turn, in one run. A line each: median
seconds a frame, how many times faster than the loop of 2015, the same by the work of all cores (which a busy
machine hardly changes), seconds a megapixel, how many times the floor, and the objective reached, as a ratio
to float32's (the mean over the rounds, which jitter differently). The floor is no run: the arithmetic of the
convolutions up to the target, forward and back to their inputs, over the rate of a large matrix product
measured before and after; bfloat16 has its own.

Whole renders are measured from the command to the finished film, with the preset `classic`: dreamzoom's,
start-up included, against what one did in 2015 (dream, save a JPEG, `affine_transform`, then ffmpeg over the
folder), whose loading is not counted.

Two quiet cores of an AMD EPYC (Zen 4: AVX-512 with bfloat16), torch 2.13.0, 640x360, times as fast as the
loop of 2015, and times the floor:

    SqueezeNet  float32 4.4 and 1.5,  bfloat16 6.3 and 2.3; plain PyTorch 1.65 and 4.0
    GoogLeNet   float32 3.4 and 1.2,  bfloat16 5.9 to 6.3 and 1.5; plain PyTorch 1.2 and 3.6

(Without dreamzoom's own kernels 3.7, 5.2, 2.9 and 4.7.) A megapixel of SqueezeNet takes 2.8 s at 640x360, 2.7
at 1920x1080 and 4.1 at 320x180, where starting each operation counts; of GoogLeNet in bfloat16 6.1, 5.3 and
8.2. Whole renders of 50 frames, SqueezeNet: 4.6 in float32 and 5.9 in bfloat16 times as fast as in 2015.
`bench_engine.py` says where the time goes.
"""

from __future__ import annotations

import argparse
import importlib.util
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

from contenders import (
    CONTENDERS,
    OCTAVE_SCALE,
    OCTAVES,
    STEPS,
    TARGETS,
    Arena,
    Result,
    floors,
    machine,
    measure,
    open_net,
    parse_size,
    picture,
    weights_of,
    write_weights,
)

NEEDS_CAFFE = {"2015", "caffe"}


def table(arena: Arena, names: Sequence[str], rounds: int) -> Iterator[str]:
    """The lines for one net at one size."""
    before = floors(arena)
    results = {result.name: result for result in measure(names, arena, rounds)}
    least = {name: min(seconds, before[name]) for name, seconds in floors(arena).items()}
    width, height = arena.size
    yield f"\n{arena.net} {TARGETS[arena.net]} {width}x{height}"
    yield "            s/frame   x 2015  core s   x 2015  s/Mpixel  x floor  objective"
    base, reference = results.get("2015"), results.get("float32")
    for result in results.values():
        floor = least.get(result.name, least["float32"])
        megapixel = result.seconds / (width * height / 1e6)
        yield (
            f"{result.name:10}{result.seconds:9.3f}{_ratio(base, result, 'seconds')}"
            f"{result.core_seconds:8.2f}{_ratio(base, result, 'core_seconds')}"
            f"{megapixel:10.2f}{result.seconds / floor:9.2f}{_reached(result, reference)}"
        )
    for name, floor in least.items():
        yield f"floor     {floor:9.3f}  of {name}"


def _ratio(base: Result | None, result: Result, figure: str) -> str:
    return f"{getattr(base, figure) / getattr(result, figure):9.2f}" if base else f"{'-':>9}"


def _reached(result: Result, reference: Result | None) -> str:
    return f"{result.objective / reference.objective:11.4f}" if reference else f"{'-':>11}"


# ---- whole renders -------------------------------------------------------------------------------


def renders(arena: Arena, names: Sequence[str], frames: int, rounds: int) -> Iterator[str]:
    """The lines of whole renders of one net at one size."""
    seconds = {name: [_render(name, arena, frames) for _ in range(rounds)] for name in names}
    yield f"\n{arena.net} {arena.size[0]}x{arena.size[1]}, {frames} frames and the film"
    yield "            seconds  s/frame   x 2015"
    medians = {name: median(times) for name, times in seconds.items()}
    for name, time_taken in medians.items():
        ratio = f"{medians['2015'] / time_taken:9.2f}" if "2015" in medians else f"{'-':>9}"
        yield f"{name:10}{time_taken:9.2f}{time_taken / frames:9.3f}{ratio}"


def _render(name: str, arena: Arena, frames: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        if name == "2015":
            with ProcessPoolExecutor(1, get_context("spawn")) as process:
                return process.submit(_film_of_2015, arena, frames, Path(folder)).result()
        return _dreamzoom(name, arena, frames, Path(folder))


def _film_of_2015(arena: Arena, frames: int, folder: Path) -> float:
    from loop_of_2015 import Notebook, zoom_video

    model = open_net(arena.net, arena.folder)
    notebook = Notebook(model, TARGETS[arena.net], OCTAVES, OCTAVE_SCALE, STEPS)
    start = time.perf_counter()
    zoom_video(notebook, picture(arena.size).permute(1, 2, 0).numpy(), frames, folder)
    return time.perf_counter() - start


def _dreamzoom(name: str, arena: Arena, frames: int, folder: Path) -> float:
    engine = ("caffe", "float32") if name == "caffe" else ("torch", name)
    width, height = arena.size
    settings = {
        "out": folder / "clip",
        "preset": "classic",
        "frames": frames,
        "size": f"{width}x{height}",
        "model": _model_folder(arena, folder),
        "layer": TARGETS[arena.net],
        "engine": engine[0],
        "precision": engine[1],
    }
    options = [str(word) for key, value in settings.items() for word in (f"--{key}", value)]
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "dreamzoom", "render", *options],
        check=True,
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    return time.perf_counter() - start


def _model_folder(arena: Arena, folder: Path) -> str | Path:
    """A folder with the net's two files, unless it is embedded."""
    if arena.net == "squeezenet":
        return arena.net
    place = folder / arena.net
    place.mkdir()
    prototxt = open_net(arena.net, arena.folder).prototxt
    assert prototxt
    (place / "deploy.prototxt").write_bytes(prototxt.read_bytes())
    (place / "weights.caffemodel").write_bytes(weights_of(arena.net, arena.folder).read_bytes())
    return place


# ---- the command ---------------------------------------------------------------------------------


def main() -> None:
    """Print the tables."""
    options = _options()
    names = [name for name in options.contender or CONTENDERS if name not in NEEDS_CAFFE or _has_caffe()]
    print(machine())
    if not _has_caffe():
        print("without the loop of 2015 and the caffe engine: Caffe is not installed")
    with tempfile.TemporaryDirectory() as folder:
        for net in options.net or TARGETS:
            write_weights(net, Path(folder))
            for size in options.size or [(640, 360)]:
                arena = Arena(net, size, Path(folder))
                print("\n".join(_lines(arena, names, options)), flush=True)


def _lines(arena: Arena, names: list[str], options: argparse.Namespace) -> Iterator[str]:
    if options.renders:
        return renders(arena, [name for name in names if name != "plain"], options.renders, options.rounds)
    return table(arena, names, options.rounds)


def _has_caffe() -> bool:
    return importlib.util.find_spec("caffe") is not None


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--net", action="append", choices=sorted(TARGETS))
    parser.add_argument("--size", action="append", type=parse_size, metavar="WIDTHxHEIGHT")
    parser.add_argument("--contender", action="append", choices=list(CONTENDERS))
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--renders", type=int, default=0, metavar="FRAMES")
    return parser.parse_args()


if __name__ == "__main__":
    main()
