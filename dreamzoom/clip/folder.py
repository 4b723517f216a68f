"""A clip's folder: what lies where, how a clip begins, and how one is opened.

A clip needs nothing but its folder:

    CLIP/recipe.toml         the frozen recipe; written last of all, so that a folder with it is whole
    CLIP/start.png           the start image as the clip uses it
    CLIP/guide.png           the guide picture, where the objective follows one; guide-1.png and on for more
    CLIP/palette.png         the picture whose colours are held, where it is not the start image; more alike
    CLIP/nudge.png           the picture that the guard makes a stuck dream follow, where it does
    CLIP/dissolve.png        the picture that dissolves into the dream, where one does; dissolve-1.png and on
    CLIP/end.png             the picture that the clip ends in, where it does
    CLIP/soundtrack.mp3      the song, where there is one, with the ending of its name, if that has one
    CLIP/music.json          its beats, bars and signals, where tracks go by them
    CLIP/soundtrack.beats.txt   the beat map that ruled them, where there was one
    CLIP/frames/000000.png   8-bit RGB, from 0
    CLIP/journal.jsonl       one line per finished frame
    CLIP/torus/000.png       of a loop, what its frames are looked up in; torus.jsonl, a line each
    CLIP/clip.mp4            the video; CLIP/video.json what it is known again by
    CLIP/before-000137/      the recipe that ruled until frame 137, where it was changed there: see `takes`
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from dreamzoom.clip.journal import Journal
from dreamzoom.clip.note import video_fault
from dreamzoom.clip.reading import is_there, reading
from dreamzoom.clip.remains import find_remains, tell_remains
from dreamzoom.clip.takes import Earlier, Take, earlier_folder, read_earlier
from dreamzoom.errors import ClipError, ClipMismatchError, shell_word
from dreamzoom.io.files import (
    copy_atomically,
    file_digest,
    hashes_of,
    read_at_most,
    remove_leftovers,
    sha256_of,
    storage_errors,
    write_atomically,
)
from dreamzoom.recipe.compare import deciding_keys
from dreamzoom.recipe.frozen import FrozenRecipe, dump_frozen, load_frozen, wired_otherwise
from dreamzoom.recipe.schema import Recipe
from dreamzoom.tracks.music import Music

MUSIC = "music.json"
"""The file of a clip that tells what was heard of its song."""

BEAT_MAP = "soundtrack.beats.txt"
"""The file of a clip that keeps its song's beat map, as the person wrote it."""

_LARGEST_MAP = 1 << 26  # bytes

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
        rules = [(each.stop, each.frozen, earlier_folder(self.path, each.stop)) for each in self.earlier]
        rules.append((max(frames, *(stop for stop, _, _ in rules), 0), self.frozen, self.path))
        firsts = [0, *(stop for stop, _, _ in rules)]
        takes = (Take(first, *rule) for first, rule in zip(firsts, rules, strict=False))
        cut = (take.stretch(take.first, min(take.stop, frames)) for take in takes)
        return tuple(take for take in cut if take.first < take.stop)

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
        with reading(self.path):
            there = {path.name: path for path in self.path.iterdir() if path.stem == "soundtrack"}
        if not song:
            is_first = f"{self.frozen.dreamzoom}.".startswith("0.1.")
            return next((there[name] for name in sorted(there) if is_first), None)
        # Clips of dreamzoom 0.2 kept whatever came after the last dot.
        wanted = (soundtrack_name(song), f"soundtrack{Path(song).suffix.lower()}")
        return next((there[name] for name in wanted if name in there), self.path / wanted[0])

    @property
    def map_path(self) -> Path:
        """The beat map that ruled it, if there was one."""
        return self.path / BEAT_MAP

    def frame_path(self, frame: int) -> Path:
        """Where frame number `frame` is stored."""
        return self.path / "frames" / f"{frame:06d}.png"

    def torus_path(self, number: int) -> Path:
        """Where a loop's picture is stored: 0 is the start image wound up, from 1 on it has been dreamed."""
        return self.path / "torus" / f"{number:03d}.png"

    def torus_journal(self) -> Journal:
        """The journal of those pictures, as `journal`."""
        return self._torus_journal

    def with_recipe(self, frozen: FrozenRecipe, earlier: tuple[Earlier, ...]) -> ClipFolder:
        """The clip with other recipes, its journal the same; nothing is written."""
        clip = ClipFolder(self.path, frozen, earlier)
        clip.__dict__["_journal"] = self.journal()
        return clip

    def journal(self) -> Journal:
        """The journal: as it was when this was first asked for, and as it is written since."""
        return self._journal

    @cached_property
    def _journal(self) -> Journal:
        return Journal(self.path / "journal.jsonl")

    @cached_property
    def _torus_journal(self) -> Journal:
        return Journal(self.path / "torus.jsonl")

    def finished_frames(self) -> list[Path]:
        """The frames that are journaled and present, from 0 up to the first gap."""
        journal, paths = self.journal(), list[Path]()
        for frame in range(self.recipe.clip.frames):
            path = self.frame_path(frame)
            if journal.get(frame) is None or _is_missing(path):
                break
            paths.append(path)
        return paths

    def video_fault(self, *, hashed: bool = False) -> str | None:
        """What is wrong with the video, to follow its name; None where it shows all frames there are to be.

        Args:
            hashed: look at every byte; else at its size.
        """
        return video_fault(self.video_path, self.journal(), self.recipe.clip.frames, hashed=hashed)

    def is_complete(self, *, hashed: bool = False) -> bool:
        """Whether every frame is there, and a video of them; see `video_fault`."""
        is_whole = len(self.finished_frames()) == self.recipe.clip.frames
        return is_whole and self.video_fault(hashed=hashed) is None


def _is_missing(frame: Path) -> bool:
    """Whether a frame's file is not there; one that the system refuses is."""
    try:
        frame.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def open_clip(path: Path) -> ClipFolder:
    """Open the clip in a folder.

    Raises:
        ClipError: there is no folder, no clip in it, or its recipe cannot be read.
    """
    require_clip(path)
    heard = read_heard(path)
    frozen = load_frozen(path / "recipe.toml", heard)
    return ClipFolder(path, frozen, read_earlier(path, heard, frozen.before))


def require_clip(path: Path) -> None:
    """See that a clip has begun in a folder. Raises a ClipError."""
    with reading(path):
        if path.is_file():
            hint = f": did you mean {path.parent}?" if is_there(path.parent / "recipe.toml") else ""
            raise ClipError(f"{path} is a file, and a clip is a folder{hint}")
        if not path.is_dir():
            raise ClipError(f"{path}: no such clip folder")
        if is_there(path / "recipe.toml"):
            return
        if is_there(path / "film.json"):
            raise ClipError(f"{path} is a film: name one of its scenes, the clips in {path / 'scenes'}")
        remains = find_remains(path)
        if remains is not None:
            raise ClipError(tell_remains(remains))
        raise ClipError(f"{path} holds no clip: it has no recipe.toml")


def read_heard(clip: Path) -> Music | None:
    """A clip's song as tracks see it, where they go by it. Raises a ClipError if the file is damaged."""
    if not is_there(clip / MUSIC):
        return None
    from dreamzoom.clip.music import read_music

    heard, kept = read_music(clip / MUSIC), clip / BEAT_MAP
    if not is_there(kept):
        return heard
    return replace(heard, beat_map=read_at_most(kept, _LARGEST_MAP, ClipError, "beat map"))


def has_clip(path: Path) -> bool:
    """Whether a clip has begun in that folder."""
    return is_there(path / "recipe.toml")


@dataclass(frozen=True)
class Ingredients:
    """What a clip keeps beside its recipe.

    Attributes:
        start: the start image, as PNG.
        files: guides and palettes as PNG, and what was heard of the song, by the names of their files.
        soundtrack: the song's path.
        wiring_sha256: of what the model computes beside its weights.
    """

    start: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    soundtrack: Path | None = None
    wiring_sha256: str = ""

    def freeze(self, recipe: Recipe, version: str, model_sha256: str) -> FrozenRecipe:
        """The recipe with what vouches for all this. Raises a ClipError where the song cannot be read."""
        hashes = hashes_of(self.files)
        sizes = {name: len(data) for name, data in {"start.png": self.start, **self.files}.items()}
        if self.soundtrack is not None:
            name = soundtrack_name(str(self.soundtrack))
            with reading(self.soundtrack):
                hashes[name], sizes[name] = file_digest(self.soundtrack), self.soundtrack.stat().st_size
        start, wiring = sha256_of(self.start), self.wiring_sha256
        return FrozenRecipe(recipe, version, model_sha256, start, hashes, sizes, wiring)


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
    frozen = ingredients.freeze(recipe, version, model_sha256)
    text = dump_frozen(frozen)  # what could not be read again is refused before anything is written
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
        _copy_song(ingredients.soundtrack, path, frozen)
    write_atomically(path / "recipe.toml", text.encode())
    return clip


def _copy_song(song: Path, clip: Path, frozen: FrozenRecipe) -> None:
    kept = clip / soundtrack_name(str(song))
    with reading(song):
        copy_atomically(song, kept)
    with reading(kept):
        copied = file_digest(kept)
    if copied != frozen.files[kept.name]:
        raise ClipError(f"{song} was changed while it was copied: run this again")


def _other_files(clip: ClipFolder, wanted: FrozenRecipe) -> list[str]:
    """The files that a clip has others of. Of its song older clips told nothing: that is believed.

    A beat map is not compared, but what came of it.
    """
    there, song = clip.frozen.files, clip.soundtrack_path
    return [
        _in_words(clip, wanted) if name == MUSIC else name
        for name, sha256 in wanted.files.items()
        if there.get(name) != sha256
        and (name in there or song is None or name != song.name)
        and name != BEAT_MAP
    ]


def _in_words(clip: ClipFolder, wanted: FrozenRecipe) -> str:
    """How what is heard of the song differs."""
    then, now = clip.recipe.heard, wanted.recipe.heard
    others = now.sources.items() - then.sources.items() if then and now else set()
    if others:
        names = ", ".join(sorted(name for name, _ in others))
        return f"what {names} is, for its file is another one now ({_go_on(clip)})"
    if clip.frozen.files.get(BEAT_MAP) == wanted.files.get(BEAT_MAP):
        return MUSIC
    return f"what is heard of its song, for its beat map is another one now ({_go_on(clip)})"


def _go_on(clip: ClipFolder) -> str:
    return f"`dreamzoom resume {shell_word(str(clip.path))}` goes on as it began"


def _require_same(clip: ClipFolder, wanted: FrozenRecipe) -> None:
    keys = deciding_keys(clip.recipe, wanted.recipe)
    if clip.frozen.model_sha256 != wanted.model_sha256:
        keys.append("the model's weights")
    elif "model.name" in keys:
        keys.remove("model.name")  # the same one, in another place
    if "music.map" in keys:
        keys.remove("music.map")  # what came of it is compared below
    if not keys and wired_otherwise(clip.frozen, wanted.wiring_sha256):
        keys.append("what the model's files say of its layers or its input")
    if clip.frozen.start_sha256 != wanted.start_sha256 and "clip.image" not in keys:
        keys.append("the start image")
    if not keys:
        keys += _other_files(clip, wanted)
    if clip.earlier:
        keys.append(f"the frames before {clip.earlier[-1].stop}, which follow an earlier recipe")
    if not keys:
        return
    raise ClipMismatchError(
        f"{clip.path} holds a clip of another recipe, which differs in {', '.join(keys)}: "
        f"name another folder with --out{_way_on(clip, keys)}"
    )


def _way_on(clip: ClipFolder, keys: Sequence[str]) -> str:
    """What else can be done with a clip whose recipe differs in some keys."""
    if keys == ["clip.frames"]:
        return f"; `dreamzoom extend {shell_word(str(clip.path))} --frames M` makes it longer"
    if clip.frozen.lacks & set(keys):
        return f"; an older dreamzoom began it, whose looks were others, and {_go_on(clip)}"
    return ""
