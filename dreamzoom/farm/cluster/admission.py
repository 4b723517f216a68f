"""Which workers may take part: those that have the same versions, and see the same folder."""

from __future__ import annotations

import platform
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from distributed import Client, Worker
from distributed.core import Status
from distributed.diagnostics.plugin import WorkerPlugin

from dreamzoom._version import __version__
from dreamzoom.engines.torch.process import let_waiting_threads_sleep
from dreamzoom.errors import RequestError
from dreamzoom.io.files import sha256_of, write_atomically

PLUGIN: Final = "dreamzoom-admission"
"""The plugin's name on every worker."""

_PLACE = "dreamzoom"  # what a worker has one of, and a task takes
_CLASS_LETTERS = 16
_BETWEEN_LOOKS = 1.0  # seconds; the scheduler tells a page of facts about each worker


@dataclass(frozen=True)
class Versions:
    """What has to be the same on every machine."""

    dreamzoom: str
    python: str

    def __str__(self) -> str:
        return f"dreamzoom {self.dreamzoom} on Python {self.python}"


def own_versions() -> Versions:
    """Those of this process; of Python the first two numbers, by which functions are handed over."""
    return Versions(__version__, ".".join(platform.python_version_tuple()[:2]))


def machine_class(maker: str) -> str:
    """The resource that workers have which compute the bytes that `maker` does (`Engine.fingerprint`)."""
    return f"dreamzoom-{sha256_of(maker.encode())[:_CLASS_LETTERS]}"


@dataclass
class Admission(WorkerPlugin):
    """Lets a worker take part in a run, or says why not.

    Attributes:
        run: of the run; its resource is what the run's tasks ask for.
        token: a file in the folder that all share, and what it holds.
        refusal: why the worker may not; "" where it may.
    """

    run: str
    versions: Versions
    token: tuple[str, str]
    refusal: str = field(default="", init=False)
    name: str = field(default=PLUGIN, init=False)

    async def setup(self, worker: Worker) -> None:
        """Look at a worker, also at one that comes later or was started again."""
        self.refusal = self._look()
        if not self.refusal:
            let_waiting_threads_sleep()  # before torch is loaded, which reads it then
            await worker.set_resources(**{place_of(self.run): 1, **dict.fromkeys(_classes(worker), 1)})
            _have_tasks_looked_for(worker)

    def _look(self) -> str:
        own = own_versions()
        if own != self.versions:
            return f"has {own}, and this is {self.versions}: install the same on every machine"
        path, wanted = self.token
        try:
            found = Path(path).read_text(encoding="utf-8")
        except OSError as error:
            return (
                f"does not see {path} ({error.strerror}): use a folder that every machine sees by that path"
            )
        return "" if found == wanted else f"sees another {path}: use a folder that every machine shares"


def _have_tasks_looked_for(worker: Worker) -> None:
    """Have the scheduler look which of the tasks that lie idle a worker may do.

    It does when a worker comes or is back from a pause, and not when a worker's resources become known, which
    is a moment later: what had waited for them would wait for ever.
    """
    if worker.status is Status.running:
        worker.status = Status.paused
        worker.status = Status.running


def place_of(run: str) -> str:
    """The resource of which an admitted worker has one."""
    return f"{_PLACE}-{run}"


def _classes(worker: Worker) -> list[str]:
    """The machine classes that a worker is of: one for each precision of the fast engine."""
    from dreamzoom.engines.registry import open_engine
    from dreamzoom.models.store import open_model

    use_threads(worker.state.nthreads)
    model = open_model("squeezenet")
    makers = []
    for precision in ("float32", "bfloat16", "tf32"):
        with suppress(RequestError):
            makers.append(open_engine(model, "torch", "auto", precision).fingerprint)
    return [machine_class(maker) for maker in makers]


def use_threads(count: int) -> None:
    """Have dreams of this process use so many threads."""
    import torch

    if torch.get_num_threads() != count:
        torch.set_num_threads(count)


@contextmanager
def shared_token(folder: Path) -> Iterator[tuple[str, str]]:
    """A file in a folder, by its whole path, and what it holds: who reads that sees the folder."""
    path, text = folder.resolve() / f".cluster-{secrets.token_hex(6)}", secrets.token_hex(16)
    write_atomically(path, text.encode())
    try:
        yield str(path), text
    finally:
        with suppress(OSError):
            path.unlink()


def admit(client: Client, run: str, token: tuple[str, str]) -> None:
    """Let all workers that there are take part, and those that come later.

    Raises:
        RequestError: one may not; it is named, and told why.
    """
    _require_versions(client)
    client.register_plugin(Admission(run, own_versions(), token))
    for address, refusal in client.run(_refusal_of).items():
        if refusal:
            raise RequestError(f"worker {address} {refusal}")


def admitted(client: Client, run: str) -> list[frozenset[str]]:
    """The resources of each worker that takes part now, its machine classes among them."""
    workers: dict[str, Any] = client.scheduler_info(n_workers=-1)["workers"]
    resources = [frozenset(facts.get("resources", {})) for facts in workers.values()]
    return [each for each in resources if place_of(run) in each]


class Attendance:
    """The workers that take part in a run, looked at now and then."""

    def __init__(self, client: Client, run: str) -> None:
        self._client, self._run = client, run
        self._seen: list[frozenset[str]] = []
        self._looked = -_BETWEEN_LOOKS
        self._missed: dict[str, float] = {}  # since when no worker has had a resource

    def look(self) -> list[frozenset[str]]:
        """The resources of each, as they were a second ago at most."""
        if time.monotonic() - self._looked >= _BETWEEN_LOOKS:
            self._seen = admitted(self._client, self._run)
            self._looked = time.monotonic()
        return self._seen

    def missing_for(self, resource: str) -> float:
        """For how many seconds there has been no worker that has a resource; 0 for "", which all have."""
        if not resource or any(resource in each for each in self.look()):
            self._missed.pop(resource, None)
            return 0.0
        now = time.monotonic()
        return max(now - self._missed.setdefault(resource, now), 1e-9)


def _refusal_of(dask_worker: Worker) -> str:
    plugin = dask_worker.plugins.get(PLUGIN)
    return plugin.refusal if isinstance(plugin, Admission) else "does not take part"


def _require_versions(client: Client) -> None:
    """See that every worker has dreamzoom at all, which it has to before it can look for itself."""
    own = own_versions()
    versions: Any = client.get_versions(packages=["dreamzoom"])
    found = versions["workers"]
    for address, facts in found.items():
        python = ".".join(map(str, str(facts["host"].get("python", "")).split(".")[:2]))
        has = facts["packages"].get("dreamzoom")
        if has is None:
            raise RequestError(f"worker {address} has no dreamzoom: install {own.dreamzoom} there")
        if (has, python) != (own.dreamzoom, own.python):
            raise RequestError(
                f"worker {address} has {Versions(str(has), python)}, and this is {own}: install the same on "
                "every machine"
            )
