"""A storyboard in a studio's folder names nothing that lies elsewhere, however that is written."""

from __future__ import annotations

from pathlib import Path

import pytest

from dreamzoom.errors import RequestError
from dreamzoom.film.board.reading import parse_storyboard
from dreamzoom.studio.library.outside import named_in, require_named_within

SCENE = '[[scene]]\nimage = "sky.png"\nlength = 1\n'


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture_file: Path) -> Path:
    """A studio's folder with a film's place in it; the person's home beside it has the same files."""
    home, folder = tmp_path / "home", tmp_path / "studio"
    for place in (home, folder / "film"):
        place.mkdir(parents=True)
        (place / "sky.png").write_bytes(picture_file.read_bytes())
        (place / "look.toml").write_text("[dream]\noctaves = 2\n")
    monkeypatch.setenv("HOME", str(home))
    return folder


@pytest.mark.parametrize(
    "text",
    [
        SCENE.replace("sky.png", "~/sky.png"),
        SCENE.replace("sky.png", "~/missing.png"),
        SCENE.replace("sky.png", "../../home/sky.png"),
        SCENE + 'preset = "~/look.toml"\n',
        SCENE + 'model.name = "~/net"\n',
        '[film]\npreset = "~/look.toml"\n\n' + SCENE,
        '[colour]\npalette = "~/sky.png"\n\n' + SCENE,
        '[soundtrack]\nsong = "~/song.mp3"\n\n' + SCENE,
    ],
)
def test_what_lies_elsewhere_is_refused(folder: Path, text: str) -> None:
    board = parse_storyboard(text, folder / "film" / "storyboard.toml")
    assert not board.faults
    with pytest.raises(RequestError, match="which does not lie in this folder"):
        require_named_within(folder, board)


@pytest.mark.parametrize(
    "more", ["", 'preset = "look.toml"\n', 'preset = "ink"\n', 'model.name = "googlenet"\n']
)
def test_what_lies_in_the_folder_and_words_are_taken(folder: Path, more: str) -> None:
    board = parse_storyboard(SCENE + more, folder / "film" / "storyboard.toml")
    require_named_within(folder, board)
    assert any(text.endswith("sky.png") for text in named_in(board))
