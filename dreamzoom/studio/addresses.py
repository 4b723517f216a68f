"""Where a studio listens, and the addresses that lead there."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import segno

from dreamzoom.errors import RequestError

USUAL_PORT: Final = 8420
"""The port that is tried first where none is named."""

THIS_MACHINE: Final = "127.0.0.1"
"""The address that no other machine reaches."""

_WAITING: Final = 2048  # connections that the system keeps until they are taken
_ELSEWHERE: Final = (
    ("192.0.2.1", socket.AF_INET),
    ("2001:db8::1", socket.AF_INET6),
)  # nobody's, for documents
_BLOCKS: Final = {(1, 1): "█", (1, 0): "▀", (0, 1): "▄", (0, 0): " "}
_MARGIN: Final = 2  # modules around a code


@dataclass(frozen=True)
class Listening:
    """A socket that listens, and how it is reached.

    Attributes:
        sockets: one, or one for each kind of address.
        here: the address for this machine's browser, such as "http://127.0.0.1:8420".
        network: the one for other machines; "" where none may come, or there is no network.
        is_open: whether other machines may come.
        names: names that lead here, beside addresses and "localhost".
    """

    sockets: tuple[socket.socket, ...]
    here: str
    network: str
    is_open: bool
    names: tuple[str, ...]


def listen(host: str, port: int | None) -> Listening:
    """Listen for browsers.

    Args:
        host: an address of this machine, or a name of it; 0.0.0.0 and :: are all that it has.
        port: 0 takes any that is free; None `USUAL_PORT`, or any that is free where that is taken.

    Raises:
        RequestError: the port is taken or is none for everybody, or the machine has no such address.
    """
    address = _address(host)
    listening = _open(address, USUAL_PORT if port is None else port, or_any=port is None)
    found = listening.getsockname()[1]
    is_any, is_open = address.is_unspecified, not address.is_loopback
    network = _network_address(address.version) if is_any else str(address) if is_open else ""
    here = str(address)
    if is_any:
        here = "127.0.0.1" if address.version == 4 or socket.has_dualstack_ipv6() else "::1"
    names = (*_own_names(), host) if is_open else (host,)
    return Listening(
        (listening,),
        _url(here, found),
        _url(network, found) if network else "",
        is_open,
        tuple(dict.fromkeys(name.casefold() for name in names)),
    )


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address that a person means."""
    bare = host.removeprefix("[").removesuffix("]")
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(bare)
    if host == "localhost":
        return ipaddress.ip_address(THIS_MACHINE)
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        return ipaddress.ip_address(str(found[0][4][0]))
    except (OSError, ValueError) as error:
        raise RequestError(
            f"--host: {host!r} is no address of this machine: 0.0.0.0 lets your network in"
        ) from error


def _open(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address, port: int, *, or_any: bool
) -> socket.socket:
    is_new = address.version == 6
    both = is_new and address.is_unspecified and socket.has_dualstack_ipv6()
    try:
        return socket.create_server(
            (str(address), port),
            family=socket.AF_INET6 if is_new else socket.AF_INET,
            backlog=_WAITING,
            dualstack_ipv6=both,
        )
    except OSError as error:
        if or_any and error.errno in (errno.EADDRINUSE, errno.EACCES):
            return _open(address, 0, or_any=False)
        raise RequestError(_explain(error, str(address), port)) from error


def _explain(error: OSError, address: str, port: int) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"--port: another program has port {port}: name another, or leave --port out for a free one"
    if error.errno == errno.EACCES:
        return f"--port: port {port} is the system's own: name one from 1024 on"
    if error.errno == errno.EADDRNOTAVAIL:
        return f"--host: {address} is no address of this machine: 0.0.0.0 lets your network in"
    return f"cannot listen on {address}, port {port}: {error.strerror or error}"


def _network_address(version: int) -> str:
    """The address that this machine has in its network; "" without one. Nothing is sent to find it."""
    for elsewhere, family in _ELSEWHERE if version == 4 or socket.has_dualstack_ipv6() else _ELSEWHERE[1:]:
        with contextlib.suppress(OSError), socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((elsewhere, 9))
            found = str(probe.getsockname()[0])
            if not ipaddress.ip_address(found).is_loopback:
                return found
    return ""


def _own_names() -> Iterator[str]:
    name = socket.gethostname()
    yield name
    if "." not in name:
        yield f"{name}.local"


def _url(address: str, port: int) -> str:
    return f"http://[{address}]:{port}" if ":" in address else f"http://{address}:{port}"


def code_lines(text: str) -> list[str]:
    """A text as a QR code for a dark terminal, two rows of it in a line."""
    rows = [[0 if cell else 1 for cell in row] for row in segno.make_qr(text, error="l").matrix]
    wide = len(rows[0]) + 2 * _MARGIN
    blank = [[1] * wide] * _MARGIN
    framed = [*blank, *([1] * _MARGIN + row + [1] * _MARGIN for row in rows), *blank]
    if len(framed) % 2:
        framed.append([0] * wide)
    return [
        "".join(_BLOCKS[pair] for pair in zip(above, below, strict=True))
        for above, below in zip(framed[::2], framed[1::2], strict=True)
    ]
