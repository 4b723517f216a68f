"""Parts of torch that a dream on a CPU does not use, executed when something of them is asked for.

They take a quarter of what importing torch takes. Python's own `importlib.util.LazyLoader` postpones them:
they are there as ever, and are executed when an attribute of theirs is read. This module imports no torch.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from importlib.machinery import ModuleSpec, PathFinder
from importlib.util import LazyLoader
from types import ModuleType
from typing import Final

PARTS: Final = ("torch._meta_registrations", "torch._native")
"""What tells shapes to torch's compiler and on devices without memory; what Triton does on a GPU."""


class _Postponing:
    """Finds the parts as Python would, and has them loaded late; one that this torch lacks is not found."""

    @staticmethod
    def find_spec(
        name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        spec = PathFinder.find_spec(name, path, target) if name in PARTS else None
        if spec is not None and spec.loader is not None:
            spec.loader = LazyLoader(spec.loader)
        return spec


@contextmanager
def postponing() -> Iterator[None]:
    """While torch is imported: its parts that a CPU does not use are postponed."""
    sys.meta_path.insert(0, _Postponing)
    try:
        yield
    finally:
        sys.meta_path.remove(_Postponing)


def load_postponed() -> None:
    """Execute what was postponed: for a GPU."""
    for name in PARTS:
        getattr(sys.modules.get(name), "__doc__", None)  # reading any attribute does it
