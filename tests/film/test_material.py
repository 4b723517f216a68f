"""A film made of another one's storyboard takes along what that keeps for its scenes."""

from __future__ import annotations

import shutil
import wave
from pathlib import Path

import pytest
from PIL import Image, ImageFont

from dreamzoom.errors import DreamzoomWarning
from dreamzoom.film.board.reading import read_storyboard
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.material import taking_material
from dreamzoom.studio.library.outside import named_in
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


def silence(path: Path, seconds: float = 1.0) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(2 * int(8000 * seconds)))


@pytest.fixture
def rich(draft):
    """The draft with all kinds of files in its material, and a few beside its storyboard."""
    for folder, shade in ((draft / "material", 60), (draft, 180)):
        for name in ("guide", "mask", "palette", "next"):
            Image.new("RGB", (64, 48), (shade, 99, 40)).save(folder / f"{name}.png")
        (folder / "words.ttf").write_bytes(ImageFont.load_default(10).font_bytes)
        (folder / "words.lrc").write_text("[00:00.00]We fall\n[00:00.20]for ever\n")
        (folder / "look.toml").write_text(
            '[dream]\noctaves = 1\niterations = 1\nobjective = "guide"\nguide = "guide.png"\n'
        )
        (folder / "beats.txt").write_text("0.2\t1\n0.4\n0.6\n0.8\n")
        (folder / "heart.csv").write_text("time,value\n0,0\n1,1\n")
        silence(folder / "drums.wav")
        silence(folder / "take.wav")
    return draft


HEAD = '[film]\nsize = "64x48"\nfps = 10\n{film}\n[dream]\noctaves = 1\niterations = 1\n{dream}\n'
SCENE = '[[scene]]\nname = "one"\nimage = "grey"\nlength = 0.3\n{scene}\n'
KEYS = {
    "the preset of all scenes": {"film": 'preset = "@look.toml"'},
    "a guide of all scenes": {"dream": 'objective = "guide"\nguide = "@guide.png"'},
    "a guide that fades in": {
        "scene": '[scene.dream]\nobjective = "guide"\nguide = { "0" = "@mask.png", "0.2s" = "@guide.png" }'
    },
    "a palette": {"scene": "[scene.colour]\npalette = '@palette.png'\nhold = 0.2"},
    "a mask": {"scene": '[[scene.dream.region]]\nmask = "@mask.png"\nlayer = "fire3/concat"'},
    "a font of a region": {"scene": '[[scene.dream.region]]\ntext = "A"\nfont = "@words.ttf"'},
    "a picture that comes": {"scene": '[[scene.clip.dissolve]]\nimage = "@next.png"\nat = 0\nover = 2'},
    "a title's font": {"scene": '[[title]]\ntext = "we"\nheight = 0.3\nfont = """@words.ttf"""'},
    "lyrics and their font": {"scene": '[lyrics]\nfile = "@words.lrc"\nheight = 0.2\nfont = "@words.ttf"'},
    "all of a song": {
        "scene": '[soundtrack]\nsong = "@take.wav"\nmap = "@beats.txt"\nstems = { drums = "@drums.wav" }\n'
        '[soundtrack.series]\nheart = "@heart.csv"',
        "dream": 'step_size = "1 + heart.value + drums.onset"',
    },
}


def board_of(key: str, where: str) -> str:
    """A storyboard whose files lie there."""
    parts = {"film": "", "dream": "", "scene": "", **KEYS[key]}
    return f"# '{where}guide.png'\n{(HEAD + SCENE).format(**parts).replace('@', where)}"


@pytest.mark.parametrize("where", ["material/", "", "{draft}/material/", "{draft}/"])
@pytest.mark.parametrize("key", KEYS)
def test_whatever_the_key_a_text_names_copies_of_what_lies_in_the_other_film(rich, key, where):
    film, text = FilmFolder(rich.parent / "show"), board_of(key, where.format(draft=rich))
    film.path.mkdir()
    (rich / "storyboard.toml").write_text(text)
    with taking_material(rich / "storyboard.toml", film, text) as own:
        film.storyboard_path.write_text(own)
        before, after = (
            [each.path / name for name in named_in(read_storyboard(each.storyboard_path)) if "." in name]
            for each in (FilmFolder(rich), film)
        )
        assert len(before) == len(after) > 0
        for old, new in zip(before, after, strict=True):
            if old.name == "take.wav":
                continue  # of a song a film has a copy anyway
            assert new.parent == film.material_path
            is_as_it_was = new.read_bytes() == old.read_bytes()
            assert is_as_it_was or (old.name == "look.toml" and old.parent == rich)  # it names a copy
        assert own.splitlines()[:3] == text.splitlines()[:3]
    assert not film.material_path.exists()


@pytest.mark.parametrize("key", KEYS)
def test_a_film_is_whole_without_the_one_of_whose_storyboard_it_is_made(rich, key):
    film = rich.parent / "show"
    (rich / "storyboard.toml").write_text(board_of(key, "material/"))
    quickly("film", rich / "storyboard.toml", "-o", film)
    whole = {scene.name: frame_files(scene) for scene in (film / "scenes").iterdir()}
    assert whole
    shutil.rmtree(rich)
    shutil.rmtree(film / "scenes")
    quickly("resume", film)
    assert {scene.name: frame_files(scene) for scene in (film / "scenes").iterdir()} == whole
    assert "done" in says(0, "status", film)


def test_a_look_that_names_what_lies_in_another_folder_of_the_film_is_taken_along_with_it(rich):
    film = rich.parent / "show"
    (rich / "material/look.toml").write_text(
        '[dream]\noctaves = 1\niterations = 1\nobjective = "guide"\nguide = "../guide.png"\n'
    )
    scene = 'preset = "material/look.toml"'
    (rich / "storyboard.toml").write_text((HEAD + SCENE).format(film="", dream="", scene=scene))
    guide = (rich / "guide.png").read_bytes()
    quickly("film", rich / "storyboard.toml", "-o", film)
    whole = frame_files(film / "scenes/01-one")
    shutil.rmtree(rich)
    shutil.rmtree(film / "scenes")
    quickly("resume", film)
    assert frame_files(film / "scenes/01-one") == whole
    assert guide in [path.read_bytes() for path in (film / "material").iterdir()]


def test_a_picture_of_the_material_that_was_changed_meanwhile_is_taken_anew(rich):
    film = rich.parent / "show"
    scene = 'dream.objective = "guide"\ndream.guide = "material/guide.png"'
    (rich / "storyboard.toml").write_text((HEAD + SCENE).format(film="", dream="", scene=scene))
    quickly("film", rich / "storyboard.toml", "-o", film, "--begin")
    Image.new("RGB", (64, 48), (250, 0, 0)).save(rich / "material/guide.png")
    wanted = (rich / "material/guide.png").read_bytes()
    quickly("film", rich / "storyboard.toml", "-o", film, "--begin")
    (named,) = (
        scene.look.values["dream"]["guide"] for scene in read_storyboard(film / "storyboard.toml").scenes
    )
    assert Path(named).read_bytes() == wanted
    assert Path(named).parent == film / "material"


def test_a_name_that_stands_for_words_too_is_left_and_told(rich):
    scene = 'dream.guide = "material/guide.png"\n[[title]]\ntext = "material/guide.png"\nheight = 0.05'
    text = (HEAD + SCENE).format(film="", dream="", scene=scene)
    (rich / "storyboard.toml").write_text(text)
    (rich.parent / "show").mkdir()
    told = "goes on to name material/guide.png in the folder of the other film"
    with (
        pytest.warns(DreamzoomWarning, match=told),
        taking_material(rich / "storyboard.toml", FilmFolder(rich.parent / "show"), text) as own,
    ):
        assert own == text


def test_what_is_a_link_or_lies_elsewhere_is_not_taken_along(rich):
    shutil.move(rich / "material/guide.png", rich.parent / "guide.png")
    (rich / "material/guide.png").symlink_to(rich.parent / "guide.png")
    for name in ("material/guide.png", "../guide.png", "https://example.org/guide.png", "material"):
        text = (HEAD + SCENE).format(film="", dream=f'guide = "{name}"', scene="")
        with taking_material(rich / "storyboard.toml", FilmFolder(rich.parent / "show"), text) as own:
            assert own == text
            assert not (rich.parent / "show/material").exists()
