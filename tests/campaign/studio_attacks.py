"""Attacks on a studio, a real one in a process of its own, for longer than a test may take.

    python tests/campaign/studio_attacks.py --seed 1

Each attack prints what it did and what it found; the exit status is 1 if anything was found. Needs Linux.
Attacks: streams (a thousand event streams), large (uploads of ten gigabytes, with and without a length),
bytes (requests that are mutated), values (each value of each route leads out, one at a time), files (uploads
that are mutated), kills (the server is killed in mid-upload, again and again), slow (who reads nothing).
"""

from __future__ import annotations

import contextlib
import io
import json
import random
import re
import shutil
import socket
import sys
import tempfile
import threading
import time
import wave
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import httpx
import psutil
from PIL import Image

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from dreamzoom.errors import DreamzoomError  # noqa: E402
from dreamzoom.studio.app import make_app  # noqa: E402
from dreamzoom.studio.desk import open_desk  # noqa: E402
from dreamzoom.studio.uploads.looking import find_out  # noqa: E402
from support.attacks import SECRET, WAYS_OUT, InsideClient, names_asked_for, requests_of  # noqa: E402
from support.clips import render_here  # noqa: E402
from support.studio import RunningStudio, studio, until  # noqa: E402

ORIGIN, TOKEN = "http://127.0.0.1:8420", "t" * 32
OWN = {"origin": ORIGIN, "cookie": f"dreamzoom-8420={TOKEN}"}
Report = list[str]
EACH = 60  # values of a route that are tried
PIECES = (b"\0", b"\r\n", b"\n", b" ", b"%", b"\xff", b"9" * 30, b":")


def ask(house: RunningStudio, path: str, more: str = "", method: str = "GET") -> bytes:
    """A request as bytes, with the cookie."""
    place = house.origin.removeprefix("http://")
    cookie = f"dreamzoom-{place.rpartition(':')[2]}={house.token}"
    head = f"{method} {path} HTTP/1.1\r\nHost: {place}\r\nOrigin: {house.origin}\r\nCookie: {cookie}\r\n"
    return f"{head}{more}\r\n".encode()


def connect(house: RunningStudio) -> socket.socket:
    host, _, port = house.origin.removeprefix("http://").partition(":")
    return socket.create_connection((host, int(port)), 30)


def megabytes(house: RunningStudio) -> float:
    return float(psutil.Process(house.process.pid).memory_info().rss / 1e6)


def is_well(house: RunningStudio, found: Report, after: str) -> None:
    """Note a studio that does not answer any more."""
    try:
        with house.client() as client:
            client.get("/api/library").raise_for_status()
    except httpx.HTTPError as error:
        found.append(f"{after}: the studio does not answer: {error!r}")


def streams(house: RunningStudio, chance: random.Random, found: Report) -> str:
    before = megabytes(house)
    lines = [connect(house) for _ in range(1000)]
    for line in lines:
        line.sendall(ask(house, "/api/events"))
    served = sum(line.recv(200).startswith(b"HTTP/1.1 200") for line in lines)
    is_well(house, found, "streams")
    with house.client() as client:
        client.post(
            "/api/uploads", params={"name": "told.toml"}, content=b'title = "Told"\n'
        ).raise_for_status()
    heard = 0
    for line in lines:
        line.settimeout(20)
        said = b""
        with contextlib.suppress(TimeoutError):
            while b"event: item" not in said and (piece := line.recv(65536)):
                said += piece
        heard += b"event: item" in said
    used = megabytes(house) - before
    for line in lines:
        line.close()
    until(lambda: psutil.Process(house.process.pid).num_fds() < 100)
    if served < 1000 or heard < 1000 or used > 200:
        found.append(f"streams: {served} were served, {heard} heard of a change, with {used:.0f} MB")
    return f"{served} event streams, {heard} heard of a change, {used:.0f} MB more"


def large(house: RunningStudio, chance: random.Random, found: Report) -> str:
    before, sent = megabytes(house), 0

    def zeros() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(10 << 10):
            sent += 1
            yield bytes(1 << 20)

    said = []
    for headers in ({"Content-Length": str(10 << 30)}, {}):
        with house.client() as client:
            try:
                options = {"params": {"name": "a.wav"}, "content": zeros(), "headers": headers}
                said.append(str(client.post("/api/uploads", **options).status_code))  # type: ignore[arg-type]
            except httpx.TransportError:
                said.append("connection ended")
        used = megabytes(house) - before
        if used > 60:
            found.append(f"large: {used:.0f} MB more with {headers}")
    left = list((house.folder / ".studio" / "uploads").glob("*"))
    if left:
        until(lambda: not list((house.folder / ".studio" / "uploads").glob("*")))
    is_well(house, found, "large")
    return f"ten gigabytes twice: {', '.join(said)} after {sent} MiB"


def bytes_(house: RunningStudio, chance: random.Random, found: Report) -> str:
    whole = [
        ask(house, "/api/library"),
        ask(house, "/api/uploads?name=a.png", "Content-Length: 4\r\n", "POST") + b"abcd",
        ask(house, "/api/clips", "Transfer-Encoding: chunked\r\n", "POST") + b"2\r\n{}\r\n0\r\n\r\n",
        ask(house, "/api/items/0123456789abcdef/video", "Range: bytes=0-1,5-9\r\n"),
    ]
    count = 400
    for _ in range(count):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.randint(1, 8)):
            place = chance.randrange(len(data))
            kind = chance.randrange(4)
            if kind == 0:
                data[place] = chance.randrange(256)
            elif kind == 1:
                del data[place : place + chance.randint(1, 30)]
            elif kind == 2:
                data[place:place] = data[place : place + chance.randint(1, 300)]
            else:
                data[place:place] = chance.choice(
                    [b"\0", b"\r\n", b"\n", b" ", b"%", b"\xff", b"9" * 30, b":"]
                )
            if not data:
                break
        with contextlib.suppress(OSError), connect(house) as line:
            line.sendall(data)
            line.shutdown(socket.SHUT_WR)
            line.settimeout(3)
            answer = line.recv(4096)
            if answer.split(b" ")[1:2] == [b"500"]:
                found.append(f"bytes: {bytes(data)[:300]!r} is answered {answer[:300]!r}")
    is_well(house, found, "bytes")
    return f"{count} mutated requests"


def values(house: RunningStudio, chance: random.Random, found: Report) -> str:
    whole = Path(tempfile.mkdtemp())
    (whole / "secret").write_text(SECRET)
    folder = whole / "inside"
    render_here(folder / "clip", frames=2)
    (folder / "link").symlink_to(whole / "secret")
    there, count = set(whole.iterdir()), 0
    app = make_app(open_desk(folder), TOKEN, [])
    bodies, queries = names_asked_for()
    with InsideClient.of(app, ORIGIN) as client:
        clip = client.get("/api/library", headers=OWN).json()["items"][0]["id"]
        for method, path in requests_of(app, {"item": clip}):
            asked = re.sub(r"\{[^}]*\}", "0", path)
            if asked in ("/", "/api/events", "/api/session", "/api/uploads"):
                continue
            tries: list[tuple[dict[str, str], object]] = [
                ({name: way}, None) for name in queries for way in WAYS_OUT if len(way) < 200
            ]
            if method != "GET":
                given = [(name, way) for name in bodies for way in WAYS_OUT]
                tries += [({}, {name: value}) for name, way in given for value in (way, {"item": way}, [way])]
            for query, body in chance.sample(tries, min(8 if method == "GET" else EACH, len(tries))):
                count += 1
                answer = client.request(method, asked, params=query, json=body, headers=OWN)
                if answer.status_code >= 500 or SECRET in answer.text or "root:x:" in answer.text:
                    found.append(f"values: {method} {asked} {query} {body}: {answer.text[:300]}")
    if set(whole.iterdir()) != there:
        found.append(f"values: there is more outside: {set(whole.iterdir()) - there}")
    shutil.rmtree(whole)
    return f"{count} values"


def samples() -> dict[str, bytes]:
    picture, sound = io.BytesIO(), io.BytesIO()
    Image.effect_noise((32, 32), 80).convert("RGB").save(picture, "PNG")
    with wave.open(sound, "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(range(256)) * 30)
    jpeg = io.BytesIO()
    Image.open(picture).save(jpeg, "JPEG")
    return {
        "a.png": picture.getvalue(),
        "a.jpg": jpeg.getvalue(),
        "a.wav": sound.getvalue(),
        "a.toml": b'title = "A"\n[dream]\niterations = { 0 = 3, 9 = 8 }\n[camera]\nzoom = "1 + t"\n',
        "a.storyboard.toml": b'[film]\nfps = 12\n[[scene]]\nlength = "2 s"\nimage = "sky.jpg"\n',
        "a.lrc": b"[ti: A]\n[00:01.00] one\n[00:02.50] <00:02.60> two\n",
        "a.beats.txt": b"0.5\t0.5\t1.1\n1.0\t1.0\t1.2\n2.0\t2.0\tchorus\n",
        "a.gpl": b"GIMP Palette\nName: Ink\n#\n0 0 0 black\n255 255 255 white\n",
        "a.mid": b"MThd\0\0\0\6\0\0\0\1\0\x60MTrk\0\0\0\x0c\0\x90\x3c\x40\x60\x80\x3c\x40\0\xff\x2f\0",
    }


def files(house: RunningStudio, chance: random.Random, found: Report) -> str:
    folder, count = Path(tempfile.mkdtemp()), 0
    for _ in range(40):
        for name, whole in samples().items():
            data = bytearray(whole)
            for _ in range(chance.randint(1, 6)):
                place = chance.randrange(len(data))
                data[place : place + chance.choice([0, 1, 1, 9])] = chance.randbytes(
                    chance.choice([0, 1, 1, 4])
                )
            path = folder / name
            path.write_bytes(data)
            count += 1
            try:
                find_out(path)
            except DreamzoomError:
                continue
            except Exception as error:  # noqa: BLE001 - that is what is looked for
                found.append(f"files: {name} {bytes(data)[:200]!r}: {error!r}")
    shutil.rmtree(folder)
    return f"{count} mutated files"


def kills(house: RunningStudio, chance: random.Random, found: Report) -> str:
    folder, count = Path(tempfile.mkdtemp()), 5
    names = list(samples())
    for _ in range(count):
        with studio(folder) as other, other.client() as client:

            def upload(client: httpx.Client = client) -> None:
                with contextlib.suppress(httpx.TransportError):
                    for name in names:
                        data = samples()[name] + (b"#" * 3_000_000 if name == "a.png" else b"")
                        client.post("/api/uploads", params={"name": name}, content=data)

            sending = threading.Thread(target=upload)
            sending.start()
            time.sleep(chance.uniform(0.0, 4.0))
            other.kill()
            sending.join()
        with studio(folder) as other, other.client() as client:
            left = list((folder / ".studio" / "uploads").glob("*"))
            items = client.get("/api/library").json()["items"]
            faults = [item for item in items if item["faults"]]
            hidden = [path.name for path in (folder / "material").glob(".*")]
            if left or faults or hidden:
                found.append(f"kills: {left} {faults} {hidden}")
    kept = sorted(path.name for path in (folder / "material").glob("*"))
    shutil.rmtree(folder)
    return f"{count} kills in mid-upload; kept whole: {', '.join(kept)}"


def slow(house: RunningStudio, chance: random.Random, found: Report) -> str:
    (house.folder / "material").mkdir(exist_ok=True)
    with wave.open(str(house.folder / "material" / "long.wav"), "wb") as file:
        file.setparams((2, 2, 48000, 0, "NONE", ""))
        file.writeframes(bytes(100 << 20))
    before = megabytes(house)
    with house.client() as client:
        songs = [item for item in client.get("/api/library").json()["items"] if item["name"] == "long.wav"]
    lines = [connect(house) for _ in range(300)]
    for line in lines:
        line.sendall(ask(house, f"/api/items/{songs[0]['id']}/song"))
    time.sleep(2)
    is_well(house, found, "slow")
    used = megabytes(house) - before
    for line in lines:
        line.close()
    if used > 150:
        found.append(f"slow: {used:.0f} MB more for 300 who read nothing")
    is_well(house, found, "slow, after")
    return f"300 who read nothing of 100 MB each, {used:.0f} MB more"


ATTACKS: dict[str, Callable[[RunningStudio, random.Random, Report], str]] = {
    "streams": streams,
    "large": large,
    "bytes": bytes_,
    "values": values,
    "files": files,
    "kills": kills,
    "slow": slow,
}


@click.command(help=__doc__)
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--only", type=click.Choice(list(ATTACKS)), multiple=True, help="Attacks.  [default: all]")
def main(seed: int, only: tuple[str, ...]) -> None:
    found: Report = []
    folder = Path(tempfile.mkdtemp(prefix="attacked-"))
    with studio(folder) as house:
        for name in only or ATTACKS:
            began = time.monotonic()
            told = ATTACKS[name](house, random.Random(f"{seed} {name}"), found)
            print(f"{name}: {told}; {time.monotonic() - began:.0f} s", flush=True)
    shutil.rmtree(folder, ignore_errors=True)
    for each in found:
        print(f"FOUND {each}")
    print(json.dumps({"seed": seed, "found": len(found)}))
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
