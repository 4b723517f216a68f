"""A network made ready to run: steps that read and write numbered values, forward and backward."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from dreamzoom.engines.torch.kernel import Placement, Pullbacks, Stage
from dreamzoom.engines.torch.layers import prepare_stage
from dreamzoom.engines.torch.onednn import has_fused_convolutions
from dreamzoom.engines.torch.passes import (
    Graph,
    defer_relu_backward,
    elide_concatenations,
    graph_of,
    optimise,
)
from dreamzoom.models.network import Network

Tape: TypeAlias = list[Pullbacks]
"""The pullbacks of a program's steps, in the order of the steps."""


@dataclass(frozen=True)
class ProgramStep:
    """A stage, the values it reads and writes, and those that nothing reads after it (`finished`)."""

    stage: Stage
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    finished: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """The steps that compute some blobs: `targets` names their values. Value 0 is the network's input."""

    steps: tuple[ProgramStep, ...]
    targets: Mapping[str, int]

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The target blobs for the network's input `x` (1, C, H, W)."""
        return self._run(x, None)

    def trace(self, x: Tensor) -> tuple[dict[str, Tensor], Tape]:
        """As `forward`, and the tape that `backward` needs."""
        tape: Tape = []
        return self._run(x, tape), tape

    def backward(self, diffs: Mapping[str, Tensor], tape: Tape) -> Tensor:
        """From the targets' gradients to the input's; empties `tape`, and so frees what it holds."""
        gathered: dict[int, Tensor] = {}
        for blob, diff in diffs.items():
            _gather(gathered, self.targets[blob], diff)
        for step in reversed(self.steps):
            found = tape.pop()(*(gathered.pop(value) for value in step.writes))
            for value, diff in zip(step.reads, found, strict=True):
                _gather(gathered, value, diff)
        return gathered[0]

    def _run(self, x: Tensor, tape: Tape | None) -> dict[str, Tensor]:
        values = {0: x}
        for step in self.steps:
            found, pullback = step.stage(*(values[read] for read in step.reads))
            values.update(zip(step.writes, found, strict=True))
            if tape is not None:
                tape.append(pullback)
            for value in step.finished:
                del values[value]
        return {blob: values[target] for blob, target in self.targets.items()}


def compile_program(network: Network, blobs: Sequence[str], placement: Placement) -> Program:
    """The program that computes the final values of `blobs`.

    Raises:
        UnknownBlobError: the network has no such blob.
    """
    graph = optimise(graph_of(network, blobs))
    graph = elide_concatenations(graph) if has_fused_convolutions(placement) else graph
    return program_of(defer_relu_backward(graph), placement)


def program_of(graph: Graph, placement: Placement) -> Program:
    """The program that runs a graph's nodes as they are."""
    steps: list[ProgramStep] = []
    alive = set(graph.targets.values())
    for node in reversed(graph.nodes):
        finished = tuple(sorted(set(node.reads) - alive))
        alive.update(finished)
        steps.append(ProgramStep(prepare_stage(node.operation, placement), node.reads, node.writes, finished))
    return Program(tuple(reversed(steps)), graph.targets)


def _gather(gathered: dict[int, Tensor], value: int, diff: Tensor) -> None:
    """Add a gradient to those that a value has already; not in place, since it may be a view of another's."""
    gathered[value] = gathered[value] + diff if value in gathered else diff
