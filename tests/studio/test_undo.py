"""Changes of a storyboard undone and done again: by button and key, in two windows, after a restart."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from support.studio import studio, visit

BOARD = """\
# mine
[[scene]]
image = "clouds"
length = 1   # brief
[[scene]]
image = "noise"
length = 2
"""


@pytest.fixture
def folder(tmp_path):
    """A folder with a film that has not begun to dream."""
    (tmp_path / "show/scenes").mkdir(parents=True)
    (tmp_path / "show/storyboard.toml").write_text(BOARD)
    return tmp_path


def open_film(page):
    page.get_by_role("tab", name="Film").click()
    expect(button(page, "Undo")).to_be_visible()
    return page


def button(page, name):
    return page.get_by_role("region", name="Film").get_by_role("button", name=name, exact=True)


def scenes(page):
    return page.get_by_role("list", name="Storyboard").locator("> li strong")


def test_a_change_is_undone_by_key_and_button_and_done_again(folder, chromium):
    storyboard = folder / "show/storyboard.toml"
    with studio(folder) as house, visit(chromium, house) as seen:
        page = open_film(seen.page)
        expect(button(page, "Undo")).to_be_disabled()
        page.get_by_role("button", name="Scene 2 earlier").click()
        expect(scenes(page)).to_have_text(["1. noise", "2. clouds"])
        moved = storyboard.read_text()
        page.get_by_role("button", name="Scene 1 later").press("Control+z")
        expect(scenes(page)).to_have_text(["1. clouds", "2. noise"])
        assert storyboard.read_text() == BOARD
        expect(button(page, "Undo")).to_be_disabled()
        page.keyboard.press("Control+Shift+z")
        expect(scenes(page)).to_have_text(["1. noise", "2. clouds"])
        button(page, "Undo").click()
        expect(scenes(page)).to_have_text(["1. clouds", "2. noise"])
        page.keyboard.press("Control+y")
        expect(scenes(page)).to_have_text(["1. noise", "2. clouds"])
        assert storyboard.read_text() == moved
        assert [each for each in seen.complaints if each.startswith("exception")] == []


def test_who_types_undoes_what_was_typed_and_not_the_storyboard(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        page = open_film(seen.page)
        page.get_by_role("button", name="Scene 2 earlier").click()
        expect(scenes(page).first).to_have_text("1. noise")
        moved = (folder / "show/storyboard.toml").read_text()
        field = page.get_by_role("list", name="Storyboard").get_by_label("Seed")
        field.press_sequentially("12")
        field.press("Control+z")
        expect(field).not_to_have_value("12")
        assert (folder / "show/storyboard.toml").read_text() == moved


def test_who_turned_to_the_timeline_undoes_what_was_done_there(folder, chromium):
    with studio(folder) as house, visit(chromium, house) as seen:
        page = open_film(seen.page)
        page.evaluate(
            """async () => {
                const { bind } = await import('/static/js/keys.js');
                window.others = 0;
                bind('Ctrl+z', 'as the timeline does', () => { window.others += 1; });
            }"""
        )
        page.get_by_role("button", name="Scene 2 earlier").click()
        expect(scenes(page)).to_have_text(["1. noise", "2. clouds"])
        page.get_by_role("region", name="Timeline").click()
        page.keyboard.press("Control+z")
        assert page.evaluate("window.others") == 1
        expect(scenes(page)).to_have_text(["1. noise", "2. clouds"])
        page.get_by_role("heading", name="Storyboard").click()
        page.keyboard.press("Control+z")
        expect(scenes(page)).to_have_text(["1. clouds", "2. noise"])
        assert page.evaluate("window.others") == 1


def test_a_studio_that_was_killed_and_another_window_undo_it_too(folder, chromium):
    storyboard = folder / "show/storyboard.toml"
    with studio(folder) as house, visit(chromium, house) as seen:
        page = open_film(seen.page)
        page.get_by_role("button", name="Once more").click()
        expect(scenes(page)).to_have_text(["1. clouds", "2. clouds", "3. noise"])
        page.get_by_role("button", name="Scene 3 earlier").click()
        expect(scenes(page)).to_have_text(["1. clouds", "2. noise", "3. clouds"])
        house.kill()
    with studio(folder) as house, visit(chromium, house) as one, visit(chromium, house) as two:
        pages = [open_film(one.page), open_film(two.page)]
        for page in pages:
            expect(scenes(page)).to_have_text(["1. clouds", "2. noise", "3. clouds"])
        button(pages[0], "Undo").click()
        for page in pages:
            expect(scenes(page)).to_have_text(["1. clouds", "2. clouds", "3. noise"])
        button(pages[1], "Undo").click()
        for page in pages:
            expect(scenes(page)).to_have_text(["1. clouds", "2. noise"])
        assert storyboard.read_text() == BOARD


def test_an_edit_by_hand_in_between_is_not_lost(folder, chromium):
    storyboard = folder / "show/storyboard.toml"
    by_hand = BOARD.replace("length = 2", "length = 5")
    with studio(folder) as house, visit(chromium, house) as seen:
        page = open_film(seen.page)
        page.get_by_role("button", name="Scene 2 earlier").click()
        expect(scenes(page).first).to_have_text("1. noise")
        storyboard.write_text(by_hand)
        expect(scenes(page).first).to_have_text("1. clouds")
        button(page, "Undo").click()
        expect(scenes(page).first).to_have_text("1. noise")
        button(page, "Redo").click()
        expect(scenes(page).first).to_have_text("1. clouds")
        assert storyboard.read_text() == by_hand


def test_what_a_window_has_not_seen_is_not_undone(folder):
    with studio(folder) as house, house.client() as client:
        [item] = [each for each in client.get("/api/library").json()["items"] if each["kind"] == "film"]
        address = f"/api/items/{item['id']}/storyboard"
        old = client.get(address).json()["mark"]
        told = client.post(address, json={"scene": 1, "move": 0}, headers={"If-Match": f'"{old}"'}).json()
        assert (told["can_undo"], told["can_redo"]) == (True, False)
        answer = client.post(f"{address}/undo", headers={"If-Match": f'"{old}"'})
        assert answer.status_code == 412
        answer = client.post(f"{address}/redo", headers={"If-Match": f'"{told["mark"]}"'})
        assert answer.status_code == 400
        assert "nothing to do again" in answer.json()["error"]
        told = client.post(f"{address}/undo", headers={"If-Match": f'"{told["mark"]}"'}).json()
        assert (told["can_undo"], told["can_redo"]) == (False, True)
