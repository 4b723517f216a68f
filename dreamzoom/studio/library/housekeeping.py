"""Another name for an item, and the trash: what is put there lies in FOLDER/.studio/trash, and comes back.

`trash/ID/NAME` is what was put there, as it was; `trash/ID.place.json` tells where it lay, and is written
before it is moved, so that a crash loses neither.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.audio.beatmap import ENDING
from dreamzoom.clip.glance import stamp_of
from dreamzoom.clip.lock import is_being_written, unwritten
from dreamzoom.errors import ClipLockedError, DreamzoomError, RequestError, printable, quote_value
from dreamzoom.io.disk import remove, remove_folder, rename
from dreamzoom.io.files import storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json
from dreamzoom.studio.asked import take, with_body
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import OWN_NAMES, ROOMS, Item, item_id
from dreamzoom.studio.library.shelf import GONE, UnknownItemError
from dreamzoom.studio.queue.waiting import FINISHED

_LONGEST_NAME = 120  # bytes; with what is made beside it a file system has room for 255
_LONGEST_NOTE = 10_000  # bytes
_ID: Final = re.compile(r"[0-9a-f]{16}")
_REFUSED: Final = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|]')
_TWICE: Final = (ENDING, ".storyboard.toml")  # endings of two parts
_moving = Lock()  # whether an item is there, and a name is free, is looked at before it is moved


@dataclass(frozen=True)
class Trashed:
    """Something in the trash.

    Attributes:
        place: where it lay, relative to FOLDER.
        path: where it lies now.
    """

    id: str
    place: Path
    path: Path


def housekeeping_routes(desk: Desk) -> list[Route]:
    """The routes of names and of the trash."""

    def call(request: Request, body: Mapping[str, Any]) -> Response:
        item = desk.shelf.find(request.path_params["item"])
        return JSONResponse(_told(rename_item(desk, item, take(body, "name", str))))

    def put_away(request: Request) -> Response:
        return JSONResponse({"trashed": to_trash(desk, desk.shelf.find(request.path_params["item"]))})

    def trash(request: Request) -> Response:
        return JSONResponse(
            {"trash": [{"id": it.id, "name": printable(it.place.name)} for it in in_trash(desk)]}
        )

    def back(request: Request) -> Response:
        return JSONResponse(_told(bring_back(desk, request.path_params["trashed"])))

    return [
        Route("/api/items/{item}/rename", with_body(call), methods=["POST"]),
        Route("/api/items/{item}/trash", put_away, methods=["POST"]),
        Route("/api/trash", trash),
        Route("/api/trash/{trashed}/back", back, methods=["POST"]),
    ]


def rename_item(desk: Desk, item: Item, name: str) -> Path:
    """Give an item another name in the folder where it lies; a file keeps its ending. Its place then.

    Raises:
        RequestError: no such name can be given, or it is another's, or somebody works with the item.
        UnknownItemError: it is not there any more.
        StorageError: the folder cannot be written.
    """
    ending = "" if desk.shelf.path_of(item).is_dir() else _ending_of(item.place)
    wanted = name.strip()
    if ending and not wanted.lower().endswith(ending.lower()):
        wanted += ending
    _require_name(wanted)
    with _standing_still(desk, item):
        _move(desk, desk.shelf.path_of(item), item.place.with_name(wanted))
    return item.place.with_name(wanted)


def to_trash(desk: Desk, item: Item) -> str:
    """Put an item into the trash; the id that brings it back.

    Raises:
        RequestError: somebody works with the item.
        UnknownItemError: it is not there any more: another page was quicker.
        StorageError: the folder cannot be written.
    """
    trashed = secrets.token_hex(8)
    folder = _trash(desk) / trashed
    with _standing_still(desk, item):
        try:
            with storage_errors(folder):
                folder.mkdir(parents=True)
            note = json.dumps({"place": item.place.as_posix()}).encode()
            write_atomically(_note(desk, trashed), note)
            with storage_errors(folder), _telling_of_the_gone():
                rename(desk.shelf.path_of(item), folder / item.place.name)
        except DreamzoomError:
            with contextlib.suppress(OSError):  # nothing was put there
                remove(_note(desk, trashed))
                remove_folder(folder)
            raise
    return trashed


def in_trash(desk: Desk) -> list[Trashed]:
    """What lies in the trash, the latest first."""
    notes = sorted(_trash(desk).glob("*.place.json"), key=_when, reverse=True)
    found = (_read(desk, path.name.partition(".")[0]) for path in notes)
    return [each for each in found if each is not None]


def bring_back(desk: Desk, trashed: str) -> Path:
    """Put something from the trash where it lay. Its place.

    Raises:
        RequestError: it is not in the trash, or something else has its name now.
        StorageError: the folder cannot be written.
    """
    with _moving:
        found = _read(desk, trashed) if _ID.fullmatch(trashed) else None
        if found is None:
            raise RequestError("this is not in the trash any more")
        with storage_errors(desk.folder):
            (desk.folder / found.place.parent).mkdir(exist_ok=True)
        _move(desk, found.path, found.place)
    with storage_errors(found.path):
        remove(_note(desk, trashed))
    with contextlib.suppress(OSError):  # which keeps what a person put there
        remove_folder(found.path.parent)
    return found.place


@contextlib.contextmanager
def _standing_still(desk: Desk, item: Item) -> Iterator[None]:
    """See that nobody works with an item, nor begins to as long as the context lasts: it is moved there.

    Raises:
        RequestError: somebody does.
        UnknownItemError: it is not there any more.
    """
    with _moving, contextlib.ExitStack() as stack:
        path = desk.shelf.path_of(item)
        if not os.path.lexists(path):
            raise UnknownItemError(GONE)
        _require_free(desk, item)
        for folder in (path, *_scenes(item, path)) if path.is_dir() else ():
            try:
                stack.enter_context(unwritten(folder))
            except ClipLockedError as error:
                told = str(error).replace(f"{desk.folder}{os.sep}", "")
                raise RequestError(_is_dreamed(item) if is_being_written(folder) else told) from error
        yield


def _scenes(item: Item, path: Path) -> list[Path]:
    """The folders of a film's scenes, which may be dreamed apart from one another."""
    if item.kind != "film":
        return []
    with storage_errors(path / "scenes"):
        there = os.scandir(path / "scenes") if (path / "scenes").is_dir() else ()
        return [Path(entry.path) for entry in there if entry.is_dir(follow_symlinks=False)]


def _is_dreamed(item: Item) -> str:
    return f"{printable(item.name)} is being dreamed: pause it first"


@contextlib.contextmanager
def _telling_of_the_gone() -> Iterator[None]:
    """Say of what another studio of the same folder has moved that it is gone."""
    try:
        yield
    except FileNotFoundError as error:
        raise UnknownItemError(GONE) from error


def _when(path: Path) -> int:
    """When something was put into the trash; 0 of what is gone meanwhile."""
    stamp = stamp_of(path)
    return 0 if stamp is None else stamp[0]


def _ending_of(place: Path) -> str:
    """What the name of a file ends with that tells its kind: ".jpg", ".beats.txt"."""
    two = "".join(place.suffixes[-2:])
    return two if two.lower() in _TWICE else place.suffix


def _move(desk: Desk, source: Path, place: Path) -> None:
    """Give what lies at a path a place in FOLDER; `_moving` is held."""
    target = desk.folder / place
    with storage_errors(target), _telling_of_the_gone():
        if target.exists() or target.is_symlink():
            raise RequestError(f"there is another {printable(place.as_posix())} already: choose another name")
        rename(source, target)


def _require_name(name: str) -> None:
    if not name or name.startswith((".", "-")) or name.endswith(".") or _REFUSED.search(name):
        raise RequestError(
            f'{quote_value(name)} is no name here: none of / \\ : * ? " < > |, and no dot or dash first'
        )
    if len(name.encode(errors="surrogateescape")) > _LONGEST_NAME:
        raise RequestError(f"a name has {_LONGEST_NAME} bytes at most")
    if name.lower() in OWN_NAMES:
        raise RequestError(f"{name} is one of the studio's own folders: choose another name")


def _require_free(desk: Desk, item: Item) -> None:
    """Refuse what is being written, or waits to be, or is a part of something else."""
    name = printable(item.name)
    if item.place.parent not in ROOMS:
        raise RequestError(f"{name} belongs to {printable(item.place.parts[0])} and stays with it")
    if is_being_written(desk.shelf.path_of(item)):
        raise RequestError(_is_dreamed(item))
    place = item.place.as_posix()
    for job in desk.waiting.jobs():
        if job.names(place) and desk.waiting.state(job) not in FINISHED:
            raise RequestError(f"the queue needs {name} for “{printable(job.title)}”: take that out first")


def _read(desk: Desk, trashed: str) -> Trashed | None:
    """What is in the trash under an id; None where there is nothing, or no note that names a place."""
    note = _note(desk, trashed)
    told = read_json(note, _LONGEST_NOTE)
    if not isinstance(told, dict) or not isinstance(told.get("place"), str):
        return None
    place = Path(told["place"])
    path = _trash(desk) / trashed / place.name
    is_sound = (
        place.parent in ROOMS and place.name not in ("", "..") and path.exists() and not path.is_symlink()
    )
    return Trashed(trashed, place, path) if is_sound else None


def _trash(desk: Desk) -> Path:
    return desk.private / "trash"


def _note(desk: Desk, trashed: str) -> Path:
    return _trash(desk) / f"{trashed}.place.json"


def _told(place: Path) -> dict[str, Any]:
    return {"id": item_id(place), "name": printable(place.name), "place": printable(place.as_posix())}
