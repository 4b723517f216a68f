"""Every error dreamzoom raises on purpose, each written for the person at the keyboard.

    DreamzoomError
    ├── RequestError            what was asked for cannot be done as asked (exit status 2)
    │   ├── RecipeError         a recipe, preset or --set value is wrong
    │   ├── StoryboardError     a film's storyboard is wrong
    │   ├── PictureError        a picture cannot be read
    │   ├── SoundError          a soundtrack, its beat map or its lyrics cannot be read
    │   ├── ModelError          a model is unknown, missing, damaged or not supported
    │   │   ├── UnknownBlobError    the model has no such blob
    │   │   └── UnfitWeightsError   a layer's weights are missing, or of another shape
    │   └── ClipError           the clip folder cannot be used for this
    │       ├── ClipLockedError     another process is writing this clip
    │       ├── ClipMismatchError   the folder belongs to another recipe
    │       └── OtherMachineError   a machine of another kind began it
    ├── RunError                the request was right, the run failed (exit status 1)
    │   ├── EngineError         an engine is not installed, or failed while it computed
    │   ├── StorageError        the disk is full, or a file could not be written
    │   ├── ClipTakenError      another process has taken over the clip
    │   ├── MemoryShortageError     less memory is left than the work needs
    │   ├── VideoError          ffmpeg is missing or failed
    │   └── DownloadError       a download failed
    └── Interrupted             a person or the system asked to stop (exit status 130)

Only the command line turns these into messages and exit statuses. What is no error, and yet not as a person
may think, is told with `warn`.
"""

from __future__ import annotations

import copy
import re
import shlex
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from difflib import get_close_matches


class DreamzoomError(Exception):
    """Base of all errors; `str(error)` is one line: what was wrong, where, what to do."""

    exit_status = 1


class RequestError(DreamzoomError):
    """What was asked for cannot be done as asked; nothing has been changed."""

    exit_status = 2


class RecipeError(RequestError):
    """A recipe, preset or `--set` value is wrong."""


class StoryboardError(RequestError):
    """A film's storyboard is wrong; all that is wrong with it is told.

    Attributes:
        faults: each by itself, where there is more than one line of them.
    """

    def __init__(self, message: str, faults: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.faults = tuple(faults)


class PictureError(RequestError):
    """A picture is missing, damaged, too large or not a picture."""


class SoundError(RequestError):
    """A soundtrack is missing, damaged or holds no sound, or its beat map or lyrics are wrong."""


class ModelError(RequestError):
    """A model is unknown, missing, damaged or uses something dreamzoom does not support."""


class UnknownBlobError(ModelError):
    """The model has no blob of that name."""


class UnfitWeightsError(ModelError):
    """A layer's weights are missing, damaged or of another shape than the layer wants."""


class ClipError(RequestError):
    """The folder is no clip, or cannot be used for what was asked."""


class ClipLockedError(ClipError):
    """Another live process is writing this clip."""


class ClipMismatchError(ClipError):
    """The folder holds a clip of another recipe."""


class OtherMachineError(ClipError):
    """A clip was begun by a machine that computes other bytes than this one.

    Attributes:
        maker: what computed its latest frame (`Engine.fingerprint`).
    """

    def __init__(self, message: str, maker: str) -> None:
        super().__init__(message, maker)
        self.maker = maker

    def __str__(self) -> str:
        return str(self.args[0])


class RunError(DreamzoomError):
    """The request was right, but the run failed; what was finished is kept."""


class EngineError(RunError):
    """An engine is not installed, or failed while it computed."""


class StorageError(RunError):
    """The disk is full, or a file or folder could not be written."""


class ClipTakenError(RunError):
    """Another process writes the clip now, which took it over while this one was cut off."""


class MemoryShortageError(RunError):
    """Less memory is left than the work needs."""


class VideoError(RunError):
    """ffmpeg is missing, or did not make the file."""


class DownloadError(RunError):
    """A download failed or brought the wrong bytes."""


class Interrupted(DreamzoomError):  # noqa: N818 - a request to stop, not a fault
    """A person or the system asked the run to stop; what was finished is kept."""

    exit_status = 130


class DreamzoomWarning(UserWarning):
    """Something was not used, or is doubtful; the work goes on."""


def about(subject: str, error: DreamzoomError) -> DreamzoomError:
    """The same error, whose message begins with what it is about."""
    named = copy.copy(error)
    named.args = (f"{subject}: {error}", *error.args[1:])
    return named


def warn(message: str) -> None:
    """Tell a person, in one line, what is not as they may think: what was found, where, what to do.

    The command line writes it to stderr, once a command; a program sees a `DreamzoomWarning`.
    """
    warnings.warn(message, DreamzoomWarning, stacklevel=2)


_LONGEST_WORD = 200  # letters that a word may have to be compared with others
_JOINERS = "\u200c\u200d"  # Persian, Hindi and emoji are written with them


def printable(text: str, keep: str = "") -> str:
    """The text with an escape such as `\\x1b` for whatever is no letter, mark or blank.

    Names and messages come from anywhere: what would steer a terminal, turn the text around it or end its
    line is shown instead, as are the bytes of a name that is no UTF-8 (Python's lone surrogates).

    Args:
        keep: characters to be left as they are, such as line ends.
    """
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in keep or letter in _JOINERS else _escape(letter)
        for letter in text
    )


def _escape(letter: str) -> str:
    """A character as Python's `repr` and bash's `$'...'` write it; a byte that is no UTF-8 as that byte."""
    if letter.isspace() and not letter.isascii() and letter not in "\x85\u2028\u2029":
        return letter  # the blanks of other scripts
    if "\udc80" <= letter <= "\udcff":
        return f"\\x{ord(letter) - 0xDC00:02x}"
    if "\x80" <= letter <= "\x9f":  # Python writes these as it does bytes
        return f"\\u{ord(letter):04x}"
    return letter.encode("unicode_escape").decode("ascii")


def shell_word(text: str) -> str:
    """A file's or folder's name as it is to be written in a command: it can be pasted, whatever is in it."""
    named = f"./{text}" if text.startswith("-") else text
    if sys.platform == "win32":  # cmd and PowerShell know no single quotes that the other does
        return f'"{named}"' if re.search(r"[^\w.:\\/-]", named) else named
    if printable(named) == named:
        return shlex.quote(named)
    plain = named.replace("\\", "\\\\").replace("'", "\\'")
    return f"$'{printable(plain)}'"


def tell_first(faults: Sequence[str], most: int) -> str:
    """Faults in one line: of more than `most` the first ones, and how many others there are."""
    rest = len(faults) - most
    more = [f"and {rest} more like these"] if rest > 0 else []
    return "; ".join([*faults[:most], *more])


def quote_value(value: object) -> str:
    """A value in a message, on one line and not too long."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "a table"
    try:
        text = repr(value)
    except ValueError:  # Python writes no whole numbers of thousands of digits
        return "a number of thousands of digits"
    return text if len(text) <= 60 else f"{text[:50]}…{text[-5:]}"


def nearest(word: str, known: Iterable[str], within: str = "") -> str:
    """A hint naming the known words most like `word`; all of them when they are few and none is near.

    Args:
        within: what stands before those that are like it, such as a table's name with its dot.

    Returns what a message ends with, such as `"; did you mean 'fire8/concat'?"`, or "".
    """
    words = list(known)
    is_comparable = isinstance(word, str) and len(word) <= _LONGEST_WORD  # Python's callers give anything
    close = get_close_matches(word, words, n=3, cutoff=0.5) if is_comparable else []
    if close:
        return "; did you mean " + " or ".join(repr(f"{within}{name}") for name in close) + "?"
    if 0 < len(words) <= 12:
        return "; there are " + ", ".join(words)
    return ""
