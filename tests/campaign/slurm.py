"""A film made by a real SLURM on this machine: `python tests/campaign/slurm.py`, as root on Debian.

    apt-get install slurmd slurmctld slurm-client munge

It starts munged, slurmctld and slurmd on the loopback with a configuration of its own, exports a small film,
puts it into the queue, asks one scene to end as a time limit does, waits until the video is there, and
compares the frames with those that one process makes. What it started it stops.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.farm import frames_of, has_frames, write_storyboard

_PATIENCE_S = 600.0
_CONFIGURATION = """
ClusterName=dreamzoom
SlurmctldHost=localhost(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
SlurmctldPort=16817
SlurmdPort=16818
SlurmctldPidFile={folder}/ctld.pid
SlurmdPidFile={folder}/d.pid
SlurmdSpoolDir={folder}/spool
StateSaveLocation={folder}/state
SlurmctldLogFile={folder}/ctld.log
SlurmdLogFile={folder}/d.log
NodeName=localhost CPUs={cores} RealMemory=4000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@contextlib.contextmanager
def slurm(folder: Path) -> Iterator[None]:
    """SLURM with one node, this machine."""
    configuration = folder / "slurm.conf"
    configuration.write_text(_CONFIGURATION.format(folder=folder, cores=os.cpu_count()))
    for name in ("spool", "state"):
        (folder / name).mkdir()
    os.environ["SLURM_CONF"] = str(configuration)
    if subprocess.run("munge -n | unmunge", shell=True, capture_output=True, check=False).returncode:  # noqa: S602
        Path("/run/munge").mkdir(exist_ok=True)
        shutil.chown("/run/munge", "munge")
        subprocess.run(["su", "-s", "/bin/sh", "munge", "-c", "munged"], check=True)
    subprocess.run(["slurmctld"], check=True)
    subprocess.run(["slurmd", "-N", "localhost"], check=True)
    try:
        yield
    finally:
        for name in ("d.pid", "ctld.pid"):
            with contextlib.suppress(OSError, ValueError):
                os.kill(int((folder / name).read_text()), 15)


def wait_until(what: str, condition: object) -> None:
    """Wait for something, by a function that tells whether it is so."""
    until = time.monotonic() + _PATIENCE_S
    while not condition():  # type: ignore[operator]
        if time.monotonic() > until:
            raise SystemExit(f"it did not come: {what}")
        time.sleep(0.2)
    print(what)


def queued() -> list[str]:
    """The jobs that run or wait, by their numbers."""
    return subprocess.run(
        ["squeue", "-h", "-o", "%F_%K %T"], capture_output=True, text=True, check=True
    ).stdout.split("\n")[:-1]


def main() -> None:
    """Try it."""
    dreamzoom = [sys.executable, "-m", "dreamzoom"]
    with tempfile.TemporaryDirectory() as name, slurm(Path(name)):
        folder = Path(name)
        board = write_storyboard(folder)
        board.write_text(board.read_text().replace("length = 0.6", "length = 20"))
        subprocess.run([*dreamzoom, "film", board, "-o", folder / "plain"], check=True)
        subprocess.run([*dreamzoom, "film", board, "-o", folder / "film", "--begin"], check=True)
        script = folder / "film.sh"
        export = ("farm", "export", folder / "film", "--for", "slurm", "-o", script)
        subprocess.run([*dreamzoom, *export, "--program", " ".join(dreamzoom)], check=True)
        subprocess.run(["sh", script, f"--output={folder}/%A_%a.log"], check=True)
        wait_until("the first frame is there", lambda: has_frames(folder / "film"))
        first = next(line for line in queued() if "_0 " in line)
        subprocess.run(["scancel", "--signal=TERM", "--batch", first.split()[0]], check=True)
        print("its first scene was asked to end")
        wait_until("the queue is empty", lambda: not queued())
        logs = "\n".join(path.read_text() for path in sorted(folder.glob("*_*.log")))
        is_same = frames_of(folder / "film") == frames_of(folder / "plain")
        print(f"asked to end, and went on: {'stopped; go on with' in logs}; the same frames: {is_same}")
        print(f"the video is there: {(folder / 'film' / 'film.mp4').exists()}")


if __name__ == "__main__":
    main()
