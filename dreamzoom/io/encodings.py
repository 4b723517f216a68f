"""Texts that people and other programs wrote, of whatever encoding.

UTF-8 and UTF-16 are known for certain. Of older encodings those are told apart that are usual and have marks
of their own: Japanese by its kana, Korean by its syllables, Chinese by its commoner characters, Russian and
Greek by capitals that would stand within words. The rest is taken for Western Europe's: Central European and
Turkish texts are not told from those, and whoever has one says so or saves it as UTF-8.
"""

from __future__ import annotations

import codecs
import re
from itertools import pairwise
from typing import Final, NamedTuple

from dreamzoom.errors import RequestError

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16's, which it begins with
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_WESTERN: Final = "cp1252"
_OF_CAPITALS: Final = ("cp1251", "koi8-r", "cp1253")
_KANA, _LEAST_KANA = re.compile("[\u3041-\u30ff]"), 0.25  # of a Japanese text's letters
_SYLLABLE, _LEAST_SYLLABLES = re.compile("[\uac00-\ud7a3]"), 0.85  # of a Korean's; of Chinese read so 0.6
_COMMONER: Final = {"gb18030": (0xB0, 0xD7), "big5": (0xA4, 0xC6)}  # the first bytes of the commoner half
_LEAST_COMMON: Final = 0.5
_SAMPLE: Final = 1 << 16  # bytes by which an encoding is told


class Decoded(NamedTuple):
    """A text, the encoding that it was read in, as Python calls it, and whether that is certain."""

    text: str
    encoding: str
    is_certain: bool


def decode_text(data: bytes) -> Decoded:
    """A file's text; what means nothing in its encoding is U+FFFD."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return Decoded(data.decode(encoding, "replace"), encoding, is_certain=True)
    if data[:1] == b"\0" or data[1:2] == b"\0":  # English in UTF-16 without a mark of its order
        encoding = "utf-16-be" if data[:1] == b"\0" else "utf-16-le"
        return Decoded(data.decode(encoding, "replace"), encoding, is_certain=True)
    try:
        return Decoded(data.decode(), "utf-8", is_certain=True)
    except UnicodeDecodeError:
        whole_lines = data[:_SAMPLE].rpartition(b"\n")[0] if len(data) > _SAMPLE else data
        encoding = _guess(whole_lines or data[:_SAMPLE])
        return Decoded(data.decode(encoding, "replace"), encoding, is_certain=False)


def decode_as(data: bytes, encoding: str) -> str:
    """A file's text in the encoding that a person says.

    Raises:
        RequestError: there is no such encoding, or the text is not in it.
    """
    try:
        return data.decode(encoding).removeprefix("\ufeff")
    except UnicodeError:
        raise RequestError(f"is not in {encoding}: name its own encoding, or save it as UTF-8") from None
    except (LookupError, ValueError):  # ValueError: a NUL in the name
        raise RequestError(f"there is no encoding {encoding!r}; there are utf-8, cp1250, shift_jis") from None


def _guess(data: bytes) -> str:
    """The encoding of a text that is none of Unicode's."""
    sample = b"\n".join(line for line in re.split(rb"[\r\n]+", data) if _is_foreign(line))
    if not sample:
        return _WESTERN
    for encoding, letter, least in (
        ("cp932", _KANA, _LEAST_KANA),
        ("euc_jp", _KANA, _LEAST_KANA),
        ("cp949", _SYLLABLE, _LEAST_SYLLABLES),
    ):
        letters = _foreign_letters(sample, encoding)
        if letters and len(letter.findall(letters)) >= least * len(letters):
            return encoding
    chinese = max(_COMMONER, key=lambda encoding: _commonness(sample, encoding))
    if _commonness(sample, chinese) >= _LEAST_COMMON:
        return chinese
    return min(_OF_CAPITALS, key=lambda encoding: _oddities(sample, encoding))


def _is_foreign(line: bytes) -> bool:
    """Whether most letters of a line are none of English."""
    high = sum(byte >= 0x80 for byte in line)
    return high > sum(byte < 0x80 and chr(byte).isalpha() for byte in line)


def _foreign_letters(sample: bytes, encoding: str) -> str:
    """What is none of ASCII's in a text; nothing where it is not in that encoding."""
    try:
        return "".join(letter for letter in sample.decode(encoding) if letter >= "\x80")
    except UnicodeDecodeError:
        return ""


def _commonness(sample: bytes, encoding: str) -> float:
    """How many of a text's characters are of the commoner half of a Chinese encoding's, as a share."""
    low, high = _COMMONER[encoding]
    pairs = [letter.encode(encoding) for letter in _foreign_letters(sample, encoding)]
    common = sum(low <= pair[0] <= high and (encoding == "big5" or pair[1] >= 0xA1) for pair in pairs)
    return common / len(pairs) if pairs else 0.0


def _oddities(sample: bytes, encoding: str) -> int:
    """How often a text has what words have not: a capital after a small letter, a sign between letters."""
    return sum(
        (before.islower() and after.isupper())
        or (before.isalpha() and after >= "\x80" and not after.isalpha())
        for before, after in pairwise(sample.decode(encoding, "replace"))
    )
