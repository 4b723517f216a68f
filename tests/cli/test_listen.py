"""`dreamzoom listen`: what it shows, writes and draws; in a real browser too."""

from __future__ import annotations

import json
import os
import shutil
import wave
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.audio.clicks import BAR, BEAT, SONG
from support.chromium import chromium
from support.clips import dreamzoom, quickly, says
from support.music import RATE, drum_loop, steady, talk, write_wav

SECONDS, BPM = 12.0, 120
TRUE = steady(BPM, SECONDS, 0.5)
HOSTILE = "song <script>alert(1)</script>&'\".wav".replace("/", "_")


@pytest.fixture(scope="module")
def drums(tmp_path_factory) -> Path:
    """Twelve seconds of drums, 120 beats a minute from half a second on."""
    loop = drum_loop(TRUE)
    return write_wav(tmp_path_factory.mktemp("song") / "drums.wav", loop.samples[: int(SECONDS * RATE)])


@pytest.fixture
def song(drums, tmp_path, monkeypatch) -> Path:
    """The same in the working folder."""
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copy(drums, "song.wav"))


def heard(*arguments: object) -> dict:
    return json.loads(answered(*arguments, "--json"))


def answered(*arguments: object) -> str:
    """What it says on stdout."""
    from click.testing import CliRunner

    from dreamzoom.cli import cli

    result = CliRunner().invoke(cli, ["listen", *map(str, arguments)], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.stdout


def test_it_shows_tempo_beats_bars_sections_and_signals(song, monkeypatch):
    monkeypatch.setenv("COLUMNS", "90")
    lines = answered(song).splitlines()
    facts = dict(line.split(maxsplit=1) for line in lines[:6])
    assert facts["length"] == "0:12.0"
    assert facts["tempo"].startswith("120 bpm")
    assert facts["beats"] == "23, the first at 0:00.50"
    assert facts["bars"] == "6 of 4 beats"
    names = [line.split("│")[0].strip() for line in lines if "│" in line]
    assert list(filter(None, names)) == ["loudness", "bass", "mids", "highs", "onset"]
    assert max(map(len, lines)) <= 90
    bars = next(line for line in lines if line.startswith("bars   ") and "of" not in line)
    columns = 90 - 12
    assert [bars.index(number) - 12 for number in "12"] == [
        int(beat / SECONDS * columns) for beat in (0.5, 2.5)
    ]


def test_a_terminal_of_ascii_gets_ascii(song):
    done = dreamzoom("listen", song, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()


def test_json_tells_all_of_it(song):
    found = heard(song)
    assert found["beats"] == pytest.approx(TRUE[:23], abs=0.01)
    assert found["bars"] == found["beats"][::4]
    assert (found["tempo"], found["beats_per_bar"], found["map"]) == (120, 4, None)
    assert found["seconds"] == SECONDS
    assert len(found["signals"]["bass"]) == SECONDS * found["rate"] + 1


def test_it_writes_a_map_that_rules_from_then_on(song):
    told = quickly("listen", song)
    assert "wrote song.beats.txt: edit it, and it rules" in told
    first = Path("song.beats.txt").read_bytes()
    assert first.splitlines()[-1] == b"12.0000\t12.0000\tend of song"
    Path("song.beats.txt").write_text("1.0\t1.1\n2.0\t1.2\n11.0\t2.1\n5.0\tthe drop\n")
    found = heard(song)
    assert (found["beats"], found["map"]) == ([1.0, 2.0, 11.0], "song.beats.txt")
    assert found["sections"] == [{"label": "the drop", "start": 5.0, "end": SECONDS}]
    assert "the drop" in answered(song)
    assert Path("song.beats.txt").read_text().startswith("1.0\t1.1")  # a person's: it stays
    quickly("listen", song, "--map", "none", "--write")
    assert Path("song.beats.txt").read_bytes() == first


def test_a_shift_can_be_written_into_the_map(song):
    quickly("listen", song)
    before = heard(song)
    quickly("listen", song, "--shift", 2, "--write")
    after = heard(song)
    assert after["beats"] == before["beats"]
    assert after["bars"] == before["beats"][2::4]


def test_what_is_known_may_be_said(song):
    found = heard(song, "--no-write", "--beats-per-bar", 3, "--tempo", 60)
    assert (found["tempo"], found["beats_per_bar"]) == (60, 3)
    assert not Path("song.beats.txt").exists()
    assert "--beats-per-bar: music.beats_per_bar: must be" in says(2, "listen", song, "--beats-per-bar", -1)


def test_a_song_without_beats_is_told_and_has_no_beats_in_its_map(tmp_path):
    write_wav(tmp_path / "talk.wav", talk(8.0, 1))
    shown = answered(tmp_path / "talk.wav")
    assert "none were found; if it has a tempo, say it with --tempo" in shown
    assert "\t1.1" not in (tmp_path / "talk.beats.txt").read_text()


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="no /proc, where even root may write nothing")
def test_a_folder_that_cannot_be_written_is_told_and_the_song_is_shown(song):
    with song.open("rb") as file:
        told = says(0, "listen", f"/proc/{os.getpid()}/fd/{file.fileno()}")
    assert "the beat map was not written" in told
    assert "120 bpm" in told


def test_a_map_that_has_a_folder_in_its_place_is_told_and_the_song_is_shown(song):
    Path("song.beats.txt").mkdir()
    told = says(0, "listen", song)
    assert "120 bpm" in told
    assert "the beat map was not written: song.beats.txt is a folder" in told


def test_a_songs_copy_in_a_clip_gets_no_map(song, tmp_path):
    (tmp_path / "clip" / "frames").mkdir(parents=True)
    for name in ("recipe.toml", "journal.jsonl", "start.png"):
        (tmp_path / "clip" / name).write_text("")
    copy = Path(shutil.copy(song, tmp_path / "clip" / "soundtrack.wav"))
    assert "the beat map was not written" in quickly("listen", copy)
    assert "lies in the clip" in says(2, "listen", copy, "--write")
    assert not (tmp_path / "clip" / "soundtrack.beats.txt").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("-o", "x.pdf"), "x.pdf: must be a .png or .svg or .html or .htm file"),
        (("--clicks", "x.mp3"), "x.mp3: must be a .wav file"),
        (("--clicks", "song.wav", "-y"), "song.wav is the song itself: name another file"),
        (("-o", "no/x.png"), "no/x.png: there is no folder no"),
        (("-o", "there.png"), "there.png exists: name another file"),
        (("--map", "no.txt"), "no.txt: there is no such file"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(song, arguments, words):
    Path("there.png").write_bytes(b"mine")
    before = song.read_bytes()
    assert words in says(2, "listen", song, *arguments)
    assert sorted(path.name for path in Path().iterdir()) == ["song.wav", "there.png"]
    assert (song.read_bytes(), Path("there.png").read_bytes()) == (before, b"mine")


def read_wav(path: Path) -> np.ndarray:
    with wave.open(str(path), "rb") as file:
        assert (file.getsampwidth(), file.getframerate()) == (2, RATE)
        samples = np.frombuffer(file.readframes(file.getnframes()), "<i2")
        return samples.reshape(-1, file.getnchannels()).astype(np.int64)


def test_clicks_begin_at_the_sample_of_each_beat_and_those_of_bars_are_higher(song):
    places = [7 * RATE // 10 + index * 22051 for index in range(8)]  # at no round time
    numbers = [index % 3 + 1 for index in range(8)]
    lines = (f"{place / RATE:.6f}\t{number}" for place, number in zip(places, numbers, strict=True))
    Path("song.beats.txt").write_text("\n".join([*lines, "12.0\tend of song"]))
    quickly("listen", song, "--clicks", "clicks.wav")
    mixed, alone = read_wav(Path("clicks.wav")), read_wav(song)
    assert mixed.shape == alone.shape
    clicks = mixed[:, 0] - np.rint(SONG * alone[:, 0])
    sounding = np.flatnonzero(abs(clicks) > 2)
    starts = sounding[np.diff(sounding, prepend=-RATE) > 1000]
    # A map's times go in steps of a ten-thousandth: of 4.4 samples.
    expected = [round(round(place / RATE, 4) * RATE) for place in places]
    assert starts.tolist() == expected
    for start, number in zip(starts, numbers, strict=True):
        power = abs(np.fft.rfft(clicks[start : start + 1600]))
        hertz = float(np.argmax(power)) * RATE / 1600
        assert hertz == pytest.approx(BAR if number == 1 else BEAT, abs=60)


def test_a_full_song_with_clicks_does_not_clip(tmp_path):
    loop = drum_loop(TRUE).samples[: 6 * RATE]
    write_wav(tmp_path / "loud.wav", np.sign(loop))
    quickly("listen", tmp_path / "loud.wav", "--clicks", tmp_path / "clicks.wav")
    assert abs(read_wav(tmp_path / "clicks.wav")).max() < 32000


def test_stereo_stays_stereo(tmp_path):
    loop = drum_loop(TRUE).samples[: 4 * RATE]
    both = np.column_stack([loop, np.zeros(loop.size)])
    with wave.open(str(tmp_path / "stereo.wav"), "wb") as file:
        file.setparams((2, 2, RATE, 0, "NONE", ""))
        file.writeframes(np.rint(both * 32767).astype("<i2").tobytes())
    quickly("listen", tmp_path / "stereo.wav", "--clicks", tmp_path / "clicks.wav")
    mixed = read_wav(tmp_path / "clicks.wav")
    assert mixed.shape == (loop.size, 2)
    assert np.count_nonzero(mixed[:, 1]) < loop.size / 2  # clicks alone


def test_pictures_are_drawn(song):
    quickly("listen", song, "-o", "song.png")
    with Image.open("song.png") as image:
        assert image.width == 1920
        colours = len(image.convert("RGB").getcolors(1 << 24))
    assert colours > 100
    quickly("listen", song, "-o", "song.svg")
    assert Path("song.svg").read_text().count("<polygon") == 6  # a section and five signals


@pytest.fixture(scope="module")
def page(drums, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("page")
    song = Path(shutil.copy(drums, folder / HOSTILE))
    beats = "".join(f"{beat}\t{index % 4 + 1}\n" for index, beat in enumerate(TRUE))
    (folder / f"{song.stem}.beats.txt").write_text(f"{beats}0\t<img src=x onerror=alert(2)>\n6\t</script>\n")
    quickly("listen", song, "-o", folder / "song.html")
    return folder / "song.html"


def test_the_page_asks_for_the_song_alone_and_shows_where_it_is(page):
    with chromium() as tab:
        tab.look(1200, 1000)
        tab.open(page)
        asked = {address.rpartition("/")[2] for address in tab.requests()}
        assert len(asked) == 2
        assert tab.complaints() == []
        assert tab.evaluate("document.querySelectorAll('script, img').length") == 1
        assert tab.evaluate("document.querySelector('h1').textContent") == HOSTILE
        assert tab.evaluate("document.querySelector('td').textContent") == "<img src=x onerror=alert(2)>"
        wide = tab.evaluate("document.querySelector('.sheet-of-time').clientWidth")
        played = tab.evaluate(
            "(async () => { const audio = document.querySelector('audio'); audio.muted = true;"
            " const now = () => parseFloat(document.querySelector('.now').style.left);"
            f" const due = () => audio.currentTime / {SECONDS} * {wide};"
            " const until = async (holds) => { for (let round = 0; round < 600 && !holds(); round++)"
            " await new Promise(done => setTimeout(done, 50)); };"
            " await audio.play(); await until(() => audio.currentTime > 0.2); audio.pause();"
            " await until(() => Math.abs(now() - due()) < 2);"
            " return [audio.duration, audio.currentTime, now(), due()]; })()"
        )
        assert played[0] == pytest.approx(SECONDS, abs=0.1)
        assert played[1] > 0.2
        assert played[2] == pytest.approx(played[3], abs=2)
        place = tab.middle_of(".sheet-of-time svg")
        left = tab.evaluate("document.querySelector('.sheet-of-time').getBoundingClientRect().left")
        tab.click(".sheet-of-time svg")
        now = tab.evaluate("document.querySelector('audio').currentTime")
        assert now == pytest.approx((place["x"] - left) / wide * SECONDS, abs=0.1)


def test_how_far_it_is_with_a_long_song_is_told(tmp_path):
    write_wav(tmp_path / "long.wav", np.resize(drum_loop(TRUE).samples, 61 * 8000), 8000)
    told = quickly("listen", tmp_path / "long.wav", "--no-write")
    assert "long.wav: 7/7 parts" in told
