"""A clip as Python and Jupyter see it: its film, its frames, how far it is."""

from __future__ import annotations

import io
import os
from base64 import b64encode
from collections.abc import Iterator
from html import escape
from operator import index
from pathlib import Path
from typing import TYPE_CHECKING, SupportsIndex
from urllib.parse import quote

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import Status, clip_status
from dreamzoom.errors import ClipError, printable, quote_value
from dreamzoom.io.files import read_at_most

if TYPE_CHECKING:
    from PIL import Image

    from dreamzoom.recipe.schema import Recipe

_MOST_EMBEDDED = 8 << 20  # bytes of a film that a notebook keeps in itself; a larger one is linked
_WIDEST = 640  # pixels of what is shown


class Clip:
    """A clip's folder, read anew whenever it is asked; nothing in it is changed.

    Jupyter shows its film, or its latest frame while there is none, and its state.

    Args:
        folder: what `dreamzoom render --out` wrote.

    Attributes:
        path: the folder.

    Raises:
        ClipError: there is no folder, no clip in it, or its recipe cannot be read.
    """

    def __init__(self, folder: str | Path) -> None:
        if not isinstance(folder, str | Path):
            raise ClipError(f"{quote_value(folder)}: must be a clip's folder, a path")
        self.path = Path(folder)
        open_clip(self.path)

    @property
    def recipe(self) -> Recipe:
        """What decides its pixels; of its last take, where it has several."""
        return open_clip(self.path).recipe

    @property
    def status(self) -> Status:
        """How far it is, and what is wrong with it."""
        return clip_status(open_clip(self.path))

    @property
    def is_loop(self) -> bool:
        """Whether its last frame leads into its first."""
        return self.recipe.loop.is_closed

    @property
    def frames(self) -> list[Path]:
        """The files of its finished frames, from 0 up to the first gap."""
        return open_clip(self.path).finished_frames()

    @property
    def film(self) -> Path | None:
        """Its video; None while there is none."""
        video = self.status.video
        return None if video is None else Path(video)

    def frame(self, number: SupportsIndex) -> Image.Image:
        """A finished frame; -1 is the latest.

        Raises:
            ClipError: there is no such frame yet.
            PictureError: its file is damaged.
        """
        from dreamzoom.pictures.reading import open_picture

        try:
            wanted = index(number)  # NumPy's whole numbers are no int
        except TypeError:
            raise ClipError(f"{self.path} has no frame {quote_value(number)}: give a whole number") from None
        paths = self.frames
        try:
            return open_picture(paths[wanted])
        except IndexError:
            raise ClipError(f"{self.path} has no frame {number}: {len(paths)} are finished") from None

    def __len__(self) -> int:
        """How many frames are finished."""
        return len(self.frames)

    def __repr__(self) -> str:
        return f"<Clip {printable(str(self.path))}: {_words(self.status)}>"

    def _repr_html_(self) -> str:
        """The film, or the latest frame, and the state below it, for Jupyter."""
        now = self.status
        shown = self._film_html(Path(now.video)) if now.video else self._frame_html()
        lines = [f"{self.path}: {_words(now)}", *now.faults]
        told = "<br>".join(escape(printable(line)) for line in lines)
        return f"<figure>{shown}<figcaption>{told}</figcaption></figure>"

    def _film_html(self, film: Path) -> str:
        source = _embedded(film) or _link(film)
        if source is None:
            return f"<p>{escape(printable(str(film)))}</p>"
        return f'<video controls loop style="max-width: {_WIDEST}px" src="{escape(source)}"></video>'

    def _frame_html(self) -> str:
        if not self.frames:
            return ""
        picture, buffer = self.frame(-1), io.BytesIO()
        picture.thumbnail((_WIDEST, _WIDEST))
        picture.save(buffer, "PNG", compress_level=1)
        return f'<img src="data:image/png;base64,{b64encode(buffer.getvalue()).decode()}">'


def _words(status: Status) -> str:
    return ", ".join(_parts(status))


def _parts(status: Status) -> Iterator[str]:
    yield status.state
    if status.dreams_done < status.dreams_total:
        yield f"its picture dreamed {status.dreams_done} of {status.dreams_total} times"
    yield f"{status.frames_done} of {status.frames_total} frames"
    if status.seconds_per_frame is not None:
        yield f"{status.seconds_per_frame:.2f} s a frame"


def _embedded(film: Path) -> str | None:
    """A film as an address that holds it; None of a larger one, or one that cannot be read."""
    try:
        data = read_at_most(film, _MOST_EMBEDDED, ClipError, "video")
    except ClipError:
        return None
    return f"data:video/mp4;base64,{b64encode(data).decode()}"


def _link(film: Path) -> str | None:
    """A film's address from the notebook, which lies where Python works; None of one that lies elsewhere."""
    try:
        return quote(os.fsencode(film.resolve().relative_to(Path.cwd()).as_posix()))
    except ValueError:
        return None
