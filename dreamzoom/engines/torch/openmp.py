"""How threads that wait should wait."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

_SPINS = "10000"  # far less than a millisecond


def let_waiting_threads_sleep(environment: MutableMapping[str, str] = os.environ) -> None:
    """Ask OpenMP's threads to sleep soon while they wait for each other; the user's own choice stands.

    By default they spin for milliseconds, and where a core is shared (x264 encodes while the next frame is
    dreamed, several renders run side by side) one spins while the other, for which it waits, is kept from its
    core. GNU's OpenMP is let spin a little first, for waking a thread takes longer than most waits. Measured
    on two cores with two threads, SqueezeNet at 640x360, seconds a frame:

        spins       idle     beside two busy programs     beside six
        by default  0.85     (10 to 30 at 320x180)
        20000       0.85     1.9                          11.5
        10000       0.85     2.2                          5.7
        2000        0.93     2.6                          7.6
        none        1.3      4.7                          6.6

    It must be called before torch is loaded, which reads the setting once.
    """
    if "OMP_WAIT_POLICY" not in environment:
        environment["OMP_WAIT_POLICY"] = "passive"
        environment.setdefault("GOMP_SPINCOUNT", _SPINS)
