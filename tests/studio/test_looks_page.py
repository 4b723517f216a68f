"""The Look tab in a real browser, with real previews: a look, a palette, a surprise, a child are chosen."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from support.clips import render_here
from support.studio import LAPTOP, PHONE, studio, visit


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("house")
    render_here(folder / "sky", "--size", "64x36", frames=2)
    with studio(folder) as running:
        yield running


@pytest.fixture
def page(house, chromium):
    with visit(chromium, house, LAPTOP) as seen:
        seen.page.get_by_role("button", name="sky").first.click()
        seen.page.get_by_role("tab", name="Look").click()
        yield seen.page
        assert [line for line in seen.complaints if "favicon" not in line] == []


def card(page, name: str):
    return page.locator(f'[data-look="{name}"]')


def test_looks_come_one_after_another_and_one_is_chosen_by_keyboard(page):
    first = card(page, "bestiary")
    expect(page.get_by_role("status").filter(has_text="0 of 1")).to_be_visible()
    first.hover()  # nothing is made until somebody turns to the looks
    expect(first.locator("img")).to_have_attribute("src", _ends("bestiary.webp"))
    assert first.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)") == 64
    page.get_by_label("Search the looks").hover()
    expect(first.locator("img")).to_have_attribute("src", _ends("bestiary.jpg"))
    expect(page.get_by_role("status").filter(has_text="looks of sky")).to_be_visible()
    first.focus()
    page.keyboard.press("ArrowRight")
    chosen = page.evaluate("document.activeElement.dataset.look")
    assert chosen
    assert chosen != "bestiary"
    page.keyboard.press("Enter")
    expect(card(page, chosen)).to_have_attribute("aria-checked", "true")
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("tab", name="Look").click()
    expect(card(page, chosen)).to_have_attribute("aria-checked", "true")  # the plan is kept


def test_a_surprise_is_drawn_by_its_seed_and_taken(page, house):
    page.get_by_label("Seed").fill("12")
    page.get_by_role("button", name="Again").click()
    made = page.get_by_role("radiogroup", name="Surprises").get_by_role("radio").first
    expect(made).to_contain_text("seed 12")
    expect(made.locator("img")).to_have_count(1)  # it is made before the rest
    made.click()
    expect(made).to_have_attribute("aria-checked", "true")
    assert len(list((house.folder / "material").glob("*.toml"))) == 1


def test_two_looks_have_four_children_to_choose_from(page):
    page.get_by_label("One look").select_option("ink")
    page.get_by_label("The other look").select_option("fur")
    page.get_by_role("button", name="Four children").click()
    born = page.get_by_role("radiogroup", name="Children").get_by_role("radio")
    expect(born).to_have_count(4)
    born.nth(1).click()
    expect(born.nth(1)).to_have_attribute("aria-checked", "true")


def test_a_palette_and_a_clips_own_look(page, house):
    palettes = page.get_by_role("radiogroup", name="Palettes")
    dusk = palettes.locator('[data-palette="dusk"]')
    dusk.click()
    expect(dusk).to_have_attribute("aria-checked", "true")
    palettes.get_by_role("radio", name="The look's own colours").click()
    expect(dusk).to_have_attribute("aria-checked", "false")
    page.get_by_role("button", name="Keep this look").click()
    expect(page.get_by_role("radiogroup", name="Your looks")).to_contain_text("sky")
    assert 'layer = "fire2/concat"' in (house.folder / "material" / "sky.toml").read_text()


def test_a_search_and_a_phone(house, chromium):
    with visit(chromium, house, PHONE) as seen:
        page = seen.page
        page.locator(".bottom button").last.click()
        page.get_by_role("tab", name="Look").click()
        page.get_by_label("Search the looks").fill("pen")
        expect(card(page, "ink")).to_be_visible()
        expect(card(page, "fur")).to_have_count(0)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def _ends(text: str) -> re.Pattern[str]:
    return re.compile(rf"/{re.escape(text)}$")
