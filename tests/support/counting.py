"""Work counted, where seconds would depend on the machine."""

from __future__ import annotations

import contextlib
import sys
from collections import Counter
from collections.abc import Iterator
from types import FrameType


@contextlib.contextmanager
def counted_calls() -> Iterator[Counter[str]]:
    """Count the calls made in this thread, within the context: "call" Python's functions, "c_call" C's."""
    counts: Counter[str] = Counter()
    before = sys.getprofile()

    def count(frame: FrameType, event: str, argument: object) -> None:
        counts[event] += 1

    sys.setprofile(count)
    try:
        yield counts
    finally:
        sys.setprofile(before)
