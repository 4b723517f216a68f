"""Lyrics and subtitles as people have them."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamzoom.errors import DreamzoomWarning, SoundError
from dreamzoom.film.words.lyrics import LONGEST_SHOWN, LONGEST_TEXT, LyricLine, parse_lyrics, read_lyrics

_SRT = """1
00:00:01,000 --> 00:00:02,500
{\\an8}<i>We fall</i> for <font color="#ff0000">ever</font>

2
00:00:02.000 --> 00:00:04,25
two rows<br/>of words &amp; more

00:00:05,000-->00:00:06,000 X1:10 X2:20
<3 no number, and a blank

line in it
4
1:00:06,000 --> 1:00:07,000
<b>1999</b>
"""


def _lines(text: str) -> list[tuple[str, float, float]]:
    return [(line.text, line.start, line.end) for line in parse_lyrics(text, "song.lrc").lines]


def test_lyrics_last_until_the_next_line() -> None:
    lyrics = parse_lyrics(
        "[ti: Falling ]\n[ar:Nobody]\n[by:x]\n\n[00:12.00]One\n[00:15.3]Two\n[00:16:50]\n[01:00]Three", "x"
    )
    assert (lyrics.title, lyrics.artist) == ("Falling", "Nobody")
    assert lyrics.lines == (
        LyricLine("One", 12.0, 15.3),
        LyricLine("Two", 15.3, 16.5),
        LyricLine("Three", 60.0, 60.0 + LONGEST_SHOWN),
    )


def test_a_line_that_is_sung_again_has_several_times_in_any_order() -> None:
    assert _lines("[00:50.00][00:10.00]Again\n[00:20.00]Once\n[00:22.00]\n[00:52.00]") == [
        ("Again", 10.0, 18.0),
        ("Once", 20.0, 22.0),
        ("Again", 50.0, 52.0),
    ]


def test_a_positive_offset_is_sooner() -> None:
    assert _lines("[offset:+500]\n[00:00.20]A\n[00:02.00]B\n[00:03]") == [("A", 0.0, 1.5), ("B", 1.5, 2.5)]
    assert _lines("[offset: -250]\n[00:01.00]A\n[00:02.000]") == [("A", 1.25, 2.25)]


def test_times_of_words_are_passed_over_and_the_last_one_ends_the_line() -> None:
    assert _lines("[00:10.00]<00:10.00>Fal<00:10.40>ling <00:11.00> down <00:12.25>\n[00:20.00]Next")[0] == (
        "Falling down",
        10.0,
        12.25,
    )
    assert _lines("[00:10.00]Sung [00:10.50]so")[0][0] == "Sung so"


def test_lines_of_one_time_are_shown_together() -> None:
    assert _lines("[00:01.00]Ich falle\n[00:01.00]I fall\n[00:03.00]") == [("Ich falle\nI fall", 1.0, 3.0)]


def test_subtitles_of_every_style() -> None:
    for ends in ("\n", "\r\n", "\r"):
        assert _lines("\ufeff" + _SRT.replace("\n", ends)) == [
            ("We fall for ever", 1.0, 2.5),
            ("two rows\nof words & more", 2.0, 4.25),
            ("<3 no number, and a blank\nline in it", 5.0, 6.0),
            ("1999", 3606.0, 3607.0),
        ]


def test_a_vtt_file_with_its_notes() -> None:
    text = (
        "WEBVTT\n\nSTYLE\n::cue { color: red }\n\nfirst\n00:01.000 --> 00:02.000 align:start\n"
        "<v Ann>♪ Hey <00:01.500><c.loud>you</c> ♪\n\nNOTE nothing\nto see\n\n"
        "00:00:03.000 --> 00:00:04.000\nBye\n"
    )
    assert _lines(text) == [("Hey you", 1.0, 2.0), ("Bye", 3.0, 4.0)]


def test_letters_are_composed_and_controls_go() -> None:
    assert _lines("[00:01.00]Cafe\u0301\u202e \x1b\x07now\u200b\t!\n[00:02]") == [("Café now !", 1.0, 2.0)]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[00:20.00]A\n[00:10.00]B\n[00:30.00]C", "line 2: begins at 0:10.00, before line 1"),
        ("[00:75.00]A", "line 1: 00:75 is no time"),
        ("[00:01.00]A\n[0x:12.00]B\n[1;12]C", r"line 3: '\[1;12\]C' begins with no time"),
        ("[offset:soon]\n[00:01.00]A", "no number of milliseconds"),
        (f"[00:01.00]{'a' * (LONGEST_TEXT + 1)}", "line 1: .* longer than"),
        ("[00:01.00]caf\ufffd", "line 1: has letters of another encoding"),
        ("00:00:03,000 --> 00:00:02,000\nA", "line 1: ends at 0:02.00, and begins at 0:03.00"),
        ("1\n00:00:03,000 --> 00:00:04,000\nA\n\n2\n00:00:01,000 --> 00:00:02,000\nB", "line 6: begins at"),
        ("La la la\nla la", "no words with a time"),
        ("", "no words with a time"),
        ("\n".join(["[00:99.00]x"] * 9), "and 4 more like these"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(text: str, told: str) -> None:
    with pytest.raises(SoundError, match=rf"^song\.lrc: .*{told}"):
        parse_lyrics(text, "song.lrc")


def test_lines_without_a_time_are_told() -> None:
    with pytest.warns(DreamzoomWarning, match="lines without a time are left out: 1, 3"):
        assert len(_lines("A song\n[00:01.00]A\nand so on")) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-be"])
def test_a_file_in_an_encoding_of_unicode(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "song.txt"
    path.write_bytes("[ti:Ночь]\r\n[00:01.00]Сквозь туман — ♥\r\n".encode(encoding))
    assert read_lyrics(path).lines[0].text == "Сквозь туман — ♥"


def test_a_guessed_encoding_is_told_and_a_named_one_is_not(tmp_path: Path) -> None:
    path = tmp_path / "song.lrc"
    path.write_bytes("[00:01.00]Zażółć gęślą jaźń".encode("cp1250"))
    assert read_lyrics(path, "cp1250").lines[0].text == "Zażółć gęślą jaźń"
    with pytest.raises(SoundError, match="is not in utf-8"):
        read_lyrics(path, "utf-8")
    path.write_bytes("[00:01.00]Où est passé l'été".encode("cp1252"))
    with pytest.warns(DreamzoomWarning, match="read as cp1252"):
        assert read_lyrics(path).lines[0].text == "Où est passé l'été"


def test_a_hostile_file_is_refused_or_read_at_once(tmp_path: Path) -> None:
    path = tmp_path / "song.lrc"
    path.write_bytes(b"[00:01.00]" * 1000 + b"\n" * 300_000)
    with pytest.raises(SoundError, match="which no song has"):
        read_lyrics(path)
    path.write_bytes(b"[00:01.00]a" + b" " * 300_000 + b"b")
    assert read_lyrics(path).lines[0].text == "a b"
    path.write_bytes(b"x" * (5 << 20))
    with pytest.raises(SoundError, match="larger than 4 MiB"):
        read_lyrics(path)
    with pytest.raises(SoundError, match="no such file"):
        read_lyrics(tmp_path / "none.lrc")
