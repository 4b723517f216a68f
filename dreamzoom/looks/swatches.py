"""A look's still in the colours of each palette: what a clip comes to whose colours are held to it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PIL import Image

from dreamzoom.colour.grading import draw_in
from dreamzoom.colour.palette import colours_to_hold, hold_palette
from dreamzoom.io.files import write_atomically
from dreamzoom.looks.folder import LooksFolder
from dreamzoom.looks.making import encode_still
from dreamzoom.pictures.frames import round_to_uint8, to_array, to_tensor
from dreamzoom.pictures.palettes import palette_picture
from dreamzoom.recipe.palettes import Palette


def make_swatches(folder: LooksFolder, look: str, palettes: Sequence[Palette]) -> Iterator[str]:
    """Write a look's still in each palette's colours, where it is not there or older than the still.

    Yields each palette's name once its file is there.
    """
    source = folder.still_path(look)
    with Image.open(source) as still:
        image = to_tensor(np.asarray(still.convert("RGB"))).float()
    for palette in palettes:
        path = folder.still_path(look, palette.name)
        if not path.is_file() or path.stat().st_mtime_ns < source.stat().st_mtime_ns:
            held = colours_to_hold(to_tensor(np.asarray(palette_picture(palette))).float(), "mixture")
            graded = draw_in(hold_palette(image, {"": held}, (("", 1.0),), 1.0))
            write_atomically(path, encode_still(Image.fromarray(to_array(round_to_uint8(graded)), "RGB")))
        yield palette.name
