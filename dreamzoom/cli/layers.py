"""`dreamzoom layers`."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import answer

if TYPE_CHECKING:
    from dreamzoom.models.network import Model
    from dreamzoom.recipe.units import Size


@dataclass(frozen=True)
class LayerRow:
    """A blob: its shape at the given size, and the side and stride in pixels of what one place of it sees."""

    layer: str
    shape: tuple[int, ...]
    sees: int | None
    stride: int | None


@click.command()
@click.option("--model", default="squeezenet", show_default=True, metavar="NAME|DIR", help="Whose layers.")
@click.option("--size", default="640x360", show_default=True, metavar="WxH", help="The picture's size.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def layers(model: str, size: str, as_json: bool) -> None:
    """Show the layers of a model, in order, that a dream can climb.

    For each: channels, height and width at the given size, the side of the square of pixels that one place of
    it sees (its receptive field), and by how many pixels neighbouring places are apart (its stride).
    """
    from dreamzoom.models.store import open_model
    from dreamzoom.recipe.build import build_recipe, option_fragment

    wanted = build_recipe(option_fragment("clip.size", size, "--size")).clip.size
    opened = open_model(model)
    rows = describe_layers(opened, wanted)
    if as_json:
        answer(json.dumps([asdict(row) for row in rows]))
        return
    width = max(len(row.layer) for row in rows)
    answer(f"{'layer':{width}}  {'channels':>8}  {'rows x columns':>14}  {'sees':>6}  {'stride':>6}")
    for row in rows:
        answer(_line(row, width) + ("  (default)" if row.layer == opened.default_layer else ""))


def describe_layers(model: Model, size: Size) -> list[LayerRow]:
    """The blobs after the input that exist at that size, in order."""
    from dreamzoom.models.receptive import receptive_fields
    from dreamzoom.models.shapes import blob_shapes

    shapes = blob_shapes(model.network, (size.width, size.height))
    fields = receptive_fields(model.network)
    rows = []
    for blob in model.network.blobs[1:]:
        if blob in shapes:
            field = fields.get(blob) if len(shapes[blob]) == 3 else None
            seen, stride = (field.size, field.stride) if field else (None, None)
            rows.append(LayerRow(blob, shapes[blob], seen, stride))
    return rows


def _line(row: LayerRow, width: int) -> str:
    sides = " x ".join(map(str, row.shape[1:])) or "-"
    return (
        f"{row.layer:{width}}  {row.shape[0]:>8}  {sides:>14}  {row.sees or '-':>6}  {row.stride or '-':>6}"
    )
