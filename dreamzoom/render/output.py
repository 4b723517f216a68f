"""From pixels to files, while the next frame is being dreamed.

One thread stores frames and journals them. Another encodes the video: while it keeps up it is handed the
frames as they are in memory, once they are on disk; where it lags by more than a few it reads them from the
disk, so that memory stays flat.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue
from threading import Event, Semaphore
from types import TracebackType

from dreamzoom.camera.aim import NO_TURN
from dreamzoom.clip.aside import keep_foreign_frame, keep_foreign_video, later_frames, set_aside
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.identity import shows
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.lock import mark_of_writer
from dreamzoom.clip.note import note_coming_video
from dreamzoom.clip.reading import is_there, reading
from dreamzoom.clip.takes import BY_HAND
from dreamzoom.errors import ClipError, shell_word
from dreamzoom.io.files import sha256_of, write_atomically
from dreamzoom.pictures.frames import Pixels, encode_png, read_frame
from dreamzoom.pictures.png import DEFLATER, encode_frame, pixels_digest
from dreamzoom.recipe.inscription import inscribe_film
from dreamzoom.render.frame import RenderedFrame
from dreamzoom.video.encode import BESIDE_A_DREAM, Encoder
from dreamzoom.video.excerpt import excerpt_of

_AROUND = 100  # frames near a lost one whose engine is looked at
_IN_FLIGHT = 3  # frames held in memory between the dream and the disk
_AT_HAND = 3  # and between the disk and the encoder; more are read again


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
        encode: Callable[[int, Pixels], None] = lambda frame, pixels: None,
        redo: bool = False,
        is_chain: bool = True,
    ) -> None:
        """Write the frames of a clip.

        Args:
            on_stored: called in the thread, after each frame is journaled.
            encode: called before that with the frame's number and pixels; see `FrameFeed.give`.
            on_message: called in the thread with a line for a person.
            redo: frames that no longer follow from one before them may be rendered again.
            is_chain: each frame follows from the one before it.
        """
        self._clip, self._mark = clip, mark_of_writer(clip.path)
        self._journal = journal
        self._on_stored = on_stored
        self._on_message = on_message
        self._encode = encode
        self.may_redo, self._is_chain = redo, is_chain
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
            ClipTakenError: another process has taken over the clip.
            ClipError: one came out with other pixels than it had, and frames after it stand.
        """
        self._wait(_IN_FLIGHT - 1)
        before = self._in_flight[-1] if self._in_flight else None
        self._in_flight.append(self._thread.submit(self._store, before, frame, pixels, seconds, engine))

    def require_own(self) -> None:
        """See that no other process has taken over the clip meanwhile. Raises a ClipTakenError."""
        self._mark.require(self._journal)

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
        entry = journal_entry(frame, data, pixels, seconds=seconds, engine=engine)
        self.require_own()
        if self._replaces_another(frame.number, pixels, entry.identity, engine):
            self._set_later_frames_aside(frame.number, engine)
        self._keep_what_is_there(frame.number, entry.sha256, entry.identity)
        write_atomically(self._clip.frame_path(frame.number), data)
        self.require_own()  # a disk that was cut off may have kept the frame waiting
        self._journal.record(entry)
        self._encode(frame.number, pixels)
        self._on_stored(entry)

    def _replaces_another(self, frame: int, pixels: Pixels, identity: str, engine: str) -> bool:
        if not self._is_chain or not self._journal.has_beyond(frame):
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
        if later and not self.may_redo:
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
            way_on = f"; to go on from it: dreamzoom adopt {shell_word(str(self._clip.path))} --frame {frame}"
            self._on_message(
                f"frame {frame} was another picture than the journal's, made by hand as may be: {kept} "
                f"keeps it{way_on if self._is_chain else ''}"
            )


def journal_entry(frame: RenderedFrame, data: bytes, pixels: Pixels, *, seconds: float, engine: str) -> Entry:
    """What is recorded of a frame, or of a loop's picture, that was encoded here.

    Args:
        data: its PNG file.
        pixels: what that shows, (H, W, 3).
        seconds, engine: how long it took, and what computed it.
    """
    return Entry(
        frame=frame.number,
        sha256=sha256_of(data),
        bytes=len(data),
        seconds=round(seconds, 4),
        objective=float(f"{frame.objective:.6g}"),
        engine=engine,
        target=frame.aim.target,
        nudge=frame.nudge,
        turn=None if frame.aim.turn == NO_TURN else frame.aim.turn,
        pixels=pixels_digest(pixels),
        png=DEFLATER,
    )


class FrameFeed:
    """A clip's stored frames on their way to the encoder, in order.

    At most `_AT_HAND` wait in memory, and one is being encoded: 2.8 MB at 640x360, 25 MB at 1920x1080. Of
    those that come while so many wait the numbers alone are kept.
    """

    def __init__(self, read: Callable[[int], Pixels]) -> None:
        """Begin without a frame. `read` gives a stored frame's pixels from the disk."""
        self._read = read
        self._frames: SimpleQueue[tuple[int, Pixels | None] | None] = SimpleQueue()
        self._room = Semaphore(_AT_HAND)

    def give(self, frame: int, pixels: Pixels | None = None) -> None:
        """Hand over the next frame, which is on disk; with its pixels, where they are at hand."""
        is_kept = pixels is not None and self._room.acquire(blocking=False)
        self._frames.put((frame, pixels if is_kept else None))

    def end(self) -> None:
        """Say that there are no more."""
        self._frames.put(None)

    def __iter__(self) -> Iterator[Pixels]:
        """The frames' pixels, (H, W, 3), until the end; waits for each. Raises a PictureError."""
        for frame, pixels in iter(self._frames.get, None):
            if pixels is not None:
                self._room.release()
            yield self._read(frame) if pixels is None else pixels


@contextmanager
def encode_alongside(
    clip: ClipFolder, on_message: Callable[[str], None] = lambda message: None
) -> Iterator[FrameFeed]:
    """Encode a clip's stored frames into its video, in a thread of its own.

    Yields what takes the frames, in order, each once it is on disk. Leaving the context finishes the video;
    leaving it with an error drops what was encoded so far.

    Raises:
        VideoError, SoundError, StorageError, PictureError: the video could not be made; when the context is
            left, so that the frames are all there.
    """
    feed = FrameFeed(lambda frame: read_frame(clip.frame_path(frame)))
    dropped = Event()
    if kept := keep_foreign_video(clip):
        on_message(f"{clip.video_path} was another video than was made of the clip: {kept} keeps it")
    with ThreadPoolExecutor(1, "video encoder") as thread:
        video = thread.submit(_encode, clip, feed, dropped)
        try:
            yield feed
        except BaseException:
            dropped.set()
            raise
        finally:
            feed.end()
    video.result()


def _encode(clip: ClipFolder, feed: FrameFeed, dropped: Event) -> None:
    settings = clip.recipe.clip
    size = (settings.size.width, settings.size.height)
    keep_codec = clip.recipe.music.sound == "copy"
    mark = mark_of_writer(clip.path)

    def on_made(part: Path) -> None:
        mark.require(clip.journal())
        note_coming_video(clip.video_path, part)

    with Encoder(
        clip.video_path,
        size,
        settings.fps,
        clip.soundtrack_path,
        keep_codec=keep_codec,
        effort=BESIDE_A_DREAM,
        excerpt=excerpt_of(clip.recipe.music),
        inscription=inscribe_film(clip.recipe, clip.takes[-1].first),
        on_made=on_made,
    ) as encoder:
        for pixels in feed:
            if dropped.is_set():
                break
            encoder.write(pixels)
        if dropped.is_set():
            raise CancelledError  # which drops the video: there is nothing to finish
