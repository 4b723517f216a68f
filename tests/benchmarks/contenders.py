"""The contenders of the benchmarks, what they dream, and how they take turns.

Every contender dreams the same frame: 4 octaves of 1.4, 10 steps of 1.5 grey levels each, the same jitter.
Each has a process of its own, so that the memory it keeps and its threads neither help nor hinder the
others. Within a round they run one after the other, so that other work of the machine hits them alike.

    2015       the notebook on real pycaffe, on the CPU: see `loop_of_2015`
    plain      the loop as popular PyTorch repositories write it: the whole network forward, autograd
    caffe      dreamzoom's caffe engine
    float32    dreamzoom's torch engine
    bfloat16   the same, in that precision
"""

from __future__ import annotations

import os
import platform
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod
from multiprocessing import get_context
from pathlib import Path
from statistics import mean, median
from typing import TypeAlias

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.dream.ascent import DreamPlan, dream, octave_sizes
from dreamzoom.dream.objectives import l2
from dreamzoom.engines.base import Ascent, Engine, Objective
from dreamzoom.engines.preprocess import image_gradient, network_input
from dreamzoom.engines.registry import open_engine
from dreamzoom.engines.torch.process import let_waiting_threads_sleep
from dreamzoom.models.caffe.reader import read_network
from dreamzoom.models.network import (
    Concat,
    Convolution,
    InnerProduct,
    InputTransform,
    Layer,
    LocalResponse,
    Model,
    Network,
    Pooling,
    ReLU,
)
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.models.store import open_model
from dreamzoom.randomness import frame_generator

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from support.caffe import ZOO, write_random_caffemodel

TARGETS = {"squeezenet": "fire8/concat", "googlenet": "inception_4c/output"}
OCTAVES, OCTAVE_SCALE, STEPS = 4, 1.4, 10

Dreaming: TypeAlias = Callable[[Tensor, np.random.Generator], float]
"""From an image (3, H, W) and the source of its jitter to the objective reached."""


@dataclass(frozen=True)
class Arena:
    """What is dreamed: a net, whose seeded weights are in `folder`, and the frame's width and height."""

    net: str
    size: tuple[int, int]
    folder: Path


@dataclass(frozen=True)
class Result:
    """One contender's medians for a frame, and its mean objective over the rounds' dreams.

    Attributes:
        seconds: by the clock.
        core_seconds: of all its threads together; other work of the machine hardly changes them.
    """

    name: str
    seconds: float
    core_seconds: float
    objective: float


# ---- the nets ------------------------------------------------------------------------------------


def weights_of(net: str, folder: Path) -> Path:
    """Where the weights of a net without trained ones are."""
    return folder / f"{net}.caffemodel"


def write_weights(net: str, folder: Path) -> None:
    """Make seeded weights for a net that is not embedded."""
    if net != "squeezenet":
        write_random_caffemodel(ZOO / net / "deploy.prototxt", weights_of(net, folder), seed=0)


def open_net(net: str, folder: Path) -> Model:
    """SqueezeNet as it is embedded; GoogLeNet's deploy net with the weights in `folder`."""
    if net == "squeezenet":
        return open_model(net)
    prototxt, weights = ZOO / net / "deploy.prototxt", weights_of(net, folder)
    network = read_network(prototxt, weights)
    return Model(net, network, InputTransform(), TARGETS[net], "0" * 64, prototxt, weights)


# ---- the contenders ------------------------------------------------------------------------------


def _on(engine: Callable[[Model], Engine]) -> Callable[[Model], Dreaming]:
    """dreamzoom's dream on an engine."""

    def open_contender(model: Model) -> Dreaming:
        opened, plan = engine(model), DreamPlan({TARGETS[model.name]: l2()}, OCTAVES, OCTAVE_SCALE, STEPS)
        return lambda image, generator: dream(image, opened, plan, generator).value

    return open_contender


def _open_2015(model: Model) -> Dreaming:
    from loop_of_2015 import Notebook

    notebook = Notebook(model, TARGETS[model.name], OCTAVES, OCTAVE_SCALE, STEPS)

    def dreaming(image: Tensor, generator: np.random.Generator) -> float:
        notebook.dream(image.permute(1, 2, 0).numpy(), generator)
        return notebook.objective

    return dreaming


class PlainEngine:
    """The engine as it is usually written: the whole network, then autograd."""

    name, fingerprint, device = "plain", f"torch {torch.__version__}", torch.device("cpu")

    def __init__(self, model: Model) -> None:
        self.model = model
        self._weights = {
            layer.name: (torch.tensor(layer.operation.weight), _bias(layer.operation))
            for layer in model.network.layers
            if isinstance(layer.operation, Convolution)
        }

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        values = self._forward(self._input(image))
        return {blob: values[blob][0] for blob in blobs}

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        x = self._input(image).requires_grad_(True)
        values = self._forward(x)
        outcomes = [objective(values[blob][0].detach()) for blob, objective in objectives.items()]
        diffs = [diff[None] for _, diff in outcomes]
        (diff,) = torch.autograd.grad([values[blob] for blob in objectives], x, diffs)
        gradient = image_gradient(diff, self.model.transform, torch.float32)
        return Ascent(gradient, torch.stack([value for value, _ in outcomes]).sum())

    def _input(self, image: Tensor) -> Tensor:
        return network_input(image, self.model.transform, torch.float32).contiguous()

    def _forward(self, x: Tensor) -> dict[str, Tensor]:
        values = {self.model.network.input_blob: x}
        for layer in self.model.network.layers:
            if isinstance(layer.operation, InnerProduct):
                break  # it needs the size it was trained at
            value = self._computed(layer, [values[bottom] for bottom in layer.bottoms])
            values.update(dict.fromkeys(layer.tops, value))
        return values

    def _computed(self, layer: Layer, inputs: list[Tensor]) -> Tensor:  # noqa: PLR0911 - one a kind
        match layer.operation:
            case Convolution(stride=stride, padding=padding, groups=groups):
                return F.conv2d(inputs[0], *self._weights[layer.name], stride, padding, groups=groups)
            case ReLU():
                return F.relu(inputs[0])
            case Pooling(method="max", kernel=(_, _) as kernel, stride=stride, padding=(_, _) as padding):
                return F.max_pool2d(inputs[0], kernel, stride, padding, ceil_mode=True)
            case Pooling():  # the last layer of both nets, at any size
                return F.adaptive_avg_pool2d(inputs[0], 1)
            case LocalResponse(size=size, alpha=alpha, beta=beta, k=k):
                return F.local_response_norm(inputs[0], size, alpha, beta, k)
            case Concat():
                return torch.cat(inputs, 1)
            case _:
                return inputs[0]


def _bias(operation: Convolution) -> Tensor | None:
    return None if operation.bias is None else torch.tensor(operation.bias)


CONTENDERS: dict[str, Callable[[Model], Dreaming]] = {
    "2015": _open_2015,
    "plain": _on(PlainEngine),
    "caffe": _on(lambda model: open_engine(model, "caffe", "cpu")),
    "float32": _on(lambda model: open_engine(model, "torch", "cpu")),
    "bfloat16": _on(lambda model: open_engine(model, "torch", "cpu", "bfloat16")),
}


# ---- taking turns --------------------------------------------------------------------------------


def measure(names: Sequence[str], arena: Arena, rounds: int) -> list[Result]:
    """Each contender's figures over the rounds; a dream before them, for warming up, is not counted.

    The jitter is another one in each round: a dream is chaotic, and one alone says little about a precision.
    """
    dreams: dict[str, list[tuple[float, float, float]]] = {name: [] for name in names}
    with ExitStack() as stack:
        processes = {name: stack.enter_context(_process(name, arena)) for name in names}
        for number in range(rounds + 1):
            for name, process in processes.items():
                measured = process.submit(_dream_once, number).result()
                if number:
                    dreams[name].append(measured)
    return [_result(name, measured) for name, measured in dreams.items()]


def _result(name: str, dreams: list[tuple[float, float, float]]) -> Result:
    seconds, core_seconds, objectives = zip(*dreams, strict=True)
    return Result(name, median(seconds), median(core_seconds), mean(objectives))


@contextmanager
def _process(name: str, arena: Arena) -> Iterator[ProcessPoolExecutor]:
    let_waiting_threads_sleep()  # for all contenders, as in dreamzoom's own command
    with ProcessPoolExecutor(1, get_context("spawn"), _enter, (name, arena)) as process:
        yield process


_seat: tuple[Dreaming, Tensor]  # of a contender's process: what it does, and the picture


def _enter(name: str, arena: Arena) -> None:
    global _seat  # noqa: PLW0603 - the one thing a worker process holds
    _seat = CONTENDERS[name](open_net(arena.net, arena.folder)), picture(arena.size)


def _dream_once(number: int) -> tuple[float, float, float]:
    """Seconds by the clock, seconds of all cores, and the objective reached."""
    dreaming, image = _seat
    start, start_of_work = time.perf_counter(), time.process_time()
    objective = dreaming(image, frame_generator(0, number))
    return time.perf_counter() - start, time.process_time() - start_of_work, objective


def picture(size: tuple[int, int]) -> Tensor:
    """A smooth, seeded picture (3, H, W)."""
    coarse = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (1, 3, 12, 20)).astype(np.float32))
    fine = F.interpolate(coarse, (size[1], size[0]), mode="bicubic", align_corners=False)
    return fine[0].clamp(0, 255)


# ---- the floor -----------------------------------------------------------------------------------


def frame_flops(network: Network, target: str, size: tuple[int, int]) -> float:
    """Operations of a frame's convolutions, forward and back to their inputs, up to the target."""
    needed = network.until([target])
    sizes = octave_sizes((size[1], size[0]), OCTAVES, OCTAVE_SCALE)
    return sum(2 * STEPS * _forward_flops(needed, (width, height)) for height, width in sizes)


def _forward_flops(network: Network, size: tuple[int, int]) -> float:
    shapes = blob_shapes(network, size)
    counts = [
        2 * layer.operation.weight[0].size * prod(shapes[layer.tops[0]])
        for layer in network.layers
        if isinstance(layer.operation, Convolution)
    ]
    return float(sum(counts))


def floors(arena: Arena) -> dict[str, float]:
    """The seconds of a frame's arithmetic at the rate that matrix products have now, by precision."""
    network = open_net(arena.net, arena.folder).network
    flops = frame_flops(network, TARGETS[arena.net], arena.size)
    return {name: flops / product_rate(getattr(torch, name)) for name in ("float32", "bfloat16")}


def product_rate(dtype: torch.dtype) -> float:
    """Operations a second of a large matrix product, the best of several."""
    a, b = torch.randn(2, 2048, 2048).to(dtype)
    return 2 * 2048**3 / min(_seconds(lambda: a @ b) for _ in range(10))


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


# ---- what is printed -----------------------------------------------------------------------------


def machine() -> str:
    """The facts that the seconds depend on."""
    capability = torch.backends.cpu.get_cpu_capability()
    threads = f"{torch.get_num_threads()} threads on {os.cpu_count()} cores"
    load = f", load {os.getloadavg()[0]:.1f} at the start" if hasattr(os, "getloadavg") else ""
    return f"{_processor()} with {capability}, {threads}{load}, torch {torch.__version__}"


def _processor() -> str:
    """The processor's name where the system tells it, else its kind."""
    facts = Path("/proc/cpuinfo")
    lines = facts.read_text(encoding="utf-8").splitlines() if facts.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def parse_size(text: str) -> tuple[int, int]:
    """Width and height of "640x360"."""
    width, height = text.split("x")
    return int(width), int(height)
