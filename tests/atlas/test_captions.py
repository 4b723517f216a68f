"""Words beside pictures, and the contact sheet's pages."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from dreamzoom.atlas.captions import GROUND, fitting, font_of, strip_height, with_caption
from dreamzoom.atlas.sheet import Heading, contact_pages, encode_page, miniature
from dreamzoom.atlas.tour import seconds_each


@pytest.mark.parametrize("room", [20, 60, 90, 400])
def test_a_title_fits_and_keeps_both_its_ends(room):
    font, title = font_of(12), "inception_4c/5x5_reduce"
    shown = fitting(title, font, room)
    assert font.getlength(shown) <= room
    if room == 400:
        assert shown == title
    elif room >= 60:
        first, last = shown.split("…")
        assert title.startswith(first)
        assert title.endswith(last)


@pytest.mark.parametrize("size", [(64, 48), (321, 181), (1024, 575), (4000, 3000)])
def test_a_strip_is_in_proportion_and_makes_the_height_even(size):
    strip = strip_height(*size)
    assert (size[1] + strip) % 2 == 0
    assert 20 <= strip <= 50


def test_a_caption_leaves_the_picture_as_it_is_and_keeps_within_its_strip():
    picture = Image.new("RGB", (300, 100), "white")
    made = np.asarray(with_caption(picture, "conv1", ("64 channels", "150x50 places", "sees 3 px" * 40)))
    assert (made[:100] == 255).all()
    strip = made[100:]
    for edge in (strip[:3], strip[-3:], strip[:, :3], strip[:, -3:]):
        assert (edge == GROUND).all()
    ink = (strip != GROUND).any((0, 2))
    assert ink[:100].any()
    assert ink[200:].any()  # the facts that fit, without the one that does not


@pytest.mark.parametrize(("count", "pages"), [(1, 1), (40, 1), (48, 1), (67, 2), (1001, 21)])
def test_a_sheet_has_every_picture_and_as_many_pages_as_it_needs(count, pages):
    tile = miniature(Image.new("RGB", (64, 36), "white"), "a layer")
    made = list(contact_pages([tile] * count, Heading("squeezenet", ("64x36",))))
    assert len(made) == pages
    shown = [(np.asarray(page)[48:] == 255).all(2).sum() for page in made]
    assert sum(shown) == count * 64 * 36
    assert max(page.width for page in made) <= 1920
    assert encode_page(made[0]).startswith(b"\xff\xd8")


def test_a_picture_is_never_enlarged_on_the_sheet():
    assert miniature(Image.new("RGB", (64, 36)), "").picture.size == (64, 36)
    assert miniature(Image.new("RGB", (1024, 575)), "").picture.width < 320


def test_the_more_there_is_the_shorter_each_is_seen():
    assert seconds_each(10) == seconds_each(60) > seconds_each(200) > seconds_each(1000) == seconds_each(2000)
