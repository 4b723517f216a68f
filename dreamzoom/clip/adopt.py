"""Frames that a person retouched, adopted: the later ones follow from them, as a take.

The picture lies with the recipe that ruled until then, so that the frame can be made again:

    CLIP/before-000138/adopted.png    frame 137 as the person left it
    CLIP/frames/000137.png            the same pixels as an 8-bit RGB PNG
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from dreamzoom.clip.aside import kept_by_hand, set_aside
from dreamzoom.clip.folder import ClipFolder, open_clip
from dreamzoom.clip.journal import Entry
from dreamzoom.clip.status import examine_frame
from dreamzoom.clip.takes import (
    ADOPTED,
    BY_HAND,
    LARGEST_PICTURE,
    Earlier,
    Take,
    dump_own,
    earlier_folder,
    without_adopted,
    write_earlier,
)
from dreamzoom.errors import ClipError, RequestError, shell_word
from dreamzoom.io.files import read_at_most, sha256_of, write_atomically


@dataclass(frozen=True)
class Adoption:
    """A frame that is ready to be adopted.

    Attributes:
        entry: its line of the journal, as it will be.
        picture: the person's file.
        png: the frame's file.
    """

    entry: Entry
    picture: bytes
    png: bytes


def plan_adoption(clip: ClipFolder, frame: int) -> Adoption:
    """See whether a frame can be adopted. Nothing is written yet.

    Raises:
        RequestError: there is no such frame, it is as it was rendered, or it is of another size; or the
            clip is a loop.
        PictureError, ClipError: it cannot be read.
    """
    from dreamzoom.pictures.frames import read_frame
    from dreamzoom.pictures.png import DEFLATER, encode_frame, pixels_digest

    if clip.recipe.loop.is_endless:
        raise RequestError(
            f"{clip.path} is a loop: no frame follows from another, so none can be adopted; another picture "
            f"to begin with makes another loop: dreamzoom fork {shell_word(str(clip.path))} "
            "--set clip.image=PICTURE -o DIR"
        )
    entry = clip.journal().get(frame)
    if entry is None or frame >= clip.recipe.clip.frames:
        raise RequestError(f"{clip.path} has no frame {frame} yet: a frame that was rendered can be adopted")
    path = _retouched(clip, frame, entry)
    pixels = read_frame(path)
    size, found = clip.recipe.clip.size, f"{pixels.shape[1]}x{pixels.shape[0]}"
    if found != str(size):
        raise RequestError(f"{path} is {found} pixels, and the clip {size}: make it as large")
    png = encode_frame(pixels)
    made = replace(
        entry,
        sha256=sha256_of(png),
        bytes=len(png),
        seconds=0.0,
        engine=BY_HAND,
        pixels=pixels_digest(pixels),
        png=DEFLATER,
    )
    return Adoption(made, read_at_most(path, LARGEST_PICTURE, ClipError, "picture"), png)


def adopt(clip: ClipFolder, adoption: Adoption) -> tuple[ClipFolder, Path | None]:
    """Make a retouched frame the clip's own. The caller holds the clip's lock.

    Returns:
        The clip, and the folder that keeps the later frames there were; None where there were none.

    Raises:
        StorageError, ClipError: it could not be written.
    """
    frame, journal = adoption.entry.frame, clip.journal()
    take, stop = clip.take_of(frame), frame + 1
    pictures = without_adopted_picture(take) | {ADOPTED: adoption.picture}
    plain = without_adopted(take.frozen)
    frozen = replace(
        plain,
        files={**plain.files, ADOPTED: sha256_of(adoption.picture)},
        sizes={**plain.sizes, ADOPTED: len(adoption.picture)},
    )
    write_earlier(clip.path, Earlier(stop, frozen), pictures)
    for later in clip.earlier:
        if later.stop > stop and ADOPTED in later.frozen.files:
            text = dump_own(without_adopted(later.frozen), ())
            write_atomically(earlier_folder(clip.path, later.stop) / "recipe.toml", text.encode())
    now = open_clip(clip.path)
    write_atomically(clip.path / "recipe.toml", dump_own(now.frozen, now.earlier).encode())
    folder = set_aside(clip, journal, stop)
    write_atomically(clip.frame_path(frame), adoption.png)
    journal.record(adoption.entry)
    return open_clip(clip.path), folder


def without_adopted_picture(take: Take) -> dict[str, bytes]:
    """The pictures of a take, by file name, but for a frame that was adopted."""
    return {name: data for name, data in take.read_pictures().items() if name != ADOPTED}


def _retouched(clip: ClipFolder, frame: int, entry: Entry) -> Path:
    """The picture that a person made of a frame: in its place, or kept beside it."""
    path = clip.frame_path(frame)
    fault = examine_frame(frame, path, entry)
    if fault is not None and fault.kind == "retouched":
        return path
    if fault is not None and fault.kind == "unreadable":
        raise ClipError(f"{path} is {fault.reason}: mend that and try again")
    kept = kept_by_hand(clip, frame)
    if kept is None:
        reason = "as it was rendered" if fault is None else fault.reason
        raise RequestError(f"{path} is {reason}: retouch it first, as a picture of the same size")
    return kept
