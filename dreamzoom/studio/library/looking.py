"""How each kind of item is looked at: at a glance, and closely."""

from __future__ import annotations

import contextlib
import itertools
import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Final

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.glance import Glance, GlancedClip, Stamp, stamp_of
from dreamzoom.clip.lock import is_being_written
from dreamzoom.clip.remains import Remains, find_remains, is_left, tell_remains
from dreamzoom.clip.status import clip_status
from dreamzoom.errors import ClipError, printable
from dreamzoom.film.editing import EditList, Shot
from dreamzoom.film.folder import FilmFolder, open_film
from dreamzoom.film.note import read_note
from dreamzoom.film.status import film_status
from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.library.remarks import (
    links_in_film,
    links_in_words,
    unlisted_in_words,
    verify_command,
)


@dataclass(frozen=True)
class Seen:
    """What a glance told.

    Attributes:
        stamp: what the item's files were known by.
        changed: when the latest of them was written, in seconds of the system's clock.
        facts: as JSON holds them.
        is_running: whether a process writes it.
        faults: why no more could be seen, in words.
    """

    stamp: object
    changed: float
    facts: Mapping[str, Any]
    is_running: bool = False
    faults: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What an examination told: the state, "" where a glance's stands; faults in words; and more facts."""

    state: str = ""
    faults: tuple[str, ...] = ()
    facts: Mapping[str, Any] = field(default_factory=dict)


SOUND: Final = Verdict()
"""Of what was not examined, or has no fault."""


class ItemLook(ABC):
    """An item that is looked at again and again; glances are taken by one thread at a time.

    Args:
        folder: FOLDER.
        place: where it lies in it.

    Attributes:
        path: the same as a whole.
        nothing: its facts while it cannot be read.
    """

    nothing: ClassVar[Mapping[str, Any]] = {}

    def __init__(self, folder: Path, place: Path) -> None:
        self.place, self.path = place, folder / place

    @abstractmethod
    def glance(self, stamp: object) -> Seen:
        """What it is now. Raises a DreamzoomError or an OSError where that cannot be told."""

    def stamp(self) -> object:
        """What it is known by while it stands still."""
        return stamp_of(self.path)

    def changed(self) -> float:
        """When it was last changed."""
        return _latest(stamp_of(self.path))

    def examine(self) -> Verdict:
        """What is wrong with it. Raises as `glance`."""
        return SOUND


class PlainLook(ItemLook):
    """A file."""

    def glance(self, stamp: object) -> Seen:
        there = stamp_of(self.path)
        return Seen(stamp, self.changed(), {"bytes": there[1] if there else 0})


class PictureLook(PlainLook):
    """A picture: its size is in its header, which is read when it is examined."""

    def examine(self) -> Verdict:
        from dreamzoom.pictures.reading import picture_size

        return Verdict(facts={"size": list(picture_size(self.path))})


_NO_FRAMES: Mapping[str, Any] = {
    "state": "damaged",
    "frames_done": 0,
    "frames_total": 0,
    "seconds_per_frame": None,
    "eta_seconds": None,
    "size": [16, 9],
    "fps": 30.0,
    "has_song": False,
    "has_video": False,
}


class ClipLook(ItemLook):
    """A clip."""

    nothing: ClassVar[Mapping[str, Any]] = {**_NO_FRAMES, "is_loop": False, "image": "", "song": ""}
    _FILES = (
        "",
        "recipe.toml",
        "journal.jsonl",
        "frames",
        "clip.mp4",
        "video.json",
        "start.png",
        "torus.jsonl",
    )

    def __init__(self, folder: Path, place: Path) -> None:
        super().__init__(folder, place)
        self._clip = GlancedClip(self.path)

    def stamp(self) -> object:
        return is_being_written(self.path), *self._stamps()

    def changed(self) -> float:
        return _latest(*self._stamps())

    def glance(self, stamp: object) -> Seen:
        remains = self._find_remains()
        if remains is not None:
            return self._see_remains(remains, stamp)
        now = self.look()
        done, total = now.frames_done, now.outline.frames
        speed = now.seconds_per_frame
        facts = {
            "state": _state(is_running=now.is_running, is_done=done == total and now.has_video),
            "frames_done": done,
            "frames_total": total,
            "seconds_per_frame": speed,
            "eta_seconds": None if speed is None else speed * (total - done),
            "size": [now.outline.size.width, now.outline.size.height],
            "fps": float(now.outline.fps),
            "has_song": now.outline.song != "",
            "song": printable(now.outline.song),
            "song_start": now.outline.song_start,
            "has_video": now.has_video,
            "is_loop": now.outline.is_loop,
            "image": printable(Path(now.outline.image).name),
            "dreams_done": now.dreams_done,
            "dreams_total": now.outline.dreams,
            "begun": _latest(stamp_of(self.path / ".lock") or stamp_of(self.path / "recipe.toml")),
            "version": self.version(),
        }
        return Seen(stamp, self.changed(), facts, now.is_running)

    def version(self) -> str:
        """What its frames are known by while they only become more: a journal is written anew where another
        frame took the place of one.
        """
        journal = stamp_of(self.path / "journal.jsonl")
        return f"{journal[2]:x}" if journal else ""

    def look(self) -> Glance:
        """The clip at a glance. Raises a ClipError."""
        self._require_recipe()
        return self._clip.glance()

    def examine(self) -> Verdict:
        remains = self._find_remains()
        if remains is not None:
            return Verdict("damaged")
        self._require_recipe()
        clip = open_clip(self.path)
        now = clip_status(clip)
        if now.state == "running":
            return SOUND
        unlisted = [] if now.state == "damaged" else unlisted_in_words(clip)
        faults = [*now.faults, *unlisted, *links_in_words(self.path)]
        facts: dict[str, Any] = {"frames_done": now.frames_done}
        if now.state == "interrupted" and faults:
            facts["way_on"] = (
                f"Go on makes this anew. All that is wrong is told by: {verify_command(self.place)}"
            )
        return Verdict(now.state, tuple(faults), facts)

    def _find_remains(self) -> Remains | None:
        """What is left of it where its recipe is lost; None where that is there."""
        return find_remains(self.path) if stamp_of(self.path / "recipe.toml") is None else None

    def _see_remains(self, remains: Remains, stamp: object) -> Seen:
        frames: dict[str, Any] = {"frames_done": remains.frames, "frames_total": remains.frames}
        size = {} if remains.size is None else {"size": list(remains.size)}
        more = {"has_video": "clip.mp4" in remains.files, "version": self.version()}
        return Seen(
            stamp, self.changed(), {**self.nothing, **frames, **size, **more}, faults=(tell_remains(remains),)
        )

    def _require_recipe(self) -> None:
        if stamp_of(self.path / "recipe.toml") is None:
            raise ClipError(
                f"{self.path} has lost its recipe.toml: restore that from a copy, or start a new clip in "
                "another folder"
            )

    def _stamps(self) -> list[Stamp]:
        return [stamp_of(f"{self.path}{os.sep}{name}") for name in self._FILES]


class FilmLook(ItemLook):
    """A film; each of its scenes is a clip."""

    nothing: ClassVar[Mapping[str, Any]] = {**_NO_FRAMES, "scenes": []}
    _FILES = ("", "film.json", "storyboard.toml", "film.mp4", "scenes")

    def __init__(self, folder: Path, place: Path) -> None:
        super().__init__(folder, place)
        self._folder = folder
        self._note: Stamp = None
        self._edits: EditList | None = None
        self._scenes: dict[str, ClipLook] = {}

    def stamp(self) -> object:
        with contextlib.suppress(ClipError, OSError):
            self._read_edits()  # which scenes it has
        scenes = [(name, scene.stamp()) for name, scene in sorted(self._scenes.items())]
        return is_being_written(self.path), *self._stamps(), *scenes

    def changed(self) -> float:
        return max(_latest(*self._stamps()), *(scene.changed() for scene in self._scenes.values()), 0.0)

    def glance(self, stamp: object) -> Seen:
        film, edits = open_film(self.path), self._read_edits()
        is_running = is_being_written(self.path)
        has_video = stamp_of(film.video_path) is not None
        if edits is None:
            facts = {**_NO_FRAMES, "state": _state(is_running=is_running, is_done=False), "scenes": []}
            return Seen(stamp, self.changed(), facts, is_running)
        scenes = self._look_at_scenes(edits)
        done = _frames_shown(edits, {scene["name"]: scene["frames_done"] for scene in scenes})
        speeds = [scene.pop("seconds_per_frame") for scene in scenes]
        speed = next((each for each in reversed(speeds) if each), None)
        left = sum(scene["stop"] - scene["first"] - scene["frames_done"] for scene in scenes)
        facts = {
            "state": _state(is_running=is_running, is_done=not left and has_video),
            "frames_done": done,
            "frames_total": edits.frames,
            "seconds_per_frame": speed,
            "eta_seconds": None if speed is None else speed * left,
            "size": [edits.size.width, edits.size.height],
            "fps": float(edits.fps),
            "has_song": edits.song is not None,
            "song_start": float(edits.excerpt.start - edits.excerpt.delay),
            "has_video": has_video,
            "title": edits.name,
            "begun": _latest(stamp_of(self.path / ".lock") or stamp_of(film.note_path)),
            "version": "-".join(scene.version() for scene in self._scenes.values()),
            "scenes": scenes,
        }
        return Seen(stamp, self.changed(), facts, is_running)

    def examine(self) -> Verdict:
        film = open_film(self.path)
        now, edits = film_status(film), read_note(film).edits
        if now.state == "running":
            return SOUND
        facts: dict[str, Any] = {"is_edited": now.is_edited}
        states = {each.name: {"frames_done": each.frames_done, "state": each.state} for each in now.scenes}
        if edits is not None and states.keys() == {shot.name for shot in edits.shots}:
            facts["scenes"] = [{**self._of(shot), **states[shot.name]} for shot in edits.shots]
        return Verdict(now.state, (*now.faults, *links_in_film(film, states)), facts)

    def edits(self) -> EditList | None:
        """How it is put together; None before that is known. Raises a ClipError."""
        return self._read_edits()

    def _read_edits(self) -> EditList | None:
        stamp = stamp_of(self.path / "film.json")
        if stamp != self._note:
            self._edits, self._note = None, None
            self._edits = read_note(FilmFolder(self.path)).edits
            self._note = stamp
            shots = self._edits.shots if self._edits else ()
            self._scenes = {
                shot.name: self._scenes.get(shot.name) or ClipLook(self._folder, self._place_of(shot))
                for shot in shots
            }
        return self._edits

    def _place_of(self, shot: Shot) -> Path:
        return self.place / "scenes" / shot.name

    def _look_at_scenes(self, edits: EditList) -> list[dict[str, Any]]:
        return [{**self._of(shot), **_scene(self._scenes[shot.name], shot.count)} for shot in edits.shots]

    def _of(self, shot: Shot) -> dict[str, Any]:
        """What is told of a scene however far it is."""
        return {
            "id": item_id(self._place_of(shot)),
            "name": shot.name,
            "first": shot.first,
            "stop": shot.stop,
            "transition": {"kind": shot.transition.kind, "frames": shot.transition.frames},
        }

    def _stamps(self) -> list[Stamp]:
        return [stamp_of(f"{self.path}{os.sep}{name}") for name in self._FILES]


def _scene(look: ClipLook, count: int) -> dict[str, Any]:
    """How far a scene is that shows so many frames."""
    if stamp_of(look.path / "recipe.toml") is None:
        state = "interrupted" if is_left(look.path) else "waiting"
        return {"frames_done": 0, "state": state, "seconds_per_frame": None}
    try:
        now = look.look()
    except (ClipError, OSError):
        return {"frames_done": 0, "state": "damaged", "seconds_per_frame": None}
    done = min(now.frames_done, count)
    state = _state(is_running=now.is_running, is_done=done == count)
    return {"frames_done": done, "state": state, "seconds_per_frame": now.seconds_per_frame}


def _frames_shown(edits: EditList, done: Mapping[str, int]) -> int:
    """How many of a film's frames can be shown, from 0 up to the first that cannot."""
    missing = (shot.first + done[shot.name] for shot in edits.shots if done[shot.name] < shot.count)
    return min(itertools.chain(missing, [edits.frames]))


def _state(*, is_running: bool, is_done: bool) -> str:
    """A state at a glance: what seems to be done is called so once it was examined."""
    return "running" if is_running else "unexamined" if is_done else "interrupted"


def _latest(*stamps: Stamp) -> float:
    """The latest time of some stamps, in seconds; 0 where there is none."""
    return max((stamp[0] for stamp in stamps if stamp), default=0) / 1e9
