"""What a real browser makes of the page about a clip."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamzoom.video.stitch import stitch
from support.chromium import Tab, chromium
from support.reports import HOSTILE, WIDTH, begin, noise, page_of, rewrite_journal, store


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page of a clip of six frames that has its video."""
    clip = store(begin(tmp_path_factory.mktemp("report") / "a clip", 6), [noise(seed) for seed in range(6)])
    stitch(clip.finished_frames(), clip.video_path, clip.recipe.clip.fps)
    path = clip.path / "report.html"
    path.write_text(page_of(clip), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def browser() -> Iterator[Tab]:
    with chromium() as tab:
        yield tab


@pytest.fixture
def tab(browser: Tab, page: Path) -> Tab:
    """The page, freshly opened in a wide window."""
    browser.forget()
    browser.look(1280, 900)
    browser.open(page)
    return browser


def test_the_browser_asks_for_the_page_alone_and_has_no_complaint(tab, page):
    assert tab.requests() == [page.resolve().as_uri()]
    assert tab.complaints() == []


def test_every_picture_is_shown(tab):
    loaded = tab.evaluate(
        "Promise.all([...document.images].map(image => { image.loading = 'eager';"
        " return image.decode().then(() => image.naturalWidth); }))"
    )
    assert loaded == [WIDTH] * 7  # the start image and six frames


def test_the_video_plays(tab):
    seconds = tab.evaluate(
        "(async () => { const video = document.querySelector('video');"
        " video.muted = true; await video.play(); return video.duration; })()"
    )
    assert seconds == pytest.approx(6 / 30, abs=0.01)
    assert tab.complaints() == []


def test_a_picture_grows_turns_to_its_neighbour_and_goes_away(tab):
    width = "document.querySelector('#frame-{} img').getBoundingClientRect().width"
    small = tab.evaluate(width.format(2))
    tab.click("#frame-2 .open")
    assert tab.evaluate("location.hash") == "#frame-2"
    assert tab.evaluate("getComputedStyle(document.querySelector('#frame-2')).position") == "fixed"
    assert tab.evaluate(width.format(2)) >= small
    tab.press("ArrowRight")
    assert tab.evaluate("location.hash") == "#frame-3"
    tab.click("#frame-3 .before")
    assert tab.evaluate("location.hash") == "#frame-2"
    tab.press("Escape")
    assert tab.evaluate("document.querySelector('figure:target')") is None


def test_pointing_at_one_curve_reads_all_of_them(tab):
    place = tab.middle_of(".chart.motion .box")
    tab.mouse("mouseMoved", place)
    shown = (
        "[...document.querySelectorAll('#curves .readout')].filter(e => !e.hidden).map(e => e.textContent)"
    )
    readouts = tab.evaluate(shown)
    assert len(readouts) == tab.evaluate("document.querySelectorAll('#curves .chart').length")
    assert all(re.search(r" at frame [23], 0\.\d\d s$", text) for text in readouts)
    tab.mouse("mouseMoved", {"x": 2, "y": 2})
    assert tab.evaluate(shown) == []


@pytest.mark.parametrize("width", [320, 390, 768, 1280, 2560])
def test_nothing_sticks_out_at_any_width(tab, width):
    tab.look(width, 800)
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth") is True


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_light_and_dark(tab, scheme):
    """WCAG 2.1 AA: 4.5 to 1 for text, here against the card as well as the page."""
    tab.look(1280, 900, scheme)
    names = ("paper", "card", "ink", "soft", "accent", "good", "warn", "bad")
    colours = {
        name: tab.evaluate(f"getComputedStyle(document.documentElement).getPropertyValue('--{name}').trim()")
        for name in names
    }
    grounds = [luminance(colours.pop(name)) for name in ("paper", "card")]
    assert (grounds[0] < 0.1) == (scheme == "dark")
    for name, colour in colours.items():
        assert min(contrast_ratio(luminance(colour), ground) for ground in grounds) >= 4.5, name


def luminance(colour: str) -> float:
    """WCAG's relative luminance of "#rrggbb"."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast_ratio(one: float, other: float) -> float:
    return (max(one, other) + 0.05) / (min(one, other) + 0.05)


def test_every_picture_and_curve_says_what_it_is(tab):
    unnamed = "img:not([alt]), img[alt=''], svg:not([aria-label]), video:not([aria-label])"
    assert tab.evaluate(f"document.querySelectorAll(`{unnamed}`).length") == 0
    assert tab.evaluate("document.querySelectorAll('h1').length") == 1


def test_the_pages_own_policy_stops_what_would_get_in(tab):
    loaded = tab.evaluate(
        "new Promise(done => { const image = new Image(); image.onload = () => done(true);"
        " image.onerror = () => done(false); image.src = 'start.png'; })"
    )
    ran = tab.evaluate(
        "(() => { const script = document.createElement('script'); script.textContent = 'window.ran = 1';"
        " document.body.append(script); return window.ran === 1; })()"
    )
    assert (loaded, ran) == (False, False)


def test_hostile_names_do_nothing_in_the_browser(browser, tmp_path):
    clip = store(begin(tmp_path / "clip", 2), [noise(1), noise(2)])
    rewrite_journal(
        clip, lambda line: line | {"engine": HOSTILE, "nudge": f"<img src=x onerror=alert(1)>{HOSTILE}"}
    )
    path = tmp_path / "page.html"
    path.write_text(page_of(clip), encoding="utf-8")
    browser.forget()
    browser.open(path)
    assert browser.evaluate("document.title") == "clip · dreamzoom"
    assert browser.requests() == [path.resolve().as_uri()]
    assert browser.complaints() == []
