"""Beats and bars of songs in many styles, played by a sampler from notes whose times are known."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.audio.analysis import hear
from dreamzoom.tracks.music import Music
from dreamzoom.video.sound import read_sound
from support import styles
from support.music import Samples, Song, errors, f_measure, talk, write_wav

UNHEARD_BEATS = {
    "shuffle that an organ leads": "each beat is put on the organ's chord, a third of a beat early",
    "reggae": "it is counted double",
}

TYPICAL_MS = 8.0  # how far half of the beats may be from where they are, at most
FAR_MS = 35.0  # and every one of them


def heard(folder: Path, samples: Samples, beats_per_bar: int | None = None) -> Music:
    sound = read_sound(write_wav(folder / "song.wav", samples))
    return hear(sound) if beats_per_bar is None else hear(sound, beats_per_bar=beats_per_bar)


STYLES: dict[str, Callable[[], Song]] = {
    "rock": partial(styles.rock, 118, 18),
    "rock by people": partial(styles.rock, 104, 20, jitter=0.01),
    "swing": partial(styles.swing, 140, 16),
    "shuffle": partial(styles.shuffle, 112, 18),
    "shuffle that an organ leads": partial(styles.shuffle, 112, 18, organ=0.1),
    "three, three and two": partial(styles.three_three_two, 108, 18),
    "waltz": partial(styles.waltz, 144, 16),
    "slow waltz": partial(styles.waltz, 100, 20),
    "six eight": partial(styles.six_eight, 76, 20),
    "reggae": partial(styles.reggae, 84, 24),
    "drumless start": partial(styles.drumless_start, 112, 26, bars=5),
    "breakdown": partial(styles.breakdown, 160, before=6, pause=8, after=6),
    "drift of 3 %": partial(styles.drifting, 120, 24, share=0.03),
    "ritardando": partial(styles.ritardando, 120, 22, last=8, to=90),
    "quick": partial(styles.quick, 184, 14),
    "66 a minute": partial(styles.ballad, 66, 24),
    "74 a minute": partial(styles.ballad, 74, 22),
    "guitar alone": partial(styles.drumless, 96, 20),
}
BARRED = (
    "rock",
    "rock by people",
    "swing",
    "shuffle",
    "three, three and two",
    "waltz",
    "slow waltz",
    "drumless start",
    "breakdown",
    "drift of 3 %",
    "66 a minute",
)


def styled() -> list[object]:
    """Names of styles; those that are not heard rightly yet are expected to fail, with what happens."""
    marks = {name: [pytest.mark.xfail(strict=True, reason=why)] for name, why in UNHEARD_BEATS.items()}
    return [pytest.param(name, marks=marks.get(name, [])) for name in STYLES]


@pytest.fixture(scope="module")
def performed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], tuple[Song, Music]]:
    """A style's song, and what is heard of it."""

    @cache
    def perform(name: str) -> tuple[Song, Music]:
        song = STYLES[name]()
        return song, heard(tmp_path_factory.mktemp("song"), song.samples)

    return perform


@pytest.mark.parametrize("name", styled())
def test_the_beats_of_a_song_are_found_in_every_style(
    performed: Callable[[str], tuple[Song, Music]], name: str
) -> None:
    song, music = performed(name)
    assert f_measure(music.beats, song.beats) > 0.96  # one may be missed, or heard where the song ends
    late = np.sort(np.abs(1000 * errors(music.beats, song.beats)))
    assert np.median(late) <= TYPICAL_MS
    assert late[:-1].max() <= FAR_MS


@pytest.mark.parametrize("name", BARRED)
def test_bars_begin_where_they_do_in_every_style(
    performed: Callable[[str], tuple[Song, Music]], name: str
) -> None:
    song, music = performed(name)
    assert f_measure(music.bars, song.bars) > 0.9


def test_a_song_in_five_has_bars_of_five_where_it_is_told(tmp_path: Path) -> None:
    song = styles.five_four(126, 20)
    music = heard(tmp_path, song.samples, beats_per_bar=5)
    assert f_measure(music.beats, song.beats) > 0.96
    assert f_measure(music.bars, song.bars) > 0.9


def test_half_time_drums_are_followed_at_their_pace_or_the_hats(tmp_path: Path) -> None:
    song = styles.half_time(140, 18)
    beats = heard(tmp_path, song.samples).beats
    assert 1000 * np.abs(errors(beats, song.beats)).max() <= FAR_MS
    assert max(f_measure(beats, song.beats), f_measure(beats, song.beats[::2])) > 0.95


def test_a_song_that_a_mix_to_mono_would_silence_is_heard(tmp_path: Path) -> None:
    song = styles.rock(126, 14)
    music = heard(tmp_path, styles.out_of_phase(song))
    assert f_measure(music.beats, song.beats) > 0.96
    assert f_measure(music.bars, song.bars) > 0.9


PULSELESS: dict[str, Callable[[], Samples]] = {
    "drones": partial(styles.changing_drone, 20, 1),
    "other drones": partial(styles.changing_drone, 20, 5),
    "surf": partial(styles.surf, 20, 1),
    "talk": partial(talk, 20, 3),
    "more talk": partial(talk, 20, 4),
}


@pytest.mark.parametrize("name", PULSELESS)
def test_what_has_no_pulse_has_no_beats(tmp_path: Path, name: str) -> None:
    music = heard(tmp_path, PULSELESS[name]())
    assert (music.beats, music.bars) == ((), ())
