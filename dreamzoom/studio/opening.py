"""The browser of the person who started the studio, opened on its page."""

from __future__ import annotations

import contextlib
import html
import os
import platform
import sys
import threading
import webbrowser
from pathlib import Path
from typing import Final

from dreamzoom.errors import StorageError
from dreamzoom.io.files import write_atomically
from dreamzoom.studio.instance import for_its_owner

LEAD: Final = "open.html"
"""The file in FOLDER/.studio that leads to the page."""

_LEAD: Final = """<!doctype html>
<meta charset="utf-8">
<meta http-equiv="refresh" content="0; url={address}">
<title>dreamzoom</title>
<a href="{address}">Open the studio</a>
"""


def open_browser(private: Path, address: str, patience: float = 0.0) -> None:
    """Open a person's browser, if there is one; the address has been printed.

    Everybody on the machine can read a browser's command line, and the address holds the key. So what is
    opened is a file that leads there, its owner's alone, as the key's is.

    Args:
        private: the studio's own folder.
        address: with the key.
        patience: seconds to wait until it has begun.
    """
    if sys.platform not in ("win32", "darwin") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER")
    ):
        return  # there would only be a browser of texts, within this very terminal
    opening = threading.Thread(target=_open, args=(_lead_to(private, address),), daemon=True)
    opening.start()  # some last as long as the browser
    opening.join(patience)


def _lead_to(private: Path, address: str) -> str:
    """What the browser is told to open: the file, or the address where it cannot open files or needs none."""
    if sys.platform == "win32" or "microsoft" in platform.release().casefold():
        return address  # others see no command lines there, and a browser of Windows no files of its Linux
    path = (private / LEAD).resolve()
    try:
        with for_its_owner():
            write_atomically(path, _LEAD.format(address=html.escape(address)).encode())
    except StorageError:
        return address
    return path.as_uri()


def _open(address: str) -> None:
    with contextlib.suppress(webbrowser.Error, OSError):
        webbrowser.open(address)
