"""Where a clip may begin: a folder that holds nothing of a person's. And what of a folder is a clip's own."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

from dreamzoom.clip.folder import ClipFolder, has_clip
from dreamzoom.clip.lock import is_being_written, writing
from dreamzoom.clip.takes import dump_own
from dreamzoom.errors import ClipError, ClipLockedError, warn
from dreamzoom.io.disk import remove, remove_folder, rename
from dreamzoom.io.files import is_part, part_of, remove_leftovers, storage_errors, write_atomically
from dreamzoom.recipe.pictures import KEPT_FILE

# What file managers, sync services and disks leave in any folder, unasked.
_OF_SYSTEMS = re.compile(
    r"\.DS_Store|\._.*|\.localized|Icon\r|\.fseventsd|\.Spotlight-V100|\.Trashes|\.TemporaryItems|"
    r"Thumbs\.db|ehthumbs(_vista)?\.db|desktop\.ini|System Volume Information|\$RECYCLE\.BIN|"
    r"\.directory|\.Trash-\d+|lost\+found|\.nfs[0-9a-f]+|\.fuse_hidden[0-9a-f]+|\.hidden|"
    r"\.dropbox(\.attr|\.cache)?|\.stfolder|\.stignore|\.syncthing\..*|\.sync_[0-9a-f]+\.db.*|"
    r"\.(nextcloud|owncloud)sync\.log|\.tmp\.drive(down|up)load",
    re.IGNORECASE | re.DOTALL,
)
_OF_THE_LOCK = (".lock", ".lock.holder", ".writer")
_INGREDIENT = re.compile(rf"start\.png|{KEPT_FILE.pattern}|music\.json|soundtrack(\..*)?", re.DOTALL)
_OF_A_CLIP = re.compile(
    rf"{_INGREDIENT.pattern}|recipe\.toml|(journal|torus)\.jsonl|clip\.mp4|video\.json", re.DOTALL
)
_FOLDER_OF_A_CLIP = re.compile(r"frames|torus|(before|replaced)-\d{6}(-\d+)?")


def require_free(path: Path) -> None:
    """See that a folder is a clip's, or can become one's. What a killed render has begun is no obstacle.

    Raises:
        ClipError: it holds something else, is a whole disk, or a file is in its place.
    """
    if path.resolve().parent == path.resolve():
        raise ClipError(f"{path} is a whole disk: name a folder in it with --out")
    if path.exists() and not path.is_dir():
        raise ClipError(f"{path} is a file: name another folder with --out")
    if not path.is_dir() or has_clip(path):
        return
    frames = path / "frames"
    with _readable(path):
        if frames.is_dir() and any(frames.glob("*.png")):
            raise ClipError(f"{path} holds frames but no recipe.toml: name another folder with --out")
        there = next(_foreign(path), None)
    if there is not None:
        raise ClipError(f"{path} is not empty, it holds {there.name}: name another folder with --out")


def prepare_folder(path: Path) -> None:
    """Make the folder of a clip that is to begin, or see that an existing one can take it.

    Raises:
        ClipError: as `require_free`.
        StorageError: it cannot be written.
    """
    require_free(path)
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    with part_of(path / "probe"):
        pass


@contextlib.contextmanager
def beginning(path: Path) -> Iterator[None]:
    """Be the one process that begins the clip in a folder, or goes on with it.

    If none has begun at the end of the context, what was made of the folder is gone again.

    Raises:
        ClipError: as `require_free`.
        ClipLockedError: another process is writing it.
        StorageError: it cannot be written.
    """
    require_free(path)
    made = [folder for folder in (path, *path.parents) if not folder.exists()]
    try:
        prepare_folder(path)
        with writing(path):
            if not has_clip(path):
                _remove_own(path)
            try:
                yield
            finally:
                if not has_clip(path):
                    _remove_own(path)
                    with contextlib.suppress(OSError):
                        (path / ".lock").unlink()  # while it is held: who waits for it makes another
    finally:
        for folder in made:
            with contextlib.suppress(OSError):  # which keeps what is not empty
                folder.rmdir()


def mend(clip: ClipFolder) -> None:
    """Put back what a clip can be given again: the folder of its frames, and its recipe. What was missing is
    told.

    Raises:
        StorageError: the clip's folder is gone, or cannot be written.
    """
    frames, recipe = clip.path / "frames", clip.path / "recipe.toml"
    if not frames.is_dir():
        with storage_errors(frames):
            frames.mkdir()
        warn(f"{frames} was missing: it is made again, and what it had is rendered again")
    if not recipe.exists():
        write_atomically(recipe, dump_own(clip.frozen, clip.earlier).encode())
        warn(f"{recipe} was missing: it is written again, as this clip was opened")


def take_over(path: Path, building: Path) -> None:
    """Empty a free folder that `building` is to replace: what systems keep there moves along.

    Raises:
        ClipLockedError: a process is beginning a clip there.
        StorageError: it cannot be emptied.
    """
    if not path.is_dir() or has_clip(path):
        return
    if is_being_written(path):
        raise ClipLockedError(f"{path} is being rendered by another process: wait for it, or stop it first")
    with storage_errors(path):
        _remove_own(path)
        for entry in sorted(path.iterdir()):
            if entry.name in _OF_THE_LOCK:
                remove(entry)
            elif _OF_SYSTEMS.fullmatch(entry.name):
                rename(entry, building / entry.name)


def clip_around(target: Path) -> Path | None:
    """The clip in whose folder a file lies, or would lie; None where it is in no clip's."""
    folder = target.absolute().parent.resolve()
    if _FOLDER_OF_A_CLIP.fullmatch(folder.name):
        folder = folder.parent
    return folder if has_clip(folder) and (folder / "frames").is_dir() else None


def is_clips_own(target: Path) -> bool:
    """Whether a file in a clip's folder has one of the names that the clip itself uses."""
    folder = target.absolute().parent.resolve()
    return bool(_OF_A_CLIP.fullmatch(target.name) or _FOLDER_OF_A_CLIP.fullmatch(folder.name))


@contextlib.contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ClipError(f"{path} cannot be read: {error.strerror or error}") from error


def _foreign(path: Path) -> Iterator[Path]:
    """What neither systems nor a render that has just begun leave in a folder."""
    names = {entry.name for entry in path.iterdir()}
    for name in sorted(names):
        entry = path / name
        if _OF_SYSTEMS.fullmatch(name) or name in _OF_THE_LOCK or is_part(entry):
            continue
        if ".writer" in names and _INGREDIENT.fullmatch(name):
            continue  # of a render that was killed before it wrote its recipe
        if ".writer" in names and name == "material" and entry.is_dir():
            continue  # of a film that was killed before it wrote its storyboard
        if name == "frames" and entry.is_dir():
            yield from _foreign(entry)
        else:
            yield entry


def _remove_own(path: Path) -> None:
    """Remove what a beginning has left in a folder that is free, see `require_free`."""
    remove_leftovers(path)
    remove_leftovers(path / "frames")
    with contextlib.suppress(OSError):
        for entry in path.iterdir():
            if _INGREDIENT.fullmatch(entry.name) and not entry.is_dir():
                remove(entry)
    with contextlib.suppress(OSError):
        remove_folder(path / "frames")
