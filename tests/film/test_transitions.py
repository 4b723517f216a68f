"""Transitions are ffmpeg's own, with shares that are exact, at any of its names."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dreamzoom.errors import PictureError, RequestError
from dreamzoom.film.mixing import SceneFrames, mix
from dreamzoom.film.transitions import known_transitions, require_transitions

WIDTH, HEIGHT, LASTS = 64, 48, 5
OLD, NEW = np.array((200, 40, 7)), np.array((40, 255, 200))


@pytest.fixture
def scenes(tmp_path):
    """Two scenes of a colour each."""
    stretches = []
    for name, colour in (("old", OLD), ("new", NEW)):
        folder = tmp_path / name
        folder.mkdir()
        for number in range(3, 3 + LASTS):
            Image.new("RGB", (WIDTH, HEIGHT), tuple(map(int, colour))).save(folder / f"{number:06d}.png")
        stretches.append(SceneFrames(folder, 3, LASTS))
    return stretches


def pictures(old, new, kind):
    """A transition's pictures in grey levels, which need not be whole numbers."""
    return [picture / 257 for picture in mix(old, new, kind, LASTS, (WIDTH, HEIGHT))]


def test_a_fade_has_the_same_step_from_frame_to_frame(scenes):
    made = pictures(*scenes, "fade")
    assert len(made) == LASTS
    for number, picture in enumerate(made, 1):
        share = number / (LASTS + 1)
        assert np.abs(picture - ((1 - share) * OLD + share * NEW)).max() < 0.1


def test_a_wipe_stands_where_its_share_says(scenes):
    for number, picture in enumerate(pictures(*scenes, "wipeleft"), 1):
        edge = int(WIDTH * (1 - number / (LASTS + 1)))
        assert (picture[:, : edge + 1] == OLD).all()
        assert (picture[:, edge + 1 :] == NEW).all()


def test_a_scene_that_ends_too_early_stands_still_and_none_is_black(scenes):
    old, new = scenes
    short = pictures(SceneFrames(old.folder, 7, 1), new, "fade")
    assert np.array_equal(short, pictures(old, new, "fade"))
    for number, picture in enumerate(pictures(None, new, "fade"), 1):
        assert np.abs(picture - number / (LASTS + 1) * NEW).max() < 0.1


def test_a_missing_or_damaged_frame_is_named(scenes):
    old, new = scenes
    (new.folder / "000005.png").write_bytes(b"no picture")
    with pytest.raises(PictureError, match=r"000005\.png"):
        pictures(old, new, "fade")
    with pytest.raises(PictureError, match=r"000008\.png"):
        pictures(SceneFrames(old.folder, 7, 3), new, "fade")


def test_what_this_ffmpeg_lacks_is_refused_with_what_it_has():
    assert {"cut", "dream", "fade", "wipeleft", "circleopen", "dissolve"} <= known_transitions()
    assert "custom" not in known_transitions()
    require_transitions(["cut", "dream", "radial"])
    with pytest.raises(RequestError, match=r"'wipeleftt'; did you mean 'wipeleft'.*; nor 'zzz'"):
        require_transitions(["fade", "wipeleftt", "zzz"])
