"""Scenes made apart: one process each, in any order that their dreams allow."""

from __future__ import annotations

import json
import shutil
import signal
from collections import namedtuple

import pytest

from dreamzoom.film.folder import open_film
from dreamzoom.film.status import film_status
from support.clips import SMALL, journaled, quickly, render_here, says, start, wait_for
from support.farm import frames_of, write_storyboard


def test_scenes_made_apart_are_the_film_made_in_one_go(tmp_path):
    board = write_storyboard(tmp_path)
    quickly("film", board, "-o", tmp_path / "whole")
    apart = tmp_path / "apart"
    quickly("film", board, "-o", apart, "--begin")
    assert "02-hills" in says(2, "resume", apart, "--scene", "03-marble")  # whose dream it goes on with
    for names in (("02-hills",), ("03-marble",), ("01-it-s-here",)):
        quickly("resume", apart, *(word for name in names for word in ("--scene", name)))
    assert not (apart / "film.mp4").exists()
    quickly("resume", apart)
    assert film_status(open_film(apart)).state == "done"
    assert frames_of(apart) == frames_of(tmp_path / "whole")


def test_wrong_requests_of_scenes(tmp_path):
    board = write_storyboard(tmp_path)
    film = tmp_path / "film"
    quickly("film", board, "-o", film, "--begin")
    assert "has no scene '04-x'; its scenes are" in says(2, "resume", film, "--scene", "04-x")
    (film / "storyboard.toml").write_text(board.read_text().replace("length = 0.5", "length = 0.7"))
    told = says(2, "resume", film, "--scene", "02-hills")
    assert "was changed since its scenes were planned" in told
    assert "--begin" in told
    clip = render_here(tmp_path / "clip", frames=2)
    assert "is none" in says(2, "resume", clip, "--scene", "x")


def test_a_clip_of_another_kind_of_machine_is_gone_on_with_only_where_that_is_asked_for(tmp_path):
    clip = render_here(tmp_path / "clip", frames=3)
    journal = clip / "journal.jsonl"
    lines = [json.loads(line) for line in journal.read_text().splitlines()]
    journal.write_text("".join(json.dumps({**line, "engine": "torch 9, tpu"}) + "\n" for line in lines[:2]))
    (clip / "frames" / "000002.png").unlink()
    told = says(2, "resume", clip, "--same-machine")
    assert "was made by torch 9, tpu until now" in told
    assert not (clip / "frames" / "000002.png").exists()
    quickly("resume", clip)
    assert (clip / "frames" / "000002.png").exists()


def test_several_presets_make_a_clip_each(tmp_path):
    small = ("--size", "64x48", "--frames", 2, "--set", "dream.octaves=1", "--out", tmp_path / "looks")
    quickly("render", "clouds", *small, "--preset", "feathers", "--preset", "classic")
    made = sorted(path.name for path in (tmp_path / "looks").iterdir())
    assert made == ["classic", "feathers"]
    told = says(2, "render", "clouds", *small, "--preset", "feathers", "--preset", "feathers")
    assert "a name of its own" in told
    assert "several clips" in says(2, "render", "clouds", *small, "--cluster", "local")


@pytest.mark.parametrize("where", [(), ("--cluster", "tcp://127.0.0.1:1")])
def test_several_clips_that_fit_on_the_disk_but_not_together_are_refused_before_any_work(
    where, tmp_path, monkeypatch
):
    looks = ("--preset", "feathers", "--preset", "classic", "--out", tmp_path / "looks")
    each = 10 * 64 * 48 * 3 // 2  # half of a frame's bytes is what is asked for
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage(10**9, 10**9, each * 3 // 2))
    told = says(1, "render", "clouds", *SMALL[:-2], *looks, "--frames", 10, *where)
    assert "20 frames need" in told
    assert not list(tmp_path.rglob("00*.png"))


def test_several_presets_that_are_stopped_all_go_on_with_the_same_command(tmp_path):
    looks = ("--preset", "feathers", "--preset", "classic", "--frames", 60, "--out", tmp_path / "looks")
    one, other = (tmp_path / "looks" / name for name in ("feathers", "classic"))
    process = start("render", "clouds", *SMALL[:-2], *looks)
    wait_for(lambda: journaled(one) > 0, process)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert "the same command again goes on with all of them" in said
    assert 0 < journaled(one) < 60
    assert (other / "recipe.toml").exists()
    assert journaled(other) == 0
    quickly("render", "clouds", *SMALL[:-2], *looks)
    assert [journaled(one), journaled(other)] == [60, 60]


@pytest.mark.parametrize("where", [(), ("--cluster", "tcp://127.0.0.1:1")])
def test_what_is_wrong_with_one_of_several_presets_is_told_by_name_before_any_work(where, tmp_path):
    for name, layer in (("good", "fire2/concat"), ("bad", "fire2/nowhere")):
        (tmp_path / f"{name}.toml").write_text(f'[dream]\nlayer = "{layer}"\n')
    looks = (each for name in ("good", "bad") for each in ("--preset", tmp_path / f"{name}.toml"))
    small = ("--size", "64x48", "--frames", 2, "--out", tmp_path / "looks")
    told = says(2, "render", "clouds", *small, *looks, *where)
    assert f"--preset {tmp_path / 'bad.toml'}: " in told
    assert "fire2/nowhere" in told
    assert (tmp_path / "looks" / "good" / "recipe.toml").exists()  # it has begun, and no more than that
    assert journaled(tmp_path / "looks" / "good") == 0
    assert not (tmp_path / "looks" / "bad").exists()
