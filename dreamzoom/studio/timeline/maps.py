"""The file of a song's beat map: read, changed, undone; never written over what another wrote meanwhile.

material/song.beats.txt              the map, which rules wherever the song is used
FOLDER/.studio/beats/ID/undo-0007    what the file was before a change, oldest first; empty: there was none
FOLDER/.studio/beats/ID/redo-0001    what it was before a change was undone
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamzoom.audio.beatmap import LARGEST, map_beside
from dreamzoom.errors import RequestError, SoundError
from dreamzoom.io.disk import remove
from dreamzoom.io.files import read_at_most, sha256_of, storage_errors, write_atomically

NO_MAP_YET: Final = "none"
"""The version of a map that is not there."""

_KEPT: Final = 200  # versions that can be gone back to
_VERSION = re.compile(r"(undo|redo)-(\d{6})")


class ChangedMapError(RequestError):
    """Somebody else has changed the map meanwhile."""


@dataclass(frozen=True)
class MapFile:
    """A song's map and the versions that it had.

    Attributes:
        path: beside the song.
        history: the folder of its versions.
    """

    path: Path
    history: Path

    def read(self) -> bytes:
        """The file; nothing where there is none. Raises a SoundError."""
        if self.path.is_symlink():
            raise SoundError(f"{self.path.name} is a link, which is not followed: put the file itself here")
        try:
            return read_at_most(self.path, LARGEST, SoundError, "beat map")
        except SoundError:
            if self.path.exists():
                raise
            return b""

    def can(self, way: str) -> bool:
        """Whether there is something to undo or redo; `way` is "undo" or "redo"."""
        return bool(self._versions(way))

    def change(self, expected: str, data: bytes) -> None:
        """Write another content, and keep what it was.

        Args:
            expected: the version that the change was made for.

        Raises:
            ChangedMapError: the file has another one by now.
            StorageError: it cannot be written.
        """
        before = self._require(expected)
        if before == data:
            return
        for each in self._versions("redo"):
            remove(each)
        self._keep("undo", before)
        write_atomically(self.path, data)

    def go(self, way: str, expected: str) -> None:
        """Undo the last change, or redo what was undone last.

        Raises:
            ChangedMapError, StorageError: as `change`.
            RequestError: there is none.
        """
        before, versions = self._require(expected), self._versions(way)
        if not versions:
            raise RequestError(f"there is nothing to {way}")
        data = read_at_most(versions[-1], LARGEST, SoundError, "beat map")
        self._keep("redo" if way == "undo" else "undo", before)
        if data:
            write_atomically(self.path, data)
        else:
            with storage_errors(self.path):
                remove(self.path)
        remove(versions[-1])

    def _require(self, expected: str) -> bytes:
        data = self.read()
        if expected != version_of(data):
            raise ChangedMapError(
                f"{self.path.name} was changed meanwhile, in an editor or another window: it is shown as it "
                "is now, and your change was not made"
            )
        return data

    def _versions(self, way: str) -> list[Path]:
        if not self.history.is_dir():
            return []
        found = ((match, path) for path in self.history.iterdir() if (match := _VERSION.fullmatch(path.name)))
        return sorted(path for match, path in found if match[1] == way)

    def _keep(self, way: str, data: bytes) -> None:
        versions = self._versions(way)
        number = int(versions[-1].name[-6:]) + 1 if versions else 1
        with storage_errors(self.history):
            self.history.mkdir(parents=True, exist_ok=True)
        write_atomically(self.history / f"{way}-{number:06d}", data)
        for old in versions[: max(0, len(versions) + 1 - _KEPT)]:
            remove(old)


def version_of(data: bytes) -> str:
    """What tells one content of a map from another."""
    return sha256_of(data)[:16] if data else NO_MAP_YET


def map_of(song: Path, private: Path, item: str) -> MapFile:
    """The map of a song.

    Args:
        private: the studio's own folder.
        item: the song's id.
    """
    return MapFile(map_beside(song), private / "beats" / item)
