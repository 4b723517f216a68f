"""The torch engine: activations and image gradients on a CPU, an NVIDIA GPU or Apple's Metal."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import lru_cache, partial

import torch
from torch import Tensor

from dreamzoom.engines.base import Ascent, Objective, SoleUse
from dreamzoom.engines.preprocess import evaluate, image_gradient, network_input, require_fit
from dreamzoom.engines.torch.cuda_graphs import ForwardBackward, RecordedProgram, Recorder, record_on_cuda
from dreamzoom.engines.torch.kernel import Placement
from dreamzoom.engines.torch.native.library import kernels_for, name_after
from dreamzoom.engines.torch.postponed import load_postponed
from dreamzoom.engines.torch.program import Program, compile_program
from dreamzoom.errors import EngineError, RequestError
from dreamzoom.models.network import InputTransform, Model

_DTYPES = {"float32": torch.float32, "tf32": torch.float32, "bfloat16": torch.bfloat16}
_PROGRAMS_KEPT = 2  # sets of targets whose weights stay prepared: a dream's own, and a guide's
_MEMORY_SIGNS = ("not enough memory", "out of memory", "can't allocate memory")  # Windows; devices; Linux


def choose_device(name: str) -> torch.device:
    """The device of that name; for "auto" the first there is of cuda, mps and cpu.

    Raises:
        RequestError: this machine, or this torch, has no such device.
    """
    present = {
        "cuda": torch.cuda.is_available(),
        "mps": torch.backends.mps.is_available(),
        "cpu": True,
    }
    if name == "auto":
        return torch.device(next(device for device, is_present in present.items() if is_present))
    if name not in present:
        raise RequestError(f"there is no device {name!r}; it may be auto, cuda, mps or cpu")
    if not present[name]:
        raise RequestError(
            f"torch {torch.__version__} finds no {name} device here; use another, or install a torch "
            f"built for {name}"
        )
    return torch.device(name)


class TorchEngine:
    """The `Engine` that torch computes; `base.Engine` says what its attributes and methods mean.

    `registry.open_engine` opens one and sets up the process for it.

    Args:
        model: what to compute.
        device: "auto" takes the first there is of cuda, mps and cpu.
        precision: of weights and activations; objectives see and give float32, and so is the gradient.
            "tf32" is float32 whose products NVIDIA's tensor cores shorten to 10 bits of mantissa.

    Raises:
        RequestError: no such device or precision.
    """

    name = "torch"

    def __init__(self, model: Model, device: str = "auto", precision: str = "float32") -> None:
        if precision not in _DTYPES:
            raise RequestError(f"there is no precision {precision!r}; it may be {' or '.join(_DTYPES)}")
        self.model = model
        self._transform = model.transform.for_channels(model.network.input_shape[0])
        self.device = choose_device(device)
        if self.device.type != "cpu":
            load_postponed()
        if precision == "tf32" and self.device.type != "cuda":
            raise RequestError(f"tf32 is for cuda alone, and this is {self.device}: use float32 or bfloat16")
        self._placement = Placement(self.device, _DTYPES[precision])
        self._precision = precision
        self._recorder: Recorder | None = record_on_cuda if self.device.type == "cuda" else None
        self._sole = SoleUse("torch on a GPU")
        self._program = lru_cache(_PROGRAMS_KEPT)(self._compile)
        self._quickest = lru_cache(_PROGRAMS_KEPT)(self._record)
        self._check_size = lru_cache(256)(partial(require_fit, model))

    @property
    def fingerprint(self) -> str:
        """What decides the bytes of a frame."""
        where = (
            torch.cuda.get_device_name()
            if self.device.type == "cuda"
            else f"{self.device}, {torch.get_num_threads()} threads"
        )
        made_by = f"torch {torch.__version__}"
        if kernels_for(self.device, self._placement.dtype):
            made_by = name_after(made_by)
        return f"{made_by}, {where}, {self._precision}"

    def activations(self, image: Tensor, blobs: Sequence[str]) -> dict[str, Tensor]:
        """As `base.Engine.activations`."""
        program = self._prepared(image, tuple(blobs))
        with torch.no_grad(), self._repeatable(), _torch_errors_as_ours(image):
            values = program.forward(network_input(image, self._transform, self._placement.dtype))
            return {blob: value[0].float() for blob, value in values.items()}

    def ascend(self, image: Tensor, objectives: Mapping[str, Objective]) -> Ascent:
        """As `base.Engine.ascend`; on a GPU nothing waits for it."""
        self._prepared(image, tuple(objectives))
        with torch.no_grad(), self._repeatable(), _torch_errors_as_ours(image):
            program = self._quickest(tuple(objectives))
            with self._sole() if self._recorder else nullcontext():  # recordings are written over
                return climb(program, image, objectives, self._transform, self._placement.dtype)

    def _repeatable(self) -> AbstractContextManager[None]:
        return repeatable(self.device, tf32=self._precision == "tf32")

    def _prepared(self, image: Tensor, blobs: tuple[str, ...]) -> Program:
        program = self._program(blobs)
        self._check_size(blobs, (image.shape[-1], image.shape[-2]))
        return program

    def _compile(self, blobs: tuple[str, ...]) -> Program:
        return compile_program(self.model.network, blobs, self._placement)

    def _record(self, blobs: tuple[str, ...]) -> ForwardBackward:
        program = self._program(blobs)
        return RecordedProgram(program, self._recorder) if self._recorder else program


def climb(
    program: ForwardBackward,
    image: Tensor,
    objectives: Mapping[str, Objective],
    transform: InputTransform,
    dtype: torch.dtype,
) -> Ascent:
    """The objectives' summed value and its gradient at `image` (3, H, W), computed in `dtype`."""
    values, tape = program.trace(network_input(image, transform, dtype))
    total, diffs = evaluate(objectives, values, image.dtype)
    values.clear()
    return Ascent(image_gradient(program.backward(diffs, tape), transform, image.dtype), total)


def repeatable(device: torch.device, *, tf32: bool = False) -> AbstractContextManager[None]:
    """Within it, CUDA's convolutions give the same bytes each time; they shorten float32 to TF32 if asked.

    torch has these settings for the whole process; they are put back at the end.
    """
    if device.type != "cuda":
        return nullcontext()
    flags: AbstractContextManager[None] = torch.backends.cudnn.flags(
        enabled=True, benchmark=False, deterministic=True, allow_tf32=tf32
    )
    return flags


@contextmanager
def _torch_errors_as_ours(image: Tensor) -> Iterator[None]:
    """Turns what torch raises when memory runs out, or a device fails, into an `EngineError`."""
    height, width = image.shape[-2:]
    try:
        yield
    except RuntimeError as error:
        said = str(error)
        if isinstance(error, torch.OutOfMemoryError) or any(sign in said for sign in _MEMORY_SIGNS):
            raise EngineError(
                f"not enough memory on {image.device} for {width}x{height}; use a smaller size, an earlier "
                "layer, or precision bfloat16"
            ) from error
        reason = said.partition("\n")[0] or type(error).__name__
        raise EngineError(f"torch failed at {width}x{height}: {reason}") from error
