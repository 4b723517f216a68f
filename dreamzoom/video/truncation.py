"""Files that were cut short, where the container tells and ffmpeg does not say."""

from __future__ import annotations

from pathlib import Path

_LAST_PAGES = 1 << 17  # bytes; an Ogg page has 65,307 at most
_STREAMED = 0x7F000000  # a RIFF size from here on, and 0, is a writer's way of saying that it did not know


def is_cut_short(path: Path) -> bool:
    """Whether a RIFF (WAV) or Ogg file ends before its own header says.

    RIFF: its header's size (Multimedia Programming Interface and Data Specifications 1.0, chapter 2). Ogg:
    the last page's table of segments (RFC 3533, section 6).
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(max(0, size - _LAST_PAGES))
        tail = file.read(_LAST_PAGES)
    if head[:4] == b"RIFF":
        promised = int.from_bytes(head[4:8], "little")
        # Some writers count an odd chunk's padding byte and leave it out.
        return 0 < promised < _STREAMED and promised + 8 > size + 1
    return head[:4] == b"OggS" and _last_page_is_torn(tail)


def tag_size(path: Path) -> int:
    """Bytes of the ID3v2 tag, cover art included, before the sound; 0 without one
    (id3.org/id3v2.4.0-structure)."""
    with path.open("rb") as file:
        head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10 or any(byte > 0x7F for byte in head[6:10]):
        return 0
    return 10 + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def _last_page_is_torn(tail: bytes) -> bool:
    start = tail.rfind(b"OggS")
    page = tail[start:]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    segments = page[27 : 27 + page[26]]
    return len(page) < 27 + len(segments) + sum(segments)
