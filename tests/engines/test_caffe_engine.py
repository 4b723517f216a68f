"""What is the caffe engine's own: finding Caffe, the files it is given, what it refuses, whole renders."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest
import torch

from dreamzoom.engines.caffe.library import import_caffe, require_readable
from dreamzoom.engines.registry import open_engine
from dreamzoom.engines.torch.native.library import name_after
from dreamzoom.errors import EngineError, RequestError
from dreamzoom.models.network import InputTransform, Model
from support.caffe import NETS, model_files
from support.clips import SMALL, command, dreamzoom, frame_files, render, start, wait_for
from support.engines import (
    LITTLE_GOOGLENET,
    energy,
    model_of_file,
    needs_caffe,
    noise,
    projection,
    random_model,
    relative_error,
)

INPUT = 'layer { name: "data" type: "Input" top: "data" input_param { shape { dim: [1, 3, 12, 16] } } }\n'


@pytest.fixture(scope="module")
def little(tmp_path_factory) -> Model:
    return random_model(tmp_path_factory.mktemp("little"), LITTLE_GOOGLENET, "join")


def quietly(program: str) -> str:
    """What a Python program, in a process of its own, says on stdout and stderr."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GLOG_")}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env=environment
    )
    return done.stdout + done.stderr


# ---- finding Caffe -------------------------------------------------------------------------------


def test_missing_caffe_is_one_line_that_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "caffe", None)
    with pytest.raises(
        EngineError, match=r"not installed: .*`python -m dreamzoom.engines.build_caffe`"
    ) as info:
        import_caffe()
    assert "\n" not in str(info.value)


def test_without_caffe_auto_takes_torch_and_caffe_is_refused(monkeypatch, little):
    monkeypatch.setitem(sys.modules, "caffe", None)
    assert open_engine(little, "auto", "cpu").name == "torch"
    with pytest.raises(EngineError, match="not installed"):
        open_engine(little, "caffe", "cpu")


def test_render_without_caffe_ends_with_one_line_before_any_work(tmp_path):
    hidden = "import sys; sys.modules['caffe'] = None; from dreamzoom.cli import main; main(sys.argv[1:])"
    done = subprocess.run(
        [sys.executable, "-c", hidden, "render", "--engine", "caffe", "--out", str(tmp_path / "clip")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("dreamzoom: Caffe is not installed")
    assert done.stderr.count("\n") == 1
    assert not list((tmp_path / "clip").glob("frames/*"))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "is not BVLC's Caffe"),
        ("raise ImportError", r"cannot be loaded \(ImportError\)"),
        ("import a_module_there_is_not", r"cannot be loaded \(No module named 'a_module_there_is_not'\)"),
        (
            "raise ImportError('libboost.so.7: cannot open')",
            r"cannot be loaded \(libboost.so.7: cannot open\)",
        ),
    ],
)
def test_caffe_that_does_not_work_says_why(monkeypatch, tmp_path, source, message):
    (tmp_path / "caffe").mkdir()
    (tmp_path / "caffe" / "__init__.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.delitem(sys.modules, "caffe", raising=False)
    try:
        with pytest.raises(EngineError, match=message):
            import_caffe()
    finally:
        sys.modules.pop("caffe", None)  # before the real one comes back


@needs_caffe
def test_caffe_keeps_quiet_and_the_environment_stays_as_it_was(tmp_path):
    files = model_files(tmp_path, LITTLE_GOOGLENET)
    (tmp_path / "model.toml").write_text(f'caffemodel = "{files.caffemodel.name}"\n')
    assert (
        quietly(f"""
import os
before = dict(os.environ)
import torch
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.store import open_model
engine = open_engine(open_model({str(tmp_path)!r} + "/"), "caffe")
engine.ascend(torch.zeros(3, 33, 36), {{"join": lambda x: (x.sum(), x)}})
assert dict(os.environ) == before
""")
        == ""
    )


@needs_caffe
def test_file_of_2013_is_read_without_a_word(tmp_path):
    model = model_of_file(NETS / "three_ages.v0.prototxt", tmp_path)
    assert (
        quietly(f"""
import torch
from pathlib import Path
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.caffe.reader import read_network
from dreamzoom.models.network import InputTransform, Model
files = Path({str(model.prototxt)!r}), Path({str(model.caffemodel)!r})
model = Model("old", read_network(*files), InputTransform(), "both", "", *files)
open_engine(model, "caffe").activations(torch.zeros(3, 23, 19), ["both"])
""")
        == ""
    )


@needs_caffe
def test_fingerprint_names_version_kernels_and_blas(little):
    made_by = name_after(f"caffe {import_caffe().__version__}")
    assert open_engine(little, "caffe").fingerprint.startswith(f"{made_by}, cpu, ")


# ---- the files it is given -----------------------------------------------------------------------


@needs_caffe
def test_prototxt_given_to_caffe_is_private_and_gone_afterwards(little, monkeypatch, tmp_path):
    caffe, seen = import_caffe(), []

    class Watched(caffe.Net):
        def __init__(self, path, *arguments, **options):
            seen.append((stat.S_IMODE(Path(path).stat().st_mode), Path(path).read_text()))
            super().__init__(path, *arguments, **options)

    monkeypatch.setattr(caffe, "Net", Watched)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    open_engine(little, "caffe").activations(noise(33, 36), ["norm1"])
    ((mode, text),) = seen
    assert mode == 0o600
    assert "force_backward: true" in text
    assert '"norm1"' in text
    assert '"join"' not in text  # nothing that the target does not need
    assert not list(tmp_path.iterdir())


@needs_caffe
def test_what_only_training_reads_does_not_reach_caffe(tmp_path):
    """Each of these would end the process: sources of data, an unknown filler, shares, losses, cuDNN."""
    both = [
        open_engine(model_of_file(NETS / "train_val.prototxt", tmp_path), name, "cpu")
        for name in ("torch", "caffe")
    ]
    found, expected = (each.activations(noise(31, 31), ["fc"])["fc"] for each in both)
    assert relative_error(found, expected) < 1e-5
    text = """
    layer { name: "y" type: "Convolution" bottom: "data" top: "y" phase: TRAIN loss_weight: 1 loss_weight: 2
            param { name: "w" } param { name: "w" } param { name: "v" } propagate_down: [false, true]
            convolution_param { num_output: 4 kernel_size: 3 engine: CUDNN weight_filler { type: "x" } } }"""
    model = random_model(tmp_path, INPUT + text)
    gradient = open_engine(model, "caffe").ascend(noise(12, 16), {"y": energy}).gradient
    expected = open_engine(model, "torch", "cpu").ascend(noise(12, 16), {"y": energy}).gradient
    assert relative_error(gradient, expected) < 1e-5


@needs_caffe
def test_weights_of_another_path_are_found(tmp_path):
    folder = tmp_path / 'a folder; with "quotes" and ümläute'
    folder.mkdir()
    model = random_model(folder, LITTLE_GOOGLENET)
    assert open_engine(model, "caffe").activations(noise(33, 36), ["one"])["one"].any()


@needs_caffe
def test_prototxt_that_has_gone_is_named(little, tmp_path):
    gone = replace(little, prototxt=tmp_path / "gone.prototxt")
    with pytest.raises(EngineError, match=r"gone\.prototxt: there is no such file"):
        open_engine(gone, "caffe").activations(noise(33, 36), ["one"])


@needs_caffe
def test_words_that_this_caffe_does_not_know_change_nothing(little, tmp_path):
    newer = tmp_path / "newer.prototxt"
    text = little.prototxt.read_text(encoding="utf-8")
    unknown = 'layer { name: "x" type: "Permute" bottom: "one" top: "x" permute_param { order: 1 } }'
    newer.write_text(text.replace("convolution_param {", "convolution_param { engine: MKL2017 ") + unknown)
    image = noise(33, 36)
    here = open_engine(replace(little, prototxt=newer), "caffe").activations(image, ["one"])["one"]
    assert here.equal(open_engine(little, "caffe").activations(image, ["one"])["one"])


@needs_caffe
def test_type_that_this_caffe_does_not_have_is_an_error_with_the_layer(little, tmp_path):
    newer = tmp_path / "newer.prototxt"
    newer.write_text('layer { name: "swish1" type: "Swish" bottom: "data" top: "one" }')
    with pytest.raises(EngineError, match=r"layer 'swish1' is of type 'Swish'.*--engine torch"):
        open_engine(replace(little, prototxt=newer), "caffe").activations(noise(33, 36), ["one"])


# ---- what it refuses -----------------------------------------------------------------------------


def test_model_that_is_not_caffes_is_refused(little):
    graph = replace(little, name="inception5h", prototxt=None, caffemodel=None)
    with pytest.raises(RequestError, match=r"'inception5h' is none; use --engine torch"):
        open_engine(graph, "caffe")


def test_bfloat16_is_refused(little):
    with pytest.raises(RequestError, match=r"'bfloat16': use float32"):
        open_engine(little, "caffe", "cpu", "bfloat16")


@needs_caffe
def test_apples_metal_is_refused(little):
    with pytest.raises(RequestError, match="'mps'"):
        open_engine(little, "caffe", "mps")


@needs_caffe
def test_window_that_holds_nothing_is_refused_by_layer_and_size(tmp_path):
    pool = """layer { name: "sparse" type: "Pooling" bottom: "data" top: "y"
                      pooling_param { kernel_size: 2 stride: 3 } }"""
    engine = open_engine(random_model(tmp_path, INPUT.replace("12", "11") + pool), "caffe")
    assert engine.ascend(noise(11, 16), {"y": energy}).gradient.any()
    with pytest.raises(
        EngineError, match=r"layer 'sparse' for an image of 16x12: the last window holds nothing"
    ):
        engine.ascend(noise(12, 16), {"y": energy})


@needs_caffe
def test_flatten_after_a_reshape_keeps_the_gradient(tmp_path):
    text = (
        INPUT
        + """
    layer { name: "r" type: "Reshape" bottom: "data" top: "r" reshape_param { shape { dim: [0, 4, -1, 2] } } }
    layer { name: "f" type: "Flatten" bottom: "r" top: "f" }"""
    )
    plain = InputTransform("rgb", (0.0, 0.0, 0.0))
    engine, image = open_engine(random_model(tmp_path, text, transform=plain), "caffe"), noise(12, 16)
    for _ in range(2):
        assert torch.equal(engine.ascend(image, {"f": energy}).gradient, image)
        assert torch.equal(engine.ascend(image, {"r": energy, "f": energy}).gradient, 2 * image)
    expected = projection(torch.zeros(576))[1].reshape(3, 12, 16)
    torch.testing.assert_close(engine.ascend(image, {"f": projection}).gradient, expected)


# ---- whole renders -------------------------------------------------------------------------------

FRAMES = 6


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> Path:
    """A clip of the caffe engine's that was never interrupted."""
    return render(tmp_path_factory.mktemp("caffe") / "clip", "--engine", "caffe", frames=FRAMES)


@needs_caffe
def test_killed_and_resumed_it_is_the_same_clip(reference, tmp_path):
    clip = tmp_path / "clip"
    for frames_first in (1, 3):
        process = start("render", "--out", clip, "--frames", FRAMES, *SMALL, "--engine", "caffe")
        wait_for(lambda first=frames_first: len(frame_files(clip)) >= first, process)
        process.kill()
        process.communicate()
    assert dreamzoom("resume", clip).returncode == 0
    assert frame_files(clip) == frame_files(reference)


@needs_caffe
def test_going_on_with_another_engine_is_allowed_and_told(reference, tmp_path):
    clip = render(tmp_path / "clip", "--engine", "caffe", frames=2)
    done = dreamzoom("extend", clip, "--frames", 4, "--engine", "torch")
    assert done.returncode == 0
    assert "frames up to 1 were made by caffe" in done.stderr
    assert "bytes may differ" in done.stderr
    kept = {name: pixels for name, pixels in frame_files(reference).items() if name < "000002.png"}
    assert {**frame_files(clip), **kept} == frame_files(clip)
    assert len(frame_files(clip)) == 4


@needs_caffe
def test_one_picture_is_dreamed_by_caffe_as_a_filter(picture_file):
    options = ("--engine", "caffe", *SMALL[2:])
    done = subprocess.run(
        command("dream", *options), input=picture_file.read_bytes(), capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(b"\xff\xd8")


@needs_caffe
def test_doctor_names_caffe():
    assert f"caffe       {import_caffe().__version__}" in dreamzoom("doctor").stdout


@pytest.mark.parametrize(
    ("name", "build", "size", "words"),
    [
        ("dreamzoom_caffe", "Build: 1", 513 << 20, r"513 MiB.* 512 MiB at most: build it again"),
        ("dreamzoom_caffe", "", 513 << 20, "build it again"),
        ("brocolli_caffe", "", 513 << 20, "build it again"),
        ("dreamzoom_caffe", "Build: 2", 1 << 31, "use --engine torch"),
        ("dreamzoom_caffe", "Build: 2", 513 << 20, ""),
        ("dreamzoom_caffe", "Build: 1", 512 << 20, ""),
        ("elsewhere", "", 513 << 20, ""),
    ],
)
def test_a_file_that_this_caffe_would_die_of_is_refused(name, build, size, words, tmp_path, monkeypatch):
    info = tmp_path / f"{name}-1.0.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name.replace('_', '-')}\nVersion: 1.0.0\n")
    (info / "WHEEL").write_text(f"Wheel-Version: 1.0\n{build}\n")
    monkeypatch.syspath_prepend(tmp_path)
    caffe = ModuleType("caffe")
    caffe.__file__ = str(tmp_path / "caffe" / "__init__.py")
    weights = tmp_path / "large.caffemodel"
    weights.touch()
    os.truncate(weights, size)  # a hole: no disk is spent
    if not words:
        require_readable(caffe, weights)
        return
    with pytest.raises(EngineError, match=words):
        require_readable(caffe, weights)
