"""Signals: their range glides with the song, weak hits are seen, bands and parts show what is theirs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dreamzoom.audio import analysis
from dreamzoom.audio.analysis import hear, hear_signals
from dreamzoom.audio.decode import RATE as DECODED_RATE
from dreamzoom.audio.features import NO_ONSETS
from dreamzoom.audio.separation import separate
from dreamzoom.audio.signals import follow, follow_hits, shape_envelopes, shape_hits
from dreamzoom.errors import SoundError
from dreamzoom.tracks.music import SIGNALS
from dreamzoom.tracks.signals import Signal
from dreamzoom.video.sound import read_sound
from support.music import RATE, Samples, click, hat, kick, placed, snare, tone, write_wav

FloatArray = NDArray[np.float64]

PULSE = np.exp(-np.arange(50) / 12)  # half a second: what a beat's envelope is like


def pulses(seconds: int) -> FloatArray:
    """An envelope with two beats a second."""
    return np.tile(PULSE, 2 * seconds)


def faded(seconds: float) -> FloatArray:
    return np.linspace(1, 0, round(seconds * 100))


def shaped(envelope: FloatArray) -> dict[str, FloatArray]:
    return shape_envelopes(envelope, {"bass": envelope})


def highest(values: FloatArray, start: float, end: float) -> float:
    return float(values[round(start * 100) : round(end * 100)].max())


NAMES = ("bass", "loudness")


@pytest.mark.parametrize("name", NAMES)
def test_a_half_that_is_20_db_softer_moves_the_picture(name: str) -> None:
    for first, second in ((1.0, 0.1), (0.1, 1.0)):
        signal = shaped(np.concatenate([first * pulses(40), second * pulses(40)]))[name]
        loud, soft = ((0, 39), (55, 80)) if first > second else ((41, 80), (0, 37))
        assert highest(signal, *loud) == pytest.approx(1, abs=0.02)
        for start in range(soft[0], soft[1], 2):
            assert 0.6 <= highest(signal, start, start + 1) <= 0.75
            assert signal[start * 100 : start * 100 + 100].min() < 0.1


@pytest.mark.parametrize("name", NAMES)
def test_in_a_crescendo_each_beat_is_higher_than_those_before(name: str) -> None:
    growing = pulses(60) * 10 ** (-30 / 20 * faded(60))
    beats = shaped(growing)[name].reshape(-1, 50).max(axis=1)
    assert np.all(np.diff(beats[:-4]) > -0.02)
    assert beats[0] < 0.55
    assert beats[-1] > 0.9


@pytest.mark.parametrize("seconds", [8, 15])
@pytest.mark.parametrize("name", NAMES)
def test_a_song_that_fades_out_fades(name: str, seconds: int) -> None:
    whole = pulses(60)
    whole[-100 * seconds :] *= faded(seconds)
    beats = shaped(whole)[name][-100 * seconds :].reshape(-1, 50).max(axis=1)
    assert np.all(np.diff(beats) < 0.001)
    assert beats[0] > 0.9
    assert beats[-2] < 0.25


@pytest.mark.parametrize("name", NAMES)
def test_one_loud_hit_leaves_the_others_as_they_are(name: str) -> None:
    whole = 0.1 * pulses(60)
    whole[3000:3030] = PULSE[:30]
    signal = shaped(whole)[name]
    assert signal[3000] == pytest.approx(1)
    for start in (*range(28), *range(36, 60)):
        assert highest(signal, start, start + 1) > 0.8


@pytest.mark.parametrize("hiss", [0.0, 1e-5, 1e-3])
@pytest.mark.parametrize("name", NAMES)
def test_a_silence_between_is_silent(name: str, hiss: float) -> None:
    noise = hiss * np.random.default_rng(0).random(2000)
    signal = shaped(np.concatenate([pulses(20), noise, 0.1 * pulses(20), noise, pulses(20)]))[name]
    for start in (20, 60):
        assert highest(signal, start, start + 20) < 0.02
    assert highest(signal, 45, 59) > 0.6


def test_a_band_that_is_40_db_below_the_song_is_silent() -> None:
    faint = shape_envelopes(pulses(20), {"highs": 1e-4 * pulses(20)})["highs"]
    assert faint.max() < 0.02


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60))
def test_an_envelope_as_a_signal_stays_from_0_to_1(values: list[float]) -> None:
    for signal in shaped(np.array(values)).values():
        assert signal.min() >= 0
        assert signal.max() <= 1


# Attack and release


@pytest.mark.parametrize("release", [20, 80, 500])
def test_a_signal_falls_to_1_over_e_within_its_release(release: int) -> None:
    fallen = follow(np.array([1.0] + [0.0] * 100), 0, release)
    assert fallen == pytest.approx(np.exp(-np.arange(101) * 10 / release))


@pytest.mark.parametrize("attack", [20, 80, 500])
def test_a_signal_rises_to_within_1_over_e_within_its_attack(attack: int) -> None:
    risen = follow(np.array([0.0] + [1.0] * 100), attack, 0)
    assert risen == pytest.approx(1 - np.exp(-np.arange(101) * 10 / attack))


def test_without_attack_and_release_a_signal_is_its_values() -> None:
    values = np.random.default_rng(0).random(50)
    assert np.array_equal(follow(values, 0, 0), values)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.floats(1, 1000), st.floats(1, 1000))
def test_with_an_attack_a_signal_is_never_above_one_without(
    values: list[float], attack: float, release: float
) -> None:
    slow, quick = follow(np.array(values), attack, release), follow(np.array(values), 0, release)
    assert np.all(slow <= quick)
    assert np.all(slow >= 0)


# Hits


@given(st.lists(st.floats(0, 1), min_size=1, max_size=60), st.sampled_from([0, 20, 150, 2000]))
def test_hits_add_up_as_they_say(hits: list[float], release: int) -> None:
    expected, before = [], 0.0
    for hit in hits:
        before = 1 - (1 - (before * np.exp(-10 / release) if release else 0)) * (1 - hit)
        expected.append(before)
    assert follow_hits(np.array(hits), 0, release) == pytest.approx(expected, abs=1e-9)


def test_no_onsets_are_no_hits() -> None:
    assert not shape_hits(NO_ONSETS, 100).any()


def visible(folder: Path, hits: list[tuple[float, float, Samples]], seconds: float) -> float:
    """The share of hits at which `onset` rises by 0.1 or more."""
    song = read_sound(write_wav(folder / "hits.wav", 0.7 * placed(hits, seconds)))
    signal = np.array(hear_signals(song, [Signal("", "onset")])["onset"])
    places = [round(100 * time) for time, _, _ in hits]
    rises = [signal[place - 2 : place + 4].max() - signal[place - 4 : place - 1].min() for place in places]
    return float(np.mean(np.array(rises) >= 0.1))


def test_weak_hits_show_after_strong_ones(tmp_path: Path) -> None:
    beats = [(0.5 + 0.5 * beat, 0.7, kick() if beat % 2 else snare()) for beat in range(16)]
    between = [(time + 0.25, 0.35, hat()) for time, _, _ in beats]
    assert visible(tmp_path, beats + between, 9.0) > 0.95
    ghosts = [(time + 0.375, 0.12, snare()) for time, _, _ in beats]
    assert visible(tmp_path, beats + ghosts, 9.0) > 0.95


# Bands and parts


def heard(folder: Path, samples: Samples, *signals: Signal) -> list[FloatArray]:
    song = read_sound(write_wav(folder / "song.wav", samples))
    found = hear_signals(song, signals)
    return [np.array(found[signal.name]) for signal in signals]


def test_a_band_shows_the_tones_within_it_alone(tmp_path: Path) -> None:
    tones = (30, 74, 200, 1000)
    parts = [placed([(0.5, 0.5, tone(frequency, 1.0))], 2.0) for frequency in tones]
    bands = [Signal("", "band", *edges) for edges in ((60, 90), (160, 250), (900, 1100))]
    for place, signal in zip((1, 2, 3), heard(tmp_path, np.concatenate(parts), *bands), strict=True):
        sounding = [highest(signal, 2 * part + 0.9, 2 * part + 1.1) for part in range(len(tones))]
        assert [round(value, 1) for value in sounding] == [float(part == place) for part in range(len(tones))]


def test_what_rings_is_harmonic_and_what_knocks_is_percussive(tmp_path: Path) -> None:
    knocks = [1.0, 2.2, 3.4, 7.0, 8.5]
    samples = placed([(time, 0.8, click()) for time in knocks], 10.0)
    samples[4 * RATE : 6 * RATE] += 0.4 * tone(440, 2.0) + 0.2 * tone(660, 2.0)
    harmonic, percussive = heard(
        tmp_path, samples, Signal("", "harmonic"), Signal("", "percussive", release=60)
    )
    assert highest(harmonic, 4.5, 5.5) > 0.95
    assert highest(percussive, 4.5, 5.5) < 0.1
    for time in knocks:
        assert highest(percussive, time - 0.02, time + 0.03) > 0.75
        assert highest(harmonic, time - 0.02, time + 0.03) < 0.3
        assert percussive[round(100 * time) - 4] < 0.1


def test_the_two_parts_add_up_to_the_song() -> None:
    section = np.random.default_rng(0).standard_normal((2, DECODED_RATE)).astype(np.float32)
    harmonic, percussive = separate(section)
    assert harmonic.shape == percussive.shape == section.shape
    assert harmonic + percussive == pytest.approx(section, abs=1e-5)


# What is asked for


def test_a_signal_is_the_same_whatever_else_is_heard(tmp_path: Path) -> None:
    hits = [(0.3 + 0.4 * beat, 0.7, kick()) for beat in range(9)]
    song = read_sound(write_wav(tmp_path / "song.wav", placed(hits, 4.0)))
    wanted = [Signal("", "bass", release=80), Signal("", "band", 60, 90), Signal("", "onset", attack=20)]
    music, again = hear(song, wanted=wanted), hear_signals(song, wanted)
    assert list(music.signals) == [*SIGNALS, "bass(release=80)", "band(60, 90)", "onset(attack=20)"]
    assert {name: music.signals[name] for name in again} == again
    assert {name: music.signals[name] for name in SIGNALS} == dict(hear(song).signals)
    assert len({len(values) for values in music.signals.values()}) == 1


def test_more_signals_than_a_long_song_may_have_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert analysis._MOST_VALUES == 36 * 3600 * 100
    monkeypatch.setattr(analysis, "_MOST_VALUES", 1450)  # as a song of hours has
    song = read_sound(write_wav(tmp_path / "song.wav", np.zeros(2 * RATE)))
    hear_signals(song, [Signal("", "band", 60 + low, 90 + low) for low in range(7)])
    with pytest.raises(SoundError, match="ask for 2 at most beside loudness, bass"):
        hear_signals(song, [Signal("", "band", 60 + low, 90 + low) for low in range(8)])
