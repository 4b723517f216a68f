"""What was made of clips and films, to be downloaded; their reports; and where a clip falls."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import RequestError, printable
from dreamzoom.film.folder import FilmFolder
from dreamzoom.footage.falls import fall_point
from dreamzoom.report.template import asset, page_policy
from dreamzoom.studio.delivering.made import MadeFile, find_made, list_made
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.housekeeping import to_trash
from dreamzoom.studio.library.items import Item, item_id
from dreamzoom.studio.library.sending import send_within
from dreamzoom.studio.library.shelf import PICTURES, VIDEOS

_REPORT: Final = "report.html"
_SHOWN: Final = (*VIDEOS, *PICTURES)  # what the stage can show, if the browser can
_BYTES: Final = "application/octet-stream"  # which no browser shows as a page


def download_routes(desk: Desk) -> list[Route]:
    """The routes of what was made, to be downloaded, shown, or put into the trash."""

    def made(request: Request) -> Response:
        files, wanted = (
            [_listed(each) for each in list_made(desk.folder, desk.private)],
            request.query_params.get("item"),
        )
        report = None if not wanted else desk.shelf.path_of(desk.shelf.find(wanted)) / _REPORT
        return JSONResponse({"files": files, "has_report": report is not None and _is_file(report)})

    def download(request: Request) -> Response:
        place = find_made(desk.folder, desk.private, request.path_params["made"])
        return _sent(desk, place, "there is no such file any more", name=place.name)

    def put_away(request: Request) -> Response:
        place = find_made(desk.folder, desk.private, request.path_params["made"])
        return JSONResponse({"trashed": to_trash(desk, Item(item_id(place), "file", place))})

    def own_video(request: Request) -> Response:
        item = shown_item(desk, request)
        name = FilmFolder(Path()).video_path.name if item.kind == "film" else "clip.mp4"
        missing = f"{printable(item.name)} has no video yet"
        return _sent(desk, item.place / name, missing, name=f"{item.name}.mp4")

    def report(request: Request) -> Response:
        item = shown_item(desk, request)
        script = "" if item.kind == "film" else asset("page.js")
        # Of nobody's origin: whatever a stranger's page has in it, it can ask nothing of this studio.
        policy = f"sandbox allow-scripts; {page_policy(script)}"
        missing = f"there is no report about {printable(item.name)} yet"
        headers = {"Content-Security-Policy": policy}
        return _sent(desk, item.place / _REPORT, missing, kind="text/html", headers=headers)

    def fall(request: Request) -> Response:
        item, frame = shown_item(desk, request), request.path_params["frame"]
        if item.kind == "film":
            return JSONResponse({"x": 0.5, "y": 0.5})
        clip = open_clip(desk.shelf.path_of(item))
        x, y = fall_point(clip, min(frame, clip.recipe.clip.frames - 1))
        return JSONResponse({"x": x, "y": y})

    item = "/api/items/{item}"
    return [
        Route("/api/delivered", made),
        Route("/api/delivered/{made}", download),
        Route("/api/delivered/{made}/trash", put_away, methods=["POST"]),
        Route(f"{item}/download", own_video),
        Route(f"{item}/report", report),
        Route(f"{item}/fall/{{frame:int}}", fall),
    ]


def shown_item(desk: Desk, request: Request) -> Item:
    """The clip or film that a request names. Raises a RequestError."""
    item = desk.shelf.find(request.path_params["item"])
    if item.kind not in ("clip", "film"):
        raise RequestError(f"{printable(item.name)} is neither a clip nor a film")
    return item


def _sent(
    desk: Desk,
    place: Path,
    missing: str,
    *,
    kind: str = _BYTES,
    name: str = "",
    headers: Mapping[str, str] | None = None,
) -> Response:
    """What sends a file of FOLDER. Raises a RequestError in the words of `missing` where it is none."""
    try:
        return send_within(desk.folder, place, kind, name=printable(name) or None, headers=headers)
    except OSError as error:
        raise RequestError(missing) from error


def _is_file(path: Path) -> bool:
    return path.is_file() and not path.is_symlink()


def _listed(made: MadeFile) -> Mapping[str, Any]:
    return {
        "id": made.id,
        "name": printable(made.path.name),
        "place": printable(made.place.as_posix()),
        "bytes": made.bytes,
        "seconds": made.seconds,
        "changed": made.changed,
        "files": made.files,
        "of": made.purpose.of if made.purpose else "",
        "for": made.purpose.title if made.purpose else "",
        "how": made.purpose.how if made.purpose else "",
        "shows": made.path.suffix.lower() in _SHOWN,
    }
