"""A page about a film: its timeline against the song's bars, and a strip of pictures for each scene."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image

from dreamzoom._version import __version__
from dreamzoom.clip.music import read_music
from dreamzoom.clip.reading import is_there
from dreamzoom.errors import ClipError, PictureError
from dreamzoom.film.editing import EditList, Shot
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.note import require_edits
from dreamzoom.film.plan import CUT, DREAM
from dreamzoom.film.status import SceneStatus, film_status
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.plot.song import clock, time_ticks
from dreamzoom.report.contact import JpegPicture, Tile, make_jpeg
from dreamzoom.report.template import address_from, asset, fill_template
from dreamzoom.tracks.music import Music, take_part

_MOST_TILES: Final = 240  # of all scenes together
_TILES: Final = (1, 6)  # of a scene, at least and at most
_WIDE: Final = 360  # pixels of a tile
_MOST_TICKS: Final = 12


@dataclass(frozen=True)
class _Block:
    """A stretch of the timeline: what it is called, where it is in percent, and where its name leads."""

    name: str
    title: str
    left: str
    width: str
    over: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class _SceneRows:
    """A scene as the page shows it."""

    name: str
    anchor: str
    state: str
    about: str
    report: str
    tiles: list[Tile]


def count_tiles(film: FilmFolder) -> int:
    """How many pictures a film's page has, at most. Raises a ClipError."""
    edits = require_edits(film)
    return len(edits.shots) * _tiles_of_each(edits)


def write_film_page(
    film: FilmFolder, page: Path, made: datetime, on_tile: Callable[[], object] = lambda: None
) -> str:
    """A film's page, a whole HTML document that needs nothing else, save the video that it shows.

    Args:
        page: where it will lie: the addresses of the video and of the scenes' pages depend on it.
        made: now.
        on_tile: called after each picture.

    Raises:
        ClipError: the film, or one of its scenes, cannot be read.
    """
    edits, now = require_edits(film), film_status(film)
    music, seconds = _heard(film, edits), float(edits.frames / edits.fps)
    states, told = {scene.name: scene for scene in now.scenes}, _Told(film, edits, music, page)
    return fill_template(
        "film.html",
        style=asset("page.css") + asset("film.css"),
        script="",
        version=__version__,
        made=made,
        title=edits.name or film.path.resolve().name,
        path=str(film.path.resolve()),
        state=now.state,
        facts=_facts(edits, music),
        video=address_from(page, film.video_path) if now.video else "",
        size=edits.size,
        faults=now.faults,
        timeline_note=_timeline_note(edits, music),
        parts=[_part(each.label, each.start, each.end, seconds) for each in music.sections] if music else [],
        bars=[_percent(bar, seconds) for bar in music.bars if bar < seconds] if music else [],
        lanes=[[_shot(shot, edits) for shot in edits.shots[lane::2]] for lane in (0, 1)],
        words=[
            _part(title.text, float(title.first / edits.fps), float(title.stop / edits.fps), seconds)
            for title in edits.titles
        ],
        times=[(_percent(tick, seconds), clock(tick)) for tick in time_ticks(seconds, _MOST_TICKS)],
        scenes=[_scene(told, shot, states[shot.name], on_tile) for shot in edits.shots],
    )


def _heard(film: FilmFolder, edits: EditList) -> Music | None:
    """What was heard of the song, in the film's time."""
    if not is_there(film.music_path):
        return None
    try:
        whole = read_music(film.music_path)
    except ClipError:
        return None
    return take_part(whole, float(edits.excerpt.start), float(edits.excerpt.delay))


def _facts(edits: EditList, music: Music | None) -> list[tuple[str, str]]:
    seconds = float(edits.frames / edits.fps)
    facts = [
        ("Length", f"{clock(seconds, 1)}, {edits.frames} frames at {float(edits.fps):g} fps"),
        ("Size", str(edits.size)),
        ("Scenes", str(len(edits.shots))),
    ]
    if edits.song is not None:
        bars = f", {len(music.bars)} bars" if music and music.bars else ""
        facts.append(("Song", f"{edits.song}{bars}"))
    return facts


def _timeline_note(edits: EditList, music: Music | None) -> str:
    if music is None or not music.bars:
        return "The scenes over time; hatched while one comes out of the one before."
    later = [shot for shot in edits.shots if shot.first]
    on_bars = sum(_off_bar(shot, edits, music)[1] == 0 for shot in later)
    told = "The song's sections and bars, and the scenes; hatched while one comes out of the one before."
    if later:
        told += f" After the first, {on_bars} of {len(later)} begin on a bar, to the frame."
    return told


def _off_bar(shot: Shot, edits: EditList, music: Music) -> tuple[int, int]:
    """The bar that is nearest to a scene's beginning, from 1 on, and how many frames after it that is."""
    begin = float(shot.first / edits.fps)
    place = bisect_left(music.bars, begin)
    near = range(max(place - 1, 0), min(place + 1, len(music.bars)))
    nearest = min(near, key=lambda bar: abs(music.bars[bar] - begin))
    return nearest + 1, shot.first - round(music.bars[nearest] * float(edits.fps))


def _percent(value: float, whole: float) -> str:
    return f"{100 * value / whole:.3f}%"


def _part(name: str, start: float, end: float, seconds: float) -> _Block:
    title = f"{name}: {clock(start, 1)} to {clock(end, 1)}"
    return _Block(name, title, _percent(start, seconds), _percent(max(min(end, seconds) - start, 0), seconds))


def _shot(shot: Shot, edits: EditList) -> _Block:
    left, width = _percent(shot.first, edits.frames), _percent(shot.count, edits.frames)
    over = min(shot.transition.frames, shot.count)
    return _Block(
        shot.name,
        f"{shot.name}: {_span(shot, edits)}",
        left,
        width,
        _percent(over, shot.count) if over else "",
        _anchor(shot),
    )


def _anchor(shot: Shot) -> str:
    return f"scene-{shot.name.partition('-')[0]}"


def _span(shot: Shot, edits: EditList) -> str:
    begin, end = (clock(float(frame / edits.fps), 1) for frame in (shot.first, shot.stop))
    return f"{begin} to {end}"


@dataclass(frozen=True)
class _Told:
    """What a page tells of: a film, what is heard of its song, and where the page will lie."""

    film: FilmFolder
    edits: EditList
    music: Music | None
    page: Path


def _scene(told: _Told, shot: Shot, now: SceneStatus, on_tile: Callable[[], object]) -> _SceneRows:
    own = told.film.scene_path(shot.name) / "report.html"
    about = f"{_span(shot, told.edits)}, frames {shot.first} to {shot.stop - 1}; "
    about += f"{_bar(shot, told.edits, told.music)}{_transition(shot, told.edits)}."
    if now.frames_done < shot.count:
        about += f" {now.frames_done} of {shot.count} frames are there."
    return _SceneRows(
        shot.name,
        _anchor(shot),
        now.state,
        about,
        address_from(told.page, own) if is_there(own) else "",
        list(_tiles(told, shot, now.frames_done, on_tile)),
    )


def _transition(shot: Shot, edits: EditList) -> str:
    lasts = f"{float(shot.transition.frames / edits.fps):.1f} s"
    if shot.transition.kind == CUT:
        return "it begins with a cut" if shot.first else "the film begins"
    if shot.transition.kind == DREAM:
        over = f", over {lasts}" if shot.transition.frames else ""
        return f"the dream before it goes on{over}"
    return f"it begins with {shot.transition.kind}, over {lasts}"


def _bar(shot: Shot, edits: EditList, music: Music | None) -> str:
    if music is None or not music.bars or not shot.first:
        return ""
    bar, late = _off_bar(shot, edits, music)
    if late == 0:
        return f"on bar {bar} "
    return f"{abs(late)} frame{'s' if abs(late) > 1 else ''} {'after' if late > 0 else 'before'} bar {bar} "


def _tiles_of_each(edits: EditList) -> int:
    least, most = _TILES
    return max(least, min(most, _MOST_TILES // max(len(edits.shots), 1)))


def _tiles(told: _Told, shot: Shot, done: int, on_tile: Callable[[], object]) -> Iterator[Tile]:
    """Frames evenly spread over a scene, its first and its last among them, as far as they are there."""
    wanted = np.linspace(0, shot.count - 1, _tiles_of_each(told.edits))
    for number in sorted({round(each) for each in wanted}):
        if number < done:
            path = told.film.scene_path(shot.name) / "frames" / f"{number:06d}.png"
            time = clock(float((shot.first + number) / told.edits.fps), 1)
            with suppress(PictureError):  # what is wrong with it stands among the faults, or `verify` tells
                yield Tile(str(number), f"{shot.name}, frame {number}", time, _small(read_frame(path)))
        on_tile()


def _small(pixels: Pixels) -> JpegPicture:
    whole = Image.fromarray(pixels, "RGB")
    whole.thumbnail((_WIDE, _WIDE), Image.Resampling.LANCZOS)
    return make_jpeg(np.asarray(whole))
