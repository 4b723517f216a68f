"""A clip's folder: what lies where, how a clip begins, and how one is opened.

A clip needs nothing but its folder:

    CLIP/recipe.toml         the frozen recipe; written last of all, so that a folder with it is whole
    CLIP/start.png           the start image as the clip uses it
    CLIP/guide.png           the guide picture, where the objective follows one; guide-1.png and on for more
    CLIP/palette.png         the picture whose colours are held, where it is not the start image; more alike
    CLIP/nudge.png           the picture that the guard makes a stuck dream follow, where it does
    CLIP/soundtrack.mp3      the song, where there is one, with the ending of its name, if that has one
    CLIP/music.json          its beats, bars and signals, where tracks go by them
    CLIP/frames/000000.png   8-bit RGB, from 0
    CLIP/journal.jsonl       one line per finished frame
    CLIP/clip.mp4            the video
    CLIP/before-000137/      the recipe that ruled until frame 137, where it was changed there: see `takes`
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from dreamzoom.clip.journal import Journal
from dreamzoom.clip.takes import Earlier, Take, earlier_folder, read_earlier, write_earlier
from dreamzoom.errors import ClipError, ClipMismatchError, shell_word
from dreamzoom.io.files import (
    copy_atomically,
    hashes_of,
    remove_leftovers,
    sha256_of,
    storage_errors,
    write_atomically,
)
from dreamzoom.recipe.build import check_recipe
from dreamzoom.recipe.compare import deciding_keys, first_difference
from dreamzoom.recipe.frozen import FrozenRecipe, dump_frozen, load_frozen
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.music import Music

MUSIC = "music.json"
"""The file of a clip that tells what was heard of its song."""

_SUFFIX = re.compile(r"\.[a-z0-9]{1,16}")


def soundtrack_name(song: str) -> str:
    """What a clip calls its copy of a song, by the song's path: "soundtrack.mp3"; without an ending where
    that is none which every disk can hold."""
    suffix = Path(song).suffix.lower()
    return f"soundtrack{suffix}" if _SUFFIX.fullmatch(suffix) else "soundtrack"


@dataclass(frozen=True)
class ClipFolder:
    """A clip that has begun: its folder, its frozen recipe and any that ruled its beginning."""

    path: Path
    frozen: FrozenRecipe
    earlier: tuple[Earlier, ...] = ()

    @property
    def recipe(self) -> Recipe:
        """What decides the clip's pixels, but for those of its earlier takes."""
        return self.frozen.recipe

    @cached_property
    def takes(self) -> tuple[Take, ...]:
        """The clip's frames by the recipe that rules them, in order; together they are all its frames."""
        frames = self.recipe.clip.frames
        rules = [
            (min(each.stop, frames), each.frozen, earlier_folder(self.path, each.stop))
            for each in self.earlier
        ]
        rules.append((frames, self.frozen, self.path))
        firsts = [0, *(stop for stop, _, _ in rules)]
        takes = (Take(first, *rule) for first, rule in zip(firsts, rules, strict=False))
        return tuple(take for take in takes if take.first < take.stop)

    def take_of(self, frame: int) -> Take:
        """The take that rules a frame; of a frame after the clip's end, the last one."""
        return next((take for take in self.takes if frame < take.stop), self.takes[-1])

    @property
    def start_path(self) -> Path:
        """The start image."""
        return self.path / "start.png"

    @property
    def video_path(self) -> Path:
        """The video."""
        return self.path / "clip.mp4"

    @property
    def soundtrack_path(self) -> Path | None:
        """The song, whether the file is still there or not; None for a clip without one.

        Clips of dreamzoom 0.1 do not tell in their recipe that they have one: there the file does.
        """
        song = self.recipe.music.song
        there = {path.name: path for path in self.path.glob("soundtrack*") if path.stem == "soundtrack"}
        if not song:
            is_first = f"{self.frozen.dreamzoom}.".startswith("0.1.")
            return next((there[name] for name in sorted(there) if is_first), None)
        # Clips of dreamzoom 0.2 kept whatever came after the last dot.
        names = (soundtrack_name(song), f"soundtrack{Path(song).suffix.lower()}")
        return next((there[name] for name in names if name in there), self.path / names[0])

    @property
    def music_path(self) -> Path:
        """What was heard of the song, if tracks go by it."""
        return self.path / MUSIC

    def frame_path(self, frame: int) -> Path:
        """Where frame number `frame` is stored."""
        return self.path / "frames" / f"{frame:06d}.png"

    def journal(self) -> Journal:
        """The journal as it is on disk now."""
        return Journal(self.path / "journal.jsonl")

    def finished_frames(self, journal: Journal | None = None) -> list[Path]:
        """The frames that are journaled and present, from 0 up to the first gap.

        Args:
            journal: the clip's, if it is read already.
        """
        journal = self.journal() if journal is None else journal
        paths: list[Path] = []
        for frame in range(self.recipe.clip.frames):
            path = self.frame_path(frame)
            if journal.get(frame) is None or not path.exists():
                break
            paths.append(path)
        return paths

    def is_complete(self, journal: Journal | None = None) -> bool:
        """Whether every frame is there, and a video newer than the last of them; see `finished_frames`."""
        if len(self.finished_frames(journal)) < self.recipe.clip.frames or not self.video_path.exists():
            return False
        written = (self.path / "journal.jsonl").stat().st_mtime_ns
        return self.video_path.stat().st_mtime_ns >= written

    def longer_recipe(self, frames: int) -> Recipe:
        """The clip's recipe with more frames.

        Raises:
            ClipError: the clip has as many already.
            RecipeError: there are too many, or a track leaves its range in the new part.
        """
        now = self.recipe.clip.frames
        if frames <= now:
            raise ClipError(f"{self.path} has {now} frames already: extend it to more than that")
        return check_recipe(replace(self.recipe, clip=replace(self.recipe.clip, frames=frames)))

    def extend_to(self, frames: int) -> ClipFolder:
        """Freeze the clip anew with more frames.

        The frames it has stay as they are: where the longer recipe would make them otherwise (a track that
        reckons with the clip's length), the shorter one goes on to rule them, as an earlier take.

        Raises as `longer_recipe`, or a StorageError.
        """
        longer = replace(self.frozen, recipe=self.longer_recipe(frames))
        earlier = self.earlier
        last = self.takes[-1]
        made = range(last.first, last.key_at_or_after(last.stop - 1) + 1)
        if first_difference(self.recipe, longer.recipe, made) is not None:
            kept = Earlier(last.stop, self.frozen)
            write_earlier(self.path, kept, last.read_pictures())
            earlier = (*(each for each in earlier if each.stop < kept.stop), kept)
        write_atomically(self.path / "recipe.toml", dump_frozen(longer).encode())
        return replace(self, frozen=longer, earlier=earlier)


def open_clip(path: Path) -> ClipFolder:
    """Open the clip in a folder.

    Raises:
        ClipError: there is no folder, no clip in it, or its recipe cannot be read.
    """
    if not path.is_dir():
        raise ClipError(f"{path}: no such clip folder")
    if not (path / "recipe.toml").exists():
        raise ClipError(f"{path} holds no clip: it has no recipe.toml")
    heard = read_heard(path)
    return ClipFolder(path, load_frozen(path / "recipe.toml", heard), read_earlier(path, heard))


def read_heard(clip: Path) -> Music | None:
    """A clip's song as tracks see it, where they go by it. Raises a ClipError if the file is damaged."""
    if not (clip / MUSIC).exists():
        return None
    from dreamzoom.clip.music import read_music

    return read_music(clip / MUSIC)


def has_clip(path: Path) -> bool:
    """Whether a clip has begun in that folder."""
    return (path / "recipe.toml").exists()


@dataclass(frozen=True)
class Ingredients:
    """What a clip keeps beside its recipe.

    Attributes:
        start: the start image, as PNG.
        files: guides and palettes as PNG, and what was heard of the song, by the names of their files.
        soundtrack: the song's path.
    """

    start: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    soundtrack: Path | None = None


def create_clip(
    path: Path, recipe: Recipe, version: str, model_sha256: str, ingredients: Ingredients
) -> ClipFolder:
    """Begin a clip in a free folder, or return the one it holds if it is the same. The caller holds its lock.

    Raises:
        ClipMismatchError: the folder holds a clip of another recipe; the keys that differ are named.
        StorageError: the folder cannot be written.
    """
    remove_leftovers(path)
    remove_leftovers(path / "frames")
    frozen = FrozenRecipe(
        recipe, version, model_sha256, sha256_of(ingredients.start), hashes_of(ingredients.files)
    )
    if has_clip(path):
        clip = open_clip(path)
        _require_same(clip, frozen)
        return clip
    clip = ClipFolder(path, frozen)
    with storage_errors(path / "frames"):
        (path / "frames").mkdir(exist_ok=True)
    write_atomically(clip.start_path, ingredients.start)
    for name, data in ingredients.files.items():
        write_atomically(path / name, data)
    if ingredients.soundtrack is not None:
        copy_atomically(ingredients.soundtrack, path / soundtrack_name(str(ingredients.soundtrack)))
    write_atomically(path / "recipe.toml", dump_frozen(frozen).encode())
    return clip


def _require_same(clip: ClipFolder, wanted: FrozenRecipe) -> None:
    keys = deciding_keys(clip.recipe, wanted.recipe)
    if clip.frozen.model_sha256 != wanted.model_sha256:
        keys.append("the model's weights")
    if clip.frozen.start_sha256 != wanted.start_sha256 and "clip.image" not in keys:
        keys.append("the start image")
    if not keys:
        keys += [name for name, sha256 in wanted.files.items() if clip.frozen.files.get(name) != sha256]
    if clip.earlier:
        keys.append(f"the frames before {clip.earlier[-1].stop}, which follow an earlier recipe")
    if not keys:
        return
    hint = (
        f"; `dreamzoom extend {shell_word(str(clip.path))} --frames M` makes it longer"
        if keys == ["clip.frames"]
        else ""
    )
    raise ClipMismatchError(
        f"{clip.path} holds a clip of another recipe, which differs in {', '.join(keys)}: "
        f"name another folder with --out{hint}"
    )
