"""The page about a clip: its figures, its faults, its size, its safety, and the command that writes it."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.camera.lens import Lens
from dreamzoom.camera.path import motion_between
from dreamzoom.clip.folder import open_clip
from dreamzoom.pictures.frames import encode_png, read_frame, to_tensor
from dreamzoom.report.contact import make_jpeg
from dreamzoom.report.frames import MOST_MEASURED, REPEAT_FRAMES, most_measured, pick_evenly
from dreamzoom.report.gather import gather
from dreamzoom.report.page import write_page
from support.clips import as_root, dreamzoom, quickly, render
from support.reports import (
    HEIGHT,
    HOSTILE,
    NOW,
    WIDTH,
    begin,
    noise,
    page_of,
    report_of,
    rewrite_journal,
    store,
)


class Addresses(HTMLParser):
    """All that a page could load or lead to, and its elements."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.elements: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        names = ("src", "href", "poster", "srcset", "data", "action", "xlink:href")
        self.found += [value or "" for name, value in attrs if name in names]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A real clip of 6 frames, with its video."""
    return render(tmp_path_factory.mktemp("report") / "a clip", frames=6)


# Figures


def test_figures_of_a_clip_are_those_of_its_frames(tmp_path):
    pictures = [noise(seed) for seed in range(3)]
    measured = report_of(store(begin(tmp_path / "clip", 3, zoom=1.0), pictures)).measured
    for frame, picture in zip(measured, pictures, strict=True):
        assert frame.brightness == pytest.approx(picture.mean())
        assert frame.contrast == pytest.approx(picture.std() / noise(99).std())
        assert frame.clipped == 0


def test_flicker_is_what_the_camera_does_not_explain(tmp_path):
    before = noise(1)
    # The camera goes right by four pixels, and the picture left; two thirds of the rest is three lighter.
    after = np.roll(before, -4, axis=1) + np.array([3, 3, 0], np.uint8)
    clip = store(begin(tmp_path / "clip", 2, zoom=1.0, pan=[4 / WIDTH, 0]), [before, after])
    first, second = report_of(clip).measured
    assert first.flicker is None
    # What comes in at the right edge is mirrored, not rolled.
    edge = np.abs(after[:, -4:].astype(float) - before[:, :-5:-1]).sum()
    inside = 2.0 * HEIGHT * (WIDTH - 4) * 3
    assert second.flicker == pytest.approx((inside + edge) / before.size, rel=0.01)


def test_each_take_of_a_fork_is_measured_with_its_own_camera(rendered, tmp_path):
    fork = tmp_path / "fork"
    quickly("fork", rendered, "-o", fork, "--at", 4, "--zoom", "1.3", "--set", "camera.mirrors=5")
    forked = {frame.frame: frame.flicker for frame in report_of(open_clip(fork)).measured}
    parent = {frame.frame: frame.flicker for frame in report_of(open_clip(rendered)).measured}
    assert [forked[frame] for frame in range(4)] == [parent[frame] for frame in range(4)]
    clip = open_clip(fork)
    before, after = (to_tensor(read_frame(clip.frame_path(frame))).float() for frame in (3, 4))
    moved = Lens(mirrors=5).move(before, motion_between(clip.recipe, 3, 4)).clamp(0, 255)
    assert forked[4] == pytest.approx(float((after - moved).abs().mean()))


def test_likeness_is_to_the_frame_twenty_before(tmp_path):
    pictures = [noise(seed) for seed in range(REPEAT_FRAMES)]
    measured = report_of(store(begin(tmp_path / "clip", 21), [*pictures, pictures[0]])).measured
    assert [frame.likeness for frame in measured[:-1]] == [None] * 20
    assert measured[-1].likeness == pytest.approx(1)


def test_a_flat_start_image_leaves_contrast_out(tmp_path):
    clip = begin(tmp_path / "clip", 1)
    clip.start_path.write_bytes(encode_png(np.full((HEIGHT, WIDTH, 3), 128, np.uint8)))
    page = page_of(store(clip, [noise(1)]))
    assert "Brightness" in page
    assert "Contrast" not in page


def test_an_even_pick_keeps_the_first_and_the_last():
    assert pick_evenly(range(10), 4) == [0, 3, 6, 9]
    assert pick_evenly(range(3), 4) == [0, 1, 2]
    assert pick_evenly(range(5), 1) == [0]


def test_of_large_frames_fewer_are_measured(tmp_path):
    assert most_measured(begin(tmp_path / "small", 1)) == MOST_MEASURED
    assert most_measured(begin(tmp_path / "large", 1, (1920, 1080))) == 120


# Clips of every kind


def test_a_clip_without_frames_has_a_page(tmp_path):
    page = page_of(begin(tmp_path / "clip", 5))
    assert "Nothing is rendered yet" in page
    assert "0 of 5" in page


def test_a_page_names_a_clips_goals(tmp_path):
    goals = [{"layer": "fire2/concat", "channel": [[3, -1]]}, {"class": 84, "weight": 2}]
    page = page_of(begin(tmp_path / "clip", 3, goals=goals))
    assert "l2 of fire2/concat, channels -1*3; class 84, weight 2" in page


def test_a_clip_of_one_frame_has_a_page(tmp_path):
    page = page_of(store(begin(tmp_path / "clip", 1), [noise(1)]))
    assert "frame-0" in page
    assert "One frame measured" in page


def test_an_interrupted_clip_says_how_far_it_is(tmp_path):
    page = page_of(store(begin(tmp_path / "clip", 7), [noise(1), noise(2)]))
    assert "interrupted" in page
    assert "2 of 7" in page
    assert "There is no video yet" in page


def test_ten_thousand_frames_are_sampled_and_the_page_stays_small(tmp_path):
    frames = 10_000
    clip = begin(tmp_path / "clip", frames)
    data = encode_png(noise(1))
    digest = hashlib.sha256(data).hexdigest()
    clip.frame_path(0).write_bytes(data)
    for frame in range(1, frames):
        os.link(clip.frame_path(0), clip.frame_path(frame))
    line = {"sha256": digest, "bytes": len(data), "seconds": 0.5, "objective": 1.0, "engine": "torch"}
    lines = (json.dumps({"frame": frame} | line | {"objective": frame % 97}) for frame in range(frames))
    (clip.path / "journal.jsonl").write_text("\n".join(lines) + "\n")
    page = page_of(clip)
    assert "The pictures of 600 of 10000 frames were measured" in page
    assert "of 600 the bytes too" in page
    assert len(page.encode()) < 1_000_000


def test_a_picture_on_the_page_is_small_whatever_it_shows():
    assert len(make_jpeg(noise(1, 1280, 720)).data) <= 64_000


def test_a_sheet_of_noise_stays_within_three_megabytes(tmp_path):
    clip = begin(tmp_path / "clip", 24, (320, 240))
    store(clip, [noise(seed, 320, 240) for seed in range(24)])
    assert 1_000_000 < len(page_of(clip).encode()) < 3_000_000


# Faults


def test_missing_and_damaged_frames_are_told_and_not_measured(tmp_path):
    clip = store(begin(tmp_path / "clip", 8), [noise(seed) for seed in range(8)])
    for frame in (2, 3):
        clip.frame_path(frame).unlink()
    whole = clip.frame_path(5).read_bytes()
    clip.frame_path(5).write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    report = report_of(clip)
    assert [(part.first, part.last) for part in report.faults] == [(2, 3), (5, 5)]
    assert [frame.frame for frame in report.measured] == [0, 1, 4, 6, 7]
    page = write_page(report)
    assert "frames 2 to 3: missing" in page
    assert "frame 5: other bytes than the journal&#39;s" in page
    assert "No faults" not in page


def test_a_frame_of_another_size_is_not_measured(tmp_path):
    clip = store(begin(tmp_path / "clip", 2), [noise(1), noise(2, 32, 32)])
    assert [frame.frame for frame in report_of(clip).measured] == [0]


def test_a_missing_start_image_is_told(tmp_path):
    clip = store(begin(tmp_path / "clip", 1), [noise(1)])
    clip.start_path.unlink()
    report = report_of(clip)
    assert report.measured[0].contrast is None
    assert "start.png: missing or damaged" in write_page(report)


def test_a_sound_clip_has_no_faults(rendered):
    page = page_of(open_clip(rendered))
    assert "No faults. The bytes of 6 frames" in page


def test_absurd_numbers_and_torn_lines_in_the_journal_are_left_out(tmp_path):
    clip = store(begin(tmp_path / "clip", 4), [noise(seed) for seed in range(4)])
    values = {0: float("nan"), 1: float("inf"), 2: 10**400, 3: 7.0}
    rewrite_journal(clip, lambda line: line | {"objective": values[line["frame"]]})
    with (clip.path / "journal.jsonl").open("a") as file:
        file.write('{"frame": 4000000000, "sha256": "", "bytes": 1, "seconds": 1, "objective": 1, ')
        file.write('"engine": "", "nudge": "beyond the end"}\n{"frame": 3, "nudge": ')
    report = report_of(clip)
    assert dict(report.objective) == {3: 7.0}
    assert report.nudges == ()
    assert "Objective" in write_page(report)


# The guard, the engines, the recipe


def test_what_the_guard_did_is_shown_by_stretches(tmp_path):
    clip = store(begin(tmp_path / "clip", 6), [noise(seed) for seed in range(6)])
    strengths = {1: 0.1, 2: 0.9, 3: 0.1}

    def nudged(line: dict[str, object]) -> dict[str, object]:
        strength = strengths.get(line["frame"])
        return line if strength is None else line | {"nudge": f"two-cycle: noise, strength {strength}"}

    rewrite_journal(clip, nudged)
    (nudge,) = report_of(clip).nudges
    assert (nudge.first, nudge.last, nudge.text) == (1, 3, "two-cycle: noise, strength 0.9")
    page = page_of(clip)
    assert "frames 1 to 3" in page
    assert 'fill="var(--band)"' in page


def test_where_the_camera_looked_is_drawn(tmp_path):
    clip = store(begin(tmp_path / "clip", 2, zoom=1.0), [noise(1), noise(2)])
    assert "Target across" not in page_of(clip)
    rewrite_journal(clip, lambda line: line | {"target": [0.25, 0.75]})
    page = page_of(clip)
    assert "Target across over 2 frames: from 0.250 to 0.250" in page
    assert "Target down over 2 frames: from 0.750 to 0.750" in page


def test_each_engine_is_told_with_its_frames(tmp_path):
    clip = store(begin(tmp_path / "clip", 5), [noise(seed) for seed in range(5)])
    rewrite_journal(clip, lambda line: line | {"engine": "torch" if line["frame"] < 3 else "caffe"})
    assert "torch (frames 0 to 2); caffe (frames 3 to 4)" in page_of(clip)


def test_moving_tracks_are_drawn_and_the_recipe_stands_in_full(tmp_path):
    clip = begin(tmp_path / "clip", 30, zoom="1.02 + 0.01*sin(t)")
    page = page_of(clip)
    assert "1.02 + 0.01*sin(t)" in page
    assert "camera.zoom over 30 frames" in page
    assert f"model_sha256 = &#34;{'0' * 64}&#34;" in page


def test_a_forks_tracks_and_recipe_are_told_take_by_take(rendered, tmp_path):
    fork = tmp_path / "fork"
    quickly("fork", rendered, "-o", fork, "--at", 4, "--zoom", "1.3")
    report = report_of(open_clip(fork))
    (zoom,) = (track for track in report.tracks if track.name == "camera.zoom")
    assert [frame for frame, _ in zoom.points] == list(range(6))
    assert zoom.values[4:] == (1.3, 1.3)
    assert max(zoom.values[:4]) < 1.3
    assert zoom.about.endswith("; from frame 4: 1.3")
    assert "Earlier frames follow the recipes in before-000004." in write_page(report)


# Safety


def test_what_cannot_be_seen_or_turns_text_around_is_replaced(tmp_path):
    clip = store(begin(tmp_path / "clip", 1), [noise(1)])
    rewrite_journal(clip, lambda line: line | {"engine": "a\u202eb\x00c"})
    (clip.path / "recipe.toml").write_text("# \x1b[0m\n\tkept\n")
    page = page_of(clip)
    assert r"<dd>a\u202eb\x00c</dd>" in page
    assert "<code># \\x1b[0m\n\tkept\n</code>" in page


def test_hostile_names_stay_text(tmp_path):
    folder = tmp_path / HOSTILE.replace("/", "\u2215") if os.name != "nt" else tmp_path / "clip"
    clip = store(begin(folder, 2), [noise(1), noise(2)])
    rewrite_journal(clip, lambda line: line | {"engine": HOSTILE, "nudge": HOSTILE})
    model = replace(clip.recipe.model, name=HOSTILE)
    clip = replace(clip, frozen=replace(clip.frozen, recipe=replace(clip.recipe, model=model)))
    (clip.path / "recipe.toml").write_text(f"# </code></pre>{HOSTILE}\n")
    elements = Addresses(page_of(clip)).elements
    assert elements.count("script") == 1
    assert elements.count("pre") == 1


def test_the_page_asks_for_nothing_but_the_video(rendered):
    page = page_of(open_clip(rendered))
    outside = {each for each in Addresses(page).found if not each.startswith(("data:", "#"))}
    assert outside == {"clip.mp4"}
    assert not re.search(r"url\(|@import|https?://", page)


@pytest.mark.parametrize(
    ("place", "address"), [("a.html", "javascript%3Ax/clip.mp4"), ("in/b.html", "../javascript%3Ax/clip.mp4")]
)
@pytest.mark.skipif(os.name == "nt", reason="no colons in names there")
def test_the_videos_address_is_a_path_whatever_the_folder_is_called(tmp_path, place, address):
    clip = begin(tmp_path / "javascript:x", 1)
    clip.video_path.write_bytes(b"video")
    video = gather(clip, tmp_path / place, NOW).video
    assert video is not None
    assert video.address == address


# The command


def written(clip: Path) -> dict[Path, int]:
    """When each of a clip's own files was written."""
    files = (path for path in clip.rglob("[!.]*") if path.is_file() and path.suffix != ".html")
    return {path: path.stat().st_mtime_ns for path in files}


def test_report_writes_a_page_into_the_clip_and_leaves_the_rest_alone(rendered):
    before = written(rendered)
    done = dreamzoom("report", rendered)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert (rendered / "report.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert written(rendered) == before
    assert dreamzoom("report", rendered).returncode == 0


def test_another_file_is_not_overwritten_unasked(rendered, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("mine")
    refused = dreamzoom("report", rendered, "-o", page)
    assert refused.returncode == 2
    assert "--force" in refused.stderr
    assert page.read_text() == "mine"
    assert dreamzoom("report", rendered, "-o", page, "--force").returncode == 0


@pytest.mark.parametrize("name", ["clip.mp4", "recipe.toml", "page"])
def test_a_page_must_be_called_html(rendered, name):
    refused = dreamzoom("report", rendered, "-o", rendered / name, "-y")
    assert refused.returncode == 2
    assert ".html" in refused.stderr


def test_a_folder_without_a_clip_is_refused(tmp_path):
    refused = dreamzoom("report", tmp_path)
    assert refused.returncode == 2
    assert "holds no clip" in refused.stderr


@pytest.mark.skipif(as_root(), reason="permissions mean nothing to root")
def test_a_read_only_clip_is_told_in_one_line(rendered, tmp_path):
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    refused = dreamzoom("report", rendered, "-o", locked / "a.html")
    assert refused.returncode == 1
    assert "no permission" in refused.stderr
