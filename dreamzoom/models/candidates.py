"""Which files of a folder are a model: the obvious ones, or a list of those that could be."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dreamzoom.errors import ModelError
from dreamzoom.io.files import read_at_most
from dreamzoom.models.sniff import other_file

PROTOTXT_ENDINGS = (".prototxt", ".prototxt.txt", ".pbtxt", ".prototext", ".pt")
_LAYERS = re.compile(rb"\blayers?\s*:?\s*[{<]")
_TRAINING = re.compile(r"train|solver|(^|[_.-])val([_.-]|$)")
_SNAPSHOT = re.compile(r"(.*)_iter_(\d+)")
_ENDS = re.compile(r"[_.-]?(deploy|test|inference|net|merge[d]?|final|weights)$")
_LARGEST = 4 << 20


@dataclass(frozen=True)
class ModelChoice:
    """A model's files by what they are, and what was chosen among several: "" where there was no choice."""

    files: Mapping[str, str]
    told: str = ""


def choose_files(folder: Path, said: Mapping[str, str], asked: str = "") -> ModelChoice:
    """The files of the model in `folder`.

    Args:
        said: what `model.toml` names, by "prototxt", "caffemodel" and "graph".
        asked: the name of one file in it that a person named.

    Raises:
        ModelError: there are none, or several and none is obvious; those that could be are listed.
    """
    said = _with_asked(folder, said, asked)
    if "graph" in said:
        return ModelChoice({"graph": said["graph"]})
    caffemodels = [said["caffemodel"]] if "caffemodel" in said else _names(folder, (".caffemodel",))
    graphs = _names(folder, (".pb",))
    if graphs and not caffemodels and "prototxt" not in said:
        return ModelChoice({"graph": _only(graphs, folder, "graph")})
    prototxts = [said["prototxt"]] if "prototxt" in said else _prototxts(folder)
    return _pair(folder, prototxts, caffemodels)


def _with_asked(folder: Path, said: Mapping[str, str], asked: str) -> Mapping[str, str]:
    low = asked.lower()
    for key, endings in (
        ("prototxt", PROTOTXT_ENDINGS),
        ("caffemodel", (".caffemodel",)),
        ("graph", (".pb",)),
    ):
        if low.endswith(endings):
            others = {} if said.get(key, asked) != asked else said
            return {**others, key: asked}
    if asked and low != "model.toml":
        what = other_file(read_at_most(folder / asked, 1 << 30, ModelError, "model")[:512], "model")
        raise ModelError(
            f"{folder / asked} {what or 'is no model'}: name a .prototxt, a .caffemodel, or their folder"
        )
    return said


def _pair(folder: Path, prototxts: Sequence[str], caffemodels: Sequence[str]) -> ModelChoice:
    """One of each; of several those that belong together by their names."""
    _require(prototxts, folder, "prototxt")
    _require(caffemodels, folder, "caffemodel")
    if len(prototxts) == 1:
        weights = _newest([name for name in caffemodels if _belong(prototxts[0], name)] or caffemodels)
        return _chosen(folder, prototxts[0], _only(weights, folder, "caffemodel"), len(caffemodels) > 1)
    if len(caffemodels) == 1:
        named = [name for name in prototxts if _belong(name, caffemodels[0])]
        return _chosen(folder, _only(named or prototxts, folder, "prototxt"), caffemodels[0], True)
    pairs = [
        (text, weights) for text in prototxts for weights in _newest(caffemodels) if _belong(text, weights)
    ]
    if len(pairs) == 1:
        return _chosen(folder, *pairs[0], True)
    raise _several(folder, "prototxt", prototxts)


def _chosen(folder: Path, prototxt: str, caffemodel: str, of_several: bool) -> ModelChoice:
    told = f"{folder} holds several files that could be the model: {prototxt} and {caffemodel} were taken"
    return ModelChoice({"prototxt": prototxt, "caffemodel": caffemodel}, told if of_several else "")


def _prototxts(folder: Path) -> list[str]:
    """The networks to run: `deploy.prototxt`, those with that in their name, those not for training, all."""
    names = _names(folder, PROTOTXT_ENDINGS)
    exact = [name for name in names if name.lower() == "deploy.prototxt"]
    if len(names) <= 1 or exact:
        return exact[:1] or names
    networks = [name for name in names if _is_network(folder / name)] or names
    deploying = [name for name in networks if "deploy" in name.lower()]
    running = [name for name in networks if not _TRAINING.search(name.lower())]
    return deploying or running or networks


def _is_network(path: Path) -> bool:
    try:
        content = read_at_most(path, _LARGEST, ModelError, "prototxt")
    except ModelError:
        return False
    return not other_file(content, "prototxt") and bool(_LAYERS.search(content))


def _names(folder: Path, endings: tuple[str, ...]) -> list[str]:
    try:
        return sorted(
            path.name for path in folder.iterdir() if path.name.lower().endswith(endings) and path.is_file()
        )
    except OSError as error:
        raise ModelError(f"{folder} cannot be read: {error.strerror or error}") from error


def _stem(name: str) -> str:
    """A name without its ending, and without the word that says what the file is for.

    A model.toml may name files that have other endings.
    """
    low = name.lower()
    endings = (*PROTOTXT_ENDINGS[1:], *PROTOTXT_ENDINGS, ".caffemodel")
    stem = low.removesuffix(next((each for each in endings if low.endswith(each)), ""))
    found = _SNAPSHOT.fullmatch(stem)
    return _ENDS.sub("", found[1] if found else stem)


def _belong(prototxt: str, caffemodel: str) -> bool:
    return _stem(prototxt) == _stem(caffemodel)


def _newest(caffemodels: Sequence[str]) -> list[str]:
    """Without the earlier ones of several snapshots of one training."""
    newest: dict[str, tuple[int, str]] = {}
    for name in caffemodels:
        found = _SNAPSHOT.fullmatch(name.lower().removesuffix(".caffemodel"))
        series, number = (found[1], int(found[2][:18])) if found else (name, 0)
        newest[series] = max(newest.get(series, (-1, "")), (number, name))
    return [name for _, name in newest.values()]


def _require(names: Sequence[str], folder: Path, key: str) -> None:
    if not names:
        raise ModelError(
            f"{folder} holds no {key}; a model is a .prototxt and a .caffemodel, or a frozen graph (.pb)"
            f"{_deeper(folder)}"
        )


def _deeper(folder: Path) -> str:
    """Where in it a model lies, as in what an archive was unpacked to; "" where in no folder of it."""
    inner = (each for each in sorted(folder.iterdir()) if each.is_dir())
    holding = next((each for each in inner if _names(each, (".caffemodel", ".pb"))), None)
    return f"; {holding} seems to hold one: name that" if holding is not None else ""


def _only(names: Sequence[str], folder: Path, key: str) -> str:
    _require(names, folder, key)
    if len(names) > 1:
        raise _several(folder, key, names)
    return names[0]


def _several(folder: Path, key: str, names: Sequence[str]) -> ModelError:
    shown = ", ".join(names[:8])
    return ModelError(
        f"{folder} holds {len(names)} files that could be its {key} ({shown}); name one, such as "
        f"--model {folder / names[0]}, or name one in model.toml"
    )
