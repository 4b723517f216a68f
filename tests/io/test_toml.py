"""TOML: read with the place of a mistake, written so that it reads the same."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dreamzoom.errors import ClipError, RecipeError
from dreamzoom.io.toml import format_table, format_value, parse_toml, read_text, read_toml

TEXT = st.text(st.characters(codec="utf-8"))


@given(
    st.recursive(
        st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | TEXT,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
        max_leaves=8,
    )
)
def test_any_value_is_written_as_toml_that_reads_the_same(value: object) -> None:
    assert parse_toml(f"x = {format_value(value)}", "here")["x"] == value


@given(st.dictionaries(TEXT, st.integers(), max_size=3), TEXT)
def test_any_table_is_written_as_toml_that_reads_the_same(values: dict[str, int], name: str) -> None:
    assert parse_toml(format_table(name, values), "here") == {name: values}


def test_a_value_that_toml_does_not_have_is_a_fault_of_the_program() -> None:
    with pytest.raises(TypeError, match="no TOML for NoneType"):
        format_value(None)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[clip]\nframes = = 3\n", "here: line 2, column 10: invalid value"),
        ("[clip]\nimage = '''", "here: line 2"),
        ("x = " + "[" * 20_000, "nested too deeply"),
        ("x = " + "{ a = " * 20_000, "nested too deeply"),
        (
            "seed = " + "9" * 5000,
            "line 1: this is no TOML that is read: a number or word has more than 1000 characters",
        ),
        (
            "seed = 0x" + "f" * 5000,
            "line 1: this is no TOML that is read: a number or word has more than 1000 characters",
        ),
        ("a = 1\n" + ".".join("a" * 30_000) + " = 1", "line 2: a key has more than 32 parts"),
        ("[" + " . ".join(['"a.b"'] * 30_000) + "]", "line 1: a key has more than 32 parts"),
        (
            r'image = "C:\Users\me"',
            "a path with backslashes stands in single quotes, or is written with slashes",
        ),
        ('{"zoom": "0:(1.02)"}', "line 1, column 1: .*; it is JSON, not TOML"),
        (r"{\rtf1\ansi [camera]}", "it is rich text: save it as plain text"),
        ("[camera]\nzoom = \u201c1.02\u201d\n", "line 2, column 8: .*quotes are straight in TOML"),
        ("zoom = {0: 1.0, 30: 1.05}", "line 1, column 10: .*in TOML = stands between a key and its value"),
        ("camera:\r\n  zoom: 1.02", "in TOML = stands between a key and its value"),
        ("[camera]\r\nzoom = 1,02", "line 2, column 9: .*; decimals have a point"),
        ("image = sky.jpg", "line 1, column 9: .*; a text stands in quotes"),
        ("image = ~/sky.jpg", "a text stands in quotes"),
        ("a = True", "true and false are written small"),
        ("zoom = 1\nzoom = 2\n", "line 2, .*a key may stand there once"),
        (r'image = "pictures\q.png"', "a path with backslashes stands in single quotes"),
    ],
)
def test_a_mistake_is_told_with_its_place(text: str, words: str) -> None:
    with pytest.raises(RecipeError, match=words):
        parse_toml(text, "here")


@pytest.mark.parametrize("quote", ['"', "'", '"""', "'''"])
def test_brackets_and_points_in_texts_and_comments_are_no_nesting(quote: str) -> None:
    text = "[{." * 1000
    assert parse_toml(f"a = {quote}{text}{quote} # {text}\nb = 1.5", "here") == {"a": text, "b": 1.5}


def test_what_powershell_writes_is_named(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[clip]\n", encoding="utf-16")
    with pytest.raises(
        RecipeError,
        match=r"a\.toml: line 1: is not UTF-8 text, but UTF-16, as > in Windows PowerShell writes it",
    ):
        read_text(path)


def test_a_file_is_refused_with_the_callers_error_and_words(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("a = 1\nb = =\n")
    with pytest.raises(ClipError, match=r"a\.toml: line 2"):
        read_toml(path, ClipError)
    with pytest.raises(ClipError, match=r"a\.toml: is larger than 4 bytes, which no catalogue is"):
        read_toml(path, ClipError, "catalogue", 4)
    path.write_bytes(b"a = 1\nb = '\xff'\n")
    with pytest.raises(ClipError, match=r"a\.toml: line 2: is not UTF-8"):
        read_toml(path, ClipError)


def test_a_byte_order_mark_is_no_obstacle(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\n")
    assert read_text(path) == "a = 1\n"
    assert read_toml(path) == {"a": 1}
