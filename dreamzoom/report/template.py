"""Templates filled: a page is one HTML file that loads nothing, save the media it links to."""

from __future__ import annotations

import base64
import os
from importlib.resources import files
from pathlib import Path
from typing import Final
from urllib.parse import quote

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from dreamzoom.errors import printable
from dreamzoom.io.files import sha256_of


def asset(name: str) -> str:
    """The text of a file of this package."""
    return files("dreamzoom.report").joinpath(name).read_text(encoding="utf-8")


def address_from(page: Path, path: Path) -> str:
    """A file's address as a page sees it that will lie at `page`."""
    try:
        steps = Path(os.path.relpath(path.resolve(), page.resolve().parent))
    except ValueError:  # another drive
        return path.resolve().as_uri()
    # Quoted, so that a folder's name can be neither a scheme nor a query.
    return quote(os.fsencode(steps.as_posix()))


def fill_template(name: str, *, style: str, script: str, **values: object) -> str:
    """A Jinja2 template of this package with values put in, each of them escaped.

    The page's own policy, `policy`, forbids whatever it might load: only pictures inside it, media, and the
    one script inside it, known by its hash.
    """
    template = _ENVIRONMENT.get_template(name)
    return template.render(policy=page_policy(script), style=style, script=script, **values)


def _put_in(value: object) -> object:
    """A value as the template shows it, before it is escaped."""
    return printable(value, "\n\t") if isinstance(value, str) and not isinstance(value, Markup) else value


_ENVIRONMENT: Final = Environment(
    loader=FunctionLoader(asset),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_put_in,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page_policy(script: str) -> str:
    """What a page may load: what is inside it, media, and the one script inside it, known by its hash."""
    digest = base64.b64encode(bytes.fromhex(sha256_of(script.encode()))).decode("ascii")
    return (
        "default-src 'none'; img-src data:; media-src 'self' file:; style-src 'unsafe-inline'; "
        f"script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    )
