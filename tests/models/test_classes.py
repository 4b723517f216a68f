"""The classes of networks: where their scores are, what they are called, and what is refused."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from dreamzoom.dream.objectives import score
from dreamzoom.engines.registry import open_engine
from dreamzoom.errors import ModelError
from dreamzoom.models.classes import class_names, find_class, find_labels, search_classes
from dreamzoom.models.scores import find_scores
from dreamzoom.models.store import open_model
from support.engines import LITTLE_GOOGLENET, noise, random_model

HEADLESS = LITTLE_GOOGLENET.partition('layer { name: "mean"')[0]


def test_squeezenets_scores_are_reckoned_below_the_relu_that_cuts_them_off(squeezenet):
    found, engine, image = (
        find_scores(squeezenet.network),
        open_engine(squeezenet, "torch", "cpu"),
        noise(90, 110),
    )
    below, cut = engine.activations(image, [found.blob, "conv10"]).values()
    weights, biases = torch.from_numpy(found.weights.copy()), torch.from_numpy(found.biases.copy())
    rows = zip(weights, biases, strict=True)
    scores = torch.stack([score(row, float(bias))(below)[0] for row, bias in rows])
    each = torch.einsum("kc,chw->khw", weights, below) + biases[:, None, None]
    assert torch.allclose(scores, each.mean((1, 2)), atol=1e-3)
    assert torch.allclose(each.clamp_min(0), cut, atol=1e-3)
    assert float((each < 0).float().mean()) > 0.1  # where climbing conv10 itself would have no gradient


def test_scores_that_nothing_cuts_off_are_climbed_themselves(tmp_path):
    found = find_scores(random_model(tmp_path, LITTLE_GOOGLENET).network)
    assert (found.blob, found.count, found.weights) == ("classes", 5, None)


def test_a_network_without_classes_is_refused_in_words(tmp_path):
    with pytest.raises(ModelError, match="no scores of classes at its end: name a layer and a channel"):
        find_class(random_model(tmp_path, HEADLESS), 3)


def test_imagenets_names_are_those_of_its_numbers(squeezenet):
    names = class_names(squeezenet)
    assert len(names) == 1000
    # Of BVLC/caffe's synset_words.txt: lines 1, 85, 282 and 1000.
    for number, name in [(0, "tench, Tinca tinca"), (84, "peacock"), (281, "tabby, tabby cat")]:
        assert names[number] == name
    assert names[999].startswith("toilet tissue")


@pytest.mark.parametrize("name", ["peacock", "PEACOCK", " peacock ", 84])
def test_a_class_is_found_by_name_or_number(squeezenet, name):
    assert find_class(squeezenet, name) == 84


def test_a_class_is_found_by_any_of_its_names(squeezenet):
    assert find_class(squeezenet, "tabby cat") == find_class(squeezenet, "tabby-cat") == 281


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ("peacok", "did you mean 'peacock'"),
        ("terrier", "'maltese terrier' .* more"),
        ("crane", r"134 \(crane\) and 517 \(crane\): give the number"),
        ("", "there is no class"),
        ("zzzz", "dreamzoom layers --classes"),
        (1000, "classes 0 to 999, not 1000"),
        (-1, "classes 0 to 999, not -1"),
    ],
)
def test_a_class_that_there_is_not_is_answered_with_those_that_are_near(squeezenet, wanted, words):
    with pytest.raises(ModelError, match=words):
        find_class(squeezenet, wanted)


def test_a_file_beside_the_model_names_its_classes(tmp_path):
    model = random_model(tmp_path, LITTLE_GOOGLENET)
    with pytest.raises(ModelError, match=r"5 classes .* no names here.*labels\.txt"):
        find_class(model, "bakery")
    labels = tmp_path / "labels.txt"
    labels.write_text(
        "/a/airfield 0\n/b/bakery/shop 1\n\n# a remark\nn01806143 peacock\nkit fox\ncat, puss\n"
    )
    assert find_labels([tmp_path / "none", tmp_path]) == labels
    named = replace(model, labels=labels)
    assert class_names(named) == ("airfield", "bakery/shop", "peacock", "kit fox", "cat, puss")
    assert find_class(named, "bakery shop") == 1
    blanks = " " * 300_000
    labels.write_text(f"cat{blanks}x\n" * 5)
    assert class_names(named) == (f"cat{blanks}x",) * 5
    labels.write_text("one\ntwo\n")
    with pytest.raises(ModelError, match=r"names 2 classes, a line each; model .* has 5"):
        find_class(named, "one")


def test_an_opened_model_knows_its_labels(squeezenet, tmp_path):
    for source in (squeezenet.prototxt, squeezenet.caffemodel):
        (tmp_path / source.name).write_bytes(source.read_bytes())
    (tmp_path / "synset_words.txt").write_text("".join(f"n{n:08} thing {n}x\n" for n in range(1000)))
    assert find_class(open_model(tmp_path), "thing 7x") == 7
    (tmp_path / "model.toml").write_text('labels = "mine.txt"\n')
    with pytest.raises(ModelError, match=r"mine\.txt: there is no such file"):
        find_class(open_model(tmp_path), "thing 7x")


def test_classes_are_searched_by_word(squeezenet):
    assert search_classes(class_names(squeezenet), "crane") == [134, 517]


def test_the_biases_are_the_networks(squeezenet):
    found = find_scores(squeezenet.network)
    layer = next(each for each in squeezenet.network.layers if each.name == "conv10")
    assert np.array_equal(found.biases, layer.operation.bias)
