"""What has become ready or has failed is said on the page, with the way to it, in a real browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from dreamzoom.studio.library.items import item_id
from dreamzoom.studio.queue.waiting import WaitingList
from support.clips import SMALL, render_here, start
from support.studio import RunningStudio, studio, visit

HIDE = """(state) => {
  Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[RunningStudio]:
    folder = tmp_path_factory.mktemp("house")
    render_here(folder / "sky", "noise", frames=2)
    with studio(folder) as running:
        yield running


@pytest.fixture
def page(house, chromium) -> Iterator[Page]:
    with visit(chromium, house) as seen:
        yield seen.page
        assert seen.complaints == []


def put(house: RunningStudio, title: str, *words: object, target: str = "") -> str:
    """Put a job into the queue, as another window does."""
    waiting = WaitingList(house.folder / ".studio/queue")
    return waiting.add(title, tuple(map(str, words)), target).id


def told(page: Page, title: str):
    return page.get_by_role("status", name="Ready").locator(".parcel", has_text=title)


def test_a_render_that_is_done_is_told_and_shown(page, house):
    page.locator(".card", has_text="sky").click()
    put(house, "Render sea", "render", "noise", "--out", "sea", "--frames", 3, *SMALL, target="sea")
    notice = told(page, "Render sea")
    expect(notice).to_contain_text(re.compile(r"Ready"))
    notice.get_by_role("button", name="Show: Render sea").click()
    expect(page.locator(f".card[data-id='{item_id(Path('sea'))}']")).to_have_class(re.compile("is-chosen"))
    expect(notice).to_have_count(0)


def test_a_delivery_that_is_done_is_told_and_plays(page, house):
    out = "delivered/sky.mp4"
    (house.folder / "delivered").mkdir(exist_ok=True)
    put(house, "sky as MP4", "stitch", "./sky", "--out", f"./{out}", target=out)
    told(page, "sky as MP4").get_by_role("button", name="Show: sky as MP4").click()
    expect(page.locator("video.video")).to_have_attribute("src", f"/api/items/{item_id(Path(out))}/video")


def test_what_fails_says_why_and_stays_until_it_is_tried_again(page, house):
    job = put(
        house, "Render none", "render", "none.png", "--out", "none", "--frames", 2, *SMALL, target="none"
    )
    notice = told(page, "Render none")
    expect(notice).to_contain_text("none.png: there is no such file")
    notice.get_by_role("button", name="Queue: Render none").click()
    expect(page.get_by_role("tab", name="Queue")).to_have_attribute("aria-selected", "true")
    (house.folder / "none.png").write_bytes((house.folder / "sky/start.png").read_bytes())
    notice.get_by_role("button", name="Try again: Render none").click()
    expect(notice).to_contain_text("Ready")
    assert WaitingList(house.folder / ".studio/queue").find(job).title == "Render none"
    assert (house.folder / "none/frames/000001.png").is_file()


def test_a_hidden_window_tells_it_in_its_title(page, house):
    name = page.title()
    page.evaluate(HIDE, "hidden")
    put(house, "Report about sky", "report", "./sky", target="sky")
    expect(page).to_have_title(f"Report about sky: ready · {name}")
    put(house, "Stitch nothing", "stitch", "./nothing", target="")
    expect(page).to_have_title(f"(2) Stitch nothing: failed · {name}")
    page.evaluate(HIDE, "visible")
    expect(page).to_have_title(name)
    with page.context.expect_page() as coming:
        told(page, "Report about sky").get_by_role("link", name="Open: Report about sky").click()
    coming.value.wait_for_load_state()
    assert coming.value.url.endswith(f"/api/items/{item_id(Path('sky'))}/report")
    coming.value.close()


def test_a_clip_that_a_terminal_renders_is_told_and_what_was_there_is_not(page, house):
    expect(page.get_by_role("status", name="Ready").locator(".parcel")).to_have_count(0)
    with start("render", "noise", "--out", house.folder / "hill", "--frames", 12, *SMALL) as process:
        expect(told(page, "hill")).to_contain_text("Ready")
        process.communicate()
    assert process.returncode == 0
    told(page, "hill").get_by_role("button", name="Show: hill").click()
    expect(page.locator(f".card[data-id='{item_id(Path('hill'))}']")).to_have_class(re.compile("is-chosen"))
