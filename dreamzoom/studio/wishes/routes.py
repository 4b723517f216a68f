"""New clips, takes and longer clips; the forms, a clip's values, and what a person is about to ask for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import RequestError, quote_value
from dreamzoom.studio.asked import read_body, take, with_body
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.queue.facts import order_facts
from dreamzoom.studio.queue.jobs import Job
from dreamzoom.studio.queue.stopping import pause_item
from dreamzoom.studio.wishes.bases import basis_values, open_basis
from dreamzoom.studio.wishes.commands import longer_clip, new_clip, new_take
from dreamzoom.studio.wishes.drafts import keep_draft, read_drafts
from dreamzoom.studio.wishes.forms import clip_values, schema_json
from dreamzoom.studio.wishes.networks import describe_network
from dreamzoom.studio.wishes.orders import order
from dreamzoom.studio.wishes.values import WishError

_Body = Mapping[str, Any]


def wishes_routes(desk: Desk) -> list[Route]:
    """The routes of what a page asks for."""

    def clips(request: Request, body: _Body) -> Response:
        return _told(order(desk, new_clip(desk, body)))

    def takes(request: Request, body: _Body) -> Response:
        item = desk.shelf.find(request.path_params["item"])
        command = new_take(desk, item, body)
        with suppress(RequestError):  # it is not at work
            pause_item(desk, item)  # what it goes on with is not wanted now; it can be resumed
        return _told(order(desk, command, first=True))

    def extend(request: Request, body: _Body) -> Response:
        item = desk.shelf.find(request.path_params["item"])
        words = longer_clip(desk, item, body)
        return _told(desk.waiting.add(f"Longer: {item.name}", words, item.place.as_posix()))

    def check(request: Request, body: _Body) -> Response:
        of = take(body, "of", str, "")
        item = desk.shelf.find(of) if of else None
        try:
            command = new_clip(desk, body) if item is None else new_take(desk, item, body)
        except WishError as error:
            return JSONResponse({"faults": error.faults, "notes": []})
        except RequestError as error:
            return JSONResponse({"faults": {}, "notes": [str(error)]})
        return JSONResponse({"faults": {}, "notes": list(command.notes)})

    return [
        Route("/api/clips", _wishing(clips), methods=["POST"]),
        Route("/api/items/{item}/takes", _wishing(takes), methods=["POST"]),
        Route("/api/items/{item}/extend", _wishing(extend), methods=["POST"]),
        Route("/api/check", _wishing(check), methods=["POST"]),
        *_form_routes(desk),
    ]


def _form_routes(desk: Desk) -> list[Route]:
    def schema(request: Request) -> Response:
        text, mark = schema_json()
        headers = {"ETag": f'"{mark}"', "Cache-Control": "no-cache"}
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(text, media_type="application/json", headers=headers)

    def values(request: Request) -> Response:
        item = desk.shelf.find(request.path_params["item"])
        if item.kind != "clip":
            return JSONResponse({"values": basis_values(open_basis(desk, {"item": item.id}))})
        frame = request.query_params.get("frame", "0")
        if not frame.isdecimal() or len(frame) > 6:
            raise RequestError(f"frame must be a whole number, got {quote_value(frame)}")
        return JSONResponse(clip_values(open_clip(desk.shelf.path_of(item)), int(frame)))

    def network(request: Request) -> Response:
        return JSONResponse(describe_network(desk, request.path_params["model"]))

    def drafts(request: Request) -> Response:
        return JSONResponse({"drafts": read_drafts(desk)})

    async def draft(request: Request) -> Response:
        body, subject = await read_body(request), request.path_params["subject"]
        kept = take(body, "draft", dict, {})
        await run_in_threadpool(keep_draft, desk, subject, kept)
        desk.feed.tell("draft", {"of": subject, "draft": kept, "by": take(body, "by", str, "")})
        return JSONResponse({})

    return [
        Route("/api/schema", schema),
        Route("/api/items/{item}/recipe", values),
        Route("/api/models/{model}", network),
        Route("/api/drafts", drafts),
        Route("/api/drafts/{subject}", draft, methods=["PUT"]),
    ]


def _wishing(work: Callable[[Request, _Body], Response]) -> Callable[[Request], Any]:
    """An endpoint with a body, where what is wrong with single values is told by their keys too."""

    def answer(request: Request, body: _Body) -> Response:
        try:
            return work(request, body)
        except WishError as error:
            return JSONResponse({"error": str(error), "faults": error.faults}, 400)

    return with_body(answer)


def _told(job: Job) -> Response:
    return JSONResponse(order_facts(job))
