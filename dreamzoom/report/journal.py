"""What a clip's journal says beside its frames' hashes: engines, nudges, faults."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from dreamzoom.clip import ClipFolder, Entry

_LONGEST_TEXT: Final = 300
_NUMBER = re.compile(r"\d+(\.\d+)?(e[-+]?\d+)?")


@dataclass(frozen=True)
class Stretch:
    """Frames in a row, the last one included, of which the same is said."""

    first: int
    last: int
    text: str


def entries_of(clip: ClipFolder) -> dict[int, Entry]:
    """The entries of the frames that the clip has, in the order of their numbers."""
    return {entry.frame: entry for entry in clip.journal() if 0 <= entry.frame < clip.recipe.clip.frames}


def engines_of(entries: Iterable[Entry]) -> tuple[Stretch, ...]:
    """What computed which frames."""
    return _stretches(((entry.frame, entry.engine[:_LONGEST_TEXT]) for entry in entries), lambda text: text)


def nudges_of(entries: Iterable[Entry]) -> tuple[Stretch, ...]:
    """What the guard did. Texts that differ in their numbers only, as a strength that swells, are one."""
    said = ((entry.frame, entry.nudge[:_LONGEST_TEXT]) for entry in entries if entry.nudge)
    return _stretches(said, lambda text: _NUMBER.sub("0", text))


def faults_of(clip: ClipFolder, entries: Mapping[int, Entry], hashed: Collection[int]) -> dict[int, str]:
    """The frames that are not as the journal says, and why.

    Of frames that are not in `hashed` only the size is looked at.
    """
    from dreamzoom.clip.verify import frame_fault

    faults: dict[int, str] = {}
    for frame in range(max(entries, default=-1) + 1):
        path, entry = clip.frame_path(frame), entries.get(frame)
        if entry is not None and frame not in hashed and _has_size(clip, entry):
            continue
        if reason := frame_fault(path, entry):
            faults[frame] = reason
    return faults


def grouped(faults: Mapping[int, str]) -> tuple[Stretch, ...]:
    """Faults as stretches of frames; sizes that differ are one fault."""
    return _stretches(sorted(faults.items()), lambda text: _NUMBER.sub("0", text))


def _has_size(clip: ClipFolder, entry: Entry) -> bool:
    try:
        return clip.frame_path(entry.frame).stat().st_size == entry.bytes
    except OSError:
        return False


def _stretches(said: Iterable[tuple[int, str]], alike: Callable[[str], str]) -> tuple[Stretch, ...]:
    """Neighbouring frames of which alike is said, in one; what the middle one says stands for all."""
    stretches: list[list[tuple[int, str]]] = []
    for frame, text in said:
        before = stretches[-1][-1] if stretches else None
        if before is not None and before[0] == frame - 1 and alike(before[1]) == alike(text):
            stretches[-1].append((frame, text))
        else:
            stretches.append([(frame, text)])
    return tuple(Stretch(part[0][0], part[-1][0], part[len(part) // 2][1]) for part in stretches)
