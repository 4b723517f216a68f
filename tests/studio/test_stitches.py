"""A clip with words, another song and fades from the page: real files, read back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import ImageFont

from dreamzoom.studio.library.items import DELIVERED, item_id
from dreamzoom.studio.queue.waiting import WaitingList
from support.clips import render_here
from support.music import RATE, tone, write_wav
from support.queue import wait_for_state
from support.studio import studio, until
from support.video import decode_sound, decode_video, lit_frames, probe

STILL = ("--zoom", 1, "--set", "clip.fps=10", "--set", "dream.elsewhere=0")
WORDS = "1\n00:00:00,200 --> 00:00:00,500\nHELLO\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio of a dark clip of 2 s, a loop, a tone, words, and a client of it."""
    folder = tmp_path_factory.mktemp("stitches")
    quiet = ("--set", "dream.region={mask='top', size=0.1}")
    render_here(folder / "grey", "grey", *STILL, *quiet, frames=20)
    render_here(folder / "round", "noise", "--close", "0.1", frames=6)
    write_wav(folder / "tone.wav", 0.5 * tone(440, 6))
    write_wav(folder / "other.wav", 0.5 * tone(1000, 1))
    (folder / "words.srt").write_text(WORDS)
    (folder / "late.srt").write_text(WORDS.replace("00:00:00", "01:00:00"))
    (folder / "foreign.srt").write_text(WORDS.replace("HELLO", "東京"), encoding="utf-8")
    (folder / "mine.ttf").write_bytes(ImageFont.load_default(10).font_bytes)
    (folder / "greek.srt").write_text(WORDS.replace("HELLO", "Ω"), encoding="utf-8")
    with studio(folder) as running, running.client() as client:
        running.ids = {each["name"]: each["id"] for each in client.get("/api/library").json()["items"]}
        running.http = client
        yield running


def asked(house, wanted):
    """An order with the ids of what it names."""
    return {
        name: house.ids.get(value, value) if name in ("song", "titles", "font") else value
        for name, value in wanted.items()
    }


def check(house, name, **wanted):
    answer = house.http.post(f"/api/items/{house.ids[name]}/deliver/check", json=asked(house, wanted))
    assert answer.status_code == 200, answer.text
    return answer.json()


def make(house, name, **wanted):
    """The file that an order becomes."""
    answer = house.http.post(f"/api/items/{house.ids[name]}/deliver", json=asked(house, wanted))
    assert answer.status_code == 200, answer.text
    job = wait_for_state(house.http, answer.json()["job"], "done", "failed")
    assert job["state"] == "done", job["words"]
    return house.folder / "delivered" / answer.json()["file"]


def choices(house, name):
    told = house.http.get(f"/api/items/{house.ids[name]}/targets").json()["targets"]
    return {each["name"]: each["choices"] for each in told}


def test_only_choices_that_fit_are_offered(house):
    grey, loop = choices(house, "grey"), choices(house, "round")
    assert {"titles", "font", "song", "start", "fade_in", "fade_out", "speed", "shutter"} <= set(grey["mp4"])
    assert "rounds" in loop["mov"]
    assert "rounds" not in grey["mp4"]
    for name in ("youtube", "reels", "premiere", "master"):
        assert {"titles", "song", "start", "fade_in", "fade_out", "loudness", "recipe"} <= set(grey[name])
    for name in ("canvas", "gif", "webp"):  # which have no sound
        assert {"titles", "song", "fade_in", "loudness"} & set(grey[name]) == {"titles"}
        assert "font" in grey[name]
    assert {"titles", "song", "loudness"} & set(grey["frames"]) == set()


def test_words_another_song_and_fades_are_in_the_file(house):
    order = {"titles": "words.srt", "song": "tone.wav", "start": 1.5, "fade_in": 0.5, "fade_out": 1}
    told = check(house, "grey", **{"for": "mp4"}, **order)
    assert told["faults"] == []
    assert told["what"] | {"size": None} == {
        "size": None,
        "seconds": 2.0,
        "frames": 20,
        "fps": 10.0,
        "video": "H.264",
        "sound": "AAC",
        "plays_at": None,
    }
    assert "is cut where the film ends" in told["doubts"][0]["words"]
    assert str(house.folder) not in told["doubts"][0]["words"]
    path = make(house, "grey", **{"for": "mp4"}, **order)
    assert sorted((each.kind, each.codec) for each in probe(path)) == [("audio", "aac"), ("video", "h264")]
    sound = decode_sound(path)
    assert len(sound) / 44100 == pytest.approx(2, abs=0.05)
    levels = [float(np.sqrt((part**2).mean())) for part in np.array_split(sound[: 2 * 44100], 20)]
    whole = 0.5 / np.sqrt(2)
    assert levels[0] < 0.25 * whole < 0.9 * whole < levels[7]
    assert levels[7] == pytest.approx(whole, rel=0.05)
    assert levels[15] == pytest.approx(0.45 * whole, rel=0.15)
    assert levels[19] < 0.12 * whole
    # The words are the song's: 0.2 to 0.5 s of it had gone by where the video begins.
    assert lit_frames(path) == []


def test_what_a_platform_gets_has_them_too(house):
    order = {"titles": "words.srt", "song": "tone.wav", "fade_in": 0.5, "fade_out": 1, "loudness": -20}
    told = check(house, "grey", **{"for": "youtube", "shape": "square"}, **order)
    assert told["faults"] == []
    assert (told["what"]["size"], told["what"]["sound"]) == ([1080, 1080], "AAC, 384 kbit/s")
    assert "tone.wav lasts 6.00 s and is cut where the film ends" in told["doubts"][1]["words"]
    path = make(house, "grey", **{"for": "youtube", "size": [128, 96]}, **order)
    assert sorted((each.kind, each.codec) for each in probe(path)) == [("audio", "aac"), ("video", "h264")]
    assert lit_frames(path) == [2, 3, 4]
    sound = decode_sound(path)
    levels = [float(np.sqrt((part**2).mean())) for part in np.array_split(sound[: 2 * 44100], 20)]
    assert levels[0] < 0.25 * levels[7]
    assert levels[19] < 0.12 * levels[7]
    (listed,) = [
        each for each in house.http.get("/api/delivered").json()["files"] if each["name"] == path.name
    ]
    how = "with tone.wav, words of words.srt, sound rises 0.5 s, sound falls 1 s, -20 LUFS"
    assert (listed["for"], listed["how"]) == ("YouTube", how)


def test_words_without_a_song_are_at_the_videos_times(house):
    path = make(house, "grey", **{"for": "mov", "titles": "words.srt"})
    assert path.name == "grey.mov"
    assert lit_frames(path) == [2, 3, 4]
    assert [each.kind for each in probe(path)] == ["video"]


@pytest.mark.parametrize("kind", ["mp4", "vimeo"])
def test_words_are_written_in_a_font_of_ones_own(house, kind):
    frames = [
        decode_video(make(house, "grey", **{"for": kind, "titles": "words.srt", **font}))[3].astype(int)
        for font in ({}, {"font": "mine.ttf"})
    ]
    assert np.abs(frames[1] - frames[0]).max() > 100
    assert all((each.max() > 200) for each in frames)


def test_speed_part_rate_and_rounds_are_as_they_were_told(house):
    slow = {"for": "mp4", "speed": 0.5, "frames": [0, 6], "fps": "20", "shutter": 180}
    told = check(house, "grey", **slow)["what"]
    assert (told["frames"], told["seconds"], told["fps"]) == (12, 0.6, 20)
    assert len(decode_video(make(house, "grey", **slow))) == 12
    under = {"for": "mp4", "rounds": "song", "song": "other.wav"}
    told = check(house, "round", **under)["what"]
    with av.open(str(make(house, "round", **under))) as video:
        assert sum(1 for _ in video.decode(video=0)) == told["frames"]
    assert told["seconds"] == pytest.approx(1, abs=0.04)


@pytest.mark.parametrize(
    ("name", "wanted", "words"),
    [
        ("grey", {"titles": "foreign.srt"}, "has no '東'"),
        ("grey", {"titles": "greek.srt", "font": "mine.ttf"}, "mine.ttf has no 'Ω'"),
        ("grey", {"fade_in": 1}, "there is no song to fade: choose one"),
        ("grey", {"song": "tone.wav", "fade_in": 3}, "its fades take 3 s: make them shorter"),
        ("grey", {"start": 1}, "its own song begins where its frames do"),
        ("grey", {"frames": [30, 40]}, "it has 20 frames, and that range holds none of them"),
        ("grey", {"rounds": 2}, "it is no loop: its last frame does not lead into its first"),
        ("round", {"rounds": "song"}, "it has no song: choose one, or a number of rounds"),
        (
            "round",
            {"rounds": 2, "frames": [0, 2]},
            "rounds are whole: choose rounds, or a part of the frames",
        ),
    ],
)
def test_what_cannot_be_is_told_before_the_work_without_options(house, name, wanted, words):
    told = check(house, name, **{"for": "mp4"}, **wanted)
    (fault,) = told["faults"]
    assert words in fault["words"]
    assert "--" not in fault["words"]
    answer = house.http.post(
        f"/api/items/{house.ids[name]}/deliver", json=asked(house, {"for": "mp4", **wanted})
    )
    assert answer.status_code == 400
    assert words in answer.json()["error"]


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"for": "reels", "song": "tone.wav", "fade_in": 3}, "its fades take 3 s: make them shorter"),
        ({"for": "youtube", "fade_in": 1}, "there is no song to fade: choose one"),
        ({"for": "canvas", "song": "tone.wav"}, "A Canvas has no sound"),
        ({"for": "frames", "titles": "words.srt"}, "Pictures in a folder are for a program"),
        ({"for": "youtube", "song": "tone.wav", "silent": True}, "where the song is left out"),
        ({"for": "vimeo", "titles": "foreign.srt"}, "has no '東'"),
        ({"for": "vimeo", "titles": "greek.srt", "font": "mine.ttf"}, "mine.ttf has no 'Ω'"),
    ],
)
def test_what_a_platform_cannot_get_is_told_without_options(house, wanted, words):
    (fault,) = check(house, "grey", **wanted)["faults"]
    assert words in fault["words"]
    assert "--" not in fault["words"]
    answer = house.http.post(f"/api/items/{house.ids['grey']}/deliver", json=asked(house, wanted))
    assert answer.status_code == 400


def test_a_loop_under_a_song_that_it_does_not_have_is_told_what_to_choose(house):
    (fault,) = check(house, "round", **{"for": "youtube", "rounds": "song"})["faults"]
    assert fault["words"] == "it has no song: choose one, or a number of rounds"
    under = {"for": "youtube", "rounds": "song", "song": "other.wav"}
    assert check(house, "round", **under)["what"]["seconds"] == pytest.approx(1, abs=0.04)


def test_more_words_than_can_be_looked_at_are_refused_at_once(house):
    lines = (f"{n}\n00:00:00,000 --> 00:10:00,000\nline {n}\n" for n in range(20_000))
    (house.folder / "long.srt").write_text("\n".join(lines))
    known = {each["name"]: each["id"] for each in house.http.get("/api/library").json()["items"]}
    (fault,) = check(house, "grey", **{"for": "mp4", "titles": known["long.srt"]})["faults"]
    assert fault["words"].startswith("long.srt has 20000 lines that fall into the video: 1000 at most here")


def test_what_is_doubtful_is_told_and_made(house):
    told = check(house, "grey", **{"for": "mp4", "titles": "late.srt"})
    assert told["faults"] == []
    assert told["doubts"][0]["words"] == "late.srt: none of its lines falls into the video"
    late = check(house, "grey", **{"for": "mp4", "song": "other.wav", "start": 2})
    assert late["what"]["sound"] is None
    assert "has no sound: other.wav has ended before" in late["doubts"][0]["words"]


@pytest.mark.parametrize(
    "wanted",
    [
        {"titles": "tone.wav"},
        {"song": "words.srt"},
        {"font": "mine.ttf"},
        {"titles": "words.srt", "font": "words.srt"},
        {"song": "../../etc/passwd"},
        {"titles": 3},
        {"start": -1},
        {"fade_in": "long"},
        {"fade_out": 1e300},
        {"sound": "--force"},
        {"recipe": "no"},
    ],
)
def test_what_is_no_order_is_refused_in_words(house, wanted):
    answer = house.http.post(
        f"/api/items/{house.ids['grey']}/deliver", json=asked(house, {"for": "mp4", **wanted})
    )
    assert answer.status_code in (400, 404)
    assert answer.json()["error"]


def test_the_job_is_an_ordinary_command_line(house):
    house.http.post("/api/queue/pause")
    wanted = {
        "for": "mp4",
        "titles": "words.srt",
        "song": "tone.wav",
        "start": 1.25,
        "recipe": False,
        "font": "mine.ttf",
    }
    answer = house.http.post(f"/api/items/{house.ids['grey']}/deliver", json=asked(house, wanted)).json()
    words = WaitingList(house.folder / ".studio/queue").find(answer["job"]).words
    house.http.delete(f"/api/queue/{answer['job']}")
    house.http.post("/api/queue/go")
    out = f"./delivered/{answer['file']}"
    start = ("--audio", "./tone.wav", "--start", "1.250", "--titles", "./words.srt")
    assert words == ("stitch", "./grey", "--out", out, *start, "--font", "./mine.ttf", "--no-recipe")
    command = [sys.executable, "-m", "dreamzoom", *words]
    assert subprocess.run(command, cwd=house.folder, check=False, capture_output=True).returncode == 0
    assert len(decode_sound(house.folder / out)) > RATE


def test_the_job_of_a_platform_is_an_ordinary_command_line_too(house):
    house.http.post("/api/queue/pause")
    wanted = {"for": "vimeo", "titles": "words.srt", "song": "tone.wav", "fade_out": 1, "recipe": False}
    answer = house.http.post(f"/api/items/{house.ids['grey']}/deliver", json=asked(house, wanted)).json()
    words = WaitingList(house.folder / ".studio/queue").find(answer["job"]).words
    song = house.http.post(f"/api/items/{house.ids['tone.wav']}/rename", json={"name": "else.wav"})
    house.http.delete(f"/api/queue/{answer['job']}")
    house.http.post("/api/queue/go")
    assert song.status_code == 400  # a job that waits needs it
    out = ("--out", f"./delivered/{answer['file']}")
    added = ("--audio", "./tone.wav", "--fade-out", "1.000", "--titles", "./words.srt", "--no-recipe")
    assert words == ("deliver", "./grey", "--for", "vimeo", *out, *added)


def test_a_file_that_is_renamed_or_moved_tells_what_it_is_for(house):
    path = make(house, "grey", **{"for": "gif", "titles": "words.srt", "speed": 2})
    notes = house.folder / ".studio/delivered"
    until(lambda: any(item_id(DELIVERED / path.name) in note.read_text() for note in notes.glob("*-*.json")))
    renamed = house.http.post(
        f"/api/items/{item_id(DELIVERED / path.name)}/rename", json={"name": "loud.gif"}
    )
    assert renamed.status_code == 200
    (house.folder / "material").mkdir(exist_ok=True)
    for place in (DELIVERED / "loud.gif", DELIVERED / "louder.gif", Path("material/moved.gif")):
        if place.name != "loud.gif":
            path.rename(house.folder / place)
        path = house.folder / place
        files = {each["place"]: each for each in house.http.get("/api/delivered").json()["files"]}
        told = files[place.as_posix()]
        assert (told["of"], told["for"]) == ("grey", "a GIF")
        assert told["how"] == "2 times as fast, words of words.srt"
        assert house.http.get(f"/api/delivered/{told['id']}").content == path.read_bytes()
    trashed = house.http.post(f"/api/delivered/{told['id']}/trash").json()["trashed"]
    assert not path.exists()
    assert house.http.post(f"/api/trash/{trashed}/back").json()["place"] == "material/moved.gif"


def test_a_file_is_listed_with_what_it_is_for_and_goes_to_the_trash_and_back(house):
    path = make(house, "grey", **{"for": "mp4", "titles": "words.srt", "speed": 2})
    (listed,) = [
        each for each in house.http.get("/api/delivered").json()["files"] if each["name"] == path.name
    ]
    assert (listed["of"], listed["for"]) == ("grey", "MP4")
    assert listed["how"] == "2 times as fast, words of words.srt"
    assert listed["shows"]
    assert listed["seconds"] == pytest.approx(1, abs=0.05)
    assert house.http.get(f"/api/items/{listed['id']}/video").headers["content-type"] == "video/mp4"
    data = path.read_bytes()
    trashed = house.http.post(f"/api/delivered/{listed['id']}/trash").json()["trashed"]
    assert not path.exists()
    assert house.http.post(f"/api/delivered/{listed['id']}/trash").status_code == 400
    assert house.http.post(f"/api/trash/{trashed}/back").status_code == 200
    assert path.read_bytes() == data
