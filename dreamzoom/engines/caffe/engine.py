"""The caffe engine: activations and image gradients by the real Caffe, the reference of the field."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from types import ModuleType

import torch
from torch import Tensor

from dreamzoom.engines.base import Ascent, Objective, SoleUse
from dreamzoom.engines.caffe.library import blas_in_words, has_gpu, import_caffe, require_readable
from dreamzoom.engines.caffe.net import CaffeNet
from dreamzoom.engines.caffe.quirks import refuse_empty_windows
from dreamzoom.engines.preprocess import evaluate, image_gradient, network_input, require_fit
from dreamzoom.engines.torch.native.library import name_after
from dreamzoom.errors import EngineError, RequestError
from dreamzoom.models.network import Model

_NETS_KEPT = 2  # sets of targets whose net stays loaded: a dream's own, and a guide's


class CaffeEngine:
    """The `Engine` that pycaffe computes; `base.Engine` says what its attributes and methods mean.

    Images live on the CPU whatever the device: pycaffe takes and gives NumPy arrays, which share their memory
    with the tensors.

    Args:
        model: what to compute; it needs Caffe's two files.
        device: where Caffe computes: "auto" takes cuda where this Caffe was built for it and finds one, else
            cpu.
        precision: "float32", the only one Caffe has.

    Raises:
        RequestError: no such device or precision, or the model is no Caffe model.
        EngineError: Caffe is not installed.
    """

    name = "caffe"
    device = torch.device("cpu")

    def __init__(self, model: Model, device: str = "auto", precision: str = "float32") -> None:
        if precision != "float32":
            raise RequestError(
                f"the caffe engine has no precision {precision!r}: use float32 or --engine torch"
            )
        if model.prototxt is None or model.caffemodel is None:
            raise RequestError(
                f"the caffe engine runs Caffe models, and {model.name!r} is none; use --engine torch"
            )
        self.model = model
        self._transform = model.transform.for_channels(model.network.input_shape[0])
        self._caffe = import_caffe()
        require_readable(self._caffe, model.caffemodel)
        self._on_gpu = computes_on_gpu(self._caffe, device)
        self._net = lru_cache(_NETS_KEPT)(self._load)
        self._check_size = lru_cache(256)(self._check_that_it_fits)
        self._sole = SoleUse("caffe")

    @property
    def fingerprint(self) -> str:
        """What decides the bytes of a frame."""
        where = "cuda" if self._on_gpu else f"cpu, {blas_in_words(self._caffe)}"
        # Between two dreams the kernels for the torch engine's CPU move the picture.
        return f"{name_after(f'caffe {self._caffe.__version__}')}, {where}, float32"

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """As `base.Engine.activations`."""
        net = self._prepared(image, tuple(blobs))
        with self._sole(), torch.no_grad(), _caffe_errors_as_ours(_at_size(image)):
            values = net.forward(network_input(image, self._transform, torch.float32))
            return {blob: values[blob][0].clone() for blob in blobs}

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """As `base.Engine.ascend`."""
        net, transform = self._prepared(image, tuple(objectives)), self._transform
        with self._sole(), torch.no_grad(), _caffe_errors_as_ours(_at_size(image)):
            values = net.forward(network_input(image, transform, torch.float32))
            total, diffs = evaluate(objectives, values, torch.float32)
            return Ascent(image_gradient(net.backward(diffs), transform, image.dtype), total)

    def _prepared(self, image: Tensor, blobs: tuple[str, ...]) -> CaffeNet:
        """The net of these targets, after a check that the image fits: else Caffe ends the process."""
        self._check_size(blobs, (image.shape[-1], image.shape[-2]))
        choose_mode(self._caffe, self._on_gpu)
        return self._net(blobs)

    def _load(self, blobs: tuple[str, ...]) -> CaffeNet:
        with _caffe_errors_as_ours(f"while it read model {self.model.name!r}"):
            return CaffeNet(self._caffe, self.model, blobs)

    def _check_that_it_fits(self, blobs: tuple[str, ...], size: tuple[int, int]) -> None:
        require_fit(self.model, blobs, size)
        refuse_empty_windows(self.model.network, blobs, size)


def computes_on_gpu(caffe: ModuleType, device: str) -> bool:
    """Whether Caffe is to compute on a GPU, for a device of that name.

    Raises:
        RequestError: there is no such device for it.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise RequestError(f"the caffe engine has no device {device!r}; it may be auto, cpu or cuda")
    found = device != "cpu" and has_gpu(caffe)
    if device == "cuda" and not found:
        raise RequestError(
            "this Caffe was built without cuda, or finds no cuda device: use --device cpu or --engine torch"
        )
    return found


def choose_mode(caffe: ModuleType, on_gpu: bool) -> None:
    """Set where Caffe computes; it keeps this for each thread, so that every call has to set it."""
    if on_gpu:
        caffe.set_device(0)
        caffe.set_mode_gpu()
    else:
        caffe.set_mode_cpu()


@contextmanager
def _caffe_errors_as_ours(when: str) -> Iterator[None]:
    """Turns what pycaffe, or torch in an objective, raises into an `EngineError`.

    C++'s exceptions arrive here. A failed check of Caffe's own does not: it ends the process.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        said = str(error).partition("\n")[0]
        if isinstance(error, MemoryError) or "memory" in said:
            raise EngineError(f"not enough memory {when}; use a smaller size or an earlier layer") from error
        raise EngineError(f"caffe failed {when}: {said}") from error
    except (ArithmeticError, IndexError, TypeError, ValueError) as error:
        raise EngineError(f"caffe failed {when}: {error}") from error


def _at_size(image: Tensor) -> str:
    return f"on cpu for {image.shape[-1]}x{image.shape[-2]}"
