"""What all renders share: how they tell of themselves, which frames stand, and where frames go."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.journal import Entry
from dreamzoom.clip.status import Fault
from dreamzoom.pictures.frames import Pixels
from dreamzoom.render.frame import RenderedFrame
from dreamzoom.render.output import FrameWriter


@dataclass(frozen=True)
class Reporter:
    """How a render tells of itself.

    Attributes:
        on_kept: called with the number of each frame that stands from an earlier run.
        on_stored: called, in the writer's thread, with the journal entry of each frame stored.
        on_message: called with a line for a person.
        on_step: called before every step of a dream; what it raises ends the render, which keeps all
            finished frames.
        on_dream: called before every step of a dream of a loop's picture, with the dream's number, how many
            there are, and how much of it is done, 0 to 1.
    """

    on_kept: Callable[[int], None] = lambda frame: None
    on_stored: Callable[[Entry], None] = lambda entry: None
    on_message: Callable[[str], None] = lambda message: None
    on_step: Callable[[], None] = lambda: None
    on_dream: Callable[[int, int, float], None] = lambda number, count, share: None


@dataclass(frozen=True)
class FrameStore:
    """The frames of a clip that is rendered.

    Attributes:
        faults: the frames that were not as the journal says when the render began.
    """

    clip: ClipFolder
    faults: Mapping[int, Fault]
    writer: FrameWriter
    reporter: Reporter

    def stands(self, frame: int) -> bool:
        """Whether a frame is as it was rendered. One that was, and is not, is told of."""
        fault, entry = self.faults.get(frame), self.clip.journal().get(frame)
        if fault is not None and entry is not None:
            self.reporter.on_message(f"frame {frame} is {fault.reason}: it is rendered again")
        return fault is None and entry is not None

    def store(self, frame: RenderedFrame, pixels: Pixels, *, seconds: float, engine: str) -> None:
        """Hand over a frame; arguments and errors as of `FrameWriter.store`."""
        is_mending = self.clip.journal().has_beyond(frame.number)
        self.writer.store(frame, pixels, seconds=seconds, engine=engine)
        if is_mending:  # whether the later frames stand is known once this one is on disk
            self.writer.flush()
