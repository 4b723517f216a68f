"""`dreamzoom doctor`."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Literal

import click

from dreamzoom._version import __version__
from dreamzoom.cli.console import answer
from dreamzoom.errors import DreamzoomError

_PACKAGES = ("numpy", "pillow", "protobuf", "ffmpeg-python", "imageio-ffmpeg")
_STUDIO = ("starlette", "uvicorn", "sse-starlette", "watchfiles", "segno")
_MARKS = {"good": "ok     ", "optional": "-      ", "bad": "MISSING"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: with a `bad` one no render works, an `optional` one would bring something more."""

    subject: str
    state: Literal["good", "optional", "bad"]
    words: str


@click.command()
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check this machine and say what is to be done: engines, ffmpeg, models, precisions, free disk.

    Exit status 1 if a render could not work.
    """
    findings = list(examine())
    for finding in findings:
        answer(f"{_MARKS[finding.state]}  {finding.subject:10}  {finding.words}")
    if any(finding.state == "bad" for finding in findings):
        ctx.exit(1)


def examine() -> Iterator[Finding]:
    """Everything looked at, in order."""
    yield Finding(
        "dreamzoom", "good", f"{__version__}, Python {platform.python_version()}, {platform.platform()}"
    )
    yield _finding("torch", _torch)
    yield _kernels()
    yield _finding("caffe", _caffe, otherwise="optional")
    yield _finding("ffmpeg", _ffmpeg)
    yield _finding("model", _model)
    yield _finding("precision", _precision)
    yield _studio()
    yield Finding("packages", "good", ", ".join(f"{name} {metadata.version(name)}" for name in _PACKAGES))
    yield _disk()


def _finding(subject: str, look: Callable[[], str], otherwise: Literal["optional", "bad"] = "bad") -> Finding:
    try:
        return Finding(subject, "good", look())
    except DreamzoomError as error:
        return Finding(subject, otherwise, str(error))


def _torch() -> str:
    import torch

    devices = ["cpu"]
    devices += ["mps"] if torch.backends.mps.is_available() else []
    devices += [f"cuda ({torch.cuda.get_device_name()})"] if torch.cuda.is_available() else []
    return f"{torch.__version__}, {torch.get_num_threads()} threads, devices: {', '.join(devices)}"


def _kernels() -> Finding:
    from dreamzoom.engines.torch.native.library import compiled_library

    found = compiled_library()
    if found is not None:
        return Finding("kernels", "good", f"dreamzoom's own, for the cpu: {Path(found._name).name}")
    return Finding(
        "kernels",
        "optional",
        "torch's own, slower; with g++ on x86-64 Linux: python -m dreamzoom.engines.torch.native.build",
    )


def _caffe() -> str:
    from dreamzoom.engines.caffe.library import import_caffe

    return f"{import_caffe().__version__}, for --engine caffe"


def _ffmpeg() -> str:
    from dreamzoom.video.ffmpeg import try_ffmpegs

    found, passed_over = try_ffmpegs(Path.cwd())
    words = f"{found.version}, {found.path}, encoders: {', '.join(sorted(found.encoders))}"
    return "; passed over: ".join([words, *passed_over])


def _model() -> str:
    from dreamzoom.models.store import open_model

    model = open_model("squeezenet")
    return f"squeezenet, embedded, sha256 {model.sha256[:12]}, default layer {model.default_layer}"


def _precision() -> str:
    from dreamzoom.dream.speed import best_precision, measure_speeds
    from dreamzoom.models.store import open_model

    speeds = measure_speeds(open_model("squeezenet"))
    best = best_precision(speeds)
    measured = ", ".join(f"{name} {speed / speeds['float32']:.2f}" for name, speed in speeds.items())
    advice = "float32 is right here" if best == "float32" else f"give --precision {best} where speed counts"
    return f"speed measured just now, as ratios: {measured}; {advice}"


def _studio() -> Finding:
    found = {name: _version(name) for name in _STUDIO}
    missing = [name for name, version in found.items() if version is None]
    if missing:
        words = f"lacks {', '.join(missing)}: pip install 'dreamzoom[studio]'"
        return Finding("studio", "optional", words)
    words = ", ".join(f"{name} {version}" for name, version in found.items())
    return Finding("studio", "good", f"{words}, for dreamzoom studio")


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _disk() -> Finding:
    from dreamzoom.io.disk import free_space

    free = free_space(Path.cwd())
    if free is None:
        return Finding("disk", "good", "does not tell how much is free here")
    words = f"{free / 1e9:.1f} GB free here: about {free // 500_000} frames of 640x360"
    return Finding("disk", "good" if free > 5e8 else "bad", words)
