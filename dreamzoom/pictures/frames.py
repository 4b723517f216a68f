"""Frames as arrays and as tensors, the pictures that a clip keeps, and pictures fitted to a frame's size."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps
from torch import Tensor

from dreamzoom.errors import PictureError
from dreamzoom.pictures.reading import open_picture
from dreamzoom.recipe.units import Size

Pixels: TypeAlias = NDArray[np.uint8]
"""A picture (H, W, 3), 8-bit RGB."""

_RUN_LENGTHS = 3  # zlib's Z_RLE


def fit(picture: Image.Image, size: Size) -> Image.Image:
    """The picture scaled to cover `size` (Lanczos), what stands out cut off evenly: exactly that size."""
    wanted = (size.width, size.height)
    if picture.size == wanted:
        return picture.copy()
    return ImageOps.fit(picture, wanted, method=Image.Resampling.LANCZOS)


def encode_png(pixels: Pixels) -> bytes:
    """Pixels (H, W, 3), 8-bit RGB, as a PNG file: lossless; the same bytes for the same pixels and zlib.

    It is for what a clip keeps beside its frames, and knows by the file's hash; until version 0.3 frames were
    written like this too. Frames are made by `png.encode_frame`, which takes a sixth of the time.
    """
    buffer = io.BytesIO()
    Image.fromarray(pixels, "RGB").save(buffer, "PNG", compress_level=1, compress_type=_RUN_LENGTHS)
    return buffer.getvalue()


def picture_png(picture: Image.Image) -> bytes:
    """A picture as a lossless RGB PNG file, the same bytes for the same pixels."""
    return encode_png(np.asarray(picture.convert("RGB")))


def read_frame(path: Path, size: tuple[int, int] | None = None) -> Pixels:
    """The pixels (H, W, 3) of a frame, or of another picture a clip keeps.

    Args:
        size: width and height that it has to have, if any.

    Raises:
        PictureError: the file is missing or damaged, or of another size.
    """
    pixels = np.asarray(open_picture(path, is_whole=True))
    found = (pixels.shape[1], pixels.shape[0])
    if size not in (None, found):
        wanted = "x".join(map(str, size or ()))
        raise PictureError(
            f"{path}: has {found[0]}x{found[1]} pixels instead of {wanted}: `dreamzoom resume` makes it again"
        )
    return pixels


def to_tensor(picture: NDArray[Any], device: torch.device | str = "cpu") -> Tensor:
    """A picture (H, W, 3) as a tensor (3, H, W) of the same type on a device; a copy."""
    return torch.from_numpy(picture.transpose(2, 0, 1).copy()).to(device)


def to_array(image: Tensor) -> NDArray[Any]:
    """A tensor (3, H, W) on any device as a picture (H, W, 3) of the same type in memory; a copy."""
    planes: NDArray[Any] = image.cpu().numpy()
    picture = np.empty((*planes.shape[1:], planes.shape[0]), planes.dtype)
    for channel, plane in enumerate(planes):  # four times as fast as a transposed copy
        picture[:, :, channel] = plane
    return picture


def round_to_uint8(image: Tensor) -> Tensor:
    """An image of any shape, 0 to 255, rounded to 8 bits; what lies beyond becomes the nearer end.

    It is never truncated: that would darken every frame by half a grey level.
    """
    return image.clamp(0, 255).round_().to(torch.uint8)
