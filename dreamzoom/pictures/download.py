"""Pictures from the web: http and https alone, and never more than a picture's worth."""

from __future__ import annotations

import time
from http.client import HTTPException, HTTPMessage
from typing import IO
from urllib.error import HTTPError, URLError
from urllib.parse import quote
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPRedirectHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from dreamzoom._version import __version__
from dreamzoom.errors import PictureError

LARGEST_DOWNLOAD = 64 << 20  # bytes
_SILENCE = 20.0  # seconds without a byte
_PATIENCE = 120.0  # seconds for all of it
_CHUNK = 1 << 16
_SCHEMES = ("http", "https")


def is_url(text: str) -> bool:
    """Whether a text is meant as a URL: `C:\\sky.jpg` and `sky.jpg` are not."""
    return "://" in text


def read_url(url: str) -> bytes:
    """What is at an http or https URL.

    Raises:
        PictureError: another scheme, no answer, an error, more than 64 MiB, or more than two minutes.
    """
    if not _is_web(url):
        raise PictureError(f"{url}: only http and https addresses are opened")
    try:
        # Blanks and letters beyond ASCII are escaped; what is escaped stays as it is.
        address = quote(url, safe="%/:=&?~#+!$,;'@()*[]")
        request = Request(address, headers={"User-Agent": f"dreamzoom/{__version__}"})  # noqa: S310
        with _opener().open(request, timeout=_SILENCE) as answer:
            return _read_at_most(answer, url)
    except HTTPError as error:
        error.close()
        raise PictureError(f"{url}: the server answered {error.code} {_one_line(error.reason)}") from error
    except URLError as error:
        raise PictureError(f"{url}: cannot be reached: {_one_line(error.reason)}") from error
    except (HTTPException, OSError, ValueError) as error:
        raise PictureError(f"{url}: cannot be read: {_one_line(error) or type(error).__name__}") from error


class _WebRedirects(HTTPRedirectHandler):
    """Follows redirects within the web only."""

    def redirect_request(  # noqa: PLR0917 - the library's own signature
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        if not _is_web(newurl):
            fp.close()
            raise PictureError(f"{req.full_url}: leads to {newurl}; only http and https addresses are opened")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _is_web(url: str) -> bool:
    return url.partition(":")[0].lower() in _SCHEMES


def _opener() -> OpenerDirector:
    """An opener with no handlers for files, FTP or data."""
    opener = OpenerDirector()
    for handler in (
        ProxyHandler,
        HTTPHandler,
        HTTPSHandler,
        HTTPErrorProcessor,
        HTTPDefaultErrorHandler,
        _WebRedirects,
    ):
        opener.add_handler(handler())
    return opener


def _read_at_most(answer: IO[bytes], url: str) -> bytes:
    deadline = time.monotonic() + _PATIENCE
    data = bytearray()
    while chunk := answer.read(_CHUNK):
        data += chunk
        if len(data) > LARGEST_DOWNLOAD:
            raise PictureError(f"{url}: is larger than {LARGEST_DOWNLOAD >> 20} MiB")
        if time.monotonic() > deadline:
            raise PictureError(f"{url}: is not through after {_PATIENCE:g} seconds; save it to a file first")
    return bytes(data)


def _one_line(reason: object) -> str:
    return " ".join(str(reason).split())
