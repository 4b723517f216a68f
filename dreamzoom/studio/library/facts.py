"""What is known of each item, as pages are told it.

It comes in two steps. A glance is quick: what an item is and how far; it is taken anew whenever a file of the
item was changed. An examination finds what is wrong with it, and takes longer: it is made once the item
stands still, and holds until it is changed again.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import Any, TypeAlias

from dreamzoom.errors import DreamzoomError, printable
from dreamzoom.studio.library.items import Item, ItemKind
from dreamzoom.studio.library.looking import (
    SOUND,
    ClipLook,
    FilmLook,
    ItemLook,
    PictureLook,
    PlainLook,
    Seen,
    Verdict,
)
from dreamzoom.studio.library.shelf import Shelf

ItemFacts: TypeAlias = Mapping[str, Any]
"""What a page is told of an item, as JSON holds it."""


@dataclass
class _Entry:
    """An item that is looked at again and again."""

    look: ItemLook
    seen: Seen | None = None
    verdict: Verdict = SOUND
    examined: object = None  # the stamp that the verdict is of
    lock: Lock = field(default_factory=Lock)


class FactBook:
    """What is known of the items of a shelf. Any thread may ask.

    Args:
        shelf: where they lie.
    """

    def __init__(self, shelf: Shelf) -> None:
        self._shelf = shelf
        self._entries: dict[Item, _Entry] = {}

    def all(self) -> list[ItemFacts]:
        """Of all items that are there now, the newest first."""
        items = self._shelf.scan()
        self.forget_all_but(items)
        return [self.of(item) for item in items]

    def of(self, item: Item) -> ItemFacts:
        """What a glance tells of an item, and the last examination where that still holds."""
        entry = self._entry(item)
        with entry.lock:
            seen = self._glance(item, entry)
            verdict = entry.verdict if entry.examined == seen.stamp else SOUND
        return self._told(item, seen, verdict)

    def is_examined(self, item: Item) -> bool:
        """Whether it is known what is wrong with an item; of one that is being written nobody asks."""
        entry = self._entry(item)
        with entry.lock:
            seen = self._glance(item, entry)
        return seen.is_running or entry.examined == seen.stamp

    def examine(self, item: Item) -> ItemFacts:
        """The same, after an examination where there was none since it was last changed."""
        entry = self._entry(item)
        with entry.lock:
            seen = self._glance(item, entry)
        if not seen.is_running and entry.examined != seen.stamp:
            verdict = _judge(entry.look)
            with entry.lock:
                entry.verdict, entry.examined = verdict, seen.stamp
        return self.of(item)

    def forget_all_but(self, items: list[Item]) -> None:
        """Drop what is known of items that are not there any more."""
        there = set(items)
        for item in [known for known in list(self._entries) if known not in there]:
            self._entries.pop(item, None)

    def _entry(self, item: Item) -> _Entry:
        entry = self._entries.get(item)
        if entry is None:
            look = _LOOKS[item.kind](self._shelf.folder, item.place)
            entry = self._entries.setdefault(item, _Entry(look))
        return entry

    def _glance(self, item: Item, entry: _Entry) -> Seen:
        """What is seen of it now; what was seen before where no file was changed since."""
        stamp = entry.look.stamp()
        if entry.seen is None or stamp != entry.seen.stamp:
            entry.seen = _see(entry.look, stamp)
        return entry.seen

    def _told(self, item: Item, seen: Seen, verdict: Verdict) -> ItemFacts:
        facts = {
            "id": item.id,
            "kind": item.kind,
            "name": printable(item.name),
            "place": printable(item.place.as_posix()),
            "changed": seen.changed,
            **seen.facts,
            **verdict.facts,
        }
        if item.kind == "clip":
            facts |= {"family": printable(item.family), "take": item.take}
        faults = [*seen.faults, *verdict.faults]
        if item.kind in ("clip", "film"):
            state = verdict.state if verdict.state and not seen.is_running else facts.get("state")
            facts["state"] = "damaged" if seen.faults and not seen.is_running else state
        return {**facts, "faults": [self._in_words(fault) for fault in dict.fromkeys(faults)]}

    def _in_words(self, fault: str) -> str:
        """A fault with its paths as they are from FOLDER."""
        return printable(fault.replace(f"{self._shelf.folder}{os.sep}", ""))


def _see(look: ItemLook, stamp: object) -> Seen:
    """What is seen at a glance; what cannot be seen is a fault."""
    try:
        return look.glance(stamp)
    except DreamzoomError as error:
        return Seen(stamp, look.changed(), look.nothing, faults=(str(error),))
    except OSError as error:
        fault = f"{look.path} cannot be read: {error.strerror or error}"
        return Seen(stamp, look.changed(), look.nothing, faults=(fault,))
    except Exception as error:  # noqa: BLE001 - what nobody foresaw in one item hides none of the others
        return Seen(stamp, look.changed(), look.nothing, faults=(_unforeseen(error),))


def _judge(look: ItemLook) -> Verdict:
    try:
        return look.examine()
    except DreamzoomError as error:
        return Verdict("damaged", (str(error),))
    except OSError as error:
        return Verdict("damaged", (f"{look.path} cannot be read: {error.strerror or error}",))
    except Exception as error:  # noqa: BLE001 - the same
        return Verdict("damaged", (_unforeseen(error),))


def _unforeseen(error: Exception) -> str:
    return f"cannot be read: internal error, {type(error).__name__}"


_LOOKS: Mapping[ItemKind, type[ItemLook]] = {
    "clip": ClipLook,
    "film": FilmLook,
    "picture": PictureLook,
    "song": PlainLook,
    **dict.fromkeys(("recipe", "storyboard", "lyrics", "beats", "notes", "font"), PlainLook),
    "video": PlainLook,
    "file": PlainLook,
}
