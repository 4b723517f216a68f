"""The atlas, from the command to its files: what is shown, what is left out, and going on after a stop."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from dreamzoom import Dreamer
from dreamzoom.engines.torch.engine import TorchEngine
from support.clips import quickly, render_here, says, start, wait_for
from support.engines import ENGINES, random_model

QUICK = (
    "--size",
    "64x64",
    "--set",
    "dream.octaves=1",
    "--set",
    "dream.iterations=1",
    "--set",
    "dream.jitter=4",
)
SLOW = (
    "--size",
    "64x64",
    "--set",
    "dream.octaves=1",
    "--set",
    "dream.iterations=20",
    "--layers",
    "fire[23]/*",
)
FIRE2 = ("--layers", "fire2/*1", "--layers", "fire2/relu_expand3x3", "--layers", "fire2/concat")
NAMES = [
    "001-fire2-squeeze1x1.png",
    "002-fire2-expand1x1.png",
    "003-fire2-expand3x3.png",
    "004-fire2-concat.png",
]
SOME_ARE_DEAD = """
name: "dead"
layer { name: "data" type: "Input" top: "data" input_param { shape { dim: 1 dim: 3 dim: 90 dim: 90 } } }
layer { name: "conv" type: "Convolution" bottom: "data" top: "conv"
        convolution_param { num_output: 4 kernel_size: 3 } }
layer { name: "below" type: "Power" bottom: "conv" top: "below" power_param { shift: -1e6 } }
layer { name: "dead" type: "ReLU" bottom: "below" top: "dead" }
layer { name: "wide" type: "Convolution" bottom: "conv" top: "wide"
        convolution_param { num_output: 2 kernel_size: 80 } }
layer { name: "scores" type: "InnerProduct" bottom: "conv" top: "scores"
        inner_product_param { num_output: 3 } }
"""
UNHEARD = 'layer { name: "odd" type: "Unheard" bottom: "conv" top: "odd" }'


@pytest.fixture(autouse=True)
def _one_core():
    """So that a command in this process dreams in it."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture
def photo(tmp_path, cloud_picture) -> Path:
    path = tmp_path / "sky.png"
    Image.fromarray(cloud_picture).save(path)
    return path


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory, cloud_picture) -> dict[str, bytes]:
    """The files of an atlas that nothing stopped."""
    folder = tmp_path_factory.mktemp("unbroken")
    Image.fromarray(cloud_picture).save(folder / "sky.png")
    quickly("atlas", folder / "sky.png", *SLOW, "-o", folder / "a")
    return files_of(folder / "a")


def listing_of(said: str) -> dict[str, Any]:
    """What a command tells a program, among all that it says."""
    (line,) = [line for line in said.splitlines() if line.startswith("{")]
    return json.loads(line)


def turn_upside_down(picture: Path) -> None:
    with Image.open(picture) as image:
        image.transpose(Image.Transpose.ROTATE_180).save(picture)


def files_of(folder: Path) -> dict[str, bytes]:
    kinds = ("[0-9]*.png", "sheet*", "tour*", "start.png")
    return {path.name: path.read_bytes() for kind in kinds for path in folder.glob(kind)}


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture)


def plates(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("[0-9]*.png"))}


@pytest.mark.parametrize("engine", ENGINES)
def test_each_layer_has_its_dream_in_order_on_every_engine(engine, photo, tmp_path):
    quickly("atlas", photo, "-o", tmp_path / "a", *QUICK, *FIRE2, "--engine", engine, "--no-tour")
    assert list(plates(tmp_path / "a"))[1:] == NAMES
    settings = {"octaves": 1, "iterations": 1, "jitter": 4}
    alone = Dreamer(engine=engine).dream(tmp_path / "a" / "start.png", "fire2/concat", **settings)
    with_strip = pixels(tmp_path / "a" / NAMES[-1])
    assert np.array_equal(with_strip[:64], np.asarray(alone))
    assert with_strip[64:].max() > 200  # words on a dark ground
    assert np.median(with_strip[64:]) < 30


def test_a_picture_of_an_atlas_is_a_preset(photo, tmp_path):
    folder = tmp_path / "a"
    quickly("atlas", photo, "-o", folder, *QUICK, *FIRE2, "--no-tour")
    quickly("dream", folder / "start.png", "-o", tmp_path / "d.png", "--preset", folder / NAMES[2])
    assert np.array_equal(pixels(folder / NAMES[2])[:64], pixels(tmp_path / "d.png"))


def test_without_labels_pictures_are_dreams_alone_and_a_gif_can_be_the_tour(photo, tmp_path):
    folder, tour = tmp_path / "a", tmp_path / "tour.gif"
    whole = ("atlas", photo, "-o", folder, *QUICK, "--layers", "conv1", "--no-labels", "--tour", tour)
    assert listing_of(says(0, *whole, "--json"))["tour"] == str(tour)
    assert pixels(folder / "001-conv1.png").shape == (64, 64, 3)
    with Image.open(tour) as film:
        assert film.size == (64, 64)
        assert film.n_frames == 2
    assert (folder / "sheet.jpg").exists()
    assert "exists" in says(2, "atlas", "--out", folder, "--tour", tour)


def test_channels_of_a_layer_and_a_list_for_programs(photo, tmp_path):
    arguments = ("atlas", photo, "-o", tmp_path / "a", *QUICK, "--layers", "conv1", "--channels", "5,0-1")
    listing = listing_of(says(0, *arguments, "--json"))
    assert [plate["channel"] for plate in listing["plates"]] == [5, 0, 1]
    assert [Path(plate["file"]).name for plate in listing["plates"]] == list(plates(tmp_path / "a"))[1:]
    assert all(plate["layer"] == "conv1" and plate["channels"] == 64 for plate in listing["plates"])
    assert Path(listing["tour"]).name == "tour.mp4"
    assert (tmp_path / "a" / "tour.mp4").stat().st_size > 0


def test_a_class_has_the_dream_that_its_name_has(photo, tmp_path):
    folder = tmp_path / "a"
    quickly("atlas", photo, "-o", folder, *QUICK, "--classes", "*PEACOCK*", "--classes", "130", "--no-tour")
    assert list(plates(folder))[1:] == ["001-peacock.png", "002-flamingo.png"]
    quickly("dream", folder / "start.png", "-o", tmp_path / "d.png", *QUICK, "--set", "dream.class=peacock")
    assert np.array_equal(pixels(folder / "001-peacock.png")[:64], pixels(tmp_path / "d.png"))
    assert "did you mean 'peacock'" in says(2, "atlas", photo, "-o", folder, "--classes", "peacok*")


def test_an_atlas_needs_nothing_but_its_folder(photo, tmp_path):
    folder, guide = tmp_path / "a", tmp_path / "guide.png"
    Image.fromarray(pixels(photo)[::-1]).save(guide)
    settings = ("--set", "dream.objective=guide", "--set", f"dream.guide={guide}")
    arguments = ("atlas", photo, "-o", folder, *QUICK, *FIRE2, *settings, "--no-tour")
    quickly(*arguments)
    before = plates(folder)
    Image.new("RGB", (64, 64), "red").save(guide)
    assert "differs in the guide" in says(2, *arguments)
    photo.unlink()
    guide.unlink()
    (folder / NAMES[0]).unlink()
    quickly("atlas", "-o", folder, "--no-tour")
    assert plates(folder) == before
    (folder / "guide.png").unlink()
    assert "guide.png is missing or was changed" in says(2, "atlas", "-o", folder)


def test_layers_that_cannot_be_dreamed_are_told_and_the_others_are_dreamed(photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dead").mkdir()
    prototxt = random_model(tmp_path / "dead", SOME_ARE_DEAD).prototxt
    prototxt.write_text(SOME_ARE_DEAD + UNHEARD)
    net = ("--model", "./dead")
    said = says(0, "atlas", photo, "-o", "a", *QUICK, *net, "--no-tour")
    assert list(plates(Path("a")))[1:] == ["001-conv.png", "002-below.png", "004-scores.png"]
    for layer, reason in (("wide", "too small"), ("odd", "Unheard"), ("dead", "no gradient")):
        (line,) = [line for line in said.splitlines() if line.startswith(f"{layer} is left out")]
        assert reason in line
    assert "no layer is left" in says(2, "atlas", photo, "-o", "b", *QUICK, *net, "--layers", "wide")
    assert not Path("b").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--layers", "fire2/conct"], "did you mean 'fire2/concat'"),
        (["--layers", "fire2/*", "--channels", "all"], "names 4"),
        (["--layers", "conv1", "--channels", "64"], "channels 0 to 63, not 64"),
        (["--layers", "conv1", "--channels", "3-1"], "'3-1' is none"),
        (["--set", "dream.layer=conv1"], "use --layers"),
        (["--classes", "cat*", "--layers", "conv1"], "leave out --layers"),
        (["--tour", "film.avi"], ".mp4"),
        (["--out", "sky.png"], "is a file"),
    ],
)
def test_what_cannot_be_is_refused_before_the_work(arguments, words, photo, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert words in says(2, "atlas", photo, *QUICK, *arguments)
    assert not list(tmp_path.rglob("*conv1*"))


def test_another_atlas_is_refused_with_what_differs_and_replaced_by_force(photo, tmp_path):
    folder, other = tmp_path / "a", tmp_path / "other.png"
    quickly("atlas", photo, "-o", folder, *QUICK, "--layers", "conv1", "--no-tour")
    before = plates(folder)
    Image.new("RGB", (64, 64), "red").save(other)
    for changed, words in (
        ((photo, "--layers", "conv1", "--set", "dream.step_size=3"), "dream.step_size"),
        ((photo, "--layers", "pool1"), "--layers"),
        ((photo, "--layers", "conv1", "--no-labels"), "--labels"),
        ((other, "--layers", "conv1"), "clip.image"),
    ):
        said = says(2, "atlas", *QUICK, "-o", folder, *changed)
        assert f"differs in {words}:" in said
    turn_upside_down(photo)
    assert "differs in the picture" in says(2, "atlas", photo, "-o", folder, *QUICK, "--layers", "conv1")
    assert plates(folder) == before
    quickly("atlas", photo, "-o", folder, *QUICK, "--layers", "pool1", "--no-tour", "--force")
    assert list(plates(folder)) == ["000-start.png", "001-pool1.png"]
    assert plates(folder)["000-start.png"] != before["000-start.png"]


def test_another_picture_in_its_place_is_dreamed_by_the_same_process(photo, tmp_path):
    dream = ("atlas", photo, *QUICK, "--layers", "conv1", "--no-tour", "-o")
    quickly(*dream, tmp_path / "a")
    before = plates(tmp_path / "a")
    turn_upside_down(photo)
    quickly(*dream, tmp_path / "a", "--force")
    after = plates(tmp_path / "a")
    assert list(after) == list(before) == ["000-start.png", "001-conv1.png"]
    assert all(after[name] != before[name] for name in after)


def test_a_clips_folder_and_one_of_a_persons_are_left_alone(photo, tmp_path):
    clip = render_here(tmp_path / "clip", frames=1)
    assert "holds a clip" in says(2, "atlas", photo, "-o", clip, *QUICK)
    assert "is not empty" in says(2, "atlas", photo, "-o", tmp_path, *QUICK)
    assert "no atlas" in says(2, "atlas", "-o", clip)


def test_what_is_lost_is_dreamed_again_and_what_a_person_changed_stays(photo, tmp_path):
    folder = tmp_path / "a"
    quickly("atlas", photo, "-o", folder, *QUICK, *FIRE2)
    before, tour = plates(folder), (folder / "tour.mp4").read_bytes()
    painted = Image.fromarray(255 - pixels(folder / NAMES[1]))
    painted.save(folder / NAMES[1])
    (folder / NAMES[0]).unlink()
    with (folder / "plates.jsonl").open("ab") as journal:
        line = json.loads((folder / "plates.jsonl").read_text().splitlines()[0])
        journal.write(json.dumps({**line, "plate": 9, "file": "../sky.png"}).encode())  # not ours, and torn
    assert "was changed since it was dreamed" in says(0, "atlas", "-o", folder)
    after = plates(folder)
    assert {name for name in before if after[name] != before[name]} == {NAMES[1]}
    assert np.array_equal(pixels(folder / NAMES[1]), np.asarray(painted))
    assert (folder / "tour.mp4").read_bytes() != tour
    assert "leave out --layers" in says(2, "atlas", "-o", folder, "--layers", "conv1")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_killed_in_the_middle_it_goes_on_to_the_same_bytes(photo, unbroken, tmp_path):
    folder, two_cores = tmp_path / "a", {**os.environ, "OMP_NUM_THREADS": "2"}
    for _ in range(5):  # on a busy machine it may be through before it is killed
        process = start("atlas", photo, *SLOW, "-o", folder, env=two_cores)
        wait_for((folder / "plates.jsonl").exists, process)
        process.kill()
        process.communicate(timeout=120)
        if len(plates(folder)) < 8:
            break
        shutil.rmtree(folder)
    assert 1 <= len(plates(folder)) < 8
    quickly("atlas", photo, *SLOW, "-o", folder)
    assert len(unbroken) == 12
    assert files_of(folder) == unbroken
    assert not list(folder.glob(".*.part"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_after_ctrl_c_it_tells_the_command_that_goes_on(photo, unbroken, tmp_path, monkeypatch):
    folder = tmp_path / "a"

    def interrupt() -> None:
        while not (folder / "plates.jsonl").exists():
            time.sleep(0.01)
        os.kill(os.getpid(), signal.SIGINT)

    def ascend_slowly(*given: Any) -> Any:
        time.sleep(0.02)
        return ascend(*given)

    threading.Thread(target=interrupt, daemon=True).start()
    ascend = TorchEngine.ascend
    with monkeypatch.context() as patch:
        patch.setattr(TorchEngine, "ascend", ascend_slowly)
        said = says(130, "atlas", photo, *SLOW, "-o", folder)
    assert f"go on with: dreamzoom atlas --out {folder}" in said
    assert 1 <= len(plates(folder)) < 8
    quickly("atlas", "--out", folder)
    assert files_of(folder) == unbroken
