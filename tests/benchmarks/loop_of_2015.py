"""DeepDream as it was published in 2015, on real pycaffe: what all speed is measured against.

The algorithm of google/deepdream's notebook (github.com/google/deepdream, `make_step` and `deepdream`), in
its own steps: the deploy net whole in memory with `force_backward`, one forward to the target and one
backward from it with the gradients of all weights, `np.roll` for the jitter, `scipy.ndimage.zoom` between the
octaves. Left out is only the picture it showed after each step. `zoom_video` is the notebook's last cell made
a film, as people did: dream, save a JPEG, `affine_transform`, and ffmpeg over the folder at the end.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np
import scipy.ndimage as nd
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.engines.caffe.library import import_caffe
from dreamzoom.models.network import Model
from dreamzoom.video.ffmpeg import find_ffmpeg

Picture = NDArray[np.float32]

JITTER, STEP_SIZE = 32, 1.5
ZOOM = 0.05  # by which part the window shrinks from frame to frame


class Notebook:
    """The notebook's net and its two functions.

    Attributes:
        objective: half the mean square of the target before the last step, as dreamzoom counts it.
    """

    def __init__(self, model: Model, end: str, octaves: int, octave_scale: float, iterations: int) -> None:
        self._net = _load(model)
        self._mean = np.array(model.transform.mean, np.float32)[:, None, None]
        self._end, self._octaves, self._scale, self._iterations = end, octaves, octave_scale, iterations

    @property
    def objective(self) -> float:
        return float(np.square(self._net.blobs[self._end].data).mean() / 2)

    def dream(self, picture: Picture, generator: np.random.Generator) -> Picture:
        """Dream a picture (H, W, 3), RGB of 0 to 255."""
        shifts = generator.integers(-JITTER, JITTER + 1, (self._octaves, self._iterations, 2))
        bases = [picture.transpose(2, 0, 1)[::-1] - self._mean]  # (3, H, W), BGR about the mean
        for _ in range(self._octaves - 1):
            bases.append(nd.zoom(bases[-1], (1, 1 / self._scale, 1 / self._scale), order=1))
        source = self._net.blobs["data"]
        detail = np.zeros_like(bases[-1])
        for octave, base in enumerate(reversed(bases)):
            height, width = base.shape[1:]
            if octave:
                detail = nd.zoom(detail, (1, height / detail.shape[1], width / detail.shape[2]), order=1)
            source.reshape(1, 3, height, width)
            source.data[0] = base + detail
            for down, right in shifts[octave]:
                self._make_step(down, right)
            detail = source.data[0] - base
        return np.clip((source.data[0] + self._mean)[::-1].transpose(1, 2, 0), 0, 255)

    def _make_step(self, down: int, right: int) -> None:
        source, target = self._net.blobs["data"], self._net.blobs[self._end]
        source.data[0] = np.roll(np.roll(source.data[0], right, -1), down, -2)
        self._net.forward(end=self._end)
        target.diff[:] = target.data
        self._net.backward(start=self._end)
        gradient = source.diff[0]
        source.data[:] += STEP_SIZE / np.abs(gradient).mean() * gradient
        source.data[0] = np.roll(np.roll(source.data[0], -right, -1), -down, -2)
        source.data[:] = np.clip(source.data, -self._mean, 255 - self._mean)


def _load(model: Model):
    """The whole deploy net, asked for gradients down to its input."""
    caffe = import_caffe()
    caffe.set_mode_cpu()
    assert model.prototxt
    with tempfile.TemporaryDirectory() as folder:
        changed = Path(folder) / "tmp.prototxt"
        changed.write_text(model.prototxt.read_text(encoding="utf-8") + "\nforce_backward: true\n")
        return caffe.Net(str(changed), str(model.caffemodel), caffe.TEST)


def zoom_video(notebook: Notebook, picture: Picture, frames: int, folder: Path) -> Path:
    """Dream and zoom, frame after frame, and make a film of the JPEGs by hand."""
    height, width = picture.shape[:2]
    generator = np.random.default_rng(0)
    for number in range(frames):
        picture = notebook.dream(picture, generator)
        Image.fromarray(np.uint8(picture)).save(folder / f"{number:04d}.jpg")
        window = [1 - ZOOM, 1 - ZOOM, 1]
        corner = [height * ZOOM / 2, width * ZOOM / 2, 0]
        picture = nd.affine_transform(picture, window, corner, order=1)
    film = folder / "film.mp4"
    pictures = ["-framerate", "30", "-i", str(folder / "%04d.jpg")]
    command = [find_ffmpeg().path, "-loglevel", "error", *pictures, "-c:v", "libx264", "-pix_fmt", "yuv420p"]
    subprocess.run([*command, str(film)], check=True, stdin=subprocess.DEVNULL)
    return film
