"""The render loop: dream the frames that a clip lacks, keep those that stand, and let the video follow.

A frame's way: `_TakeRun` says which frames are made from which, `render.frame` makes them, and
`render.output` stores them.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.place import mend
from dreamzoom.clip.status import find_faults, frame_fault
from dreamzoom.clip.takes import Take
from dreamzoom.engines.base import Engine
from dreamzoom.guard.watch import Watch
from dreamzoom.pictures.frames import Pixels, read_frame, to_array, to_tensor
from dreamzoom.render.frame import FrameRenderer, RenderedFrame, prepare_renderer
from dreamzoom.render.output import FrameWriter, encode_alongside
from dreamzoom.render.preparation import require_space


@dataclass(frozen=True)
class Reporter:
    """How a render tells of itself.

    Attributes:
        on_kept: called with the number of each frame that stands from an earlier run.
        on_stored: called, in the writer's thread, with the journal entry of each frame stored.
        on_message: called with a line for a person.
        on_step: called before every step of a dream; what it raises ends the render, which keeps all
            finished frames.
    """

    on_kept: Callable[[int], None] = lambda frame: None
    on_stored: Callable[[Entry], None] = lambda entry: None
    on_message: Callable[[str], None] = lambda message: None
    on_step: Callable[[], None] = lambda: None


_SILENT = Reporter()


def render(clip: ClipFolder, engine: Engine, reporter: Reporter = _SILENT) -> None:
    """Finish a clip: every frame, then its video. The caller holds the clip's lock.

    Frames that are on disk as the journal says are kept. A frame that is missing or damaged is rendered
    from the one before it; if it comes out with the journal's hash the later ones stand, else they are
    rendered again.

    Args:
        engine: of the clip's last take. An earlier take's model is opened only if it is another one, and a
            frame has to be made again with it.

    Raises:
        StorageError: there is no room for the frames, or one could not be written.
        VideoError: the frames are all there, but the video could not be made.
        EngineError: the engine failed.
        ModelError: a take's model is missing, or has other weights by now.
        ClipError, PictureError: a picture that a take was made with is missing or damaged.
    """
    journal = clip.journal()
    if clip.is_complete(journal) and not find_faults(clip, journal):
        for frame in range(clip.recipe.clip.frames):
            reporter.on_kept(frame)
        return
    mend(clip)
    require_space(clip, journal)
    renderers = [cache(partial(prepare_renderer, clip, take, engine)) for take in clip.takes]
    renderers[-1]()  # what is missing is told before the first dream
    _tell_of_another_engine(journal, engine, reporter)
    with encode_alongside(clip) as encode:
        reporter = _encoding(reporter, encode)
        with FrameWriter(clip, journal, reporter.on_stored) as writer:
            for take, renderer in zip(clip.takes, renderers, strict=True):
                _TakeRun(clip, take, renderer, journal, writer, reporter).finish()
    mend(clip)  # somebody may have tidied up meanwhile


def _encoding(reporter: Reporter, encode: Callable[[int], None]) -> Reporter:
    """A reporter that also hands each frame to the encoder, once it is on disk."""

    def on_kept(frame: int) -> None:
        encode(frame)
        reporter.on_kept(frame)

    def on_stored(entry: Entry) -> None:
        encode(entry.frame)
        reporter.on_stored(entry)

    return replace(reporter, on_kept=on_kept, on_stored=on_stored)


def _tell_of_another_engine(journal: Journal, engine: Engine, reporter: Reporter) -> None:
    entries = list(journal)
    if entries and entries[-1].engine != engine.fingerprint:
        reporter.on_message(
            f"frames up to {entries[-1].frame} were made by {entries[-1].engine}, this is "
            f"{engine.fingerprint}: from here on, bytes may differ from those of an uninterrupted render"
        )


@dataclass(frozen=True)
class _TakeRun:
    """One pass over a take, from dreamed frame to dreamed frame.

    Attributes:
        renderer: gives what makes the take's frames; made when it is first asked for.
    """

    clip: ClipFolder
    take: Take
    renderer: Callable[[], FrameRenderer]
    journal: Journal
    writer: FrameWriter
    reporter: Reporter

    def finish(self) -> None:
        """Go from dreamed frame to dreamed frame, with the in-betweens before each.

        A take begins with a dreamed frame. The stretch that reaches beyond its last frame is dreamed to its
        end, so that what a frame looks like does not depend on how long the take is; that dream is not
        stored.
        """
        first, stop, every = self.take.first, self.take.stop, self.take.recipe.camera.every
        self.writer.flush()  # a take goes on from the frame on disk
        last = first - 1
        before: RenderedFrame | None = None
        for key in range(first, stop + every - 1, every):
            stretch = range(last + 1, min(key + 1, stop))
            if all(map(self._stands, stretch)):
                before = None  # it is read from the disk if it is needed
                for frame in stretch:
                    self.reporter.on_kept(frame)
            else:
                if before is None and last >= 0:
                    before = self._read(last)
                before = self._render(before, key, stretch)
            last = key

    @cached_property
    def _watch(self) -> Watch:
        return Watch(self.clip, self.take, self.journal, self.renderer().engine, self.writer.flush)

    def _stands(self, frame: int) -> bool:
        reason = frame_fault(self.clip.frame_path(frame), self.journal.get(frame))
        if reason and self.journal.get(frame):
            self.reporter.on_message(f"frame {frame} is {reason}: it is rendered again")
        return reason is None

    def _read(self, frame: int) -> RenderedFrame:
        """A frame that stands, as it is on disk and in the journal."""
        pixels = to_tensor(read_frame(self.clip.frame_path(frame)), self.renderer().engine.device)
        entry = self.journal.get(frame)
        assert entry is not None  # noqa: S101 - a frame without an entry does not stand
        return RenderedFrame(frame, pixels, entry.objective, entry.aim, entry.nudge)

    def _render(self, before: RenderedFrame | None, key: int, stretch: range) -> RenderedFrame:
        """Dream frame `key`, make the frames between it and the one dreamed before, and store the stretch."""
        renderer, started = self.renderer(), time.perf_counter()
        dreamed = self._dream(before, key)
        for number in stretch:
            frame = dreamed
            if before is not None and number != key:
                frame = renderer.make_between(before, dreamed, number)
            pixels = to_array(frame.pixels)
            now = time.perf_counter()
            self._store(frame, pixels, now - started)
            started = now
        return dreamed

    def _dream(self, before: RenderedFrame | None, key: int) -> RenderedFrame:
        """Frame `key` as it is stored, where it stands; else dreamed."""
        # The frames from the take's stop on are the next take's.
        entry = self.journal.get(key) if key < self.take.stop else None
        if entry is not None and frame_fault(self.clip.frame_path(key), entry) is None:
            return self._read(key)
        return self.renderer().dream_frame(before, key, self._watch.nudge(key), self.reporter.on_step)

    def _store(self, frame: RenderedFrame, pixels: Pixels, seconds: float) -> None:
        mending = self.journal.has_beyond(frame.number)
        self.writer.store(frame, pixels, seconds=seconds, engine=self.renderer().engine.fingerprint)
        if mending:  # whether the later frames stand is known once this one is on disk
            self.writer.flush()
            if not self.journal.has_beyond(frame.number):
                self.reporter.on_message(
                    f"frame {frame.number} came out with other bytes: the frames after it are rendered again"
                )
