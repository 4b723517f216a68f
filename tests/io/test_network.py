"""Which hosts are asked, and for how long."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from dreamzoom.errors import DownloadError, PictureError
from dreamzoom.io import http, network
from dreamzoom.io.http import open_url, read_url, without_secrets
from dreamzoom.io.network import is_own_network
from support.http import Site, answer, for_ever, running

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n"


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "*")
    with running(Site(b"content")) as site:
        yield site


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",  # noqa: S104 - it is refused
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "198.18.0.1",
        "224.0.0.251",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1%eth0",
        "fec0::1",
        "fd00:ec2::254",
        "ff02::1",
        "::ffff:127.0.0.1",
        "::ffff:192.168.1.1",
        "::127.0.0.1",
        "64:ff9b::a00:1",
        "2002:7f00:1::",
    ],
)
def test_ones_own_network_is_known(address: str) -> None:
    assert is_own_network(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1::1", "64:ff9b::808:808"])
def test_public_addresses_are_public(address: str) -> None:
    assert not is_own_network(address)


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "127.1",
        "2130706433",
        "0x7f000001",
        "[::ffff:127.0.0.1]",
        "%31%32%37.0.0.1",
        "%6cocalhost",
        "me@%6cocalhost",
    ],
)
def test_this_machine_is_not_asked_unless_that_is_allowed(host, site, monkeypatch) -> None:
    url = site.url.replace("127.0.0.1", host)
    monkeypatch.delenv(network.VARIABLE)
    with pytest.raises(PictureError, match=r"of this machine's own network .* allow it with --allow-local"):
        read_url(url, 100, PictureError)
    assert site.requests == []


def resolving(monkeypatch: pytest.MonkeyPatch, names: dict[str, list[str]]) -> list[str]:
    """Let names stand for addresses, one after another as they are asked for, all at the loopback's ports."""
    asked, usual = [], socket.getaddrinfo

    def look_up(host: str, port: int, **options: object) -> object:
        asked.append(host)
        found = usual("127.0.0.1", port, **options)
        return [(*entry[:4], (names[host].pop(0), port)) for entry in found]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    return asked


def test_a_redirect_into_ones_own_network_is_not_followed(site, monkeypatch) -> None:
    port = site.url.rpartition(":")[2]
    site.script = [answer(302, Location=f"http://inside.example:{port}")]
    resolving(monkeypatch, {"outside.example": ["127.0.0.1"], "inside.example": ["127.0.0.1"]})
    monkeypatch.delenv(network.VARIABLE)
    answers = iter([False, True])
    monkeypatch.setattr(network, "is_own_network", lambda _: next(answers))
    with pytest.raises(DownloadError, match=r"inside\.example is of this machine's own network"):
        read_url(f"http://outside.example:{port}", 100, DownloadError)
    assert len(site.requests) == 1


def test_a_name_is_looked_up_once_and_that_address_connected(site, monkeypatch) -> None:
    port = site.url.rpartition(":")[2]
    asked = resolving(monkeypatch, {"outside.example": ["127.0.0.1", "192.168.1.1"]})
    monkeypatch.delenv(network.VARIABLE)
    monkeypatch.setattr(network, "is_own_network", lambda _: False)
    assert read_url(f"http://outside.example:{port}", 100, PictureError) == b"content"
    assert asked == ["outside.example"]


@pytest.mark.parametrize("host", ["OUTSIDE.example", "%6futside.example"])
def test_another_spelling_of_a_name_opens_no_second_way(host: str, site, monkeypatch) -> None:
    port = site.url.rpartition(":")[2]
    name = host.replace("%6f", "o")
    asked = resolving(monkeypatch, {name: ["127.0.0.1", "93.184.216.34"]})
    monkeypatch.delenv(network.VARIABLE)
    with pytest.raises(PictureError, match="own network"):
        read_url(f"http://{host}:{port}", 100, PictureError)
    assert asked == [name]
    assert site.requests == []


def test_a_name_that_is_none_is_told(site) -> None:
    for label in ("%c3%a4" * 64, "a..b", "%00"):
        with pytest.raises(PictureError):
            read_url(f"http://{label}.example/a.png", 100, PictureError)
    assert site.requests == []


def test_a_proxy_of_ones_own_is_used_but_not_for_ones_own_network(site, monkeypatch) -> None:
    monkeypatch.delenv(network.VARIABLE)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "")
    monkeypatch.setenv("http_proxy", site.url.removesuffix("/model.bin"))
    assert read_url("http://nobody.invalid/a.png", 100, PictureError) == b"content"
    with pytest.raises(PictureError, match=r"192\.168\.1\.1 is of this machine's own network"):
        read_url("http://192.168.1.1/a.png", 100, PictureError)
    with pytest.raises(PictureError, match=r"192\.168\.1\.1 is of this machine's own network"):
        read_url("http://%31%39%32.168.1.1/a.png", 100, PictureError)
    assert len(site.requests) == 1


@pytest.mark.parametrize(
    "reply",
    [
        for_ever(b"", b"H"),
        for_ever(OK + b"X: ", b"x"),
        for_ever(OK, b"Y: y\r\n"),
        for_ever(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
        for_ever(OK + b"\r\n", b"x"),
        for_ever(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 100\r\n\r\n", b"x"),
        for_ever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"0"),
    ],
    ids=["status", "header", "headers", "continue", "body", "redirect", "chunk"],
)
def test_one_deadline_holds_for_all_of_an_answer(reply, site, monkeypatch) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.3)
    site.script = [reply] * 20
    with pytest.raises(
        PictureError, match=r"(is not through after 0\.3 seconds; save it|100 headers|in a circle)"
    ):
        read_url(site.url, 1000, PictureError)


def test_a_large_file_may_take_its_time_but_not_stand_still(site, monkeypatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(network.time, "monotonic", lambda: now[0])
    site.script = [for_ever(b"HTTP/1.1 200 OK\r\n\r\n", b"x")]
    with open_url(site.url) as reply:
        for _ in range(5):
            now[0] += 0.9 * http.PATIENCE
            assert set(reply.read(10)) == set(b"x")
            reply.deadline.renew()
        now[0] += 1.1 * http.PATIENCE
        with pytest.raises(DownloadError, match=f"is not through after {http.PATIENCE:g} seconds"):
            reply.read(10)


def test_a_password_is_sent_to_its_host_and_shown_to_nobody(site) -> None:
    site.script = [answer(302, Location="/other"), answer(404)]
    url = site.url.replace("127.0.0.1", "me:s%20cret@127.0.0.1") + "?token=t0ken"
    with pytest.raises(PictureError) as caught:
        read_url(url, 100, PictureError)
    assert [request.get("Authorization") for request in site.requests] == ["Basic bWU6cyBjcmV0", None]
    assert not {"me:", "cret", "t0ken"} & set(str(caught.value).replace("?", " ").split())
    assert "s%20cret" not in str(caught.value)
    assert "t0ken" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://me:pw@host.example:8443/a%20b.png", "https://host.example:8443/a%20b.png"),
        ("https://h/a?x=1&y=#part", "https://h/a?x=hidden-6b86b273&y="),
        ("https://h/a?secret", "https://h/a?hidden-2bb80d53"),
        ("https://h/a?x=hidden-6b86b273", "https://h/a?x=hidden-6b86b273"),
        ("http://[x?token=1", "http://[x"),
        ("C:\\a?b.png", "C:\\a?b.png"),
    ],
)
def test_what_is_kept_of_an_address_holds_no_secret(url: str, kept: str) -> None:
    assert without_secrets(url) == kept
