"""Frames, pictures, videos and songs as a page gets them, and what it does not get."""

from __future__ import annotations

import asyncio
import io
import os
import shutil
from pathlib import Path
from typing import Any

import anyio
import httpx
import numpy as np
import pytest
from PIL import Image

from dreamzoom.errors import PictureError
from dreamzoom.studio.library import sending, shrinking
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.library.serving import shot_at
from dreamzoom.studio.library.shrinking import SmallPictures
from support.clips import render_here
from support.film import make_here, name_colour, plan_film, plan_scene
from support.music import tone, write_wav
from support.studio import studio


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """FOLDER with a clip that has a song, and a film that fades from red to blue."""
    place, pictures = tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("pictures")
    song = write_wav(place / "song.wav", tone(440, 0.2))
    render_here(place / "sky", "--audio", song, "--set", "clip.fps=15", frames=3)
    scenes = (plan_scene(pictures, "01-red", 0, 4), plan_scene(pictures, "02-blue", 2, 6, "fade", 2))
    make_here(place / "film", plan_film(*scenes, frames=8))
    return place


@pytest.fixture(scope="module")
def page(folder):
    """Who asks as a page does."""
    with studio(folder) as house, house.client() as client:
        yield client


@pytest.fixture
def clip(folder, tmp_path):
    """Another clip in FOLDER, which may be spoiled."""
    place = folder / tmp_path.name
    shutil.copytree(folder / "sky", place)
    yield place
    shutil.rmtree(place)


def at(place: str | Path, what: str) -> str:
    """An address by the item's place in FOLDER."""
    return f"/api/items/{item_id(Path(place))}/{what}"


def picture_of(answer: httpx.Response) -> Image.Image:
    assert answer.status_code == 200, answer.text
    return Image.open(io.BytesIO(answer.content))


def words_of(answer: httpx.Response, status: int = 404) -> str:
    assert answer.status_code == status, answer.text
    return str(answer.json()["error"])


# ---- frames ---------------------------------------------------------------------------------------------


def test_a_frame_is_the_stored_png_and_is_asked_for_again_only_when_it_changed(page, clip):
    url, stored = at(clip.name, "frames/1"), clip / "frames/000001.png"
    first = page.get(url)
    assert (first.content, first.headers["content-type"]) == (stored.read_bytes(), "image/png")
    assert first.headers["cache-control"] == "private, no-cache"
    known = {"If-None-Match": first.headers["etag"]}
    assert page.get(url, headers=known).status_code == 304
    shutil.copy(clip / "frames/000002.png", clip / "other.png")
    (clip / "other.png").replace(stored)
    assert page.get(url, headers=known).content == stored.read_bytes()


def test_a_smaller_frame_is_a_jpeg_of_its_shape_and_none_is_made_larger(page):
    small = page.get(at("sky", "frames/0?width=32"))
    assert small.headers["content-type"] == "image/jpeg"
    assert picture_of(small).size == (32, 24)
    assert picture_of(page.get(at("sky", "frames/0?width=4000"))).size == (64, 48)
    known = {"If-None-Match": small.headers["etag"]}
    assert page.get(at("sky", "frames/0?width=32"), headers=known).status_code == 304
    assert page.get(at("sky", "frames/0?width=33"), headers=known).status_code == 200


@pytest.mark.parametrize("width", ["-1", "0x20", "1e9", "٣٢", "9999999", "%00"])
def test_a_width_is_a_whole_number(page, width):
    assert "width must be a whole number" in words_of(page.get(at("sky", f"frames/0?width={width}")), 400)


def test_what_is_not_there_is_told_in_words(page, clip):
    (clip / "frames/000002.png").unlink()
    assert "frame 2 of" in words_of(page.get(at(clip.name, "frames/2")))
    assert "is not there yet" in words_of(page.get(at(clip.name, "frames/2?width=100")))
    assert "has no frame 3: it has 3" in words_of(page.get(at("sky", "frames/3")))
    assert "has no frames: it is a song" in words_of(page.get(at("song.wav", "frames/0")))
    assert "there is no such clip" in words_of(page.get(at("nothing", "frames/0")))
    assert page.get(at("sky", "frames/-1")).status_code == 404
    assert page.get(at("sky", "frames/..%2f..%2frecipe.toml")).status_code == 404
    assert page.get(at("sky", f"frames/{10**30}")).status_code == 404


def test_a_damaged_frame_is_told_in_words(page, clip):
    (clip / "frames/000000.png").write_bytes(b"no picture")
    told = words_of(page.get(at(clip.name, "frames/0?width=20")), 400)
    assert told.startswith(f"{clip.name}/frames/000000.png: is not a picture that can be read")


@pytest.mark.parametrize("what", ["frames/000000.png", "frames", "clip.mp4", "soundtrack.wav"])
def test_links_are_not_followed(page, clip, tmp_path, what):
    outside = tmp_path / "outside"
    (clip / what).rename(outside)
    (clip / what).symlink_to(outside)
    asked = {"clip.mp4": "video", "soundtrack.wav": "song"}.get(what, "frames/0")
    assert "cannot be read" in words_of(page.get(at(clip.name, asked)))


@pytest.mark.parametrize("part", ["", "bytes=2-5", "bytes=0-1,4-5"])
def test_what_takes_a_files_place_while_it_is_sent_is_not_sent(tmp_path, part):
    video, secret = tmp_path / "clip.mp4", tmp_path / "secret"
    secret.write_bytes(b"secret")
    video.write_bytes(b"0123456789")
    answer = sending.send_within(tmp_path, Path("clip.mp4"), "video/mp4")
    video.unlink()
    video.symlink_to(secret)
    sent: list[bytes] = []

    async def take(message: Any) -> None:
        sent.append(message.get("body", b""))

    headers = [(b"range", part.encode())] if part else []
    scope = {"type": "http", "method": "GET", "headers": headers, "asgi": {"spec_version": "2.4"}}
    before = len([*Path("/dev/fd").iterdir()])
    asyncio.run(answer(scope, anyio.sleep_forever, take))
    assert b"secret" not in b"".join(sent)
    assert b"45" in b"".join(sent)
    assert len([*Path("/dev/fd").iterdir()]) == before - 1


def test_what_never_ends_is_not_waited_for(page, clip):
    (clip / "frames/000000.png").unlink()
    os.mkfifo(clip / "frames/000000.png")
    assert "is no plain file" in words_of(page.get(at(clip.name, "frames/0")))


# ---- pictures -------------------------------------------------------------------------------------------


def test_a_clips_picture_is_its_newest_frame_or_what_it_begins_with(page, clip):
    newest = page.get(at(clip.name, "picture"))
    assert newest.content == (clip / "frames/000002.png").read_bytes()
    (clip / "journal.jsonl").unlink()
    assert page.get(at(clip.name, "picture")).content == (clip / "start.png").read_bytes()


def test_a_picture_that_browsers_do_not_show_becomes_one_that_they_do(page, folder):
    (folder / "material").mkdir(exist_ok=True)
    Image.new("RGB", (300, 200), (200, 30, 30)).save(folder / "material/scan.tiff")
    answer = page.get(at("material/scan.tiff", "picture"))
    assert answer.headers["content-type"] == "image/jpeg"
    assert picture_of(answer).size == (300, 200)
    assert picture_of(page.get(at("material/scan.tiff", "picture?width=150"))).size == (150, 100)
    Image.new("RGB", (30, 20)).save(folder / "material/plain.jpg")
    stored = (folder / "material/plain.jpg").read_bytes()
    assert page.get(at("material/plain.jpg", "picture")).content == stored
    (folder / "material/broken.tiff").write_bytes(b"II*\0")
    assert words_of(page.get(at("material/broken.tiff", "picture")), 400)


# ---- films ----------------------------------------------------------------------------------------------


def test_a_films_frame_is_its_scenes(page, folder):
    numbers = [page.get(at("film", f"frames/{number}")) for number in range(8)]
    colours = [name_colour(np.asarray(picture_of(answer).convert("RGB"))) for answer in numbers]
    assert colours == ["red", "red", "red", "blue", "blue", "blue", "black", "black"]
    stored = (folder / "film/scenes/02-blue/frames/000001.png").read_bytes()
    assert numbers[3].content == stored
    assert page.get(at("film/scenes/02-blue", "frames/1")).content == stored
    assert picture_of(page.get(at("film", "frames/7?width=32"))).size == (32, 24)
    assert "has no frame 8" in words_of(page.get(at("film", "frames/8")))
    assert picture_of(page.get(at("film", "picture?width=32"))).size == (32, 24)


def test_in_a_transition_the_scene_is_shown_of_which_there_is_more():
    def scene(name: str, first: int, stop: int, kind: str, frames: int) -> dict[str, object]:
        return {"name": name, "first": first, "stop": stop, "transition": {"kind": kind, "frames": frames}}

    scenes = [scene("a", 0, 10, "cut", 0), scene("b", 6, 20, "fade", 4), scene("c", 19, 30, "dream", 4)]
    shown = [shot["name"] if (shot := shot_at(scenes, frame)) else None for frame in (0, 6, 7, 8, 19, 29, 30)]
    assert shown == ["a", "a", "a", "b", "c", "c", None]


# ---- videos and songs -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("place", "what", "file", "kind"),
    [
        ("sky", "video", "sky/clip.mp4", "video/mp4"),
        ("film", "video", "film/film.mp4", "video/mp4"),
        ("sky", "song", "sky/soundtrack.wav", "audio/wav"),
        ("song.wav", "song", "song.wav", "audio/wav"),
    ],
)
def test_any_part_of_a_video_or_a_song_can_be_had(page, folder, place, what, file, kind):
    whole = (folder / file).read_bytes()
    answer = page.get(at(place, what))
    assert (answer.content, answer.headers["content-type"]) == (whole, kind)
    assert answer.headers["accept-ranges"] == "bytes"
    part = page.get(at(place, what), headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.content) == (206, whole[100:200])
    assert part.headers["content-range"] == f"bytes 100-199/{len(whole)}"
    assert page.get(at(place, what), headers={"Range": "bytes=-10"}).content == whole[-10:]
    beyond = page.get(at(place, what), headers={"Range": f"bytes={len(whole)}-"})
    assert beyond.status_code == 416


def test_what_has_no_video_or_song_says_so(page, clip):
    (clip / "clip.mp4").unlink()
    assert "has no video yet" in words_of(page.get(at(clip.name, "video")))
    assert "is no video: it is a song" in words_of(page.get(at("song.wav", "video")))
    (clip / "soundtrack.wav").unlink()
    assert "has no song" in words_of(page.get(at(clip.name, "song")))
    assert "has no song" in words_of(page.get(at("film", "song")))


# ---- pictures at hand -----------------------------------------------------------------------------------


def _open(path: Path) -> int:
    return os.open(path, os.O_RDONLY)


def test_what_was_made_small_is_kept_at_hand_as_long_as_there_is_room(folder, monkeypatch):
    made: list[int] = []

    def shrink(file: io.BufferedReader, width: int) -> bytes:
        made.append(width)
        return bytes(100)

    monkeypatch.setattr(shrinking, "shrink", shrink)
    monkeypatch.setattr(shrinking, "_KEPT", 250)
    small, path = SmallPictures(), folder / "sky/frames/000000.png"
    for width in (20, 30, 20, 40, 20, 30):
        assert small.take(_open(path), width) == bytes(100)
    assert made == [20, 30, 40, 30]  # 30 was the one that nobody had asked for the longest


def test_what_cannot_be_read_leaves_no_file_open(tmp_path):
    path, small = tmp_path / "broken.png", SmallPictures()
    path.write_bytes(b"no picture")
    first = _open(path)
    with pytest.raises(PictureError):
        small.take(first, 20)
    with pytest.raises(OSError, match="Bad file"):
        os.fstat(first)
