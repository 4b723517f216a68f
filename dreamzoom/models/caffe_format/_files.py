"""Files as bytes, never more of them than expected."""

from __future__ import annotations

from pathlib import Path

from dreamzoom.errors import ModelError


def read_at_most(path: Path, limit: int) -> bytes:
    """The content of a file of at most `limit` bytes.

    Raises:
        ModelError: it is missing, no plain file, unreadable or larger.
    """
    try:
        if path.exists() and not path.is_file():
            raise ModelError(f"cannot read {path}: it is no file")
        with path.open("rb") as file:
            size = path.stat().st_size
            content = file.read(limit + 1) if size <= limit else b""
    except OSError as error:
        raise ModelError(f"cannot read {path}: {error.strerror or error}") from error
    if max(size, len(content)) > limit:
        raise ModelError(f"{path} has {size:,} bytes; no known network's has more than {limit:,}")
    return content
