"""The timeline, peaks, curves and beats of an item."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from dreamzoom.errors import RecipeError, RequestError, SoundError, printable, quote_value
from dreamzoom.recipe.build import Fragment
from dreamzoom.recipe.schema import SETTINGS
from dreamzoom.studio.asked import read_body, take, with_body
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.library.items import Item
from dreamzoom.studio.timeline.errands import Errand, Errands
from dreamzoom.studio.timeline.facts import beats_facts, curve_facts, timeline_facts
from dreamzoom.studio.timeline.maps import ChangedMapError
from dreamzoom.studio.timeline.recent import Recent, own_signs, signs_of
from dreamzoom.studio.timeline.rewrites import change_map
from dreamzoom.studio.timeline.songs import KnownSong, Songs
from dreamzoom.studio.timeline.subjects import (
    Subject,
    clip_subject,
    film_subject,
    map_file,
    planned_subject,
    ruled_music,
    song_of,
    sound_path,
)
from dreamzoom.studio.wishes.bases import USUAL, open_basis
from dreamzoom.studio.wishes.values import settle

_MOST_PEAKS: Final = 4000
_ITEM: Final = "item:"
_LONGEST: Final = 1e5  # seconds


@dataclass(frozen=True)
class _Plan:
    """What a page is about to dream, as far as it decides a timeline."""

    preset: str = ""
    song: str = ""
    frames: object = None
    fps: object = None


def timeline_routes(desk: Desk) -> list[Route]:
    """The routes of the timeline."""
    songs = Songs(desk.folder, desk.private, Errands())
    sounds: Recent[Path] = Recent(lambda made: True)
    recent: Recent[Subject] = Recent(lambda made: not (made.song and isinstance(made.song.known, Errand)))

    def find(request: Request) -> Item:
        return desk.shelf.find(request.path_params["item"])

    def subject(item: Item, plan: _Plan) -> Subject:
        """What a timeline is of; as it was a moment ago, where no file that it is made of has changed."""
        return recent.find((item, plan, signs_of(desk, item)), lambda: _subject(desk, songs, item, plan))

    def timeline(request: Request) -> Response:
        asked = request.query_params
        plan = _Plan(
            asked.get("preset", ""), asked.get("song", ""), _number(asked.get("frames")), asked.get("fps")
        )
        return JSONResponse(timeline_facts(subject(find(request), plan)))

    def peaks(request: Request) -> Response:
        item = find(request)
        sound = sounds.find((item, own_signs(desk, item)), lambda: sound_path(desk, item))
        return _peaks(songs.peaks(sound), request)

    def curve(request: Request, body: Mapping[str, Any]) -> Response:
        return _curve(desk, partial(subject, find(request)), body)

    def beats(request: Request) -> Response:
        return _beats(desk, songs, find(request))

    async def change(request: Request) -> Response:
        body, expected = await read_body(request), request.headers.get("if-match", "").strip('"')
        song = await run_in_threadpool(lambda: song_of(desk, songs, find(request)))
        if song is None:
            raise RequestError("its song does not lie in this folder: put it into material to edit its beats")
        try:
            told = await run_in_threadpool(_change, desk, songs, song, body, expected)
        except ChangedMapError as error:
            return JSONResponse({"error": printable(str(error))}, 412)
        answer = await run_in_threadpool(_beats, desk, songs, song, told)
        desk.feed.tell("beats", {"id": song.id, "version": answer.headers["etag"].strip('"')})
        return answer

    return [
        Route("/api/items/{item}/timeline", timeline),
        Route("/api/items/{item}/peaks", peaks),
        Route("/api/items/{item}/curve", with_body(curve), methods=["POST"]),
        Route("/api/items/{item}/beats", beats, methods=["GET"]),
        Route("/api/items/{item}/beats", change, methods=["PUT"]),
    ]


def _subject(desk: Desk, songs: Songs, item: Item, plan: _Plan) -> Subject:
    changes = _lengths(plan)
    if item.kind == "film":
        return film_subject(desk, songs, item)
    if item.kind == "clip":
        preset = [_look(desk, plan.preset)] if plan.preset else []
        return clip_subject(desk, songs, item, *preset, *([changes] if changes.values else []))
    sound = item if item.kind == "song" else desk.shelf.find(plan.song) if plan.song else None
    if sound is not None and sound.kind != "song":
        raise RequestError(f"{sound.name} is no song")
    return planned_subject(desk, songs, sound, _look(desk, plan.preset or USUAL), changes)


def _look(desk: Desk, name: str) -> Fragment:
    """A preset by its name, or "item:ID" of what has a recipe; without what says which clip it is."""
    wanted = {"item": name.removeprefix(_ITEM)} if name.startswith(_ITEM) else name
    fragment = open_basis(desk, wanted, has_image=True, has_song=True).fragment
    tables = {table: dict(values) for table, values in fragment.values.items() if table != "model"}
    for key in ("image", "frames", "size", "fps") if name.startswith(_ITEM) else ():
        tables.get("clip", {}).pop(key, None)
    return Fragment(fragment.origin, tables)


def _lengths(plan: _Plan) -> Fragment:
    told = {"frames": plan.frames, "fps": plan.fps}
    values = {name: value for name, value in told.items() if value is not None}
    return Fragment("the page", {"clip": values} if values else {})


def _curve(desk: Desk, subject_of: Callable[[_Plan], Subject], body: Mapping[str, Any]) -> Response:
    key, raw = take(body, "key", str), body.get("raw")
    if key not in SETTINGS or not SETTINGS[key].moves:
        raise RecipeError(f"{quote_value(key)} is no key that can move")
    lengths = {name: body[name] for name in ("frames", "fps") if body.get(name) is not None}
    if not all(isinstance(value, int | float | str) for value in lengths.values()):
        raise RequestError("frames and fps must be numbers")
    plan = _Plan(take(body, "preset", str, ""), take(body, "song", str, ""), **lengths)
    subject = subject_of(plan)
    if subject.recipe is None:
        raise RequestError("a film is directed by its storyboard: choose one of its scenes")
    settled = settle({key: raw}, desk.shelf)[key]
    return JSONResponse({"lanes": curve_facts(subject.recipe, key, settled)})


def _beats(desk: Desk, songs: Songs, item: Item, told: str = "") -> Response:
    song = song_of(desk, songs, item)
    if song is None:
        return JSONResponse({"of": None})
    known, seconds = _heard(desk, songs, song)
    kept, heard = map_file(desk, song), known.music if isinstance(known, KnownSong) else None
    fault = known.fault if isinstance(known, Errand) else ""
    state = "known" if heard else "failed" if fault else "listening"
    data = b""
    try:
        data = kept.read()
        music = ruled_music(heard, data, kept.path.name, seconds or _LONGEST)
    except SoundError as error:
        fault, music = str(error).replace(f"{desk.folder}/", ""), ruled_music(heard, b"", "", _LONGEST)
    share = known.share if isinstance(known, Errand) else 1.0
    facts = beats_facts(kept, data, music, state, seconds)
    facts |= {"of": song.id, "song": song.name, "told": told, "fault": fault, "share": round(share, 3)}
    return JSONResponse(facts, headers={"ETag": f'"{facts["version"]}"'})


def _change(desk: Desk, songs: Songs, song: Item, body: Mapping[str, Any], expected: str) -> str:
    known, seconds = _heard(desk, songs, song)
    if seconds is None:
        raise RequestError(f"{song.name} is being listened to: one moment")
    heard = known.music if isinstance(known, KnownSong) else None
    return change_map(map_file(desk, song), heard, seconds, body, expected)


def _heard(desk: Desk, songs: Songs, song: Item) -> tuple[KnownSong | Errand, float | None]:
    path = desk.shelf.path_of(song)
    known = songs.heard(path)
    return known, known.seconds if isinstance(known, KnownSong) else songs.seconds(path)


def _peaks(found: tuple[bytes, float] | Errand, request: Request) -> Response:
    if isinstance(found, Errand):
        state = "failed" if found.fault else "reading"
        return JSONResponse({"state": state, "share": round(found.share, 3), "fault": found.fault})
    kept, seconds = found
    start, end = _seconds(request, "start", 0.0), _seconds(request, "end", seconds)
    points = min(max(int(_seconds(request, "points", 1000)), 1), _MOST_PEAKS)
    if end <= start:
        raise RequestError("end must be after start")
    from dreamzoom.studio.timeline.peaks import reduce_peaks  # NumPy, which a studio without songs needs not

    low, high = reduce_peaks(kept, start, end, points)
    return JSONResponse({"state": "known", "seconds": seconds, "low": low, "high": high})


def _seconds(request: Request, name: str, default: float) -> float:
    return float(_parsed(request.query_params.get(name), float, default))


def _number(text: str | None) -> int | None:
    return None if text is None else _parsed(text, int, 0)


def _parsed(text: str | None, read: Callable[[str], Any], default: Any) -> Any:
    if text is None:
        return default
    try:
        value = read(text)
    except ValueError:
        raise RequestError(f"{quote_value(text)} is no number") from None
    if not math.isfinite(value) or abs(value) > _LONGEST * 1000:
        raise RequestError(f"{quote_value(text)} is no number that can be meant")
    return value
