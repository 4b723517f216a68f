"""`dreamzoom render`."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence, Sized
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dreamzoom.cli.cluster import cluster_options, make_clips
from dreamzoom.cli.given import given_fragments, keeps_frames, warn_of_unused
from dreamzoom.cli.help import HeadedCommand
from dreamzoom.cli.loading import load_torch
from dreamzoom.cli.options import clip_options, song_options
from dreamzoom.cli.targets import NamedFolder, SourceName
from dreamzoom.errors import DreamzoomError, Interrupted, about, shell_word

if TYPE_CHECKING:
    from dreamzoom.clip.folder import ClipFolder
    from dreamzoom.engines.base import Engine
    from dreamzoom.recipe.schema import Recipe


def _one_image(context: click.Context, _parameter: click.Parameter, words: tuple[str, ...]) -> str | None:
    """The picture that is named, if any. Refuses several, which ask for something else."""
    if len(words) < 2:
        return words[0] if words else None
    named = ", ".join(map(shell_word, words))
    raise click.UsageError(
        f"a clip begins with one picture, and this names {named}. Several pictures make a film (see "
        "`dreamzoom film --help`), the clip's folder goes to -o, a song to --audio, and --set wants "
        "KEY=VALUE as one word",
        context,
    )


@click.command(cls=HeadedCommand)
@click.argument("image", metavar="[IMAGE]", nargs=-1, type=SourceName(), callback=_one_image)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=NamedFolder(),
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
@cluster_options
@song_options
def render(
    image: str | None,
    *,
    out: Path,
    draft: bool,
    cluster: str | None,
    any_machine: bool,
    presets: tuple[str, ...],
    overrides: tuple[str, ...],
    **values: str | None,
) -> None:
    """Dream a zoom video from IMAGE: a file, a URL, or a generated picture (clouds, hills, marble, nebula,
    noise, grey).

    Frames, journal and video go to a folder. The same command again goes on where the last one was
    stopped, whatever stopped it. Ctrl-C stops within a frame.

    A draft costs a quarter or less, and shows at each moment what the clip will show.

    With a song the clip goes to its end; with --frames too it is a part of it, from --start on.

    Several --preset make a clip each, in folders of DIR that have their names: all begin, which tells what is
    wrong with any of them, and then they are made one after the other; with --cluster many machines make
    them.

    With --loop the zoom never ends: the last frame leads into the first. The frames are one round, whatever
    song there is; `stitch --rounds` plays it over and over, under the whole song too.
    """
    home = Path(f"{out}-draft") if draft else out
    folders = _folders(presets, home)
    if cluster is not None and len(folders) == 1:
        raise click.UsageError("--cluster is for several clips: give --preset several times")
    planned: dict[Path, Recipe] = {}
    for preset, folder in folders.items():
        with _named(preset, folders):
            planned[folder] = _plan(image, folder, preset, overrides, values, is_draft=draft)
    if len(folders) == 1:
        _render_clip(planned[home], home)
        return
    frames: dict[Path, int] = {}
    for preset, folder in folders.items():  # all begin first: what is wrong with one is told before any work
        with _named(preset, folders):
            frames[folder] = _begin_clip(planned[folder], folder)
    _require_space(home, frames)
    if cluster is not None:
        make_clips(cluster, home, frames, any_machine=any_machine)
        return
    for preset, folder in folders.items():
        with _named(preset, folders):
            _render_clip(planned[folder], folder)


@contextlib.contextmanager
def _named(preset: str, presets: Sized) -> Iterator[None]:
    """Have errors tell which of several recipes they are about, and how all of them go on."""
    try:
        yield
    except DreamzoomError as error:
        if len(presets) == 1:
            raise
        if isinstance(error, Interrupted):
            raise Interrupted("stopped; the same command again goes on with all of them") from error
        raise about(f"--preset {shell_word(preset)}", error) from error


def _folders(presets: Sequence[str], out: Path) -> dict[str, Path]:
    """The folder of each preset's clip: of several, one in `out` that has its name."""
    if len(presets) == 1:
        return {presets[0]: out}
    folders = {preset: out / Path(preset).stem for preset in presets}
    if len({*folders.values()}) < len(presets):
        raise click.UsageError("--preset: each of several needs a name of its own, for its clip's folder")
    return folders


def _plan(
    image: str | None,
    out: Path,
    preset: str,
    overrides: tuple[str, ...],
    values: dict[str, str | None],
    *,
    is_draft: bool,
) -> Recipe:
    """A clip's recipe, its song heard; nothing is written."""
    from dreamzoom.cli.console import say
    from dreamzoom.clip.place import require_free
    from dreamzoom.recipe.build import build_recipe

    parts = given_fragments(preset, overrides, values, image)
    recipe, is_part = build_recipe(*parts), keeps_frames(parts)
    warn_of_unused(recipe, parts, preset)

    from dreamzoom.render.song import listen

    require_free(out)  # before a song is listened to
    recipe = listen(recipe, out, say, keep_frames=is_part)
    if not is_draft:
        return recipe
    from dreamzoom.recipe.draft import make_draft

    return make_draft(recipe)


def _render_clip(recipe: Recipe, out: Path) -> None:
    """Begin the clip, or go on with it where its folder holds one of this recipe."""
    from dreamzoom.cli.console import run_to_the_end

    with _begun(recipe, out) as (clip, engine):
        run_to_the_end(clip, engine)


def _begin_clip(recipe: Recipe, out: Path) -> int:
    """Begin the clip, or see that its folder holds one of this recipe; how many frames it has."""
    with _begun(recipe, out) as (clip, _):
        return clip.recipe.clip.frames


def _require_space(home: Path, clips: Iterable[Path]) -> None:
    """See that the disk has room for what all of several clips lack, before the first of them is made."""
    from dreamzoom.clip.folder import open_clip
    from dreamzoom.render.space import require_space

    require_space(home, [open_clip(path) for path in clips])


@contextlib.contextmanager
def _begun(recipe: Recipe, out: Path) -> Iterator[tuple[ClipFolder, Engine]]:
    """A clip that has begun, with its lock held, and what computes it."""
    load_torch()
    from dreamzoom._version import __version__
    from dreamzoom.clip.folder import create_clip, has_clip
    from dreamzoom.clip.place import beginning
    from dreamzoom.clip.relocate import keep_place
    from dreamzoom.clip.vouch import require_unchanged
    from dreamzoom.render.preparation import prepare
    from dreamzoom.render.space import require_disk

    with beginning(out):
        prepared = prepare(recipe, out)
        model = prepared.engine.model
        if not has_clip(out):
            require_disk(out, prepared.recipe, prepared.recipe.clip.frames)
        clip = create_clip(out, prepared.recipe, __version__, model.sha256, prepared.ingredients)
        require_unchanged(clip)
        yield keep_place(clip, prepared.recipe.model.name), prepared.engine
