"""What the campaign works on: tiny clips, a song, pictures, a model; and how contents are compared."""

from __future__ import annotations

import hashlib
import re
import shutil
import wave
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from commands import run
from PIL import Image

from support.caffe import model_files

TINY = (
    *("--size", "48x32", "--fps", "10", "--preset", "classic"),
    *("--set", "dream.iterations=1", "--set", "dream.octaves=1", "--set", "dream.jitter=4"),
)
FRAMES = 12


@dataclass(frozen=True)
class Workshop:
    """A folder with one of each thing. Cases work on copies."""

    root: Path

    @property
    def song(self) -> Path:
        return self.root / "song.wav"

    @property
    def picture(self) -> Path:
        return self.root / "picture.png"

    def copy(self, name: str, target: Path) -> Path:
        """A copy of `name` in the workshop: `clip` (finished), `sung` (with a song), `pictures`, `model`."""
        return Path(shutil.copytree(self.root / name, target))


def set_up(root: Path) -> Workshop:
    """Make everything, in a new folder."""
    root.mkdir()
    chance = np.random.default_rng(1)
    Image.fromarray(chance.integers(0, 255, (32, 48, 3), np.uint8)).save(root / "picture.png")
    (root / "pictures").mkdir()
    for name in "abc":
        Image.fromarray(chance.integers(0, 255, (32, 48, 3), np.uint8)).save(root / f"pictures/{name}.jpg")
    _write_song(root / "song.wav")
    _write_model(root / "model")
    heard = ("--audio", "song.wav", "--set", "camera.zoom=1.02 + 0.02 * loudness")
    for name, more in (("clip", ("--frames", str(FRAMES))), ("sung", heard)):
        done = run("render", "picture.png", "--out", name, *more, *TINY, folder=root)
        assert done.status == 0, done.said
    return Workshop(root)


def _write_song(path: Path) -> None:
    """1.5 s of clicks, 120 a minute."""
    time = np.arange(33075) / 22050
    sound = np.sin(2 * np.pi * 440 * time) * np.exp(-30 * (time % 0.5))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(22050)
        file.writeframes((sound * 20000).astype("<i2").tobytes())


NETWORK = """
name: "tiny" input: "data" input_dim: 1 input_dim: 3 input_dim: 32 input_dim: 32
layer { name: "one" type: "Convolution" bottom: "data" top: "one"
  convolution_param { num_output: 4 kernel_size: 3 pad: 1 } }
layer { name: "relu" type: "ReLU" bottom: "one" top: "one" }
layer { name: "pool" type: "Pooling" bottom: "one" top: "pool" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "two" type: "Convolution" bottom: "pool" top: "two"
  convolution_param { num_output: 4 kernel_size: 1 } }
"""


def _write_model(folder: Path) -> None:
    folder.mkdir()
    model_files(folder, NETWORK)


def content(folder: Path) -> dict[str, str]:
    """A folder's files with the hash of each; a journal, and pages, without the times that frames took."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(_without_times(path)).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not path.name.endswith(".lock")
    }


def _without_times(path: Path) -> bytes:
    if path.suffix == ".html":
        return b"a page" if path.read_bytes().rstrip().endswith(b"</html>") else b"a torn page"
    if path.name == "journal.jsonl":
        return re.sub(rb'"seconds": [^,}\n]*', b"", path.read_bytes())
    return path.read_bytes()


def difference(found: dict[str, str], expected: dict[str, str]) -> str:
    """What differs between two folders' contents; nothing where they are the same."""
    names = sorted(name for name in {*found, *expected} if found.get(name) != expected.get(name))
    return ", ".join(
        f"{name} ({'missing' if name not in found else 'new' if name not in expected else 'differs'})"
        for name in names[:8]
    )
