"""How an image moves along its gradient: the ascent rules, and what they remember from step to step.

A rule's memory lasts an octave: the next one has another size. It is shifted with the image, so that what
was learned of a pixel stays with it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from torch import Tensor

from dreamzoom.engines.torch.threads import mean_size

_NOTHING = 1e-30


@dataclass(frozen=True)
class Memory:
    """What a rule keeps over the steps of an octave.

    Attributes:
        fields: running means, each (3, H, W), shifted as the image is.
        steps: how many steps there were.
    """

    fields: tuple[Tensor, ...] = ()
    steps: int = 0

    def rolled(self, shift: tuple[int, int]) -> Memory:
        """The memory of the image that was shifted by so many pixels down and right."""
        return replace(self, fields=tuple(each.roll(shift, (1, 2)) for each in self.fields))


class Rule(Protocol):
    """From an image and its gradient to the next image, which is not yet clipped."""

    def begin(self, image: Tensor) -> Memory:
        """The memory at an octave's beginning."""
        ...

    def move(
        self, image: Tensor, gradient: Tensor, step_size: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        """The next image (3, H, W), and what is kept for the step after.

        Args:
            step_size: grey levels.
        """
        ...


@dataclass(frozen=True)
class Normalised:
    """image + step_size * g / mean|g|: on average every value moves by `step_size` grey levels
    (google/deepdream's `make_step`).
    """

    def begin(self, image: Tensor) -> Memory:
        return Memory()

    def move(
        self, image: Tensor, gradient: Tensor, step_size: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        # A gradient of nothing but zeros (a layer that sees nothing yet) leaves the image as it is.
        share = step_size / mean_size(gradient).clamp_min(_NOTHING)
        return image.addcmul(gradient, share), memory


@dataclass(frozen=True)
class Adam:
    """Kingma & Ba 2015 (arXiv:1412.6980): the mean gradient over the root of the mean square, value by value.

    A value whose gradient keeps its sign moves by `step_size` grey levels, others by less. With `first` at 0
    this is RMSProp (Tieleman & Hinton 2012), cnn-vis's rule, with Adam's correction of the first steps: else
    a dream of few steps would make them several times too long. The gradient counts by its direction alone:
    it is brought to a mean size of 1 before.

    Attributes:
        first: how much of the mean gradient is kept each step.
        second: how much of the mean square is kept each step.
    """

    first: float = 0.9
    second: float = 0.999

    def begin(self, image: Tensor) -> Memory:
        return Memory((image.new_zeros(image.shape), image.new_zeros(image.shape)))

    def move(
        self, image: Tensor, gradient: Tensor, step_size: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        mean, square = memory.fields
        steps = memory.steps + 1
        gradient = gradient / mean_size(gradient).clamp_min(_NOTHING)
        mean = mean.lerp(gradient, 1 - self.first)
        square = (square * self.second).addcmul_(gradient, gradient, value=1 - self.second)
        size = (square / (1 - self.second**steps)).sqrt_().clamp_min_(_NOTHING)
        share = step_size / (1 - self.first**steps)
        return image.addcdiv(mean, size, value=share), Memory((mean, square), steps)


RMS_DECAY = 0.95
"""How much of the mean square RMSProp keeps each step, as in cnn-vis."""


def rmsprop(decay: float = RMS_DECAY) -> Adam:
    """The rule of cnn-vis: each value's gradient over the root of its mean square."""
    return Adam(first=0.0, second=decay)


@dataclass(frozen=True)
class Stepwise:
    """A caller's own step: from an image, its gradient and the step size to the next image."""

    step: Callable[[Tensor, Tensor, float], Tensor]

    def begin(self, image: Tensor) -> Memory:
        return Memory()

    def move(
        self, image: Tensor, gradient: Tensor, step_size: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        return self.step(image, gradient, step_size), memory


@dataclass(frozen=True)
class Faded:
    """Two rules, each of which moves the image by its share; each remembers by itself.

    Attributes:
        share: of the second, 0 to 1.
    """

    one: Rule
    other: Rule
    share: float

    def begin(self, image: Tensor) -> Memory:
        return Memory(self.one.begin(image).fields + self.other.begin(image).fields)

    def move(
        self, image: Tensor, gradient: Tensor, step_size: float, memory: Memory
    ) -> tuple[Tensor, Memory]:
        split = len(self.one.begin(image[:, :0]).fields)
        before = (Memory(memory.fields[:split], memory.steps), Memory(memory.fields[split:], memory.steps))
        first, kept = self.one.move(image, gradient, step_size, before[0])
        second, also = self.other.move(image, gradient, step_size, before[1])
        return first.lerp(second, self.share), Memory(kept.fields + also.fields, memory.steps + 1)
