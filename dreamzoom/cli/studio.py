"""`dreamzoom studio`."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from dreamzoom.cli.console import say
from dreamzoom.cli.targets import NamedPath


@click.command()
@click.argument("folder", metavar="[FOLDER]", type=NamedPath(), default=Path())
@click.option(
    "--host",
    metavar="ADDRESS",
    default="127.0.0.1",
    show_default=True,
    help="The address to listen on; 0.0.0.0 lets a phone in, and all in your network who have the page's "
    "address.",
)
@click.option(
    "--port",
    metavar="N",
    type=click.IntRange(0, 65535),
    help="The port; 0 takes a free one.  [default: 8420, or a free one]",
)
@click.option(
    "--jobs",
    metavar="N",
    type=click.IntRange(1, 16),
    default=1,
    show_default=True,
    help="How many renders of the queue are made side by side, 1 to 16.",
)
@click.option("--browser/--no-browser", default=True, help="Open the browser.  [default: browser]")
def studio(folder: Path, *, host: str, port: int | None, jobs: int, browser: bool) -> None:
    """Open a page in the browser that shows the clips and films in FOLDER, live, and directs them.

    FOLDER is made if it is missing. Ctrl-C ends the studio; what it renders goes on.
    """
    from dreamzoom.errors import RequestError

    try:
        from dreamzoom.studio.serving import serve
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("dreamzoom"):
            raise
        raise RequestError(
            f"the studio needs {error.name}, which is not installed: pip install 'dreamzoom[studio]'"
        ) from error
    serve(folder, host, port, say, opens=browser, shows_code=sys.stderr.isatty(), at_once=jobs)
