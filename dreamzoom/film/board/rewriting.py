"""A storyboard's text changed in one place: comments, order and a person's own lines stay as they are.

Whatever is changed, the new text is read back and compared with what it is to say. Where that is not the
same, as with a scene that is written in a way of its own, the text is left to the person.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from dreamzoom.errors import StoryboardError
from dreamzoom.io.toml import format_value, parse_toml

Edit: TypeAlias = "Callable[[list[dict[str, Any]]], None]"
"""What a change does to the scenes as TOML reads them."""

TIMES: Final = ("start", "length", "transition", "over", "name")
"""What belongs to a place in a film with a song, and not to the picture that is shown there."""

_ENTRIES: Final = ("transition", "over")  # the same in a film that has only lengths

_SCENE: Final = re.compile(r"\s*\[\[\s*scene\s*\]\]")
_OF_SCENE: Final = re.compile(r"\s*\[\[?\s*scene\s*\.")
_TABLE: Final = re.compile(r"\s*\[")
_KEY: Final = re.compile(r"\s*(?P<key>[A-Za-z0-9_-]+)\s*=")


@dataclass(frozen=True)
class Block:
    """The lines of a scene in a text.

    Attributes:
        first: the line of its `[[scene]]`, from 0.
        stop: the line after its last key.
        tables: the line where its own tables begin; `stop` where it has none.
    """

    first: int
    stop: int
    tables: int


def scene_lines(text: str) -> list[Block]:
    """Where the scenes of a storyboard stand, in their order."""
    lines = lines_of(text)
    heads = [number for number, line in enumerate(lines) if _TABLE.match(line)]
    starts = [number for number in heads if _SCENE.match(lines[number])]
    return [_block(lines, start, heads) for start in starts]


def set_key(text: str, scene: int, key: str, raw: object) -> str:
    """The text with a scene's key set, or without it where `raw` is None.

    Args:
        scene: its number, from 0.

    Raises:
        StoryboardError: it has no such scene, or is written so that only a person can change it.
    """

    def change(scenes: list[dict[str, Any]]) -> None:
        if raw is None:
            scenes[scene].pop(key, None)
        else:
            scenes[scene][key] = raw

    lines, block = open_scene(text, scene)
    own = {found["key"]: number for number, found in own_keys(lines, block)}
    if raw is None:
        if key in own:
            del lines[own[key]]
    elif key in own:
        line = lines[own[key]]
        indent = line[: len(line) - len(line.lstrip())]
        lines[own[key]] = f"{indent}{key} = {format_value(raw)}{_comment(line)}"
    else:
        at = max(own.values(), default=block.first) + 1
        lines.insert(at, f"{key} = {format_value(raw)}")
    return checked_lines(text, lines, change)


def move_scene(text: str, scene: int, to: int) -> str:
    """The text with a scene's picture and look at another place; those between move by one.

    In a film whose scenes have starts the times stay where they are, with their names and transitions; else
    each scene keeps its length. How a place is come to stays with the place.

    Raises:
        StoryboardError: as `set_key`.
    """
    scenes = scenes_in(text)
    _require(scene in range(len(scenes)) and to in range(len(scenes)), text)
    kept = TIMES if any("start" in each for each in scenes) else _ENTRIES
    order = list(range(len(scenes)))
    order.insert(to, order.pop(scene))

    def change(changed: list[dict[str, Any]]) -> None:
        before = [dict(each) for each in changed]
        for place, source in enumerate(order):
            changed[place].clear()
            changed[place] |= {key: value for key, value in before[source].items() if key not in kept}
            changed[place] |= {key: value for key, value in before[place].items() if key in kept}

    lines, blocks = lines_of(text), scene_lines(text)
    _require(len(blocks) == len(scenes), text)
    parts = [_parted(lines, block, kept) for block in blocks]
    for place, block in reversed(list(enumerate(blocks))):
        head, stays, _ = parts[place]
        lines[block.first : block.stop] = [head, *stays, *parts[order[place]][2]]
    return checked_lines(text, lines, change)


def remove_scene(text: str, scene: int) -> str:
    """The text without a scene, and without the comment right above it. Raises a StoryboardError."""
    lines, block = open_scene(text, scene)
    del lines[first_with_comment(lines, block) : block.stop]
    return checked_lines(text, lines, lambda scenes: scenes.__delitem__(scene))


def first_with_comment(lines: Sequence[str], block: Block) -> int:
    """The first line of a scene with the comment right above it."""
    first = block.first
    while first and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return first


def _block(lines: Sequence[str], start: int, heads: Sequence[int]) -> Block:
    later = [number for number in heads if number > start]
    after = next((number for number in later if not _OF_SCENE.match(lines[number])), len(lines))
    tables = next((number for number in later if number < after), after)
    stop = after
    while stop > start + 1 and _says_nothing(lines[stop - 1]):
        stop -= 1
    return Block(start, stop, min(tables, stop))


def lines_of(text: str) -> list[str]:
    """A text's lines, without their ends."""
    return text.split(_line_end(text))


def _line_end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _says_nothing(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def open_scene(text: str, scene: int) -> tuple[list[str], Block]:
    """A text's lines, and those of a scene among them. Raises a StoryboardError as `set_key`."""
    blocks = scene_lines(text)
    _require(len(blocks) == len(scenes_in(text)) and scene in range(len(blocks)), text)
    return lines_of(text), blocks[scene]


def own_keys(lines: Sequence[str], block: Block) -> Iterator[tuple[int, re.Match[str]]]:
    """The lines of a scene's keys, those of its tables left out, each with what was found: "key"."""
    for number in range(block.first + 1, block.tables):
        if found := _KEY.match(lines[number]):
            yield number, found


def _parted(lines: Sequence[str], block: Block, kept: Sequence[str]) -> tuple[str, list[str], list[str]]:
    """A scene's heading, the lines that stay at its place, and those that move."""
    stays = {number for number, found in own_keys(lines, block) if found["key"] in kept}
    body = range(block.first + 1, block.stop)
    return (
        lines[block.first],
        [lines[number] for number in body if number in stays],
        [lines[number] for number in body if number not in stays],
    )


def _comment(line: str) -> str:
    """The comment at the end of a key's line, with the blanks before it."""
    for found in re.finditer("#", line):
        before = line[: found.start()]
        try:
            parse_toml(before, "a line", StoryboardError)
        except StoryboardError:
            continue  # the sign stands within a text
        return line[len(before.rstrip()) :]
    return ""


def scenes_in(text: str) -> list[dict[str, Any]]:
    """The scenes as TOML reads them; none where they are no tables."""
    found = parse_toml(text, "the storyboard", StoryboardError).get("scene", [])
    rows = [found] if isinstance(found, dict) else found
    return rows if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else []


def checked_lines(text: str, lines: Sequence[str], change: Edit) -> str:
    """The new text, if it says what the old one says but for the change."""
    wanted = parse_toml(text, "the storyboard", StoryboardError)
    change(wanted["scene"])
    new = _line_end(text).join(lines)
    try:
        found = parse_toml(new, "the storyboard", StoryboardError)
    except StoryboardError:
        found = {}
    _require({"scene": [], **found} == wanted, text)
    return new


def _require(holds: bool, text: str) -> None:
    if not holds:
        many = len(scene_lines(text))
        raise StoryboardError(
            f"this cannot be changed here, for its {many} scenes are written in a way of their own: "
            "edit storyboard.toml"
        )
