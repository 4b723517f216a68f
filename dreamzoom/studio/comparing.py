"""Takes and what tells them apart: the tree of a clip's family; two clips, or two films, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import takewhile
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.clip.folder import ClipFolder, open_clip
from dreamzoom.clip.journal import Journal
from dreamzoom.errors import ClipError, RequestError, printable
from dreamzoom.film.board.apart import tell_apart
from dreamzoom.film.board.storyboard import Storyboard
from dreamzoom.film.folder import open_film
from dreamzoom.recipe.build import differing_keys
from dreamzoom.recipe.compare import COMPUTED_ON
from dreamzoom.recipe.schema import raw_value
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.filming.boards import open_board
from dreamzoom.studio.library.items import Item


@dataclass(frozen=True)
class Kin:
    """A clip among the takes of its family.

    Attributes:
        journal: which frames it has.
    """

    item: Item
    journal: Journal


def compare_routes(desk: Desk) -> list[Route]:
    """The routes of takes and of comparing."""

    def compare(request: Request) -> Response:
        items = [desk.shelf.find(request.query_params.get(name, "")) for name in ("one", "other")]
        if all(item.kind == "film" for item in items):
            return JSONResponse(asdict(tell_apart(*(_storyboard(desk, item) for item in items))))
        one, other = (_clip(desk, item) for item in items)
        differing = [key for key in differing_keys(one.recipe, other.recipe) if key not in COMPUTED_ON]
        keys = [
            {"key": key, "one": raw_value(one.recipe, key), "other": raw_value(other.recipe, key)}
            for key in differing
        ]
        counts = (len(one.finished_frames()), len(other.finished_frames()))
        shared = _shared(one.journal(), other.journal())
        first = shared if shared < min(counts) else None
        return JSONResponse({"keys": keys, "first": first, "shared": min(shared, *counts)})

    def family(request: Request) -> Response:
        item = desk.shelf.find(request.path_params["item"])
        return JSONResponse({"takes": list(_tree(list(_kin(desk, item))))})

    return [Route("/api/compare", compare), Route("/api/items/{item}/family", family)]


def _storyboard(desk: Desk, item: Item) -> tuple[str, Storyboard]:
    opened = open_board(open_film(desk.shelf.path_of(item)))
    return opened.text, opened.board


def _clip(desk: Desk, item: Item) -> ClipFolder:
    if item.kind != "clip":
        raise RequestError(f"{printable(item.name)} is no clip: two clips can be compared, or two films")
    return open_clip(desk.shelf.path_of(item))


def _kin(desk: Desk, item: Item) -> Iterator[Kin]:
    """The takes of an item's family that can be read, in the order of their numbers."""
    takes = [each for each in desk.shelf.scan() if each.kind == "clip" and each.family == item.family]
    for each in sorted(takes, key=lambda each: (each.take, each.name)):
        try:
            yield Kin(each, Journal(desk.shelf.path_of(each) / "journal.jsonl"))
        except ClipError:
            continue  # the gallery tells what is wrong with it


def _tree(kin: Sequence[Kin]) -> Iterator[Mapping[str, Any]]:
    """Each take with the one that it was forked from, and at which frame.

    That is the earlier take with which it shares the most frames from the first one on; of two the earlier.
    """
    for place, take in enumerate(kin):
        shared = [_shared(take.journal, before.journal) for before in kin[:place]]
        at = max(shared, default=0)
        parent = kin[shared.index(at)] if at else None
        yield {
            "id": take.item.id,
            "name": printable(take.item.name),
            "take": take.item.take,
            "parent": parent.item.id if parent else None,
            "at": at if parent else None,
        }


def _shared(one: Journal, other: Journal) -> int:
    """How many frames two clips have in common, from the first one on."""
    pairs = zip(_identities(one), _identities(other), strict=False)
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], pairs))


def _identities(journal: Journal) -> Iterator[str]:
    """What each frame is known by, up to the first one that is missing."""
    for frame in range(len(journal)):
        entry = journal.get(frame)
        if entry is None:
            return
        yield entry.identity
