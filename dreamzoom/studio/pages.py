"""The page itself and its static files."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dreamzoom.errors import RequestError
from dreamzoom.studio.asked import read_body, take
from dreamzoom.studio.door import cookie_name

STATIC: Final = Path(__file__).with_name("static")
"""Where the page's own files lie, and under `vendor` those of others."""


def page_routes(token: str) -> list[BaseRoute]:
    """The routes that need no cookie."""

    def page(request: Request) -> Response:
        text = (STATIC / "index.html").read_text(encoding="utf-8")
        return HTMLResponse(text.replace("NONCE", request.state.nonce))

    async def session(request: Request) -> Response:
        if take(await read_body(request), "token", str) != token:
            raise RequestError(
                "this key is not this studio's: open the address that dreamzoom studio printed"
            )
        answer = JSONResponse({})
        host = request.headers["host"]
        answer.set_cookie(cookie_name(host), token, httponly=True, samesite="strict", path="/")
        return answer

    return [
        Route("/", page),
        Route("/api/session", session, methods=["POST"]),
        Mount("/static", StaticFiles(directory=STATIC)),
    ]
