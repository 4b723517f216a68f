"""The library, an item, its frames, pictures and video, and the stream of events."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any

from sse_starlette import EventSourceResponse, ServerSentEvent
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import clip_status
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item

_SLOWEST = 10.0  # seconds in which a page has to take what it is sent


def library_routes(desk: Desk) -> list[Route]:
    """The routes of what lies in the folder."""

    def library(request: Request) -> Response:
        items = [_facts(desk, item) for item in desk.shelf.scan()]
        return JSONResponse({"items": items, "last_event": desk.feed.last_id})

    def one_item(request: Request) -> Response:
        return JSONResponse(_facts(desk, desk.shelf.find(request.path_params["item"])))

    def frame(request: Request) -> Response:
        item = desk.shelf.find(request.path_params["item"])
        clip = open_clip(desk.shelf.path_of(item))
        return FileResponse(clip.frame_path(request.path_params["frame"]), media_type="image/png")

    async def events(request: Request) -> Response:
        last_id = request.headers.get("last-event-id") or request.query_params.get("last")

        async def stream() -> AsyncIterator[ServerSentEvent]:
            async for event in desk.feed.follow(last_id):
                yield ServerSentEvent(json.dumps(event.facts), id=event.id, event=event.kind)

        return EventSourceResponse(stream(), ping=15, send_timeout=_SLOWEST)

    return [
        Route("/api/library", library),
        Route("/api/events", events),
        Route("/api/items/{item}", one_item),
        Route("/api/items/{item}/frames/{frame:int}", frame),
    ]


def _facts(desk: Desk, item: Item) -> dict[str, Any]:
    facts: dict[str, Any] = {"id": item.id, "kind": item.kind, "name": item.name}
    if item.kind == "clip":
        clip = open_clip(desk.shelf.path_of(item))
        now, recipe = clip_status(clip), clip.recipe
        size = recipe.clip.size
        facts |= {
            "state": now.state,
            "frames_done": now.frames_done,
            "frames_total": now.frames_total,
            "seconds_per_frame": now.seconds_per_frame,
            "eta_seconds": now.eta_seconds,
            "size": [size.width, size.height],
            "fps": float(recipe.clip.fps),
            "has_song": bool(recipe.music.song),
            "has_video": now.video is not None,
        }
    return facts
