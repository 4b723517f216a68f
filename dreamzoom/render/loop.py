"""The frame makers of a clip's takes.

The render loop: dream what is missing, keep what stands, and let the video follow.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.status import frame_fault
from dreamzoom.clip.takes import Take
from dreamzoom.engines.base import Engine
from dreamzoom.guard.watch import Watch
from dreamzoom.pictures.frames import read_frame, to_array, to_tensor
from dreamzoom.render.frame import DreamedFrame, FrameMaker, Pictures, frame_maker
from dreamzoom.render.output import FrameWriter, Rendered, VideoFollower
from dreamzoom.render.preparation import engine_for


class Makers:
    """What makes each take's frames: made when a frame of it is first needed, then kept.

    An earlier take's model is opened only if one of its frames has to be made again.
    """

    def __init__(self, clip: ClipFolder, engine: Engine) -> None:
        self._clip = clip
        self._engine = engine
        self._makers: dict[int, FrameMaker] = {}

    def of(self, take: Take) -> FrameMaker:
        """What makes the frames of a take.

        Raises:
            ModelError: the take's model is missing, or has other weights by now.
            ClipError, PictureError: a picture that it was made with is missing or damaged.
        """
        if take.first not in self._makers:
            self._makers[take.first] = self._make(take)
        return self._makers[take.first]

    def _make(self, take: Take) -> FrameMaker:
        followed = {**take.guide_paths, **take.nudge_paths}
        guides = {name: read_frame(path) for name, path in followed.items()}
        palettes = {name: read_frame(path) for name, path in take.palette_paths.items()}
        pictures = Pictures(read_frame(self._clip.start_path), guides, palettes)
        return frame_maker(take.recipe, engine_for(take, self._engine), pictures)


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


def render(clip: ClipFolder, engine: Engine, reporter: Reporter | None = None) -> None:
    """Finish a clip: every frame, then its video. The caller holds the clip's lock.

    Frames that are on disk as the journal says are kept. A frame that is missing or damaged is rendered
    from the one before it; if it comes out with the journal's hash the later ones stand, else they are
    rendered again.

    Raises:
        StorageError: a frame could not be written.
        VideoError: the frames are all there, but the video could not be made.
        EngineError: the engine failed.
    """
    report = reporter or Reporter()
    if clip.is_complete() and not list(_unsound(clip, clip.journal())):
        for frame in range(clip.recipe.clip.frames):
            report.on_kept(frame)
        return
    journal = clip.journal()
    makers = Makers(clip, engine)
    makers.of(clip.takes[-1])
    _tell_of_another_engine(journal, engine, report)
    with VideoFollower(clip) as follower, FrameWriter(clip, journal, _both(follower, report)) as writer:
        for take in clip.takes:
            _Run(clip, take, journal, makers, writer, follower, report).finish()


def _both(follower: VideoFollower, report: Reporter) -> Callable[[Entry], None]:
    def stored(entry: Entry) -> None:
        follower.add(entry.frame)
        report.on_stored(entry)

    return stored


def _unsound(clip: ClipFolder, journal: Journal) -> Iterator[tuple[int, str]]:
    """The frames that have to be rendered, and why."""
    for frame in range(clip.recipe.clip.frames):
        reason = frame_fault(clip.frame_path(frame), journal.get(frame))
        if reason:
            yield frame, reason


def _tell_of_another_engine(journal: Journal, engine: Engine, report: Reporter) -> None:
    entries = list(journal)
    if entries and entries[-1].engine != engine.fingerprint:
        report.on_message(
            f"frames up to {entries[-1].frame} were made by {entries[-1].engine}, this is "
            f"{engine.fingerprint}: from here on, bytes may differ from those of an uninterrupted render"
        )


@dataclass(frozen=True)
class _Run:
    """One pass over a take, from dreamed frame to dreamed frame."""

    _clip: ClipFolder
    _take: Take
    _journal: Journal
    _makers: Makers
    _writer: FrameWriter
    _follower: VideoFollower
    _report: Reporter

    def finish(self) -> None:
        """Go from dreamed frame to dreamed frame, with the in-betweens before each.

        A take begins with a dreamed frame. The stretch that reaches beyond its last frame is dreamed to its
        end, so that what a frame looks like does not depend on how long the take is; that dream is not
        stored.
        """
        first, stop, every = self._take.first, self._take.stop, self._take.recipe.camera.every
        last = first - 1 if first else None
        self._writer.flush()  # a take goes on from the frame on disk
        before: DreamedFrame | None = None
        for key in range(first, stop + every - 1, every):
            stretch = range(first if key == first else key - every + 1, min(key, stop - 1) + 1)
            if all(self._stands(frame) for frame in stretch):
                before = None  # read it from the disk if it is needed
                for frame in stretch:
                    self._keep(frame)
            else:
                if last is not None and before is None:
                    before = self._stored(last)
                before = self._render_stretch(before, key, stretch)
            last = key

    @property
    def _maker(self) -> FrameMaker:
        return self._makers.of(self._take)

    @cached_property
    def _watch(self) -> Watch:
        return Watch(self._clip, self._take, self._journal, self._maker.engine, self._writer.flush)

    def _stands(self, frame: int) -> bool:
        reason = frame_fault(self._clip.frame_path(frame), self._journal.get(frame))
        if reason and self._journal.get(frame):
            self._report.on_message(f"frame {frame} is {reason}: it is rendered again")
        return reason is None

    def _keep(self, frame: int) -> None:
        self._follower.add(frame)
        self._report.on_kept(frame)

    def _stored(self, frame: int) -> DreamedFrame:
        """A frame that stands, as it is on disk and in the journal."""
        pixels = to_tensor(read_frame(self._clip.frame_path(frame)), self._maker.engine.device)
        entry = self._journal.get(frame)
        assert entry is not None  # noqa: S101 - a frame without an entry does not stand
        return DreamedFrame(frame, pixels, entry.objective, entry.aim, entry.nudge)

    def _render_stretch(self, before: DreamedFrame | None, key: int, stretch: range) -> DreamedFrame:
        """Dream frame `key`, make the frames between it and the one before, and store the stretch."""
        started = time.perf_counter()
        dreamed = self._key_frame(before, key)
        course = self._maker.course(before, dreamed)
        for frame in stretch:
            pixels = dreamed.pixels
            if frame != key and before is not None:
                pixels = self._maker.between(before, dreamed, frame)
            array = to_array(pixels)
            now = time.perf_counter()
            engine = self._maker.engine.fingerprint
            self._store(
                Rendered(
                    frame,
                    array,
                    now - started,
                    dreamed.objective,
                    engine,
                    course[frame],
                    dreamed.nudge,
                )
            )
            started = now
        return dreamed

    def _key_frame(self, before: DreamedFrame | None, key: int) -> DreamedFrame:
        """The dreamed frame as it is stored, where it stands; else dreamed."""
        # Behind the take's end lie the next one's frames.
        entry = self._journal.get(key) if key < self._take.stop else None
        if entry is not None and frame_fault(self._clip.frame_path(key), entry) is None:
            return self._stored(key)
        return self._maker.key_frame(before, key, self._report.on_step, self._watch.nudge(key))

    def _store(self, rendered: Rendered) -> None:
        mending = self._journal.has_beyond(rendered.frame)
        self._writer.store(rendered)
        if mending:  # whether the later frames stand is known once this one is on disk
            self._writer.flush()
            if not self._journal.has_beyond(rendered.frame):
                self._report.on_message(
                    f"frame {rendered.frame} came out with other bytes: "
                    "the frames after it are rendered again"
                )
