"""What a page asks for, as command lines of `film`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dreamzoom.errors import RecipeError, RequestError, quote_value
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.recipe.units import parse_rate
from dreamzoom.studio.asked import take
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item, ItemKind
from dreamzoom.studio.queue.jobs import Job
from dreamzoom.studio.wishes.files import place_word
from dreamzoom.studio.wishes.names import free_name, names_in, stem_for

_MOST: Final = 200  # pictures of a film
_DRAFT: Final = "-draft"


def order_film(desk: Desk, body: Mapping[str, Any]) -> Job:
    """Put a film of pictures and a song in line, under a free name.

    Args:
        body: `pictures` (ids, in their order), `song` (an id, or null), `name`, `size`, `fps`, `seed`,
            `draft`.

    Raises:
        RequestError: something is missing or is none; what.
    """
    pictures = [_item(desk, wanted, "picture") for wanted in take(body, "pictures", list)]
    if not 1 <= len(pictures) <= _MOST:
        raise RequestError(f"a film is made of 1 to {_MOST} pictures: choose some")
    song = None if body.get("song") is None else _item(desk, body["song"], "song")
    named = take(body, "name", str, "") or (song.place.stem if song else pictures[0].place.stem)
    words = [place_word(picture.place) for picture in pictures]
    words += [] if song is None else ["--audio", place_word(song.place)]
    words += ["--size", _size(take(body, "size", str, "1280x720"))]
    words += ["--fps", _rate(str(body.get("fps") or 24))]
    words += ["--seed", str(_seed(take(body, "seed", int, 0)))] if body.get("seed") else []
    return _in_line(desk, stem_for(named), tuple(words), is_draft=take(body, "draft", bool, default=False))


def make_again(desk: Desk, item: Item) -> Job:
    """Put in line what a film lacks, by its storyboard as it is."""
    words = ("film", place_word(item.place))
    return desk.waiting.add(f"Film {item.name}", words, item.place.as_posix())


def make_in_full(desk: Desk, item: Item) -> Job:
    """Put in line the film that a draft is one of, under a free name."""
    stem = stem_for(item.name.removesuffix(_DRAFT))
    return _in_line(desk, stem, (place_word(item.place / "storyboard.toml"),), is_draft=False)


def make_draft(desk: Desk, item: Item) -> Job:
    """Put in line a draft of a film, as its storyboard is now."""
    words = (place_word(item.place / "storyboard.toml"),)
    return _in_line(desk, item.name, words, is_draft=True)


def _in_line(desk: Desk, stem: str, words: tuple[str, ...], *, is_draft: bool) -> Job:
    with desk.naming:
        promised = {job.target for job in desk.waiting.jobs()}
        taken = names_in(desk.folder, promised)
        drafts = {name.removesuffix(_DRAFT) for name in taken if name.endswith(_DRAFT)}
        name = free_name(stem, drafts if is_draft else taken)
        out = f"{name}{_DRAFT}" if is_draft else name
        given = ("film", *words, "--out", place_word(Path(name)), *(["--draft"] if is_draft else []))
        return desk.waiting.add(f"Film {out}", given, out)


def _item(desk: Desk, wanted: object, kind: ItemKind) -> Item:
    if not isinstance(wanted, str):
        raise RequestError(f"a {kind} must be an item of the page, got {quote_value(wanted)}")
    item = desk.shelf.find(wanted)
    if item.kind != kind:
        raise RequestError(f"{item.name} is a {item.kind}: choose a {kind}")
    return item


def _size(text: str) -> str:
    try:
        return str(SETTINGS["clip.size"].parse(text))
    except RecipeError as error:
        raise RequestError(f"size: {error}") from error


def _rate(text: str) -> str:
    rate = parse_rate(text)
    if rate is None:
        raise RequestError(f"fps: {quote_value(text)} is no rate from 1 to 240")
    return str(rate)


def _seed(seed: int) -> int:
    if not 0 <= seed < 2**63:
        raise RequestError(f"seed must be from 0 to 9223372036854775807, got {seed}")
    return seed
