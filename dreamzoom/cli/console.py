"""What a command shows and hears while it works: progress on stderr, and signals to stop.

render, resume, extend and fork share `run_to_the_end`, which does both.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, Protocol

import click

from dreamzoom.errors import DreamzoomWarning, Interrupted, printable, shell_word
from dreamzoom.io.progress import progress_writer

if TYPE_CHECKING:
    from rich.progress import TextColumn

    from dreamzoom.clip.folder import ClipFolder
    from dreamzoom.engines.base import Engine


_LINE_EVERY_S = 10.0


class Meter:
    """Counts work done, and tells rate and time left from what was done in this run."""

    def __init__(self, total: int) -> None:
        self.total = total
        self.done = 0
        self._worked = 0
        self._spent = 0.0  # seconds
        self._since = time.monotonic()

    def advance(self, count: int = 1, *, free: bool = False) -> None:
        """Count work done. `free` work was there before this run: it, and the time since what was counted
        before it, say nothing about the speed.
        """
        now = time.monotonic()
        self.done += count
        if not free:
            self._worked += count
            self._spent += now - self._since
        self._since = now

    @property
    def rate(self) -> float | None:
        """Work per second; None before there is any to tell by."""
        return self._worked / self._spent if self._worked and self._spent > 0 else None

    def describe(self, unit: str) -> str:
        """How far and how fast, such as "12/300 frames  1.4 frames/s  3:25 left"."""
        words = f"{self.done}/{self.total} {unit}s"
        if self.rate:
            words += f"  {_rate(self.rate, unit)}  {duration((self.total - self.done) / self.rate)} left"
        return words


class Advance(Protocol):
    """Counts work done, and shows it."""

    def __call__(self, count: int = 1, *, free: bool = False) -> None: ...


@contextlib.contextmanager
def progress(total: int, label: str | Callable[[], str], unit: str = "frame") -> Iterator[Advance]:
    """Show the progress of `total` units of work: a bar on a terminal, plain lines elsewhere; and tell it to
    whoever watches, see `dreamzoom.io.progress`.

    Args:
        label: what is worked at, or what tells it anew each time.
    """
    meter = Meter(total)
    name = label if callable(label) else lambda: label
    tell = progress_writer(meter, name, unit)
    with _bar(meter, name, unit) if sys.stderr.isatty() else _lines(meter, name, unit) as show:

        def advance(count: int = 1, *, free: bool = False) -> None:
            meter.advance(count, free=free)
            show()
            tell()

        yield advance


@contextlib.contextmanager
def _bar(meter: Meter, label: Callable[[], str], unit: str) -> Iterator[Callable[[], None]]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress

    columns = (plain_column("{task.description}"), BarColumn(), plain_column("{task.fields[words]}"))
    with Progress(*columns, console=Console(stderr=True), transient=False) as bar:
        task = bar.add_task(printable(label()), total=meter.total, words=meter.describe(unit))

        def show() -> None:
            words = meter.describe(unit)
            bar.update(task, description=printable(label()), completed=meter.done, words=words)

        yield show


def plain_column(text: str) -> TextColumn:
    """A column of a rich bar that shows names as they are: a clip may be called `[bold]`."""
    from rich.progress import TextColumn

    return TextColumn(text, markup=False)


@contextlib.contextmanager
def _lines(meter: Meter, label: Callable[[], str], unit: str) -> Iterator[Callable[[], None]]:
    shown = time.monotonic()

    def show() -> None:
        nonlocal shown
        now = time.monotonic()
        if now - shown >= _LINE_EVERY_S or meter.done == meter.total:
            shown = now
            say(f"{label()}: {meter.describe(unit)}")

    yield show


def counted(count: int, unit: str) -> str:
    """A number of things: "1 frame", "300 frames"."""
    return f"{count} {unit}" if count == 1 else f"{count} {unit}s"


def _rate(rate: float, unit: str) -> str:
    return f"{rate:.1f} {unit}s/s" if rate >= 1 else f"{1 / rate:.1f} s/{unit}"


def duration(seconds: float) -> str:
    """A time as people read it: "3:25", "1:02:03"."""
    minutes, seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


class Interruption:
    """Handles Ctrl-C and SIGTERM before work begins: it raises KeyboardInterrupt, and remembers.

    An import that it came upon may make another error of that, or go on.
    """

    def __init__(self) -> None:
        self.came = False

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """As a signal's handler."""
        self.came = True
        raise KeyboardInterrupt


@contextlib.contextmanager
def stoppable(farewell: str) -> Iterator[Callable[[], None]]:
    """Yield a check that raises `Interrupted` with `farewell` once Ctrl-C or SIGTERM has come.

    A second one ends the process where it stands; what is on disk is whole by construction.
    """
    requested = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if requested.is_set():
            os._exit(128 + number)
        requested.set()
        click.echo(file=sys.stderr)  # after the ^C that a terminal shows
        say("stopping; once more to stop at once")

    def check() -> None:
        if requested.is_set():
            raise Interrupted(farewell)

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    if any(isinstance(handler, Interruption) and handler.came for handler in before.values()):
        requested.set()
    try:
        yield check
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run_to_the_end(clip: ClipFolder, engine: Engine, *, redo: bool = False) -> None:
    """Render what the clip lacks, and say where the video is. The caller holds the clip's lock.

    Args:
        redo: frames that no longer follow from one before them may be rendered again.
    """
    from dreamzoom.render.loop import render
    from dreamzoom.render.store import Reporter

    total = clip.recipe.clip.frames
    farewell = f"stopped; go on with: {resume_command(clip.path)}"
    work = WorkName(str(clip.path))
    with stoppable(farewell) as check, progress(total, work.describe) as advance:
        render(
            clip,
            engine,
            Reporter(
                on_kept=lambda frame: advance(free=True),
                on_stored=lambda entry: work.count(advance),
                on_message=say,
                on_step=check,
                on_dream=work.teller(advance),
            ),
            redo=redo,
        )
    say(f"{clip.video_path}: {counted(total, 'frame')}")
    if clip.recipe.loop.is_closed:
        rounds = "song" if clip.recipe.music.song else "8"
        say(f"over and over: dreamzoom stitch {shell_word(str(clip.path))} --rounds {rounds} -o FILE")


class WorkName:
    """What of a clip is made at the moment: its frames, or before them the picture of a loop."""

    def __init__(self, name: str) -> None:
        """Begin with a clip's frames.

        Args:
            name: what the clip is called.
        """
        self._name, self._dream = name, ""

    def describe(self) -> str:
        """That in words, such as "endless, dream 3 of 16 of its picture"."""
        return f"{self._name}{self._dream}"

    def teller(self, advance: Advance) -> Callable[[int, int, float], None]:
        """What is to be called before every step of a loop's picture; no frame takes that time."""

        def tell(number: int, count: int, share: float) -> None:
            self._dream = f", dream {number} of {count} of its picture"
            advance(0, free=True)

        return tell

    def count(self, advance: Advance) -> None:
        """Count a frame."""
        self._dream = ""
        advance()


def align_columns(rows: Sequence[Sequence[str]]) -> str:
    """Rows of text as columns, two spaces apart."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def adopt_command(folder: Path, frame: int) -> str:
    """The command that goes on from a frame that a person retouched, ready to be pasted."""
    return f"dreamzoom adopt {shell_word(str(folder))} --frame {frame}"


def resume_command(folder: Path) -> str:
    """The command that goes on with a clip, ready to be pasted."""
    return f"dreamzoom resume {shell_word(str(folder))}"


@contextlib.contextmanager
def warnings_told() -> Iterator[None]:
    """Within it, what `errors.warn` is given is a line on stderr, each text once."""
    told: set[str] = set()

    def show(message: Warning | str, category: type[Warning], *rest: Any, **more: Any) -> None:
        text = " ".join(str(message).split())
        if not issubclass(category, DreamzoomWarning):
            usual(message, category, *rest, **more)
        elif text not in told:
            told.add(text)
            say(f"dreamzoom: warning: {text}")

    with warnings.catch_warnings():
        usual = warnings.showwarning
        warnings.simplefilter("always", DreamzoomWarning)
        warnings.showwarning = show
        yield


def say(message: str) -> None:
    """Tell a person something: a line on stderr, whatever the message holds."""
    click.echo(printable(message), file=sys.stderr)


def answer(text: str) -> None:
    """Print what was asked for on stdout; its lines stay lines, and nothing in it steers a terminal."""
    click.echo(printable(text.replace("\r\n", "\n"), "\n\t"), file=sys.stdout)


def answer_with_swatches(rows: Iterable[tuple[Sequence[tuple[str, int]], str]]) -> None:
    """Print what was asked for on a terminal, each line with a bar of colours before its text, as far as the
    terminal has colours and the person wants any (`NO_COLOR`).

    Args:
        rows: each a bar, of colours such as "#14163a" and how many blanks wide they are, and its text.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    has_colours = console.color_system is not None and not console.no_color
    for bar, text in rows:
        line = Text("")
        for colour, width in bar if has_colours else ():
            line.append(" " * width, f"on {colour}")
        console.print(line.append(f"{'  ' if has_colours else ''}{printable(text)}"), soft_wrap=True)
