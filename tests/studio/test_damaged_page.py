"""What is damaged, in a real browser: the page offers to go on only where the command would."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from support.clips import quickly, render_here
from support.studio import studio, visit

BOARD = """
[film]
size = "64x48"
fps = 10

[dream]
octaves = 1
iterations = 1
layer = "fire2/concat"

[[scene]]
image = "red.png"
length = 0.3

[[scene]]
transition = "dream"
length = 0.3
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio with a clip and a film, each of which lacks a frame, a folder in another one's place."""
    folder = tmp_path_factory.mktemp("damaged")
    Image.new("RGB", (64, 48), (200, 30, 30)).save(folder / "red.png")
    (folder / "story.toml").write_text(BOARD)
    quickly("film", folder / "story.toml", "-o", folder / "night")
    render_here(folder / "sky", folder / "red.png", frames=3)
    for clip in (folder / "sky", folder / "night/scenes/01-red"):
        (clip / "frames/000002.png").unlink()
        (clip / "frames/000001.png").unlink()
        (clip / "frames/000001.png").mkdir()
    with studio(folder) as running:
        yield running


@pytest.fixture(scope="module")
def page(house, chromium):
    """Its page."""
    with visit(chromium, house) as seen:
        yield seen.page
        assert [each for each in seen.complaints if "404" not in each] == []  # of the frames that are gone


@pytest.mark.parametrize(("name", "place"), [("sky", "sky"), ("night", "night/scenes/01-red")])
def test_go_on_is_offered_once_what_is_in_the_way_was_moved_away(page, house, name, place):
    title = page.locator(".title")
    page.locator(".gallery").get_by_text(name, exact=True).click()
    expect(title.get_by_role("heading", name=name)).to_be_visible()
    expect(title.get_by_text("damaged", exact=True)).to_be_visible()
    expect(title.get_by_role("button", name="Go on")).to_have_count(0)
    title.locator(".faults summary").click()
    told = title.get_by_text("000001.png is no plain file: move it away, frame 1 belongs there")
    expect(told).to_be_visible()
    (house.folder / place / "frames/000001.png").rmdir()
    expect(title.get_by_role("button", name="Go on")).to_be_visible()
    title.get_by_role("button", name="Go on").click()
    expect(title.get_by_text("done", exact=True)).to_be_visible(timeout=60_000)
    expect(title.get_by_role("button", name="Go on")).to_have_count(0)
