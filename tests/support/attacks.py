"""What is tried against a studio: hostile texts, and the names of all that it asks for."""

from __future__ import annotations

import ast
import asyncio
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
from starlette.applications import Starlette
from starlette.routing import Route

import dreamzoom


@dataclass
class InsideClient:
    """Asks an application in this process, without a server and without keeping cookies."""

    client: httpx.AsyncClient
    loop: asyncio.AbstractEventLoop

    @classmethod
    @contextlib.contextmanager
    def of(cls, app: Starlette, origin: str) -> Iterator[InsideClient]:
        """A client of an application; what that raises is an answer of status 500."""
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=("127.0.0.1", 1))
        loop = asyncio.new_event_loop()
        client = httpx.AsyncClient(transport=transport, base_url=origin, timeout=60)
        try:
            yield cls(client, loop)
        finally:
            loop.run_until_complete(client.aclose())
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    def request(self, method: str, path: str, **options: Any) -> httpx.Response:
        answer = self.loop.run_until_complete(self.client.request(method, path, **options))
        self.client.cookies.clear()
        return answer

    def get(self, path: str, **options: Any) -> httpx.Response:
        return self.request("GET", path, **options)

    def head(self, path: str, **options: Any) -> httpx.Response:
        return self.request("HEAD", path, **options)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.request("POST", path, **options)

    def delete(self, path: str, **options: Any) -> httpx.Response:
        return self.request("DELETE", path, **options)


SECRET = "the secret that lies outside"  # noqa: S105 - no password

WAYS_OUT = (
    "../secret",
    "../../../../../../../../etc/passwd",
    "..%2fsecret",
    "%2e%2e%2f%2e%2e%2fsecret",
    "%252e%252e%252fsecret",
    "..\\secret",
    "..%5csecret",
    "%c0%ae%c0%ae%c0%afsecret",
    "/etc/passwd",
    "//etc/passwd",
    "file:///etc/passwd",
    "http://127.0.0.1:1/",
    "\\\\127.0.0.1\\share\\secret",
    "C:\\Windows\\win.ini",
    "link",
    "linked/secret",
    ".studio/token",
    "material/../../secret",
    "sky.png\0.jpg",
    "-rf",
    "--out=../out",
    "con",
    "a" * 1500,
    "9" * 1500,
    "\u202egnp",
    "'; $(touch ../touched) `touch ../touched` | touch ../touched",
)
"""Texts that lead out of FOLDER where somebody takes them for a path, or elsewhere."""


def names_asked_for() -> tuple[set[str], set[str]]:
    """The names of values that the studio's modules take from bodies, and from queries."""
    bodies, queries = set(), set()
    for path in (Path(dreamzoom.__file__).parent / "studio").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            called = ast.unparse(node.func)
            texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
            names = {text for text in texts if isinstance(text, str) and text.isidentifier()}
            if called == "take":
                bodies |= names
            elif called.endswith("query_params.get"):
                queries |= names
            elif called.endswith((".get", "_take")):
                bodies |= names
    return bodies, queries


def requests_of(app: Starlette, known: dict[str, str]) -> Iterator[tuple[str, str]]:
    """Each route's methods, with its path where parameters have known values: "GET", "/api/items/{item}"."""
    for route in app.routes:
        if isinstance(route, Route):
            path = route.path_format
            for name, value in known.items():
                path = path.replace(f"{{{name}}}", value)
            for method in sorted((route.methods or set()) - {"HEAD"}):
                yield method, path


def with_ways_out(path: str) -> Iterator[str]:
    """A path with each of its parameters, one at a time, leading out."""
    parts = path.split("/")
    places = [place for place, part in enumerate(parts) if part.startswith("{")]
    for place, way in product(places, WAYS_OUT):
        others = ["0" if part.startswith("{") else part for part in parts]
        others[place] = way if "%" in way else quote(way, safe="")
        yield "/".join(others)
