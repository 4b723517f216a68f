"""What the making of a film would do: a child finds it out, as the command line does, and writes nothing."""

from __future__ import annotations

import json
import subprocess
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from dreamzoom.errors import RequestError, StorageError
from dreamzoom.film.board.timeline import place_scenes
from dreamzoom.studio.children import ask_command
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.filming.boards import OpenBoard, tell_faults
from dreamzoom.studio.filming.remembered import recall, remember, signs_of_film
from dreamzoom.studio.library.items import Item
from dreamzoom.studio.library.outside import require_named_within
from dreamzoom.studio.wishes.files import place_word
from dreamzoom.tracks.base import Clock

_LONGEST: Final = 300  # seconds; a song of an hour may have to be listened to


@dataclass(frozen=True)
class Foreteller:
    """Asks the command line, one film at a time."""

    desk: Desk
    _asking: threading.Lock = field(default_factory=threading.Lock)

    def foretell(self, item: Item, opened: OpenBoard) -> dict[str, Any]:
        """What would become of a film's scenes, or what is wrong with its storyboard, each at its line.

        Raises:
            RequestError: it could not be found out.
        """
        if opened.board.faults:
            return {"faults": [*tell_faults(opened.board.faults, opened.text)], "notes": []}
        try:
            require_named_within(self.desk.folder, opened.board)
        except RequestError as error:
            return {"faults": [*tell_faults((str(error),), opened.text)], "notes": []}
        with self._asking:
            found = self._found(item, opened)
        return {**found, "faults": [*tell_faults(tuple(found["faults"]), opened.text)]}

    def spans(self, item: Item, opened: OpenBoard) -> list[tuple[float, float]]:
        """When the scenes of a film begin and end, in seconds; nothing where that is not to be found out."""
        if opened.board.soundtrack.song:
            found = self.foretell(item, opened)
            scenes, fps = found.get("scenes", []), found.get("fps", 1)
            return [(scene["first"] / fps, scene["stop"] / fps) for scene in scenes]
        rate = opened.board.film.fps
        spans = place_scenes(opened.board, Clock(rate, 1), None, []).spans
        return [(float(span.first / rate), float(span.stop / rate)) for span in spans if span is not None]

    def _found(self, item: Item, opened: OpenBoard) -> dict[str, Any]:
        """What the command line finds out, or has found out of the same before."""
        path = self.desk.private / "foretold" / f"{item.id}.json"
        signs = self._signs(opened)
        if signs and (known := recall(path, signs)):
            return known
        found = self._ask(item)
        if signs and not found["faults"] and signs == self._signs(opened):
            with suppress(StorageError):  # it is found out again then
                remember(path, signs, found)
        return found

    def _signs(self, opened: OpenBoard) -> str:
        try:
            return signs_of_film(self.desk.folder, opened)
        except RequestError:  # which the command line tells in its own words
            return ""

    def _ask(self, item: Item) -> dict[str, Any]:
        words = ("film", place_word(item.place), "--check", "--json")
        try:
            done = ask_command(words, _LONGEST, self.desk.folder)
            found: dict[str, Any] = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError) as error:
            raise RequestError(f"{item.name}: what its storyboard comes to could not be found out") from error
        return found
