"""What is known of a song: what is heard of it, and its waveform, in files named after the song's own hash.

FOLDER/.studio/heard/HASH.json    what `dreamzoom listen --json` says of it, without any beat map
FOLDER/.studio/peaks/HASH.peaks   its waveform
FOLDER/.studio/peaks/HASH.json    how long it lasts
"""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final

from dreamzoom.errors import SoundError
from dreamzoom.io.files import file_digest, read_at_most, write_atomically
from dreamzoom.io.plain_json import parse_json
from dreamzoom.studio.children import child_environment, python_command
from dreamzoom.studio.timeline.errands import Errand, Errands, TellShare
from dreamzoom.tracks.music import Music, Section

_LARGEST: Final = 1 << 28  # bytes of what is said of a song of hours
_DAMAGED: Final = (SoundError, ValueError, KeyError, TypeError)  # what a note says that is none
_PART = re.compile(r"(\d+)/(\d+) parts")


@dataclass(frozen=True)
class KnownSong:
    """A song and what was heard of it, in its own time.

    Attributes:
        digest: SHA-256 of its file.
        seconds: how long it lasts.
    """

    digest: str
    seconds: float
    music: Music


class Songs:
    """The songs of a studio's folder.

    Args:
        folder: FOLDER.
        private: the studio's own folder in it.
    """

    def __init__(self, folder: Path, private: Path, errands: Errands) -> None:
        self._folder, self._errands = folder, errands
        self._heard, self._peaks = private / "heard", private / "peaks"

    def digest(self, song: Path) -> str:
        """The hash of a song's file. Raises a SoundError where it is not there."""
        try:
            found = song.stat()
        except OSError as error:
            raise SoundError(f"{song.name}: cannot be read: {error.strerror or error}") from error
        return _digest(song, found.st_size, found.st_mtime_ns)

    def heard(self, song: Path) -> KnownSong | Errand:
        """What was heard of a song, or how far hearing it is."""
        digest = self.digest(song)
        path = self._heard / f"{digest}.json"
        with contextlib.suppress(*_DAMAGED):  # what is missing or damaged is made anew
            return _read_heard(path, digest)
        return self._errands.run(f"heard {digest}", lambda report: self._listen(song, path, report))

    def peaks(self, song: Path) -> tuple[bytes, float] | Errand:
        """The peaks of a song and its seconds, or how far they are; see `peaks.reduce_peaks`."""
        digest = self.digest(song)
        path, told = self._peaks / f"{digest}.peaks", self._peaks / f"{digest}.json"
        with contextlib.suppress(*_DAMAGED):
            return _read_peaks(path), _read_seconds(told)
        return self._errands.run(f"peaks {digest}", lambda report: _measure(song, path, told, report))

    def seconds(self, song: Path) -> float | None:
        """How long a song lasts, where that is known already."""
        digest = self.digest(song)
        with contextlib.suppress(*_DAMAGED):
            return _read_seconds(self._peaks / f"{digest}.json")
        with contextlib.suppress(*_DAMAGED):
            return _read_heard(self._heard / f"{digest}.json", digest).seconds
        return None

    def _listen(self, song: Path, target: Path, report: TellShare) -> None:
        """Hear a song by the ordinary command line, in a process of its own."""
        place = f"./{song.relative_to(self._folder).as_posix()}"
        words = python_command("listen", place, "--map", "none", "--no-write", "--json")
        target.parent.mkdir(parents=True, exist_ok=True)
        said: list[str] = []
        with (
            TemporaryFile() as heard,
            subprocess.Popen(
                words,
                cwd=self._folder,
                env=child_environment(),
                stdin=subprocess.DEVNULL,
                stdout=heard,
                stderr=subprocess.PIPE,
                text=True,
            ) as child,
        ):
            assert child.stderr is not None  # noqa: S101 - it is a pipe
            for line in child.stderr:
                said.append(line.strip())
                if part := _PART.search(line):
                    report(int(part[1]) / max(1, int(part[2])))
            child.wait()
            heard.seek(0)
            data = heard.read()
        if child.returncode:
            raise SoundError(next((line for line in reversed(said) if line), f"{song.name} cannot be heard"))
        write_atomically(target, data)


def _measure(song: Path, path: Path, told: Path, report: TellShare) -> None:
    from dreamzoom.studio.timeline.peaks import measure_peaks

    data, seconds = measure_peaks(song, report)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, data)
    write_atomically(told, json.dumps({"seconds": float(Fraction(seconds))}).encode())


@lru_cache(maxsize=256)
def _digest(song: Path, size: int, changed: int) -> str:
    return file_digest(song)


@lru_cache(maxsize=4)
def _read_heard(path: Path, digest: str) -> KnownSong:
    told: Any = parse_json(_read(path))
    music = Music(
        beats=tuple(told["beats"]),
        bars=tuple(told["bars"]),
        rate=float(told["rate"]),
        signals={name: tuple(values) for name, values in told["signals"].items()},
        sections=tuple(Section(each["label"], each["start"], each["end"]) for each in told["sections"]),
        clarity=float(told["clarity"]),
    )
    return KnownSong(digest, float(told["seconds"]), music)


def _read_seconds(path: Path) -> float:
    told: Any = parse_json(_read(path))
    return float(told["seconds"])


def _read_peaks(path: Path) -> bytes:
    data = _read(path)
    if len(data) % 2:
        raise ValueError("is no waveform")
    return data


def _read(path: Path) -> bytes:
    return read_at_most(path, _LARGEST, SoundError, "note of a song")
