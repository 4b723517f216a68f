"""Every stream of random numbers: a function of its key, never of what was drawn before.

All come from Philox, a counter-based generator (Salmon et al. 2011), so they are the same on every machine,
and a frame that is rendered after a resume draws what it would have drawn in an uninterrupted run.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_GUARD = 0x6775617264  # "guard" in ASCII; it and the next set their draws apart from those of the frames
_WANDER = 0x77616E646572  # "wander"
_TILES = 0x74696C6573  # "tiles"
_OCTAVES_PER_PATTERN = 64


def frame_generator(seed: int, frame: int) -> np.random.Generator:
    """What the dream of a frame draws from."""
    return _philox((seed, frame))


def picture_generator(seed: int, pattern: int, octave: int = 0) -> np.random.Generator:
    """What a pattern of a generated picture draws from, for each of its up to 64 octaves."""
    return _philox((seed, pattern * _OCTAVES_PER_PATTERN + octave))


def guard_generator(seed: int, time: int) -> np.random.Generator:
    """What the guard's noise draws from at a whole time."""
    return _philox((seed ^ _GUARD, time))


def tile_generator(seed: int, frame: int) -> np.random.Generator:
    """What the places of a frame's shifted tiles are drawn from."""
    return _philox((seed ^ _TILES, frame))


def wander_generator(seed: int, lap: int) -> np.random.Generator:
    """What the order of the channels in one lap of a wander is drawn from."""
    return _philox((seed, _WANDER), counter=(0, 0, 0, lap % 2**64))


def _philox(key: tuple[int, int], counter: Sequence[int] = (0, 0, 0, 0)) -> np.random.Generator:
    numbers = np.array(key, dtype=np.uint64), np.array(counter, dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=numbers[0], counter=numbers[1]))
