"""Names of files as shells hand them over, and names that no disk takes."""

from __future__ import annotations

import codecs
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from dreamzoom.cli import main
from support.clips import quickly, render_here, says

QUICK = ("--set", "dream.octaves=1", "--set", "dream.iterations=1", "--layer", "fire2/concat")
LONG = "n" * 300


@pytest.fixture
def folder(tmp_path, picture_file, monkeypatch) -> Path:
    """The working folder, with a picture in it."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(capsys, *arguments: object) -> tuple[int, str]:
    with pytest.raises(SystemExit) as end:
        main([str(each) for each in arguments])
    return int(end.value.code or 0), capsys.readouterr().err


def test_a_pattern_that_the_shell_left_is_expanded(folder, capsys) -> None:
    (folder / "other.png").write_bytes((folder / "start.png").read_bytes())
    assert run(capsys, "dream", *QUICK, "*.png", "-o", "out")[0] == 0
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["other.dream.png", "start.dream.png"]


def test_a_pattern_that_is_a_name_is_that_name(folder, capsys) -> None:
    (folder / "start.png").rename(folder / "[ab]*.png")
    assert run(capsys, "dream", *QUICK, "[ab]*.png", "-o", ".")[0] == 0
    assert (folder / "[ab]*.dream.png").exists()


def test_a_pattern_that_nothing_is_called_like_says_so(folder, capsys) -> None:
    status, said = run(capsys, "dream", "*.jpg", "-o", "out")
    assert status == 2
    assert "no file is called like *.jpg" in said


def changed(data: bytes) -> dict[str, bytes]:
    """A PNG or JPEG as shells that pipe text hand it over."""
    letters = data.decode("cp1252", "replace")
    lines = letters.replace("\r\n", "\n").replace("\n", "\r\n")
    return {
        "ascii": lines.encode("ascii", "replace"),
        "utf-8": lines.encode(),
        "utf-8-sig": codecs.BOM_UTF8 + lines.encode(),
        "utf-16": lines.encode("utf-16"),
        "lost": data.decode("utf-8", "replace").encode(),
    }


@pytest.mark.parametrize("file", ["start.png", "start.jpg"])
@pytest.mark.parametrize("way", ["ascii", "utf-8", "utf-8-sig", "utf-16", "lost"])
def test_bytes_that_a_shell_changed_are_told_with_the_way_out(
    file, way, folder, cloud_picture, capsys
) -> None:
    Image.fromarray(cloud_picture).save(file)
    Path("changed.png").write_bytes(changed(Path(file).read_bytes())[way])
    status, said = run(capsys, "dream", "changed.png", "-o", "a.png")
    assert status == 2
    assert "the shell changed" in said
    assert "name the file instead of piping it in, and write with -o FILE" in said


@pytest.mark.parametrize(
    "arguments",
    [
        ("dream", f"{LONG}.png", "-o", "a.png"),
        ("dream", "start.png", "-o", f"{LONG}.png"),
        ("dream", "http://[x/a.png", "-o", "a.png"),
        ("render", LONG),
        ("render", "--out", LONG),
        ("render", "--audio", f"{LONG}.mp3"),
        ("render", "--preset", f"{LONG}.toml"),
        ("render", "--model", "~no.such.body/net"),
        ("render", "http://[x"),
        ("layers", "--model", LONG),
        ("status", LONG),
        ("plot", LONG),
    ],
    ids=lambda words: " ".join(words)[:30],
)
def test_a_name_that_cannot_be_is_one_line_before_any_work(arguments, folder, capsys) -> None:
    before = sorted(folder.rglob("*"))
    status, said = run(capsys, *arguments)
    assert status == 2
    assert said.startswith("dreamzoom: ")
    assert said.count("\n") == 1
    assert "internal error" not in said
    assert sorted(path for path in folder.rglob("*") if path != folder / "dream") == before


def test_the_longest_name_that_a_disk_takes_is_written(folder, capsys) -> None:
    name = "n" * 251 + ".png"
    assert run(capsys, "dream", *QUICK, "start.png", "-o", name)[0] == 0
    assert (folder / name).exists()


@pytest.mark.skipif(sys.platform == "win32", reason="needs bash")
@pytest.mark.parametrize("name", ["-x", "a  b\nc", "it's"])
def test_the_command_that_goes_on_with_a_clip_fits_any_folder(name, folder, capsys) -> None:
    clip = render_here(Path(name).absolute(), frames=1)
    (clip / "clip.mp4").unlink()
    with pytest.raises(SystemExit):
        main(["status", "--", name])
    told = capsys.readouterr().out.partition("go on with: dreamzoom ")[2]
    done = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m dreamzoom {told}"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, (told, done.stderr)
    assert (clip / "clip.mp4").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="a home is named otherwise there")
def test_a_tilde_is_the_persons_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, picture_file: Path
) -> None:
    """A shell leaves it in `--out=~/clip`, where a folder called ~ would be made, and in a file."""
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir()
    work.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.chdir(work)
    shutil.copy(picture_file, home / "sky.png")
    (home / "look.toml").write_text(
        '[clip]\nimage = "~/sky.png"\n\n[colour]\nhold = 1\npalette = "~/sky.png"\n'
    )
    (home / "board.toml").write_text(
        '[film]\npreset = "~/look.toml"\n\n[[scene]]\nimage = "~/sky.png"\nlength = 1\n'
    )
    small = ("--frames", "1", "--size", "48x48", "--set", "dream.octaves=1", "--set", "dream.iterations=1")
    quickly("dream", "~/sky.png", "-o", "~/dream.png", *small[2:])
    quickly("render", "~/sky.png", "--out=~/clip", "--set", 'colour.palette={0="~/sky.png"}', *small)
    quickly("render", "--preset", "~/look.toml", "--out", "~/looked", *small)
    assert "frames to dream" in says(0, "film", "--check", "~/board.toml")
    assert {"dream.png", "clip", "looked"} <= {path.name for path in home.iterdir()}
    assert not list(work.iterdir())
