"""An atlas's folder: what lies where, how it begins, and what of it is done.

An atlas needs nothing but its folder:

    ATLAS/atlas.toml        the frozen recipe, and what is shown; a folder with it is whole
    ATLAS/start.png         the picture as the atlas dreams it
    ATLAS/guide.png         the picture that dreams follow, where they do; guide-1.png and on for more
    ATLAS/plates.jsonl      one line per plate that is done
    ATLAS/001-conv1.png     the plates; 000-start.png is the picture itself, with its caption
    ATLAS/sheet.jpg         the contact sheet; sheet-1.jpg and on where it has more pages
    ATLAS/tour.mp4          the plates one after the other
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any, TypeGuard

from dreamzoom.atlas.plates import Plate, Selection
from dreamzoom.clip.folder import has_clip
from dreamzoom.clip.place import prepare_folder
from dreamzoom.clip.reading import is_there
from dreamzoom.errors import ClipError, ClipMismatchError, PictureError, StorageError, warn
from dreamzoom.io.disk import free_space, remove
from dreamzoom.io.files import (
    append,
    file_digest,
    part_of,
    read_at_most,
    remove_leftovers,
    storage_errors,
    write_atomically,
)
from dreamzoom.io.memory import gigabytes
from dreamzoom.io.toml import format_table, read_toml
from dreamzoom.pictures.reading import picture_size
from dreamzoom.recipe.compare import deciding_keys
from dreamzoom.recipe.frozen import HOW_TO_MEND, FrozenRecipe, dump_frozen, load_frozen, wired_otherwise

START = "start.png"
"""The file of the picture that is dreamed."""

_RECIPE, _JOURNAL = "atlas.toml", "plates.jsonl"
_PLATE_FILE = re.compile(r"(\d{3,}-[\w.+-]+\.png)?")  # no other file is written, or removed
_LARGEST_JOURNAL = 1 << 26  # bytes; some 400 a plate
_MADE_AT_LAST = re.compile(r"sheet(-\d+)?\.jpg|tour\.(mp4|mov|gif)|000-start\.png")


@dataclass(frozen=True)
class FrozenAtlas:
    """What decides an atlas: its recipe, what is shown, and whether the plates have captions."""

    frozen: FrozenRecipe
    selection: Selection
    labels: bool

    def differences(self, other: FrozenAtlas) -> list[str]:
        """In what two atlases differ, in the words of their settings."""
        keys = deciding_keys(self.frozen.recipe, other.frozen.recipe)
        if self.frozen.model_sha256 != other.frozen.model_sha256:
            keys.append("the model's weights")
        elif "model.name" in keys:
            keys.remove("model.name")  # the same one, in another place
        is_other = self.frozen.start_sha256 != other.frozen.start_sha256
        if is_other and not {"clip.image", "clip.size"} & {*keys}:
            keys.append("the picture")
        if not keys and self.frozen.files != other.frozen.files:
            keys.append("the guide")
        mine, theirs = asdict(self.selection), asdict(other.selection)
        keys += [f"--{name}" for name in mine if mine[name] != theirs[name]]
        if not keys and wired_otherwise(self.frozen, other.frozen.wiring_sha256):
            keys.append("what the model's files say of its layers or its input")
        return keys + (["--labels"] if self.labels != other.labels else [])


@dataclass(frozen=True)
class PlateRecord:
    """What is recorded of a plate that is done.

    Attributes:
        plate, layer, channel: which one it is.
        file: its name in the folder; "" for a plate that no gradient reaches, which has none.
        sha256, bytes: of the file.
        seconds: how long the dream took.
        objective: its value before the last step.
        engine: what computed it (`Engine.fingerprint`).
    """

    plate: int
    layer: str
    channel: int | None
    file: str
    sha256: str
    bytes: int
    seconds: float
    objective: float
    engine: str

    def is_of(self, plate: Plate) -> bool:
        """Whether it tells of that plate."""
        return (self.plate, self.layer, self.channel) == (plate.number, plate.layer, plate.channel)


class AtlasFolder:
    """An atlas that has begun: its folder, what decides it, and what is done. The caller holds its lock."""

    def __init__(self, path: Path, atlas: FrozenAtlas) -> None:
        """Read what is done. Raises a ClipError where that cannot be read."""
        self.path, self.atlas = path, atlas
        self._records = {record.plate: record for record in _read_records(path / _JOURNAL)}
        self._is_clean = False  # until the journal is written: it may end in a torn line

    @property
    def start_path(self) -> Path:
        """The picture that is dreamed."""
        return self.path / START

    def record_of(self, plate: Plate) -> PlateRecord | None:
        """What is recorded of a plate; None where it is not done."""
        record = self._records.get(plate.number)
        return record if record is not None and record.is_of(plate) else None

    def is_done(self, plate: Plate, size: tuple[int, int]) -> bool:
        """Whether a plate need not be dreamed. A picture that was changed since stays, and that is told.

        Args:
            size: width and height of its file.
        """
        record = self.record_of(plate)
        if record is None or not record.file:
            return record is not None
        path = self.path / record.file
        if _has_digest(path, record.sha256):
            return True
        try:
            if not path.exists() or picture_size(path) != size:
                return False
        except (OSError, PictureError):
            return False
        warn(f"{path} was changed since it was dreamed, and stays so: delete it to have it dreamed again")
        return True

    def store(self, record: PlateRecord, data: bytes) -> None:
        """Write a plate's picture, if it has one, then its line of the journal. Raises a StorageError."""
        if record.file:
            write_atomically(self.path / record.file, data)
        self.note(record)

    def note(self, record: PlateRecord) -> None:
        """Write the line of a plate whose picture is written. Raises a StorageError."""
        self._records[record.plate] = record
        journal = self.path / _JOURNAL
        if self._is_clean:
            append(journal, _line(record))
        else:
            write_atomically(journal, b"".join(map(_line, self._records.values())))
        self._is_clean = True

    def changed_files(self) -> list[Path]:
        """The pictures that the atlas is made of, as far as they are not there as they were."""
        kept = {START: self.atlas.frozen.start_sha256, **self.atlas.frozen.files}
        return [
            self.path / name for name, sha256 in kept.items() if not _has_digest(self.path / name, sha256)
        ]

    def require_space(self, needed: int) -> None:
        """See that the disk has room for so many bytes; one that does not tell is believed.

        Raises:
            StorageError: naming what is needed and what is free.
        """
        free = free_space(self.path)
        if free is not None and free < needed:
            raise StorageError(
                f"{self.path}: its pictures need about {gigabytes(needed)}, and {gigabytes(free)} are free: "
                "make space, or choose another disk with --out"
            )

    def made_at_last(self) -> list[Path]:
        """The contact sheet's pages, and the tour, as far as they are there."""
        return sorted(path for path in self.path.iterdir() if _MADE_AT_LAST.fullmatch(path.name))

    def drop_made_at_last(self) -> None:
        """Remove contact sheet and tour: they do not show what is about to be made."""
        with storage_errors(self.path):
            for path in self.made_at_last():
                remove(path)


def has_atlas(path: Path) -> bool:
    """Whether an atlas has begun in that folder."""
    return is_there(path / _RECIPE)


def open_atlas(path: Path) -> AtlasFolder:
    """Open the atlas in a folder.

    Raises:
        ClipError: there is none, or it cannot be read.
    """
    if not has_atlas(path):
        raise ClipError(f"{path} holds no atlas that could go on: name a picture")
    return AtlasFolder(path, _read_frozen(path / _RECIPE))


def require_room_for(path: Path) -> None:
    """See that a folder holds an atlas or can become one, and can be written. It is made where it is not
    there.

    Raises:
        ClipError: it holds something else.
        StorageError: it cannot be written.
    """
    if has_clip(path):
        raise ClipError(f"{path} holds a clip: name another folder with --out")
    if not has_atlas(path):
        prepare_folder(path)
        return
    with part_of(path / "probe"):
        pass


def begin_atlas(path: Path, wanted: FrozenAtlas, files: Mapping[str, bytes], *, force: bool) -> AtlasFolder:
    """Begin an atlas, or return the one that a folder holds if it is the same. The caller holds its lock.

    Args:
        files: the pictures that it is made of as PNG, by the names of their files.
        force: whether another atlas that is there is removed.

    Raises:
        ClipMismatchError: the folder holds another atlas; it names in what it differs.
        StorageError: the folder cannot be written.
    """
    remove_leftovers(path)
    text = f"{dump_frozen(wanted.frozen)}\n{format_table('atlas', _table(wanted))}"
    if has_atlas(path):
        there = open_atlas(path)
        differing = there.atlas.differences(wanted)
        if not differing:
            _write_files(there, files)  # where one was lost or changed: it was seen to be the same
            return there
        if not force:
            raise ClipMismatchError(
                f"{path} holds another atlas, which differs in {', '.join(differing)}: name another folder "
                "with --out, or replace that one with --force"
            )
        _clear(there)
    atlas = AtlasFolder(path, wanted)
    _write_files(atlas, files)
    write_atomically(path / _RECIPE, text.encode())
    return atlas


def _write_files(atlas: AtlasFolder, files: Mapping[str, bytes]) -> None:
    for path in atlas.changed_files():
        write_atomically(path, files[path.name])


def _has_digest(path: Path, sha256: str) -> bool:
    try:
        return file_digest(path) == sha256
    except OSError:
        return False


def _clear(atlas: AtlasFolder) -> None:
    """Remove what an atlas has made."""
    atlas.drop_made_at_last()
    with storage_errors(atlas.path):
        for record in _read_records(atlas.path / _JOURNAL):
            if record.file:
                remove(atlas.path / record.file)
        for name in (_JOURNAL, *atlas.atlas.frozen.files):
            remove(atlas.path / name)


def _table(atlas: FrozenAtlas) -> dict[str, object]:
    selection = atlas.selection
    return {
        "layers": list(selection.layers),
        "channels": selection.channels,
        "classes": list(selection.classes),
        "labels": atlas.labels,
    }


def _read_frozen(path: Path) -> FrozenAtlas:
    frozen, found = load_frozen(path), read_toml(path).get("atlas")
    table: dict[str, Any] = found if isinstance(found, dict) else {}
    layers, channels, classes, labels = map(table.get, ("layers", "channels", "classes", "labels"))
    if (
        not (_are_words(layers) and _are_words(classes))
        or type(channels) is not str
        or type(labels) is not bool
    ):
        raise ClipError(f"{path}: its table [atlas] is missing or damaged; {HOW_TO_MEND}")
    return FrozenAtlas(frozen, Selection(tuple(layers), channels, tuple(classes)), labels)


def _are_words(value: object) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def _line(record: PlateRecord) -> bytes:
    return (json.dumps(asdict(record)) + "\n").encode()


def _read_records(path: Path) -> Iterator[PlateRecord]:
    """The journal's lines; one that is torn or damaged counts as absent."""
    if not is_there(path):
        return
    for line in read_at_most(path, _LARGEST_JOURNAL, ClipError, "journal").splitlines():
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(values, dict) and (record := _record(values)) is not None:
            yield record


def _record(values: dict[str, Any]) -> PlateRecord | None:
    types = {"plate": int, "layer": str, "file": str, "sha256": str, "bytes": int, "engine": str}
    if values.keys() != {field.name for field in fields(PlateRecord)}:
        return None
    if any(type(values[name]) is not kind for name, kind in types.items()):
        return None
    if not all(isinstance(values[name], int | float) for name in ("seconds", "objective")):
        return None
    if type(values["channel"]) not in (int, type(None)) or not _PLATE_FILE.fullmatch(values["file"]):
        return None
    return PlateRecord(**values)
