"""Finished films tell how they were made: to dreamzoom, to ffmpeg's libraries, and after a copy."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from dreamzoom.errors import DreamzoomWarning, RecipeError
from dreamzoom.pictures.frames import encode_png
from dreamzoom.pictures.metadata import picture_inscription
from dreamzoom.video.encode import Encoder
from dreamzoom.video.gif import make_gif
from dreamzoom.video.metadata import film_inscription, load_preset
from support.music import write_wav
from support.video import decode_gif, ffmpeg, noise_frames, probe

TEXT = (
    "# dreamzoom 0.2.0 made this\n[clip]\nseed = 7\n\n[dream]\n"
    'layer = { 0 = "fire2/concat", "2s" = "fire8/concat" }\niterations = "3 + t; \\\\ = # \u00e9\u4e2d"\n'
)
PLAIN = TEXT.replace("; \\\\ = # \u00e9\u4e2d", "")


def film(target: Path, song: Path | None = None, inscription: str | None = TEXT) -> Path:
    with Encoder(target, (64, 48), Fraction(10), song, inscription=inscription) as encoder:
        for frame in noise_frames(3):
            encoder.write(frame)
    return target


@pytest.fixture
def tagged_song(tmp_path: Path) -> Path:
    """A song with a title, an artist and a comment of its own."""
    wav = write_wav(tmp_path / "song.wav", np.zeros(8000, np.float32))
    tags = ("-metadata", "title=Tides", "-metadata", "artist=Ada", "-metadata", "comment=mastered loud")
    ffmpeg("-i", wav, *tags, tmp_path / "song.flac")
    return tmp_path / "song.flac"


@pytest.mark.parametrize("name", ["clip.mp4", "clip.mov"])
def test_a_film_tells_its_recipe_as_a_comment_with_its_index_still_first(tmp_path, name):
    path = film(tmp_path / name)
    assert film_inscription(path) == TEXT
    with av.open(str(path)) as container:
        assert container.metadata["comment"] == TEXT
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_songs_title_stays_and_its_comment_does_not(tmp_path, tagged_song):
    with av.open(str(film(tmp_path / "clip.mp4", tagged_song))) as container:
        told = dict(container.metadata)
    assert (told["title"], told["artist"], told["comment"]) == ("Tides", "Ada", TEXT)
    path = film(tmp_path / "without.mp4", tagged_song, None)
    assert film_inscription(path) == "mastered loud"
    with pytest.raises(RecipeError, match="tells no recipe"):
        load_preset(str(path))


@pytest.mark.parametrize("name", ["copy.mp4", "copy.mov", "copy.mkv"])
def test_a_copy_by_ffmpeg_still_tells(tmp_path, name):
    path = film(tmp_path / "clip.mp4", inscription=PLAIN)
    ffmpeg("-i", path, "-c", "copy", tmp_path / name)
    assert load_preset(str(tmp_path / name)).recipe.clip.seed == 7


def test_a_gif_tells_its_recipe_and_plays_as_before(tmp_path):
    frames = []
    for number, pixels in enumerate(noise_frames(3)):
        frames.append(tmp_path / f"{number}.png")
        frames[-1].write_bytes(encode_png(pixels))
    long = PLAIN + "#" * 1000 + "\n"
    make_gif(frames, tmp_path / "with.gif", Fraction(10), inscription=long)
    make_gif(frames, tmp_path / "without.gif", Fraction(10))
    assert picture_inscription(tmp_path / "with.gif") == long
    assert load_preset(str(tmp_path / "with.gif")).recipe.clip.seed == 7
    assert picture_inscription(tmp_path / "without.gif") is None
    for (delay, pixels), (usual, others) in zip(
        decode_gif(tmp_path / "with.gif"), decode_gif(tmp_path / "without.gif"), strict=True
    ):
        assert delay == usual
        np.testing.assert_array_equal(pixels, others)
    with Image.open(tmp_path / "with.gif") as opened:
        assert opened.info["loop"] == 0
    assert [stream.packets for stream in probe(tmp_path / "with.gif")] == [3]


def test_a_recipe_too_long_for_a_command_line_is_left_out_and_told(tmp_path):
    with pytest.warns(DreamzoomWarning, match=r"clip\.mp4: the recipe is too long to be told"):
        path = film(tmp_path / "clip.mp4", inscription=TEXT + "#" * 24_000)
    assert film_inscription(path) is None


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("page.png", b"<!doctype html><html></html>", "is a web page"),
        ("a.zip", b"PK\3\4" + bytes(50), "is an archive"),
        ("a.mp4", b"\0\0\0\x20ftypisom" + bytes(100), "tells no recipe"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + bytes(100), "a.png: "),
        ("a.jpg", b"\xff\xd8\xff", "a.jpg: "),
        ("a.gif", b"GIF89a" + bytes(5), "a.gif: "),
        ("empty.png", b"", "empty.png: "),
        ("noise.toml", bytes(range(256)), "is not UTF-8 text"),
    ],
)
def test_what_tells_no_recipe_is_told_in_a_line(tmp_path, name, content, words):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(Exception, match=words) as caught:
        load_preset(str(path))
    assert caught.value.exit_status == 2
    assert "\n" not in str(caught.value)


def test_a_web_address_is_no_preset():
    with pytest.raises(RecipeError, match=r"^https://b\.c/a\.png: a preset is no web address"):
        load_preset("https://ada:secret@b.c/a.png")
