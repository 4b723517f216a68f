"""What a person is about to ask for, kept on disk: a page that is loaded again, or another one, has it too.

A draft is of a clip that a take is to be made of, or of the next new clip. It is kept as the page said it and
checked when it is asked for.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from dreamzoom.errors import RequestError
from dreamzoom.io.files import storage_errors, write_atomically
from dreamzoom.io.plain_json import read_json
from dreamzoom.studio.desk import Desk

_KEYS: Final = ("picture", "song", "preset", "changes", "at")
_SUBJECT: Final = re.compile(r"new|[0-9a-f]{16}")  # a new clip, or the id of one
_LARGEST: Final = 8 << 20  # bytes of all drafts
_MOST: Final = 300  # drafts; the oldest go


def read_drafts(desk: Desk) -> dict[str, Any]:
    """All drafts, by what they are of."""
    drafts = read_json(_path(desk), _LARGEST)
    return drafts if isinstance(drafts, dict) else {}


def keep_draft(desk: Desk, subject: str, draft: Mapping[str, Any]) -> None:
    """Keep a draft; an empty one is none.

    Raises:
        RequestError: it is none.
        StorageError: it cannot be written.
    """
    if not _SUBJECT.fullmatch(subject) or not draft.keys() <= set(_KEYS):
        raise RequestError(f"a draft has {', '.join(_KEYS)}, and is of a clip")
    with desk.naming:
        drafts = {name: each for name, each in read_drafts(desk).items() if name != subject}
        if any(each not in (None, {}) for each in draft.values()):
            drafts[subject] = dict(draft)
        _write(desk, drafts)


def move_drafts(desk: Desk, moved: Mapping[str, str]) -> dict[str, Any]:
    """Let drafts go along with what has another id now. The changed ones, by what they are of.

    Args:
        moved: an id that was, and the one that is. One that has a draft of its own keeps that.

    Raises:
        StorageError: they cannot be written.
    """
    with desk.naming:
        before = read_drafts(desk)
        drafts = {}
        for subject, draft in before.items():
            now = moved.get(subject, subject)
            drafts[subject if now in before else now] = _renamed(draft, moved)
        changed = {subject: draft for subject, draft in drafts.items() if before.get(subject) != draft}
        if changed:
            _write(desk, drafts)
    return changed


def _renamed(value: Any, moved: Mapping[str, str]) -> Any:
    """A draft's value with the ids that are: they stand anywhere in it, as words."""
    if isinstance(value, dict):
        return {key: _renamed(each, moved) for key, each in value.items()}
    if isinstance(value, list):
        return [_renamed(each, moved) for each in value]
    return moved.get(value, value) if isinstance(value, str) else value


def _write(desk: Desk, drafts: Mapping[str, Any]) -> None:
    text = json.dumps(dict(list(drafts.items())[-_MOST:])).encode()
    if len(text) > _LARGEST:
        raise RequestError("there is too much in the drafts: go on with one of them, or undo it")
    with storage_errors(desk.private):
        desk.private.mkdir(parents=True, exist_ok=True)
    write_atomically(_path(desk), text)


def _path(desk: Desk) -> Path:
    return desk.private / "drafts.json"
