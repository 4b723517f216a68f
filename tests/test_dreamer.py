"""The library: steps one by one, layers, closing, threads, generated pictures."""

from __future__ import annotations

import copy
import gc
import io
import pickle
import weakref
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom.dreamer import Dreamer
from dreamzoom.errors import PictureError, RecipeError, RequestError, UnknownBlobError
from dreamzoom.pictures.generate import noise
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.units import Size
from support.engines import ENGINES, as_image

QUICK = {"layer": "fire2/concat", "octaves": 2, "iterations": 2, "jitter": 4}


@pytest.fixture(scope="module", params=ENGINES)
def dreamer(request) -> Dreamer:
    return Dreamer(engine=request.param, device="cpu")


def same(picture: Image.Image, other: Image.Image) -> bool:
    return picture.size == other.size and picture.tobytes() == other.tobytes()


# ---- steps -----------------------------------------------------------------------------------------


def test_steps_are_every_octave_and_iteration_and_end_in_the_dream(dreamer, cloud_picture):
    steps = list(dreamer.steps(cloud_picture, seed=3, **QUICK))
    assert [(step.octave, step.iteration) for step in steps] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert {(step.octaves, step.iterations) for step in steps} == {(2, 2)}
    assert [step.picture.size for step in steps] == [(91, 69)] * 2 + [(128, 96)] * 2
    assert same(steps[-1].picture, dreamer.dream(cloud_picture, seed=3, **QUICK))
    assert steps[-1].gradient.shape == (96, 128, 3)
    with Image.open(io.BytesIO(steps[-1]._repr_png_())) as shown:
        assert same(shown, steps[-1].picture)


def test_a_step_moves_the_picture_along_its_gradient(dreamer, cloud_picture):
    pixels = (cloud_picture * 0.5 + 60).astype(np.uint8)  # where nothing is clipped
    (step,) = dreamer.steps(pixels, **(QUICK | {"octaves": 1, "iterations": 1, "step_size": 3.0}))
    moved = np.asarray(step.picture, float) - pixels
    assert moved == pytest.approx(3 * step.gradient / np.abs(step.gradient).mean(), abs=0.51)


def test_the_value_rises(dreamer, cloud_picture):
    values = [step.value for step in dreamer.steps(cloud_picture, **(QUICK | {"octaves": 1, "jitter": 0}))]
    assert 0 < values[0] < values[1]


def test_steps_that_nobody_asks_for_are_not_made_and_none_is_held(cloud_picture):
    calls = []

    def counted(activations):
        calls.append(1)
        return activations

    steps = Dreamer(device="cpu").steps(cloud_picture, objective=counted, **QUICK)
    assert calls == []
    first = weakref.ref(next(steps))
    next(steps)
    assert len(calls) == 2
    assert first() is None
    steps.close()
    assert len(calls) == 2


def test_a_wrong_key_is_said_at_once_and_all_else_at_the_first_step(dreamer, cloud_picture):
    with pytest.raises(RecipeError, match="iteration"):
        dreamer.steps(cloud_picture, iteration=3)
    steps = dreamer.steps(cloud_picture, layer="fire2/konkat")
    with pytest.raises(UnknownBlobError, match="fire2/concat"):
        next(steps)


# ---- layers ----------------------------------------------------------------------------------------


def test_layers_tell_what_the_engine_gives(squeezenet, engine, cloud_picture):
    layers = Dreamer(device="cpu").layers.at(128, 96)
    assert layers.names == squeezenet.network.blobs[1:]
    seen = engine.activations(as_image(cloud_picture), ["conv1", "fire8/concat"])
    assert all(layers[blob].shape == tuple(values.shape) for blob, values in seen.items())
    assert layers["fire8/concat"].channels == 512
    assert "fire8/concat" in layers
    assert "fire8/konkat" not in layers
    assert [row.layer for row in layers] == list(layers.names)
    with pytest.raises(UnknownBlobError, match="fire8/concat"):
        layers["fire8/konkat"]
    with pytest.raises(UnknownBlobError, match="no layer 3"):
        layers[3]
    assert layers.at(np.int64(128), 96) == layers
    for width, height in ((0, 96), ("128", 96), (128.5, 96)):
        with pytest.raises(RequestError, match=r"layers\.at\(.*must be a width and a height"):
            layers.at(width, height)


def test_layers_are_a_table(dreamer):
    shown = repr(dreamer.layers).splitlines()
    assert shown[0].split() == ["layer", "channels", "rows", "x", "columns", "sees", "stride"]
    assert len(shown) == len(dreamer.layers) + 1
    assert "<td>fire8/concat</td><td>512</td>" in dreamer.layers._repr_html_()


# ---- closing ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("engine_name", ENGINES)
def test_a_closed_dreamer_has_let_its_engine_and_its_weights_go(engine_name, cloud_picture):
    with Dreamer(engine=engine_name, device="cpu") as dreamer:
        dreamer.dream(cloud_picture, **QUICK)
        begun = dreamer.steps(cloud_picture, **QUICK)
        next(begun)
        engine, model = weakref.ref(dreamer._engine), weakref.ref(dreamer.model)
        weights = weakref.ref(dreamer.model.network.layers[0].operation.weight)
    assert (engine(), model(), weights()) == (None, None, None)
    with pytest.raises(RequestError, match="this Dreamer of squeezenet is closed: open another one"):
        next(begun)


def test_a_closed_dreamer_says_so(cloud_picture):
    dreamer = Dreamer(device="cpu")
    assert "torch" in repr(dreamer)
    dreamer.close()
    dreamer.close()
    assert repr(dreamer) == "<Dreamer squeezenet: closed>"
    uses = (
        lambda: dreamer.dream(cloud_picture),
        lambda: next(dreamer.steps(cloud_picture)),
        lambda: dreamer.layers,
        lambda: dreamer.model,
    )
    for use in uses:
        with pytest.raises(RequestError, match="is closed"):
            use()


@pytest.mark.parametrize("place", ["objective", "step", "on_step"])
def test_a_dream_whose_own_function_closes_its_dreamer_ends_with_the_reason(place, cloud_picture):
    dreamer, calls = Dreamer(device="cpu"), []

    def close(*given):
        calls.append(1)
        dreamer.close()
        dreamer.close()
        return given[0] if given else None

    engine, others = weakref.ref(dreamer._engine), dreamer.steps(cloud_picture, **QUICK)
    next(others)
    recipe = build_recipe({"dream": QUICK})
    wishes = {
        "on_step": lambda: dreamer.follow(recipe, cloud_picture, on_step=close),
        "objective": lambda: dreamer.dream(cloud_picture, objective=close, **QUICK),
        "step": lambda: dreamer.dream(cloud_picture, step=close, **QUICK),
    }
    with pytest.raises(RequestError, match="this Dreamer of squeezenet is closed"):
        wishes[place]()
    assert calls == [1]
    with pytest.raises(RequestError, match="is closed"):
        next(others)
    gc.collect()
    assert engine() is None


def test_what_comes_after_the_last_step_may_close_the_dreamer(cloud_picture):
    dreamer = Dreamer(device="cpu")
    usual = dreamer.dream(cloud_picture, **QUICK)

    def close(pixels):
        dreamer.close()
        return pixels

    assert same(dreamer.dream(cloud_picture, deprocess=close, **QUICK), usual)
    with pytest.raises(RequestError, match="is closed"):
        dreamer.dream(cloud_picture, **QUICK)


def test_a_dreamer_is_closed_after_an_error_in_its_block(cloud_picture):
    def fail(image, gradient, step_size):
        raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"), Dreamer(device="cpu") as dreamer:
        dreamer.dream(cloud_picture, step=fail, **QUICK)
    with pytest.raises(RequestError, match="is closed"), dreamer:
        dreamer.dream(cloud_picture, **QUICK)


@pytest.mark.parametrize("other", [copy.copy, copy.deepcopy, pickle.dumps])
def test_a_dreamer_is_neither_copied_nor_pickled(dreamer, other):
    with pytest.raises(RequestError, match="open one in each process"):
        other(dreamer)


# ---- threads ---------------------------------------------------------------------------------------


def test_dreams_of_several_threads_are_those_of_one(dreamer, cloud_picture):
    alone = [dreamer.dream(cloud_picture, seed=seed, **QUICK) for seed in range(6)]
    suspended = dreamer.steps(cloud_picture, seed=0, **QUICK)
    next(suspended)  # a dream that stands still keeps nobody waiting
    with ThreadPoolExecutor(3) as pool:
        together = list(pool.map(lambda seed: dreamer.dream(cloud_picture, seed=seed, **QUICK), range(6)))
    assert all(map(same, alone, together))
    *_, last = suspended
    assert same(last.picture, alone[0])


def test_threads_that_dream_keep_their_share_of_the_cores(cloud_picture):
    """torch gives a new thread the number that another set last: one, while octaves are resized."""
    dreamers = [Dreamer(device="cpu") for _ in range(2)]
    before = torch.get_num_threads()

    def shares(number: int) -> int:
        dreamers[number % 2].dream(cloud_picture, **(QUICK | {"octaves": 4, "iterations": 1}))
        return torch.get_num_threads()

    torch.set_num_threads(2)
    try:
        for _ in range(4):  # each with threads that are new to torch
            with ThreadPoolExecutor(4) as pool:
                assert set(pool.map(shares, range(8))) == {2}
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)


def test_a_dream_that_is_closed_by_another_thread_ends_with_the_reason(cloud_picture):
    dreamer, is_dreaming = Dreamer(device="cpu"), Event()

    def begun(activations):
        is_dreaming.set()
        return activations

    with ThreadPoolExecutor(1) as pool:
        settings = QUICK | {"iterations": 500}
        dream = pool.submit(dreamer.dream, cloud_picture, objective=begun, **settings)
        is_dreaming.wait(60)
        dreamer.close()
        with pytest.raises(RequestError, match="is closed"):
            dream.result(60)


# ---- pictures --------------------------------------------------------------------------------------


def test_a_generators_name_is_a_picture(dreamer):
    named = dreamer.dream("noise", seed=5, size=(80, 64), **QUICK)
    assert same(named, dreamer.dream(noise(Size(80, 64), 5), seed=5, **QUICK))
    assert same(named, dreamer.dream("noise", seed=5, size="80x64", **QUICK))


def test_a_picture_is_fitted_to_the_size_that_is_asked_for(dreamer, cloud_picture):
    for size in ((64, 64), np.array([64, 64]), "64x64"):
        assert dreamer.dream(cloud_picture, size=size, **QUICK).size == (64, 64)


def test_a_name_that_is_no_file_is_answered_with_the_generator_like_it(dreamer):
    with pytest.raises(PictureError, match="no such file; did you mean 'noise'"):
        dreamer.dream("nois", **QUICK)
