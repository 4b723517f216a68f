"""Windows of one studio: each shows the same, a reload and Back come to the same place, and a server that was
killed and begins again finds its pages waiting.
"""

from __future__ import annotations

import shutil
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from support.clips import render_here
from support.music import tone, write_wav
from support.studio import studio, until, visit


@pytest.fixture
def folder(tmp_path, sky):
    for name in ("sky", "sea"):
        shutil.copytree(sky, tmp_path / name)
    return tmp_path


@pytest.fixture(scope="module")
def sky(tmp_path_factory):
    return render_here(tmp_path_factory.mktemp("windows") / "sky", frames=8)


def choose(page, name):
    page.locator(".card .open", has=page.get_by_text(name, exact=True)).click()
    expect(page.locator(".title h2")).to_have_text(name)


def drawn(page, frame):
    expect(page.locator(".picture canvas")).to_have_attribute("data-frame", str(frame))


def test_reload_and_back_come_to_the_same_frame_of_the_same_clip(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        page = seen.page
        choose(page, "sea")
        until(lambda: page.evaluate("location.hash"))
        choose(page, "sky")
        page.keyboard.press("Home")
        page.keyboard.press(".")
        page.keyboard.press(".")
        page.wait_for_url("**/#*@2")
        page.reload()
        expect(page.locator(".title h2")).to_have_text("sky")
        drawn(page, 2)
        page.go_back()
        expect(page.locator(".title h2")).to_have_text("sea")
        drawn(page, 7)
        page.go_forward()
        expect(page.locator(".title h2")).to_have_text("sky")
        drawn(page, 2)


def test_what_one_window_does_the_other_shows(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as one, visit(chromium, house) as other:
        card = one.page.locator(".card", has=one.page.get_by_text("sea", exact=True))
        card.hover()
        card.get_by_role("button", name="More for sea").click()
        one.page.get_by_role("menuitem", name="Move to the trash").click()
        expect(other.page.locator(".card .name")).to_have_text(["sky"])
        one.page.get_by_role("button", name="Undo").click()
        expect(other.page.locator(".card")).to_have_count(2)
        shutil.copytree(folder / "sky", folder / "sky-take-2")
        expect(one.page.locator(".card")).to_have_count(3)
        expect(other.page.locator(".card")).to_have_count(3)


def test_seven_tabs_of_one_browser_share_one_stream(folder, chromium):
    """A browser opens six connections to a server: with a stream each the seventh tab would never load."""
    with studio(folder) as house, visit(chromium, house) as first:
        pages = [first.page]
        for _ in range(6):
            page = first.page.context.new_page()
            page.goto(house.origin)
            page.wait_for_selector("html[data-ready]")
            pages.append(page)
        shutil.copytree(folder / "sky", folder / "ink")
        for page in pages:
            expect(page.locator(".card")).to_have_count(3)
        pages.pop(0).close()  # it had begun the stream
        house.kill()
        for page in pages:
            expect(page.locator(".lost [role=status]")).to_have_text("The studio does not answer")
        shutil.rmtree(folder / "sea")
        with studio(folder, "--port", urlsplit(house.origin).port):
            for page in pages:
                expect(page.locator(".card")).to_have_count(2)
                until(lambda page=page: page.locator(".lost [role=status]").inner_text() == "")
            shutil.copytree(folder / "sky", folder / "sea")
            pages[0].reload()
            for page in pages:
                expect(page.locator(".card")).to_have_count(3)


def test_a_browser_that_shares_nothing_among_tabs_has_a_stream_a_tab(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        page = seen.page.context.new_page()
        page.add_init_script("delete window.SharedWorker;")
        page.goto(house.origin)
        page.wait_for_selector("html[data-ready]")
        shutil.copytree(folder / "sky", folder / "ink")
        expect(page.locator(".card")).to_have_count(3)


def test_a_page_goes_on_when_a_killed_server_begins_again(folder, chromium):
    """It says so calmly meanwhile, and shows what came while nobody served it."""
    with studio(folder) as house, visit(chromium, house) as seen:
        page = seen.page
        choose(page, "sea")
        page.keyboard.press("Home")
        drawn(page, 0)
        house.kill()
        expect(page.locator(".lost [role=status]")).to_have_text("The studio does not answer")
        expect(page.locator(".lost")).to_contain_text("This page goes on by itself")
        shutil.copytree(folder / "sky", folder / "ink")
        with studio(folder, "--port", urlsplit(house.origin).port) as again:
            assert again.token == house.token
            expect(page.locator(".card")).to_have_count(3)
            until(lambda: page.locator(".lost [role=status]").inner_text() == "")
            expect(page.locator(".title h2")).to_have_text("sea")
            drawn(page, 0)
            page.keyboard.press("End")
            drawn(page, 7)


def test_pictures_that_nobody_sent_come_when_the_studio_answers_again(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        page = seen.page
        choose(page, "sea")
        drawn(page, 7)
        house.kill()
        expect(page.locator(".lost [role=status]")).to_have_text("The studio does not answer")
        choose(page, "sky")
        expect(page.locator(".failure")).to_have_text("This frame comes when the studio answers.")
        expect(page.locator(".direct .subject img[data-broken]")).to_be_hidden()
        expect(page.locator(".notice")).to_have_count(0)  # the head says it
        page.get_by_role("tab", name="Deliver").click()
        expect(page.locator(".deliver-form")).to_have_count(0)
        expect(page.locator(".deliver")).to_contain_text("Where it can go is told when the studio answers.")
        with studio(folder, "--port", urlsplit(house.origin).port):
            drawn(page, 7)
            expect(page.locator(".failure")).to_have_count(0)
            expect(page.get_by_role("button", name="YouTube")).to_be_visible()
            page.get_by_role("tab", name="Direct").click()
            expect(page.locator("img[data-broken]")).to_have_count(0)


def test_a_video_and_a_song_that_nobody_sent_come_when_the_studio_answers_again(folder, sky, chromium):
    (folder / "delivered").mkdir()
    shutil.copy(sky / "clip.mp4", folder / "delivered" / "sky.mp4")
    (folder / "material").mkdir()
    write_wav(folder / "material" / "tone.wav", 0.5 * tone(440, 2))
    with studio(folder) as house, visit(chromium, house) as seen:
        page = seen.page
        choose(page, "sea")
        house.kill()
        expect(page.locator(".lost [role=status]")).to_have_text("The studio does not answer")
        choose(page, "sky.mp4")
        expect(page.locator(".still")).to_contain_text("It plays when the studio answers.")
        choose(page, "tone.wav")
        until(lambda: page.evaluate("document.querySelector('.still audio').error !== null"))
        with studio(folder, "--port", urlsplit(house.origin).port):
            until(lambda: page.evaluate("document.querySelector('.still audio').duration") == 2)
            choose(page, "sky.mp4")
            expect(page.get_by_text("It plays when the studio answers.")).to_have_count(0)


def test_a_clip_that_was_moved_by_hand_is_missed_in_words(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        choose(seen.page, "sky")
        (folder / "sky").rename(folder / "heaven")
        expect(seen.page.locator(".notice")).to_contain_text("sky is no longer in the folder")


def test_a_clip_that_is_renamed_stays_on_the_stage_at_its_frame(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        page = seen.page
        choose(page, "sky")
        page.keyboard.press("Home")
        page.keyboard.press(".")
        page.get_by_role("button", name="More for sky").first.click()
        page.get_by_role("menuitem", name="Rename").click()
        page.locator("dialog input").fill("heaven")
        page.keyboard.press("Enter")
        expect(page.locator(".title h2")).to_have_text("heaven")
        drawn(page, 1)


def test_a_comparison_ends_where_something_else_is_chosen(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        page = seen.page
        choose(page, "sky")
        page.keyboard.press("c")
        expect(page.locator(".compare")).to_be_visible()
        choose(page, "sea")
        expect(page.locator(".compare")).to_have_count(0)


def test_what_was_asked_while_the_studio_was_gone_is_asked_again(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        page = seen.page
        choose(page, "sky")
        expect(page.locator(".timeline .lane").first).to_be_visible()
        house.kill()
        choose(page, "sea")
        expect(page.locator(".tl-failure")).to_be_visible()
        with studio(folder, "--port", urlsplit(house.origin).port):
            expect(page.locator(".timeline .lane").first).to_be_visible()
