"""ffmpeg binaries: which there are, what they were built with, and whether they work where they have to."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from dreamzoom.errors import StorageError
from dreamzoom.io.files import part_of

_REQUIRED = frozenset({"libx264", "aac"})
_CARED_FOR = _REQUIRED | {"gif"}
_PATIENCE_S = 30.0
# libavcodec of ffmpeg 5.1, which brought -fps_mode; ffmpeg 8 and later know no -vsync any more.
_FPS_MODE_SINCE = (59, 37)
_QUOTED = 160  # characters of what a binary said that are told
_SIDE = 16  # pixels of the film that a binary is tried with
_QUIET = ("-hide_banner", "-nostats", "-loglevel", "error", "-y")
_ONLY_FILES = ("-protocol_whitelist", "file,pipe")


@dataclass(frozen=True)
class Ffmpeg:
    """An ffmpeg that answered.

    Attributes:
        path: the binary.
        version: as it calls itself, such as "5.1.9-0+deb12u1" or "n9.0.2".
        encoders: those that it was built with, of the ones that clips need.
        timing_option: the option that says whether frames may be repeated or dropped, without its dash.
        every_encoder: all that it was built with.
    """

    path: str
    version: str
    encoders: frozenset[str]
    timing_option: str
    every_encoder: frozenset[str] = frozenset()


def candidates() -> Iterator[str]:
    """The paths of what may be an ffmpeg, in the order of trust: those on PATH, then imageio-ffmpeg's."""
    seen: set[str] = set()
    for path in (*_on_path(), *_carried()):
        real = os.path.realpath(path)
        if real not in seen:
            seen.add(real)
            yield path


def _on_path() -> Iterator[str]:
    for folder in os.get_exec_path():
        # Windows also looks in the current folder, whose files nobody vouched for: such a hit is relative.
        if not Path(folder).is_absolute():
            continue
        there = shutil.which("ffmpeg", path=folder)
        named = Path(folder) / "ffmpeg"
        if there is not None and Path(there).is_absolute():
            yield there
        elif os.path.lexists(named):
            yield str(named)  # no program, which is told


def _carried() -> Iterator[str]:
    try:
        path: str = get_ffmpeg_exe()
    except (ImportError, OSError, RuntimeError):
        return
    yield path


def examine(path: str) -> Ffmpeg | str:
    """A binary that can encode H.264 and AAC, or why it cannot, such as "lacks libx264"."""
    if Path(path).is_dir():
        return "is a folder"
    ffmpeg = _inspect(path)
    if ffmpeg is None:
        return "does not run"
    if missing := _REQUIRED - ffmpeg.encoders:
        return f"lacks {' and '.join(sorted(missing))}"
    return ffmpeg


@cache
def _inspect(path: str) -> Ffmpeg | None:
    """Ask a binary what it is; None where it does not run."""
    about, listing = _ask(path, "-version"), _ask(path, "-encoders")
    version = re.match(r"ffmpeg version (\S+)", about)
    if version is None:
        return None
    names = set(re.findall(r"^ [A-Z.]{6} (\S+)", listing, re.MULTILINE))
    return Ffmpeg(path, version[1], _CARED_FOR & names, _timing_option(about), frozenset(names))


def _timing_option(about: str) -> str:
    library = re.search(r"libavcodec\s+(\d+)\.\s*(\d+)\.", about)
    if library is not None and (int(library[1]), int(library[2])) < _FPS_MODE_SINCE:
        return "vsync"
    return "fps_mode"


def _ask(path: str, question: str) -> str:
    answer = _call([path, "-hide_banner", question])
    return answer.stdout.decode(errors="replace") if answer is not None and answer.returncode == 0 else ""


def _call(arguments: list[str], data: bytes = b"") -> subprocess.CompletedProcess[bytes] | None:
    try:
        return subprocess.run(arguments, input=data, capture_output=True, timeout=_PATIENCE_S, check=False)
    except (OSError, subprocess.SubprocessError):
        return None


@cache
def fault_in(ffmpeg: Ffmpeg, place: Path) -> str | None:
    """Why a binary cannot work at a place, such as "cannot write in /tmp/clip"; None where it can.

    Ubuntu's ffmpeg from snap sees neither /tmp nor hidden files; old ones know no filter that is needed; what
    is called ffmpeg may be a wrapper that answers questions and does no work.

    Args:
        place: an absolute path. In a folder a film of two frames is made and removed again; a file is read.
    """
    if _comes_along(ffmpeg) or not place.exists():
        return None  # what we may read and write, it may; what is not there, others tell
    return _fault_in_folder(ffmpeg, place) if place.is_dir() else _fault_with_file(ffmpeg, place)


def _comes_along(ffmpeg: Ffmpeg) -> bool:
    return "imageio_ffmpeg" in Path(ffmpeg.path).parts


def _fault_with_file(ffmpeg: Ffmpeg, file: Path) -> str | None:
    """Read it as bytes, whatever it holds."""
    source = ("-f", "u8", "-ar", "8000", "-ac", "1", *_ONLY_FILES, "-i", f"file:{file}")
    done = _call([ffmpeg.path, *_QUIET, "-nostdin", *source, "-t", "0.01", "-f", "null", "-"])
    return None if done is not None and done.returncode == 0 else _words(f"cannot read {file}", done)


def _fault_in_folder(ffmpeg: Ffmpeg, folder: Path) -> str | None:
    """Make a film with sound as an encoder does, under a hidden name, and see that it is there."""
    try:
        with part_of(folder / "trial.mp4") as part:
            done = _call(_trial(ffmpeg, part), bytes(2 * 3 * _SIDE * _SIDE))
            if done is not None and done.returncode == 0 and b"moov" in part.read_bytes()[:4096]:
                return None
    except (OSError, StorageError):
        return None  # we cannot write there ourselves: that is told as what it is
    return _words(f"cannot make a film in {folder}", done)


def _trial(ffmpeg: Ffmpeg, part: Path) -> list[str]:
    """The command that makes `part` with all that an encoder needs."""
    pictures = ("-f", "rawvideo", "-pixel_format", "rgb24", "-s", f"{_SIDE}x{_SIDE}", "-framerate", "10")
    filters = (
        f"[0:v]crop={_SIDE}:{_SIDE}:0:0,scale=in_range=full:out_range=limited:out_color_matrix=bt709:"
        "flags=bicubic+accurate_rnd+full_chroma_int,format=yuv420p,"
        "setparams=range=limited:color_primaries=bt709:color_trc=bt709:colorspace=bt709[v];"
        "aevalsrc=0:s=44100:d=0.2,asetpts=N/SR/TB,aresample=48000,apad=whole_len=9600,"
        "atrim=end_sample=9600[a]"
    )
    video = ("-map", "[v]", "-c:v", "libx264", f"-{ffmpeg.timing_option}", "passthrough")
    sound = ("-map", "[a]", "-c:a", "aac", "-b:a", "128000")
    film = ("-movflags", "+faststart", "-f", "mp4", f"file:{part}")
    start = [ffmpeg.path, *_QUIET, *pictures, "-i", "pipe:0", "-filter_complex", filters]
    return [*start, *video, *sound, *film]


def _words(what: str, done: subprocess.CompletedProcess[bytes] | None) -> str:
    said = "" if done is None else " ".join(done.stderr.decode(errors="replace").split())[-_QUOTED:]
    return f"{what}: it said: {said}" if said else what
