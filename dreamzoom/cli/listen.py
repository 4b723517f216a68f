"""`dreamzoom listen`."""

from __future__ import annotations

import json
import shutil
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dreamzoom.cli.console import align_columns, answer, progress, say
from dreamzoom.cli.given import option_fragments
from dreamzoom.cli.targets import NamedPath, WritingCommand, require_folder, require_writable
from dreamzoom.errors import RequestError, StorageError, warn

if TYPE_CHECKING:
    from dreamzoom.recipe.schema import Recipe
    from dreamzoom.tracks.music import Music
    from dreamzoom.video.sound import Sound

_PICTURES = (".png", ".svg")
_PAGES = (".html", ".htm")
_LONG = 60  # seconds of a song that takes long to hear


@click.command(cls=WritingCommand)
@click.argument("song", metavar="SONG", type=NamedPath())
@click.option(
    "-o",
    "--out",
    metavar="FILE",
    type=NamedPath(),
    help="Draw a page (.html), or a .png or .svg picture.",
)
@click.option("--clicks", metavar="FILE", type=NamedPath(), help="Write a .wav: the song and a click a beat.")
@click.option("--json", "as_json", is_flag=True, help="Print all of it as JSON.")
@click.option("--tempo", metavar="BPM", help="About how many beats a minute it has.  [default: finds out]")
@click.option("--beats-per-bar", metavar="N", help="How many beats a bar has.  [default: finds 3 or 4]")
@click.option("--shift", metavar="N", help="Let bars begin N beats later, or earlier.  [default: 0]")
@click.option("--map", metavar="FILE|none", help="The beat map that rules.  [default: the one beside SONG]")
@click.option(
    "--write/--no-write",
    default=None,
    help="Write SONG.beats.txt, over what is there; or do not.  [default: where there is none]",
)
@click.option("-y", "--force", is_flag=True, help="Overwrite --out and --clicks if they exist.")
def listen(
    song: Path,
    *,
    out: Path | None,
    clicks: Path | None,
    as_json: bool,
    write: bool | None,
    force: bool,
    **values: str | None,
) -> None:
    """Show what is heard of SONG: its tempo, beats, bars, sections and signals.

    It is written beside the song as a beat map, SONG.beats.txt: text that you may edit, in any editor or as
    labels in Audacity. From then on the map is what rules.
    """
    from dreamzoom.audio.beatmap import map_beside
    from dreamzoom.recipe.build import Fragment, build_recipe
    from dreamzoom.render.song import find_map
    from dreamzoom.video.sound import read_sound

    for target, kinds in ((out, (*_PICTURES, *_PAGES)), (clicks, (".wav",))):
        _require_target(target, kinds, song, force=force)
    named = Fragment("SONG", {"music": {"song": str(song)}})
    recipe = build_recipe(named, *option_fragments(values))
    given = find_map(recipe.music, song)
    sound = read_sound(song)
    music = _hear(sound, recipe, given)
    if as_json:
        answer(json.dumps(_as_json(sound, music, given)))
    else:
        _show(sound, music, given)
    if write or (write is None and given is None):
        _write_map(map_beside(song), sound, music, anew=write is True)
    if out is not None:
        _draw(out, sound, music, given)
    if clicks is not None:
        _write_clicks(clicks, sound, music)


def _require_target(target: Path | None, kinds: tuple[str, ...], song: Path, *, force: bool) -> None:
    if target is None:
        return
    if target.suffix.lower() not in kinds:
        raise RequestError(f"{target}: must be a {' or '.join(kinds)} file")
    if target.exists() and song.exists() and target.samefile(song):
        raise RequestError(f"{target} is the song itself: name another file")
    require_folder(target)
    require_writable(target, force=force)


def _hear(sound: Sound, recipe: Recipe, given: Path | None) -> Music:
    """What is heard of a song; of a long one how far that is, is shown."""
    from dreamzoom.audio.decode import sections_of
    from dreamzoom.render.song import hear_song

    if sound.duration < _LONG:
        return hear_song(sound, recipe, given)
    with progress(sections_of(sound), str(sound.path), "part") as advance:
        return hear_song(sound, recipe, given, on_section=advance)


def _show(sound: Sound, music: Music, given: Path | None) -> None:
    from dreamzoom.plot.song import draw_song_text
    from dreamzoom.plot.terminal import to_ascii

    lines = [f"{name:<9}{value}" for name, value in _facts(sound, music, given)]
    rows = _section_rows(music)
    if rows:
        heading = ("section", "from", "to", "bars")
        lines += ["", *align_columns([heading, *rows]).splitlines()]
    text = "\n".join(
        [*lines, "", draw_song_text(music, float(sound.duration), shutil.get_terminal_size().columns)]
    )
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        text = to_ascii(text)
    answer(text)


def _facts(sound: Sound, music: Music, given: Path | None) -> list[tuple[str, str]]:
    """What there is to say of a song in a few words each."""
    from dreamzoom.audio.correct import beats_in_bars
    from dreamzoom.audio.words import certainty_in_words, tempo_in_words
    from dreamzoom.plot.song import clock

    facts = [("song", str(sound.path)), ("length", clock(float(sound.duration), 1))]
    if music.beats:
        words = certainty_in_words(music) if given is None else ""
        sure = f" ({words})" if words else ""
        metre = beats_in_bars(music)
        facts.append(("tempo", f"{tempo_in_words(music.beats)}{sure}"))
        facts.append(("beats", f"{len(music.beats)}, the first at {clock(music.beats[0], 2)}"))
        facts.append(("bars", f"{len(music.bars)} of {metre} beats" if metre else "none"))
    else:
        facts.append(("beats", "none were found; if it has a tempo, say it with --tempo"))
    facts.append(("map", "none: this is what was heard" if given is None else f"{given} rules"))
    return facts


def _section_rows(music: Music) -> list[tuple[str, str, str, str]]:
    from dreamzoom.audio.words import bars_between
    from dreamzoom.plot.song import clock

    return [
        (each.label, clock(each.start, 1), clock(each.end, 1), bars_between(music, each.start, each.end))
        for each in music.sections
    ]


def _as_json(sound: Sound, music: Music, given: Path | None) -> dict[str, Any]:
    from dreamzoom.audio.correct import beats_in_bars
    from dreamzoom.audio.words import usual_tempo

    return {
        "song": str(sound.path),
        "seconds": float(sound.duration),
        "map": None if given is None else str(given),
        "tempo": usual_tempo(music.beats) if music.beats else None,
        "clarity": music.clarity,
        "beats_per_bar": beats_in_bars(music) or None,
        "beats": list(music.beats),
        "bars": list(music.bars),
        "sections": [{"label": each.label, "start": each.start, "end": each.end} for each in music.sections],
        "rate": music.rate,
        "signals": {name: list(signal) for name, signal in music.signals.items()},
    }


def _write_map(target: Path, sound: Sound, music: Music, *, anew: bool) -> None:
    """Write what was heard as a beat map; where that cannot be, a person who did not ask for it is told."""
    from dreamzoom.audio.beatmap import write_map
    from dreamzoom.io.files import write_atomically

    if not music.beats and not music.sections:
        say(f"no beat and no section was found, so that no {target.name} was written")
        return
    try:
        require_writable(target, force=False, may_replace=anew)
        write_atomically(target, write_map(music, float(sound.duration)))
    except (RequestError, StorageError) as error:
        if anew:
            raise
        warn(f"the beat map was not written: {error}")
        return
    say(f"wrote {target}: edit it, and it rules; `dreamzoom guide music` says how")


def _draw(out: Path, sound: Sound, music: Music, given: Path | None) -> None:
    from dreamzoom.io.files import write_atomically
    from dreamzoom.plot.charts import to_png, to_svg
    from dreamzoom.plot.song import draw_song
    from dreamzoom.report.song import SongReport, write_song_page

    facts, seconds = _facts(sound, music, given), float(sound.duration)
    if out.suffix.lower() in _PAGES:
        rows, now = tuple(_section_rows(music)), datetime.now().astimezone()
        report = SongReport(sound.path, seconds, music, tuple(facts[1:]), rows, now)
        write_atomically(out, write_song_page(report, out).encode())
    else:
        told = ", ".join(value for name, value in facts if name in ("length", "tempo"))
        drawing = draw_song(music, seconds, sound.path.name, told)
        write_atomically(out, to_png(drawing) if out.suffix.lower() == ".png" else to_svg(drawing).encode())
    say(f"drew {out}")


def _write_clicks(clicks: Path, sound: Sound, music: Music) -> None:
    from dreamzoom.audio.clicks import write_clicks

    if not music.beats:
        warn("there are no beats, so that the song is written without clicks")
    write_clicks(sound, music, clicks)
    say(f"wrote {clicks}")
