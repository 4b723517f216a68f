"""From pixels to files, while the next frame is being dreamed.

One thread stores frames and journals them. Another encodes the video: it reads the frames from the disk, so
that memory stays flat however far it lags.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from queue import SimpleQueue
from threading import Event
from types import TracebackType

from dreamzoom.camera.aim import NO_TURN
from dreamzoom.clip.aside import keep_foreign_frame, keep_foreign_video, later_frames, set_aside
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.identity import shows
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.note import note_coming_video
from dreamzoom.clip.reading import is_there, reading
from dreamzoom.clip.takes import BY_HAND
from dreamzoom.errors import ClipError, shell_word
from dreamzoom.io.files import sha256_of, write_atomically
from dreamzoom.pictures.frames import Pixels, encode_png, read_frame
from dreamzoom.pictures.png import DEFLATER, encode_frame, pixels_digest
from dreamzoom.render.frame import RenderedFrame
from dreamzoom.video.encode import Encoder

_AROUND = 100  # frames near a lost one whose engine is looked at
_IN_FLIGHT = 3  # frames held in memory between the dream and the disk


class FrameWriter:
    """Stores frames in the order they are given, in a thread of its own; after an error it stores no more.

    A frame is encoded, written atomically, and only then journaled. Where it stands in place of an earlier
    one whose pixels were others, all later frames are set aside first, if that was allowed: they no longer
    follow from it.
    """

    def __init__(
        self,
        clip: ClipFolder,
        journal: Journal,
        on_stored: Callable[[Entry], None],
        on_message: Callable[[str], None] = lambda message: None,
        *,
        redo: bool = False,
    ) -> None:
        """Write the frames of a clip.

        Args:
            on_stored: called in the thread, after each frame is journaled.
            on_message: called in the thread with a line for a person.
            redo: frames that no longer follow from one before them may be rendered again.
        """
        self._clip = clip
        self._journal = journal
        self._on_stored = on_stored
        self._on_message = on_message
        self._redo = redo
        self._thread = ThreadPoolExecutor(1, "frame writer")
        self._in_flight: deque[Future[None]] = deque()

    def __enter__(self) -> FrameWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Store what was given, even when the run ends early; then raise what went wrong, if nothing else
        has.
        """
        self._thread.shutdown()
        if kind is None:
            self.flush()

    def store(self, frame: RenderedFrame, pixels: Pixels, *, seconds: float, engine: str) -> None:
        """Hand over a frame; waits while too many are in flight.

        Args:
            pixels: the frame's, (H, W, 3), in memory.
            seconds, engine: how long the frame took, and what computed it.

        Raises:
            StorageError: a frame given before, or the journal, could not be written.
            ClipError: one came out with other pixels than it had, and frames after it stand.
        """
        self._wait(_IN_FLIGHT - 1)
        before = self._in_flight[-1] if self._in_flight else None
        self._in_flight.append(self._thread.submit(self._store, before, frame, pixels, seconds, engine))

    def flush(self) -> None:
        """Wait until all frames handed over are on disk. Raises as `store` does."""
        self._wait(0)

    def _wait(self, most: int) -> None:
        """Wait until at most so many frames are in flight, and raise what went wrong with those that were."""
        while len(self._in_flight) > most or (self._in_flight and self._in_flight[0].done()):
            self._in_flight[0].result()  # one that failed stays, to be raised again
            self._in_flight.popleft()

    def _store(
        self, before: Future[None] | None, frame: RenderedFrame, pixels: Pixels, seconds: float, engine: str
    ) -> None:
        if before:
            before.result()  # it is done: where it failed, this frame fails with it
        data = encode_frame(pixels)
        sha256, identity = sha256_of(data), pixels_digest(pixels)
        if self._replaces_another(frame.number, pixels, identity, engine):
            self._set_later_frames_aside(frame.number, engine)
        self._keep_what_is_there(frame.number, sha256, identity)
        write_atomically(self._clip.frame_path(frame.number), data)
        entry = Entry(
            frame=frame.number,
            sha256=sha256,
            bytes=len(data),
            seconds=round(seconds, 4),
            objective=float(f"{frame.objective:.6g}"),
            engine=engine,
            target=frame.aim.target,
            nudge=frame.nudge,
            turn=None if frame.aim.turn == NO_TURN else frame.aim.turn,
            pixels=identity,
            png=DEFLATER,
        )
        self._journal.record(entry)
        self._on_stored(entry)

    def _replaces_another(self, frame: int, pixels: Pixels, identity: str, engine: str) -> bool:
        if not self._journal.has_beyond(frame):
            return False
        known = self._journal.get(frame)
        if known is not None and known.pixels:
            return known.pixels != identity
        if known is not None:  # an older version's line, which tells of the file that it wrote
            return known.sha256 != sha256_of(encode_png(pixels))
        path = self._clip.frame_path(frame)
        if is_there(path):  # its journal line was lost: the file tells
            with reading(path):
                return not shows(path, identity)
        # Both are lost. One engine makes the same frame twice, and the frames around tell which it was.
        makers = {entry.engine for entry in self._journal if abs(entry.frame - frame) <= _AROUND}
        return not makers - {BY_HAND} <= {engine}

    def _set_later_frames_aside(self, frame: int, engine: str) -> None:
        """The frames after one that came out otherwise no longer follow from it."""
        later, known = len(later_frames(self._clip, self._journal, frame)), self._journal.get(frame)
        if later and not self._redo:
            maker = f", which {known.engine} made and {engine} made again," if known else ""
            raise ClipError(
                f"frame {frame}{maker} came out with other bytes: the {later} frames after it do not follow "
                f"from it, and are left as they are. Restore {self._clip.frame_path(frame)} from a copy; or "
                "render them all again with --redo, which keeps those there are in a folder beside"
            )
        folder = set_aside(self._clip, self._journal, frame + 1)
        self._journal.forget_from(frame)
        if folder is not None:
            self._on_message(
                f"frame {frame} came out with other bytes: the {later} frames after it are rendered again; "
                f"{folder} keeps those there were"
            )

    def _keep_what_is_there(self, frame: int, sha256: str, identity: str) -> None:
        """Overwrite no picture but the one that was rendered: another one may be a person's work."""
        known = self._journal.get(frame)
        files = frozenset({sha256} if known is None else {sha256, known.sha256})
        pixels = frozenset({identity} if known is None else {identity, known.pixels})
        kept = keep_foreign_frame(self._clip, frame, files, pixels)
        if kept is not None:
            self._on_message(
                f"frame {frame} was another picture than the journal's, made by hand as may be: {kept} "
                f"keeps it; to go on from it: dreamzoom adopt {shell_word(str(self._clip.path))} "
                f"--frame {frame}"
            )


@contextmanager
def encode_alongside(
    clip: ClipFolder, on_message: Callable[[str], None] = lambda message: None
) -> Iterator[Callable[[int], None]]:
    """Encode a clip's stored frames into its video, in a thread of its own.

    Yields a function that takes the numbers of the frames, in order, each once that frame is on disk. Leaving
    the context finishes the video; leaving it with an error drops what was encoded so far.

    Raises:
        VideoError, SoundError, StorageError, PictureError: the video could not be made; when the context is
            left, so that the frames are all there.
    """
    frames: SimpleQueue[int | None] = SimpleQueue()
    dropped = Event()
    if kept := keep_foreign_video(clip):
        on_message(f"{clip.video_path} was another video than was made of the clip: {kept} keeps it")
    with ThreadPoolExecutor(1, "video encoder") as thread:
        video = thread.submit(_encode, clip, frames, dropped)
        try:
            yield frames.put
        except BaseException:
            dropped.set()
            raise
        finally:
            frames.put(None)
    video.result()


def _encode(clip: ClipFolder, frames: SimpleQueue[int | None], dropped: Event) -> None:
    settings = clip.recipe.clip
    size = (settings.size.width, settings.size.height)
    keep_codec = clip.recipe.music.sound == "copy"
    on_made = partial(note_coming_video, clip.video_path)
    with Encoder(
        clip.video_path, size, settings.fps, clip.soundtrack_path, keep_codec=keep_codec, on_made=on_made
    ) as encoder:
        for frame in iter(frames.get, None):
            if dropped.is_set():
                break
            encoder.write(read_frame(clip.frame_path(frame)))
        if dropped.is_set():
            raise CancelledError  # which drops the video: there is nothing to finish
