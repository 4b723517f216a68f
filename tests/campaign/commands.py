"""Commands of dreamzoom in processes of their own: they start at once, are bounded, and may be killed."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from dreamzoom.engines.torch.process import let_waiting_threads_sleep

SECONDS = 120
"""What takes longer hangs."""

PEAK = 1500 << 20
"""Bytes that nothing on a tiny clip needs."""


@dataclass(frozen=True)
class Done:
    """What a command did."""

    name: str
    status: int  # minus the signal that ended it
    said: str
    seconds: float
    peak: int  # bytes

    @property
    def defect(self) -> str:
        """What no command may do, whatever it was given; nothing where it did well."""
        if self.seconds >= SECONDS:
            return f"hangs: {self.name}"
        if self.status not in (0, 1, 2, 130):
            return f"ends with status {self.status}: {self.name}: {self.said[-300:]}"
        if "internal error" in self.said or "Traceback" in self.said:
            return f"internal error: {self.name}: {self.said[-400:]}"
        if "\x1b" in self.said:
            return f"escape sequence: {self.name}: {self.said[-300:]!r}"
        if self.peak > PEAK:
            return f"took {self.peak >> 20} MiB: {self.name}"
        return ""


def warm_up() -> None:
    """Import what every command needs, so that a child has it when it starts. No thread may start here."""
    os.environ["OMP_NUM_THREADS"] = "1"  # tiny frames gain nothing from more
    let_waiting_threads_sleep()
    import dreamzoom.batch
    import dreamzoom.cli.render
    import dreamzoom.cli.stitch
    import dreamzoom.engines.torch.engine
    import dreamzoom.footage.footage
    import dreamzoom.models.caffe.reader
    import dreamzoom.render.loop
    import dreamzoom.report.page  # noqa: F401


class Child:
    """Something under way in a process group of its own, which works in `folder`."""

    def __init__(self, work: Callable[[], object], name: str, folder: Path) -> None:
        self._name = name
        self._log = folder.parent / f"{secrets.token_hex(6)}.log"
        self._begin = time.monotonic()
        self._end: tuple[int, int] | None = None
        self._pid = os.fork()
        if self._pid == 0:
            _live(work, folder, self._log)
        with contextlib.suppress(OSError):  # it may have done so itself
            os.setpgid(self._pid, self._pid)

    def is_done(self) -> bool:
        """Whether it has ended by itself."""
        if self._end is None:
            pid, status, usage = os.wait4(self._pid, os.WNOHANG)
            self._end = (os.waitstatus_to_exitcode(status), usage.ru_maxrss << 10) if pid else None
        return self._end is not None

    def kill(self) -> None:
        """SIGKILL the process and all that it has started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._pid, signal.SIGKILL)

    def wait(self) -> Done:
        """Wait for its end, for as long as anything may take."""
        while not self.is_done():
            if time.monotonic() > self._begin + SECONDS:
                self.kill()
            time.sleep(0.003)
        assert self._end is not None
        seconds = time.monotonic() - self._begin
        self.kill()  # what it has left behind
        said = self._log.read_text("utf-8", "replace") if self._log.exists() else ""
        self._log.unlink(missing_ok=True)
        return Done(self._name, self._end[0], said, seconds, self._end[1])


def _live(work: Callable[[], object], folder: Path, log: Path) -> None:
    """The child's whole life."""
    status = 1
    try:
        with contextlib.suppress(OSError):
            os.setpgid(0, 0)
        output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(folder)
        work()
        status = 0
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else int(error.code is not None)
    except BaseException:  # noqa: BLE001
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(status)


def start(*words: object, folder: Path, **environment: str) -> Child:
    """Start `dreamzoom WORDS` in `folder`."""
    texts = [str(word) for word in words]
    return Child(partial(_command, texts, environment), " ".join(texts), folder)


def run(*words: object, folder: Path, **environment: str) -> Done:
    """Run `dreamzoom WORDS` in `folder` to its end."""
    return start(*words, folder=folder, **environment).wait()


def kill_after(seconds: float, *words: object, folder: Path) -> bool:
    """Start `dreamzoom WORDS` and SIGKILL it after so many seconds. False if it was done before."""
    child = start(*words, folder=folder)
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and not child.is_done():
        time.sleep(0.001)
    early = not child.is_done()
    child.kill()
    child.wait()
    return early


def _command(words: list[str], environment: dict[str, str]) -> None:
    from dreamzoom.cli import main

    os.environ.update(environment)
    main(words)
