"""Who may ask for what.

A page of this server alone may change anything, and only who was given the token sees anything at all:

    Host            a name that leads here; another one is a name that was made to lead here (DNS rebinding)
    Origin          with everything that changes something, and `Sec-Fetch-Site` where a browser tells it
    the token       in the URL's fragment, which no browser sends; the page turns it into a cookie
    the cookie      HttpOnly, SameSite=Strict
    the policy      no script, style, picture or connection but this server's own; nothing within frames
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Collection
from http.cookies import CookieError, SimpleCookie
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE: Final = ("GET", "HEAD")
"""Methods that change nothing."""

OPEN: Final = ("/api/session", "/static/")
"""Paths that need no cookie, beside the page itself: they tell nothing of the folder."""


class Doorkeeper:
    """Stands before the application and lets through what may pass.

    Args:
        app: the application.
        token: what a person was given.
        hosts: the values of `Host` that lead here.
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str]) -> None:
        self._app, self._token, self._hosts = app, token, frozenset(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), nonce)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            status, words = refusal
            await JSONResponse({"error": words}, status)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The status and the words of a refusal; None where a request may pass."""
        headers = Headers(scope=scope)
        host = headers.get("host", "")
        if host not in self._hosts:
            return 421, "this address is not this studio's: open the one that dreamzoom studio printed"
        path = scope["path"]
        if scope["method"] not in SAFE and not _is_own(headers, host):
            return 403, "another page may change nothing here"
        if path == "/" or path.startswith(OPEN):
            return None
        if not has_token(headers.get("cookie", ""), cookie_name(host), self._token):
            return 401, "open the address that dreamzoom studio printed: it has the key to this studio"
        return None


def cookie_name(host: str) -> str:
    """The cookie's name; servers on other ports of the same machine have others."""
    port = host.rpartition(":")[2]
    return f"dreamzoom-{port if port.isdecimal() else 80}"


def has_token(cookies: str, name: str, token: str) -> bool:
    """Whether the cookies of a request hold the token."""
    try:
        found = SimpleCookie(cookies).get(name)
    except CookieError:
        return False
    return found is not None and hmac.compare_digest(found.value.encode(), token.encode())


def _is_own(headers: Headers, host: str) -> bool:
    """Whether a request comes from a page of this server: every browser tells where a POST comes from."""
    site = headers.get("sec-fetch-site", "same-origin")
    return site == "same-origin" and headers.get("origin") == f"http://{host}"


def _add_headers(headers: MutableHeaders, nonce: str) -> None:
    headers["Content-Security-Policy"] = (
        "default-src 'none'; "
        f"script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
        "img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    headers.setdefault("Cache-Control", "no-store")
