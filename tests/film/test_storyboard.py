"""What a storyboard may say, and the page that tells it."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from dreamzoom.errors import RecipeError, StoryboardError
from dreamzoom.film.board.reading import parse_storyboard, read_storyboard
from dreamzoom.film.board.storyboard import FilmSettings
from dreamzoom.film.board.times import FilmLength, FilmTime, end_of, frame_at
from dreamzoom.film.transitions import OURS, known_transitions
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.timing import Time, Unit, read_time
from support.film_page import PAGE, film_page

MOMENT, LENGTH = FilmTime(default=0, help=""), FilmLength(default=0, help="")
HERE = Path("story.toml")


@pytest.mark.parametrize(
    "text", ["90f", "3s", "1.5s", "1:30", "8beats", "4 bars", "bar 5", "A2", "chorus + 2bars"]
)
def test_a_moment_is_written_as_keyframes_have_their_times(text: str) -> None:
    assert MOMENT.parse(text) == read_time(text)


@pytest.mark.parametrize(
    ("raw", "seconds"), [(0, "0"), (12, "12"), (0.1, "0.1"), ("90", "90"), (" 2.5 ", "2.5")]
)
def test_a_number_alone_is_seconds_exactly_as_written(raw: object, seconds: str) -> None:
    expected = Time(Fraction(seconds), Unit.SECOND)
    assert MOMENT.parse(raw) == expected
    assert LENGTH.parse(raw) == expected


@pytest.mark.parametrize("raw", [-1, True, None, "", "  ", float("nan"), 10**9, [], {}, "-3s", "1:75"])
def test_what_is_no_moment_is_refused(raw: object) -> None:
    with pytest.raises(RecipeError):
        MOMENT.parse(raw)
    with pytest.raises(RecipeError):
        LENGTH.parse(raw)


@pytest.mark.parametrize("raw", ["bar 9", "beat 3", "chorus", "2nd verse", "A2 + 1 bar"])
def test_a_moment_is_no_length(raw: str) -> None:
    with pytest.raises(RecipeError, match="must be seconds, or a length such as"):
        LENGTH.parse(raw)


@pytest.mark.parametrize("fps", [Fraction(24), Fraction(30000, 1001), Fraction(25, 3)])
def test_a_frame_is_the_nearest_one(fps: Fraction) -> None:
    for frame in (0, 1, 7, 100_000):
        for off in (Fraction(-499, 1000), Fraction(0), Fraction(499, 1000)):
            assert frame_at(max((frame + off) / fps, Fraction(0)), fps) == frame
    assert frame_at(Fraction(1, 2) / fps, fps) == 1
    assert end_of(Fraction(1), LENGTH.parse("10f"), Clock(fps, 1)) == 1 + 10 / fps


def test_an_empty_storyboard_has_the_defaults_and_no_fault() -> None:
    board = parse_storyboard("", HERE)
    assert (board.film, board.faults, board.scenes) == (FilmSettings(), (), ())
    assert str(board.film.size) == "1280x720"
    assert board.film.fps == 24


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("film = 3", "film must be a table, [film], got 3"),
        ("scene = 3", "scene must be tables, [[scene]], got 3"),
        ("[scenes]\nx=1", "there is no table 'scenes'; did you mean 'scene'"),
        ("[[scenes]]\nx=1", "there is no table 'scenes'; did you mean 'scene'"),
        ("fps = 3", "there is no key 'fps'; that is what film.fps says"),
        ("zoom = 3", "there is no key 'zoom'; did you mean 'camera.zoom'?"),
        ("[music]\nsong='x'", "there is no table 'music': [soundtrack] says what is heard of a song"),
        ("[clip]\nfps=3", "all scenes: clip.fps: is what film.fps says"),
        ("[[scene]]\nclip.frames=3", "scene 1: clip.frames: is what the scene's length says"),
        ("[[scene]]\nsize='64x48'", "scene 1: there is no key 'size'; that is what film.size says"),
        ("[[scene]]\nimagee='x'", "scene 1: there is no key 'imagee'; did you mean 'image'?"),
        ("[[scene]]\ncamera=3", "scene 1: camera must be a table, [camera], got 3"),
        ("[[scene]]\nlength='chorus'", "scene 1: length: must be seconds, or a length such as"),
        ("[[scene]]\nseed=-1", "scene 1: seed: must be a whole number from 0"),
        ("[film]\nsize='0x5'", "film: size: must be WIDTHxHEIGHT"),
        ("[soundtrack]\ngain=99", "soundtrack: gain: must be a number from -60 to 30 dB, got 99"),
        ("[[title]]\nlength=1", "title 1: text: says nothing"),
        ("[[title]]\ntext='  '", "title 1: text: says nothing"),
        ('[[title]]\ntext="a\\u0007"', "title 1: text: must be words of 500 characters at most"),
        ("[[title]]\ntext='x'\nheight=0", "title 1: height: must be a number from 0.01 to 0.9"),
        ("[[title]]\ntext='x'\ncolour='red'", "title 1: colour: 'red' is no colour"),
        ("[lyrics]\nstyle='big'", "lyrics: style: must be 'plain' or 'dreamed', got 'big'"),
    ],
)
def test_what_a_storyboard_may_not_say_is_told_with_its_place(text: str, fault: str) -> None:
    faults = parse_storyboard(text, HERE).faults
    assert any(each.startswith(fault) for each in faults), faults


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"[film", "line 1: expected"),
        (b"\xff\xfe[\x00", "is not UTF-8 text, but UTF-16"),
        (b"a = [" * 100, "nested too deeply"),
    ],
)
def test_a_file_that_is_no_storyboard_is_refused(tmp_path: Path, data: bytes, words: str) -> None:
    path = tmp_path / "story.toml"
    path.write_bytes(data)
    with pytest.raises(StoryboardError, match=r"story\.toml") as caught:
        read_storyboard(path)
    assert words in str(caught.value)
    with pytest.raises(StoryboardError, match="there is no such"):
        read_storyboard(tmp_path / "none.toml")


def test_files_are_found_beside_the_storyboard_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    beside = tmp_path / "film"
    beside.mkdir()
    monkeypatch.chdir(tmp_path)
    for path in (beside / "a.png", tmp_path / "a.png", tmp_path / "b.png"):
        path.touch()
    text = (
        '[soundtrack]\nsong="a.png"\nmap="none"\nstems={drums="b.png"}\n'
        '[[scene]]\nimage="a.png"\n[[scene]]\nimage="b.png"\ncolour.palette="./a.png"\n'
        '[[scene]]\nimage="clouds"\n[[scene]]\nimage="https://example.org/a.png"\n'
    )
    board = parse_storyboard(text, beside / "story.toml")
    assert board.faults == ()
    images = [scene.settings.image for scene in board.scenes]
    here = str(Path("b.png").absolute())
    assert images == [str(beside / "a.png"), here, "clouds", "https://example.org/a.png"]
    assert parse_storyboard(text, Path("film", "story.toml")).scenes[0].settings.image == str(
        Path("film", "a.png").absolute()
    )
    assert board.soundtrack.song == str(beside / "a.png")
    assert (board.soundtrack.map, board.soundtrack.stems) == ("none", (("drums", here),))
    assert board.scenes[1].look.values["colour"]["palette"] == str(beside / "a.png")


def test_the_page_tells_every_key_and_transition() -> None:
    written = PAGE.read_text(encoding="utf-8")
    assert written == film_page(), "write it again: python tests/support/film_page.py"
    missing = [name for name in known_transitions() - OURS if name not in written]
    assert missing == []
