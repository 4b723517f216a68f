"""A font of one's own, for words that are dreamed in and for titles."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image, ImageFont

from support.clips import frame_files, quickly, render_here, says
from support.video import decode_video

DEJAVU = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
PERSIAN = "می\u200cرویم"
QUICK = ("--size", "64x48", "--set", "dream.octaves=1", "--set", "dream.iterations=1")


@pytest.fixture(name="english", scope="module")
def _english(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A font's file with the letters of English alone."""
    path = tmp_path_factory.mktemp("fonts") / "english.ttf"
    path.write_bytes(ImageFont.load_default(10).font_bytes)
    return path


def test_words_are_dreamed_in_a_font_of_ones_own(english: Path, tmp_path: Path) -> None:
    words = ("--preset", "bestiary", "--text", "HELLO", "--set", "dream.iterations=6")
    made = render_here(tmp_path / "made", "clouds", *words, "--font", english, frames=1)
    region = f"dream.region={{text='HELLO', even=1, font='{english}'}}"
    named = (
        "--preset",
        "bestiary",
        "--set",
        "dream.elsewhere=0",
        "--set",
        region,
        "--set",
        "dream.iterations=6",
    )
    same = render_here(tmp_path / "same", "clouds", *named, frames=1)
    other = render_here(tmp_path / "other", "clouds", *words, frames=1)
    assert frame_files(made) == frame_files(same) != frame_files(other)


def test_one_picture_s_words_are_in_that_font_too(english: Path, tmp_path: Path) -> None:
    words = ("dream", "clouds", *QUICK, "--text", "HELLO")
    quickly(*words, "-o", tmp_path / "usual.png")
    quickly(*words, "--font", english, "-o", tmp_path / "mine.png")
    with Image.open(tmp_path / "usual.png") as usual, Image.open(tmp_path / "mine.png") as mine:
        assert usual.tobytes() != mine.tobytes()


@pytest.mark.parametrize("command", ["render", "dream"])
def test_words_that_a_font_cannot_write_are_refused_before_any_work(
    english: Path, tmp_path: Path, command: str
) -> None:
    out = tmp_path / ("out" if command == "render" else "out.png")
    for words, told in (
        (("--text", "東京"), "the built-in font has no '東', '京': name the file of a font that has"),
        (("--text", "Übel", "--font", english), "english.ttf has no 'Ü'"),
        (("--text", "HELLO", "--font", tmp_path / "none.ttf"), "none.ttf: there is no such file"),
        (("--text", "HELLO", "--font", __file__), "is no font that can be read"),
        (("--text", "HELLO", "--font", ""), "--font: is empty"),
        (("--font", english), "--font: is what --text is written with"),
    ):
        assert told in says(2, command, "grey", *QUICK, *words, "-o", out)
        assert not out.exists()


@pytest.mark.skipif(not DEJAVU.exists(), reason="needs DejaVu Sans")
def test_words_may_have_joiners_in_them(tmp_path: Path) -> None:
    quickly(
        "render", "grey", *QUICK, "--frames", 1, "--text", PERSIAN, "--font", DEJAVU, "-o", tmp_path / "a"
    )
    assert f'text = "{PERSIAN}"' in (tmp_path / "a" / "recipe.toml").read_text(encoding="utf-8")


def test_words_are_one_line_that_steers_no_terminal(tmp_path: Path) -> None:
    for text in ("A\nB", "A\x1b[2J", "A\u202eB", "A" * 101):
        assert "--text: must be one line of 100" in says(2, "render", "--text", text, "-o", tmp_path / "a")


def test_titles_have_a_font_of_ones_own(english: Path, tmp_path: Path) -> None:
    clip = render_here(tmp_path / "clip", "grey", frames=2)
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:09,000\nHELLO\n")
    stitched = ("stitch", clip, "--no-recipe", "--titles", words)
    quickly(*stitched, "-o", tmp_path / "usual.mp4")
    quickly(*stitched, "--font", english, "-o", tmp_path / "mine.mp4")
    first, second = (decode_video(tmp_path / name)[0] for name in ("usual.mp4", "mine.mp4"))
    assert (first != second).any()
    quickly("deliver", clip, "--for", "gif", "--titles", words, "-o", tmp_path / "usual.gif")
    quickly(
        "deliver", clip, "--for", "gif", "--font", english, "--titles", words, "-o", tmp_path / "mine.gif"
    )
    assert (tmp_path / "usual.gif").read_bytes() != (tmp_path / "mine.gif").read_bytes()


def test_titles_that_a_font_cannot_write_are_refused(english: Path, tmp_path: Path) -> None:
    clip = render_here(tmp_path / "clip", "grey", frames=2)
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:00,000 --> 00:00:09,000\nÜBEL\n", encoding="utf-8")
    before = sorted(tmp_path.iterdir())
    for command in (("stitch", clip, "-o", tmp_path / "a.mp4"), ("deliver", clip, "--for", "youtube")):
        told = says(2, *command, "--titles", words, "--font", english)
        assert "english.ttf has no 'Ü'" in told
        assert "there is no such file" in says(
            2, *command, "--titles", words, "--font", tmp_path / "none.ttf"
        )
        assert "--font is what --titles are written with" in says(2, *command, "--font", english)
    assert sorted(tmp_path.iterdir()) == before
