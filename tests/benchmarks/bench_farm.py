"""What it costs to share work out: `python tests/benchmarks/bench_farm.py`.

A film of 8 scenes and 16 pictures, made by the plain command and by `--cluster` with one and two workers of
one thread each on this machine, side by side in one run; and tasks that do nothing, for what a task costs.
The plain command has all the machine's threads, which may round otherwise than one: the workers' frames are
compared with those of a scene that the plain command makes with one thread. It prints load, cores and
processor with the figures. Nothing else should be running.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamzoom.farm.cluster.connection import connected
from dreamzoom.farm.cluster.running import ClusterReporter, run_on_cluster
from dreamzoom.workers import Workers
from support.farm import frames_of, refuse_the_first, scheduler, worker

_SCENE = """
[[scene]]
image = "{image}"
length = {seconds}
"""


def storyboard(folder: Path, size: str, seconds: float) -> Path:
    """Eight scenes."""
    images = ("clouds", "hills", "marble", "nebula") * 2
    scenes = "".join(_SCENE.format(image=image, seconds=seconds) for image in images)
    path = folder / "board.toml"
    path.write_text(f'[film]\nsize = "{size}"\nfps = 10\n{scenes}', encoding="utf-8")
    return path


def timed(*arguments: object, **more: str) -> float:
    """Seconds that a dreamzoom command takes, with more in its environment."""
    began = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "dreamzoom", *map(str, arguments)],
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **more},
    )
    return time.perf_counter() - began


def scene_of_one_thread(board: Path, film: Path) -> dict[str, str]:
    """What the first scene's frames are known by, where the plain command has one thread as workers have."""
    timed("film", board, "-o", film, "--begin")
    timed("resume", film, "--scene", "01-clouds", OMP_NUM_THREADS="1")
    return frames_of(film)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", default="320x180")
    parser.add_argument("--seconds", type=float, default=2.0, help="of each scene, at 10 frames a second")
    asked = parser.parse_args()
    processor = next(
        (
            line.split(": ")[1]
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if "model name" in line
        ),
        "unknown",
    )
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores, {processor}")
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        board = storyboard(folder, asked.size, asked.seconds)
        photos = [folder / f"{number:02d}.png" for number in range(16)]
        for number, photo in enumerate(photos):
            timed(
                "dream",
                "clouds",
                "-o",
                photo,
                "--size",
                asked.size,
                "--seed",
                number,
                "--set",
                "dream.octaves=1",
            )
        address = stack.enter_context(scheduler()).address
        film, pictures = (
            timed("film", board, "-o", folder / "plain"),
            timed("dream", *photos, "-o", folder / "pictures"),
        )
        alike = scene_of_one_thread(board, folder / "alike")
        print(f"8 scenes of {asked.size}, plain: {film:.1f} s; 16 pictures, plain: {pictures:.1f} s")
        for count in (1, 2):
            stack.enter_context(worker(address))
            time.sleep(5)  # until it is there
            on = ("--cluster", address)
            seconds = timed("film", board, "-o", folder / f"film-{count}", *on)
            same = alike.items() <= frames_of(folder / f"film-{count}").items()
            of_pictures = timed("dream", *photos, "-o", folder / f"pictures-{count}", *on)
            print(
                f"{count} worker(s) of one thread: scenes {seconds:.1f} s ({seconds / film:.2f} of plain, "
                f"the frames of one thread: {same}), "
                f"pictures {of_pictures:.1f} s ({of_pictures / pictures:.2f})"
            )
        with connected(address, Workers(1, 1)) as client:
            began = time.perf_counter()
            list(run_on_cluster(client, folder, refuse_the_first, range(1, 101), ClusterReporter()))
            print(f"100 tasks that do nothing: {(time.perf_counter() - began) * 10:.0f} ms each")


if __name__ == "__main__":
    main()
