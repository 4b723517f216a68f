"""`dreamzoom layers` says of each blob whether it can be dreamed at a size, and how the picture is shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dreamzoom.cli import cli
from dreamzoom.errors import DreamzoomWarning
from dreamzoom.models.store import open_model
from support.caffe import model_files

NET = """
input: "data" input_shape { dim: 1 dim: 3 dim: 19 dim: 27 }
layer { name: "stem" type: "Convolution" bottom: "data" top: "stem"
        convolution_param { num_output: 4 kernel_size: 3 stride: 2 } }
layer { name: "relu_stem" type: "ReLU" bottom: "stem" top: "stem" }
layer { name: "pool" type: "Pooling" bottom: "stem" top: "pool" pooling_param { kernel_size: 3 stride: 2 } }
layer { name: "conv" type: "Convolution" bottom: "stem" top: "conv"
        convolution_param { num_output: 5 kernel_size: 3 stride: 2 } }
layer { name: "join" type: "Concat" bottom: "pool" bottom: "conv" top: "join" }
layer { name: "fc" type: "InnerProduct" bottom: "join" top: "fc" inner_product_param { num_output: 7 } }
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    model_files(tmp_path, NET)
    return tmp_path


def listed(folder: Path, size: str, *options: str) -> str:
    done = CliRunner().invoke(cli, ["layers", "--model", f"{folder}/", "--size", size, *options])
    assert done.exit_code == 0, done.output
    return done.output


def test_the_size_that_a_picture_is_shown_at_is_told(folder):
    rows = {row["layer"]: row for row in json.loads(listed(folder, "66x66", "--json"))}
    assert rows["conv"]["shown"] == [66, 66]
    assert (rows["join"]["shown"], rows["join"]["shape"]) == ([67, 67], [9, 16, 16])
    assert rows["fc"]["shape"] == [7, 13, 11]
    text = listed(folder, "66x66")
    assert "shown at 67x67" in text
    assert "At 67x67 all meet." in text


def test_a_size_that_every_layer_takes_needs_no_words(folder):
    assert "shown at" not in listed(folder, "67x67")


def test_a_layer_that_is_too_small_is_listed_with_the_size_it_wants(tmp_path):
    wide = NET.replace("kernel_size: 3 stride: 2", "kernel_size: 71", 1)
    model_files(tmp_path, wide.replace("dim: 19 dim: 27", "dim: 99 dim: 99"))
    text = listed(tmp_path, "80x64")
    assert "too small at 80x64" in text
    assert "73x73 is the least size" in text


def test_a_layers_name_stands_for_the_blob_that_it_writes(folder):
    network = open_model(folder).network
    with pytest.warns(DreamzoomWarning, match="'relu_stem' writes 'stem'"):
        assert network.require("relu_stem") == "stem"


def test_a_blob_that_cannot_be_dreamed_is_told_once_with_the_first_reason(tmp_path):
    model_files(tmp_path, NET)
    odd = """layer { name: "odd" type: "Oddity" bottom: "conv" top: "odd" }
layer { name: "relu_odd" type: "ReLU" bottom: "odd" top: "odd" }"""
    (tmp_path / "deploy.prototxt").write_text(NET + odd)
    told = [line for line in listed(tmp_path, "67x67").splitlines() if "cannot be dreamed" in line]
    assert told == [
        "odd cannot be dreamed: layer 'odd' (Oddity) is of a type that dreamzoom does not compute"
    ]


def test_json_has_what_becomes_of_colours_and_the_blobs_that_cannot_be_dreamed(tmp_path):
    odd = """layer { name: "odd" type: "Oddity" bottom: "conv" top: "odd" }
layer { name: "relu_odd" type: "ReLU" bottom: "odd" top: "odd" }"""
    model_files(tmp_path, NET)
    prototxt = tmp_path / "deploy.prototxt"
    prototxt.write_text(NET + odd)
    rows = json.loads(listed(tmp_path, "67x67", "--json"))
    *good, lost = rows
    assert not any(row["lost"] or row["problem"] for row in good)
    assert (lost["layer"], lost["shape"], lost["lost"]) == ("odd", [], True)
    assert "'odd' (Oddity) is of a type that dreamzoom does not compute" in lost["problem"]
    inputs = [row["input"] for row in rows]
    assert inputs == [{"channels": "bgr", "mean": [104.0, 117.0, 123.0], "scale": 1.0}] * len(rows)


def classes(*arguments: str) -> str:
    done = CliRunner().invoke(cli, ["layers", "--classes", *arguments])
    return done.output + str(done.exception or "")


def test_classes_are_listed_and_searched_by_number_and_name():
    assert classes("crane").split() == ["134", "crane", "517", "crane"]
    assert len(classes().splitlines()) == 1000
    assert json.loads(classes("peacock", "--json")) == [{"class": 84, "name": "peacock"}]
    assert "has 'zzzz' in its name" in classes("zzzz")


def test_classes_without_names_are_told_by_number(folder):
    (folder / "labels.txt").write_text("only one\n")
    assert "names 1 classes, a line each" in classes("--model", f"{folder}/")
    (folder / "labels.txt").unlink()
    assert "put them into a file labels.txt beside it" in classes("--model", f"{folder}/")
