"""What the making of a film would do, told before it begins."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dreamzoom.cli.console import align_columns, answer, counted, duration, say
from dreamzoom.cli.films import find_storyboard
from dreamzoom.errors import DreamzoomError, DreamzoomWarning, printable

if TYPE_CHECKING:
    from dreamzoom.film.foresight import ForeseenScene, Foresight
    from dreamzoom.film.keeping import Intention


def tell_foreseen(source: Path, out: Path | None, *, as_json: bool) -> bool:
    """Print what the film of a storyboard would be, or of the one that a film keeps; whether it is right.

    Args:
        out: the film's folder, where it is not the one that the storyboard lies in.

    Raises:
        DreamzoomError: what is wrong with it; as JSON that is an answer too.
    """
    if not as_json:
        intended, foreseen = _foresee(source, out, say)
        answer(_words(intended, foreseen))
        return True
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DreamzoomWarning)
        faults: tuple[str, ...] = ()
        found: dict[str, Any] = {}
        try:
            found = _facts(*_foresee(source, out, lambda line: None))
        except DreamzoomError as error:
            faults = getattr(error, "faults", ()) or (str(error),)
    notes = [printable(str(each.message)) for each in told if issubclass(each.category, DreamzoomWarning)]
    answer(json.dumps({"faults": [*map(printable, faults)], "notes": notes, **found}))
    return not faults


def _foresee(
    source: Path, out: Path | None, on_message: Callable[[str], object]
) -> tuple[Intention, Foresight]:
    from dreamzoom.errors import StoryboardError
    from dreamzoom.film.board.reading import LARGEST
    from dreamzoom.film.checking import check_scenes
    from dreamzoom.film.folder import FilmFolder, require_place
    from dreamzoom.film.foresight import foresee
    from dreamzoom.film.keeping import intend, intend_kept, lies_beside
    from dreamzoom.io.toml import read_text

    named = find_storyboard(source, out)
    film = FilmFolder(named.film)
    if named.is_kept:
        intended = intend_kept(film, on_message)
    else:
        require_place(film.path)
        text = read_text(named.path, StoryboardError, "storyboard", LARGEST)
        intended = intend(film, text, named.path, lies_beside(named.path), on_message)
    return intended, foresee(film, intended.plan, check_scenes(film, intended.plan))


def _facts(intended: Intention, foreseen: Foresight) -> dict[str, Any]:
    return {
        "frames": foreseen.frames,
        "fps": float(intended.plan.fps),
        "dreamed": sum(scene.dreamed for scene in foreseen.scenes),
        "scenes": [asdict(scene) for scene in foreseen.scenes],
        "leaving": foreseen.leaving,
        "is_new_video": foreseen.is_new_video,
    }


def _words(intended: Intention, foreseen: Foresight) -> str:
    plan = intended.plan
    dreamed = sum(scene.dreamed for scene in foreseen.scenes)
    scenes, frames = counted(len(foreseen.scenes), "scene"), counted(plan.frames, "frame")
    first = f"{scenes}, {frames}, {duration(float(plan.frames / plan.fps))}: "
    first += f"{counted(dreamed, 'frame')} to dream" if dreamed else "nothing to dream"
    first += ", and a new video" if foreseen.is_new_video else ", and its video stands"
    rows = [(f"  {scene.name}", _fate(scene), scene.why) for scene in foreseen.scenes]
    leaving = [f"  {name}: is asked for no more, and goes to aside" for name in foreseen.leaving]
    return "\n".join([first, *align_columns(rows).splitlines(), *leaving])


def _fate(scene: ForeseenScene) -> str:
    if not scene.dreamed:
        return "comes back" if scene.why else "stands"
    frames = counted(scene.dreamed, "frame")
    return f"{frames} from frame {scene.kept} on" if scene.kept else frames
