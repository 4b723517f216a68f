"""Where models are, and opening them: embedded, downloaded into the user's cache, or in any folder.

Models that can be downloaded stand in `catalogue.toml`, and each has a folder in `zoo` with its deploy file,
which is dreamzoom's own (see `provenance`). Only weights are downloaded. Addresses, sizes, hashes and
licences are their publishers'; the catalogue says where each was found.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, TypeAlias

from dreamzoom.errors import DownloadError, ModelError, nearest, warn
from dreamzoom.io.files import at_home, file_digest
from dreamzoom.io.toml import read_toml
from dreamzoom.models.archive import unpack
from dreamzoom.models.caffe.mean import input_in_words
from dreamzoom.models.caffe.reader import read_network
from dreamzoom.models.classes import find_labels
from dreamzoom.models.descriptor import Descriptor, read_descriptor
from dreamzoom.models.download import Check, Progress, Remote, accept, download, ignore_progress
from dreamzoom.models.names import CATALOGUE, EMBEDDED, ZOO, model_names, models_folder
from dreamzoom.models.network import Model, Network
from dreamzoom.models.places import with_places
from dreamzoom.models.reach import size_for_all
from dreamzoom.models.shapes import blob_shapes

_ALGORITHMS = ("sha1", "sha256", "sha384")


State: TypeAlias = Literal["embedded", "downloaded", "incomplete", "available"]


@dataclass(frozen=True)
class Files:
    """Where a model's files are; `prototxt` is None for a TensorFlow graph, which is all in its `weights`."""

    descriptor: Descriptor
    weights: Path
    prototxt: Path | None = None

    @property
    def labels(self) -> Path | None:
        """The file that names the model's classes, if there is one beside its others."""
        folders = [*([self.prototxt.parent] if self.prototxt else []), self.weights.parent]
        said = self.descriptor.labels
        return folders[0] / said if said else find_labels(folders)

    def read(self) -> Network:
        """The network they hold. Raises a `ModelError` where they are damaged or not supported."""
        if self.prototxt:
            return read_network(self.prototxt, self.weights)
        from dreamzoom.models.tensorflow.reader import read_graph  # here: Caffe's models have no use for it

        return read_graph(self.weights)


@dataclass(frozen=True)
class CatalogueEntry:
    """A model that can be downloaded.

    `folder` holds its descriptor and deploy file. `remote` is its weights file, or an archive with it when
    `in_archive`; `unpacked` is then the size of the weights in bytes, None where it is not published.
    """

    descriptor: Descriptor
    folder: Path
    remote: Remote
    in_archive: bool = False
    unpacked: int | None = None

    @property
    def files(self) -> Files:
        """Where its files are, or will be when the weights are downloaded."""
        said = self.descriptor
        prototxt = self.folder / said.prototxt if said.prototxt else None
        return Files(said, models_folder() / said.name / said.weights, prototxt)


def read_catalogue(path: Path = CATALOGUE, zoo: Path = ZOO) -> dict[str, CatalogueEntry]:
    """Every model of a catalogue by its name, in the order of the file.

    Raises:
        ModelError: the catalogue or a descriptor in `zoo` is damaged.
    """
    entries: dict[str, CatalogueEntry] = {}
    for name, table in read_toml(path, ModelError, "catalogue").items():
        digests = tuple((algorithm, table[algorithm]) for algorithm in _ALGORITHMS if algorithm in table)
        remote = Remote(table["url"], table.get("size"), digests)
        is_archive, unpacked = table.get("archive", False), table.get("unpacked")
        entries[name] = CatalogueEntry(read_descriptor(zoo / name), zoo / name, remote, is_archive, unpacked)
    return entries


@dataclass(frozen=True)
class Listing:
    """A model that dreamzoom knows: `size` in bytes on the disk or to download, None where not published.

    `folder` is where its weights are or would be; `url` is "" when nothing is to be downloaded.
    """

    descriptor: Descriptor
    state: State
    size: int | None
    folder: Path
    url: str = ""


def find_model(name_or_folder: str | Path) -> Files:
    """Where a model's files are, without reading them.

    A text without a path separator is a model's name first; a folder of that name is `./googlenet`. A `Path`,
    a text with a separator, and a text that no model is called by, mean a folder, or one of a model's files.

    Raises:
        ModelError: there is no such model, or it is not downloaded; the message says how to get it.
    """
    if isinstance(name_or_folder, str) and _may_be_name(name_or_folder):
        if name_or_folder in EMBEDDED:
            return _files_in(EMBEDDED[name_or_folder])
        catalogue = read_catalogue()
        if name_or_folder in catalogue:
            return _downloaded(catalogue[name_or_folder])
        if not name_or_folder or not _exists(name_or_folder):
            raise _unknown(name_or_folder, catalogue)
    path = Path(at_home(str(name_or_folder)))
    return _files_in(path.parent, path.name) if path.is_file() else _files_in(path)


def _exists(text: str) -> bool:
    try:
        return Path(text).exists()
    except ValueError:  # a name with a null
        return False


def lasting_name(name_or_folder: str) -> str:
    """What `find_model` finds the same model by in any working folder: its name, or a whole path."""
    if _may_be_name(name_or_folder) and name_or_folder in model_names():
        return name_or_folder
    return str(Path(at_home(str(name_or_folder))).resolve())


def weights_sha256(name_or_folder: str) -> str:
    """The hash of a model's weights, which no reading of the network is needed for.

    Raises:
        ModelError: as `find_model`; or the file cannot be read, or is not the one its descriptor tells of.
    """
    return _checked_sha256(find_model(name_or_folder))


def open_model(name_or_folder: str | Path) -> Model:
    """Find a model, read it whole and check it.

    Args:
        name_or_folder: as for `find_model`.

    Raises:
        ModelError: there is no such model, it is not downloaded, or its files are damaged or not supported.
    """
    files = find_model(name_or_folder)
    sha256 = _checked_sha256(files)
    said = files.descriptor
    if said.told:
        warn(said.told)
    network = files.read()
    channels = network.input_shape[0]
    if said.transform.channels == "grey" and channels != 1:
        raise ModelError(
            f"model {said.name!r} is said to be grey, but reads {channels} channels: say bgr or rgb"
        )
    transform = said.transform.for_channels(channels)
    if said.input_found:
        words = input_in_words(transform)
        warn(f"{said.input_found}the model's input is {words}; model.toml may say otherwise")
    return Model(
        name=said.name,
        network=with_places(network),
        transform=transform,
        default_layer=network.require(said.layer) if said.layer else default_layer(network),
        sha256=sha256,
        prototxt=files.prototxt,
        caffemodel=files.weights if files.prototxt else None,
        labels=files.labels,
    )


def default_layer(network: Network) -> str:
    """The layer to dream of when nobody names one: the last blob whose values are about 16 pixels apart.

    That is where nets hold parts of things, eyes and wheels and windows, on a grid still fine enough to draw
    them. By the numbers: the last blob of at least 24 x 24 values for an image of 512 x 512, and before the
    last layer with weights, which tells classes apart and draws little. Where no blob is so fine, it is the
    last of the finest there are: a coarse one is dull to dream of, and no reason to refuse those named.

    Raises:
        ModelError: there is no blob that can be dreamed.
    """
    drawn = _below_last_weights(network) or network.blobs[1:]
    if not drawn:
        why = next((f": {lost.reason}" for lost in network.unsupported), "")
        raise ModelError(f"model {network.name!r} has no layer to dream of{why}")
    shapes = blob_shapes(network, size_for_all(network, (512, 512)))
    pictures = {blob: shape[1:] for blob, shape in shapes.items() if len(shape) == 3}
    sides = {blob: min(pictures.get(blob, (0,))) for blob in drawn}
    fine_enough = min(24, max(sides.values()))
    return [blob for blob in drawn if sides[blob] >= fine_enough][-1]


def download_model(name: str, url: str = "", progress: Progress = ignore_progress) -> Files:
    """Download a model's weights unless they are there, and say where its files are.

    Args:
        name: a model's name; an embedded one is there already.
        url: another address of the same file than the publisher's; the published hash holds all the same.
        progress: called with the bytes there are and will be.

    Raises:
        ModelError: there is no model of that name.
        DownloadError: it could not be had, or is not what was published.
        StorageError: the disk is full or the folder cannot be written.
    """
    if name in EMBEDDED:
        return _files_in(EMBEDDED[name])
    catalogue = read_catalogue()
    if name not in catalogue:
        raise _unknown(name, catalogue)
    entry = catalogue[name]
    remote = replace(entry.remote, url=url) if url else entry.remote
    _bring(replace(entry, remote=remote), progress)
    return _downloaded(entry)


def list_models() -> list[Listing]:
    """Every model that dreamzoom knows by name: embedded ones first, then those of the catalogue."""
    embedded = [_files_in(folder) for folder in EMBEDDED.values()]
    return [
        *(Listing(f.descriptor, "embedded", f.weights.stat().st_size, f.weights.parent) for f in embedded),
        *(_listing(entry) for entry in read_catalogue().values()),
    ]


def _may_be_name(text: str) -> bool:
    separators = (os.sep, os.altsep or os.sep, "/")
    return text not in (".", "..", "~") and not any(each in text for each in separators)


def _unknown(name: str, catalogue: Mapping[str, CatalogueEntry]) -> ModelError:
    return ModelError(
        f"there is no model and no folder called {name!r}{nearest(name, [*EMBEDDED, *catalogue])}"
    )


def _files_in(folder: Path, asked: str = "") -> Files:
    descriptor = read_descriptor(folder, asked)
    prototxt = folder / descriptor.prototxt if descriptor.prototxt else None
    return Files(descriptor, folder / descriptor.weights, prototxt)


def _downloaded(entry: CatalogueEntry) -> Files:
    files, name = entry.files, entry.descriptor.name
    if not files.weights.is_file():
        size = f" ({entry.remote.size / 1e6:.0f} MB)" if entry.remote.size else ""
        raise ModelError(
            f"model {name!r} is not downloaded yet{size}; get it with: dreamzoom models get {name}"
        )
    return files


def _checked_sha256(files: Files) -> str:
    """The hash of the weights, compared with the one in the descriptor where there is one."""
    try:
        found = file_digest(files.weights)
    except OSError as error:
        raise ModelError(f"{files.weights} cannot be read: {error.strerror or error}") from error
    expected = files.descriptor.sha256
    if expected and found != expected:
        raise ModelError(
            f"{files.weights} is not the file it should be: sha256 {found}, expected {expected}; "
            "delete it and get the model again"
        )
    return found


def _below_last_weights(network: Network) -> tuple[str, ...]:
    """The blobs before the last layer with weights, in order; all blobs where it is the only one."""
    weighted = [index for index, layer in enumerate(network.layers) if hasattr(layer.operation, "weight")]
    end = weighted[-1] if len(weighted) > 1 else len(network.layers)
    return replace(network, layers=network.layers[:end]).blobs[1:]


def _bring(entry: CatalogueEntry, progress: Progress) -> None:
    """Download the weights, or the archive they are in; none but the right bytes get their name."""
    weights = entry.files.weights
    check = accept if entry.remote.digests else _opens(entry)
    if not entry.in_archive:
        download(entry.remote, weights, progress, check)
    elif not weights.exists():
        archive = weights.with_name(f"{entry.descriptor.name}.archive")
        download(entry.remote, archive, progress)
        try:
            unpack(archive, entry.descriptor.weights, weights, entry.unpacked, check)
        except DownloadError:
            archive.unlink(missing_ok=True)  # or every attempt would find it damaged
            if not weights.exists():  # else another process was quicker, and has removed it
                raise
        archive.unlink(missing_ok=True)


def _opens(entry: CatalogueEntry) -> Check:
    """Where no hash is published, the weights must at least open as the model they should be."""

    def check(path: Path) -> None:
        try:
            replace(entry.files, weights=path).read()
        except ModelError as error:
            raise DownloadError(
                f"{entry.remote.url} brought something else than the model: {error}"
            ) from error

    return check


def _listing(entry: CatalogueEntry) -> Listing:
    weights, url = entry.files.weights, entry.remote.url
    folder = weights.parent
    if weights.is_file():
        return Listing(entry.descriptor, "downloaded", weights.stat().st_size, folder, url)
    started = folder.is_dir() and any(folder.glob("*.part"))
    return Listing(entry.descriptor, "incomplete" if started else "available", entry.remote.size, folder, url)
