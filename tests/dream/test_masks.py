"""Masks against closed forms: gradients, circles, colours, words, and what a camera's motion makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont

from dreamzoom.camera.similarity import Similarity, camera_motion
from dreamzoom.dream.masks import (
    antialiased,
    bright_mask,
    colour_mask,
    disc,
    fade_from,
    finish,
    glow,
    in_bands,
    picture_mask,
    places,
    seen_mask,
)
from dreamzoom.errors import PictureError
from dreamzoom.pictures.colour_spaces import oklab
from dreamzoom.pictures.words import draw_words

SIZE = (64, 48)  # width and height
HERE = places(SIZE, Similarity())


def test_a_gradient_falls_evenly_from_its_side() -> None:
    mask = fade_from("top", HERE, SIZE, 0.5)
    assert mask.shape == (48, 64)
    rows = np.clip(1 - (np.arange(48) + 0.5) / 24, 0, 1)
    np.testing.assert_allclose(mask, np.repeat(rows[:, None], 64, 1), atol=1e-6)
    np.testing.assert_array_equal(fade_from("bottom", HERE, SIZE, 0.5), mask[::-1])
    across = fade_from("left", HERE, SIZE, 1.0)
    np.testing.assert_allclose(across[0], 1 - (np.arange(64) + 0.5) / 64, atol=1e-6)
    np.testing.assert_allclose(fade_from("right", HERE, SIZE, 1.0), across[:, ::-1], atol=1e-6)


def test_circles_have_the_area_and_the_height_that_geometry_says() -> None:
    middle = complex(31.5, 23.5)
    assert disc(HERE, middle, 15).sum() == pytest.approx(np.pi * 15**2, rel=0.005)
    cone = glow(HERE, middle, 15)
    assert cone.sum() == pytest.approx(np.pi * 15**2 / 3, rel=0.005)
    assert glow(HERE, 31 + 23j, 15)[23, 31] == 1


def test_a_mask_moves_as_the_camera_does() -> None:
    """A circle about c of radius r is after z -> f z + d the circle about f c + d of radius |f| r."""
    motion = camera_motion(SIZE, zoom=1.1, rotate=7, pan=(0.01, -0.02), target=(0.4, 0.6))
    whole = motion.then(motion).then(motion)
    moved = disc(places(SIZE, whole.inverse()), 30 + 20j, 8)
    expected = disc(HERE, whole(30 + 20j), abs(whole.factor) * 8)
    # Its rim, a pixel wide before the motion, is |f| pixels wide after it.
    assert np.abs(moved - expected).max() < 0.5 * (1 - 1 / abs(whole.factor)) + 1e-5
    drawn = disc(HERE, 30 + 20j, 8)
    sampled = picture_mask(drawn, places(SIZE, whole.inverse()))
    assert np.abs(sampled - expected).mean() < 0.01


def test_a_picture_that_is_moved_by_whole_pixels_is_that_picture_and_its_border_goes_on() -> None:
    picture = np.random.default_rng(0).random((48, 64)).astype(np.float32)
    moved = picture_mask(picture, places(SIZE, Similarity(1, 5 + 3j).inverse()))
    np.testing.assert_array_equal(moved[3:, 5:], picture[:-3, :-5])
    np.testing.assert_array_equal(moved[:3, 5:], np.repeat(picture[:1, :-5], 3, 0))


def test_a_mask_in_bands_is_the_mask_and_one_made_smaller_is_smooth() -> None:
    tall, source = (8, 600), camera_motion((8, 600), zoom=1.2, rotate=3)
    whole = disc(places(tall, source), 4 + 300j, 200)
    np.testing.assert_array_equal(in_bands(lambda where: disc(where, 4 + 300j, 200), tall, source), whole)
    stripes = np.tile(np.array([0, 1], np.float32), (8, 32))  # at half the size they are grey
    np.testing.assert_allclose(antialiased(stripes, 4)[:, 8:-8], 0.5, atol=0.02)
    assert antialiased(stripes, 1) is stripes


def test_bright_and_coloured_parts_are_found() -> None:
    planes = np.full((3, *HERE.shape), 20, np.float32)
    planes[:, :, 32:] = np.array((90, 140, 230), np.float32)[:, None, None]  # a sky to the right
    bright = bright_mask(planes, 0.3, 0)
    assert (bright[:, :32] == 0).all()
    assert (bright[:, 32:] == 1).all()
    sky = colour_mask(planes, (120, 165, 240), 0.1, 0)  # a paler blue
    assert (sky[:, :32] == 0).all()
    assert (sky[:, 32:] == 1).all()
    assert not colour_mask(planes, (240, 165, 120), 0.1, 0).any()


def test_oklab_is_ottossons() -> None:
    """White is (1, 0, 0), and red what CSS Color 4 has: (0.62796, 0.22486, 0.12585)."""
    colours = oklab(np.array([[255, 255], [255, 0], [255, 0]], np.float32).reshape(3, 1, 2))
    np.testing.assert_allclose(colours[:, 0, 0], (1, 0, 0), atol=1e-4)
    np.testing.assert_allclose(colours[:, 0, 1], (0.62796, 0.22486, 0.12585), atol=1e-4)


def test_what_a_network_sees_is_where_its_saliency_is() -> None:
    saliency = np.zeros((6, 8), np.float32)
    saliency[1, 6] = 3
    mask = seen_mask(saliency, SIZE, 0)
    assert mask[12, 52] == 1
    assert mask[40:].max() == 0
    assert not seen_mask(np.zeros((6, 8), np.float32), SIZE, 2).any()


def test_a_border_is_softened_by_a_gaussian_and_ends() -> None:
    step = np.zeros((48, 64), np.float32)
    step[:, 32:] = 1
    soft = finish(step, 2.0, is_inverted=False)
    assert soft[24, 31] == pytest.approx(1 - soft[24, 32], abs=1e-3)  # it is symmetric about the border
    slope = (soft[24, 32] - soft[24, 31]) * np.sqrt(2 * np.pi) * 2
    assert slope == pytest.approx(1, rel=0.02)  # a blurred step's slope is the Gaussian at its middle
    assert (soft[:, : 32 - 9] == 0).all()
    np.testing.assert_allclose(finish(step, 2.0, is_inverted=True), 1 - soft, atol=2 / 512)


def test_a_word_is_drawn_to_its_width() -> None:
    picture = draw_words("", "HELLO", 300)
    ink = np.asarray(picture.convert("L")) > 127
    columns = np.flatnonzero(ink.any(0))
    assert abs(columns[-1] - columns[0] + 1 - 300) < 15
    assert not ink[:2].any()
    # Letters stand apart: between five letters there are four gaps of blank columns.
    blank = ~ink[:, columns[0] : columns[-1]].any(0)
    assert np.count_nonzero(np.diff(blank.astype(int)) == 1) == 4


def test_several_lines_of_words_stand_one_below_the_other() -> None:
    for font in ("", "inter"):
        ink = np.asarray(draw_words(font, "HELLO\nYOU", 300).convert("L")) > 127
        rows, columns = np.flatnonzero(ink.any(1)), np.flatnonzero(ink.any(0))
        assert abs(columns[-1] - columns[0] + 1 - 300) < 15
        assert np.count_nonzero(np.diff(rows) > 5) == 1  # a gap between two lines
        below = np.flatnonzero(ink[rows[0] + np.argmax(np.diff(rows) > 5) + 5 :].any(0))
        assert abs((below[0] + below[-1]) - (columns[0] + columns[-1])) < 8  # each in the middle


def test_what_pillows_font_lacks_is_drawn_with_the_shipped_one() -> None:
    assert draw_words("", "Été", 200).tobytes() == draw_words("inter", "Été", 200).tobytes()


@pytest.mark.parametrize(
    ("text", "font", "words"),
    [
        ("HELLO", "no.ttf", "there is no such file"),
        ("HELLO", __file__, "is no font that can be read"),
        ("日", "", "the built-in font has no '日'"),
        ("  ", "", "nothing can be seen"),
    ],
)
def test_a_word_that_cannot_be_drawn_is_refused(text: str, font: str, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        draw_words(font, text, 100)


def test_a_font_of_ones_own_draws_what_it_has(tmp_path: Path) -> None:
    font = tmp_path / "mine.ttf"
    font.write_bytes(ImageFont.load_default(10).font_bytes)
    thin, bold = draw_words(str(font), "HELLO", 200), draw_words("", "HELLO", 200)
    assert abs(thin.width - bold.width) < 15
    assert np.asarray(thin).mean() < 0.8 * np.asarray(bold).mean()  # only the built-in one is widened
