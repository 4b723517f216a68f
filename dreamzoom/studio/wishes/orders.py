"""Checked command lines put in line, under names that are free."""

from __future__ import annotations

from dreamzoom.studio.desk import Desk
from dreamzoom.studio.queue.jobs import Job
from dreamzoom.studio.wishes.commands import Command
from dreamzoom.studio.wishes.names import free_name, free_take, names_in


def order(desk: Desk, command: Command, *, first: bool = False) -> Job:
    """Put a command line in line, with a name that nothing has and nothing that waits will have.

    Args:
        first: put it before all that waits.

    Raises:
        StorageError: the queue cannot be written.
    """
    with desk.naming:
        taken = names_in(desk.folder, (job.target for job in desk.waiting.jobs()))
        name = free_take(command.stem, taken) if command.is_take else free_name(command.stem, taken)
        return desk.waiting.add(command.title_for(name), command.words_for(name), name, first=first)
