"""What can be made of a clip or a film, its checks and its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.delivery.targets import TARGETS, Target
from dreamzoom.errors import ClipError, RequestError, printable
from dreamzoom.io.files import storage_errors
from dreamzoom.studio.asked import with_body
from dreamzoom.studio.delivering.advice import Misfit
from dreamzoom.studio.delivering.downloads import download_routes, shown_item
from dreamzoom.studio.delivering.fitting import Fitting, fit
from dreamzoom.studio.delivering.made import free_place
from dreamzoom.studio.delivering.orders import Delivery, read_delivery
from dreamzoom.studio.delivering.shown import known_programme
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import DELIVERED, Item

_CHORES: Final[Mapping[str, str]] = {
    "stitch": "Put {} together",
    "report": "Report about {}",
    "verify": "Verify {}",
}
"""Commands that need nothing but a clip or a film, and what their jobs are called."""


def delivering_routes(desk: Desk) -> list[Route]:
    """The routes of delivering."""

    def targets(request: Request) -> Response:
        return JSONResponse({"targets": [_told(target) for target in TARGETS.values()]})

    def check(request: Request, body: Mapping[str, Any]) -> Response:
        return _check(desk, desk.shelf.find(request.path_params["item"]), read_delivery(body))

    def deliver(request: Request, body: Mapping[str, Any]) -> Response:
        return _deliver(desk, desk.shelf.find(request.path_params["item"]), read_delivery(body))

    def chore(request: Request) -> Response:
        item, command = shown_item(desk, request), request.url.path.rpartition("/")[2]
        job = desk.waiting.add(
            _CHORES[command].format(item.name), (command, _word(item)), item.place.as_posix()
        )
        return JSONResponse({"job": job.id})

    item = "/api/items/{item}"
    chores = [Route(f"{item}/{command}", chore, methods=["POST"]) for command in _CHORES]
    return [
        Route("/api/targets", targets),
        Route(f"{item}/deliver", with_body(deliver), methods=["POST"]),
        Route(f"{item}/deliver/check", with_body(check), methods=["POST"]),
        *chores,
        *download_routes(desk),
    ]


def _check(desk: Desk, item: Item, wanted: Delivery) -> Response:
    """What a delivery comes to; that there is nothing to deliver yet is an answer as well."""
    try:
        fitting, place = _fit(desk, item, wanted)
    except RequestError as error:
        return JSONResponse({**Fitting({}, (Misfit(str(error)),)).as_json(), "file": ""})
    return JSONResponse({**fitting.as_json(), "file": printable(place.name)})


def _deliver(desk: Desk, item: Item, wanted: Delivery) -> Response:
    """Put a delivery in line, once it is known to fit."""
    fitting, place = _fit(desk, item, wanted)
    if fitting.faults:
        raise RequestError("; ".join(fault.words for fault in fitting.faults))
    with storage_errors(desk.folder / DELIVERED):
        (desk.folder / DELIVERED).mkdir(exist_ok=True)
    title = f"{item.name} for {wanted.target.title}"
    words = wanted.words(_word(item), f"./{place.as_posix()}")
    job = desk.waiting.add(title, words, place.as_posix())
    return JSONResponse({"job": job.id, "file": printable(place.name)})


def _fit(desk: Desk, item: Item, wanted: Delivery) -> tuple[Fitting, Path]:
    """What a delivery comes to, and where it is to lie."""
    stem = f"{item.name}-{wanted.target.name}"
    stem += f"-{wanted.shape.replace(':', 'x')}" if wanted.shape else ""
    promised = {job.target for job in desk.waiting.jobs()}
    place = free_place(desk.folder, stem, wanted.target.suffix, promised)
    if wanted.is_retimed and item.kind == "film":
        raise RequestError("a film is made for its song: speed and motion blur are of clips")
    try:
        programme = known_programme(item, desk.shelf.path_of(item))
    except ClipError as error:
        raise RequestError(f"{printable(item.name)}: {error}") from error
    return fit(wanted, programme, _existing(desk.folder, place)), place


def _existing(folder: Path, place: Path) -> Path:
    """Where a file is to lie, or a name in FOLDER while there is no folder for it."""
    return folder / place if (folder / place.parent).is_dir() else folder / place.name


def _word(item: Item) -> str:
    """An item's place as a command line names it, no option and no web address."""
    return f"./{item.place.as_posix()}"


def _told(target: Target) -> Mapping[str, Any]:
    limits = target.limits
    kind = target.video.title if target.sound is None else f"{target.video.title}, {target.sound.title}"
    return {
        "name": target.name,
        "title": target.title,
        "line": target.line,
        "codec": kind,
        "suffix": target.suffix,
        "has_sound": target.sound is not None,
        "aspect": limits.aspect or limits.best_aspect,
        "seconds": None if limits.seconds is None else [float(each) for each in limits.seconds],
        "plays_at": target.plays_at,
        "is_folder": not target.suffix,
    }
