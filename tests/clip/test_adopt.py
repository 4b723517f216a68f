"""A frame that a person retouched is adopted: the later ones follow from it, as a take."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from PIL import Image, ImageDraw

from dreamzoom.clip.folder import open_clip
from dreamzoom.pictures.frames import read_frame
from support.clips import frame_files, render_here, says

TINY = (
    "--size", "64x64", "--fps", 10, "--preset", "classic", "--set", "dream.iterations=1",
    "--set", "dream.octaves=1", "--set", "dream.jitter=4",
)  # fmt: skip
FRAMES = 6


def name(frame: int) -> str:
    return f"{frame:06d}.png"


def retouch(clip: Path, frame: int, kind: str = "RGB") -> bytes:
    """Paint into a frame as a person does, and return the file."""
    path = clip / "frames" / name(frame)
    picture = Image.open(path).convert(kind)
    ImageDraw.Draw(picture).rectangle((8, 8, 40, 40), fill=(255, 0, 0, 255)[: len(kind)])
    picture.save(path)
    return path.read_bytes()


@pytest.fixture(scope="module")
def whole(tmp_path_factory) -> Path:
    return render_here(tmp_path_factory.mktemp("adopt") / "clip", *TINY, frames=FRAMES)


@pytest.fixture
def clip(whole, tmp_path) -> Path:
    return Path(shutil.copytree(whole, tmp_path / "clip"))


@pytest.mark.parametrize("kind", ["RGB", "RGBA"])
def test_later_frames_follow_from_an_adopted_one_which_can_be_made_again(clip, whole, kind):
    mine = retouch(clip, 2, kind)
    says(0, "adopt", clip, "--frame", 2)
    then, now = frame_files(whole), frame_files(clip)
    assert [now[name(frame)] == then[name(frame)] for frame in range(FRAMES)] == [True, True] + [False] * 4
    assert (clip / "before-000003/adopted.png").read_bytes() == mine
    assert (
        read_frame(clip / "frames" / name(2)).tolist()
        == read_frame(clip / "before-000003/adopted.png").tolist()
    )
    kept = {path.name: path.read_bytes() for path in (clip / "replaced-000003").glob("*.png")}
    assert kept == {name(frame): then[name(frame)] for frame in (3, 4, 5)}
    assert "frame 2: retouched by hand, and adopted" in says(0, "verify", clip)
    for frame in (1, 2, 3):
        (clip / "frames" / name(frame)).unlink()
    says(0, "resume", clip)
    assert frame_files(clip) == now
    (clip / "before-000003/adopted.png").unlink()
    assert "adopted.png is missing" in says(2, "resume", clip)


def test_a_frame_that_resume_kept_is_adopted_too(clip):
    mine = retouch(clip, 4)
    assert "--frame 4" in says(0, "resume", clip)
    assert (clip / "frames/000004.png.bak").read_bytes() == mine
    says(0, "adopt", clip, "--frame", 4)
    assert (clip / "before-000005/adopted.png").read_bytes() == mine


@pytest.mark.parametrize(
    ("frame", "words"), [(2, "as it was rendered"), (6, "no frame 6"), (-1, "no frame -1"), (3, "32x32")]
)
def test_what_cannot_be_adopted_is_refused_before_anything_is_written(clip, frame, words):
    path = clip / "frames" / name(3)
    Image.open(path).resize((32, 32)).save(path)
    before = {path: path.read_bytes() for path in clip.rglob("*.*") if path.is_file()}
    assert words in says(2, "adopt", clip, "--frame", frame)
    assert {path: path.read_bytes() for path in before} == before
    assert not list(clip.glob("before-*")) + list(clip.glob("replaced-*"))


def test_an_adopted_last_frame_goes_on_in_extensions_and_forks(clip, tmp_path):
    last = FRAMES - 1
    retouch(clip, last)
    says(0, "adopt", clip, "--frame", last)
    mine = (clip / "frames" / name(last)).read_bytes()
    fork, edited = tmp_path / "fork", tmp_path / "edited"
    for _ in range(2):  # the same command again goes on
        says(0, "fork", clip, "-o", fork, "--frames", FRAMES + 2)
    says(0, "extend", clip, "--frames", FRAMES + 2)
    assert frame_files(clip) == frame_files(fork)
    (fork / "frames" / name(last)).unlink()
    says(0, "resume", fork)
    assert (fork / "frames" / name(last)).read_bytes() == mine
    says(0, "fork", clip, "-o", edited, "--at", last, "--set", "dream.step_size=3")
    assert (edited / "frames" / name(last)).read_bytes() != mine
    assert not any(take.adopted for take in open_clip(edited).takes)


def test_an_earlier_adoption_lets_a_later_one_go(clip):
    for frame in (3, 1):
        retouch(clip, frame)
        says(0, "adopt", clip, "--frame", frame)
    assert [take.adopted is not None for take in open_clip(clip).takes] == [True, False, False]
    now = frame_files(clip)
    for path in clip.glob("frames/*.png"):
        path.unlink()
    says(0, "resume", clip)
    assert frame_files(clip) == now


@pytest.mark.parametrize("adopted", [4, 6])  # an in-between, and a dreamed one
def test_with_in_betweens_any_frame_is_adopted(tmp_path, adopted):
    clip = render_here(tmp_path / "clip", *TINY, "--set", "camera.every=3", frames=8)
    retouch(clip, adopted)
    says(0, "adopt", clip, "--frame", adopted)
    now = frame_files(clip)
    for lost in ((3, 4, 5, 6), (5,), (adopted,)):
        for frame in lost:
            (clip / "frames" / name(frame)).unlink()
        says(0, "resume", clip)
        assert frame_files(clip) == now


def test_a_fork_tells_of_a_frame_that_was_not_adopted(clip, whole, tmp_path):
    mine = retouch(clip, 1)
    told = says(0, "fork", clip, "-o", tmp_path / "fork", "--at", 4, "--set", "dream.step_size=3")
    assert "dreamzoom adopt" in told
    assert (clip / "frames" / name(1)).read_bytes() == mine
    assert frame_files(tmp_path / "fork")[name(1)] == frame_files(whole)[name(1)]
