"""Settings of the whole process, each made by one function where dreamzoom is entered.

`let_waiting_threads_sleep` is called before torch is loaded: by the command line, and when
`dreamzoom.Dreamer` is imported. `keep_freed_memory` is called by `registry.open_engine`, for an engine on
the CPU, and `give_back_memory` when a `Dreamer` is closed. None changes what is computed. This module imports
no torch.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import MutableMapping

_SPINS = "1000"  # some 40 µs where the processor's pause takes long
_M_TRIM_THRESHOLD, _M_MMAP_MAX = -1, -4  # glibc's malloc.h
_NEVER, _NONE = -1, 0


def let_waiting_threads_sleep(environment: MutableMapping[str, str] = os.environ) -> None:
    """Ask OpenMP's threads to sleep soon while they wait for each other; the user's own choice stands.

    By default they spin for milliseconds, and where a core is shared (x264 encodes while the next frame is
    dreamed, several renders run side by side) one spins while the other, for which it waits, is kept from its
    core. GNU's OpenMP is let spin a little first, for waking a thread takes a while. Beside one busy program
    a render of the default look at 640x360 takes 2.7 times as long as alone with 10000 spins, 1.8 with 3000
    and 1.5 to 1.7 with 1000 (two cores of a Xeon, on which a spin lasts long). Alone they are alike.
    """
    if "OMP_WAIT_POLICY" not in environment:
        environment["OMP_WAIT_POLICY"] = "passive"
        environment.setdefault("GOMP_SPINCOUNT", _SPINS)


def keep_freed_memory() -> bool:
    """Ask the C library to keep freed memory in the process, and return whether it agreed.

    Every step of a dream allocates and frees the same hundreds of megabytes. glibc gives such amounts back to
    the system at once, and the system hands them out again page by page, cleared: that took 18 % of a step's
    time on GoogLeNet at 640x360 in float32, and 37 % on SqueezeNet. Peak memory stays the same. Other C
    libraries have no such setting.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        return False
    return bool(mallopt(_M_TRIM_THRESHOLD, _NEVER)) and bool(mallopt(_M_MMAP_MAX, _NONE))


def give_back_memory() -> None:
    """Give what the process has freed, and `keep_freed_memory` has kept, back to the system, where the C
    library can.

    A process of 240 MB that has dreamed a picture of 1600x1200 has 900 MB with the torch engine, 2.1 GB with
    Caffe; when its Dreamer is closed it has 265 MB.
    """
    if sys.platform.startswith("linux"):
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
