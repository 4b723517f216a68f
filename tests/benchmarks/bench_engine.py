"""How fast the torch engine dreams: against a plain PyTorch loop, and against what the processor can do.

    python tests/benchmarks/bench_engine.py                            both nets at 640x360
    python tests/benchmarks/bench_engine.py --net squeezenet --size 320x180 --size 1920x1080 --rounds 5

The contenders take turns within each round, so that whatever else the machine does hits them alike; the
median of the rounds counts, and the ratios say more than the seconds. All dream the same frame with the same
code, `dreamzoom.dream.ascent`: 4 octaves of 1.4, 10 steps each. `plain` is the engine that popular
repositories write: the whole network forward in PyTorch's own layout, `F.local_response_norm`, then autograd,
weights excepted. It gains from the memory that the torch engine makes the process keep. `floor` is no run: it
is the arithmetic of the convolutions that the target needs, forward and back to their inputs, over the rate
of a large matrix product measured in the same run. `objective`, relative to plain's, is there to see that all
dream equally well.

What was learned, on an AMD EPYC of Zen 4 (AVX-512 with bfloat16, 1 MiB of L2 a core), torch 2.13.0:
milliseconds of one core's time, other work beside it, for one step at 640x360, GoogLeNet to
inception_4c/output and SqueezeNet to fire8/concat, each with its bfloat16 beside it:

                                                    GoogLeNet        SqueezeNet
    by hand, channels last, no weight gradients     428   231         139    73
    + freed memory kept (no page faults)            349   190          88    50
    + first layer's gradient by phases, LRN by      293   175          77    43
      shifts, rectifiers in place and behind
      pools, siblings joined
    + pools without a padded copy                   270   155          71    41

* Page faults cost 18 % of a step of GoogLeNet and 37 % of one of SqueezeNet: glibc gives large freed blocks
  back to the system each time. mallopt ends that for the process; peak memory stays as it was.
* The gradient at the image: the library takes 53 ms for GoogLeNet's 7x7 layer of stride 2 back to 3 channels,
  for it computes 16; as a 4x4 convolution of stride 1 to 12 channels it takes 20 (bfloat16: 27 and 11).
* LRN: a band matrix takes 13 ms for the window's sum over 192 channels of 90x160, shifted sums 3.
* A gradient that was a view into a padded one (not dense) made LRN's way back twice as slow.
* A convolution runs at 113 GFLOP/s a core in float32 and 227 in bfloat16, more than a matrix product of side
  2048 (93 and 203). They are four fifths of a step of GoogLeNet.
* oneDNN's convolution with a ReLU fused in saved 0.8 ms of 12 in the first layer (whose ReLU now waits behind
  the pool), and 0.4 of 2.7 in a 1x1 layer in float32, but not in bfloat16. It is an operation that PyTorch
  keeps private; it was not tried in the whole network. Weights packed ahead, and matrix products in place of
  1x1 convolutions, gained less than 0.1 ms a layer over it.
* Winograd's F(4x4, 3x3) by matrix products, in chunks that fit the cache: 0.6 to 1 of the direct form's time
  for one layer measured alone, GoogLeNet as a whole 8 to 20 % slower (measured while other work shared the
  cache), and 4 times the rounding error.
* Rounding matters: one ReLU or maximum that flips moves the image gradient by about 1e-3 of its norm.
* A dream is chaotic: 1e-3 of a grey level of noise in the start moved SqueezeNet's objective after 20 steps
  at 200x150 by up to 20 %, GoogLeNet's by up to 0.6 %. Judge a precision by the mean over many dreams.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from statistics import median

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - torch's own name for it
from torch import Tensor

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.dream.octaves import octave_sizes
from dreamzoom.engines.base import Ascent, Engine, Objective
from dreamzoom.engines.torch_engine import TorchEngine, network_input
from dreamzoom.models.caffe_format import read_network
from dreamzoom.models.model import InputTransform, Model
from dreamzoom.models.network import (
    Concat,
    Convolution,
    InnerProduct,
    Layer,
    LocalResponse,
    Network,
    Pooling,
    ReLU,
)
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.models.store import open_model

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from helpers_caffe import ZOO, write_random_caffemodel

TARGETS = {"squeezenet": "fire8/concat", "googlenet": "inception_4c/output"}
OCTAVES, OCTAVE_SCALE, STEPS = 4, 1.4, 10


@dataclass(frozen=True)
class Result:
    """One contender's median seconds for a frame, and the objective of its last step."""

    name: str
    seconds: float
    objective: float


class PlainEngine:
    """The engine as one writes it first: the whole network, then autograd."""

    name, fingerprint, device = "plain", f"torch {torch.__version__}", torch.device("cpu")

    def __init__(self, model: Model) -> None:
        self.model = model
        self._weights = {
            layer.name: (torch.tensor(layer.operation.weight), _bias(layer.operation))
            for layer in model.network.layers
            if isinstance(layer.operation, Convolution)
        }

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        values = self._forward(image)
        return {blob: values[blob][0] for blob in blobs}

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        image = image.clone().requires_grad_(True)
        values = self._forward(image)
        outcomes = [objective(values[blob][0].detach()) for blob, objective in objectives.items()]
        diffs = [diff[None] for _, diff in outcomes]
        (gradient,) = torch.autograd.grad([values[blob] for blob in objectives], image, diffs)
        return Ascent(gradient, torch.stack([value for value, _ in outcomes]).sum())

    def _forward(self, image: Tensor) -> dict[str, Tensor]:
        x = network_input(image, self.model.transform, torch.float32).contiguous()
        values = {self.model.network.input_blob: x}
        for layer in self.model.network.layers:
            if isinstance(layer.operation, InnerProduct):
                break  # wants the size it was trained at
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


def open_net(name: str) -> Model:
    """SqueezeNet as it is embedded; GoogLeNet's deploy net with seeded weights."""
    if name == "squeezenet":
        return open_model(name)
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "seeded.caffemodel"
        prototxt = next((ZOO / name).glob("*.prototxt"))
        write_random_caffemodel(prototxt, weights, seed=0)
        network = read_network(prototxt, weights)
    return Model(name, network, InputTransform(), TARGETS[name], "")


def contenders(model: Model) -> list[tuple[str, Engine]]:
    return [
        ("plain", PlainEngine(model)),
        ("float32", TorchEngine(model, "cpu")),
        ("bfloat16", TorchEngine(model, "cpu", "bfloat16")),
    ]


def measure(model: Model, size: tuple[int, int], rounds: int) -> list[Result]:
    """Each contender's median over the rounds, one round before them uncounted."""
    image, target = picture(size), TARGETS[model.name]
    plan = DreamPlan({target: l2()}, OCTAVES, OCTAVE_SCALE, STEPS)
    engines = contenders(model)
    seconds: dict[str, list[float]] = {name: [] for name, _ in engines}
    objectives: dict[str, float] = {}
    for count in range(rounds + 1):
        for name, engine in engines:
            start = time.perf_counter()
            objectives[name] = dream(image, engine, plan, np.random.default_rng(1)).value
            if count:
                seconds[name].append(time.perf_counter() - start)
    return [Result(name, median(times), objectives[name]) for name, times in seconds.items()]


def picture(size: tuple[int, int]) -> Tensor:
    """A smooth, seeded picture (3, H, W)."""
    coarse = torch.from_numpy(np.random.default_rng(0).uniform(0, 255, (1, 3, 12, 20)).astype(np.float32))
    fine = F.interpolate(coarse, (size[1], size[0]), mode="bicubic", align_corners=False)
    return fine[0].clamp(0, 255)


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


def product_rate(dtype: torch.dtype) -> float:
    """Operations a second of a large matrix product, the best of several."""
    a, b = torch.randn(2, 2048, 2048).to(dtype)
    return 2 * 2048**3 / min(_seconds(lambda: a @ b) for _ in range(10))


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def table(model: Model, size: tuple[int, int], rounds: int) -> Iterator[str]:
    """The lines for one network at one size."""
    results = measure(model, size, rounds)
    flops = frame_flops(model.network, TARGETS[model.name], size)
    floors = {name: flops / product_rate(getattr(torch, name)) for name in ("float32", "bfloat16")}
    yield f"{model.name} {TARGETS[model.name]} {size[0]}x{size[1]}, {flops / 1e9:.0f} GFLOP a frame"
    yield "              s/frame  x plain  s/Mpixel  floor s  x floor  objective"
    for result in results:
        floor = floors.get(result.name, floors["float32"])
        yield (
            f"  {result.name:10}{result.seconds:9.2f}{results[0].seconds / result.seconds:9.2f}"
            f"{result.seconds / (size[0] * size[1] / 1e6):10.2f}{floor:9.2f}{result.seconds / floor:9.2f}"
            f"{result.objective / results[0].objective:11.4f}"
        )


def parse_size(text: str) -> tuple[int, int]:
    width, height = text.split("x")
    return int(width), int(height)


def machine() -> str:
    """The facts that the seconds depend on."""
    processor = platform.processor() or platform.machine()
    capability = torch.backends.cpu.get_cpu_capability()
    threads = f"{torch.get_num_threads()} threads on {os.cpu_count()} cores"
    return f"{processor} with {capability}, {threads}, torch {torch.__version__}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--net", action="append", choices=sorted(TARGETS))
    parser.add_argument("--size", action="append", type=parse_size, metavar="WIDTHxHEIGHT")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    print(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}, ",
        end="",
    )
    print(f"{torch.get_num_threads()} threads, {torch.backends.cpu.get_cpu_capability()}")
    for net in arguments.net or TARGETS:
        model = open_net(net)
        for size in arguments.size or [(640, 360)]:
            print("\n".join(table(model, size, arguments.rounds)), flush=True)


if __name__ == "__main__":
    main()
