"""`dreamzoom deliver` with words over the pictures, another song and fades: real files, read back."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.clip.folder import open_clip
from dreamzoom.delivery.planning import plan_frames
from dreamzoom.delivery.targets import TARGETS
from dreamzoom.footage.clips import ClipProgramme
from dreamzoom.footage.wanted import AskedSound
from support.clips import quickly, render_here, says
from support.film import make_here, plan_film, plan_scene
from support.loudness import integrated
from support.music import tone, write_wav
from support.video import decode_gif, decode_video, lit_frames, lit_in, names_in, probe

STILL = ("--zoom", 1, "--set", "clip.fps=10", "--set", "dream.elsewhere=0")
QUIET = ("--set", "dream.region={mask='top', size=0.1}")
WORDS = "1\n00:00:00,200 --> 00:00:00,500\nHELLO\n"
LEVEL = 0.5 / np.sqrt(2)  # of the tones below


@pytest.fixture(name="folder", scope="module")
def _folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A dark clip of 2 s without a song, one of 0.8 s with one, a loop of 0.4 s, songs and words."""
    folder = tmp_path_factory.mktemp("additions")
    two = np.concatenate([tone(440, 2), tone(1000, 4)])
    write_wav(folder / "two.wav", 0.5 * two)
    write_wav(folder / "short.wav", 0.5 * tone(440, 1))
    (folder / "words.srt").write_text(WORDS)
    (folder / "later.lrc").write_text("[00:00.90]HELLO\n[00:01.10]\n")
    render_here(folder / "grey", "grey", *STILL, *QUIET, frames=20)
    render_here(folder / "sung", "grey", *STILL, *QUIET, "--audio", folder / "short.wav", frames=8)
    loop = ("--loop", 4, "--set", "loop.dreams=1", "--fps", 10)
    render_here(folder / "round", "grey", *loop, *QUIET, frames=4)
    return folder


def both_sides(path: Path) -> NDArray[np.float32]:
    """A file's sound as PyAV decodes it, (2, N), at 48,000 samples a second."""
    with av.open(str(path)) as container:
        resampler = av.AudioResampler("fltp", "stereo", 48000)
        pieces = [each for frame in container.decode(audio=0) for each in resampler.resample(frame)]
    return np.concatenate([piece.to_ndarray() for piece in pieces], axis=1)


def pitch(path: Path) -> float:
    """The loudest frequency of a file's sound, in hertz."""
    sound = both_sides(path)[0]
    return float(np.argmax(np.abs(np.fft.rfft(sound))) * 48000 / len(sound))


def levels(path: Path, parts: int, seconds: float) -> list[float]:
    """How loud equal parts of a file's sound are."""
    sound = both_sides(path)[0, : round(seconds * 48000)]
    return [float(np.sqrt((part**2).mean())) for part in np.array_split(sound, parts)]


@pytest.mark.parametrize("name", ["youtube", "master", "web", "premiere"])
def test_words_are_seen_in_their_time(folder: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / f"words{TARGETS[name].suffix}"
    size = ("--size", "128x96")
    quickly("deliver", folder / "grey", "--for", name, *size, "--titles", folder / "words.srt", "-o", out)
    pictures = decode_video(out)
    assert len(pictures) == 20
    assert lit_in(pictures) == [2, 3, 4]


def test_words_are_drawn_over_what_is_shown_and_not_over_what_is_scaled(folder: Path, tmp_path: Path) -> None:
    made = {}
    for name, more in {"scaled": (), "square": ("--square",)}.items():
        made[name] = tmp_path / f"{name}.mkv"
        size = "480x480" if more else "640x480"
        command = ("deliver", folder / "grey", "--for", "master", *more, "--size", size)
        quickly(*command, "--titles", folder / "words.srt", "-o", made[name])
    for path in made.values():
        picture = decode_video(path)[3].min(2).astype(int)
        assert np.abs(np.diff(picture, axis=1)).max() > 150  # letters have edges of one pixel
        rows, columns = np.nonzero(picture > 200)
        assert rows.min() > 0.8 * picture.shape[0]
        assert 0.4 < columns.mean() / picture.shape[1] < 0.6


def test_a_phones_buttons_do_not_lie_over_words(folder: Path, tmp_path: Path) -> None:
    middle, words = {}, ("--titles", folder / "words.srt")
    for name in ("youtube", "tiktok"):
        out = tmp_path / f"{name}.mp4"
        shape = ("--portrait", "--size", "360x640", "--fps", 30)
        quickly("deliver", folder / "grey", "--for", name, *shape, *words, "-o", out)
        rows = np.nonzero(decode_video(out)[9].min(2) > 200)[0]
        middle[name] = float(rows.mean() / 640)
    assert middle["youtube"] > 0.85
    assert middle["tiktok"] == pytest.approx(0.5, abs=0.05)


def test_words_go_on_through_a_loops_rounds(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "words.srt").write_text("1\n00:00:00,900 --> 00:00:01,100\nHELLO\n")
    out = tmp_path / "words.mkv"
    rounds = ("--rounds", 4, "--size", "128x96")
    quickly(
        "deliver", folder / "round", "--for", "master", *rounds, "--titles", tmp_path / "words.srt", "-o", out
    )
    assert lit_frames(out) == [9, 10]


def test_pictures_that_move_without_a_player_have_words_too(folder: Path, tmp_path: Path) -> None:
    for name in ("gif", "webp"):
        out = tmp_path / f"words.{name}"
        quickly("deliver", folder / "grey", "--for", name, "--titles", folder / "words.srt", "-o", out)
    times, lit = 0, []
    for length, picture in decode_gif(tmp_path / "words.gif"):
        lit += [times] if lit_in([picture]) else []
        times += length
    assert lit == [200, 300, 400]
    with Image.open(tmp_path / "words.webp") as image:
        shown = []
        for number in range(image.n_frames):
            image.seek(number)
            shown.append(np.asarray(image.convert("RGB")))
    assert len(lit_in(shown)) in (1, 2, 3)  # equal neighbours are one
    assert not lit_in(shown[:1] + shown[-1:])


def test_another_song_is_heard_from_where_it_is_to_begin(folder: Path, tmp_path: Path) -> None:
    first, later, part = (tmp_path / f"{name}.mp4" for name in ("first", "later", "part"))
    song = ("--audio", folder / "two.wav")
    assert "is cut where the film ends, after 2.00 s" in quickly(
        "deliver", folder / "grey", "--for", "youtube", *song, "-o", first
    )
    quickly("deliver", folder / "grey", "--for", "youtube", *song, "--start", "0:02", "-o", later)
    quickly("deliver", folder / "grey", "--for", "youtube", *song, "--frames", "12:18", "-o", part)
    assert pitch(first) == pytest.approx(440, abs=2)
    assert pitch(later) == pytest.approx(1000, abs=2)
    assert pitch(part) == pytest.approx(440, abs=4)  # from its beginning on, whichever frames are shown
    for path, seconds in ((first, 2), (later, 2), (part, Fraction(3, 5))):
        video, sound = probe(path)
        assert abs(video.end - seconds) < Fraction(1, 100)
        assert abs(sound.end - seconds) <= 1 / video.rate


def test_another_song_takes_the_place_of_the_clips_own(folder: Path, tmp_path: Path) -> None:
    own, other = tmp_path / "own.mkv", tmp_path / "other.mkv"
    quickly("deliver", folder / "sung", "--for", "master", "-o", own)
    song = ("--audio", folder / "two.wav", "--start", 3)
    quickly("deliver", folder / "sung", "--for", "master", *song, "-o", other)
    assert (pitch(own), pitch(other)) == (pytest.approx(440, abs=4), pytest.approx(1000, abs=4))


def test_with_another_song_the_times_of_words_are_that_songs(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "words.mkv"
    rest = (
        "--audio",
        folder / "two.wav",
        "--start",
        0.4,
        "--titles",
        folder / "later.lrc",
        "--size",
        "128x96",
    )
    quickly("deliver", folder / "grey", "--for", "master", *rest, "-o", out)
    assert lit_frames(out) == [5, 6]


def test_the_sound_rises_and_falls(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "faded.mp4"
    fades = ("--audio", folder / "two.wav", "--fade-in", 0.5, "--fade-out", 1)
    quickly("deliver", folder / "grey", "--for", "youtube", *fades, "-o", out)
    heard = levels(out, 20, 2)
    assert heard[0] < 0.25 * LEVEL
    assert heard[7] == pytest.approx(LEVEL, rel=0.05)
    assert heard[15] == pytest.approx(0.45 * LEVEL, rel=0.15)
    assert heard[19] < 0.12 * LEVEL


def test_a_clips_own_song_is_faded_and_brought_to_a_level(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "faded.mkv"
    fades = ("--fade-in", 0, "--fade-out", 0.4)
    said = quickly("deliver", folder / "sung", "--for", "master", *fades, "--loudness", -20, "-o", out)
    assert "brought to -20 LUFS" in said
    heard = levels(out, 8, 0.8)
    assert heard[0] == pytest.approx(heard[3], rel=0.03)
    assert heard[7] < 0.3 * heard[3]
    assert integrated(both_sides(out).astype(float)) == pytest.approx(-20, abs=0.4)


def test_a_loop_is_played_as_long_as_another_song(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "long.mkv"
    song = ("--rounds", "song", "--audio", folder / "two.wav", "--start", 4.5)
    quickly("deliver", folder / "round", "--for", "master", *song, "-o", out)
    video, sound = probe(out)
    assert video.packets == 15
    assert abs(sound.end - Fraction(3, 2)) < Fraction(1, 20)


def test_a_loop_is_played_to_its_songs_end_where_a_round_has_no_whole_number_of_frames(folder: Path) -> None:
    loop = ClipProgramme(open_clip(folder / "round"))
    frames = plan_frames(loop, slice(None), Fraction(4), "song", asked=AskedSound(folder / "two.wav"))
    assert len(frames) == 4 * 6
    assert frames[:6] == (0, 2, 1, 3, 2, 0)


def test_what_is_not_heard_and_not_seen_is_told(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.mp4"
    late = ("--audio", folder / "short.wav", "--start", 2)
    said = quickly("deliver", folder / "grey", "--for", "youtube", *late, "-o", out)
    assert "has no sound" in said
    assert "short.wav has ended before" in said
    assert [stream.kind for stream in probe(out)] == ["video"]
    song = ("--audio", folder / "short.wav", "--frames", "0:15", "-y")
    said = quickly("deliver", folder / "grey", "--for", "youtube", *song, "-o", out)
    assert "short.wav lasts 1.00 s, and the film 1.50 s: the rest of it is silent" in said
    (tmp_path / "late.srt").write_text(WORDS.replace("00:00:00", "01:00:00"))
    words = ("--titles", tmp_path / "late.srt", "-y")
    said = quickly("deliver", folder / "grey", "--for", "youtube", *words, "-o", out)
    assert "none of its lines falls into the video" in said


@pytest.mark.parametrize(
    ("clip", "words", "said"),
    [
        ("grey", "--for frames --titles words.srt", "leave out --titles, or make a video, --for master"),
        ("grey", "--for gif --audio two.wav", "A GIF has no sound: leave out --audio"),
        ("grey", "--for frames-16 --audio two.wav", "Pictures in a folder have no sound: leave out --audio"),
        (
            "sung",
            "--for webp --fade-in 1 --fade-out 1",
            "A WebP has no sound: leave out --fade-in, --fade-out",
        ),
        ("grey", "--for youtube --start 1", "--start is of a song that --audio names"),
        (
            "grey",
            "--for youtube --fade-out 1",
            "--fade-in and --fade-out are of a song: name one with --audio",
        ),
        ("sung", "--for youtube --fade-out 1", "its fades take 1 s: make them shorter"),
        ("sung", "--for youtube --fade-in 0.1 --silent", "leave out --silent, or --fade-in"),
        ("round", "--for youtube --rounds song", "has no song: name one with --audio"),
        ("grey", "--for youtube --titles none.srt", "none.srt: there is no such file"),
        ("grey", "--for youtube --audio words.srt", "words.srt"),
        ("grey", "--for youtube --titles foreign.srt", "has no '東'"),
    ],
)
def test_what_cannot_be_is_refused_before_any_work(folder: Path, clip: str, words: str, said: str) -> None:
    (folder / "foreign.srt").write_text(WORDS.replace("HELLO", "東京"), encoding="utf-8")
    before = names_in(folder)
    options = [folder / word if "." in word and word[0].isalpha() else word for word in words.split()]
    assert said in says(2, "deliver", folder / clip, *options)
    assert names_in(folder) == before


def test_all_that_no_target_can_have_is_told_together(folder: Path) -> None:
    options = ("--audio", folder / "two.wav", "--titles", folder / "words.srt")
    said = says(2, "deliver", folder / "grey", "--for", "canvas", "--for", "frames", *options)
    for fault in (
        "A Canvas has no sound: leave out --audio",
        "leave out --titles",
        "A Canvas lasts 3 to 8 s",
    ):
        assert fault in said


def test_a_films_storyboard_tells_its_song_and_its_words(folder: Path, tmp_path: Path) -> None:
    film = make_here(tmp_path / "film", plan_film(plan_scene(tmp_path, "01-red", 0, 2)))
    options = ("--titles", folder / "words.srt", "--fade-out", 1)
    said = says(2, "deliver", film.path, "--for", "youtube", *options)
    assert "instead of --fade-out, --titles change" in said
    assert f"dreamzoom resume {film.path}" in said
    assert not (tmp_path / "film-youtube.mp4").exists()
