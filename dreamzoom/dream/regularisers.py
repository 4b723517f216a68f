"""What holds an image back: terms whose gradient is taken from that of the goals.

Each is measured pixel by pixel in grey levels, so that a strength means the same at every size and on every
layer: the goals' gradient is brought to a mean size of 1 first.
"""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from dreamzoom.engines.torch.threads import mean_size, power_of, sum_of_all

_EVEN = 1.0  # grey levels: a slope below it counts as none
GREY = 127.5
"""The middle of the range of values, to which a picture may be pulled."""
REACH = 64.0
"""Grey levels; a value that far away is pulled with just the strength."""


@dataclass(frozen=True)
class Regularisers:
    """How strongly an image is held back, in mean sizes of the goals' gradient; 0 is not at all.

    Attributes:
        variation: the strength of total variation, which evens out grain.
        variation_power: the power of the slope; at 1 edges stay.
        pull: the strength of the pull of a value that is `REACH` grey levels from where it is pulled to.
        pull_to: "before", the picture before the dream, or "grey", the middle of the range.
        pull_power: the power of the distance that is made small; the higher, the more it is a wall.
    """

    variation: float = 0.0
    variation_power: float = 1.0
    pull: float = 0.0
    pull_to: str = "before"
    pull_power: float = 2.0

    @property
    def needs_base(self) -> bool:
        """Whether the picture before the dream counts."""
        return self.pull > 0 and self.pull_to == "before"


def restrain(gradient: Tensor, image: Tensor, before: Tensor, regularisers: Regularisers) -> Tensor:
    """The goals' gradient at an image (3, H, W) less that of what holds it back; without any, as it is.

    Args:
        before: the picture before the dream.
    """
    if regularisers.variation == 0 and regularisers.pull == 0:
        return gradient
    gradient = gradient / mean_size(gradient).clamp_min(1e-30)
    if regularisers.variation > 0:
        gradient.sub_(total_variation(image, regularisers.variation_power)[1], alpha=regularisers.variation)
    if regularisers.pull > 0:
        away = image - before if regularisers.pull_to == "before" else image - GREY
        gradient.sub_(power_norm(away, regularisers.pull_power)[1], alpha=regularisers.pull)
    return gradient


def total_variation(image: Tensor, power: float = 1.0) -> tuple[Tensor, Tensor]:
    """The slope's length, (l / R)^power times R / power with R = `REACH`, over all pixels, and its gradient.

    Rudin, Osher & Fatemi 1992, as Mahendran & Vedaldi (CVPR 2015) and jcjohnson/cnn-vis hold pictures back
    with it, whose power is 2: steep slopes are pulled at most, and edges go with the grain. At 1 all slopes
    are pulled alike, and edges stay. Below one grey level the length is rounded off to a parabola. A dream
    shifts its picture round: so does this.

    Args:
        image: (C, H, W).
        power: 1 or more.
    """
    across, down = image.roll(-1, 2) - image, image.roll(-1, 1) - image
    length = across.square().addcmul_(down, down).add_(_EVEN**2).sqrt_()
    value = sum_of_all(power_of(length / REACH, power)) * (REACH / power)
    strength = power_of(length.div_(REACH), power - 2).div_(REACH)
    across.mul_(strength)
    down.mul_(strength)
    gradient = across.roll(1, 2).sub_(across).add_(down.roll(1, 1)).sub_(down)
    return value, gradient


def power_norm(away: Tensor, power: float) -> tuple[Tensor, Tensor]:
    """Sum of |d / R|^p times R / p, with R = `REACH`, and its gradient sign(d) |d / R|^(p - 1).

    The p-norm of Simonyan et al. 2014 (p = 2), Mahendran & Vedaldi 2015 and jcjohnson/cnn-vis (p = 6). Where
    a value is `REACH` grey levels away the gradient is 1, whatever the power.

    Args:
        away: how far each value is from where it is pulled to, in grey levels.
        power: 1 or more.
    """
    far = away / REACH
    pull = power_of(far.abs(), power - 1)
    value = sum_of_all((pull * far).abs_()) * (REACH / power)
    return value, pull.mul_(far.sign_())
