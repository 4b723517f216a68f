"""Files sent from where they were opened: whatever takes their name meanwhile, a link say, is not sent."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from starlette.responses import FileResponse
from starlette.types import Receive, Scope, Send

from dreamzoom.io.disk import open_within

_NUMBERED: Final = Path("/dev/fd")  # where a process finds its own open files; Windows has no such place


class OpenFileResponse(FileResponse):
    """A file that is open already, any part of it; it is closed at the end.

    Args:
        descriptor: of the file.
        path: its own, for systems where an open file has no other.
    """

    def __init__(self, descriptor: int, path: Path, **options: Any) -> None:
        self._descriptor = descriptor
        place = _NUMBERED / str(descriptor) if _NUMBERED.is_dir() else path
        super().__init__(place, stat_result=os.fstat(descriptor), **options)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await super().__call__(scope, receive, send)
        finally:
            os.close(self._descriptor)


def send_within(
    folder: Path,
    place: Path,
    kind: str,
    *,
    name: str | None = None,
    headers: Mapping[str, str] | None = None,
) -> OpenFileResponse:
    """What sends a file of a folder.

    Args:
        place: where it lies, relative to the folder.
        kind: what it is sent as.
        name: what a browser is to call it that saves it.

    Raises: as `open_within`.
    """
    descriptor = open_within(folder, place)
    return OpenFileResponse(descriptor, folder / place, media_type=kind, filename=name, headers=headers)
