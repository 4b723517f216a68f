"""`dreamzoom render`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.given import given_fragments, keeps_frames, warn_of_unused
from dreamzoom.cli.help import HeadedCommand
from dreamzoom.cli.options import clip_options, song_options
from dreamzoom.cli.targets import NamedPath

if TYPE_CHECKING:
    from dreamzoom.recipe.schema import Recipe


@click.command(cls=HeadedCommand)
@click.argument("image", required=False)
@click.option(
    "--out",
    metavar="DIR",
    type=NamedPath(),
    default=Path("dream"),
    show_default=True,
    help="The clip's folder.",
)
@click.option(
    "--draft",
    is_flag=True,
    help="The same journey small and at a third of the frames a second, in DIR-draft.",
)
@clip_options
@song_options
def render(
    image: str | None,
    *,
    out: Path,
    draft: bool,
    preset: str | None,
    overrides: tuple[str, ...],
    **values: str | None,
) -> None:
    """Dream a zoom video from IMAGE: a file, a URL, or a generated picture (clouds, hills, marble, nebula,
    noise, grey).

    Frames, journal and video go to a folder. The same command again goes on where the last one was
    stopped, whatever stopped it. Ctrl-C stops within a frame.

    A draft costs a quarter or less, and shows at each moment what the clip will show.

    With a song the clip goes to its end; with --frames too it is a part of it, from --start on.

    With --loop the zoom never ends: the last frame leads into the first. The frames are one round, whatever
    song there is; `stitch --rounds` plays it over and over, under the whole song too.
    """
    from dreamzoom.recipe.build import build_recipe

    parts = given_fragments(preset, overrides, values, image)
    recipe, is_part = build_recipe(*parts), keeps_frames(parts)
    warn_of_unused(recipe, parts, preset)

    from dreamzoom.cli.console import say
    from dreamzoom.clip.place import require_free
    from dreamzoom.render.song import listen

    if draft:
        out = Path(f"{out}-draft")
    require_free(out)  # before a song is listened to
    recipe = listen(recipe, out, say, keep_frames=is_part)
    if not draft:
        _render_clip(recipe, out)
        return
    from dreamzoom.recipe.draft import make_draft

    _render_clip(make_draft(recipe), out)


def _render_clip(recipe: Recipe, out: Path) -> None:
    """Begin the clip, or go on with it where its folder holds one of this recipe."""
    from dreamzoom._version import __version__
    from dreamzoom.cli.console import run_to_the_end
    from dreamzoom.clip.folder import create_clip, has_clip
    from dreamzoom.clip.place import beginning
    from dreamzoom.clip.relocate import keep_place
    from dreamzoom.clip.vouch import require_unchanged
    from dreamzoom.render.preparation import prepare, require_disk

    with beginning(out):
        prepared = prepare(recipe, out)
        model = prepared.engine.model
        if not has_clip(out):
            require_disk(out, prepared.recipe, prepared.recipe.clip.frames)
        clip = create_clip(out, prepared.recipe, __version__, model.sha256, prepared.ingredients)
        require_unchanged(clip)
        run_to_the_end(keep_place(clip, prepared.recipe.model.name), prepared.engine)
