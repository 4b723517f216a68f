"""One studio a folder: its key, its lock, and the note that says where it is reached."""

from __future__ import annotations

import contextlib
import json
import os
import re
import secrets
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from dreamzoom.errors import DreamzoomError, RequestError, StorageError
from dreamzoom.io.disk import remove
from dreamzoom.io.files import read_at_most, storage_errors, write_atomically
from dreamzoom.io.locks import HeldError, held
from dreamzoom.studio.desk import PRIVATE

_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{32}")
_ADDRESS: Final = re.compile(r"http://[^\s/#]{1,300}")
_LONGEST: Final = 1000  # bytes of what is kept
_PATIENCE_S: Final = 10.0  # for another one that is just beginning


class TwiceError(Exception):
    """A studio of the folder is at work already.

    Attributes:
        address: where, without its key.
    """

    def __init__(self, address: str) -> None:
        super().__init__(address)
        self.address = address


def make_private(folder: Path) -> Path:
    """The studio's own folder in FOLDER, which is there and can be written after this; it is nobody else's.

    Raises:
        RequestError: FOLDER is a file, or what is there has been put elsewhere by a link.
        StorageError: it cannot be made or written.
    """
    if folder.exists() and not folder.is_dir():
        raise RequestError(f"{folder} is a file: name a folder")
    private = folder / PRIVATE
    if private.is_symlink() or (private.exists() and not private.is_dir()):
        raise RequestError(f"{private} is no folder of its own: move it away")
    with storage_errors(private):
        private.mkdir(parents=True, exist_ok=True)
    return private


@contextlib.contextmanager
def alone(private: Path) -> Iterator[None]:
    """Be the one studio of a folder.

    Raises:
        TwiceError: another one is.
        StorageError: the folder cannot be written.
    """
    with contextlib.ExitStack() as stack:
        try:
            with storage_errors(private):
                stack.enter_context(held(private / "server.lock", 0.0))
        except HeldError:
            raise TwiceError(_await_note(private)) from None
        note = private / "server.json"
        with storage_errors(note):
            remove(note)  # of one that was killed
        stack.callback(_remove, note)
        yield


def note_address(private: Path, address: str) -> None:
    """Write down where the studio is reached. Raises a StorageError."""
    told = {"address": address, "process": os.getpid()}
    write_atomically(private / "server.json", json.dumps(told).encode())


def studio_token(private: Path) -> str:
    """The token of a folder's studio: the same for every server, so that an open page goes on.

    One that is damaged gives way to a new one; nobody but its owner reads it.

    Raises:
        StorageError: it cannot be written.
    """
    path = private / "token"
    with contextlib.suppress(StorageError, UnicodeDecodeError):
        found = "" if path.is_symlink() else read_at_most(path, _LONGEST, StorageError, "token").decode()
        if _TOKEN.fullmatch(found):
            with storage_errors(path):
                path.chmod(0o600)
            return found
    token = secrets.token_urlsafe(24)
    with for_its_owner():
        write_atomically(path, token.encode())
    return token


@contextlib.contextmanager
def for_its_owner() -> Iterator[None]:
    """Files that are made within are their owner's alone from the first moment on."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def _await_note(private: Path) -> str:
    """Where the other one is reached."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        address = _noted(private / "server.json")
        if address and _answers(address):
            return address
        time.sleep(0.1)
    raise RequestError(
        f"another studio of {private.parent} runs, here or on another machine, and does not answer: stop it"
    )


def _noted(note: Path) -> str:
    with contextlib.suppress(DreamzoomError, ValueError, KeyError, TypeError):
        address = json.loads(read_at_most(note, _LONGEST, StorageError, "note"))["address"]
        if isinstance(address, str) and _ADDRESS.fullmatch(address):
            return address
    return ""


def _answers(address: str) -> bool:
    with contextlib.suppress(OSError, ValueError):
        parts = urlsplit(address)
        socket.create_connection((parts.hostname or "", parts.port or 80), 1.0).close()
        return True
    return False


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        remove(path)
