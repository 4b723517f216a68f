"""Gradients of large pictures in tiles against those of whole ones: seconds of each, and the ratio.

    python tests/benchmarks/bench_tiles.py [--size WxH] [--tile PIXELS] [--layer LAYER] [--engine ENGINE]
        [--held TILES]

Both take turns on one picture; the least processor time of each is printed. "l2" is a mean over places and
takes one pass over the tiles; "balanced" has to know the whole layer first, which is a second pass forward
over all tiles but those that are held in memory. The last column is what is computed, with all halos, over
the picture.

SqueezeNet's fire8/concat on one core of an Intel Xeon (Sapphire Rapids) that others used as well, tiles over
whole. 3000x2400 in two tiles that are both held: l2 1.08, balanced 1.17. 2400x1800 in three tiles of which
one is held: l2 1.21, balanced 1.73.
"""

from __future__ import annotations

import argparse
import time

import torch

from dreamzoom.dream.objectives import balanced_l2, l2
from dreamzoom.dream.tiles import SHIFTED, TiledEngine
from dreamzoom.engines.base import Engine, Objective
from dreamzoom.engines.registry import open_engine
from dreamzoom.models.shapes import blob_shape
from dreamzoom.models.store import open_model
from dreamzoom.models.tiling import cut


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--model", default="squeezenet")
    parser.add_argument("--layer", default="")
    parser.add_argument("--engine", default="torch")
    parser.add_argument("--size", default="3000x2000")
    parser.add_argument("--tile", type=int, default=1792)
    parser.add_argument("--held", type=int, default=1, help="tiles that there is memory for at a time")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    engine = open_engine(open_model(options.model), options.engine, "cpu")
    layer = options.layer or engine.model.default_layer
    width, height = map(int, options.size.split("x"))
    pixels, network = options.tile**2, engine.model.network
    tiles = cut(network, (layer,), (width, height), pixels)
    if not tiles:
        raise SystemExit(f"{layer} cannot be cut into tiles of {options.tile}x{options.tile}")
    (top, bottom), (left, right) = tiles[0].rows, tiles[0].columns
    computed = len(tiles) * (bottom - top) * (right - left) / (width * height)
    print(f"{width}x{height}, {layer}, {len(tiles)} tiles of {right - left}x{bottom - top}")
    image = torch.rand((3, height, width), generator=torch.Generator().manual_seed(1)) * 255
    channels = blob_shape(network, layer, (width, height))[0]
    print(f"{'':24}{'whole':>8}{'tiles':>8}{'ratio':>7}{'computed':>10}")
    for name, objective in (("l2", l2()), ("balanced", balanced_l2(torch.ones(channels)))):
        for kind in ("exact", SHIFTED):
            both = engine, TiledEngine(engine, pixels, kind, held=options.held)
            whole, cut_up = turns(both, image, layer, objective, options.rounds)
            share = computed if kind == "exact" else 1.0
            row = f"  {name + ', ' + kind:22}{whole:8.2f}{cut_up:8.2f}{cut_up / whole:7.2f}{share:10.2f}"
            print(row, flush=True)


def turns(
    both: tuple[Engine, Engine], image: torch.Tensor, layer: str, objective: Objective, rounds: int
) -> list[float]:
    """Seconds of processor time that each takes at least, after one run for each."""
    taken: list[list[float]] = [[], []]
    for number in range(rounds + 1):
        for each, times in zip(both, taken, strict=True):
            started = time.process_time()
            each.ascend(image, {layer: objective})
            if number:
                times.append(time.process_time() - started)
    return [min(times) for times in taken]


if __name__ == "__main__":
    main()
