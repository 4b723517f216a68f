"""Connections: whom they may reach, and how long they may take.

Addresses come with recipes and pages from strangers. Those of one's own network are not opened unless that is
allowed: this machine itself, private and link-local networks, a provider's (RFC 6598), IPv6's unique local
ones, and where clouds tell a machine of itself. A name is looked up once and what was found is connected to,
so that no second answer can lead elsewhere; it is looked at again at each redirect. A proxy looks names up by
itself: there a name is checked by what it means here.

One deadline holds for all of a request: the connection, the headers, the body, and every redirect.
"""

from __future__ import annotations

import contextlib
import io
import os
import socket
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import IO, TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

VARIABLE: Final = "DREAMZOOM_ALLOW_LOCAL"
"""The environment variable that allows one's own network where it is "1", in child processes too."""

# What Python's list of what is public lacks, in some versions: Azure's machines ask the first of themselves,
# Oracle's one of the second; the third is IPv6's old local one.
_OWN_TOO: Final = tuple(map(ip_network, ("168.63.129.16/32", "192.0.0.0/24", "fec0::/10")))
_HOLDING_IPV4: Final = (ip_network("64:ff9b::/96"), ip_network("::/96"))  # RFC 6052, RFC 4291
_ADDRESS = tuple[Any, ...]


class OwnNetworkError(Exception):
    """The host is of one's own network. Its text says so, and what to do."""


class TooSlowError(Exception):
    """The deadline has passed."""


def local_is_allowed() -> bool:
    """Whether addresses of one's own network may be opened."""
    return os.environ.get(VARIABLE) == "1"


@contextlib.contextmanager
def allowing_local() -> Iterator[None]:
    """Within it they may, and in processes that begin there."""
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = "1"
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(VARIABLE, None)
        else:
            os.environ[VARIABLE] = before


def is_own_network(address: str) -> bool:
    """Whether a numerical address (IPv4 or IPv6) is no public one, or holds one that is none."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and any(is_own_network(str(inner)) for inner in _held_by(ip)):
        return True
    return not ip.is_global or ip.is_multicast or any(ip in network for network in _OWN_TOO)


def _held_by(ip: IPv6Address) -> Iterator[IPv4Address]:
    """The IPv4 addresses that an IPv6 address leads to."""
    if any(ip in network for network in _HOLDING_IPV4):
        yield IPv4Address(int(ip) & 0xFFFFFFFF)
    for inner in (ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())):
        if inner is not None:
            yield inner


class Deadline:
    """By when a request has to be through, in seconds from now on; so many of silence end it too."""

    def __init__(self, seconds: float, silence: float) -> None:
        self._seconds, self._silence = seconds, silence
        self.renew()

    def renew(self) -> None:
        """Let it begin anew."""
        self._at = time.monotonic() + self._seconds

    def left(self) -> float:
        """For how many seconds a socket may wait now. Raises a TooSlowError where there are none left."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise TooSlowError
        return min(left, self._silence)


@dataclass(frozen=True)
class Gate:
    """Through which the connections of one request go."""

    deadline: Deadline
    local: bool

    def connect(self, address: tuple[str, int], beyond: str | None) -> socket.socket:
        """A connection to a host and port.

        Args:
            beyond: the host that is meant, where the address is that of a proxy which leads there.

        Raises:
            OwnNetworkError: the host that is meant is of one's own network.
            OSError: nobody answers.
        """
        host, port = address
        found = self._look_up(host, port)
        if beyond is None:
            found = self._allowed(found, host)
        else:
            with contextlib.suppress(socket.gaierror):  # only the proxy knows that name
                self._allowed(self._look_up(beyond, port), beyond)
        fault: OSError | None = None
        for family, place in found:
            connection = socket.socket(family, socket.SOCK_STREAM)
            try:
                connection.settimeout(self.deadline.left())
                connection.connect(place)
            except OSError as error:
                connection.close()
                self.deadline.left()
                fault = error
            except BaseException:
                connection.close()
                raise
            else:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                return connection
        raise fault or OSError(f"{host} has no address")

    def _look_up(self, host: str, port: int) -> list[tuple[int, _ADDRESS]]:
        self.deadline.left()
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        return [(family, address) for family, _, _, _, address in found]

    def _allowed(self, found: list[tuple[int, _ADDRESS]], host: str) -> list[tuple[int, _ADDRESS]]:
        if self.local:
            return found
        public = [(family, address) for family, address in found if not is_own_network(address[0])]
        if found and not public:
            raise OwnNetworkError(
                f"{host} is of this machine's own network ({found[0][1][0]}), which no address "
                "from elsewhere should lead to; if it is meant, allow it with --allow-local"
            )
        return public


class TimelySocket:
    """What `http.client` reads an answer from: a socket whose every read has a deadline."""

    def __init__(self, connection: socket.socket, deadline: Deadline) -> None:
        self._connection, self._deadline = connection, deadline

    def makefile(self, mode: str) -> IO[bytes]:
        """A buffered file of what comes; it keeps the socket open."""
        raw = self._connection.makefile(mode, buffering=0)  # type: ignore[call-overload]
        return io.BufferedReader(_TimelyReader(raw, self._connection, self._deadline))


class _TimelyReader(io.RawIOBase):
    def __init__(self, raw: io.RawIOBase, connection: socket.socket, deadline: Deadline) -> None:
        self._raw, self._connection, self._deadline = raw, connection, deadline

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        self._connection.settimeout(self._deadline.left())
        try:
            return self._raw.readinto(buffer)
        except TimeoutError:
            self._deadline.left()
            raise

    def close(self) -> None:
        self._raw.close()
        super().close()
