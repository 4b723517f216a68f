"""The clip on disk: a folder that survives anything."""

from dreamzoom.clip.folder import ClipFolder, create_clip, open_clip
from dreamzoom.clip.journal import Entry, Journal
from dreamzoom.clip.lock import writing
from dreamzoom.clip.status import Status, clip_status
from dreamzoom.clip.verify import Fault, find_faults

__all__ = [
    "ClipFolder",
    "Entry",
    "Fault",
    "Journal",
    "Status",
    "clip_status",
    "create_clip",
    "find_faults",
    "open_clip",
    "writing",
]
