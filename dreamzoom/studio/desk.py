"""What every room of the studio works with."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from dreamzoom.studio.feed import Feed
from dreamzoom.studio.library.facts import FactBook
from dreamzoom.studio.library.items import MATERIAL
from dreamzoom.studio.library.shelf import Shelf
from dreamzoom.studio.queue.waiting import WaitingList

PRIVATE: Final = ".studio"
"""The folder in FOLDER that is the studio's own: its token, its queue, its previews."""


@dataclass(frozen=True)
class Desk:
    """The folder that a studio shows, and what is known of it.

    Attributes:
        folder: FOLDER, absolute; nothing outside of it is read or written.
        shelf: what lies in it, by id.
        facts: what is known of that.
        waiting: what is to be rendered.
        feed: what is told to every page.
        naming: held while a free name is looked for, until something waits to be written there.
    """

    folder: Path
    shelf: Shelf
    facts: FactBook
    waiting: WaitingList
    feed: Feed
    naming: threading.Lock = field(default_factory=threading.Lock)

    @property
    def private(self) -> Path:
        """Its own folder in FOLDER."""
        return self.folder / PRIVATE

    @property
    def material(self) -> Path:
        """Where pictures, songs and recipes lie that were dropped on the page."""
        return self.folder / MATERIAL


def open_desk(folder: Path) -> Desk:
    """The desk of a folder, which is there."""
    whole = folder.resolve()
    shelf = Shelf(whole)
    return Desk(whole, shelf, FactBook(shelf), WaitingList(whole / PRIVATE / "queue"), Feed())
