"""The library, an item, its frames, pictures, video and song, and the stream of events."""

from __future__ import annotations

from collections.abc import AsyncIterator

from sse_starlette import EventSourceResponse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.errors import printable
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.serving import Server
from dreamzoom.studio.library.shrinking import SmallPictures

_SLOWEST = 10.0  # seconds in which a page has to take what it is sent


def library_routes(desk: Desk) -> list[Route]:
    """The routes of what lies in the folder."""
    server = Server(desk.shelf, desk.facts, SmallPictures())

    def library(request: Request) -> Response:
        last = desk.feed.last_id  # before the facts are read: what changes meanwhile is told once more
        items = desk.facts.all()
        return JSONResponse({"folder": printable(str(desk.folder)), "items": items, "last_event": last})

    def one_item(request: Request) -> Response:
        return JSONResponse(desk.facts.examine(desk.shelf.find(request.path_params["item"])))

    async def events(request: Request) -> Response:
        last_id = request.headers.get("last-event-id") or request.query_params.get("last")

        async def stream() -> AsyncIterator[bytes]:
            async for event in desk.feed.follow(last_id):
                yield event.written

        return EventSourceResponse(stream(), ping=15, send_timeout=_SLOWEST)

    return [
        Route("/api/library", library),
        Route("/api/events", events),
        Route("/api/items/{item}", one_item),
        Route("/api/items/{item}/frames/{frame:int}", server.frame),
        Route("/api/items/{item}/picture", server.picture),
        Route("/api/items/{item}/video", server.video),
        Route("/api/items/{item}/song", server.song),
    ]
