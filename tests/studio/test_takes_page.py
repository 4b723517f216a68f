"""Takes and comparing, in a real browser: two takes on one stage, one playhead."""

from __future__ import annotations

import pytest
from PIL import Image
from playwright.sync_api import expect

from support.clips import quickly, render_here
from support.studio import studio, until, visit


@pytest.fixture(scope="module")
def page(tmp_path_factory, chromium):
    """The page of a studio with a clip and a take of it from frame 2, the take on the stage."""
    folder = tmp_path_factory.mktemp("takes")
    render_here(folder / "sky", "noise", "--zoom", "1.02", frames=5)
    quickly("fork", folder / "sky", "--at", 2, "-o", folder / "sky-take-2", "--set", "camera.zoom=1.4")
    render_here(folder / "square", "grey", "--size", "64x64", frames=1)
    (folder / "material").mkdir()
    Image.new("RGB", (64, 36), "navy").save(folder / "material/night.png")
    with studio(folder) as house, visit(chromium, house) as seen:
        seen.page.locator(".gallery").get_by_text("sky-take-2", exact=True).click()
        seen.page.get_by_role("tab", name="Takes").click()
        yield seen.page
        assert seen.complaints == []


def drawn(page):
    """Whether the two are drawn at a frame."""
    return page.locator(".compare canvas[data-frame]")


def colours(page):
    """What is drawn in the middle of the left half and of the right one."""
    return page.evaluate(
        """() => {
            const shown = document.querySelector(".compare canvas");
            const canvas = new OffscreenCanvas(shown.width, shown.height);
            const context = canvas.getContext("2d", { willReadFrequently: true });
            context.drawImage(shown, 0, 0);
            const row = context.getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1).data;
            return [0.3, 0.7].map((at) => [...row.slice(4 * Math.floor(at * canvas.width)).slice(0, 3)]);
        }"""
    )


def seek(page, frame):
    page.evaluate("async (frame) => (await import('/static/js/state.js')).seek(frame)", frame)
    expect(page.locator(f".compare canvas[data-frame='{frame}']")).to_be_visible()


def test_the_takes_are_a_tree_with_the_frame_of_each_fork(page):
    tree = page.locator(".tree")
    expect(tree.locator("li")).to_have_count(2)
    expect(tree.locator("li li")).to_contain_text("from frame 2")
    expect(tree.locator("li li .pick")).to_have_attribute("aria-pressed", "true")


def test_two_takes_are_wiped_with_one_playhead_and_their_recipes_are_told_apart(page):
    page.keyboard.press("c")
    expect(drawn(page)).to_be_visible()
    expect(page.locator(".apart tbody tr")).to_have_count(1)
    expect(page.locator(".apart tbody")).to_contain_text("Zoom1.41.02")
    seek(page, 1)
    expect(page.locator(".unlike")).to_contain_text("the same picture")
    seek(page, 4)
    expect(page.locator(".unlike")).to_contain_text("of the picture differs")
    page.get_by_role("button", name="Go there").click()
    expect(page.locator(".compare canvas[data-frame='2']")).to_be_visible()


def test_the_divider_goes_by_the_mouse_and_by_keys(page):
    divider = page.get_by_role("slider", name="Divider")
    box = page.locator(".compare").bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] / 2, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.9, middle, steps=3)
    page.mouse.up()
    assert int(divider.get_attribute("aria-valuenow")) > 80
    divider.focus()
    page.keyboard.press("Home")
    expect(divider).to_have_attribute("aria-valuenow", "0")
    page.keyboard.press("PageUp")
    expect(divider).to_have_attribute("aria-valuenow", "10")
    page.locator("h1").click()


def test_the_difference_of_shared_frames_is_black_and_of_others_not(page):
    page.get_by_role("button", name="Difference").click()
    seek(page, 1)
    expect(page.locator(".unlike")).to_contain_text("the same picture")
    assert colours(page) == [[0, 0, 0], [0, 0, 0]]
    seek(page, 4)
    expect(page.locator(".unlike")).to_contain_text("differs")
    assert colours(page) != [[0, 0, 0], [0, 0, 0]]


def test_the_two_change_places_at_the_same_frame(page):
    page.get_by_role("button", name="Side by side").click()
    expect(page.locator(".compare .label").first).to_have_text("sky-take-2")
    page.locator("h1").click()
    page.keyboard.press("x")
    expect(page.locator(".compare .label").first).to_have_text("sky")
    expect(page.locator(".compare canvas[data-frame='4']")).to_be_visible()
    page.keyboard.press("c")
    expect(page.locator(".compare")).to_have_count(0)


def right_edge(page):
    """Where what is drawn ends at the right, from the middle on: 1 of a square that fills the height."""
    return page.evaluate(
        """() => {
            const shown = document.querySelector(".compare canvas");
            const canvas = new OffscreenCanvas(shown.width, shown.height);
            const context = canvas.getContext("2d", { willReadFrequently: true });
            context.drawImage(shown, 0, 0);
            const row = context.getImageData(0, Math.floor(canvas.height / 2), canvas.width, 1).data;
            const last = row.findLastIndex((each, at) => at % 4 === 3 && each) / 4;
            return (last - canvas.width / 2) / (canvas.height / 2);
        }"""
    )


def test_one_of_another_shape_is_not_stretched(page):
    page.locator(".gallery").get_by_text("sky", exact=True).click()
    page.locator(".takes select").first.select_option(label="square")
    for name in ("Difference", "Wipe"):
        page.get_by_role("button", name=name).click()
        until(lambda: right_edge(page) == pytest.approx(1, abs=0.01))
    page.get_by_role("button", name="Close").click()


def test_a_picture_is_compared_with_nothing(page):
    page.keyboard.press("c")
    expect(page.locator(".compare")).to_have_count(1)
    page.locator(".gallery").get_by_text("night.png", exact=True).click()
    expect(page.locator(".compare")).to_have_count(0)
    expect(page.get_by_role("group", name="night.png")).to_be_visible()
