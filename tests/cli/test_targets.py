"""Files that commands are told to write: nothing of a person's is replaced unasked."""

from __future__ import annotations

import os
import shlex
import shutil
from pathlib import Path

import pytest

from dreamzoom.cli.targets import require_writable
from dreamzoom.errors import DreamzoomError, RequestError
from support.clips import quickly, render_here, says

TINY = ("--size", "48x48", "--set", "dream.octaves=1", "--set", "dream.iterations=1")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_here(tmp_path_factory.mktemp("clips") / "clip", frames=2)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != ".lock"
    }


def refusal(*arguments: object) -> str:
    """What a command says that refuses, before any work."""
    with pytest.raises(DreamzoomError) as caught:
        quickly(*arguments)
    return str(caught.value)


def test_nothing_in_a_clip_is_overwritten_or_added_unasked(clip: Path, picture_file: Path) -> None:
    before = contents(clip)
    second = shutil.copy(picture_file, picture_file.with_name("b.png"))
    for arguments in (
        ("plot", clip, "-o", clip / "start.png"),
        ("plot", clip, "-o", clip / "new.png"),
        ("plot", clip, "-o", clip / "frames" / "000002.png"),
        ("dream", picture_file, "-o", clip / "frames" / "000001.png", *TINY),
        ("dream", picture_file, "-o", clip / "guide.png", *TINY),
        ("dream", picture_file, second, "-o", clip, *TINY),
        ("stitch", clip, "-o", clip / "soundtrack.mp4"),
        ("stitch", clip, "-o", clip / "frames" / "film.mp4"),
    ):
        assert "exists" in (words := refusal(*arguments)) or "lies in the clip" in words
    assert contents(clip) == before


def test_a_picture_is_not_its_own_dream_unasked(tmp_path: Path, picture_file: Path) -> None:
    before = picture_file.read_bytes()
    assert "start.png is what is read" in refusal("dream", picture_file, "-o", picture_file, *TINY)
    other = tmp_path / "other.png"
    os.link(picture_file, other)
    assert "other.png is what is read" in refusal("dream", picture_file, "-o", other, *TINY)
    other.unlink()
    shutil.copy(picture_file, other)
    assert "other.png exists: name another file" in refusal("dream", picture_file, "-o", other, *TINY)
    assert other.read_bytes() == picture_file.read_bytes() == before
    quickly("dream", picture_file, "-o", other, "--force", *TINY)
    assert other.read_bytes() != before


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "--frames", 2, "--out"),
        ("fork", "CLIP", "--frames", 3, "--out"),
        ("stitch", "CLIP", "-o"),
        ("report", "CLIP", "-o"),
        ("plot", "CLIP", "-o"),
        ("dream", "CLIP/start.png", "-o"),
        ("resume",),
    ],
)
def test_an_empty_name_is_no_place(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[object, ...]
) -> None:
    monkeypatch.chdir(tmp_path)
    words = [str(each).replace("CLIP", str(clip)) for each in arguments]
    assert "is empty: name a place" in quickly(*words, "")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", [("render", "--frames", 2), ("fork", "CLIP", "--frames", 3)])
def test_a_whole_disk_is_no_clip_s_folder(clip: Path, command: tuple[object, ...]) -> None:
    words = [str(each).replace("CLIP", str(clip)) for each in command]
    assert "/ is a whole disk" in refusal(*words, "--out", "/")


def test_what_may_be_written(clip: Path, tmp_path: Path) -> None:
    require_writable(tmp_path / "new.png", force=False)
    require_writable(clip / "slow.mp4", force=False, may_join_clip=True)
    require_writable(clip / "start.png", force=True)
    with pytest.raises(RequestError, match="is a folder: name a file"):
        require_writable(tmp_path, force=True)


def test_a_folder_is_not_called_like_a_film_or_a_picture(tmp_path: Path, picture_file: Path) -> None:
    out = tmp_path / "film.mp4"
    for arguments in (
        ("render", picture_file, "-o", out),
        ("film", picture_file, "-o", out),
        ("fork", tmp_path, "-o", out),
        ("looks", picture_file, "-o", out),
        ("atlas", picture_file, "-o", out),
        ("dream", picture_file, picture_file, "-o", out.with_suffix(".png")),
    ):
        told = says(2, *arguments)
        assert "is called like a file, and is to be a folder" in told, arguments
        assert str(tmp_path / "film") in told
        assert not out.exists()


def test_a_folder_that_is_there_may_be_called_anything(tmp_path: Path, picture_file: Path) -> None:
    out = tmp_path / "film.mp4"
    out.mkdir()
    assert quickly("render", picture_file, "-o", out, "--frames", "1", *TINY).endswith(": 1 frame\n")
    assert (out / "clip.mp4").is_file()


def test_a_folder_that_is_missing_is_told_before_the_work(clip: Path, tmp_path: Path) -> None:
    for arguments in (
        ("stitch", clip, "-o", tmp_path / "no" / "film.mp4"),
        ("plot", clip, "-o", tmp_path / "no" / "plot.png"),
        ("report", clip, "-o", tmp_path / "no" / "report.html"),
        ("presets", "--palettes", "-o", tmp_path / "no" / "palettes.png"),
    ):
        assert f"there is no folder {tmp_path / 'no'}" in says(2, *arguments)


def test_a_file_of_a_clip_is_answered_with_the_clip(clip: Path, picture_file: Path) -> None:
    assert f"did you mean {clip}?" in says(2, "status", clip / "recipe.toml")
    assert says(2, "status", picture_file).endswith("is a file, and a clip is a folder")


def test_several_pictures_are_answered_with_what_takes_them(picture_file: Path) -> None:
    told = says(2, "render", picture_file, "song.mp3")
    assert "dreamzoom film" in told
    assert "--audio" in told
    assert "the clip's folder goes to -o" in told
    assert "KEY=VALUE as one" in says(2, "render", picture_file, "--set", "camera.zoom", "1.02")


AS_A_LAST_WORD = [
    (("stitch", "CLIP", "out.mp4"), "stitch CLIP -o out.mp4"),
    (("stitch", "--gif", "CLIP", "a film.gif"), "stitch --gif CLIP -o 'a film.gif'"),
    (("deliver", "CLIP", "--for", "youtube", "out.mp4"), "deliver CLIP --for youtube -o out.mp4"),
    (("deliver", "CLIP", "out.mp4", "--for=youtube"), "deliver CLIP -o out.mp4 --for=youtube"),
    (("plot", "CLIP", "plot.png"), "plot CLIP -o plot.png"),
    (("listen", "song.wav", "song.html"), "listen song.wav -o song.html"),
    (("report", "CLIP", "page.html"), "report CLIP -o page.html"),
    (("presets", "--palettes", "dusk", "dusk.png"), "presets --palettes dusk -o dusk.png"),
    (("farm", "export", "CLIP", "--for", "slurm", "a.sh"), "farm export CLIP --for slurm -o a.sh"),
    (("looks", "clouds", "seen"), "looks clouds -o seen"),
    (("atlas", "clouds", "seen"), "atlas clouds -o seen"),
    (("dream", "CLIP/start.png", "out.png"), "dream CLIP/start.png -o out.png"),
    (("dream", "CLIP/start.png", "CLIP/start.png", "out"), "dream CLIP/start.png CLIP/start.png -o out"),
    (("fork", "CLIP", "take 2"), "fork CLIP -o 'take 2'"),
    (("film", "CLIP/start.png", "out"), "film CLIP/start.png -o out"),
]


@pytest.mark.parametrize(("arguments", "meant"), AS_A_LAST_WORD, ids=[meant for _, meant in AS_A_LAST_WORD])
def test_a_target_as_the_last_word_is_answered_with_the_command_that_takes_it(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], meant: str
) -> None:
    monkeypatch.chdir(tmp_path)
    told = says(2, *(word.replace("CLIP", str(clip)) for word in arguments))
    assert told.rstrip().endswith(f"is named with -o: dreamzoom {meant.replace('CLIP', str(clip))}")
    assert list(tmp_path.iterdir()) == []


def test_the_command_that_is_advised_does_what_was_meant(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    advised = says(2, "stitch", clip, "--fps", "5", "a film.mp4").rpartition("dreamzoom ")[2]
    says(0, *shlex.split(advised))
    assert [path.name for path in tmp_path.iterdir()] == ["a film.mp4"]


def test_what_is_to_be_named_and_is_not_is_told_with_the_command(clip: Path, tmp_path: Path) -> None:
    told = says(2, "fork", tmp_path / "a b", "--at", "3").rstrip()
    assert told.endswith(f"has to be named with -o: dreamzoom fork '{tmp_path}/a b' --at 3 -o NAME")
    assert says(2, "fork", clip, "--", "-o").rstrip().endswith("what it writes is named with -o")
    assert "Missing argument 'DIR'" in says(2, "fork")


def test_words_that_are_too_many_are_told_where_no_command_can_be_advised(clip: Path) -> None:
    told = says(2, "stitch", clip, "my", "film.mp4")
    assert (
        "my, film.mp4 are 2 words more; what it writes is named with -o, and a name that has blanks" in told
    )
    for words in (("-o", "x.mp4", "y.mp4"), ("--", "y.mp4")):
        assert says(2, "stitch", clip, *words).rstrip().endswith("what it writes is named with -o")


def test_a_storyboard_is_given_alone(tmp_path: Path, picture_file: Path) -> None:
    board = tmp_path / "board.toml"
    board.touch()
    for words in ((board, picture_file), (picture_file, board), (board, tmp_path / "out")):
        assert f"{board} is a storyboard, and is given alone" in says(2, "film", *words)


def test_a_pattern_is_no_target(picture_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As cmd and PowerShell hand it over; it is the song that is wrong."""
    monkeypatch.chdir(tmp_path)
    words = ("film", picture_file, picture_file.parent / "*.png", "--audio", tmp_path / "none.mp3")
    assert "none.mp3: there is no such file" in says(2, *words)


def test_a_clip_is_no_preset_and_its_recipe_is(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Path(clip.name) / "recipe.toml"
    monkeypatch.chdir(clip.parent)
    for name in (clip.name, f"{clip.name}/", f"./{clip.name}"):
        assert str(recipe) in says(2, "presets", name), name
    assert "[camera]" in says(0, "presets", recipe)
