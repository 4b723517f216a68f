"""Shapes of pictures: how large they are made, and what of them a window of another shape has."""

from __future__ import annotations

from typing import Final, TypeAlias

from dreamzoom.errors import RequestError

FrameSides: TypeAlias = "tuple[int, int]"
"""Width and height: in pixels, or of a shape such as 4:5."""

PORTRAIT: Final = (1080, 1920)
"""The size of what phones show upright."""

SQUARE: Final = (1080, 1080)

_SHORT_SIDE: Final = 1080  # pixels, of other shapes
_LONGEST_SIDE: Final = 16384
_NEARLY: Final = 0.02  # of a shape
_ENLARGED: Final = 1.5  # times; less is not seen


def size_of_shape(width: int, height: int) -> FrameSides:
    """The size in pixels of pictures of a shape such as 4:5: the shorter side has 1080, the longer an even
    number.

    Raises:
        RequestError: the shape is none that a picture has.
    """
    if width < 1 or height < 1:
        raise RequestError(f"{width}:{height} is no shape of a picture; give one such as 4:5")
    longer = round(_SHORT_SIDE * max(width, height) / min(width, height) / 2) * 2
    if longer > _LONGEST_SIDE:
        raise RequestError(f"{width}:{height} is longer than any picture; give a shape such as 4:5")
    return (longer, _SHORT_SIDE) if width > height else (_SHORT_SIDE, longer)


def has_shape(size: FrameSides, shape: FrameSides) -> bool:
    """Whether pictures of a size have a shape: sides are whole, and often even."""
    return abs(size[0] * shape[1] - size[1] * shape[0]) <= _NEARLY * size[1] * shape[0]


def window_of(picture: FrameSides, size: FrameSides) -> tuple[float, float]:
    """Width and height of the largest window of `size`'s shape in a picture, in the picture's pixels."""
    times = min(picture[0] / size[0], picture[1] / size[1])
    return size[0] * times, size[1] * times


def enlargement_doubt(picture: FrameSides, size: FrameSides) -> str | None:
    """What a person should know where a window of a picture that is shown at `size` has far fewer pixels;
    None elsewhere.
    """
    width, height = window_of(picture, size)
    times = size[0] / width
    if times < _ENLARGED:
        return None
    shown, better = f"{size[0]}x{size[1]}", _size_to_make(size)
    return (
        f"{round(width)}x{round(height)} pixels of each frame are enlarged {times:.1f} times, to {shown}: "
        f"what is made in that shape is sharper (--size {better})"
    )


def _size_to_make(size: FrameSides) -> str:
    """A size of that shape that is rendered in reasonable time."""
    times = min(1.0, 720 / min(size))
    width, height = (round(side * times / 2) * 2 for side in size)
    return f"{width}x{height}"
