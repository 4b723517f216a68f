"""`dreamzoom studio`."""

from __future__ import annotations

from pathlib import Path

import click

from dreamzoom.cli.console import say
from dreamzoom.cli.targets import NamedPath


@click.command()
@click.argument("folder", metavar="[FOLDER]", type=NamedPath(), default=Path())
@click.option(
    "--port", metavar="N", type=int, default=8420, show_default=True, help="The port; 0 takes a free one."
)
@click.option("--browser/--no-browser", default=True, help="Open the browser.  [default: browser]")
def studio(folder: Path, *, port: int, browser: bool) -> None:
    """Open a page in the browser that shows the clips and films in FOLDER, live, and directs them."""
    from dreamzoom.errors import RequestError

    try:
        from dreamzoom.studio.serving import serve
    except ModuleNotFoundError as error:
        raise RequestError(
            f"the studio needs {error.name}, which is not installed: pip install 'dreamzoom[studio]'"
        ) from error
    folder.mkdir(parents=True, exist_ok=True)
    serve(folder, port, say, opens=browser)
