"""What dreams loads sooner, and nothing that a program relies on is changed by it."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading

import pytest

from dreamzoom.cli.loading import preload_torch, without_collecting

PRELOAD = """
import sys, threading
from pathlib import Path
from dreamzoom.cli.loading import preload_torch
preload_torch()
for thread in threading.enumerate():
    if thread is not threading.main_thread():
        thread.join()
print("torch" in sys.modules, "libtorch_cpu.so" in Path("/proc/self/maps").read_text())
import torch
print(torch.ones(3).sum().item())
"""


@pytest.fixture
def thawed():
    yield
    gc.unfreeze()


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere nothing is preloaded")
def test_torchs_library_is_in_memory_before_torch_is_imported():
    done = subprocess.run([sys.executable, "-c", PRELOAD], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "True", "3.0"]


def test_a_process_that_ends_at_once_ends_well():
    code = "from dreamzoom.cli.loading import preload_torch; preload_torch(); raise SystemExit(7)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (7, "")


def test_without_torch_nothing_is_preloaded(monkeypatch):
    monkeypatch.setattr("dreamzoom.cli.loading.find_spec", lambda name: None)
    before = threading.active_count()
    preload_torch()
    assert threading.active_count() == before


def test_garbage_is_looked_for_again_after_loading(thawed):
    gc.unfreeze()
    with without_collecting():
        assert not gc.isenabled()
    assert gc.isenabled()
    assert gc.get_freeze_count() > 0  # what was there is passed over from now on
    ring: list[object] = []
    ring.append(ring)
    del ring
    assert gc.collect() > 0


def test_it_is_looked_for_again_after_an_error_as_well(thawed):
    with pytest.raises(ImportError), without_collecting():
        import dreamzoom.there_is_no_such_module  # noqa: F401
    assert gc.isenabled()
