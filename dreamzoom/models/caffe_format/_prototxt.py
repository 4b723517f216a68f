"""A prototxt: protobuf's text format, parsed."""

from __future__ import annotations

import re
from pathlib import Path

from google.protobuf import text_format

from dreamzoom.errors import ModelError
from dreamzoom.models.caffe_format._files import read_at_most
from dreamzoom.models.caffe_format.caffe_pb2 import NetParameter

LARGEST_PROTOTXT = (
    512 * 1024
)  # bytes; the longest of well-known networks, hundreds of layers, has half of this

# The parser takes time quadratic in these: nothing that a network needs has them.
_ABSURD = re.compile(r"\w{1024}|\\{16}")


def read_prototxt(path: Path) -> NetParameter:
    """Parse a prototxt.

    Raises:
        ModelError: it cannot be read, is too large, or is no network in protobuf's text format (line named).
    """
    # Comments in the wild are in any encoding; Caffe skips them unread.
    text = read_at_most(path, LARGEST_PROTOTXT).decode("utf-8-sig", errors="replace")
    if _ABSURD.search(text):
        raise ModelError(f"{path} is no prototxt: it holds a word of more than a thousand letters")
    try:
        net: NetParameter = text_format.Parse(text, NetParameter())
    except text_format.ParseError as error:
        raise ModelError(f"{path}, line {error.GetLine()}: {_reason(error)}") from error
    except (RecursionError, ValueError) as error:
        raise ModelError(f"{path} is no prototxt of a network: {_reason(error)}") from error
    return net


def _reason(error: Exception) -> str:
    """What the parser says, in one short line, without the "3:14 : " before it and our package's name."""
    reason = " ".join(str(error).replace("dreamzoom.caffe.", "").split())
    reason = re.sub(r"^\d+:\d+ : ", "", reason)
    printable = "".join(letter if letter.isprintable() else "?" for letter in reason)
    return printable if len(printable) <= 200 else printable[:80] + " … " + printable[-110:]
