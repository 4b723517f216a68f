"""The page for everybody: axe-core finds no serious fault in any tab, state or size; dialogs keep the focus
and give it back; all can be reached by the keyboard; texts stand out from what is behind them.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dreamzoom.studio import pages
from support.access import faults
from support.clips import render_here
from support.studio import DESK, LAPTOP, PHONE, studio, visit

TABS = ("Look", "Direct", "Takes", "Film", "Deliver", "Queue")


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("access")
    sky = render_here(folder / "sky", frames=3)
    shutil.copytree(sky, folder / "sky-take-2")
    broken = shutil.copytree(sky, folder / "broken")
    (broken / "start.png").unlink()
    (folder / "material").mkdir()
    shutil.copy(sky / "start.png", folder / "material" / "clouds.png")
    with studio(folder) as house:
        yield house


def choose(page, name):
    page.locator(".card .open", has=page.get_by_text(name, exact=True)).click()


def test_axe_finds_no_serious_fault_in_any_tab(chromium, house):
    with visit(chromium, house, LAPTOP) as seen:
        found = {}
        choose(seen.page, "sky")
        for tab in TABS:
            seen.page.get_by_role("tab", name=tab, exact=True).click()
            seen.page.wait_for_timeout(200)
            found[tab] = faults(seen.page)
        assert {tab: what for tab, what in found.items() if what} == {}


def test_axe_finds_no_serious_fault_in_other_states(chromium, house, tmp_path):
    found = {}
    with visit(chromium, house, DESK) as seen:
        page = seen.page
        for name in ("broken", "clouds.png"):
            choose(page, name)
            found[name] = faults(page)
        page.keyboard.press("?")
        found["help"] = faults(page)
        page.keyboard.press("Escape")
        page.get_by_role("button", name="More for broken").first.focus()
        page.keyboard.press("Enter")
        found["menu"] = faults(page)
    with visit(chromium, house, PHONE) as seen:
        for name in ("Timeline", "Gallery", "Direct"):
            seen.page.locator(".bottom").get_by_role("button", name=name).click()
            found[f"phone, {name}"] = faults(seen.page)
    with studio(tmp_path) as empty, visit(chromium, empty) as seen:
        found["empty"] = faults(seen.page)
    assert {state: what for state, what in found.items() if what} == {}


def test_a_dialog_keeps_the_focus_and_gives_it_back(chromium, house):
    with visit(chromium, house) as seen:
        page = seen.page
        opener = page.get_by_role("button", name="Keys (?)")
        opener.focus()
        page.keyboard.press("Enter")
        expect(page.get_by_role("dialog", name="Keys")).to_be_visible()
        for _ in range(3):
            page.keyboard.press("Tab")
            assert page.evaluate("document.activeElement.closest('dialog, body').tagName") in (
                "DIALOG",
                "BODY",
            )
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
        expect(opener).to_be_focused()


def test_every_control_is_reached_by_tab_has_a_name_and_shows_the_focus(chromium, house):
    seen_ones = []
    with visit(chromium, house) as seen:
        page = seen.page
        choose(page, "sky")
        page.locator("h1").click()
        for _ in range(60):
            page.keyboard.press("Tab")
            seen_ones.append(
                page.evaluate(
                    """() => { const it = document.activeElement; const style = getComputedStyle(it);
                    const name = document.getElementById(it.getAttribute("aria-labelledby"))?.innerText;
                    return [it.tagName,
                            name || it.ariaLabel || it.innerText || it.title || it.labels?.[0]?.innerText,
                            style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0]; }"""
                )
            )
            if seen_ones[-1][0] == "BODY":
                break
    reached = [name for tag, name, _ in seen_ones if tag != "BODY"]
    assert [each for each in seen_ones if each[0] != "BODY" and not each[1]] == []
    assert [name for tag, name, is_shown in seen_ones if tag != "BODY" and not is_shown] == []
    for wanted in ("Frame", "Play (Space)", "Whole screen (F)", "More for sky", "Trash"):
        assert wanted in reached, reached


SMALL_ONES = """(least) => [
    ...document.querySelectorAll("button, a[href], input, select, summary, [role=slider]")]
    .map((it) => [it, it.getBoundingClientRect(), it.closest("label")?.getBoundingClientRect()])
    .filter(([it, box]) => box.width && !it.matches(".hidden, .key"))
    .filter(([, box, hull]) => ["width", "height"]
      .some((way) => Math.max(box[way], hull?.[way] ?? 0) < least - 0.5))
    .map(([it, box]) => `${it.ariaLabel || it.innerText || it.title} ${box.width}x${box.height}`)"""


@pytest.mark.parametrize(("size", "least"), [(LAPTOP, 36), (PHONE, 40)])
def test_what_is_clicked_or_touched_is_large_enough(chromium, house, size, least):
    found = {}
    with visit(chromium, house, size) as seen:
        page, bottom = seen.page, seen.page.locator(".bottom")
        if size == PHONE:
            bottom.get_by_role("button", name="Gallery").click()
        choose(page, "sky")
        if size == PHONE:
            found["gallery"] = page.evaluate(SMALL_ONES, least)
            bottom.get_by_role("button", name="Timeline").click()
        expect(page.locator(".lane .acts").first).to_be_visible()
        found["timeline"] = page.evaluate(SMALL_ONES, least)
        if size == PHONE:
            bottom.get_by_role("button", name="Direct").click()
        for tab in TABS:
            page.get_by_role("tab", name=tab, exact=True).click()
            found[tab] = page.evaluate(SMALL_ONES, least)
    assert {where: what for where, what in found.items() if what} == {}


BORDERS = """() => [...document.querySelectorAll(".panel input[type=text], .panel select")].map((it) => [
    getComputedStyle(it).borderTopColor, getComputedStyle(it.closest(".panel")).backgroundColor])"""


def test_where_a_field_ends_stands_out(chromium, house):
    with visit(chromium, house) as seen:
        choose(seen.page, "sky")
        seen.page.get_by_role("tab", name="Direct", exact=True).click()
        expect(seen.page.locator("#main-camera-zoom")).to_be_visible()
        found = seen.page.evaluate(BORDERS)
    assert len(found) > 5
    ratios = [contrast(*(hexed(colour) for colour in pair)) for pair in found]
    assert min(ratios) >= 3  # what WCAG asks for the edge of a control


def hexed(colour: str) -> str:
    return "#" + "".join(f"{int(part):02x}" for part in re.findall(r"\d+", colour)[:3])


def test_the_colours_of_texts_stand_out():
    css = (Path(pages.STATIC) / "css" / "base.css").read_text()
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", css))
    papers = ("paper", "card", "raised", "night")
    for ink in ("ink", "soft", "accent", "good", "warn", "bad"):
        for paper in papers:
            assert contrast(colours[ink], colours[paper]) >= 4.5, (ink, paper)
    assert contrast(colours["on-accent"], colours["accent"]) >= 4.5


def contrast(one: str, other: str) -> float:
    """The ratio of two colours' luminances, as WCAG has it."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
