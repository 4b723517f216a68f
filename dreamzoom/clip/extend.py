"""Longer clips: planned whole, then written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.takes import Earlier, dump_own, write_earlier
from dreamzoom.clip.vouch import vouched
from dreamzoom.errors import ClipError, shell_word
from dreamzoom.io.files import write_atomically
from dreamzoom.recipe.build import check_recipe
from dreamzoom.recipe.compare import first_difference
from dreamzoom.recipe.schema import Recipe


@dataclass(frozen=True)
class Extension:
    """A longer clip that is ready to be written.

    Attributes:
        clip: as it will be.
        text: of its recipe.
        kept: the recipe that goes on to rule the frames there are, where the longer one would not make them.
        pictures: that one's, by the names of their files.
    """

    clip: ClipFolder
    text: str
    kept: Earlier | None
    pictures: Mapping[str, bytes]


def longer_recipe(clip: ClipFolder, frames: int) -> Recipe:
    """The clip's recipe with more frames.

    Raises:
        ClipError: the clip has as many already, or is a loop.
        RecipeError: there are too many, or a track leaves its range in the new part.
    """
    now = clip.recipe.clip.frames
    if clip.recipe.loop.is_endless:
        raise ClipError(
            f"{clip.path} is a loop, whose {now} frames are one round: `dreamzoom fork "
            f"{shell_word(str(clip.path))} --frames {frames} -o DIR` makes a slower one of the same picture, "
            f"`dreamzoom stitch {shell_word(str(clip.path))} --rounds N -o FILE` plays it N times"
        )
    if frames <= now:
        raise ClipError(f"{clip.path} has {now} frames already: extend it to more than that")
    if clip.recipe.clip.end or clip.recipe.loop.is_closed:
        raise ClipError(
            f"{clip.path} has come to its end, and what leads there would have to be made again: for a "
            f"longer one, dreamzoom fork {shell_word(str(clip.path))} --frames {frames} -o DIR"
        )
    return check_recipe(replace(clip.recipe, clip=replace(clip.recipe.clip, frames=frames)))


def plan_extension(clip: ClipFolder, frames: int) -> Extension:
    """What a clip is with more frames. Nothing is written yet.

    The frames it has stay as they are: where the longer recipe would make them otherwise (a track that
    reckons with the clip's length), the shorter one goes on to rule them, as an earlier take.

    Raises as `longer_recipe`, or a ClipError where a file of the clip cannot be read.
    """
    longer = replace(vouched(clip), recipe=longer_recipe(clip, frames))
    kept, last = None, clip.takes[-1]
    made = range(last.first, last.key_at_or_after(last.stop - 1) + 1)
    is_ruled = any(each.stop == last.stop for each in clip.earlier)
    if not is_ruled and first_difference(clip.recipe, longer.recipe, made) is not None:
        kept = Earlier(last.stop, vouched(clip))
    earlier = clip.earlier if kept is None else (*clip.earlier, kept)
    text = dump_own(longer, earlier)
    pictures = last.read_pictures() if kept else {}
    return Extension(clip.with_recipe(longer, earlier), text, kept, pictures)


def write_extension(extension: Extension) -> ClipFolder:
    """Freeze the clip anew. Raises a StorageError; the clip is then as it was."""
    clip = extension.clip
    if extension.kept is not None:
        write_earlier(clip.path, extension.kept, extension.pictures)
    write_atomically(clip.path / "recipe.toml", extension.text.encode())
    return clip
