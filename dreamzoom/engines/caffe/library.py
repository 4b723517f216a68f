"""The installed Caffe: how it is imported, and what it was built with."""

from __future__ import annotations

import ctypes
import importlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path
from types import ModuleType

from dreamzoom.errors import EngineError

_LOG_LEVEL = "GLOG_minloglevel"
_BUILD = "python -m dreamzoom.engines.build_caffe"


def import_caffe() -> ModuleType:
    """Real Caffe's Python module.

    Raises:
        EngineError: it is not installed, cannot be loaded, or is another module; says how to get it.
    """
    try:
        with _quiet_log():
            caffe = importlib.import_module("caffe")
    except ModuleNotFoundError as error:
        if error.name != "caffe":
            raise _broken(error) from error
        raise EngineError(
            f"Caffe is not installed: build it on Debian or Ubuntu with `{_BUILD}`, or use --engine torch"
        ) from error
    except ImportError as error:
        raise _broken(error) from error
    if not hasattr(caffe, "Net"):
        where = getattr(caffe, "__file__", None) or next(iter(caffe.__path__))
        raise EngineError(
            f"the module `caffe` at {where} is not BVLC's Caffe: move it, and build Caffe with `{_BUILD}`"
        )
    return caffe


def require_readable(caffe: ModuleType, caffemodel: Path) -> None:
    """Refuse a file of weights that is larger than this Caffe reads, where reading it would end the process.

    Raises:
        EngineError: naming both sizes, and the way out.
    """
    found, largest = caffemodel.stat().st_size, _largest_file(caffe)
    if found > largest:
        raise EngineError(
            f"{caffemodel} has {found >> 20} MiB, and the installed Caffe reads {(largest + 1) >> 20} MiB at "
            f"most: build it again with `{_BUILD}`, or use --engine torch"
            if largest < LARGEST_MESSAGE
            else f"{caffemodel} has {found >> 20} MiB, and Caffe reads 2048 MiB at most: use --engine torch"
        )


LARGEST_MESSAGE = 2**31 - 1
"""Bytes; no message of protobuf's is larger, and BVLC's Caffe reads all that may be."""

_LARGEST_BEFORE = 512 << 20
_READS_ALL_SINCE = 2  # the build of dreamzoom's wheel
_HALF_READERS = ("dreamzoom-caffe", "brocolli-caffe")  # their sources have the smaller limit


def _largest_file(caffe: ModuleType) -> int:
    """The size in bytes of the largest file that this Caffe reads, by what installed it."""
    folder = Path(caffe.__file__ or "").parent
    for name in _HALF_READERS:
        for installed in metadata.distributions(name=name):
            build = re.search(r"^Build: (\d+)", installed.read_text("WHEEL") or "", re.MULTILINE)
            is_new = name == _HALF_READERS[0] and build is not None and int(build[1]) >= _READS_ALL_SINCE
            if Path(str(installed.locate_file("caffe"))) == folder and not is_new:
                return _LARGEST_BEFORE
    return LARGEST_MESSAGE


def blas_in_words(caffe: ModuleType) -> str:
    """The library that multiplies Caffe's matrices, and its threads, as far as they can be known."""
    library = _shared_library(caffe)
    if hasattr(library, "openblas_get_num_threads"):
        library.openblas_get_config.restype = ctypes.c_char_p
        name = " ".join(library.openblas_get_config().decode().split()[:2])
        return f"{name}, {library.openblas_get_num_threads()} threads"
    if hasattr(library, "MKL_Get_Max_Threads"):
        return f"MKL, {library.MKL_Get_Max_Threads()} threads"
    return "unknown BLAS"


def has_gpu(caffe: ModuleType) -> bool:
    """Whether this Caffe was built for CUDA and finds a device; to ask Caffe could end the process."""
    library = _shared_library(caffe)
    count = ctypes.c_int(0)
    if not (hasattr(library, "cublasCreate_v2") and hasattr(library, "cudaGetDeviceCount")):
        return False
    return library.cudaGetDeviceCount(ctypes.byref(count)) == 0 and count.value > 0


def _shared_library(caffe: ModuleType) -> ctypes.CDLL:
    """Caffe's compiled module; it has the symbols of the libraries that it is linked with too."""
    return ctypes.CDLL(caffe._caffe.__file__)


def _broken(error: ImportError) -> EngineError:
    reason = str(error).partition("\n")[0] or type(error).__name__
    return EngineError(f"Caffe is installed, but cannot be loaded ({reason}): build it again with `{_BUILD}`")


@contextmanager
def _quiet_log() -> Iterator[None]:
    """Within it Caffe, which reads its log level at import, logs only what ends the process.

    Otherwise it describes each network on stderr, layer by layer. A level that the user has set stays.
    """
    if _LOG_LEVEL in os.environ:
        yield
        return
    os.environ[_LOG_LEVEL] = "3"
    try:
        yield
    finally:
        del os.environ[_LOG_LEVEL]
