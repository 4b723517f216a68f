"""The render loop: dream the frames that a clip lacks, keep those that stand, and let the video follow.

A frame's way: `_TakeRun` says which frames are made from which, `render.frame` makes them, and
`render.output` stores them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache, cached_property, partial

from dreamzoom.clip.aside import later_frames
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.identity import note_repacked
from dreamzoom.clip.journal import Entry
from dreamzoom.clip.note import note_video, note_whole_video
from dreamzoom.clip.place import mend
from dreamzoom.clip.status import Fault, find_faults
from dreamzoom.clip.takes import BY_HAND, Take
from dreamzoom.engines.base import Engine
from dreamzoom.errors import ClipError, warn
from dreamzoom.guard.watch import Watch
from dreamzoom.io.files import remove_leftovers
from dreamzoom.pictures.frames import Pixels, read_frame, to_array, to_tensor
from dreamzoom.render.frame import FrameRenderer, RenderedFrame, prepare_renderer
from dreamzoom.render.output import FrameFeed, FrameWriter, encode_alongside
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


def render(clip: ClipFolder, engine: Engine, reporter: Reporter = _SILENT, *, redo: bool = False) -> None:
    """Finish a clip: every frame, then its video. The caller holds the clip's lock.

    Frames that are on disk as the journal says are kept. A frame that is missing or damaged is rendered
    from the one before it; if it comes out with the journal's pixels the later ones stand. Else they would
    have to be rendered again, which is done where it was allowed alone. What is a whole picture, but another
    one than the journal's, is kept beside the one that takes its place.

    Args:
        engine: of the clip's last take. An earlier take's model is opened only if it is another one, and a
            frame has to be made again with it.
        redo: frames that no longer follow from one before them may be rendered again.

    Raises:
        StorageError: there is no room for the frames, or one could not be written.
        VideoError: the frames are all there, but the video could not be made.
        EngineError: the engine failed.
        ModelError: a take's model is missing, or has other weights by now.
        ClipError, PictureError: a picture that a take was made with is missing or damaged; a frame cannot be
            read; or one came out with other pixels than it had, and frames after it stand.
    """
    _tidy(clip)
    journal = clip.journal()
    note_repacked(clip, journal)
    faults = {fault.frame: fault for fault in find_faults(clip, journal)}
    _require_readable(clip, faults.values())
    if not faults and clip.is_complete(hashed=True):
        for frame in range(clip.recipe.clip.frames):
            reporter.on_kept(frame)
        note_whole_video(clip.video_path, journal, range(clip.recipe.clip.frames))
        return
    mend(clip)
    require_space(clip)
    renderers = [cache(partial(prepare_renderer, clip, take, engine)) for take in clip.takes]
    last = renderers[-1]()  # what is missing is told before the first dream
    _tell_of_another_engine(clip, faults, last.engine, reporter)
    try:
        with encode_alongside(clip, reporter.on_message) as feed:
            writer = FrameWriter(
                clip, journal, reporter.on_stored, reporter.on_message, encode=feed.give, redo=redo
            )
            reporter = _encoding(reporter, feed)
            with writer:
                for take, renderer in zip(clip.takes, renderers, strict=True):
                    _TakeRun(clip, take, renderer, faults, writer, reporter).finish()
        note_video(clip.video_path, journal, range(clip.recipe.clip.frames))
    finally:
        if clip.path.is_dir():
            mend(clip)  # somebody may have tidied up meanwhile


def _tidy(clip: ClipFolder) -> None:
    """Remove what killed runs have left, and tell where frames go that do not go into the clip."""
    remove_leftovers(clip.path)
    remove_leftovers(clip.path / "frames")
    if (clip.path / "frames").is_symlink():
        warn(f"{clip.path / 'frames'} is a link: frames are written to {(clip.path / 'frames').resolve()}")


def _require_readable(clip: ClipFolder, faults: Iterable[Fault]) -> None:
    """Raise a ClipError where the system refuses a frame: what is in it is not known, and not replaced."""
    refused = [fault for fault in faults if fault.kind == "unreadable"]
    if refused:
        more = (
            f", and {len(refused) - 1} more frame{'s' if len(refused) > 2 else ''} like it"
            if len(refused) > 1
            else ""
        )
        raise ClipError(
            f"{clip.frame_path(refused[0].frame)} is {refused[0].reason}{more}: mend that and try again, or "
            "delete the file to have the frame rendered again"
        )


def _encoding(reporter: Reporter, feed: FrameFeed) -> Reporter:
    """A reporter that also hands each frame that stands to the encoder."""

    def on_kept(frame: int) -> None:
        feed.give(frame)
        reporter.on_kept(frame)

    return replace(reporter, on_kept=on_kept)


def _tell_of_another_engine(
    clip: ClipFolder, faults: Mapping[int, Fault], engine: Engine, reporter: Reporter
) -> None:
    entries = list(clip.journal())
    if not entries or entries[-1].engine == engine.fingerprint:
        return
    reporter.on_message(
        f"frames up to {entries[-1].frame} were made by {entries[-1].engine}, this is "
        f"{engine.fingerprint}: from here on, bytes may differ from those of an uninterrupted render"
    )
    first = min(faults, default=entries[-1].frame)
    if later := later_frames(clip, clip.journal(), first):
        reporter.on_message(
            f"frame {first} has to be made again: if it comes out with other bytes, the {len(later)} frames "
            "after it do not follow from it any more"
        )


@dataclass(frozen=True)
class _TakeRun:
    """One pass over a take, from dreamed frame to dreamed frame.

    Attributes:
        renderer: gives what makes the take's frames; made when it is first asked for.
        faults: the frames that were not as the journal says when the render began.
    """

    clip: ClipFolder
    take: Take
    renderer: Callable[[], FrameRenderer]
    faults: Mapping[int, Fault]
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
        return Watch(self.clip, self.take, self.clip.journal(), self.renderer().engine, self.writer.flush)

    def _stands(self, frame: int) -> bool:
        fault, entry = self.faults.get(frame), self.clip.journal().get(frame)
        if fault is not None and entry is not None:
            self.reporter.on_message(f"frame {frame} is {fault.reason}: it is rendered again")
        return fault is None and entry is not None

    def _read(self, frame: int) -> RenderedFrame:
        """A frame that stands, as it is on disk and in the journal."""
        pixels = to_tensor(read_frame(self.clip.frame_path(frame)), self.renderer().engine.device)
        entry = self.clip.journal().get(frame)
        assert entry is not None  # noqa: S101 - a frame without an entry does not stand
        return RenderedFrame(frame, pixels, entry.objective, entry.aim, entry.nudge)

    @cached_property
    def _adopted(self) -> int | None:
        """The number of the frame that a person retouched, if any."""
        return None if self.take.adopted is None else self.take.stop - 1

    def _read_adopted(self) -> RenderedFrame:
        path, frame = self.take.adopted, self.take.stop - 1
        assert path is not None  # noqa: S101 - it is asked for where there is one
        pixels, entry = (
            to_tensor(read_frame(path), self.renderer().engine.device),
            self.clip.journal().get(frame),
        )
        if entry is None:
            return RenderedFrame(frame, pixels, 0.0)
        return RenderedFrame(frame, pixels, entry.objective, entry.aim, entry.nudge)

    def _render(self, before: RenderedFrame | None, key: int, stretch: range) -> RenderedFrame:
        """Dream frame `key`, make the frames between it and the one dreamed before, and store the stretch."""
        renderer, started = self.renderer(), time.perf_counter()
        dreamed = self._dream(before, key)
        for number in stretch:
            frame = dreamed
            if number == self._adopted:
                frame = self._read_adopted()
            elif before is not None and number != key:
                frame = renderer.make_between(before, dreamed, number)
            pixels = to_array(frame.pixels)
            now = time.perf_counter()
            self._store(frame, pixels, now - started)
            started = now
        return dreamed

    def _dream(self, before: RenderedFrame | None, key: int) -> RenderedFrame:
        """Frame `key` as it is stored, where it stands; else dreamed."""
        # The frames from the take's stop on are the next take's.
        is_stored = key < self.take.stop and key not in self.faults and self.clip.journal().get(key)
        if is_stored:
            return self._read(key)
        if key == self._adopted:
            return self._read_adopted()
        return self.renderer().dream_frame(before, key, self._watch.nudge(key), self.reporter.on_step)

    def _store(self, frame: RenderedFrame, pixels: Pixels, seconds: float) -> None:
        is_mending = self.clip.journal().has_beyond(frame.number)
        maker = BY_HAND if frame.number == self._adopted else self.renderer().engine.fingerprint
        self.writer.store(frame, pixels, seconds=seconds, engine=maker)
        if is_mending:  # whether the later frames stand is known once this one is on disk
            self.writer.flush()
