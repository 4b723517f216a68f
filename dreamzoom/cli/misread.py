"""Options that there are not, and options that would take the next one for their value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from difflib import get_close_matches
from typing import Final

import click

_OF_CLIPS: Final = ("clip", "guard", "loop", "music")  # tables that say nothing of a single picture
_ALIKE: Final = 0.8  # of two names, one of them misspelt
_FEW: Final = 3  # commands


def require_values(command: click.Command, words: Sequence[str], context: click.Context) -> None:
    """See that no option takes the next one for its value, as `--loop --frames 24` would: 24 would then be a
    picture.

    Args:
        words: what is given to the command.
        context: of the command.

    Raises:
        click.UsageError: naming both.
    """
    options = [each for each in command.get_params(context) if isinstance(each, click.Option)]
    known = {name for option in options for name in (*option.opts, *option.secondary_opts)}
    wanting = {name: option for option in options if _needs_value(option) for name in option.opts}
    left = iter(words)
    for word in left:
        if word == "--":
            return
        option = wanting.get(word)
        if option is None:
            continue
        value = next(left, None)
        if value in known:
            metavar = option.make_metavar(context)
            raise click.UsageError(
                f"{word} wants a value, {metavar}, and has the option {value} after it", context
            )


def _needs_value(option: click.Option) -> bool:
    """Whether an option has one value that cannot be left out."""
    may_lack_it = isinstance(option.flag_value, str)
    return not (option.is_flag or option.count or may_lack_it) and option.nargs == 1


def explain(error: click.NoSuchOption) -> click.UsageError:
    """What to show for an option that there is not: where what it means is told, if that is known."""
    advice = _advice(error.option_name, error.ctx) if error.ctx else ""
    return click.UsageError(f"No such option {error.option_name!r}; {advice}", error.ctx) if advice else error


def _advice(option: str, context: click.Context) -> str:
    """How a recipe's key is set, that a storyboard tells of it, or which other commands have the option; ""
    for what nobody knows.
    """
    there, name = _names(context.command), option.lstrip("-").replace("-", "_")
    if near := there & {f"{option}s", option.removesuffix("s")}:
        return f"did you mean {min(near)}?"
    ways = _ways(name, there, 1.0) if "--set" in there else ()
    if not ways and context.info_name == "film" and name in _words_of_storyboards():
        return "a film's storyboard tells of that: see `dreamzoom guide film`"
    if not ways and (others := _others_with(option, context)):
        return f"{' and '.join(others)} {'have' if len(others) > 1 else 'has'} it"
    if not ways and "--set" in there:
        ways = _ways(name, there, _ALIKE)
    return f"did you mean {' or '.join(ways)}?" if ways else ""


def _ways(name: str, there: frozenset[str], alike: float) -> tuple[str, ...]:
    """How the recipe's keys of a name are set: each by its option, where the command has that, else by --set.

    Args:
        there: the command's options.
        alike: how much a key's name is like it; 1 is the same but for a plural.
    """
    from dreamzoom.cli.options import KEYS
    from dreamzoom.recipe.schema import SETTINGS

    by_name: dict[str, list[str]] = {}
    for key in SETTINGS:
        table, _, last = key.rpartition(".")
        if key != "clip.image" and ("--frames" in there or table not in _OF_CLIPS):
            by_name.setdefault(last, []).append(key)
    meant = [each for each in (name, f"{name}s", name.removesuffix("s")) if each in by_name][:1]
    meant = meant or (get_close_matches(name, by_name, n=1, cutoff=alike) if alike < 1 else [])
    options = {key: f"--{option.replace('_', '-')}" for option, key in KEYS.items()}
    ways = [
        options[key] if options.get(key) in there else f"--set {key}=VALUE"
        for last in meant
        for key in by_name[last]
    ]
    return tuple(dict.fromkeys(ways))


def _words_of_storyboards() -> frozenset[str]:
    """What a film's storyboard may tell: its tables, their keys, and those of its scenes' recipes."""
    from dreamzoom.film.board.storyboard import ROWS, TABLES
    from dreamzoom.recipe.schema import SETTINGS

    tables = {**TABLES, **ROWS}
    keys = [each.name for table in tables.values() for each in fields(table)]
    return frozenset([*tables, *keys, *(key.rpartition(".")[2] for key in SETTINGS), "set", "titles"])


def _others_with(option: str, context: click.Context) -> tuple[str, ...]:
    """The other commands that have an option, as they are typed; none where many have it."""
    group = context.parent.command if context.parent else None
    if not isinstance(group, click.Group):
        return ()
    commands = [(name, group.get_command(context, name)) for name in group.list_commands(context)]
    found = tuple(f"`dreamzoom {name}`" for name, each in commands if each and option in _names(each))
    return found if len(found) <= _FEW else ()


def _names(command: click.Command) -> frozenset[str]:
    return frozenset(name for each in command.params for name in each.opts)
