"""A network made ready to run: steps that read and write numbered values, forward and back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from torch import Tensor

from dreamzoom.engines.torch.kernel import Place, Pullbacks, Stage
from dreamzoom.engines.torch.layers import prepare_stage
from dreamzoom.engines.torch.onednn import fuses
from dreamzoom.engines.torch.passes import Graph, faster, gate_at_readers, graph_of, part_concatenations
from dreamzoom.models.network import Network

Trail: TypeAlias = list[Pullbacks]
"""The pullbacks of a program's steps, in the order of the steps."""


@dataclass(frozen=True)
class Step:
    """A stage with the values it reads and writes; `finished` are those that nothing reads after it."""

    stage: Stage
    reads: tuple[int, ...]
    writes: tuple[int, ...]
    finished: tuple[int, ...]


@dataclass(frozen=True)
class Program:
    """What has to be run for some blobs: `targets` names their values. Value 0 is the network's input."""

    steps: tuple[Step, ...]
    targets: Mapping[str, int]

    def forward(self, x: Tensor) -> dict[str, Tensor]:
        """The target blobs for the network's input `x` (1, C, H, W)."""
        return self._run(x, None)

    def trace(self, x: Tensor) -> tuple[dict[str, Tensor], Trail]:
        """As `forward`, with the way back."""
        trail: Trail = []
        return self._run(x, trail), trail

    def backward(self, diffs: Mapping[str, Tensor], trail: Trail) -> Tensor:
        """From the targets' gradients to the input's; empties `trail`, and so frees what it holds."""
        gathered: dict[int, Tensor] = {}
        for blob, diff in diffs.items():
            _gather(gathered, self.targets[blob], diff)
        for step in reversed(self.steps):
            found = trail.pop()(*(gathered.pop(value) for value in step.writes))
            for value, diff in zip(step.reads, found, strict=True):
                _gather(gathered, value, diff)
        return gathered[0]

    def _run(self, x: Tensor, trail: Trail | None) -> dict[str, Tensor]:
        values = {0: x}
        for step in self.steps:
            found, pullback = step.stage(*(values[read] for read in step.reads))
            values.update(zip(step.writes, found, strict=True))
            if trail is not None:
                trail.append(pullback)
            for value in step.finished:
                del values[value]
        return {blob: values[target] for blob, target in self.targets.items()}


def compile_program(network: Network, blobs: Sequence[str], place: Place) -> Program:
    """The program that computes the final values of `blobs`.

    Raises:
        UnknownBlobError: the network has no such blob.
    """
    graph = faster(graph_of(network, blobs))
    graph = part_concatenations(graph) if fuses(place) else graph
    return program_of(gate_at_readers(graph), place)


def program_of(graph: Graph, place: Place) -> Program:
    """The program that runs a graph's nodes as they are."""
    steps: list[Step] = []
    alive = set(graph.targets.values())
    for node in reversed(graph.nodes):
        finished = tuple(sorted(set(node.reads) - alive))
        alive.update(finished)
        steps.append(Step(prepare_stage(node.operation, place), node.reads, node.writes, finished))
    return Program(tuple(reversed(steps)), graph.targets)


def _gather(gathered: dict[int, Tensor], value: int, diff: Tensor) -> None:
    """Adds a gradient to those a value has already; never in place, for it may be a view of another's."""
    gathered[value] = gathered[value] + diff if value in gathered else diff
