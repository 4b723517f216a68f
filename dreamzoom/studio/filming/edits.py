"""A page's changes of a storyboard, checked, as a text changed in one place each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dreamzoom.errors import RecipeError, RequestError, StoryboardError, quote_value
from dreamzoom.film.board.rewriting import move_scene, remove_scene, set_key
from dreamzoom.film.board.storyboard import SceneSettings
from dreamzoom.recipe.presets import find_preset, names_file
from dreamzoom.recipe.rows import settings_of
from dreamzoom.recipe.settings import GENERATED
from dreamzoom.studio.asked import take
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.filming.boards import FIELDS, TRANSITIONS, OpenBoard, read_as

_SETTINGS: Final = settings_of(SceneSettings)


def changed_text(desk: Desk, opened: OpenBoard, body: Mapping[str, Any]) -> str:
    """The text of a storyboard after a change.

    Args:
        body: {"scene": N} with {"move": M}, {"remove": true} or {"set": {key: value}}; None takes a key away.

    Raises:
        RequestError: it is no such change, a value is none, or something would be wrong then that is not now.
    """
    scene = take(body, "scene", int)
    if "move" in body:
        new = move_scene(opened.text, scene, take(body, "move", int))
    elif take(body, "remove", bool, default=False):
        if len(opened.board.scenes) < 2:
            raise RequestError("a film has at least one scene")
        new = remove_scene(opened.text, scene)
    else:
        new = opened.text
        for key, raw in take(body, "set", dict).items():
            new = set_key(
                new, scene, key, None if raw in (None, "") else _value(desk, opened, scene, key, raw)
            )
    _require_no_new_faults(opened, new)
    return new


def _value(desk: Desk, opened: OpenBoard, scene: int, key: str, raw: object) -> object:
    """A value as the text is to have it. Raises a RequestError."""
    if key not in FIELDS:
        raise RequestError(f"{quote_value(key)} of a scene is not changed here: edit storyboard.toml")
    if key == "image":
        return _picture(desk, raw)
    if key == "preset" and (not isinstance(raw, str) or names_file(raw)):
        raise RequestError(f"preset: must be a preset's name, got {quote_value(raw)}")
    if key == "preset":
        find_preset(str(raw))
    if key == "transition" and raw not in TRANSITIONS:
        raise RequestError(f"transition: must be one of {', '.join(TRANSITIONS)}, got {quote_value(raw)}")
    try:
        _SETTINGS[key].parse(raw)
    except RecipeError as error:
        raise RequestError(f"{key}: {error}") from error
    return raw


def _picture(desk: Desk, raw: object) -> str:
    if isinstance(raw, str) and raw in GENERATED:
        return raw
    if not isinstance(raw, Mapping) or not isinstance(raw.get("item"), str):
        raise RequestError(f"image: must be a picture of the page, got {quote_value(raw)}")
    item = desk.shelf.find(raw["item"])
    if item.kind != "picture":
        raise RequestError(f"image: {item.name} is a {item.kind}: choose a picture")
    return str(desk.shelf.path_of(item))


def _require_no_new_faults(opened: OpenBoard, new: str) -> None:
    """See that a change brings no fault that was not there. Raises a StoryboardError that tells all."""
    faults = [fault for fault in read_as(opened.film, new).faults if fault not in opened.board.faults]
    if faults:
        raise StoryboardError("; ".join(faults))
