"""What can be made of a clip or a film, its checks and its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.clip.folder import open_clip
from dreamzoom.errors import ClipError, RequestError, printable
from dreamzoom.io.files import storage_errors
from dreamzoom.studio.asked import with_body
from dreamzoom.studio.delivering.advice import Misfit
from dreamzoom.studio.delivering.choices import offered
from dreamzoom.studio.delivering.downloads import download_routes, shown_item
from dreamzoom.studio.delivering.fitting import Fitting, fit, fit_stitch
from dreamzoom.studio.delivering.made import free_place
from dreamzoom.studio.delivering.orders import Delivery, read_delivery
from dreamzoom.studio.delivering.purposes import Purpose, note_purpose
from dreamzoom.studio.delivering.shown import known_programme
from dreamzoom.studio.delivering.stitches import KINDS, WantedStitch, read_stitch
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import DELIVERED, Item

_CHORES: Final[Mapping[str, str]] = {
    "stitch": "Put {} together",
    "report": "Report about {}",
    "verify": "Verify {}",
}
"""Commands that need nothing but a clip or a film, and what their jobs are called."""

_OWN_SONG: Final = "a film has its own song and words: its storyboard tells them"


def delivering_routes(desk: Desk) -> list[Route]:
    """The routes of delivering."""

    def targets(request: Request) -> Response:
        return JSONResponse({"targets": offered(desk, shown_item(desk, request))})

    def check(request: Request, body: Mapping[str, Any]) -> Response:
        return _check(desk, desk.shelf.find(request.path_params["item"]), _read(desk, body))

    def deliver(request: Request, body: Mapping[str, Any]) -> Response:
        return _deliver(desk, desk.shelf.find(request.path_params["item"]), _read(desk, body))

    def chore(request: Request) -> Response:
        item, command = shown_item(desk, request), request.url.path.rpartition("/")[2]
        job = desk.waiting.add(
            _CHORES[command].format(item.name), (command, _word(item)), item.place.as_posix()
        )
        return JSONResponse({"job": job.id})

    item = "/api/items/{item}"
    chores = [Route(f"{item}/{command}", chore, methods=["POST"]) for command in _CHORES]
    return [
        Route(f"{item}/targets", targets),
        Route(f"{item}/deliver", with_body(deliver), methods=["POST"]),
        Route(f"{item}/deliver/check", with_body(check), methods=["POST"]),
        *chores,
        *download_routes(desk),
    ]


def _read(desk: Desk, body: Mapping[str, Any]) -> Delivery | WantedStitch:
    return read_stitch(body, desk.shelf) if body.get("for") in KINDS else read_delivery(body, desk.shelf)


def _check(desk: Desk, item: Item, wanted: Delivery | WantedStitch) -> Response:
    """What a delivery comes to; that there is nothing to deliver yet is an answer as well."""
    try:
        fitting, place = _fit(desk, item, wanted)
    except RequestError as error:
        return JSONResponse({**Fitting({}, (Misfit(str(error)),)).as_json(), "file": ""})
    return JSONResponse({**fitting.as_json(), "file": printable(place.name)})


def _deliver(desk: Desk, item: Item, wanted: Delivery | WantedStitch) -> Response:
    """Put a delivery in line, once it is known to fit."""
    fitting, _ = _fit(desk, item, wanted)  # which may take long: a song is decoded
    if fitting.faults:
        raise RequestError("; ".join(fault.words for fault in fitting.faults))
    with desk.naming:
        _, place = _fit(desk, item, wanted)
        with storage_errors(desk.folder / DELIVERED):
            (desk.folder / DELIVERED).mkdir(exist_ok=True)
        title = wanted.target.title if isinstance(wanted, Delivery) else wanted.kind.title
        note_purpose(desk.private, place, Purpose(item.name, title, wanted.how()))
        words = wanted.words(_word(item), f"./{place.as_posix()}")
        verb = "for" if isinstance(wanted, Delivery) else "as"
        job = desk.waiting.add(f"{item.name} {verb} {title}", words, place.as_posix())
    return JSONResponse({"job": job.id, "file": printable(place.name)})


def _fit(desk: Desk, item: Item, wanted: Delivery | WantedStitch) -> tuple[Fitting, Path]:
    """What a delivery comes to, and where it is to lie."""
    try:
        if isinstance(wanted, WantedStitch):
            return _fit_stitch(desk, item, wanted)
        return _fit_delivery(desk, item, wanted)
    except ClipError as error:
        raise RequestError(f"{printable(item.name)}: {error}") from error


def _fit_stitch(desk: Desk, item: Item, wanted: WantedStitch) -> tuple[Fitting, Path]:
    if item.kind == "film":
        raise RequestError(_OWN_SONG)
    if item.kind != "clip":
        raise RequestError(
            f"{printable(item.name)} is neither a clip nor a film: there is nothing to deliver"
        )
    place = _free(desk, item.name, wanted.kind.suffix)
    out = _existing(desk.folder, place)
    return fit_stitch(wanted, open_clip(desk.shelf.path_of(item)), desk.folder, out), place


def _fit_delivery(desk: Desk, item: Item, wanted: Delivery) -> tuple[Fitting, Path]:
    stem = f"{item.name}-{wanted.target.name}"
    stem += f"-{wanted.shape.replace(':', 'x')}" if wanted.shape else ""
    place = _free(desk, stem, wanted.target.suffix)
    if wanted.is_retimed and item.kind == "film":
        raise RequestError("a film is made for its song: speed and motion blur are of clips")
    if wanted.additions.is_any and item.kind == "film":
        raise RequestError(_OWN_SONG)
    programme = known_programme(item, desk.shelf.path_of(item))
    return fit(wanted, programme, desk.folder, _existing(desk.folder, place)), place


def _free(desk: Desk, stem: str, suffix: str) -> Path:
    return free_place(desk.folder, stem, suffix, {job.target for job in desk.waiting.jobs()})


def _existing(folder: Path, place: Path) -> Path:
    """Where a file is to lie, or a name in FOLDER while there is no folder for it."""
    return folder / place if (folder / place.parent).is_dir() else folder / place.name


def _word(item: Item) -> str:
    """An item's place as a command line names it, no option and no web address."""
    return f"./{item.place.as_posix()}"
