"""Long work beside requests, one of a name at a time. What it makes lies in files."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, TypeAlias

from dreamzoom.errors import DreamzoomError, printable

TellShare: TypeAlias = Callable[[float], None]
"""Is told the share that is done."""

_AT_ONCE: Final = 2
_AGAIN: Final = 15.0  # seconds after which what has failed is tried again


@dataclass
class Errand:
    """Work that is done, or has failed.

    Attributes:
        share: of it that is done, from 0 to 1.
        fault: why it failed, "" while it has not.
    """

    share: float = 0.0
    fault: str = ""
    ended: float = 0.0


class Errands:
    """The errands of a server."""

    def __init__(self) -> None:
        self._known: dict[str, Errand] = {}
        self._lock = threading.Lock()
        self._room = threading.Semaphore(_AT_ONCE)

    def run(self, name: str, work: Callable[[TellShare], None]) -> Errand:
        """The errand of a name, which is begun unless it is at work or has just failed."""
        with self._lock:
            known = self._known.get(name)
            if known is not None and (not known.fault or time.monotonic() < known.ended + _AGAIN):
                return known
            errand = self._known[name] = Errand()
        threading.Thread(target=self._do, args=(name, errand, work), daemon=True).start()
        return errand

    def _do(self, name: str, errand: Errand, work: Callable[[TellShare], None]) -> None:
        def report(share: float) -> None:
            errand.share = min(max(share, errand.share), 1.0)

        with self._room:
            try:
                work(report)
            except (DreamzoomError, OSError) as error:
                errand.ended, errand.fault = time.monotonic(), printable(str(error))
                return
            except Exception as error:  # noqa: BLE001 - what nobody foresaw: else it would be at work for ever
                errand.ended, errand.fault = time.monotonic(), f"internal error: {type(error).__name__}"
                return
        with self._lock:
            self._known.pop(name, None)  # what it made is there now
