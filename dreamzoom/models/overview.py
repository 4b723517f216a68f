"""A network's blobs as a person reads them: channels, sizes, and what their places see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from operator import index

from dreamzoom.errors import RequestError, quote_value
from dreamzoom.models.network import Model
from dreamzoom.models.reach import showings
from dreamzoom.models.receptive import receptive_fields
from dreamzoom.models.shapes import blob_shapes
from dreamzoom.recipe.units import Size

_USUAL = Size(640, 360)
HEADINGS = ("layer", "channels", "rows x columns", "sees", "stride")


@dataclass(frozen=True)
class LayerRow:
    """A blob, and what a dream of it needs.

    Attributes:
        shape: (C, H, W), or (C,), at the size that the network is shown.
        sees, stride: side and distance, in pixels, of what its places see; None where each sees everything.
        shown: width and height that a picture of the given size is shown at.
        problem: why it cannot be dreamed at that size; "" where it can.
        lost: whether it cannot be dreamed at any size.
    """

    layer: str
    shape: tuple[int, ...]
    sees: int | None
    stride: int | None
    shown: tuple[int, int] | None = None
    problem: str = ""
    lost: bool = False

    @property
    def channels(self) -> int | None:
        """How many channels it has; None where a picture of that size does not reach it."""
        return self.shape[0] if self.shape else None

    @property
    def words(self) -> tuple[str, ...]:
        """A row of a table: layer, channels, rows x columns, sees, stride."""
        sides = " x ".join(map(str, self.shape[1:])) or "-"
        return (self.layer, *(str(each or "-") for each in (self.channels, sides, self.sees, self.stride)))


@dataclass(frozen=True)
class Layers:
    """The layers of a model that a dream can climb, in order, for a picture of `size` (width, height).

    Iterating gives a `LayerRow` each; `layers["fire8/concat"]` is one of them.
    """

    model: Model
    size: Size = _USUAL

    @property
    def names(self) -> tuple[str, ...]:
        """Their names, in order."""
        return self.model.network.blobs[1:]

    def at(self, width: int, height: int) -> Layers:
        """The same for pictures of another size. Raises a RequestError where that is none."""
        try:
            size = Size(index(width), index(height))  # NumPy's whole numbers are no int
        except TypeError:
            size = Size(0, 0)
        if min(size.width, size.height) < 1:
            told = f"{quote_value(width)}, {quote_value(height)}"
            raise RequestError(f"layers.at({told}): must be a width and a height in pixels")
        return Layers(self.model, size)

    def __iter__(self) -> Iterator[LayerRow]:
        return iter(describe_layers(self.model, self.size))

    def __len__(self) -> int:
        return len(self.names)

    def __contains__(self, name: object) -> bool:
        return name in self.names

    def __getitem__(self, name: str) -> LayerRow:
        """The row of a layer.

        Raises:
            UnknownBlobError: the model has no such layer.
        """
        blob = self.model.network.require(name)
        return next(row for row in self if row.layer == blob)

    def __repr__(self) -> str:
        return "\n".join(lines_of([HEADINGS, *(row.words for row in self)]))

    def _repr_html_(self) -> str:
        """A table, for Jupyter."""
        head = "".join(f"<th>{escape(each)}</th>" for each in HEADINGS)
        rows = ("".join(f"<td>{escape(each)}</td>" for each in row.words) for row in self)
        body = "".join(f"<tr>{row}</tr>" for row in rows)
        caption = f"{escape(self.model.name)} at {self.size}"
        return f"<table><caption>{caption}</caption><tr>{head}</tr>{body}</table>"


def describe_layers(model: Model, size: Size) -> list[LayerRow]:
    """The blobs after the input, in order, for a picture of that size."""
    network = model.network
    shown = showings(network, (size.width, size.height))
    shapes = {how.padded: blob_shapes(network, how.padded) for how in set(shown.values())}
    fields = receptive_fields(network)
    rows = []
    for blob in network.blobs[1:]:
        if blob not in shown:
            rows.append(LayerRow(blob, (), None, None, None, f"too small at {size.width}x{size.height}"))
            continue
        how = shown[blob]
        shape = shapes[how.padded][blob]
        field = fields.get(blob) if len(shape) == 3 else None
        seen, stride = (field.size, field.stride) if field else (None, None)
        rows.append(LayerRow(blob, shape, seen, stride, how.padded))
    return rows


def lines_of(rows: list[tuple[str, ...]]) -> list[str]:
    """The lines of a table, of which the first row is the head: names to the left, numbers to the right."""
    width = max(len(row[0]) for row in rows)
    return [
        f"{name:{width}}  {channels:>8}  {sides:>14}  {sees:>6}  {stride:>6}"
        for name, channels, sides, sees, stride in rows
    ]
