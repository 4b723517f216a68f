"""A film as a programme: its scenes' frames, transitions and titles, picture by picture."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from fractions import Fraction
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dreamzoom._version import __version__
from dreamzoom.camera.aim import CENTRE, Point
from dreamzoom.clip.folder import has_clip, open_clip
from dreamzoom.clip.reading import is_there
from dreamzoom.clip.status import frames_of_other_sizes
from dreamzoom.errors import ClipError, shell_word, warn
from dreamzoom.film.editing import EditList, Shot
from dreamzoom.film.folder import FilmFolder, open_film
from dreamzoom.film.mixing import SceneFrames, mix
from dreamzoom.film.note import require_edits
from dreamzoom.film.plan import CUT, Title
from dreamzoom.film.transitions import OURS
from dreamzoom.film.words.titles import TitlePainter
from dreamzoom.footage.clips import ClipProgramme
from dreamzoom.footage.programme import DEEP_WHITE, Shown, deepen
from dreamzoom.pictures.frames import Pixels, read_frame
from dreamzoom.video.excerpt import Excerpt

_KEPT = 2  # scenes that are kept open: at a transition there are two


class FilmProgramme:
    """What a film shows and sounds like.

    Pictures are read and mixed as they are asked for. No more are held than the one that is given, and while
    there is a transition the one that ffmpeg gave.
    """

    is_loop = False
    is_retimed = False
    pace = Fraction(1)
    begins = 0

    def __init__(self, film: FilmFolder, edits: EditList) -> None:
        """Show a film whose scenes are finished.

        Raises:
            RequestError: a title cannot be drawn.
        """
        self.path = film.path
        self.size = (edits.size.width, edits.size.height)
        self.fps: Fraction = edits.fps
        self.count = edits.frames
        self._film, self._edits = film, edits
        self._titles = TitlePainter(edits.titles, self.size)
        self._scene = lru_cache(maxsize=_KEPT)(self._open_scene)

    @property
    def cuts(self) -> tuple[int, ...]:
        """The frames with which a scene begins by a cut."""
        return tuple(shot.first for shot in self._edits.shots[1:] if shot.transition.kind == CUT)

    @property
    def titles(self) -> tuple[Title, ...]:
        """The words that are drawn over its pictures."""
        return self._edits.titles

    @property
    def song(self) -> Path | None:
        """The film's own song."""
        return None if self._edits.song is None else self._film.path / self._edits.song

    @property
    def excerpt(self) -> Excerpt:
        """The part of it that the film has."""
        return self._edits.excerpt

    @property
    def inscription(self) -> str:
        """What made it: a film's storyboard is no recipe."""
        return f"dreamzoom {__version__} made this film"

    def pictures(self, frames: Sequence[int], *, deep: bool = False) -> Iterator[Shown]:
        """The pictures of some frames; see `Programme`.

        Raises:
            PictureError: a frame of a scene is missing or damaged.
            VideoError: ffmpeg failed at a transition.
        """
        with closing(_Mixer(self._film, self.size)) as mixer:
            for frame in frames:
                untitled = self._untitled(frame, mixer, deep=deep)
                titled = self._titles.draw(_deepened(untitled) if deep else untitled, frame)
                picture = _fade(titled, self._light(frame))
                yield _deepened(picture) if deep else _to_8_bits(picture)

    def fall_point(self, frame: int) -> Point:
        """Where the camera falls, in fractions of width and height; the centre where it is black."""
        shot = _shot_at(self._edits.shots, frame)
        if shot is None:
            return CENTRE
        if 2 * (frame - shot.first) < shot.transition.frames:
            shot = _shot_before(self._edits.shots, shot) or shot
        return self._scene(shot.name).fall_point(min(frame, shot.stop - 1) - shot.first)

    def _light(self, frame: int) -> Fraction:
        """How far a film has come out of black, and has not gone into it yet: 0 to 1."""
        rising = Fraction(frame + 1, self._edits.fade_in + 1)
        falling = Fraction(self.count - frame, self._edits.fade_out + 1)
        return min(rising, falling, Fraction(1))

    def _open_scene(self, name: str) -> ClipProgramme:
        return ClipProgramme(open_clip(self._film.scene_path(name)))

    def _untitled(self, frame: int, mixer: _Mixer, *, deep: bool) -> Shown:
        """A picture without its titles: deep where it is mixed, or is to be; else as it is stored."""
        shot = _shot_at(self._edits.shots, frame)
        if shot is None:
            return np.zeros((*self.size[::-1], 3), np.uint8)
        number = frame - shot.first
        if number < shot.transition.frames and shot.transition.kind not in OURS:
            return mixer.picture(_shot_before(self._edits.shots, shot), shot, number)
        if deep and has_clip(self._film.scene_path(shot.name)):  # in-betweens by its recipe
            return next(self._scene(shot.name).pictures([number], deep=True))
        return read_frame(_frame_path(self._film, shot, number), self.size)


def open_programme(path: Path) -> FilmProgramme:
    """The film in a folder. Raises a ClipError before all its scenes are there."""
    film = open_film(path)
    edits = require_edits(film)
    require_whole(film, edits)
    return FilmProgramme(film, edits)


def require_whole(film: FilmFolder, edits: EditList) -> None:
    """See that all is there that a film is put together of; a person is warned of what was changed.

    Raises:
        ClipError: frames are missing, or the song, or a scene cannot be read; with what to do.
    """
    command = f"`dreamzoom resume {shell_word(str(film.path))}`"
    for shot in edits.shots:
        scene = film.scene_path(shot.name)
        clip = open_clip(scene) if has_clip(scene) else None
        done = 0 if clip is None else len(clip.finished_frames())
        if clip is None or done < shot.count:
            raise ClipError(
                f"scene {shot.name} has {done} of {shot.count} frames: {command} makes the others"
            )
        for fault in frames_of_other_sizes(clip):
            warn(f"scene {shot.name}: {fault}")
    if edits.song is not None and not is_there(film.path / edits.song):
        raise ClipError(
            f"{film.path / edits.song} is missing: restore it from a copy; {command} takes it again from "
            "where the storyboard names it"
        )


class _Mixer:
    """The transition that is being shown, and how far it is."""

    def __init__(self, film: FilmFolder, size: tuple[int, int]) -> None:
        self._film, self._size = film, size
        self._shot: Shot | None = None
        self._number = -1
        self._pictures: Generator[NDArray[np.uint16]] | None = None
        self._latest: NDArray[np.uint16] | None = None

    def picture(self, before: Shot | None, shot: Shot, number: int) -> NDArray[np.uint16]:
        """A picture of the transition into a shot; they go by quickly in their order."""
        if shot != self._shot or number < self._number:
            self.close()
            self._shot, self._number = shot, -1
            self._pictures = self._begin(before, shot)
        while self._number < number:
            assert self._pictures is not None  # noqa: S101 - it was begun above
            self._latest = next(self._pictures)
            self._number += 1
        assert self._latest is not None  # noqa: S101 - the first picture has a number of 0
        return self._latest

    def close(self) -> None:
        """End the ffmpeg that is running, if any."""
        if self._pictures is not None:
            self._pictures.close()
        self._pictures = self._shot = self._latest = None

    def _begin(self, before: Shot | None, shot: Shot) -> Generator[NDArray[np.uint16]]:
        frames = shot.transition.frames
        new = SceneFrames(self._frames(shot), 0, min(frames, shot.count))
        old = None if before is None else self._end_of(before, shot.first, frames)
        return mix(old, new, shot.transition.kind, frames, self._size)

    def _end_of(self, before: Shot, first: int, frames: int) -> SceneFrames:
        """What a shot still has of a transition that begins at `first`; at least its last frame."""
        number = min(first - before.first, before.count - 1)
        return SceneFrames(self._frames(before), number, min(frames, before.count - number))

    def _frames(self, shot: Shot) -> Path:
        return _frame_path(self._film, shot, 0).parent


def _frame_path(film: FilmFolder, shot: Shot, number: int) -> Path:
    return film.scene_path(shot.name) / "frames" / f"{number:06d}.png"


def _shot_at(shots: Sequence[Shot], frame: int) -> Shot | None:
    """The shot that a frame shows: of two the later."""
    return next((shot for shot in reversed(shots) if shot.first <= frame < shot.stop), None)


def _shot_before(shots: Sequence[Shot], shot: Shot) -> Shot | None:
    """The shot that a transition leads out of; None where it leads out of black."""
    place = shots.index(shot)
    before = shots[place - 1] if place else None
    return before if before is not None and before.stop >= shot.first else None


def _fade(picture: Shown, light: Fraction) -> Shown:
    """A picture with so much of its light; deep where that is not all."""
    if light == 1:
        return picture
    deep = _deepened(picture).astype(np.uint32)
    return (deep * light.numerator // light.denominator).astype(np.uint16)


def _deepened(picture: Shown) -> Shown:
    return deepen(picture) if picture.dtype == np.uint8 else picture


def _to_8_bits(picture: Shown) -> Pixels:
    """A picture in 8 bits, rounded."""
    if picture.dtype == np.uint8:
        return picture
    return ((picture.astype(np.uint32) * 255 + DEEP_WHITE // 2) // DEEP_WHITE).astype(np.uint8)
