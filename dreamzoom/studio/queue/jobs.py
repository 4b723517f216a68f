"""A job: an ordinary command line, and what it is for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

JobState: TypeAlias = Literal["waiting", "running", "stopped", "done", "failed"]


@dataclass(frozen=True)
class Job:
    """Something that is to be done.

    Attributes:
        id: 16 hexadecimal digits.
        title: in words for the page: "Render sky", "Stitch sky".
        words: the command line after `dreamzoom`: ("render", "sky.jpg", "--out", "sky"). Paths are
            relative to FOLDER, where it is run.
        target: the place in FOLDER that it writes, "" where it is none of its own.
    """

    id: str
    title: str
    words: tuple[str, ...]
    target: str = ""
