"""The gallery in a real browser: what it shows, finds, renames, puts into the trash and brings back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from playwright.sync_api import expect

from dreamzoom.studio.library.items import item_id
from support.clips import SMALL, render_here, start, wait_for
from support.music import chord, write_wav
from support.studio import studio, until, visit


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two clips, a take of one of them, a picture, and a look that is a recipe."""
    folder = tmp_path_factory.mktemp("gallery")
    sky = render_here(folder / "sky", frames=3)
    for name in ("sky-take-2", "sky-take-10", "ink"):
        shutil.copytree(sky, folder / name)
    (folder / "material").mkdir()
    shutil.copy(sky / "start.png", folder / "material" / "picture of clouds.png")
    (folder / "material" / "look.toml").write_text("[dream]\niterations = 2\n")
    return folder


@pytest.fixture(scope="module")
def house(folder):
    with studio(folder) as house:
        yield house


@pytest.fixture(scope="module")
def visited(house, chromium):
    with visit(chromium, house) as seen:
        yield seen


AS_FOUND = """async () => {
  const groups = await import("/static/js/gallery/groups.js");
  groups.search.value = "";
  groups.closed.value = new Set();
  groups.shown.value = "all";
  document.activeElement.blur();
}"""


@pytest.fixture
def seen(visited):
    """The page, all of the gallery in sight."""
    visited.page.evaluate(AS_FOUND)
    yield visited
    refusals = ("status of 400",)  # no faults
    assert [each for each in visited.complaints if not any(map(each.__contains__, refusals))] == []


def names(page):
    return page.locator(".card .name").all_inner_texts()


def menu(page, name, entry):
    card = page.locator(".card", has=page.get_by_text(name, exact=True))
    card.hover()
    card.get_by_role("button", name=f"More for {name}").click()
    page.get_by_role("menuitem", name=entry).click()


def test_takes_stand_under_their_clip_and_material_below(seen):
    page = seen.page
    page.get_by_label("Order").select_option("name")
    assert names(page) == ["ink", "sky", "sky-take-2", "sky-take-10", "look.toml", "picture of clouds.png"]
    assert page.locator(".card.is-take .name").all_inner_texts() == ["sky-take-2", "sky-take-10"]
    expect(page.locator(".card .line").first).to_have_text("0:00 · 3 frames")
    page.get_by_role("button", name="Material").click()
    assert names(page)[-1] == "sky-take-10"


def test_what_is_checked_is_said_to_be_so_until_it_is_known(seen):
    page = seen.page
    expect(page.locator(".card .line.is-unexamined")).to_have_count(0)
    page.evaluate(
        """async () => {
          const { keep, told } = await import("/static/js/state.js");
          for (const facts of told.value.values()) if (facts.state) keep({ ...facts, state: "unexamined" });
        }"""
    )
    expect(page.locator(".card .line.is-unexamined")).to_have_count(4)
    expect(page.locator(".card .line.is-unexamined").first).to_have_text("0:00 · being checked")
    page.reload()
    expect(page.locator(".card .line.is-done")).to_have_count(4)


def test_every_clip_and_picture_has_its_picture(seen):
    loaded = "[...document.querySelectorAll('.card img')].every((each) => each.complete && each.naturalWidth)"
    until(lambda: seen.page.evaluate(loaded))
    assert seen.page.locator(".card img").count() == 5


def test_what_is_typed_is_looked_for_and_nothing_found_is_said(seen):
    page = seen.page
    page.keyboard.press("/")
    page.keyboard.type("take SKY")
    expect(page.locator(".card")).to_have_count(2)
    page.keyboard.type("xyz")
    expect(page.locator(".gallery .empty")).to_have_text("Nothing is called “take SKYxyz”.")
    page.keyboard.press("Escape")
    expect(page.locator(".card")).to_have_count(6)


def test_what_is_found_is_seen_from_its_beginning(seen):
    page = seen.page
    size = page.viewport_size
    page.set_viewport_size({**size, "height": 320})
    rows = page.locator(".gallery .list")
    rows.evaluate("(list) => { list.scrollTop = 1000; }")
    assert rows.evaluate("(list) => list.scrollTop") > 100
    page.keyboard.press("/")
    page.keyboard.type("s")
    until(lambda: rows.evaluate("(list) => list.scrollTop") == 0)
    page.keyboard.press("Escape")
    page.set_viewport_size(size)


def test_one_kind_alone_is_shown_and_the_longest_stands_first(seen):
    page = seen.page
    page.get_by_label("Show").select_option("Pictures")
    assert names(page) == ["picture of clouds.png"]
    page.get_by_label("Show").select_option("Films")
    expect(page.locator(".gallery .empty")).to_have_text("None of these: show all.")
    page.get_by_role("button", name="show all").click()
    expect(page.locator(".card")).to_have_count(6)
    page.get_by_label("Order").select_option("name")
    assert names(page)[:2] == ["ink", "sky"]


def test_a_clip_is_found_by_its_song_and_stands_first_as_the_longest(seen, folder):
    song = write_wav(folder / "A Tune.wav", chord(1))
    render_here(folder / "sung", "--audio", song, frames=5)
    page = seen.page
    page.keyboard.press("/")
    page.keyboard.type("a tune")
    expect(page.locator(".card .name")).to_have_text(["sung", "A Tune.wav"])
    page.keyboard.press("Escape")
    page.get_by_label("Order").select_option("Longest")
    until(lambda: names(page)[0] == "sung")
    shutil.rmtree(folder / "sung")
    (folder / "A Tune.wav").unlink()
    expect(page.locator(".card")).to_have_count(6)


def test_the_arrow_keys_go_through_the_gallery(seen):
    page = seen.page
    page.get_by_label("Order").select_option("name")
    page.locator(".card .open").first.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".title h2")).to_have_text("sky")
    page.locator("body").click(position={"x": 640, "y": 10})
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".title h2")).to_have_text("sky-take-2")
    expect(page.locator(".card.is-chosen .name")).to_have_text("sky-take-2")


def test_a_clip_gets_another_name_and_none_that_is_anothers(seen, folder):
    page = seen.page
    menu(page, "ink", "Rename")
    field = page.get_by_role("dialog").get_by_role("textbox")
    field.fill("sky")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("there is another sky already")
    field.fill("../ink")
    page.keyboard.press("Enter")
    expect(page.locator(".notice")).to_contain_text("is no name here")
    field.fill("night ink")
    page.keyboard.press("Enter")
    expect(page.locator(".card .name", has_text="night ink")).to_be_visible()
    assert (folder / "night ink" / "recipe.toml").exists()
    assert not (folder / "ink").exists()
    menu(page, "night ink", "Rename")
    field.fill("ink")
    page.keyboard.press("Enter")
    expect(page.locator(".card .name", has_text="night ink")).to_have_count(0)


def test_the_command_line_of_a_clip_is_told(seen):
    seen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    menu(seen.page, "sky", "Copy its command line")
    expect(seen.page.locator(".notice")).to_have_text("Copied: dreamzoom resume sky")
    assert seen.page.evaluate("navigator.clipboard.readText()") == "dreamzoom resume sky"


def test_the_trash_gives_back_what_was_put_there(seen, folder):
    page = seen.page
    menu(page, "sky-take-10", "Move to the trash")
    until(lambda: not (folder / "sky-take-10").exists())
    expect(page.locator(".card")).to_have_count(5)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".card")).to_have_count(6)
    assert (folder / "sky-take-10" / "recipe.toml").exists()
    until(lambda: not any((folder / ".studio" / "trash").iterdir()))  # the note goes after the clip has come


def test_a_clip_that_is_being_dreamed_or_waits_in_the_queue_stays_where_it_is(house):
    """Whose folder moves under a writer loses frames."""
    long = house.folder / "long"
    process = start("render", "--frames", 100000, *SMALL, "--out", long)
    try:
        wait_for((long / "frames" / "000002.png").exists, process)
        with house.client() as client:
            item = item_id(Path("long"))
            refused = client.post(f"/api/items/{item}/trash")
            assert (refused.status_code, refused.json()["error"]) == (
                400,
                "long is being dreamed: pause it first",
            )
            assert client.post(f"/api/items/{item}/rename", json={"name": "x"}).status_code == 400
            assert long.exists()
    finally:
        process.terminate()
        process.communicate()


def test_a_trash_that_a_stranger_has_filled_moves_nothing_elsewhere(house):
    trash = house.folder / ".studio" / "trash"
    (trash / ("a" * 16)).mkdir(parents=True)
    (trash / ("a" * 16) / "evil").write_text("x")
    (trash / f"{'a' * 16}.place.json").write_text('{"place": "../evil"}')
    with house.client() as client:
        for wanted in ("a" * 16, "..", "%2e%2e%2fx"):
            assert client.post(f"/api/trash/{wanted}/back").status_code in (400, 404)
        assert client.get("/api/trash").json() == {"trash": []}
    assert not (house.folder.parent / "evil").exists()
