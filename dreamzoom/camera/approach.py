"""A picture that the camera comes to: as it looks from where the camera is, long before it fills the frame.

The camera's motion up to the moment of arrival is known. So a picture that is to fill the frame then is
seen before that as that motion undone shows it: small and far ahead where the camera falls towards it, too
large for the frame where it draws back from it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from dreamzoom.camera.lens import Lens
from dreamzoom.camera.resample import sample_views
from dreamzoom.camera.similarity import Similarity

_INSIDE, _OUTSIDE = 0.6, 1.2  # half sides from the middle: where a far picture begins to fade, and has faded
_CORNER: Final = math.sqrt(2)  # half sides: how far a corner is from the middle
_MIDDLE: Final = 1e-12  # half sides squared: nearer to the middle nothing changes
_NEAR: Final = 1.7  # times: how much smaller than the frame a picture is from when on its border fills up
_FLAT: Final = 1e-6  # of a picture's pixel that a pixel of the view shows: there is no less
_SOFTENS: Final = 0.08  # half sides beyond the border, over which a view turns soft
_SOFT: Final = 4  # times halved: how soft
_SMALLEST = 4  # pixels: the shorter side of a picture that is not halved any more


@dataclass(frozen=True, eq=False)
class Approach:
    """A picture (3, H, W), 0 to 255, floating point, that the camera comes to."""

    picture: Tensor

    def is_in_sight(self, way: Similarity) -> bool:
        """Whether it is as large as a pixel. Arguments as of `seen`."""
        return abs(way.factor) < max(self.picture.shape[-2:])

    def seen(self, way: Similarity, lens: Lens) -> Tensor:
        """The picture from a part of the way before it fills the frame.

        Beyond its border it is mirrored, and so soft that nobody sees that.

        Args:
            way: the camera's motion that is left; after the arrival, the inverse of that since.

        Returns:
            The view (3, H, W), 0 to 255; the picture itself where there is no way left.
        """
        if way == Similarity():
            return self.picture
        if abs(way.factor) < _FLAT:  # one colour, which no inverse is needed for
            height, width = self.picture.shape[-2:]
            middle = complex(width - 1, height - 1) / 2
            way = Similarity(complex(_FLAT), way(middle) - _FLAT * middle)
        finer = math.log2(max(1.0, abs(way.factor)))
        level = min(int(finer), len(self._halved) - 1)
        view = self._at(level, way, lens)
        share = min(finer - level, 1.0)
        if share > 0 and level + 1 < len(self._halved):
            view = view.lerp(self._at(level + 1, way, lens), share)
        across, down = self._places(way)
        beyond = ((across.abs().maximum(down.abs()) - 1) / _SOFTENS).clamp(0, 1)
        if bool(beyond.any()):
            soft = self._at(min(level + _SOFT, len(self._halved) - 1), way, lens)
            view = view.lerp(soft, beyond)
        return view.clamp(0, 255)

    def cover(self, way: Similarity, left: float) -> Tensor:
        """How much of a view the picture has, 0 to 1, (1, H, W): fading out about its border while it is far
        ahead, and all of the frame at the end.

        Args:
            way: the camera's motion that is left, which tells what of the picture each pixel shows.
            left: how many times larger the picture has still to grow, at the moment that is asked for.
        """
        across, down = self._places(way)
        distance = (across.square() + down.square()).clamp_min(_MIDDLE).log() / 2  # its logarithm, half sides
        near = 1 - _smooth(min(math.log(max(left, 1.0)) / math.log(_NEAR), 1.0))
        ends = math.log(_OUTSIDE) + near * (math.log(_CORNER) - math.log(_INSIDE))
        share = ((ends - distance) / math.log(_OUTSIDE / _INSIDE)).clamp(0, 1)
        return (share * share * (3 - 2 * share))[None]

    def _places(self, way: Similarity) -> tuple[Tensor, Tensor]:
        """How far across and down the picture each pixel of a view shows, from its middle, in half sides."""
        height, width = self.picture.shape[-2:]
        x = torch.arange(width, device=self.picture.device, dtype=torch.float32)
        y = torch.arange(height, device=self.picture.device, dtype=torch.float32)[:, None]
        turn, middle = way.factor, way.offset - complex(width - 1, height - 1) / 2
        across = (turn.real * x - turn.imag * y + middle.real) / (width / 2)
        down = (turn.imag * x + turn.real * y + middle.imag) / (height / 2)
        return across, down

    def _at(self, level: int, way: Similarity, lens: Lens) -> Tensor:
        """A view of the picture that was halved so often."""
        if level == 0:
            return lens.warp(self.picture, way.inverse())
        smaller = 0.5**level  # the middle of pixel 0 moves
        source = way.then(Similarity(complex(smaller), complex(1, 1) * (smaller - 1) / 2))
        height, width = self.picture.shape[-2:]
        return sample_views(self._halved[level], [source], (width, height))[0]

    @cached_property
    def _halved(self) -> list[Tensor]:
        """The picture, halved, halved again and on: so that nothing flickers of one that is far ahead."""
        levels = [self.picture]
        while min(levels[-1].shape[-2:]) >= 2 * _SMALLEST:
            levels.append(avg_pool2d(levels[-1][None], 2, ceil_mode=True)[0])
        return levels


def _smooth(share: float) -> float:
    return share * share * (3 - 2 * share)
