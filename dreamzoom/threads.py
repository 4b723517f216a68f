"""How threads that wait should wait."""

from __future__ import annotations

import os


def let_waiting_threads_sleep() -> None:
    """Ask OpenMP's threads to sleep while they wait for each other; the user's own choice stands.

    By default they spin, and where a core is shared (x264 encodes while the next frame is dreamed, several
    renders run side by side) one spins while the other, for which it waits, is kept from its core. Measured
    on two cores with two threads, GNU's OpenMP, SqueezeNet at 320x180: beside other work (a load of 7) a
    frame took 10 to 30 s spinning, and 1.7 s sleeping.

    It must be called before torch is loaded, which reads the setting once.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
