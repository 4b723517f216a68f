"""The timeline in a real browser: keys are dragged, formulas typed, beats tapped and moved."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from support.clips import render_here
from support.music import drum_loop, steady, write_wav
from support.studio import RunningStudio, studio, until, visit

WATCH_EDGE = """async () => {
  const { effect } = await import("@preact/signals");
  const { shownSections } = await import("/static/js/timeline/sections.js");
  window.edges = [];
  effect(() => { window.edges.push(shownSections.value[1]?.first); });
}"""
NOTHING_HELD = "async () => (await import('/static/js/timeline/sections.js')).movedEdge.value === null"
KNOWN_VERSION = "async () => (await import('/static/js/timeline/source.js')).beats.value.version"
SECONDS, FPS = 8.0, 10
BEATS = steady(120, SECONDS, first=0.4)


@dataclass
class Stand:
    """A studio with a song and a clip of it, and a browser."""

    house: RunningStudio
    client: httpx.Client
    chromium: Browser

    def id_of(self, name: str) -> str:
        return next(
            each["id"] for each in self.client.get("/api/library").json()["items"] if each["name"] == name
        )

    def beats(self) -> dict:
        return self.client.get(f"/api/items/{self.id_of('drums.wav')}/beats").json()

    def changes(self, name: str) -> dict:
        kept = self.client.get("/api/drafts").json()["drafts"]
        return kept.get(self.id_of(name), {}).get("changes", {})


@pytest.fixture(scope="module")
def stand(tmp_path_factory, chromium) -> Iterator[Stand]:
    folder = tmp_path_factory.mktemp("studio")
    (folder / "material").mkdir()
    song = write_wav(folder / "material" / "drums.wav", drum_loop(BEATS).samples)
    moving = 'camera.zoom={ 0 = 1.02, "4beats" = 1.06, ease = "smooth" }'
    render_here(folder / "fall", "--audio", song, "--fps", FPS, "--set", moving, frames=40)
    with studio(folder) as house, house.client() as client:
        found = Stand(house, client, chromium)
        until(lambda: found.beats()["state"] == "known")
        yield found


@pytest.fixture
def page(stand) -> Iterator[Page]:
    with visit(stand.chromium, stand.house) as seen:
        yield seen.page


def choose(page: Page, name: str) -> None:
    page.locator(".gallery").get_by_text(name, exact=True).first.click()
    expect(page.locator(".timeline .tl-head .area")).to_be_visible()
    expect(page.locator(".timeline [role=toolbar]")).to_contain_text("bpm")


def drag(page: Page, box: dict, right: float, down: float = 0) -> None:
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + right / 2, y + down / 2, steps=3)
    page.mouse.move(x + right, y + down, steps=3)
    page.mouse.up()


def pixels_a_second(page: Page) -> float:
    """Of the clip: its keys at the start and at beat 4 tell."""
    keys = page.locator('[data-lane="camera.zoom"] .key')
    first, second = keys.nth(0).bounding_box(), keys.nth(1).bounding_box()
    return (second["x"] - first["x"]) / BEATS[4]


def test_a_dragged_key_snaps_to_a_beat_and_becomes_a_take(stand, page):
    choose(page, "fall")
    keys = page.locator('[data-lane="camera.zoom"] .key')
    expect(keys).to_have_count(2)
    beat = pixels_a_second(page) / 2
    drag(page, keys.nth(1).bounding_box(), -2 * beat + 4, -12)
    changed = until(lambda: stand.changes("fall").get("camera.zoom"))
    assert [*changed] == ["0", "2beats", "ease"]
    assert 1.06 < changed["2beats"] <= 2
    expect(page.get_by_label("Time of the key")).to_have_value("2beats")
    page.get_by_label("Value of the key").fill("1.08")
    page.get_by_label("Value of the key").press("Enter")
    until(lambda: stand.changes("fall")["camera.zoom"]["2beats"] == 1.08)
    page.get_by_role("button", name="Close", exact=True).click()
    page.keyboard.press("Home")
    page.get_by_role("tab", name="Direct").click()
    page.get_by_role("button", name=re.compile("Go on from frame 1")).click()
    recipe = stand.house.folder / "fall-take-2" / "recipe.toml"
    until(recipe.exists)
    assert "2beats = 1.08" in recipe.read_text().replace('"2beats"', "2beats")


def test_keys_are_added_moved_eased_and_deleted_by_keyboard(stand, page):
    choose(page, "fall")
    page.get_by_label("Add a curve").select_option("camera.rotate")
    lane = page.locator('[data-lane="camera.rotate"]')
    area = lane.locator(".area").bounding_box()
    page.mouse.dblclick(area["x"] + area["width"] / 2, area["y"] + 20)
    expect(lane.locator(".key")).to_have_count(2)
    lane.locator(".key").nth(1).focus()
    before = stand_keys(stand, "camera.rotate")
    page.keyboard.press("Alt+ArrowUp")
    until(lambda: stand_keys(stand, "camera.rotate") != before)
    page.get_by_label("Ease of the key").select_option("step")
    until(lambda: any(isinstance(each, dict) for each in stand_keys(stand, "camera.rotate").values()))
    lane.locator(".key").nth(1).focus()
    page.keyboard.press("ArrowLeft")
    expect(lane.locator(".key").nth(0)).to_be_focused()
    page.keyboard.press("Delete")
    until(lambda: not isinstance(stand.changes("fall")["camera.rotate"], dict))
    lane.get_by_label("Put away camera.rotate").click()
    until(lambda: "camera.rotate" not in stand.changes("fall"))
    expect(lane).to_have_count(0)


def stand_keys(stand: Stand, key: str) -> dict:
    return until(lambda: stand.changes("fall").get(key))


def test_a_wrong_formula_is_told_and_a_right_one_is_planned(stand, page):
    choose(page, "fall")
    page.get_by_label("Add a curve").select_option("camera.rotate")
    page.get_by_label("Formula of camera.rotate").click()
    field = page.get_by_label("Number or formula of camera.rotate")
    field.fill("2*sin(t) + bas")
    expect(page.get_by_role("alert")).to_contain_text("nothing is called 'bas'; did you mean 'bass'")
    field.press("Enter")
    assert "camera.rotate" not in stand.changes("fall")
    field.fill("2*sin(t) + 3*bass")
    expect(page.get_by_role("alert")).to_have_count(0)
    field.press("Enter")
    assert until(lambda: stand.changes("fall").get("camera.rotate")) == "2*sin(t) + 3*bass"
    page.get_by_label("Take back the change of camera.rotate").click()
    until(lambda: "camera.rotate" not in stand.changes("fall"))


TAP = """async (times) => {
  const song = document.querySelector(".stage audio");
  await song.play();
  for (const time of times) {
    while (song.currentTime < time) await new Promise((done) => requestAnimationFrame(done));
    window.dispatchEvent(new KeyboardEvent("keydown", { key: "b", bubbles: true }));
    window.dispatchEvent(new KeyboardEvent("keyup", { key: "b", bubbles: true }));
  }
  song.pause();
}"""


def test_beats_are_tapped_while_the_song_plays(stand, page):
    choose(page, "drums.wav")
    page.get_by_role("button", name="Play", exact=True).click()
    page.evaluate(TAP, [beat + 0.05 for beat in BEATS[2:10]])
    page.get_by_role("button", name="Use the taps").click()
    expect(page.get_by_text("8 beats tapped")).to_be_visible()
    told = stand.beats()
    assert told["map"] == "drums.beats.txt"
    assert [min(abs(beat - true) for beat in told["beats"]) < 0.05 for true in BEATS[2:10]] == [True] * 8
    page.get_by_role("button", name="Undo", exact=True).click()
    until(lambda: stand.beats()["map"] is None)


def test_a_beat_is_dragged_and_one_begins_a_bar_in_every_window(stand, page):
    choose(page, "drums.wav")
    before = stand.beats()
    area = page.locator(".tl-head .area")
    box = area.bounding_box()
    length = page.evaluate("async () => (await import('/static/js/timeline/view.js')).view.value")
    with visit(stand.chromium, stand.house) as other:
        choose(other.page, "drums.wav")
        rate = page.evaluate("async () => (await import('/static/js/timeline/view.js')).rate.value")
        pixels = box["width"] / ((length[1] - length[0]) / rate)
        right = (before["beats"][5] - length[0] / rate) * pixels
        place = {"x": box["x"] + right, "y": box["y"] + box["height"] - 12, "width": 0, "height": 0}
        drag(page, place, 7)
        moved = until(lambda: (now := stand.beats())["version"] != before["version"] and now)
        assert moved["beats"][5] == pytest.approx(before["beats"][5] + 7 / pixels, abs=1 / pixels)
        assert moved["beats"][:5] == before["beats"][:5]
        area.focus()
        page.keyboard.press("ArrowRight")
        page.get_by_role("button", name="This is one").click()
        one = until(lambda: (now := stand.beats())["version"] != moved["version"] and now)
        assert one["beats"][6] in one["bars"]
        page.get_by_text("Beats ▾").click()
        page.get_by_role("button", name="Half as many beats").click()
        half = until(lambda: (now := stand.beats())["version"] != one["version"] and now)
        words = re.compile(f"Time, .*{len(half['beats'])} beats")
        expect(other.page.get_by_role("group", name=words)).to_be_visible()
    area.focus()
    for keys, after in (("Control+z", one), ("Control+Shift+z", half), ("Control+z", one)):
        page.keyboard.press(keys)
        until(lambda after=after: stand.beats()["version"] == after["version"])
        until(lambda after=after: page.evaluate(KNOWN_VERSION) == after["version"])
    for _ in range(2):
        page.get_by_text("Beats ▾").click()
        version = stand.beats()["version"]
        page.get_by_role("button", name="Undo the last change").click()
        until(lambda before=version: stand.beats()["version"] != before)
    assert stand.beats()["map"] is None


def test_a_section_is_split_named_and_its_edge_dragged(stand, page):
    choose(page, "drums.wav")
    before = stand.beats()
    area = page.locator(".tl-head .area").bounding_box()
    page.mouse.click(area["x"] + area["width"] / 2, area["y"] + 8)
    page.keyboard.press("n")
    name = page.get_by_label("Name of the section")
    expect(name).to_have_value("B")
    expect(name).to_be_focused()
    name.fill("the drop")
    name.press("Enter")
    named = until(lambda: (now := stand.beats())["sections"][-1][0] == "the drop" and now)
    edge = named["sections"][1][1]
    band = page.get_by_role("button", name=re.compile("^Section the drop"))
    box = band.bounding_box()
    beat = next(beat for beat in named["beats"] if beat > edge + 0.6)
    right = (beat - edge) * box["width"] / (named["seconds"] - edge)
    page.evaluate(WATCH_EDGE)
    drag(page, {"x": box["x"], "y": box["y"] + box["height"] / 2, "width": 0, "height": 0}, right + 3)
    moved = until(lambda: (now := stand.beats())["sections"][1][1] > edge + 0.2 and now)
    until(lambda: page.evaluate(NOTHING_HELD))
    seen = page.evaluate("window.edges")
    there = next(place for place, frame in enumerate(seen) if frame == pytest.approx(seen[-1], abs=0.01))
    assert seen[there:] == [pytest.approx(seen[-1], abs=0.01)] * (len(seen) - there), "it jumped back"
    assert moved["sections"][1][1] == pytest.approx(beat, abs=1e-3)
    assert moved["sections"][0][2] == moved["sections"][1][1]
    band.focus()
    page.keyboard.press("Delete")
    until(lambda: len(stand.beats()["sections"]) == 1)
    for _ in range(4):
        version = stand.beats()["version"]
        page.get_by_text("Beats ▾").click()
        page.get_by_role("button", name="Undo the last change").click()
        until(lambda before=version: stand.beats()["version"] != before)
    assert stand.beats()["map"] == before["map"]


def test_zoom_and_playhead(stand, page):
    choose(page, "fall")
    area = page.locator(".tl-head .area").bounding_box()
    page.mouse.click(area["x"] + area["width"] / 4, area["y"] + 8)
    frame = page.evaluate("async () => (await import('/static/js/state.js')).playhead.value")
    assert frame == pytest.approx(9.5, abs=1)
    page.mouse.move(area["x"] + area["width"] / 4, area["y"] + 8)
    page.mouse.wheel(0, -400)
    shown = "async () => [...(await import('/static/js/timeline/view.js')).view.value]"
    until(lambda: page.evaluate(shown)[1] < 30)
    first, last = page.evaluate(shown)
    assert first + (last - first) / 4 == pytest.approx(9.5, abs=0.5)
    page.keyboard.press("\\")
    until(lambda: page.evaluate(shown)[1] > 39)


def test_frames_are_told_from_seconds_on_the_ruler(stand, page):
    """Who zooms far in reads numbers of frames: the first says so."""
    choose(page, "fall")
    page.evaluate(
        """() => { window.written = []; window.beyond = [];
        const write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, x, y) {
          window.written.push(text);
          const [end, wide] = [x + this.measureText(text).width, this.canvas.clientWidth];
          if (y < 10 && wide && end > wide + 1) window.beyond.push(text);
          return write.call(this, text, x, y); }; }"""
    )
    for _ in range(6):
        page.keyboard.press("+")
    until(lambda: page.evaluate("window.written.some((text) => /^frame [0-9]+$/.test(text))"))
    page.keyboard.press("\\")
    latest = "window.written.slice(window.written.lastIndexOf('0:00'))"
    until(
        lambda: page.evaluate(f"{latest}[0] === '0:00' && !{latest}.some((text) => text.startsWith('frame'))")
    )
    assert page.evaluate("window.beyond") == []  # none is cut off at the end


def test_a_section_is_turned_to_while_the_menu_of_beats_is_open(stand, page):
    choose(page, "fall")
    page.get_by_text("Beats ▾").click()
    page.keyboard.press("Tab")
    page.locator(".section").first.focus()
    page.locator(".section").first.press("Enter")
    expect(page.locator(".section-editor")).to_be_visible()
