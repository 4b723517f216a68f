"""A directed film as the text of its storyboard: to be read, edited, and read back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from pathlib import PurePath
from typing import Final

from dreamzoom.audio.words import bars_between, beats_in_words
from dreamzoom.errors import RecipeError, printable, warn
from dreamzoom.film.board.times import FilmTime, start_of
from dreamzoom.film.director.choices import DirectedScene, direct_scenes
from dreamzoom.film.director.parts import CALM
from dreamzoom.film.plan import CUT, DREAM
from dreamzoom.io.toml import format_value
from dreamzoom.plot.song import clock
from dreamzoom.tracks.base import Clock
from dreamzoom.tracks.music import Music

_RISE: Final = 1.0  # seconds out of black
_SHORTEST_FALL, _LONGEST_FALL = 1.5, 8.0  # seconds into black
_QUIET: Final = 0.3  # of a song's mean loudness, below which it has as good as ended


def direct(
    pictures: Sequence[str],
    song: str = "",
    music: Music | None = None,
    seconds: float = 0.0,
    film: Mapping[str, object] | None = None,
) -> str:
    """The storyboard of a film of some pictures and a song, as a text to be edited.

    A person is warned of pictures for which there is no room.

    Args:
        pictures: at least one: files, URLs or generators, as the storyboard is to name them.
        song: as the storyboard is to name it; "" for none.
        music: what was heard of the whole song.
        seconds: how long the song is.
        film: keys of the table [film] beside those that are chosen here, as they stand in a file: `seed`,
            by which a look is chosen where several would do, `size`, `fps`, `title`.
    """
    keys = dict(film or {})
    seed = keys.get("seed", 0)
    scenes = direct_scenes(pictures, music, seconds if song else 0.0, seed if isinstance(seed, int) else 0)
    unused = len(dict.fromkeys(pictures)) - len({scene.picture for scene in scenes} - {""})
    if unused:
        warn(f"the film has no room for {unused} of {len(pictures)} pictures: scenes would be too short")
    lines = [*_heading(pictures, song, music, seconds), "", *_film(keys, song, music, scenes)]
    if song:
        lines += ["", "[soundtrack]", f"song = {format_value(song)}"]
    for number, scene in enumerate(scenes):
        before = scenes[number - 1] if number else None
        lines += ["", *_scene(scene, before, music, is_last=number + 1 == len(scenes), has_song=bool(song))]
    return "\n".join([*lines, "", *_more(), ""])


def _heading(pictures: Sequence[str], song: str, music: Music | None, seconds: float) -> Iterator[str]:
    what = "a picture" if len(pictures) == 1 else f"{len(pictures)} pictures"
    name = printable(PurePath(song).name) if song else ""
    yield f"# A film of {what}" + (f" to {name}, {clock(seconds, 1)}" if song else "")
    if music is not None and music.beats:
        yield f"# Heard: {printable(beats_in_words(music))}"
    elif song:
        yield "# No beat was heard of it: scenes go by time. If it has one, see: dreamzoom listen"
    yield "# Change what you like. When the film is made again, the scenes that are as they were are kept."
    yield '# A start is "chorus 2", "chorus + 2 bars", "bar 17", "1:02.5" or 12.5; a length "8 bars" or 12.5.'
    yield "# All that may stand here: dreamzoom guide film"


def _film(
    keys: Mapping[str, object], song: str, music: Music | None, scenes: Sequence[DirectedScene]
) -> Iterator[str]:
    title = {"title": PurePath(song).stem.replace("_", " ")} if song else {}
    rises = {} if scenes[0].part.pace != CALM and music is not None else {"fade_in": _RISE}
    chosen = {**title, **rises, "fade_out": _fall(music, scenes[-1].end - scenes[-1].start, scenes[-1].end)}
    yield "[film]"
    yield from (f"{key} = {format_value(value)}" for key, value in {**chosen, **keys}.items())


def _fall(music: Music | None, last: float, end: float) -> float:
    """How long the picture takes into black, in seconds: as long as the song takes to end."""
    tail = 0.0
    if music is not None:
        values = music.signals["loudness"]
        quiet = _QUIET * sum(values) / max(len(values), 1)
        loud = next((place for place in range(len(values) - 1, -1, -1) if values[place] > quiet), 0)
        tail = end - loud / music.rate
    return round(min(max(tail, _SHORTEST_FALL), _LONGEST_FALL, last / 2), 2)


def _scene(
    scene: DirectedScene, before: DirectedScene | None, music: Music | None, *, is_last: bool, has_song: bool
) -> Iterator[str]:
    """A scene, after a line that says where it is and why it is as it is."""
    yield f"# {_why(scene, before, music, has_song=has_song)}"
    yield "[[scene]]"
    if scene.part.name:
        name = printable(scene.part.name) + (f", {scene.number + 1}" if scene.number else "")
        yield f"name = {format_value(name)}"
    if scene.picture:
        yield f"image = {format_value(scene.picture)}"
    yield f"preset = {format_value(scene.look)}"
    if scene.again:
        yield f"seed = {scene.again}    # not the same dream again"
    if has_song and before is not None:
        yield f"start = {format_value(_start(scene, music))}"
    if not has_song:
        yield f"length = {scene.end - scene.start:g}"
    if scene.transition == DREAM:
        if scene.picture:
            yield f'transition = "{DREAM}"'
        yield f"over = {format_value(_over(scene))}"
    if scene.zoom:
        yield f"camera.zoom = {format_value(scene.zoom)}"


def _why(scene: DirectedScene, before: DirectedScene | None, music: Music | None, *, has_song: bool) -> str:
    words = [f"{clock(scene.start, 1)} to {clock(scene.end, 1)}"]
    if scene.part.name:
        words.insert(0, printable(scene.part.name) + (" goes on" if scene.number else ""))
    if music is not None and (bars := bars_between(music, scene.start, scene.end)):
        words.append(f"{bars} bar{'' if bars == '1' else 's'}")
    if music is not None:
        words.append(f"{scene.part.pace} (loudness {scene.part.loudness:.2f})")
    if before is not None and has_song and scene.transition == CUT:
        words.append("a cut")
    elif before is not None:
        words.append("the next picture is dreamed through" if scene.picture else "the dream goes on")
    return ", ".join(words)


def _start(scene: DirectedScene, music: Music | None) -> object:
    """When a scene begins, so that it goes with the song if a person corrects what was heard of it."""
    choices = [] if scene.number or not scene.part.name else [scene.part.name]
    choices += [] if scene.bar is None else [f"bar {scene.bar + 1}"]
    for text in choices:
        if music is not None and _is_at(text, scene.start, music):
            return text
    return round(scene.start, 2)


def _is_at(text: str, seconds: float, music: Music) -> bool:
    """Whether a text is read as a moment of the song, to the hundredth of a second."""
    try:
        time = FilmTime(default=0, help="").parse(text)
        return abs(float(start_of(time, Clock(Fraction(1), 1, music))) - seconds) < 0.005
    except RecipeError:
        return False


def _over(scene: DirectedScene) -> object:
    if not scene.over_bars:
        return round(scene.over, 2)
    return f"{scene.over_bars} bar{'' if scene.over_bars == 1 else 's'}"


def _more() -> Iterator[str]:
    """What a person may want to add, as comments."""
    yield "# [[title]]"
    yield '# text = "Your name"'
    yield "# start = 2"
    yield "# length = 4"
    yield "#"
    yield "# [lyrics]"
    yield '# file = "song.lrc"'
