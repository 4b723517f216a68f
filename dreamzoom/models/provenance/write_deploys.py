"""How the deploy files in `zoo` were made: architectures as tables in, prototxts out.

    python -m dreamzoom.models.provenance.write_deploys

A published caffemodel holds the weights under its layers' names; these files say how the layers are joined,
under the names that their publishers gave to layers and blobs. The architectures:

* GoogLeNet: Szegedy et al. 2014 (arXiv:1409.4842), table 1, names as in BVLC's bvlc_googlenet; the Places
  models differ in the number of their classes alone.
* VGG-16 and VGG-19: Simonyan and Zisserman 2014 (arXiv:1409.1556), configurations D and E, names as in
  Oxford's VGG_ILSVRC_16_layers and VGG_ILSVRC_19_layers.
* AlexNet: Krizhevsky et al. 2012, as in BVLC's bvlc_alexnet; CaffeNet, which pools before it normalises, as
  in bvlc_reference_caffenet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

ZOO = Path(__file__).parents[1] / "zoo"

# For each inception module the channels of: 1x1, 3x3 reduce, 3x3, 5x5 reduce, 5x5, pool projection.
_INCEPTIONS = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}
_POOL_BEFORE = {"4a": "pool3/3x3_s2", "5a": "pool4/3x3_s2"}

_VGG_CHANNELS = (64, 128, 256, 512, 512)


def layer(name: str, kind: str, bottoms: str | Sequence[str], top: str, parameters: str = "") -> str:
    """One layer's text; `parameters` goes on a line of its own."""
    below = [bottoms] if isinstance(bottoms, str) else bottoms
    joined = "".join(f' bottom: "{bottom}"' for bottom in below)
    head = f'layer {{ name: "{name}" type: "{kind}"{joined} top: "{top}"'
    return f"{head}\n        {parameters} }}\n" if parameters else f"{head} }}\n"


def head(title: str, side: int) -> str:
    """A file's beginning: its name and its input of 3 x side x side."""
    shape = f"input_param {{ shape {{ dim: 1 dim: 3 dim: {side} dim: {side} }} }}"
    return f'name: "{title}"\n\n' + layer("data", "Input", (), "data", shape)


def convolution(name: str, bottom: str, relu: str, outputs: int, window: str) -> str:
    """A convolution and, in place after it, a ReLU called `relu`."""
    parameters = f"convolution_param {{ num_output: {outputs} {window} }}"
    return layer(name, "Convolution", bottom, name, parameters) + layer(relu, "ReLU", name, name)


def pool(name: str, bottom: str, window: str, method: str = "MAX") -> str:
    return layer(name, "Pooling", bottom, name, f"pooling_param {{ pool: {method} {window} }}")


def normalisation(name: str, bottom: str) -> str:
    return layer(name, "LRN", bottom, name, "lrn_param { local_size: 5 alpha: 0.0001 beta: 0.75 }")


def inner_product(name: str, bottom: str, outputs: int) -> str:
    return layer(name, "InnerProduct", bottom, name, f"inner_product_param {{ num_output: {outputs} }}")


def dropout(name: str, blob: str, ratio: float) -> str:
    return layer(name, "Dropout", blob, blob, f"dropout_param {{ dropout_ratio: {ratio} }}")


def googlenet(title: str, classes: int) -> str:
    """GoogLeNet without the two side classifiers, which only its training had."""
    bottom = "pool2/3x3_s2"
    text = [head(title, 224), "\n", *_googlenet_stem()]
    for module, channels in _INCEPTIONS.items():
        if module in _POOL_BEFORE:
            text += ["\n", pool(_POOL_BEFORE[module], bottom, "kernel_size: 3 stride: 2")]
            bottom = _POOL_BEFORE[module]
        text += ["\n", *_inception(f"inception_{module}", bottom, channels)]
        bottom = f"inception_{module}/output"
    text += ["\n", pool("pool5/7x7_s1", bottom, "kernel_size: 7 stride: 1", "AVE")]
    text += [dropout("pool5/drop_7x7_s1", "pool5/7x7_s1", 0.4)]
    text += [inner_product("loss3/classifier", "pool5/7x7_s1", classes)]
    return "".join([*text, layer("prob", "Softmax", "loss3/classifier", "prob")])


def _googlenet_stem() -> Iterator[str]:
    yield convolution("conv1/7x7_s2", "data", "conv1/relu_7x7", 64, "kernel_size: 7 stride: 2 pad: 3")
    yield pool("pool1/3x3_s2", "conv1/7x7_s2", "kernel_size: 3 stride: 2")
    yield normalisation("pool1/norm1", "pool1/3x3_s2")
    yield convolution("conv2/3x3_reduce", "pool1/norm1", "conv2/relu_3x3_reduce", 64, "kernel_size: 1")
    yield convolution("conv2/3x3", "conv2/3x3_reduce", "conv2/relu_3x3", 192, "kernel_size: 3 pad: 1")
    yield normalisation("conv2/norm2", "conv2/3x3")
    yield pool("pool2/3x3_s2", "conv2/norm2", "kernel_size: 3 stride: 2")


def _inception(module: str, bottom: str, channels: Sequence[int]) -> Iterator[str]:
    one, three_reduce, three, five_reduce, five, projection = channels

    def branch(name: str, below: str, outputs: int, window: str) -> str:
        return convolution(f"{module}/{name}", below, f"{module}/relu_{name}", outputs, window)

    yield branch("1x1", bottom, one, "kernel_size: 1")
    yield branch("3x3_reduce", bottom, three_reduce, "kernel_size: 1")
    yield branch("3x3", f"{module}/3x3_reduce", three, "kernel_size: 3 pad: 1")
    yield branch("5x5_reduce", bottom, five_reduce, "kernel_size: 1")
    yield branch("5x5", f"{module}/5x5_reduce", five, "kernel_size: 5 pad: 2")
    yield pool(f"{module}/pool", bottom, "kernel_size: 3 stride: 1 pad: 1")
    yield branch("pool_proj", f"{module}/pool", projection, "kernel_size: 1")
    branches = [f"{module}/{name}" for name in ("1x1", "3x3", "5x5", "pool_proj")]
    yield layer(f"{module}/output", "Concat", branches, f"{module}/output")


def vgg(title: str, depths: Sequence[int]) -> str:
    """A VGG net with `depths` convolutions in its five stages."""
    bottom = "data"
    text = [head(title, 224)]
    for stage, (depth, channels) in enumerate(zip(depths, _VGG_CHANNELS, strict=True), 1):
        text.append("\n")
        for step in range(1, depth + 1):
            name = f"conv{stage}_{step}"
            text.append(convolution(name, bottom, f"relu{stage}_{step}", channels, "kernel_size: 3 pad: 1"))
            bottom = name
        text.append(pool(f"pool{stage}", bottom, "kernel_size: 2 stride: 2"))
        bottom = f"pool{stage}"
    return "".join([*text, *_three_inner_products()])


def alexnet(title: str, *, pool_first: bool) -> str:
    """AlexNet, as BVLC trained it, and CaffeNet, which pools before it normalises."""
    text, bottom = [head(title, 227), "\n"], "data"
    for stage, window in enumerate(("96 kernel_size: 11 stride: 4", "256 kernel_size: 5 pad: 2 group: 2"), 1):
        outputs, _, rest = window.partition(" ")
        text.append(convolution(f"conv{stage}", bottom, f"relu{stage}", int(outputs), rest))
        bottom = f"conv{stage}"
        for pools in (pool_first, not pool_first):
            name = f"pool{stage}" if pools else f"norm{stage}"
            text.append(
                pool(name, bottom, "kernel_size: 3 stride: 2") if pools else normalisation(name, bottom)
            )
            bottom = name
        text.append("\n")
    return "".join([*text, *_alexnet_top(bottom), *_three_inner_products()])


def _alexnet_top(bottom: str) -> Iterator[str]:
    yield convolution("conv3", bottom, "relu3", 384, "kernel_size: 3 pad: 1")
    yield convolution("conv4", "conv3", "relu4", 384, "kernel_size: 3 pad: 1 group: 2")
    yield convolution("conv5", "conv4", "relu5", 256, "kernel_size: 3 pad: 1 group: 2")
    yield pool("pool5", "conv5", "kernel_size: 3 stride: 2")


def _three_inner_products() -> Iterator[str]:
    yield "\n"
    for number, bottom in ((6, "pool5"), (7, "fc6")):
        name = f"fc{number}"
        yield inner_product(name, bottom, 4096)
        yield layer(f"relu{number}", "ReLU", name, name)
        yield dropout(f"drop{number}", name, 0.5)
    yield inner_product("fc8", "fc7", 1000)
    yield layer("prob", "Softmax", "fc8", "prob")


def deploy_files() -> dict[str, str]:
    """Every model of the zoo that has a deploy file, with its text."""
    return {
        "googlenet": googlenet("GoogLeNet", 1000),
        "googlenet_places205": googlenet("GoogLeNet Places205", 205),
        "googlenet_places365": googlenet("GoogLeNet Places365", 365),
        "vgg16": vgg("VGG-16", (2, 2, 3, 3, 3)),
        "vgg19": vgg("VGG-19", (2, 2, 4, 4, 4)),
        "alexnet": alexnet("AlexNet", pool_first=False),
        "caffenet": alexnet("CaffeNet", pool_first=True),
    }


if __name__ == "__main__":
    for model, text in deploy_files().items():
        (ZOO / model).mkdir(parents=True, exist_ok=True)
        (ZOO / model / "deploy.prototxt").write_text(text, "utf-8", newline="\n")
