"""Which files of a folder are taken as the model, and what they say of the network's input."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.errors import DreamzoomWarning, ModelError
from dreamzoom.models.network import Model
from dreamzoom.models.store import find_model, open_model
from support.caffe import SMALL, SMALL_BODY, blob, model_files

SOLVER = 'net: "train_val.prototxt"\nbase_lr: 0.01\n'


def folder_of(path: Path, *names: str) -> Path:
    path.mkdir()
    for name in names:
        text = SOLVER if "solver" in name else SMALL
        (path / name).write_text("" if name.endswith("caffemodel") else text, encoding="utf-8")
    return path


OBVIOUS = {
    "a suffix more": (["deploy.prototxt.txt", "a.caffemodel"], "deploy.prototxt.txt", "a.caffemodel"),
    "pt": (["test.pt", "a.caffemodel"], "test.pt", "a.caffemodel"),
    "upper case": (["DEPLOY.PROTOTXT", "solver.prototxt", "A.CAFFEMODEL"], "DEPLOY.PROTOTXT", "A.CAFFEMODEL"),
    "a solver beside it": (
        ["net.prototxt", "solver.prototxt", "a.caffemodel"],
        "net.prototxt",
        "a.caffemodel",
    ),
    "a training file beside it": (
        ["net.prototxt", "train_val.prototxt", "a.caffemodel"],
        "net.prototxt",
        "a.caffemodel",
    ),
    "a name that matches": (["x.prototxt", "y.prototxt", "y.caffemodel"], "y.prototxt", "y.caffemodel"),
    "snapshots": (
        ["n.prototxt", "n_iter_900.caffemodel", "n_iter_1000.caffemodel"],
        "n.prototxt",
        "n_iter_1000",
    ),
}


@pytest.mark.parametrize(("names", "prototxt", "weights"), OBVIOUS.values(), ids=OBVIOUS)
def test_the_obvious_files_are_taken(names, prototxt, weights, tmp_path):
    files = find_model(folder_of(tmp_path / "net", *names))
    assert files.prototxt is not None
    assert files.prototxt.name == prototxt
    assert files.weights.name.startswith(weights)


MTCNN = ["det1.prototxt", "det2.prototxt", "det1.caffemodel", "det2.caffemodel"]


def test_of_several_nets_in_a_folder_the_one_named_is_taken(tmp_path):
    folder = folder_of(tmp_path / "mtcnn", *MTCNN)
    for asked in ("det2.prototxt", "det2.caffemodel"):
        files = find_model(str(folder / asked))
        assert files.prototxt == folder / "det2.prototxt"
        assert files.weights == folder / "det2.caffemodel"


def test_of_several_nets_in_a_folder_all_are_listed_when_none_is_named(tmp_path):
    folder = folder_of(tmp_path / "mtcnn", *MTCNN)
    with pytest.raises(
        ModelError, match=r"\(det1\.prototxt, det2\.prototxt\); name one, such as --model .*det1"
    ):
        find_model(folder)


def test_a_file_that_is_no_model_is_named_for_what_it_is(tmp_path):
    picture = tmp_path / "x.jpg"
    picture.write_bytes(b"\xff\xd8\xff")
    with pytest.raises(ModelError, match=r"x\.jpg is a picture: name a \.prototxt"):
        find_model(picture)


OTHERS = {
    b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n": "a pointer of Git LFS.*git lfs pull",
    b"\n<!doctype html><html></html>": "a web page, not a",
    b"PK\x03\x04....": "a zip archive",
    b"\x1f\x8b....": "packed with gzip",
}


@pytest.mark.parametrize(("content", "said"), OTHERS.items(), ids=OTHERS.values())
@pytest.mark.parametrize("name", ["deploy.prototxt", "weights.caffemodel"])
def test_other_files_saved_as_a_model_s_are_named_for_what_they_are(name, content, said, tmp_path):
    model_files(tmp_path, SMALL)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name} is {said}"):
        open_model(tmp_path)


WRONG = {
    "a server's words": ("weights.caffemodel", b"404: Not Found", "is text, not a caffemodel"),
    "a server's words in JSON": ("weights.caffemodel", b'{"message": "Not Found"}', "is JSON"),
    "JSON for a prototxt": ("deploy.prototxt", b'{"message": "Not Found"}', "is JSON"),
    "the other file": ("weights.caffemodel", SMALL.encode(), "is a prototxt, not a caffemodel"),
    "the other file again": ("deploy.prototxt", b"\x0a\x03net\xa2\x06\x00\x00", "is no text"),
}


@pytest.mark.parametrize(("name", "content", "said"), WRONG.values(), ids=WRONG)
def test_one_file_in_place_of_the_other_is_named(name, content, said, tmp_path):
    model_files(tmp_path, SMALL)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=rf"{name} {said}"):
        open_model(tmp_path)


def test_a_model_in_a_folder_of_the_folder_is_shown(tmp_path):
    folder_of(tmp_path / "net", "deploy.prototxt", "a.caffemodel")
    with pytest.raises(ModelError, match=r"holds no prototxt.*net seems to hold one: name that"):
        find_model(tmp_path)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("./gone/net.prototxt", "there is no gone"),
        ("https://example.org/net.prototxt", "is an address: download"),
    ],
)
def test_what_is_not_there_is_said_so(asked, said):
    with pytest.raises(ModelError, match=said):
        find_model(asked)


# --------------------------------------------------------------------------------------- mean and scale


def opened(folder: Path) -> tuple[Model, str]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always", DreamzoomWarning)
        model = open_model(folder)
    return model, "\n".join(str(each.message) for each in told)


def source(transform: str, kind: str = "Data") -> str:
    return f'layer {{ name: "d" type: "{kind}" top: "data" {transform} }}'


SAID = {
    "one value": (
        "transform_param { crop_size: 8 mean_value: 127.5 scale: 0.0078125 }",
        (127.5,) * 3,
        1 / 128,
    ),
    "three": ("transform_param { crop_size: 8 mean_value: [1, 2, 3] }", (1.0, 2.0, 3.0), 1.0),
    "a scale": ("transform_param { crop_size: 8 scale: 0.5 mirror: true }", (0.0,) * 3, 0.5),
    "of 2014": ("data_param { crop_size: 8 scale: 0.25 }", (0.0,) * 3, 0.25),
    "a file": ("transform_param { crop_size: 8 mean_file: '../x/m.npy' scale: 2 }", (7.0, 8.0, 9.0), 2.0),
}


@pytest.mark.parametrize(("transform", "mean", "scale"), SAID.values(), ids=SAID)
def test_what_the_prototxt_does_to_pictures_is_done_and_told(transform, mean, scale, tmp_path):
    model_files(tmp_path, source(transform) + SMALL_BODY)
    np.save(tmp_path / "m.npy", np.float32([7, 8, 9]))
    model, told = opened(tmp_path)
    assert (model.transform.mean, model.transform.scale) == (mean, scale)
    assert "the model's input is BGR minus" in told


def test_a_mean_that_is_named_and_not_there_is_told(tmp_path):
    model_files(
        tmp_path, source("transform_param { crop_size: 8 mean_file: 'gone.binaryproto' }") + SMALL_BODY
    )
    model, told = opened(tmp_path)
    assert model.transform.mean == (104.0, 117.0, 123.0)
    assert "names the mean gone.binaryproto, which is not beside it" in told


@pytest.mark.parametrize(
    ("value", "mean"), [("mean_value: 128", (128.0,) * 3), ("mean_file: 'gone'", (104.0, 117.0, 123.0))]
)
def test_a_training_file_beside_a_deploy_file_tells_the_mean_where_it_has_one(value, mean, tmp_path):
    model_files(tmp_path, SMALL)
    training = source(f"transform_param {{ crop_size: 8 {value} }}") + SMALL_BODY
    (tmp_path / "train_val.prototxt").write_text(training, encoding="utf-8")
    model, told = opened(tmp_path)
    assert model.transform.mean == mean
    assert ("train_val.prototxt" in told) == (mean[0] == 128)


@pytest.mark.parametrize("name", ["mean.binaryproto", "ilsvrc_mean.npy", "mean.npy"])
def test_a_mean_beside_the_model_is_subtracted_and_told(name, tmp_path):
    model_files(tmp_path, SMALL)
    picture = np.float32([7, 8, 9])[:, None, None] * np.ones((3, 4, 4), np.float32)
    if name.endswith("npy"):
        np.save(tmp_path / name, picture)
    else:
        (tmp_path / name).write_bytes(blob(picture[None]).SerializeToString())
    model, told = opened(tmp_path)
    assert model.transform.mean == (7.0, 8.0, 9.0)
    assert name in told
    (tmp_path / "model.toml").write_text("mean = [1, 2, 3]", encoding="utf-8")
    assert opened(tmp_path)[0].transform.mean == (1.0, 2.0, 3.0)


@pytest.mark.parametrize("said", ["mean_value: [1, 2]", "mean_value: 7 scale: 0", "scale: nan"])
def test_what_no_picture_can_be_changed_by_is_passed_over_and_told(said, tmp_path):
    model_files(tmp_path, source(f"transform_param {{ crop_size: 8 {said} }}") + SMALL_BODY)
    model, told = opened(tmp_path)
    assert model.transform.scale == 1
    assert "passed over: its" in told


@pytest.mark.parametrize(
    ("name", "is_told"), [("mean.mat", True), ("VGG_mean.npz", True), ("meant.txt", False)]
)
def test_a_mean_in_a_format_that_is_not_read_is_told(name, is_told, tmp_path):
    model_files(tmp_path, SMALL)
    (tmp_path / name).write_bytes(b"")
    assert (f"{name} is not read; if it is the mean" in opened(tmp_path)[1]) == is_told
    (tmp_path / "model.toml").write_text("mean = [1, 2, 3]", encoding="utf-8")
    assert opened(tmp_path)[1] == ""


def test_files_with_endings_of_their_own_are_the_model_where_its_toml_names_them(tmp_path):
    files = model_files(tmp_path, SMALL)
    files.prototxt.rename(tmp_path / "network.txt")
    files.caffemodel.rename(tmp_path / "weights.bin")
    (tmp_path / "model.toml").write_text("prototxt = 'network.txt'\ncaffemodel = 'weights.bin'\n")
    model, _ = opened(tmp_path)
    assert (model.prototxt, model.caffemodel) == (tmp_path / "network.txt", tmp_path / "weights.bin")


def npy(shape: str) -> bytes:
    """A NumPy file of that shape, as it is written, without a number in it."""
    header = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\0" + len(header).to_bytes(2, "little") + header


NO_MEANS = {
    "a page": ("mean.binaryproto", b"<html>"),
    "terabytes": ("mean.npy", npy("(10000000000000,)")),
    "more than can be counted": ("mean.npy", npy(f"({10**30},)")),
    "a text without end": ("mean.npy", npy("('''")),
}


@pytest.mark.parametrize(("name", "content"), NO_MEANS.values(), ids=NO_MEANS)
def test_a_mean_that_is_none_is_refused_by_name(name, content, tmp_path):
    model_files(tmp_path, SMALL)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=f"{name} is no mean of a model"):
        open_model(tmp_path)


def test_a_file_in_place_of_a_folder_opens(tmp_path):
    files = model_files(tmp_path, SMALL)
    shutil.copy(files.prototxt, tmp_path / "other.prototxt")
    model, _ = opened(tmp_path / "other.prototxt")
    assert (model.name, model.prototxt) == ("other", tmp_path / "other.prototxt")
