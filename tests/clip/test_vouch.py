"""A clip vouches for all it holds: whatever is lost or changed is noticed, without a look at clocks."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import clip_status
from support.clips import frame_files, render_here, says
from support.music import write_wav

TINY = (
    "--size", "64x64", "--fps", 10, "--preset", "classic", "--set", "dream.iterations=1",
    "--set", "dream.octaves=1", "--set", "dream.jitter=4",
)  # fmt: skip
FRAMES = 6


@pytest.fixture(scope="module")
def song(tmp_path_factory) -> Path:
    """0.6 s of a tone."""
    tone = np.sin(np.arange(int(0.6 * 8000)) * 0.3).astype(np.float32) * 0.5
    return write_wav(tmp_path_factory.mktemp("song") / "tone.wav", tone, 8000)


@pytest.fixture(scope="module")
def whole(tmp_path_factory, song) -> Path:
    """A finished clip with a song."""
    folder = tmp_path_factory.mktemp("whole") / "clip"
    says(0, "render", "--out", folder, "--audio", song, *TINY)
    assert len(frame_files(folder)) == FRAMES
    return folder


@pytest.fixture
def clip(whole, tmp_path) -> Path:
    """A copy of it as zip, sync and `cp -r` make one: every file is as old as any."""
    copy = tmp_path / "clip"
    shutil.copytree(whole, copy, copy_function=shutil.copyfile)
    for path in copy.rglob("*"):
        os.utime(path, (0, 0))
    os.utime(copy / "journal.jsonl", (10**9, 10**9))  # the clock was set back after the video
    return copy


def state(clip: Path) -> str:
    return clip_status(open_clip(clip)).state


def test_a_copy_without_times_is_done(clip):
    assert state(clip) == "done"
    before = (clip / "clip.mp4").stat().st_ino
    says(0, "resume", clip)
    assert (clip / "clip.mp4").stat().st_ino == before


@pytest.mark.parametrize("command", ["resume", "extend", "fork"])
@pytest.mark.parametrize("kind", ["lost", "other"])
def test_a_lost_or_other_song_is_told_before_any_work(clip, tmp_path, song, command, kind):
    kept = clip / "soundtrack.wav"
    if kind == "lost":
        kept.unlink()
    else:
        kept.write_bytes(kept.read_bytes()[:-2] + b"\1\2")
    (clip / "frames/000005.png").unlink()
    more = {"resume": (), "extend": ("--frames", 8), "fork": ("--seed", 1, "-o", tmp_path / "fork")}[command]
    recipe = (clip / "recipe.toml").read_bytes()
    told = says(2, command, clip, *more)
    assert f"soundtrack.wav {'is missing' if kind == 'lost' else 'was changed'}" in told
    assert "restore it" in told
    assert (clip / "recipe.toml").read_bytes() == recipe
    assert len(frame_files(clip)) == FRAMES - 1
    assert not (tmp_path / "fork").exists()


def test_status_verify_and_stitch_tell_of_a_lost_song(clip, tmp_path):
    (clip / "soundtrack.wav").unlink()
    assert state(clip) == "damaged"
    assert "soundtrack.wav is missing" in says(0, "status", clip)
    assert "soundtrack.wav is missing" in says(1, "verify", clip)
    says(0, "report", clip)
    assert "soundtrack.wav is missing" in (clip / "report.html").read_text()
    assert "soundtrack.wav is missing" in says(2, "stitch", clip, "-o", tmp_path / "film.mp4")
    assert "soundtrack.wav is missing" in says(
        2, "stitch", clip, "--frames", "1:", "-o", tmp_path / "film.mp4"
    )


@pytest.mark.parametrize("length", [0, 900, None])
def test_a_video_that_is_cut_or_another_is_seen_and_made_again(clip, length):
    video = clip / "clip.mp4"
    good = video.read_bytes()
    video.write_bytes(good[:length] if length is not None else good[:-1] + bytes([good[-1] ^ 1]))
    if length is not None:
        assert state(clip) == "interrupted"
        assert "clip.mp4" in says(0, "status", clip)
    assert "clip.mp4" in says(1, "verify", clip)
    says(0, "resume", clip)
    assert video.read_bytes() == good
    assert state(clip) == "done"


def test_the_video_of_an_older_clip_is_counted(clip):
    (clip / "video.json").unlink()
    assert state(clip) == "done"
    film = clip.parent / "film.mp4"
    says(0, "stitch", clip, "--frames", "0:4", "-o", film)
    shutil.copyfile(film, clip / "clip.mp4")
    assert state(clip) == "interrupted"
    assert "shows 4 of 6 frames" in says(0, "status", clip)
    says(0, "resume", clip)
    assert state(clip) == "done"


def test_a_whole_video_that_was_not_noted_is_noted_when_the_clip_is_resumed(clip):
    noted = (clip / "video.json").read_bytes()
    (clip / "video.json").unlink()
    says(0, "resume", clip)
    assert (clip / "video.json").read_bytes() == noted


def test_a_run_killed_between_its_video_and_the_note_left_no_persons_work(clip, monkeypatch):
    def killed(*arguments: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("dreamzoom.render.loop.note_video", killed)
        says(1, "extend", clip, "--frames", FRAMES + 2)
    says(0, "resume", clip)
    assert not (clip / "clip.mp4.bak").exists()
    assert state(clip) == "done"


def test_frames_of_which_the_journal_says_nothing_are_counted(clip):
    (clip / "journal.jsonl").write_bytes(b"")
    assert f"the journal says nothing of: {FRAMES}" in says(1, "verify", clip)
    frames = frame_files(clip)
    says(0, "resume", clip)
    assert frame_files(clip) == frames
    says(0, "verify", clip)


def test_a_folder_in_the_videos_place_is_told_before_the_work(clip):
    (clip / "clip.mp4").unlink()
    (clip / "clip.mp4").mkdir()
    (clip / "frames/000005.png").unlink()
    assert "move it away" in says(2, "resume", clip)
    assert len(frame_files(clip)) == FRAMES - 1


def test_another_video_in_the_clips_place_is_kept(clip):
    film = clip.parent / "film.mp4"
    says(0, "stitch", clip, "--frames", "0:4", "-o", film)
    shutil.copyfile(film, clip / "clip.mp4")
    assert "clip.mp4.bak keeps it" in says(0, "resume", clip)
    assert (clip / "clip.mp4.bak").read_bytes() == film.read_bytes()
    assert state(clip) == "done"


def test_the_video_that_stitch_makes_of_all_frames_is_the_clips(clip):
    says(0, "stitch", clip, "--fps", "5")
    assert state(clip) == "done"


EDIT = ("step_size = 1.5", "step_size = 3.0")


@pytest.mark.parametrize("command", ["resume", "extend", "fork"])
def test_an_edited_recipe_is_noticed_and_no_good_frame_lost(clip, tmp_path, command):
    path = clip / "recipe.toml"
    text = path.read_text()
    assert EDIT[0] in text
    path.write_text(text.replace(*EDIT))
    (clip / "frames/000002.png").unlink()
    more = {"resume": (), "extend": ("--frames", 8), "fork": ("--seed", 1, "-o", tmp_path / "fork")}[command]
    before = frame_files(clip)
    told = says(2, command, clip, *more)
    assert "recipe.toml was changed since the clip began" in told
    assert "dreamzoom fork" in told
    assert frame_files(clip) == before
    assert "was changed" in says(0, "status", clip) + says(1, "verify", clip)
    path.write_text(text)
    says(0, "resume", clip)
    assert len(frame_files(clip)) == FRAMES


def test_another_size_in_an_edited_recipe_is_noticed_too(clip):
    path = clip / "recipe.toml"
    path.write_text(path.read_text().replace('"64x64"', '"96x64"'))
    assert "was changed" in says(2, "extend", clip, "--frames", 8)


def test_comments_spacing_and_places_do_not_count(clip):
    path = clip / "recipe.toml"
    text = path.read_text().replace("step_size = 1.5", "step_size   =   1.50  # gentle")
    text = re.sub(r'engine = ".*"', 'engine = "torch"', text)
    path.write_text("# mine\n" + text.replace("seed = 0\n", "").replace("[clip]\n", "[clip]\n\nseed = 0\n"))
    assert state(clip) == "done"
    says(0, "extend", clip, "--frames", FRAMES + 1)


def test_what_an_older_clip_does_not_tell_is_believed_and_told_from_then_on(clip):
    path = clip / "recipe.toml"
    text = path.read_text()
    old = re.sub(r"(?m)^(recipe_sha256|sizes) = .*\n", "", text)
    old = re.sub(r'(, )?"soundtrack\.wav" = "[0-9a-f]*"', "", old)
    assert old.count("\n") == text.count("\n") - 2
    path.write_text(old.replace(*EDIT))
    assert state(clip) == "done"
    says(0, "extend", clip, "--frames", FRAMES + 1)
    now = open_clip(clip).frozen
    assert now.files.keys() == {"soundtrack.wav"}
    assert now.sizes.keys() == {"start.png", "soundtrack.wav"}
    path.write_text(path.read_text().replace(EDIT[1], EDIT[0]))
    assert state(clip) == "damaged"


@pytest.mark.parametrize("name", ["start.png", "music.json"])
def test_what_the_clip_is_made_with_is_seen_by_status(tmp_path, song, name):
    clip = tmp_path / "clip"
    says(0, "render", "--out", clip, "--audio", song, *TINY, "--set", "camera.zoom=1 + 0.1*loudness")
    path = clip / name
    path.write_bytes(path.read_bytes().replace(b'"rate":', b'"rate": ') + b"\n")
    assert f"{name} was changed" in says(0, "status", clip)
    path.unlink()
    assert f"{name} is missing" in says(2, "resume", clip)


def test_status_as_json_names_what_is_wrong(clip):
    (clip / "frames/000001.png").write_bytes(b"short")
    told = json.loads(says(0, "status", clip, "--json"))
    assert told["state"] == "interrupted"
    assert "frame 1: 5 bytes instead of" in told["faults"][0]


def test_status_counts_the_lost_frames_it_does_not_name(clip):
    for frame in range(FRAMES):
        (clip / f"frames/{frame:06d}.png").unlink()
    told = says(0, "status", clip)
    shown = told.count("missing")
    assert f"and {FRAMES - shown} more frame" in told
    assert ("more frames" in told) == (FRAMES - shown > 1)


def test_a_retouched_frame_is_kept_when_another_takes_its_place(clip):
    path = clip / "frames/000005.png"
    good = path.read_bytes()
    picture = Image.open(path)
    picture.putpixel((3, 3), (255, 0, 0))
    picture.save(path)
    mine = path.read_bytes()
    assert "retouched" in says(1, "verify", clip)
    assert "dreamzoom adopt" in says(0, "extend", clip, "--frames", FRAMES + 1)
    assert path.read_bytes() == good
    assert (clip / "frames/000005.png.bak").read_bytes() == mine


def test_a_recipe_deleted_during_a_render_that_fails_is_written_again(tmp_path):
    from dreamzoom.render.loop import render
    from dreamzoom.render.preparation import prepare_again
    from dreamzoom.render.store import Reporter

    folder = render_here(tmp_path / "clip", *TINY, frames=3)
    text = (folder / "recipe.toml").read_text()
    (folder / "frames/000001.png").unlink()
    clip = open_clip(folder)

    def stop() -> None:
        (folder / "recipe.toml").unlink()
        raise KeyboardInterrupt

    with pytest.warns(UserWarning, match="recipe.toml was missing"), pytest.raises(KeyboardInterrupt):
        render(clip, prepare_again(clip), Reporter(on_step=stop))
    assert (folder / "recipe.toml").read_text() == text


@pytest.fixture
def own(tmp_path, monkeypatch) -> Path:
    """A clip made with a folder of one's own, named without a slash, in which it is found no more."""
    from dreamzoom.models.names import EMBEDDED

    monkeypatch.chdir(tmp_path)
    shutil.copytree(EMBEDDED["squeezenet"], tmp_path / "mynet")
    render_here(tmp_path / "own", *TINY, "--model", "mynet", frames=3)
    assert open_clip(tmp_path / "own").recipe.model.name == str(tmp_path / "mynet")
    (tmp_path / "mynet").rename(tmp_path / "moved")
    monkeypatch.chdir("/")
    (tmp_path / "own/frames/000002.png").unlink()
    return tmp_path / "own"


def test_a_moved_model_is_proved_by_its_hash(own):
    place = own.with_name("moved")
    assert "--model DIR" in says(2, "resume", own)
    assert "--model DIR" in says(1, "verify", own)
    assert "mynet" not in says(1, "verify", own, "--model", place)
    says(0, "fork", own, "-o", own.with_name("fork"), "--frames", 4, "--model", place)
    assert len(frame_files(own)) == 2
    says(0, "resume", own, "--model", place)
    assert open_clip(own).recipe.model.name == str(place)
    says(0, "extend", own, "--frames", 4)
    assert frame_files(own) == frame_files(own.with_name("fork"))


def test_the_same_command_with_a_moved_model_goes_on(own):
    place = own.with_name("moved")
    render_here(own, *TINY, "--model", str(place), frames=3)
    assert len(frame_files(own)) == 3
    assert open_clip(own).recipe.model.name == str(place)


def test_another_model_is_none_of_a_clips(own):
    weights = own.with_name("moved") / "squeezenet_v1.1.caffemodel"
    weights = next(own.with_name("moved").glob("*.caffemodel"), weights)
    weights.write_bytes(weights.read_bytes() + b"\0")
    text = (own / "recipe.toml").read_text()
    assert says(2, "resume", own, "--model", own.with_name("moved"))
    assert (own / "recipe.toml").read_text() == text


def test_a_model_whose_files_say_otherwise_is_noticed_before_any_work(own):
    place = own.with_name("moved")
    said = (place / "model.toml").read_text()
    (place / "model.toml").write_text(said.replace("scale = 1.0", "scale = 0.5"))
    frames = frame_files(own)
    for command in (("resume", own), ("extend", own, "--frames", 5)):
        told = says(2, *command, "--model", place)
        assert "its input is BGR minus (104, 117, 123), times 0.5 now" in told
    assert frame_files(own) == frames
    assert "is not as it was" in says(1, "verify", own, "--model", place)
    says(0, "fork", own, "--at", 1, "-o", own.with_name("fork"), "--model", place)
    assert len(frame_files(own.with_name("fork"))) == 3
    (place / "model.toml").write_text(said + "\n# a note\n")
    says(0, "resume", own, "--model", place)


def test_a_clip_of_another_version_is_believed_about_its_model(own):
    place, recipe = own.with_name("moved"), own / "recipe.toml"
    said = (place / "model.toml").read_text()
    (place / "model.toml").write_text(said.replace("scale = 1.0", "scale = 0.5"))
    text = "\n".join(line for line in recipe.read_text().splitlines() if "wiring_sha256" not in line)
    recipe.write_text(text)
    says(0, "resume", own, "--model", place, "--redo")


@pytest.mark.parametrize("frames", [10**6, 10**30])
def test_too_many_frames_are_refused_before_anything_is_written(clip, tmp_path, frames):
    text = (clip / "recipe.toml").read_bytes()
    for more in (("extend", clip), ("fork", clip, "-o", tmp_path / "fork")):
        assert "clip.frames: must be a whole number from 1 to 999999" in says(2, *more, "--frames", frames)
    assert (clip / "recipe.toml").read_bytes() == text
    assert not (tmp_path / "fork").exists()


def test_a_song_for_too_many_frames_is_refused_before_it_is_heard(tmp_path):
    song = write_wav(tmp_path / "long.wav", np.zeros(4200 * 1000, np.float32), 1000)
    told = says(2, "render", "--out", tmp_path / "clip", "--audio", song, "--fps", 240, "--zoom", "1+bass")
    assert "choose a lower --fps" in told
    assert not (tmp_path / "clip").exists()


@pytest.mark.parametrize("command", ["extend", "fork"])
def test_a_disk_that_is_too_small_is_told_before_anything_is_written(clip, tmp_path, command):
    frames = 999_999
    text = (clip / "recipe.toml").read_bytes()
    more = () if command == "extend" else ("-o", tmp_path / "fork")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            shutil, "disk_usage", lambda path: shutil._ntuple_diskusage(10**9, 10**9 - 10**6, 10**6)
        )
        assert "frames need about" in says(1, command, clip, "--frames", frames, *more)
    assert (clip / "recipe.toml").read_bytes() == text
    assert not (tmp_path / "fork").exists()


def test_a_working_folder_that_no_recipe_can_keep_is_told_before_the_work(tmp_path, monkeypatch):
    from dreamzoom.models.names import EMBEDDED

    folder = tmp_path / "new\nline"
    shutil.copytree(EMBEDDED["squeezenet"], folder / "mynet")
    monkeypatch.chdir(folder)
    told = says(2, "render", "--out", tmp_path / "clip", *TINY, "--frames", 2, "--model", "mynet")
    assert "model.name" in told
    assert not (tmp_path / "clip/recipe.toml").exists()


def test_a_fork_of_another_tempo_keeps_no_music_that_was_heard_by_the_old_one(tmp_path, song):
    clip, fork = tmp_path / "clip", tmp_path / "fork"
    says(0, "render", "--out", clip, "--audio", song, *TINY, "--set", "camera.zoom=1 + 0.1*loudness")
    says(0, "fork", clip, "-o", fork, "--set", "music.tempo=100", "--zoom", "1.01")
    assert not (fork / "music.json").exists()
    assert "music.json" not in open_clip(fork).frozen.files
    says(0, "verify", fork)


def test_a_frame_that_cannot_be_read_is_not_taken_for_a_damaged_one(clip, monkeypatch):
    from dreamzoom.clip import status

    frame, good = clip / "frames/000002.png", status.file_digest

    def fail(path: Path) -> str:
        if path == frame:
            raise OSError(5, "Input/output error")
        return good(path)

    before = frame_files(clip)
    monkeypatch.setattr(status, "file_digest", fail)
    told = says(2, "resume", clip, "--precision", "bfloat16")
    assert "000002.png is unreadable (Input/output error)" in told
    assert frame_files(clip) == before
    assert "frame 2: unreadable" in says(1, "verify", clip)


def test_good_frames_are_not_replaced_unasked_where_another_engine_mends_one(clip):
    (clip / "frames/000002.png").write_bytes(b"damaged")
    before = frame_files(clip)
    told = says(2, "resume", clip, "--precision", "bfloat16")
    assert "the 3 frames after it" in told
    assert "--redo" in told
    assert frame_files(clip) == before
    says(0, "resume", clip)
