"""The studio as an application: all routes, and what stands before them."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dreamzoom.errors import DreamzoomError, RequestError, printable
from dreamzoom.studio.comparing import compare_routes
from dreamzoom.studio.delivering.routes import delivering_routes
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.door import Doorkeeper
from dreamzoom.studio.filming.routes import filming_routes
from dreamzoom.studio.inbox.routes import inbox_routes
from dreamzoom.studio.library.housekeeping import housekeeping_routes
from dreamzoom.studio.library.routes import library_routes
from dreamzoom.studio.library.shelf import UnknownItemError
from dreamzoom.studio.library.watching import watching
from dreamzoom.studio.pages import page_routes
from dreamzoom.studio.phone import phone_routes
from dreamzoom.studio.previews.routes import preview_routes
from dreamzoom.studio.previews.worker import PreviewWorker
from dreamzoom.studio.queue.routes import queue_routes
from dreamzoom.studio.queue.waiting import UnknownJobError
from dreamzoom.studio.timeline.routes import timeline_routes
from dreamzoom.studio.uploads.routes import upload_routes
from dreamzoom.studio.wishes.routes import wishes_routes
from dreamzoom.studio.working import at_work


def make_app(desk: Desk, token: str, hosts: Collection[str], phone: str = "", at_once: int = 1) -> Starlette:
    """The application of a desk.

    Args:
        token: what a person was given.
        hosts: names that lead here, beside addresses and "localhost".
        phone: the address for other machines, with the token; "" where none may come.
        at_once: how many renders of the queue are made side by side.
    """

    previews = PreviewWorker(desk)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        loop = asyncio.get_running_loop()
        with at_work(desk, loop, at_once), previews.at_work(loop):
            async with watching(desk):
                yield

    return Starlette(
        lifespan=lifespan,
        routes=[
            *page_routes(token),
            *library_routes(desk),
            *housekeeping_routes(desk),
            *queue_routes(desk),
            *inbox_routes(desk),
            *wishes_routes(desk),
            *timeline_routes(desk),
            *compare_routes(desk),
            *delivering_routes(desk),
            *filming_routes(desk),
            *upload_routes(desk),
            *phone_routes(phone),
            *preview_routes(desk, previews),
        ],
        middleware=[Middleware(Doorkeeper, token=token, hosts=hosts)],
        exception_handlers={
            DreamzoomError: _explain,
            HTTPException: _refuse,
            asyncio.TimeoutError: _give_up,
            Exception: _regret,
        },
    )


def _explain(request: Request, error: Exception) -> Response:
    """An error in words, with the status that fits."""
    status = (
        404
        if isinstance(error, UnknownItemError | UnknownJobError)
        else 400
        if isinstance(error, RequestError)
        else 500
    )
    return JSONResponse({"error": printable(str(error))}, status)


def _refuse(request: Request, error: Exception) -> Response:
    """There is no such address, or it knows no such method."""
    status, headers = getattr(error, "status_code", 500), getattr(error, "headers", None)
    words = {404: "there is nothing at this address", 405: "this address knows no such method"}
    return JSONResponse({"error": words.get(status, "that cannot be answered")}, status, headers)


def _give_up(request: Request, error: Exception) -> Response:
    """What was to come did not."""
    return JSONResponse({"error": "that took too long"}, 408)


def _regret(request: Request, error: Exception) -> Response:
    """What no other place foresaw; the terminal shows where."""
    told = f"internal error: {type(error).__name__}; the terminal of dreamzoom studio shows more"
    return JSONResponse({"error": told}, 500)
