"""What looks there are, their previews, surprises, children, looks of one's own."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.errors import RequestError
from dreamzoom.io.files import storage_errors, write_atomically
from dreamzoom.looks.breeding import breed
from dreamzoom.looks.choosing import missing_model, usual_looks
from dreamzoom.looks.surprise import LARGEST_SEED, surprise
from dreamzoom.studio.asked import take, with_body
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.library.sending import send_within
from dreamzoom.studio.library.shelf import UnknownItemError
from dreamzoom.studio.previews.catalogue import catalogue, look_facts
from dreamzoom.studio.previews.sets import find_picture, made_in, preview_path, require_inside
from dreamzoom.studio.previews.shelved import open_look, shelve
from dreamzoom.studio.previews.worker import PreviewWorker, WantedPreviews

MOST_LOOKS: Final = 100
CHILDREN: Final = 4
"""How many children a pair has at once."""

_KEPT = {"Cache-Control": "private, no-cache"}  # keep it, and ask whether it is still the same


def preview_routes(desk: Desk, worker: PreviewWorker) -> list[Route]:
    """The routes of looks."""

    def all_looks(request: Request) -> Response:
        return JSONResponse(catalogue(desk))

    def want(request: Request, body: Mapping[str, Any]) -> Response:
        return JSONResponse(_want(desk, worker, body))

    def preview(request: Request) -> Response:
        path, kind = preview_path(desk, request.path_params["set"], request.path_params["name"])
        try:
            return send_within(desk.folder, path.relative_to(desk.folder), kind, headers=_KEPT)
        except OSError as error:
            raise UnknownItemError("this preview is not there yet") from error

    def by_chance(request: Request, body: Mapping[str, Any]) -> Response:
        return JSONResponse(_surprise(desk, body))

    def children(request: Request, body: Mapping[str, Any]) -> Response:
        return JSONResponse(_breed(desk, body))

    def keep(request: Request, body: Mapping[str, Any]) -> Response:
        return JSONResponse(_keep(desk, body))

    return [
        Route("/api/looks", all_looks),
        Route("/api/looks", with_body(want), methods=["POST"]),
        Route("/api/looks/keep", with_body(keep), methods=["POST"]),
        Route("/api/previews/{set}/{name}", preview),
        Route("/api/surprise", with_body(by_chance), methods=["POST"]),
        Route("/api/breed", with_body(children), methods=["POST"]),
    ]


def _want(desk: Desk, worker: PreviewWorker, body: Mapping[str, Any]) -> dict[str, Any]:
    """Begin what is not there of the previews that a page asks for; what is there, and what is to come."""
    frame = None if body.get("at") is None else take(body, "at", int)
    picture = find_picture(desk, take(body, "picture", str), frame)
    asked = take(body, "looks", list, [look.name for look in usual_looks()])
    if len(asked) > MOST_LOOKS:
        raise RequestError(f"looks are {MOST_LOOKS} at most")
    opened = dict(open_look(desk, each) for each in asked)
    possible = tuple(name for name, look in opened.items() if missing_model(look.recipe.model.name) is None)
    if possible:
        worker.want(WantedPreviews(picture, possible, take(body, "palettes", bool, False)))
    return {
        "set": picture.set,
        "size": list(picture.size),
        "looks": list(opened),
        "coming": list(possible),
        "made": made_in(desk, picture.set),
    }


def _surprise(desk: Desk, body: Mapping[str, Any]) -> dict[str, Any]:
    seed = take(body, "seed", int, secrets.randbelow(10_000))
    if not 0 <= seed <= LARGEST_SEED:
        raise RequestError(f"seed must be a whole number from 0 to {LARGEST_SEED}")
    look = surprise(seed)
    return look_facts(shelve(desk, look), look, seed=seed)


def _breed(desk: Desk, body: Mapping[str, Any]) -> dict[str, Any]:
    (_, one), (_, other) = open_look(desk, body.get("one")), open_look(desk, body.get("other"))
    first = take(body, "seed", int, secrets.randbelow(10_000))
    if not 0 <= first <= LARGEST_SEED:
        raise RequestError(f"seed must be a whole number from 0 to {LARGEST_SEED}")
    looks = [(seed, breed(one, other, seed)) for seed in range(first, first + CHILDREN)]
    return {"children": [look_facts(shelve(desk, look), look, seed=seed) for seed, look in looks]}


def _keep(desk: Desk, body: Mapping[str, Any]) -> dict[str, Any]:
    """Keep a look as a recipe of the person's own, in `material/`; nothing there is replaced."""
    _, look = open_look(desk, body.get("look"))
    text = look.text.encode()
    stem = re.sub(r"[^0-9a-z]+", "-", (take(body, "name", str, "") or look.title).lower()).strip("-")[:60]
    require_inside(desk, desk.material)
    with storage_errors(desk.material):
        desk.material.mkdir(exist_ok=True)
    with desk.naming:
        path = _free(desk.material, stem or "look", text)
        write_atomically(path, text)
    return {"item": item_id(path.relative_to(desk.folder)), "name": path.name}


def _free(folder: Path, stem: str, text: bytes) -> Path:
    """A name that is free, or whose file is the same."""
    for number in range(1, 10_000):
        path = folder / (f"{stem}.toml" if number == 1 else f"{stem}-{number}.toml")
        if not path.exists() or (path.is_file() and not path.is_symlink() and path.read_bytes() == text):
            return path
    raise RequestError(f"there are too many looks called {stem}: give it another name")
