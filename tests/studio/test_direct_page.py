"""The Direct tab in a real browser: what is chosen, typed and clicked becomes a take, really rendered."""

from __future__ import annotations

import json

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Route, expect

from dreamzoom.clip.folder import open_clip
from dreamzoom.recipe.schema import raw_value
from support.access import faults
from support.clips import frame_files, render_here
from support.studio import PHONE, studio, until, visit


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    folder = tmp_path_factory.mktemp("direct")
    (folder / "material").mkdir()
    picture = np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8)
    Image.fromarray(picture).save(folder / "material/sky.png")
    render_here(folder / "beach", frames=12)
    with studio(folder) as running:
        yield running


@pytest.fixture
def seen(house, chromium):
    with visit(chromium, house) as seen:
        yield seen


def direct(seen, name: str = "beach", frame: int = 4):
    """The page with a clip on the stage, at a frame, and the Direct tab open."""
    seen.page.evaluate(
        """async ([name, frame]) => {
          const state = await import('/static/js/state.js');
          state.choose([...state.items.value.values()].find((item) => item.name === name).id);
          state.seek(frame);
        }""",
        [name, frame],
    )
    seen.page.click("#tab-direct")
    expect(seen.page.locator("#main-camera-zoom")).not_to_have_value("")
    return seen.page


def drafts(house) -> str:
    path = house.folder / ".studio/drafts.json"
    return path.read_text() if path.exists() else "{}"


def test_a_take_by_the_button_with_a_fall_point_and_what_is_typed_wrong_told(house, seen):
    page = direct(seen)
    go = page.locator(".go")
    expect(go).to_be_disabled()
    zoom = page.locator("#main-camera-zoom")
    zoom.fill("7")
    zoom.press("Enter")
    expect(page.locator("#main-camera-zoom-fault")).to_have_text("is 7: must be 0.5 to 2")
    expect(zoom).to_have_attribute("aria-invalid", "true")
    zoom.fill("1.02")
    zoom.press("Enter")
    expect(page.locator("#main-camera-zoom-fault")).to_have_count(0)
    box = page.locator(".picture").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + 0.25 * box["width"], box["y"] + 0.75 * box["height"])
    expect(page.get_by_role("button", name="Falls to: 2 keyframes")).to_be_visible()
    until(lambda: "camera.target" in drafts(house))
    page.reload()  # nothing of it is lost
    page.wait_for_selector("html[data-ready]")
    page = direct(seen)
    expect(zoom).to_have_value("1.02")
    expect(go).to_have_text("Go on from frame 5 G")
    go.click()
    take = house.folder / "beach-take-2"
    until((take / "video.json").exists)
    clip = open_clip(take)
    assert raw_value(clip.recipe, "camera.zoom") == 1.02
    x, y = raw_value(clip.recipe, "camera.target")
    assert {key: round(value, 1) for key, value in x.items() if key != "ease"} == {"4": 0.5, "34": 0.2}
    assert abs(y["34"] - 0.75) < 0.05
    assert x["ease"] == "smooth"
    made, parent = frame_files(take), frame_files(house.folder / "beach")
    assert [made[name] == parent[name] for name in sorted(parent)] == [True] * 5 + [False] * 7
    until(lambda: json.loads(drafts(house)) == {})
    expect(page.get_by_text("Another take of beach-take-2")).to_be_visible(timeout=30_000)
    assert [line for line in seen.complaints if "400" not in line] == []


def test_a_picture_that_is_chosen_becomes_a_new_clip(house, seen):
    page = direct(seen)
    page.get_by_role("button", name="A new clip instead").click()
    page.locator("#new-picture").select_option(label="sky.png")
    for key, value in (("clip-size", "64x48"), ("dream-octaves", "1"), ("dream-iterations", "1")):
        page.locator(f"#main-{key}").fill(value)
        page.locator(f"#main-{key}").press("Enter")
    page.locator("#main-length").fill("0.1")
    page.locator("#main-length").press("Enter")
    page.locator("#main-colour-palette").select_option("dusk")
    page.keyboard.press("Escape")
    page.locator(".go").click()
    until((house.folder / "sky/recipe.toml").exists)
    recipe = open_clip(house.folder / "sky").recipe
    assert recipe.clip.image == "./material/sky.png"
    assert recipe.clip.frames == 3
    assert raw_value(recipe, "colour.palette") == "dusk"
    assert raw_value(recipe, "camera.zoom") == 1.03  # of the usual look


def test_a_click_on_a_picture_and_the_button_below_the_looks(seen):
    page = seen.page
    page.get_by_role("button", name="sky.png").first.click()
    page.click("#tab-look")
    expect(page.locator(".looks .go")).to_have_text("Dream it G")  # it need not be looked for
    picture = page.get_by_role("group", name="sky.png. T aims where to fall")
    expect(picture).to_be_visible()
    box = picture.bounding_box()
    page.mouse.click(box["x"] + box["width"] / 4, box["y"] + box["height"] / 4)
    expect(page.get_by_label("camera.target, x")).to_have_value("0.25")
    high = float(page.get_by_label("camera.target, y").input_value())
    assert abs(high - 1 / 6) < 0.01  # a frame of 16:9 shows three quarters of the height of 4:3
    middle = "cross => (cross.offsetTop + cross.offsetHeight / 2) / cross.parentElement.clientHeight"
    assert abs(page.locator(".picture .cross").evaluate(middle) - 0.25) < 0.02
    page.get_by_role("button", name="Undo all").click()


KEEP_SIZE = """async (size) => {
  const { item, keep } = await import("/static/js/state.js");
  keep({ ...item.value, size });
}"""


def test_a_click_falls_nowhere_before_it_is_known_what_a_frame_shows_of_the_picture(seen):
    page = seen.page
    page.get_by_role("button", name="sky.png").first.click()
    picture, cross = page.get_by_role("group", name="sky.png"), page.locator(".picture .cross")
    expect(page.get_by_role("group", name="sky.png. T aims")).to_be_visible()
    page.evaluate(KEEP_SIZE, None)  # as before the file was examined
    expect(page.get_by_role("group", name="sky.png. T aims")).to_have_count(0)
    picture.click()
    expect(cross).to_have_count(0)
    page.evaluate(KEEP_SIZE, [64, 48])
    picture.click()
    expect(cross).to_have_count(1)
    page.get_by_role("button", name="Undo all").click()


def test_a_slider_a_thing_and_every_setting(seen):
    page = direct(seen)
    slider = page.get_by_label("camera.rotate, slider")
    slider.focus()
    slider.press("End")
    expect(page.locator("#main-camera-rotate")).to_have_value("5")
    page.get_by_role("button", name="a thing").click()
    page.locator("#main-dream-class").fill("PEAC")
    expect(page.locator(".found li")).to_have_text(["peacock"])
    page.locator("#main-dream-class").press("Enter")
    expect(page.locator("#main-dream-class")).to_have_value("peacock")
    page.locator(".every summary").click()
    expect(page.locator(".every .field")).not_to_have_count(0)
    assert faults(page) == []
    page.get_by_placeholder("search: jitter").fill("kaleidoscope")
    expect(page.locator(".every .field")).to_have_count(1)
    page.locator("#all-camera-mirrors").fill("3")
    page.locator("#all-camera-mirrors").press("Enter")
    page.get_by_role("button", name="Changed:").click()
    expect(page.locator(".changes li")).to_have_text(["Turn5↺", "Classpeacock↺", "Mirrors3↺"])
    page.get_by_role("button", name="Undo the change of Turn").click()
    expect(page.locator(".changes li")).to_have_count(2)
    page.get_by_role("button", name="Undo all").click()
    expect(page.locator(".changes li")).to_have_count(0)
    assert seen.complaints == []


def test_what_the_settings_do_is_told_when_it_is_asked_for(seen):
    page = direct(seen)
    row = page.locator(".direct .field", has=page.locator("#main-camera-zoom"))
    expect(row.locator(".help-line")).to_have_count(0)
    page.get_by_role("button", name="What do these do?").click()
    expect(row.locator(".help-line")).to_contain_text("magnification per frame")
    page.get_by_role("button", name="What do these do?").click()
    expect(row.locator(".help-line")).to_have_count(0)


def test_goals_and_regions_are_rows_of_fields(seen):
    page = direct(seen)
    page.locator("#main-dream-goal").click()
    name = page.locator("#main-dream-goal-0-class")
    name.fill("pea")
    expect(page.locator(".found li").first).to_have_text("peacock", timeout=30_000)  # no European bird
    name.fill("peac")
    expect(page.locator(".found li")).to_have_text(["peacock"], timeout=30_000)
    name.press("Enter")
    weight = page.locator("#main-dream-goal-0-weight")
    weight.fill("20")
    weight.press("Enter")
    expect(page.locator("#main-dream-goal-0-weight-fault")).to_have_text("is 20: must be -10 to 10")
    weight.fill("2")
    weight.press("Enter")
    expect(page.locator("#main-dream-goal-0-weight-fault")).to_have_count(0)
    page.locator("#main-dream-goal").click()
    goals = page.get_by_label("Several things at once").locator(".rows").first
    expect(goals).to_contain_text("says nothing: give it a layer, a class or an objective")
    page.locator("#main-dream-goal-1-layer").select_option("fire4/concat")
    page.get_by_role("button", name="Goal 2 earlier").click()
    expect(goals.locator(".pick")).to_have_text(
        ["▾ Goal 1 layer fire4/concat", "▸ Goal 2 class peacock, weight 2"]
    )
    goals.get_by_role("button", name="More: ").click()
    page.locator("#main-dream-goal-0-channel").select_option("strongest")
    page.locator("#main-dream-region").click()
    page.locator("#main-dream-region-0-mask").select_option(label="sky.png")
    page.get_by_role("button", name="Let Region 1, there change over time").click()
    page.get_by_label("Time of keyframe 2").fill("0.2s")
    page.get_by_label("Time of keyframe 2").press("Enter")
    expect(page.locator(".changes-bar .note")).to_have_count(0)
    assert faults(page) == []
    told = page.evaluate("async () => (await import('/static/js/plan.js')).plan.changes.value")
    sky = told["dream.region"][0]["mask"]["item"]
    assert {key: told[key] for key in ("dream.goal", "dream.region")} == {
        "dream.goal": [{"layer": "fire4/concat", "channel": "strongest 8"}, {"class": 84, "weight": 2}],
        "dream.region": [{"mask": {"item": sky}, "there": {"0s": 1, "0.2s": 1}}],
    }
    page.get_by_role("button", name="Take Region 1 out").click()
    page.get_by_role("button", name="Take Goal 1 out").click()
    page.get_by_role("button", name="Undo", exact=True).click()
    expect(goals.locator(".pick")).to_have_count(2)
    page.get_by_role("button", name="Undo all").click()
    assert seen.complaints == []


def test_of_two_changes_the_later_one_is_kept_however_long_the_first_is_on_its_way(house, seen):
    page = direct(seen)
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route) if not held else route.continue_()

    page.route("**/api/drafts/*", hold)
    zoom = page.locator("#main-camera-zoom")
    zoom.fill("1.05")
    zoom.press("Enter")
    until(lambda: held or page.evaluate("0"))
    zoom.fill("1.06")
    with page.expect_response("**/api/check"):  # it is taken, and as long after it as it would be sent
        zoom.press("Enter")
    page.wait_for_timeout(500)
    with page.expect_response("**/api/drafts/*"):
        held[0].continue_()
    until(lambda: page.evaluate("0") or '"camera.zoom": 1.06' in drafts(house))
    page.get_by_role("button", name="Undo all").click()
    until(lambda: page.evaluate("0") or "camera.zoom" not in drafts(house))
    page.unroute("**/api/drafts/*", hold)


def test_two_windows_plan_together(house, chromium, seen):
    page = direct(seen)
    with visit(chromium, house, PHONE) as other:
        other.page.evaluate("async () => { (await import('/static/js/state.js')).room.value = 'panel'; }")
        phone = direct(other)
        page.locator("#main-camera-zoom").fill("1.07")
        page.locator("#main-camera-zoom").press("Enter")
        expect(phone.locator("#main-camera-zoom")).to_have_value("1.07")
        phone.get_by_role("button", name="Undo all").click()
        expect(page.locator(".go")).to_be_disabled()
        wide = phone.evaluate("document.querySelector('.panel .body').scrollWidth")
        assert wide <= PHONE[0]
