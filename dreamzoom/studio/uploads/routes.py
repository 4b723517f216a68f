"""A file that a page sends, and what is taken."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.errors import StorageError, printable
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.shelf import FONTS, PICTURES, SONGS, VIDEOS
from dreamzoom.studio.uploads.accepting import Accepted, BusyError, Intake
from dreamzoom.studio.uploads.receiving import ACCEPTED, LARGEST, TEXTS, TooLargeError

_STATUS: dict[type[Exception], int] = {TooLargeError: 413, BusyError: 503, StorageError: 507}


def upload_routes(desk: Desk) -> list[Route]:
    """The routes of what is dropped on the page."""
    intake = Intake(desk)

    def limits(request: Request) -> Response:
        endings = {"picture": PICTURES, "text": TEXTS, "font": FONTS, "other": (*SONGS, *VIDEOS)}
        return JSONResponse({"accepted": ACCEPTED, "largest": LARGEST, "endings": endings})

    async def upload(request: Request) -> Response:
        try:
            accepted = await intake.accept(request, request.query_params.get("name", ""))
        except tuple(_STATUS) as error:
            status = next(status for kind, status in _STATUS.items() if isinstance(error, kind))
            return JSONResponse({"error": printable(str(error))}, status)
        return JSONResponse(await to_thread.run_sync(_facts, desk, accepted))

    return [Route("/api/uploads", limits), Route("/api/uploads", upload, methods=["POST"])]


def _facts(desk: Desk, accepted: Accepted) -> dict[str, Any]:
    """The item's facts, and what the file is."""
    found = accepted.found
    item = desk.shelf.at(accepted.place)
    known = desk.facts.examine(item) if item is not None else {"name": printable(Path(accepted.place).name)}
    more = {"what": found["what"], **found["facts"]} if found else {"what": known.get("kind", "file")}
    return {**known, **more, "again": not accepted.is_new, "notes": found.get("notes", [])}
