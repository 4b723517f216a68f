"""Whether the words of a film, which are a part of its pictures, are seen where it is delivered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dreamzoom.delivery.screening import Screening
from dreamzoom.delivery.shapes import FrameSides, has_shape
from dreamzoom.delivery.targets import Target
from dreamzoom.film.plan import Title


def doubts_of_titles(
    titles: Sequence[Title], made: FrameSides, screening: Screening, target: Target
) -> Iterator[str]:
    """What a person should know of a film's words before it is delivered: in a line, where there is anything.

    A window of another shape cuts them off, and a phone's captions and buttons lie over those at the bottom.

    Args:
        titles: of the film.
        made: width and height of the film's own pictures.
        screening: what is shown of it.
        target: whom it is for.
    """
    first, last = min(screening.frames, default=0), max(screening.frames, default=-1)
    seen = [title for title in titles if title.first <= last and title.stop > first]
    film, shown = screening.programme.path, screening.shown_size
    board = film / "storyboard.toml"
    if seen and not has_shape(shown, made):
        yield (
            f"{film} has words in its pictures, which a window of another shape may cut off: a copy of "
            f"{board} with that shape as its `size` makes a film whose words fit"
        )
    elif target.place_of_words(shown) == "middle" and any(title.place == "bottom" for title in seen):
        yield (
            f"{target.title[0].upper()}{target.title[1:]} has captions and buttons over the words at the "
            f'bottom: `place = "middle"` in {board}, and the film made again, moves them'
        )
