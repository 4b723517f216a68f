"""DeepDream zoom videos: dream a picture, zoom, feed it back.

from dreamzoom import Dreamer
Dreamer().dream("sky.jpg").save("dream.png")
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreamzoom._version import __version__
from dreamzoom.errors import DreamzoomError

if TYPE_CHECKING:
    from dreamzoom.dreamer import Dreamer

__all__ = ["Dreamer", "DreamzoomError", "__version__"]


def __getattr__(name: str) -> object:
    """`Dreamer` is imported when it is asked for (PEP 562), so that the command line answers at once."""
    if name != "Dreamer":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from dreamzoom.engines.torch.openmp import let_waiting_threads_sleep

    let_waiting_threads_sleep()  # before torch is loaded, which reads it then
    from dreamzoom.dreamer import Dreamer

    return Dreamer
