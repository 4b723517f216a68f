"""Whether a storyboard names only what lies in FOLDER: it may be a stranger's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dreamzoom.errors import RequestError, StoryboardError, printable, quote_value
from dreamzoom.film.board.reading import LARGEST, parse_storyboard
from dreamzoom.film.board.storyboard import Storyboard
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.note import kept_beside
from dreamzoom.io.files import at_home
from dreamzoom.io.toml import read_text
from dreamzoom.recipe.build import Fragment
from dreamzoom.recipe.named_files import NamedFiles
from dreamzoom.recipe.presets import names_file
from dreamzoom.recipe.rows import settings_of
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.recipe.settings import FileText, Setting


def require_film_within(folder: Path, film: FilmFolder) -> None:
    """See that a film's own storyboard does so, before what it lacks is made.

    Raises: as `require_named_within`, and a StoryboardError where it cannot be read.
    """
    text = read_text(film.storyboard_path, StoryboardError, "storyboard", LARGEST)
    board = parse_storyboard(text, kept_beside(film) / film.storyboard_path.name)
    require_named_within(folder, board)


def require_named_within(folder: Path, board: Storyboard) -> None:
    """See that all files that a storyboard names lie in a folder, and that it names no address of the web.

    Raises:
        RequestError: naming what lies elsewhere, and what to do.
    """
    for text in named_in(board):
        if "://" in text:
            raise RequestError(
                f"the storyboard names {quote_value(text)}: the studio opens no web address; "
                "put the picture into the folder"
            )
        path = Path(at_home(text))
        if ("/" in text or text.startswith("~") or "\\" in text or path.exists()) and not _lies_in(
            folder, path
        ):
            raise RequestError(
                f"the storyboard names {quote_value(text)}, which does not lie in this folder: "
                f"`dreamzoom film {printable(board.path.parent.name)}` in a terminal makes it"
            )


def _lies_in(folder: Path, path: Path) -> bool:
    return (folder / path).resolve().is_relative_to(folder.resolve())


def named_in(board: Storyboard) -> Iterator[str]:
    """All that a storyboard says where files may be named; words too."""
    tables: list[Any] = [
        board.film,
        board.soundtrack,
        *(scene.settings for scene in board.scenes),
        *board.titles,
    ]
    tables += [board.lyrics] if board.lyrics is not None else []
    for table in tables:
        for key, setting in settings_of(type(table)).items():  # type: ignore[arg-type]
            value = getattr(table, key)
            yield from _files(setting, dict(value) if isinstance(setting, NamedFiles) else value)
    presets = [board.film.preset, *(scene.settings.preset for scene in board.scenes)]
    yield from (preset for preset in presets if names_file(preset))
    for look in (board.look, *(scene.look for scene in board.scenes)):
        yield from named_in_look(look)


def named_in_look(look: Fragment) -> Iterator[str]:
    """The same of a recipe's part."""
    for table, values in look.values.items():
        for name, raw in values.items():
            yield from _files(SETTINGS[f"{table}.{name}"], raw)


def _files(setting: Setting[Any], raw: object) -> Iterator[str]:
    named: list[str] = []

    def note(_: FileText, text: str) -> str:
        named.append(text)
        return text

    if raw is not None:
        setting.map_files(raw, note)
    yield from (text for text in named if text)
