"""The queue in a real browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from dreamzoom.studio.queue.waiting import WaitingList
from support.clips import SMALL
from support.studio import PHONE, studio, until, visit


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    with studio(tmp_path_factory.mktemp("studio")) as house:
        yield house


@pytest.fixture
def page(chromium, house):
    with visit(chromium, house) as seen:
        seen.page.get_by_role("tab", name="Queue").click()
        yield seen.page
        assert seen.complaints == []


def queue_of(house) -> WaitingList:
    return WaitingList(house.folder / ".studio/queue")


def put(house, name: str) -> str:
    words = ("render", "clouds", "--out", name, "--frames", "3000", *SMALL)
    return queue_of(house).add(f"Render {name}", words, name).id


def waiting_names(page) -> list[str]:
    return page.locator(".job.waiting .job-title").all_inner_texts()


def names_on_disk(house) -> list[str]:
    return [job.title for job in queue_of(house).jobs() if queue_of(house).state(job) == "waiting"]


def test_an_empty_queue_says_what_it_is_for(page):
    expect(page.locator(".queue")).to_contain_text("Nothing is waiting.")
    expect(page.locator(".queue-chip")).to_have_count(0)


def test_a_render_is_seen_stopped_and_gone_on_with(page, house):
    put(house, "sky")
    job = page.locator(".job.is-running")
    expect(job).to_contain_text(re.compile(r"\d+ of 3000 frames"))
    expect(job.get_by_role("progressbar")).to_have_attribute(
        "aria-valuetext", re.compile(r"\d+ of 3000 frames")
    )
    expect(page.locator(".queue-chip")).to_contain_text("Render sky, ")
    job.get_by_role("button", name="Stop: Render sky").click()
    past = page.locator(".job.past")
    expect(past).to_contain_text("stopped")
    past.get_by_role("button", name="What it said").click()
    expect(past.locator(".log")).to_contain_text("go on with: dreamzoom resume sky")
    past.get_by_role("button", name="Go on: Render sky").click()
    expect(page.locator(".job.is-running")).to_contain_text("Render sky")
    page.get_by_role("button", name="Stop: Render sky").click()
    expect(past).to_contain_text("stopped")
    past.get_by_role("button", name="Remove from the list").click()
    expect(past).to_have_count(0)
    assert (house.folder / "sky").is_dir()


def test_what_waits_is_moved_by_dragging_and_by_keys(page, house, chromium):
    with house.client() as client:
        client.post("/api/queue/pause")
    for name in ("one", "two", "three"):
        queue_of(house).add(name, ("guide", name))
    expect(page.locator(".job.waiting")).to_have_count(3)
    expect(page.locator(".queue")).to_contain_text("Paused: nothing begins until you go on.")
    handle, target = (page.locator(".job.waiting .handle").nth(place) for place in (2, 0))
    handle.hover()
    page.mouse.down()
    box = target.bounding_box()
    page.mouse.move(box["x"] + 5, box["y"] + 20, steps=5)
    page.mouse.move(box["x"] + 5, box["y"] + 2, steps=3)
    assert waiting_names(page) == ["three", "one", "two"]
    page.mouse.up()
    until(lambda: names_on_disk(house) == ["three", "one", "two"])
    page.locator(".job.waiting .handle").first.focus()
    page.keyboard.press("Alt+ArrowDown")
    until(lambda: names_on_disk(house) == ["one", "three", "two"])
    expect(page.locator("[data-job] .handle").nth(1)).to_be_focused()
    page.keyboard.press("Alt+ArrowDown")
    until(lambda: names_on_disk(house) == ["one", "two", "three"])
    expect(page.locator(".queue [aria-live]")).to_have_text("three: 3 of 3")
    with visit(chromium, house, PHONE) as other:
        other.page.get_by_role("button", name="Queue: 3 waiting · paused").click()
        assert waiting_names(other.page) == ["one", "two", "three"]
        for name in ("one", "two", "three"):
            other.page.get_by_role("button", name=f"Remove from the list: {name}").click()
        expect(page.locator(".job.waiting")).to_have_count(0)
    page.get_by_role("button", name="Go on with the list").click()
    expect(page.locator(".queue")).to_contain_text("Nothing is waiting.")


def test_a_failure_says_why_and_can_be_tried_again(page, house):
    job = queue_of(house).add("Read of moons", ("guide", "moons"))
    record = queue_of(house).record(job)
    past = page.locator(".job.past")
    expect(past).to_contain_text("the guide has no page 'moons'")
    expect(page.locator(".queue-chip")).to_contain_text("1 failed")
    before = record.ended()
    past.get_by_role("button", name="Try again: Read of moons").click()
    until(lambda: record.ended() and record.ended() != before)
    expect(past).to_contain_text("failed")
    page.get_by_role("button", name="Clear").click()
    expect(past).to_have_count(0)
