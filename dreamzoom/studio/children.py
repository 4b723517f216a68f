"""What a child process is told, which is the ordinary command line at work in FOLDER."""

from __future__ import annotations

import os
from pathlib import Path


def child_environment() -> dict[str, str]:
    """What a child is told: modules come from where this one came from, and never from FOLDER."""
    root = str(Path(__file__).parents[2])
    known = os.environ.get("PYTHONPATH", "")
    is_installed = Path(root).name in ("site-packages", "dist-packages")
    path = known if is_installed else os.pathsep.join(each for each in (root, known) if each)
    return {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": path}
