"""Other processes of this machine: whether one is still the one that was noted, and asking it to stop."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path


def began(process: int) -> str:
    """When a process began, so that no later one of its number is taken for it; "" where that is not told."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()
        return f"{boot}+{Path(f'/proc/{process}/stat').read_text('utf-8').rpartition(')')[2].split()[19]}"
    except (OSError, ValueError, IndexError):
        return ""


def is_same(process: int, then: str) -> bool:
    """Whether a process is the one of that number which began `then`; False where that is not told.

    One that has ended, and whose end nobody has asked for yet, is none any more.
    """
    if not then or began(process) != then:
        return False
    try:
        state = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()[0]
    except (OSError, ValueError, IndexError):
        return False
    return state != "Z"


def has_open(process: int, path: Path) -> bool | None:
    """Whether a process has a file open; None where that is not told: another system, another user's."""
    try:
        descriptors = list(os.scandir(f"/proc/{process}/fd"))
        wanted = path.stat()
    except OSError:
        return None
    for descriptor in descriptors:
        with contextlib.suppress(OSError):
            if os.path.samestat(Path(descriptor.path).stat(), wanted):
                return True
    return False


def interrupt(process: int) -> None:
    """Ask a process to stop, as Ctrl-C does.

    Raises:
        OSError: there is none of that number, or it is another user's.
    """
    if sys.platform == "win32":
        os.kill(process, signal.CTRL_BREAK_EVENT)
    else:
        os.kill(process, signal.SIGINT)
