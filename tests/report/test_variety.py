"""How many classes a clip shows, as the benchmark measures it, against closed forms."""

from __future__ import annotations

import math
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom.errors import EngineError
from dreamzoom.pictures.frames import to_tensor


@pytest.fixture
def measure_clip(monkeypatch) -> ModuleType:
    monkeypatch.syspath_prepend(Path(__file__).parents[1] / "benchmarks")
    import measure_clip

    return measure_clip


def test_equally_frequent_classes_count_one_each(measure_clip):
    assert measure_clip.effective_classes([np.full(1000, 0.001)]) == pytest.approx(1000)
    assert measure_clip.effective_classes(np.eye(1000)[:7]) == pytest.approx(7)


def test_unequal_classes_count_by_the_entropy_of_their_mean(measure_clip):
    entropy = -(0.75 * math.log(0.75) + 0.25 * math.log(0.25))
    assert measure_clip.effective_classes([np.array([1.0, 0.0]), np.array([0.5, 0.5])]) == pytest.approx(
        math.exp(entropy)
    )


def test_a_class_distribution_is_the_softmax_of_windowed_scores(engine, cloud_picture, measure_clip):
    picture = np.asarray(Image.fromarray(cloud_picture).resize((192, 112)))
    shares = measure_clip.class_distribution(picture, engine)
    large = torch.nn.functional.interpolate(
        to_tensor(picture).float()[None],
        size=(168, 288),
        mode="bilinear",
        align_corners=False,
    )[0]
    scores = engine.activations(large, ["conv10"])["conv10"].double().numpy()
    places = [
        scores[:, top : top + 8, left : left + 8].mean((1, 2))
        for top in range(0, scores.shape[1] - 7, 4)
        for left in range(0, scores.shape[2] - 7, 4)
    ]
    expected = np.mean([np.exp(place) / np.exp(place).sum() for place in places], axis=0)
    assert len(places) > 1
    assert shares == pytest.approx(expected, rel=1e-4)
    assert shares.sum() == pytest.approx(1)


def test_a_frame_too_small_to_show_a_class_is_refused(engine, measure_clip):
    with pytest.raises(EngineError):
        measure_clip.class_distribution(np.full((6, 6, 3), 9, np.uint8), engine)
