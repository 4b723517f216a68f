"""From a sound file to all that is measured of it, read once, section by section."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np

from dreamzoom.audio.decode import LEAD, decode_sections
from dreamzoom.audio.features import (
    ALL,
    BASS,
    ENVELOPES_PER_SECOND,
    HIGHS,
    MIDS,
    NO_ONSETS,
    ONSETS_PER_SECOND,
    Band,
    FloatArray,
    Onsets,
    band_between,
    envelope,
    join_onsets,
    onsets,
    spectrum,
)
from dreamzoom.audio.separation import separate
from dreamzoom.audio.texture import NO_TEXTURE, TEXTURES_PER_SECOND, Texture, join_textures, texture
from dreamzoom.tracks.signals import BAND, ONSET, PARTS, Signal
from dreamzoom.video.sound import Sound

_BANDS = {"bass": BASS, "mids": MIDS, "highs": HIGHS}


@dataclass(frozen=True)
class SongFeatures:
    """What is measured of a sound.

    Attributes:
        whole: the envelope of all frequencies, as heard.
        parts: those of its bands and parts, by the signal that goes by them, unshaped.
        onsets: empty where nothing goes by them.
        texture: likewise.
    """

    whole: FloatArray
    parts: Mapping[Signal, FloatArray]
    onsets: Onsets
    texture: Texture


def extract_features(
    sound: Sound,
    wanted: Collection[Signal],
    *,
    with_texture: bool = False,
    on_section: Callable[[], object] = lambda: None,
) -> SongFeatures:
    """Measure what the wanted signals go by.

    Args:
        on_section: called after each section, of which there are `decode.sections_of`.

    Raises:
        VideoError: there is no ffmpeg, or it failed.
    """
    bands = {signal.unshaped: _band(signal) for signal in wanted if signal.kind in (*_BANDS, BAND)}
    kinds = {signal.kind for signal in wanted}
    parts: dict[Signal | str, list[FloatArray]] = defaultdict(list)
    hits: list[Onsets] = []
    textures: list[Texture] = []
    for section in decode_sections(sound):
        waves = spectrum(section)
        parts[""].append(envelope(waves, ALL, as_heard=True))
        for signal, band in bands.items():
            parts[signal].append(envelope(waves, band))
        if not kinds.isdisjoint(PARTS):
            for kind, part in zip(PARTS, separate(section), strict=True):
                parts[Signal("", kind)].append(envelope(spectrum(part), ALL, as_heard=True))
        if ONSET in kinds:
            hits.append(onsets(section))
        if with_texture:
            textures.append(texture(section))
        on_section()
    first, count = _stretch(sound, ENVELOPES_PER_SECOND)
    joined = {signal: np.concatenate(part)[first : first + count] for signal, part in parts.items()}
    return SongFeatures(
        whole=joined.pop(""),
        parts={signal: part for signal, part in joined.items() if isinstance(signal, Signal)},
        onsets=join_onsets(hits, *_stretch(sound, ONSETS_PER_SECOND)) if hits else NO_ONSETS,
        texture=join_textures(textures, *_stretch(sound, TEXTURES_PER_SECOND)) if textures else NO_TEXTURE,
    )


def _band(signal: Signal) -> Band:
    return band_between(signal.low, signal.high) if signal.kind == BAND else _BANDS[signal.kind]


def _stretch(sound: Sound, rate: int) -> tuple[int, int]:
    """The first value of the song itself, and how many it has, at so many a second."""
    return LEAD * rate, int(float(sound.duration) * rate) + 1
