"""A cluster whose machines are cut off: `python tests/campaign/namespaces.py`, as root on Linux.

    apt-get install iproute2 bindfs

A scheduler, two workers and a client, each in a network namespace of its own with a host name of its own,
joined by a bridge in another one; nothing of this machine's own network is touched. They make a film while

    cut       a worker's network goes down in the middle, and comes back
    zombie    a worker's network and its disk freeze in the middle, and thaw once the other one has gone on;
              each machine sees the folder through a file system of its own, whose locks no other machine sees
    client    the command is killed, and given again
    scheduler the scheduler is killed, and everything is started again

and each time the frames are compared with those that one process makes, and the journal is looked through
for frames that two have written. `--wire` tells what goes over the network instead. Names of trials run those
alone. Dask gives up a silent connection after 30 seconds; here that is `--patience`, to take less time.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.farm import frames_of, write_storyboard

_NETWORK = "10.177.0"
_HUB = "dz-hub"
_HOSTS = ("dz-scheduler", "dz-one", "dz-two", "dz-client")
_ADDRESS = f"tcp://{_NETWORK}.1:8786"
_LONG = 120.0  # seconds until a trial has failed

# In a process's own mount and host name: the name, then the folder through a file system of its own.
_AS_HOST = """
hostname "$1"; shift
if [ -n "$1" ]; then
    mount --make-rprivate /
    bindfs -f "$1" "$2" & echo $! > "$3"
    until mountpoint -q "$2"; do sleep 0.05; done
fi
shift 3
exec "$@"
"""


@dataclass
class Host:
    """A machine: a network namespace, what runs in it, and how it sees the folder.

    Attributes:
        shared: the folder as the disk has it, and where this host sees it; None where that is the same.
    """

    name: str
    log: Path
    patience: int
    shared: tuple[Path, Path] | None = None
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *words: object) -> subprocess.Popen[bytes]:
        """Begin a command here."""
        disk = (*map(str, self.shared), str(self._disk_note)) if self.shared else ("", "", "")
        environment = {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": os.pathsep.join(filter(None, [str(Path(__file__).parents[2]), *sys.path])),
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__TCP": f"{self.patience}s",
        }
        with self.log.open("ab") as log:
            process = subprocess.Popen(
                [*_unshared(self.name), "sh", "-c", _AS_HOST, "sh", self.name, *disk, *map(str, words)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=environment,
                start_new_session=True,
            )
        self.running.append(process)
        return process

    def dask(self, program: str, *words: object) -> subprocess.Popen[bytes]:
        """Begin a scheduler or worker here."""
        return self.start(sys.executable, "-m", f"distributed.cli.dask_{program}", *words, "--no-dashboard")

    def cut(self, *, off: bool) -> None:
        """Take the network away, or give it back."""
        _ip("-n", _HUB, "link", "set", f"v-{self.name}", "down" if off else "up")

    def freeze(self, *, off: bool) -> None:
        """Have all that the disk is asked for wait, or go on."""
        os.kill(int(self._disk_note.read_text()), signal.SIGSTOP if off else signal.SIGCONT)

    def end(self, process: subprocess.Popen[bytes]) -> None:
        """Kill a command and all that it has started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def bytes_sent_and_received(self) -> tuple[int, int]:
        """What went over its network since it has one."""
        told = json.loads(_ip("-n", self.name, "-s", "-j", "link", "show", "dev", "eth0"))
        return (int(told[0]["stats64"]["tx"]["bytes"]), int(told[0]["stats64"]["rx"]["bytes"]))

    @property
    def _disk_note(self) -> Path:
        return self.log.with_suffix(".bindfs")


@dataclass(frozen=True)
class Farm:
    """The machines, and the folder that they share, by the path that they see it by."""

    folder: Path
    scheduler: Host
    one: Host
    two: Host
    client: Host

    def start(self) -> None:
        """Begin scheduler and workers, and wait until they know one another."""
        self.scheduler.dask("scheduler", "--host", f"{_NETWORK}.1", "--port", "8786")
        for host in (self.one, self.two):
            self.start_worker(host)

    def start_worker(self, host: Host) -> None:
        """Begin a worker as the guide says, and wait until the scheduler knows it."""
        known = self._registered()
        host.dask("worker", _ADDRESS, "--nthreads", "1")
        wait_until(f"{host.name} has a worker", lambda: self._registered() > known)

    def _registered(self) -> int:
        log = self.scheduler.log
        return log.read_text(errors="replace").count("Register worker") if log.exists() else 0

    def film(self, film: Path) -> subprocess.Popen[bytes]:
        """Begin to make a film on the cluster."""
        return self.client.start(sys.executable, "-m", "dreamzoom", "film", film, "--cluster", _ADDRESS)


def _unshared(namespace: str) -> tuple[str, ...]:
    return ("ip", "netns", "exec", namespace, "unshare", "--uts", "--mount")


def _ip(*words: str) -> str:
    return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout


def refusal() -> str:
    """Why this cannot run here; "" where it can."""
    if sys.platform != "linux" or os.geteuid():
        return "network namespaces are made by root on Linux"
    missing = [name for name in ("ip", "bindfs", "unshare", "mountpoint") if shutil.which(name) is None]
    if missing:
        return f"{', '.join(missing)} not found: apt-get install iproute2 bindfs"
    made = subprocess.run(["ip", "netns", "add", _HUB], capture_output=True, text=True, check=False)
    subprocess.run(["ip", "netns", "del", _HUB], capture_output=True, check=False)
    return made.stderr.strip()


@contextlib.contextmanager
def network() -> Iterator[None]:
    """The namespaces, each with eth0 at a bridge; they go with the context."""
    _ip("netns", "add", _HUB)
    try:
        _ip("-n", _HUB, "link", "add", "bridge", "type", "bridge")
        _ip("-n", _HUB, "link", "set", "bridge", "up")
        for number, name in enumerate(_HOSTS, 1):
            _ip("netns", "add", name)
            _ip("-n", name, "link", "add", "eth0", "type", "veth", "peer", "name", f"v-{name}", "netns", _HUB)
            _ip("-n", _HUB, "link", "set", f"v-{name}", "master", "bridge", "up")
            _ip("-n", name, "addr", "add", f"{_NETWORK}.{number}/24", "dev", "eth0")
            for link in ("lo", "eth0"):
                _ip("-n", name, "link", "set", link, "up")
        yield
    finally:
        for name in (*_HOSTS, _HUB):
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=False)


@contextlib.contextmanager
def farm(folder: Path, logs: Path, patience: int, *, own_disks: bool = False) -> Iterator[Farm]:
    """Scheduler, workers and a client; all that was begun on them ends with the context.

    Args:
        own_disks: each sees the folder through a file system of its own.
    """
    seen = folder
    if own_disks:
        seen = logs / "seen"
        seen.mkdir()
    shared = (folder, seen) if own_disks else None
    hosts = [Host(name, logs / f"{name}.log", patience, shared) for name in _HOSTS]
    try:
        with network():
            machines = Farm(seen, *hosts)
            machines.start()
            try:
                yield machines
            finally:
                for host in hosts:
                    for process in host.running:
                        host.end(process)
    finally:
        for host in hosts:
            tail = host.log.read_text(errors="replace")[-3000:] if host.log.exists() else ""
            if sys.exc_info()[0] is not None:
                print(f"---- {host.name}\n{tail}", file=sys.stderr)


def wait_until(what: str, condition: Callable[[], object]) -> None:
    """Wait for something, and print how long it took."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() > began + _LONG:
            raise SystemExit(f"it did not come: {what}")
        time.sleep(0.05)
    print(f"    {time.monotonic() - began:6.1f} s  {what}", flush=True)


# ---- trials --------------------------------------------------------------------------------------


def lines_of(film: Path, scene: str) -> list[int]:
    """The frames that a scene's journal tells of, line by line, as they were written."""
    path = film / "scenes" / scene / "journal.jsonl"
    lines = path.read_bytes().splitlines(keepends=True) if path.exists() else []
    return [int(json.loads(line)["frame"]) for line in lines if line.endswith(b"\n")]


_SCENE = "01-it-s-here"


def writer_of(film: Path) -> str:
    """The host that writes the first scene; "" where none does."""
    path = film / "scenes" / _SCENE / ".writer"
    try:
        return path.read_text().split()[1]
    except (OSError, IndexError):
        return ""


def in_the_middle(farm: Farm, film: Path) -> Host:
    """Wait until the first scene has frames; who makes it."""
    wait_until("the first scene has 20 frames", lambda: len(lines_of(film, _SCENE)) >= 20)
    return next(host for host in (farm.one, farm.two) if host.name == writer_of(film))


def finished(client: subprocess.Popen[bytes]) -> None:
    """Wait until a command has ended well."""
    wait_until("the command has ended", lambda: client.poll() is not None)
    if client.returncode:
        raise SystemExit(f"the command ended with {client.returncode}")


def cut(farm: Farm, film: Path) -> None:
    """The one that is cut off dreams on until it knows; the other one waits for its lock, and goes on."""
    client = farm.film(film)
    lost = in_the_middle(farm, film)
    lost.cut(off=True)
    had = len(lines_of(film, _SCENE))
    print(f"    {lost.name} is cut off at {had} frames")
    wait_until("another worker has its scene", lambda: writer_of(film) not in ("", lost.name))
    print(f"    it goes on at {len(lines_of(film, _SCENE))} frames")
    lost.cut(off=False)
    farm.start_worker(lost)  # as whatever watches over workers does: Dask's own has ended
    finished(client)


def zombie(farm: Farm, film: Path) -> None:
    """The one that comes back finds another's mark, and leaves the clip alone."""
    seen = Path(str(film).replace(str(film.parent), str(farm.folder)))
    client = farm.film(seen)
    lost = in_the_middle(farm, film)
    lost.freeze(off=True)
    lost.cut(off=True)
    had = len(lines_of(film, _SCENE))
    print(f"    {lost.name} is frozen at {had} frames")
    wait_until("another worker has its scene", lambda: writer_of(film) not in ("", lost.name))
    wait_until("it has made 20 frames", lambda: len(lines_of(film, _SCENE)) >= had + 20)
    heir = writer_of(film)
    lost.freeze(off=False)
    lost.cut(off=False)
    print(f"    {lost.name} is back at {len(lines_of(film, _SCENE))} frames")
    wait_until("20 more", lambda: len(lines_of(film, _SCENE)) >= had + 40)
    if writer_of(film) not in ("", heir):
        raise SystemExit(f"{writer_of(film)} has taken the scene back")
    finished(client)


def client(farm: Farm, film: Path) -> None:
    """The workers leave off, and the same command goes on."""
    first = farm.film(film)
    in_the_middle(farm, film)
    farm.client.end(first)
    wait_until("nobody makes the scene any more", lambda: not writer_of(film))
    finished(farm.film(film))


def scheduler(farm: Farm, film: Path) -> None:
    """The command says so; with a new scheduler and workers the same command goes on."""
    first = farm.film(film)
    in_the_middle(farm, film)
    farm.scheduler.end(farm.scheduler.running[0])
    wait_until("the command has ended", lambda: first.poll() is not None)
    if "the cluster's scheduler is gone" not in farm.client.log.read_text():
        raise SystemExit("and did not say why")
    wait_until("nobody makes the scene any more", lambda: not writer_of(film))
    farm.start()
    finished(farm.film(film))


_TRIALS = {"cut": cut, "zombie": zombie, "client": client, "scheduler": scheduler}


def begin(folder: Path, name: str, seconds: float) -> Path:
    """A film whose first scene is long, begun."""
    board = write_storyboard(folder)
    board.write_text(board.read_text().replace("length = 0.6", f"length = {seconds}"))
    dreamzoom("film", board, "-o", folder / name, "--begin")
    return folder / name


def dreamzoom(*words: object) -> None:
    """A dreamzoom command, here."""
    subprocess.run(
        [sys.executable, "-m", "dreamzoom", *map(str, words)],
        check=True,
        capture_output=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


def wire(folder: Path, seconds: float, patience: int) -> None:
    """Tell what each machine has sent and received for a film, and for as long with nothing to do."""
    film, logs = begin(folder, "film", seconds), folder / "logs"
    logs.mkdir()
    with farm(folder, logs, patience) as machines:
        hosts = (machines.scheduler, machines.one, machines.two, machines.client)
        before = [host.bytes_sent_and_received() for host in hosts]
        time.sleep(10)
        idle = [host.bytes_sent_and_received() for host in hosts]
        began = time.monotonic()
        finished(machines.film(film))
        took, after = time.monotonic() - began, [host.bytes_sent_and_received() for host in hosts]
    frames = len(frames_of(film))
    stored = sum(path.stat().st_size for path in film.rglob("*.png"))
    lines = sum(path.stat().st_size for path in film.rglob("journal.jsonl"))
    print(f"{frames} frames in {took:.0f} s; {stored // frames} bytes a file, {lines // frames} a line")
    print("bytes sent, received: with nothing to do, a second; for the film; for the film, a frame")
    for host, *counts in zip(hosts, before, idle, after, strict=True):
        rest, of_film = ([b - a for a, b in zip(x, y, strict=True)] for x, y in pairwise(counts))
        print(
            f"    {host.name:13} {rest[0] / 10:7.0f} {rest[1] / 10:7.0f}   {of_film[0]:9} {of_film[1]:9}"
            f"   {of_film[0] / frames:7.0f} {of_film[1] / frames:7.0f}"
        )


def main() -> None:
    """Try it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("trials", nargs="*", choices=[*_TRIALS, []], help="[default: all]")
    parser.add_argument("--seconds", type=float, default=100, help="of the first scene, 10 frames each")
    parser.add_argument("--patience", type=int, default=12, help="of Dask; 11 at least")
    parser.add_argument("--wire", action="store_true", help="measure what goes over the network")
    asked = parser.parse_args()
    if why := refusal():
        raise SystemExit(f"not tried: {why}")
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        if asked.wire:
            wire(base, asked.seconds, asked.patience)
            return
        dreamzoom("film", begin(base, "plain", asked.seconds))
        plain = frames_of(base / "plain")
        for trial in asked.trials or _TRIALS:
            print(trial, flush=True)
            folder, logs = base / trial, base / f"{trial}-logs"
            folder.mkdir()
            logs.mkdir()
            film = begin(folder, "film", asked.seconds)
            with farm(folder, logs, asked.patience, own_disks=trial == "zombie") as machines:
                _TRIALS[trial](machines, film)
            lines = lines_of(film, _SCENE)
            print(
                f"    the same frames: {frames_of(film) == plain}; the video is there: "
                f"{(film / 'film.mp4').exists()}; each frame was noted once: {lines == sorted({*lines})}"
            )


if __name__ == "__main__":
    main()
