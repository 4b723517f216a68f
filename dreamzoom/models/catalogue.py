"""The models that can be downloaded: `catalogue.toml`, and for each a folder in `zoo` with the rest.

The deploy files are dreamzoom's own (see `write_deploys`); only weights are downloaded. Addresses, sizes,
hashes and licences are their publishers', and `catalogue.toml` says where each was found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dreamzoom.models.descriptor import Descriptor, read_descriptor, read_toml
from dreamzoom.models.download import Remote

CATALOGUE = Path(__file__).with_name("catalogue.toml")
ZOO = Path(__file__).parent / "zoo"

_LARGEST_FILE = 1 << 20  # bytes
_ALGORITHMS = ("sha1", "sha256", "sha384")


@dataclass(frozen=True)
class Entry:
    """A model that can be downloaded.

    `folder` holds its descriptor and deploy file. `remote` is its weights file, or an archive with it when
    `in_archive`; `unpacked` is then the size of the weights in bytes, None where it is not published.
    """

    descriptor: Descriptor
    folder: Path
    remote: Remote
    in_archive: bool = False
    unpacked: int | None = None


def read_catalogue(path: Path = CATALOGUE, zoo: Path = ZOO) -> dict[str, Entry]:
    """Every model of a catalogue by its name, in the order of the file.

    Raises:
        ModelError: the catalogue or a descriptor in `zoo` is damaged.
    """
    return {name: _entry(table, zoo / name) for name, table in read_toml(path, _LARGEST_FILE).items()}


def _entry(table: Mapping[str, Any], folder: Path) -> Entry:
    return Entry(
        descriptor=read_descriptor(folder),
        folder=folder,
        remote=Remote(table["url"], table.get("size"), _digests(table)),
        in_archive=table.get("archive", False),
        unpacked=table.get("unpacked"),
    )


def _digests(table: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    return tuple((algorithm, table[algorithm]) for algorithm in _ALGORITHMS if algorithm in table)
