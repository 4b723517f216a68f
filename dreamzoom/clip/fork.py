"""Forks: a new clip that shares the beginning of another.

The new clip's folder is built beside its place and renamed into it when it is whole. Frames are shared as
hard links where the disk can: a frame's file is only ever replaced, never written into, so what is done to
one clip leaves the other as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from dreamzoom.clip.folder import ClipFolder, has_clip, open_clip
from dreamzoom.clip.place import require_free, take_over
from dreamzoom.clip.reading import reading
from dreamzoom.clip.status import examine_frame
from dreamzoom.clip.takes import Earlier, Take, dump_own, without_adopted, write_earlier
from dreamzoom.errors import ClipMismatchError, RequestError, StorageError, shell_word, warn
from dreamzoom.io.disk import sync_folder
from dreamzoom.io.files import link_or_copy, new_folder, write_atomically
from dreamzoom.recipe.build import Fragment, change_recipe, overruled
from dreamzoom.recipe.compare import deciding_keys, first_difference
from dreamzoom.recipe.frozen import FrozenRecipe, dump_frozen
from dreamzoom.recipe.schema import Recipe, raw_tables

OF_THE_WHOLE_CLIP: Final = (
    "clip.size",
    "clip.fps",
    "clip.image",
    "music.tempo",
    "music.beats_per_bar",
    "music.map",
    "music.shift",
    "music.start",
    "music.delay",
)
"""Keys of which a clip has one value, whatever its takes do; its song is no fork's to change at all."""


@dataclass(frozen=True)
class Branch:
    """A take of the parent, cut to what the fork has of it, and the recipe that rules it there."""

    take: Take
    recipe: Recipe

    @property
    def changed(self) -> bool:
        """Whether the fork's recipe is another than the parent's."""
        return self.recipe != self.take.recipe


@dataclass(frozen=True)
class ForkedTake:
    """A take of a fork, ready to be written: the frame after its last, its recipe, its pictures by file."""

    stop: int
    frozen: FrozenRecipe
    pictures: Mapping[str, bytes]


@dataclass(frozen=True)
class Fork:
    """A fork that is ready to be written.

    Attributes:
        takes: in order; the last one's recipe is the fork's.
        shared: how many of the parent's frames it begins with.
        start: the start image's file.
        music: what was heard of the song, as files by name, where tracks go by it.
        has_torus: whether it is a loop whose frames are looked up in the parent's picture.
    """

    takes: tuple[ForkedTake, ...]
    shared: int
    start: bytes
    music: Mapping[str, bytes] = field(default_factory=dict)
    has_torus: bool = False

    @property
    def recipe(self) -> Recipe:
        """The fork's own, which rules its last take."""
        return self.takes[-1].frozen.recipe


def plan_branches(parent: ClipFolder, changes: Sequence[Fragment], at: int | None) -> tuple[Branch, ...]:
    """What rules a fork's frames: up to frame `at` the parent's recipes, then the same ones changed.

    Without `at` the whole clip is changed.

    Raises:
        RequestError: nothing is changed, or there is no such frame.
        RecipeError: the changed recipe is wrong, or changes at `at` what a clip has only one of.
    """
    before, after = _cut(parent, at)
    branches = tuple(Branch(take, change_recipe(take.recipe, *changes)) for take in after)
    for told in overruled([Fragment("the clip's recipe", raw_tables(after[-1].recipe)), *changes]):
        warn(told)
    keys = {key for branch in branches for key in deciding_keys(branch.take.recipe, branch.recipe)}
    if not keys:
        raise RequestError(f"nothing differs from {parent.path}: say with --set what is to be different")
    if "music.song" in keys:
        raise RequestError("a fork keeps its clip's song: start a new clip for another one")
    if at is not None:
        _require_continuable(branches[-1].recipe, keys, at)
    _require_whole(branches, at)
    return _until_the_end([*(Branch(take, take.recipe) for take in before), *branches])


def shared_frames(parent: ClipFolder, branches: Sequence[Branch]) -> int:
    """How many frames of the parent the branches' recipes make as the parent has them, from frame 0 on."""
    frames = min(parent.recipe.clip.frames, branches[-1].recipe.clip.frames)
    for branch in branches:
        take = branch.take
        if take.first >= frames:
            break
        made = range(take.first, take.key_at_or_after(min(take.stop, frames) - 1) + 1)
        frame = first_difference(take.recipe, branch.recipe, made)
        if frame is not None:
            # The frames since the last dreamed one lead to the next: they change with it.
            return frame if frame == take.first else take.key_before(frame) + 1
    return frames


def create_fork(
    parent: ClipFolder, path: Path, fork: Fork, on_frame: Callable[[], None] = lambda: None
) -> ClipFolder:
    """Write a fork, or return the one the folder holds if it is the same.

    Args:
        on_frame: called after each frame that is shared.

    Raises:
        ClipMismatchError: the folder holds another clip.
        ClipError: the folder holds something else.
        StorageError: it cannot be written.
    """
    if not has_clip(path):
        require_free(path)
        for take in fork.takes:
            dump_frozen(take.frozen)  # what could not be read again is refused before anything is written
        try:
            with new_folder(path) as building:
                _fill(building, parent, fork, on_frame)
                take_over(path, building)
        except StorageError:
            if not has_clip(path):
                raise  # else another process was quicker: perhaps with the same fork
    clip = open_clip(path)
    _require_same(clip, fork)
    return clip


def _cut(parent: ClipFolder, at: int | None) -> tuple[list[Take], list[Take]]:
    """The parent's takes before and from frame `at` on; a take that `at` is in the middle of is in both."""
    frames, takes = parent.recipe.clip.frames, list(parent.takes)
    if takes[-1].adopted:
        takes.append(Take(frames, frames, parent.frozen, parent.path))  # what comes after is ruled by that
    if at is None:
        return [], takes
    if not 0 < at <= frames:
        raise RequestError(f"--at {at}: {parent.path} can be forked at frames 1 to {frames}")
    before = [take.stretch(take.first, min(take.stop, at)) for take in takes if take.first < at]
    after = [take.stretch(max(take.first, at), take.stop) for take in takes if take.stop > at]
    return before, after or [replace(takes[-1], first=at, stop=at)]


def _until_the_end(branches: list[Branch]) -> tuple[Branch, ...]:
    """The branches of a fork that may be longer or shorter than its parent."""
    frames = branches[-1].recipe.clip.frames
    *kept, last = (branch for branch in branches if branch.take.first < frames)
    last = replace(last, take=last.take.stretch(last.take.first, frames))
    if last.take.adopted is None:
        return (*kept, last)
    rest = replace(last.take, first=frames, frozen=without_adopted(last.take.frozen))
    return (*kept, last, replace(last, take=rest))


def _require_continuable(recipe: Recipe, keys: set[str], at: int) -> None:
    fixed = [key for key in OF_THE_WHOLE_CLIP if key in keys]
    if fixed:
        raise RequestError(f"{', '.join(fixed)} cannot change in the middle of a clip: leave --at out")
    if recipe.clip.frames <= at:
        raise RequestError(
            f"--at {at}: the fork would have {recipe.clip.frames} frames; --frames makes it longer"
        )


def _require_whole(branches: Sequence[Branch], at: int | None) -> None:
    """See that a loop has one recipe. Raises a RequestError."""
    if not any(recipe.loop.is_endless for each in branches for recipe in (each.recipe, each.take.recipe)):
        return
    if at is not None:
        raise RequestError(f"--at {at}: a loop is dreamed as one picture, and has no middle: leave --at out")
    if len(branches) > 1:
        raise RequestError(
            f"the clip's recipe was changed at frame {branches[1].take.first}, and a loop has one recipe: "
            "make a new clip with dreamzoom render"
        )


def _require_same(clip: ClipFolder, fork: Fork) -> None:
    stops = [0, *(take.stop for take in fork.takes)]
    wanted = [take for before, take in zip(stops, fork.takes, strict=False) if before < take.stop]
    if len(clip.takes) == len(wanted) and all(map(_are_same, clip.takes, wanted)):
        return
    keys = deciding_keys(clip.recipe, fork.takes[-1].frozen.recipe)
    what = f", which differs in {', '.join(keys)}" if keys else ""
    raise ClipMismatchError(f"{clip.path} holds another clip{what}: name another folder with --out")


def _are_same(take: Take, wanted: ForkedTake) -> bool:
    there, then = (
        (each.stop, each.frozen.model_sha256, each.frozen.start_sha256, each.frozen.files)
        for each in (take, wanted)
    )
    return there == then and not deciding_keys(take.recipe, wanted.frozen.recipe)


def _fill(folder: Path, parent: ClipFolder, fork: Fork, on_frame: Callable[[], None]) -> None:
    """Write everything, the recipe last."""
    clip = ClipFolder(folder, fork.takes[-1].frozen)
    _share_frames(parent, clip, fork.shared, on_frame)
    if fork.has_torus:
        _share_torus(parent, clip)
    write_atomically(clip.start_path, fork.start)
    if parent.soundtrack_path is not None:
        link_or_copy(parent.soundtrack_path, folder / parent.soundtrack_path.name)
    for name, data in fork.music.items():
        write_atomically(folder / name, data)
    earlier = [Earlier(take.stop, take.frozen) for take in fork.takes[:-1]]
    for each, take in zip(earlier, fork.takes, strict=False):
        write_earlier(folder, each, take.pictures)
    for name, picture in fork.takes[-1].pictures.items():
        write_atomically(folder / name, picture)
    write_atomically(folder / "recipe.toml", dump_own(clip.frozen, earlier).encode())


def _share_frames(parent: ClipFolder, clip: ClipFolder, shared: int, on_frame: Callable[[], None]) -> None:
    """Share the frames that are as the journal says. Of the others the entry alone is kept: it tells what
    they have to be when they are rendered again.
    """
    (clip.path / "frames").mkdir()
    journal, entries = parent.journal(), []
    for frame in range(shared):
        entry, path = journal.get(frame), parent.frame_path(frame)
        if entry is not None:
            entries.append(entry)
            fault = examine_frame(frame, path, entry)
            if fault is None:
                with reading(path):
                    link_or_copy(path, clip.frame_path(frame))
            elif fault.kind == "retouched":
                warn(
                    f"{path} is {fault.reason} The fork has the frame that was there; to go on from yours, "
                    f"first use: dreamzoom adopt {shell_word(str(parent.path))} --frame {frame}"
                )
        on_frame()
    sync_folder(clip.path / "frames")
    clip.journal().record_all(entries)


def _share_torus(parent: ClipFolder, clip: ClipFolder) -> None:
    """Share the pictures that a loop's frames are looked up in, up to the first that is not as it was."""
    journal, entries = parent.torus_journal(), []
    clip.torus_path(0).parent.mkdir()
    for number in range(clip.recipe.torus_dreams + 1):
        entry, path = journal.get(number), parent.torus_path(number)
        if entry is None or examine_frame(number, path, entry) is not None:
            break
        with reading(path):
            link_or_copy(path, clip.torus_path(number))
        entries.append(entry)
    sync_folder(clip.torus_path(0).parent)
    clip.torus_journal().record_all(entries)
