"""What a clip looks like: its frames on one picture, from the first to the last.

    python tests/benchmarks/contact_sheet.py CLIP... -o DIR
    python tests/benchmarks/contact_sheet.py --layout strip CLIP... -o .github/gallery

Each clip becomes DIR/NAME.jpg, NAME being its folder's. A sheet has twelve frames with the clip's name and
their times, for looking closely; a strip has three and no words, small enough for a page full of them.
"""

from __future__ import annotations

import argparse
import io
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from dreamzoom.clip.folder import ClipFolder, open_clip

_QUALITIES: Final = (90, 82, 74, 66, 58, 50, 42)  # tried in turn until a picture is small enough
_GROUND, _INK = (12, 12, 14), (225, 225, 225)


@dataclass(frozen=True)
class Layout:
    """How frames stand on a picture.

    Attributes:
        moments: which frames, as fractions of the way from the first to the last; they fill whole rows.
        columns: frames in a row.
        width, gap: the picture's width, and the space between frames, in pixels.
        label: height of the words under a frame, in pixels; 0 for none.
        bytes: the most that the file may have, if that can be reached.
    """

    moments: tuple[float, ...]
    columns: int
    width: int
    gap: int
    label: int
    bytes: int


LAYOUTS: Final = MappingProxyType(
    {
        "sheet": Layout(
            tuple(n / 11 for n in range(12)), columns=3, width=1460, gap=10, label=20, bytes=10**6
        ),
        "strip": Layout((0.2, 0.55, 0.9), columns=3, width=640, gap=4, label=0, bytes=36_000),
    }
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("clip", nargs="+", type=Path)
    parser.add_argument("-o", "--out", type=Path, default=Path())
    parser.add_argument("--layout", choices=sorted(LAYOUTS), default="sheet")
    arguments = parser.parse_args()
    layout = LAYOUTS[arguments.layout]
    arguments.out.mkdir(parents=True, exist_ok=True)
    for path in arguments.clip:
        file = arguments.out / f"{path.name}.jpg"
        file.write_bytes(jpeg(sheet(open_clip(path), path.name, layout), layout.bytes))
        print(f"{file}  {file.stat().st_size / 1000:.0f} kB")


def sheet(clip: ClipFolder, name: str, layout: Layout) -> Image.Image:
    """A clip's frames, row by row; a clip that is not finished shows what there is."""
    paths = clip.finished_frames()
    chosen = [round(moment * (len(paths) - 1)) for moment in layout.moments]
    tiles = []
    for number in chosen:
        with Image.open(paths[number]) as frame:
            words = f"{name}   {clip.recipe.clock.seconds(number):.1f} s   frame {number}"
            tiles.append(tile(frame.convert("RGB"), words, layout))
    return arranged(tiles, layout)


def tile(frame: Image.Image, words: str, layout: Layout) -> Image.Image:
    """A frame at its size on the sheet, with its words under it."""
    width = (layout.width - (layout.columns - 1) * layout.gap) // layout.columns
    height = round(width * frame.height / frame.width)
    made = Image.new("RGB", (width, height + layout.label), _GROUND)
    made.paste(frame.resize((width, height), Image.Resampling.LANCZOS))
    if layout.label:
        font = ImageFont.load_default(0.65 * layout.label)
        ImageDraw.Draw(made).text((2, height + layout.label / 2), words, _INK, font, anchor="lm")
    return made


def arranged(tiles: list[Image.Image], layout: Layout) -> Image.Image:
    """The tiles in rows, all of one size."""
    wide, high = tiles[0].width + layout.gap, tiles[0].height + layout.gap
    rows = -(-len(tiles) // layout.columns)
    whole = Image.new("RGB", (layout.columns * wide - layout.gap, rows * high - layout.gap), _GROUND)
    for place, picture in enumerate(tiles):
        whole.paste(picture, (place % layout.columns * wide, place // layout.columns * high))
    return whole


def jpeg(picture: Image.Image, most: int) -> bytes:
    """The picture as a JPEG file of at most so many bytes, or the smallest tried."""
    for quality in _QUALITIES:
        file = io.BytesIO()
        picture.save(file, "JPEG", quality=quality, optimize=True, progressive=True)
        if file.tell() <= most:
            break
    return file.getvalue()


if __name__ == "__main__":
    main()
