"""A command's options under headings in its `--help`."""

from __future__ import annotations

from typing import Any

import click

USUAL = "Options"


class HeadedOption(click.Option):
    """An option that stands under a heading of its own in the help of a `HeadedCommand`."""

    def __init__(self, *names: Any, heading: str = USUAL, **settings: Any) -> None:
        super().__init__(*names, **settings)
        self.heading = heading


class HeadedCommand(click.Command):
    """A command whose help has its options under their headings: those without one first, then in order."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows: dict[str, list[tuple[str, str]]] = {USUAL: []}
        for option in self.get_params(ctx):
            row = option.get_help_record(ctx) if isinstance(option, click.Option) else None
            if row is not None:
                rows.setdefault(getattr(option, "heading", USUAL), []).append(row)
        for heading, group in rows.items():
            with formatter.section(heading):
                formatter.write_dl(group)
