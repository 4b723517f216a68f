"""Reading what a clip holds: what the system refuses is one line that names the file and what to do."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from dreamzoom.errors import ClipError
from dreamzoom.recipe.frozen import HOW_TO_MEND


@contextlib.contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what the system says of a read that failed into a `ClipError` that names `path`."""
    try:
        yield
    except FileNotFoundError as error:
        raise ClipError(f"{path} is missing: {HOW_TO_MEND}") from error
    except OSError as error:
        raise ClipError(cannot_be_read(path, error)) from error


def is_there(path: Path) -> bool:
    """Whether there is a file or folder of that name.

    Raises:
        ClipError: the system does not tell. That is no "no": what is there is not taken for lost.
    """
    try:
        path.stat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        raise ClipError(cannot_be_read(path, error)) from error
    return True


def cannot_be_read(path: Path, error: OSError) -> str:
    """What to say of a file that is there and cannot be read: that is no damage, and nothing is replaced."""
    return f"{path} cannot be read: {error.strerror or error}; mend that and try again"
