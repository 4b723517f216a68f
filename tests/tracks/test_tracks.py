"""Constants, keyframes, and the check of a whole track. Expressions have a file of their own."""

from __future__ import annotations

import math
import pickle
from fractions import Fraction
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.interpolate import PchipInterpolator

from dreamzoom.errors import RecipeError
from dreamzoom.tracks.base import Clock, Kind
from dreamzoom.tracks.constant import Constant
from dreamzoom.tracks.expression import Expression
from dreamzoom.tracks.keyframes import Keyframes
from dreamzoom.tracks.parse import check_range, parse_track, track_values
from support.counting import counted_calls

CLOCK = Clock(Fraction(30), 300)
NTSC = Clock(Fraction(30000, 1001), 300)

finite = st.floats(-1e6, 1e6)
NEVER_OVERSHOOTING = ("linear", "step", "smooth", "cubic", "ease-in", "ease-out", "ease-in-out")


def refusal(value: object, kind: Kind) -> str:
    with pytest.raises(RecipeError) as caught:
        parse_track(value, kind).at(0, CLOCK)
    message = str(caught.value)
    assert "\n" not in message
    assert len(message) < 200
    return message


# The clock


def test_frame_zero_is_at_second_zero_and_frame_fps_at_second_one() -> None:
    assert CLOCK.seconds(0) == 0
    assert CLOCK.seconds(30) == 1


def test_seconds_of_ntsc_frames_are_exact() -> None:
    assert NTSC.seconds(30000) == 1001


# Constants


@pytest.mark.parametrize(
    ("value", "kind", "expected"),
    [
        (1.05, Kind.FACTOR, 1.05),
        (10, Kind.LEVEL, 10.0),
        ("1.05", Kind.FACTOR, 1.05),
        (" 1.05/frame ", Kind.FACTOR, 1.05),
        ("4.3/s", Kind.FACTOR, 4.3 ** (1 / 30)),
        ("10deg", Kind.RATE, 10.0),
        ("10deg/s", Kind.RATE, 10 / 30),
        ("-10 deg / s", Kind.RATE, -10 / 30),
        ("90°/frame", Kind.RATE, 90.0),
        ("0.1/s", Kind.RATE, 0.1 / 30),
        ("+.5e-1", Kind.RATE, 0.05),
        ("2.", Kind.LEVEL, 2.0),
    ],
)
def test_a_number_with_a_unit_is_worth_so_much_a_frame(value: object, kind: Kind, expected: float) -> None:
    track = parse_track(value, kind)
    assert isinstance(track, Constant)
    assert track.at(0, CLOCK) == track.at(299, CLOCK) == pytest.approx(expected, rel=1e-15)


@given(per_second=st.floats(0.01, 100))
def test_a_growth_per_second_is_the_same_journey_at_every_frame_rate(per_second: float) -> None:
    for fps in (Fraction(24), Fraction(30), Fraction(60), Fraction(25, 2)):
        track = parse_track(f"{per_second!r}/s", Kind.FACTOR)
        journey = math.prod(track_values(track, Clock(fps, int(fps * 10))))
        assert journey == pytest.approx(per_second**10, rel=1e-11)


@given(per_second=st.floats(-720, 720))
def test_a_turn_per_second_is_the_same_journey_at_every_frame_rate(per_second: float) -> None:
    for fps in (Fraction(24), Fraction(30), Fraction(60), Fraction(25, 2)):
        track = parse_track(f"{per_second!r}deg/s", Kind.RATE)
        journey = math.fsum(track_values(track, Clock(fps, int(fps * 10))))
        assert journey == pytest.approx(per_second * 10, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (True, Kind.FACTOR, "is true: must be a number, a formula in quotes or a table of keyframes"),
        ([1.0], Kind.LEVEL, "is [1.0]: must be a number, a formula in quotes or a table of keyframes"),
        (None, Kind.LEVEL, "is None: must be a number, a formula in quotes or a table of keyframes"),
        (math.nan, Kind.LEVEL, "is nan: must be a finite number"),
        (-math.inf, Kind.LEVEL, "is -inf: must be a finite number"),
        (10**400, Kind.LEVEL, "is 1" + "0" * 49 + "…00000: must be a finite number"),
        ("1e999/s", Kind.FACTOR, "is '1e999/s': must be a finite number"),
        ("5/s", Kind.LEVEL, "is a level, not a motion: write it without '/s'"),
        ("5/frame", Kind.LEVEL, "is a level, not a motion: write it without '/frame'"),
        ("5deg", Kind.FACTOR, "is no angle: write '5' without 'deg'"),
        ("5°", Kind.LEVEL, "is no angle: write '5' without '°'"),
        ("0/s", Kind.FACTOR, "is 0/s: a factor per second must be above 0"),
        ("-2/s", Kind.FACTOR, "is -2/s: a factor per second must be above 0"),
    ],
)
def test_a_wrong_number_is_refused_by_what_is_wrong(value: object, kind: Kind, message: str) -> None:
    assert refusal(value, kind) == message


def test_a_whole_number_of_thousands_of_digits_is_refused_like_any_other() -> None:
    assert refusal(10**6000, Kind.LEVEL).endswith("must be a finite number")


# All tracks


SPELLINGS: list[object] = [
    1.05,
    7,
    "4.3/s",
    "1 + 0.1*sin(t)",
    {"0": 1.02, "2s": {"value": "4.3/s", "ease": "step"}, "ease": "smooth"},
]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_track_keeps_its_spelling_and_equals_what_is_spelled_alike(spelling: object) -> None:
    track, again = parse_track(spelling, Kind.FACTOR), parse_track(spelling, Kind.FACTOR)
    assert track.source == spelling
    assert type(track.source) is type(spelling)
    assert track == again
    assert hash(track) == hash(again)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_track_can_be_sent_to_another_process(spelling: object) -> None:
    track = parse_track(spelling, Kind.FACTOR)
    there = pickle.loads(pickle.dumps(track))  # noqa: S301 - our own bytes
    assert there == track
    assert track_values(there, CLOCK) == track_values(track, CLOCK)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_frames_give_the_same_values_in_any_order(spelling: object) -> None:
    track = parse_track(spelling, Kind.FACTOR)
    backwards = [track.at(frame, CLOCK) for frame in reversed(range(CLOCK.frames))]
    assert backwards[::-1] == track_values(track, CLOCK)


def test_kinds_of_tracks_are_told_apart() -> None:
    kinds = [type(parse_track(spelling, Kind.FACTOR)) for spelling in SPELLINGS]
    assert kinds == [Constant, Constant, Constant, Expression, Keyframes]


def test_a_keyframe_track_is_not_changed_with_the_table_it_was_read_from() -> None:
    table: dict[str, object] = {"0": 1.0, "1s": {"value": 2.0}}
    track = parse_track(table, Kind.LEVEL)
    table["0"] = 9.0
    assert track.source == {"0": 1.0, "1s": {"value": 2.0}}


# Keyframes


@pytest.mark.parametrize(
    ("key", "frame"),
    [
        ("90", 90),
        ("90f", 90),
        ("3s", 90),
        (" 3 s ", 90),
        ("1.5s", 45),
        (".5s", 15),
        ("0:03", 90),
        ("0:02.5", 75),
    ],
)
def test_a_time_can_be_written_in_frames_seconds_or_minutes(key: str, frame: int) -> None:
    track = parse_track({"0": 1.0, key: 5.0, "9s": 2.0}, Kind.LEVEL)
    assert track.at(frame, CLOCK) == 5.0
    assert track.at(frame - 1, CLOCK) < 5.0
    assert track.at(frame + 1, CLOCK) < 5.0


def test_seconds_keep_their_place_at_another_frame_rate() -> None:
    track = parse_track({"0s": 0.0, "10s": 100.0}, Kind.LEVEL)
    assert [track.at(4 * fps, Clock(Fraction(fps), 300)) for fps in (24, 30, 60)] == pytest.approx(
        [40, 40, 40]
    )


@pytest.mark.parametrize(
    ("ease", "quarter"),
    [
        ("linear", 0.25),
        ("step", 0.0),
        ("smooth", 3 / 16 - 2 / 64),
        ("cubic", 0.25),  # two keyframes alone: a straight line
        ("ease-in", 1 / 64),
        ("ease-out", 1 - 27 / 64),
        ("ease-in-out", 4 / 64),
    ],
)
def test_an_ease_has_gone_its_share_after_a_quarter_of_the_way(ease: str, quarter: float) -> None:
    track = parse_track({"0": 10.0, "100": 30.0, "ease": ease}, Kind.LEVEL)
    assert track.at(25, CLOCK) == pytest.approx(10 + 20 * quarter, abs=1e-12)


@pytest.mark.parametrize("ease", ["linear", "smooth", "ease-in-out"])
def test_a_symmetric_ease_is_half_way_at_half_time(ease: str) -> None:
    assert parse_track({"0": 0.0, "100": 8.0, "ease": ease}, Kind.LEVEL).at(50, CLOCK) == 4.0


def test_step_holds_until_the_frame_before_the_next_keyframe() -> None:
    track = parse_track({"0": 1.0, "10": 2.0, "ease": "step"}, Kind.LEVEL)
    assert [track.at(frame, CLOCK) for frame in (9, 10)] == [1.0, 2.0]


def test_a_keyframe_s_own_ease_rules_the_way_to_the_next_one_only() -> None:
    track = parse_track({"0": {"value": 0.0, "ease": "step"}, "10": 10.0, "20": 0.0}, Kind.LEVEL)
    assert [track.at(frame, CLOCK) for frame in (5, 10, 15)] == [0.0, 10.0, 5.0]


@given(
    frames=st.lists(st.integers(0, 290), min_size=3, max_size=8, unique=True),
    heights=st.lists(st.integers(-100, 100), min_size=8, max_size=8),
)
def test_cubic_is_what_scipy_calls_pchip(frames: list[int], heights: list[int]) -> None:
    frames.sort()
    table = {str(frame): height for frame, height in zip(frames, heights, strict=False)}
    track = parse_track({**table, "ease": "cubic"}, Kind.LEVEL)
    inside = np.arange(frames[0], frames[-1] + 1)
    truth = PchipInterpolator(frames, heights[: len(frames)])(inside)
    curve = track.bind(CLOCK)
    ours = [curve(int(frame)) for frame in inside]
    np.testing.assert_allclose(ours, truth, atol=1e-9)


def test_keyframes_beyond_every_slope_are_refused() -> None:
    message = refusal({"0": 1e308, "1": -1e308, "2": 1e308, "ease": "cubic"}, Kind.LEVEL)
    assert message == "has keyframes too far apart for the ease 'cubic'"


def test_factors_go_in_the_logarithm() -> None:
    track = parse_track({"0": 0.5, "100": 2.0}, Kind.FACTOR)
    assert track.at(50, CLOCK) == pytest.approx(1.0)
    assert track.at(75, CLOCK) == pytest.approx(math.sqrt(2))


def test_units_of_keyframes_may_differ() -> None:
    track = parse_track({"0": "4.3/s", "100": 1.05}, Kind.FACTOR)
    assert track.at(0, CLOCK) == pytest.approx(4.3 ** (1 / 30))
    assert track.at(100, CLOCK) == 1.05


def test_before_the_first_keyframe_and_after_the_last_one_the_values_hold() -> None:
    track = parse_track({"1s": 3.0, "2s": 5.0}, Kind.LEVEL)
    assert [track.at(frame, CLOCK) for frame in (0, 29, 60, 299, 10_000)] == [3.0, 3.0, 5.0, 5.0, 5.0]


def test_a_clip_goes_towards_a_keyframe_past_its_end_and_a_longer_one_gets_there() -> None:
    track = parse_track({"0s": 0.0, "20s": 20.0}, Kind.LEVEL)
    check_range(track, CLOCK, 0, 10)
    assert track.at(600, Clock(CLOCK.fps, 601)) == 20.0


def test_the_order_in_the_table_does_not_matter() -> None:
    forth = parse_track({"0": 1.0, "1s": 2.0, "90": 0.0}, Kind.LEVEL)
    back = parse_track({"90": 0.0, "1s": 2.0, "0": 1.0}, Kind.LEVEL)
    assert track_values(forth, CLOCK) == track_values(back, CLOCK)


keyframe_tables = st.dictionaries(st.integers(0, 299), finite, min_size=1, max_size=6)


@settings(deadline=None)
@given(table=keyframe_tables, ease=st.sampled_from(NEVER_OVERSHOOTING))
def test_values_stay_between_their_neighbours_and_hit_the_keyframes(
    table: dict[int, float], ease: str
) -> None:
    track = parse_track({**{str(frame): value for frame, value in table.items()}, "ease": ease}, Kind.LEVEL)
    curve = track_values(track, CLOCK)
    for frame, value in table.items():
        assert curve[frame] == value
    for (left, start), (right, end) in pairwise(sorted(table.items())):
        assert all(min(start, end) <= value <= max(start, end) for value in curve[left:right])


@settings(deadline=None)
@given(
    table=st.dictionaries(st.integers(0, 299), st.floats(0.5, 2), min_size=2, max_size=6),
    ease=st.sampled_from(NEVER_OVERSHOOTING),
)
def test_factors_stay_between_their_neighbours_and_hit_the_keyframes(
    table: dict[int, float], ease: str
) -> None:
    track = parse_track({**{f"{frame}f": value for frame, value in table.items()}, "ease": ease}, Kind.FACTOR)
    curve = track_values(track, CLOCK)
    for (left, start), (right, end) in pairwise(sorted(table.items())):
        assert curve[left] == start
        assert all(min(start, end) <= value <= max(start, end) for value in curve[left:right])


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ({}, "has no keyframes: write at least one time and value, such as { 0 = 1.0 }"),
        ({"ease": "step"}, "has no keyframes: write at least one time and value, such as { 0 = 1.0 }"),
        ({"0": 1, "ease": "smoth"}, "has no ease 'smoth'; did you mean 'smooth'?"),
        (
            {"0": 1, "ease": 3},
            "has no ease 3; there are linear, step, smooth, ease-in, ease-out, ease-in-out, cubic",
        ),
        ({"30": 1, "30f": 2}, "has two keyframes at one time: '30' and '30f'"),
        ({"1s": 1, "0:01": 2}, "has two keyframes at one time: '1s' and '0:01'"),
        ({"1s": 1, "30": 2}, "has two keyframes at one time at 30 fps: '1s' and '30'"),
        ({"0": "t*2"}, "at keyframe '0' is 't*2': must be a number, such as 1.05 or \"4.3/s\""),
        ({"0": True}, "at keyframe '0' is true: must be a number, such as 1.05 or \"4.3/s\""),
        ({"0": [1]}, "at keyframe '0' is [1]: must be a number, such as 1.05 or \"4.3/s\""),
        ({"0": math.inf}, "at keyframe '0' is inf: must be a finite number"),
        ({"0": -1.0}, "at keyframe '0' is -1.0: a factor must be above 0"),
        ({"0": "1deg"}, "at keyframe '0' is no angle: write '1' without 'deg'"),
        ({"0": {"ease": "step"}}, "at keyframe '0' has no value: write { value = 1.0, ease = \"step\" }"),
        ({"0": {"value": 1, "eas": "step"}}, "at keyframe '0' has no key 'eas'; did you mean 'ease'?"),
        ({"0": {"value": 1, "ease": "hop"}}, "at keyframe '0' has no ease 'hop'"),
        (
            {"1": {"5s": 1}},
            "at keyframe '1' holds a table: a time with a point needs quotes, such as \"1.5s\" = 1.0",
        ),
        ({"4beats": 1}, "goes by the music (beats): name a song in music.song, or with --audio"),
        ({"2 bars": 1}, "goes by the music (bars): name a song in music.song, or with --audio"),
        (
            {"eaze": "step"},
            "has no time 'eaze'; did you mean 'ease'?",
        ),
        (
            {"-1s": 1},
            'has no time \'-1s\': write frames (90), seconds (2s, "1.5s"), minutes ("1:30"), '
            'beats ("8beats"), bars ("4bars") or sections ("A2")',
        ),
        ({"A2": 1}, "has no time 'A2': sections go by the music: name a song in music.song"),
        ({"2nd A": 1, "0": 1}, "has no time '2nd A': sections go by the music"),
        ({"1.5": 1}, "has no time '1.5': write frames"),
        ({"1:75": 1}, "has no time '1:75': write frames"),
        ({"\u0661": 1}, "has no time '\u0661': write frames"),
        ({"0\n": {"ease": 1, "value": 1}}, "at keyframe '0\\n' has no ease 1"),
        ({"0": "1" * 5000}, "at keyframe '0' is "),
        ({"0": [10**6000]}, "at keyframe '0' is a number of thousands of digits: must be a number"),
        ({"9" * 5000: 1}, "has no time '999"),
    ],
)
def test_a_wrong_table_of_keyframes_is_refused_by_what_is_wrong(
    table: dict[str, object], message: str
) -> None:
    assert refusal(table, Kind.FACTOR).startswith(message)


def test_times_that_meet_at_one_frame_rate_are_apart_at_another() -> None:
    track = parse_track({"1s": 1.0, "30": 2.0}, Kind.LEVEL)
    assert track.at(30, Clock(Fraction(25), 100)) == 2.0
    with pytest.raises(RecipeError, match="one time at 30 fps"):
        check_range(track, CLOCK, 0, 10)


# The check of a whole track


def test_the_first_frame_out_of_range_is_named() -> None:
    track = parse_track({"0": 1.0, "100": 3.0}, Kind.LEVEL)
    with pytest.raises(RecipeError) as caught:
        check_range(track, CLOCK, 0.5, 2)
    assert str(caught.value) == "is 2.02 at frame 51 (1.70 s): must be 0.5 to 2"


@pytest.mark.parametrize(
    ("value", "limits", "message"),
    [
        (3, (0.5, 2.0), "is 3: must be 0.5 to 2"),
        ("4.3/s", (1.5, 2.0), "is 4.3/s (1.04982 a frame): must be 1.5 to 2"),
        (-1, (0.0, 2.0), "is -1: must be 0 to 2"),
        ("n", (0.0, 1.0), "is 2 at frame 2 (0.07 s): must be 0 to 1"),
    ],
)
def test_an_error_tells_value_and_limits(value: object, limits: tuple[float, float], message: str) -> None:
    with pytest.raises(RecipeError) as caught:
        check_range(parse_track(value, Kind.FACTOR), CLOCK, *limits)
    assert str(caught.value) == message


def test_limits_are_inclusive() -> None:
    track = parse_track({"0": 0, "100": 2}, Kind.LEVEL)
    check_range(track, CLOCK, 0, 2)
    assert {0.0, 2.0} <= set(track_values(track, CLOCK))


def test_only_the_clip_s_own_frames_are_checked() -> None:
    check_range(parse_track("n", Kind.LEVEL), CLOCK, 0, 299)
    with pytest.raises(RecipeError, match="is 299 at frame 299"):
        check_range(parse_track("n", Kind.LEVEL), CLOCK, 0, 298)


@pytest.mark.parametrize(
    "value",
    [1.0, "1.03 + 0.02*sin(2*pi*t/4)", {"0": 1.0, "10s": 1.1, "100s": 1.0, "1000s": 1.2, "ease": "cubic"}],
)
def test_checking_an_hour_of_frames_costs_little_for_each(value: object) -> None:
    track = parse_track(value, Kind.FACTOR)
    with counted_calls() as calls:
        check_range(track, Clock(Fraction(30), 100_000), 0.5, 2)
    assert calls.total() < 40 * 100_000


def test_keyframes_tell_their_range_without_what_lies_between():
    clock = Clock(Fraction(30), 40)
    source = {"0": 1.02, "7": 1.3, "20": 0.9, "39": 1.0, "ease": "cubic"}
    track = parse_track(source, Kind.FACTOR)
    assert isinstance(track, Keyframes)
    values = track_values(track, clock)
    assert track.value_range(clock) == (min(values), max(values)) == (0.9, 1.3)
    near = parse_track({"0": 1.0, "0.00001s": 1.1}, Kind.FACTOR)
    assert isinstance(near, Keyframes)
    assert near.value_range(clock) is None


def test_a_keyframe_after_the_clips_end_may_be_out_of_range():
    track = parse_track({"0": 1.0, "100": 3.0}, Kind.FACTOR)
    check_range(track, Clock(Fraction(30), 40), 0.5, 2.0)
    with pytest.raises(RecipeError, match=r"must be 0\.5 to 2"):
        check_range(track, Clock(Fraction(30), 90), 0.5, 2.0)
