"""What formulas ask of a song: its signals, shaped by attack and release, and pulses on its beats and bars.

    bass(release=80)    band(60, 90)    drums.onset(attack=20)    beat(decay=0.2)    every_bar

A call of one meaning has one text, its name: numbers are written one way, defaults are left out, keywords
stand in the order of the alphabet. Music holds a signal by that name.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final, TypeAlias

from dreamzoom.errors import RecipeError, nearest
from dreamzoom.tracks.base import Clock, Curve
from dreamzoom.tracks.music import SIGNALS, number_at, time_of

BAND: Final = "band"
ONSET: Final = "onset"
PARTS: Final = ("harmonic", "percussive")
KINDS: Final = (*SIGNALS, BAND, *PARTS)
"""The signals that are heard of any sound."""

PULSES: Final[Mapping[str, str]] = {"beat": "beat", "bar": "bar", "every_bar": "bar"}
"""What pulses are called, and what each of them is a pulse on."""

ATTACK: Final = 0.0
RELEASE: Final = 150.0
"""Milliseconds, where a call does not say: it rises at once, and falls to 1/e (37 %) within the release."""

DECAY: Final = 0.2
"""Seconds within which a pulse falls to 1/e, where it is not said."""

MOST: Final = 32
"""Signals that a recipe may ask for, beside those every song has."""

_LONGEST: Final = 10_000  # milliseconds
_DECAYS: Final = (0.01, 60.0)  # seconds
LOWEST, HIGHEST = 20.0, 11_000.0
"""Hertz that bands lie between: what is above is not decoded."""

# A narrower band would ring for longer than a signal may be off.
_NARROWEST: Final = 10.0  # Hz
_CLOSEST: Final = 2 ** (1 / 12)  # a semitone
_IDENTIFIER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,39}")

Keywords: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, order=True)
class Signal:
    """What is heard of a sound, and how it is shaped; `name` is how music knows it.

    Attributes:
        source: the stem or series it is of; "" for the song itself.
        kind: one of `KINDS`; of a source that is no song, whatever it has.
        low, high: Hz, of a band alone.
        attack: milliseconds within which it comes to within 1/e of a value that lasts; 0: at once.
        release: milliseconds within which it falls to 1/e; 0: at once.
    """

    source: str
    kind: str
    low: float = 0.0
    high: float = 0.0
    attack: float = ATTACK
    release: float = RELEASE

    @property
    def unshaped(self) -> Signal:
        """The same with the usual attack and release."""
        return replace(self, attack=ATTACK, release=_usual_release(self.kind))

    @property
    def name(self) -> str:
        """The one text of this signal: `drums.band(60, 90, release=80)`."""
        numbers = [_text(self.low), _text(self.high)] if self.kind == BAND else []
        if self.attack != ATTACK:
            numbers.append(f"attack={_text(self.attack)}")
        if self.release != _usual_release(self.kind):
            numbers.append(f"release={_text(self.release)}")
        called = f"{self.source}.{self.kind}" if self.source else self.kind
        return f"{called}({', '.join(numbers)})" if numbers else called


@dataclass(frozen=True)
class BeatPulse:
    """1 on every beat or bar, falling to 1/e within `decay` seconds.

    The frame nearest to each of them has 1, so that every beat moves the picture alike; from there it is
    exp(-seconds / decay). It is 0 before the first one.
    """

    of: str
    decay: float = DECAY

    @property
    def name(self) -> str:
        """Its one text: `beat(decay=0.2)`."""
        return f"{self.of}(decay={_text(self.decay)})"

    def bind(self, clock: Clock) -> Curve:
        """Its value at each frame.

        Raises:
            RecipeError: there is no song, or it has no beats.
        """
        times = beat_times(self.of, clock, self.name)
        fps = clock.fps

        def value(frame: int) -> float:
            number = math.floor(number_at(float((frame + Fraction(1, 2)) / fps), times))
            if number < 0:
                return 0.0
            begun = math.floor(time_of(Fraction(number), times) * fps + Fraction(1, 2))
            return math.exp(-max(frame - begun, 0) / float(fps) / self.decay)

        return value


def beat_times(of: str, clock: Clock, what: str) -> Sequence[float]:
    """When the song's beats (or bars, by `of`) fall.

    Args:
        what: asks for them, as it was written.

    Raises:
        RecipeError: there is no song, or none is heard in it.
    """
    music = clock.require_music(what)
    times = music.beats if of == "beat" else music.bars
    if len(times) < 2:
        raise RecipeError(f"uses {what!r}, and no {of}s are heard in the song: give its music.tempo")
    return times


def is_source(name: str) -> bool:
    """Whether a file of `music` may be called so, as far as spelling goes."""
    return _IDENTIFIER.fullmatch(name) is not None


def read_signal(source: str, kind: str, numbers: Sequence[float], keywords: Keywords) -> Signal:
    """The signal of a call.

    Args:
        source: what stands before the dot, or "".
        kind: one of `KINDS`, unless there is a source.
        numbers: the arguments without a name.
        keywords: those with one.

    Raises:
        RecipeError: the arguments are others, or out of their limits.
    """
    low, high = _read_band(numbers) if kind == BAND else (0.0, 0.0)
    if unknown := next((name for name in keywords if name not in ("attack", "release")), None):
        known = nearest(unknown, ("attack", "release"))
        raise RecipeError(f"{kind} takes no {unknown}{known}")
    if numbers and kind != BAND:
        raise RecipeError(f"{kind} takes other arguments: write {usage(kind)}")
    attack = _read_time("attack", keywords.get("attack", ATTACK))
    release = _read_time("release", keywords.get("release", _usual_release(kind)))
    return Signal(source, kind, low, high, attack, release)


def read_pulse(name: str, numbers: Sequence[float], keywords: Keywords) -> BeatPulse:
    """The pulse of a call of one of `PULSES`.

    Raises:
        RecipeError: the arguments are others, or out of their limits.
    """
    if numbers or (set(keywords) != {"decay"} and (keywords or name == PULSES[name])):
        raise RecipeError(f"{name} takes other arguments: write {usage(name)}")
    decay = keywords.get("decay", DECAY)
    if not _DECAYS[0] <= decay <= _DECAYS[1]:
        raise RecipeError(f"decay is {decay:g}: must be {_DECAYS[0]:g} to {_DECAYS[1]:g} seconds")
    return BeatPulse(PULSES[name], decay)


def usage(name: str) -> str:
    """How a call is written."""
    if name in PULSES:
        return f"{name}(decay=0.2), in seconds"
    return f"{name}({'60, 90, ' if name == BAND else ''}attack=20, release=80), in ms"


def _read_band(numbers: Sequence[float]) -> tuple[float, float]:
    if len(numbers) != 2:
        raise RecipeError(f"{BAND} takes other arguments: write {BAND}(60, 90) in Hz")
    low, high = numbers
    if not LOWEST <= low < high <= HIGHEST:
        raise RecipeError(
            f"{BAND} is {low:g} to {high:g}: must be from low to high, within {LOWEST:g} to {HIGHEST:g} Hz"
        )
    least = max(low + _NARROWEST, low * _CLOSEST)
    if high < least:
        raise RecipeError(f"{BAND}({low:g}, {high:g}) is too narrow: it must reach to {math.ceil(least)} Hz")
    return low, high


def _read_time(name: str, milliseconds: float) -> float:
    if 0 < milliseconds < 1:
        raise RecipeError(f"{name} is {milliseconds:g}: write milliseconds, {name}={milliseconds * 1000:g}")
    if not 0 <= milliseconds <= _LONGEST:
        raise RecipeError(f"{name} is {milliseconds:g}: must be 0 to {_LONGEST} ms")
    return milliseconds


def _usual_release(kind: str) -> float:
    return RELEASE if kind in KINDS or kind.startswith("onset_") else 0.0  # a MIDI channel's onsets


def _text(number: float) -> str:
    return str(int(number)) if number == int(number) else repr(float(number))
