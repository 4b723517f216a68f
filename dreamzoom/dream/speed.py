"""How fast this machine dreams in each precision: a measurement of a few seconds."""

from __future__ import annotations

import time
from collections.abc import Mapping

import torch

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.engines.base import Engine
from dreamzoom.engines.registry import open_engine
from dreamzoom.engines.torch.engine import choose_device
from dreamzoom.models.network import Model
from dreamzoom.randomness import frame_generator

_SIZE = (270, 480)  # height, width
_STEPS = 4
_ENOUGH_S = 2.0
_WORTH_IT = 1.15  # times faster; a coarser precision for less than this is a bad bargain


def measure_speeds(model: Model, device: str = "auto") -> dict[str, float]:
    """Steps of a dream a second in each precision that the device has, float32 first.

    The precisions take turns, so that whatever else the machine does hits them alike; each one's best turn
    counts.
    """
    cuda = choose_device(device).type == "cuda"
    names = ("float32", "tf32", "bfloat16") if cuda else ("float32", "bfloat16")
    engines = {name: open_engine(model, "torch", device, name) for name in names}
    best = {name: _turn(engine) for name, engine in engines.items()}  # the first turn warms up
    started = time.perf_counter()
    while time.perf_counter() - started < _ENOUGH_S:
        best = {name: max(best[name], _turn(engine)) for name, engine in engines.items()}
    return best


def best_precision(speeds: Mapping[str, float]) -> str:
    """The fastest precision, where it is faster than float32 by enough to be worth its coarseness."""
    fastest = max(speeds, key=lambda name: speeds[name])
    return fastest if speeds[fastest] > _WORTH_IT * speeds["float32"] else "float32"


def _turn(engine: Engine) -> float:
    image = torch.full((3, *_SIZE), 128.0, device=engine.device)
    plan = DreamPlan({engine.model.default_layer: l2()}, octaves=1, iterations=_STEPS)
    started = time.perf_counter()
    dream(image, engine, plan, frame_generator(0, 0))  # which ends by reading a number, so a GPU is done
    return _STEPS / (time.perf_counter() - started)
