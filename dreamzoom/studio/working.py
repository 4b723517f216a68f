"""What the studio does by itself while it is served: the queue, the inbox, the first dream of a folder."""

from __future__ import annotations

import contextlib
from asyncio import AbstractEventLoop
from collections.abc import Iterator
from typing import Any

from dreamzoom.studio.delivering.purposes import PurposeKeeper
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.first import dream_first
from dreamzoom.studio.inbox.routes import inbox_facts
from dreamzoom.studio.inbox.watching import InboxWatcher
from dreamzoom.studio.queue.runner import running_the_queue


@contextlib.contextmanager
def at_work(desk: Desk, loop: AbstractEventLoop, at_once: int) -> Iterator[None]:
    """Do all that, as long as the context lasts.

    Args:
        loop: where the feed lives.
        at_once: how many renders of the queue are made side by side.
    """

    told: dict[str, Any] = {}

    def tell_of_inbox() -> None:
        nonlocal told
        facts = inbox_facts(desk)
        if facts != told:
            told = facts
            with contextlib.suppress(RuntimeError):  # the loop has ended
                loop.call_soon_threadsafe(desk.feed.tell, "inbox", facts)

    inbox, purposes = InboxWatcher(desk, tell_of_inbox), PurposeKeeper(desk)
    with running_the_queue(desk, loop, (lambda: dream_first(desk), inbox.look, purposes.look), at_once):
        yield
