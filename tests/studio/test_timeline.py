"""The timeline's routes: curves against closed forms, a song's known beats, and a beat map that is edited."""

from __future__ import annotations

import math
from fractions import Fraction

import httpx
import pytest

from dreamzoom.errors import RequestError
from dreamzoom.recipe.build import build_recipe
from dreamzoom.recipe.schema import Recipe
from dreamzoom.studio.timeline.beats import BeatGrid, double_time
from dreamzoom.studio.timeline.curves import MOST_POINTS, RuledStretch, lane_facts, lanes_of
from dreamzoom.studio.timeline.tapping import beats_of_taps
from dreamzoom.tracks.music import Music
from support.clips import render_here
from support.music import drum_loop, f_measure, steady, write_wav
from support.studio import RunningStudio, studio, until

SECONDS = 12.0
BEATS = steady(120, SECONDS, first=0.4)


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> RunningStudio:
    folder = tmp_path_factory.mktemp("studio")
    (folder / "material").mkdir()
    write_wav(folder / "material" / "drums.wav", drum_loop(BEATS).samples)
    render_here(folder / "sky", "--set", "camera.zoom={ 0 = 1.02, 6 = 1.08 }", frames=8)
    with studio(folder) as running:
        yield running


@pytest.fixture(scope="module")
def client(house) -> httpx.Client:
    with house.client() as opened:
        yield opened


def id_of(client: httpx.Client, name: str) -> str:
    return next(each["id"] for each in client.get("/api/library").json()["items"] if each["name"] == name)


@pytest.fixture(scope="module")
def drums(client) -> str:
    song = id_of(client, "drums.wav")
    until(lambda: client.get(f"/api/items/{song}/beats").json()["state"] == "known")
    return song


def lane_of(timeline: dict, name: str) -> dict:
    return next(each for each in timeline["lanes"] if each["name"] == name)


def recipe_with(frames: int, **camera: object) -> Recipe:
    return build_recipe({"clip": {"frames": frames, "fps": 25}, "camera": camera})


def test_a_curve_of_keyframes_is_the_straight_line_in_the_logarithm():
    recipe = recipe_with(101, zoom={"0": 1.0, "4s": 1.21})
    facts = lane_facts(lanes_of(recipe)["camera.zoom"], recipe.clock)
    assert facts["kind"] == "keyframes"
    assert facts["frames"] == list(range(101))
    assert facts["values"] == pytest.approx([1.21 ** (frame / 100) for frame in range(101)], rel=1e-6)
    assert [(key["at"], key["frame"], key["unit"]) for key in facts["keys"]] == [
        ("0", 0, "frame"),
        ("4s", 100, "second"),
    ]


def test_a_long_curve_keeps_every_peak_in_few_points():
    recipe = recipe_with(9000, rotate="90*(n % 1000 == 777) + sin(n)*(n % 1000 != 777)")
    facts = lane_facts(lanes_of(recipe)["camera.rotate"], recipe.clock)
    assert len(facts["frames"]) <= MOST_POINTS
    peaks = [frame for frame, value in zip(facts["frames"], facts["values"], strict=True) if value == 90]
    assert peaks == list(range(777, 9000, 1000))
    assert all(
        value == pytest.approx(90 if frame % 1000 == 777 else math.sin(frame), rel=1e-6)
        for frame, value in zip(facts["frames"], facts["values"], strict=True)
    )


def test_a_curve_follows_the_song():
    beats = tuple(index * 0.5 for index in range(20))
    loud = tuple((index % 50) / 50 for index in range(1001))
    names = ("loudness", "bass", "mids", "highs", "onset")
    music = Music(beats, beats[::4], 100.0, dict.fromkeys(names, loud))
    raw = {
        "clip": {"frames": 100, "fps": 25},
        "camera": {"zoom": "1 + 0.2*bass", "rotate": {"0": 0, "8beats": 8}},
    }
    recipe = build_recipe(raw, {"music": {"song": "a.wav"}}, heard=music)
    lanes = {name: lane_facts(lane, recipe.clock) for name, lane in lanes_of(recipe).items()}
    assert lanes["camera.zoom"]["kind"] == "music"
    assert lanes["camera.zoom"]["values"] == pytest.approx(
        [1 + 0.2 * loud[frame * 4] for frame in range(100)], rel=1e-6
    )
    assert lanes["camera.rotate"]["keys"][1]["frame"] == 100
    assert lanes["camera.rotate"]["values"] == pytest.approx([frame * 0.08 for frame in range(100)], rel=1e-6)


def test_every_take_has_its_own_curve():
    first, then = recipe_with(20, zoom=1.05), recipe_with(20, zoom=1.01)
    stretches = (RuledStretch(0, 12, first), RuledStretch(12, 20, then))
    facts = lane_facts(lanes_of(then)["camera.zoom"], then.clock, stretches)
    assert facts["values"] == [1.05] * 12 + [1.01] * 8
    same = lane_facts(lanes_of(then)["camera.rotate"], then.clock, stretches)
    assert "frames" not in same
    assert same["value"] == 0


def test_the_timeline_of_a_clip(client):
    clip = id_of(client, "sky")
    timeline = client.get(f"/api/items/{clip}/timeline").json()
    assert (timeline["frames"], timeline["takes"], timeline["song"]) == (8, [[0, 8]], None)
    zoom = lane_of(timeline, "camera.zoom")
    assert zoom["values"][6:] == [1.08, 1.08]
    assert (zoom["low"], zoom["high"], zoom["unit"]) == (0.5, 2.0, "times a frame")
    assert lane_of(timeline, "camera.target y")["path"] == [1]


def test_a_changed_value_is_drawn_and_a_wrong_one_told(client):
    clip = id_of(client, "sky")
    pan = {"key": "camera.pan", "raw": [0, "0.01*n"]}
    lanes = client.post(f"/api/items/{clip}/curve", json=pan).json()["lanes"]
    assert lanes[1]["values"] == pytest.approx([0.01 * frame for frame in range(8)])
    for raw, told in (
        ("1.03 + 0.1*bas", "camera.zoom: has an error at column 12, at 'bas'"),
        ({"0": 1.0, "4": 3.0}, "camera.zoom: is 2.27951 at frame 3 (0.10 s): must be 0.5 to 2"),
    ):
        answer = client.post(f"/api/items/{clip}/curve", json={"key": "camera.zoom", "raw": raw})
        assert answer.status_code == 400
        assert told in answer.json()["error"]
    answer = client.post(f"/api/items/{clip}/curve", json={"key": "model.name", "raw": "/etc/passwd"})
    assert answer.status_code == 400


def test_a_plan_is_as_long_as_its_song_and_has_its_beats(client, drums):
    timeline = client.get(f"/api/items/{drums}/timeline", params={"preset": "classic"}).json()
    lasts = Fraction(2 * BEATS[-1] - BEATS[-2]).limit_denominator(1000)
    assert timeline["frames"] == math.ceil(lasts * Fraction(timeline["fps"]))
    assert f_measure(tuple(timeline["music"]["beats"]), BEATS) > 0.9
    zoom = {"key": "camera.zoom", "raw": "1 + 0.1*onset"}
    curve = client.post(f"/api/items/{drums}/curve", json=zoom).json()["lanes"][0]
    hit = curve["frames"].index(round(BEATS[4] * timeline["fps"]) + 1)
    assert max(curve["values"][hit - 2 : hit + 3]) > 1.05
    shorter = client.get(f"/api/items/{drums}/timeline", params={"frames": 50}).json()
    assert shorter["frames"] == 50


def test_peaks_tell_silence_from_sound(client, drums):
    address = f"/api/items/{drums}/peaks"
    found = until(lambda: (told := client.get(address).json())["state"] == "known" and told)
    assert found["seconds"] == pytest.approx(2 * BEATS[-1] - BEATS[-2], abs=0.01)
    quiet = client.get(address, params={"start": 0, "end": 0.39, "points": 10}).json()
    assert max(quiet["high"]) == 0
    hit = client.get(address, params={"start": 0.39, "end": 0.45, "points": 10}).json()
    assert max(hit["high"]) > 40
    assert client.get(address, params={"start": 500, "end": 510, "points": 3}).json()["high"] == [0, 0, 0]


def put(client: httpx.Client, song: str, version: str, **body: object) -> httpx.Response:
    return client.put(f"/api/items/{song}/beats", json=body, headers={"If-Match": version})


def test_a_beat_map_is_edited_undone_and_never_written_over(client, drums, house):
    path = house.folder / "material" / "drums.beats.txt"
    before = client.get(f"/api/items/{drums}/beats").json()
    assert (before["map"], before["version"]) == (None, "none")
    moved = put(client, drums, "none", do="move", at=before["beats"][3], to=before["beats"][3] + 0.03).json()
    assert moved["beats"][3] == pytest.approx(before["beats"][3] + 0.03, abs=1e-4)
    assert [moved["beats"][place] for place in (2, 4)] == [before["beats"][place] for place in (2, 4)]
    path.write_text("# the second verse is mine\n" + path.read_text())
    refused = put(client, drums, moved["version"], do="half")
    assert refused.status_code == 412
    assert "drums.beats.txt was changed meanwhile" in refused.json()["error"]
    now = client.get(f"/api/items/{drums}/beats").json()
    one = put(client, drums, now["version"], do="one", at=now["beats"][2]).json()
    assert one["bars"][:2] == [now["beats"][2], now["beats"][6]]
    assert path.read_text().startswith("# the second verse is mine\n")
    half = put(client, drums, one["version"], do="half").json()
    assert half["beats"] == one["beats"][::2]
    assert path.read_text().startswith("# the second verse is mine\n")
    back = put(client, drums, half["version"], do="undo").json()
    assert back["version"] == one["version"]
    assert put(client, drums, back["version"], do="redo").json()["version"] == half["version"]
    timeline = client.get(f"/api/items/{drums}/timeline").json()
    assert timeline["music"]["beats"] == half["beats"]


def test_sections_are_split_named_moved_and_taken_out_in_the_map(client, drums, house):
    path = house.folder / "material" / "drums.beats.txt"
    version = client.get(f"/api/items/{drums}/beats").json()["version"]
    split = put(client, drums, version, do="split", at=4.4).json()
    assert [each[0] for each in split["sections"]] == ["A", "B"]
    assert split["sections"][0][2] == split["sections"][1][1] == 4.4
    path.write_text("# mine\n" + path.read_text())
    version = client.get(f"/api/items/{drums}/beats").json()["version"]
    named = put(client, drums, version, do="name", at=5.0, name="the drop").json()
    assert named["told"] == "section B is called the drop"
    moved = put(client, drums, named["version"], do="edge", at=4.3, to=6.4).json()
    assert [each[1:] for each in moved["sections"]] == [[0, 6.4], [6.4, split["seconds"]]]
    assert moved["beats"] == split["beats"]
    assert path.read_text().startswith("# mine\n")
    assert "6.4000\t6.4000\tthe drop\n" in path.read_text()
    for wrong in (
        {"do": "split", "at": 6.45},
        {"do": "name", "at": 1.0, "name": "7.1"},
        {"do": "drop", "at": 99},
    ):
        assert put(client, drums, moved["version"], **wrong).status_code == 400
    gone = put(client, drums, moved["version"], do="drop", at=7.0).json()
    assert len(gone["sections"]) == 1
    assert put(client, drums, gone["version"], do="undo").json()["sections"] == moved["sections"]


def test_taps_become_beats_whatever_hands_do():
    shaky = [beat + 0.02 * math.sin(37 * index) for index, beat in enumerate(BEATS)]
    left_out = [*shaky[:5], *shaky[6:], shaky[9] + 0.06]
    assert beats_of_taps(left_out).beats == pytest.approx(BEATS, abs=0.012)
    slower = [sum(0.5 + 0.003 * step for step in range(index)) for index in range(30)]
    assert beats_of_taps(slower).beats == pytest.approx(slower, abs=0.02)


@pytest.mark.parametrize(
    "edit",
    [
        {"do": "taps", "taps": [1, 1.5, 2, 10**400]},
        {"do": "taps", "taps": [1, 1.5, 2, 1e9]},  # a beat for each half of a second until then
        {"do": "taps", "taps": [-9, 1, 1.5, 2]},
        {"do": "shift", "by": 1e300},
        {"do": "add", "at": 10**400},
    ],
)
def test_what_is_no_time_of_the_song_changes_no_beat(client, drums, edit):
    before = client.get(f"/api/items/{drums}/beats").json()
    answer = client.put(f"/api/items/{drums}/beats", json=edit, headers={"If-Match": before["version"]})
    assert answer.status_code == 400, answer.text
    assert client.get(f"/api/items/{drums}/beats").json()["version"] == before["version"]


def test_beats_are_never_nearer_than_a_hand_could_beat_them():
    grid = BeatGrid((0.0, 0.15, 0.3), (0.0,), 1.0)
    assert double_time(grid).beats == (0.0, 0.075, 0.15, 0.225, 0.3)
    with pytest.raises(RequestError, match=r"less than 0\.05 s apart"):
        double_time(double_time(grid))


def test_a_damaged_note_of_a_song_is_made_anew(client, house, drums):
    """Whatever was kept of it: a program of later days writes them as well."""
    (heard,) = (house.folder / ".studio/heard").iterdir()
    kept = [*(house.folder / ".studio/peaks").iterdir(), heard]
    sound = heard.read_bytes()
    for note in kept:
        note.write_bytes(b'{"seconds": "x"}'[: 15 if note.suffix == ".peaks" else 16])
    answers = [client.get(f"/api/items/{drums}/{what}") for what in ("timeline", "beats", "peaks")]
    heard.write_bytes(sound)  # it would take its time to be heard again
    assert [answer.status_code for answer in answers] == [200, 200, 200]
    until(lambda: client.get(f"/api/items/{drums}/peaks").json()["state"] == "known")


def test_late_taps_are_put_onto_the_sound(client, drums):
    version = client.get(f"/api/items/{drums}/beats").json()["version"]
    late = [beat + 0.07 + 0.015 * math.sin(23 * index) for index, beat in enumerate(BEATS[4:16])]
    tapped = put(client, drums, version, do="taps", taps=late).json()
    assert "12 beats tapped; the taps were" in tapped["told"]
    inside = [beat for beat in tapped["beats"] if BEATS[4] - 0.1 < beat < BEATS[15] + 0.1]
    assert inside == pytest.approx(BEATS[4:16], abs=0.025)
    refused = put(client, drums, tapped["version"], do="taps", taps=[1.0, 2.0])
    assert refused.json()["error"] == "tap at least 4 beats while the song plays"


def test_a_clips_beats_are_its_songs(client, drums, house):
    render_here(house.folder / "beaten", "--audio", house.folder / "material" / "drums.wav", frames=4)
    beats = client.get(f"/api/items/{id_of(client, 'beaten')}/beats").json()
    assert beats["of"] == drums
    timeline = client.get(f"/api/items/{id_of(client, 'beaten')}/timeline").json()
    assert timeline["song"]["map_of"] == drums
    assert timeline["music"]["beats"] == beats["beats"]


def test_the_waveform_of_a_clip_is_that_of_the_song_that_it_has_now(client, drums, house):
    clip = render_here(house.folder / "waved", "--audio", house.folder / "material" / "drums.wav", frames=4)
    address, asked = f"/api/items/{id_of(client, 'waved')}/peaks", {"start": 0, "end": 2, "points": 50}
    known = until(lambda: (told := client.get(address, params=asked).json())["state"] == "known" and told)
    assert known["high"] == client.get(f"/api/items/{drums}/peaks", params=asked).json()["high"]
    assert client.get(address, params=asked).json() == known
    (clip / "soundtrack.wav").unlink()
    gone = client.get(address, params=asked)
    assert (gone.status_code, gone.json()["error"]) == (400, "waved has no song")


def test_a_link_in_the_place_of_a_map_is_not_followed(client, drums, house, tmp_path):
    path = house.folder / "material" / "drums.beats.txt"
    path.unlink(missing_ok=True)
    (tmp_path / "secret.txt").write_text("0.5\n1.0\n")
    path.symlink_to(tmp_path / "secret.txt")
    answer = put(client, drums, "none", do="double")
    assert answer.status_code == 400
    assert "is a link" in answer.json()["error"]
    path.unlink()
