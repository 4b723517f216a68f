"""How many bytes of memory this process may still take, so that what cannot fit is refused before it starts.

Linux ends a process that takes more than its container may have, without a word: nothing can be caught then.
So whoever is about to need much asks first. The system's own files tell, man proc(5) and cgroups(7); where
there are none (macOS, Windows) nothing is known, and nothing is refused.
"""

from __future__ import annotations

import contextlib
import mmap
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from dreamzoom.errors import MemoryShortageError

_ROOT = Path("/")
_ASKED_FROM = 64 << 20  # bytes; for less nobody has to ask
_UNLIMITED = 1 << 60  # bytes; version 1 of cgroups writes "no limit" as a number above this
_LIMITS = {"Max address space": 0, "Max data size": 5}  # in /proc/self/limits, and what counts in statm


def available_memory(root: Path = _ROOT) -> int | None:
    """Bytes that this process may still take; None where the system does not tell.

    The least of what the machine has left (memory that can be reclaimed counts as left), of what each control
    group around the process leaves it, of either version, and of the process's own limits.

    Args:
        root: where /proc and /sys are found.
    """
    left = [*_machine(root), *_control_groups(root), *_own_limits(root)]
    return max(0, min(left)) if left else None


def require_memory(needed: int, what: str, advice: str, left: int | None = None) -> None:
    """See that so many bytes can be taken.

    Args:
        needed: bytes, about.
        what: what needs them, the message's subject, such as "sky.jpg: to dream it at 4000x3000".
        advice: what to do where they are not there, such as "use --size 2000x1500".
        left: how many are left, where that is known otherwise: on a GPU, say.

    Raises:
        MemoryShortageError: naming what is needed, what is left, and the advice.
    """
    if needed < _ASKED_FROM:
        return
    left = available_memory() if left is None else left
    if left is not None and needed > left:
        raise MemoryShortageError(
            f"{what} needs about {gigabytes(needed)} of memory, and {gigabytes(left)} are left: {advice}"
        )


def gigabytes(count: int) -> str:
    """Bytes in words: "8.4 GB", "16 MB", "70 kB"."""
    if count < 1_000_000:
        return f"{count / 1e3:.0f} kB"
    return f"{count / 1e9:.1f} GB" if count >= 95_000_000 else f"{count / 1e6:.0f} MB"


def _machine(root: Path) -> Iterator[int]:
    told = _numbers(_read(root / "proc/meminfo"))
    if "MemAvailable" in told:
        yield told["MemAvailable"] << 10
    elif "MemFree" in told:  # before Linux 3.14
        yield (told["MemFree"] + told.get("Buffers", 0) + told.get("Cached", 0)) << 10
    promises_bound = _read(root / "proc/sys/vm/overcommit_memory").strip() == "2"
    if promises_bound and {"CommitLimit", "Committed_AS"} <= told.keys():
        yield (told["CommitLimit"] - told["Committed_AS"]) << 10


def _own_limits(root: Path) -> Iterator[int]:
    used = _read(root / "proc/self/statm").split()
    for line in _read(root / "proc/self/limits").splitlines():
        for name, field in _LIMITS.items():
            soft = line[len(name) :].split()[:1] if line.startswith(name) else []
            if soft and soft[0].isdigit() and field < len(used):
                yield int(soft[0]) - int(used[field]) * mmap.PAGESIZE


def _control_groups(root: Path) -> Iterator[int]:
    groups = _group_paths(_read(root / "proc/self/cgroup"))
    for line in _read(root / "proc/self/mountinfo").splitlines():
        before, _, after = line.partition(" - ")
        mount, kind = [_unescape(word) for word in before.split()], after.split()
        if len(mount) < 5 or len(kind) < 3:
            continue
        version = {"cgroup2": 2, "cgroup": 1}.get(kind[0])
        if version not in groups or (version == 1 and "memory" not in kind[2].split(",")):
            continue
        top = root / mount[4].lstrip("/")
        for folder in _folders_up(top, _below(groups[version], mount[3])):
            yield from _left_in_unified(folder) if version == 2 else _left_in_memory_group(folder)


def _group_paths(text: str) -> dict[int, str]:
    """The process's group that counts memory, by the version of cgroups: lines of "4:memory:/docker/ab"."""
    paths = {}
    for line in text.splitlines():
        number, _, rest = line.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" and not controllers:
            paths[2] = path
        elif "memory" in controllers.split(","):
            paths[1] = path
    return paths


def _below(path: str, mounted: str) -> list[str]:
    """The way from a mounted group to the process's own; none where that is not seen from here."""
    whole, above = path.strip("/").split("/"), [part for part in mounted.split("/") if part]
    if ".." in whole or whole[: len(above)] != above:
        return []
    return [part for part in whole[len(above) :] if part]


def _folders_up(top: Path, parts: list[str]) -> Iterator[Path]:
    for count in range(len(parts), -1, -1):
        yield top.joinpath(*parts[:count])


def _left_in_unified(folder: Path) -> Iterator[int]:
    used = _read(folder / "memory.current").strip()
    for name in ("memory.max", "memory.high"):
        limit = _read(folder / name).strip()  # "max" is none
        if limit.isdigit() and used.isdigit():
            yield int(limit) - int(used) + _cached(folder, "")


def _left_in_memory_group(folder: Path) -> Iterator[int]:
    limit = _read(folder / "memory.limit_in_bytes").strip()
    used = _read(folder / "memory.usage_in_bytes").strip()
    if limit.isdigit() and used.isdigit() and int(limit) < _UNLIMITED:
        yield int(limit) - int(used) + _cached(folder, "total_")


def _cached(folder: Path, prefix: str) -> int:
    """Bytes of a group that hold what is on disk as well: they are given back when memory is short."""
    told = _numbers(_read(folder / "memory.stat"))
    return told.get(f"{prefix}inactive_file", 0) + told.get(f"{prefix}active_file", 0)


def _numbers(text: str) -> Mapping[str, int]:
    """Lines of a name and a number, as "MemFree:  12 kB" and "active_file 12"."""
    found = re.findall(r"^([\w()]+):?\s+(\d+)", text, re.MULTILINE)
    return {name: int(number) for name, number in found}


def _unescape(word: str) -> str:
    r"""A word of mountinfo, where a blank is written \040."""
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), word)


def _read(path: Path) -> str:
    with contextlib.suppress(OSError, ValueError):
        return path.read_text("utf-8", errors="replace")
    return ""
