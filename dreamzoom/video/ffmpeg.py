"""The ffmpeg binary: which one, how it is started and fed, and why it failed.

An ffmpeg started here is out of reach of the terminal's Ctrl-C, for the first one lets a render finish its
frame. It does not outlive us: it reads from our pipe, and the pipe closes when we are gone, however we went.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any

import ffmpeg as graph
from imageio_ffmpeg import get_ffmpeg_exe

from dreamzoom.errors import DreamzoomError, StorageError, VideoError

_REQUIRED = frozenset({"libx264", "aac"})
_CARED_FOR = _REQUIRED | {"gif"}
_ADVICE = "install ffmpeg with libx264 (your system's package, or `pip install imageio-ffmpeg`)"
_PATIENCE_S = 60.0
# libavcodec of ffmpeg 5.1, which brought -fps_mode; ffmpeg 8 and later know no -vsync any more.
_FPS_MODE_SINCE = (59, 37)
_LAST_LINES = 40  # of what ffmpeg says, that are kept
_QUOTED = 300  # characters of them that a message quotes
# ffmpeg-python takes no lone surrogates, which stand for the bytes of a name that is no UTF-8: while a graph
# is made, private characters hold their places.
_HELD = {code: code - 0xD800 + 0xF0000 for code in range(0xD800, 0xE000)}
_LET_GO = {held: code for code, held in _HELD.items()}
_STORAGE = {
    "No space left on device": "the disk is full: {target} could not be written; make space, then try again",
    "Disk quota exceeded": "your disk quota is used up: {target} could not be written; make space first",
    "Read-only file system": "{target} could not be written: the disk is read-only",
    "Permission denied": "no permission to write {target}",
}


@dataclass(frozen=True)
class Ffmpeg:
    """An ffmpeg that answered.

    Attributes:
        path: the binary.
        version: as it calls itself, such as "5.1.9-0+deb12u1" or "n9.0.2".
        encoders: those that it was built with, of the ones that are used here.
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
        elif missing := _REQUIRED - ffmpeg.encoders:
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
    return Ffmpeg(path, version[1], _CARED_FOR & names, _timing_option(about))


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


def url(path: Path) -> str:
    """A path as ffmpeg reads it literally, whatever its name: dashes, colons and percent signs included."""
    return f"file:{path.absolute()}".translate(_HELD)


def raw_frames(size: tuple[int, int], rate: Fraction) -> Any:
    """The input of an ffmpeg-python graph that `FrameSink` feeds.

    Args:
        size: width and height of the frames in pixels.
        rate: frames per second.
    """
    return graph.input(
        "pipe:0",
        format="rawvideo",
        pixel_format="rgb24",
        s=f"{size[0]}x{size[1]}",
        framerate=f"{rate.numerator}/{rate.denominator}",
    )


def command(ffmpeg: Ffmpeg, output: Any, level: str = "error") -> list[str]:
    """The argument list that runs a graph of ffmpeg-python's, overwriting its output.

    Args:
        level: how much it says on stderr; what `-loglevel` takes.
    """
    start = [ffmpeg.path, "-hide_banner", "-nostdin", "-nostats", "-y", "-loglevel", level]
    arguments: list[str] = output.compile(cmd=start)
    return [argument.translate(_LET_GO) for argument in arguments]


def run(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    """Run ffmpeg to its end, well or not. Raises a VideoError when it cannot be started."""
    with _starting(arguments):
        return subprocess.run(
            arguments,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            encoding="utf-8",
            errors="replace",
            **_out_of_reach(),
        )


def read_output(arguments: list[str], size: int) -> Iterator[bytes]:
    """What ffmpeg writes to stdout, `size` bytes at a time, the last piece as long as it is.

    Closing the iterator before its end kills the process.

    Raises:
        VideoError: it cannot be started, or failed; its words are quoted.
    """
    with _start(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        words = _listen(process)
        try:
            assert process.stdout is not None  # noqa: S101 - it was started with a pipe
            while piece := process.stdout.read(size):
                yield piece
        except BaseException:
            process.kill()
            raise
        finally:
            said = words()
        if process.wait() != 0:
            raise VideoError(f"ffmpeg failed (status {process.returncode}); it said: {_quote(said)}")


def failure(target: Path, status: int, words: str) -> DreamzoomError:
    """The error to raise when ffmpeg, which was to make `target`, ended with `status` and these words."""
    for sign, message in _STORAGE.items():
        if sign in words:
            return StorageError(message.format(target=target))
    return VideoError(f"ffmpeg did not make {target} (status {status}); it said: {_quote(words)}")


class FrameSink:
    """A running ffmpeg that reads raw frames from its stdin.

    Leaving the context without `finish` kills it.
    """

    def __init__(self, arguments: list[str], target: Path) -> None:
        self._target = target
        self._process = _start(arguments, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL)
        self._words = _listen(self._process)
        assert self._process.stdin is not None  # noqa: S101 - it was started with a pipe
        self._stdin = self._process.stdin

    def write(self, data: bytes | memoryview) -> None:
        """Hand over bytes; waits while ffmpeg has enough to do.

        Raises:
            VideoError, StorageError: ffmpeg has ended.
        """
        try:
            self._stdin.write(data)
        except OSError as error:  # Windows says EINVAL where POSIX says EPIPE
            raise self._failure() from error

    def finish(self) -> None:
        """Say that there is no more, and wait until ffmpeg has ended well. Raises as `write`."""
        try:
            self._stdin.close()
        except OSError as error:
            raise self._failure() from error
        if self._process.wait() != 0:
            raise self._failure()

    def __enter__(self) -> FrameSink:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()  # does nothing to one that has ended and been waited for
        self._words()
        with contextlib.suppress(OSError), self._process:  # closes its pipes and waits
            pass

    def _failure(self) -> DreamzoomError:
        return failure(self._target, self._process.wait(), self._words())


def _start(arguments: list[str], *, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    with _starting(arguments):
        return subprocess.Popen(
            arguments, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, **_out_of_reach()
        )


def _listen(process: subprocess.Popen[bytes]) -> Callable[[], str]:
    """Read a process's stderr all the time, so that it never stands still because nobody listens.

    Returns:
        What waits until the process has ended, and tells its last lines.
    """
    assert process.stderr is not None  # noqa: S101 - it was started with a pipe
    lines: deque[bytes] = deque(maxlen=_LAST_LINES)
    listener = threading.Thread(target=lines.extend, args=(process.stderr,), daemon=True)
    listener.start()

    def words() -> str:
        listener.join()
        return b"".join(lines).decode(errors="replace")

    return words


def _quote(words: str) -> str:
    return " ".join(words.split())[-_QUOTED:] or "nothing"


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
