"""Directing a film: which picture is dreamed when, how, and how one leads to the next.

Scenes lie over the song's parts. Parts that sound alike have one look and, unless there are pictures for
more, the same ones: the chorus comes back. Long parts change pictures every so many bars. Calm parts drift,
loud ones fall, the faster the louder, in time with the song. What is as loud or louder is cut to; what goes
on, or becomes calmer, is dreamed through.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median, pstdev
from types import MappingProxyType
from typing import Final

from dreamzoom.film.director.parts import CALM, LOUD, MOVING, SongPart, bars_within, song_parts
from dreamzoom.film.plan import CUT, DREAM
from dreamzoom.tracks.music import Music

LOOKS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        CALM: ("slow-drift", "deep-sea", "feathers", "ink"),
        MOVING: ("bestiary", "menagerie", "fur", "eyes", "edges"),
        LOUD: ("spiral-fall", "kaleidoscope", "whirlpool", "eyes"),
    }
)
"""The presets of each pace, those with creatures first: strokes alone are soon seen enough of. All of them
need no model but the embedded one.
"""

_OWN_MOTION: Final = frozenset({"whirlpool"})  # whose motion is its look
_LASTS: Final = {CALM: 20.0, MOVING: 15.0, LOUD: 12.0}  # seconds of a scene, about
_QUICKEST: Final = 2.0  # of a scene where there are many pictures
_BARS: Final = (16, 8, 4, 2, 1)  # of a scene
_SCENES_OF_A_LOOK: Final = 2  # of a song that sounds alike throughout
_SAME: Final = 1e-3  # seconds between two moments that are one
_SLOW, _FAST = 1.25, 4.0  # magnification in a second, of the calmest and the loudest part
_SILENT_SECONDS: Final = 10.0  # of a scene without a song
_LONGEST_OVER, _USUAL_OVER = 4.0, 2.0  # seconds of a transition; of one without bars
_LIVELY: Final = 0.05  # by how much a signal must go up and down to be seen


@dataclass(frozen=True)
class DirectedScene:
    """A scene that is to be.

    Attributes:
        part: of the song in which it is.
        number: which of its part's scenes it is, from 0.
        bar: with which it begins, from 0; None where it begins between two, or there are none.
        start, end: seconds.
        picture: what it begins with; "" where the film goes on.
        look: a preset.
        zoom: as a recipe has it; "" for the preset's own.
        again: how many parts that sound alike came before, which it is not to repeat to the pixel.
        transition: how it begins.
        over: how long that takes, in seconds; 0 for a cut.
        over_bars: the same in bars; 0 where it is no whole number of them.
    """

    part: SongPart
    number: int
    bar: int | None
    start: float
    end: float
    picture: str = ""
    look: str = ""
    zoom: str = ""
    again: int = 0
    transition: str = CUT
    over: float = 0.0
    over_bars: int = 0


def direct_scenes(
    pictures: Sequence[str], music: Music | None, seconds: float, seed: int = 0
) -> list[DirectedScene]:
    """The scenes of a film of some pictures, in order; the same for the same arguments.

    Args:
        pictures: at least one; in their order they come in.
        music: what was heard of the whole song.
        seconds: how long the song is; 0: there is none.
        seed: chooses among looks that would do.
    """
    if not seconds:
        seconds = _SILENT_SECONDS * max(2, len(pictures))
        parts = [
            SongPart("", f"at {number}", start, start + _SILENT_SECONDS)
            for number, start in enumerate(_steps(0.0, seconds, max(2, len(pictures))))
        ]
    else:
        parts = song_parts(music, seconds)
    scenes = _lay_out(parts, music, len(pictures))
    scenes = _give_looks(scenes, music, seed)
    scenes = _give_transitions(scenes, music)
    return _give_pictures(scenes, pictures)


def _steps(start: float, end: float, count: int) -> list[float]:
    return [round(start + (end - start) * number / count, 2) for number in range(count)]


def _lay_out(parts: Sequence[SongPart], music: Music | None, pictures: int) -> list[DirectedScene]:
    """The parts, the long ones parted: as often as pictures are there for it."""
    if pictures == 1:
        return [scene for part in parts for scene in _parted(part, music, part.seconds)]
    hurry = 1.0
    while True:
        lasts = {pace: max(_QUICKEST, length / hurry) for pace, length in _LASTS.items()}
        scenes = [scene for part in parts for scene in _parted(part, music, lasts[part.pace])]
        if len(scenes) >= pictures or max(lasts.values()) == _QUICKEST:
            return scenes
        hurry *= 1.5


def _parted(part: SongPart, music: Music | None, lasts: float) -> list[DirectedScene]:
    """A part as scenes of about so many seconds, which begin on bars where there are any."""
    bars = bars_within(music, part)
    if music is not None and len(bars) > 1:
        length = (music.bars[bars[-1]] - music.bars[bars[0]]) / (len(bars) - 1)
        step = min(_BARS, key=lambda count: abs(math.log(count * length / lasts)))
        later = [bar for bar in bars[step::step] if part.end - music.bars[bar] >= step * length / 2]
        at_start = bars[0] if abs(music.bars[bars[0]] - part.start) < _SAME else None
        begins = [(at_start, part.start), *((bar, music.bars[bar]) for bar in later)]
        if part.seconds <= lasts:
            begins = begins[:1]
    else:
        begins = [
            (None, start) for start in _steps(part.start, part.end, max(1, round(part.seconds / lasts)))
        ]
    ends = [*(start for _, start in begins[1:]), part.end]
    return [
        DirectedScene(part, number, bar, start, end)
        for number, ((bar, start), end) in enumerate(zip(begins, ends, strict=True))
    ]


def _give_looks(scenes: Sequence[DirectedScene], music: Music | None, seed: int) -> list[DirectedScene]:
    """A look for each kind of part, and how fast it falls.

    Where all parts sound alike nothing in the song asks for another look, and it changes every other scene.
    """
    looks: dict[tuple[str, int], tuple[str, str]] = {}
    counts = dict.fromkeys(LOOKS, seed)
    seen: dict[str, list[SongPart]] = {}
    is_alike = len({scene.part.kin for scene in scenes}) == 1
    directed = []
    for scene in scenes:
        part = scene.part
        asked = part.kin, scene.number // _SCENES_OF_A_LOOK if is_alike else 0
        if asked not in looks:
            choice = LOOKS[part.pace][counts[part.pace] % len(LOOKS[part.pace])]
            looks[asked] = choice, _zoom(choice, part, music, counts[part.pace])
            counts[part.pace] += 1
        before = seen.setdefault(part.kin, [])
        if part not in before:
            before.append(part)
        look, zoom = looks[asked]
        directed.append(replace(scene, look=look, zoom=zoom, again=len(before) - 1))
    return directed


def _zoom(look: str, part: SongPart, music: Music | None, count: int) -> str:
    """How fast a part falls: as energy tells, and in time with the song where it is not calm."""
    if look in _OWN_MOTION:
        return ""
    fast = _SLOW * (_FAST / _SLOW) ** part.energy
    if music is None or part.pace == CALM:
        return f"{fast:.2f}/s"
    if part.pace == LOUD and music.beats and count % 2 == 0:
        return f"({0.85 * fast:.2f} * 1.9**beat(decay=0.15))/s"
    signal = max(("bass", "loudness", "onset"), key=lambda name: _liveliness(music, name, part))
    if _liveliness(music, signal, part) < _LIVELY:
        return f"{fast:.2f}/s"
    more = 1.5 if part.pace == MOVING else 2.0
    return f"({fast / math.sqrt(more):.2f} * {more}**{signal})/s"


def _liveliness(music: Music, name: str, part: SongPart) -> float:
    """How much a signal goes up and down within a part: its standard deviation."""
    values = music.signals[name][int(part.start * music.rate) : int(part.end * music.rate)]
    return pstdev(values) if len(values) > 1 else 0.0


def _give_transitions(scenes: Sequence[DirectedScene], music: Music | None) -> list[DirectedScene]:
    directed = list(scenes[:1])
    for before, scene in pairwise(scenes):
        transition, bars = _transition(before, scene, music)
        over, bars = _over(before, scene, music, bars) if transition == DREAM else (0.0, 0)
        directed.append(replace(scene, transition=transition, over=over, over_bars=bars))
    return directed


def _transition(before: DirectedScene, scene: DirectedScene, music: Music | None) -> tuple[str, int]:
    """How a scene begins, and how many bars it takes if it is dreamed through."""
    if music is None:
        return DREAM, 1
    is_loud = scene.part.pace == LOUD
    if scene.number:
        return (CUT if is_loud else DREAM), 1
    is_calmer = scene.part.energy < before.part.energy or scene.part.kin == before.part.kin
    if is_loud or (not is_calmer and scene.part.pace == MOVING and len(music.bars) > 1):
        return CUT, 0
    return DREAM, 2


def _over(before: DirectedScene, scene: DirectedScene, music: Music | None, bars: int) -> tuple[float, int]:
    """How long a picture takes to dissolve into the dream, in seconds and in bars: no longer than half of
    either scene.
    """
    most = min(_LONGEST_OVER, (before.end - before.start) / 2, (scene.end - scene.start) / 2)
    if music is not None and len(music.bars) > 1:
        length = median(after - bar for bar, after in pairwise(music.bars))
        for count in (bars, 1):
            if count * length <= most:
                return count * length, count
    return max(math.floor(100 * min(most, bars * _USUAL_OVER)) / 100, 0.04), 0


def _give_pictures(scenes: Sequence[DirectedScene], pictures: Sequence[str]) -> list[DirectedScene]:
    """The pictures in their order. Parts that sound alike share theirs, unless there are so many that they
    would not all be shown.
    """
    if len(pictures) == 1:
        return [replace(scene, picture="" if scene.transition == DREAM else pictures[0]) for scene in scenes]
    keys = [(scene.part.kin, scene.number) for scene in scenes]
    coming, given, at = len(set(keys)), dict[tuple[str, int], str](), 0
    directed: list[DirectedScene] = []
    for scene, key in zip(scenes, keys, strict=True):
        is_new = key not in given
        coming -= is_new
        picture = given.get(key, "")
        if is_new or len(pictures) - at > coming:
            picture, at = pictures[at % len(pictures)], at + 1
        if directed and picture == directed[-1].picture:
            picture = pictures[(pictures.index(picture) + 1) % len(pictures)]
        given.setdefault(key, picture)
        directed.append(replace(scene, picture=picture))
    return directed
