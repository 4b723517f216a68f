"""Which ffmpeg: the system's where it can do the work, else the one that imageio-ffmpeg carries.

Starting an ffmpeg, feeding it, and telling why it failed.

An ffmpeg started here is out of reach of the terminal's Ctrl-C, for the first one lets a render finish its
frame. It does not outlive us: it reads from our pipe, and the pipe closes when we are gone, however we went.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from imageio_ffmpeg import get_ffmpeg_exe

from dreamzoom.errors import DreamzoomError, StorageError, VideoError

REQUIRED = frozenset({"libx264", "aac"})
CARED_FOR = REQUIRED | {"h264_nvenc", "gif"}

_ADVICE = "install ffmpeg with libx264 (your system's package, or `pip install imageio-ffmpeg`)"
_PATIENCE_S = 60.0
# libavcodec of ffmpeg 5.1, which brought -fps_mode; ffmpeg 8 and later know no -vsync any more.
_FPS_MODE_SINCE = (59, 37)


@dataclass(frozen=True)
class Ffmpeg:
    """An ffmpeg that answered.

    Attributes:
        path: the binary.
        version: as it calls itself, such as "5.1.9-0+deb12u1" or "n9.0.2".
        encoders: those of `CARED_FOR` that it was built with; h264_nvenc also needs the hardware.
        timing_option: the option that says whether frames may be repeated or dropped, without its dash.
    """

    path: str
    version: str
    encoders: frozenset[str]
    timing_option: str


def find_ffmpeg() -> Ffmpeg:
    """The ffmpeg to use: the first on PATH if it has libx264 and aac, else imageio-ffmpeg's.

    Raises:
        VideoError: there is none that can encode H.264; it says what to install.
    """
    lacking: list[str] = []
    for path in _candidates():
        ffmpeg = _inspect(path)
        if ffmpeg is None:
            lacking.append(f"{path} does not run")
        elif missing := REQUIRED - ffmpeg.encoders:
            lacking.append(f"{path} lacks {' and '.join(sorted(missing))}")
        else:
            return ffmpeg
    found = "; ".join(lacking) or "there is none on PATH"
    raise VideoError(f"no usable ffmpeg ({found}): {_ADVICE}")


def _candidates() -> Iterator[str]:
    system = shutil.which("ffmpeg")
    # Windows also looks in the current folder, whose files nobody vouched for: such a hit is relative.
    if system and Path(system).is_absolute():
        yield system
    try:
        carried: str = get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        return
    yield carried


@cache
def _inspect(path: str) -> Ffmpeg | None:
    """Ask a binary what it is; None where it does not run."""
    about, listing = _ask(path, "-version"), _ask(path, "-encoders")
    version = re.match(r"ffmpeg version (\S+)", about)
    if version is None:
        return None
    names = set(re.findall(r"^ [A-Z.]{6} (\S+)", listing, re.MULTILINE))
    return Ffmpeg(path, version[1], CARED_FOR & names, _timing_option(about))


def _timing_option(about: str) -> str:
    library = re.search(r"libavcodec\s+(\d+)\.\s*(\d+)\.", about)
    if library is not None and (int(library[1]), int(library[2])) < _FPS_MODE_SINCE:
        return "vsync"
    return "fps_mode"


def _ask(path: str, question: str) -> str:
    try:
        answer = subprocess.run(
            [path, "-hide_banner", question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode(errors="replace")


_LAST_WORDS = 4096  # bytes of stderr that are kept
_QUOTED = 300  # characters of them that a message quotes

_STORAGE = {
    "No space left on device": "the disk is full: {target} could not be written; make space, then try again",
    "Disk quota exceeded": "your disk quota is used up: {target} could not be written; make space first",
    "Read-only file system": "{target} could not be written: the disk is read-only",
    "Permission denied": "no permission to write {target}",
}
_HINTS = {
    "Unknown encoder": "; this ffmpeg lacks that encoder: install one that has it",
    "libcuda": "; NVENC needs an NVIDIA driver: use libx264",
    "No capable devices": "; this GPU has no NVENC: use libx264",
    "Frame Dimension less than the minimum": "; NVENC wants larger frames: use libx264",
}


def url(path: Path) -> str:
    """A path as ffmpeg reads it literally, whatever its name: dashes, colons and percent signs included."""
    return f"file:{path.absolute()}"


def command(ffmpeg: Ffmpeg, output: Any, level: str = "error") -> list[str]:
    """The argument list that runs a graph of ffmpeg-python's, overwriting its output.

    Args:
        level: how much it says on stderr; what `-loglevel` takes.
    """
    start = [ffmpeg.path, "-hide_banner", "-nostdin", "-nostats", "-y", "-loglevel", level]
    arguments: list[str] = output.compile(cmd=start)
    return arguments


@dataclass(frozen=True)
class Outcome:
    """How a run of ffmpeg ended: exit status, what it wrote to stdout, and what it said."""

    status: int
    output: bytes
    words: str


def run(arguments: list[str]) -> Outcome:
    """Run ffmpeg to its end. Raises a VideoError when it cannot be started."""
    with _starting(arguments):
        done = subprocess.run(
            arguments, stdin=subprocess.DEVNULL, capture_output=True, check=False, **_out_of_reach()
        )
    return Outcome(done.returncode, done.stdout, done.stderr.decode(errors="replace"))


def pour(arguments: list[str], size: int) -> Iterator[bytes]:
    """What ffmpeg writes to stdout, `size` bytes at a time, the last piece as long as it is.

    Closing the iterator before its end kills the process.

    Raises:
        VideoError: it cannot be started, or failed; its words are quoted.
    """
    with tempfile.TemporaryFile() as words:  # a pipe that nobody reads would fill and stop it
        with _starting(arguments):
            process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=words,
                **_out_of_reach(),
            )
        with process:
            try:
                assert process.stdout is not None  # noqa: S101 - it was started with a pipe
                while piece := process.stdout.read(size):
                    yield piece
            except BaseException:
                process.kill()
                raise
        if process.returncode != 0:
            words.seek(0)
            quoted = " ".join(words.read(_LAST_WORDS).decode(errors="replace").split())[-_QUOTED:]
            raise VideoError(f"ffmpeg failed (status {process.returncode}); it said: {quoted or 'nothing'}")


def failure(words: str, status: int, target: Path) -> DreamzoomError:
    """The error to raise when ffmpeg, which was to make `target`, ended with `status` and these words."""
    for sign, message in _STORAGE.items():
        if sign in words:
            return StorageError(message.format(target=target))
    hint = next((hint for sign, hint in _HINTS.items() if sign in words), "")
    quoted = " ".join(words.split())[-_QUOTED:] or "nothing"
    return VideoError(f"ffmpeg did not make {target} (status {status}); it said: {quoted}{hint}")


class Sink:
    """A running ffmpeg that reads raw frames from its stdin.

    Leaving the context without `finish` kills it. Its stderr is read all the time by a thread, so that it can
    never stand still because nobody listens.
    """

    def __init__(self, arguments: list[str], target: Path) -> None:
        self._target = target
        with _starting(arguments):
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                **_out_of_reach(),
            )
        self._words = b""
        self._listener = threading.Thread(target=self._listen, name="ffmpeg's words", daemon=True)
        self._listener.start()

    @property
    def process_id(self) -> int:
        """The number of the ffmpeg process."""
        return self._process.pid

    def write(self, data: bytes | memoryview) -> None:
        """Hand over bytes; waits while ffmpeg is behind.

        Raises:
            VideoError, StorageError: ffmpeg has ended.
        """
        try:
            self._stdin.write(data)
        except OSError as error:  # Windows says EINVAL where POSIX says EPIPE
            raise self._ended() from error

    def finish(self) -> None:
        """Say that there is no more, and wait until ffmpeg has ended well. Raises as `write`."""
        try:
            self._stdin.close()
        except OSError as error:
            raise self._ended() from error
        status = self._process.wait()
        self._listener.join()
        if status != 0:
            raise self._ended()

    def __enter__(self) -> Sink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()  # does nothing to one that has ended and been waited for
        with contextlib.suppress(OSError):
            self._stdin.close()
        self._process.wait()
        self._listener.join()
        if self._process.stderr:
            self._process.stderr.close()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self._process.stdin is not None  # noqa: S101 - it was started with a pipe
        return self._process.stdin

    def _ended(self) -> DreamzoomError:
        status = self._process.wait()
        self._listener.join()
        return failure(self._words.decode(errors="replace"), status, self._target)

    def _listen(self) -> None:
        assert self._process.stderr is not None  # noqa: S101 - it was started with a pipe
        while heard := self._process.stderr.read1(_LAST_WORDS):  # type: ignore[attr-defined]
            self._words = (self._words + heard)[-_LAST_WORDS:]


def _out_of_reach() -> dict[str, Any]:
    """What keeps a child from the terminal's Ctrl-C."""
    if sys.platform == "win32":
        return {"creationflags": subprocess.CREATE_NEW_PROCESS_GROUP | subprocess.CREATE_NO_WINDOW}
    return {"start_new_session": True}


@contextlib.contextmanager
def _starting(arguments: list[str]) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise VideoError(f"{arguments[0]} could not be started: {error.strerror or error}") from error
