"""What a child process is told, which is the ordinary command line at work in FOLDER."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

_OLDER: Final = (
    "import sys; sys.path.remove(''); import runpy; "
    "runpy.run_module(sys.argv.pop(1), run_name='__main__', alter_sys=True)"
)


def python_command(*words: str, module: str = "dreamzoom") -> list[str]:
    """A child's command line: a module, with its words.

    A Python before 3.11 knows no PYTHONSAFEPATH: there a file of FOLDER named json.py would be imported, were
    it not for the first line that it is given.
    """
    if sys.version_info >= (3, 11):
        return [sys.executable, "-m", module, *words]
    return [sys.executable, "-c", _OLDER, module, *words]


def child_environment() -> dict[str, str]:
    """What a child is told: modules come from where this one came from, and never from FOLDER."""
    root = str(Path(__file__).parents[2])
    known = os.environ.get("PYTHONPATH", "")
    is_installed = Path(root).name in ("site-packages", "dist-packages")
    path = known if is_installed else os.pathsep.join(each for each in (root, known) if each)
    return {**os.environ, "PYTHONSAFEPATH": "1", "PYTHONPATH": path}


def ask_command(
    words: Sequence[str], longest: float, folder: Path | None = None
) -> subprocess.CompletedProcess[str]:
    """What a command of dreamzoom prints, once it has ended, and its exit status.

    Args:
        longest: seconds that it may take.
        folder: where it works.

    Raises:
        subprocess.TimeoutExpired: it took longer, and was ended.
    """
    return subprocess.run(
        python_command(*words),
        cwd=folder,
        env=child_environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=longest,
        check=False,
    )
