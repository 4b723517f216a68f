"""Music as tracks see it: signals between their values, beats as numbers and as times."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamzoom.tracks.music import SIGNALS, Music, Section, keep_first, number_at, take_part, time_of

EVEN = (0.5, 1.0, 1.5, 2.0)
UNEVEN = (1.0, 2.0, 4.0, 5.0)

ascending = st.lists(st.integers(1, 2000), min_size=2, max_size=30).map(
    lambda gaps: tuple(sum(gaps[: end + 1]) / 1000 for end in range(len(gaps)))
)


def with_bass(*values: float) -> Music:
    """Music whose bass has these values, two a second."""
    return Music(beats=(), bars=(), rate=2.0, signals={**dict.fromkeys(SIGNALS, ()), "bass": values})


@pytest.mark.parametrize(
    ("seconds", "value"),
    [(0.0, 0.2), (0.25, 0.6), (0.5, 1.0), (0.75, 0.7), (1.0, 0.4), (1.25, 0.2), (1.5, 0.0), (99.0, 0.0)],
)
def test_a_signal_is_linear_between_its_values_and_0_after_them(seconds: float, value: float) -> None:
    assert with_bass(0.2, 1.0, 0.4).signal("bass", seconds) == pytest.approx(value)


def test_a_signal_before_the_start_is_its_first_value() -> None:
    assert with_bass(0.2, 1.0).signal("bass", -3.0) == 0.2


def test_a_signal_without_values_is_0() -> None:
    assert with_bass().signal("bass", 0.0) == 0


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0, 30))
def test_a_signal_stays_from_0_to_1(values: list[float], seconds: float) -> None:
    assert 0 <= with_bass(*values).signal("bass", seconds) <= 1


def test_signals_cannot_be_changed_from_outside() -> None:
    signals = dict.fromkeys(SIGNALS, (0.0,))
    music = Music(beats=(), bars=(), rate=100.0, signals=signals)
    signals["bass"] = (1.0,)
    assert music.signal("bass", 0.0) == 0
    with pytest.raises(TypeError):
        music.signals["bass"] = (1.0,)  # type: ignore[index]


def test_music_is_equal_and_hashed_by_value() -> None:
    first, second = with_bass(0.5), with_bass(0.5)
    assert first == second
    assert hash(first) == hash(second)
    assert first != with_bass(0.6)


@pytest.mark.parametrize(
    ("number", "seconds"),
    [("0", "1"), ("1", "2"), ("1/2", "3/2"), ("3/2", "3"), ("3", "5"), ("4", "6"), ("13/2", "17/2")],
)
def test_a_beats_time_lies_between_its_neighbours_and_goes_on_as_mostly_before(
    number: str, seconds: str
) -> None:
    assert time_of(Fraction(number), UNEVEN) == Fraction(seconds)


@pytest.mark.parametrize(
    ("seconds", "number"), [(1.0, 0.0), (0.0, -1.0), (-1.5, -2.5), (3.0, 1.5), (5.0, 3.0), (7.5, 5.5)]
)
def test_a_times_beat_counts_down_before_the_first(seconds: float, number: float) -> None:
    assert number_at(seconds, UNEVEN) == number


@given(st.integers(0, 400), st.integers(1, 7))
def test_steady_beats_are_a_straight_line(number: int, parts: int) -> None:
    assert time_of(Fraction(number, parts), EVEN) == Fraction(1, 2) + Fraction(number, parts) / 2


@given(ascending)
def test_every_beat_is_at_its_own_time(times: tuple[float, ...]) -> None:
    for index, time in enumerate(times):
        assert time_of(Fraction(index), times) == Fraction(time)
        assert number_at(time, times) == index


@given(st.fractions(0, 60, max_denominator=1000), ascending)
def test_number_at_is_the_inverse_of_time_of(number: Fraction, times: tuple[float, ...]) -> None:
    assert number_at(float(time_of(number, times)), times) == pytest.approx(float(number), abs=1e-8)


@given(st.floats(0, 100), st.floats(0, 100), ascending)
def test_later_is_never_an_earlier_beat(first: float, second: float, times: tuple[float, ...]) -> None:
    early, late = sorted((first, second))
    assert number_at(early, times) <= number_at(late, times) + 1e-9


SONG = Music(
    beats=(0.5, 1.0, 1.5, 2.0, 2.5),
    bars=(0.5, 2.5),
    rate=4.0,
    signals=dict.fromkeys(SIGNALS, (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)),
    sections=(Section("A", 0.0, 1.0), Section("B", 1.0, 2.0), Section("A", 2.0, 2.75)),
)


def test_a_part_counts_from_its_first_beat() -> None:
    part = take_part(SONG, 1.0)
    assert part.beats == (0.0, 0.5, 1.0, 1.5)
    assert part.bars == ()  # one is left, which has no length
    assert part.sections == (Section("B", 0.0, 1.0), Section("A", 1.0, 1.75))
    assert part.signals["bass"] == (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


def test_a_part_may_begin_between_values_and_within_a_section() -> None:
    part = take_part(SONG, 0.3125)
    assert part.beats == (0.1875, 0.6875, 1.1875, 1.6875, 2.1875)
    assert part.sections[0] == Section("A", 0.0, 0.6875)
    for seconds in (0.0, 0.25, 0.6, 1.9):
        assert part.signal("bass", seconds) == pytest.approx(SONG.signal("bass", seconds + 0.3125), abs=1e-4)


def test_a_part_after_a_silence_is_later() -> None:
    part = take_part(SONG, 1.0, 0.5)
    assert part.beats == (0.5, 1.0, 1.5, 2.0)
    assert part.signals["bass"][:4] == (0.0, 0.0, 0.4, 0.5)
    assert part.sections[0] == Section("B", 0.5, 1.5)


@given(st.integers(0, 25_000), st.integers(0, 25_000))
def test_a_part_sounds_as_the_song_does_there(start: int, delay: int) -> None:
    part = take_part(SONG, start / 10_000, delay / 10_000)
    assert len({len(values) for values in part.signals.values()}) == 1
    assert all(0 <= value <= 1 for value in part.signals["bass"])
    assert part.beats == tuple(sorted(part.beats))
    for place in range(12):
        moment = place / 4  # where the part has a value
        there = moment + (start - delay) / 10_000
        truth = SONG.signal("bass", there) if moment >= delay / 10_000 and there <= 2.5 else None
        if truth is not None:
            assert part.signal("bass", moment) == pytest.approx(truth, abs=2e-4)


def test_the_whole_song_is_itself() -> None:
    assert take_part(SONG, 0.0) is SONG


@pytest.mark.parametrize("seconds", [0.4, 1.0, 1.26])
def test_what_is_kept_of_a_song_is_as_it_was(seconds: float) -> None:
    kept = keep_first(SONG, seconds)
    assert len(kept.signals["bass"]) < len(SONG.signals["bass"])
    moments = [seconds * step / 20 for step in range(21)]
    for name in SONG.signals:
        assert [kept.signal(name, at) for at in moments] == [SONG.signal(name, at) for at in moments]
    for mine, theirs in ((kept.beats, SONG.beats), (kept.bars, SONG.bars)):
        assert [number_at(at, mine) for at in moments if at >= theirs[0]] == [
            number_at(at, theirs) for at in moments if at >= theirs[0]
        ]
    assert kept.sections == tuple(section for section in SONG.sections if section.start <= seconds)
    assert keep_first(SONG, 100.0) is SONG
