"""Which transitions there are between two scenes: those of ffmpeg's filter xfade, and ours."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Final

from dreamzoom.errors import RequestError, nearest, quote_value
from dreamzoom.film.plan import CUT, DREAM
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import find_ffmpeg, read_lines

OURS: Final = frozenset({CUT, DREAM})
"""The transitions that need no ffmpeg."""

_NAME = re.compile(
    r"^ +([a-z]\w*) +\d+ +\S*F\S*V"
)  # of a named value: "     wipeleft        1   ..FV....... wipe"


def known_transitions() -> frozenset[str]:
    """What a storyboard may call a transition: "cut", "dream", and all of xfade that this ffmpeg knows.

    Raises:
        VideoError: there is no ffmpeg.
    """
    return OURS | _transitions_of(find_ffmpeg())


def require_transitions(kinds: Iterable[str]) -> None:
    """See that all transitions of a film are known here.

    Raises:
        RequestError: naming those that are not, and the nearest known ones.
        VideoError: there is no ffmpeg.
    """
    wanted = sorted(set(kinds) - OURS)
    if not wanted:
        return
    known = known_transitions()
    faults = [f"{quote_value(kind)}{nearest(kind, known)}" for kind in wanted if kind not in known]
    if faults:
        raise RequestError(
            f"ffmpeg {find_ffmpeg().version} knows no transition {'; nor '.join(faults)}: "
            "`dreamzoom guide film` tells which there are"
        )


@cache
def _transitions_of(ffmpeg: Ffmpeg) -> frozenset[str]:
    lines: list[str] = []
    read_lines([ffmpeg.path, "-hide_banner", "-h", "filter=xfade"], lines.append)
    return frozenset(match[1] for match in map(_NAME.match, lines) if match)
