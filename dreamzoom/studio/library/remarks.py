"""What is remarked about a clip or a film beside what `status` tells: what its folder holds, in words."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.clip.status import count_unlisted_frames
from dreamzoom.errors import shell_word
from dreamzoom.film.folder import FilmFolder


def unlisted_in_words(clip: ClipFolder) -> list[str]:
    """That frames lie there of which the journal says nothing, in a line; none of one, which a renderer
    that was ended leaves.
    """
    count = count_unlisted_frames(clip)
    return [f"frames that the journal says nothing of: {count}"] if count > 1 else []


def links_in_film(film: FilmFolder, scenes: Iterable[str]) -> list[str]:
    """The same of a film's folder, and of those of its scenes."""
    names = ["scenes", *(f"scenes/{name}" for name in scenes), "film.mp4"]
    links = [film.path / name for name in names if _is_link(film.path / name)]
    within = (line for name in scenes for line in links_in_words(film.scene_path(name)))
    return [_not_followed(links), *within] if links else [*within]


def _not_followed(links: Sequence[Path]) -> str:
    others = f", as {len(links) - 1} more are" if len(links) > 1 else ""
    return (
        f"{links[0]} is a link{others}: the studio follows none, and shows nothing of it; "
        "put what it leads to in its place"
    )


def _is_link(path: Path) -> bool:
    """Whether it is a link; of what the system does not tell nothing is said here."""
    try:
        return path.is_symlink()
    except OSError:
        return False


def links_in_words(clip: Path) -> list[str]:
    """The links in a clip's folder: what they lead to is the clip's, but the studio does not show it."""
    names = ["frames", "clip.mp4", "start.png"]
    links = [name for name in names if _is_link(clip / name)]
    if "frames" not in links:
        with contextlib.suppress(OSError), os.scandir(clip / "frames") as entries:
            links += sorted(f"frames/{entry.name}" for entry in entries if entry.is_symlink())
    return [_not_followed([clip / name for name in links])] if links else []


def verify_command(place: Path) -> str:
    """The command that looks at every byte, as it is given in FOLDER."""
    return f"dreamzoom verify {shell_word(str(place))}"
