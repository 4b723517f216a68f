"""A storyboard as a page sees it: its scenes with their keys, and all that is wrong, with its lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from os.path import normpath
from pathlib import Path
from typing import Any, Final

from dreamzoom.errors import StoryboardError
from dreamzoom.film.board.reading import LARGEST, parse_storyboard
from dreamzoom.film.board.rewriting import Block, scene_lines
from dreamzoom.film.board.storyboard import Storyboard
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.history import read_history
from dreamzoom.film.kind import is_draft
from dreamzoom.film.note import kept_beside
from dreamzoom.io.files import sha256_of
from dreamzoom.io.toml import parse_toml, read_text
from dreamzoom.recipe.presets import list_presets
from dreamzoom.studio.filming.material import own_picture
from dreamzoom.studio.library.shelf import Shelf

FIELDS: Final = ("image", "preset", "start", "length", "transition", "over", "seed", "name")
"""What of a scene a page shows and changes."""

TRANSITIONS: Final = (
    "cut",
    "dream",
    "fade",
    "dissolve",
    "fadeblack",
    "fadewhite",
    "wipeleft",
    "wiperight",
    "slideleft",
    "slideright",
    "smoothup",
    "smoothdown",
    "circleopen",
    "circleclose",
    "radial",
    "pixelize",
    "hblur",
)
"""How a scene may begin, as a page offers it: ffmpeg knows more."""

_SCENE: Final = re.compile(r"scene (?P<number>\d+)\b")
_LINE: Final = re.compile(r"\bline (?P<line>\d+)\b")


@dataclass(frozen=True)
class OpenBoard:
    """A film's storyboard, as it lies there.

    Attributes:
        mark: tells one text from another.
        board: what it says, and its faults.
    """

    film: FilmFolder
    text: str
    board: Storyboard

    @property
    def mark(self) -> str:
        """What the page gives back with a change, so that it changes what it has seen."""
        return sha256_of(self.text.encode())[:32]


def open_board(film: FilmFolder) -> OpenBoard:
    """The storyboard of a film. Raises a StoryboardError where it cannot be read, or is no TOML."""
    text = read_text(film.storyboard_path, StoryboardError, "storyboard", LARGEST)
    return OpenBoard(film, text, read_as(film, text))


def read_as(film: FilmFolder, text: str) -> Storyboard:
    """What a text says as a film's storyboard. Raises a StoryboardError where it is no TOML."""
    return parse_storyboard(text, kept_beside(film) / film.storyboard_path.name)


def board_facts(shelf: Shelf, opened: OpenBoard) -> Mapping[str, Any]:
    """A storyboard as JSON holds it."""
    document = parse_toml(opened.text, "the storyboard", StoryboardError)
    rows = document.get("scene", [])
    rows = [rows] if isinstance(rows, Mapping) else rows
    blocks = scene_lines(opened.text)
    whole = [row for row in rows if isinstance(row, Mapping)] if isinstance(rows, list) else []
    items = {str(shelf.path_of(item)): item.id for item in shelf.scan() if item.kind == "picture"}
    scenes = []
    for number, (row, scene) in enumerate(zip(whole, opened.board.scenes, strict=False)):
        told = {key: row.get(key) for key in FIELDS}
        image = scene.settings.image
        line = blocks[number].first + 1 if number < len(blocks) == len(whole) else None
        scenes.append(
            {
                **told,
                "image": Path(image).name if image else None,
                "picture": items.get(normpath(image)),
                "has_own_picture": own_picture(opened.film, image) is not None,
                "line": line,
            }
        )
    film, soundtrack = opened.board.film, opened.board.soundtrack
    history = read_history(opened.film, opened.text)
    return {
        "mark": opened.mark,
        "title": film.title,
        "size": str(film.size),
        "fps": str(film.fps),
        "preset": film.preset,
        "has_song": bool(soundtrack.song),
        "is_draft": is_draft(opened.film, opened.board),
        "scenes": scenes,
        "faults": [*tell_faults(opened.board.faults, opened.text)],
        "transitions": TRANSITIONS,
        "looks": [preset.name for preset in list_presets()],
        "can_edit": len(blocks) == len(whole),
        "can_undo": history.before is not None,
        "can_redo": history.after is not None,
    }


def tell_faults(faults: tuple[str, ...], text: str) -> Iterator[Mapping[str, Any]]:
    """Faults with the scene, from 0, and the line where each is to be mended, as far as these are known."""
    blocks = scene_lines(text)
    for fault in faults:
        found, told = _SCENE.match(fault), _LINE.search(fault)
        line = int(told["line"]) if told else None
        scene = int(found["number"]) - 1 if found else None
        if found and 0 < int(found["number"]) <= len(blocks):
            line = _line_of_key(text, blocks[int(found["number"]) - 1], fault)
        yield {"scene": scene, "line": line, "words": fault}


def _line_of_key(text: str, block: Block, fault: str) -> int:
    """The line of the key that a fault of a scene begins with; else the scene's first."""
    key = fault.partition(": ")[2].partition(":")[0]
    lines = text.split("\n")
    own = re.compile(rf"\s*{re.escape(key)}\s*=")
    number = next(
        (line for line in range(block.first, block.stop) if key and own.match(lines[line])), block.first
    )
    return number + 1
