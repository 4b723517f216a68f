"""Who may ask for what: tried with hosts, pages, paths, bodies and bytes that no person sends."""

from __future__ import annotations

import asyncio
import http.server
import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
import uvicorn
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

import support.studio
from dreamzoom.studio.app import make_app
from dreamzoom.studio.desk import open_desk
from dreamzoom.studio.door import has_token, leads_here
from dreamzoom.studio.wire import BoundedProtocol
from support.attacks import SECRET, WAYS_OUT, InsideClient, names_asked_for, requests_of, with_ways_out
from support.clips import render_here
from support.studio import RunningStudio, browser, studio, until, visit

TOKEN = "t" * 32
ORIGIN = "http://127.0.0.1:8420"
COOKIE = {"cookie": f"dreamzoom-8420={TOKEN}"}
OWN = {"origin": ORIGIN, "sec-fetch-site": "same-origin", **COOKIE}
OPEN = ("/", "/api/session")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with a clip, a picture, and links that lead out of it."""
    whole = tmp_path_factory.mktemp("outside")
    (whole / "secret").write_text(SECRET)
    inside = whole / "inside"
    (inside / "material").mkdir(parents=True)
    render_here(inside / "clip", frames=2)
    Image.new("RGB", (32, 24), "navy").save(inside / "material" / "sky.png")
    (inside / "link.png").symlink_to(whole / "secret")
    (inside / "material" / "link.toml").symlink_to(whole / "secret")
    (inside / "linked").symlink_to(whole)
    (inside / "loop").symlink_to(inside)
    (inside / "clip" / "frames" / "000007.png").symlink_to(whole / "secret")
    return inside


@pytest.fixture(scope="module")
def app(folder) -> Starlette:
    return make_app(open_desk(folder), TOKEN, ["Studio.test"])


@pytest.fixture(scope="module")
def client(app) -> Iterator[InsideClient]:
    with InsideClient.of(app, ORIGIN) as client:
        yield client


@pytest.fixture(scope="module")
def known(client) -> dict[str, str]:
    items = client.get("/api/library", headers=OWN).json()["items"]
    return {each["kind"]: each["id"] for each in items}


# ---- hosts ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1:8420",
        "localhost",
        "LOCALHOST:1",
        "[::1]:8420",
        "192.168.1.5",
        "studio.test:99",
        "[fe80::1]:8420",
    ],
)
def test_addresses_and_names_that_lead_here_are_let_in(client, host):
    assert client.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8420",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "studio.test.",
        "127.0.0.1:8420@evil.example",
        "127.0.0.1:port",
        "127.0.0.1:8420:8420",
        "::1",
        "[127.0.0.1]",
        "[::1",
        "2130706433",
        "0x7f.1",
        "127.1",
        "127.0.0.1/",
        " ",
        "",
    ],
)
def test_any_other_host_is_a_name_that_was_made_to_lead_here(client, host):
    assert not leads_here(host, {"studio.test"})
    assert client.get("/", headers={"host": host}).status_code == 421


# ---- pages ---------------------------------------------------------------------------------------


def test_no_address_but_the_page_and_its_files_is_open_without_the_cookie(app, client):
    for method, path in requests_of(app, {}):
        asked = re.sub(r"\{[^}]*\}", "0", path)
        origin = {"origin": ORIGIN}
        if path in OPEN:
            continue
        assert client.request(method, asked, headers=origin).status_code == 401, path
        wrong = {**origin, "cookie": f"dreamzoom-8420={TOKEN[:-1]}x"}
        assert client.request(method, asked, headers=wrong).status_code == 401, path


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "null"},
        {"origin": "http://evil.example"},
        {"origin": "http://127.0.0.1:9999"},
        {"origin": "https://127.0.0.1:8420"},
        {"origin": ORIGIN + "/"},
        {"origin": ORIGIN, "sec-fetch-site": "cross-site"},
        {"origin": ORIGIN, "sec-fetch-site": "same-site"},
        {"origin": ORIGIN, "sec-fetch-site": "none"},
    ],
)
def test_another_page_changes_nothing(app, client, headers):
    changes = [(method, path) for method, path in requests_of(app, {}) if method != "GET"]
    assert changes
    for method, path in changes:
        asked = re.sub(r"\{[^}]*\}", "0", path)
        assert client.request(method, asked, headers={**COOKIE, **headers}).status_code == 403, path


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_page_sees_nothing(app, client, site):
    for method, path in requests_of(app, {}):
        if method == "GET" and path.startswith("/api/"):
            asked = re.sub(r"\{[^}]*\}", "0", path)
            answer = client.get(asked, headers={**COOKIE, "sec-fetch-site": site})
            assert answer.status_code == 403, path


def test_two_origins_are_none(client):
    headers = [("origin", ORIGIN), ("origin", "http://evil.example"), *COOKIE.items()]
    assert client.post("/api/uploads", headers=headers).status_code == 403


@pytest.mark.parametrize("method", ["OPTIONS", "TRACE", "CONNECT", "PATCH", "PROPFIND", "BREW"])
def test_unknown_methods_are_none_and_nothing_is_shared(client, method):
    answer = client.request(method, "/api/library", headers=OWN)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


def test_a_known_method_at_the_wrong_address_is_told(client):
    answer = client.delete("/api/library", headers=OWN)
    assert (answer.status_code, answer.json()) == (405, {"error": "this address knows no such method"})
    assert client.get("/api/nothing", headers=OWN).json() == {"error": "there is nothing at this address"}


def test_no_socket_is_opened(app):
    said: list[Any] = []

    async def receive() -> dict[str, str]:
        return {"type": "websocket.connect"}

    async def send(message: Any) -> None:
        said.append(message)

    scope = {"type": "websocket", "path": "/api/events", "headers": [], "query_string": b""}
    asyncio.run(app(scope, receive, send))
    assert said == [{"type": "websocket.close", "code": 1008}]


# ---- the key -------------------------------------------------------------------------------------


def test_the_token_becomes_a_cookie_that_no_script_reads(client):
    answer = client.post("/api/session", json={"token": TOKEN}, headers={"origin": ORIGIN})
    cookie = answer.headers["set-cookie"].lower()
    assert {"httponly", "samesite=strict", "path=/"} <= {part.strip() for part in cookie.split(";")}


@pytest.mark.parametrize(
    "body",
    [
        {"token": TOKEN[:-1]},
        {"token": ""},
        {"token": "ü" * 32},
        {"token": [TOKEN]},
        {"token": {"token": TOKEN}},
        {"token": "x" * 10_000},
        {},
    ],
)
def test_a_wrong_token_is_no_key(client, body):
    answer = client.post("/api/session", json=body, headers={"origin": ORIGIN})
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


def test_cookies_of_other_programs_do_no_harm():
    name = "dreamzoom-8420"
    assert has_token(f'a={{"b": [1, 2]}}; c="x y"; {name}={TOKEN}; =; ;;', name, TOKEN)
    assert not has_token(f"x{name}={TOKEN}; {name}=; {name}x={TOKEN}", name, TOKEN)


# ---- what every answer carries -------------------------------------------------------------------


@pytest.mark.parametrize(
    "path", ["/", "/static/js/main.js", "/api/library", "/api/nothing", "/static/nothing"]
)
def test_every_answer_has_the_policy(client, path):
    for headers in (OWN, {**OWN, "host": "evil.example"}):
        answer = client.get(path, headers=headers)
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; ")
        assert "frame-ancestors 'none'" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert answer.headers.get("cross-origin-opener-policy", "same-origin") == "same-origin"
        assert not [name for name in answer.headers if name.startswith("access-control")]


def test_each_page_has_a_nonce_of_its_own(client):
    answers = [client.get("/") for _ in range(2)]
    nonces = [
        re.search(r"'nonce-([^']{20,})'", each.headers["content-security-policy"])[1] for each in answers
    ]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip(answers, nonces, strict=True):
        assert f'nonce="{nonce}"' in answer.text


def test_a_module_is_asked_for_again_and_sent_only_when_it_changed(client):
    first = client.get("/static/js/main.js")
    assert first.headers["cache-control"] == "no-cache"
    again = client.get("/static/js/main.js", headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head("/static/js/main.js").content == b""


# ---- paths and bodies ----------------------------------------------------------------------------


def check(answer: httpx.Response, what: object) -> None:
    assert answer.status_code < 500, (what, answer.text)
    assert SECRET not in answer.text, what
    assert "root:x:" not in answer.text, what


def test_no_path_leads_out(app, client):
    for method, path in requests_of(app, {}):
        for way in with_ways_out(path):
            headers = OWN if method == "GET" else {**OWN, "content-type": "application/json"}
            check(client.request(method, way, headers=headers), (method, way))
    for way in WAYS_OUT:
        for start in ("/static/", "/static/vendor/", "/api/", "/"):
            answer = client.get(start + quote(way, safe="/%"), headers=OWN)
            check(answer, (start, way))
            assert answer.status_code in (307, 400, 404, 405, 414), (start, way)


def test_no_value_of_a_query_or_a_body_leads_out(app, client, known, folder):
    bodies, queries = names_asked_for()
    assert {"token"} <= bodies
    assert {"name"} <= queries
    items = {"item": known["clip"]}
    there = set(folder.parent.iterdir())
    for method, path in requests_of(app, items):
        asked = re.sub(r"\{[^}]*\}", "0", path)
        if asked in ("/api/events", "/api/uploads", *OPEN):  # an upload has tests of its own
            continue
        for way in WAYS_OUT[::6] if method == "GET" else WAYS_OUT[::2]:  # a campaign tries the others
            body = None if method == "GET" else dict.fromkeys(bodies, way)
            query = {name: way for name in queries if len(way) < 200}
            answer = client.request(method, asked, params=query, json=body, headers=OWN)
            check(answer, (method, asked, way))
    assert set(folder.parent.iterdir()) == there
    assert not (folder / "touched").exists()


HOSTILE = (
    b"{" * 100_000,
    b"[" * 500_000,
    b'{"a":' * 20_000 + b"1" + b"}" * 20_000,
    b"[]",
    b"null",
    b'"text"',
    b"\xff\xfe{}",
    b'{"item": "\xff"}',
    b'{"item": "\\ud800"}',
    '{"item": 1}'.encode("utf-16"),
    b'{"at": NaN, "frame": Infinity}',
    b'{"at": 1e999, "frame": -1e999, "frames": ' + b"9" * 4000 + b"}",
    b'{"at": -1, "frame": true, "item": {}, "name": [], "changes": [[]], "token": {}}',
    b" " * (2 << 20),
)


def test_no_body_brings_a_route_down(app, client, known):
    for method, path in requests_of(app, {"item": known["clip"]}):
        asked = re.sub(r"\{[^}]*\}", "0", path)
        if method == "GET" or asked == "/api/uploads":
            continue
        for body in HOSTILE:
            answer = client.request(method, asked, content=body, headers=OWN)
            check(answer, (method, asked, body[:40]))


def test_links_lead_nowhere(client, folder):
    items = client.get("/api/library", headers=OWN).json()["items"]
    assert sorted(each["kind"] for each in items) == ["clip", "picture"]  # links are none
    clip = next(each["id"] for each in items if each["kind"] == "clip")
    check(client.get(f"/api/items/{clip}/frames/7", headers=OWN), "a frame that is a link")


def test_a_file_that_is_swapped_for_a_link_all_the_time_is_never_read_through_it(client, folder, known):
    picture, aside = folder / "material" / "sky.png", folder.parent / "aside.png"
    data, stop = picture.read_bytes(), threading.Event()

    def swap() -> None:
        while not stop.is_set():
            aside.symlink_to(folder.parent / "secret")
            aside.replace(picture)
            aside.write_bytes(data)
            aside.replace(picture)

    swapping = threading.Thread(target=swap)
    swapping.start()
    try:
        answers = [client.get(f"/api/items/{known['picture']}/picture", headers=OWN) for _ in range(150)]
    finally:
        stop.set()
        swapping.join()
        picture.unlink(missing_ok=True)
        picture.write_bytes(data)
    assert all(SECRET not in answer.text for answer in answers)
    assert {answer.status_code for answer in answers} <= {200, 404}


# ---- bytes ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[RunningStudio]:
    with studio(tmp_path_factory.mktemp("house")) as running:
        yield running


def place(house: RunningStudio) -> tuple[str, int]:
    host, _, port = house.origin.removeprefix("http://").partition(":")
    return host, int(port)


def answers_to(where: tuple[str, int], data: bytes) -> bytes:
    """All that is answered until the other side ends the connection, or a second is over."""
    with socket.create_connection(where, 5) as line:
        line.sendall(data)
        line.settimeout(1)
        found = b""
        try:
            while piece := line.recv(65536):
                found += piece
        except (TimeoutError, ConnectionResetError):
            pass
        return found


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"400"),
        (b"GET / HTTP/1.0\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nHost: HERE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nHost: evil.example\r\n\r\n", b"400"),
        (b"GET http://evil.example/ HTTP/1.1\r\nHost: HERE\r\n\r\n", b"400"),
        (b"GET http://HERE/api/library HTTP/1.1\r\nHost: HERE\r\n\r\n", b"400"),
        (b"OPTIONS * HTTP/1.1\r\nHost: HERE\r\n\r\n", b"400"),
        (b"CONNECT evil.example:80 HTTP/1.1\r\nHost: HERE\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", b"421"),
        (b"GET /%00 HTTP/1.1\r\nHost: HERE\r\n\r\n", b"400"),
        (b"GET /%0d%0aX:%20y HTTP/1.1\r\nHost: HERE\r\n\r\n", b"400"),
        (b"GET /" + b"a" * 3000 + b" HTTP/1.1\r\nHost: HERE\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\nX: " + b"a" * 100_000 + b"\r\n\r\n", b"431"),
        (b"GET / HTTP/1.1\r\nHost: HERE\r\n" + b"X: y\r\n" * 2000 + b"\r\n", b"431"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"400"),
        (b"\r\n\r\n\r\n\0\0\0", b"400"),
    ],
)
def test_what_no_browser_sends_is_refused(house, data, status):
    here = ":".join(map(str, place(house))).encode()
    answer = answers_to(place(house), data.replace(b"HERE", here))
    assert answer.split(b" ")[1:2] == [status], answer[:200]
    assert answer.count(b"HTTP/1.1 ") == 1


@pytest.mark.parametrize(
    "head",
    [
        b"Content-Length: 5\r\nTransfer-Encoding: chunked",
        b"Transfer-Encoding: chunked\r\nContent-Length: 5",
        b"Content-Length: 0\r\nContent-Length: 60",
        b"Transfer-Encoding: xchunked",
        b"Transfer-Encoding: chunked, identity",
        b"Transfer-Encoding : chunked",
        b"Content-Length: +5",
        b"Content-Length: 5, 60",
        b"Content-Length: -1",
    ],
)
def test_nothing_is_smuggled_behind_another_request(house, head):
    here = ":".join(map(str, place(house))).encode()
    inner = b"GET /static/js/main.js HTTP/1.1\r\nHost: " + here + b"\r\n\r\n"
    data = (
        b"POST /api/session HTTP/1.1\r\nHost: "
        + here
        + b"\r\nOrigin: http://"
        + here
        + b"\r\n"
        + head
        + b"\r\n\r\n0\r\n\r\n"
        + inner
    )
    answer = answers_to(place(house), data)
    assert answer.split(b" ")[1] in (b"400", b"501"), answer[:200]
    assert b"// The page" not in answer


# ---- who is slow ---------------------------------------------------------------------------------


@contextmanager
def served(app: Any, **others: Any) -> Iterator[tuple[str, int]]:
    """An application behind connections whose bounds are shorter, or that do other things too."""
    protocol = type("Impatient", (BoundedProtocol,), others)
    config = uvicorn.Config(app, http=protocol, ws="none", log_level="critical", lifespan="off")
    server = uvicorn.Server(config)
    listening = socket.create_server(("127.0.0.1", 0))
    running = threading.Thread(target=lambda: asyncio.run(server.serve([listening])))
    running.start()
    try:
        until(lambda: server.started)
        yield listening.getsockname()
    finally:
        server.should_exit = True
        running.join()
        listening.close()


async def takes_all(request: Any) -> PlainTextResponse:
    return PlainTextResponse(str(len(await request.body())))


async def gives_much(request: Any) -> PlainTextResponse:
    return PlainTextResponse("x" * (64 << 20))


async def refuses(request: Any) -> PlainTextResponse:
    return PlainTextResponse("no", 403)


SLOW = Starlette(
    routes=[
        Route("/takes", takes_all, methods=["POST"]),
        Route("/much", gives_much),
        Route("/refuses", refuses, methods=["POST"]),
    ]
)


def is_left(line: socket.socket) -> bool:
    """Whether the other side has ended a connection; what it had said before is read."""
    line.settimeout(20)
    try:
        while line.recv(1 << 20):
            pass
    except ConnectionResetError:
        return True
    return True


@pytest.mark.parametrize(
    ("begin", "bound"),
    [
        (b"", "head_s"),
        (b"GET / HT", "head_s"),
        (b"GET / HTTP/1.1\r\nHost: a\r\nX-Slow: ", "head_s"),
        (b"POST /takes HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc", "body_s"),
        (b"POST /refuses HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc", "linger_s"),
    ],
)
def test_who_sends_nothing_more_is_left(begin, bound):
    with served(SLOW, **{bound: 0.2}) as where, socket.create_connection(where) as line:
        line.sendall(begin)
        assert is_left(line)


def test_who_does_not_read_is_left_and_keeps_nobody_else_waiting():
    ended = []

    def connection_lost(protocol: BoundedProtocol, error: Exception | None) -> None:
        BoundedProtocol.connection_lost(protocol, error)
        ended.append(protocol)

    connected = served(SLOW, write_s=0.5, connection_lost=connection_lost)
    with connected as where, socket.create_connection(where) as line:
        line.sendall(b"GET /much HTTP/1.1\r\nHost: a\r\n\r\n")
        body = b"POST /takes HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nConnection: close\r\n\r\nabc"
        assert answers_to(where, body).endswith(b"3")
        until(lambda: len(ended) == 2)  # a connection that is read from again would live on
        assert is_left(line)
        assert answers_to(where, body).endswith(b"3")


def test_event_streams_by_the_hundred_keep_nobody_waiting(house):
    cookie = f"dreamzoom-{place(house)[1]}={house.token}"
    ask = f"GET /api/events HTTP/1.1\r\nHost: {house.origin[7:]}\r\nCookie: {cookie}\r\n\r\n".encode()
    lines = [socket.create_connection(place(house)) for _ in range(150)]
    try:
        for line in lines:
            line.sendall(ask)
        for line in lines:
            line.settimeout(30)
            assert line.recv(100).startswith(b"HTTP/1.1 200")
        with house.client() as client:
            assert client.get("/api/library").status_code == 200
    finally:
        for line in lines:
            line.close()
    with house.client() as client:
        assert client.get("/api/library").status_code == 200


# ---- a foreign page ------------------------------------------------------------------------------

FOREIGN = (Path(support.studio.__file__).with_name("foreign.html")).read_bytes()


@contextmanager
def foreign_page() -> Iterator[int]:
    """A page of another origin, on a port of this machine."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(FOREIGN)

        def log_message(self, *words: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        running = threading.Thread(target=server.serve_forever)
        running.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            running.join()


def test_a_foreign_page_in_the_same_browser_changes_and_sees_nothing(house):
    with foreign_page() as port, browser() as running, visit(running, house) as seen:
        for host in ("127.0.0.1", "localhost"):
            page = seen.page.context.new_page()
            page.goto(f"http://{host}:{port}/")
            told = page.evaluate("(target) => tries(target)", house.origin)
            assert told.pop("blind upload") in ("opaque", "refused")
            assert told.pop("blind pause") in ("opaque", "refused")
            assert told.pop("form") == "sent"
            assert set(told.values()) == {"refused"}, told
        assert not (house.folder / "material").exists()
        with house.client() as client:
            assert client.get("/api/library").json()["items"] == []
            assert json.dumps(client.get("/api/queue").json()["paused"]) == "false"
