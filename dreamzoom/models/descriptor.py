"""What a model says about itself: `model.toml`, a small file that may lie beside a model's own files.

    name = "googlenet"                          # default: the folder's name
    title = "BVLC GoogLeNet"
    prototxt = "deploy.prototxt"                # a Caffe model, old (V1) or new syntax, ...
    caffemodel = "bvlc_googlenet.caffemodel"
    graph = "tensorflow_inception_graph.pb"     # ... or a frozen TensorFlow graph instead of the two
    channels = "bgr"                            # or "rgb", the order that the network wants; or "grey"
    mean = [104.0, 117.0, 123.0]                # subtracted, in that order; one number stands for all
    scale = 1.0                                 # then multiplied
    layer = "inception_4c/output"               # what dreams climb when nobody names a layer
    licence = "unrestricted use"
    source = "https://…"                        # where it comes from
    labels = "labels.txt"                       # the names of its classes, a line each; see `classes`
    sha256 = "…"                                # of the caffemodel or graph; checked when it is opened

Every key may be left out. Files are then found by their endings and names. A Caffe model gets BGR channels,
and the mean and scale that its prototxt's `transform_param`, or a file such as `mean.binaryproto`, says.
Where none does, the mean is (104, 117, 123): the figures BVLC trained GoogLeNet with, ImageNet's mean in
whole grey levels. (BVLC's mean image averages 104.007, 116.669, 122.679: a third of a grey level away at
most, which no dream shows.) A TensorFlow graph gets RGB minus 117, as in TensorFlow's DeepDream tutorial.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, TypeGuard

from dreamzoom.errors import ModelError, nearest, quote_value
from dreamzoom.io.toml import read_toml
from dreamzoom.models.caffe.mean import SaidInput, said_input
from dreamzoom.models.candidates import choose_files
from dreamzoom.models.network import InputTransform

FILE_NAME = "model.toml"
_FILES = ("prototxt", "caffemodel", "graph")

CAFFE_INPUT = InputTransform(channels="bgr", mean=(104.0, 117.0, 123.0))
TENSORFLOW_INPUT = InputTransform(channels="rgb", mean=(117.0, 117.0, 117.0))

_LARGEST_FILE = 64 * 1024  # bytes; a descriptor is a page of text


@dataclass(frozen=True)
class Descriptor:
    """A model's own words; "" where it says nothing.

    Either `prototxt` and `caffemodel` are names of files, or `graph` is. `told` is what a person should know
    of their choice; `input_found` begins a sentence that ends with the input, and says where it was found.
    """

    name: str
    title: str = ""
    prototxt: str = ""
    caffemodel: str = ""
    graph: str = ""
    transform: InputTransform = CAFFE_INPUT
    layer: str = ""
    licence: str = ""
    source: str = ""
    sha256: str = ""
    labels: str = ""
    told: str = ""
    input_found: str = ""

    @property
    def weights(self) -> str:
        """The file name of the weights: the caffemodel, or the graph, which holds everything."""
        return self.graph or self.caffemodel


def read_descriptor(folder: Path, asked: str = "") -> Descriptor:
    """What the model in `folder` says about itself, with what it leaves out filled in.

    The files it names need not exist yet.

    Args:
        asked: the one file of the folder that a person named; "" for the obvious ones.

    Raises:
        ModelError: the folder holds no model, or more than one, or its `model.toml` is wrong.
    """
    if not folder.is_dir():
        raise _not_there(folder)
    path = folder / FILE_NAME
    table = read_toml(path, ModelError, "description of a model", _LARGEST_FILE) if path.exists() else {}
    said = _checked_table(table, path)
    chosen = choose_files(folder, {key: said.pop(key) for key in _FILES if key in said}, asked)
    own = {key: said.pop(key) for key in ("channels", "mean", "scale") if key in said}
    found = _found_input(folder, chosen.files, own)
    is_named = asked not in ("", FILE_NAME) and "deploy" not in asked.lower()
    name = said.pop("name", Path(asked).stem if is_named else folder.resolve().name)
    return Descriptor(
        name=name,
        transform=replace(found.transform, **own),
        told=chosen.told,
        input_found=found.found,
        **said,
        **chosen.files,
    )


def _not_there(folder: Path) -> ModelError:
    if re.match(r"(https?|ftp):/", folder.as_posix()):
        return ModelError(
            f"{folder} is an address: download the prototxt and the caffemodel into a folder, and name that"
        )
    if folder.exists():
        return ModelError(f"{folder} is not a folder; a model is a folder with a prototxt and a caffemodel")
    return ModelError(f"there is no {folder}; a model is a folder with a prototxt and a caffemodel")


def _found_input(folder: Path, files: Mapping[str, str], own: Mapping[Any, object]) -> SaidInput:
    """What becomes of a picture by the model's files, unless `model.toml` says all of it."""
    if "graph" in files:
        return SaidInput(TENSORFLOW_INPUT)
    if "mean" in own:
        return SaidInput(CAFFE_INPUT)
    return said_input(folder / files["prototxt"], CAFFE_INPUT)


def _checked_table(table: Mapping[str, object], path: Path) -> dict[str, Any]:
    """The values of `model.toml` at `path`, each found good by its check."""
    for key in table:
        if key not in _CHECKS:
            raise ModelError(f"{path}: there is no key {key!r}{nearest(key, _CHECKS)}")
    if "graph" in table and ("prototxt" in table or "caffemodel" in table):
        raise ModelError(f"{path}: give either graph, or prototxt and caffemodel, not both")
    checked: dict[str, Any] = {}
    for key, value in table.items():
        check, wanted = _CHECKS[key]
        checked[key] = check(value)
        if checked[key] is None:
            raise ModelError(f"{path}: {key} must be {wanted}, not {quote_value(value)}")
    return checked


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value and value.isprintable() else None


def _file_name(value: object) -> str | None:
    """A name in the model's own folder: no way up, out or elsewhere, on any system."""
    if not isinstance(value, str) or not value.isprintable() or value in ("", ".", ".."):
        return None
    plain = PurePosixPath(value).name == value and PureWindowsPath(value).name == value
    return value if plain and ":" not in value else None


def _channels(value: object) -> str | None:
    return {"bgr": "bgr", "rgb": "rgb", "grey": "grey", "gray": "grey"}.get(str(value))


def _mean(value: object) -> tuple[float, ...] | None:
    if not isinstance(value, list) or len(value) not in (1, 3) or not all(_is_number(each) for each in value):
        return None
    return tuple(float(each) for each in value)


def _scale(value: object) -> float | None:
    return float(value) if _is_number(value) and value > 0 else None


def _sha256(value: object) -> str | None:
    return value.lower() if isinstance(value, str) and re.fullmatch(r"[0-9A-Fa-f]{64}", value) else None


def _is_number(value: object) -> TypeGuard[float]:
    """A finite number that float32 holds; TOML's nan, inf, true and integers of any length are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool) and -1e9 < value < 1e9


_TEXT = (_text, "text on one line")
_FILE_NAME = (_file_name, "the name of a file in the same folder")

_CHECKS: Mapping[str, tuple[Callable[[object], Any], str]] = {
    "name": _TEXT,
    "title": _TEXT,
    "prototxt": _FILE_NAME,
    "caffemodel": _FILE_NAME,
    "graph": _FILE_NAME,
    "channels": (_channels, '"bgr", "rgb" or "grey"'),
    "mean": (_mean, "three numbers, one a channel, or one for all"),
    "scale": (_scale, "a number above 0"),
    "layer": _TEXT,
    "labels": _FILE_NAME,
    "licence": _TEXT,
    "source": _TEXT,
    "sha256": (_sha256, "64 hexadecimal digits"),
}
