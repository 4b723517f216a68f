"""The Deliver tab in a real browser: words and a song are chosen, the file is made, shown and removed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import ImageFont
from playwright.sync_api import Page, Route, expect

from dreamzoom.studio.library.items import item_id
from support.clips import render_here
from support.music import tone, write_wav
from support.studio import RunningStudio, studio, until, visit
from support.video import probe

CLIP = f".card[data-id='{item_id(Path('grey'))}']"


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[RunningStudio]:
    folder = tmp_path_factory.mktemp("house")
    write_wav(folder / "tone.wav", 0.5 * tone(440, 3))
    (folder / "words.srt").write_text("1\n00:00:00,100 --> 00:00:00,500\nHELLO\n")
    (folder / "mine.ttf").write_bytes(ImageFont.load_default(10).font_bytes)
    render_here(folder / "grey", "grey", "--set", "clip.fps=10", "--zoom", 1, frames=8)
    with studio(folder) as running:
        yield running


@pytest.fixture
def page(house, chromium) -> Iterator[Page]:
    with visit(chromium, house) as seen:
        seen.page.locator(CLIP).click()
        seen.page.get_by_role("tab", name="Deliver").click()
        yield seen.page
        refused = "the server responded with a status of"  # told to a person as well
        assert [words for words in seen.complaints if refused not in words] == []


def form_of(page: Page):
    return page.get_by_role("region", name="Deliver", exact=True)


def test_words_and_a_song_are_chosen_made_shown_and_removed(page, house):
    form = form_of(page)
    expect(form).to_contain_text("grey-youtube.mp4")
    form.get_by_role("button", name="MP4").first.click()
    form.get_by_label("Words over it").select_option(label="words.srt")
    expect(form.get_by_label("Sound rises")).to_have_count(0)
    form.get_by_role("combobox", name="Song", exact=True).select_option(label="tone.wav")
    form.get_by_label("Sound rises (s)").fill("9")
    expect(form).to_contain_text("its fades take 9 s: make them shorter")
    expect(form.get_by_role("button", name="Make the file")).to_be_disabled()
    form.get_by_label("Sound rises (s)").fill("0.2")
    form.get_by_label("Speed").select_option(label="Half")
    expect(form).to_contain_text("1.60 s at 10 frames a second")
    form.get_by_role("button", name="Make the file").click()
    made = page.get_by_role("region", name="Files")
    expect(made).to_contain_text("grey for MP4: 0.5 times as fast, with tone.wav, words of words.srt")
    expect(made).to_contain_text("made today at")
    expect(made).to_contain_text("1.6 s")
    assert [each.kind for each in probe(house.folder / "delivered/grey.mp4")] == ["video", "audio"]
    made.get_by_role("button", name="Show grey.mp4").click()
    video = page.locator("video.video")
    expect(video).to_have_attribute("aria-label", "grey.mp4")
    assert until(lambda: video.evaluate("it => it.readyState > 0 && it.duration")) == pytest.approx(
        1.6, abs=0.1
    )
    page.locator(CLIP).click()
    page.get_by_role("button", name="Move grey.mp4 to the trash").click()
    expect(page.get_by_role("button", name="Show grey.mp4")).to_have_count(0)
    assert not (house.folder / "delivered/grey.mp4").exists()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("button", name="Show grey.mp4")).to_be_visible()
    assert (house.folder / "delivered/grey.mp4").is_file()


@pytest.fixture
def odd(house) -> Iterator[Path]:
    path = house.folder / "delivered/odd.mov"
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"no video at all")
    yield path
    path.unlink()


def test_what_a_browser_cannot_play_is_told_with_the_way_to_it(page, odd):
    page.reload()
    page.get_by_role("tab", name="Deliver").click()
    page.get_by_role("button", name="Show odd.mov").click()
    stage = page.get_by_role("region", name="Stage")
    expect(stage).to_contain_text("This browser cannot play it.")
    expect(stage.get_by_role("link", name="Download it")).to_have_attribute("download", "odd.mov")


def test_what_was_chosen_while_the_page_loads_stays(page, odd):
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/library", hold)
    page.reload()
    page.get_by_role("tab", name="Deliver").click()
    page.get_by_role("button", name="Show odd.mov").click()
    assert until(lambda: held or page.evaluate("0"))
    held.pop().continue_()
    page.wait_for_selector("html[data-ready]")
    expect(page.get_by_role("region", name="Stage")).to_contain_text("This browser cannot play it.")


def test_a_file_that_is_not_known_yet_is_shown_as_soon_as_it_is(page, odd):
    def without_it(route: Route) -> None:
        answer = route.fetch()
        items = [facts for facts in answer.json()["items"] if facts["name"] != odd.name]
        route.fulfill(response=answer, json={**answer.json(), "items": items})

    expect(page.locator(".card .name", has_text=odd.name)).to_be_visible()  # and it is not told once more
    page.route("**/api/library", without_it)
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.get_by_role("tab", name="Deliver").click()
    page.get_by_role("button", name="Show odd.mov").click()
    stage = page.get_by_role("region", name="Stage")
    expect(stage.get_by_role("heading", name="grey")).to_be_visible()
    odd.write_bytes(b"no video at all, and longer")
    expect(stage).to_contain_text("This browser cannot play it.")


def test_of_many_files_the_first_are_shown_and_all_on_demand(page, house):
    many = [house.folder / f"delivered/grey-{number}.srt" for number in range(9)]
    for path in many:
        path.write_text("1\n00:00:00,100 --> 00:00:00,500\nHELLO\n")
    made = page.get_by_role("region", name="Files")
    page.reload()
    page.locator(CLIP).click()
    page.get_by_role("tab", name="Deliver").click()
    expect(made.locator(".file")).to_have_count(5)
    made.get_by_role("button", name="files").click()
    until(lambda: made.locator(".file").count() >= 9)
    made.get_by_role("button", name="Only 5").click()
    expect(made.locator(".file")).to_have_count(5)
    for path in many:
        path.unlink()


def test_a_platform_gets_words_and_a_song(page, house):
    form = form_of(page)
    form.get_by_role("button", name="GIF").click()
    expect(form.get_by_label("Words over it")).to_be_visible()
    expect(form.get_by_role("combobox", name="Song", exact=True)).to_have_count(0)
    form.get_by_role("button", name="YouTube").click()
    expect(form.get_by_label("Loudness")).to_have_count(0)
    expect(form.get_by_label("Written in")).to_have_count(0)
    form.get_by_label("Words over it").select_option(label="words.srt")
    form.get_by_label("Written in").select_option(label="mine.ttf")
    form.get_by_role("combobox", name="Song", exact=True).select_option(label="tone.wav")
    expect(form.get_by_label("Without sound")).to_have_count(0)
    form.get_by_label("Sound falls (s)").fill("0.3")
    form.get_by_label("Loudness").select_option(label="-14 LUFS, streaming")
    form.get_by_role("button", name="Make the file").click()
    made = page.get_by_role("region", name="Files")
    expect(made).to_contain_text("grey for YouTube: with tone.wav, words of words.srt in mine.ttf")
    video, sound = probe(house.folder / "delivered/grey-youtube.mp4")
    assert (video.kind, video.packets, sound.kind) == ("video", 8, "audio")


def test_the_form_goes_to_what_has_words(page):
    form = form_of(page)
    form.get_by_label("Somewhere else").select_option(label="PNG pictures")
    expect(form.get_by_label("Words over it")).to_have_count(0)
    form.get_by_text("With words over it, or another song:").get_by_role("button").click()
    expect(form.get_by_label("Words over it")).to_be_visible()
    expect(form.get_by_role("button", name="YouTube")).to_have_attribute("aria-pressed", "true")
