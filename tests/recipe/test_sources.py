"""What a recipe leads to: found, told, and kept without secrets."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dreamzoom.io import network
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.build import build_recipe, make_fragment
from dreamzoom.recipe.schema import raw_value
from dreamzoom.recipe.sources import find_files, keep_no_secrets
from support.clips import SMALL, dreamzoom, quickly, render_here
from support.http import Site, running


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where a recipe lies; the working folder is another one."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    folder = tmp_path / "from a friend"
    folder.mkdir()
    return folder


def found(folder: Path, text: str) -> tuple[dict[str, object], list[str]]:
    fragment, told = find_files(make_fragment(parse_toml(text, "mine"), "mine"), folder)
    return {
        f"{table}.{key}": raw for table, keys in fragment.values.items() for key, raw in keys.items()
    }, told


def test_a_picture_beside_the_recipe_is_found_and_that_is_said(folder: Path) -> None:
    (folder / "a.png").touch()
    values, told = found(folder, '[dream]\nguide = { 0 = "a.png", 9 = { value = "b.png", ease = "step" } }')
    taken = str(folder / "a.png")
    assert values["dream.guide"] == {"0": taken, "9": {"value": "b.png", "ease": "step"}}
    assert told == [f"mine: dream.guide: {taken} is taken, from beside the recipe"]


def test_of_two_the_one_in_the_working_folder_is_taken_and_that_is_said(folder: Path) -> None:
    (folder / "a.png").touch()
    Path("a.png").touch()
    values, told = found(folder, '[clip]\nimage = "a.png"')
    assert values["clip.image"] == "a.png"
    assert "is there twice: the one in the working folder is taken" in told[0]
    assert "outside the recipe's folder" in told[1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[clip]\nimage = "../secret.png"', "clip.image opens "),
        ('[music]\nsong = "../secret.png"', "music.song opens "),
        ('[model]\nname = "../net"', "model.name opens "),
        ('[colour]\npalette = "link.png"', "colour.palette opens "),
        (
            '[guard]\nguide = "https://me:pw@host.example/a.png"',
            "guard.guide asks https://host.example/a.png",
        ),
    ],
)
def test_what_lies_outside_its_folder_is_told(text: str, words: str, folder: Path) -> None:
    (folder.parent / "secret.png").touch()
    (folder.parent / "net").mkdir()
    (folder / "link.png").symlink_to(folder.parent / "secret.png")
    assert words in "; ".join(found(folder, text)[1])


def test_a_recipe_of_names_alone_leads_nowhere(folder: Path) -> None:
    for name in ("clouds", "squeezenet"):
        (folder / name).mkdir()
    values, told = found(
        folder, '[clip]\nimage = "clouds"\n[model]\nname = "squeezenet"\n[dream]\nguide = ""'
    )
    assert values == {"clip.image": "clouds", "model.name": "squeezenet", "dream.guide": ""}
    assert told == []


def test_no_secret_of_an_address_is_kept() -> None:
    guide = {"0": "https://h/a?k=1", "9": {"value": "https://h/a?k=2", "ease": "step"}}
    values = {"clip": {"image": "https://me:pw@h/a.png"}, "dream": {"objective": "guide", "guide": guide}}
    recipe = keep_no_secrets(build_recipe(values))
    assert recipe.clip.image == "https://h/a.png"
    kept = str(raw_value(recipe, "dream.guide"))
    assert kept.count("https://h/a?k=hidden-") == 2
    assert keep_no_secrets(recipe) is recipe


def test_a_clip_of_a_picture_behind_a_token_is_made_and_made_longer(
    tmp_path, picture_file, monkeypatch
) -> None:
    monkeypatch.setenv("no_proxy", "*")
    monkeypatch.delenv(network.VARIABLE)
    with running(Site(picture_file.read_bytes())) as site:
        url = f"{site.url}?token=t0ken"
        done = dreamzoom("render", url, "--out", tmp_path / "clip", "--frames", 1, *SMALL)
        assert done.returncode == 2
        assert "allow it with --allow-local" in done.stderr
        assert not (tmp_path / "clip" / "recipe.toml").exists()
        clip = render_here(tmp_path / "clip", url, "--allow-local", frames=1)
        quickly("render", url, "--allow-local", "--out", clip, "--frames", 1, *SMALL)
    assert network.VARIABLE not in os.environ
    quickly("extend", clip, "--frames", 2)
    quickly("fork", clip, "--at", 1, "--zoom", "1.1", "-o", tmp_path / "fork")
    quickly("report", clip)
    texts = [
        path.read_bytes() for path in tmp_path.rglob("*.*") if path.suffix in {".toml", ".html", ".jsonl"}
    ]
    assert len(texts) >= 5
    assert b"t0ken" not in b"".join(texts)
    assert b"?token=hidden-" in (clip / "recipe.toml").read_bytes()
