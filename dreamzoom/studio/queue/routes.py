"""The queue as pages see it."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.studio.desk import Desk


def queue_routes(desk: Desk) -> list[Route]:
    """The routes of what is to be rendered."""

    def queue(request: Request) -> Response:
        return JSONResponse({"jobs": [], "paused": False})

    return [Route("/api/queue", queue)]
