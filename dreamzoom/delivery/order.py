"""One file that is to be made."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from dreamzoom.delivery.screening import Heard, Screening
from dreamzoom.delivery.targets import Target


@dataclass(frozen=True)
class Order:
    """One file that is to be made.

    Attributes:
        target: whom it is for.
        screening: what is shown.
        heard: what is heard, as long as what is shown; None for no sound.
        path: of the file.
        inscription: what it tells of how it was made.
    """

    target: Target
    screening: Screening
    heard: Heard | None
    path: Path
    inscription: str | None = None

    @property
    def has_sound(self) -> bool:
        """Whether the file has sound."""
        return self.heard is not None and self.target.sound is not None

    @property
    def picture_size(self) -> tuple[int, int]:
        """Width and height of the encoded pictures.

        What the format cannot hold at the right and below is left out.
        """
        (width, height), step = self.screening.shown_size, self.target.video.multiple
        widest = self.target.video.widest or width
        if width > widest:
            width, height = widest, max(1, round(height * widest / width))
        return width - width % step, height - height % step

    def of_one_frame(self) -> Order:
        """The same for the first frame alone."""
        screening = replace(self.screening, frames=self.screening.frames[:1])
        heard = None if self.heard is None else replace(self.heard, length=screening.length)
        return replace(self, screening=screening, heard=heard, inscription=None)
