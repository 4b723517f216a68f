"""Texts in the encodings that people have."""

# ruff: noqa: RUF001 - Greek letters look like others

from __future__ import annotations

import pytest

from dreamzoom.errors import RequestError
from dreamzoom.io.encodings import decode_as, decode_text

_RUSSIAN = "[00:12.00]Выхожу один я на дорогу\n[00:17.20]Сквозь туман кремнистый путь блестит\n"
_JAPANESE = "[00:12.00]うさぎ追いし かの山\n[00:17.20]小鮒釣りし かの川\n[00:26.00]忘れがたき 故郷\n"
_TEXTS = {
    "cp1251": _RUSSIAN,
    "koi8-r": _RUSSIAN,
    "cp1253": "Σε γνωρίζω από την κόψη\nτου σπαθιού την τρομερή\n",
    "cp932": _JAPANESE,
    "euc_jp": f"Hello my love\n{_JAPANESE}",
    "gb18030": "让我们荡起双桨\n小船儿推开波浪\n海面倒映着美丽的白塔\n",
    "big5": "床前明月光\n疑是地上霜\n舉頭望明月\n低頭思故鄉\n",
    "cp949": "아리랑 아리랑 아라리요\n아리랑 고개로 넘어간다\n",
    "cp1252": "Au clair de la lune, mon ami Pierrot\nPrête-moi ta plume pour l’écrire\n",
}


@pytest.mark.parametrize("encoding", _TEXTS)
def test_an_older_encoding_is_told_by_the_words(encoding: str) -> None:
    found = decode_text(_TEXTS[encoding].encode(encoding))
    assert found.text == _TEXTS[encoding]
    assert not found.is_certain


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_unicode_is_read_for_certain(encoding: str) -> None:
    assert decode_text(_RUSSIAN.encode(encoding))[::2] == (_RUSSIAN, True)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_utf_16_is_known_without_a_mark(encoding: str) -> None:
    assert decode_text("[00:01.00]Ночь".encode(encoding)).text == "[00:01.00]Ночь"


def test_a_long_text_is_told_by_its_beginning() -> None:
    text = _JAPANESE * 2000
    assert decode_text(text.encode("cp932")).text == text


def test_a_person_says_the_encoding() -> None:
    polish = "zażółć gęślą jaźń"
    assert decode_as(polish.encode("cp1250"), "cp1250") == polish
    with pytest.raises(RequestError, match="is not in utf-8"):
        decode_as(polish.encode("cp1250"), "utf-8")
    for no_encoding in ("zlib", "klingon", "a\0b", ""):
        with pytest.raises(RequestError, match="no encoding"):
            decode_as(b"abc", no_encoding)


def test_bytes_of_no_encoding_are_marked() -> None:
    assert "\ufffd" in decode_text(b"caf\x81 \x8d").text
