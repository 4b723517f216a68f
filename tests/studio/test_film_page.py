"""A film made and delivered in a real browser: two pictures and a song become a file."""

from __future__ import annotations

import re

import av
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from support.music import write_wav
from support.studio import studio, visit

RATE = 8000


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio of two pictures, red and blue, and a song of 3 s."""
    folder = tmp_path_factory.mktemp("films")
    (folder / "material").mkdir()
    for channel, name in ((0, "red"), (2, "blue")):
        grain = np.random.default_rng(channel).integers(0, 99, (90, 160, 3), dtype=np.uint8)
        grain[..., channel] += 120
        Image.fromarray(grain).save(folder / f"material/{name}.png")
    write_wav(folder / "material/song.wav", 0.5 * np.sin(np.arange(3 * RATE) / 9), RATE)
    with studio(folder) as running:
        yield running


@pytest.fixture(scope="module")
def page(house, chromium):
    with visit(chromium, house) as seen:
        yield seen.page
        assert seen.complaints == []


def test_a_draft_of_two_pictures_in_their_order_and_a_song_becomes_a_film(page, house):
    page.get_by_role("tab", name="Film").click()
    page.get_by_role("button", name="Add blue.png").click()
    page.get_by_role("button", name="Add red.png").click()
    picked = page.get_by_role("list", name="Pictures of the film")
    picked.get_by_role("button", name="2. red.png").focus()
    page.keyboard.press("ArrowLeft")
    expect(picked.get_by_role("button", name="1. red.png")).to_be_focused()
    making = page.get_by_role("region", name="Make a film")
    making.get_by_label("Size").select_option("640x360")
    making.get_by_label("Frames a second").select_option("12")
    expect(making.get_by_label("Song").locator("option:checked")).to_have_text("song.wav")
    making.get_by_role("button", name="Make a draft").click()
    film = page.locator(".gallery").get_by_text("song-draft", exact=True)
    expect(film).to_be_visible()
    film.click()
    expect(page.locator(".title .state")).to_have_text("done")
    assert (house.folder / "song-draft/film.mp4").is_file()


def test_a_finished_film_opens_at_its_beginning_and_its_card_shows_a_scene(page):
    """The end of a film is often black, and so were its card and the stage."""
    facts = page.evaluate("async () => (await import('/static/js/state.js')).item.value")
    scene = facts["scenes"][len(facts["scenes"]) // 2]
    face = page.locator(".card.is-chosen img.face")
    expect(face).to_have_attribute("src", re.compile(rf"/frames/{(scene['first'] + scene['stop']) // 2}\b"))
    page.locator(".card", has=page.get_by_text("red.png")).locator(".open").click()
    page.locator(".card", has=page.get_by_text("song-draft")).locator(".open").click()
    expect(page.get_by_role("slider", name="Frame")).to_have_attribute("aria-valuenow", "0")


def test_the_strip_goes_to_the_scenes(page):
    strip = page.get_by_role("list", name="Scenes")
    expect(strip.get_by_role("listitem")).to_have_count(2)
    strip.get_by_role("button", name="Scene 2").click()
    first = page.evaluate("async () => (await import('/static/js/state.js')).item.value.scenes[1].first")
    assert first == page.evaluate("async () => (await import('/static/js/state.js')).playhead.value")
    expect(strip.get_by_role("button", name="Scene 2")).to_have_attribute("aria-current", "true")


def test_scenes_change_places_and_looks_in_the_storyboard(page, house):
    storyboard = house.folder / "song-draft/storyboard.toml"
    before = storyboard.read_text()
    assert before.index("red.png") < before.index("blue.png")
    first = page.get_by_role("list", name="Storyboard").locator(".pick").first
    page.get_by_role("button", name="Scene 2 earlier").click()
    expect(first).to_contain_text("blue.png")
    page.get_by_role("list", name="Storyboard").get_by_label("Look").select_option("feathers")
    expect(first).to_contain_text("feathers")
    after = storyboard.read_text()
    assert after.index("blue.png") < after.index('preset = "feathers"') < after.index("red.png")
    assert after.splitlines()[0] == before.splitlines()[0]
    storyboard.write_text(before)


def test_the_film_is_delivered_downloaded_and_readable(page, tmp_path):
    page.get_by_role("tab", name="Deliver").click()
    page.get_by_role("button", name="Web page").click()
    form = page.get_by_role("region", name="Deliver")
    expect(form).to_contain_text("song-draft-web.webm")
    form.get_by_role("button", name="Make the file").click()
    link = page.get_by_role("link", name="song-draft-web.webm")
    expect(link).to_be_visible()
    with page.expect_download() as coming:
        link.click()
    path = tmp_path / "film.webm"
    coming.value.save_as(path)
    with av.open(str(path)) as video:
        assert video.streams.audio
        assert sum(1 for _ in video.decode(video=0)) == 12


def test_a_strangers_report_opens_in_a_page_that_is_nobodys_and_runs_nothing(page, house):
    hostile = "<title>theirs</title><script>document.title = 'ran'; fetch('/api/library')</script>"
    (house.folder / "song-draft/report.html").write_text(hostile)
    page.get_by_role("tab", name="Film").click()
    page.get_by_role("tab", name="Deliver").click()
    with page.context.expect_page() as coming:
        page.get_by_role("link", name="Open the report").click()
    opened = coming.value
    opened.wait_for_load_state()
    assert opened.evaluate("origin") == "null"
    assert opened.title() == "theirs"
    opened.close()
