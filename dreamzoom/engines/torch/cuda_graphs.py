"""A program recorded at one size, forward and backward, and replayed for every step of a clip.

On an NVIDIA GPU a step of a dream is some hundreds of small kernels, and starting them one by one can take
longer than computing them. A CUDA graph is captured once for each octave's shape, and then started as a
whole. Objectives are evaluated between the two graphs, so they may change from frame to frame.

The memory of a recording stays where it is: inputs are copied in, and results are always in the same tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, TypeAlias

import torch
from torch import Tensor

from dreamzoom.engines.torch.program import Program, Tape
from dreamzoom.errors import warn

Values: TypeAlias = dict[str, Tensor]

Recorder: TypeAlias = Callable[[Callable[[], Values]], tuple[Values, Callable[[], None]]]
"""Runs something once, and returns its results and a function that runs it again and overwrites them."""

_SHAPES_KEPT = 16  # more than a clip has octaves; a folder of pictures has any number


class ForwardBackward(Protocol):
    """A network's forward and backward pass, as `Program` has them."""

    def trace(self, x: Tensor) -> tuple[Values, Tape]:
        """The target blobs for the network's input `x` (1, C, H, W), and what `backward` needs."""
        ...

    def backward(self, diffs: Mapping[str, Tensor], tape: Tape) -> Tensor:
        """From the targets' gradients to the input's; belongs to the last `trace`."""
        ...


class RecordedProgram:
    """A program that is recorded once for each shape of its input."""

    def __init__(self, program: Program, record: Recorder) -> None:
        self._program, self._record = program, record
        self._known: dict[torch.Size, ForwardBackward] = {}
        self._last: ForwardBackward = program

    def trace(self, x: Tensor) -> tuple[Values, Tape]:
        """As `ForwardBackward.trace`; the next pass at this shape overwrites the results."""
        if x.shape not in self._known:
            if len(self._known) == _SHAPES_KEPT:
                self._known.clear()
            self._known[x.shape] = recorded(self._program, x, self._record)
        self._last = self._known[x.shape]
        return self._last.trace(x)

    def backward(self, diffs: Mapping[str, Tensor], tape: Tape) -> Tensor:
        """As `ForwardBackward.backward`; the next pass at this shape overwrites the result."""
        return self._last.backward(diffs, tape)


class Recording:
    """A program recorded at the shape of `x`."""

    def __init__(self, program: Program, x: Tensor, record: Recorder) -> None:
        tape: Tape = []
        self._x = x.clone()

        def forward() -> Values:
            values, tape[:] = program.trace(self._x)
            return values

        self._values, self._play_forward = record(forward)
        self._diffs = {blob: torch.zeros_like(value) for blob, value in self._values.items()}
        gradient, self._play_backward = record(lambda: {"": program.backward(self._diffs, tape)})
        self._gradient = gradient[""]

    def trace(self, x: Tensor) -> tuple[Values, Tape]:
        """As `ForwardBackward.trace`."""
        self._x.copy_(x)
        self._play_forward()
        return dict(self._values), []

    def backward(self, diffs: Mapping[str, Tensor], _trail: Tape) -> Tensor:
        """As `ForwardBackward.backward`."""
        for blob, diff in diffs.items():
            self._diffs[blob].copy_(diff)
        self._play_backward()
        return self._gradient


def recorded(program: Program, x: Tensor, record: Recorder) -> ForwardBackward:
    """The program recorded at the shape of `x`; itself, with a warning, where that fails.

    A recording counts only if it gives the same bytes as the program without it.
    """
    try:
        expected = _tried(program, x)  # this also lets libraries set up what a capture cannot
        recording = Recording(program, x, record)
        found = _tried(recording, x)
    except RuntimeError as error:
        reason = str(error).partition("\n")[0]
    else:
        if all(torch.equal(a, b) for a, b in zip(found, expected, strict=True)):
            return recording
        reason = "they computed other bytes"
    warn(f"the dream goes on without CUDA graphs: {reason}")
    return program


def _tried(program: ForwardBackward, x: Tensor) -> list[Tensor]:
    """The targets' values, and the gradient of their energy at `x`."""
    values, tape = program.trace(x)
    diffs = {blob: value.clone() for blob, value in values.items()}
    return [*diffs.values(), program.backward(diffs, tape).clone()]


def record_on_cuda(run: Callable[[], Values]) -> tuple[Values, Callable[[], None]]:
    """A `Recorder` that captures a CUDA graph."""
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph, capture_error_mode="thread_local"):
        values = run()
    graph.replay()  # the capture itself has computed nothing
    return values, graph.replay
