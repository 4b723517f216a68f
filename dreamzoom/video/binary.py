"""Which ffmpeg: the system's where it can do the work, else the one that imageio-ffmpeg carries."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from dreamzoom.errors import VideoError

REQUIRED = frozenset({"libx264", "aac"})
CARED_FOR = REQUIRED | {"h264_nvenc", "gif"}

_ADVICE = "install ffmpeg with libx264 (your system's package, or `pip install imageio-ffmpeg`)"
_PATIENCE_S = 60.0
# libavcodec of ffmpeg 5.1, which brought -fps_mode; ffmpeg 8 and later know no -vsync any more.
_FPS_MODE_SINCE = (59, 37)


@dataclass(frozen=True)
class Ffmpeg:
    """An ffmpeg that answered.

    Attributes:
        path: the binary.
        version: as it calls itself, such as "5.1.9-0+deb12u1" or "n9.0.2".
        encoders: those of `CARED_FOR` that it was built with; h264_nvenc also needs the hardware.
        timing_option: the option that says whether frames may be repeated or dropped, without its dash.
    """

    path: str
    version: str
    encoders: frozenset[str]
    timing_option: str


def find_ffmpeg() -> Ffmpeg:
    """The ffmpeg to use: the first on PATH if it has libx264 and aac, else imageio-ffmpeg's.

    Raises:
        VideoError: there is none that can encode H.264; it says what to install.
    """
    lacking: list[str] = []
    for path in _candidates():
        ffmpeg = _inspect(path)
        if ffmpeg is None:
            lacking.append(f"{path} does not run")
        elif missing := REQUIRED - ffmpeg.encoders:
            lacking.append(f"{path} lacks {' and '.join(sorted(missing))}")
        else:
            return ffmpeg
    found = "; ".join(lacking) or "there is none on PATH"
    raise VideoError(f"no usable ffmpeg ({found}): {_ADVICE}")


def _candidates() -> Iterator[str]:
    system = shutil.which("ffmpeg")
    # Windows also looks in the current folder, whose files nobody vouched for: such a hit is relative.
    if system and Path(system).is_absolute():
        yield system
    try:
        from imageio_ffmpeg import get_ffmpeg_exe

        carried: str = get_ffmpeg_exe()
    except (ImportError, RuntimeError):
        return
    yield carried


@cache
def _inspect(path: str) -> Ffmpeg | None:
    """Ask a binary what it is; None where it does not run."""
    about, listing = _ask(path, "-version"), _ask(path, "-encoders")
    version = re.match(r"ffmpeg version (\S+)", about)
    if version is None:
        return None
    names = set(re.findall(r"^ [A-Z.]{6} (\S+)", listing, re.MULTILINE))
    return Ffmpeg(path, version[1], CARED_FOR & names, _timing_option(about))


def _timing_option(about: str) -> str:
    library = re.search(r"libavcodec\s+(\d+)\.\s*(\d+)\.", about)
    if library is not None and (int(library[1]), int(library[2])) < _FPS_MODE_SINCE:
        return "vsync"
    return "fps_mode"


def _ask(path: str, question: str) -> str:
    try:
        answer = subprocess.run(
            [path, "-hide_banner", question],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PATIENCE_S,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return answer.stdout.decode(errors="replace")
