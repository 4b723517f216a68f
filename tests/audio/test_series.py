"""Numbers from files as signals: CSV and JSON as programs write them, and what is wrong with others."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.audio.series import read_series
from dreamzoom.audio.sources import series_signals, stem_signals
from dreamzoom.errors import DreamzoomWarning, RecipeError, SoundError
from dreamzoom.tracks.signals import Signal

RAMP = {
    "a header": "time,value\n0,0\n1,0.5\n2,1\n",
    "none": "0,0\n1,0.5\n2,1\n",
    "semicolons and decimal commas": "Zeit;Wert\n0;0\n1,0;0,5\n2,0;1,0\n",
    "tabs": "t\tvalue\n0\t0\n1\t0.5\n2\t1\n",
    "blanks": "0 0\n1 0.5\n2 1\n",
    "milliseconds": "ms,value\n0,0\n1000,0.5\n2000,1\n",
    "frames": "Frame,Value\n0,0\n20,0.5\n40,1\n",
    "clock times": "time,value\n0:00,0\n0:01,0.5\n0:02.0,1\n",
    "empty columns after it": "time,value,,\n0,0,,\n1,0.5,,\n2,1,,\n",
    "remarks, a mark of its own and gaps": "\ufeff# by hand\ntime,value\n0,0\n\n1,\n2,1\n",
    "quotes": '"time","value"\r\n"0","0"\r\n"2","1"\r\n',
    "JSON pairs": "[[0, 0], [1, 0.5], [2, 1]]",
    "a JSON table": '{"time": [0, 1, 2], "value": [0, null, 1]}',
    "a JSON rate": '{"rate": 0.5, "value": [0, 1]}',
    "JSON rows": '[{"time": 0, "value": 0}, {"time": 2, "value": 1}]',
}


@pytest.mark.parametrize("name", RAMP)
def test_a_ramp_is_a_ramp_however_it_is_written(tmp_path: Path, name: str) -> None:
    path = tmp_path / "ramp.csv"
    path.write_text(RAMP[name], encoding="utf-8")
    series = read_series(path, fps=20)
    (column,) = series.columns
    assert series.signal(column, 301) == pytest.approx(np.minimum(np.arange(301) / 200, 1))


def test_what_leaves_0_to_1_is_stretched_and_what_stays_is_not(tmp_path: Path) -> None:
    path = tmp_path / "both.csv"
    path.write_text("time,Heart rate (bpm),calm\n0,60,0.2\n1,180,0.4\n2,120,0.3\n")
    series = read_series(path, fps=30)
    assert series.signal("heart_rate_bpm", 201)[[0, 100, 200]] == pytest.approx([0, 1, 0.5])
    assert series.signal("calm", 201)[[0, 100, 200]] == pytest.approx([0.2, 0.4, 0.3])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("time,value\n", "has no numbers"),
        ("time,value\na,b\n", "line 2: 'a' is no number"),
        ("just some words\nand more words here\n", "line 2"),
        ("0\n1\n2\n", "has one column"),
        ("0,1\n2,nan\n", "line 2: 'nan' is no finite number"),
        ("0,1\n0,2\n", "times do not ascend: value 2 is at 0 s, after one at 0 s"),
        ("0,1\n2,1\n1,2\n", "times do not ascend: value 3 is at 1 s, after one at 2 s"),
        ("0,1\n1,2,3\n", "line 2: has 3 cells, and the first line has 2"),
        ("time,value\n0,\n1,\n", "'value' has no numbers"),
        ("[1, 2]", "must be a list of [time, value]"),
        ("[]", "must be a list of [time, value]"),
        ("{}", "must have lists of numbers"),
        ('{"value": [1, 2]}', 'has no "time" and no "rate"'),
        ('{"time": [0, 1], "value": [1]}', "all of one length"),
        ('{"rate": 0, "value": [1]}', "rate is 0: must be above 0"),
        ('{"time": [0, 1], "value": [1, "x"]}', "'value' holds 'x', which is no finite number"),
        ('{"time": [0, 1], "value": [1, NaN]}', "is no JSON that is read"),
        ("[[0, 1]", "is no JSON that is read"),
        ("[" * 100_000, "is no JSON that is read"),
        ("ab\0\0cd", "is neither CSV nor JSON"),
    ],
)
def test_what_is_no_series_is_told_in_words(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "bad.csv"
    path.write_text(text)
    with pytest.raises(SoundError) as caught:
        read_series(path, fps=30)
    assert words in str(caught.value)
    assert str(caught.value).startswith(f"{path}: ")
    assert "\n" not in str(caught.value)


def test_a_series_is_a_signal_by_its_name_and_follows_slowly_where_asked(tmp_path: Path) -> None:
    path = tmp_path / "step.csv"
    path.write_text("time,level\n0,1\n0.99,1\n1,0\n9,0\n")
    plain, slow = Signal("x", "value", release=0), Signal("x", "level", release=1000)
    with pytest.warns(DreamzoomWarning, match=r"goes on to 9.00 s, and the song ends at 4.00 s"):
        found = series_signals(path, [plain, slow], 4.0, 30.0)
    assert found[plain.name][50:150:99] == (1, 0)
    assert found[slow.name][199] == pytest.approx(np.exp(-1), abs=0.02)
    assert len(found[plain.name]) == 401


def test_a_column_that_is_not_there_is_answered_with_the_nearest(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"time": [0, 1], "energy": [0, 1]}))
    with pytest.raises(RecipeError, match=r"has no 'enrgy', which x.enrgy asks for; did you mean 'energy'\?"):
        series_signals(path, [Signal("x", "enrgy", release=0)], 4.0, 30.0)


def test_a_series_that_begins_after_the_song_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "late.csv"
    path.write_text("10,0\n11,1\n")
    with pytest.raises(RecipeError, match=r"begins at 10.00 s, and the song ends at 4.00 s"):
        series_signals(path, [Signal("x", "value", release=0)], 4.0, 30.0)


def test_times_are_found_by_name_and_words_are_left_out(tmp_path: Path) -> None:
    table = tmp_path / "remarks.csv"
    table.write_text("value,remark,Time (ms)\n0.5,soft,0\n1,,2000\n")
    document = tmp_path / "remarks.json"
    document.write_text('{"title": "x", "value": [0.5, 1], "time": [0, 2], "remark": ["soft", ""]}')
    for path in (table, document):
        series = read_series(path, fps=30)
        assert list(series.columns) == ["value"]
        assert series.signal("value", 201)[[0, 100, 200]] == pytest.approx([0.5, 0.75, 1])


def test_a_column_that_may_not_be_times_is_told_of(tmp_path: Path) -> None:
    path = tmp_path / "steps.csv"
    path.write_text("step,value\n0,0\n1,1\n")
    with pytest.warns(DreamzoomWarning, match="'step', the first one, is taken as seconds"):
        read_series(path, fps=30)


@pytest.mark.parametrize("name", ["keys.mid", "heart.csv"])
def test_a_series_among_the_stems_is_told_its_place(tmp_path: Path, name: str) -> None:
    with pytest.raises(RecipeError, match=r"is no sound: name it in music\.series"):
        stem_signals(tmp_path / name, [Signal("x", "onset")], 4.0)
