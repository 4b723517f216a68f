"""Who may ask for what.

A page of this server alone may change anything, and only who was given the token sees anything at all:

    Host            an address, or a name that leads here; another name was made to lead here (DNS rebinding)
    Origin          with everything that changes something
    Sec-Fetch-Site  with everything that is no page, where a browser tells it: no page of another site, nor of
                    another port, asks for anything
    the token       in the URL's fragment, which no browser sends; the page turns it into a cookie
    the cookie      HttpOnly, SameSite=Strict
    the policy      no script, style, picture or connection but this server's own; nothing within frames
"""

from __future__ import annotations

import hmac
import ipaddress
import re
import secrets
from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

SAFE: Final = ("GET", "HEAD")
"""Methods that change nothing."""

SESSION: Final = "/api/session"
"""Where a token becomes a cookie."""

_METHODS: Final = (*SAFE, "POST", "PUT", "DELETE")
_OPEN: Final = ("/", SESSION)  # beside the static files: they tell nothing of the folder
_STATIC: Final = "/static/"
_LONGEST: Final = 2000  # bytes of a path with what is asked of it
_MOST_HEADERS: Final = 100
_LARGEST_HEAD: Final = 32 << 10  # bytes; a browser sends the cookies of every program on the machine
_END: Final = {"Connection": "close"}
_OWN_SITES: Final = ("same-origin", "none")  # "none": a person typed the address
_PORT: Final = re.compile(r":\d{1,5}\Z", re.ASCII)
_POLICY: Final = (
    "default-src 'none'; "
    "script-src 'self' 'nonce-{nonce}'; style-src 'self' 'nonce-{nonce}'; "
    "img-src 'self' blob:; media-src 'self' blob:; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


class Doorkeeper:
    """Stands before the application and lets through what may pass.

    Args:
        app: the application.
        token: what a person was given.
        hosts: names that lead here, beside addresses and "localhost".
    """

    def __init__(self, app: ASGIApp, token: str, hosts: Collection[str] = ()) -> None:
        self._app, self._token = app, token
        self._hosts = frozenset(name.casefold() for name in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or refuse it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)
        else:  # nothing here speaks WebSocket
            await send({"type": "websocket.close", "code": 1008})

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                _add_headers(MutableHeaders(scope=message), scope, nonce)
            await send(message)

        refusal = _fault(scope) or self._refusal(scope)
        if refusal is not None:
            status, words = refusal
            # Where a request is not as a browser sends it, nobody knows where the next one begins.
            more = {405: {"Allow": ", ".join(_METHODS)}, 400: _END, 431: _END}.get(status)
            await JSONResponse({"error": words}, status, more)(scope, receive, send_guarded)
            return
        await self._app(scope, receive, send_guarded)

    def _refusal(self, scope: Scope) -> tuple[int, str] | None:
        """The status and the words of a refusal; None where a request may pass."""
        headers = Headers(scope=scope)
        host, path = headers["host"], scope["path"]
        if not leads_here(host, self._hosts):
            return 421, "this address is not this studio's: open the one that dreamzoom studio printed"
        if scope["method"] not in _METHODS:
            return 405, "there is no such method"
        if not _may_ask(scope, headers, host):
            return 403, "another page may see and change nothing here"
        if path in _OPEN or path.startswith(_STATIC):
            return None
        if not has_token(headers.get("cookie", ""), cookie_name(host), self._token):
            return 401, "open the address that dreamzoom studio printed: it has the key to this studio"
        return None


def _fault(scope: Scope) -> tuple[int, str] | None:
    """What is wrong with a request that no browser sends so."""
    names = [name for name, _ in scope["headers"]]
    path = scope["path"]
    if names.count(b"host") != 1 or not path.startswith(
        "/"
    ):  # such as `GET http://…`, which names a host too
        return 400, "a request names one host, and a path"
    if b"transfer-encoding" in names and b"content-length" in names:
        return 400, "a request has one length"
    size = sum(len(name) + len(value) for name, value in scope["headers"])
    if len(names) > _MOST_HEADERS or size > _LARGEST_HEAD:
        return 431, "the request's head is too large"
    if len(scope.get("raw_path", b"")) + len(scope["query_string"]) > _LONGEST:
        return 414, "the address is too long"
    if not path.isprintable():
        return 400, "the address holds what no address does"
    return None


def leads_here(host: str, names: Collection[str]) -> bool:
    """Whether a `Host` is an address, "localhost" or one of the names; on any port, as tunnels have others.

    A name may be made to lead to any address by whoever owns it. An address cannot.
    """
    name = _PORT.sub("", host).casefold()
    if name == "localhost" or name in names:
        return True
    try:
        ipaddress.ip_address(name[1:-1] if name.startswith("[") and name.endswith("]") else name)
    except ValueError:
        return False
    return name.startswith("[") == (":" in name)


def cookie_name(host: str) -> str:
    """The cookie's name; servers on other ports of the same machine have others."""
    port = _PORT.search(host)
    return f"dreamzoom-{port[0][1:] if port else 80}"


def has_token(cookies: str, name: str, token: str) -> bool:
    """Whether the cookies of a request, those of other programs of the machine among them, hold the token."""
    return is_token(cookie_parser(cookies).get(name, ""), token)


def is_token(given: str, token: str) -> bool:
    """Whether a text is the token; the time that takes tells nothing of it."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), token.encode())


def _may_ask(scope: Scope, headers: Headers, host: str) -> bool:
    """Whether a request comes from a page of this server, or may come from anywhere.

    Every browser tells where a change comes from; of what changes nothing not every one does.
    """
    if scope["method"] in SAFE:
        return not scope["path"].startswith("/api/") or headers.get("sec-fetch-site", "none") in _OWN_SITES
    is_own = headers.get("sec-fetch-site", "same-origin") == "same-origin"
    return is_own and headers.getlist("origin") == [f"http://{host}"]


def _add_headers(headers: MutableHeaders, scope: Scope, nonce: str) -> None:
    if not headers.get("content-security-policy", "").startswith("sandbox"):  # such a page has no origin
        headers["Content-Security-Policy"] = _POLICY.format(nonce=nonce)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    if _is_on_this_machine(Headers(scope=scope).get("host", "")):  # elsewhere browsers only complain of it
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
    # A module of an older version beside newer ones would be worse than asking each time.
    headers.setdefault("Cache-Control", "no-cache" if scope["path"].startswith(_STATIC) else "no-store")


def _is_on_this_machine(host: str) -> bool:
    return _PORT.sub("", host) in ("localhost", "127.0.0.1", "[::1]")
