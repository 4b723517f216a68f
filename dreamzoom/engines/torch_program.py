"""A network made ready to run: steps that read and write numbered values, forward and back.

Caffe's in-place layers overwrite a blob. Here every layer writes a new value, and a blob's name stands for
its last one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor

from dreamzoom.engines.torch_kernel import Kernel, Place, Pullback
from dreamzoom.engines.torch_layers import prepare
from dreamzoom.models.network import Identity, Network


@dataclass(frozen=True)
class Step:
    """One kernel: the values it reads, and the value it writes. Value 0 is the network's input."""

    kernel: Kernel
    reads: tuple[int, ...]
    writes: int


@dataclass(frozen=True)
class Program:
    """What has to be run for some blobs: `targets` names their values."""

    steps: tuple[Step, ...]
    targets: Mapping[str, int]

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The target blobs for the network's input `x` (1, C, H, W)."""
        values = {0: x}
        for index, step in enumerate(self.steps):
            values[step.writes], _ = step.kernel(*(values[read] for read in step.reads))
            for read in step.reads:
                if self._is_done_with(read, index):
                    values.pop(read, None)
        return {blob: values[target] for blob, target in self.targets.items()}

    def trace(self, x: Tensor) -> tuple[dict[str, Tensor], list[Pullback]]:
        """As `forward`, with the pullback of each step."""
        values = {0: x}
        pullbacks = []
        for step in self.steps:
            values[step.writes], pullback = step.kernel(*(values[read] for read in step.reads))
            pullbacks.append(pullback)
        return {blob: values[target] for blob, target in self.targets.items()}, pullbacks

    def backward(self, diffs: Mapping[str, Tensor], pullbacks: list[Pullback]) -> Tensor:
        """From the targets' gradients to the input's; empties `pullbacks`, and so frees what they hold."""
        gathered: dict[int, Tensor] = {}
        for blob, diff in diffs.items():
            _gather(gathered, self.targets[blob], diff)
        for step in reversed(self.steps):
            found = pullbacks.pop()(gathered.pop(step.writes))
            for read, diff in zip(step.reads, found, strict=True):
                _gather(gathered, read, diff)
        return gathered[0]

    def _is_done_with(self, value: int, index: int) -> bool:
        later = self.steps[index + 1 :]
        return value not in self.targets.values() and all(value not in step.reads for step in later)


def compile_program(network: Network, blobs: Sequence[str], place: Place) -> Program:
    """The program that computes the final values of `blobs`.

    Raises:
        UnknownBlobError: the network has no such blob.
    """
    current = {network.input_blob: 0}
    steps: list[Step] = []
    for layer in network.until(blobs).layers:
        reads = tuple(current[bottom] for bottom in layer.bottoms)
        if isinstance(layer.operation, Identity):
            written = reads[0]
        else:
            written = len(steps) + 1
            steps.append(Step(prepare(layer.operation, place), reads, written))
        current.update(dict.fromkeys(layer.tops, written))
    targets = {blob: current[blob] for blob in blobs}
    return Program(_needed(steps, set(targets.values())), targets)


def _needed(steps: Sequence[Step], wanted: set[int]) -> tuple[Step, ...]:
    """The steps that the wanted values depend on."""
    kept = []
    for step in reversed(steps):
        if step.writes in wanted:
            kept.append(step)
            wanted.update(step.reads)
    return tuple(reversed(kept))


def _gather(gathered: dict[int, Tensor], value: int, diff: Tensor) -> None:
    """Adds a gradient to those a value has already; never in place, for it may be a view of another's."""
    gathered[value] = gathered[value] + diff if value in gathered else diff
