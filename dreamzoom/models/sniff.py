"""What a file is that should have been a model's: a web page saved as weights, a pointer, an archive."""

from __future__ import annotations

import re

_TELLING = 512  # bytes from the beginning

_PAGE = re.compile(rb"\s*(<!doctype|<html|<head|<\?xml|<error|<!--)", re.IGNORECASE)
_JSON = re.compile(rb'\s*[\[{]\s*["}\]]')
_TEXT = re.compile(rb"[\t\n\r -~]+")
_NETWORK = re.compile(rb"\blayers?\s*:?\s*[{<]|\binput(_dim|_shape)?\s*[:{]")
_HEADS = (
    (b"PK\x03\x04", "is a zip archive (PyTorch's files are such, too): unpack it, and name the files in it"),
    (b"\x1f\x8b", "is packed with gzip: unpack it first"),
    (b"BZh", "is packed with bzip2: unpack it first"),
    (b"7z\xbc\xaf", "is a 7z archive: unpack it first"),
    (b"Rar!", "is a RAR archive: unpack it first"),
    (b"\xfd7zXZ", "is packed with xz: unpack it first"),
    (b"\x80\x02", "is a Python pickle, such as PyTorch's: dreamzoom reads Caffe's and TensorFlow's models"),
    (b"\x80\x03", "is a Python pickle, such as PyTorch's: dreamzoom reads Caffe's and TensorFlow's models"),
    (b"\x80\x04", "is a Python pickle, such as PyTorch's: dreamzoom reads Caffe's and TensorFlow's models"),
    (
        b"\x89HDF",
        "is HDF5, Caffe's other way of storing weights: load it with pycaffe, and save it as .caffemodel",
    ),
    (b"\x93NUMPY", "is an array of NumPy's, not weights"),
    (b"%PDF", "is a PDF"),
    (b"\x89PNG", "is a picture"),
    (b"\xff\xd8\xff", "is a picture"),
)


def other_file(head: bytes, kind: str) -> str:
    """What a file that begins so is in place of a model's `kind`, and what to do; "" where it may be one.

    The text goes on from the file's name.
    """
    if head.startswith(b"version https://git-lfs"):
        return "is a pointer of Git LFS, not the file itself: run `git lfs pull` there, or download the file"
    if _PAGE.match(head[:512]):
        return f"is a web page, not a {kind}: the link led to a page about the file; download the file itself"
    if _JSON.match(head):
        return "is JSON, such as a server answers in place of a file: download the file itself"
    if known := next((words for start, words in _HEADS if head.startswith(start)), ""):
        return known
    return {"caffemodel": _in_place_of_weights, "prototxt": _in_place_of_text}.get(kind, _nothing)(head)


def _nothing(head: bytes) -> str:
    return ""


def _in_place_of_weights(head: bytes) -> str:
    """Text: a caffemodel's first bytes are a newline and a length, and lengths and tags are no letters."""
    if not _TEXT.fullmatch(head[:_TELLING]):
        return ""
    if _NETWORK.search(head):
        return "is a prototxt, not a caffemodel: the file of weights is another, and much larger"
    return "is text, not a caffemodel: look into it for what a server answered, and download the file again"


def _in_place_of_text(content: bytes) -> str:
    if b"\0" in content[:_TELLING] and content.startswith(b"\n"):  # the tag of a network's name
        return "is no text, and a prototxt is: it may be a caffemodel, which should have that ending"
    return ""
