"""Files from the web: one request at a time, http and https alone, from any byte on.

The standard library's urllib does all that is needed: it verifies certificates, follows redirects and knows
the system's proxies. `dreamzoom.models.download` resumes and checks large downloads.
"""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http.client import HTTPException, HTTPMessage, HTTPResponse
from typing import IO
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urljoin, urlsplit

from dreamzoom._version import __version__
from dreamzoom.errors import DownloadError, DreamzoomError
from dreamzoom.io.files import binary_size

TIMEOUT = 30.0  # seconds without a single byte
PATIENCE = 120.0  # seconds for all of a small file

_PASSING = (408, 425, 429, 500, 502, 503, 504)  # statuses that may be others a moment later
_RANGE_REFUSED = 416
_NO_NETWORK = (errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH)
_CHUNK = 1 << 16


class BrokenOffError(Exception):
    """The connection failed in a way that another attempt may mend. Its text is the reason."""


@dataclass(frozen=True)
class Answer:
    """A server's answer: the bytes of a file from `offset` on.

    `total` is the whole file's length in bytes, None where the server does not say. `validator` identifies
    this version of the file (an ETag or a date); it is "" where the server gives none.
    """

    response: HTTPResponse
    offset: int
    total: int | None
    validator: str

    def read(self, size: int) -> bytes:
        """Up to `size` further bytes; b"" where the server ends, which may be too early.

        Raises:
            BrokenOffError: the connection failed.
        """
        try:
            return self.response.read(size)
        except (OSError, HTTPException) as error:
            raise BrokenOffError(_reason(error)) from error


def is_web_address(url: str) -> bool:
    """Whether `url` is one that this file fetches."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return known and url.isascii() and url.isprintable() and " " not in url


@contextlib.contextmanager
def open_url(url: str, offset: int = 0, validator: str = "", timeout: float = TIMEOUT) -> Iterator[Answer]:
    """Ask for the file at `url`, from byte `offset` on if it still is the version that `validator` names.

    The answer's own offset tells what came: `offset`, or 0 if the file is new or the server has no ranges.

    Raises:
        DownloadError: there is no network, host or file, or it is not to be had over http or https.
        BrokenOffError: the connection failed in a way that may pass.
    """
    if not is_web_address(url):
        shown = url if url.isprintable() else repr(url)
        raise DownloadError(f"{shown}: only http and https addresses are opened")
    with contextlib.ExitStack() as stack:
        wanted = offset if validator and validator.isascii() and validator.isprintable() else 0
        response = stack.enter_context(_send(url, wanted, validator, timeout))
        answer = _answer(response, wanted)
        if answer is None:  # another range than was asked for: the whole file, then
            answer = _answer(stack.enter_context(_send(url, 0, "", timeout)), 0)
        if answer is None:
            raise DownloadError(f"{url}: asked for all of the file, the server sends a part")
        yield answer


def read_url(url: str, limit: int, error: type[DreamzoomError]) -> bytes:
    """A small file from the web. Blanks and letters beyond ASCII in its address are escaped.

    Args:
        limit: bytes it may have.
        error: what is raised where it cannot be had, is larger, or takes more than two minutes.
    """
    data = bytearray()
    deadline = time.monotonic() + PATIENCE
    try:
        # What is escaped already stays as it is.
        with open_url(quote(url, safe="%/:=&?~#+!$,;'@()*[]", errors="replace")) as answer:
            while chunk := answer.read(_CHUNK):
                data += chunk
                if len(data) > limit:
                    raise error(f"{url}: is larger than {binary_size(limit)}")
                if time.monotonic() > deadline:
                    raise error(f"{url}: is not through after {PATIENCE:g} seconds; save it to a file first")
    except DownloadError as fault:
        raise error(str(fault)) from fault
    except BrokenOffError as fault:
        raise error(f"{url}: cannot be read: {fault}") from fault
    return bytes(data)


def _send(url: str, offset: int, validator: str, timeout: float) -> HTTPResponse:
    headers = {"User-Agent": f"dreamzoom/{__version__}", "Accept-Encoding": "identity"}
    if offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": validator}
    try:
        response = _opener().open(request.Request(url, headers=headers), timeout=timeout)  # noqa: S310 - http(s)
    except HTTPError as error:
        with error:
            raise _refusal(url, error) from error
    except URLError as error:
        cause = error.reason if isinstance(error.reason, Exception) else error
        raise _fault(url, cause) from error
    except (OSError, HTTPException) as error:
        raise _fault(url, error) from error
    assert isinstance(response, HTTPResponse)  # noqa: S101 - the opener knows http and https alone
    return response


def _answer(response: HTTPResponse, wanted: int) -> Answer | None:
    """The answer, or None when it is a part of the file that does not start at byte `wanted`."""
    validator = _validator(response.headers)
    if response.status not in (206, _RANGE_REFUSED):
        return Answer(response, 0, response.length, validator)
    span = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})", response.headers.get("Content-Range", ""))
    if span is None or not wanted or int(span[1]) != wanted:
        return None
    return Answer(response, wanted, int(span[2]), validator)


def _validator(headers: HTTPMessage) -> str:
    """What If-Range may hold (RFC 9110, 13.1.5): a strong ETag, else the date of the last change, else ""."""
    tag = headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return str(tag)
    return str(headers.get("Last-Modified", ""))


def _opener() -> request.OpenerDirector:
    """urllib without its file, ftp and data handlers."""
    opener = request.OpenerDirector()
    handlers = (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(context=ssl.create_default_context()),
        _WebRedirects(),
        _RangeRefusals(),
        request.HTTPDefaultErrorHandler(),
    )
    for handler in handlers:
        opener.add_handler(handler)
    return opener


class _WebRedirects(request.HTTPRedirectHandler):
    """Follows redirects to web addresses, and refuses those to files and other places."""

    def redirect_request(  # noqa: PLR0917 - urllib's signature
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> request.Request | None:
        if not is_web_address(newurl.replace(" ", "%20")):  # as urllib will write it
            raise HTTPError(req.full_url, code, msg, headers, fp)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _RangeRefusals(request.HTTPErrorProcessor):
    """Hands "range not satisfiable" on as an answer, as `open_url` then asks for the whole file."""

    def http_response(self, request: request.Request, response: HTTPResponse) -> HTTPResponse:
        return response if response.status == _RANGE_REFUSED else super().http_response(request, response)

    https_response = http_response


def _refusal(url: str, error: HTTPError) -> Exception:
    """What to raise when the server answers with an error."""
    if 300 <= error.code < 400:
        target = urljoin(url, error.headers.get("Location", ""))
        if is_web_address(target.replace(" ", "%20")):
            return DownloadError(f"{url}: leads in a circle")
        return DownloadError(f"{url}: leads to {target}; only http and https addresses are opened")
    answered = f"the server answered {error.code} ({error.reason})"
    return BrokenOffError(answered) if error.code in _PASSING else DownloadError(f"{url}: {answered}")


def _fault(url: str, error: Exception) -> Exception:
    """What to raise when there is no answer."""
    host = urlsplit(url).hostname
    if isinstance(error, socket.gaierror):
        return DownloadError(f"{url}: {host} was not found on the network; is this machine online?")
    if isinstance(error, OSError) and error.errno in _NO_NETWORK:
        return DownloadError(f"{url}: there is no way to {host}: {error.strerror}; is this machine online?")
    if isinstance(error, ssl.SSLCertVerificationError):
        return DownloadError(f"{url}: {host} does not prove who it is: {error.verify_message}")
    return BrokenOffError(_reason(error))


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} seconds"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return " ".join(text.split()) or type(error).__name__
