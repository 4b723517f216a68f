"""The torch engine as a whole, on small networks built by hand."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from dreamzoom.engines import registry
from dreamzoom.engines.torch.engine import TorchEngine, choose_device, climb
from dreamzoom.engines.torch.kernel import Placement
from dreamzoom.engines.torch.native.library import compiled_library
from dreamzoom.engines.torch.passes import (
    Graph,
    defer_relu_backward,
    elide_concatenations,
    graph_of,
    optimise,
)
from dreamzoom.engines.torch.process import keep_freed_memory
from dreamzoom.engines.torch.program import compile_program, program_of
from dreamzoom.errors import EngineError
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
from support.engines import energy, noise


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
    """A little GoogLeNet: in-place ReLUs, LRN, an inception block, pools with partial last windows."""
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


def engine(precision: str = "float32") -> TorchEngine:
    return TorchEngine(small_model(), "cpu", precision)


COUNT_PAGE_FAULTS = """
import resource, torch
from dreamzoom.dream.objectives import l2
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.store import open_model

used, image = open_engine(open_model("squeezenet"), "torch", "cpu"), torch.rand(3, 480, 640) * 255
for _ in range(6):  # until the heap has found its shape
    used.ascend(image, {"fire4/concat": l2()})
counts = []
for _ in range(4):  # now and then the heap still grows by a block
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(3):
        used.ascend(image, {"fire4/concat": l2()})
    counts.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
print(min(counts))
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


def test_the_process_is_set_up_where_an_engine_is_opened_and_not_by_the_engine(monkeypatch) -> None:
    calls: list[str] = []
    monkeypatch.setattr(registry, "keep_freed_memory", lambda: calls.append("kept"))
    TorchEngine(small_model(), "cpu")
    assert calls == []
    registry.open_engine(small_model(), "torch", "cpu")
    assert calls == ["kept"]


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
    graph = optimise(graph_of(small_network(), ["join"]))
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
    graph = optimise(graph_of(small_network(), ["conv1", "reduce", "join"]))
    assert kinds(graph)[:3] == ["RectifiedConvolution", "Pooling", "LocalResponse"]


@pytest.mark.parametrize("blobs", [("join",), ("reduce", "one"), ("conv1", "pool1", "pool", "join")])
def test_rewritten_graph_gives_the_values_and_gradient_of_the_layers_one_by_one(
    blobs: tuple[str, ...],
) -> None:
    image, transform, exact = noise(33, 36).double(), InputTransform(), torch.float64
    graph, placement = graph_of(small_network(), blobs), Placement(torch.device("cpu"), torch.float64)
    objectives = dict.fromkeys(blobs, energy)
    plain, rewritten = (
        climb(program_of(nodes, placement), image, objectives, transform, exact)
        for nodes in (graph, optimise(graph))
    )
    torch.testing.assert_close(rewritten.value, plain.value)
    torch.testing.assert_close(rewritten.gradient, plain.gradient)


def test_concatenations_of_squeezenet_are_made_for_targets_alone(squeezenet) -> None:
    graph = elide_concatenations(optimise(graph_of(squeezenet.network, ["fire4/concat", "fire8/concat"])))
    counts = Counter(kinds(graph))
    # Fire modules 2, 3, 5, 6 and 7 are read by a squeeze, 3 and 5 through a pool; fire4 is a target.
    assert counts["SplitConvolution"] == 5
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
    assert ("Concat" in kinds(elide_concatenations(optimise(graph)))) is is_made


def test_leaving_out_concatenations_changes_nothing(squeezenet) -> None:
    image, placement = noise(101, 120), Placement(torch.device("cpu"), torch.float32)
    graph = optimise(graph_of(squeezenet.network, ["fire8/concat"]))
    whole, split = (
        climb(
            program_of(each, placement), image, {"fire8/concat": energy}, squeezenet.transform, torch.float32
        )
        for each in (graph, elide_concatenations(graph))
    )
    assert float(split.value) == pytest.approx(float(whole.value), rel=1e-5)
    assert float((split.gradient - whole.gradient).norm() / whole.gradient.norm()) < 1e-5


def test_the_backward_pass_of_a_relu_is_done_by_its_one_reader(squeezenet) -> None:
    def operations(network: Network, blob: str) -> Counter[str]:
        graph = elide_concatenations(optimise(graph_of(network, [blob])))
        return Counter(kinds(defer_relu_backward(graph)))

    # All expanding layers of SqueezeNet but the target's; for those before a pool the pool does it.
    squeeze = operations(squeezenet.network, "fire8/concat")
    assert squeeze["DeferredReLUConvolution"] == 2 * 6
    assert (squeeze["RectifiedPooling"], squeeze["Pooling"]) == (1 + 2 * 2, 0)
    little = operations(
        Network(
            "lrn",
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
    assert little == {"DeferredReLUConvolution": 1, "LRNAfterReLU": 1}


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_deferring_the_backward_pass_of_relus_changes_nothing(squeezenet, dtype: torch.dtype) -> None:
    image, placement = noise(101, 120).to(dtype), Placement(torch.device("cpu"), dtype)
    graph = elide_concatenations(optimise(graph_of(squeezenet.network, ["fire8/concat"])))
    if dtype == torch.float64:  # which has no fused convolutions
        graph = optimise(graph_of(squeezenet.network, ["fire8/concat"]))
    first, last = (
        climb(program_of(each, placement), image, {"fire8/concat": energy}, squeezenet.transform, dtype)
        for each in (graph, defer_relu_backward(graph))
    )
    assert float((last.gradient - first.gradient).norm() / first.gradient.norm()) < 1e-5


ALL_KINDS = ("conv1", "norm1", "join", "mean", "classes")


@pytest.mark.parametrize("blobs", [("conv1",), ("norm1",), ("join",), ("mean",), ("classes",), ALL_KINDS])
def test_gradient_at_the_image_is_the_one_finite_differences_find(blobs: tuple[str, ...]) -> None:
    model = small_model(InputTransform("bgr", (104.0, 117.0, 123.0), 0.5))
    program = compile_program(model.network, blobs, Placement(torch.device("cpu"), torch.float64))
    image, direction = noise(33, 36).double(), noise(33, 36, seed=6).double() / 255 - 0.5

    def value(at: torch.Tensor) -> float:
        return float(climb(program, at, dict.fromkeys(blobs, energy), model.transform, torch.float64).value)

    step = 1e-4
    expected = (value(image + step * direction) - value(image - step * direction)) / (2 * step)
    found = climb(program, image, dict.fromkeys(blobs, energy), model.transform, torch.float64)
    assert float((found.gradient * direction).sum()) == pytest.approx(expected, rel=1e-6)
    assert value(image) == pytest.approx(float(found.value))


def test_float32_is_as_near_to_float64_as_parity_asks() -> None:
    model = small_model()
    program = compile_program(model.network, ALL_KINDS, Placement(torch.device("cpu"), torch.float64))
    image = noise(33, 36)
    objectives = dict.fromkeys(ALL_KINDS, energy)
    exact = climb(program, image.double(), objectives, model.transform, torch.float64)
    found = engine().ascend(image, objectives)
    assert float((found.gradient - exact.gradient).norm() / exact.gradient.norm()) < 1e-5
    assert float(found.value) == pytest.approx(float(exact.value), rel=1e-5)


def test_bfloat16_climbs_where_float32_climbs() -> None:
    image = noise(65, 72)
    single, half = (engine(p).ascend(image, {"join": energy}) for p in ("float32", "bfloat16"))
    assert half.gradient.dtype == half.value.dtype == torch.float32
    assert engine("bfloat16").activations(image, ["join"])["join"].dtype == torch.float32
    assert float(half.value) == pytest.approx(float(single.value), rel=0.02)
    cosine = torch.nn.functional.cosine_similarity(half.gradient.flatten(), single.gradient.flatten(), dim=0)
    assert float(cosine) > 0.99


def test_same_image_gives_the_same_bytes_in_bfloat16_whatever_came_before() -> None:
    image, other, used = noise(33, 36), noise(48, 40), engine("bfloat16")
    first = used.ascend(image, {"join": energy})
    used.ascend(other, {"join": energy})
    used.activations(other, ["last"])
    for again in (used, engine("bfloat16")):
        found = again.ascend(image, {"join": energy})
        assert torch.equal(found.gradient, first.gradient)
        assert torch.equal(found.value, first.value)


def test_blob_read_before_an_in_place_layer_has_its_older_value() -> None:
    layers = (
        layer("conv", convolution(1, 4, 3, 3), "data"),
        layer("early", Pooling("max", (1, 1)), "conv"),
        layer("relu", ReLU(), "conv", "conv"),
    )
    model = Model("forked", Network("forked", "data", (3, 8, 8), layers), InputTransform(), "conv", "")
    found = TorchEngine(model, "cpu").activations(noise(8, 9), ["conv", "early"])
    assert float(found["early"].min()) < 0
    assert torch.equal(found["conv"], found["early"].relu())


def test_value_before_a_relu_can_be_a_target_beside_the_one_after_it() -> None:
    layers = (layer("pre_relu", convolution(1, 4, 3, 3), "data"), layer("out", ReLU(), "pre_relu"))
    model = Model(
        "tf", Network("tf", "data", (3, 8, 8), layers), InputTransform("rgb", (117.0,) * 3), "out", ""
    )
    tf, image = TorchEngine(model, "cpu"), noise(8, 9)
    pre, out, both = (
        tf.ascend(image, dict.fromkeys(blobs, energy))
        for blobs in (["pre_relu"], ["out"], ["pre_relu", "out"])
    )
    torch.testing.assert_close(both.gradient, pre.gradient + out.gradient, rtol=1e-4, atol=1e-3)
    assert float(out.value) < float(pre.value)


@pytest.mark.parametrize(("said", "told"), [("an error\nwith its stack", "an error"), ("", "RuntimeError")])
def test_a_failure_of_torch_is_told_in_a_line(squeezenet, said: str, told: str) -> None:
    def fail(_: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        raise RuntimeError(said)

    with pytest.raises(EngineError, match=f"^torch failed at 12x9: {told}$"):
        TorchEngine(squeezenet, "cpu").ascend(noise(9, 12, 1), {"conv1": fail})


def test_auto_takes_the_best_device_there_is() -> None:
    cuda, mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    assert choose_device("auto").type == ("cuda" if cuda else "mps" if mps else "cpu")


def test_fingerprint_names_library_device_precision_threads_and_kernels() -> None:
    compiled = compiled_library()
    kernels = f", {Path(compiled._name).stem}" if compiled else ""
    found = engine("bfloat16").fingerprint
    assert found == f"torch {torch.__version__}{kernels}, cpu, {torch.get_num_threads()} threads, bfloat16"
