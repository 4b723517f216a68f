"""The inbox as pages see it, and the look that is chosen for it."""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.errors import printable
from dreamzoom.io.files import storage_errors
from dreamzoom.recipe.presets import list_presets
from dreamzoom.studio.asked import take, with_body
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.inbox.books import Arrived
from dreamzoom.studio.inbox.choices import choose, inbox_choices
from dreamzoom.studio.inbox.watching import books_of, files_in
from dreamzoom.studio.library.items import DREAMED, INBOX

_KINDS: Mapping[str, type] = {"on": bool, "preset": str, "longest": int}


def inbox_routes(desk: Desk) -> list[Route]:
    """The routes of the inbox."""
    changing = threading.Lock()  # choices are read and written again, by several threads

    def inbox(request: Request) -> Response:
        return _with_looks(desk)

    def change(request: Request, body: Mapping[str, Any]) -> Response:
        changes: dict[str, Any] = {
            name: take(body, name, kind) for name, kind in _KINDS.items() if name in body
        }
        opens = take(body, "open", bool, default=False)

        with changing:
            return _change(desk, changes, opens=opens)

    return [
        Route("/api/inbox", inbox),
        Route("/api/inbox", with_body(change), methods=["POST"]),
    ]


def inbox_facts(desk: Desk) -> dict[str, Any]:
    """The inbox as it is now."""
    chosen, books = inbox_choices(desk), books_of(desk)
    pictures = [each for parcel in books.parcels() for each in parcel.pictures]
    left = books.left()
    known = {each.as_seen for each in (*pictures, *left)}
    folder = desk.folder / INBOX
    is_open = folder.is_dir() and not folder.is_symlink()
    return {
        "open": is_open,
        "path": printable(str(folder)),
        "on": chosen.on,
        "preset": chosen.preset,
        "longest": chosen.longest,
        "came": len(pictures),
        "dreamed": sum(os.path.lexists(desk.folder / DREAMED / each.dream) for each in pictures),
        "arriving": len(_arriving(folder, known)) if is_open else 0,
        "left": [{"name": printable(each.name), "why": printable(each.why)} for each in left],
    }


def _arriving(folder: Path, known: Collection[tuple[str, int, int]]) -> list[Arrived]:
    """The files that nobody has judged yet; an empty one is none before it has grown."""
    return [each for each in files_in(folder) if each.size and each.as_seen not in known]


def _with_looks(desk: Desk) -> Response:
    """The same, with the looks that there are."""
    looks = [{"name": each.name, "title": each.title} for each in list_presets()]
    return JSONResponse({**inbox_facts(desk), "presets": looks})


def _change(desk: Desk, changes: dict[str, Any], *, opens: bool) -> Response:
    if changes:
        choose(desk, **changes)
    if opens:
        folder = desk.folder / INBOX
        with storage_errors(folder):
            folder.mkdir(exist_ok=True)
    return _with_looks(desk)
