"""A first look at a file in protobuf's wire format, before the protobuf library builds objects from it.

The library makes an object of up to a hundred bytes for a message of two, so that a hostile file of a few
megabytes could fill the memory. A network has thousands of fields, not millions: counting them first is quick
and bounds what the library may build. It also finds most damage without reading the weights.
"""

from __future__ import annotations

from collections.abc import Iterator

from google.protobuf.message import DecodeError

MOST_PIECES = 20_000  # fields of one message

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5


def fields(message: memoryview) -> Iterator[tuple[int, memoryview | None]]:
    """The fields of an encoded message: number and content; None for a number, which has no length.

    Raises:
        DecodeError: the message is cut short or not in the wire format; the text starts with "it".
    """
    position = 0
    while position < len(message):
        key, position = _varint(message, position)
        kind, end = key & 7, position
        if kind == _DELIMITED:
            length, position = _varint(message, position)
            end = position + length
        elif kind == _VARINT:
            end = _varint(message, position)[1]
        elif kind in (_FIXED64, _FIXED32):
            end = position + (8 if kind == _FIXED64 else 4)
        else:
            raise DecodeError(f"it has a field of unknown kind, {kind}")
        if end > len(message):
            raise DecodeError(f"it ends in the middle of a field, {end - len(message):,} bytes short")
        yield key >> 3, message[position:end] if kind == _DELIMITED else None
        position = end


def pieces(message: memoryview) -> list[tuple[int, memoryview]]:
    """The fields that have a length (strings, bytes, messages): number and content.

    Raises:
        DecodeError: as `fields`, or the message has more than `MOST_PIECES` fields.
    """
    found: list[tuple[int, memoryview]] = []
    for count, (number, content) in enumerate(fields(message)):
        if count == MOST_PIECES:
            raise DecodeError("it has more fields than any network")
        if content is not None:
            found.append((number, content))
    return found


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """The number at `position`, seven bits a byte, lowest first, and the position after it."""
    number = 0
    for shift, byte in zip(range(0, 70, 7), message[position : position + 10], strict=False):
        number |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return number, position
    cut_short = position >= len(message)
    raise DecodeError("it ends in the middle of a number" if cut_short else "a number in it is too long")
