"""Models by name: which there are, and which of them are at hand; no network is read for it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import platformdirs

from dreamzoom.errors import ModelError
from dreamzoom.io.files import at_home
from dreamzoom.io.toml import read_toml

CATALOGUE = Path(__file__).with_name("catalogue.toml")
ZOO = Path(__file__).parent / "zoo"

FOLDER_VARIABLE = "DREAMZOOM_MODELS"
"""The environment variable that names another folder for downloaded models."""

EMBEDDED: Mapping[str, Path] = {"squeezenet": Path(__file__).parent / "squeezenet"}
"""The models that come with dreamzoom."""


@cache
def model_names() -> tuple[str, ...]:
    """Every model that dreamzoom knows by name, embedded ones first."""
    return (*EMBEDDED, *read_toml(CATALOGUE, ModelError, "catalogue"))


def models_folder() -> Path:
    """The folder of downloaded models: `DREAMZOOM_MODELS`, else one in the user's cache."""
    chosen = os.environ.get(FOLDER_VARIABLE)
    if chosen:
        return Path(at_home(chosen))
    return platformdirs.user_cache_path("dreamzoom", appauthor=False) / "models"


def is_at_hand(name: str) -> bool:
    """Whether the weights of a model of `model_names` are there."""
    if name in EMBEDDED:
        return True
    said = read_toml(ZOO / name / "model.toml", ModelError, "description of a model")
    weights = str(said.get("graph") or said["caffemodel"])
    return (models_folder() / name / weights).is_file()
