"""The page itself and its static files."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from dreamzoom.errors import RequestError
from dreamzoom.studio.asked import read_body, take
from dreamzoom.studio.door import SESSION, cookie_name, is_token

STATIC: Final = Path(__file__).with_name("static")
"""Where the page's own files lie, and under `vendor` those of others."""

_TYPES: Final = {
    ".js": "text/javascript",
    ".mjs": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
}
_LONGEST: Final = 4096  # bytes of a request with a token
_PATIENCE_S: Final = 10.0  # for its coming
_PAUSE_S: Final = 0.5  # after a wrong one
_LASTS_S: Final = 90 * 24 * 3600  # of a cookie: a phone's browser is closed and opened again


def page_routes(token: str) -> list[BaseRoute]:
    """The routes that need no cookie."""

    def page(request: Request) -> Response:
        text = (STATIC / "index.html").read_text(encoding="utf-8")
        return HTMLResponse(text.replace("NONCE", request.state.nonce))

    wrong = asyncio.Lock()

    async def session(request: Request) -> Response:
        given = take(await asyncio.wait_for(read_body(request, _LONGEST), _PATIENCE_S), "token", str)
        if not is_token(given, token):
            async with wrong:  # one after the other: who guesses has a long way to go
                await asyncio.sleep(_PAUSE_S)
            raise RequestError(
                "this key is not this studio's: open the address that dreamzoom studio printed"
            )
        answer = JSONResponse({})
        name = cookie_name(request.headers["host"])
        answer.set_cookie(name, token, max_age=_LASTS_S, httponly=True, samesite="strict", path="/")
        return answer

    return [
        Route("/", page),
        Route(SESSION, session, methods=["POST"]),
        Mount("/static", _Files(directory=STATIC)),
    ]


class _Files(StaticFiles):
    """The page's files, sent as what they are: on some Windows a script is a plain text, and is not run."""

    def file_response(self, full_path: str | os.PathLike[str], *args: Any, **options: Any) -> Response:
        """The answer that sends a file, or says that it is as it was."""
        answer = super().file_response(full_path, *args, **options)
        kind = _TYPES.get(Path(full_path).suffix)
        if kind and "content-type" in answer.headers:
            answer.headers["content-type"] = f"{kind}; charset=utf-8"
        return answer
