"""The torch engine as a whole, on small networks built by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dreamzoom.engines.torch.engine import TorchEngine, choose_device, climb, keep_freed_memory
from dreamzoom.engines.torch.kernel import Place
from dreamzoom.engines.torch.native.library import compiled_library
from dreamzoom.engines.torch.passes import Graph, faster, gate_at_readers, graph_of, part_concatenations
from dreamzoom.engines.torch.program import compile_program, program_of
from dreamzoom.errors import EngineError, RequestError, UnknownBlobError
from dreamzoom.models.network import (
    Concat,
    Convolution,
    Identity,
    InnerProduct,
    InputTransform,
    Layer,
    LocalResponse,
    Model,
    Network,
    Operation,
    Pooling,
    ReLU,
)


def weights(*shape: int, seed: int = 1) -> NDArray[np.float32]:
    fan_in = max(1, int(np.prod(shape[1:])))
    numbers = np.random.default_rng(seed).standard_normal(shape, dtype=np.float32)
    numbers *= fan_in**-0.5
    return numbers


def convolution(
    seed: int, outputs: int, inputs: int, kernel: int, *, stride: int = 1, padding: int = 0
) -> Convolution:
    bias = weights(outputs, seed=seed + 100) * np.float32(0.1)
    return Convolution(
        weights(outputs, inputs, kernel, kernel, seed=seed), bias, (stride, stride), (padding, padding)
    )


def layer(name: str, operation: Operation, bottoms: str, top: str | None = None) -> Layer:
    return Layer(name, operation, tuple(bottoms.split()), (top or name,))


def small_network() -> Network:
    """A little GoogLeNet: in-place ReLUs, LRN, an inception block, pools whose last windows hang over."""
    layers = [
        layer("conv1", convolution(1, 16, 3, 7, stride=2, padding=3), "data"),
        layer("relu1", ReLU(), "conv1", "conv1"),
        layer("pool1", Pooling("max", (3, 3), (2, 2)), "conv1"),
        layer("norm1", LocalResponse(5, 1e-1, 0.75, 1.0), "pool1"),
        layer("one", convolution(2, 8, 16, 1), "norm1"),
        layer("relu_one", ReLU(), "one", "one"),
        layer("reduce", convolution(3, 4, 16, 1), "norm1"),
        layer("relu_reduce", ReLU(), "reduce", "reduce"),
        layer("three", convolution(4, 8, 4, 3, padding=1), "reduce"),
        layer("relu_three", ReLU(), "three", "three"),
        layer("pool", Pooling("max", (3, 3), (1, 1), (1, 1)), "norm1"),
        layer("project", convolution(5, 8, 16, 1), "pool"),
        layer("relu_project", ReLU(), "project", "project"),
        layer("join", Concat(), "one three project"),
        layer("drop", Identity(), "join", "join"),
        layer("last", convolution(6, 6, 24, 3), "join"),
        layer("mean", Pooling("average", (2, 2), (2, 2)), "last"),
        layer("classes", InnerProduct(weights(5, 72), weights(5)), "mean"),
    ]
    return Network("small", "data", (3, 32, 32), tuple(layers))


def small_model(transform: InputTransform | None = None) -> Model:
    return Model("small", small_network(), transform or InputTransform(), "join", "0" * 64)


def picture(height: int, width: int, seed: int = 5) -> torch.Tensor:
    rng = np.random.default_rng(seed)
    return torch.from_numpy(rng.uniform(0, 255, (3, height, width)).astype(np.float32))


def energy(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    return x.square().sum() / 2, x


def engine(precision: str = "float32") -> TorchEngine:
    return TorchEngine(small_model(), "cpu", precision)


COUNT_PAGE_FAULTS = """
import resource, torch
from dreamzoom.dream.objectives import l2
from dreamzoom.engines.torch.engine import TorchEngine
from dreamzoom.models.store import open_model

used, image = TorchEngine(open_model("squeezenet"), "cpu"), torch.rand(3, 480, 640) * 255
for _ in range(6):  # until the heap has found its shape
    used.ascend(image, {"fire4/concat": l2()})
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
for _ in range(3):
    used.ascend(image, {"fire4/concat": l2()})
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts page faults as Linux does")
def test_steps_after_the_first_few_ask_the_system_for_no_memory() -> None:
    if not keep_freed_memory():
        pytest.skip("only glibc can be told to keep memory")
    # In a process of its own, as a render is: here other tests have left the heap in pieces.
    counted = subprocess.run(
        [sys.executable, "-c", COUNT_PAGE_FAULTS], capture_output=True, text=True, check=True
    )
    assert int(counted.stdout) < 2000  # else 19000 for each 78 MB


ASCEND_IN_BFLOAT16 = """
import torch
from dreamzoom.dream.objectives import l2
from dreamzoom.engines.torch.engine import TorchEngine
from dreamzoom.models.store import open_model

found = TorchEngine(open_model("squeezenet"), "cpu", "bfloat16").ascend(
    torch.rand(3, 64, 64, generator=torch.manual_seed(1)) * 255, {"fire4/concat": l2()}
)
print(float(found.value), float(found.gradient.abs().mean()))
"""


def test_a_processor_without_bfloat16_has_another_way() -> None:
    found = []
    for limit in ("DEFAULT", "AVX2"):  # oneDNN's most, and what has no bfloat16; nothing to other processors
        environment = {**os.environ, "ONEDNN_MAX_CPU_ISA": limit}
        done = subprocess.run(
            [sys.executable, "-c", ASCEND_IN_BFLOAT16],
            capture_output=True,
            text=True,
            env=environment,
            check=True,
        )
        found.append([float(word) for word in done.stdout.split()])
    assert found[1] == pytest.approx(found[0], rel=0.02)


def kinds(graph: Graph) -> list[str]:
    return [type(node.operation).__name__ for node in graph.nodes]


def test_rewrites_fuse_join_and_reorder_what_no_one_else_sees() -> None:
    graph = faster(graph_of(small_network(), ["join"]))
    assert kinds(graph) == [
        "Convolution",
        "RectifiedPooling",
        "LocalResponse",
        "SiblingConvolutions",
        "RectifiedConvolution",
        "Pooling",
        "RectifiedConvolution",
        "Concat",
    ]


def test_rewrites_leave_targets_as_they_are() -> None:
    graph = faster(graph_of(small_network(), ["conv1", "reduce", "join"]))
    assert kinds(graph)[:3] == ["RectifiedConvolution", "Pooling", "LocalResponse"]


@pytest.mark.parametrize("blobs", [("join",), ("reduce", "one"), ("conv1", "pool1", "pool", "join")])
def test_rewritten_graph_gives_the_values_and_gradient_of_the_layers_one_by_one(
    blobs: tuple[str, ...],
) -> None:
    image, transform, exact = picture(33, 36).double(), InputTransform(), torch.float64
    graph, place = graph_of(small_network(), blobs), Place(torch.device("cpu"), torch.float64)
    objectives = dict.fromkeys(blobs, energy)
    plain, rewritten = (
        climb(program_of(nodes, place), image, objectives, transform, exact)
        for nodes in (graph, faster(graph))
    )
    torch.testing.assert_close(rewritten.value, plain.value)
    torch.testing.assert_close(rewritten.gradient, plain.gradient)


def test_concatenations_of_squeezenet_are_made_for_targets_alone(squeezenet) -> None:
    graph = part_concatenations(faster(graph_of(squeezenet.network, ["fire4/concat", "fire8/concat"])))
    counts = Counter(kinds(graph))
    # Fire modules 2, 3, 5, 6 and 7 are read by a squeeze, 3 and 5 through a pool; fire4 is a target.
    assert counts["PartedConvolution"] == 5
    assert counts["Concat"] == 2
    assert counts["RectifiedPooling"] == 1
    assert counts["Pooling"] == 2 * 2


@pytest.mark.parametrize(("outputs", "is_made"), [(15, False), (16, True)])
def test_a_concatenation_that_a_wide_layer_reads_is_made(outputs: int, is_made: bool) -> None:
    layers = [
        layer("left", convolution(1, 8, 3, 3), "data"),
        layer("relu_left", ReLU(), "left", "left"),
        layer("right", convolution(2, 8, 3, 3), "data"),
        layer("relu_right", ReLU(), "right", "right"),
        layer("join", Concat(), "left right"),
        layer("one", convolution(3, outputs, 16, 1), "join"),
        layer("relu", ReLU(), "one", "one"),
    ]
    graph = graph_of(Network("forked", "data", (3, 32, 32), tuple(layers)), ["one"])
    assert ("Concat" in kinds(part_concatenations(faster(graph)))) is is_made


def test_concatenations_that_are_not_made_change_nothing(squeezenet) -> None:
    image, place = picture(101, 120), Place(torch.device("cpu"), torch.float32)
    graph = faster(graph_of(squeezenet.network, ["fire8/concat"]))
    whole, parted = (
        climb(program_of(each, place), image, {"fire8/concat": energy}, squeezenet.transform, torch.float32)
        for each in (graph, part_concatenations(graph))
    )
    assert float(parted.value) == pytest.approx(float(whole.value), rel=1e-5)
    assert float((parted.gradient - whole.gradient).norm() / whole.gradient.norm()) < 1e-5


def test_a_relu_is_passed_on_the_way_back_by_its_one_reader(squeezenet) -> None:
    def operations(network: Network, blob: str) -> Counter[str]:
        graph = part_concatenations(faster(graph_of(network, [blob])))
        return Counter(kinds(gate_at_readers(graph)))

    # All expanding layers of SqueezeNet but the target's; those before a pool are passed there.
    squeeze = operations(squeezenet.network, "fire8/concat")
    assert squeeze["GatedConvolution"] == 2 * 6
    assert (squeeze["RectifiedPooling"], squeeze["Pooling"]) == (1 + 2 * 2, 0)
    little = operations(
        Network(
            "response",
            "data",
            (3, 32, 32),
            (
                layer("conv", convolution(1, 8, 3, 3), "data"),
                layer("relu", ReLU(), "conv", "conv"),
                layer("norm", LocalResponse(5, 1e-1, 0.75, 1.0), "conv"),
            ),
        ),
        "norm",
    )
    assert little == {"GatedConvolution": 1, "GatingResponse": 1}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_passing_relus_at_their_readers_changes_nothing(squeezenet, dtype: torch.dtype) -> None:
    image, place = picture(101, 120).to(dtype), Place(torch.device("cpu"), dtype)
    graph = part_concatenations(faster(graph_of(squeezenet.network, ["fire8/concat"])))
    if dtype == torch.float64:  # which no convolution is parted for
        graph = faster(graph_of(squeezenet.network, ["fire8/concat"]))
    first, last = (
        climb(program_of(each, place), image, {"fire8/concat": energy}, squeezenet.transform, dtype)
        for each in (graph, gate_at_readers(graph))
    )
    assert float((last.gradient - first.gradient).norm() / first.gradient.norm()) < 1e-5


ALL_KINDS = ("conv1", "norm1", "join", "mean", "classes")


@pytest.mark.parametrize("blobs", [("conv1",), ("norm1",), ("join",), ("mean",), ("classes",), ALL_KINDS])
def test_gradient_at_the_image_is_the_one_finite_differences_find(blobs: tuple[str, ...]) -> None:
    model = small_model(InputTransform("bgr", (104.0, 117.0, 123.0), 0.5))
    program = compile_program(model.network, blobs, Place(torch.device("cpu"), torch.float64))
    image, direction = picture(33, 36).double(), picture(33, 36, seed=6).double() / 255 - 0.5

    def value(at: torch.Tensor) -> float:
        return float(climb(program, at, dict.fromkeys(blobs, energy), model.transform, torch.float64).value)

    step = 1e-4
    expected = (value(image + step * direction) - value(image - step * direction)) / (2 * step)
    found = climb(program, image, dict.fromkeys(blobs, energy), model.transform, torch.float64)
    assert float((found.gradient * direction).sum()) == pytest.approx(expected, rel=1e-6)
    assert value(image) == pytest.approx(float(found.value))


def test_float32_is_as_near_to_float64_as_parity_asks() -> None:
    model = small_model()
    program = compile_program(model.network, ALL_KINDS, Place(torch.device("cpu"), torch.float64))
    image = picture(33, 36)
    objectives = dict.fromkeys(ALL_KINDS, energy)
    exact = climb(program, image.double(), objectives, model.transform, torch.float64)
    found = engine().ascend(image, objectives)
    assert float((found.gradient - exact.gradient).norm() / exact.gradient.norm()) < 1e-5
    assert float(found.value) == pytest.approx(float(exact.value), rel=1e-5)


def test_bfloat16_climbs_where_float32_climbs() -> None:
    image = picture(65, 72)
    single, half = (engine(p).ascend(image, {"join": energy}) for p in ("float32", "bfloat16"))
    assert half.gradient.dtype == half.value.dtype == torch.float32
    assert float(half.value) == pytest.approx(float(single.value), rel=0.02)
    cosine = torch.nn.functional.cosine_similarity(half.gradient.flatten(), single.gradient.flatten(), dim=0)
    assert float(cosine) > 0.99


def test_gradient_of_two_objectives_is_the_sum_of_theirs() -> None:
    image = picture(33, 36)
    one, two, both = (
        engine().ascend(image, dict.fromkeys(blobs, energy))
        for blobs in (["conv1"], ["mean"], ["conv1", "mean"])
    )
    torch.testing.assert_close(both.gradient, one.gradient + two.gradient, rtol=1e-4, atol=1e-3)
    torch.testing.assert_close(both.value, one.value + two.value)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_same_image_gives_the_same_bytes_whatever_came_before(precision: str) -> None:
    image, other = picture(33, 36), picture(48, 40)
    used = engine(precision)
    first = used.ascend(image, {"join": energy})
    used.ascend(other, {"join": energy})
    used.activations(other, ["last"])
    again = used.ascend(image, {"join": energy})
    fresh = engine(precision).ascend(image, {"join": energy})
    assert torch.equal(first.gradient, again.gradient)
    assert torch.equal(first.gradient, fresh.gradient)
    assert torch.equal(first.value, again.value)


def test_results_stay_when_the_engine_goes_on() -> None:
    used, image = engine(), picture(33, 36)
    gradient = used.ascend(image, {"join": energy}).gradient
    values = used.activations(image, ["join"])["join"]
    copies = gradient.clone(), values.clone()
    used.ascend(picture(33, 36, seed=8), {"join": energy})
    used.activations(picture(33, 36, seed=8), ["join"])
    assert torch.equal(gradient, copies[0])
    assert torch.equal(values, copies[1])


def test_image_is_left_as_it_is() -> None:
    image = picture(33, 36)
    copy = image.clone()
    engine().ascend(image, {"join": energy})
    assert torch.equal(image, copy)


def test_results_can_be_changed_in_place_by_who_gets_them() -> None:
    used, image = engine(), picture(33, 36)
    ascent, values = used.ascend(image, {"join": energy}), used.activations(image, ["join"])
    value, gradient = ascent.value.clone(), ascent.gradient.clone()
    ascent.gradient.mul_(2)
    ascent.value.add_(1)
    values["join"].mul_(2)
    again = used.ascend(image, {"join": energy})
    assert torch.equal(again.value, value)
    assert torch.equal(again.gradient, gradient)


def test_objective_sees_the_activations_of_its_blob() -> None:
    seen = []

    def watching(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        seen.append(x.clone())
        return energy(x)

    image = picture(33, 36)
    engine().ascend(image, {"join": watching})
    assert torch.equal(seen[0], engine().activations(image, ["join"])["join"])


def test_activations_are_float32_without_the_batch_axis() -> None:
    found = engine("bfloat16").activations(picture(33, 36), ALL_KINDS)
    shapes = {blob: tuple(x.shape) for blob, x in found.items()}
    assert shapes == {
        "conv1": (16, 17, 18),
        "norm1": (16, 8, 9),
        "join": (24, 8, 9),
        "mean": (6, 3, 4),
        "classes": (5,),
    }
    assert {x.dtype for x in found.values()} == {torch.float32}


def test_in_place_layer_is_part_of_its_blobs_value() -> None:
    found = engine().activations(picture(33, 36), ["conv1", "join"])
    assert min(float(x.min()) for x in found.values()) == 0


def test_blob_read_before_an_in_place_layer_has_its_older_value() -> None:
    layers = (
        layer("conv", convolution(1, 4, 3, 3), "data"),
        layer("early", Pooling("max", (1, 1)), "conv"),
        layer("relu", ReLU(), "conv", "conv"),
    )
    model = Model("forked", Network("forked", "data", (3, 8, 8), layers), InputTransform(), "conv", "")
    found = TorchEngine(model, "cpu").activations(picture(8, 9), ["conv", "early"])
    assert float(found["early"].min()) < 0
    assert torch.equal(found["conv"], found["early"].relu())


def test_value_before_a_relu_can_be_a_target_beside_the_one_behind() -> None:
    layers = (layer("pre_relu", convolution(1, 4, 3, 3), "data"), layer("out", ReLU(), "pre_relu"))
    model = Model(
        "tf", Network("tf", "data", (3, 8, 8), layers), InputTransform("rgb", (117.0,) * 3), "out", ""
    )
    tf, image = TorchEngine(model, "cpu"), picture(8, 9)
    pre, out, both = (
        tf.ascend(image, dict.fromkeys(blobs, energy))
        for blobs in (["pre_relu"], ["out"], ["pre_relu", "out"])
    )
    torch.testing.assert_close(both.gradient, pre.gradient + out.gradient, rtol=1e-4, atol=1e-3)
    assert float(out.value) < float(pre.value)


def test_input_is_mean_free_scaled_and_in_the_models_channel_order() -> None:
    layers = (layer("eyes", Convolution(np.eye(3, dtype=np.float32).reshape(3, 3, 1, 1), None), "data"),)
    network = Network("glass", "data", (3, 4, 4), layers)
    glass = TorchEngine(
        Model("glass", network, InputTransform("bgr", (10.0, 20.0, 30.0), 0.5), "eyes", ""), "cpu"
    )
    red, green, blue = picture(4, 5)
    found = glass.activations(torch.stack([red, green, blue]), ["eyes"])["eyes"]
    torch.testing.assert_close(found, torch.stack([blue - 10, green - 20, red - 30]) / 2)


def test_gradient_comes_back_in_rgb() -> None:
    only_red = np.array([0, 0, 1], np.float32).reshape(1, 3, 1, 1)  # the last channel of BGR
    network = Network("red", "data", (3, 4, 4), (layer("red", Convolution(only_red, None), "data"),))
    red = TorchEngine(Model("red", network, InputTransform(), "red", ""), "cpu")
    gradient = red.ascend(picture(4, 5), {"red": energy}).gradient
    assert float(gradient[0].abs().min()) > 0
    assert not gradient[1:].any()


def test_unknown_blob_names_the_nearest() -> None:
    with pytest.raises(UnknownBlobError, match="norm1"):
        engine().ascend(picture(33, 36), {"norm": energy})


def test_image_too_small_for_a_blob_is_an_error_with_size_and_layer() -> None:
    with pytest.raises(EngineError, match=r"4x4.*'last'"):
        engine().ascend(picture(4, 4), {"last": energy})


def test_inner_product_of_another_size_is_an_error_with_the_layer() -> None:
    with pytest.raises(EngineError, match=r"80x60.*'classes'"):
        engine().activations(picture(60, 80), ["classes"])


def test_gradient_of_another_shape_is_refused_by_blob() -> None:
    with pytest.raises(EngineError, match=r"'join'.*\(24, 8, 9\)"):
        engine().ascend(picture(33, 36), {"join": lambda x: (x.sum(), torch.ones(2))})


def test_memory_that_runs_out_is_an_error_that_says_what_to_do() -> None:
    def greedy(x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.sum(), torch.empty(1 << 60)

    with pytest.raises(EngineError, match=r"not enough memory on cpu for 36x33; use a smaller size"):
        engine().ascend(picture(33, 36), {"join": greedy})


def test_unknown_device_and_precision_are_refused() -> None:
    with pytest.raises(RequestError, match="'tpu'"):
        TorchEngine(small_model(), "tpu")
    with pytest.raises(RequestError, match="'float8'"):
        TorchEngine(small_model(), "cpu", "float8")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a CUDA device")
def test_cuda_where_there_is_none_is_refused_before_any_work() -> None:
    with pytest.raises(RequestError, match="no cuda device"):
        TorchEngine(small_model(), "cuda")


def test_auto_takes_the_best_device_there_is() -> None:
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    assert choose_device("auto").type == ("cuda" if cuda else "mps" if mps else "cpu")


def test_fingerprint_names_library_device_precision_threads_and_kernels() -> None:
    compiled = compiled_library()
    kernels = f", {compiled.path.stem}" if compiled else ""
    found = engine("bfloat16").fingerprint
    assert found == f"torch {torch.__version__}{kernels}, cpu, {torch.get_num_threads()} threads, bfloat16"
