"""The one opener of URLs, against a real server on the loopback."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from dreamzoom.errors import DownloadError, PictureError
from dreamzoom.io import http
from dreamzoom.io.http import BrokenOffError, is_web_address, open_url, read_url
from support.http import Site, answer, ignore_ranges, running, stall_after, wrong_range

CONTENT = bytes(range(256)) * 1000


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "*")
    with running(Site(CONTENT)) as site:
        yield site


def test_a_file_is_read_whole(site: Site) -> None:
    assert read_url(site.url, len(CONTENT), PictureError) == CONTENT


def test_a_file_larger_than_its_bound_is_refused(site: Site) -> None:
    with pytest.raises(PictureError, match=r"model\.bin: is larger than 128 KiB"):
        read_url(site.url, 128 << 10, PictureError)


def test_a_file_that_takes_too_long_is_given_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "PATIENCE", 0.0)
    with pytest.raises(PictureError, match="is not through after 0 seconds"):
        read_url(site.url, len(CONTENT), PictureError)


def test_an_answer_goes_on_from_the_byte_that_was_asked_for(site: Site) -> None:
    with open_url(site.url, 1000, '"first"') as reply:
        assert (reply.offset, reply.total, reply.validator) == (1000, len(CONTENT), '"first"')
        assert reply.read(5) == CONTENT[1000:1005]


@pytest.mark.parametrize("reply", [ignore_ranges, wrong_range])
def test_without_the_right_range_the_whole_file_comes(site: Site, reply: object) -> None:
    site.script = [reply]  # type: ignore[list-item]
    with open_url(site.url, 1000, '"first"') as received:
        assert (received.offset, received.read(5)) == (0, CONTENT[:5])


def test_a_silent_server_is_not_waited_for_for_ever(site: Site) -> None:
    site.script = [stall_after(0)]
    with open_url(site.url, timeout=1) as reply, pytest.raises(BrokenOffError, match="no answer"):
        reply.read(1)


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (404, {}, r"model\.bin: the server answered 404 \(Not Found\)"),
        (503, {}, r"model\.bin: cannot be read: the server answered 503"),
        (302, {"Location": "file:///etc/passwd"}, "leads to file:///etc/passwd; only http and https"),
        (302, {"Location": "ftp://127.0.0.1/a"}, "leads to ftp://127.0.0.1/a; only http and https"),
    ],
)
def test_a_refusal_is_told_with_the_callers_error(
    site: Site, status: int, headers: dict[str, object], words: str
) -> None:
    site.script = [answer(status, **headers)]
    with pytest.raises(PictureError, match=words):
        read_url(site.url, len(CONTENT), PictureError)


def test_redirects_in_a_circle_end(site: Site) -> None:
    site.script = [answer(302, Location="/model.bin")] * 50
    with pytest.raises(DownloadError, match="leads in a circle"), open_url(site.url):
        pass


def test_a_port_that_nobody_listens_on_is_said_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/a.png"
        with pytest.raises(PictureError, match=r"a\.png: cannot be read: connection refused"):
            read_url(url, 1, PictureError)


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "http://",
        "http://a b/",
        "http://x/\n",
        "http://[x",
        "http://x:123456/",
        "http://x..y/",
        "http://.x/",
        f"http://{'x' * 64}.org/",
        f"http://{'x.' * 130}org/",
    ],
)
def test_only_web_addresses_are_opened(url: str) -> None:
    assert not is_web_address(url)
    with (
        pytest.raises(DownloadError, match=r"only http and https|is no web address") as caught,
        open_url(url),
    ):
        pass
    assert "\n" not in str(caught.value)
