"""A beat map with other sections: what a person wrote beside them stays."""

from __future__ import annotations

import pytest

from dreamzoom.audio.beatmap import parse_map
from dreamzoom.audio.resectioning import section_name, with_sections
from dreamzoom.errors import RequestError
from dreamzoom.tracks.music import Section

MINE = b"""# heard by ear
0.0000\t0.0000\tintro
0.5000\t0.5000\t1.1
1.0000\t1.0000\t1.2\x20
# here it gets loud
2.0000\t2.0000\tchorus
2.0000\t2.0000\t1.3
2.5\t2.5\t2.1
4.0000\t6.0000\tsolo
10.0000\t10.0000\tend of song
"""
SECTIONS = (Section("intro", 0, 2), Section("chorus", 2, 4), Section("solo", 4, 6))


def changes(data: bytes, sections: tuple[Section, ...]) -> list[bytes]:
    """The lines that are others, "-" before those that are gone, "+" before new ones."""
    before, after = data.splitlines(), with_sections(data, "a map", sections, 10).splitlines()
    gone = [b"-" + line for line in before if line not in after]
    return gone + [b"+" + line for line in after if line not in before]


def test_sections_as_they_are_change_nothing():
    assert with_sections(MINE, "a map", SECTIONS, 10) == MINE


def test_a_moved_edge_changes_its_line_alone_and_stands_by_its_time():
    moved = (Section("intro", 0, 2.4), Section("chorus", 2.4, 4), SECTIONS[2])
    changed = with_sections(MINE, "a map", moved, 10).splitlines()
    assert changes(MINE, moved) == [b"-2.0000\t2.0000\tchorus", b"+2.4000\t2.4000\tchorus"]
    place = changed.index(b"2.4000\t2.4000\tchorus")
    assert changed[place - 1 : place + 2 : 2] == [b"2.0000\t2.0000\t1.3", b"2.5\t2.5\t2.1"]


def test_an_end_of_its_own_moves_with_its_section():
    ended = (*SECTIONS[:2], Section("solo", 4, 7.5))
    assert changes(MINE, ended) == [b"-4.0000\t6.0000\tsolo", b"+4.0000\t7.5000\tsolo"]


def test_names_splits_and_what_is_gone_change_a_line_each():
    named = (SECTIONS[0], Section("drop", 2, 4), SECTIONS[2])
    assert changes(MINE, named) == [b"-2.0000\t2.0000\tchorus", b"+2.0000\t2.0000\tdrop"]
    split = (Section("intro", 0, 1), Section("verse", 1, 2), *SECTIONS[1:])
    assert changes(MINE, split) == [b"+1.0000\t1.0000\tverse"]
    assert changes(MINE, (Section("intro", 0, 4), SECTIONS[2])) == [b"-2.0000\t2.0000\tchorus"]


@pytest.mark.parametrize(
    "data",
    [
        b"; mine\r\n0,5;1.1 intro\r\n1;1.2\r\n5.0;2.1 loud\r\n6;2.2",
        "\ufeff# f\u00fcr mich\n0.5 intro\n1,0 beat\n5.0 laut\n6.0 beat\n".encode(),
        "0.5\tStra\u00dfe\n1.0\t1.1 gr\u00f6\u00dfer\n1.5\t1.2\n5.0\tStra\u00dfe\n".encode("utf-16"),
        b"0.5000\t0.5000\t1.1\r1.0000\t1.0000\t1.2\r3.0\t5.0\tsolo\r5.0\t9.0\tend\r",
        b"0.5\n1.0\n1.5\n",
    ],
)
@pytest.mark.parametrize(
    "sections",
    [
        (Section("a b", 0.25, 10),),
        (Section("intro", 0.5, 4.75), Section("loud", 4.75, 10)),
        (Section("x1", 1, 2), Section("y", 5, 6), Section("z", 6, 10)),
    ],
)
def test_maps_of_other_programs_are_read_back_as_they_were_changed(data, sections):
    changed = with_sections(data, "a map", sections, 10)
    read, before = parse_map(changed, "a map", 10), parse_map(data, "a map", 10)
    assert read.sections == sections
    assert (read.beats, read.bars) == (before.beats, before.bars)


@pytest.mark.parametrize(
    "name", ["", "7.1", "beat", "3.2 chorus", "120 bpm", "End of song", "x" * 101, '"A"']
)
def test_a_name_that_reads_as_something_else_is_refused(name):
    with pytest.raises(RequestError):
        section_name(name)


def test_a_name_is_one_line_of_words():
    assert section_name("  the\n big\tdrop ") == "the big drop"
