"""What was heard, written and read back; files that are anything else."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dreamzoom.clip import music as store
from dreamzoom.clip.music import music_json, read_music
from dreamzoom.errors import ClipError
from dreamzoom.tracks.music import SIGNALS, STEPS, Music, Section

SILENCE = {name: [0, 0] for name in SIGNALS}
WHOLE = {"rate": 100, "beats": [0, 5000], "bars": [], "signals": SILENCE}

levels = st.integers(0, STEPS).map(lambda step: round(step / STEPS, 4))
times = st.lists(st.integers(0, 10**8), min_size=2, max_size=20, unique=True).map(
    lambda found: tuple(round(step / STEPS, 4) for step in sorted(found))
)


@st.composite
def pieces(draw: st.DrawFn) -> Music:
    size = draw(st.integers(0, 20))
    names = (*SIGNALS, *draw(st.lists(st.text(min_size=1, max_size=20), max_size=3)))
    signals = {name: tuple(draw(st.lists(levels, min_size=size, max_size=size))) for name in names}
    beats, bars = draw(st.just(()) | times), draw(st.just(()) | times)
    label = st.text(min_size=1, max_size=20)
    sections = tuple(Section(draw(label), start, end) for start, end in pairwise(draw(st.just(()) | times)))
    return Music(beats, bars, float(draw(st.integers(1, 1000))), signals, sections)


@given(pieces())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=50)
def test_what_was_written_is_read_back_exactly(tmp_path: Path, music: Music) -> None:
    path = tmp_path / "music.json"
    path.write_bytes(music_json(music))
    assert read_music(path) == music


def test_a_song_of_four_minutes_takes_well_under_a_megabyte() -> None:
    values = tuple((step * 7919 % 10001) / STEPS for step in range(24001))
    beats = tuple(beat / 2 for beat in range(480))
    music = Music(beats=beats, bars=beats[::4], rate=100.0, signals=dict.fromkeys(SIGNALS, values))
    assert len(music_json(music)) < 620_000


def refused(path: Path, data: bytes) -> str:
    """The words with which a file of `data` is refused."""
    path.write_bytes(data)
    with pytest.raises(ClipError) as caught:
        read_music(path)
    words = str(caught.value)
    assert words.startswith(f"{path}: ")
    assert "\n" not in words
    assert len(words) < len(str(path)) + 200
    return words


def test_the_whole_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "music.json").write_text(json.dumps(WHOLE))
    assert read_music(tmp_path / "music.json").beats == (0.0, 0.5)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x00\xff\xfe",
        b"music",
        json.dumps(WHOLE).encode()[:-5],
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b'{"rate": ' + b"9" * 100_000 + b"}",
        b'{"rate": NaN}',
        b'{"rate": -Infinity}',
        b'{"rate": 1e999}',
        b'{"rate": 100.0}',
    ],
    ids=[
        "empty",
        "bytes",
        "words",
        "torn",
        "deep",
        "deep tables",
        "huge",
        "nan",
        "inf",
        "overflow",
        "broken",
    ],
)
def test_what_is_no_json_of_whole_numbers_is_refused(tmp_path: Path, data: bytes) -> None:
    assert "damaged" in refused(tmp_path / "music.json", data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"rate": 0}, "rate"),
        ({"rate": True}, "rate"),
        ({"rate": "100"}, "rate"),
        ({"beats": [0]}, "beats are fewer"),
        ({"beats": [0, 5, 5]}, "beats do not ascend"),
        ({"beats": [5, 0]}, "beats do not ascend"),
        ({"beats": [-1, 0]}, "beats is no list"),
        ({"beats": [0, 10**12]}, "beats is no list"),
        ({"beats": None}, "beats is no list"),
        ({"bars": "12"}, "bars is no list"),
        ({"bars": [[0], [1]]}, "bars is no list"),
        ({"bars": [True, 2]}, "bars is no list"),
        ({"signals": []}, "signals is no table"),
        ({"signals": {}}, "signals lacks loudness"),
        ({"signals": SILENCE | {"x" * 9000: []}}, "'xxx"),
        ({"signals": SILENCE | {"bass": [0, STEPS + 1]}}, "bass is no list"),
        ({"signals": SILENCE | {"bass": [0, "1"]}}, "bass is no list"),
        ({"signals": SILENCE | {"bass": [0]}}, "one length"),
        ({"more": 1}, "unknown 'more'"),
        ({"sections": {}}, "sections are no list"),
        ({"sections": [["A", 0]]}, "sections are no list"),
        ({"sections": [["", 0, 5]]}, "label"),
        ({"sections": [[1, 0, 5]]}, "label"),
        ({"sections": [["A", 5, 5]]}, "do not follow"),
        ({"sections": [["A", 0, 5], ["B", 4, 9]]}, "do not follow"),
        ({"sections": [["A", 0, "5"]]}, "a section's times is no list"),
    ],
)
def test_a_wrong_value_is_refused_by_name(tmp_path: Path, change: dict[str, Any], words: str) -> None:
    assert words in refused(tmp_path / "music.json", json.dumps(WHOLE | change).encode())


@pytest.mark.parametrize("name", WHOLE)
def test_a_missing_part_is_named(tmp_path: Path, name: str) -> None:
    rest = {key: value for key, value in WHOLE.items() if key != name}
    assert f"lacks {name}" in refused(tmp_path / "music.json", json.dumps(rest).encode())


@pytest.mark.parametrize("document", [None, 1, "music", [], [WHOLE]])
def test_what_is_no_table_is_refused(tmp_path: Path, document: object) -> None:
    assert "no table" in refused(tmp_path / "music.json", json.dumps(document).encode())


def test_a_file_that_is_too_large_is_not_read_to_its_end(tmp_path: Path) -> None:
    path = tmp_path / "music.json"
    with path.open("wb") as file:
        file.truncate(1 << 40)  # a hole: takes no room on the disk
    with pytest.raises(ClipError, match="larger than 96 MiB, which no music file is; restore it"):
        read_music(path)
    assert store.LARGEST == 96 * 2**20


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "music.json", "there is no such file"), (tmp_path, "is a folder")):
        with pytest.raises(ClipError, match=f"{reason}.*; restore it from a copy"):
            read_music(path)
