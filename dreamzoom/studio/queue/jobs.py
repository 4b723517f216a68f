"""A job: an ordinary command line, and what it is for."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import PurePosixPath
from typing import Any, Final, Literal, TypeAlias

from dreamzoom.io.plain_json import parse_json

JobState: TypeAlias = Literal["waiting", "running", "stopped", "done", "failed"]

ID: Final = re.compile(r"[0-9a-f]{16}")
"""What a job's id looks like."""

FIRST_JOB: Final = "0000000000000001"
"""The id of the first dream's job: whatever dies in between, it is put into the queue once."""

_QUOTED: Final = re.compile(r'"\./([^"]+)"')  # a place as `--set` has it
_LONGEST_NAME: Final = 255  # bytes that a disk has for one

QUICK: Final = ("deliver", "stitch", "report", "listen", "plot", "verify", "recipe")
"""Commands that dream nothing: they need not wait for hours behind what does."""


@dataclass(frozen=True)
class Job:
    """Something that is to be done.

    Attributes:
        id: 16 hexadecimal digits.
        title: in words for the page: "Render sky", "Stitch sky".
        words: the command line after `dreamzoom`: ("render", "sky.jpg", "--out", "sky"). Paths are
            relative to FOLDER, where it is run.
        target: the place in FOLDER that it writes, "" where it is none of its own.
        added: when it was put into the list, in nanoseconds since 1970.
    """

    id: str
    title: str
    words: tuple[str, ...]
    target: str = ""
    added: int = 0

    @property
    def is_quick(self) -> bool:
        """Whether it dreams nothing."""
        return self.words[:1] != () and self.words[0] in QUICK

    def needs(self, earlier: Job) -> bool:
        """Whether it has to wait until another is done: it reads or writes what that one writes."""
        return bool(earlier.target) and self.names(earlier.target)

    def names(self, place: str) -> bool:
        """Whether it reads or writes what lies at a place in FOLDER, or something within that."""
        return str(PurePosixPath(place)) in self._places

    @cached_property
    def _places(self) -> frozenset[str]:
        """All that its command line could name, values of `--set` too, and the folders that they lie in."""
        quoted = (place for word in self.words for place in _QUOTED.findall(word))
        named = [PurePosixPath(text) for text in (self.target, *self.words, *quoted) if text]
        return frozenset(str(place) for each in named for place in (each, *each.parents))

    def as_json(self) -> bytes:
        """As it is kept."""
        return json.dumps(asdict(self)).encode()


def read_job(data: bytes) -> Job | None:
    """A job as it was kept; None where the bytes are none."""
    try:
        facts: Any = parse_json(data)
        job = Job(**{**facts, "words": tuple(facts["words"])})
    except (ValueError, TypeError, KeyError):
        return None
    return job if _is_whole(job) else None


def _is_whole(job: Job) -> bool:
    texts: tuple[Any, ...] = (job.id, job.title, job.target, *job.words)
    is_text = all(isinstance(each, str) for each in texts) and isinstance(job.added, int)
    return is_text and bool(job.words) and ID.fullmatch(job.id) is not None and _is_place(job.target)


def _is_place(text: str) -> bool:
    """Whether a text names a place in FOLDER, or none at all."""
    parts = PurePosixPath(text).parts
    is_within = parts[:1] != ("/",) and ".." not in parts
    return is_within and "\0" not in text and all(len(os.fsencode(part)) <= _LONGEST_NAME for part in parts)
