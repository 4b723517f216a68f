"""Beats at a given pace: librosa's tracker, and the only place that knows librosa.

It is loaded when a song is heard, and takes 3 s to load; the first time on a machine it is compiled, which
takes 30 s.
"""

from __future__ import annotations

from types import ModuleType

import numpy as np
from numpy.typing import NDArray

from dreamzoom.errors import RequestError
from dreamzoom.music.tempo import PER_SECOND

Values = NDArray[np.float64]

# How dear it is to leave the pace for an onset (librosa's own choice).
_TIGHTNESS = 100.0


def require_tracker() -> ModuleType:
    """librosa's module of trackers.

    Raises:
        RequestError: librosa is not installed, or has no folder to be compiled into.
    """
    try:
        from librosa import beat
    except ImportError as error:
        raise RequestError(
            f"hearing beats in music needs librosa ({error}): pip install 'dreamzoom[music]'"
        ) from error
    except RuntimeError as error:  # Numba's, where neither its own folder nor the user's can be written
        raise RequestError(
            f"librosa cannot be compiled ({error}): set NUMBA_CACHE_DIR to a folder that can be written"
        ) from error
    module: ModuleType = beat
    return module


def track(rhythm: Values, tempos: Values) -> NDArray[np.intp]:
    """Which of a rhythm's values beats fall on, ascending.

    D. Ellis, "Beat Tracking by Dynamic Programming", 2007.

    Args:
        rhythm: how strongly something begins, `PER_SECOND` values a second.
        tempos: beats per minute at every one of them.
    """
    if not rhythm.any():
        return np.zeros(0, np.intp)
    _, beats = require_tracker().beat_track(
        onset_envelope=rhythm, sr=PER_SECOND, hop_length=1, bpm=tempos, tightness=_TIGHTNESS, trim=False
    )
    found: NDArray[np.intp] = np.asarray(beats, np.intp)
    return found
