"""Caffe models for tests: seeded random weights for any prototxt, known networks, older file formats."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamzoom.models.caffe.caffe_pb2 import TrainedBlob, TrainedNet
from dreamzoom.models.caffe.layers import network_layers
from dreamzoom.models.caffe.reader import SOURCES, TRAINING, picture_shape, read_network, read_prototxt
from dreamzoom.models.caffe.site import Site
from dreamzoom.models.caffe.upgrade import deploy_layers
from dreamzoom.models.network import Array, Network
from dreamzoom.models.shapes import Shape, top_shape

NETS = Path(__file__).parent / "nets"
ZOO = Path(__file__).parents[2] / "dreamzoom" / "models" / "zoo"


SMALL = """
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 8 dim: 8 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 2 kernel_size: 3 } }
layer { name: "relu" type: "ReLU" bottom: "conv" top: "conv" }
layer { name: "fc" type: "InnerProduct" bottom: "conv" top: "fc" inner_product_param { num_output: 4 } }
"""
SMALL_INPUT, SMALL_BODY = (
    SMALL[: SMALL.index('layer { name: "conv"')],
    SMALL[SMALL.index('layer { name: "conv"') :],
)


def write_random_caffemodel(prototxt: Path, caffemodel: Path, seed: int) -> None:
    """Write seeded weights for every layer of `prototxt` that has any, scaled so that activations stay sane.

    Kernels are He-normal, biases small, BatchNorm's statistics those of a plausible training. The same
    prototxt and seed give the same bytes. The real Caffe reads the file as well as dreamzoom does.
    """
    random = np.random.default_rng(seed)
    net = TrainedNet(name=b"random")
    shapes: dict[str, Shape] = {}
    for layer in deploy_layers(read_prototxt(prototxt)):
        if layer.type in SOURCES and not shapes:
            shapes[layer.top[0]] = picture_shape(layer) or ()
        elif layer.type not in SOURCES | TRAINING:
            bottoms = [shapes[bottom] for bottom in layer.bottom]
            site = _Inventor(layer, bottoms, (), prototxt, caffemodel, random)
            for made in network_layers(site):
                shapes.update(dict.fromkeys(made.tops, top_shape(made, shapes)))
            if site.invented:
                blobs = [blob(array) for array in site.invented]
                net.layer.add(name=layer.name.encode(), type=layer.type.encode(), blobs=blobs)
    caffemodel.write_bytes(net.SerializeToString(deterministic=True))


@dataclass(frozen=True)
class ModelFiles:
    """The two files of a model, in a folder of a test's own."""

    prototxt: Path
    caffemodel: Path

    def read(self) -> Network:
        return read_network(self.prototxt, self.caffemodel)

    def change_weights(self, change: Callable[[TrainedNet], object]) -> ModelFiles:
        """Write the caffemodel anew as `change` leaves it."""
        net = read_trained(self.caffemodel)
        change(net)
        write_trained(net, self.caffemodel)
        return self


def model_files(folder: Path, prototxt: str) -> ModelFiles:
    """Write a prototxt, and random weights for it, into `folder`."""
    files = ModelFiles(folder / "deploy.prototxt", folder / "weights.caffemodel")
    files.prototxt.write_text(prototxt, encoding="utf-8", newline="\n")
    write_random_caffemodel(files.prototxt, files.caffemodel, seed=1)
    return files


@dataclass(frozen=True, eq=False)
class _Inventor(Site):
    """A site that finds whatever weights its layer wants, made up."""

    random: np.random.Generator = field(default_factory=np.random.default_rng)
    invented: list[Array] = field(default_factory=list)

    def weights(self, **wanted: Shape) -> list[Array]:
        for name, shape in wanted.items():
            numbers = self._invent(name, shape)
            self.invented.append(np.asarray(numbers, dtype=np.float32).reshape(shape))
        return self.invented

    def _invent(self, name: str, shape: Shape) -> NDArray[np.float64]:
        if name == "weight":
            return self.random.normal(0.0, np.sqrt(2.0 / self._fan_in(shape)), shape)
        if name in ("variance", "scale"):
            factor = _FACTOR if name == "variance" else 1.0
            return self.random.uniform(0.5, 1.0, shape) * factor
        if name == "scale_factor":
            return np.array([_FACTOR])
        if name == "slope":
            return self.random.uniform(0.05, 0.4, shape)
        return self.random.normal(0.0, 0.1, shape) * (_FACTOR if name == "mean" else 1.0)

    def _fan_in(self, shape: Shape) -> float:
        """How many inputs an output sums."""
        if self.layer.type == "Deconvolution":
            stride = max(self.layer.convolution_param.stride, default=1)
            inputs = shape[0] / self.layer.convolution_param.group
            return max(inputs * shape[2] * shape[3] / stride**2, 1.0)
        if self.layer.inner_product_param.transpose:
            return shape[0]
        return float(np.prod(shape[1:]))


_FACTOR = 999.98  # what BatchNorm's sums have been multiplied by, after a long training


def blob(array: Array) -> TrainedBlob:
    """An array as today's files store it."""
    stored = TrainedBlob(data=[np.ascontiguousarray(array, dtype="<f4").tobytes()])
    stored.shape.dim.extend(array.shape)
    return stored


def legacy_blob(stored: TrainedBlob) -> TrainedBlob:
    """The same numbers as files of 2014 store them: four sides, those missing on the left being 1."""
    num, channels, height, width = (1,) * (4 - len(stored.shape.dim)) + tuple(stored.shape.dim)
    return TrainedBlob(data=stored.data, num=num, channels=channels, height=height, width=width)


def read_trained(caffemodel: Path) -> TrainedNet:
    """A caffemodel as protobuf has it, to be changed."""
    return TrainedNet.FromString(caffemodel.read_bytes())


def write_trained(net: TrainedNet, caffemodel: Path) -> None:
    caffemodel.write_bytes(net.SerializeToString(deterministic=True))


def as_v1(net: TrainedNet) -> TrainedNet:
    """The same weights in `layers` of 2014."""
    old = TrainedNet()
    for layer in net.layer:
        old.layers.add(name=layer.name, blobs=map(legacy_blob, layer.blobs))
    return old


def as_v0(net: TrainedNet) -> TrainedNet:
    """The same weights in `layers { layer }` of 2013."""
    old = TrainedNet()
    for layer in net.layer:
        older = old.layers.add().layer
        older.name = layer.name
        older.blobs.extend(map(legacy_blob, layer.blobs))
    return old


def compacted(prototxt: str, by: int) -> str:
    """A network with all its names and its structure, and `by` times fewer outputs in each layer."""
    return re.sub(
        r"(num_output:\s*)(\d+)", lambda found: f"{found[1]}{max(int(found[2]) // by, 1)}", prototxt
    )


def resnet50(classes: int = 1000) -> str:
    """The deploy file of ResNet-50 (He et al. 2015, arXiv:1512.03385), under its publishers' names."""
    return "\n".join(_resnet50(classes)) + "\n"


def _resnet50(classes: int) -> Iterator[str]:
    yield 'name: "ResNet-50"\ninput: "data"\ninput_dim: 1\ninput_dim: 3\ninput_dim: 224\ninput_dim: 224'
    yield from _normalised("conv1", "bn_conv1", "scale_conv1", "data", 64, 7, stride=2, bias=True)
    yield _layer("conv1_relu", "ReLU", ["conv1"], "conv1")
    yield _layer(
        "pool1", "Pooling", ["conv1"], "pool1", "pooling_param { kernel_size: 3 stride: 2 pool: MAX }"
    )
    bottom = "pool1"
    for stage, (blocks, width) in enumerate([(3, 64), (4, 128), (6, 256), (3, 512)], start=2):
        for block in "abcdef"[:blocks]:
            stride = 2 if block == "a" and stage > 2 else 1
            yield from _bottleneck(f"{stage}{block}", bottom, width, stride, widen=block == "a")
            bottom = f"res{stage}{block}"
    yield _layer(
        "pool5", "Pooling", [bottom], "pool5", "pooling_param { kernel_size: 7 stride: 1 pool: AVE }"
    )
    parameters = f"inner_product_param {{ num_output: {classes} }}"
    yield _layer("fc1000", "InnerProduct", ["pool5"], "fc1000", parameters)
    yield _layer("prob", "Softmax", ["fc1000"], "prob")


def _bottleneck(name: str, bottom: str, width: int, stride: int, *, widen: bool) -> Iterator[str]:
    """Three convolutions around a shortcut, which a fourth one widens in the first block of a stage."""
    shortcut = bottom
    if widen:
        shortcut = f"res{name}_branch1"
        yield from _branch(name, "1", bottom, 4 * width, 1, stride)
    yield from _branch(name, "2a", bottom, width, 1, stride)
    yield _layer(f"res{name}_branch2a_relu", "ReLU", [f"res{name}_branch2a"], f"res{name}_branch2a")
    yield from _branch(name, "2b", f"res{name}_branch2a", width, 3, 1)
    yield _layer(f"res{name}_branch2b_relu", "ReLU", [f"res{name}_branch2b"], f"res{name}_branch2b")
    yield from _branch(name, "2c", f"res{name}_branch2b", 4 * width, 1, 1)
    yield _layer(f"res{name}", "Eltwise", [shortcut, f"res{name}_branch2c"], f"res{name}")
    yield _layer(f"res{name}_relu", "ReLU", [f"res{name}"], f"res{name}")


def _branch(block: str, branch: str, bottom: str, outputs: int, kernel: int, stride: int) -> Iterator[str]:
    name = f"{block}_branch{branch}"
    return _normalised(f"res{name}", f"bn{name}", f"scale{name}", bottom, outputs, kernel, stride=stride)


def _normalised(
    name: str,
    norm: str,
    scale: str,
    bottom: str,
    outputs: int,
    kernel: int,
    *,
    stride: int,
    bias: bool = False,
) -> Iterator[str]:
    """A convolution with BatchNorm and Scale after it, in place."""
    sides = f"kernel_size: {kernel} pad: {kernel // 2} stride: {stride}"
    term = f"bias_term: {str(bias).lower()}"
    yield _layer(
        name, "Convolution", [bottom], name, f"convolution_param {{ num_output: {outputs} {sides} {term} }}"
    )
    yield _layer(norm, "BatchNorm", [name], name, "batch_norm_param { use_global_stats: true }")
    yield _layer(scale, "Scale", [name], name, "scale_param { bias_term: true }")


def _layer(name: str, kind: str, bottoms: list[str], top: str, parameters: str = "") -> str:
    below = "".join(f' bottom: "{bottom}"' for bottom in bottoms)
    return f'layer {{ name: "{name}" type: "{kind}"{below} top: "{top}" {parameters} }}'
