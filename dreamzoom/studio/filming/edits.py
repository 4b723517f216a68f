"""A page's changes of a storyboard, checked, as a text changed in one place each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from dreamzoom.errors import RecipeError, RequestError, StoryboardError, quote_value
from dreamzoom.film.board.inserting import Spans, add_scene, double_scene
from dreamzoom.film.board.reading import MOST_ROWS
from dreamzoom.film.board.rewriting import move_scene, remove_scene, set_key
from dreamzoom.film.board.storyboard import SceneSettings
from dreamzoom.recipe.presets import find_preset, names_file
from dreamzoom.recipe.rows import settings_of
from dreamzoom.recipe.settings import GENERATED
from dreamzoom.studio.asked import take
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.filming.boards import FIELDS, TRANSITIONS, OpenBoard, read_as
from dreamzoom.studio.filming.material import scene_of_clip

_SETTINGS: Final = settings_of(SceneSettings)


def changed_text(desk: Desk, opened: OpenBoard, body: Mapping[str, Any], spans: Spans) -> str:
    """The text of a storyboard after a change.

    Args:
        body: {"scene": N} with {"move": M}, {"remove": true}, {"double": true} or {"set": {key: value}},
            where None takes a key away; or {"add": ID, "at": N}, of a picture or a clip.
        spans: when the scenes begin and end.

    Raises:
        RequestError: it is no such change, a value is none, or something would be wrong then that is not now.
    """
    if "add" in body:
        new = add_scene(opened.text, take(body, "at", int), _new_scene(desk, opened, body), spans)
        _require_no_new_faults(opened, new)
        return new
    scene = take(body, "scene", int)
    if "move" in body:
        new = move_scene(opened.text, scene, take(body, "move", int))
    elif take(body, "double", bool, default=False):
        new = double_scene(opened.text, scene, spans)
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


def _new_scene(desk: Desk, opened: OpenBoard, body: Mapping[str, Any]) -> dict[str, object]:
    """The keys of a new scene of a picture, or of what a clip was made of. Raises a RequestError."""
    if len(opened.board.scenes) >= MOST_ROWS:
        raise RequestError(f"a film has {MOST_ROWS} scenes at most")
    item = desk.shelf.find(take(body, "add", str))
    if item.kind == "clip":
        return scene_of_clip(desk, opened.film, item)
    return {"image": _picture(desk, {"item": item.id})}


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
