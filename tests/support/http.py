"""A real web server on the loopback that misbehaves on order.

A `Site` has one file. Each request is answered by the next reply of its `script`, and when there is none left
by `serve`, which does all a good server does: ranges, If-Range, an ETag. `requests` keeps what was asked.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TypeAlias

Reply: TypeAlias = "Callable[[Request], None]"


class Request(BaseHTTPRequestHandler):
    """One request, with the site it is for."""

    protocol_version = "HTTP/1.1"
    site: Site

    def do_GET(self) -> None:
        self.site.requests.append(dict(self.headers))
        reply = self.site.script.pop(0) if self.site.script else serve
        with contextlib.suppress(ConnectionError):
            reply(self)
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - http.server's name
        pass

    def head(self, status: int, **headers: object) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), str(value))
        self.end_headers()


@dataclass
class Site:
    content: bytes
    etag: str = '"first"'
    script: list[Reply] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    url: str = ""
    release: threading.Event = field(default_factory=threading.Event)

    @property
    def ranges(self) -> list[str | None]:
        """The ranges that were asked for, request by request."""
        return [request.get("Range") for request in self.requests]


@contextlib.contextmanager
def running(site: Site) -> Iterator[Site]:
    """Serve `site` until the block ends; stalled replies are then let go."""
    handler = type("SiteRequest", (Request,), {"site": site})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        site.url = f"http://127.0.0.1:{server.server_port}/model.bin"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield site
        finally:
            site.release.set()
            server.shutdown()
            thread.join()


def serve(request: Request) -> None:
    """What a good server does."""
    site = request.site
    wanted = request.headers.get("Range")
    if not wanted or request.headers.get("If-Range") != site.etag:
        request.head(200, Content_Length=len(site.content), **_etag(site))
        request.wfile.write(site.content)
        return
    start = int(wanted.removeprefix("bytes=").removesuffix("-"))
    if start >= len(site.content):
        request.head(416, Content_Range=f"bytes */{len(site.content)}", Content_Length=0)
        return
    rest = site.content[start:]
    span = f"bytes {start}-{len(site.content) - 1}/{len(site.content)}"
    request.head(206, Content_Range=span, Content_Length=len(rest), **_etag(site))
    request.wfile.write(rest)


def ignore_ranges(request: Request) -> None:
    """The whole file, whatever part was asked for."""
    request.head(200, Content_Length=len(request.site.content), **_etag(request.site))
    request.wfile.write(request.site.content)


def drop_after(count: int) -> Reply:
    """Announce the whole file, send `count` bytes, hang up."""

    def reply(request: Request) -> None:
        request.head(200, Content_Length=len(request.site.content), **_etag(request.site))
        request.wfile.write(request.site.content[:count])

    return reply


def stall_after(count: int) -> Reply:
    """Announce the whole file, send `count` bytes, and send no more until the site's `release` is set."""

    def reply(request: Request) -> None:
        request.head(200, Content_Length=len(request.site.content), **_etag(request.site))
        request.wfile.write(request.site.content[:count])
        request.wfile.flush()
        request.site.release.wait(30)
        request.wfile.write(request.site.content[count:])

    return reply


def for_ever(beginning: bytes, more: bytes) -> Reply:
    """Send `more` again and again, a little later each time, until nobody listens."""

    def reply(request: Request) -> None:
        request.wfile.write(beginning)
        while not request.site.release.wait(0.01):
            request.wfile.write(more)

    return reply


def announce(length: int) -> Reply:
    """Send the whole file and hang up, under another length than it has."""

    def reply(request: Request) -> None:
        request.head(200, Content_Length=length, **_etag(request.site))
        request.wfile.write(request.site.content)

    return reply


def without_length(request: Request) -> None:
    """The whole file with no word of its length, as HTTP/1.0 did it."""
    request.head(200, Connection="close")
    request.wfile.write(request.site.content)


def answer(status: int, **headers: object) -> Reply:
    """A bare status."""
    return lambda request: request.head(status, Content_Length=0, **headers)


def wrong_range(request: Request) -> None:
    """Another range than any that was asked for."""
    rest = request.site.content[7:]
    request.head(206, Content_Range=f"bytes 7-{len(rest) + 6}/{len(rest) + 7}", Content_Length=len(rest))
    request.wfile.write(rest)


def _etag(site: Site) -> dict[str, str]:
    return {"ETag": site.etag} if site.etag else {}
