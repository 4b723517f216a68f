"""Opening an engine by its name."""

from __future__ import annotations

from dreamzoom.engines.base import Engine
from dreamzoom.engines.torch.engine import TorchEngine
from dreamzoom.engines.torch.process import keep_freed_memory
from dreamzoom.errors import RequestError, nearest
from dreamzoom.models.network import Model

ENGINES = ("torch", "caffe")


def open_engine(model: Model, name: str = "auto", device: str = "auto", precision: str = "float32") -> Engine:
    """Load a model into an engine.

    For the torch engine on the CPU, the process keeps the memory that it frees from here on.

    Args:
        name: "torch", "caffe", or "auto": torch, which is the faster one.
        device: "auto", "cpu", "cuda" or "mps".
        precision: "float32" or "bfloat16" (torch only).

    Raises:
        RequestError: there is no such engine, or it cannot do what is asked.
        EngineError: it is not installed.
    """
    if name in ("auto", "torch"):
        engine = TorchEngine(model, device, precision)
        if engine.device.type == "cpu":
            keep_freed_memory()
        return engine
    if name == "caffe":
        from dreamzoom.engines.caffe.engine import CaffeEngine  # here: the first frame of torch need not wait

        return CaffeEngine(model, device, precision)
    raise RequestError(f"no engine is called {name!r}{nearest(name, ENGINES)}")
