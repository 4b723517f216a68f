"""What CUDA graphs need of the code, asked of a recorder that works without a GPU, and of a GPU if any."""

from __future__ import annotations

import pytest
import torch

from dreamzoom.dream.ascent import DreamPlan, dream
from dreamzoom.dream.objectives import l2
from dreamzoom.engines.preprocess import network_input
from dreamzoom.engines.torch.cuda_graphs import Recording, recorded
from dreamzoom.engines.torch.engine import TorchEngine
from dreamzoom.engines.torch.kernel import Placement
from dreamzoom.engines.torch.program import compile_program
from dreamzoom.errors import DreamzoomWarning, RequestError
from dreamzoom.randomness import frame_generator
from support.engines import LITTLE_GOOGLENET, noise, random_model

BLOBS = ("join", "one")
needs_cuda = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no NVIDIA GPU here")


def record_by_running(run):
    """As a CUDA graph does it: results stay where they were first, and later ones are written there."""
    values = run()

    def play() -> None:
        for name, value in run().items():
            values[name].copy_(value)

    return values, play


@pytest.fixture
def model(tmp_path):
    return random_model(tmp_path, LITTLE_GOOGLENET)


def given(model, dtype, seed: int) -> torch.Tensor:
    return network_input(noise(40, 52, seed), model.transform, dtype)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16], ids=str)
def test_a_recording_played_for_another_input_is_the_program_bit_for_bit(model, dtype):
    program = compile_program(model.network, BLOBS, Placement(torch.device("cpu"), dtype))
    recording = Recording(program, given(model, dtype, 1), record_by_running)
    for seed in (2, 3):
        expected, tape = program.trace(given(model, dtype, seed))
        found, nothing = recording.trace(given(model, dtype, seed))
        assert all(torch.equal(found[blob], expected[blob]) for blob in BLOBS)
        diffs = {blob: value.square() for blob, value in expected.items()}
        assert torch.equal(recording.backward(diffs, nothing), program.backward(diffs, tape))


def dreams(engine, image: torch.Tensor) -> list[torch.Tensor]:
    """Two frames of three octaves, at objectives that are others in each."""
    plans = [DreamPlan({"join": l2([frame])}, octaves=3, iterations=3, jitter=5) for frame in (0, 1)]
    return [dream(image, engine, plan, frame_generator(0, n)).image for n, plan in enumerate(plans)]


def test_a_dream_by_recordings_is_the_dream_bit_for_bit(model, monkeypatch):
    image, engine = noise(90, 110), TorchEngine(model, "cpu")
    expected = dreams(engine, image)
    replayed = TorchEngine(model, "cpu")
    monkeypatch.setattr(replayed, "_recorder", record_by_running)
    assert all(torch.equal(a, b) for a, b in zip(dreams(replayed, image), expected, strict=True))


def test_each_shape_is_recorded_once_for_a_whole_clip(model, monkeypatch):
    recordings = []

    def record(run):
        recordings.append(run)
        return record_by_running(run)

    engine = TorchEngine(model, "cpu")
    monkeypatch.setattr(engine, "_recorder", record)
    dreams(engine, noise(90, 110))
    assert len(recordings) == 2 * 3  # forward and back, for each of three octaves


def test_an_objective_that_asks_a_recorded_engine_is_refused(model, monkeypatch):
    """Its own values would be written over, and its gradient go back through another picture."""
    engine, image = TorchEngine(model, "cpu"), noise(90, 110)
    monkeypatch.setattr(engine, "_recorder", record_by_running)

    def asking(values):
        engine.ascend(noise(90, 110, 7), {"join": l2()})
        return l2()(values)

    expected = engine.ascend(image, {"join": l2()}).gradient.clone()
    with pytest.raises(RequestError, match="torch on a GPU does one thing at a time"):
        engine.ascend(image, {"join": asking})
    assert torch.equal(engine.ascend(image, {"join": l2()}).gradient, expected)


def refuse(_run):
    raise RuntimeError("operation not permitted when stream is capturing\nand a long tale")


def record_wrongly(run):
    values, play = record_by_running(run)

    def play_otherwise() -> None:
        play()
        for value in values.values():
            value.mul_(1.001)

    return values, play_otherwise


@pytest.mark.parametrize(
    ("record", "words"), [(refuse, "not permitted"), (record_wrongly, "other bytes")], ids=["no", "wrong"]
)
def test_what_cannot_be_recorded_is_computed_without_and_told(record, words, model):
    program = compile_program(model.network, BLOBS, Placement(torch.device("cpu"), torch.float32))
    with pytest.warns(DreamzoomWarning, match=f"without CUDA graphs.*{words}"):
        assert recorded(program, given(model, torch.float32, 1), record) is program


def test_tf32_is_refused_where_there_is_none(model):
    with pytest.raises(RequestError, match="tf32 is for cuda"):
        TorchEngine(model, "cpu", "tf32")


@needs_cuda
@pytest.mark.parametrize("precision", ["float32", "tf32", "bfloat16"])
def test_a_dream_by_cuda_graphs_is_the_dream_bit_for_bit(precision, model, monkeypatch):
    image = noise(90, 110).cuda()
    graphed, plain = (TorchEngine(model, "cuda", precision) for _ in range(2))
    monkeypatch.setattr(plain, "_recorder", None)
    found, expected = dreams(graphed, image), dreams(plain, image)
    assert all(torch.equal(a, b) for a, b in zip(found, expected, strict=True))
