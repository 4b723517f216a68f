"""Loading what dreams, which is most of what comes before a first frame."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import sys
import threading
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path


def preload_torch() -> None:
    """Have the system load torch's largest library while Python reads our own modules.

    Loading it takes 0.16 s in which Python needs nothing: a thread waits for it, without the interpreter's
    lock. `import torch` finds it in memory, or meets the error that there was.
    """
    found = find_spec("torch") if sys.platform.startswith("linux") else None
    load = getattr(ctypes.CDLL(None), "dlopen", None) if found else None
    if found is None or found.origin is None or load is None:
        return
    library = os.fsencode(Path(found.origin).parent / "lib" / "libtorch_cpu.so")
    # The thread is no daemon: a process that ends at once waits for it, since none may end while a library is
    # being set up.
    threading.Thread(target=load, args=(library, os.RTLD_NOW), name="torch's library").start()


@contextlib.contextmanager
def without_collecting() -> Iterator[None]:
    """Load modules without looking for garbage, of which they make none; what is loaded is passed over later.

    Torch makes some 500,000 objects that stay: Python looks through them all, again and again, as they become
    more.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()
