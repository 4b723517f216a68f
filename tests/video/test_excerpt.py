"""An excerpt of a song in a video: where it begins, and how it fades, exactly."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.errors import DreamzoomWarning
from dreamzoom.video.encode import Encoder
from dreamzoom.video.excerpt import Excerpt
from support.video import SONGS, decode_sound, ffmpeg, make_song, plain_frame, probe

RATE = 44100


def film_of(song: Path, excerpt: Excerpt, seconds: int = 2, *, keep_codec: bool = False) -> Path:
    target = song.parent / "film.mp4"
    with Encoder(target, (64, 48), Fraction(10), song, excerpt=excerpt, keep_codec=keep_codec) as encoder:
        for _ in range(10 * seconds):
            encoder.write(plain_frame((0, 0, 0)))
    return target


@pytest.mark.parametrize("name", SONGS)
def test_any_song_may_begin_within(tmp_path: Path, name: str) -> None:
    rate = "48000" if name == "song.opus" else "44100"
    clicks = "if(between(mod(t\\,1)\\,0.25\\,0.251)\\,0.9\\,0)"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc='{clicks}':s={rate}:d=4", *SONGS[name], tmp_path / name)
    sound = np.abs(decode_sound(film_of(tmp_path / name, Excerpt(start=Fraction("1.1")))))
    places = [int(sound[start : start + RATE].argmax()) / RATE for start in (0, RATE)]
    assert places == pytest.approx([0.1505, 0.1505], abs=0.001)
    assert probe(tmp_path / "film.mp4")[1].codec == "aac"


def test_a_silence_may_come_before_it(tmp_path: Path) -> None:
    song = make_song(tmp_path, "song.wav")
    sound = decode_sound(film_of(song, Excerpt(delay=Fraction(1), fade_in=Fraction(1, 2))))
    assert np.abs(sound[: round(0.98 * RATE)]).max() < 0.001
    truth = decode_sound(song)[:RATE]
    late, early = (slice(round(start * RATE), round((start + 0.1) * RATE)) for start in (0.8, 0.2))
    for part, share in ((early, 0.5), (late, 1.0)):
        found = np.sqrt(np.mean(sound[RATE:][part] ** 2) / np.mean(truth[part] ** 2))
        assert found == pytest.approx(share, abs=0.06)


@pytest.mark.parametrize(("seconds", "end"), [(2, 2.0), (5, 3.0)])
def test_it_has_faded_where_the_film_ends_or_the_song(tmp_path: Path, seconds: int, end: float) -> None:
    song = make_song(tmp_path, "song.wav")
    sound = decode_sound(film_of(song, Excerpt(fade_out=Fraction(1)), seconds))
    truth = decode_sound(song)
    for before, share in ((0.05, 0.05), (0.5, 0.5), (1.2, 1.0)):
        part = slice(round((end - before - 0.04) * RATE), round((end - before + 0.04) * RATE))
        found = np.sqrt(np.mean(sound[part] ** 2) / np.mean(truth[part] ** 2))
        assert found == pytest.approx(share, abs=0.06)


def test_what_begins_within_is_not_copied(tmp_path: Path) -> None:
    song = make_song(tmp_path, "constant.mp3")
    with pytest.warns(DreamzoomWarning, match="what begins within it, fades or .* cannot be copied"):
        film_of(song, Excerpt(start=Fraction(1, 2)), keep_codec=True)


@pytest.mark.parametrize(
    ("begin", "wanted"),
    [
        (0, Excerpt(Fraction(5), Fraction(2), Fraction(1), Fraction(0))),
        (1, Excerpt(Fraction(5), Fraction(1), Fraction(1), Fraction(0))),
        (3, Excerpt(Fraction(6), Fraction(0), Fraction(0), Fraction(0))),
    ],
)
def test_a_range_has_what_is_left(begin: int, wanted: Excerpt) -> None:
    whole = Excerpt(*map(Fraction, (5, 2, 1, 3)))
    assert whole.of_range(Fraction(begin), is_last=False) == wanted
    assert whole.of_range(Fraction(begin), is_last=True).fade_out == 3


@pytest.mark.parametrize("gain", [-12.0, 6.0])
def test_it_may_be_made_louder_or_quieter(tmp_path: Path, gain: float) -> None:
    song = make_song(tmp_path, "song.wav")
    truth = decode_sound(song)[: 2 * RATE] / 8  # far from where it would be cut off
    ffmpeg("-i", song, "-af", "volume=0.125", tmp_path / "soft.wav")
    sound = decode_sound(film_of(tmp_path / "soft.wav", Excerpt(gain=gain)))
    found = np.sqrt(np.mean(sound[RATE // 2 : RATE] ** 2) / np.mean(truth[RATE // 2 : RATE] ** 2))
    assert 20 * np.log10(found) == pytest.approx(gain, abs=0.2)
