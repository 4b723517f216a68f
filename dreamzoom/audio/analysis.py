"""Hearing a song: its beats, its bars, its sections and its signals."""

from __future__ import annotations

from typing import Final

import numpy as np

from dreamzoom.audio.beats import find_bars, find_beats
from dreamzoom.audio.decode import LEAD, decode_sections
from dreamzoom.audio.features import (
    ALL,
    BASS,
    ENVELOPES_PER_SECOND,
    HIGHS,
    MIDS,
    ONSETS_PER_SECOND,
    FloatArray,
    Onsets,
    envelope,
    join_onsets,
    onsets,
    spectrum,
)
from dreamzoom.audio.sections import find_sections
from dreamzoom.audio.signals import make_signals
from dreamzoom.audio.texture import TEXTURES_PER_SECOND, Texture, join_textures, texture
from dreamzoom.errors import SoundError
from dreamzoom.tracks.music import SIGNALS, STEPS, Music, levels
from dreamzoom.video.sound import Sound

LONGEST: Final = 4 * 3600
"""Seconds of the longest song that is heard."""

_BANDS = {"bass": BASS, "mids": MIDS, "highs": HIGHS}


def hear(sound: Sound, tempo: float = 0.0, beats_per_bar: int = 4) -> Music:
    """Hear a song: its beats and bars, its sections, and its signals, 100 values a second up to its end.

    The same file gives the same numbers, which are rounded to 4 digits. A song without a pulse has no beats
    and no bars; a silent one has signals that are 0. Memory: 0.14 GB, and 0.06 GB for every hour of song.

    Args:
        tempo: beats per minute that beats are near to, from 48 to 215; 0 finds it.
        beats_per_bar: 1 to 64.

    Raises:
        SoundError: the song is longer than `LONGEST`.
        VideoError: there is no ffmpeg, or it failed.
    """
    if sound.duration > LONGEST:
        raise SoundError(f"{sound.path}: is longer than {LONGEST / 3600:g} hours; cut it into several songs")
    bands, heard, textures = _extract_features(sound)
    beats = tuple(round(time * STEPS) / STEPS for time in find_beats(heard, tempo))
    signals = make_signals(bands.pop("whole"), bands, heard)
    bars = find_bars(heard, beats, beats_per_bar)
    return Music(
        beats=beats,
        bars=bars,
        rate=float(ENVELOPES_PER_SECOND),
        signals={name: levels(np.rint(signals[name] * STEPS).astype(int).tolist()) for name in SIGNALS},
        sections=find_sections(textures, bars, float(sound.duration)),
    )


def _extract_features(sound: Sound) -> tuple[dict[str, FloatArray], Onsets, Texture]:
    """The envelopes of the song and of its bands, by name ("whole" for all of it), its onsets and texture."""
    parts: dict[str, list[FloatArray]] = {name: [] for name in ("whole", *_BANDS)}
    hits: list[Onsets] = []
    textures: list[Texture] = []
    for section in decode_sections(sound):
        waves = spectrum(section)
        parts["whole"].append(envelope(waves, ALL, as_heard=True))
        for name, band in _BANDS.items():
            parts[name].append(envelope(waves, band))
        hits.append(onsets(section))
        textures.append(texture(section))
    duration = float(sound.duration)
    start, count = LEAD * ENVELOPES_PER_SECOND, int(duration * ENVELOPES_PER_SECOND) + 1
    bands = {name: np.concatenate(part)[start : start + count] for name, part in parts.items()}
    start, count = LEAD * ONSETS_PER_SECOND, int(duration * ONSETS_PER_SECOND) + 1
    heard = join_onsets(hits, start, count)
    start, count = LEAD * TEXTURES_PER_SECOND, int(duration * TEXTURES_PER_SECOND) + 1
    return bands, heard, join_textures(textures, start, count)
