"""The storyboards that a film had, kept beside it: a change is undone, and done again.

FILM/storyboards/000012.toml   one that it had, or has; later ones have higher numbers
FILM/storyboards/now           the number of the one that it has

What a person has written in an editor meanwhile is none of these. It is kept as one before anything takes its
place. Where `now` was not written, as after a crash, the latest one with the text that is there is meant.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from dreamzoom.clip.reading import reading
from dreamzoom.errors import StoryboardError
from dreamzoom.film.board.reading import LARGEST
from dreamzoom.film.folder import FilmFolder
from dreamzoom.io.disk import remove
from dreamzoom.io.files import read_at_most, storage_errors, write_atomically
from dreamzoom.io.toml import parse_toml, read_text

MOST_KEPT: Final = 100
"""Storyboards that are kept; the earliest ones go."""

_VERSION: Final = re.compile(r"(?P<number>\d{6,9})\.toml", re.ASCII)
_LARGEST_NUMBER: Final = 100  # bytes of `now`


@dataclass(frozen=True)
class History:
    """The storyboards that a film had, and where among them the one is that it has.

    Attributes:
        numbers: of those that are kept, the earliest first.
        here: the number of the one that it has; None for one that is not kept, as a person has written it.
        now: the number of the latest one that was put there; None where that is not kept.
    """

    film: FilmFolder
    numbers: tuple[int, ...]
    here: int | None
    now: int | None

    @property
    def before(self) -> int | None:
        """The one that undoing leads to."""
        if self.here is None:
            return self.now if self.now is not None else max(self.numbers, default=None)
        return max((number for number in self.numbers if number < self.here), default=None)

    @property
    def after(self) -> int | None:
        """The one that doing again leads to."""
        if self.here is None:
            return None
        return min((number for number in self.numbers if number > self.here), default=None)


def read_history(film: FilmFolder, text: str) -> History:
    """The storyboards of a film that has a text.

    Raises:
        ClipError: they cannot be read.
    """
    folder = _folder(film)
    if folder.is_symlink() or not folder.is_dir():
        return History(film, (), None, None)
    with reading(folder):
        names = (_VERSION.fullmatch(path.name) for path in folder.iterdir() if _is_own(path))
        numbers = tuple(sorted(int(found["number"]) for found in names if found))
    noted = _noted(film)
    now = noted if noted in numbers else None
    others = (number for number in reversed(numbers) if number != now)
    likely = [*([] if now is None else [now]), *others]
    here = next((number for number in likely if _is_text(film, number, text)), None)
    return History(film, numbers, here, now)


def change_storyboard(film: FilmFolder, old: str, new: str) -> None:
    """Give a film another storyboard, and keep both.

    Args:
        old: what it has.

    Raises:
        StoryboardError: the folder of storyboards is a link.
        StorageError: it cannot be written.
    """
    history = _with_own(read_history(film, old), old)
    assert history.here is not None  # noqa: S101 - it was kept just now
    number = _keep(history, history.here, new)
    _put(film, number, new)


def step_storyboard(film: FilmFolder, text: str, *, back: bool) -> None:
    """Give a film the storyboard that it had before, or after.

    Args:
        text: of the one that it has, which is kept.
        back: whether to go back, else on.

    Raises:
        StoryboardError: there is none, or it cannot be read.
        StorageError: it cannot be written.
    """
    history = read_history(film, text)
    number = history.before if back else history.after
    if number is None:
        raise StoryboardError("there is nothing to undo" if back else "there is nothing to do again")
    path = _path(film, number)
    wanted = read_text(path, StoryboardError, "storyboard", LARGEST)
    parse_toml(wanted, f"the earlier storyboard {path.name}", StoryboardError)
    _with_own(history, text)
    _put(film, number, wanted)


def _with_own(history: History, text: str) -> History:
    """The history with the present text in it, which may be a person's own."""
    if history.here is not None:
        return history
    _keep(history, history.before, text)
    return read_history(history.film, text)


def _keep(history: History, after: int | None, text: str) -> int:
    """Keep a text as the one after another; what was undone is no longer to be done again.

    Returns:
        Its number.
    """
    film, folder = history.film, _folder(history.film)
    if folder.is_symlink():
        raise StoryboardError(f"the film's folder {folder.name} is a link to somewhere else: remove it first")
    with storage_errors(folder):
        folder.mkdir(exist_ok=True)
        kept = [number for number in history.numbers if after is not None and number <= after]
        gone = [number for number in history.numbers if number not in kept]
        for number in [*reversed(gone), *kept[: -(MOST_KEPT - 1)]]:
            remove(_path(film, number))
    number = max(kept, default=0) + 1
    write_atomically(_path(film, number), text.encode())
    return number


def _put(film: FilmFolder, number: int, text: str) -> None:
    if film.storyboard_path.is_symlink():
        raise StoryboardError("the storyboard is a link to somewhere else: edit it there")
    write_atomically(film.storyboard_path, text.encode())
    write_atomically(_folder(film) / "now", b"%d\n" % number)


def _folder(film: FilmFolder) -> Path:
    return film.path / "storyboards"


def _path(film: FilmFolder, number: int) -> Path:
    return _folder(film) / f"{number:06d}.toml"


def _is_own(path: Path) -> bool:
    return not path.is_symlink() and path.is_file()


def _noted(film: FilmFolder) -> int | None:
    """The number in `now`; None where there is none."""
    path = _folder(film) / "now"
    if not _is_own(path):
        return None
    try:
        text = read_at_most(path, _LARGEST_NUMBER, StoryboardError, "number").strip()
    except StoryboardError:
        return None
    return int(text) if re.fullmatch(rb"\d{1,9}", text) else None


def _is_text(film: FilmFolder, number: int, text: str) -> bool:
    path, data = _path(film, number), text.encode()
    try:
        is_as_long = path.stat().st_size == len(data)
        return is_as_long and read_at_most(path, LARGEST, StoryboardError, "storyboard") == data
    except (OSError, StoryboardError):
        return False
