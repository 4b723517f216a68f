"""Beat maps: written and read back, as people and other programs write them, and wrong ones."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamzoom.audio.beatmap import LARGEST, BeatMap, map_beside, parse_map, read_map, write_map
from dreamzoom.audio.correct import apply_map, beats_in_bars, shift_bars
from dreamzoom.errors import DreamzoomWarning, SoundError
from dreamzoom.tracks.music import SIGNALS, STEPS, Music, Section

SILENCE = dict.fromkeys(SIGNALS, (0.0, 0.0))
LENGTH = 60.0
BEATS = tuple(0.5 * beat for beat in range(1, 101))


def music(beats: tuple[float, ...] = (), bars: tuple[float, ...] = (), *sections: Section) -> Music:
    return Music(beats, bars, 100.0, SILENCE, sections)


def read(text: str | bytes, length: float = LENGTH) -> BeatMap:
    return parse_map(text if isinstance(text, bytes) else text.encode(), "song.beats.txt", length)


def refused(text: str | bytes, length: float = LENGTH) -> str:
    with pytest.raises(SoundError) as caught:
        read(text, length)
    words = str(caught.value)
    assert words.startswith("song.beats.txt: ")
    assert "\n" not in words
    assert len(words) < 300
    return words.removeprefix("song.beats.txt: ")


names = st.sampled_from(
    ["A", "B2", "2nd B", "verse one", "Überleitung", "サビ", "x y", "drop <b>", "A" * 100]
)


@st.composite
def pieces(draw: st.DrawFn) -> Music:
    steps = sorted(draw(st.sets(st.integers(0, 60 * STEPS), min_size=2, max_size=30)))
    beats = tuple(step / STEPS for step in steps)
    first, apart = draw(st.integers(0, len(beats) - 1)), draw(st.integers(1, 7))
    bars = beats[first::apart] if len(beats[first::apart]) > 1 else ()
    edges = sorted(draw(st.sets(st.integers(0, 60 * STEPS), min_size=2, max_size=8)))
    stretches = [(start / STEPS, end / STEPS) for start, end in pairwise(edges) if draw(st.booleans())]
    sections = tuple(Section(draw(names), start, end) for start, end in stretches)
    return music(beats, bars, *sections)


@given(pieces())
def test_what_was_heard_is_read_back_to_the_tenth_of_a_millisecond(heard):
    found = read(write_map(heard, LENGTH))
    assert found == BeatMap(heard.beats, heard.bars, heard.sections, LENGTH)
    assert apply_map(music(), found).beats == heard.beats


def test_the_file_is_one_that_audacity_reads():
    heard = music(BEATS[:6], BEATS[1:6:4], Section("A", 0.0, 1.5), Section("B", 2.0, LENGTH))
    assert write_map(heard, LENGTH).decode().splitlines() == [
        "0.0000\t1.5000\tA",
        "0.5000\t0.5000\t0.4",
        "1.0000\t1.0000\t1.1",
        "1.5000\t1.5000\t1.2",
        "2.0000\t2.0000\tB",
        "2.0000\t2.0000\t1.3",
        "2.5000\t2.5000\t1.4",
        "3.0000\t3.0000\t2.1",
        "60.0000\t60.0000\tend of song",
    ]


AS_WRITTEN = {
    "time and place": "1.0\t1.1\n1.5\t1.2\n2.0\t2.1\n2.5\t2.2\n",
    "Audacity": "1.000\t1.000\t1.1\n1.500\t1.500\t1.2\n2.000\t2.000\t2.1\n2.500\t2.500\t2.2\n",
    "Audacity with frequencies": "1.0\t1.1\n\\\t80.0\t9000.0\n1.5\t1.5\t1.2\n2.0\t2.1\n2.5\t2.5\t2.2\n",
    "decimal commas": "1,0\t1,0\t1.1\n1,5\t1,5\t1.2\n2,0\t2,0\t2.1\n2,5\t2,5\t2.2\n",
    "Windows": "1.0\t1.1\r\n1.5\t1.2\r\n2.0\t2.1\r\n2.5\t2.2\r\n",
    "old Macs": "1.0\t1.1\r1.5\t1.2\r2.0\t2.1\r2.5\t2.2",
    "blanks": "1.0 1.1\n1.5 1.2\n2.0   2.1\n\n\n2.5 2.2",
    "CSV with a heading": "TIME,LABEL\n1.0,1.1\n1.5,1.2\n2.0,2.1\n2.5,2.2\n",
    "CSV with quotes": '"1.0","1.1"\n"1.5","1.2"\n"2.0","2.1"\n"2.5","2.2"\n',
    "CSV of a spreadsheet": "time;label\n1,0;1.1\n1,5;1.2\n2,0;2.1\n2,5;2.2\n",
    "madmom": "1.0\t1\n1.5\t2\n2.0\t1\n2.5\t2\n",
    "madmom with blanks": "1.000 1.0\n".replace("1.0\n", "1\n") + "1.500 2\n2.000 1\n2.500 2\n",
    "three columns of numbers": "1.0 1.0 1\n1.5 1.5 2\n2.0 2.0 1\n2.5 2.5 2\n",
    "comments": "# beats of a song\n1.0\t1.1\n; more\n1.5\t1.2\n2.0\t2.1\n2.5\t2.2\n",
    "minutes": "0:01.0\t1:1\n0:01.5\t1:2\n0:02.0\t2:1\n0:00:02.5\t2:2\n",
    "words": "1.0\tbar\n1.5\tbeat\n2.0\tDownbeat\n2.5\t\n",
}


@pytest.mark.parametrize("text", AS_WRITTEN.values(), ids=AS_WRITTEN)
def test_beats_and_bars_are_read_however_they_are_written(text):
    assert read(text, 3.0) == BeatMap((1.0, 1.5, 2.0, 2.5), (1.0, 2.0))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
def test_the_encodings_of_windows_are_read(encoding):
    found = read("1.0\t1.1\r\n2.7\t2.1\r\n3.0\tÜberleitung\r\n".encode(encoding), 3.5)
    assert found.beats == (1.0, 2.7)
    assert found.sections == (Section("Überleitung", 3.0, 3.5),)


TAPS = {
    "one time a line": "1.0\n1.5\n2.0\n",
    "decimal commas": "1,0\n1,5\n2,0\n",
    "Audacity, without labels": "1.000000\t1.000000\t\n1.500000\t1.500000\t\n2.000000\t2.000000\t\n",
    "two columns": "1.25\t1.25\n1.5\t1.5\n2.0\t2.0\n".replace("1.25", "1.0"),
    "Sonic Visualiser, tapped": "1.000000000\tNew Point\n1.500000000\tNew Point\n2.000000000\tNew Point\n",
    "Sonic Visualiser, tempo": "1.000000000\t120.2 bpm\n1.500000000\t118 bpm\n2.000000000\t\n",
    "counted": "1.0\t1\n1.5\t2\n2.0\t3\n",
}


@pytest.mark.parametrize("text", TAPS.values(), ids=TAPS)
def test_taps_are_beats_without_bars(text):
    assert read(text, 2.5) == BeatMap((1.0, 1.5, 2.0))


def test_sections_last_until_the_next_one_or_as_long_as_they_say():
    text = "0\t0\tintro\n10\t20.5\tverse one\n30\t30\tA2\n"
    expected = (Section("intro", 0, 10), Section("verse one", 10, 20.5), Section("A2", 30, LENGTH))
    assert read(text).sections == expected


def test_a_section_that_reaches_into_the_next_ends_there():
    assert read("0\t20\tA\n10\t70\tB\n").sections == (Section("A", 0, 10), Section("B", 10, LENGTH))


def test_regions_of_sonic_visualiser_tell_how_long_they_are():
    assert read("5.0\t1\t10.0\tchorus\n20.0\t2\t4.0\tverse\n").sections == (
        Section("chorus", 5, 15),
        Section("verse", 20, 24),
    )


def test_a_beat_may_begin_a_section_in_one_line():
    found = read("1.0\t1.1 intro\n1.5\t1.2\n2.0\t2.1 the drop\n", 2.5)
    assert found.beats == (1.0, 1.5, 2.0)
    assert [section.label for section in found.sections] == ["intro", "the drop"]


def test_beats_and_sections_may_stand_one_after_the_other():
    found = read("1\t1.1\n2\t2.1\n3\t3.1\n1\tintro\n2\tverse\n", 4.0)
    assert found.beats == (1.0, 2.0, 3.0)
    assert found.sections == (Section("intro", 1, 2), Section("verse", 2, 4.0))


def test_a_tenth_beat_that_a_spreadsheet_made_a_first_begins_no_bar():
    places = [f"{bar}.{beat:g}".replace(".10", ".1") for bar in (1, 2) for beat in range(1, 11)]
    text = "".join(f"{index}.5\t{place}\n" for index, place in enumerate(places))
    assert read(text, 20.0).bars == (0.5, 10.5)


WRONG = {
    "1.0\t1.1\n3.0\t1.2\n2.0\t2.1\n": "line 3: its beat, at 2 s, is earlier than the one before it",
    "1.0\n1.0\n2.0\n": "line 2: its beat, at 1 s, is at the same time as the one before it",
    "5\tA\n3\tB\n": "line 2: 'B' begins at 3 s, not after the section before it",
    "# taps\n\n-0.5\n1.0\n": "line 3: -0.5 s is before the song's start",
    "1.0\t1.1\n60.2\t2.1\n": "line 2: 60.2 s is beyond the song, which ends at 60 s: is it another song's?",
    "1e999\tA\n": "line 1: inf s is beyond the song, which ends at 60 s: is it another song's?",
    "1.0\t1.1\n": "line 1: is the only beat; a map has at least two, or none at all",
    "1.0\t1.1\n2.0\t7.1.2\n": "line 2: '7.1.2' is no bar.beat such as 7.1, and no section's name",
    "1.0\t1.1\n2.0\t-\n": "line 2: '-' is no bar.beat such as 7.1, and no section's name",
    "1.0\t1.1\n2.0\t1.0\n": "line 2: '1.0': a bar's beats count from 1",
    "1.0\t1.1\nverse\t2.0\n": "line 2: begins with 'verse', which is no time in seconds",
    "nan\t1.1\n": "line 1: begins with 'nan', which is no time in seconds",
    "٣\t1.1\n": "line 1: begins with '٣', which is no time in seconds",
    f"1.0\t{'a' * 101}\n": "line 1: 'aaaaa",
    "": "tells of no beat and no section; a line is a time, a tab and 7.1 or a name",
    "# nothing\n\n": "tells of no beat",
    "60.0\t60.0\tend of song\n": "tells of no beat",
}


@pytest.mark.parametrize(("text", "words"), WRONG.items(), ids=map(repr, WRONG))
def test_what_is_wrong_is_told_with_its_line(text, words):
    assert refused(text).startswith(words)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_map_or_refused(data):
    try:
        found = parse_map(data, "song.beats.txt", 10.0)
    except SoundError:
        return
    assert all(before < after for before, after in pairwise(found.beats))
    assert set(found.bars) <= set(found.beats)


def test_a_line_of_nothing_but_digits_takes_no_time():
    assert refused("1" * 300_000 + "x\n").endswith("which is no time in seconds")


def test_a_file_that_no_map_is_large_enough_for_is_refused(tmp_path):
    path = tmp_path / "song.beats.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(SoundError, match="larger than 8 MiB, which no beat map is"):
        read_map(path, LENGTH)
    with pytest.raises(SoundError, match="no such file"):
        read_map(tmp_path / "other", LENGTH)


def test_a_map_of_another_song_is_told(tmp_path):
    path, taps = tmp_path / "song.beats.txt", tmp_path / "taps.txt"
    path.write_bytes(write_map(music(BEATS, BEATS[::4]), LENGTH))
    taps.write_text("1\n2\n3\n")
    with pytest.warns(DreamzoomWarning, match=r"of a song of 60\.0 s, and this one lasts 75\.0 s"):
        read_map(path, 75.0)
    with pytest.warns(DreamzoomWarning, match=r"last beat at 3\.0 s of 60\.0 s: is it another song's"):
        read_map(taps, LENGTH)
    assert "is it another song's?" in refused(path.read_bytes(), 40.0)


def test_another_decoders_tail_is_no_other_song(tmp_path, recwarn):
    path = tmp_path / "song.beats.txt"
    path.write_bytes(write_map(music(BEATS, BEATS[::4]), LENGTH))
    for length in (LENGTH - 0.08, LENGTH + 0.08):
        assert read_map(path, length)[0].beats == BEATS
    assert not recwarn.list


@pytest.mark.parametrize(
    ("song", "name"),
    [
        ("song.mp3", "song.beats.txt"),
        ("song", "song.beats.txt"),
        ("my.song.v2.flac", "my.song.v2.beats.txt"),
        ("St. Anger", "St. Anger.beats.txt"),
    ],
)
def test_a_map_lies_beside_its_song(song, name):
    assert map_beside(Path("music") / song) == Path("music") / name


HEARD = music(BEATS, BEATS[2::4], Section("A", 0.0, 30.0), Section("B", 30.0, LENGTH))


def test_a_map_of_sections_leaves_the_beats_as_they_were_heard():
    sections = (Section("verse", 1.0, LENGTH),)
    assert apply_map(HEARD, BeatMap(sections=sections)) == replace(HEARD, sections=sections)


def test_a_map_of_beats_leaves_the_sections_as_they_were_heard():
    beats = BEATS[1:41]
    found = apply_map(HEARD, BeatMap(beats, beats[::3]))
    assert (found.beats, found.bars, found.sections) == (beats, beats[::3], HEARD.sections)


def test_taps_get_their_bars_where_they_were_heard():
    taps = tuple(beat + 0.03 for beat in BEATS[1:])
    found = apply_map(HEARD, BeatMap(taps))
    assert found.bars == taps[1::4]  # HEARD has them on its third beat, which is the taps' second


def test_taps_of_which_one_is_a_bar_count_from_there():
    assert apply_map(HEARD, BeatMap(BEATS, BEATS[7:8])).bars == BEATS[3::4]


def test_taps_for_a_song_without_beats_begin_with_a_bar():
    assert apply_map(music(), BeatMap(BEATS)).bars == BEATS[::4]
    assert apply_map(music(), BeatMap(BEATS[:3])).bars == ()


@pytest.mark.parametrize("shift", range(-9, 10))
def test_bars_move_by_beats_and_are_as_many_as_there_can_be(shift):
    assert shift_bars(HEARD, shift).bars == BEATS[(2 + shift) % 4 :: 4]
    assert shift_bars(HEARD, shift).beats == BEATS


def test_bars_of_changing_length_move_together():
    bars = tuple(BEATS[place] for place in (0, 4, 8, 11, 14))
    assert shift_bars(music(BEATS[:17], bars), 1).bars == tuple(BEATS[place] for place in (1, 5, 9, 12, 15))


def test_a_shift_without_bars_is_told():
    with pytest.warns(DreamzoomWarning, match="music.shift is not used"):
        assert shift_bars(music(BEATS), 1) == music(BEATS)


def test_most_bars_tell_the_metre():
    assert beats_in_bars(HEARD) == 4
    assert beats_in_bars(music(BEATS, BEATS[::3])) == 3
    assert beats_in_bars(music(BEATS)) == 0
