"""Which beats begin a bar, and whether it has three or four."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.audio.analysis import hear
from dreamzoom.audio.bars import choose_metre, first_beat
from dreamzoom.video.sound import read_sound
from support.music import Song, f_measure, write_wav
from support.styles import five_four, rock, waltz


@pytest.mark.parametrize("length", [3, 4])
def test_the_metre_is_that_of_the_accents(length: int) -> None:
    noise = np.random.default_rng(length).normal(0, 0.5, 120)
    noise[2::length] += 1
    assert choose_metre(noise) == length
    assert first_beat(noise, length) == 2


def test_accents_that_are_alike_are_in_four_from_the_first_on() -> None:
    accents = np.random.default_rng(1).normal(0, 0.01, 60)
    assert choose_metre(np.zeros(60)) == 4
    assert choose_metre(np.zeros(2)) == 4
    assert first_beat(accents, 4) == 0


SONGS: dict[str, tuple[Callable[[], Song], int]] = {
    "rock": (partial(rock, 120, 16), 0),
    "a waltz": (partial(waltz, 140, 16), 0),
    "five, as asked for": (partial(five_four, 130, 16), 5),
}


@pytest.mark.parametrize("name", SONGS)
def test_bars_begin_where_they_were_played(tmp_path: Path, name: str) -> None:
    play, beats_per_bar = SONGS[name]
    song = play()
    found = hear(read_sound(write_wav(tmp_path / "song.wav", song.samples)), 0.0, beats_per_bar)
    assert f_measure(found.bars, song.bars) == 1
