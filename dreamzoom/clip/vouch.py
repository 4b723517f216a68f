"""A clip vouches for all that it is made with: whatever was lost or changed since it began is noticed.

Clocks are never asked: a file is what it was if it has the size and the hash that `[frozen]` tells. What an
older clip does not tell is believed, and told from the next writing of its recipe on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from stat import S_ISREG

from dreamzoom.clip.folder import BEAT_MAP, MUSIC, ClipFolder
from dreamzoom.clip.reading import cannot_be_read, reading
from dreamzoom.errors import ClipError, shell_word
from dreamzoom.io.files import file_digest
from dreamzoom.recipe.frozen import HOW_TO_MEND, FrozenRecipe

_SMALL = 4 << 20  # bytes of a file that is hashed wherever a quick look is wanted
_SHOWN = 3  # faults in one message


@dataclass(frozen=True)
class KeptFile:
    """A file that a clip is made with, and the size and hash that it had when the clip began, where told."""

    path: Path
    size: int | None
    sha256: str | None

    def fault(self, *, hashed: bool) -> str | None:
        """What is wrong with it, with what to do; None where it is as it was.

        Args:
            hashed: look at every byte, however many; else at the bytes of small files alone.
        """
        try:
            there = self.path.stat()
            if not S_ISREG(there.st_mode):
                return f"{self.path} is no plain file: {HOW_TO_MEND}"
            size = there.st_size
            changed = self.size is not None and size != self.size
            if not changed and self.sha256 is not None and (hashed or size <= _SMALL):
                changed = file_digest(self.path) != self.sha256
        except FileNotFoundError:
            return f"{self.path} is missing: {HOW_TO_MEND}"
        except OSError as error:
            return cannot_be_read(self.path, error)
        return f"{self.path} was changed since the clip began: {HOW_TO_MEND}" if changed else None


def kept_files(clip: ClipFolder) -> Iterator[KeptFile]:
    """Every file that a clip is made with: pictures, song, and what was heard of it."""
    yield _kept(clip.start_path, clip.frozen)
    for take in clip.takes:
        for path in take.picture_paths():
            yield _kept(path, take.frozen)
    for name in (MUSIC, BEAT_MAP):
        if name in clip.frozen.files:
            yield _kept(clip.path / name, clip.frozen)
    if clip.soundtrack_path is not None:
        yield _kept(clip.soundtrack_path, clip.frozen)


def changed_since(clip: ClipFolder, *, hashed: bool = True) -> list[str]:
    """What of a clip's recipes and files was lost or changed since it began, each with what to do.

    Args:
        hashed: look at every byte; else at sizes, and at the bytes of small files.
    """
    edited = [take.folder / "recipe.toml" for take in clip.takes if take.frozen.is_edited]
    if clip.frozen.is_edited and clip.path / "recipe.toml" not in edited:
        edited.append(clip.path / "recipe.toml")
    faults = [
        f"{path} was changed since the clip began: change it back, or restore it from a copy; "
        f"to make another take, use `dreamzoom fork {shell_word(str(clip.path))} --set KEY=VALUE -o DIR`"
        for path in edited
    ]
    found = (file.fault(hashed=hashed) for file in kept_files(clip))
    return faults + [fault for fault in found if fault is not None]


def require_unchanged(clip: ClipFolder) -> None:
    """See that a clip has all that it is made with, as it was. Raises a ClipError that names what has not."""
    faults = changed_since(clip)
    if faults:
        rest = len(faults) - _SHOWN
        more = [f"and {rest} more file{'s' if rest > 1 else ''} like these"] if rest > 0 else []
        raise ClipError("; ".join(faults[:_SHOWN] + more))


def vouched(clip: ClipFolder) -> FrozenRecipe:
    """The clip's frozen recipe with the size and hash of each of its files, those that were not told too."""
    sizes, hashes = dict(clip.frozen.sizes), dict(clip.frozen.files)
    for file in kept_files(clip):
        if file.path.parent != clip.path:
            continue  # an earlier take's, which tells of its own
        with reading(file.path):
            sizes[file.path.name] = file.path.stat().st_size
            if file.path != clip.start_path:
                hashes.setdefault(file.path.name, file_digest(file.path))
    return replace(clip.frozen, files=hashes, sizes=sizes)


def _kept(path: Path, frozen: FrozenRecipe) -> KeptFile:
    hashes: Mapping[str, str] = {**frozen.files, "start.png": frozen.start_sha256}
    return KeptFile(path, frozen.sizes.get(path.name), hashes.get(path.name))
