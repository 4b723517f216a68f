"""How much memory a file will take, found out before protobuf makes objects of it.

Two bytes of a protobuf message can become a hundred bytes of objects, so a hostile file of a few megabytes
could fill a machine. In a frozen graph nearly all bytes are tensors' numbers, which stay as they are; the
rest, its structure, is measured here and kept small.
"""

from __future__ import annotations

from collections.abc import Iterator

LARGEST_STRUCTURE = 2 << 20  # bytes; inception5h has about 0.1 million
MOST_FIELDS = 200_000  # inception5h has about 5,000

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5
_PATH_TO_NUMBERS = (1, 5, 2, 8)  # GraphDef.node, NodeDef.attr, its entry's value, AttrValue.tensor
_NUMBERS = (4, 5)  # TensorProto.tensor_content and float_val


class WireError(Exception):
    """The bytes are no frozen graph; the text goes on from "the file "."""


def check_wire(data: bytes) -> None:
    """Make sure that `data` is shaped like a message all through, and that little of it is structure.

    Raises:
        WireError: it is not.
    """
    numbers = 0
    for visited, (depth, field, length) in enumerate(_fields(data, 0, len(data), 0)):
        if visited == MOST_FIELDS:
            raise WireError(f"has more than {MOST_FIELDS} fields, which no network needs")
        if depth == len(_PATH_TO_NUMBERS) and field in _NUMBERS:
            numbers += length
    if len(data) - numbers > LARGEST_STRUCTURE:
        raise WireError(
            f"has {len(data) - numbers} bytes beside its tensors' numbers, more than any network needs"
        )


def _fields(data: bytes, position: int, end: int, depth: int) -> Iterator[tuple[int, int, int]]:
    """(depth, field number, bytes of its value) of each field on the way to the tensors' numbers."""
    while position < end:
        key, position = _varint(data, position, end)
        field, kind = key >> 3, key & 7
        first, position = _span(data, position, end, kind)
        if position > end:
            raise WireError(f"ends in the middle of a field that starts before byte {first}")
        yield depth, field, position - first
        if kind == _DELIMITED and _PATH_TO_NUMBERS[depth : depth + 1] == (field,):
            yield from _fields(data, first, position, depth + 1)


def _span(data: bytes, position: int, end: int, kind: int) -> tuple[int, int]:
    """Where the value of a field of that kind starts and ends."""
    if kind == _DELIMITED:
        length, first = _varint(data, position, end)
        return first, first + length
    if kind == _VARINT:
        return position, _varint(data, position, end)[1]
    if kind in (_FIXED32, _FIXED64):
        return position, position + (4 if kind == _FIXED32 else 8)
    raise WireError(f"has a field of unknown kind before byte {position}")


def _varint(data: bytes, position: int, end: int) -> tuple[int, int]:
    """The number at `position` and where it ends: 7 bits a byte, lowest first, at most 10 bytes."""
    number = 0
    for place in range(10):
        if position + place >= end:
            raise WireError(f"ends in the middle of a number at byte {position}")
        byte = data[position + place]
        number |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:
            return number, position + place + 1
    raise WireError(f"has a number of more than 10 bytes at byte {position}")
