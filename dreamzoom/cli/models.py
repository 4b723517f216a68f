"""`dreamzoom models`: which models there are, and getting more."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.console import align_columns, answer, plain_column, say
from dreamzoom.cli.options import allow_local
from dreamzoom.errors import printable

if TYPE_CHECKING:
    from dreamzoom.models.download import Progress
    from dreamzoom.models.store import Listing


_HEADINGS = ("name", "state", "size", "licence", "source")


@click.group(invoke_without_command=True)
@click.option("--json", "as_json", is_flag=True, help="Print all that is known, as JSON.")
@click.pass_context
def models(context: click.Context, as_json: bool) -> None:
    """List the models: embedded, downloaded, and those to download."""
    if context.invoked_subcommand is not None:
        return
    from dreamzoom.models.store import list_models

    listings = list_models()
    if as_json:
        answer(json.dumps([_as_json(listing) for listing in listings], indent=2))
    elif sys.stdout.isatty():
        _print_table([_row(listing) for listing in listings])
    else:
        answer(align_columns([_HEADINGS, *(_row(listing) for listing in listings)]))


def _web_address(_context: click.Context, _parameter: click.Parameter, value: str) -> str:
    from dreamzoom.io.http import is_web_address

    if value and not is_web_address(value):
        raise click.BadParameter(f"{value!r} does not start with http:// or https://")
    return value


@models.command()
@click.argument("name")
@click.option(
    "--from",
    "url",
    metavar="URL",
    default="",
    callback=_web_address,
    help="Another address of the same file; the published hash must fit all the same.",
)
@allow_local
def get(name: str, url: str) -> None:
    """Download the model NAME and print where it is.

    A download that broke off goes on where it ended.
    """
    from dreamzoom.models.store import download_model

    with _progress(name) as progress:
        files = download_model(name, url, progress)
    say(f"{name} is ready; use it with --model {name}")
    answer(str(files.weights))


def _row(listing: Listing) -> tuple[str, ...]:
    said = listing.descriptor
    size = f"{listing.size / 1e6:.0f} MB" if listing.size else "unknown"
    return said.name, listing.state, size, said.licence, said.source


def _as_json(listing: Listing) -> dict[str, object]:
    said = listing.descriptor
    return {
        "name": said.name,
        "title": said.title,
        "state": listing.state,
        "bytes": listing.size,
        "licence": said.licence,
        "source": said.source,
        "layer": said.layer,
        "folder": str(listing.folder),
        "url": listing.url,
    }


def _print_table(rows: Sequence[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False)
    for heading in _HEADINGS:
        table.add_column(heading, no_wrap=heading != "source", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    Console().print(table)


@contextlib.contextmanager
def _progress(name: str) -> Iterator[Progress]:
    """What shows a download on stderr: a bar on a terminal, a line for each tenth elsewhere."""
    if not sys.stderr.isatty():
        yield plain_progress(name, say)
        return
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Bar

    columns = (plain_column("{task.description}"), BarColumn(), DownloadColumn())
    with Bar(*columns, TransferSpeedColumn(), TimeRemainingColumn(), console=Console(stderr=True)) as bar:
        task = bar.add_task(printable(name), total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def plain_progress(name: str, write: Callable[[str], None]) -> Progress:
    """Writes a line for the first bytes and each further tenth, or each 10 MB where the end is not known."""
    last = -1

    def show(done: int, total: int | None) -> None:
        nonlocal last
        step = done * 10 // total if total else done // 10**7
        if step > last:
            last = step
            of = f" of {total / 1e6:.1f}" if total else ""
            write(f"{name}: {done / 1e6:.1f}{of} MB")

    return show
