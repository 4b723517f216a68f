"""The hash of what a model computes beside its weights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dreamzoom.models.network import Model
from dreamzoom.models.store import open_model
from dreamzoom.models.wiring import wiring_sha256
from support.caffe import SMALL, model_files

ABOVE = 'layer { name: "last" type: "ReLU" bottom: "fc" top: "last" }'


def model(tmp_path, text: str = SMALL) -> Model:
    model_files(tmp_path, SMALL).prototxt.write_text(text, encoding="utf-8")
    return open_model(tmp_path)


def test_what_a_blob_does_not_depend_on_does_not_count(tmp_path):
    before = wiring_sha256(model(tmp_path), ["fc"])
    assert wiring_sha256(model(tmp_path, f"# a note\n{SMALL}{ABOVE}"), ["fc"]) == before
    assert wiring_sha256(model(tmp_path), ["conv"]) != before


@pytest.mark.parametrize("change", [{"mean": (1.0, 2.0, 3.0)}, {"scale": 0.5}, {"channels": "rgb"}])
def test_the_input_counts(change, tmp_path):
    one = model(tmp_path)
    other = replace(one, transform=replace(one.transform, **change))
    assert wiring_sha256(one, ["conv"]) != wiring_sha256(other, ["conv"])


def test_layers_and_their_settings_count(tmp_path):
    before = wiring_sha256(model(tmp_path), ["conv"])
    same = SMALL.replace("kernel_size: 3", "stride: 1 kernel_size: 3")
    assert wiring_sha256(model(tmp_path, same), ["conv"]) == before
    same_sized = SMALL.replace("kernel_size: 3", "kernel_size: 3 pad: 1 dilation: 2")
    assert wiring_sha256(model(tmp_path, same_sized), ["conv"]) != before
    leaky = SMALL.replace('"ReLU"', '"ReLU" relu_param { negative_slope: 0.1 }')
    assert wiring_sha256(model(tmp_path, leaky), ["conv"]) != before
