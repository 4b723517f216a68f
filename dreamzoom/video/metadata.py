"""What a finished film or picture tells of how it was made, as a preset.

A film carries its inscription as the comment of its container, which ffprobe and players show, and which
ffmpeg copies into what is made of it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

import ffmpeg as graph

from dreamzoom.errors import RecipeError, VideoError, warn
from dreamzoom.io.files import open_regular
from dreamzoom.io.http import without_secrets
from dreamzoom.pictures.kinds import HEAD, name_other_kind
from dreamzoom.pictures.metadata import is_picture, picture_inscription
from dreamzoom.recipe.inscription import LARGEST, is_inscription, read_inscription
from dreamzoom.recipe.presets import Preset, find_preset, names_file
from dreamzoom.video.ffmpeg import command, find_ffmpeg, read_output, url

_LONGEST: Final = 24_000  # bytes: Windows takes 32,767 characters in a command line
_PIECE: Final = 1 << 16
_MOST: Final = 2 * LARGEST  # bytes of all that a film tells, with a backslash before each special letter
_KINDS: Final = "mov,matroska,avi,ogg,flv"
_FILMS: Final = (
    (4, b"ftyp"),
    (4, b"moov"),
    (4, b"mdat"),
    (4, b"wide"),
    (4, b"free"),
    (0, b"\x1a\x45\xdf\xa3"),
)
_COMMENT: Final = re.compile(r"^comment=((?:\\.|[^\\\n])*)$", re.MULTILINE | re.DOTALL | re.IGNORECASE)


def comment_option(inscription: str | None, target: Path) -> dict[str, Any]:
    """ffmpeg-python's option that writes an inscription into a film; none where there is none to be written.

    A person is warned of one that is too long for a command line.
    """
    if inscription is None:
        return {}
    if len(inscription.encode()) > _LONGEST:
        warn(f"{target}: the recipe is too long to be told within the film; the clip's recipe.toml has it")
        return {}
    return {"metadata": f"comment={inscription}"}


def preset_inside(path: Path) -> Preset:
    """The preset that a picture or a film tells.

    Raises:
        RecipeError: it tells none, or one that is wrong.
        PictureError: a picture's file cannot be read.
        VideoError: there is no ffmpeg, which reads films.
    """
    found = picture_inscription(path) if is_picture(_head(path)) else film_inscription(path)
    if found is None or not is_inscription(found):
        raise RecipeError(
            f"{path}: tells no recipe: dreamzoom did not make it, or another program left that out on the way"
        )
    return read_inscription(found, path)


def load_preset(name_or_path: str) -> Preset:
    """The preset of that name; or in a file: a recipe's text, or a picture or film that dreamzoom made.

    Raises:
        RecipeError: there is none, or it is wrong.
        PictureError, VideoError: as `preset_inside`.
    """
    if not names_file(name_or_path) or name_or_path.endswith(".toml"):
        return find_preset(name_or_path)
    if "://" in name_or_path:
        raise RecipeError(f"{without_secrets(name_or_path)}: a preset is no web address: download it first")
    path = Path(name_or_path)
    if (path / "recipe.toml").is_file():
        raise RecipeError(f"{path} is a clip's folder: name its recipe, {path / 'recipe.toml'}")
    head = _head(path)
    if is_picture(head) or _is_film(head):
        return preset_inside(path)
    other = name_other_kind(head, frozenset())
    if other is not None:
        raise RecipeError(
            f"{path}: is {other.name}: name a preset, a recipe, or a picture or film that dreamzoom made"
        )
    return find_preset(name_or_path)


def _head(path: Path) -> bytes:
    with open_regular(path, RecipeError, "preset, or a picture or film that dreamzoom made") as file:
        return file.read(HEAD)


def _is_film(head: bytes) -> bool:
    return any(head[offset : offset + len(sign)] == sign for offset, sign in _FILMS)


def film_inscription(path: Path) -> str | None:
    """The comment of a film's file; None where it has none.

    Raises:
        VideoError: there is no ffmpeg.
    """
    ffmpeg = find_ffmpeg(path)
    reading = {"format_whitelist": _KINDS, "protocol_whitelist": "file"}
    output = graph.input(url(path), **reading).output("pipe:1", format="ffmetadata")
    told = b""
    try:
        for piece in read_output(command(ffmpeg, output, level="quiet"), _PIECE):
            told += piece
            if len(told) > _MOST:
                return None
    except VideoError:  # what there is in it cannot be read
        return None
    found = _COMMENT.search(told.decode("utf-8", "replace"))
    return re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL) if found else None
