"""Frames, pictures, videos and songs as pages see and hear them: what the facts name, and nothing else.

A browser keeps what it got and asks whether it is still the same: what answers is known by when it was
changed, its size and its number on the disk, so that a frame that another took the place of is seen.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from dreamzoom.errors import PictureError, RequestError, quote_value
from dreamzoom.io.disk import open_within
from dreamzoom.studio.library.facts import FactBook, ItemFacts
from dreamzoom.studio.library.items import Item
from dreamzoom.studio.library.sending import OpenFileResponse
from dreamzoom.studio.library.shelf import Shelf, UnknownItemError
from dreamzoom.studio.library.shrinking import JPEG, NARROWEST, WIDEST, SmallPictures, black, known_by

TYPES: Final[Mapping[str, str]] = {
    ".png": "image/png",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
    ".gif": "image/gif",
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mkv": "video/x-matroska",
    ".mp3": "audio/mpeg",
    ".wav": "audio/wav",
    ".flac": "audio/flac",
    ".ogg": "audio/ogg",
    ".opus": "audio/ogg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
}
"""What a file is sent as, by its ending."""

_SHOWN_AS_THEY_ARE = (".png", ".jpg", ".jpeg", ".webp", ".gif")
_ASK_AGAIN = {"Cache-Control": "private, no-cache"}  # keep it, and ask whether it is still the same


@dataclass(frozen=True)
class Server:
    """What serves the files of a shelf's items.

    Attributes:
        shelf: the items.
        facts: what is known of them.
        small: pictures that were made small.
    """

    shelf: Shelf
    facts: FactBook
    small: SmallPictures

    def frame(self, request: Request) -> Response:
        """A frame of a clip, or of a film: PNG as it is stored, or a JPEG of the width that is asked for.

        Raises:
            UnknownItemError: there is none, or not yet.
            PictureError: it cannot be read.
        """
        item, number = self._item(request), int(request.path_params["frame"])
        facts = self.facts.of(item)
        if item.kind not in ("clip", "film"):
            raise UnknownItemError(f"{item.name} has no frames: it is a {item.kind}")
        place = _frame_place(item, facts, number)
        if place is None:
            size = (int(facts["size"][0]), int(facts["size"][1]))
            return Response(black(size, _width(request) or size[0]), media_type=JPEG, headers=_ASK_AGAIN)
        return self._picture(request, place, f"frame {number} of {item.name} is not there yet")

    def picture(self, request: Request) -> Response:
        """A picture; of a clip or a film the newest frame, or what it begins with."""
        item = self._item(request)
        if item.kind == "picture":
            return self._picture(request, item.place, f"{item.name} is not there any more")
        facts = self.facts.of(item)
        if item.kind not in ("clip", "film"):
            raise UnknownItemError(f"{item.name} has no picture: it is a {item.kind}")
        newest = _newest(facts)
        if newest >= 0:
            place = _frame_place(item, facts, newest)
        else:
            place = item.place / "start.png" if item.kind == "clip" else None
        if place is None:
            raise UnknownItemError(f"{item.name} has no picture yet")
        return self._picture(request, place, f"{item.name} has no picture yet")

    def video(self, request: Request) -> Response:
        """The video of a clip or a film, or one that was delivered; any part of it."""
        item = self._item(request)
        names = {"clip": "clip.mp4", "film": "film.mp4"}
        if item.kind not in ("clip", "film", "video"):
            raise UnknownItemError(f"{item.name} is no video: it is a {item.kind}")
        place = item.place / names[item.kind] if item.kind in names else item.place
        return self._file(place, f"{item.name} has no video yet")

    def song(self, request: Request) -> Response:
        """A song, or that of a clip or a film; any part of it."""
        item = self._item(request)
        place = item.place if item.kind == "song" else self._song_place(item)
        if place is None:
            raise UnknownItemError(f"{item.name} has no song")
        return self._file(place, f"{item.name} has no song any more")

    def _item(self, request: Request) -> Item:
        return self.shelf.find(request.path_params["item"])

    def _song_place(self, item: Item) -> Path | None:
        """Where the song of a clip or a film lies: each has its own copy."""
        stem = {"clip": "soundtrack", "film": "song"}.get(item.kind, "")
        try:
            there = sorted(self.shelf.path_of(item).iterdir()) if stem else []
        except OSError:
            return None
        return next((item.place / path.name for path in there if path.stem == stem), None)

    def _picture(self, request: Request, place: Path, missing: str) -> Response:
        width, suffix = _width(request), place.suffix.lower()
        descriptor = self._open(place, missing)
        known = known_by(descriptor)
        tag = f'"{"-".join(f"{number:x}" for number in (*known, width))}"'
        headers = {**_ASK_AGAIN, "ETag": tag}
        if tag in request.headers.get("if-none-match", ""):
            os.close(descriptor)
            return Response(status_code=304, headers=headers)
        if not width and suffix in _SHOWN_AS_THEY_ARE:
            with os.fdopen(descriptor, "rb") as file:
                return Response(file.read(), media_type=TYPES[suffix], headers=headers)
        try:
            data = self.small.take(descriptor, width or WIDEST)
        except PictureError as error:
            raise PictureError(f"{place}: {str(error).removeprefix('picture: ')}") from error
        return Response(data, media_type=JPEG, headers=headers)

    def _file(self, place: Path, missing: str) -> Response:
        descriptor = self._open(place, missing)
        kind = TYPES.get(place.suffix.lower(), "application/octet-stream")
        path = self.shelf.folder / place
        return OpenFileResponse(descriptor, path, media_type=kind, headers=_ASK_AGAIN)

    def _open(self, place: Path, missing: str) -> int:
        """A file of an item, open for reading."""
        try:
            return open_within(self.shelf.folder, place)
        except FileNotFoundError as error:
            raise UnknownItemError(missing) from error
        except OSError as error:
            raise UnknownItemError(f"{place} cannot be read: {error.strerror or error}") from error


def _newest(facts: ItemFacts) -> int:
    """The number of the newest frame of a clip or a film that is not black; -1 before the first."""
    begun = [scene for scene in facts.get("scenes", []) if scene["frames_done"]]
    ends = [scene["first"] + scene["frames_done"] for scene in begun]
    return int(min(max(ends), facts["frames_done"]) if ends else facts["frames_done"]) - 1


def _frame_place(item: Item, facts: ItemFacts, number: int) -> Path | None:
    """Where a frame lies, relative to FOLDER; None where a film is black.

    Raises:
        UnknownItemError: there is no such frame, or a film's scenes are not known.
    """
    if not 0 <= number < max(1, facts["frames_total"]):
        raise UnknownItemError(f"{item.name} has no frame {number}: it has {facts['frames_total']}")
    if item.kind == "clip":
        return item.place / "frames" / f"{number:06d}.png"
    shot = shot_at(facts["scenes"], number)
    if shot is None:
        return None
    frame = min(number, shot["stop"] - 1) - shot["first"]
    return item.place / "scenes" / str(shot["name"]) / "frames" / f"{frame:06d}.png"


def shot_at(scenes: list[Mapping[str, Any]], frame: int) -> Mapping[str, Any] | None:
    """The scene that a film shows most of at a frame: in the first half of a transition the one before; None
    where it is black.
    """
    place = next((n for n in reversed(range(len(scenes))) if _shows(scenes[n], frame)), None)
    if place is None:
        return None
    shot = scenes[place]
    is_coming = 2 * (frame - shot["first"]) < shot["transition"]["frames"]
    is_cut = shot["transition"]["kind"] in ("cut", "dream")
    return (
        scenes[place - 1] if is_coming and not is_cut and place and _shows(scenes[place - 1], frame) else shot
    )


def _shows(scene: Mapping[str, Any], frame: int) -> bool:
    return bool(scene["first"] <= frame < scene["stop"])


def _width(request: Request) -> int:
    """The width that is asked for; 0 for the picture as it is. Raises a RequestError."""
    text = request.query_params.get("width", "")
    if not text:
        return 0
    if not text.isascii() or not text.isdecimal() or len(text) > 6:
        raise RequestError(f"width must be a whole number, got {quote_value(text)}")
    return min(max(int(text), NARROWEST), WIDEST)
