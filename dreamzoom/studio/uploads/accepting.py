"""A file's way from a request into FOLDER: nothing of it is seen there before it is whole and of use."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any, Final

from anyio import to_thread
from starlette.requests import Request

from dreamzoom.errors import RequestError, RunError, StorageError
from dreamzoom.io.disk import remove, rename, sync_folder
from dreamzoom.io.files import file_digest, storage_errors
from dreamzoom.studio.children import child_environment
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.uploads.names import free_names, safe_name
from dreamzoom.studio.uploads.receiving import ACCEPTED, receive

_AT_ONCE: Final = 8
_LOOKS_AT_ONCE: Final = 2
_LOOK_S: Final = 600.0  # seconds; a song of hours is decoded from end to end
_LOOK: Final = (
    # The folder that it is started in may hold anything, and is no place for modules: Python 3.10 has no
    # variable that says so.
    "import sys\nif sys.path[:1] == ['']: del sys.path[0]\n"
    "from dreamzoom.studio.uploads.looking import main\nmain()"
)


class BusyError(RunError):
    """More is sent at a time than is taken."""


@dataclass(frozen=True)
class Accepted:
    """What became of a file.

    Attributes:
        place: where it lies, relative to FOLDER.
        found: what it is, as `looking` tells it; empty of one that lay there already.
        is_new: whether it did not.
    """

    place: Path
    found: Mapping[str, Any]
    is_new: bool


@dataclass
class Intake:
    """Takes files for a desk. Made and used in the server's event loop."""

    desk: Desk
    _coming: int = 0
    _looks: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_LOOKS_AT_ONCE))
    _placing: Lock = field(default_factory=Lock)

    async def accept(self, request: Request, name: str) -> Accepted:
        """Take what a request carries.

        Args:
            name: what somebody calls it.

        Raises:
            BusyError: too much is being sent.
            RequestError: it is too large, broken off, or nothing that can be used.
            StorageError: it cannot be written.
        """
        if self._coming >= _AT_ONCE:
            raise BusyError("other files are on their way: send it again in a moment")
        self._coming += 1
        try:
            inside = await to_thread.run_sync(self._make_room)
            try:
                return await self._accept(request, inside / safe_name(name))
            finally:
                await _finally(inside)
        finally:
            self._coming -= 1

    async def _accept(self, request: Request, path: Path) -> Accepted:
        await receive(request, path)
        same = await to_thread.run_sync(self._find_same, path)
        if same is not None:
            return Accepted(same, {}, is_new=False)
        async with self._looks:
            found = await _look(path)
        kept = path.with_name(str(found["file"]))
        place, is_new = await to_thread.run_sync(self._put, kept)
        return Accepted(place, found, is_new)

    def _make_room(self) -> Path:
        """A new folder that nobody looks into."""
        inside = _room(self.desk) / secrets.token_hex(4)
        with storage_errors(inside):
            inside.mkdir(parents=True)
        return inside

    def _find_same(self, path: Path) -> Path | None:
        """The file of FOLDER, or of what was sent before, that has the same bytes."""
        size, digest = path.stat().st_size, ""
        for other in [*_files_of(self.desk.material, size), *_files_of(self.desk.folder, size)]:
            place = other.relative_to(self.desk.folder)
            digest = digest or file_digest(path)
            with contextlib.suppress(OSError):
                if file_digest(other) == digest and self.desk.shelf.at(place) is not None:
                    return place
        return None

    def _put(self, path: Path) -> tuple[Path, bool]:
        """Put a file among the material, under a name that is free; whether it was not there yet."""
        material = self.desk.material
        with self._placing, storage_errors(material):
            if material.is_symlink():
                raise RequestError("material, in the folder, leads elsewhere: move it away")
            material.mkdir(exist_ok=True)
            same = self._find_same(path)
            if same is not None:
                return same, False
            for name in free_names(path.name):
                with contextlib.suppress(FileExistsError):
                    _give_name(path, material / name)
                    sync_folder(material)
                    return (material / name).relative_to(self.desk.folder), True
        raise StorageError(f"{path.name}: there are too many files of this name")


def clear_room(desk: Desk) -> None:
    """Remove what a server that was killed had not taken yet. No other server may be at work."""
    room = _room(desk)
    if room.is_symlink():
        remove(room)
    shutil.rmtree(room, ignore_errors=True)


def _room(desk: Desk) -> Path:
    return desk.private / "uploads"


async def _finally(inside: Path) -> None:
    """Remove a folder, also where the request is given up meanwhile."""
    await asyncio.shield(asyncio.get_running_loop().run_in_executor(None, _remove, inside))


def _remove(inside: Path) -> None:
    shutil.rmtree(inside, ignore_errors=True)


def _files_of(folder: Path, size: int) -> list[Path]:
    """The files of a folder that have a size; links are none."""
    if folder.is_symlink():
        return []
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        return [
            Path(entry.path)
            for entry in entries
            if entry.is_file(follow_symlinks=False) and entry.stat(follow_symlinks=False).st_size == size
        ]
    return []


def _give_name(path: Path, target: Path) -> None:
    """Move a file to a name that nothing has. Raises a FileExistsError where something has."""
    try:
        os.link(path, target)
    except FileExistsError:
        raise
    except OSError:  # a disk without links
        if os.path.lexists(target):
            raise FileExistsError(str(target)) from None
        rename(path, target)
    else:
        remove(path)


async def _look(path: Path) -> dict[str, Any]:
    """What a file is. Raises a RequestError where it is nothing that can be used."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        _LOOK,
        str(path),
        cwd=path.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**child_environment(), "OMP_NUM_THREADS": "1"},
    )
    try:
        told, _ = await asyncio.wait_for(process.communicate(), _LOOK_S)
    except asyncio.TimeoutError:
        raise RequestError(f"{path.name}: takes too long to be read: {ACCEPTED}") from None
    finally:
        if process.returncode is None:
            process.kill()
            await asyncio.shield(process.wait())
    found = None
    with contextlib.suppress(ValueError):
        found = json.loads(told)
    if not isinstance(found, dict):
        raise RequestError(f"{path.name}: cannot be read: it needs too much memory or time, or is damaged")
    if "error" in found:
        raise RequestError(str(found["error"]))
    return found
