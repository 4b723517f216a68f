"""A folder of pictures: all that are some, once each, and on where it was stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from PIL import Image

from dreamzoom.pictures.folders import read_folder
from support.clips import says
from support.http import Site, running

QUICK = (
    "--set",
    "dream.octaves=1",
    "--set",
    "dream.iterations=1",
    "--layer",
    "fire2/concat",
    "--size",
    "48x48",
)


@pytest.fixture
def photos(tmp_path, monkeypatch) -> Path:
    """A folder with three pictures, and what else lies in folders."""
    monkeypatch.chdir(tmp_path)
    folder = Path("photos")
    (folder / "inner").mkdir(parents=True)
    picture = Image.effect_noise((48, 48), 50).convert("RGB")
    for name in ("b.jpg", "a.webp", "inner/d.png"):
        picture.save(folder / name)
    picture.save(folder / "without ending", "TIFF")
    (folder / "notes.txt").write_text("milk, eggs")
    (folder / "song.mp3").write_bytes(b"ID3" + bytes(50))
    (folder / ".DS_Store").write_bytes(bytes(50))
    (folder / "._b.jpg").write_bytes(b"\0\5\x16\7")
    return folder


def dreams(*arguments: object, status: int = 0) -> str:
    return says(status, "dream", *arguments, *QUICK)


def stamps(folder: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in sorted(folder.iterdir())}


def test_all_pictures_of_a_folder_are_dreamed_and_what_is_none_is_told(photos):
    told = dreams(photos, "-o", "out/new")
    assert sorted(stamps(Path("out/new"))) == ["a.dream.png", "b.dream.png", "without ending.dream.png"]
    assert "photos: passed over, for they are no pictures: notes.txt, song.mp3\n" in told


def test_the_same_command_again_goes_on(photos):
    dreams(photos, "-o", "out")
    before = stamps(Path("out"))
    Path("out/b.dream.png").unlink()
    told = dreams(photos, "-o", "out")
    after = stamps(Path("out"))
    assert "2 of 3 dreams are in out already; --force dreams them again" in told
    assert {name for name in before if before[name] != after[name]} == {"b.dream.png"}
    assert "3 of 3 dreams are in out already" in dreams(photos, "-o", "out")
    assert stamps(Path("out")) == after
    dreams(photos, "-o", "out", "--seed", "3")  # another recipe
    assert not set(after.values()) & set(stamps(Path("out")).values())


def test_dreams_that_tell_are_dreamed_again_where_they_are_to_tell_nothing(photos):
    dreams(photos, "-o", "out")
    assert "already" not in dreams(photos, "-o", "out", "--no-recipe")
    assert not [path for path in Path("out").iterdir() if b"dreamzoom" in path.read_bytes()]
    assert "3 of 3" in dreams(photos, "-o", "out")


def test_a_second_name_that_is_no_file_is_answered_with_how_a_target_is_named(photos, tmp_path) -> None:
    target = tmp_path / "dream.png"
    told = says(2, "dream", photos / "b.jpg", target, *QUICK)
    assert f"there is no picture {target}" in told
    assert f"-o {target}" in told
    told = says(1, "dream", photos / "b.jpg", target, "-o", tmp_path / "out", *QUICK)
    assert "there is no such file" in told
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["b.dream.png"]


def test_force_dreams_all_again(photos):
    dreams(photos, "-o", "out", "--no-recipe")
    before = stamps(Path("out"))
    assert "3 of 3" in dreams(photos, "-o", "out", "--no-recipe")
    assert "already" not in dreams(photos, "-o", "out", "--force")
    assert not set(before.values()) & set(stamps(Path("out")).values())


def test_dreams_beside_their_pictures_are_not_dreamed_again(photos):
    for _ in range(2):
        dreams(photos, "-o", photos)
    assert len(list(photos.glob("*.dream*"))) == 3


def test_a_damaged_picture_is_told_and_the_others_are_dreamed(photos):
    (photos / "c.jpg").write_bytes((photos / "b.jpg").read_bytes()[:200])
    (photos / "page.png").write_bytes(b"<!doctype html><html>sorry</html>")
    told = dreams(photos, "-o", "out", status=1)
    assert "photos/c.jpg: is " in told
    assert "photos/page.png: is a web page" in told
    assert len(stamps(Path("out"))) == 3


def test_two_pictures_of_one_name_are_told_before_the_work(photos):
    Image.new("RGB", (48, 48)).save(photos / "b.png")
    told = dreams(photos, "-o", "out", status=2)
    assert "photos/b.jpg and photos/b.png would both become out/b.dream.png" in told
    assert not Path("out").exists()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        ([], "holds no picture: name a folder of pictures"),
        (["a.txt", "b.txt", "c.txt", "d.txt", "e.txt"], "only a.txt, b.txt, c.txt and 2 more"),
    ],
)
def test_a_folder_without_pictures_is_a_wrong_request(tmp_path, names, words):
    folder = tmp_path / "empty"
    (folder / "inner").mkdir(parents=True)
    for name in names:
        (folder / name).write_text("text")
    told = dreams(folder, "-o", tmp_path / "out", status=2)
    assert f"{folder}: holds no picture" in told
    assert words in told
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("photos", "-o", "-"), "stdout takes one picture"),
        (("photos", "-o", "photos/b.jpg"), "of several pictures it names a folder"),
        (("photos", "-o", "out", "--format", "jpeg", "--lossless"), "JPEG is never lossless"),
        (("photos/b.jpg", "-o", "new/", "--format", "jpeg", "--lossless"), "JPEG is never lossless"),
        (("photos", "-", "-o", "out"), "stdin holds one picture"),
        (("photos/b.jpg", "-o", "x.bmp"), "x.bmp: name a file ending in .jpg, .jpeg, .png, .webp, .tif"),
        (("photos/b.jpg", "-o", "x.png", "--format", "webp"), "x.png is no webp"),
        (("photos/b.jpg", "-o", "x.png", "--quality", "80"), "PNG loses nothing and has no quality"),
        (("photos/b.jpg", "-o", "x.webp", "--quality", "0"), "0 is not in the range 1<=x<=100"),
    ],
)
def test_what_cannot_be_is_refused_before_the_work(photos, arguments, words):
    told = dreams(*arguments, status=2)
    assert words in told
    assert sorted(Path().iterdir()) == [Path("photos")]


def test_an_address_of_a_page_is_no_picture_and_the_folder_is_dreamed_all_the_same(photos, monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with running(Site(b"<!doctype html><html>sky</html>")) as site:
        told = dreams(f"{site.url}/sky.jpg", "-o", "sky.png", "--allow-local", status=2)
        assert f"{site.url}/sky.jpg: is a web page, not a picture" in told
        told = dreams(photos, f"{site.url}/sky.jpg", "-o", "out", "--allow-local", status=1)
    assert "is a web page" in told
    assert len(stamps(Path("out"))) == 3
    assert not Path("sky.png").exists()


def test_a_folder_is_made_for_one_picture_too_and_in_the_format_asked_for(photos):
    dreams("photos/b.jpg", "-o", "new/", "--format", "webp", "--lossless")
    with Image.open("new/b.dream.webp") as opened:
        assert opened.format == "WEBP"


def test_raw_photos_and_heic_count_as_pictures(tmp_path):
    for name in ("a.CR2", "b.HEIC", "c.JPG", "d.mov", "e"):
        (tmp_path / name).write_bytes(b"nothing")
    found = read_folder(tmp_path)
    assert [path.name for path in found.pictures] == ["a.CR2", "b.HEIC", "c.JPG"]
    assert [path.name for path in found.others] == ["d.mov", "e"]
