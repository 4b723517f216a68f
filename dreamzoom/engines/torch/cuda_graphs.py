"""A program at one size as two recordings, forward and back, that are played again for every step of a clip.

On an NVIDIA GPU a step of a dream is some hundreds of small kernels, and starting them one by one can take
longer than computing them. A CUDA graph is captured once for each octave's shape, and then started as a
whole. Objectives stay outside, between the two recordings: they may change from frame to frame and do as they
like.

A recording needs memory that stays where it is: inputs are copied in, results are found where they were.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from dreamzoom.engines.torch.program import Program, Trail

Values: TypeAlias = dict[str, Tensor]

Recorder: TypeAlias = Callable[[Callable[[], Values]], tuple[Values, Callable[[], None]]]
"""Runs something once; gives its results, and what runs it again and leaves new results in their place."""

_SHAPES_KEPT = 16  # more than a clip has octaves; a folder of pictures has any number


class Way(Protocol):
    """Forward through a network and back, as `Program` does it."""

    def trace(self, x: Tensor) -> tuple[Values, Trail]:
        """The target blobs for the network's input `x` (1, C, H, W), and what `backward` needs."""
        ...

    def backward(self, diffs: Mapping[str, Tensor], trail: Trail) -> Tensor:
        """From the targets' gradients to the input's; belongs to the last `trace`."""
        ...


class RecordedWay:
    """A program's way, recorded once for each shape it meets."""

    def __init__(self, program: Program, record: Recorder) -> None:
        self._program, self._record = program, record
        self._known: dict[torch.Size, Way] = {}
        self._last: Way = program

    def trace(self, x: Tensor) -> tuple[Values, Trail]:
        """As `Way.trace`; what it gives, the next pass at this shape overwrites."""
        if x.shape not in self._known:
            if len(self._known) == _SHAPES_KEPT:
                self._known.clear()
            self._known[x.shape] = recorded(self._program, x, self._record)
        self._last = self._known[x.shape]
        return self._last.trace(x)

    def backward(self, diffs: Mapping[str, Tensor], trail: Trail) -> Tensor:
        """As `Way.backward`, and as fleeting as `trace`."""
        return self._last.backward(diffs, trail)


class Recording:
    """A program's way as it was recorded at the shape of `x`."""

    def __init__(self, program: Program, x: Tensor, record: Recorder) -> None:
        trail: Trail = []
        self._x = x.clone()

        def forward() -> Values:
            values, trail[:] = program.trace(self._x)
            return values

        self._values, self._play_forward = record(forward)
        self._diffs = {blob: torch.zeros_like(value) for blob, value in self._values.items()}
        gradient, self._play_backward = record(lambda: {"": program.backward(self._diffs, trail)})
        self._gradient = gradient[""]

    def trace(self, x: Tensor) -> tuple[Values, Trail]:
        """As `Way.trace`."""
        self._x.copy_(x)
        self._play_forward()
        return dict(self._values), []

    def backward(self, diffs: Mapping[str, Tensor], _trail: Trail) -> Tensor:
        """As `Way.backward`."""
        for blob, diff in diffs.items():
            self._diffs[blob].copy_(diff)
        self._play_backward()
        return self._gradient


def recorded(program: Program, x: Tensor, record: Recorder) -> Way:
    """The program recorded at the shape of `x`; itself, with a warning, where that cannot be had.

    A recording is taken only if it gives the very bytes that the program gives without it.
    """
    try:
        expected = _tried(program, x)  # which also lets libraries set up what cannot be set up in a capture
        recording = Recording(program, x, record)
        found = _tried(recording, x)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
    else:
        if all(torch.equal(a, b) for a, b in zip(found, expected, strict=True)):
            return recording
        reason = "they computed other bytes"
    warnings.warn(f"the dream goes on without CUDA graphs: {reason}", RuntimeWarning, stacklevel=2)
    return program


def _tried(way: Way, x: Tensor) -> list[Tensor]:
    """The targets' values, and the gradient of their energy at `x`."""
    values, trail = way.trace(x)
    diffs = {blob: value.clone() for blob, value in values.items()}
    return [*diffs.values(), way.backward(diffs, trail).clone()]


def record_on_cuda(run: Callable[[], Values]) -> tuple[Values, Callable[[], None]]:
    """A `Recorder` that captures a CUDA graph."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        values = run()
    graph.replay()  # the capture itself has computed nothing
    return values, graph.replay
