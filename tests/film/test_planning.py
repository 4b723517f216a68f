"""From storyboards to films, to the frame: reckoned in closed form, by songs whose beats are known."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.errors import DreamzoomWarning, StoryboardError
from dreamzoom.film.board.planning import plan_film
from dreamzoom.film.board.reading import parse_storyboard
from dreamzoom.film.plan import FilmPlan, PlannedScene, Transition
from dreamzoom.tracks.music import SIGNALS, Music, Section
from support.music import write_wav

BEAT = 0.7  # seconds, of which no frame rate has a whole number
FIRST = 0.35
SECONDS = 60
LABELS = ("intro", "verse", "chorus", "verse", "chorus")
BARS = (0, 4, 8, 12, 16)  # in which they begin
Plan = Callable[..., FilmPlan]


def bar(number: float) -> Fraction:
    """When a bar begins, counted from 0, in seconds of the song."""
    return Fraction("0.35") + Fraction(str(number)) * 4 * Fraction("0.7")


def music() -> Music:
    beats = tuple(round(FIRST + BEAT * beat, 4) for beat in range(85))
    starts = [0.0, *(float(bar(number)) for number in BARS[1:]), float(SECONDS)]
    sections = tuple(map(Section, LABELS, starts, starts[1:]))
    rising = tuple(round(step / 6000, 4) for step in range(6000))
    return Music(beats, beats[::4], 100.0, dict.fromkeys(SIGNALS, rising), sections)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("film")
    rng = np.random.default_rng(1)
    write_wav(folder / "song.wav", rng.uniform(-0.2, 0.2, SECONDS * 1000), 1000)
    for name in ("a.png", "b.png"):
        Image.new("RGB", (40, 30), "teal").save(folder / name)
    return folder


@pytest.fixture(name="plan")
def _plan(folder: Path) -> Plan:
    def plan(text: str, before: Music | None = None) -> FilmPlan:
        return plan_film(parse_storyboard(text, folder / "story.toml"), before=before or music())

    return plan


def nearest(seconds: Fraction, fps: Fraction) -> int:
    return int(seconds * fps + Fraction(1, 2))


def spans(plan: FilmPlan) -> list[tuple[int, int]]:
    return [(scene.first, scene.stop) for scene in plan.scenes]


def test_scenes_follow_one_another_and_the_film_is_as_long_as_they_are(plan: Plan) -> None:
    film = plan('[[scene]]\nimage="a.png"\nlength=2.5\n[[scene]]\nimage="hills"\nlength="1:01"\n')
    assert spans(film) == [(0, 60), (60, 1524)]
    assert (film.frames, film.size.width, film.fps, film.song, film.heard) == (1524, 1280, 24, None, None)
    assert [scene.name for scene in film.scenes] == ["01-a", "02-hills"]
    recipe = film.scenes[0].recipe
    assert (recipe.clip.frames, recipe.camera.every, recipe.clip.image[-5:]) == (60, 2, "a.png")
    assert recipe.dream.objective == "balanced"  # bestiary's


@pytest.mark.parametrize("rate", ["24", "29.97", "25", "12"])
def test_cuts_fall_on_the_frame_nearest_the_bar_and_nothing_adds_up(plan: Plan, rate: str) -> None:
    rows = '[[scene]]\nimage="a.png"\nlength="1 bar"\n' * 19
    film = plan(
        f'[film]\nfps="{rate}"\n[soundtrack]\nsong="song.wav"\n[[scene]]\nlength="0.35s"\n{rows}'
        '[[scene]]\nimage="b.png"\n'
    )
    expected = [0, *(nearest(bar(number), film.fps) for number in range(20)), film.frames]
    assert spans(film) == list(pairwise(expected))
    assert film.frames == -(-SECONDS * film.fps.numerator // film.fps.denominator)


@pytest.mark.parametrize(
    ("start", "seconds"),
    [
        ('"bar 9"', bar(8)),
        ('"8 bars"', bar(8)),
        ('"beat 34"', bar(8) + Fraction("0.7")),
        ('"chorus"', bar(8)),
        ('"chorus 2"', bar(16)),
        ('"2nd verse"', bar(12)),
        ('"chorus 2 - 2 beats"', bar(15.5)),
        ('"chorus + 1 bar"', bar(9)),
        ("12.5", Fraction("12.5")),
        ('"12.5"', Fraction("12.5")),
        ('"12.5s"', Fraction("12.5")),
        ('"0:12.5"', Fraction("12.5")),
        ('"300f"', Fraction("12.5")),
    ],
)
def test_a_scene_begins_when_it_is_told(plan: Plan, start: str, seconds: Fraction) -> None:
    film = plan(f'[soundtrack]\nsong="song.wav"\n[[scene]]\n[[scene]]\nimage="a.png"\nstart={start}\n')
    frame = nearest(seconds, Fraction(24))
    assert spans(film) == [(0, frame), (frame, 1440)]


def test_a_song_that_begins_later_or_earlier_moves_its_bars(plan: Plan) -> None:
    board = '[[scene]]\n[[scene]]\nimage="a.png"\nstart="chorus"\nlength="2 bars"\n[[scene]]\nimage="b.png"\n'
    later = plan(f'[soundtrack]\nsong="song.wav"\ndelay=3.5\n{board}')
    first, stop = (nearest(bar(number) + Fraction("3.5"), Fraction(24)) for number in (8, 10))
    assert spans(later)[1:] == [(first, stop), (stop, later.frames)]
    assert later.frames == round(63.5 * 24)
    sooner = plan(f'[film]\nlength=30\n[soundtrack]\nsong="song.wav"\nstart=10\n{board}')
    first, stop = (nearest(bar(number) - 10, Fraction(24)) for number in (8, 10))
    assert spans(sooner)[1:] == [(first, stop), (stop, 720)]
    assert sooner.excerpt.start == 10


def test_both_scenes_have_the_frames_of_a_transition_but_a_dream_goes_on(plan: Plan) -> None:
    film = plan(
        '[[scene]]\nimage="a.png"\nlength=3\n'
        '[[scene]]\nimage="b.png"\nlength=3\ntransition="fade"\nover=0.5\n'
        '[[scene]]\nimage="a.png"\nlength=3\ntransition="dream"\nover="12f"\n'
        '[[scene]]\nlength=1\n[[scene]]\nimage="b.png"\nlength=2\ntransition="wipeleft"\n'
    )
    assert spans(film) == [(0, 84), (72, 144), (144, 216), (216, 264), (240, 288)]
    kinds = [
        Transition("cut", 0),
        Transition("fade", 12),
        Transition("dream", 12),
        Transition("dream", 24),
        Transition("wipeleft", 24),
    ]
    assert [scene.transition for scene in film.scenes] == kinds
    assert [scene.recipe.clip.image.rpartition("/")[2] for scene in film.scenes] == [
        "a.png",
        "b.png",
        "",
        "",
        "b.png",
    ]
    assert [scene.picture.rpartition("/")[2] for scene in film.scenes] == ["", "", "a.png", "", ""]


def test_a_scene_that_ends_before_the_next_one_leaves_black(plan: Plan) -> None:
    film = plan(
        '[film]\nlength=10\n[[scene]]\nimage="a.png"\nlength=2\n'
        '[[scene]]\nimage="b.png"\nstart=4\nlength=2\ntransition="fade"\n'
    )
    assert spans(film) == [(0, 48), (96, 144)]
    assert film.frames == 240


def looks(scene: PlannedScene) -> tuple[object, ...]:
    recipe = scene.recipe
    return (
        recipe.camera.zoom.source,
        recipe.camera.rotate.source,
        recipe.colour.palette.choices,
        recipe.clip.seed,
        recipe.camera.every,
    )


def test_a_scene_has_its_own_keys_over_the_films_over_its_presets(plan: Plan) -> None:
    film = plan(
        '[film]\nseed=7\npreset="ink"\nsize="64x48"\n[camera]\nrotate=1\n'
        "[[scene]]\nlength=1\n"
        '[[scene]]\nimage="a.png"\nlength=1\npreset="whirlpool"\nseed=9\n[scene.camera]\nzoom="4/s"\nevery=1\n'
    )
    assert looks(film.scenes[0]) == (1.02, 1, ("woodcut",), 7, 2)
    assert looks(film.scenes[1]) == ("4/s", 1, ("aurora",), 9, 1)
    assert film.scenes[1].recipe.clip.size == film.size


def test_what_goes_by_the_song_goes_by_the_scenes_part_of_it(plan: Plan) -> None:
    film = plan(
        '[soundtrack]\nsong="song.wav"\nstart=2\nfade_in=1\n[[scene]]\nimage="a.png"\n[[scene]]\nimage="b.png"\n'
        'start="chorus"\n[scene.camera]\nzoom="1 + 0.1*bass + 0.01*bar"\n'
    )
    still, moving = film.scenes
    assert (still.recipe.music.song, still.recipe.heard) == ("", None)
    clock = moving.recipe.clock
    begins = 2 + Fraction(moving.first, 24)
    assert Fraction(moving.recipe.music.start) == pytest.approx(begins)
    assert moving.recipe.music.fade_in == 0
    for frame in (24, 240):
        at = begins + Fraction(frame, 24)
        bars = (at - bar(8)) / (4 * Fraction("0.7"))
        expected = 1 + 0.1 * float(at) / 60 + 0.01 * float(bars)
        assert moving.recipe.camera.zoom.at(frame, clock) == pytest.approx(expected, abs=3e-4)
    assert film.heard == music()


def test_a_scene_keeps_no_more_of_a_long_song_than_it_may_need(
    plan: Plan, monkeypatch: pytest.MonkeyPatch
) -> None:
    zoom = "1 + 0.1*bass + 0.001*bar"
    board = f'[soundtrack]\nsong="song.wav"\n[camera]\nzoom="{zoom}"\n[[scene]]\nlength=4\n[[scene]]\n'
    whole = plan(board).scenes[0].recipe
    monkeypatch.setattr("dreamzoom.film.board.planning._SPARE", 1.0)
    part = plan(board).scenes[0].recipe
    assert len(part.heard.signals["bass"]) == 501
    values = [[each.camera.zoom.at(frame, each.clock) for frame in range(96)] for each in (whole, part)]
    assert values[0] == values[1]


def test_fades_and_titles_are_placed_as_scenes_are(plan: Plan) -> None:
    film = plan(
        '[film]\nfade_in=0.5\nfade_out="2 bars"\n[soundtrack]\nsong="song.wav"\ngain=-3\n[[scene]]\n'
        '[[title]]\ntext="Later"\nstart="chorus"\nlength="1 bar"\nfade="1 beat"\ncolour="fc8"\n'
        '[[title]]\ntext="First\\nwords"\nlength=0.5\nstyle="dreamed"\nplace="top"\n'
    )
    assert film.fade_in == 12
    assert film.fade_out == 1440 - nearest(60 - 8 * Fraction("0.7"), Fraction(24))
    assert film.excerpt.gain == -3
    first, later = film.titles
    assert (first.text, first.first, first.stop, first.fade) == ("First\nwords", 0, 12, 6)
    assert (first.style, first.place) == ("dreamed", "top")
    begins = nearest(bar(8), Fraction(24))
    assert (later.first, later.stop, later.colour) == (begins, nearest(bar(9), Fraction(24)), "#ffcc88")
    assert later.fade == nearest(bar(8.25), Fraction(24)) - begins


def test_lyrics_are_shown_when_they_are_sung(plan: Plan, folder: Path) -> None:
    (folder / "song.lrc").write_text("[0:01]Before\n[0:02]\n[0:12.5]We fall\n[0:14]\n[0:59]Last\n")
    film = plan(
        '[soundtrack]\nsong="song.wav"\nstart=10\ndelay=1\n[lyrics]\nfile="song.lrc"\nlater=0.5\nfade=0.25\n'
        '[[scene]]\n[[title]]\ntext="End"\nstart=45\n'
    )
    shown = [(title.text, title.first, title.stop, title.fade) for title in film.titles]
    assert shown == [("We fall", 96, 132, 6), ("End", 1080, 1176, 12), ("Last", 1212, 1224, 4)]


def test_silence_after_a_song_is_told(plan: Plan) -> None:
    with pytest.warns(DreamzoomWarning, match=r"song\.wav has ended after 1:00\.00 of the film"):
        film = plan('[film]\nlength=70\n[soundtrack]\nsong="song.wav"\n[[scene]]\n')
    assert spans(film) == [(0, 1680)]


def faults(plan: Plan, text: str) -> str:
    with pytest.raises(StoryboardError) as caught:
        plan(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


SONG = '[soundtrack]\nsong="song.wav"\n'


def test_a_song_without_a_beat_is_told_with_what_a_film_takes(tmp_path: Path) -> None:
    write_wav(tmp_path / "calm.wav", np.zeros(44100 * 4))
    board = '[film]\nsize="64x48"\n[soundtrack]\nsong="calm.wav"\n[[scene]]\ncamera.zoom="1 + 0.1*beat"\n'
    told: list[str] = []
    with pytest.raises(StoryboardError, match=r"give its soundtrack\.tempo"):
        plan_film(parse_storyboard(board, tmp_path / "film.toml"), told.append)
    song = tmp_path / "calm.wav"
    (line,) = told
    assert line.endswith(f"if it has a beat, write it down: dreamzoom listen {song} --tempo BPM --write")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "has no scenes: write [[scene]] with an image and a length"),
        (
            "[[scene]]\n",
            "scene 1: length: nobody knows when the film ends: give one, or film.length, or a song",
        ),
        ("[[scene]]\nlength=0\n", "scene 1: lasts no frame: it begins at 0:00.00 and ends at 0:00.00"),
        ("[[scene]]\nlength=0.02\n", "scene 1: lasts no frame"),
        (
            '[[scene]]\n[[scene]]\nimage="a.png"\nlength=1\n',
            "scene 2: start: nobody knows when it begins: say so, or how long scene 1 is",
        ),
        (
            '[[scene]]\nlength=4\n[[scene]]\nname="b"\nimage="a.png"\nstart=3\nlength=2\n',
            "scene 2 (b): start: is at 0:03.00, and scene 1 lasts until 0:04.00: they overlap by more",
        ),
        (
            '[[scene]]\nlength=4\n[[scene]]\nimage="a.png"\nstart=2\nlength=4\ntransition="fade"\n',
            "they overlap by more than a transition takes",
        ),
        (
            '[[scene]]\nstart=5\nlength=1\n[[scene]]\nimage="a.png"\nstart=2\nlength=1\n',
            "scene 2: start: is at 0:02.00, before scene 1, at 0:05.00: scenes stand in the order of",
        ),
        (
            f'{SONG}[[scene]]\n[[scene]]\nimage="a.png"\nstart="1:10"\n',
            "scene 2: start: is at 1:10.00, and the film ends at 1:00.00 with its song",
        ),
        (
            f'{SONG}[[scene]]\nlength="30 bars"\n',
            "scene 1: length: lasts until 1:24.00, and the film ends at 1:00.00 with its song: leave it out",
        ),
        (
            f'{SONG}[[scene]]\n[[scene]]\nimage="a.png"\nstart="chrous 2"\n',
            "scene 2: start: has no time 'chrous 2': the song has the sections intro (0:00), verse (0:11), "
            "chorus (0:22), verse 2 (0:33), chorus 2 (0:45); did you mean 'chorus 2'",
        ),
        (f'{SONG}[[scene]]\nstart="intro - 2s"\n', "scene 1: start: is 0:02.00 before the film begins"),
        (
            '[[scene]]\nlength="4 bars"\n',
            "scene 1: length: goes by the music (bars): name a song in soundtrack.song",
        ),
        (
            '[[scene]]\nlength=1\n[[scene]]\nimage="a.png"\nlength=1\ntransition="fade"\nover=2\n',
            "scene 2: over: its transition takes 2.00 s, and it lasts 1.00 s",
        ),
        (
            '[[scene]]\nlength=1\n[[scene]]\nimage="a.png"\nlength=4\ntransition="fade"\nover=2\n',
            "scene 2: over: its transition takes 2.00 s, and scene 1 lasts 1.00 s",
        ),
        (
            '[[scene]]\nimage="a.png"\nlength=1\ntransition="dream"\n',
            "scene 1: transition: 'dream' goes on with the scene before, and this is the first one",
        ),
        (
            '[film]\nlength=9\n[[scene]]\nlength=1\n[[scene]]\nimage="a.png"\nstart=2\ntransition="dream"\n',
            "scene 2: goes on with the dream of scene 1, which ends at 0:01.00, before it begins at 0:02.00",
        ),
        (
            '[[scene]]\nlength=1\n[[scene]]\nlength=1\ntransition="fade"\n',
            "scene 2: transition: 'fade' needs an image; without one the film goes on",
        ),
        (
            '[[scene]]\nlength=1\n[[scene]]\nimage="a.png"\nlength=2\ntransition="wipleft"\n',
            "knows no transition 'wipleft'; did you mean 'wipeleft'",
        ),
        ('[lyrics]\nstyle="plain"\n[[scene]]\nlength=1\n', "lyrics: file: names none"),
        ('[lyrics]\nfile="none.lrc"\n[[scene]]\nlength=1\n', "lyrics: file: none.lrc: "),
        ('[[scene]]\nlength=1\nover=1\nimage="a.png"\n', "scene 1: over: is not used: a cut takes no time"),
        ('[[scene]]\nlength=1\nimage="c.png"\n', "scene 1: image: c.png: there is no such file"),
        ('[[scene]]\nlength=1\nimage="cluods"\n', "did you mean 'clouds'?"),
        (
            '[[scene]]\nlength=1\npreset="inc"\n',
            "scene 1: preset: there is no preset 'inc'; did you mean 'ink'?",
        ),
        ('[film]\npreset="inc"\n[[scene]]\nlength=1\n', "film: preset: there is no preset 'inc'"),
        ('[[scene]]\nlength=1\ncolour.palette="duks"\n', "scene 1: palette: there is no palette 'duks'; did"),
        ("[[scene]]\nlength=1\ncamera.zoom=3\n", "scene 1: camera.zoom: is 3: must be 0.5 to 2"),
        ('[[scene]]\nlength=1\ncamera.zoom="1 + bass"\n', "goes by the music"),
        (
            f'{SONG}[[scene]]\ncamera.zoom="1 + 0.1*drums.onset"\n',
            "scene 1: camera.zoom: asks for drums.onset, and no stem or series is called 'drums'",
        ),
        ('[soundtrack]\nsong="b.wav"\n[[scene]]\nlength=1\n', "soundtrack.song: "),
        (
            "[soundtrack]\ngain=3\n[[scene]]\nlength=1\n",
            "soundtrack: is of a song: name one in soundtrack.song",
        ),
        (f"{SONG}start=61\n[[scene]]\n", "soundtrack.start: is 61 s, and "),
        (
            f"{SONG}delay=9\n[film]\nlength=4\n[[scene]]\n",
            "soundtrack.delay: is 9 s, and the film ends after 4",
        ),
        (f"{SONG}fade_in=40\nfade_out=40\n[[scene]]\n", "take 80 s, and the film's sound lasts 60.00 s"),
        ("[film]\nfade_in=1\nfade_out=1\n[[scene]]\nlength=1\n", "take 2.00 s, and the film lasts 1.00 s"),
        (
            '[[scene]]\nlength=1\n[[title]]\ntext="x"\nstart=2\n',
            "title 1: start: is at 0:02.00, and the film lasts 0:01.00",
        ),
        ('[[scene]]\nlength=1\n[[title]]\ntext="x"\nfont="none.ttf"\n', "none.ttf: "),
        ('[film]\nlength="20:00:00"\n[[scene]]\n', "film: length: "),
        ('[film]\nlength="80000s"\n[[scene]]\n', "comes to 1920000 frames: must be from 1 to 999999 frames"),
    ],
)
def test_what_cannot_be_is_refused_with_its_place(plan: Plan, text: str, words: str) -> None:
    assert words in faults(plan, text)


def test_all_that_is_wrong_is_told_at_once(plan: Plan) -> None:
    told = faults(
        plan,
        f"{SONG}gian=3\n[film]\nfsp=25\n[camera]\nzoum=2\n"
        '[[scene]]\nimage="none.png"\nlength="4 bars"\n'
        '[[scene]]\nimage="a.png"\nstart="bridge"\npreset="whirlpol"\n'
        '[[scene]]\nimage="b.png"\nstart=50\nlength=20\nzoom=1.1\n[scene.colour]\nhold=2\n'
        '[[title]]\ntext="x"\nplace="left"\ncolour="red"\n',
    )
    for words in (
        "soundtrack: there is no key 'gian'; did you mean 'gain'?",
        "film: there is no key 'fsp'; did you mean 'fps'",
        "all scenes: there is no key 'camera.zoum'; did you mean 'camera.zoom'",
        "scene 1: image: ",
        "scene 2: start: has no time 'bridge'",
        "scene 2: preset: there is no preset 'whirlpol'",
        "scene 3: there is no key 'zoom'; did you mean 'camera.zoom'?",
        "scene 3: colour.hold: is 2: must be",
        "scene 3: length: lasts until 1:10.00, and the film ends at 1:00.00",
        "title 1: place: must be 'top', 'middle' or 'bottom', got 'left'",
        "title 1: colour: 'red' is no colour",
    ):
        assert words in told
    assert told.startswith(str(Path("story.toml"))) or "story.toml: " in told
