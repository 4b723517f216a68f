"""What has come into the inbox since the last look goes into the queue.

A file that is still being copied is waited for: its size has to be the same at two looks. What is no picture
stays where it is, and is told apart while the inbox is switched off as well, so that nothing is said to wait
which would not be dreamed. A picture is known by its bytes: under another name it is not dreamed again.
"""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from dreamzoom.errors import DreamzoomError, StorageError
from dreamzoom.io.files import file_digest, storage_errors
from dreamzoom.studio.desk import Desk
from dreamzoom.studio.inbox.books import Arrived, Books, Parcel
from dreamzoom.studio.inbox.choices import InboxChoices, inbox_choices
from dreamzoom.studio.library.items import DREAMED, INBOX

_PERIOD = 1.5  # seconds between two looks
_TOGETHER = 10.0  # seconds that pictures which are there wait for those that are being copied
_MOST = 50  # pictures of one job
_SMALLEST_SIDE = 32


@dataclass(frozen=True)
class _New:
    """A picture to be dreamed, its width and its height."""

    picture: Arrived
    sides: tuple[int, int]

    def size(self, longest: int) -> str:
        """What it has to be made, "" where its own size will do."""
        if max(self.sides) <= longest:
            return ""
        share = longest / max(self.sides)
        return "x".join(str(max(_SMALLEST_SIDE, round(side * share))) for side in self.sides)


class InboxWatcher:
    """Looks into the inbox, again and again.

    Args:
        tell: called after each look.
    """

    def __init__(self, desk: Desk, tell: Callable[[], None]) -> None:
        self._desk, self._tell = desk, tell
        self._books = books_of(desk)
        self._before: dict[str, Arrived] = {}
        self._pictures: set[tuple[str, int, int]] = set()  # as seen while it is switched off
        self._looked = -_PERIOD
        self._waiting_since: float | None = None

    def look(self) -> None:
        """Put what has come into the queue, if it is time.

        Raises:
            StorageError: the queue or the books cannot be written.
        """
        now, folder = time.monotonic(), self._desk.folder / INBOX
        if now - self._looked < _PERIOD or folder.is_symlink() or not folder.is_dir():
            return
        self._looked = now
        self._look_into(folder, now)
        self._tell()

    def _look_into(self, folder: Path, now: float) -> None:
        self._put_in(parcel for parcel in self._books.parcels() if not parcel.is_queued)
        choices = inbox_choices(self._desk)
        there = {each.name: each for each in files_in(folder)}
        still = [each for each in there.values() if self._before.get(each.name) == each and each.size]
        self._before = there
        if not choices.on:
            self._sort_out(still, there)
            return
        new = self._judge(still, there)
        if not new:
            self._waiting_since = None
            return
        if self._waiting_since is None:
            self._waiting_since = now
        if len(still) < len(there) and now - self._waiting_since < _TOGETHER:
            return
        self._waiting_since = None
        self._put_in(self._pack(new, choices))

    def _judge(self, still: Sequence[Arrived], there: dict[str, Arrived]) -> list[_New]:
        """The pictures among files that stand still which nobody knows yet; what is none is noted."""
        pictures = [each for parcel in self._books.parcels() for each in parcel.pictures]
        known = {each.digest: each.name for each in pictures}
        left = {each.as_seen: each for each in self._books.left()}
        seen = {each.as_seen for each in pictures} | set(left)
        new: list[_New] = []
        for each in still:
            if each.as_seen in seen:
                continue
            try:
                found = replace(each, digest=file_digest(self._desk.folder / INBOX / each.name))
            except OSError:
                continue  # it has gone, or will be there at the next look
            judged = self._look_at(found, known)
            if isinstance(judged, _New):
                new.append(judged)
                known[found.digest] = found.name
            else:
                left[found.as_seen] = judged
        self._keep_left(left.values(), there)
        return new

    def _sort_out(self, still: Sequence[Arrived], there: dict[str, Arrived]) -> None:
        """Note which of the files that stand still are no pictures; those that are wait."""
        left = {each.as_seen: each for each in self._books.left()}
        known = {each.as_seen for parcel in self._books.parcels() for each in parcel.pictures}
        for each in still:
            if each.as_seen in known | self._pictures | left.keys():
                continue
            judged = self._look_at(each, {})
            if isinstance(judged, _New):
                self._pictures.add(each.as_seen)
            else:
                left[each.as_seen] = judged
        self._pictures &= {each.as_seen for each in there.values()}
        self._keep_left(left.values(), there)

    def _keep_left(self, left: Iterable[Arrived], there: dict[str, Arrived]) -> None:
        """Write down what was left alone and still lies there as it was."""
        now_left = [each for each in left if each.name in there and there[each.name].as_seen == each.as_seen]
        if now_left != self._books.left():
            self._books.keep_left(now_left)

    def _look_at(self, found: Arrived, known: dict[str, str]) -> _New | Arrived:
        """A file as a picture to be dreamed, or with why it is left alone."""
        if found.digest in known:
            return replace(found, why=f"the same picture as {known[found.digest]}")
        from dreamzoom.pictures.reading import picture_size  # the server starts without it

        try:
            width, height = picture_size(self._desk.folder / INBOX / found.name)
        except DreamzoomError as error:
            return replace(found, why=str(error).rpartition(f"{found.name}: ")[2])
        return _New(found, (width, height))

    def _pack(self, new: list[_New], choices: InboxChoices) -> Iterator[Parcel]:
        """The pictures as parcels, written down: those of one size together, in the order of their names."""
        taken = {each.dream for parcel in self._books.parcels() for each in parcel.pictures}
        together: dict[str, list[Arrived]] = {}
        alone: list[tuple[str, Arrived]] = []
        for each in sorted(new, key=lambda each: each.picture.name):
            size, usual = each.size(choices.longest), f"{Path(each.picture.name).stem}.dream.png"
            dream = self._free_name(usual, taken)
            taken.add(dream)
            picture = replace(each.picture, dream=dream)
            if dream == usual:
                together.setdefault(size, []).append(picture)
            else:  # `dream` itself would take the usual name
                alone.append((size, picture))
        for size, pictures in together.items():
            for first in range(0, len(pictures), _MOST):
                yield self._parcel(pictures[first : first + _MOST], size, choices.preset)
        for size, picture in alone:
            yield self._parcel([picture], size, choices.preset)

    def _parcel(self, pictures: list[Arrived], size: str, preset: str) -> Parcel:
        parcel = Parcel(secrets.token_hex(8), tuple(pictures), preset, size)
        self._books.keep(parcel)
        return parcel

    def _put_in(self, parcels: Iterator[Parcel]) -> None:
        for parcel in parcels:
            folder = self._desk.folder / DREAMED
            if folder.is_symlink():
                raise StorageError(f"{folder} is a link: make it a folder, and dreams go into it")
            with storage_errors(folder):
                folder.mkdir(exist_ok=True)
            self._desk.waiting.add(parcel.title, parcel.words, parcel.target, job_id=parcel.job)
            self._books.keep_queued(parcel)

    def _free_name(self, usual: str, taken: set[str]) -> str:
        """A name in FOLDER/dreamed that nothing has, nor will have."""
        stem, number, name = usual.removesuffix(".dream.png"), 1, usual
        while name in taken or os.path.lexists(self._desk.folder / DREAMED / name):
            number += 1
            name = f"{stem}-{number}.dream.png"
        return name


def books_of(desk: Desk) -> Books:
    """The books of a desk's inbox."""
    return Books(desk.private / INBOX)


def files_in(folder: Path) -> list[Arrived]:
    """The files in a folder, by name; hidden ones, folders and links do not count."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return []
    files = []
    for entry in entries:
        if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
            continue
        try:
            found = entry.stat(follow_symlinks=False)
        except FileNotFoundError:
            continue
        files.append(Arrived(entry.name, found.st_size, found.st_mtime_ns))
    return files
