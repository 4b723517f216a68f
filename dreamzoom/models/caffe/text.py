"""Protobuf's text format as people write it: what a schema knows is read, the rest is passed over and told.

Each family of Caffe has words of its own, and protobuf's parser refuses a whole file for one of them. This
one goes on after unknown fields, unknown values and fields given twice. It lists them, and the reader
decides which could matter. What cannot be followed, such as a brace that is never closed, is a fault in a
line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from dreamzoom.errors import printable

Field: TypeAlias = Any
"""A `FieldDescriptor`; the library has two classes of them, and only one of them has types."""

DEEPEST = 32  # blocks in blocks; Caffe's deepest, a filler's, is the fourth
MOST_BLOCKS = 100_000  # in a file; networks of a thousand layers have ten thousand
MOST_TOLD = 10_000  # words passed over; a file of more is no network

_TOKEN = re.compile(
    r"""(?P<blank> [\s\0\ufeff\u200b]+ | \#[^\n]* | //[^\n]* | /\*.*?\*/ )
      | (?P<string> "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' | [“”][^“”"\n]*[“”"] )
      | (?P<mark> [{}<>\[\]:,;] )
      | (?P<word> [^\s"'“”{}<>\[\]:,;\#\0\ufeff]+ )""",
    re.VERBOSE | re.DOTALL,
)
_END = {"{": "}", "<": ">"}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTERS = {"n": "\n", "t": "\t", "r": "\r"}


class TextFault(ValueError):  # noqa: N818 - a fault of the file, told by the reader
    """The text cannot be followed; it starts with the line."""


@dataclass(frozen=True, slots=True)
class PassedOver:
    """What was not taken as it stands.

    Attributes:
        layer: the name of the layer it stands in, "" where it has none.
        path: the words down to it, such as ("convolution_param", "engine").
        value: what is said there; "{ … }" for a block.
        kind: "word" is an unknown word, "value" an unknown or impossible value of a known one, "twice" a
            value that another one after it replaced.
    """

    layer: str
    path: tuple[str, ...]
    value: str
    line: int
    kind: Literal["word", "value", "twice"]

    def describe(self) -> str:
        """Such as: convolution_param { gain: 2 } in line 14."""
        inner = f"{self.path[-1]}: {self.value}" if self.value[:1] != "{" else f"{self.path[-1]} {self.value}"
        for word in reversed(self.path[:-1]):
            inner = f"{word} {{ {inner} }}"
        return printable(f"{inner} in line {self.line}")


def parse_text(text: str, message: Message) -> list[PassedOver]:
    """Read `text` into `message`, which may be of any schema, and return what was passed over inside layers.

    Raises:
        TextFault: it cannot be followed; the line is named.
    """
    reader = _Reader(text.replace("\r\n", "\n").replace("\r", "\n"))
    reader.block(message, (), "", 0)
    return reader.passed


_Token: TypeAlias = tuple[str, str]  # its kind and its text; ("end", "") at the end


class _Reader:
    """One pass over a text, a token ahead."""

    def __init__(self, text: str) -> None:
        self.passed: list[PassedOver] = []
        self.line = 1
        self._text = text
        self._place = 0
        self._blocks = 0
        self._tokens = self._scan()
        self._next = next(self._tokens)

    def _scan(self) -> Iterator[_Token]:
        position = 0
        while position < len(self._text):
            found = _TOKEN.match(self._text, position)
            if found is None or found.lastgroup is None:
                self._count_lines(position)
                raise self._fault("a quotation mark opens here that the line does not close")
            if found.lastgroup != "blank":
                self._count_lines(position)
                yield found.lastgroup, found[0]
            position = found.end()
        self._count_lines(len(self._text))
        yield "end", ""

    def _count_lines(self, position: int) -> None:
        self.line += self._text.count("\n", self._place, position)
        self._place = position

    def _fault(self, reason: str) -> TextFault:
        return TextFault(printable(f"line {self.line}: {reason[:200]}"))

    def _take(self) -> _Token:
        token = self._next
        if token[0] != "end":
            self._next = next(self._tokens)
        return token

    def _takes(self, *marks: str) -> str:
        """Take the next token if it is one of these marks; "" if it is not."""
        kind, text = self._next
        if kind == "mark" and text in marks:
            self._take()
            return text
        return ""

    def block(self, message: Message | None, path: tuple[str, ...], end: str, opened: int) -> None:
        """Read fields up to the mark `end` into `message`; None for a block that is passed over."""
        self._blocks += 1
        if len(path) > DEEPEST or self._blocks > MOST_BLOCKS:
            raise self._fault("blocks within blocks, deeper or more than any network has")
        while True:
            kind, word = self._next
            if (kind == "end" and not end) or (end and self._takes(end)):
                return
            if kind == "end":
                raise self._fault(f"the brace that line {opened} opens is never closed")
            if self._takes(",", ";"):
                continue
            if kind == "mark" and word != "[":
                raise self._fault(f"there is {word!r} where a word is wanted")
            self._field(message, path)

    def _field(self, message: Message | None, path: tuple[str, ...]) -> None:
        line = self.line
        word = self._extension() if self._takes("[") else _plain(self._take())
        path = (*path, word)
        field = message.DESCRIPTOR.fields_by_name.get(word) if message is not None else None
        colon = self._takes(":")
        if opening := self._takes("{", "<"):
            self._block_of(message, field, path, opening, line)
        elif self._takes("["):
            self._list(message, field, path, line)
        elif self._next[0] in ("string", "word"):
            self._value(message, field, path, line)
        else:
            shown = self._next[1] or "the end"
            raise self._fault(f"{word!r} is followed by {shown!r}" + ("" if colon else ", not by a value"))

    def _extension(self) -> str:
        words = []
        while not self._takes("]"):
            if self._next[0] == "end":
                raise self._fault("a bracket is never closed")
            words.append(self._take()[1])
        return "".join(words)[:80]

    def _block_of(
        self,
        message: Message | None,
        field: Field | None,
        path: tuple[str, ...],
        opening: str,
        line: int,
    ) -> None:
        if message is None or field is None or field.message_type is None:
            self._tell(message, field, path, "{ … }", line)
            self.block(None, path, _END[opening], line)
            return
        inner: Any = getattr(message, field.name)
        if _is_repeated(field):
            inner = inner.add()
        else:
            inner.SetInParent()
        first = len(self.passed)
        self.block(inner, path, _END[opening], line)
        if len(path) == 1:
            name = _layer_name(inner)
            self.passed[first:] = [
                replace(told, layer=name, path=told.path[1:]) for told in self.passed[first:]
            ]

    def _list(self, message: Message | None, field: Field | None, path: tuple[str, ...], line: int) -> None:
        while not self._takes("]"):
            if opening := self._takes("{", "<"):
                self._block_of(message, field, path, opening, self.line)
            elif self._next[0] in ("string", "word"):
                self._value(message, field, path, line)
            elif not self._takes(",", ";"):
                raise self._fault("a list is not closed")

    def _value(self, message: Message | None, field: Field | None, path: tuple[str, ...], line: int) -> None:
        kind, text = self._take()
        value = _unquoted(text) if kind == "string" else text
        while kind == "string" and self._next[0] == "string":
            value += _unquoted(self._take()[1])
        if value in ("-", "+") and self._next[0] == "word":
            value += self._take()[1]
        if message is None or field is None or field.message_type is not None:
            self._tell(message, field, path, value, line)
            return
        try:
            self._put(message, field, path, value, line)
        except (ValueError, TypeError, OverflowError):
            self._tell(message, field, path, value, line)

    def _put(self, message: Message, field: Field, path: tuple[str, ...], value: str, line: int) -> None:
        converted = _converted(field, value)
        if _is_repeated(field):
            getattr(message, field.name).append(converted)
            return
        before = getattr(message, field.name) if message.HasField(field.name) else None
        setattr(message, field.name, converted)
        if before is not None and before != getattr(message, field.name):
            self._note(path, value, line, "twice")

    def _tell(
        self,
        message: Message | None,
        field: Field | None,
        path: tuple[str, ...],
        value: str,
        line: int,
    ) -> None:
        if message is not None:  # of a block that is passed over, its first word has been told
            self._note(path, value, line, "value" if field else "word")

    def _note(
        self, path: tuple[str, ...], value: str, line: int, kind: Literal["word", "value", "twice"]
    ) -> None:
        if len(path) == 1:
            return  # outside all layers nothing decides what a network computes
        if len(self.passed) >= MOST_TOLD:
            raise self._fault("more unknown words than any network has")
        self.passed.append(PassedOver("", path, value[:80], line, kind))


def _plain(token: _Token) -> str:
    kind, text = token
    return (_unquoted(text) if kind == "string" else text)[:200]


def _layer_name(message: Any) -> str:
    """Of a layer of any age; "" for other blocks."""
    inner = getattr(message, "layer", None)
    name = getattr(message, "name", "") or getattr(inner, "name", "")
    return name if isinstance(name, str) else ""


def _unquoted(text: str) -> str:
    return _ESCAPE.sub(_unescaped, text[1:-1]) if "\\" in text else text[1:-1]


def _unescaped(found: re.Match[str]) -> str:
    hexadecimal, octal, letter = found.groups()
    if letter is not None:
        return _LETTERS.get(letter, letter)
    return chr(int(hexadecimal, 16) if hexadecimal else int(octal, 8) & 255)


def _is_repeated(field: Field) -> bool:
    if hasattr(field, "is_repeated"):
        return bool(field.is_repeated)
    return bool(field.label == FieldDescriptor.LABEL_REPEATED)  # of protobuf before version 6


def _converted(field: Field, value: str) -> object:
    """A value of the field's type. Raises a ValueError where it is none."""
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING:
        return value if field.type == FieldDescriptor.TYPE_STRING else value.encode("latin-1", "replace")
    if field.cpp_type == FieldDescriptor.CPPTYPE_BOOL:
        return _TRUTHS[value.lower()] if value.lower() in _TRUTHS else _refuse(value)
    if field.cpp_type == FieldDescriptor.CPPTYPE_ENUM:
        return _number_of(field, value)
    if field.cpp_type in (FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE):
        try:
            return float(value)
        except ValueError:
            return float(value.rstrip("fF"))
    return _whole(value)


_TRUTHS = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}


def _number_of(field: Field, value: str) -> int:
    names = field.enum_type.values_by_name
    found = names.get(value) or names.get(value.upper())
    if found is not None:
        return int(found.number)
    number = int(value)
    return number if number in field.enum_type.values_by_number else int(_refuse(value))


def _whole(value: str) -> int:
    try:
        return int(value, 0)
    except ValueError:
        if re.fullmatch(r"[-+]?0[0-7]+", value):
            return int(value, 8)
        number = float(value)
        return int(number) if number.is_integer() else int(_refuse(value))


def _refuse(value: str) -> str:
    raise ValueError(value)
