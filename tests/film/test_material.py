"""A film made of another one's storyboard takes along what that keeps for its scenes."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image

from dreamzoom.film.board.reading import read_storyboard
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.material import taking_material
from support.clips import frame_files, quickly, says
from support.film import COLOURS

BOARD = """
[film]
size = "64x48"
fps = 10

# mine
[[scene]]
image = "{material}/red-0a1b2c3d.png"   # a comment
preset = "{material}/look-0a1b2c3d.toml"
length = 0.2

[[scene]]
image = "{outside}/green.png"
length = 0.2
"""
LOOK = """
[dream]
octaves = 1
iterations = 1
layer = "fire2/concat"

[colour]
palette = "red-0a1b2c3d.png"
hold = 0.1
"""


@pytest.fixture
def draft(tmp_path):
    """A draft that keeps a picture and a look, as the studio puts them there, and the picture of another."""
    film = tmp_path / "show-draft"
    (film / "material").mkdir(parents=True)
    (film / "scenes").mkdir()
    Image.new("RGB", (64, 48), COLOURS["red"]).save(film / "material/red-0a1b2c3d.png")
    Image.new("RGB", (64, 48), COLOURS["green"]).save(tmp_path / "green.png")
    (film / "material/look-0a1b2c3d.toml").write_text(LOOK)
    board = BOARD.format(material=film / "material", outside=tmp_path)
    (film / "storyboard.toml").write_text(board)
    return film


@pytest.mark.parametrize("is_relative", [False, True])
def test_a_film_made_of_a_draft_names_its_own_material_and_stays_whole_without_the_draft(draft, is_relative):
    film = draft.parent / "show"
    if is_relative:
        text = (draft / "storyboard.toml").read_text().replace(f"{draft}/", "")
        (draft / "storyboard.toml").write_text(text)
    quickly("film", draft / "storyboard.toml", "-o", film)
    text = (film / "storyboard.toml").read_text()
    assert str(draft) not in text
    assert "# mine" in text
    assert "# a comment" in text
    settings = [scene.settings for scene in read_storyboard(film / "storyboard.toml").scenes]
    assert settings[0].image == str(film / "material/red-0a1b2c3d.png")
    assert settings[1].image == str(draft.parent / "green.png")
    whole = {scene.name: frame_files(scene) for scene in (film / "scenes").iterdir()}
    shutil.rmtree(draft)
    shutil.rmtree(film / "scenes")
    quickly("resume", film)
    assert {scene.name: frame_files(scene) for scene in (film / "scenes").iterdir()} == whole


def test_the_same_command_again_changes_nothing_of_the_film(draft):
    film = draft.parent / "show"
    quickly("film", draft / "storyboard.toml", "-o", film)
    before = {path: path.read_bytes() for path in film.rglob("*.*") if path.suffix in (".png", ".toml")}
    said = quickly("film", draft / "storyboard.toml", "-o", film)
    assert "written anew" not in said
    assert not (film / "aside").exists()
    assert {path: path.read_bytes() for path in before} == before


def test_a_film_that_cannot_begin_leaves_nothing(draft):
    board = (draft / "storyboard.toml").read_text()
    (draft / "storyboard.toml").write_text(board.replace("length = 0.2", "length = -1"))
    assert "length" in says(2, "film", draft / "storyboard.toml", "-o", draft.parent / "show")
    assert not (draft.parent / "show").exists()


def test_a_film_that_was_killed_before_its_storyboard_goes_on(draft):
    film = draft.parent / "show"
    (film / "material").mkdir(parents=True)
    (film / ".writer").touch()
    quickly("film", draft / "storyboard.toml", "-o", film, "--begin")
    assert (film / "material/look-0a1b2c3d.toml").read_text() == LOOK


def test_a_storyboard_that_no_film_keeps_is_as_it_was(tmp_path):
    (tmp_path / "material").mkdir()
    text = BOARD.format(material=tmp_path / "material", outside=tmp_path)
    for name in ("story.toml", "storyboard.toml"):
        film = FilmFolder(tmp_path / "film")
        with taking_material(tmp_path / name, film, text) as own:
            assert own == text
        assert not Path(film.material_path).exists()
