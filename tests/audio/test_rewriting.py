"""A beat map with other beats: what a person wrote beside them stays."""

from __future__ import annotations

import pytest

from dreamzoom.audio.beatmap import parse_map
from dreamzoom.audio.rewriting import with_beats
from dreamzoom.errors import SoundError

MINE = b"""# heard by ear
0.5000\t0.5000\t1.1
1.0000\t1.0000\t1.2\x20
# here it gets loud
1.5000\t1.5000\t1.3
2.0000\t2.0000\tchorus
2.0000\t2.0000\t1.4
2.5\t2.5\t2.1
10.0000\t10.0000\tend of song
"""
BEATS = (0.5, 1.0, 1.5, 2.0, 2.5)


def test_a_moved_beat_changes_its_line_alone():
    changed = with_beats(MINE, "a map", (0.5, 1.0, 1.62, 2.0, 2.5), (0.5, 2.5), 10)
    before, after = MINE.splitlines(), changed.splitlines()
    assert [(old, new) for old, new in zip(before, after, strict=True) if old != new] == [
        (b"1.5000\t1.5000\t1.3", b"1.6200\t1.6200\t1.3")
    ]


def test_other_bars_are_counted_anew_and_comments_stay():
    changed = with_beats(MINE, "a map", BEATS, (1.0,), 10)
    assert parse_map(changed, "a map", 10).bars == (1.0,)
    assert changed.splitlines()[0] == b"# heard by ear"
    assert changed.splitlines()[3] == b"# here it gets loud"
    assert b"chorus" in changed


@pytest.mark.parametrize(
    "data",
    [
        b"; taps of mine\r\n0.5\r\n1.0\r\n1.5\r\n2.0\r\n2.5",
        b"time,label\n0.5,1\n1.0,2\n1.5,1\n2.0,2\n2.5,1\n",
        "﻿# für mich\n0.5 bar\n1,0 beat\n1.5 bar\n2.0 beat\n2.5 beat\n".encode(),
        "0.5\tStraße\n1.0\t1.1 größer\n1.5\t1.2\n2.0\t1.3\n2.5\t1.4\n".encode("utf-16"),
        b"0.5000\t0.5000\t1.1\r1.0000\t1.0000\t1.2\r5.0\t7.0\tsolo\r",
    ],
)
@pytest.mark.parametrize(
    ("beats", "bars"),
    [
        ((0.5, 1.04, 1.5, 2.0, 2.5), (0.5, 1.5)),
        ((0.5, 0.75, 1.0, 1.25, 1.5), (0.75,)),
        ((1.0, 2.0), ()),
        ((0.25, 9.5), (0.25, 9.5)),
    ],
)
def test_maps_of_other_programs_are_read_back_as_they_were_changed(data, beats, bars):
    changed = with_beats(data, "a map", beats, bars, 10)
    read, before = parse_map(changed, "a map", 10), parse_map(data, "a map", 10)
    assert (read.beats, read.bars) == (beats, bars)
    assert read.sections == before.sections


def test_a_map_that_is_wrong_is_not_changed():
    with pytest.raises(SoundError, match="line 2"):
        with_beats(b"0.5\nnonsense of mine\n", "a map", BEATS, (), 10)


def test_beats_are_put_among_thousands_of_a_long_song():
    beats = tuple(number / 2 for number in range(1, 5001))
    before = "# mine\n" + "".join(f"{beat:.4f}\t{beat:.4f}\t\n" for beat in beats[1::2])
    changed = with_beats(before.encode(), "a map", beats, (), 2600).decode()
    assert changed == "# mine\n" + "".join(f"{beat:.4f}\t{beat:.4f}\t\n" for beat in beats)


def test_the_first_beats_of_a_map_stand_before_the_end_of_the_song():
    changed = with_beats(b"# of parts\n1.0\t1.0\tverse\n10.0\t10.0\tend of song", "a map", (2.0, 3.0), (), 10)
    assert [line.split(b"\t")[0] for line in changed.splitlines()] == [
        b"# of parts",
        b"1.0",
        b"2.0000",
        b"3.0000",
        b"10.0",
    ]
