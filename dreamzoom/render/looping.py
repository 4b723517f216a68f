"""A clip that is a loop: one picture on a torus, dreamed first, and every frame looked up in it.

The picture's dreams are checkpoints, as the frames of another clip are: `torus/000.png` is the start image
wound up, and each dream after it is stored and journaled before the next one begins. Frames follow from the
last dream alone, each by itself.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from dreamzoom.camera.lens import lens_of
from dreamzoom.camera.rounds import round_of
from dreamzoom.clip.aside import keep_foreign_picture, set_aside
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.identity import shows
from dreamzoom.clip.journal import Entry
from dreamzoom.clip.reading import is_there
from dreamzoom.clip.status import Fault, find_torus_faults, is_whole_picture
from dreamzoom.clip.takes import Take
from dreamzoom.engines.base import Engine
from dreamzoom.errors import ClipError
from dreamzoom.io.files import storage_errors, write_atomically
from dreamzoom.loop.torus import Phase
from dreamzoom.loop.view import TorusPyramid, make_pyramid, view
from dreamzoom.pictures.frames import read_frame, round_to_uint8, to_array, to_tensor
from dreamzoom.pictures.png import encode_frame
from dreamzoom.render.frame import RenderedFrame
from dreamzoom.render.output import journal_entry
from dreamzoom.render.store import FrameStore
from dreamzoom.render.torus import TorusDreamer, prepare_torus


@dataclass(frozen=True)
class Looping:
    """How a loop is rendered; see `render.loop.Way`.

    Attributes:
        given: the engine of the clip, or of another one's take.
    """

    clip: ClipFolder
    take: Take
    given: Engine

    @property
    def engine(self) -> Engine:
        """What computes the loop."""
        return self._dreamer.engine

    def finish(self, store: FrameStore) -> None:
        """Make every dream and every frame that does not stand."""
        faults = {fault.frame: fault for fault in find_torus_faults(self.clip)}
        torus = _TorusPass(self.clip, self._dreamer, faults, store)
        torus.finish()
        frames: _Frames | None = None
        for number in range(self.take.first, self.take.stop):
            if store.stands(number):
                store.reporter.on_kept(number)
                continue
            frames = frames or _Frames(self._dreamer, torus.last())
            started = time.perf_counter()
            frame = frames.make(number)
            pixels = to_array(frame.pixels)
            seconds = time.perf_counter() - started
            store.reporter.on_step()
            store.store(frame, pixels, seconds=seconds, engine=self.engine.fingerprint)

    @cached_property
    def _dreamer(self) -> TorusDreamer:
        return prepare_torus(self.clip, self.take, self.given)


@dataclass(frozen=True)
class _Frames:
    """What looks frames up.

    Attributes:
        picture: the last dream.
    """

    dreamer: TorusDreamer
    picture: RenderedFrame

    def make(self, number: int) -> RenderedFrame:
        """A frame, whose objective is the picture's."""
        recipe, way, aim = self.dreamer.recipe, round_of(self.dreamer.recipe), self.picture.aim
        size = recipe.clip.size
        phase = Phase(way.deeper(number), way.turned(number))
        seen = view(self._pyramid, phase, (size.width, size.height), way.target(number, aim.target))
        pixels = round_to_uint8(lens_of(recipe).fold(seen))
        return replace(self.picture, number=number, pixels=pixels)

    @cached_property
    def _pyramid(self) -> TorusPyramid:
        return make_pyramid(self.picture.pixels, self.dreamer.torus)


@dataclass(frozen=True)
class _TorusPass:
    """One pass over a loop's pictures, from the wound start image to the last dream.

    Attributes:
        faults: the pictures that were not as their journal says when the render began.
    """

    clip: ClipFolder
    dreamer: TorusDreamer
    faults: Mapping[int, Fault]
    store: FrameStore

    def finish(self) -> None:
        """Make every picture that does not stand."""
        wound = before = None  # read from the disk where they are needed and were not made
        for number in range(self.dreamer.recipe.torus_dreams + 1):
            if self._stands(number):
                before = None
                continue
            started = time.perf_counter()
            if number == 0:
                before = wound = self.dreamer.wind()
            else:
                wound = wound or self._read(0)
                before = self._dream(wound, before or self._read(number - 1))
            self._keep(before, time.perf_counter() - started)

    def last(self) -> RenderedFrame:
        """The last dream, as it is stored."""
        return self._read(self.dreamer.recipe.torus_dreams)

    def _stands(self, number: int) -> bool:
        fault, entry = self.faults.get(number), self.clip.torus_journal().get(number)
        if fault is not None and entry is not None:
            path = self.clip.torus_path(number)
            self.store.reporter.on_message(f"{path} is {fault.reason}: it is made again")
        return fault is None and entry is not None

    def _read(self, number: int) -> RenderedFrame:
        path, entry = self.clip.torus_path(number), self.clip.torus_journal().get(number)
        assert entry is not None  # noqa: S101 - what has none does not stand
        pixels = to_tensor(read_frame(path), self.dreamer.engine.device)
        return RenderedFrame(number, pixels, entry.objective, entry.aim)

    def _dream(self, wound: RenderedFrame, before: RenderedFrame) -> RenderedFrame:
        reporter, count = self.store.reporter, self.dreamer.recipe.torus_dreams
        steps, step = self.dreamer.count_steps(), iter(range(2**63))

        def on_step() -> None:
            reporter.on_dream(before.number + 1, count, next(step) / steps)
            reporter.on_step()

        return self.dreamer.dream(wound, before, on_step)

    def _keep(self, picture: RenderedFrame, seconds: float) -> None:
        """Store a picture, then journal it."""
        number, pixels = picture.number, to_array(picture.pixels)
        data, path, maker = (
            encode_frame(pixels),
            self.clip.torus_path(number),
            self.dreamer.engine.fingerprint,
        )
        entry = journal_entry(picture, data, pixels, seconds=seconds, engine=maker)
        known = self.clip.torus_journal().get(number)
        self.store.writer.require_own()
        if self._is_another(path, known, entry.identity):
            self._set_aside_what_follows(number, known)
        with storage_errors(path.parent):
            path.parent.mkdir(exist_ok=True)
        lines = [entry] if known is None else [entry, known]
        kept = keep_foreign_picture(
            path, frozenset(each.sha256 for each in lines), frozenset(each.pixels for each in lines)
        )
        if kept is not None:
            self.store.reporter.on_message(f"{path} was another picture than the journal's: {kept} keeps it")
        write_atomically(path, data)
        self.clip.torus_journal().record(entry)

    @staticmethod
    def _is_another(path: Path, known: Entry | None, identity: str) -> bool:
        """Whether a picture that was made before had other pixels; where its line is lost its file tells."""
        if known is not None:
            return known.identity != identity
        return is_there(path) and is_whole_picture(path) and not shows(path, identity)

    def _set_aside_what_follows(self, number: int, known: Entry | None) -> None:
        """A picture comes out otherwise than it was: later dreams and all frames no longer follow from it."""
        journal, frames = self.clip.torus_journal(), len(self.clip.journal())
        if not frames and not journal.has_beyond(number):
            return
        maker = self.dreamer.engine.fingerprint
        earlier = known.engine if known else "an engine that nobody noted"
        if not self.store.writer.may_redo:
            raise ClipError(
                f"{self.clip.torus_path(number)}, which {earlier} made and {maker} made again, came out "
                f"with other bytes: the later dreams and the {frames} frames do not follow from it, and are "
                "left as they are. Restore it from a copy; or render all again with --redo, which keeps the "
                "frames there are in a folder beside"
            )
        folder = set_aside(self.clip, self.clip.journal(), 0)
        journal.forget_from(number)
        if folder is not None:
            self.store.reporter.on_message(
                f"{self.clip.torus_path(number)} came out with other bytes: the frames are rendered again; "
                f"{folder} keeps those there were"
            )
