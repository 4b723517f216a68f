"""What an order of a clip's frames comes to, and what cannot be, in the words of a terminal and of a page."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.footage.wanted import AskedSound, UnfitError
from dreamzoom.stitching.planning import plan_stitch
from dreamzoom.stitching.wanted import UNDER_THE_SONG, StitchOrder
from dreamzoom.video.sound import measure_sound
from support.clips import render_here
from support.music import tone, write_wav


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip of 8 frames at 10 a second, a loop of 6 at 30, and a tone of 3 s."""
    folder = tmp_path_factory.mktemp("planning")
    render_here(folder / "clip", "grey", "--set", "clip.fps=10", "--zoom", 1, frames=8)
    render_here(folder / "round", "noise", "--close", "0.1", frames=6)
    write_wav(folder / "tone.wav", 0.5 * tone(440, 3))
    return folder


def test_a_plan_tells_frames_and_length(folder: Path) -> None:
    order = StitchOrder(folder / "a.mp4", slice(2, None), speed=Fraction(1, 2), fps=Fraction(20))
    plan = plan_stitch(open_clip(folder / "clip"), order)
    assert (plan.frames, plan.count, plan.seconds) == (range(2, 8), 12, Fraction(3, 5))
    assert plan.song is None
    assert plan.doubts == ()


def test_a_loop_lasts_as_long_as_a_song_which_is_measured_once(folder: Path) -> None:
    asked: list[Path] = []

    def measure(path: Path):
        asked.append(path)
        return measure_sound(path)

    song = folder / "tone.wav"
    order = StitchOrder(folder / "a.mp4", rounds=UNDER_THE_SONG, sound=AskedSound(song, Fraction(1)))
    plan = plan_stitch(open_clip(folder / "round"), order, measure)
    assert plan.seconds == 2
    assert plan.song == song
    assert plan.excerpt.start == 1
    assert asked == [song]


@pytest.mark.parametrize(
    ("clip", "options", "told", "words"),
    [
        (
            "clip",
            {"target": "a.gif", "speed": Fraction(2)},
            "leave out --speed",
            "a GIF has the clip's own speed",
        ),
        ("clip", {"target": "a.gif", "titles": Path("x.srt")}, "leave out --titles", "a GIF has no titles"),
        ("round", {"target": "a.gif", "rounds": 2}, "leave out --rounds", "a GIF goes round for ever"),
        (
            "clip",
            {"sound": AskedSound(start=Fraction(1))},
            "--start is of a song",
            "its own song begins where its frames do",
        ),
        (
            "clip",
            {"sound": AskedSound(fade_in=Fraction(1))},
            "name one with --audio",
            "there is no song to fade",
        ),
        ("clip", {"rounds": 2}, "--close 2", "it is no loop"),
        ("round", {"rounds": 2, "frames": slice(0, 2)}, "leave out --frames", "rounds are whole"),
    ],
)
def test_what_cannot_be_is_told_to_a_terminal_and_to_a_page(
    folder: Path, clip: str, options: dict[str, object], told: str, words: str
) -> None:
    target = folder / str(options.get("target", "a.mp4"))
    rest = {name: value for name, value in options.items() if name != "target"}
    with pytest.raises(UnfitError) as caught:
        plan_stitch(open_clip(folder / clip), StitchOrder(target, **rest))  # type: ignore[arg-type]
    assert told in str(caught.value)
    assert words in caught.value.words
    assert "--" not in caught.value.words
