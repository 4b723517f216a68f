"""A clip or a film as a programme of which no picture is read: for checks, and for windows of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from dreamzoom.camera.aim import CENTRE, Point
from dreamzoom.clip.folder import ClipFolder, open_clip
from dreamzoom.clip.reading import is_there
from dreamzoom.errors import ClipError, RequestError
from dreamzoom.film.folder import FilmFolder, open_film
from dreamzoom.film.note import read_note
from dreamzoom.film.plan import Title
from dreamzoom.film.status import film_status
from dreamzoom.footage.programme import Shown
from dreamzoom.studio.library.items import Item
from dreamzoom.video.excerpt import WHOLE, Excerpt, excerpt_of


@dataclass(frozen=True)
class KnownProgramme:
    """What is known of a programme; see `footage.programme.Programme`."""

    path: Path
    size: tuple[int, int]
    fps: Fraction
    count: int
    is_loop: bool = False
    is_retimed: bool = False
    pace: Fraction = Fraction(1)
    begins: int = 0
    cuts: tuple[int, ...] = ()
    song: Path | None = None
    excerpt: Excerpt = WHOLE
    inscription: str | None = None
    titles: tuple[Title, ...] = ()

    def pictures(self, frames: Sequence[int], *, deep: bool = False) -> Iterator[Shown]:
        """None are read. Raises a RequestError."""
        raise RequestError(f"{self.path}: no picture of it is read here")

    def fall_point(self, frame: int) -> Point:
        """The centre: where it falls is not asked for."""
        return CENTRE


def known_programme(item: Item, path: Path) -> KnownProgramme:
    """What can be delivered of an item now.

    Raises:
        RequestError: it is neither clip nor film.
        ClipError: it has nothing to show yet; what is missing is told.
    """
    if item.kind == "clip":
        return _of_clip(open_clip(path))
    if item.kind == "film":
        return _of_film(open_film(path))
    raise RequestError(f"{item.name} is neither a clip nor a film: there is nothing to deliver")


def _of_clip(clip: ClipFolder) -> KnownProgramme:
    recipe, count = clip.recipe, len(clip.finished_frames())
    if not count:
        raise ClipError("it has no frame yet")
    size, song = recipe.clip.size, clip.soundtrack_path
    return KnownProgramme(
        clip.path,
        (size.width, size.height),
        recipe.clip.fps,
        count,
        is_loop=recipe.loop.is_closed and count == recipe.clip.frames,
        song=song if song is not None and is_there(song) else None,
        excerpt=excerpt_of(recipe.music),
    )


def _of_film(film: FilmFolder) -> KnownProgramme:
    edits, now = read_note(film).edits, film_status(film)
    if edits is None:
        raise ClipError("it has no scenes yet")
    waiting = [scene for scene in now.scenes if scene.frames_done < scene.stop - scene.first]
    if waiting:
        scene = waiting[0]
        raise ClipError(
            f"its scene {scene.name} has {scene.frames_done} of {scene.stop - scene.first} frames: "
            "a film is delivered when all are there"
        )
    return KnownProgramme(
        film.path,
        (edits.size.width, edits.size.height),
        edits.fps,
        edits.frames,
        song=None if edits.song is None else film.path / edits.song,
        excerpt=edits.excerpt,
        titles=edits.titles,
    )
