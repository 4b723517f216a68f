"""How loud a programme sounds, and what brings it to a wanted loudness.

Loudness is what EBU R 128 and ITU-R BS.1770 define: in LUFS, over the whole, quiet passages left out; true
peaks are those of the wave between the samples, in dBTP. ffmpeg's `ebur128` measures both.

Louder is plain gain, as long as no peak goes above -1 dBTP, as EBU R 128 has it; else a limiter holds the
peaks. A codec that loses something raises peaks again, by up to 2 dB, so what is judged is the sound encoded
and decoded: gain and ceiling are mended until it is right. 30 s each, to -14 LUFS, in AAC of 256 kbit/s:

    drums of -39 LUFS, peak -21.4 dBTP    `loudnorm`: -16.6 LUFS, -0.4 dBTP    here: -13.9, -1.3
    voices of -27 LUFS, peak -8.6 dBTP                -15.0 LUFS, +1.0 dBTP          -13.8, -1.5
    first soft, then loud: -22, -2.1 dBTP             -14.8 LUFS, +0.5 dBTP          -14.2, -1.5
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import ffmpeg as graph

from dreamzoom.errors import RequestError, VideoError
from dreamzoom.io.files import part_of
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import Ended, command, failure, run, url

LEVELS: Final = (-40.0, -5.0)
"""The quietest and the loudest that a sound is brought to, in LUFS."""

HIGHEST_PEAK: Final = -1.0
"""dBTP that a sound which was brought to a level stays below."""

_UNHEARD: Final = -70.0  # LUFS: what is quieter, or shorter than 0.4 s, is gated out of the measure
_NEAR: Final = 0.2  # LU from the level that is wanted
_MOST_TRIALS: Final = 8
_MOST_GAIN: Final = 40.0  # dB; beyond, a recording's noise would be all there is
_MOST_HELD: Final = 10.0  # dB more than gain alone would need: a limiter that holds more is heard
_STEEPEST, _FLATTEST = 1.0, 0.25  # LU that a dB more gives: all of it, or what a limiter leaves
_LIMITER_RATE: Final = 192_000  # samples a second, at which samples are near enough to the wave between them
_LIMITER: Final = {"attack": 5, "release": 50, "level": 0, "latency": 1}
_FIGURE = re.compile(r"^ +(I|LRA|Peak): +(-?(?:\d+\.\d+|inf|nan)) (?:LUFS|LU|dBFS)\r?$", re.MULTILINE)


@dataclass(frozen=True)
class Loudness:
    """How loud a sound is.

    Attributes:
        integrated: of the whole, in LUFS; None where it is silent, or shorter than 0.4 s.
        spread: its loudness range, in LU.
        peak: its true peak, in dBTP; None for digital silence.
    """

    integrated: float | None
    spread: float
    peak: float | None


@dataclass(frozen=True)
class Coding:
    """What a sound is encoded with.

    Attributes:
        encoder: ffmpeg's name for it.
        bit_rate: bits a second, where the encoder takes one.
    """

    encoder: str
    bit_rate: int | None = None


@dataclass(frozen=True)
class Levelling:
    """What is done to a sound.

    Attributes:
        gain: how much louder it is made, in decibels.
        ceiling: what its peaks are held below then, in dBTP; None where nothing needs to be held.
    """

    gain: float
    ceiling: float | None = None

    def treat(self, stream: Any, rate: int, samples: int) -> Any:
        """A stream of an ffmpeg-python graph, so treated: as many samples, none of them late.

        Args:
            rate: samples a second.
            samples: how many there are.
        """
        stream = stream.filter("volume", f"{self.gain:.4f}dB", precision="double")
        if self.ceiling is None:
            return stream
        limit = f"{10 ** (self.ceiling / 20):.6f}"
        stream = stream.filter("aresample", _LIMITER_RATE).filter("alimiter", limit=limit, **_LIMITER)
        stream = stream.filter("aresample", rate)
        return stream.filter("apad", whole_len=samples).filter("atrim", end_sample=samples)


@dataclass(frozen=True)
class Levelled:
    """A sound brought to a level.

    Attributes:
        before: how loud it was.
        levelling: what is done to it; None where there is nothing that could be louder.
        after: how loud it is, encoded.
        wanted: the level that was asked for, in LUFS.
    """

    before: Loudness
    levelling: Levelling | None
    after: Loudness
    wanted: float


def require_level(level: float) -> None:
    """Raise a RequestError unless a sound can be brought to a level, in LUFS."""
    if not LEVELS[0] <= level <= LEVELS[1]:
        raise RequestError(
            f"a loudness of {level:g} LUFS is none that a song is brought to: give {LEVELS[0]:g} to "
            f"{LEVELS[1]:g}, such as -14"
        )


def measure_loudness(ffmpeg: Ffmpeg, stream: Any) -> Loudness:
    """How loud a stream of an ffmpeg-python graph is, to a tenth.

    Raises:
        VideoError: ffmpeg failed.
    """
    measured = stream.filter("ebur128", peak="true", framelog="verbose")
    done = run(command(ffmpeg, graph.output(measured, "pipe:1", format="null"), level="info"))
    return _read_summary(done)


def _read_summary(done: Ended) -> Loudness:
    """What `ebur128` says at its end."""
    figures = {name: float(value) for name, value in _FIGURE.findall(done.words.rpartition("Summary:")[2])}
    if done.status != 0 or len(figures) < 3:
        words = " ".join(done.words.split())[-300:]
        raise VideoError(f"ffmpeg could not measure how loud the sound is; it said: {words}")
    integrated, peak = figures["I"], figures["Peak"]
    return Loudness(
        integrated if integrated > _UNHEARD else None,
        figures["LRA"],
        peak if math.isfinite(peak) else None,
    )


def find_levelling(
    ffmpeg: Ffmpeg, stream: Any, samples: tuple[int, int], coding: Coding, *, level: float, target: Path
) -> Levelled:
    """What brings a sound to a level once it is encoded: to within 0.2 LU, its peaks below -1 dBTP.

    A level that a sound cannot have below such peaks is come as near to as can be; `tell_levelled` says so.

    Args:
        stream: of an ffmpeg-python graph.
        samples: how many a second it has, and how many.
        level: that is wanted, in LUFS.
        target: the file that it is for: beside it a trial is written, and removed again.

    Raises:
        RequestError: no sound is brought to such a level.
        VideoError, StorageError: ffmpeg failed.
    """
    require_level(level)
    before = measure_loudness(ffmpeg, stream)
    if before.integrated is None or before.peak is None:
        return Levelled(before, None, before, level)
    most = min(level - before.integrated + _MOST_HELD, _MOST_GAIN)
    gain = min(level - before.integrated, most)
    ceiling = None if before.peak + gain <= HIGHEST_PEAK else HIGHEST_PEAK
    found: list[tuple[Levelling, Loudness]] = []
    for _ in range(_MOST_TRIALS):
        levelling = Levelling(gain, ceiling)
        after = _measure_encoded(ffmpeg, levelling.treat(stream, *samples), coding, target)
        found.append((levelling, after))
        excess, lacking = _peak(after) - HIGHEST_PEAK, level - _integrated(after)
        if excess <= 0 and (abs(lacking) <= _NEAR or gain >= most):
            break
        if excess > 0:
            ceiling = (HIGHEST_PEAK if ceiling is None else ceiling) - excess
        gain = min(gain + lacking / _slope(found), most)
    held = [each for each in found if _peak(each[1]) <= HIGHEST_PEAK] or found[-1:]
    levelling, after = min(held, key=lambda each: abs(level - _integrated(each[1])))
    return Levelled(before, levelling, after, level)


def _slope(found: list[tuple[Levelling, Loudness]]) -> float:
    """How many LU louder the last dB has made it."""
    if len(found) < 2:
        return _STEEPEST
    (earlier, before), (later, after) = found[-2:]
    gained = later.gain - earlier.gain
    slope = (_integrated(after) - _integrated(before)) / gained if gained else _STEEPEST
    return min(max(slope, _FLATTEST), _STEEPEST)


def _integrated(loudness: Loudness) -> float:
    return _UNHEARD if loudness.integrated is None else loudness.integrated


def _peak(loudness: Loudness) -> float:
    return -math.inf if loudness.peak is None else loudness.peak


def _measure_encoded(ffmpeg: Ffmpeg, stream: Any, coding: Coding, target: Path) -> Loudness:
    """How loud a stream is once it is encoded and decoded."""
    bits = {} if coding.bit_rate is None else {"audio_bitrate": coding.bit_rate}
    with part_of(target) as trial:
        output = graph.output(stream, url(trial), format="matroska", acodec=coding.encoder, **bits)
        done = run(command(ffmpeg, output))
        if done.status != 0:
            raise failure(target, done.status, done.words)
        return measure_loudness(ffmpeg, graph.input(url(trial))["a:0"])


def tell_loudness(loudness: Loudness, platform: str = "", plays_at: float | None = None) -> str:
    """How loud a sound is, in a line for a person.

    Args:
        platform: where it is played, as people call it.
        plays_at: the loudness that it turns down to, in LUFS.
    """
    if loudness.peak is None:
        return "sound: silent from its beginning to its end"
    peak = f"true peak {loudness.peak:+.1f} dBTP"
    if loudness.integrated is None:
        return f"sound: too quiet or too short to have a loudness, {peak}"
    line = f"sound: {loudness.integrated:.1f} LUFS, {peak}"
    return line if plays_at is None else f"{line}; above {plays_at:g} it is turned down by {platform}"


def tell_levelled(levelled: Levelled) -> str:
    """What became of a sound that was brought to a level, in a line for a person."""
    line, before, levelling = tell_loudness(levelled.after), levelled.before, levelled.levelling
    if levelling is None or before.integrated is None:
        return f"{line}: left as it is"
    was = f"it was {before.integrated:.1f}, true peak {_peak(before):+.1f}"
    how = f"{abs(levelling.gain):.1f} dB {'louder' if levelling.gain > 0 else 'quieter'}"
    held = "" if levelling.ceiling is None else ", its peaks held down"
    line = f"{line}; {was}; {how}{held}"
    if abs(_integrated(levelled.after) - levelled.wanted) > _NEAR + 0.05:
        return f"{line}: nearer to {levelled.wanted:g} it does not come"
    return line
