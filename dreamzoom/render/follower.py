"""Encoding the video while the next frame is being dreamed.

The encoder follows the frames on disk, so that memory stays flat however far it lags behind.
"""

from __future__ import annotations

import queue
import threading
from types import TracebackType

from dreamzoom.clip.folder import ClipFolder


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
        from dreamzoom.pictures import read_frame
        from dreamzoom.video.encode import Encoder

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
