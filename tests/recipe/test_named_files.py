"""Tables of names and files in a recipe: how they are written, merged, found and refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamzoom.errors import RecipeError
from dreamzoom.io.toml import parse_toml
from dreamzoom.recipe.build import (
    build_recipe,
    change_recipe,
    dump_recipe,
    make_fragment,
    override_fragment,
)
from dreamzoom.recipe.draft import make_draft
from dreamzoom.recipe.sources import find_files

FILE = """
[music]
song = "song.wav"
[music.stems]
drums = "drums.wav"
voice = "voice.wav"
[music.series]
heart = "heart.csv"
"""


def recipe_of(text: str, *overrides: str):
    parts = [make_fragment(parse_toml(text, "file"), "file"), *map(override_fragment, overrides)]
    return build_recipe(*parts)


def test_files_are_read_and_written_back() -> None:
    recipe = recipe_of(FILE)
    assert recipe.music.stems == (("drums", "drums.wav"), ("voice", "voice.wav"))
    assert recipe.music.series == (("heart", "heart.csv"),)
    assert build_recipe(parse_toml(dump_recipe(recipe), "again")) == recipe


def test_set_names_a_file_beside_those_that_are_there() -> None:
    recipe = recipe_of(FILE, "music.stems.drums=other.wav", 'music.stems.bass_line="a b.wav"')
    assert dict(recipe.music.stems) == {"drums": "other.wav", "voice": "voice.wav", "bass_line": "a b.wav"}
    assert dict(recipe_of(FILE, "music.stems.voice=").music.stems) == {"drums": "drums.wav"}
    assert dict(recipe_of("", "music.series={a='x.csv'}").music.series) == {"a": "x.csv"}
    assert dict(recipe_of("", "music.stems.voice=").music.stems) == {}
    changed = change_recipe(recipe, override_fragment("music.stems.keys=keys.wav"))
    assert list(dict(changed.music.stems)) == ["drums", "voice", "bass_line", "keys"]


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("music.stems=drums.wav", "music.stems: must be a table of names and files, such as { drums ="),
        ("music.stems.beat=b.wav", "has the name 'beat', which means something else in formulas"),
        ("music.stems.sin=b.wav", "has the name 'sin'"),
        ("music.stems.2nd=b.wav", "has the name '2nd': must be up to 40 letters"),
        ("music.series.a-b=b.csv", "has the name 'a-b'"),
        ("music.series.voice=v.csv", "has 'voice', which is a stem's name as well"),
        ("music.stem.voice=v.csv", "there is no key 'music.stem.voice'"),
        ('music.stems={drums="a\\u0000b"}', "music.stems: drums: must be UTF-8 without control characters"),
        ("camera.zoom=1 + drms.onset", "no stem or series is called 'drms'; did you mean 'drums'?"),
        ("camera.zoom=1 + quite.onset", "called 'quite'; name its file in music.stems or music.series"),
        ("camera.zoom=1 + drums.onst", "a stem has no 'onst'; did you mean 'onset'"),
    ],
)
def test_what_is_wrong_is_told(override: str, words: str) -> None:
    with pytest.raises(RecipeError) as caught:
        recipe_of(FILE, override)
    assert words in str(caught.value)


def test_a_draft_has_the_same_files() -> None:
    recipe = recipe_of(FILE)
    assert make_draft(recipe).music == recipe.music


def test_a_stem_may_be_called_as_a_signal_is() -> None:
    recipe = recipe_of(
        "", "music.song=a.wav", "music.stems.bass=b.wav", "camera.zoom=1 + bass.onset + 0.1*bass"
    )
    assert dict(recipe.music.stems) == {"bass": "b.wav"}


def test_what_a_series_has_is_known_once_it_is_read() -> None:
    recipe = recipe_of(FILE, "camera.zoom=1 + 0.1*heart.rate + drums.bass(release=80)")
    assert recipe.camera.zoom.needs_music


def test_files_beside_the_recipe_are_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "there").mkdir()
    (tmp_path / "there" / "drums.wav").touch()
    monkeypatch.chdir(tmp_path)
    found, told = find_files(make_fragment(parse_toml(FILE, "f"), "f"), Path("there"))
    assert found.values["music"]["stems"] == {"drums": "there/drums.wav", "voice": "voice.wav"}
    assert told == ["f: music.stems: there/drums.wav is taken, from beside the recipe"]
