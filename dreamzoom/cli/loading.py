"""Loading what dreams, which is most of what comes before a first frame."""

from __future__ import annotations

import gc


def load_torch() -> None:
    """Import torch in a third less time, before what else a command needs.

    It makes some 250,000 objects that stay. Python would look through them for garbage again and again, now
    and later: they are passed over. It also looks up the file of every module that it finds loaded, so it is
    quicker where these are few. What a dream on a CPU does not use is postponed.
    """
    from dreamzoom.engines.torch.postponed import postponing

    gc.disable()
    try:
        with postponing():
            import torch  # noqa: F401
    finally:
        gc.freeze()
        gc.enable()
