"""The classes that a network tells apart, by number and by name.

A network of exactly 1000 classes has ImageNet's (`imagenet.txt` says from where their names are), unless a
file beside the model says otherwise: a line a class, in the order of their numbers, with or without WordNet's
number before the name or the class's own after it, as in BVLC/caffe's synset_words.txt, in Places'
categories_places365.txt and in the labels of TensorFlow's inception5h.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path

from dreamzoom.errors import ModelError, quote_value
from dreamzoom.io.files import read_at_most
from dreamzoom.models.network import Model
from dreamzoom.models.scores import find_scores

LABEL_FILES = (
    "labels.txt",
    "synset_words.txt",
    "synsets.txt",
    "classes.txt",
    "categories.txt",
    "imagenet_comp_graph_label_strings.txt",
    "categoryIndex_places205.csv",
    "categories_places365.txt",
)
"""What a file of classes beside a model is called, the first that there is."""

_IMAGENET = Path(__file__).with_name("imagenet.txt")
_LARGEST_FILE = 4 << 20  # bytes
_SHOWN = 3  # near misses

_SYNSET = re.compile(r"(n\d{8})[\s,:]+")
_NUMBER_AFTER = re.compile(r"(?<![\s,;])[\s,;]+\d+$")  # blanks are looked through once: never slow
_PLACES = re.compile(r"^/[a-z]/")  # of Places: "/b/bakery/shop"


def class_names(model: Model) -> tuple[str, ...]:
    """The names of a model's classes, in order, commas between several of one; () where they are not known.

    Raises:
        ModelError: it has no classes; or the file beside it cannot be read, or has another number of lines.
    """
    count = find_scores(model.network).count
    if model.labels is not None:
        names = read_labels(model.labels)
        if len(names) != count:
            raise ModelError(
                f"{model.labels}: names {len(names)} classes, a line each; model {model.name!r} has {count}"
            )
        return names
    return read_labels(_IMAGENET) if count == 1000 else ()


def read_labels(path: Path) -> tuple[str, ...]:
    """The names in a file of classes, in its order; lines that are empty or begin with # do not count.

    Raises:
        ModelError: it cannot be read.
    """
    return _labels_in(read_at_most(path, _LARGEST_FILE, ModelError, "file of classes"))


@lru_cache(4)
def _labels_in(data: bytes) -> tuple[str, ...]:
    lines = [line.strip() for line in data.decode("utf-8-sig", "replace").splitlines()]
    return tuple(_name(line) for line in lines if line and not line.startswith("#"))


def find_labels(folders: Sequence[Path]) -> Path | None:
    """The file of classes beside a model's files, if there is one."""
    places = (folder / name for folder in folders for name in LABEL_FILES)
    return next((place for place in places if place.is_file()), None)


def find_class(model: Model, wanted: int | str) -> int:
    """The number of a class.

    Args:
        wanted: its number, or one of its names, in capitals or not.

    Raises:
        ModelError: the model has no such class, or several of that name; the message names what there is.
    """
    scores = find_scores(model.network)
    if isinstance(wanted, int):
        if not 0 <= wanted < scores.count:
            raise ModelError(f"model {model.name!r} has the classes 0 to {scores.count - 1}, not {wanted}")
        return wanted
    names = class_names(model)
    if not names:
        raise ModelError(
            f"the {scores.count} classes of model {model.name!r} have no names here: give a number, or put "
            f"their names into a file {LABEL_FILES[0]} beside it, a line each"
        )
    found = [number for number, name in enumerate(names) if _plain(wanted) in _each(name)]
    if len(found) == 1:
        return found[0]
    if found:
        several = " and ".join(f"{number} ({names[number]})" for number in found)
        raise ModelError(f"{quote_value(wanted)} names the classes {several}: give the number")
    raise ModelError(f"there is no class {quote_value(wanted)}{_near(wanted, names)}")


def search_classes(names: Sequence[str], word: str) -> list[int]:
    """The numbers of the classes whose names have a word in them."""
    return [number for number, name in enumerate(names) if _plain(word) in _plain(name)]


def _near(wanted: str, names: Sequence[str]) -> str:
    """A hint: the names that have the wanted word in them, or are spelled like it."""
    plain = _plain(wanted)
    each = {part: None for name in names for part in _each(name)}
    within = [part for part in each if re.search(rf"\b{re.escape(plain)}\b", part)] if plain else []
    close = within or get_close_matches(plain[:64], list(each), n=_SHOWN, cutoff=0.6)
    if not close:
        return "; `dreamzoom layers --classes` shows all"
    more = f" (or {len(close) - _SHOWN} more: `dreamzoom layers --classes`)" if len(close) > _SHOWN else ""
    return "; did you mean " + " or ".join(repr(name) for name in close[:_SHOWN]) + f"{more}?"


def _name(line: str) -> str:
    """A class's names, without the numbers that stand before or after them."""
    without_synset = _SYNSET.sub("", line, count=1) if _SYNSET.match(line) else line
    name = _NUMBER_AFTER.sub("", _PLACES.sub("", without_synset)).strip(" '\"")
    return name or line


def _each(name: str) -> list[str]:
    return [_plain(part) for part in name.split(",")]


def _plain(name: str) -> str:
    """A name as it is compared: capitals, hyphens and underlines make no difference."""
    return " ".join(re.sub(r"[-_/]", " ", name).casefold().split())
