"""What the studio does by itself while it is served: the queue, the inbox, the first dream of a folder, and
knowing again what is moved.
"""

from __future__ import annotations

import contextlib
from asyncio import AbstractEventLoop
from collections.abc import Iterator, Mapping
from typing import Any

from dreamzoom.studio.delivering.purposes import PurposeKeeper
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.first import dream_first
from dreamzoom.studio.inbox.routes import inbox_facts
from dreamzoom.studio.inbox.watching import InboxWatcher
from dreamzoom.studio.queue.runner import running_the_queue
from dreamzoom.studio.wishes.moved import MoveKeeper


@contextlib.contextmanager
def at_work(desk: Desk, loop: AbstractEventLoop, at_once: int) -> Iterator[None]:
    """Do all that, as long as the context lasts.

    Args:
        loop: where the feed lives.
        at_once: how many renders of the queue are made side by side.
    """

    told: dict[str, Any] = {}

    def tell(kind: str, facts: Mapping[str, Any]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(desk.feed.tell, kind, facts)

    def tell_of_inbox() -> None:
        nonlocal told
        facts = inbox_facts(desk)
        if facts != told:
            told = facts
            tell("inbox", facts)

    def tell_of_drafts(changed: Mapping[str, Any]) -> None:
        for subject, draft in changed.items():
            tell("draft", {"of": subject, "draft": draft, "by": ""})

    inbox, purposes = InboxWatcher(desk, tell_of_inbox), PurposeKeeper(desk)
    moves = MoveKeeper(desk, tell_of_drafts)
    chores = (lambda: dream_first(desk), inbox.look, purposes.look, moves.look)
    with running_the_queue(desk, loop, chores, at_once):
        yield
