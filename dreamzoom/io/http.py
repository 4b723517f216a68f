"""Files from the web: one request at a time, http and https alone, from any byte on.

The standard library's urllib does most that is needed: it verifies certificates, follows redirects and knows
the system's proxies. `network` makes the connections. `dreamzoom.models.download` resumes and checks large
downloads.
"""

from __future__ import annotations

import base64
import contextlib
import errno
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from http.client import HTTPConnection, HTTPException, HTTPMessage, HTTPResponse, HTTPSConnection
from typing import IO, Any
from urllib import request
from urllib.error import HTTPError, URLError
from urllib.parse import quote, unquote, unquote_to_bytes, urljoin, urlsplit, urlunsplit

from dreamzoom._version import __version__
from dreamzoom.errors import DownloadError, DreamzoomError
from dreamzoom.io.files import binary_size, sha256_of
from dreamzoom.io.network import (
    Deadline,
    Gate,
    OwnNetworkError,
    TimelySocket,
    TooSlowError,
    local_is_allowed,
)

TIMEOUT = 30.0  # seconds without a single byte
PATIENCE = 120.0  # seconds for all of a small file, and for each stretch of a large one

_PASSING = (408, 425, 429, 500, 502, 503, 504)  # statuses that may be others a moment later
_RANGE_REFUSED = 416
_NO_NETWORK = (errno.ENETUNREACH, errno.ENETDOWN, errno.EHOSTUNREACH)
_CHUNK = 1 << 16
# Labels between dots, of lengths that can be looked up (RFC 1035); a last dot is allowed.
_HOST = re.compile(r"(?=.{1,253}\.?\Z)[^.]{1,63}(\.[^.]{1,63})*\.?", re.DOTALL)


class BrokenOffError(Exception):
    """The connection failed in a way that another attempt may mend. Its text is the reason."""


class SlowServerError(DownloadError):
    """There was no answer, or no more of it, by the deadline."""


@dataclass(frozen=True)
class Answer:
    """A server's answer: the bytes of a file from `offset` on.

    `total` is the whole file's length in bytes, None where the server does not say. `validator` identifies
    this version of the file (an ETag or a date); it is "" where the server gives none. All of it has to come
    by the deadline, which whoever reads a large file renews.
    """

    url: str
    deadline: Deadline
    response: HTTPResponse
    offset: int
    total: int | None
    validator: str

    def read(self, size: int) -> bytes:
        """Up to `size` further bytes; b"" where the server ends, which may be too early.

        Raises:
            BrokenOffError: the connection failed.
            SlowServerError: the deadline has passed.
        """
        try:
            return self.response.read(size)
        except TooSlowError as error:
            raise _too_slow(self.url) from error
        except (OSError, HTTPException) as error:
            raise BrokenOffError(_reason(error)) from error


def is_web_address(url: str) -> bool:
    """Whether `url` is one that this file fetches."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        sensible = ":" in (parts.hostname or "") or _HOST.fullmatch(parts.hostname or "") is not None
    except ValueError:
        return False
    return known and sensible and url.isascii() and url.isprintable() and " " not in url


def _why_not(url: str) -> str:
    """Why an address that is no web address is not opened."""
    if re.match(r"https?://", url, re.IGNORECASE):
        return "is no web address: its host or port is none, or a character has to be written as %XX"
    return "only http and https addresses are opened"


def without_secrets(url: str) -> str:
    """The address as it may be kept and shown: without user and password, the values of its query as a mark.

    The mark tells one value from another and cannot be turned back: `?token=hidden-5e884898`. What is no web
    address stays as it is.
    """
    if "://" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return re.split(r"[?#]", url)[0]
    query = "&".join(map(_marked, parts.query.split("&"))) if parts.query else ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, query, ""))


def _marked(pair: str) -> str:
    name, equals, value = pair.rpartition("=")
    if not value or re.fullmatch("hidden-[0-9a-f]{8}", value):
        return pair
    return f"{name}{equals}hidden-{sha256_of(value.encode(errors='replace'))[:8]}"


@contextlib.contextmanager
def open_url(url: str, offset: int = 0, validator: str = "", timeout: float = TIMEOUT) -> Iterator[Answer]:
    """Ask for the file at `url`, from byte `offset` on if it still is the version that `validator` names.

    The answer's own offset tells what came: `offset`, or 0 if the file is new or the server has no ranges.

    Raises:
        DownloadError: there is no network, host or file, or it is not to be had over http or https.
            Its subclass SlowServerError: it takes longer than `PATIENCE`.
        BrokenOffError: the connection failed in a way that may pass.
    """
    if not is_web_address(url):
        raise DownloadError(f"{without_secrets(url)}: {_why_not(url)}")
    with contextlib.ExitStack() as stack:
        wanted = offset if validator and validator.isascii() and validator.isprintable() else 0
        gate = Gate(Deadline(PATIENCE, timeout), local_is_allowed())
        response = stack.enter_context(_send(url, wanted, validator, gate))
        answer = _answer(response, wanted, url, gate)
        if answer is None:  # another range than was asked for: the whole file, then
            answer = _answer(stack.enter_context(_send(url, 0, "", gate)), 0, url, gate)
        if answer is None:
            raise DownloadError(f"{without_secrets(url)}: asked for all of the file, the server sends a part")
        yield answer


def read_url(url: str, limit: int, error: type[DreamzoomError]) -> bytes:
    """A small file from the web. Blanks and letters beyond ASCII in its address are escaped.

    Args:
        limit: bytes it may have.
        error: what is raised where it cannot be had, is larger, or takes more than two minutes.
    """
    data = bytearray()
    shown = without_secrets(url)
    try:
        # What is escaped already stays as it is.
        with open_url(quote(url, safe="%/:=&?~#+!$,;'@()*[]", errors="replace")) as answer:
            while chunk := answer.read(_CHUNK):
                data += chunk
                if len(data) > limit:
                    raise error(f"{shown}: is larger than {binary_size(limit)}")
    except SlowServerError as fault:
        raise error(f"{fault}; save it to a file first") from fault
    except DownloadError as fault:
        raise error(str(fault)) from fault
    except BrokenOffError as fault:
        raise error(f"{shown}: cannot be read: {fault}") from fault
    return bytes(data)


def _send(url: str, offset: int, validator: str, gate: Gate) -> HTTPResponse:
    headers = {"User-Agent": f"dreamzoom/{__version__}", "Accept-Encoding": "identity"}
    if offset:
        headers |= {"Range": f"bytes={offset}-", "If-Range": validator}
    question = _question(url, headers)
    try:
        response = _opener(gate).open(question)
    except HTTPError as error:
        with contextlib.closing(error):
            raise _refusal(url, error) from error
    except OwnNetworkError as error:
        raise DownloadError(f"{without_secrets(url)}: {error}") from error
    except TooSlowError as error:
        raise _too_slow(url) from error
    except URLError as error:
        cause = error.reason if isinstance(error.reason, Exception) else error
        raise _fault(url, cause) from error
    except (OSError, HTTPException) as error:
        raise _fault(url, error) from error
    assert isinstance(response, HTTPResponse)  # noqa: S101 - the opener knows http and https alone
    return response


def _question(url: str, headers: dict[str, str]) -> request.Request:
    """The request for an address; its user and password go to that host alone, as RFC 7617 says."""
    parts = urlsplit(url)
    login, at, place = parts.netloc.rpartition("@")
    question = request.Request(urlunsplit(parts._replace(netloc=place)), headers=headers)  # noqa: S310 - http(s)
    if at:
        coded = base64.b64encode(unquote_to_bytes(login)).decode("ascii")
        question.add_unredirected_header("Authorization", f"Basic {coded}")
    return question


def _answer(response: HTTPResponse, wanted: int, url: str, gate: Gate) -> Answer | None:
    """The answer, or None when it is a part of the file that does not start at byte `wanted`."""
    validator = _validator(response.headers)
    if response.status not in (206, _RANGE_REFUSED):
        return Answer(url, gate.deadline, response, 0, response.length, validator)
    span = re.fullmatch(r"bytes (\d{1,18})-\d{1,18}/(\d{1,18})", response.headers.get("Content-Range", ""))
    if span is None or not wanted or int(span[1]) != wanted:
        return None
    return Answer(url, gate.deadline, response, wanted, int(span[2]), validator)


def _validator(headers: HTTPMessage) -> str:
    """What If-Range may hold (RFC 9110, 13.1.5): a strong ETag, else the date of the last change, else ""."""
    tag = headers.get("ETag", "")
    if tag and not tag.startswith("W/"):
        return str(tag)
    return str(headers.get("Last-Modified", ""))


def _opener(gate: Gate) -> request.OpenerDirector:
    """urllib without its file, ftp and data handlers."""
    opener = request.OpenerDirector()
    handlers = (
        request.ProxyHandler(),
        _WebHandler(gate),
        _SecureHandler(gate),
        _WebRedirects(),
        _RangeRefusals(),
        request.HTTPDefaultErrorHandler(),
    )
    for handler in handlers:
        opener.add_handler(handler)
    return opener


class _GatedResponse(HTTPResponse):
    def __init__(self, gate: Gate, connection: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(TimelySocket(connection, gate.deadline), *args, **options)  # type: ignore[arg-type]


class _Connection(HTTPConnection):
    """A connection through a gate, to a proxy where there is a host `beyond` it."""

    def __init__(self, host: str, *, gate: Gate, beyond: str | None, **options: Any) -> None:
        super().__init__(host, **options)
        self.response_class = partial(_GatedResponse, gate)  # type: ignore[assignment]
        self._create_connection = lambda address, *_: gate.connect(address, beyond)


class _SecureConnection(HTTPSConnection):
    """The same with TLS."""

    def __init__(self, host: str, *, gate: Gate, beyond: str | None, **options: Any) -> None:
        super().__init__(host, **options)
        self.response_class = partial(_GatedResponse, gate)  # type: ignore[assignment]
        self._create_connection = lambda address, *_: gate.connect(address, beyond)


class _WebHandler(request.HTTPHandler):
    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate = gate

    def http_open(self, req: request.Request) -> HTTPResponse:
        return self.do_open(partial(_Connection, gate=self._gate, beyond=_host_beyond(req)), req)


class _SecureHandler(request.HTTPSHandler):
    def __init__(self, gate: Gate) -> None:
        super().__init__()
        self._gate, self._certificates = gate, ssl.create_default_context()

    def https_open(self, req: request.Request) -> HTTPResponse:
        connection = partial(_SecureConnection, gate=self._gate, beyond=_host_beyond(req))
        return self.do_open(connection, req, context=self._certificates)


def _host_beyond(question: request.Request) -> str | None:
    """The host that is asked by way of a proxy; None where it is asked itself.

    urllib decides which of them is connected to. Names are not compared: one may be written in capitals, or
    with escapes that urllib undoes.
    """
    if question.host == request.Request(question.full_url).host:  # noqa: S310 - nothing is opened
        return None
    return unquote(urlsplit(question.full_url).hostname or "")


class _WebRedirects(request.HTTPRedirectHandler):
    """Follows redirects to web addresses, and refuses those to files and other places."""

    def redirect_request(  # noqa: PLR0917 - urllib's signature
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> request.Request | None:
        if not is_web_address(newurl.replace(" ", "%20")):  # as urllib will write it
            raise HTTPError(req.full_url, code, msg, headers, fp)
        fp.close()  # what a redirect says beside its headers is not waited for
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _RangeRefusals(request.HTTPErrorProcessor):
    """Hands "range not satisfiable" on as an answer, as `open_url` then asks for the whole file."""

    def http_response(self, request: request.Request, response: HTTPResponse) -> HTTPResponse:
        return response if response.status == _RANGE_REFUSED else super().http_response(request, response)

    https_response = http_response


def _refusal(url: str, error: HTTPError) -> Exception:
    """What to raise when the server answers with an error."""
    url = without_secrets(url)
    if 300 <= error.code < 400:
        target = urljoin(url, error.headers.get("Location", ""))
        if is_web_address(target.replace(" ", "%20")):
            return DownloadError(f"{url}: leads in a circle")
        return DownloadError(f"{url}: leads to {without_secrets(target)}; {_why_not(target)}")
    answered = f"the server answered {error.code} ({error.reason})"
    return BrokenOffError(answered) if error.code in _PASSING else DownloadError(f"{url}: {answered}")


def _fault(url: str, error: Exception) -> Exception:
    """What to raise when there is no answer."""
    host, url = urlsplit(url).hostname, without_secrets(url)
    if isinstance(error, socket.gaierror):
        return DownloadError(f"{url}: {host} was not found on the network; is this machine online?")
    if isinstance(error, OSError) and error.errno in _NO_NETWORK:
        return DownloadError(f"{url}: there is no way to {host}: {error.strerror}; is this machine online?")
    if isinstance(error, ssl.SSLCertVerificationError):
        return DownloadError(f"{url}: {host} does not prove who it is: {error.verify_message}")
    return BrokenOffError(_reason(error))


def _too_slow(url: str) -> SlowServerError:
    return SlowServerError(f"{without_secrets(url)}: is not through after {PATIENCE:g} seconds")


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return f"no answer within {TIMEOUT:.0f} seconds"
    if isinstance(error, ConnectionRefusedError):
        return "connection refused"
    text = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return " ".join(text.split()) or type(error).__name__
