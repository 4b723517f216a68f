"""A film's frames: a clip at another speed, and motion blur.

The camera's motion is known exactly, so nothing is guessed. At a moment between two frames the picture is
both of them, moved to where the camera is by then and blended. With the shutter open, a frame is the mean of
the light that falls in meanwhile: the picture is sampled along the camera's path as often as its fastest
corner moves by a pixel.

The picture of the frame's own moment is blurred, and it alone. From frame to frame a dream also changes, and
that is no motion: a mean of the clip as it goes by would be softer even where nothing moves. Neighbours serve
where they alone know what was there: with the shutter open the camera looks a little beyond the picture's
border, and the frame before or after shows it. (A mirrored border in its place would bend what a fast pan
draws.) An exposure of more than a frame of the clip does see several dreams: each for the frame around its
own moment.

Only films are blurred. Stored frames, from which dreams go on, are as sharp as ever.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from dreamzoom.camera.lens import signed_distance
from dreamzoom.camera.resample import sample_views
from dreamzoom.camera.similarity import Similarity
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.footage.footage import Footage
from dreamzoom.footage.programme import DEEP_STEP
from dreamzoom.pictures.frames import Pixels, round_to_uint8, to_array

_FEWEST_SAMPLES: Final = 2  # of a picture that moves at all
_MOST_SAMPLES: Final = 128
_KNOTS: Final = 8  # between which a corner's path is straight and steady enough to be measured
_REACH: Final = 2  # pixels that the sampler's kernel reaches to each side
_SEAM_PX: Final = 1.0  # over how many pixels what one picture knows fades into what another does
_AT_ONCE: Final = 4  # samples that are taken together, on a core each; more are slower
_PIXELS_AT_ONCE: Final = 2**23  # at most, in some 20 bytes each
_HALF: Final = Fraction(1, 2)
_CLOSED: Final = Fraction(0)


def moments(frames: range, speed: Fraction) -> list[Fraction]:
    """Where on a clip each frame of a video at another speed lies, in frames of the clip.

    There are as many as the time takes, len(frames) / speed, rounded to a whole number; at least one. The
    last may lie after the last of `frames`, by less than a frame.

    Args:
        frames: of the clip, one after the other.
        speed: above 1 is faster.
    """
    count = max(1, round(len(frames) / speed))
    return [frames.start + number * speed for number in range(count)]


def retime(clip: ClipFolder, frames: range, speed: Fraction, shutter: Fraction = _CLOSED) -> Iterator[Pixels]:
    """The pictures (H, W, 3) of a clip at another speed: as many as `moments` tells.

    With a closed shutter, a moment on a frame is that frame to the byte. After the clip's last frame the
    camera goes on alone.

    Args:
        shutter: its angle in degrees, 0 to 360, which tells for how much of a frame of the video it is open.

    Raises:
        PictureError: a frame is missing or damaged.
    """
    return expose(clip, moments(frames, speed), shutter / 360 * speed)


def expose(clip: ClipFolder, moments: Iterable[Fraction], length: Fraction) -> Iterator[Pixels]:
    """The frames (H, W, 3) of a film, 8 bits; see `expose_deep` for more.

    Args:
        moments: the middle of each frame's exposure, as for `Footage.picture`; best in their order.
        length: how long the shutter is open, in frames of the clip; at 0 each frame is its moment's picture.

    Raises:
        PictureError: a frame of the clip is missing or damaged.
    """
    footage = Footage(clip)
    return (to_array(round_to_uint8(_expose(footage, moment, length))) for moment in moments)


def expose_deep(
    clip: ClipFolder, moments: Iterable[Fraction], length: Fraction
) -> Iterator[NDArray[np.uint16]]:
    """The same from deep frames (see `DeepFrames`), 0 to 65535: nothing is rounded to 8 bits on the way."""
    footage = Footage(clip, deep=True)
    for moment in moments:
        image = _expose(footage, moment, length).clamp(0, 255)
        yield to_array((image * DEEP_STEP).round_()).astype(np.uint16)


def _expose(footage: Footage, moment: Fraction, length: Fraction) -> Tensor:
    """A film's frame (3, H, W), 0 to 255; what was computed is floating point, and may overshoot."""
    if length == 0:
        return footage.picture(moment)
    parts = _parts(moment, length, footage)
    whole = sum((part.length for part in parts), Fraction(0))
    light = _light(footage, parts[0]).mul_(float(parts[0].length / whole))
    for part in parts[1:]:
        light.add_(_light(footage, part), alpha=float(part.length / whole))
    return linear_to_srgb(light)


@dataclass(frozen=True)
class _Part:
    """A part of an exposure, `since` one moment `until` another, that sees the picture of one `moment`."""

    moment: Fraction
    since: Fraction
    until: Fraction

    @property
    def length(self) -> Fraction:
        """How long it is, in frames of the clip."""
        return self.until - self.since

    def at(self, share: Fraction) -> Fraction:
        """The moment at a share of it: 0 is when it begins, 1 when it ends."""
        return self.since + share * self.length


def _parts(moment: Fraction, length: Fraction, footage: Footage) -> list[_Part]:
    """What an exposure sees: one picture, or each frame in its turn where it is longer than a frame."""
    since, until = moment - length / 2, moment + length / 2
    if length <= 1:
        return [_Part(moment, since, until)]
    reached = range(math.floor(since + _HALF), math.ceil(until - _HALF) + 1)
    frames = [frame for frame in reached if footage.has(frame)]
    return [_Part(Fraction(frame), max(since, frame - _HALF), min(until, frame + _HALF)) for frame in frames]


def _light(footage: Footage, part: _Part) -> Tensor:
    """The mean light of a part, (3, H, W)."""
    picture = srgb_to_linear(footage.picture(part.moment).float())
    count = _samples(footage, part)
    if count == 0:
        return picture
    moments = (part.at((number + _HALF) / count) for number in range(count))
    sources = [footage.travel(moment, part.moment) for moment in moments]
    margin = _margin(sources, footage.size)
    scene = _scene(footage, part.moment, picture, margin)
    mean = _mean([source.then(_inwards(margin)) for source in sources], scene, footage.size)
    return footage.lens(part.moment).fold(mean)


def _samples(footage: Footage, part: _Part) -> int:
    """How often a part is sampled: once for each pixel at the greatest speed, 0 where nothing moves."""
    path = [footage.travel(part.moment, part.at(Fraction(knot, _KNOTS))) for knot in range(_KNOTS + 1)]
    fastest = max(
        abs(later(corner) - earlier(corner))
        for corner in _corners(footage.size)
        for earlier, later in pairwise(path)
    )
    return min(max(math.ceil(fastest * _KNOTS), _FEWEST_SAMPLES), _MOST_SAMPLES) if fastest else 0


def _corners(size: tuple[int, int]) -> list[complex]:
    right, foot = size[0] - 1, size[1] - 1
    return [0j, complex(right, 0), complex(0, foot), complex(right, foot)]


def _margin(sources: list[Similarity], size: tuple[int, int]) -> int:
    """How far beyond the border of a picture its views reach, in whole pixels."""
    seen = [source(corner) for source in sources for corner in _corners(size)]
    across = max(max(-point.real, point.real - (size[0] - 1)) for point in seen)
    down = max(max(-point.imag, point.imag - (size[1] - 1)) for point in seen)
    return math.ceil(max(across, down, 0)) + _REACH


def _inwards(margin: int) -> Similarity:
    """From a picture's pixels to those of a scene, which is wider by a margin on each side."""
    return Similarity(offset=complex(margin, margin))


def _scene(footage: Footage, moment: Fraction, picture: Tensor, margin: int) -> Tensor:
    """The light of a moment's picture, and of what its neighbours know in a `margin` of pixels around it."""
    mirrors = footage.lens(moment).mirrors
    scene, known = _place(picture, Similarity(), margin, mirrors)
    for frame in (math.ceil(moment) - 1, math.floor(moment) + 1):
        if footage.has(frame):
            neighbour = srgb_to_linear(footage.frame(frame).float())
            there, reach = _place(neighbour, footage.travel(Fraction(frame), moment), margin, mirrors)
            scene = scene + (1 - known) * reach * (there - scene)
            known = known.maximum(reach)
    return scene


def _place(picture: Tensor, motion: Similarity, margin: int, mirrors: int) -> tuple[Tensor, Tensor]:
    """A picture moved to its place in a scene, and its reach (h, w): 1 inside, 0 some pixels beyond."""
    height, width = picture.shape[-2:]
    source = _inwards(margin).inverse().then(motion.inverse())
    placed = sample_views(picture, [source], (width + 2 * margin, height + 2 * margin))[0]
    inside = signed_distance(placed, source, (width, height), mirrors)
    return placed, (1 + inside / _SEAM_PX).clamp(0, 1)


def _mean(sources: list[Similarity], scene: Tensor, size: tuple[int, int]) -> Tensor:
    """The mean of a scene's views, (3, H, W)."""
    total = scene.new_zeros(scene.shape[0], size[1], size[0])
    batch = max(1, min(_AT_ONCE, _PIXELS_AT_ONCE // (size[0] * size[1])))
    for start in range(0, len(sources), batch):
        total += sample_views(scene, sources[start : start + batch], size, "border").sum(0)
    return total / len(sources)


def srgb_to_linear(pixels: Tensor) -> Tensor:
    """The light of pixels, which is what averages as a shutter does: sRGB's curve, IEC 61966-2-1.

    Args:
        pixels: of any shape and type, 0 to 255; what lies beyond is taken for the nearer end.

    Returns:
        Floating point of the same shape, 0 for black to 1 for white.
    """
    value = pixels.clamp(0, 255) / 255
    return ((value + 0.055) / 1.055).pow(2.4).where(value > 0.04045, value / 12.92)


def linear_to_srgb(light: Tensor) -> Tensor:
    """The pixels of light, 0 to 255, floating point.

    `linear_to_srgb(srgb_to_linear(pixels))`, rounded, are the same pixels.

    Args:
        light: floating point, of any shape; what lies beyond 0 to 1 is taken for the nearer end.
    """
    light = light.clamp(0, 1)
    value = (1.055 * light.pow(1 / 2.4) - 0.055).where(light > 0.0031308, 12.92 * light)
    return 255 * value
