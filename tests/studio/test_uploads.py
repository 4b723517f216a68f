"""What is dropped on the page: taken whole, under a safe name, looked at, kept once, or not at all."""

from __future__ import annotations

import io
import json
import signal
import socket
import threading
import time
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from struct import pack

import httpx
import psutil
import pytest
from PIL import Image, ImageFont

from dreamzoom.errors import DreamzoomError
from dreamzoom.studio.uploads.looking import find_out
from dreamzoom.studio.uploads.names import free_names, safe_name, split_name
from dreamzoom.studio.uploads.receiving import LARGEST, limit_of
from support.clips import SMALL, quickly, render_here
from support.studio import RunningStudio, studio, until
from support.video import ffmpeg, make_song


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[RunningStudio]:
    with studio(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture(scope="module")
def client(house) -> Iterator[httpx.Client]:
    with house.client() as client:
        yield client


def png(colour: str = "navy", size: tuple[int, int] = (40, 30)) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", size, colour).save(file, "PNG")
    return file.getvalue()


def send(client: httpx.Client, name: str, data: bytes) -> httpx.Response:
    return client.post("/api/uploads", params={"name": name}, content=data)


def kept(house: RunningStudio) -> set[str]:
    folder = house.folder / "material"
    return {path.name for path in folder.iterdir()} if folder.exists() else set()


def waiting(house: RunningStudio) -> list[Path]:
    """What is on its way at the moment, or was left on it."""
    return list((house.folder / ".studio" / "uploads").glob("*"))


# ---- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept_as"),
    [
        ("sky.jpg", "sky.jpg"),
        ("Grüße aus Łódź, 夜の海 🌊.png", "Grüße aus Łódź, 夜の海 🌊.png"),
        ("cafe\u0301.png", "café.png"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\windows\\win.ini", "win.ini"),
        ("C:\\pictures\\sky.jpg", "sky.jpg"),
        ("/", "unnamed"),
        ("", "unnamed"),
        ("..", "unnamed"),
        (".bashrc", "bashrc"),
        ("a\0b\nc\x1b[31m.png", "ab c[31m.png"),
        ("gpj.\u202eexe.png", "gpj.exe.png"),
        ("nul", "_nul"),
        ("COM1.txt", "_COM1.txt"),
        ("com¹.png", "_com¹.png"),
        ("console.png", "console.png"),
        ('a<b>c:d"e|f?g*.png', "a-b-c-d-e-f-g-.png"),
        ("sky.jpg. . .", "sky.jpg"),
        ("\ud800.png", "png"),
    ],
)
def test_a_name_is_one_for_every_system(given, kept_as):
    assert safe_name(given) == kept_as


@pytest.mark.parametrize(
    ("given", "ending"),
    [
        ("x" * 5000 + ".png", ".png"),
        ("夜" * 900 + ".beats.txt", ".beats.txt"),
        ("." * 9000, ""),
        ("a." + "b" * 900, "b"),
    ],
)
def test_a_long_name_is_cut_and_keeps_its_ending(given, ending):
    name = safe_name(given)
    assert len(name.encode()) <= 180
    assert name.endswith(ending)


def test_a_taken_name_gives_way_to_the_next():
    assert [name for name, _ in zip(free_names("a.beats.txt"), range(3), strict=False)] == [
        "a.beats.txt",
        "a-2.beats.txt",
        "a-3.beats.txt",
    ]
    assert split_name("no ending") == ("no ending", "")


# ---- what is taken -------------------------------------------------------------------------------


def test_a_picture_comes_into_the_library_and_is_found_when_it_comes_again(house, client):
    facts = send(client, "夜 sky.png", png()).raise_for_status().json()
    assert facts["kind"] == facts["what"] == "picture"
    assert facts["name"] == "夜 sky.png"
    assert facts["size"] == [40, 30]
    assert (facts["again"], facts["has_recipe"]) == (False, False)
    assert client.get(f"/api/items/{facts['id']}/picture").content == png()
    again = send(client, "another name.png", png()).json()
    assert (again["id"], again["again"]) == (facts["id"], True)
    other = send(client, "夜 sky.png", png("red")).json()
    assert other["name"] == "夜 sky-2.png"
    assert (house.folder / "material" / "夜 sky.png").read_bytes() == png()
    assert waiting(house) == []


def test_a_recipe_is_kept_as_one(house, client):
    facts = send(client, "mine.toml", b'title = "Mine"\n[dream]\niterations = 3\n').raise_for_status().json()
    assert (facts["what"], facts["kind"], facts["recipe"]) == ("recipe", "recipe", "Mine")


@pytest.mark.parametrize(
    ("name", "data", "what", "kept_as"),
    [
        ("words.lrc", b"[00:01.00] one\n[00:02.00] two\n", "lyrics", "words.lrc"),
        ("words.srt", b"1\n00:00:01,000 --> 00:00:02,000\none\n", "lyrics", "words.srt"),
        ("song.beats.txt", b"0.5\t0.5\t1.1\n1.0\t1.0\t1.2\n", "beats", "song.beats.txt"),
        ("labels.txt", b"0.5\n1.0\n1.5\n", "beats", "labels.beats.txt"),
        ("ink.gpl", b"GIMP Palette\nName: Ink\n#\n0 0 0 black\n255 255 255 w\n", "palette", "ink.toml"),
        ("film.toml", b'[film]\nfps = 12\n[[scene]]\nlength = "2 s"\n', "storyboard", "film.storyboard.toml"),
        ("Mine.OTF", ImageFont.load_default(10).font_bytes, "font", "Mine.OTF"),
        ("picture without an ending", png(), "picture", "picture without an ending"),
    ],
)
def test_kinds_are_told_apart(tmp_path, name, data, what, kept_as):
    (tmp_path / name).write_bytes(data)
    found = find_out(tmp_path / name)
    assert (found.what, found.file) == (what, kept_as)
    assert (tmp_path / kept_as).exists()


def test_notes_and_songs_are_known(tmp_path):
    (tmp_path / "notes.mid").write_bytes(midi())
    assert find_out(tmp_path / "notes.mid").what == "notes"
    found = find_out(make_song(tmp_path, "song.wav", 1))
    assert (found.what, found.facts["seconds"]) == ("song", 1.0)


def midi() -> bytes:
    track = b"\x00\x90\x3c\x40\x60\x80\x3c\x40\x00\xff\x2f\x00"
    return b"MThd" + pack(">IHHH", 6, 0, 1, 96) + b"MTrk" + pack(">I", len(track)) + track


def test_what_dreamzoom_made_carries_its_recipe(tmp_path):
    clip = render_here(tmp_path / "clip", frames=2)
    found = find_out(clip / "clip.mp4")
    assert (found.what, found.file, found.facts["recipe_of"]) == ("recipe", "clip.toml", "clip.mp4")
    assert "iterations = 2" in (clip / "clip.toml").read_text()
    picture = tmp_path / "dreamed.png"
    quickly("dream", "clouds", "-o", picture, *SMALL)
    assert find_out(picture).facts["has_recipe"]


def test_of_a_strangers_film_the_sound_is_kept(tmp_path):
    song, film = make_song(tmp_path, "song.wav", 1), tmp_path / "holiday.mp4"
    picture = "color=navy:size=64x48:rate=10:duration=1"
    ffmpeg("-f", "lavfi", "-i", picture, "-i", song, "-t", "1", film)
    found = find_out(film)
    assert (found.what, found.file, found.facts["song_of"]) == ("song", "holiday.m4a", "holiday.mp4")
    assert found.facts["seconds"] == pytest.approx(1, abs=0.1)


# ---- what is not ---------------------------------------------------------------------------------


def linked_zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        link = zipfile.ZipInfo("passwd")
        link.external_attr = 0o120777 << 16
        archive.writestr(link, "/etc/passwd")
    return file.getvalue()


def bomb() -> bytes:
    """A PNG of 60,000 by 60,000 pixels in a few bytes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return pack(">I", len(data)) + kind + data + pack(">I", zlib.crc32(kind + data))

    head = pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    body = zlib.compress(bytes(50_000_000), 9)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("links.png", linked_zip(), "archive"),
        ("text.png", b"hello", "text.png"),
        ("json.py", b"import os; os.abort()", "cannot be used"),
        ("deep.toml", b"a = " + b"[" * 100_000, "deep.toml"),
        ("wrong.toml", b"[dream]\niterationz = 3\n", "iterations"),
        ("broken.mp3", b"ID3" + bytes(range(256)) * 8, "broken.mp3"),
        ("wild.ttf", b"\0\1\0\0" + bytes(range(256)) * 8, "wild.ttf: is no font that can be read"),
        ("wild.mid", b"MThd" + bytes(range(200)), "wild.mid"),
        ("wild.mp4", b"\0\0\0\x18ftypmp42" + bytes(range(256)) * 8, "wild.mp4"),
    ],
)
def test_what_is_of_no_use_is_told_in_words(tmp_path, name, data, words):
    (tmp_path / name).write_bytes(data)
    with pytest.raises(DreamzoomError, match=words):
        find_out(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("links.zip", linked_zip(), "can be dropped here"),
        ("empty.png", b"", "is empty"),
        ("page.html", b"<html><script>alert(1)</script></html>", "web page"),
        ("json.py", b"import os; os.abort()", "cannot be used"),
        ("bomb.png", bomb(), "bomb.png"),
    ],
)
def test_what_is_of_no_use_is_removed_again(house, client, name, data, words):
    before = kept(house)
    answer = send(client, name, data)
    assert answer.status_code == 400, answer.text
    error = answer.json()["error"]
    assert words in error
    assert str(house.folder) not in error
    assert ".studio" not in error
    assert kept(house) == before
    assert waiting(house) == []
    assert client.get("/api/uploads").status_code == 200


def test_a_file_of_ten_gigabytes_is_refused_before_it_is_sent(house, client):
    process = psutil.Process(house.process.pid)
    before = process.memory_info().rss
    sent = 0

    def zeros() -> Iterator[bytes]:
        nonlocal sent
        for _ in range(10 << 10):
            sent += 1 << 20
            yield bytes(1 << 20)

    length = {"Content-Length": str(10 << 30)}
    try:
        answer = client.post("/api/uploads", params={"name": "a.wav"}, content=zeros(), headers=length)
        assert answer.status_code == 413
    except httpx.TransportError:  # it was sent all the same, and nobody listened any more
        pass
    assert sent < 10 << 30
    assert process.memory_info().rss - before < 60 << 20
    assert waiting(house) == []
    assert client.get("/api/library").status_code == 200


def test_what_does_not_tell_its_length_is_counted(house, client):
    def zeros() -> Iterator[bytes]:
        for _ in range(20):
            yield bytes(1 << 20)

    try:
        answer = client.post("/api/uploads", params={"name": "a.toml"}, content=zeros())
        assert answer.status_code == 413
        assert "8 MiB" in answer.json()["error"]
    except httpx.TransportError:
        pass
    until(lambda: not waiting(house))
    assert limit_of("a.toml") == LARGEST["text"]


def test_what_breaks_off_leaves_nothing(house, client):
    host, _, port = house.origin.removeprefix("http://").partition(":")
    cookie = "; ".join(f"{key}={value}" for key, value in client.cookies.items())
    with socket.create_connection((host, int(port))) as line:
        line.sendall(
            f"POST /api/uploads?name=half.png HTTP/1.1\r\nHost: {host}:{port}\r\nOrigin: {house.origin}\r\n"
            f"Cookie: {cookie}\r\nContent-Length: 100000\r\n\r\n".encode()
            + png()
        )
        until(lambda: waiting(house))
    until(lambda: not waiting(house))
    assert "half.png" not in kept(house)


def test_a_server_killed_in_mid_upload_shows_nothing_half_and_the_next_one_cleans_up(tmp_path):
    with studio(tmp_path) as house, house.client() as client:
        ready = threading.Event()

        def slowly() -> Iterator[bytes]:
            yield bytes(2 << 20)
            ready.set()
            while True:
                time.sleep(0.05)
                yield bytes(1000)

        def upload() -> None:
            with pytest.raises(httpx.TransportError):
                client.post("/api/uploads", params={"name": "song.wav"}, content=slowly())

        sending = threading.Thread(target=upload)
        sending.start()
        assert ready.wait(20)
        until(lambda: waiting(house))
        house.process.send_signal(signal.SIGKILL)
        house.process.wait()
        sending.join(20)
        assert waiting(house)
    with studio(tmp_path) as house, house.client() as client:
        assert waiting(house) == []
        assert client.get("/api/library").json()["items"] == []
        assert not (tmp_path / "material").exists()


def test_material_that_leads_elsewhere_is_left_alone(tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "material").symlink_to(elsewhere)
    with studio(folder) as house, house.client() as client:
        answer = send(client, "sky.png", png())
        assert answer.status_code == 400
        assert "leads elsewhere" in answer.json()["error"]
        assert list(elsewhere.iterdir()) == []


def test_limits_and_endings_are_told(client):
    told = client.get("/api/uploads").json()
    assert told["largest"]["picture"] == 200 << 20
    assert ".png" in told["endings"]["picture"]
    assert json.dumps(told)
