"""Connections that have a bound: who is slow on purpose, or by a dead line, is left after a while.

uvicorn waits for ever for a request's first line, for its body, and for whoever does not take the answer.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import ClassVar, Final

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS: Final = 1500
"""Connections at a time, event streams among them."""

_FILES: Final = 4096  # that this process may have open, connections among them


class BoundedProtocol(H11Protocol):
    """HTTP for who takes part in it.

    Attributes:
        head_s: seconds for a request's line and headers.
        body_s: seconds without a byte of its body.
        linger_s: seconds in which the body of a refused request is read and dropped, so that the refusal is
            seen: an end before would take it away with it.
        write_s: seconds without a byte of the answer taken.
    """

    head_s: ClassVar[float] = 10.0
    body_s: ClassVar[float] = 30.0
    linger_s: ClassVar[float] = 3.0
    write_s: ClassVar[float] = 120.0

    _reading: asyncio.TimerHandle | None = None
    _writing: asyncio.TimerHandle | None = None
    _awaits: str = ""  # "head", "body", "linger": what the timer is for

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin."""
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
            return
        self._await("head")

    def data_received(self, data: bytes) -> None:
        """Take what has come."""
        super().data_received(data)
        if self._awaits == "body":
            self._await("")
        self._look()

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        super().on_response_complete()
        self._look()

    def pause_writing(self) -> None:
        """The answer is not taken at the moment."""
        super().pause_writing()
        self._writing = self.loop.call_later(self.write_s, self.transport.abort)

    def resume_writing(self) -> None:
        """It is taken again."""
        super().resume_writing()
        _cancel(self._writing)

    def connection_lost(self, exc: Exception | None) -> None:
        """End."""
        self._await("")
        _cancel(self._writing)
        super().connection_lost(exc)

    def _look(self) -> None:
        """Wait for what is to come now."""
        state = self.conn.their_state
        if state is h11.IDLE:
            begun = bool(self.conn.trailing_data[0])
            awaits = "head" if begun or self.cycle is None else ""
        elif state is h11.SEND_BODY:
            awaits = "linger" if self.cycle.response_complete else "body"
        else:
            awaits = ""
        if awaits != self._awaits:
            self._await(awaits)

    def _await(self, what: str) -> None:
        _cancel(self._reading)
        self._awaits = what
        if what:
            seconds = {"head": self.head_s, "body": self.body_s, "linger": self.linger_s}[what]
            self._reading = self.loop.call_later(seconds, self._give_up)

    def _give_up(self) -> None:
        if self._awaits == "body" and self.flow.read_paused:  # it is this side that takes its time
            self._await("body")
        elif not self.transport.is_closing():
            self.transport.abort()


def _cancel(timer: asyncio.TimerHandle | None) -> None:
    if timer is not None:
        timer.cancel()


def allow_many_files() -> None:
    """Let this process have as many files open as its connections need, where the system allows that."""
    with contextlib.suppress(ImportError, OSError, ValueError):
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = _FILES if hard == resource.RLIM_INFINITY else min(_FILES, hard)
        if soft != resource.RLIM_INFINITY and soft < wanted:
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
