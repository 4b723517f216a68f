"""A prototxt: read with what it passes over, and whether a word that was passed over could matter."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

from dreamzoom.errors import ModelError
from dreamzoom.io.files import read_at_most
from dreamzoom.models.caffe.caffe_pb2 import LayerParameter, NetParameter
from dreamzoom.models.caffe.text import PassedOver, TextFault, parse_text
from dreamzoom.models.sniff import other_file

LARGEST_PROTOTXT = 4 << 20  # bytes; twice the longest that is known, with a scale for each channel


@dataclass(frozen=True)
class Prototxt:
    """A network's description, and the words in it that were not taken, by the name of their layer."""

    net: NetParameter
    passed: Mapping[str, Sequence[PassedOver]]


def read_prototxt(path: Path) -> NetParameter:
    """The network that a prototxt describes. Raises as `read_words`."""
    return read_words(path).net


def read_words(path: Path) -> Prototxt:
    """Read a prototxt: what Caffe knows of it, and what it says beside that.

    Raises:
        ModelError: it cannot be read, is too large, another kind of file, or cannot be followed (line named).
    """
    content = read_at_most(path, LARGEST_PROTOTXT, ModelError, "prototxt")
    if other := other_file(content, "prototxt"):
        raise ModelError(f"{path} {other}")
    net = NetParameter()
    try:
        passed = parse_text(decode_text(content), net)
    except TextFault as fault:
        raise ModelError(f"{path} is no prototxt of a network: {fault}") from fault
    return Prototxt(net, spell_padding([*net.layer, *net.layers], by_layer(passed)))


def by_layer(passed: Iterable[PassedOver]) -> dict[str, list[PassedOver]]:
    """Words by the name of the layer they stand in."""
    found: dict[str, list[PassedOver]] = defaultdict(list)
    for word in passed:
        found[word.layer].append(word)
    return found


_SIDES = {"pad_t": "pad_h", "pad_b": "pad_h", "pad_l": "pad_w", "pad_r": "pad_w"}


def spell_padding(layers: Iterable[Any], passed: dict[str, list[PassedOver]]) -> dict[str, list[PassedOver]]:
    """Padding that a derived Caffe gives for each of four sides, as BVLC's where opposite ones are the same.

    Args:
        layers: of any schema; they are changed.
        passed: the words that were passed over in them.

    Returns: the words that are left.
    """
    for layer in layers:
        for block in ("convolution_param", "pooling_param"):
            sides = {word.path[1]: word for word in passed.get(layer.name, ()) if _is_side(word, block)}
            values = [sides[side].value if side in sides else "0" for side in _SIDES]
            if not sides or values[0] != values[1] or values[2] != values[3]:
                continue
            settings = getattr(layer, block)
            if not _pads(settings):
                settings.pad_h, settings.pad_w = int(values[0]), int(values[2])
            passed[layer.name] = [word for word in passed[layer.name] if word not in sides.values()]
    return passed


def _is_side(word: PassedOver, block: str) -> bool:
    return len(word.path) == 2 and word.path[0] == block and word.path[1] in _SIDES and word.value.isdigit()


def _pads(settings: Any) -> bool:
    return any(field.name.startswith("pad") for field, _ in settings.ListFields())


def decode_text(content: bytes) -> str:
    """The text of a file of any encoding: Caffe skips comments unread, and only they are not ASCII."""
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return content.decode("utf-16", errors="replace")
    return content.decode("utf-8-sig", errors="replace")


_DECIDES_NOTHING = re.compile(
    r"(?:^|_)(?:engine|filler|forward|backward|cudnn|algo|quant|workspace|im2col|lr_|decay|blobs|moving|fraction|"
    r"debug|include|exclude|phase|param$|loss|propagate|sparse|stable|dropout|need|share_)"
)
"""Words with such a part say how other Caffes compute or train, never what comes out at the end."""

_CONVOLUTIONS = ("convolution", "deconvolution", "depthwise")


def could_matter(layer: LayerParameter, word: PassedOver) -> bool:
    """Whether a word that was passed over could change what its layer computes."""
    *blocks, last = word.path
    if word.kind == "word" and word.value.lower() in ("false", "0", "f"):
        return False
    if any(_DECIDES_NOTHING.search(each.removesuffix("_param").lower()) for each in word.path):
        return False
    if blocks:
        return _is_own(layer.type, blocks[0])
    if last.endswith("_param") or word.value.startswith("{"):
        return _is_almost_own(layer.type, last)
    return True


def stops(layer: LayerParameter, word: PassedOver) -> bool:
    """Whether its layer cannot be computed: a setting that decides has a value that nobody here knows."""
    is_uneven = word.path[-1] in _SIDES and word.value != "0"
    return (word.kind == "value" or is_uneven) and could_matter(layer, word)


def _squashed(word: str) -> str:
    return word.lower().removesuffix("_param").replace("_", "")


def _is_own(kind: str, block: str) -> bool:
    """Whether a layer of this type reads this block of settings."""
    own, name = _squashed(block), _squashed(kind)
    return own == name or (own == "convolution" and any(each in name for each in _CONVOLUTIONS))


def _is_almost_own(kind: str, block: str) -> bool:
    return SequenceMatcher(None, _squashed(kind), _squashed(block)).ratio() > 0.7
