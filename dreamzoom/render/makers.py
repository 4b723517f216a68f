"""The frame makers of a clip's takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.render.frame import FrameMaker, Pictures, frame_maker
from dreamzoom.render.preparation import engine_for

if TYPE_CHECKING:
    from dreamzoom.clip.takes import Take
    from dreamzoom.engines.base import Engine


class Makers:
    """What makes each take's frames: made when a frame of it is first needed, then kept.

    An earlier take's model is opened only if one of its frames has to be made again.
    """

    def __init__(self, clip: ClipFolder, engine: Engine) -> None:
        self._clip = clip
        self._engine = engine
        self._makers: dict[int, FrameMaker] = {}

    def of(self, take: Take) -> FrameMaker:
        """What makes the frames of a take.

        Raises:
            ModelError: the take's model is missing, or has other weights by now.
            ClipError, PictureError: a picture that it was made with is missing or damaged.
        """
        if take.first not in self._makers:
            self._makers[take.first] = self._make(take)
        return self._makers[take.first]

    def _make(self, take: Take) -> FrameMaker:
        from dreamzoom.pictures import read_frame

        followed = {**take.guide_paths, **take.nudge_paths}
        guides = {name: read_frame(path) for name, path in followed.items()}
        palettes = {name: read_frame(path) for name, path in take.palette_paths.items()}
        pictures = Pictures(read_frame(self._clip.start_path), guides, palettes)
        return frame_maker(take.recipe, engine_for(take, self._engine), pictures)
