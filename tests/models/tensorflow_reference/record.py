"""Records what TensorFlow computes with a small frozen graph, for tests/models/test_tensorflow.py.

    pip install tensorflow-cpu==2.21.0
    python tests/tensorflow_reference/record.py

The graph has every operation of inception5h, put together the same way and named alike, with few channels and
seeded random weights. Beside this script it writes

    graph.pb      the frozen graph
    values.npz    for pictures of some heights and widths: "29x22/image", the picture (H, W, 3), uint8, RGB;
                  "29x22/value/mixed3a", the value of a node, as TensorFlow gives it, without the leading 1;
                  "29x22/gradient/mixed3a" (H, W, 3), the gradient at the picture of half the sum of a node's
                  squared values

TensorFlow's pictures are the images minus 117.
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import tensorflow as tf

HERE = Path(__file__).parent
MEAN = 117.0
WHOLE = (40, 56)  # the height and width that the inner products are for
SIZES = ((29, 22), (16, 31), WHOLE)  # with sides even and odd at each stride of 2
AFTER_HEADS = ("head0", "nn0", "softmax", "output", "avgpool0")  # what only pictures of WHOLE reach
CLIMBED_IN_HEADS = ("head0_bottleneck/reshape", "output", "softmax2_pre_activation")
CLIMBED = (
    "conv2d0_pre_relu",
    "localresponsenorm1",
    "mixed3a",
    "mixed4a",
    "even2x2",
    "dilated3x3",
    "average3x3",
)

rng = np.random.default_rng(5)


def weights(name: str, *shape: int) -> tf.Tensor:
    """A constant of seeded random numbers, scaled so that activations keep their size."""
    spread = (2 / math.prod(shape[:-1])) ** 0.5 if len(shape) > 1 else 0.1
    return tf.constant(rng.normal(0, spread, shape).astype(np.float32), name=name)


def convolution(x: tf.Tensor, name: str, kernel: tuple[int, int], channels: int, **how: object) -> tf.Tensor:
    """Conv2D, BiasAdd and Relu, named as in inception5h."""
    w = weights(f"{name}_w", *kernel, x.shape[-1], channels)
    b = weights(f"{name}_b", channels)
    x = tf.nn.conv2d(x, w, **{"strides": 1, "padding": "SAME", **how}, name=f"{name}_pre_relu/conv")
    return tf.nn.relu(tf.nn.bias_add(x, b, name=f"{name}_pre_relu"), name=name)


def inception(x: tf.Tensor, name: str) -> list[tf.Tensor]:
    """The four towers of an inception module, not yet joined."""
    middle = convolution(x, f"{name}_3x3_bottleneck", (1, 1), 3)
    small = convolution(x, f"{name}_5x5_bottleneck", (1, 1), 2)
    pool = tf.nn.max_pool2d(x, 3, 1, "SAME", name=f"{name}_pool")
    return [
        convolution(x, f"{name}_1x1", (1, 1), 3),
        convolution(middle, f"{name}_3x3", (3, 3), 4),
        convolution(small, f"{name}_5x5", (5, 5), 2),
        convolution(pool, f"{name}_pool_reduce", (1, 1), 3),
    ]


def dense(x: tf.Tensor, name: str, outputs: int, suffix: str) -> tf.Tensor:
    """MatMul and BiasAdd."""
    product = tf.matmul(x, weights(f"{name}_w", x.shape[-1], outputs), name=f"{name}{suffix}/matmul")
    return tf.nn.bias_add(product, weights(f"{name}_b", outputs), name=f"{name}{suffix}")


def build() -> None:
    """The graph, in TensorFlow's current one."""
    x = tf.compat.v1.placeholder(tf.float32, [None, None, None, 3], name="input")
    x = convolution(x, "conv2d0", (7, 7), 6, strides=2)
    x = tf.nn.max_pool2d(x, 3, 2, "SAME", name="maxpool0")
    x = tf.nn.local_response_normalization(x, 2, 1.0, 0.002, 0.5, name="localresponsenorm0")
    x = convolution(x, "conv2d1", (1, 1), 6)
    x = convolution(x, "conv2d2", (3, 3), 8)
    x = tf.nn.local_response_normalization(x, 5, 2.0, 0.001, 0.75, name="localresponsenorm1")
    x = tf.raw_ops.Concat(
        concat_dim=tf.constant(3, name="mixed3a/concat_dim"), values=inception(x, "mixed3a"), name="mixed3a"
    )
    head(x)
    odd_corners(x)
    x = tf.nn.max_pool2d(x, 3, 2, "SAME", name="maxpool4")
    x = tf.concat(inception(x, "mixed4a"), -1, name="mixed4a")
    x = tf.nn.avg_pool2d(x, (5, 7), 1, "VALID", name="avgpool0")
    x = tf.reshape(x, [-1, 12], name="avgpool0/reshape")
    x = tf.nn.softmax(dense(x, "softmax2", 10, "_pre_activation"), name="softmax2")
    tf.identity(x, name="output2")


def head(x: tf.Tensor) -> None:
    """A side classifier; of pictures of WHOLE it flattens 2 rows, 4 columns and 5 channels."""
    x = tf.nn.avg_pool2d(x, 5, 3, "VALID", name="head0_pool")
    x = convolution(x, "head0_bottleneck", (1, 1), 5)
    x = tf.reshape(x, [-1, 2 * 4 * 5], name="head0_bottleneck/reshape")
    x = tf.nn.relu(dense(x, "nn0", 16, "_pre_relu"), name="nn0")
    x = tf.reshape(x, [-1, 16], name="nn0/reshape")
    x = tf.nn.softmax(dense(x, "softmax0", 10, "_pre_activation"), name="softmax0")
    tf.identity(x, name="output")


def odd_corners(x: tf.Tensor) -> None:
    """Windows that inception5h does not have: even, oblong, dilated, smaller than their stride."""
    x = tf.debugging.check_numerics(x, "not finite", name="checked")
    convolution(x, "even2x2", (2, 2), 3, strides=2)
    convolution(x, "oblong3x2", (3, 2), 3, strides=(1, 2), padding="VALID")
    convolution(x, "dilated3x3", (3, 3), 3, dilations=2)
    convolution(x, "thin1x1", (1, 1), 3, strides=2)
    tf.nn.avg_pool2d(x, 3, 2, "SAME", name="average3x3")
    tf.nn.avg_pool2d(x, (2, 3), (1, 2), "SAME", name="average2x3")
    tf.nn.max_pool2d(x, 3, 2, "VALID", name="valid3x3")
    tf.nn.max_pool2d(x, (2, 3), (2, 1), "SAME", name="maximum2x3")


def recorded(graph: tf.Graph, size: tuple[int, int]) -> dict[str, np.ndarray]:
    """TensorFlow's values and gradients for one picture."""
    names = [node.name for node in graph.get_operations() if node.type not in ("Const", "Placeholder")]
    kept = [name for name in names if name.startswith(AFTER_HEADS) == (size == WHOLE)]
    kept = [name for name in kept if size == WHOLE or not name.endswith("/conv")]  # to save room
    values = {name: graph.get_tensor_by_name(f"{name}:0") for name in kept}
    image = rng.integers(0, 256, (*size, 3), dtype=np.uint8)
    x = graph.get_tensor_by_name("input:0")
    with graph.as_default(), tf.compat.v1.Session() as session:
        climbed = CLIMBED_IN_HEADS if size == WHOLE else CLIMBED
        slopes = {name: tf.gradients(tf.nn.l2_loss(values[name]), x)[0] for name in climbed}
        found = session.run((values, slopes), {x: image[None].astype(np.float32) - MEAN})
    label = "x".join(map(str, size))
    return {
        f"{label}/image": image,
        **{f"{label}/value/{name}": value[0] for name, value in found[0].items()},
        **{f"{label}/gradient/{name}": slope[0] for name, slope in found[1].items()},
    }


def main() -> None:
    """Writes graph.pb and values.npz."""
    with tf.Graph().as_default() as graph:
        build()
    definition = graph.as_graph_def()
    (HERE / "graph.pb").write_bytes(definition.SerializeToString(deterministic=True))
    arrays = [recorded(copy_of(definition), size) for size in SIZES]
    np.savez_compressed(HERE / "values.npz", **{key: array for part in arrays for key, array in part.items()})


def copy_of(definition: tf.compat.v1.GraphDef) -> tf.Graph:
    """A graph as it was before gradients were added to it."""
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(definition, name="")
    return graph


if __name__ == "__main__":
    main()
