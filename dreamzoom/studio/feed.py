"""Events, numbered, for every page that listens; what was missed is told again from the last one seen."""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

KEPT: Final = 1000
"""How many events are kept for pages that were away for a moment."""

_WAITING = KEPT  # events that a slow page may be behind; then its stream ends, and it asks again


@dataclass(frozen=True)
class Happening:
    """Something that changed.

    Attributes:
        id: "RUN-NUMBER": another run of the server counts anew.
        kind: "reset" (load everything again), "item", "gone", "frame", "queue", ….
        facts: what is known of it, as JSON holds it.
    """

    id: str
    kind: str
    facts: Mapping[str, Any]

    @cached_property
    def written(self) -> bytes:
        """As a stream of Server-Sent Events has it; written once, however many listen."""
        return f"id: {self.id}\nevent: {self.kind}\ndata: {json.dumps(dict(self.facts))}\n\n".encode()


class Feed:
    """What happens, told to all who listen. Made and used in the server's event loop alone."""

    def __init__(self) -> None:
        self._run = secrets.token_hex(4)
        self._count = 0
        self._kept: deque[Happening] = deque(maxlen=KEPT)
        self._listeners: set[asyncio.Queue[Happening | None]] = set()

    @property
    def listeners(self) -> int:
        """How many pages listen."""
        return len(self._listeners)

    @property
    def last_id(self) -> str:
        """Of the latest event."""
        return f"{self._run}-{self._count}"

    def tell(self, kind: str, facts: Mapping[str, Any]) -> None:
        """Tell everybody."""
        self._count += 1
        event = Happening(self.last_id, kind, facts)
        self._kept.append(event)
        for listener in list(self._listeners):
            if listener.full():  # too slow: its stream ends, and the page asks again from where it is
                self._listeners.discard(listener)
                while not listener.empty():  # none of them: what was left out would never be asked for
                    listener.get_nowait()
                listener.put_nowait(None)
            else:
                listener.put_nowait(event)

    async def follow(self, last_id: str | None) -> AsyncIterator[Happening]:
        """What happens from now on; before it what was missed since `last_id`, or a "reset" where that is not
        known any more.
        """
        listener: asyncio.Queue[Happening | None] = asyncio.Queue(_WAITING)
        missed = self._since(last_id)
        self._listeners.add(listener)
        try:
            for event in missed:
                yield event
            while (event := await listener.get()) is not None:  # type: ignore[assignment]
                yield event
        finally:
            self._listeners.discard(listener)

    def _since(self, last_id: str | None) -> list[Happening]:
        run, _, number = (last_id or "").partition("-")
        seen = int(number) if number.isdecimal() and len(number) < 16 else -1
        first = self._count - len(self._kept)
        if run != self._run or not first <= seen <= self._count:
            return [Happening(self.last_id, "reset", {})]
        return list(self._kept)[seen - first :]
