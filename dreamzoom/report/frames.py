"""What a clip's frames are like, measured one by one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from dreamzoom.camera.lens import Lens
from dreamzoom.camera.path import motion_between
from dreamzoom.camera.similarity import Similarity
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.errors import PictureError
from dreamzoom.pictures.frames import Pixels, read_frame, to_tensor
from dreamzoom.pictures.thumbnails import Thumbnail, correlation, thumbnail
from dreamzoom.report.colour import colourfulness, effective_hues

MOST_MEASURED: Final = 600
REPEAT_FRAMES: Final = 20
"""How many frames apart two thumbnails are when a clip is asked whether it repeats itself."""

_MOST_PIXELS: Final = 250_000_000  # of all frames that are measured: about a minute's work on one core
_PLAIN: Final = Lens()


@dataclass(frozen=True)
class Measurement:
    """One frame's figures. None: there is nothing to compare with.

    Attributes:
        frame: its number.
        brightness: the mean of all values, grey levels.
        contrast: see `contrast`.
        clipped: see `clipped_share`.
        colour, hues: see `colourfulness` and `effective_hues`.
        flicker: see `flicker`; from the frame before, by the camera of the frame's own take.
        likeness: correlation of its thumbnail with that of the frame `REPEAT_FRAMES` before it.
    """

    frame: int
    brightness: float
    contrast: float | None
    clipped: float
    colour: float
    hues: float
    flicker: float | None
    likeness: float | None


def contrast(frame: Pixels, start: Pixels) -> float | None:
    """The standard deviation of a frame's values (H, W, 3), as a multiple of the start image's.

    None where the start image is flat.
    """
    then = float(start.std())
    return float(frame.std()) / then if then else None


def clipped_share(frame: Pixels) -> float:
    """The share of a frame's values (H, W, 3) that are 0 or 255, 0 to 1."""
    return float(((frame == 0) | (frame == 255)).mean())


def flicker(before: Pixels, after: Pixels, motion: Similarity, lens: Lens = _PLAIN) -> float:
    """The mean absolute difference of a frame from its predecessor as the camera moved it, grey levels.

    Args:
        before, after: neighbouring frames, (H, W, 3).
        motion: where the camera moved the picture between them.
        lens: what the camera showed of it then.
    """
    moved = lens.move(to_tensor(before).float(), motion).clamp(0, 255)
    return float((to_tensor(after).float() - moved).abs().mean())


def pick_evenly(items: Sequence[int], most: int) -> list[int]:
    """At most so many of the items, as evenly spread as can be; the first and the last among them."""
    if len(items) <= most:
        return list(items)
    if most == 1:
        return [items[0]]
    return [items[round(place * (len(items) - 1) / (most - 1))] for place in range(most)]


def most_measured(clip: ClipFolder) -> int:
    """How many frames of a clip are measured at most: fewer where they are large."""
    size = clip.recipe.clip.size
    return max(2, min(MOST_MEASURED, _MOST_PIXELS // (size.width * size.height)))


def read_whole_frame(clip: ClipFolder, frame: int) -> Pixels:
    """A frame's pixels, (H, W, 3).

    Raises:
        PictureError: it is missing, damaged or of another size than the clip's.
    """
    pixels = read_frame(clip.frame_path(frame))
    height, width = pixels.shape[:2]
    size = clip.recipe.clip.size
    if (width, height) != (size.width, size.height):
        raise PictureError(f"{width}x{height} instead of {size}")
    return pixels


def measure_frames(
    clip: ClipFolder, frames: Iterable[int], start: Pixels | None, on_frame: Callable[[], None]
) -> Iterator[Measurement]:
    """Each frame's figures, in order; frames that cannot be read are left out.

    Args:
        start: the start image, (H, W, 3); None where it cannot be read.
        on_frame: called after each frame.
    """
    reader = _Reader(clip)
    for frame in frames:
        pixels = reader.pixels(frame)
        if pixels is not None:
            yield Measurement(
                frame=frame,
                brightness=float(pixels.mean()),
                contrast=None if start is None else contrast(pixels, start),
                clipped=clipped_share(pixels),
                colour=colourfulness(pixels),
                hues=effective_hues(pixels),
                flicker=_flicker(reader, frame, pixels),
                likeness=_likeness(reader, frame),
            )
        on_frame()


class _Reader:
    """Reads frames; the latest ones, and the thumbnails of those that are soon asked for, are kept."""

    def __init__(self, clip: ClipFolder) -> None:
        self.clip = clip
        self.aims = clip.journal().aims()
        self.pixels = lru_cache(maxsize=2)(self._pixels)
        self.thumbnail = lru_cache(maxsize=REPEAT_FRAMES + 1)(self._thumbnail)

    def _pixels(self, frame: int) -> Pixels | None:
        try:
            return None if frame < 0 else read_whole_frame(self.clip, frame)
        except PictureError:
            return None

    def _thumbnail(self, frame: int) -> Thumbnail | None:
        pixels = self.pixels(frame)
        return None if pixels is None else thumbnail(pixels)


def _flicker(reader: _Reader, frame: int, pixels: Pixels) -> float | None:
    recipe = reader.clip.take_of(frame).recipe  # the motion into a frame is its own take's
    is_round = frame == 0 and recipe.loop.is_endless  # whose last frame leads into the first
    before = reader.pixels(recipe.clip.frames - 1 if is_round else frame - 1)
    if before is None:
        return None
    motion = motion_between(recipe, frame - 1, frame, reader.aims)
    return flicker(before, pixels, motion, Lens(mirrors=recipe.camera.mirrors))


def _likeness(reader: _Reader, frame: int) -> float | None:
    now, then = reader.thumbnail(frame), reader.thumbnail(frame - REPEAT_FRAMES)
    return None if now is None or then is None else correlation(now, then)
