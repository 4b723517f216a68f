"""Compile `kernels.cpp` for every level of processor: `python -m dreamzoom.engines.torch.native.build`.

`pip install` does it as well (hatch_hook.py), so only the standard library is used here.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SOURCE = Path(__file__).with_name("kernels.cpp")

LEVELS = {
    "avx512": ("-mavx512f", "-mavx512bw", "-mavx512dq", "-mavx512vl", "-mfma", "-mprefer-vector-width=512"),
    "avx2": ("-mavx2", "-mfma"),
}
"""The compiler's flags for each library, by torch's name. With SSE's short registers torch is as quick."""

_FLAGS = (
    "-std=c++17", "-O3", "-fPIC", "-fvisibility=hidden", "-fno-exceptions", "-fno-rtti",
    "-fno-math-errno", "-fno-trapping-math", "-fwrapv", "-fopenmp",
)  # fmt: skip
_PATIENCE_S = 120


def library_path(level: str, folder: Path = SOURCE.parent) -> Path:
    """Where the library for a level is; its name changes with the source and the flags.

    Raises:
        OSError: the source cannot be read.
    """
    sources = b"".join(path.read_bytes() for path in (SOURCE, *sorted(SOURCE.parent.glob("*.hpp"))))
    made_of = sources + repr((_FLAGS, LEVELS[level])).encode()
    return folder / f"kernels-{level}-{hashlib.sha256(made_of).hexdigest()[:12]}.so"


def find_compiler() -> str | None:
    """The C++ compiler: what CXX names, or g++, or c++; None where the kernels cannot be compiled.

    It should be GCC. Clang's OpenMP needs another library than the one that torch brings along, so what it
    compiles cannot be loaded, and torch's operations are used.
    """
    if not sys.platform.startswith("linux") or platform.machine() not in {"x86_64", "AMD64"}:
        return None
    names = (os.environ.get("CXX"), "g++", "c++")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def build(compiler: str, folder: Path = SOURCE.parent) -> list[Path]:
    """Compile the library for every level into `folder`, and remove those of other sources.

    Raises:
        subprocess.SubprocessError: the compiler failed.
        OSError: it could not be started, or the folder cannot be written to.
    """
    wanted = [library_path(level, folder) for level in LEVELS]
    with tempfile.TemporaryDirectory(dir=folder, prefix=".kernels-") as workshop:
        made = [
            _compile(compiler, flags, Path(workshop, path.name))
            for path, flags in zip(wanted, LEVELS.values(), strict=True)
        ]
        for found, path in zip(made, wanted, strict=True):  # all of them, or none
            found.replace(path)
    for other in set(folder.glob("kernels-*.so")) - set(wanted):
        other.unlink()
    return wanted


def _compile(compiler: str, flags: tuple[str, ...], path: Path) -> Path:
    """Compile, then link without -fopenmp: so the library uses the OpenMP that torch brings along.

    A second OpenMP would have threads of its own, which would wait on the cores that torch's threads need.
    """
    compiled = path.with_suffix(".o")
    for step in (
        (compiler, *_FLAGS, *flags, "-c", str(SOURCE), "-o", str(compiled)),
        (compiler, "-shared", str(compiled), "-o", str(path)),
    ):
        subprocess.run(
            step, check=True, capture_output=True, text=True, errors="replace", timeout=_PATIENCE_S
        )
    return path


def reason(error: subprocess.SubprocessError | OSError) -> str:
    """Why `build` failed, with what the compiler said."""
    said = getattr(error, "stderr", None)
    return f"{error}\n{said}" if said else str(error)


def main() -> None:
    """Build the libraries beside the source, and print where they are."""
    compiler = find_compiler()
    if compiler is None:
        sys.exit("the kernels need g++ on x86-64 Linux; torch's operations are used without them")
    try:
        built = build(compiler)
    except (subprocess.SubprocessError, OSError) as error:
        sys.exit(f"the kernels were not compiled: {reason(error)}")
    sys.stdout.write("".join(f"{path}\n" for path in built))


if __name__ == "__main__":
    main()
