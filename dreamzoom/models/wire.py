"""A first look at protobuf's wire format, before the protobuf library builds objects from it.

The library makes an object of tens of bytes for a message of two or three, so that a hostile file could
fill the memory with twenty times its own size. A network has thousands of pieces, not millions: counting them
first is quick and bounds what the library may build. It also finds most damage without reading the weights.
"""

from __future__ import annotations

from google.protobuf.message import DecodeError

MOST_PIECES = 20_000

_VARINT, _FIXED64, _DELIMITED, _FIXED32 = 0, 1, 2, 5


def pieces(message: memoryview) -> list[tuple[int, memoryview]]:
    """The fields of an encoded message that have a length (strings, bytes, messages): number and content.

    Raises:
        DecodeError: the message is cut short, not in the wire format, or has more than `MOST_PIECES` fields.
    """
    found: list[tuple[int, memoryview]] = []
    position = count = 0
    while position < len(message):
        tag, position = _varint(message, position)
        end = _end_of_value(message, position, tag & 7)
        if tag & 7 == _DELIMITED:
            _length, position = _varint(message, position)
            found.append((tag >> 3, message[position:end]))
        position = end
        count += 1
        if count > MOST_PIECES:
            raise DecodeError("it has more pieces than any network")
    return found


def _end_of_value(message: memoryview, position: int, wire_type: int) -> int:
    if wire_type == _VARINT:
        end = _varint(message, position)[1]
    elif wire_type == _DELIMITED:
        length, position = _varint(message, position)
        end = position + length
    elif wire_type in (_FIXED64, _FIXED32):
        end = position + (8 if wire_type == _FIXED64 else 4)
    else:
        raise DecodeError(f"at byte {position} it is not in protobuf's format")
    if end > len(message):
        raise DecodeError("it ends in the middle")
    return end


def _varint(message: memoryview, position: int) -> tuple[int, int]:
    """The number at `position`, seven bits a byte, lowest first, and the position behind it."""
    number = 0
    for shift, byte in zip(range(0, 70, 7), message[position : position + 10], strict=False):
        number |= (byte & 0x7F) << shift
        position += 1
        if byte < 0x80:
            return number, position
    raise DecodeError("it ends in the middle" if position >= len(message) else "a number in it is too long")
