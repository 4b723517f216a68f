"""Building the kernels, finding them, and what is left to torch."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from dreamzoom.engines.torch.kernel import Placement
from dreamzoom.engines.torch.layers import prepare
from dreamzoom.engines.torch.lrn import CompiledLRNKernel
from dreamzoom.engines.torch.native import build, library
from dreamzoom.engines.torch.native.library import compiled_library, kernels_for
from dreamzoom.engines.torch.pooling import CompiledPoolingKernel
from dreamzoom.models.network import LocalResponse, Pooling

CPU = torch.device("cpu")


# ---- building --------------------------------------------------------------------------------------


@pytest.mark.skipif(build.find_compiler() is None, reason="there is no C++ compiler here")
def test_libraries_of_other_sources_are_removed_and_never_loaded(tmp_path):
    old = tmp_path / "kernels-avx2-000000000000.so"
    old.write_bytes(b"")
    compiler = build.find_compiler()
    assert compiler is not None
    built = build.build(compiler, tmp_path)
    assert sorted(tmp_path.iterdir()) == sorted(built)
    assert {path.name for path in built} == {build.library_path(level).name for level in build.LEVELS}


@pytest.mark.parametrize("content", [b"", b"not a library"])
def test_a_library_that_cannot_be_loaded_is_as_none(tmp_path, monkeypatch, content):
    broken = tmp_path / "kernels.so"
    broken.write_bytes(content)
    monkeypatch.setattr(library, "library_path", lambda level: broken)
    assert compiled_library.__wrapped__() is None


def test_a_processor_without_wide_registers_has_none(monkeypatch):
    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "DEFAULT")
    assert compiled_library.__wrapped__() is None


def test_there_are_none_for_other_numbers_and_devices():
    assert kernels_for(CPU, torch.float64) is None
    assert kernels_for(torch.device("meta"), torch.float32) is None


def test_a_compiler_that_fails_leaves_nothing(tmp_path):
    with pytest.raises(subprocess.CalledProcessError):
        build.build("/bin/false", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_command_says_why_it_failed():
    done = subprocess.run(
        [sys.executable, "-m", "dreamzoom.engines.torch.native.build"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "CXX": "/bin/false"},
    )
    assert done.returncode == 1
    assert "not compiled" in done.stderr or "g++" in done.stderr
    assert "Traceback" not in done.stderr


def test_other_flags_make_another_library(monkeypatch):
    before = build.library_path("avx2")
    monkeypatch.setitem(build.LEVELS, "avx2", ("-mavx2",))
    assert build.library_path("avx2") != before


def test_another_system_has_no_compiler_for_them(monkeypatch):
    monkeypatch.setattr(sys, "platform", "darwin")
    assert build.find_compiler() is None


def test_an_installation_without_the_source_has_none(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "SOURCE", tmp_path / "kernels.cpp")
    assert compiled_library.__wrapped__() is None


def test_the_source_is_in_the_package():
    assert Path(library.__file__).with_name("kernels.cpp") == build.SOURCE
    assert build.SOURCE.is_file()


# ---- what is left to torch -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "operation",
    [
        Pooling("average", (3, 3), (2, 2)),
        Pooling("max", None),
        Pooling("max", (16, 16)),  # 256 indices and nowhere do not fit in a byte
        Pooling("max", (2, 2), (2, 2), (2, 2)),  # a window that sees no pixel
    ],
)
def test_other_pools_are_left_to_torch(operation):
    assert not CompiledPoolingKernel.knows(operation)
    assert not isinstance(prepare(operation, Placement(CPU, torch.float32)), CompiledPoolingKernel)


@pytest.mark.parametrize(
    "operation",
    [
        LocalResponse(5, 1.0, 0.6, 1.0),
        LocalResponse(5, 1.0, 0.75, 1.0, within_channel=True),
        LocalResponse(5, 1.0, 0.75, 0.0),  # of nothing but zeros: a root of zero
    ],
)
def test_other_lrn_is_left_to_torch(operation):
    assert not isinstance(prepare(operation, Placement(CPU, torch.float32)), CompiledLRNKernel)


def test_more_channels_than_fit_are_left_to_torch():
    kernel = prepare(LocalResponse(5, 0.7, 0.75, 1.0), Placement(CPU, torch.float32))
    x = torch.randn(1, library.MOST_CHANNELS + 1, 2, 2)
    expected = torch.nn.functional.local_response_norm(x, 5, 0.7, 0.75, 1.0)
    torch.testing.assert_close(kernel(x)[0], expected)
