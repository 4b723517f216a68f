"""Hearing songs whose every beat is known: beats, bars, and signals that are on time."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamzoom.audio import analysis
from dreamzoom.audio.analysis import hear
from dreamzoom.audio.decode import LEAD, MARGIN, decode_sections
from dreamzoom.audio.decode import RATE as DECODED_RATE
from dreamzoom.audio.decode import SECONDS as SECTION_SECONDS
from dreamzoom.audio.features import rolling_max, rolling_mean
from dreamzoom.audio.signals import apply_release
from dreamzoom.errors import DreamzoomWarning, SoundError, VideoError
from dreamzoom.tracks.music import SIGNALS, Music
from dreamzoom.video.ffmpeg import find_ffmpeg, read_output
from dreamzoom.video.sound import read_sound
from support.music import (
    RATE,
    Samples,
    Song,
    changing,
    chord,
    click,
    drum_loop,
    errors,
    f_measure,
    fade_in,
    kick,
    placed,
    snare,
    steady,
    talk,
    tone,
    with_sound,
    write_wav,
)
from support.video import SONGS, decode_sound, ffmpeg, make_song

HIT_MS = 5.0  # how far a drum is found from where it is, at most
FELT_MS = 12.0  # the same where players or other sounds are in the way
SECONDS = 20.0


def heard(folder: Path, samples: Samples, tempo: float = 0.0, beats_per_bar: int = 0) -> Music:
    return hear(read_sound(write_wav(folder / "song.wav", samples)), tempo, beats_per_bar)


def humanly(bpm: float) -> tuple[float, ...]:
    beats = np.array(steady(bpm, SECONDS, first=0.3))
    return tuple(beats + np.random.default_rng(4).normal(0, 0.008, beats.size))


DRUMS: dict[str, Callable[[], Song]] = {
    "60 a minute": partial(drum_loop, steady(60, SECONDS)),
    "80 with quick hats": partial(drum_loop, steady(80, SECONDS), hats=4),
    "80 without hats": partial(drum_loop, steady(80, SECONDS), hats=0),
    "120": partial(drum_loop, steady(120, SECONDS)),
    "140 without hats": partial(drum_loop, steady(140, SECONDS), hats=0),
    "160 with quick hats": partial(drum_loop, steady(160, SECONDS), hats=4),
    "160 on the beat": partial(drum_loop, steady(160, SECONDS), hats=1),
    "180": partial(drum_loop, steady(180, SECONDS), hats=1),
    "a swing": partial(drum_loop, steady(96, SECONDS), swing=2 / 3),
    "2 s of silence": partial(drum_loop, steady(128, SECONDS, first=2.0)),
    "100, then 130": lambda: drum_loop(changing(100, 130, 40)),
    "150, then 110": lambda: drum_loop(changing(150, 110, 40)),
}


@pytest.mark.parametrize("name", DRUMS)
def test_every_beat_of_a_drum_loop_is_found_and_no_other(tmp_path: Path, name: str) -> None:
    song = DRUMS[name]()
    beats = heard(tmp_path, song.samples).beats
    assert len(beats) == len(song.beats)
    assert f_measure(beats, song.beats) == 1
    assert 1000 * np.abs(errors(beats, song.beats)).max() <= HIT_MS


def test_beats_of_a_song_that_fades_in_are_found(tmp_path: Path) -> None:
    song = fade_in(drum_loop(steady(110, SECONDS)), 5.0)
    beats = heard(tmp_path, song.samples).beats
    assert set(np.diff(beats) > 0.5) == {True}
    assert len(song.beats) - 1 <= len(beats) <= len(song.beats)  # the first is as good as silent
    assert 1000 * np.abs(errors(beats, song.beats)).max() <= HIT_MS


def test_beats_below_a_loud_chord_are_found(tmp_path: Path) -> None:
    song = with_sound(drum_loop(steady(100, SECONDS)), 0.1, 0.7 * chord(SECONDS + 1))
    beats = heard(tmp_path, song.samples).beats
    assert f_measure(beats, song.beats) == 1
    assert 1000 * np.abs(errors(beats, song.beats)).max() <= FELT_MS


def test_beats_follow_a_drummer_who_is_no_machine(tmp_path: Path) -> None:
    song = drum_loop(humanly(104))
    beats = heard(tmp_path, song.samples).beats
    assert f_measure(beats, song.beats) == 1
    assert 1000 * np.median(np.abs(errors(beats, song.beats))) <= HIT_MS


def test_beats_go_on_where_drums_pause(tmp_path: Path) -> None:
    beats = steady(120, SECONDS)
    playing = [(beat, 0.6, kick()) for beat in beats if not 8.2 < beat < 11.8]
    samples = placed(playing, SECONDS) + 0.05 * chord(SECONDS)
    found = heard(tmp_path, samples).beats
    assert f_measure(found, beats) == 1
    assert 1000 * np.abs(errors(found, beats)).max() <= 4 * FELT_MS


@pytest.mark.parametrize("lead", [0, 1, 2, 3])
def test_bars_begin_with_the_loudest_kick(tmp_path: Path, lead: int) -> None:
    song = drum_loop(steady(120, 12.0), lead=lead)
    assert f_measure(heard(tmp_path, song.samples).bars, song.bars, window=0.01) == 1


def test_bars_have_as_many_beats_as_asked_for(tmp_path: Path) -> None:
    beats = steady(132, 12.0)
    hits = [(beat, 0.7, snare() if index % 3 else kick()) for index, beat in enumerate(beats)]
    found = heard(tmp_path, placed(hits, 12.0), beats_per_bar=3)
    assert found.bars == found.beats[::3]
    assert f_measure(found.bars, beats[::3]) == 1


def test_where_all_beats_are_alike_the_first_begins_a_bar(tmp_path: Path) -> None:
    found = heard(tmp_path, placed([(beat, 0.7, kick()) for beat in steady(125, 12.0)], 12.0))
    assert found.bars == found.beats[::4]


NOISE = 0.2 * np.random.default_rng(7).standard_normal(round(SECONDS * RATE))
PULSELESS = {
    "silence": np.zeros(round(SECONDS * RATE)),
    "a drone": 0.5 * tone(110, SECONDS) + 0.2 * tone(220.5, SECONDS),
    "a chord with vibrato": 0.5 * chord(SECONDS),
    "noise": NOISE,
    "talk": talk(SECONDS, 1),
    "long talk": talk(3 * SECONDS, 2),
    "a second of drums": drum_loop(steady(120, 1.0)).samples[:RATE],
    "one knock": placed([(3.0, 0.8, click())], 8.0),
}


@pytest.mark.parametrize("name", PULSELESS)
def test_a_song_without_a_pulse_has_neither_beats_nor_bars(tmp_path: Path, name: str) -> None:
    found = heard(tmp_path, PULSELESS[name])
    assert (found.beats, found.bars) == ((), ())


def test_a_named_tempo_chooses_between_half_and_double(tmp_path: Path) -> None:
    song = drum_loop(steady(140, SECONDS))
    assert len(heard(tmp_path, song.samples).beats) == len(song.beats)
    half = heard(tmp_path, song.samples, tempo=70).beats
    assert len(half) in (len(song.beats[::2]), len(song.beats[1::2]))
    assert 1000 * np.abs(errors(half, song.beats)).max() <= HIT_MS


def test_a_named_tempo_need_not_be_exact(tmp_path: Path) -> None:
    song = drum_loop(steady(100, SECONDS))
    assert f_measure(heard(tmp_path, song.samples, tempo=106).beats, song.beats) == 1


@pytest.mark.parametrize("name", ["constant.mp3", "song.m4a", "song.wav", "song.opus"])
def test_a_click_shows_within_10_ms_in_every_signal(tmp_path: Path, name: str) -> None:
    wav = write_wav(tmp_path / "click.wav", placed([(1.0, 0.8, click()), (2.505, 0.8, click())], 4.0))
    ffmpeg("-i", wav, *SONGS[name], tmp_path / name)
    music = hear(read_sound(tmp_path / name))
    for signal in SIGNALS:
        for time in (1.0, 2.505):
            assert music.signal(signal, time - 0.015) < 0.15, signal
            assert music.signal(signal, time + 0.01) > 0.75, signal


def test_each_band_shows_its_own_tones_alone(tmp_path: Path) -> None:
    parts = [placed([(0.5, 0.5, tone(frequency, 1.0))], 2.0) for frequency in (60, 500, 5000)]
    music = heard(tmp_path, np.concatenate(parts))
    for place, name in enumerate(("bass", "mids", "highs")):
        sounding = [round(music.signal(name, 2.0 * part + 1.0)) for part in range(3)]
        assert sounding == [int(part == place) for part in range(3)]
        assert min(music.signal("loudness", 2.0 * part + 1.0) for part in range(3)) > 0.2


@pytest.mark.parametrize(
    ("frequency", "name"), [(30, "bass"), (41.2, "bass"), (440, "mids"), (3000, "highs")]
)
def test_a_steady_tone_does_not_flicker(tmp_path: Path, frequency: float, name: str) -> None:
    music = heard(tmp_path, 0.4 * tone(frequency, 12.0))  # over the end of a section
    for signal in (name, "loudness"):
        values = np.array(music.signals[signal][100:1100])
        assert values.min() > 0.9
        assert np.ptp(values) < 0.01
    assert max(music.signals["onset"][150:1150]) < 0.05


def test_a_signal_falls_to_a_third_in_150_ms(tmp_path: Path) -> None:
    music = heard(tmp_path, placed([(0.5, 0.5, tone(1000, 1.0))], 3.0))
    assert music.signal("mids", 1.49) == pytest.approx(1, abs=0.01)
    assert music.signal("mids", 1.65) == pytest.approx(np.exp(-1), abs=0.05)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_a_release_is_the_recurrence_it_stands_for(values: list[float]) -> None:
    expected = [values[0]]
    for value in values[1:]:
        expected.append(max(value, expected[-1] * np.exp(-0.01 / 0.15)))
    assert apply_release(np.array(values), 150) == pytest.approx(expected, rel=1e-9, abs=1e-300)


@given(st.lists(st.floats(0, 1), max_size=40), st.sampled_from([1, 5, 11, 61]))
def test_rolling_values_are_those_of_a_window_around_each(values: list[float], width: int) -> None:
    windows = [values[max(index - width // 2, 0) : index + width // 2 + 1] for index in range(len(values))]
    assert rolling_max(np.array(values), width).tolist() == [max(window) for window in windows]
    means = [sum(window) / len(window) for window in windows]
    assert rolling_mean(np.array(values), width) == pytest.approx(means, abs=1e-12)


def test_in_a_silence_after_something_loud_the_rolling_mean_is_exactly_0() -> None:
    values = np.concatenate([np.random.default_rng(0).random(1000), np.zeros(100)])
    assert not rolling_mean(values, 11)[1005:].any()


def test_signals_use_their_whole_range_whatever_the_level(tmp_path: Path) -> None:
    song = drum_loop(steady(110, SECONDS), hats=1)
    loud, quiet = (heard(tmp_path, level * song.samples) for level in (1.0, 0.02))
    assert loud.beats == pytest.approx(quiet.beats, abs=0.005)
    for name in SIGNALS:
        values = np.array(loud.signals[name])
        assert values.max() == 1
        assert np.percentile(values, 15) < 0.15
        assert np.abs(values - np.array(quiet.signals[name])).max() < 0.08


def test_a_silent_song_gives_zeros(tmp_path: Path) -> None:
    music = heard(tmp_path, np.zeros(2 * RATE))
    assert all(music.signals[name] == (0.0,) * 201 for name in SIGNALS)


def test_one_click_in_a_long_silence_is_heard(tmp_path: Path) -> None:
    music = heard(tmp_path, placed([(40.0, 0.8, click())], 60.0))
    for name in SIGNALS:
        assert music.signal(name, 40.01) > 0.75
        assert music.signal(name, 39.98) == music.signal(name, 45.0) == 0


@pytest.mark.parametrize("name", ["constant.mp3", "song.flac"])
def test_what_is_heard_is_the_same_every_time_and_rounded(tmp_path: Path, name: str) -> None:
    song = make_song(tmp_path, name, 3.456)
    music = hear(read_sound(song))
    assert music == hear(read_sound(song))
    assert list(music.signals) == list(SIGNALS)
    assert music.rate == 100
    for values in music.signals.values():
        assert len(values) == 346
        assert all(0 <= value <= 1 and round(value, 4) == value for value in values)


@pytest.mark.parametrize("seconds", [0.01, 9.0, 9.5, 10.0, 25.3])
def test_sections_are_the_song(tmp_path: Path, seconds: float) -> None:
    song = make_song(tmp_path, "song.flac", seconds)
    lead = LEAD * DECODED_RATE
    sections = list(decode_sections(read_sound(song)))
    assert {section.shape for section in sections} == {(1, SECTION_SECONDS * DECODED_RATE + 2 * MARGIN)}
    whole = np.concatenate([section[0, MARGIN:-MARGIN] for section in sections])
    truth = decode_sound(song, DECODED_RATE) / np.sqrt(2)  # ffmpeg's mix of two channels keeps their power
    assert whole[lead : lead + truth.size] == pytest.approx(truth, abs=1e-6)
    assert not whole[:lead].any()
    assert not whole[lead + truth.size :].any()
    for before, after in pairwise(sections):
        assert np.array_equal(before[:, -2 * MARGIN :], after[:, : 2 * MARGIN])


def test_sections_of_a_stereo_song_have_both_channels_where_they_differ(tmp_path: Path) -> None:
    left = tone(300, 20.0)
    right = np.where(np.arange(left.size) < 15 * RATE, left, tone(500, 20.0))
    song = read_sound(write_wav(tmp_path / "song.wav", 0.5 * np.stack([left, right])))
    assert [len(section) for section in decode_sections(song)] == [1, 2, 2]


def test_surround_comes_as_two_channels_with_what_is_at_the_back(tmp_path: Path) -> None:
    quiet = np.zeros(RATE)
    back = write_wav(
        tmp_path / "song.wav", 0.5 * np.stack([quiet, quiet, quiet, quiet, tone(300, 1.0), quiet])
    )
    with pytest.warns(DreamzoomWarning, match="has 6 channels"):
        (section,) = decode_sections(read_sound(back))
    assert len(section) == 2
    assert section[0].max() > 0.1
    assert not section[1].any()


def test_two_channels_that_are_the_same_are_heard_as_one(tmp_path: Path) -> None:
    samples = drum_loop(steady(120, 12.0)).samples
    mono, stereo = heard(tmp_path, samples), heard(tmp_path, np.stack([samples, samples]))
    assert stereo.beats == mono.beats
    for name in SIGNALS:
        assert np.array(stereo.signals[name]) == pytest.approx(np.array(mono.signals[name]), abs=0.001)


def test_a_bass_out_of_phase_is_heard_as_one_in_phase(tmp_path: Path) -> None:
    hits = [(time, 0.8, kick()) for time in steady(120, 8.0, first=0.5)]
    bass, hiss = placed(hits, 8.0), 0.05 * np.random.default_rng(5).standard_normal(8 * RATE)
    alike, against = (heard(tmp_path, np.stack([bass + hiss, sign * bass + hiss])) for sign in (1, -1))
    assert against.beats == pytest.approx(alike.beats, abs=0.005)
    for name in SIGNALS:
        assert np.array(against.signals[name]) == pytest.approx(np.array(alike.signals[name]), abs=0.1)
    assert max(against.signals["bass"]) == 1


def test_a_song_of_many_hours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert analysis.LONGEST == 4 * 3600
    monkeypatch.setattr(analysis, "LONGEST", 1.8)  # that many hours would take a minute to make
    with pytest.raises(SoundError, match=r"longer than 0\.0005 hours"):
        heard(tmp_path, np.zeros(2 * RATE))


def test_an_ffmpeg_that_fails_is_quoted(tmp_path: Path) -> None:
    arguments = [find_ffmpeg().path, "-v", "error", "-i", str(tmp_path / "none.wav"), "-f", "null", "-"]
    with pytest.raises(VideoError, match=r"none\.wav"):
        list(read_output(arguments, 1000))


def test_an_ffmpeg_whose_sound_is_no_longer_wanted_ends() -> None:
    endless = [find_ffmpeg().path, "-v", "error", "-f", "lavfi", "-i", "sine", "-f", "f32le", "-"]
    pieces = read_output(endless, 1000)
    assert len(next(pieces)) == 1000
    pieces.close()  # waits for its end: without the kill, for ever
