"""What dreams loads sooner, and nothing that a program relies on is changed by it."""

from __future__ import annotations

import subprocess
import sys

LOAD = """
import gc
from dreamzoom.cli.loading import load_torch
load_torch()
import torch
assert torch.ones(3).sum().item() == 3
kept, again = gc.get_freeze_count(), gc.isenabled()
ring = []
ring.append(ring)
del ring
print(again, kept > 100_000, gc.collect() > 0)
"""
POSTPONED = """
import sys
from dreamzoom.cli.loading import load_torch
from dreamzoom.engines.torch.postponed import load_postponed
load_torch()
import torch
print("torch._decomp" in sys.modules)
shape = torch.ones(3, 4, device="meta").sum(0).shape
before = len(sys.modules)
load_postponed()
print(len(sys.modules) > before, callable(torch._meta_registrations.meta_index_Tensor), tuple(shape) == (4,))
"""
FAIL = """
import gc, sys
from dreamzoom.cli.loading import load_torch
sys.modules["torch"] = None
try:
    load_torch()
except ImportError:
    print(gc.isenabled())
"""


def answered(code: str) -> list[str]:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_torchs_objects_are_passed_over_and_garbage_is_still_found():
    assert answered(LOAD) == ["True", "True", "True"]


def test_garbage_is_looked_for_again_where_torch_is_missing():
    assert answered(FAIL) == ["True"]


def test_what_a_cpu_does_not_use_is_loaded_when_it_is_asked_for():
    assert answered(POSTPONED) == ["False", "True", "True", "True"]
