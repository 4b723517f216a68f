"""Writing frames while the next one is being dreamed.

Encoding the video while the next frame is being dreamed.

The encoder follows the frames on disk, so that memory stays flat however far it lags behind.
"""

from __future__ import annotations

import hashlib
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType

from dreamzoom.camera.aim import AS_WRITTEN, NO_TURN, Aim
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.io.files import write_atomically
from dreamzoom.pictures.frames import Pixels, read_frame, save_png_bytes
from dreamzoom.video.encode import Encoder

_IN_FLIGHT = 2  # frames held in memory between the dream and the disk


@dataclass(frozen=True)
class Rendered:
    """A frame that is ready to be stored: pixels (H, W, 3), and what the journal says of it."""

    frame: int
    pixels: Pixels
    seconds: float
    objective: float
    engine: str
    aim: Aim = AS_WRITTEN
    nudge: str | None = None


class FrameWriter:
    """A thread that stores frames in the order they are given.

    A frame is encoded, written atomically, and only then journaled. Where it stands in place of an earlier
    one whose bytes were others, the entries of all later frames are dropped first: they no longer follow
    from it.
    """

    def __init__(self, clip: ClipFolder, journal: Journal, on_stored: Callable[[Entry], None]) -> None:
        self._clip = clip
        self._journal = journal
        self._on_stored = on_stored
        self._queue: queue.Queue[Rendered | None] = queue.Queue(_IN_FLIGHT)
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="frame writer", daemon=True)

    def __enter__(self) -> FrameWriter:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Store what was given, even when the run ends early; then raise what went wrong, if nothing else
        has.
        """
        self._queue.put(None)
        self._thread.join()
        if kind is None:
            self.check()

    def check(self) -> None:
        """Raise what went wrong in the thread, if anything did.

        Raises:
            StorageError: a frame or the journal could not be written.
        """
        if self._failure:
            raise self._failure

    def store(self, rendered: Rendered) -> None:
        """Hand over a frame; waits while too many are in flight. Raises as `check` does."""
        self.check()
        self._queue.put(rendered)

    def flush(self) -> None:
        """Wait until all frames handed over are on disk. Raises as `check` does."""
        self._queue.join()
        self.check()

    def _work(self) -> None:
        while (rendered := self._queue.get()) is not None:
            try:
                if not self._failure:
                    self._store(rendered)
            except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
                self._failure = error
            finally:
                self._queue.task_done()

    def _store(self, rendered: Rendered) -> None:
        data = save_png_bytes(rendered.pixels)
        digest = hashlib.sha256(data).hexdigest()
        if self._replaces_other_bytes(rendered.frame, digest):
            self._journal.forget_from(rendered.frame)
        write_atomically(self._clip.frame_path(rendered.frame), data)
        entry = Entry(
            rendered.frame,
            digest,
            len(data),
            round(rendered.seconds, 4),
            float(f"{rendered.objective:.6g}"),
            rendered.engine,
            rendered.aim.target,
            rendered.nudge,
            None if rendered.aim.turn == NO_TURN else rendered.aim.turn,
        )
        self._journal.record(entry)
        self._on_stored(entry)

    def _replaces_other_bytes(self, frame: int, digest: str) -> bool:
        if not self._journal.has_beyond(frame):
            return False
        known = self._journal.get(frame)
        path = self._clip.frame_path(frame)
        if known is None and path.exists():  # its journal line was lost: the file tells
            return hashlib.sha256(path.read_bytes()).hexdigest() != digest
        return known is None or known.sha256 != digest


class VideoFollower:
    """A thread that encodes a clip's stored frames, in order, into its video.

    Leaving the context without an error finishes the video; leaving it with one drops what was encoded so
    far.
    """

    def __init__(self, clip: ClipFolder) -> None:
        self._clip = clip
        self._queue: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._abandoned = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._work, name="video encoder", daemon=True)

    def __enter__(self) -> VideoFollower:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandoned.set()
        self._queue.put(None)
        self._thread.join()
        if kind is None and self._failure:
            raise self._failure

    def add(self, frame: int) -> None:
        """Encode a frame that is stored, the next one in order."""
        self._queue.put(frame)

    def _work(self) -> None:
        try:
            self._encode()
        except _AbandonedError:
            pass
        except BaseException as error:  # noqa: BLE001 - handed to the main thread, which raises it
            self._failure = error

    def _encode(self) -> None:
        clip = self._clip.recipe.clip
        size = (clip.size.width, clip.size.height)
        with Encoder(self._clip.video_path, size, clip.fps, self._clip.soundtrack_path) as encoder:
            while (frame := self._queue.get()) is not None:
                if self._abandoned.is_set():
                    raise _AbandonedError
                encoder.write(read_frame(self._clip.frame_path(frame)))
            if self._abandoned.is_set():
                raise _AbandonedError


class _AbandonedError(Exception):
    """The run ended early: there is nothing to finish."""
