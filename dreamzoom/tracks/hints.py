"""What people write for a number that moves, when they know it from elsewhere, spelled as it is here."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from dreamzoom.tracks.base import Kind
from dreamzoom.tracks.constant import NUMBER
from dreamzoom.tracks.expression import VARIABLES
from dreamzoom.tracks.functions import CONSTANTS, FUNCTIONS

# Deforum's schedule: `0:(1.04), 30:(1.04 + 0.01*sin(t/10))`, in its formulas t is the frame.
_SCHEDULED: Final = re.compile(r"\s*['\"]?(\d{1,9})['\"]?\s*:\s*(\S.*)", re.DOTALL)
_NEXT: Final = re.compile(r",(?=\s*['\"]?\d{1,9}['\"]?\s*:)")
_WITH_UNIT: Final = re.compile(rf"\s*([+-]?\s*{NUMBER})\s*(%|[A-Za-z]+)\s*", re.ASCII)
_PLAIN: Final = re.compile(rf"[+-]?{NUMBER}", re.ASCII)
_NAMES: Final = {"t": "n", "max_f": "(N - 1)"}
_MEANT: Final = {*VARIABLES, *CONSTANTS, *FUNCTIONS}  # 2t lacks an operator, and not a unit
_TIMES: Final = {"s": 1, "sec": 1, "second": 1, "seconds": 1, "m": 60, "min": 60, "minutes": 60}
_USUAL_RATE: Final = 30  # frames a second
_LONGEST_CLIP: Final = 30_000  # seconds
_LONGEST: Final = 10_000  # characters that are looked at
_SHOWN: Final = 200


def from_deforum(text: str) -> str | None:
    """What a text of Deforum's keyframes, or a formula with its names, says here; None for other texts."""
    if len(text) > _LONGEST:
        return None
    pairs = _schedule(text)
    if pairs is None:
        return _said(_formula(text), "a formula") if re.search(r"\bmax_f\b", text) else None
    if all(_PLAIN.fullmatch(value) for _, value in pairs):
        table = ", ".join(f"{frame} = {value}" for frame, value in dict(pairs).items())
        return _said(f"{{ {table} }}", "keyframes")
    last = pairs[-1][1]  # each formula rules until the next one's frame
    stretches = (f"{_formula(one)} if n < {then} else " for (_, one), (then, _) in pairwise(pairs))
    return _said(f"'{''.join(stretches)}{_formula(last)}'", "keyframes")


def _schedule(text: str) -> list[tuple[str, str]] | None:
    """Frames and values; None where the text is no schedule."""
    pairs = []
    for part in _NEXT.split(text):
        match = _SCHEDULED.fullmatch(part.rstrip(", \n"))
        if match is None or ":" in match[2]:
            return None
        value = match[2].strip().strip("'\"").strip()
        if value.startswith("(") and value.endswith(")"):
            value = value[1:-1].strip()
        pairs.append((match[1], value))
    return pairs


def _formula(text: str) -> str:
    """A formula with Deforum's names of things as they are called here."""
    return re.sub(r"\b(t|max_f)\b", lambda name: _NAMES[name[0]], text)


def _said(written: str, what: str) -> str:
    more = " (t, there the frame, is n here; max_f, the last frame, is N - 1)" if "n" in written else ""
    shown = written if len(written) <= _SHOWN else f"{written[: _SHOWN - 20]}…{written[-2:]}"
    return f"is {what} as Deforum writes them: write {shown}{more}"


def without_unit(text: str, kind: Kind | None = None, counted: str = "") -> str | None:
    """What to write for a number with a percent sign or another unit; None for other texts.

    Args:
        kind: of the number, where it may be a formula.
        counted: what is counted, where it is a whole number.
    """
    match = _WITH_UNIT.fullmatch(text) if len(text) <= _SHOWN else None
    if match is None or (kind is not None and match[2] in _MEANT):
        return None
    number = "".join(match[1].split())
    seconds = float(number) * _TIMES.get(match[2].lower(), 0)
    if counted == "frames" and 0 < seconds < _LONGEST_CLIP:
        frames = round(seconds * _USUAL_RATE)
        return f"frames are counted: at {_USUAL_RATE} a second that is {frames}"
    if match[2] != "%":
        return f"write {number} without {match[2]!r}"
    share = float(number) / 100
    if kind is Kind.FACTOR and abs(share) < 0.5:
        share += 1  # a zoom of 4 %
    return f"write {share:.6g} for {number}%"
