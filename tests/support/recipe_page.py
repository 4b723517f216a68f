"""The guide's page "recipe", made from the recipe's settings; as a script it writes the page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from dreamzoom.recipe.reference import KeyFacts, list_keys
from dreamzoom.recipe.schema import table_meaning

PAGE = Path(__file__).parents[2] / "dreamzoom" / "guide" / "recipe.md"

INTRODUCTION = """\
# Recipe

Every key of a recipe. A file has them in tables; `--set` takes them with a dot:

```toml
[camera]
zoom = 1.04

[dream]
iterations = 4
```

```sh
dreamzoom recipe
dreamzoom recipe camera
dreamzoom recipe dream.wander zoom
dreamzoom render sky.jpg --set camera.zoom=1.04 --set dream.iterations=4
```

What is left out has its default. A key that moves may change over time: it takes keyframes too, and a number
takes expressions: see [motion](motion.md). A wrong key or value is an error that says what would be right.

What is given last counts: first comes `--preset`, then `--set`, then options such as `--zoom`.

"""


def recipe_page() -> str:
    """The page as it should be."""
    return INTRODUCTION + recipe_reference()


def recipe_reference() -> str:
    """All keys in Markdown: a section a table of the recipe, a row a key."""
    sections = groupby(list_keys(), key=lambda facts: facts.table)
    return "\n".join("\n".join(_section(table, group)) for table, group in sections)


def _section(table: str, group: Iterable[KeyFacts]) -> Iterator[str]:
    yield f"## `[{table}]`\n\n{table_meaning(table)}\n"
    yield "| key | default | allowed values | moves | meaning |"
    yield "|---|---|---|---|---|"
    for facts in group:
        moves = "yes" if facts.moves else "no"
        cells = (f"`{facts.key}`", f"`{facts.default}`", facts.allowed, moves, facts.meaning)
        yield f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"
    yield ""


if __name__ == "__main__":
    PAGE.write_text(recipe_page(), encoding="utf-8")
