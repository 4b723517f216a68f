"""What a Caffe model's own files say of its input: the mean that is subtracted, and the scale."""

from __future__ import annotations

import io
import math
import re
from dataclasses import dataclass, replace
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np
from google.protobuf.message import DecodeError

from dreamzoom.errors import ModelError
from dreamzoom.io.files import read_at_most
from dreamzoom.models.caffe.caffe_pb2 import LayerParameter, TrainedBlob
from dreamzoom.models.caffe.prototxt import LARGEST_PROTOTXT, read_prototxt
from dreamzoom.models.caffe.sources import find_source
from dreamzoom.models.caffe.upgrade import deploy_layers, present_layers
from dreamzoom.models.caffe.weights import stored_blob
from dreamzoom.models.network import InputTransform

LARGEST_MEAN = 64 << 20  # bytes; a mean image has three numbers a pixel

# What protobuf's and NumPy's readers raise on damaged data, found by damaging files: NumPy's lets Python's
# own tokenizer read a header, and asks for as much memory as that says.
_DAMAGE = (
    DecodeError,
    EOFError,
    MemoryError,
    OSError,
    OverflowError,
    SyntaxError,
    TokenError,
    TypeError,
    ValueError,
)
_SAYS = re.compile(rb"mean_?(value|file)|\bscale\s*:|transform_param")
_ENDINGS = (".binaryproto", ".npy")
_OTHER_ENDINGS = (".npz", ".mat", ".txt", ".csv", ".json", ".yaml", ".yml", ".xml", ".pkl", ".h5", ".pt")
_MEAN_WORD = re.compile(r"(?<![a-z])means?(?![a-z])")


@dataclass(frozen=True)
class SaidInput:
    """The transform that files tell, and where it was found.

    `found` begins a sentence that ends with the input; "" where files tell nothing.
    """

    transform: InputTransform
    found: str = ""


def said_input(prototxt: Path, default: InputTransform) -> SaidInput:
    """What the prototxt, or a file of a mean beside it, says in place of `default`.

    A file that cannot be read says nothing here; reading the model tells why.
    """
    layer = _source(prototxt)
    settings = _settings(layer) if layer is not None else None
    if settings is None:
        beside = _beside(prototxt.parent, default)
        beside = beside if beside.found else _of_training(prototxt, default)
        return beside if beside.found else SaidInput(beside.transform, _unread(prototxt.parent))
    return _as_settings(prototxt, settings, default)


def _as_settings(prototxt: Path, settings: _Settings, default: InputTransform) -> SaidInput:
    scale = settings.scale if _is_scale(settings.scale) else 1.0
    if settings.values:
        said = replace(default, mean=settings.values, scale=scale)
        is_news = said != default or settings.passed_over
        return SaidInput(said, _as_says(prototxt, settings.passed_over) if is_news else "")
    if settings.file:
        path = _local(prototxt.parent, settings.file)
        if not path.is_file():
            beside = _beside(prototxt.parent, default)
            missing = f"{prototxt} names the mean {settings.file}, which is not beside it: "
            return SaidInput(replace(beside.transform, scale=scale), missing + beside.found)
        said = replace(default, mean=read_mean(path), scale=scale)
        return SaidInput(said, _as_says(path, settings.passed_over))
    return SaidInput(replace(default, mean=(0.0,), scale=scale), _as_says(prototxt, settings.passed_over))


def read_mean(path: Path) -> tuple[float, ...]:
    """A mean image's average for each channel, in the file's order.

    Raises:
        ModelError: it is no mean of one or three channels.
    """
    content = read_at_most(path, LARGEST_MEAN, ModelError, "mean")
    try:
        if content.startswith(b"\x93NUMPY"):
            numbers = np.load(io.BytesIO(content), allow_pickle=False)
        else:
            stored = stored_blob(TrainedBlob.FromString(content))
            numbers = stored.numbers.reshape(stored.shape)
        mean = _per_channel(np.asarray(numbers, dtype=np.float64))
    except _DAMAGE as error:
        raise ModelError(
            f"{path} is no mean of a model: {error}; move it, or give mean in model.toml"
        ) from error
    if not all(math.isfinite(value) and abs(value) < 1e9 for value in mean):
        raise ModelError(f"{path} is no mean of a model: its values are not all numbers; move it away")
    return mean


def _per_channel(numbers: Any) -> tuple[float, ...]:
    """Of (C, H, W), (H, W, C), (H, W) or C numbers."""
    numbers = numbers.reshape([side for side in numbers.shape if side != 1] or [1])
    if numbers.ndim == 1 and numbers.size in (1, 3):
        return tuple(map(float, numbers))
    if numbers.ndim == 2 and 3 not in numbers.shape:
        return (float(numbers.mean()),)
    if numbers.ndim == 3 and 3 in (numbers.shape[0], numbers.shape[2]):
        rest = (1, 2) if numbers.shape[0] == 3 else (0, 1)
        return tuple(map(float, numbers.mean(axis=rest)))
    raise ValueError(
        f"it has {'x'.join(map(str, numbers.shape))} numbers, not those of one or three channels"
    )


@dataclass(frozen=True)
class _Settings:
    values: tuple[float, ...]
    file: str
    scale: float
    passed_over: str = ""  # in words, what it says that no picture can be changed by

    def is_at_hand(self, folder: Path) -> bool:
        """Whether it says numbers, or names a file of them that is there."""
        return bool(self.values) or (_local(folder, self.file).is_file() if self.file else self.scale != 1)


def _local(folder: Path, name: str) -> Path:
    """A file that was elsewhere on the machine of training, in the model's own folder."""
    return folder / re.split(r"[/\\]", name)[-1]


def _source(prototxt: Path) -> LayerParameter | None:
    try:
        if not _SAYS.search(read_at_most(prototxt, LARGEST_PROTOTXT, ModelError, "prototxt")):
            return None
        net = read_prototxt(prototxt)
        source = find_source(deploy_layers(net), present_layers(net))
    except (ModelError, ValueError):
        return None
    return source.layer if source is not None else None


def _settings(layer: LayerParameter) -> _Settings | None:
    """What a source does to its pictures; None where it says nothing of that."""
    if layer.HasField("transform_param"):
        said = layer.transform_param
        if layer.type == "Input" and not (said.mean_value or said.mean_file or said.HasField("scale")):
            return None
        scale = said.scale if said.HasField("scale") else 1.0
        values = _values(said.mean_value)
        return _Settings(values, said.mean_file, scale, _passed_over(said.mean_value, values, scale))
    for old in (layer.data_param, layer.image_data_param, layer.window_data_param):
        if old.mean_file or old.HasField("scale"):
            scale = old.scale if old.HasField("scale") else 1.0
            return _Settings((), old.mean_file, scale, _passed_over((), (), scale))
    return None


def _passed_over(said: Any, values: tuple[float, ...], scale: float) -> str:
    faults = []
    if said and not values:
        faults.append(f"its {len(said)} of mean_value, which are not one or three numbers")
    if not _is_scale(scale):
        faults.append(f"its scale of {scale:g}")
    return f" (passed over: {', '.join(faults)})" if faults else ""


def _values(values: Any) -> tuple[float, ...]:
    found = tuple(map(float, values))
    good = len(found) in (1, 3) and all(math.isfinite(value) and abs(value) < 1e9 for value in found)
    return found if good else ()


def _is_scale(scale: float) -> bool:
    return math.isfinite(scale) and 0 < scale < 1e9


def _beside(folder: Path, default: InputTransform) -> SaidInput:
    """Of a file of a mean in the folder, where there is one alone, or one called mean."""
    files = [path for path in _of_means(folder) if path.suffix.lower() in _ENDINGS]
    exact = [path for path in files if path.stem.lower() == "mean"]
    chosen = (exact or files)[:1] if len(exact or files) == 1 else []
    if not chosen:
        names = ", ".join(path.name for path in files[:5])
        several = f"{folder} holds several means ({names}), and none was taken: "
        return SaidInput(default, several if files else "")
    return SaidInput(replace(default, mean=read_mean(chosen[0])), _as_says(chosen[0]))


def _of_means(folder: Path) -> list[Path]:
    """The files with "mean" in their names."""
    try:
        return sorted(path for path in folder.iterdir() if "mean" in path.name.lower())
    except OSError:
        return []


def _unread(folder: Path) -> str:
    """A word about what looks like a mean, in a format that is not read."""
    for path in _of_means(folder):
        if path.suffix.lower() in _OTHER_ENDINGS and _MEAN_WORD.search(path.stem.lower()):
            return f"{path} is not read; if it is the mean of the model's input, give mean in model.toml: "
    return ""


def _of_training(deploy: Path, default: InputTransform) -> SaidInput:
    """Of the one training file beside a deploy file, where it has numbers of its own."""
    others = [
        path for path in deploy.parent.glob("*.prototxt") if "train" in path.name.lower() and path != deploy
    ]
    layer = _source(others[0]) if len(others) == 1 else None
    settings = _settings(layer) if layer is not None else None
    if settings is None or not settings.is_at_hand(deploy.parent):
        return SaidInput(default)
    return _as_settings(others[0], settings, default)


def _as_says(path: Path, passed_over: str = "") -> str:
    return f"as {path} says{passed_over}, "


def input_in_words(transform: InputTransform) -> str:
    """How a picture becomes the network's input, such as: BGR minus (104, 117, 123), times 1."""
    mean = ", ".join(f"{value:.6g}" for value in transform.mean)
    mean = f"({mean})" if len(transform.mean) > 1 else mean
    channels = transform.channels if transform.channels == "grey" else transform.channels.upper()
    return f"{channels} minus {mean}, times {transform.scale:.6g}"
