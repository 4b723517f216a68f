"""The page on a phone: nothing that only a mouse and keys do is told, and what there is has the room."""

from __future__ import annotations

import shutil

import pytest
from playwright.sync_api import expect

from support.clips import render_here
from support.studio import LAPTOP, PHONE, studio, until, visit


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("phone")
    sky = render_here(folder / "sky", frames=6)
    (folder / "material").mkdir()
    shutil.copy(sky / "start.png", folder / "material" / "clouds.png")
    with studio(folder) as house:
        yield house


@pytest.fixture
def page(house, chromium):
    with visit(chromium, house, PHONE) as seen:
        yield seen.page
        assert seen.complaints == []


def room(page, name):
    page.locator(".bottom").get_by_role("button", name=name).click()


def choose(page, name, frame=2):
    page.evaluate(
        """async ([name, frame]) => { const { choose, items } = await import("/static/js/state.js");
        choose([...items.value.values()].find((facts) => facts.name === name).id, frame); }""",
        [name, frame],
    )
    expect(page.locator(".title h2")).to_have_text(name)


def test_where_nothing_is_below_the_picture_it_has_all_of_the_room(tmp_path, house, chromium):
    with studio(tmp_path) as empty, visit(chromium, empty, PHONE) as seen:
        stage, bottom = (seen.page.locator(each).bounding_box() for each in (".stage", ".bottom"))
        assert stage["y"] + stage["height"] == pytest.approx(bottom["y"], abs=2)
        button = seen.page.get_by_role("button", name="Dream your own picture").bounding_box()
        assert button["y"] + button["height"] / 2 == pytest.approx(stage["y"] + stage["height"] / 2, abs=60)
    with visit(chromium, house, PHONE) as seen:
        choose(seen.page, "sky")
        expect(seen.page.locator(".timeline .lane").first).to_be_visible()  # the timeline keeps its room


def test_what_only_keys_and_a_mouse_do_is_told_at_a_desk_alone(house, chromium):
    def told(size):
        with visit(chromium, house, size) as seen:
            choose(seen.page, "sky")
            if size == PHONE:
                room(seen.page, "Timeline")
            expect(seen.page.get_by_title("Keys snap to beats")).to_be_visible()
            keys = seen.page.locator("button kbd:visible").count()
            if size == PHONE:
                room(seen.page, "Direct")
            seen.page.get_by_role("tab", name="Film").click()
            expect(seen.page.locator(".picked")).to_be_visible()
            return keys, seen.page.locator(".for-desk:visible").count()

    assert told(PHONE) == (0, 0)
    assert min(told(LAPTOP)) > 0


def test_the_button_of_a_take_comes_with_the_first_change(page):
    choose(page, "sky")
    room(page, "Direct")
    page.get_by_role("tab", name="Direct", exact=True).click()
    go = page.locator(".go")
    expect(page.locator(".estimate")).to_have_text("Change something to make another take.")
    expect(go).to_be_hidden()
    zoom = page.locator("#main-camera-zoom")
    zoom.fill("1.05")
    zoom.press("Enter")
    expect(go).to_be_visible()
    expect(go).to_be_enabled()
    page.get_by_role("button", name="Undo all").click()
    expect(go).to_be_hidden()


def test_pictures_and_a_song_for_a_film_are_chosen_without_dropping_them(page, house, picture_file):
    choose(page, "clouds.png")
    room(page, "Direct")
    page.get_by_role("tab", name="Film", exact=True).click()
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Add pictures or a song").click()
    chooser.value.set_files(picture_file)
    picked = page.get_by_role("list", name="Pictures of the film")
    expect(picked.get_by_role("button", name=f"1. {picture_file.name}")).to_be_visible()
    expect(page.get_by_role("tab", name="Film", exact=True)).to_have_attribute("aria-selected", "true")
    assert (house.folder / "material" / picture_file.name).is_file()


COVERED = """() => { const box = document.querySelector(".go").getBoundingClientRect();
    const there = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
    return !there.closest(".go"); }"""


def test_what_is_told_covers_no_button_and_none_of_the_other(house, chromium):
    """What failed stays until it is closed, so it may stand on nothing that is needed."""
    with visit(chromium, house, PHONE) as seen:
        page = seen.page
        choose(page, "clouds.png")
        room(page, "Direct")
        page.get_by_role("tab", name="Direct", exact=True).click()
        page.locator("input[type=file][multiple]").first.set_input_files(
            [{"name": "notes.xyz", "mimeType": "text/plain", "buffer": b"no picture"}]
        )
        expect(page.locator(".parcel.is-failed")).to_be_visible()
        tell = """async () => { const { tell } = await import("/static/js/state.js");
            tell("A clip with a long name, ".repeat(5) + "is in the trash.", false, () => {}); }"""
        page.evaluate(tell)
        notice, parcel = (page.locator(each).bounding_box() for each in (".notice", ".parcel"))
        assert notice["y"] + notice["height"] <= parcel["y"]
        assert parcel["height"] < 200
        assert page.locator(".notice button").bounding_box()["width"] > 40  # its word is whole
        assert not page.evaluate(COVERED)


def test_the_help_of_a_phone_tells_what_a_finger_does(house, chromium):
    for size, is_told in ((PHONE, True), (LAPTOP, False)):
        with visit(chromium, house, size) as seen:
            seen.page.get_by_role("button", name="Keys (?)").click()
            expect(seen.page.get_by_role("dialog")).to_contain_text("stand still")
            expect(seen.page.get_by_text("Tap the picture:")).to_be_visible(visible=is_told)
            frames = seen.page.locator(".help dl div", has=seen.page.get_by_text("one frame on", exact=True))
            expect(frames.locator("kbd")).to_have_text([".", "→"])  # one row for both


def test_the_picture_makes_way_for_rooms_that_do_without_it(page):
    choose(page, "sky")
    room(page, "Direct")
    height = page.viewport_size["height"]
    for tab, share in (("Deliver", 0.22), ("Queue", 0.22), ("Look", 0.22), ("Direct", 0.4), ("Takes", 0.4)):
        page.get_by_role("tab", name=tab, exact=True).click()
        until(lambda share=share: page.locator(".panel .body").bounding_box()["y"] < share * height)
        picture = page.locator(".picture").bounding_box()
        assert picture["width"] > 70
        assert page.get_by_role("button", name="Play (Space)").bounding_box()["height"] >= 44
    room(page, "Gallery")
    expect(page.locator(".title h2")).to_be_visible()
    page.locator(".screen").tap()
    expect(page.locator(".studio")).to_have_attribute("data-room", "stage")


def test_the_targets_of_a_delivery_stand_in_one_row_that_shows_what_is_chosen(page):
    choose(page, "sky")
    room(page, "Direct")
    page.get_by_role("tab", name="Deliver", exact=True).click()
    targets = page.locator(".targets .row > *")
    expect(targets).to_have_count(10)
    assert len({round(each.bounding_box()["y"]) for each in targets.all()}) == 1
    last = page.get_by_role("combobox", name="Somewhere else")
    assert last.bounding_box()["x"] > page.viewport_size["width"]
    last.select_option(label="WebP")
    until(lambda: last.bounding_box()["x"] < page.viewport_size["width"] - 60)
    page.get_by_role("button", name="YouTube").click()
