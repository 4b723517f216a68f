"""The page in a real browser: it opens, greets who comes for the first time, and asks nobody else for
anything.
"""

from __future__ import annotations

import contextlib

import httpx
import pytest
from playwright.sync_api import expect

from support.studio import studio, until, visit


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio of a folder without anything."""
    with studio(tmp_path_factory.mktemp("empty")) as running:
        yield running


def asked(seen):
    """Whom a page has asked for something."""
    return {url.split("/api/")[0].split("/static/")[0].rstrip("/") for url in seen.requests}


def test_the_page_opens_without_a_complaint_and_asks_this_studio_alone(house, chromium):
    with visit(chromium, house) as seen:
        assert seen.page.inner_text("h1") == "dreamzoom"
        assert seen.page.evaluate("location.hash") == ""
        expect(seen.page.locator(".still h2")).to_have_text("Nothing is here yet")
        seen.page.keyboard.press("?")
        expect(seen.page.get_by_role("dialog", name="Keys").locator("dt")).not_to_have_count(0)
        assert seen.complaints == []
        assert asked(seen) == {house.origin}


def test_the_first_run_greets_with_clouds_that_dream_and_one_button(tmp_path, chromium, picture_file):
    """Who comes for the first time sees a dream at once; their own picture takes its place."""
    folder = tmp_path / "house"
    folder.mkdir()
    with studio(folder, first_dream=True) as house, visit(chromium, house) as seen:
        page = seen.page
        button = page.get_by_role("button", name="Dream your own picture")
        expect(button).to_have_count(1)
        until(lambda: page.locator(".picture canvas[data-frame]").count())
        expect(page.locator(".title .state")).to_have_text("dreaming")
        with house.client() as client:
            (job,) = client.get("/api/queue").json()["jobs"]
        assert (job["first"], job["title"]) == (True, "Dream a cloudscape")
        expect(button).to_have_count(1)
        expect(page.locator("button.main:visible")).to_have_text(["Dream your own picture"])
        expect(page.get_by_role("tab", name="Look")).to_have_attribute("aria-selected", "true")
        greeting, panel = page.get_by_role("list", name="To a first clip").all()
        steps = ["Picture", "Look", "Dream"]
        expect(greeting.get_by_role("listitem")).to_have_text(steps)
        told = panel.get_by_role("listitem").all_inner_texts()
        assert [words.partition(":")[0] for words in told] == steps
        with page.expect_file_chooser() as chooser:
            button.click()
        chooser.value.set_files(picture_file)
        expect(page.locator(".title h2")).to_have_text(picture_file.name)
        expect(button).to_have_count(0)
        expect(page.get_by_role("list", name="To a first clip")).to_have_count(0)
        expect(page.locator("button.main.go")).to_have_text("Dream it G")
        until(lambda: page.locator(".picture canvas").count())
        assert (folder / "material" / picture_file.name).exists()
        assert seen.complaints == []
        assert asked(seen) == {house.origin}
        with house.client() as client, contextlib.suppress(httpx.HTTPError):
            for job in client.get("/api/queue").json()["jobs"]:
                client.post(f"/api/queue/{job['id']}/stop")


def test_a_phone_gets_a_code_where_the_network_is_let_in(house, tmp_path, chromium):
    with visit(chromium, house) as seen:
        seen.page.get_by_role("button", name="Open on my phone").click()
        expect(seen.page.get_by_role("dialog")).to_contain_text("--host 0.0.0.0")
    with studio(tmp_path, "--host", "0.0.0.0") as open_house, visit(chromium, open_house) as seen:  # noqa: S104
        with open_house.client() as client:
            told = client.get("/api/phone").json()
        seen.page.get_by_role("button", name="Open on my phone").click()
        dialog = seen.page.get_by_role("dialog")
        if told["address"]:  # a machine may be in no network
            assert told["address"].endswith(f"#{open_house.token}")
            expect(dialog.locator("svg.code")).to_be_visible()
            expect(dialog.locator(".address")).to_have_text(told["address"])
        else:
            expect(dialog).to_contain_text("--host")


def test_a_stranger_sees_nothing(house):
    for address in ("/api/library", "/api/phone", "/api/trash"):
        assert httpx.get(f"{house.origin}{address}").status_code == 401
    with house.client() as client:
        assert client.get("/api/library").json()["items"] == []


@pytest.mark.parametrize(
    ("key", "words"),
    [("", "it has the key to this studio"), (f"#{'A' * 32}", "This key is not this studio's")],
)
def test_who_has_no_key_is_told_what_to_open(house, chromium, key, words):
    page = chromium.new_context().new_page()
    page.goto(f"{house.origin}/{key}")
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("button")).to_have_count(0)
    page.context.close()
