"""Damaged and hostile files: each is read, or refused in a line, and nothing else is touched."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from commands import run
from workshop import TINY, Workshop, content, difference

TOKENS = (
    *(
        b"0",
        b"-1",
        b"1e999",
        b"nan",
        b"inf",
        b"-0.0",
        b"1e-320",
        b"99999999999999999999",
        b"true",
        b'""',
        b"''",
    ),
    *(b"[", b"]", b"{", b"}", b"[[", b"=", b'"', b"'''", b"\n", b"\r\n", b"\0", b"\xff\xfe", b"\xef\xbb\xbf"),
    *(b"../../x", b"/dev/zero", b"/etc/passwd", b"http://127.0.0.1:9/x", b"file:///etc/passwd", b"~nobody/x"),
    *(
        b"\x1b[31m",
        b"\x1b]0;x\x07",
        b"[/bold]",
        b"[link=x]",
        b"$(id)",
        b"%s%n",
        "夢".encode(),
        b"\xe2\x80\xae",
    ),
    *(b"t*", b"sin(", b"((((((((", b"**9**9**9", b"lambda:0", b"__import__('os')", b"beat", b"0s", b"8beats"),
    *(b"layer {", b"}", b"num_output: 4294967295", b"kernel_size: 0", b"group: 3", b"dilation: 99999"),
)


def mutate(data: bytes, chance: random.Random) -> bytes:
    """One to four small changes."""
    for _ in range(chance.randint(1, 4)):
        data = chance.choice(_CHANGES)(data, chance)
    return data


def _place(data: bytes, chance: random.Random) -> int:
    return chance.randrange(len(data) + 1)


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(min(len(data), chance.choice((1, 1, 4, 40)))):
        changed[chance.randrange(len(data))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: _place(data, chance)]


def _drop(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + data[at + chance.choice((1, 4, 64, 4096)) :]


def _repeat(data: bytes, chance: random.Random) -> bytes:
    at, length = _place(data, chance), chance.choice((1, 8, 64))
    return data[:at] + data[at : at + length] * chance.choice((2, 3, 2000)) + data[at:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    at = _place(data, chance)
    return data[:at] + chance.choice(TOKENS) + data[at:]


def _replace_word(data: bytes, chance: random.Random) -> bytes:
    """Put a token in the place of a value."""
    words = data.split(b" ")
    words[chance.randrange(len(words))] = chance.choice(TOKENS)
    return b" ".join(words)


def _swap_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    lines[one], lines[two] = lines[two], lines[one]
    return b"\n".join(lines)


def _deepen(data: bytes, chance: random.Random) -> bytes:
    at, bracket = _place(data, chance), chance.choice((b"[", b"(", b"{", b"a.", b"layer {"))
    return data[:at] + bracket * chance.choice((30, 3000)) + data[at:]


_CHANGES: tuple[Callable[[bytes, random.Random], bytes], ...] = (
    *(_flip, _cut, _drop, _repeat, _insert, _insert, _replace_word, _replace_word, _swap_lines, _deepen),
)


@dataclass(frozen=True)
class Target:
    """A file, the command that reads it, and what that command may write."""

    file: str
    words: tuple[str, ...]
    copies: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


_LAYER = ("--layer", "fire2/concat")
_DREAM = ("-o", "out.png", "-y", *_LAYER)

TARGETS = {
    "recipe": Target("recipe.toml", ("plot", "recipe.toml")),
    "clip's recipe": Target("clip/recipe.toml", ("status", "clip"), ("clip",)),
    "clip's recipe, verified": Target("clip/recipe.toml", ("verify", "clip"), ("clip",)),
    "journal": Target("clip/journal.jsonl", ("status", "clip"), ("clip",)),
    "journal, resumed": Target(
        "clip/journal.jsonl", ("resume", "clip"), ("clip",), ("clip/journal.jsonl", "clip/clip.mp4")
    ),
    "what was heard": Target("sung/music.json", ("status", "sung"), ("sung",)),
    "frame": Target("clip/frames/000004.png", ("verify", "clip"), ("clip",)),
    "soundtrack": Target(
        "sung/soundtrack.wav", ("stitch", "sung", "-o", "film.mp4", "-y"), ("sung",), ("film.mp4",)
    ),
    "png": Target("picture.png", ("dream", "picture.png", "-o", "out.png", *_LAYER), (), ("out.png",)),
    "jpeg": Target(
        "pictures/a.jpg", ("dream", "pictures/a.jpg", "-o", "out.png", *_LAYER), ("pictures",), ("out.png",)
    ),
    "prototxt": Target("model/deploy.prototxt", ("layers", "--model", "model"), ("model",)),
    "caffemodel": Target(
        "model/weights.caffemodel",
        ("dream", "picture.png", "-o", "out.png", "--model", "model", "--layer", "two"),
        ("model",),
        ("out.png",),
    ),
    "song": Target(
        "song.wav",
        ("render", "--out", "made", *TINY, "--audio", "song.wav"),
        (),
        ("made",),
    ),
}


class Mutations:
    """Files of the workshop, changed a little."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop

    def case(self, chance: random.Random, folder: Path) -> tuple[str, str]:
        """One changed file, read by one command. The target, and what is wrong."""
        name = chance.choice(sorted(TARGETS))
        target = TARGETS[name]
        self._set_up(target, folder, chance)
        path = folder / target.file
        path.write_bytes(mutate(path.read_bytes(), chance))
        before = _kept(folder, target)
        done = run(*target.words, folder=folder)
        return name, done.defect or difference(_kept(folder, target), before)

    def _set_up(self, target: Target, folder: Path, chance: random.Random) -> None:
        for copied in target.copies:
            self._workshop.copy(copied, folder / copied)
        (folder / "picture.png").write_bytes(self._workshop.picture.read_bytes())
        if target.file == "song.wav":
            (folder / "song.wav").write_bytes(self._workshop.song.read_bytes())
        if target.file == "recipe.toml":
            presets = sorted((Path(__file__).parents[2] / "presets").glob("*.toml"))
            (folder / "recipe.toml").write_bytes(chance.choice(presets).read_bytes())


def _kept(folder: Path, target: Target) -> dict[str, str]:
    """What the command must leave alone."""
    return {
        name: sha256
        for name, sha256 in content(folder).items()
        if not any(name == written or name.startswith(f"{written}/") for written in target.writes)
    }
