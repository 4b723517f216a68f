"""The page in a real browser: it opens, and asks nobody else for anything."""

from __future__ import annotations

import httpx

from support.studio import browser, studio, visit


def test_the_page_opens_without_a_complaint_and_asks_this_studio_alone(tmp_path):
    with studio(tmp_path) as house, browser() as running, visit(running, house) as seen:
        assert seen.page.inner_text("h1") == "dreamzoom"
        assert seen.page.evaluate("location.hash") == ""
        assert seen.complaints == []
        assert {url.split("/api/")[0].split("/static/")[0].rstrip("/") for url in seen.requests} == {
            house.origin
        }


def test_a_stranger_sees_nothing(tmp_path):
    with studio(tmp_path) as house:
        assert httpx.get(f"{house.origin}/api/library").status_code == 401
        with house.client() as client:
            assert client.get("/api/library").json()["items"] == []
