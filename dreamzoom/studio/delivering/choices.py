"""Which choices fit what is to be delivered: the page's form is made of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dreamzoom.clip.folder import open_clip
from dreamzoom.delivery.targets import TARGETS, Target
from dreamzoom.errors import DreamzoomError
from dreamzoom.film.folder import open_film
from dreamzoom.film.note import read_note
from dreamzoom.studio.delivering.additions import CHOICES
from dreamzoom.studio.delivering.stitches import KINDS, StitchKind
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item


@dataclass(frozen=True)
class _Subject:
    """What decides the choices of a clip or a film."""

    is_film: bool
    is_loop: bool
    has_song: bool


def offered(desk: Desk, item: Item) -> list[Mapping[str, Any]]:
    """Whom a clip or a film can be delivered to, each with the names of its choices.

    Of what cannot be read there are fewest choices; why, its check tells.
    """
    subject = _subject(desk, item)
    told: list[Mapping[str, Any]] = [
        {**told_target(target), "choices": list(_of_target(target, subject))} for target in TARGETS.values()
    ]
    if subject.is_film:
        return told
    return [*told, *({**_told_kind(kind), "choices": list(_of_stitch(subject))} for kind in KINDS.values())]


def told_target(target: Target) -> Mapping[str, Any]:
    """A target as the page has it."""
    limits = target.limits
    kind = target.video.title if target.sound is None else f"{target.video.title}, {target.sound.title}"
    return {
        "name": target.name,
        "title": target.title,
        "line": target.line,
        "codec": kind,
        "suffix": target.suffix,
        "has_sound": target.sound is not None,
        "aspect": limits.aspect or limits.best_aspect,
        "seconds": None if limits.seconds is None else [float(each) for each in limits.seconds],
        "plays_at": target.plays_at,
        "is_folder": not target.suffix,
    }


def _told_kind(kind: StitchKind) -> Mapping[str, Any]:
    return {
        "name": kind.name,
        "title": kind.title,
        "line": kind.line,
        "codec": "H.264, AAC",
        "suffix": kind.suffix,
        "has_sound": True,
        "aspect": None,
        "seconds": None,
        "plays_at": None,
        "is_folder": False,
    }


def _of_target(target: Target, subject: _Subject) -> Iterator[str]:
    if not subject.is_film:
        yield from _additions_of(target)
    yield "shape"
    if subject.is_loop:
        yield "rounds"
    if target.sound is not None and (subject.has_song or not subject.is_film):
        yield from ("loudness", "silent")
    if not subject.is_film:
        yield from ("speed", "shutter")
    yield from ("fps", "size", "frames")
    if target.container != "webp":
        yield "recipe"


def _additions_of(target: Target) -> tuple[str, ...]:
    """Words over what is no folder of pictures, and another song where there is sound."""
    if target.sound is not None:
        return CHOICES
    return ("titles", "font") if target.suffix else ()


def _of_stitch(subject: _Subject) -> Iterator[str]:
    yield from (*CHOICES, "sound")
    if subject.is_loop:
        yield "rounds"
    yield from ("speed", "shutter", "fps", "frames", "recipe")


def _subject(desk: Desk, item: Item) -> _Subject:
    path = desk.shelf.path_of(item)
    try:
        if item.kind == "film":
            edits = read_note(open_film(path)).edits
            return _Subject(
                is_film=True, is_loop=False, has_song=edits is not None and edits.song is not None
            )
        clip = open_clip(path)
        is_loop, has_song = clip.recipe.loop.is_closed, clip.soundtrack_path is not None
    except DreamzoomError:
        is_loop = has_song = False
    return _Subject(is_film=item.kind == "film", is_loop=is_loop, has_song=has_song)
