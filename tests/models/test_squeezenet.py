"""The SqueezeNet that comes with dreamzoom: whole, unchanged, and able to see."""

from __future__ import annotations

import math
import sys
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import torch
from google.protobuf import text_format
from PIL import Image, ImageDraw

import dreamzoom.models
from dreamzoom.models.caffe.caffe_pb2 import NetParameter, TrainedNet
from dreamzoom.models.provenance import convert_squeezenet
from dreamzoom.pictures.frames import to_tensor

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = Path(dreamzoom.models.__file__).parent / "squeezenet"
CAFFEMODEL = FOLDER / "squeezenet_v1.1.caffemodel"

WALL_CLOCK, ANALOG_CLOCK, TRAFFIC_LIGHT = 892, 409, 920
"""ImageNet's classes, from 0."""


def probabilities(engine, picture: Image.Image) -> torch.Tensor:
    image = to_tensor(np.asarray(picture)).float()
    return engine.activations(image, ["prob"])["prob"].flatten()


def drawn_clock() -> Image.Image:
    """Ten past nine on a cream dial, drawn four times too large and scaled down to 227 x 227."""
    picture = Image.new("RGB", (908, 908), (120, 100, 80))
    draw = ImageDraw.Draw(picture)

    def hand(turn: float, start: int, end: int, width: int) -> None:
        x, y = math.sin(2 * math.pi * turn), -math.cos(2 * math.pi * turn)
        ends = (454 + start * x, 454 + start * y, 454 + end * x, 454 + end * y)
        draw.line(ends, fill=(15, 15, 15), width=width)

    draw.ellipse((60, 60, 848, 848), fill=(40, 30, 25))
    draw.ellipse((90, 90, 818, 818), fill=(245, 240, 225))
    for minute in range(60):
        hand(minute / 60, 300 if minute % 5 == 0 else 335, 350, 14 if minute % 5 == 0 else 5)
    hand(10.15 / 12, -40, 190, 22)
    hand(9 / 60, -40, 290, 14)
    return picture.resize((227, 227), Image.Resampling.LANCZOS)


def drawn_traffic_light() -> Image.Image:
    picture = Image.new("RGB", (227, 227), (130, 170, 220))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((85, 20, 142, 190), fill=(20, 20, 20))
    draw.rectangle((108, 190, 118, 227), fill=(30, 30, 30))
    for top, colour in ((25, (250, 40, 20)), (80, (60, 50, 10)), (135, (10, 50, 20))):
        draw.ellipse((92, top, 135, top + 45), fill=colour)
    return picture


def test_a_drawn_traffic_light_is_recognised(engine):
    assert probabilities(engine, drawn_traffic_light())[TRAFFIC_LIGHT] > 0.9


def test_a_drawn_clock_is_recognised(engine):
    seen = probabilities(engine, drawn_clock())
    assert seen[WALL_CLOCK] + seen[ANALOG_CLOCK] > 0.9


def test_the_descriptor_names_the_files_and_their_hash():
    descriptor = tomllib.loads((FOLDER / "model.toml").read_text(encoding="utf-8"))
    assert (FOLDER / descriptor["prototxt"]).is_file()
    assert sha256((FOLDER / descriptor["caffemodel"]).read_bytes()).hexdigest() == descriptor["sha256"]
    assert descriptor["sha256"] == convert_squeezenet.RESULT_SHA256


def test_the_readme_records_the_hashes_of_source_and_result():
    text = (FOLDER / "README.md").read_text(encoding="utf-8")
    hashes = (
        convert_squeezenet.WHEEL_SHA256,
        convert_squeezenet.MEMBER_SHA256,
        convert_squeezenet.RESULT_SHA256,
    )
    assert all(digest in text for digest in hashes)


def test_it_has_the_published_number_of_weights():
    net = TrainedNet.FromString(CAFFEMODEL.read_bytes())
    count = sum(math.prod(blob.shape.dim) for layer in net.layer for blob in layer.blobs)
    assert count == 1_235_496


def test_every_convolution_of_the_deploy_file_is_in_the_caffemodel_in_order():
    deploy = text_format.Parse((FOLDER / "deploy.prototxt").read_text(encoding="utf-8"), NetParameter())
    net = TrainedNet.FromString(CAFFEMODEL.read_bytes())
    expected = [layer.name.encode() for layer in deploy.layer if layer.type == "Convolution"]
    assert [layer.name for layer in net.layer] == expected


def test_the_conversion_refuses_another_wheel():
    with pytest.raises(ValueError, match="the wheel has SHA-256"):
        convert_squeezenet.convert(b"not the wheel")


def test_the_conversion_says_how_it_is_called():
    with pytest.raises(SystemExit, match="WHEEL CAFFEMODEL"):
        convert_squeezenet.main([])
