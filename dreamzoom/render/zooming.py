"""A clip that zooms: each frame from the one before it, take after take."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.takes import BY_HAND, Take
from dreamzoom.engines.base import Engine
from dreamzoom.guard.watch import Watch
from dreamzoom.pictures.frames import Pixels, read_frame, to_array, to_tensor
from dreamzoom.recipe.arrivals import stop_of_dreams
from dreamzoom.render.frame import FrameRenderer, RenderedFrame, prepare_renderer
from dreamzoom.render.store import FrameStore


@dataclass(frozen=True)
class Zooming:
    """How a take of a clip that zooms is rendered; see `render.loop.Way`.

    Attributes:
        given: the engine of some take of the clip.
    """

    clip: ClipFolder
    take: Take
    given: Engine

    @property
    def engine(self) -> Engine:
        """What computes the take."""
        return self._renderer.engine

    def finish(self, store: FrameStore) -> None:
        """Make every frame that does not stand."""
        _Pass(self.clip, self.take, lambda: self._renderer, store).finish()

    @cached_property
    def _renderer(self) -> FrameRenderer:
        return prepare_renderer(self.clip, self.take, self.given)


@dataclass(frozen=True)
class _Pass:
    """One pass over a take, from dreamed frame to dreamed frame.

    Attributes:
        renderer: gives what makes the take's frames; made when it is first asked for.
    """

    clip: ClipFolder
    take: Take
    renderer: Callable[[], FrameRenderer]
    store: FrameStore

    def finish(self) -> None:
        """Go from dreamed frame to dreamed frame, with the in-betweens before each.

        A take begins with a dreamed frame, and one is where a clip has come to its last picture. The stretch
        that reaches beyond its last frame is dreamed to its end, so that what a frame looks like does not
        depend on how long the take is; that dream is not stored.
        """
        first, stop, every = self.take.first, self.take.stop, self.take.recipe.camera.every
        self.store.writer.flush()  # a take goes on from the frame on disk
        last = first - 1
        before: RenderedFrame | None = None
        arrival = stop_of_dreams(self.take.recipe)
        for each in range(first, stop + every - 1, every):
            key = each if arrival is None else min(each, arrival)
            stretch = range(last + 1, min(key + 1, stop))
            if all(map(self.store.stands, stretch)):
                before = None  # it is read from the disk if it is needed
                for frame in stretch:
                    self.store.reporter.on_kept(frame)
            else:
                if before is None and last >= 0:
                    before = self._read(last)
                before = self._render(before, key, stretch)
            last = key

    @cached_property
    def _watch(self) -> Watch:
        return Watch(
            self.clip, self.take, self.clip.journal(), self.renderer().engine, self.store.writer.flush
        )

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
        """Dream frame `key`, make the frames between it and the one dreamed before, and store the stretch.

        In-betweens that lead to an adopted frame are older than what a person made of that: they come of the
        frame as it was dreamed.
        """
        renderer, started = self.renderer(), time.perf_counter()
        if key == self._adopted and not any(map(self._is_lost, stretch[:-1])):
            for number in stretch[:-1]:
                self.store.reporter.on_kept(number)
            stretch = stretch[-1:]
        dreamed = self._dream(before, key, is_led_to=len(stretch) > 1)
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

    def _is_lost(self, frame: int) -> bool:
        return frame in self.store.faults or self.clip.journal().get(frame) is None

    def _dream(self, before: RenderedFrame | None, key: int, *, is_led_to: bool) -> RenderedFrame:
        """Frame `key` as it is stored, where it stands; else dreamed.

        Args:
            is_led_to: whether frames before it are made of it.
        """
        if key == self._adopted and not is_led_to:
            return self._read_adopted()
        # The frames from the take's stop on are the next take's.
        if key < self.take.stop and key != self._adopted and not self._is_lost(key):
            return self._read(key)
        arrivals = self.renderer().arrivals
        if arrivals is not None and before is not None and arrivals.needs_frame_zero(before.number, key):
            self.store.writer.flush()
        return self.renderer().dream_frame(before, key, self._watch.nudge(key), self.store.reporter.on_step)

    def _store(self, frame: RenderedFrame, pixels: Pixels, seconds: float) -> None:
        maker = BY_HAND if frame.number == self._adopted else self.renderer().engine.fingerprint
        self.store.store(frame, pixels, seconds=seconds, engine=maker)
