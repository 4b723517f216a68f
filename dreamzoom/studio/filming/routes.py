"""A new film, its storyboard, its changes, and making what changed."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.errors import RequestError, printable
from dreamzoom.film.folder import FilmFolder, open_film
from dreamzoom.film.history import change_storyboard, step_storyboard
from dreamzoom.studio.asked import take, with_body
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.filming.boards import OpenBoard, board_facts, open_board
from dreamzoom.studio.filming.edits import changed_text
from dreamzoom.studio.filming.foretold import Foreteller
from dreamzoom.studio.filming.material import own_picture
from dreamzoom.studio.filming.orders import make_again, make_draft, make_in_full, order_film
from dreamzoom.studio.library.items import MATERIAL, Item
from dreamzoom.studio.library.outside import require_named_within
from dreamzoom.studio.library.sending import send_within
from dreamzoom.studio.library.shelf import UnknownItemError
from dreamzoom.studio.queue.facts import order_facts
from dreamzoom.studio.queue.jobs import Job

_CHANGED = 412  # what was seen is not what is there


def filming_routes(desk: Desk) -> list[Route]:
    """The routes of films."""
    foreteller = Foreteller(desk)
    writing = threading.Lock()  # a storyboard is read, changed and written by one thread at a time

    def films(request: Request, body: Mapping[str, Any]) -> Response:
        return _told(order_film(desk, body))

    def storyboard(request: Request) -> Response:
        _, film = _film(desk, request)
        return JSONResponse(board_facts(desk.shelf, open_board(film)))

    def foretold(request: Request) -> Response:
        item, film = _film(desk, request)
        opened = open_board(film)
        return JSONResponse({"mark": opened.mark, **foreteller.foretell(item, opened)})

    def change(request: Request, body: Mapping[str, Any]) -> Response:
        item, film = _film(desk, request)
        opened = open_board(film)
        if _seen(request) != opened.mark:
            return _meanwhile()
        new = changed_text(desk, opened, body, lambda: foreteller.spans(item, opened))
        return _write(desk, opened, new, writing)

    def make(request: Request, body: Mapping[str, Any]) -> Response:
        item, film = _film(desk, request)
        return _make(desk, item, film, take(body, "as", str, "changed"))

    return [
        Route("/api/films", with_body(films), methods=["POST"]),
        Route("/api/items/{item}/storyboard", storyboard),
        Route("/api/items/{item}/storyboard/check", foretold),
        Route("/api/items/{item}/storyboard/scenes/{scene:int}/picture", partial(_picture, desk)),
        Route("/api/items/{item}/storyboard", with_body(change), methods=["POST"]),
        Route("/api/items/{item}/storyboard/undo", partial(_step, desk, writing), methods=["POST"]),
        Route("/api/items/{item}/storyboard/redo", partial(_step, desk, writing), methods=["POST"]),
        Route("/api/items/{item}/film", with_body(make), methods=["POST"]),
    ]


_MAKERS: Mapping[str, Callable[[Desk, Item], Job]] = {
    "changed": make_again,
    "full": make_in_full,
    "draft": make_draft,
}


def _write(desk: Desk, opened: OpenBoard, new: str, writing: threading.Lock) -> Response:
    """Write a storyboard's text, unless it has become another one than the change was made of."""
    film = opened.film
    with writing:
        if open_board(film).mark != opened.mark:
            return _meanwhile()
        if new != opened.text:
            change_storyboard(film, opened.text, new)
    return JSONResponse(board_facts(desk.shelf, open_board(film)))


def _step(desk: Desk, writing: threading.Lock, request: Request) -> Response:
    """Undo a storyboard's last change, or do it again, unless it is another text than the page has seen."""
    _, film = _film(desk, request)
    with writing:
        opened = open_board(film)
        if _seen(request) != opened.mark:
            return _meanwhile()
        step_storyboard(film, opened.text, back=request.url.path.endswith("/undo"))
    return JSONResponse(board_facts(desk.shelf, open_board(film)))


def _seen(request: Request) -> str:
    """The mark of the text that a page has seen."""
    return request.headers.get("if-match", "").strip('"')


def _meanwhile() -> Response:
    words = "the storyboard was changed meanwhile, here or in an editor: look at it again"
    return JSONResponse({"error": words}, _CHANGED)


def _make(desk: Desk, item: Item, film: FilmFolder, how: str) -> Response:
    """Put in line what a film lacks, once its storyboard is known to be right as far as is seen at once."""
    maker = _MAKERS.get(how)
    if maker is None:
        raise RequestError(f"a film is made as {', '.join(_MAKERS)}")
    opened = open_board(film)
    if opened.board.faults:
        raise RequestError("; ".join(opened.board.faults))
    require_named_within(desk.folder, opened.board)
    return _told(maker(desk, item))


def _picture(desk: Desk, request: Request) -> Response:
    """The picture in the film's own folder that a scene begins with."""
    item, film = _film(desk, request)
    scenes, number = open_board(film).board.scenes, int(request.path_params["scene"])
    path = own_picture(film, scenes[number].settings.image) if number < len(scenes) else None
    try:
        if path is not None:
            return send_within(desk.folder, item.place / MATERIAL / path.name, "image/png")
    except OSError as error:
        raise UnknownItemError(
            f"the picture of scene {number + 1} cannot be read: {error.strerror}"
        ) from error
    raise UnknownItemError(f"scene {number + 1} has no picture in the film's own folder")


def _film(desk: Desk, request: Request) -> tuple[Item, FilmFolder]:
    item = desk.shelf.find(request.path_params["item"])
    if item.kind != "film":
        raise RequestError(f"{printable(item.name)} is no film")
    return item, open_film(desk.shelf.path_of(item))


def _told(job: Job) -> Response:
    return JSONResponse(order_facts(job))
