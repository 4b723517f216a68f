"""Fixtures shared by all tests."""

from __future__ import annotations

import os

# Test pictures are so small that a second thread costs more than it does; set before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from PIL import Image
from torch import Tensor

from dreamzoom.pictures.frames import to_tensor
from support.clips import as_root

_HERE = Path(__file__).parent


_FIRST = ("studio", "farm", "cli", "film", "clip", "render", "loop", "delivery", "video", "project")
"""The folders whose files take long."""


# Examples are the same in every run, and may take as long as a busy machine takes: what fails fails again.
# Others are looked for with `pytest --hypothesis-profile default`.
settings.register_profile(
    "suite", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("suite")


def pytest_configure(config: pytest.Config) -> None:
    """Processes side by side take the files in the order below, not those with the most tests first."""
    if hasattr(config.option, "loadscopereorder"):
        config.option.loadscopereorder = False


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes long begins first: at the end all processes have something to do."""
    folders = {name: place for place, name in enumerate(_FIRST)}
    items.sort(key=lambda item: folders.get(item.path.relative_to(_HERE).parts[0], len(folders)))


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


@pytest.fixture(scope="session")
def cloud_tensor(cloud_picture: np.ndarray) -> Tensor:
    """The same as engines take it, float32 (3, 96, 128)."""
    return to_tensor(cloud_picture).float()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 1 MiB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(disk)]
    if not (sys.platform == "linux" and as_root() and subprocess.run(mount, check=False).returncode == 0):
        pytest.skip("mounting a small disk needs root on Linux")
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.fixture(scope="session", autouse=True)
def _plain_environment():
    """Tests see neither the user's own models nor a terminal's width."""
    os.environ.pop("DREAMZOOM_MODELS", None)
    os.environ["DREAMZOOM_ALLOW_LOCAL"] = "1"  # the web servers of tests are on the loopback
    os.environ["COLUMNS"] = "100"
