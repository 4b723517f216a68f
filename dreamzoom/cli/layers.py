"""`dreamzoom layers`."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dreamzoom.models.network import Model
    from dreamzoom.models.overview import LayerRow


@click.command()
@click.option(
    "--model", default="squeezenet", show_default=True, metavar="NAME|DIR|FILE", help="Whose layers."
)
@click.option("--size", default="640x360", show_default=True, metavar="WxH", help="The picture's size.")
@click.option(
    "--classes",
    "word",
    is_flag=False,
    flag_value="",
    metavar="[WORD]",
    help="The classes instead, by number and name: all, or those with a word in their names.",
)
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON.")
def layers(model: str, size: str, word: str | None, as_json: bool) -> None:
    """Show the layers of a model, in order, that a dream can climb.

    For each: channels, height and width at the given size, the side of the square of pixels that one place of
    it sees (its receptive field), and by how many pixels neighbouring places are apart (its stride). Where a
    picture of that size does not reach a layer, the size that it is shown at instead.

    The last lines are what becomes of a picture's colours, and the blobs that cannot be dreamed, and why. In
    JSON these blobs are the last, with their "problem", and each has the "input": the order of the colours,
    and the "mean" that is subtracted from them before they are multiplied by "scale".
    """
    if word is not None:
        _show_classes(model, word, as_json=as_json)
        return
    from dreamzoom.models.caffe.mean import input_in_words
    from dreamzoom.models.overview import HEADINGS, describe_layers, lines_of
    from dreamzoom.models.store import open_model
    from dreamzoom.recipe.build import build_recipe, option_fragment

    wanted = build_recipe(option_fragment("clip.size", size, "--size")).clip.size
    opened = open_model(model)
    rows = describe_layers(opened, wanted)
    if as_json:
        shown_as = {"input": asdict(opened.transform)}
        answer(json.dumps([asdict(row) | shown_as for row in [*rows, *_lost_rows(opened)]]))
        return
    own = (wanted.width, wanted.height)
    head, *lines = lines_of([HEADINGS, *(row.words for row in rows)])
    answer(head)
    for row, line in zip(rows, lines, strict=True):
        answer(line + _note(row, own) + ("  (default)" if row.layer == opened.default_layer else ""))
    for line in _advice(opened, rows, own):
        answer(line)
    answer(f"input: {input_in_words(opened.transform)}")
    for lost in _lost_rows(opened):
        answer(f"{lost.layer} cannot be dreamed: {lost.problem}")


def _show_classes(model: str, word: str, *, as_json: bool) -> None:
    from dreamzoom.errors import ModelError, quote_value
    from dreamzoom.models.classes import LABEL_FILES, class_names, search_classes
    from dreamzoom.models.scores import find_scores
    from dreamzoom.models.store import open_model

    opened = open_model(model)
    names, count = class_names(opened), find_scores(opened.network).count
    found = search_classes(names, word) if names else range(0 if word else count)
    if word and not found:
        raise ModelError(f"no class of model {opened.name!r} has {quote_value(word)} in its name")
    rows = [{"class": number, "name": names[number] if names else ""} for number in found]
    if as_json:
        answer(json.dumps(rows))
    elif names:
        for row in rows:
            answer(f"{row['class']:>5}  {row['name']}")
    else:
        answer(
            f"model {opened.name!r} has the classes 0 to {count - 1}, and their names are not known: put "
            f"them into a file {LABEL_FILES[0]} beside it, a line each"
        )


def _lost_rows(model: Model) -> Iterator[LayerRow]:
    """The blobs that no dream can climb, each once, with the first reason."""
    from dreamzoom.models.overview import LayerRow

    reasons = {lost.blob: lost.reason for lost in reversed(model.network.unsupported)}
    for blob in dict.fromkeys(lost.blob for lost in model.network.unsupported):
        yield LayerRow(blob, (), None, None, None, reasons[blob], lost=True)


def _note(row: LayerRow, size: tuple[int, int]) -> str:
    if row.problem:
        return f"  {row.problem}"
    return f"  shown at {row.shown[0]}x{row.shown[1]}" if row.shown and row.shown != size else ""


def _advice(model: Model, rows: list[LayerRow], size: tuple[int, int]) -> Iterator[str]:
    """What is to be said of layers that a picture of that size does not reach as it is."""
    from dreamzoom.models.reach import least_size, size_for_all

    better = size_for_all(model.network, size)
    if better != size:
        yield (
            f"Some layers' branches do not meet at {size[0]}x{size[1]}: for those the picture is continued a "
            f"little. At {better[0]}x{better[1]} all meet."
        )
    small = [row.layer for row in rows if row.problem]
    least = least_size(model.network, small) if small else None
    if least:
        yield f"{least[0]}x{least[1]} is the least size that reaches all layers."
