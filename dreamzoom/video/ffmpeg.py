"""The ffmpeg binary: which one, how it is started and fed, and why it failed.

An ffmpeg started here is out of reach of the terminal's Ctrl-C, for the first one lets a render finish its
frame. It does not outlive us: it reads from our pipe, and the pipe closes when we are gone, however we went.
"""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import ffmpeg as graph

from dreamzoom.errors import DreamzoomError, StorageError, VideoError, warn
from dreamzoom.video.binary import Ffmpeg, candidates, examine, fault_in

_ADVICE = "install ffmpeg with libx264 (your system's package, or `pip install imageio-ffmpeg`)"
_PATIENCE_S = 10.0  # for an ffmpeg that has nothing to do any more
_KEPT_LINES = 100  # of what ffmpeg says, of the first and of the last, that are kept
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
class Ended:
    """How a run of ffmpeg ended: its exit status, 0 where all went well, and what it said."""

    status: int
    words: str


def find_ffmpeg(*places: Path) -> Ffmpeg:
    """The ffmpeg to use: the first on PATH that has libx264 and aac and works, else imageio-ffmpeg's.

    A person is warned of each that is passed over.

    Args:
        places: where it must work: folders that it is to write in, files that it is to read.

    Raises:
        VideoError: there is none that can; it says what to install.
    """
    found, passed_over = try_ffmpegs(*places)
    for reason in passed_over:
        warn(f"{reason}; {found.path} is used instead")
    return found


def try_ffmpegs(*places: Path) -> tuple[Ffmpeg, list[str]]:
    """The ffmpeg that `find_ffmpeg` finds, and why each before it was passed over. Raises as that."""
    passed_over: list[str] = []
    for path in candidates():
        found = examine(path)
        fault = found if isinstance(found, str) else _first_fault(found, places)
        if isinstance(found, Ffmpeg) and fault is None:
            return found, passed_over
        passed_over.append(f"{path} {fault}")
    reasons = "; ".join(passed_over) or "there is none on PATH"
    raise VideoError(f"no usable ffmpeg ({reasons}): {_ADVICE}")


def _first_fault(ffmpeg: Ffmpeg, places: tuple[Path, ...]) -> str | None:
    return next((fault for place in places if (fault := fault_in(ffmpeg, place.absolute()))), None)


def url(path: Path) -> str:
    """A path as ffmpeg reads it literally, whatever its name: dashes, colons and percent signs included."""
    return f"file:{path.absolute()}".translate(_HELD)


def raw_frames(size: tuple[int, int], rate: Fraction, pixels: str = "rgb24") -> Any:
    """The input of an ffmpeg-python graph that `FrameSink` feeds.

    Args:
        size: width and height of the frames in pixels.
        rate: frames per second.
        pixels: ffmpeg's name for their format: "rgb48le" for 16 bits a sample.
    """
    return graph.input(
        "pipe:0",
        format="rawvideo",
        pixel_format=pixels,
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


def run(arguments: list[str]) -> Ended:
    """Run ffmpeg to its end, well or not. Raises a VideoError when it cannot be started."""
    return read_lines(arguments, lambda line: None)


def read_lines(arguments: list[str], take: Callable[[str], object]) -> Ended:
    """Run ffmpeg to its end, well or not, and hand over what it writes to stdout, line by line.

    What `take` raises kills the process.

    Raises:
        VideoError: it cannot be started.
    """
    with _start(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as process:
        words = _listen(process)
        try:
            assert process.stdout is not None  # noqa: S101 - it was started with a pipe
            for line in process.stdout:
                take(line.decode(errors="replace").rstrip("\r\n"))
        except BaseException:
            process.kill()
            raise
        finally:
            said = words()
        return Ended(process.wait(), said)


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


def filter_pieces(arguments: list[str], pieces: Iterable[bytes], size: int) -> Generator[bytes]:
    """What ffmpeg makes of the pieces that it reads from stdin: its stdout, `size` bytes at a time.

    They are handed over in a thread of their own, as ffmpeg takes them; few of them wait. What goes wrong
    with them is raised here. Closing the iterator before its end kills the process.

    Raises:
        VideoError: it cannot be started, or failed; its words are quoted.
    """
    with _start(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        words = _listen(process)
        assert process.stdin is not None  # noqa: S101 - it was started with pipes
        assert process.stdout is not None  # noqa: S101
        with ThreadPoolExecutor(1, "feeder") as thread:
            fed = thread.submit(_feed, process.stdin, pieces)
            try:
                while piece := process.stdout.read(size):
                    yield piece
            except BaseException:
                process.kill()
                raise
            finally:
                said = words()
        if error := fed.exception():
            raise error
        if process.wait() != 0:
            raise VideoError(f"ffmpeg failed (status {process.returncode}); it said: {_quote(said)}")


def _feed(pipe: IO[bytes], pieces: Iterable[bytes]) -> None:
    """Write all pieces to a pipe, and close it whatever happens; nothing more to one that is not read."""
    try:
        for piece in pieces:
            try:
                pipe.write(piece)
            except OSError:
                return
    finally:
        with contextlib.suppress(OSError):
            pipe.close()


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
        with contextlib.suppress(OSError):
            self._stdin.close()  # one that still waits for frames ends
        try:
            status = self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        return failure(self._target, status, self._words())


def _start(arguments: list[str], *, stdin: int, stdout: int) -> subprocess.Popen[bytes]:
    with _starting(arguments):
        return subprocess.Popen(
            arguments, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE, **_out_of_reach()
        )


def _listen(process: subprocess.Popen[bytes]) -> Callable[[], str]:
    """Read a process's stderr all the time, so that it never stands still because nobody listens.

    Returns:
        What waits until the process has ended, and tells its first and its last lines.
    """
    assert process.stderr is not None  # noqa: S101 - it was started with a pipe
    stderr: IO[bytes] = process.stderr
    first: list[bytes] = []
    last: deque[bytes] = deque(maxlen=_KEPT_LINES)

    def listen() -> None:
        first.extend(islice(stderr, _KEPT_LINES))
        last.extend(stderr)

    listener = threading.Thread(target=listen, daemon=True)
    listener.start()

    def words() -> str:
        listener.join()
        return b"".join((*first, *last)).decode(errors="replace")

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
