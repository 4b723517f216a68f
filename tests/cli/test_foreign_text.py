"""Names and texts from anywhere, shown on a terminal and in pages: nothing in them is obeyed."""

from __future__ import annotations

import ast
import contextlib
import json
import os
import re
import subprocess
import sys
from html import unescape
from pathlib import Path

import pytest

from dreamzoom.cli import main
from dreamzoom.errors import printable, shell_word
from support.clips import quickly, render_here

PACKAGE = Path(__file__).parents[2] / "dreamzoom"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("夢 é 👩‍🚀 [bold]", "夢 é 👩‍🚀 [bold]"),
        ("a\x1b]0;evil\x07b", r"a\x1b]0;evil\x07b"),
        ("a\nb\tc\r", r"a\nb\tc\r"),
        ("photo\u202egpj.exe", r"photo\u202egpj.exe"),
        ("\x9b31m", r"\u009b31m"),
        (os.fsdecode(b"caf\xe9"), r"caf\xe9"),
        ("\ud800", r"\ud800"),
        ("a\u3000b", "a\u3000b"),
        ("\U000e0041", r"\U000e0041"),
    ],
)
def test_what_steers_a_terminal_is_shown_instead(text: str, shown: str) -> None:
    assert printable(text) == shown
    printable(text).encode()


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
@pytest.mark.parametrize(
    "name",
    ["a b", "it's", "-x", "a\nb", "\\n' \x1b", "$HOME", "夢", os.fsdecode(b"\xff'"), "~root", "!x", ""],
)
def test_a_printed_command_can_be_pasted(name: str) -> None:
    told = subprocess.run(
        ["bash", "-c", f"printf %s {shell_word(name)}"],
        capture_output=True,
        check=True,
        env={"LC_ALL": "C.UTF-8"},
    )
    assert os.path.normpath(os.fsdecode(told.stdout)) == os.path.normpath(name)


def said(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    with pytest.raises(SystemExit):
        main([str(each) for each in arguments])
    out, err = capsys.readouterr()
    return out + err


@pytest.mark.parametrize(
    "arguments",
    [
        ("status", "no\x1b[31mclip"),
        ("\x1b[31m",),
        ("render", "--nosuch\x1b[31m"),
        ("stitch", "x", "--fps", "\x1b[31m"),
        ("render", "no\x1b[31msuch.png"),
        ("render", "--preset", "no\x1b[31msuch.toml"),
        ("render", "--model", "no\x1b[31msuch"),
        ("dream", "a\x1b[31m.png", "-o", "b.png"),
        ("plot", "\x1b[31m"),
        ("guide", "\x1b[31m"),
        ("models", "get", "\x1b[31m"),
    ],
)
def test_no_error_lets_an_escape_sequence_through(arguments, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = said(capsys, *arguments)
    assert "\x1b" not in text
    assert r"\x1b[31m" in text


def test_a_clips_own_words_are_shown_and_not_obeyed(capsys, tmp_path) -> None:
    clip = render_here(tmp_path / "[bold]\x1b[31m\n[/x]", frames=1)
    journal = clip / "journal.jsonl"
    entry = json.loads(journal.read_text())
    journal.write_text(json.dumps(entry | {"engine": "<b>\x1b[31m\u202e"}) + "\n")
    assert r"[bold]\x1b[31m\n[/x]: " in said(capsys, "status", clip)
    assert json.loads(said(capsys, "status", "--json", clip))["frames_done"] == 1
    assert "\x1b" not in said(capsys, "report", clip)
    page = (clip / "report.html").read_text("utf-8")
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e]", page)
    assert r"<b>\x1b[31m\u202e" in unescape(page)
    recipe = clip / "recipe.toml"
    recipe.write_text(recipe.read_text().replace('dreamzoom = "', 'dreamzoom = "99.1\\u001b[31m'))
    assert "\x1b" not in said(capsys, "status", clip)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such names")
def test_a_name_that_is_no_utf8_is_rendered_and_shown(tmp_path) -> None:
    clip = render_here(tmp_path / os.fsdecode(b"caf\xe9"), frames=1)
    assert (clip / "clip.mp4").exists()
    quickly("report", clip)
    assert r"caf\xe9" in (clip / "report.html").read_text("utf-8")
    quickly("plot", clip, "-o", tmp_path / "plot.svg")
    assert r"caf\xe9" in (tmp_path / "plot.svg").read_text("utf-8")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_markup_in_names_means_nothing_to_a_progress_bar(tmp_path) -> None:
    import pty

    clip = tmp_path / "[bold]a[/x][link=http:"
    master, slave = pty.openpty()
    code = (
        f"import sys; from dreamzoom.cli.console import progress\nwith progress(2, {str(clip)!r}) as a: a(2)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], stderr=slave, env=os.environ | {"COLUMNS": "300"}, check=False
    )
    os.close(slave)
    shown = b""
    with contextlib.suppress(OSError):  # how Linux tells that the other end is closed
        while piece := os.read(master, 1 << 16):
            shown += piece
    os.close(master)
    assert done.returncode == 0
    assert b"[bold]a[/x][link=http:" in shown


def test_only_the_console_prints() -> None:
    """One place writes to terminals, where all that is foreign is made harmless."""
    calls = (
        (path.name, node)
        for path in PACKAGE.rglob("*.py")
        if path.name not in {"console.py", "build_caffe.py"} and "provenance" not in path.parts
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"print", "click.echo", "click.secho"}
    )
    printing = [f"{name}: {ast.unparse(node)}" for name, node in calls]
    assert printing == ["guide.py: click.echo(drawn, nl=False)"]
