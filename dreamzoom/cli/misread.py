"""Options that there are not, and options that would take the next one for their value."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import click

_OF_CLIPS = ("guard", "loop", "music")  # tables that say nothing of a single picture


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
    """What to show for an option that there is not: how its key of the recipe is set, where it is one."""
    advice = _advice(error.option_name, error.ctx) if error.ctx else ""
    told = f"No such option {error.option_name!r}; did you mean {advice}?"
    return click.UsageError(told, error.ctx) if advice else error


def _advice(option: str, context: click.Context) -> str:
    """The option that sets the recipe's key of that name, or else --set; "" where there is no such key, or
    the command makes nothing by a recipe.
    """
    from dreamzoom.cli.options import KEYS
    from dreamzoom.recipe.schema import SETTINGS

    there = {name for each in context.command.get_params(context) for name in each.opts}
    if "--set" not in there:
        return ""
    by_name: dict[str, list[str]] = {}
    for key in SETTINGS:
        table, _, name = key.rpartition(".")
        if key != "clip.image" and ("--frames" in there or table not in _OF_CLIPS):
            by_name.setdefault(name, []).append(key)
    close = get_close_matches(option.lstrip("-").replace("-", "_"), by_name, n=1, cutoff=0.8)
    options = {key: f"--{name.replace('_', '-')}" for name, key in KEYS.items()}
    ways = [
        options[key] if options.get(key) in there else f"--set {key}=VALUE"
        for name in close
        for key in by_name[name]
    ]
    return " or ".join(dict.fromkeys(ways))
