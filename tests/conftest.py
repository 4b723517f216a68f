"""Fixtures shared by all tests."""

from __future__ import annotations

import os

# Test pictures are so small that a second thread costs more than it does; set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from pathlib import Path

import numpy as np
import pytest
from PIL import Image


@pytest.fixture(scope="session")
def squeezenet():
    """The embedded model."""
    from dreamzoom.models.store import open_model

    return open_model("squeezenet")


@pytest.fixture(scope="session")
def engine(squeezenet):
    """The embedded model on the torch engine, on the CPU."""
    from dreamzoom.engines.registry import open_engine

    return open_engine(squeezenet, "torch", "cpu")


@pytest.fixture(scope="session")
def cloud_picture() -> np.ndarray:
    """A small cloudscape, uint8 (96, 128, 3)."""
    from dreamzoom.pictures.clouds import clouds
    from dreamzoom.recipe.units import Size

    return np.asarray(clouds(Size(128, 96), 1))


@pytest.fixture
def picture_file(tmp_path: Path, cloud_picture: np.ndarray) -> Path:
    """A small cloudscape as a PNG file."""
    path = tmp_path / "start.png"
    Image.fromarray(cloud_picture).save(path)
    return path


@pytest.fixture(scope="session", autouse=True)
def _plain_environment():
    """Tests see neither the user's own models nor a terminal's width."""
    os.environ.pop("DREAMZOOM_MODELS", None)
    os.environ["COLUMNS"] = "100"
