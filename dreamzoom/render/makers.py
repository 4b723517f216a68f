"""What made a clip's frames, and whether this machine would make the same."""

from __future__ import annotations

from dreamzoom.clip.folder import ClipFolder
from dreamzoom.engines.base import Engine
from dreamzoom.errors import OtherMachineError


def made_by(clip: ClipFolder) -> str:
    """What computed the latest of a clip's frames (`Engine.fingerprint`), or of a loop's pictures before it
    has any; "" before there is one.
    """
    entries = list(clip.journal()) or [each for each in clip.torus_journal() if each.frame > 0]
    return entries[-1].engine if entries else ""


def require_same_maker(clip: ClipFolder, engine: Engine) -> None:
    """See that a clip's next frames will have the bytes that the machine would give them which made those
    before. Raises an OtherMachineError.
    """
    before = made_by(clip)
    if before and before != engine.fingerprint:
        raise OtherMachineError(
            f"{clip.path} was made by {before} until now, and this is {engine.fingerprint}: its next frames "
            "might have other bytes",
            before,
        )
