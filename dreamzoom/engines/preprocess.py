"""What both engines do between an image and a network: its input, its objectives, its gradient."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from dreamzoom.engines.base import Objective
from dreamzoom.errors import EngineError, ModelError, UnknownBlobError
from dreamzoom.models.network import LUMA, InputTransform, Model
from dreamzoom.models.shapes import blob_shape


def require_fit(model: Model, blobs: Sequence[str], size: tuple[int, int]) -> None:
    """Refuse an image of that width and height that is too small for the blobs.

    Raises:
        UnknownBlobError: the model has no such blob.
        EngineError: the image is too small; names the layer.
    """
    try:
        for blob in blobs:
            blob_shape(model.network, blob, size)
    except UnknownBlobError:
        raise
    except ModelError as error:
        raise EngineError(str(error)) from error


def network_input(image: Tensor, transform: InputTransform, dtype: torch.dtype) -> Tensor:
    """An RGB image (3, H, W) as the network wants it: (1, 3, H, W), channels last in memory.

    A grey network gets its luma (1, 1, H, W); `models.network.LUMA` says how much each colour counts.
    """
    if transform.channels == "grey":
        luma = torch.einsum("chw,c->hw", image, image.new_tensor(LUMA))
        return (luma - transform.mean[0]).mul_(transform.scale)[None, None].to(dtype)
    found = torch.empty(
        (1, *image.shape), dtype=dtype, device=image.device, memory_format=torch.channels_last
    )
    for plane, mean, target in zip(_in_order(image, transform), transform.mean, found[0], strict=True):
        target.copy_((plane - mean).mul_(transform.scale))
    return found


def image_gradient(diff: Tensor, transform: InputTransform, dtype: torch.dtype) -> Tensor:
    """The gradient at the RGB image (3, H, W), of `diff` (1, C, H, W) at the network's input.

    That at a grey network's luma goes to all three colours alike, whatever their share in it: so a step of 1
    is one grey level of what the network sees, and leaves the hues as they are.
    """
    if transform.channels == "grey":
        return diff[0].to(dtype).mul(transform.scale).repeat(3, 1, 1)
    found = torch.empty(diff.shape[1:], dtype=dtype, device=diff.device)
    for plane, target in zip(_in_order(diff[0], transform), found, strict=True):
        target.copy_(plane).mul_(transform.scale)  # in this order: `dtype` may be finer than the gradient's
    return found


def evaluate(
    objectives: Mapping[str, Objective], values: Mapping[str, Tensor], dtype: torch.dtype
) -> tuple[Tensor, dict[str, Tensor]]:
    """The objectives' sum (0-dimensional), and the gradient of each at its blob's value (1, C, H, W).

    Args:
        values: the blobs' values (1, C, H, W); objectives see them as (C, H, W) in `dtype`.

    Raises:
        EngineError: an objective's gradient has another shape than its blob.
    """
    outcomes = {blob: objective(values[blob][0].to(dtype)) for blob, objective in objectives.items()}
    diffs = {blob: _like_value(diff, values[blob], blob) for blob, (_, diff) in outcomes.items()}
    return torch.stack([value for value, _ in outcomes.values()]).sum(), diffs


def _like_value(diff: Tensor, value: Tensor, blob: str) -> Tensor:
    """An objective's gradient in the type of the value it belongs to."""
    if diff.shape != value.shape[1:]:
        raise EngineError(
            f"the objective at {blob!r} gave a gradient of shape {tuple(diff.shape)}, "
            f"not the blob's {tuple(value.shape[1:])}"
        )
    return diff.unsqueeze(0).to(value.dtype)


def _in_order(planes: Tensor, transform: InputTransform) -> tuple[Tensor, ...]:
    """RGB in the network's order, or back: either order undoes itself."""
    found = planes.unbind()
    return found[::-1] if transform.channels == "bgr" else found
