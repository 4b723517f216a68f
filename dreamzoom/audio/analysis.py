"""Hearing a song: its beats, its bars, its sections and its signals."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Final

import numpy as np

from dreamzoom.audio.beats import find_pulse
from dreamzoom.audio.extraction import SongFeatures, extract_features
from dreamzoom.audio.features import ENVELOPES_PER_SECOND
from dreamzoom.audio.sections import find_sections
from dreamzoom.audio.signals import shape_signals
from dreamzoom.errors import SoundError
from dreamzoom.tracks.music import SIGNALS, STEPS, Music, levels
from dreamzoom.tracks.signals import Signal
from dreamzoom.video.sound import Sound

LONGEST: Final = 4 * 3600
"""Seconds of the longest song that is heard."""

_MOST_VALUES = 36 * 360_000  # of all signals together: a file of 64 MB
_USUAL = tuple(Signal("", name) for name in SIGNALS)


def hear(
    sound: Sound,
    tempo: float = 0.0,
    beats_per_bar: int = 0,
    wanted: Iterable[Signal] = (),
    on_section: Callable[[], object] = lambda: None,
) -> Music:
    """Hear a song: its beats and bars, its sections, and its signals, 100 values a second up to its end.

    The same file gives the same numbers, which are rounded to 4 digits. A song without a pulse has no beats
    and no bars; a silent one has signals that are 0. Memory: 0.15 GB, and 0.12 GB for every hour of song,
    with 0.01 GB for every signal that is wanted.

    Args:
        tempo: beats per minute that beats are near to, from 48 to 215; 0 finds it.
        beats_per_bar: 1 to 64; 0 finds 3 or 4.
        wanted: signals of the song itself, beside those that every song has.
        on_section: called after each section, of which there are `decode.sections_of`.

    Raises:
        SoundError: the song is longer than `LONGEST`, or too long for so many signals.
        VideoError: there is no ffmpeg, or it failed.
    """
    signals = tuple(dict.fromkeys([*_USUAL, *wanted]))
    _require_bearable(sound, signals)
    features = extract_features(sound, signals, with_texture=True, on_section=on_section)
    pulse = find_pulse(features.onsets, features.texture, tempo, beats_per_bar)
    return Music(
        beats=pulse.beats,
        bars=pulse.bars,
        rate=float(ENVELOPES_PER_SECOND),
        signals=_shape(features, signals),
        sections=find_sections(features.texture, pulse.bars, float(sound.duration)),
        clarity=round(pulse.clarity * STEPS) / STEPS,
    )


def hear_signals(sound: Sound, wanted: Collection[Signal]) -> dict[str, tuple[float, ...]]:
    """Signals of a sound by name, as `hear` gives them, and nothing else of it.

    Args:
        wanted: of the sound itself.

    Raises:
        SoundError, VideoError: as `hear`.
    """
    _require_bearable(sound, wanted)
    return _shape(extract_features(sound, wanted), wanted)


def _require_bearable(sound: Sound, wanted: Collection[Signal]) -> None:
    if sound.duration > LONGEST:
        raise SoundError(f"{sound.path}: is longer than {LONGEST / 3600:g} hours; cut it into several songs")
    if sound.duration * ENVELOPES_PER_SECOND * len(wanted) > _MOST_VALUES:
        most = int(_MOST_VALUES / (sound.duration * ENVELOPES_PER_SECOND)) - len(SIGNALS)
        raise SoundError(
            f"{sound.path}: is too long for so many signals: ask for {most} at most beside "
            f"{', '.join(SIGNALS)}, or cut the song"
        )


def _shape(features: SongFeatures, wanted: Collection[Signal]) -> dict[str, tuple[float, ...]]:
    signals = shape_signals(features.whole, features.parts, features.onsets, wanted)
    return {name: levels(np.rint(values * STEPS).astype(int).tolist()) for name, values in signals.items()}
