"""How loud a sound is, by the tones of EBU Tech 3341; and that it becomes as loud as was asked for."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from dreamzoom.delivery.loudness import (
    Coding,
    Levelled,
    Levelling,
    Loudness,
    find_levelling,
    measure_loudness,
    require_level,
    tell_levelled,
    tell_loudness,
)
from dreamzoom.delivery.screening import Heard
from dreamzoom.errors import RequestError
from dreamzoom.video.description import song_input
from dreamzoom.video.excerpt import Excerpt, cut
from dreamzoom.video.ffmpeg import command, find_ffmpeg, run, url
from dreamzoom.video.sound import measure_sound, sound_stream
from support.loudness import RATE, integrated, sine, true_peak
from support.music import drum_loop, steady, write_wav
from support.video import names_in

AAC = Coding("aac", 256_000)
PCM = Coding("pcm_s24le")


def measured(path: Path) -> Loudness:
    return measure_loudness(find_ffmpeg(), song_input(path)["a:0"])


def level(song: Path, seconds: float, wanted: float, coding: Coding) -> tuple[Levelled, NDArray[np.float64]]:
    """What brings the first seconds of a song to a level, and what it sounds like then (2, N)."""
    sound, ffmpeg, samples = measure_sound(song), find_ffmpeg(), round(seconds * RATE)
    stream = cut(sound_stream(sound), sound, Excerpt(), Fraction(samples, RATE), RATE)
    target = song.parent / "film.mp4"
    levelled = find_levelling(ffmpeg, stream, (RATE, samples), coding, level=wanted, target=target)
    made = song.parent / "levelled.mka"
    treated = levelled.levelling.treat(stream, RATE, samples) if levelled.levelling else stream
    bits = {"audio_bitrate": coding.bit_rate} if coding.bit_rate else {}
    done = run(command(ffmpeg, treated.output(url(made), acodec=coding.encoder, **bits)))
    assert done.status == 0, done.words
    with av.open(str(made)) as container:
        planar = av.AudioResampler("fltp")
        parts = [part.to_ndarray() for frame in container.decode(audio=0) for part in planar.resample(frame)]
    return levelled, np.concatenate(parts, axis=1).astype(np.float64)


def song_of(folder: Path, samples: NDArray[np.float64]) -> Path:
    return write_wav(folder / "song.wav", samples, RATE)


@pytest.fixture(scope="module")
def drums(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three seconds of drums, whose peaks are far above their loudness."""
    loop = 0.1 * drum_loop(steady(120, 3)).samples
    return write_wav(tmp_path_factory.mktemp("drums") / "drums.wav", np.stack([loop, loop]))


@pytest.mark.parametrize(
    "tones",
    [
        [(-23, 20)],
        [(-72, 10), (-36, 10), (-23, 60), (-36, 10), (-72, 10)],
    ],
)
def test_a_tone_is_as_loud_as_the_ebu_says(tmp_path: Path, tones: list[tuple[float, float]]) -> None:
    mono = np.concatenate([sine(peak, seconds) for peak, seconds in tones])
    loudness = measured(song_of(tmp_path, np.stack([mono, mono])))
    assert loudness.integrated == pytest.approx(-23, abs=0.1)
    assert loudness.peak == pytest.approx(max(peak for peak, _ in tones), abs=0.1)


def test_surround_counts_by_its_channels_weights(tmp_path: Path) -> None:
    """Case 6 of EBU Tech 3341."""
    song = song_of(tmp_path, np.stack([sine(peak, 20) for peak in (-28, -28, -24, -30, -30)]))
    assert measured(song).integrated == pytest.approx(-23, abs=0.1)


def test_a_peak_between_the_samples_is_seen(tmp_path: Path) -> None:
    """Cases 15 and 16 of EBU Tech 3341: a quarter of the rate, the second one sampled off its peaks."""
    for phase in (0, np.pi / 4):
        tone = sine(-6, 2, RATE / 4, phase) * np.minimum(np.arange(2 * RATE) / 480, 1)
        peak = measured(song_of(tmp_path, np.stack([tone, tone]))).peak
        assert peak is not None
        assert -6.4 <= peak <= -5.8


@pytest.mark.parametrize("channels", [1, 6])
def test_mono_and_surround_are_measured_as_they_are_heard(tmp_path: Path, channels: int) -> None:
    song = song_of(tmp_path, np.stack([sine(-23, 2)] * channels))
    heard = Heard(measure_sound(song), Excerpt(), Fraction(2))
    run(command(find_ffmpeg(), heard.stream(RATE).output(url(tmp_path / "heard.wav"), acodec="pcm_f32le")))
    with av.open(str(tmp_path / "heard.wav")) as container:
        assert container.streams.audio[0].channels == 2
        parts = [frame.to_ndarray().reshape(-1, 2).T for frame in container.decode(audio=0)]
    truth = integrated(np.concatenate(parts, axis=1).astype(np.float64))
    assert measure_loudness(find_ffmpeg(), heard.stream(RATE)).integrated == pytest.approx(truth, abs=0.1)
    if channels == 1:
        assert truth == pytest.approx(-23, abs=0.1)


def test_silence_stays_silence(tmp_path: Path) -> None:
    levelled, heard = level(song_of(tmp_path, np.zeros((2, RATE))), 1, -14, PCM)
    assert levelled.before == Loudness(None, 0, None)
    assert not heard.any()
    assert tell_levelled(levelled) == "sound: silent from its beginning to its end: left as it is"


def test_what_is_too_short_to_be_measured_is_left(tmp_path: Path) -> None:
    tone = sine(-23, 0.3)
    levelled, heard = level(song_of(tmp_path, np.stack([tone, tone])), 0.3, -14, PCM)
    assert levelled.levelling is None
    assert true_peak(heard) == pytest.approx(-23, abs=0.1)
    assert "too short" in tell_loudness(levelled.before)


@pytest.mark.parametrize("wanted", [-14, -30])
def test_where_the_peaks_stay_low_it_is_gain_alone(tmp_path: Path, wanted: float) -> None:
    tone = sine(-23, 2)
    levelled, heard = level(song_of(tmp_path, np.stack([tone, tone])), 2, wanted, PCM)
    assert levelled.levelling is not None
    assert levelled.levelling.ceiling is None
    assert levelled.levelling.gain == pytest.approx(wanted + 23, abs=0.1)
    assert np.allclose(heard, 10 ** (levelled.levelling.gain / 20) * tone, atol=1e-3)


def test_drums_become_as_loud_as_wanted_and_their_peaks_are_held(drums: Path) -> None:
    levelled, heard = level(drums, 2.5, -14, AAC)
    assert levelled.levelling is not None
    assert levelled.levelling.ceiling is not None
    assert integrated(heard) == pytest.approx(-14, abs=0.5)
    assert true_peak(heard) <= -0.9  # their meter and ours take other samples
    assert names_in(drums.parent) == ["drums.wav", "levelled.mka"]


def test_a_limiter_delays_nothing(drums: Path) -> None:
    sound, ffmpeg, samples = measure_sound(drums), find_ffmpeg(), 2 * RATE
    stream = cut(sound_stream(sound), sound, Excerpt(), Fraction(2), RATE)
    heard = []
    for each in (stream, Levelling(20, -6).treat(stream, RATE, samples)):
        made = drums.parent / "one.wav"
        run(command(ffmpeg, each.output(url(made), acodec="pcm_f32le")))
        with av.open(str(made)) as container:
            heard.append(np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1))
    plain, held = (each.reshape(-1, 2)[:, 0].astype(np.float64) for each in heard)
    assert plain.size == held.size == samples
    assert 0.4 < np.abs(held).max() <= 0.51 < 10 * np.abs(plain).max()
    products = [float(plain[100:-100] @ held[100 + lag : held.size - 100 + lag]) for lag in range(-40, 41)]
    assert int(np.argmax(products)) == 40


def test_a_level_that_cannot_be_had_is_come_near_to(drums: Path) -> None:
    levelled, heard = level(drums, 2.5, -5, PCM)
    assert -14 < integrated(heard) < -6
    assert true_peak(heard) <= -0.9
    assert "nearer to -5 it does not come" in tell_levelled(levelled)


def test_a_line_tells_how_loud_it_is() -> None:
    told = tell_loudness(Loudness(-9.3, 5, 0.4), "YouTube", -14)
    assert told == "sound: -9.3 LUFS, true peak +0.4 dBTP; above -14 it is turned down by YouTube"


def test_a_level_beyond_all_songs_is_refused() -> None:
    with pytest.raises(RequestError, match="give -40 to -5, such as -14"):
        require_level(14)
