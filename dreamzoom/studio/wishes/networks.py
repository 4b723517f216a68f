"""What can be dreamed of: the layers and classes of a model, as the command line tells them.

A network is read by a child, since what reads it is large; what it tells is kept on disk.
"""

from __future__ import annotations

import json
import subprocess
from typing import Any, Final

from dreamzoom._version import __version__
from dreamzoom.errors import ModelError, RequestError, StorageError, quote_value
from dreamzoom.io.files import read_at_most, storage_errors, write_atomically
from dreamzoom.models.names import model_names
from dreamzoom.studio.children import ask_command
from dreamzoom.studio.desk import Desk

_LARGEST: Final = 16 << 20  # bytes
_LONGEST: Final = 120  # seconds


def describe_network(desk: Desk, model: str) -> dict[str, Any]:
    """The `layers` of a model, in order, each with what it `sees`, and the names of its `classes`.

    Raises:
        RequestError: there is no such model, or it is not downloaded.
    """
    if model not in model_names():
        raise RequestError(f"there is no model {quote_value(model)}: there are {', '.join(model_names())}")
    path = desk.private / "networks" / f"{model}.json"
    try:
        kept = json.loads(read_at_most(path, _LARGEST, StorageError, "network"))
        if kept["version"] == __version__:
            return {name: kept[name] for name in ("layers", "classes")}
    except (StorageError, ValueError, KeyError, TypeError):
        pass
    told = {
        "layers": [
            {"name": row["layer"], "sees": row["sees"]}
            for row in _tell("layers", "--model", model, "--json")
            if not row["problem"]
        ],
        "classes": [row["name"] for row in _tell("layers", "--model", model, "--classes", "--json")],
    }
    with storage_errors(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps({"version": __version__, **told}).encode())
    return told


def _tell(*words: str) -> list[dict[str, Any]]:
    """What a command prints as JSON. Raises a ModelError with its own words."""
    try:
        done = ask_command(words, _LONGEST)
    except subprocess.TimeoutExpired:
        raise ModelError("the model could not be read in time") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["the model could not be read"]
        raise ModelError(said[-1].removeprefix("dreamzoom: "))
    rows: list[dict[str, Any]] = json.loads(done.stdout)
    return rows
