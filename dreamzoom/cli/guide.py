"""`dreamzoom guide`: the pages of `dreamzoom/guide`, drawn on a terminal and plain Markdown elsewhere."""

from __future__ import annotations

import re
import shutil
import sys
from pathlib import Path

import click

from dreamzoom.cli.console import answer
from dreamzoom.errors import RequestError, nearest

PAGES = {
    "start": "Install it, render a first clip, and see what a clip is.",
    "pictures": "Dream pictures: one, a folder, a pipe; formats, models, layers, engines, Docker.",
    "goals": "What a dream climbs: layers, channels, classes, looks, and several at once.",
    "atlas": "See what every layer, channel or class of a network makes of a picture.",
    "looks": "The presets, and how to write a look of your own.",
    "colour": "Palettes, a picture's colours, and colours that travel.",
    "regions": "Only the sky, only the letters of a word: parts of a picture that dream otherwise.",
    "motion": "Zoom, turn, pan and fade over time: numbers, keyframes, expressions.",
    "loops": "A zoom without end: its last frame leads into its first.",
    "music": "Cut a clip to a song: beats, bars, and how it sounds.",
    "film": "A music video of scenes, a song and words: what a storyboard says.",
    "resuming": "Stop, go on, check, mend, retouch, lengthen, fork and report a clip.",
    "deliver": "The file that YouTube, an editor or a browser wants of a clip.",
    "studio": "A page in the browser: watch a folder of clips grow, direct takes, make films.",
    "farm": "Films, clips and pictures on many machines: Dask, SLURM, Flamenco, OpenJD.",
    "python": "Dreams from Python, with steps and objectives of your own.",
    "coming-from": "What you typed in other DeepDreams, and what you type here.",
    "recipe": "Every key of a recipe: its default, its limits, what it does.",
    "working-on-it": "The map of the code, how to test it, and where new things go.",
}
"""Every page, and its line in the list."""

_FOLDER = Path(__file__).parents[1] / "guide"
_WIDEST = 100  # columns; longer lines are hard to read

_PICTURE = re.compile(r"<img[^>]*>(?:<br>)?|!\[[^\]]*\]\([^)]*\)(?:<br>)?")
_LINK_TO_PAGE = re.compile(r"\[[^\]]*\]\(([a-z-]+)\.md\)")


@click.command()
@click.argument("page", required=False)
def guide(page: str | None) -> None:
    """Show a page of the guide, or list the pages there are.

    What goes to a file or a pipe is Markdown.
    """
    if page is None:
        width = max(map(len, PAGES))
        answer("\n".join(f"{name:{width}}  {line}" for name, line in PAGES.items()))
        return
    if page not in PAGES:
        hint = nearest(page, PAGES) or "; `dreamzoom guide` lists them"
        raise RequestError(f"the guide has no page {page!r}{hint}")
    text = (_FOLDER / f"{page}.md").read_text(encoding="utf-8")
    if sys.stdout.isatty() and (sys.stdout.encoding or "").lower().startswith("utf"):
        _show(draw_page(text))
    else:
        answer(text.rstrip())


def _show(drawn: str) -> None:
    """Print what fits on the terminal, and page what does not."""
    if drawn.count("\n") < shutil.get_terminal_size().lines:
        click.echo(drawn, nl=False)
    else:
        click.echo_via_pager(drawn)


def draw_page(text: str) -> str:
    """A page in colours; its pictures are left out, and links to other pages become commands."""
    from rich.console import Console
    from rich.markdown import Markdown
    from rich.theme import Theme

    text = _LINK_TO_PAGE.sub(r"`dreamzoom guide \1`", _PICTURE.sub("", text)).replace("```sh", "```text")
    width = min(_WIDEST, shutil.get_terminal_size().columns)
    console = Console(width=width, theme=Theme({"markdown.code": "cyan", "markdown.h2": "bold magenta"}))
    with console.capture() as capture:
        console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    return _without_gaps(capture.get())


def _without_gaps(drawn: str) -> str:
    """The text with one blank line where there are several."""
    lines: list[str] = []
    for line in drawn.splitlines():
        blank = not click.unstyle(line).strip()
        if not blank or (lines and lines[-1]):
            lines.append("" if blank else line)
    return "\n".join(lines) + "\n"
