"""A Dask scheduler and its workers as processes, and a small film for them."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import OtherMachineError
from dreamzoom.farm.link import WorkerLink

STORYBOARD = """
[film]
size = "64x48"
fps = 10

[dream]
octaves = 1
iterations = 2
layer = "fire2/concat"

[[scene]]
name = "it's $(here)"
image = "clouds"
length = 0.6

[[scene]]
image = "hills"
length = 0.5

[[scene]]
image = "marble"
length = 0.4
transition = "dream"
over = 0.2
"""


def write_storyboard(folder: Path) -> Path:
    """Three scenes of 64x48, of which the last goes on with the dream of the second."""
    path = folder / "board.toml"
    path.write_text(STORYBOARD, encoding="utf-8")
    return path


def frames_of(film: Path) -> dict[str, str]:
    """What the frames of a film's scenes are known by."""
    return {
        f"{scene.name}/{entry.frame}": entry.identity
        for scene in sorted((film / "scenes").iterdir())
        for entry in open_clip(scene).journal()
    }


def has_frames(film: Path) -> bool:
    """Whether any scene of a film has a frame."""
    return any(path.stat().st_size for path in film.glob("scenes/*/journal.jsonl"))


def free_port() -> int:
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        return int(listener.getsockname()[1])


@dataclass(frozen=True)
class RunningScheduler:
    """A scheduler at work, and its address."""

    address: str
    process: subprocess.Popen[bytes]


@contextlib.contextmanager
def scheduler() -> Iterator[RunningScheduler]:
    """A scheduler that answers."""
    port = free_port()
    with _running("dask_scheduler", "--host", "127.0.0.1", "--port", str(port), "--no-dashboard") as process:
        for _ in range(600):
            with contextlib.suppress(OSError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            time.sleep(0.1)
        yield RunningScheduler(f"tcp://127.0.0.1:{port}", process)


@contextlib.contextmanager
def worker(
    address: str, *, threads: int = 1, without: Path | None = None
) -> Iterator[subprocess.Popen[bytes]]:
    """A worker, which nothing starts again.

    Args:
        without: a folder that is empty for this worker alone, for which it takes root on Linux.
    """
    options = ("--nthreads", str(threads), "--no-nanny", "--no-dashboard", "--death-timeout", "60")
    around = () if without is None else (*_ALONE, "sh", "-c", _HIDE, "sh", str(without))
    with _running("dask_worker", address, *options, around=around) as process:
        yield process


_ALONE = ("unshare", "--mount", "--propagation", "private")
_HIDE = 'mount -t tmpfs none "$1" && shift && exec "$@"'


def can_hide() -> bool:
    """Whether a folder can be hidden from a worker here."""
    if sys.platform != "linux" or shutil.which("unshare") is None:
        return False
    return subprocess.run([*_ALONE, "true"], check=False, capture_output=True).returncode == 0


@contextlib.contextmanager
def _running(program: str, *arguments: str, around: Sequence[str] = ()) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        [*around, sys.executable, "-m", f"distributed.cli.{program}", *arguments],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def refuse_the_first(link: WorkerLink, task: int) -> int:
    """A task for workers: 0 was begun by a machine that is not there, any other is done at once."""
    if task == 0:
        raise OtherMachineError("clip was made by torch 9, tpu until now", "torch 9, tpu")
    return task
