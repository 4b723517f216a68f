"""The render loop: dream the frames that a clip lacks, keep those that stand, and let the video follow.

A frame's way: `render.zooming` says which frames are made from which, `render.frame` makes them, and
`render.output` stores them. The frames of a loop are looked up in one picture: `render.looping`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from dreamzoom.clip.aside import later_frames
from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.identity import note_repacked
from dreamzoom.clip.note import note_video, note_whole_video
from dreamzoom.clip.place import mend
from dreamzoom.clip.status import Fault, find_faults, find_torus_faults
from dreamzoom.clip.takes import Take
from dreamzoom.engines.base import Engine
from dreamzoom.errors import ClipError, warn
from dreamzoom.io.files import remove_leftovers
from dreamzoom.render.looping import Looping
from dreamzoom.render.output import FrameFeed, FrameWriter, encode_alongside
from dreamzoom.render.space import require_space
from dreamzoom.render.store import FrameStore, Reporter
from dreamzoom.render.zooming import Zooming

_SILENT = Reporter()


class Way(Protocol):
    """How a take's frames come about."""

    @property
    def engine(self) -> Engine:
        """What computes the take; opened when it is first asked for."""

    def finish(self, store: FrameStore) -> None:
        """Make every frame of the take that does not stand, and hand it to the store."""


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
        ClipTakenError: another process has taken over the clip.
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
    is_loop, torus_faults = clip.recipe.loop.is_endless, find_torus_faults(clip)
    _require_readable(torus_faults, clip.torus_path)
    _require_readable(faults.values(), clip.frame_path)
    if not faults and not torus_faults and clip.is_complete(hashed=True):
        for frame in range(clip.recipe.clip.frames):
            reporter.on_kept(frame)
        note_whole_video(clip.video_path, journal, range(clip.recipe.clip.frames))
        return
    mend(clip)
    require_space(clip.path, [clip])
    make_way: Callable[[ClipFolder, Take, Engine], Way] = Looping if is_loop else Zooming
    ways = [make_way(clip, take, engine) for take in clip.takes]
    last = ways[-1].engine  # what is missing is told before the first dream
    _tell_of_another_engine(clip, faults, last, reporter)
    try:
        with encode_alongside(clip, reporter.on_message) as feed:
            writer = FrameWriter(
                clip,
                journal,
                reporter.on_stored,
                reporter.on_message,
                encode=feed.give,
                redo=redo,
                is_chain=not is_loop,
            )
            store = FrameStore(clip, faults, writer, _encoding(reporter, feed))
            with writer:
                for way in ways:
                    way.finish(store)
        note_video(clip.video_path, journal, range(clip.recipe.clip.frames))
    finally:
        if clip.path.is_dir():
            mend(clip)  # somebody may have tidied up meanwhile


def _tidy(clip: ClipFolder) -> None:
    """Remove what killed runs have left, and tell where frames go that do not go into the clip."""
    remove_leftovers(clip.path)
    remove_leftovers(clip.path / "frames")
    remove_leftovers(clip.path / "torus")
    if (clip.path / "frames").is_symlink():
        warn(f"{clip.path / 'frames'} is a link: frames are written to {(clip.path / 'frames').resolve()}")


def _require_readable(faults: Iterable[Fault], path_of: Callable[[int], Path]) -> None:
    """Raise a ClipError where the system refuses a picture: what is in it is not known, and not replaced."""
    refused = [fault for fault in faults if fault.kind == "unreadable"]
    if refused:
        more = (
            f", and {len(refused) - 1} more picture{'s' if len(refused) > 2 else ''} like it"
            if len(refused) > 1
            else ""
        )
        raise ClipError(
            f"{path_of(refused[0].frame)} is {refused[0].reason}{more}: mend that and try again, or "
            "delete the file to have it rendered again"
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
