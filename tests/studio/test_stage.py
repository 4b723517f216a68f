"""The stage in a real browser: what it shows, how it plays, steps and scrubs."""

from __future__ import annotations

import io
import itertools
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from dreamzoom.clip.lock import writing
from support.clips import render_here, start
from support.music import chord, write_wav
from support.studio import PHONE, studio, until, visit

FRAMES = 40


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("stage")
    song = write_wav(folder / "song.wav", chord(3))
    render_here(folder / "sky", "--audio", song, "--set", "music.start=0.5", "--fps", 24, frames=FRAMES)
    with studio(folder) as house:
        yield house


@pytest.fixture(scope="module")
def seen(house, chromium):
    with visit(chromium, house) as seen:
        yield seen


AS_FOUND = """async () => {
  const state = await import("/static/js/state.js");
  const { clear } = await import("/static/js/plan.js");
  clear();
  state.panel.value = "direct";
  state.choose(state.chosen.value);
  document.activeElement.blur();
}"""


@pytest.fixture
def page(seen):
    """The page, its clip at the newest frame, nothing planned."""
    seen.page.evaluate(AS_FOUND)
    seen.page.mouse.move(0, 0)
    drawn(seen.page, FRAMES - 1)
    yield seen.page
    assert seen.complaints == []


def drawn(page, frame):
    """Wait until a frame is on the canvas."""
    expect(page.locator(".picture canvas")).to_have_attribute("data-frame", str(frame))


def frame_on(page):
    return int(page.locator(".picture canvas").get_attribute("data-frame") or 0)


def state(page, name):
    return page.evaluate(f"import('/static/js/state.js').then(({{ {name} }}) => {name}.value)")


def test_keys_step_and_go_to_the_ends(page):
    for key, frame in (
        ("Home", 0),
        (".", 1),
        ("ArrowRight", 2),
        (",", 1),
        ("ArrowLeft", 0),
        ("Shift+ArrowRight", 10),
        ("PageDown", 34),
        ("PageUp", 10),
        ("Shift+ArrowLeft", 0),
        ("Shift+ArrowLeft", 0),
        ("End", FRAMES - 1),
    ):
        page.keyboard.press(key)
        drawn(page, frame)
    page.keyboard.down("k")
    page.keyboard.press("j")
    page.keyboard.press("j")
    drawn(page, FRAMES - 3)
    page.keyboard.press("l")
    page.keyboard.up("k")
    drawn(page, FRAMES - 2)
    assert state(page, "speed") == 0
    page.keyboard.press("0")
    drawn(page, FRAMES - 1)
    assert state(page, "follows")


def test_a_frame_that_comes_late_does_not_take_the_place_of_a_newer_one(page):
    page.keyboard.press("Home")
    drawn(page, 0)
    late = []

    def hold(route):
        late.append(route)

    page.route(re.compile("/frames/20"), hold)
    asked = "import('/static/js/state.js').then(({ seek }) => seek(%d))"
    with page.expect_request(re.compile("/frames/20")):
        page.evaluate(asked % 20)
    page.evaluate(asked % 0)
    drawn(page, 0)
    for route in late:
        with page.expect_response(re.compile("/frames/20")):
            route.continue_()
    page.unroute(re.compile("/frames/20"), hold)
    page.wait_for_timeout(500)
    assert frame_on(page) == 0


COUNT = """() => new Promise((done) => {
  const own = requestAnimationFrame;
  let asked = 0;
  window.requestAnimationFrame = (act) => { asked += 1; return own(act); };
  setTimeout(() => { window.requestAnimationFrame = own; done(asked); }, 1000);
})"""


def test_nothing_is_asked_at_each_frame_of_the_screen_while_nothing_plays(page):
    page.wait_for_selector(".timeline .tl")
    until(lambda: page.evaluate(COUNT) < 5)  # what has just come is drawn first; a loop would ask 60 times


def test_a_key_goes_from_room_to_room_and_out_of_a_field(page):
    page.get_by_role("searchbox", name="Search").first.focus()
    within = "room => Boolean(document.activeElement.closest(room))"
    for room in (".stage", ".timeline", ".panel", ".gallery"):
        page.keyboard.press("F6")
        until(lambda room=room: page.evaluate(within, room))
    page.keyboard.press("Shift+F6")
    until(lambda: page.evaluate(within, ".panel"))
    assert page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"


WATCH_SPEED = """async () => {
  const { effect } = await import("@preact/signals");
  const { speed } = await import("/static/js/state.js");
  window.speeds = [];
  effect(() => { window.speeds.push(speed.value); });
}"""


def mark_all(page):
    """Play keeps between the ends, and does not end there, however slow this test is."""
    for key in ("Home", "i", "End", "o"):
        page.keyboard.press(key)


def test_j_k_l_play_both_ways_and_faster(page):
    mark_all(page)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".transport .chip")).to_have_text(re.compile("^◀ 2"))
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator(".transport .chip")).to_have_text(re.compile("^◀ 4"))
    until(lambda: 0 < frame_on(page) < FRAMES - 10)
    page.keyboard.press("k")
    assert state(page, "speed") == 0
    page.get_by_role("button", name="Play all of it").click()
    page.keyboard.press("Home")
    page.evaluate(WATCH_SPEED)
    page.keyboard.press("l")
    until(lambda: page.evaluate("window.speeds") == [0, 1, 0])  # at its end it stands still
    drawn(page, FRAMES - 1)


def test_play_keeps_between_the_points_and_begins_again(page):
    page.keyboard.press("Home")
    for key in ("Shift+ArrowRight", "i", ".", ".", ".", "o", " "):
        page.keyboard.press(key)
    until(lambda: 10 <= frame_on(page) <= 13)
    shown = {frame_on(page) for _ in range(60) if not page.wait_for_timeout(20)}
    assert shown <= {10, 11, 12, 13}
    assert len(shown) > 1
    page.keyboard.press(" ")
    assert state(page, "speed") == 0
    page.get_by_role("button", name="Play all of it").click()
    assert state(page, "marks") == {"from": None, "to": None}


def test_space_plays_after_a_click_on_a_button_and_presses_what_the_keyboard_came_to(page):
    mark_all(page)
    page.keyboard.press("Home")
    mute = page.get_by_role("button", name="Sound off (M)")
    mute.click()
    unmute = page.get_by_role("button", name="Sound on (M)")
    expect(unmute).to_be_focused()
    page.keyboard.press(" ")
    until(lambda: frame_on(page) > 0)
    expect(unmute).to_be_visible()  # it was not pressed again
    page.keyboard.press(" ")
    assert state(page, "speed") == 0
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(unmute).to_be_focused()
    page.keyboard.press(" ")
    expect(mute).to_be_visible()
    assert state(page, "speed") == 0
    page.get_by_role("button", name="Play all of it").click()


def test_the_song_plays_from_where_the_clip_begins_in_it(house, chromium):
    with visit(chromium, house) as seen:
        page = seen.page
        drawn(page, FRAMES - 1)
        page.keyboard.press("Home")
        page.keyboard.press(" ")
        time = "import('/static/js/stage/clock.js').then(({ songTime }) => songTime(12))"
        assert page.evaluate(time) == pytest.approx(1.0)
        page.get_by_role("button", name="Sound off (M)").click()
        page.reload()
        page.wait_for_selector("html[data-ready]")
        expect(page.get_by_role("button", name="Sound on (M)")).to_be_visible()


def test_a_frame_number_and_a_time_may_be_typed(page):
    page.locator(".transport .frame").fill("7")
    page.keyboard.press("Enter")
    drawn(page, 7)
    expect(page.locator(".transport .seconds")).to_have_value("0:00.29")
    page.locator(".transport .seconds").fill("0:01")
    page.keyboard.press("Enter")
    drawn(page, 24)
    page.locator(".transport .seconds").fill("no time")
    page.keyboard.press("Enter")
    drawn(page, 24)


def test_dragging_along_the_line_goes_through_time_and_hovering_shows_it(page):
    box = page.get_by_role("slider", name="Frame", exact=True).bounding_box()
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + 1, middle)
    page.mouse.down()
    drawn(page, 0)
    page.mouse.move(box["x"] + box["width"] / 2, middle, steps=4)
    drawn(page, 20)
    page.mouse.up()
    expect(page.locator(".thumb")).to_contain_text("20 · 0:00.83")
    until(lambda: page.evaluate("document.querySelector('.thumb img')?.naturalWidth > 0"))
    page.mouse.move(box["x"], 100)
    expect(page.locator(".thumb")).to_have_count(0)


def test_true_pixels_are_the_pixels_of_the_frame(page, house):
    page.keyboard.press("Home")
    page.keyboard.press("1")
    drawn(page, 0)
    shot = page.locator(".picture canvas").screenshot()
    shown = np.asarray(Image.open(io.BytesIO(shot)).convert("RGB"))
    stored = np.asarray(Image.open(house.folder / "sky" / "frames" / "000000.png"))
    assert shown.shape == stored.shape
    assert np.array_equal(shown, stored)
    page.keyboard.press("1")
    assert page.locator(".picture").bounding_box()["width"] > 400


def changes(page):
    return page.evaluate("import('/static/js/plan.js').then(({ plan }) => plan.changes.value)")


def test_a_click_on_the_picture_plans_where_to_fall(page):
    page.keyboard.press("Home")
    drawn(page, 0)
    box = page.locator(".picture").bounding_box()
    page.locator(".picture").click(position={"x": box["width"] * 0.25, "y": box["height"] * 0.75})
    target = until(lambda: changes(page).get("camera.target"))
    assert [list(track.values())[-2] for track in target] == pytest.approx([0.25, 0.75], abs=0.01)
    cross = page.locator(".cross:not(.is-present)")
    style = cross.evaluate("(each) => [each.style.left, each.style.top].map(parseFloat)")
    assert style == pytest.approx([25, 75], abs=1)
    expect(page.get_by_role("tab", name="Direct")).to_have_attribute("aria-selected", "true")

    page.keyboard.press("t")
    for key in ("ArrowRight", "Shift+ArrowUp", "Enter"):
        page.keyboard.press(key)
    until(lambda: float(cross.evaluate("(each) => parseFloat(each.style.top)")) < 66)
    x, y = (list(track.values())[-2] for track in until(lambda: changes(page)["camera.target"]))
    assert (x, y) == pytest.approx((0.26, 0.65), abs=0.011)
    page.evaluate("import('/static/js/plan.js').then(({ clear }) => clear())")
    expect(cross).to_have_count(0)


def test_a_clip_that_is_being_dreamed_shows_its_newest_frame(tmp_path, chromium):
    small = ("--size", "64x48", "--set", "dream.octaves=1", "--set", "dream.iterations=2")
    rendering = start("render", "--frames", 5000, *small, "--out", tmp_path / "long")
    try:
        until((tmp_path / "long" / "frames" / "000001.png").exists)
        with studio(tmp_path) as house, visit(chromium, house) as seen:
            page = seen.page
            expect(page.locator(".title .state")).to_have_text("dreaming")
            expect(page.locator(".title .facts")).to_contain_text("of 5000 frames")
            first = until(lambda: page.locator(".picture canvas").count() and frame_on(page))
            until(lambda: frame_on(page) > first + 5)
            page.keyboard.press("Home")
            drawn(page, 0)
            page.wait_for_timeout(500)
            assert frame_on(page) == 0  # who looks at an earlier frame is left there
            page.get_by_role("button", name="Live").click()
            until(lambda: frame_on(page) > first + 5)
            assert seen.complaints == []
    finally:
        rendering.terminate()
        rendering.communicate()


WATCH_BOTH = """() => {
  window.both = [];
  const look = () => { // at each frame of the screen
    const canvas = document.querySelector(".stage canvas");
    window.both.push([canvas.dataset.frame, document.querySelector(".figure.frame").value]);
    requestAnimationFrame(look);
  };
  look();
}"""


def test_a_new_frame_and_its_number_come_together(tmp_path, chromium):
    clip = render_here(tmp_path / "grows", frames=12)
    lines = (clip / "journal.jsonl").read_text().splitlines(keepends=True)
    frames = [path.rename(tmp_path / path.name) for path in sorted((clip / "frames").iterdir())]
    (clip / "clip.mp4").unlink()

    def grow(number):
        frames[number].rename(clip / "frames" / frames[number].name)
        with (clip / "journal.jsonl").open("a") as journal:
            journal.write(lines[number])

    (clip / "journal.jsonl").write_text("")
    grow(0)
    with writing(clip), studio(tmp_path) as house, visit(chromium, house) as seen:
        seen.page.click(".card .open")
        drawn(seen.page, 0)
        expect(seen.page.locator(".title .state")).to_have_text("dreaming")
        seen.page.evaluate(WATCH_BOTH)
        for number in range(1, len(frames)):
            grow(number)
            drawn(seen.page, number)
        both = seen.page.evaluate("window.both")
    assert len({picture for picture, _ in both}) > 3
    assert [(picture, figure) for picture, figure in both if picture != figure] == []


def test_on_a_phone_a_finger_goes_through_time(house, chromium):
    with visit(chromium, house, PHONE) as seen:
        page = seen.page
        drawn(page, FRAMES - 1)
        box = page.get_by_role("slider", name="Frame", exact=True).bounding_box()
        page.touchscreen.tap(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
        drawn(page, 20)
        small = [each for each in page.locator(".transport button").all() if each.is_visible()]
        assert all(min(each.bounding_box()["width"], each.bounding_box()["height"]) >= 36 for each in small)


def test_over_the_whole_screen_the_buttons_come_with_who_moves_and_go(page):
    stage, row = page.locator(".stage"), page.locator(".transport")
    page.keyboard.press("f")
    until(lambda: page.evaluate("document.fullscreenElement?.className") == "stage")
    expect(stage).not_to_have_attribute("data-asleep", "")
    expect(stage).to_have_attribute("data-asleep", "")
    expect(row).to_have_css("opacity", "0")
    place = itertools.cycle((300, 310))

    def is_seen():
        page.mouse.move(next(place), 300)  # again, however long it takes to look
        return row.evaluate("(row) => getComputedStyle(row).opacity") == "1"

    until(is_seen)
    expect(stage).to_have_attribute("data-asleep", "")
    page.keyboard.press("f")
    until(lambda: page.evaluate("document.fullscreenElement === null"))
    expect(stage).not_to_have_attribute("data-asleep", "")


WATCH_SLEEP = """async () => {
  const { effect } = await import("@preact/signals");
  const { asleep } = await import("/static/js/stage/whole.js");
  window.slept = [];
  effect(() => { window.slept.push(asleep.value); });
}"""


def test_over_the_whole_screen_a_finger_calls_the_buttons_and_does_not_aim(house, chromium):
    with visit(chromium, house, PHONE) as seen:
        page = seen.page
        drawn(page, FRAMES - 1)
        page.get_by_role("button", name="Whole screen (F)").tap()
        until(lambda: page.evaluate("document.fullscreenElement?.className") == "stage")
        until(lambda: middle_of(page, ".picture") == pytest.approx(PHONE[1] / 2, abs=2))
        stage = page.locator(".stage")
        page.locator(".picture").tap()
        expect(stage).to_have_attribute("data-asleep", "")
        page.evaluate(WATCH_SLEEP)
        page.locator(".picture").tap()
        until(lambda: page.evaluate("window.slept[1]") is False)
        assert changes(page) == {}
        page.evaluate("document.exitFullscreen()")
        until(lambda: page.evaluate("document.fullscreenElement === null"))


def middle_of(page, part):
    """How far below the top an element's middle is, in pixels."""
    box = page.locator(part).bounding_box()
    return box["y"] + box["height"] / 2
