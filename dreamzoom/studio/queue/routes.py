"""The list, its order, stopping and going on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.studio.asked import take, with_body
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item
from dreamzoom.studio.queue.facts import queue_facts
from dreamzoom.studio.queue.jobs import Job
from dreamzoom.studio.queue.stopping import go_on_with, pause_item, resume_item, stop_job
from dreamzoom.studio.queue.waiting import FINISHED


def queue_routes(desk: Desk) -> list[Route]:
    """The routes of what is to be rendered."""
    waiting = desk.waiting

    def log(request: Request) -> Response:
        return JSONResponse({"log": waiting.record(waiting.find(request.path_params["job"])).log()})

    def move(request: Request, body: Mapping[str, Any]) -> Response:
        before = None if body.get("before") is None else waiting.find(take(body, "before", str))
        waiting.move(waiting.find(request.path_params["job"]), before)
        return JSONResponse(queue_facts(desk))

    return [
        Route("/api/queue", _change(desk, lambda: None)),
        Route("/api/queue/pause", _change(desk, lambda: waiting.pause(on=True)), methods=["POST"]),
        Route("/api/queue/go", _change(desk, lambda: waiting.pause(on=False)), methods=["POST"]),
        Route("/api/queue/clear", _change(desk, lambda: _clear(desk)), methods=["POST"]),
        Route("/api/queue/{job}", _with_job(desk, waiting.remove), methods=["DELETE"]),
        Route("/api/queue/{job}/log", log),
        Route("/api/queue/{job}/move", with_body(move), methods=["POST"]),
        Route("/api/queue/{job}/stop", _with_job(desk, lambda job: stop_job(desk, job)), methods=["POST"]),
        Route("/api/queue/{job}/again", _with_job(desk, lambda job: go_on_with(desk, job)), methods=["POST"]),
        Route(
            "/api/items/{item}/pause",
            _with_item(desk, lambda item: pause_item(desk, item)),
            methods=["POST"],
        ),
        Route(
            "/api/items/{item}/resume",
            _with_item(desk, lambda item: resume_item(desk, item)),
            methods=["POST"],
        ),
    ]


def _change(desk: Desk, deed: Callable[[], object]) -> Callable[[Request], Response]:
    """What does something and answers with the queue as it is then."""

    def answer(request: Request) -> Response:
        deed()
        return JSONResponse(queue_facts(desk))

    return answer


def _with_job(desk: Desk, deed: Callable[[Job], object]) -> Callable[[Request], Response]:
    """The same with the job of the address."""

    def answer(request: Request) -> Response:
        deed(desk.waiting.find(request.path_params["job"]))
        return JSONResponse(queue_facts(desk))

    return answer


def _with_item(desk: Desk, deed: Callable[[Item], object]) -> Callable[[Request], Response]:
    """The same with the item of the address."""

    def answer(request: Request) -> Response:
        deed(desk.shelf.find(request.path_params["item"]))
        return JSONResponse(queue_facts(desk))

    return answer


def _clear(desk: Desk) -> None:
    for job in desk.waiting.jobs():
        if desk.waiting.state(job) in FINISHED:
            desk.waiting.remove(job)
