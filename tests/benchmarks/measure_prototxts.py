"""How many real prototxts are read and dream: `python tests/benchmarks/measure_prototxts.py FOLDER`.

Each file of the folder is read with seeded weights. Of those with a convolution the lowest and the highest
blob that can be reached within `--depth` layers are climbed once, on the torch engine, at a small size. With
`--caffe` the real pycaffe loads each file in a process of its own, and those that it loads are counted too.
What is not read or does not dream is grouped by its reason.
"""

from __future__ import annotations

import argparse
import multiprocessing
import re
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))

from dreamzoom.engines.registry import open_engine
from dreamzoom.errors import DreamzoomError
from dreamzoom.models.caffe.prototxt import read_words
from dreamzoom.models.caffe.reader import Parts, assemble, find_picture
from dreamzoom.models.caffe.site import Site
from dreamzoom.models.caffe.upgrade import deploy_layers, present_layers
from dreamzoom.models.network import Array, InputTransform, Model, Network
from dreamzoom.models.shapes import Shape

SIZE = (96, 64)  # width, height


class _Inventor(Site):
    """A site that finds whatever weights its layer wants, in hardly any memory."""

    def weights(self, **wanted: Shape) -> list[Array]:
        return [
            np.broadcast_to(np.float32(0.01 if name != "variance" else 1.0), s) for name, s in wanted.items()
        ]


@dataclass(frozen=True)
class Outcome:
    """What became of one file: "" is good, else the reason; None where it was not tried."""

    name: str
    unread: str = ""
    convolutions: bool = False
    undreamed: str | None = None
    loads: bool | None = None


def measure(path: Path, depth: int, with_caffe: bool) -> Outcome:
    """Read one file, dream it, and ask Caffe."""
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    loads = _caffe_loads(path) if with_caffe else None
    has_convolution = bool(re.search(rb"Convolution|CONVOLUTION|\"conv\"", path.read_bytes()))
    try:
        text = read_words(path)
        layers, everything = deploy_layers(text.net), present_layers(text.net)
        source = find_picture(path, layers, everything)
        network = assemble(Parts(path, path, text, layers, source), {}, _Inventor)
    except (DreamzoomError, ValueError) as error:
        return Outcome(path.name, _reason(error), has_convolution, loads=loads)
    return Outcome(path.name, "", has_convolution, _dream(network, depth) if has_convolution else None, loads)


def _dream(network: Network, depth: int) -> str:
    layers = network.layers[:depth]
    short = replace(network, layers=layers)
    reason = "none of its lower layers has a value"
    model = Model(network.name, short, InputTransform().for_channels(network.input_shape[0]), "", "")
    image = torch.rand(3, SIZE[1], SIZE[0]) * 255
    for blob in reversed(short.blobs[1:]):
        try:
            found = open_engine(model, "torch", "cpu").ascend(image, {blob: lambda x: (x.sum(), x)})
        except DreamzoomError as error:
            reason = _reason(error)
            continue
        return "" if torch.isfinite(found.gradient).all() else "its gradient is not finite"
    return reason


def _reason(error: Exception) -> str:
    """A message without what differs from file to file."""
    words = re.sub(r"^\S+: |\S+\.prototxt\S*", "", str(error))
    words = re.sub(r"'[^']*'|\d[\dx]*", "…", words)
    return words[:110]


def _caffe_loads(path: Path) -> bool:
    process = multiprocessing.get_context("spawn").Process(target=_load, args=(str(path),))
    process.start()
    process.join(60)
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode == 0


def _load(path: str) -> None:
    import os

    os.environ["GLOG_minloglevel"] = "3"  # noqa: SIM112 - so it is spelt
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    import caffe

    caffe.Net(path, caffe.TEST)


def _all(folder: Path, depth: int, with_caffe: bool, limit: int) -> Iterator[Outcome]:
    files = sorted(path for path in folder.iterdir() if path.is_file())[: limit or None]
    for path in files:
        yield measure(path, depth, with_caffe)


def main() -> None:
    """Measure a folder and print counts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--depth", type=int, default=12, help="layers of a network that are dreamed at most")
    parser.add_argument("--caffe", action="store_true", help="ask the real pycaffe as well")
    parser.add_argument("--limit", type=int, default=0, help="files at most")
    parser.add_argument(
        "--list", action="store_true", help="name each file that is not read or does not dream"
    )
    given = parser.parse_args()
    outcomes = list(_all(given.folder, given.depth, given.caffe, given.limit))
    read = [each for each in outcomes if not each.unread]
    convolutional = [each for each in outcomes if each.convolutions]
    dreamed = [each for each in convolutional if not each.unread and each.undreamed == ""]
    print(f"{len(outcomes)} files, {len(read)} read")
    print(f"{len(convolutional)} have a convolution, {len(dreamed)} dream")
    if given.caffe:
        loaded = [each for each in convolutional if each.loads]
        lost = [each for each in loaded if each not in dreamed]
        print(
            f"Caffe loads {len(loaded)} of those with a convolution, of which {len(lost)} do not dream here"
        )
        for each in lost:
            print(f"    {each.name}: {each.unread or each.undreamed}")
    for title, reasons in (
        ("not read", Counter(each.unread for each in outcomes if each.unread)),
        ("does not dream", Counter(each.undreamed for each in read if each.undreamed)),
    ):
        for reason, count in reasons.most_common(40):
            print(f"{title:15} {count:5}  {reason}")
    if given.list:
        for each in outcomes:
            if each.unread or each.undreamed:
                print(each.name, each.unread or each.undreamed)


if __name__ == "__main__":
    main()
