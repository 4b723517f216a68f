"""The command lines that a page can ask for: a new clip, a take, a longer clip."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from dreamzoom.clip.extend import longer_recipe
from dreamzoom.clip.folder import ClipFolder, open_clip
from dreamzoom.clip.fork import plan_branches
from dreamzoom.clip.vouch import changed_since
from dreamzoom.errors import RequestError, quote_value
from dreamzoom.recipe.build import Fragment, build_recipe, overruled
from dreamzoom.recipe.pictures import kept_pictures
from dreamzoom.recipe.schema import Recipe, raw_tables
from dreamzoom.recipe.unused import unused_by_loop
from dreamzoom.studio.asked import take
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item, family_of
from dreamzoom.studio.wishes.bases import USUAL, Basis, freeze, open_basis
from dreamzoom.studio.wishes.files import Kept, item_paths, named_files, place_word, require_recipe_named
from dreamzoom.studio.wishes.names import stem_for
from dreamzoom.studio.wishes.values import SET, by_key, fragment_of, set_words, settle

_MANY: Final = 8_000  # characters: more than that go into a file of their own; Windows has 32,767 in all


@dataclass(frozen=True)
class Command:
    """A command line that was checked, but for the name of what it makes.

    Attributes:
        stem: what the clip is to be called, where that is free; of a take the clip's family.
        is_take: whether it is a take of it.
        words_for: the words after `dreamzoom`, by the place that it makes.
        notes: what of the wish has no say, in words.
    """

    stem: str
    is_take: bool
    words_for: Callable[[str], tuple[str, ...]]
    notes: tuple[str, ...] = ()

    def title_for(self, name: str) -> str:
        """In words for the page."""
        return f"Take {family_of(name)[1]} of {self.stem}" if self.is_take else f"Dream {name}"


def new_clip(desk: Desk, wish: Mapping[str, Any]) -> Command:
    """A new clip.

    Args:
        wish: `picture` ({"item"} or a generated one's name; None for the recipe's own), `song`, `preset`,
            `changes` and `name`, all of which may be missing.

    Raises:
        RequestError: something is wrong with it.
    """
    picture, song = _picture(desk, wish), _song(desk, wish)
    wanted = USUAL if wish.get("preset") is None else wish["preset"]
    basis = open_basis(desk, wanted, has_image=picture is not None, has_song=song is not None)
    changes = settle(take(wish, "changes", dict, {}), desk.shelf)
    if picture is not None:
        changes.pop("clip.image", None)
    if song is not None:
        changes.pop("music.song", None)
    named: dict[str, object] = {} if picture is None else {"clip.image": picture}
    named |= {} if song is None else {"music.song": song}
    parts = [basis.fragment, fragment_of(changes), fragment_of(named)]
    recipe = by_key(lambda: build_recipe(*parts))
    allowed = {place for part in parts for place in _paths_in(part)}
    require_recipe_named(recipe, lambda text: text in allowed)
    image = () if picture is None else (str(picture),)
    sound = () if song is None else ("--audio", str(song))
    given = _given(desk, basis, changes)
    stem = stem_for(take(wish, "name", str, "") or Path(recipe.clip.image).stem)
    return Command(
        stem,
        False,
        lambda name: ("render", *image, "--out", place_word(Path(name)), *sound, *given),
        _notes(recipe, parts),
    )


def new_take(desk: Desk, item: Item, wish: Mapping[str, Any]) -> Command:
    """Another take of a clip.

    Args:
        wish: `at` (the first frame that is different; None for whichever the change changes first), `preset`
            and `changes`.

    Raises:
        RequestError: something is wrong with it, or it changes nothing.
    """
    clip = _clip(desk, item)
    at = None if wish.get("at") is None else take(wish, "at", int)
    wanted = wish.get("preset")
    basis = None if wanted is None else open_basis(desk, wanted, has_image=True, has_song=True)
    changes = settle(take(wish, "changes", dict, {}), desk.shelf, _kept(clip))
    parts = [*([] if basis is None else [basis.fragment]), fragment_of(changes)]
    branches = by_key(lambda: plan_branches(clip, parts, at))
    allowed = {place for part in parts for place in _paths_in(part)}
    for branch in branches:
        if branch.recipe.clip.size == branch.take.recipe.clip.size:
            allowed |= named_files(branch.take.recipe)  # the clip has its own copies of these
    for branch in branches:
        model = branch.take.recipe.model.name
        require_recipe_named(
            branch.recipe,
            lambda text, model=model: text in allowed or text == model,  # type: ignore[misc]
        )
    given = _given(desk, basis, changes)
    since = () if at is None else ("--at", str(at))
    source = place_word(item.place)
    return Command(
        item.family,
        True,
        lambda name: ("fork", source, *since, "--out", place_word(Path(name)), *given),
        _notes(branches[-1].recipe, [Fragment("the clip", raw_tables(branches[-1].take.recipe)), *parts]),
    )


def longer_clip(desk: Desk, item: Item, wish: Mapping[str, Any]) -> tuple[str, ...]:
    """The words that make a clip longer by so many `seconds`, or `frames` in all.

    Raises:
        RequestError: it cannot be longer.
    """
    clip = _clip(desk, item)
    if item.place.parent != Path():
        raise RequestError(f"{item.name} is a scene of a film, whose storyboard says how long it is")
    if wish.get("frames") is not None:
        frames = take(wish, "frames", int)
    else:
        seconds = take(wish, "seconds", float)
        if not 0 < seconds <= 86_400:
            raise RequestError(f"seconds must be above 0, and a day at most, got {quote_value(seconds)}")
        frames = clip.recipe.clip.frames + max(1, round(seconds * clip.recipe.clip.fps))
    by_key(lambda: longer_recipe(clip, frames))
    return "extend", place_word(item.place), "--frames", str(frames)


def _notes(recipe: Recipe, parts: Sequence[Fragment]) -> tuple[str, ...]:
    """What of a recipe's parts has no say, as the command line warns of it."""
    told = [*overruled(parts), *unused_by_loop(recipe, parts[1:])]
    return tuple(line.removeprefix(f"{SET}: ") for line in told)


def _given(desk: Desk, basis: Basis | None, changes: Mapping[str, object]) -> tuple[str, ...]:
    """The words for a preset and what is changed of it."""
    words = set_words(changes)
    if sum(map(len, words)) > _MANY:
        parts = [*([] if basis is None else [basis.fragment]), fragment_of(changes)]
        return "--preset", freeze(desk, parts)
    if basis is None:
        return words
    return "--preset", basis.preset or freeze(desk, [basis.fragment]), *words


def _kept(clip: ClipFolder) -> frozenset[Kept]:
    """The pictures of which every take of a clip has its own copy: they are not looked for again."""
    return frozenset.intersection(*(frozenset(kept_pictures(each.recipe).values()) for each in clip.takes))


def _clip(desk: Desk, item: Item) -> ClipFolder:
    if item.kind != "clip":
        raise RequestError(f"{item.name} is a {item.kind}: choose a clip")
    clip = open_clip(desk.shelf.path_of(item))
    for fault in changed_since(clip, hashed=False):  # the command would refuse too, once its turn has come
        raise RequestError(fault.replace(f"{desk.folder}{os.sep}", ""))
    return clip


def _picture(desk: Desk, wish: Mapping[str, Any]) -> str | None:
    return _named(desk, wish, "picture", "clip.image")


def _song(desk: Desk, wish: Mapping[str, Any]) -> str | None:
    return _named(desk, wish, "song", "music.song")


def _named(desk: Desk, wish: Mapping[str, Any], name: str, key: str) -> str | None:
    """The picture or the song of a wish as a command line names it: an id, {"item": ID} or a word."""
    wanted = wish.get(name)
    if wanted is None or wanted == "":
        return None
    value = settle({key: wanted}, desk.shelf)[key]
    return value if isinstance(value, str) else None


def _paths_in(part: Fragment) -> set[str]:
    """The files of FOLDER that a checked part of a recipe names."""
    return {str(path) for path in item_paths(part.values)}
