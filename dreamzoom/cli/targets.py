"""Files that a command is told to write: none of a person's is replaced unasked, and none of a clip's.

They are named with -o. Other programs take them as the last word: who writes that here is told.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from dreamzoom.cli.help import HeadedCommand
from dreamzoom.errors import RequestError, shell_word
from dreamzoom.io.files import at_home

_OF_FILMS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".gif")
_OF_PICTURES = (".png", ".jpg", ".jpeg", ".webp", ".tif", ".tiff", ".avif", ".bmp", ".heic")
_MOST_WORDS = 8  # of a command that is shown as it should be


class WritingCommand(HeadedCommand):
    """A command that writes what -o names, and says so to whoever names it without."""

    allow_extra_args = True  # they are refused all the same, in other words than click's

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse, as every command does.

        Raises:
            UsageError: there are more words than it takes, or -o is missing where it has to be.
        """
        given = tuple(args)  # click takes words away from its list
        try:
            extra = super().parse_args(ctx, args)
        except click.MissingParameter as error:
            if error.param is None or error.param.name != "out":
                raise
            extra = self.make_parser(ctx).parse_args([*given])[1]
            if not extra:
                ctx.fail(_fault_of_no_target(ctx, given))
        if extra and not ctx.resilient_parsing:
            ctx.fail(_fault_of_extra(ctx, given, extra))
        return extra


def _fault_of_extra(ctx: click.Context, given: Sequence[str], extra: Sequence[str]) -> str:
    """What to say of words that a command does not take, and how what it writes is named."""
    takes = [each for each in ctx.command.get_params(ctx) if isinstance(each, click.Argument)]
    names = " and ".join((each.metavar or str(each.name).upper()).strip("[]") for each in takes)
    first = ", ".join(map(shell_word, extra[:_MOST_WORDS]))
    many = "is one word" if len(extra) == 1 else f"are {len(extra)} words"
    fault = f"{ctx.info_name} takes one {names}, and {first} {many} more; what it writes is named with -o"
    if len(extra) > 1:
        return f"{fault}, and a name that has blanks stands in quotes"
    is_named = ctx.get_parameter_source("out") is ParameterSource.COMMANDLINE
    if is_named or len(given) > _MOST_WORDS or "--" in given:
        return fault
    words = [*ctx.command_path.split()[1:], *map(_as_typed, given)]
    last = len(words) - words[::-1].index(_as_typed(extra[0])) - 1
    return f"{fault}: {' '.join(['dreamzoom', *words[:last], '-o', *words[last:]])}"


def _fault_of_no_target(ctx: click.Context, given: Sequence[str]) -> str:
    """What to say where it is not told what to write."""
    fault = f"what {ctx.info_name} writes has to be named with -o"
    if len(given) > _MOST_WORDS or "--" in given:
        return fault
    words = ["dreamzoom", *ctx.command_path.split()[1:], *map(_as_typed, given), "-o", "NAME"]
    return f"{fault}: {' '.join(words)}"


def _as_typed(word: str) -> str:
    """A word of a command as it can be pasted, an option's or another one."""
    rest = word.lstrip("-")
    return word[: len(word) - len(rest)] + (shell_word(rest) if rest else "")


def require_no_target(command: str, sources: Sequence[str]) -> None:
    """Refuse a last one of several pictures that is none, but to be written, for it has no option.

    Raises:
        UsageError: saying how it is named.
    """
    from dreamzoom.pictures.generate import GENERATORS

    last = sources[-1]
    if len(sources) < 2 or "://" in last or last in (*GENERATORS, "-") or os.path.lexists(last):
        return
    *before, name = map(shell_word, sources)
    fault = f"there is no picture {name}; what is to be written is named with -o"
    if len(sources) > _MOST_WORDS:
        raise click.UsageError(fault)
    raise click.UsageError(f"{fault}: dreamzoom {command} {' '.join(before)} -o {name}")


class NamedPath(click.Path):
    """A path that has a name: an empty word, which a shell makes of a variable that is not set, is none."""

    def __init__(self) -> None:
        """A path of a file or folder that may exist."""
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path, a leading ~ as the person's home. Refuses an empty word."""
        if not str(value).strip():
            self.fail("is empty: name a place, such as . for this folder", param, ctx)
        return Path(at_home(str(value)))


class SourceName(click.types.StringParamType):
    """A picture, preset or other source by its name, path or address; a leading ~ is the person's home."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The name."""
        return at_home(str(super().convert(value, param, ctx)))


class NamedFolder(NamedPath):
    """A folder that is made where it is not there. What is called like a film or a picture would hardly be
    meant to be one, and is refused.
    """

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """The path. Refuses an empty word, and a file's name."""
        path = super().convert(value, param, ctx)
        if fault := fault_of_folder(path):
            self.fail(fault, param, ctx)
        return path


def fault_of_folder(path: Path) -> str:
    """What is wrong with a folder's name where it is a file's; "" for nothing."""
    if path.suffix.lower() not in (*_OF_FILMS, *_OF_PICTURES) or path.exists():
        return ""
    return f"{path} is called like a file, and is to be a folder: name one, such as {path.with_suffix('')}"


def require_folder(target: Path) -> None:
    """See that there is a folder that a file can lie in, before the work. Raises a RequestError."""
    if not target.absolute().parent.is_dir():
        raise RequestError(f"{target}: there is no folder {target.parent}: make it, or name another")


def require_named(word: str | None, option: str) -> None:
    """Raise a UsageError where an option was given an empty word."""
    if word is not None and not word.strip():
        raise click.UsageError(f"{option} is empty: name a place, such as . for this folder")


def require_writable(
    target: Path,
    *,
    force: bool,
    source: Path | None = None,
    may_replace: bool = False,
    may_join_clip: bool = False,
) -> None:
    """See that nothing is lost when a file is written.

    Args:
        force: a person insists.
        source: what the file is made from.
        may_replace: the name is one that dreamzoom itself gives to what it makes: an older one is replaced.
        may_join_clip: the file may lie in a clip's folder, under a name that the clip itself does not use.

    Raises:
        RequestError: the target is its own source, exists, or lies in a clip.
    """
    if target.is_dir():
        raise RequestError(f"{target} is a folder: name a file")
    if force:
        return
    if source is not None and target.exists() and source.exists() and target.samefile(source):
        raise RequestError(f"{target} is what is read: name another file, or overwrite it with --force")
    if target.exists() and not may_replace:
        raise RequestError(f"{target} exists: name another file, or overwrite it with --force")
    from dreamzoom.clip.place import clip_around, is_clips_own

    clip = clip_around(target)
    if clip is not None and not (may_join_clip and not is_clips_own(target)):
        raise RequestError(f"{target} lies in the clip {clip}: name a file elsewhere, or insist with --force")
