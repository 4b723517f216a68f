"""The last section of the guide's page "film", made from a storyboard's settings; a script that writes it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dreamzoom.film.board.storyboard import ROWS, TABLES, SoundtrackSettings
from dreamzoom.io.toml import format_value
from dreamzoom.recipe.music import MusicSettings
from dreamzoom.recipe.rows import settings_of

PAGE = Path(__file__).parents[2] / "dreamzoom" / "guide" / "film.md"
HEADING = "## Every key\n"


def film_page() -> str:
    """The page as it should be: what a person wrote, then all keys."""
    written = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    tables = [(f"[{name}]", of) for name, of in TABLES.items()]
    tables += [(f"[[{name}]]", of) for name, of in ROWS.items()]
    return written + "\n".join([HEADING, *(line for name, of in tables for line in _table(name, of))])


def _table(name: str, of: type[Any]) -> Iterator[str]:
    yield f"`{name}`: {(of.__doc__ or '').partition(chr(10))[0]}\n"
    yield "| key | default | allowed values | meaning |"
    yield "|---|---|---|---|"
    known = settings_of(MusicSettings) if of is SoundtrackSettings else {}  # type: ignore[arg-type]
    for key, setting in settings_of(of).items():  # type: ignore[arg-type]
        if key in known:
            continue
        default = "" if setting.default is None else f"`{format_value(setting.default)}`"
        cells = (f"`{key}`", default, setting.describe(), setting.help)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(film_page(), encoding="utf-8")
