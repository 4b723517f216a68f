"""Two films compared in a real browser: their pictures, and their storyboards' difference scene by scene."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from support.clips import quickly
from support.studio import studio, until, visit

BOARD = """\
[film]
size = "160x90"
fps = 4
preset = "classic"
[dream]
octaves = 1
iterations = 1
layer = "fire2/concat"
[[scene]]
image = "../material/red.png"
length = 1
[[scene]]
image = "../material/blue.png"
length = 0.5
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio of two films: the other one has a green scene between, and a blue one that zooms."""
    folder = tmp_path_factory.mktemp("apart")
    (folder / "material").mkdir()
    for channel, name in enumerate(("red", "green", "blue")):
        grain = np.random.default_rng(channel).integers(0, 99, (90, 160, 3), dtype=np.uint8)
        grain[..., channel] += 120
        Image.fromarray(grain).save(folder / f"material/{name}.png")
    blue = '[[scene]]\nimage = "../material/blue.png"'
    green = blue.replace("blue", "green")
    other = BOARD.replace(blue, f"{green}\nlength = 0.5\n{blue}") + "camera.zoom = 1.05\n"
    for name, text in (("one", BOARD), ("other", other)):
        (folder / name / "scenes").mkdir(parents=True)
        (folder / name / "storyboard.toml").write_text(text)
        quickly("film", folder / name)
    with studio(folder) as running, running.client() as client:
        running.http = client
        running.ids = {each["name"]: each["id"] for each in client.get("/api/library").json()["items"]}
        yield running


def test_their_storyboards_are_told_apart_scene_by_scene_beside_the_pictures(house, chromium):
    with visit(chromium, house) as seen:
        page = seen.page
        page.locator(f'.card[data-id="{house.ids["one"]}"] .open').click()
        page.get_by_role("tab", name="Takes").click()
        page.get_by_label("With").select_option(house.ids["other"])
        rows = page.get_by_role("list", name="Scenes side by side").locator("> li")
        expect(rows.locator("h3")).to_have_text(["Scene 1", "Scene 2 of other alone", "Scene 2, there 3"])
        expect(rows.nth(0)).to_contain_text("the same")
        expect(rows.nth(0).locator("img")).to_have_count(2)
        expect(rows.nth(1).locator(".empty")).to_have_text(["not there"])
        expect(rows.nth(2).locator("tbody tr")).to_have_text(["camera.zoomnone1.05"])
        expect(page.get_by_text("2 of 3 scenes differ in the storyboard.")).to_be_visible()
        page.get_by_role("button", name="Go to scene 2").click()
        expect(page.locator(".compare canvas")).to_have_attribute("data-frame", "4")
        pictures = "[...document.querySelectorAll('.pairs img')].filter((each) => each.naturalWidth > 0)"
        until(lambda: page.evaluate(f"{pictures}.length") == 5)
        assert seen.complaints == []


def test_a_change_of_a_storyboard_is_seen_at_once(house, chromium):
    storyboard = house.folder / "one/storyboard.toml"
    with visit(chromium, house) as seen:
        page = seen.page
        page.locator(f'.card[data-id="{house.ids["one"]}"] .open').click()
        page.get_by_role("tab", name="Takes").click()
        page.get_by_label("With").select_option(house.ids["other"])
        row = page.get_by_role("list", name="Scenes side by side").locator("> li").first
        expect(row).to_contain_text("the same")
        storyboard.write_text(BOARD.replace("length = 1\n", "length = 1\nseed = 5\n"))
        try:
            expect(row.locator("tbody tr")).to_have_text(["Seed5none"])
        finally:
            storyboard.write_text(BOARD)


def test_a_film_is_compared_with_a_film_alone(house):
    told = house.http.get("/api/compare", params={"one": house.ids["one"], "other": house.ids["red.png"]})
    assert told.status_code == 400
    assert "two films" in told.json()["error"]
