"""Events, numbered, for every page that listens; what was missed is told again from the last one seen.

Of what is told again and again, such as the queue, only the latest is kept: who was away needs no more, and a
thousand queues would take a hundred megabytes.
"""

from __future__ import annotations

import asyncio
import json
import secrets
from collections import OrderedDict
from collections.abc import AsyncIterator, Hashable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

KEPT: Final = 1000
"""How many events are kept for pages that were away for a moment."""

_WHOLE: Final = ("queue", "inbox")  # kinds that each tell all of something
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
        self._kept: OrderedDict[Hashable, tuple[int, Happening]] = OrderedDict()  # by what they tell of
        self._forgotten = 0  # the number of the latest that is not kept, and that none took the place of
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
        self._keep(event)
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
        if run != self._run or not self._forgotten <= seen <= self._count:
            return [Happening(self.last_id, "reset", {})]
        return [event for number, event in self._kept.values() if number > seen]

    def _keep(self, event: Happening) -> None:
        """Keep an event, in the place of one that told of the same."""
        subject = event.facts.get("id", event.facts.get("of"))
        about = (event.kind, subject) if subject is not None or event.kind in _WHOLE else self._count
        self._kept.pop(about, None)
        self._kept[about] = self._count, event
        while len(self._kept) > KEPT:
            self._forgotten = self._kept.popitem(last=False)[1][0]
