"""Scenes added to a film in a real browser: of pictures and clips, dragged and by the keyboard; and made."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from dreamzoom.film.board.reading import read_storyboard
from support.clips import SMALL, quickly
from support.queue import wait_for_state
from support.studio import studio, until, visit

BOARD = """\
# Two of them
[film]
size = "160x90"
fps = 4
preset = "classic"

[dream]
octaves = 1
iterations = 1
layer = "fire2/concat"

# the first
[[scene]]
image = "../material/red.png"
length = 1

[[scene]]
image = "../material/blue.png"
length = 1   # brief
# the end
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory):
    """A studio of three pictures, a clip of one with a palette and a guide, and a film of two scenes."""
    folder = tmp_path_factory.mktemp("adding")
    (folder / "material").mkdir()
    for channel, name in enumerate(("red", "green", "blue")):
        grain = np.random.default_rng(channel).integers(0, 99, (90, 160, 3), dtype=np.uint8)
        grain[..., channel] += 120
        Image.fromarray(grain).save(folder / f"material/{name}.png")
    green = folder / "material/green.png"
    values = ("dream.step_size=3", "dream.objective=guide", f"dream.guide={green}")
    look = ("--preset", "classic", *(word for value in values for word in ("--set", value)))
    quickly("render", green, *SMALL, *look, "--out", folder / "guided", "--frames", 2, "--fps", 4)
    (folder / "show").mkdir()
    (folder / "show/storyboard.toml").write_text(BOARD)
    (folder / "show/scenes").mkdir()
    quickly("film", folder / "show")
    with studio(folder) as running, running.client() as client:
        running.http = client
        items = client.get("/api/library").json()["items"]
        running.ids = {each["name"]: each["id"] for each in items}
        running.storyboard = folder / "show/storyboard.toml"
        yield running


@pytest.fixture(autouse=True)
def as_before(house):
    house.storyboard.write_text(BOARD)


@pytest.fixture(scope="module")
def page(house, chromium):
    with visit(chromium, house) as seen:
        yield seen.page
        assert seen.complaints == []


@pytest.fixture
def film(page, house):
    """The page with the film on its stage, and the Film tab open."""
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.locator(f'.card[data-id="{house.ids["show"]}"] .open').click()
    page.get_by_role("tab", name="Film").click()
    expect(storyboard(page)).to_have_count(2)
    return page


def storyboard(page):
    return page.get_by_role("list", name="Storyboard").locator("> li")


def change(house, **wanted):
    mark = house.http.get(f"/api/items/{house.ids['show']}/storyboard").json()["mark"]
    headers = {"If-Match": f'"{mark}"'}
    return house.http.post(f"/api/items/{house.ids['show']}/storyboard", json=wanted, headers=headers)


def test_a_picture_is_added_at_a_chosen_place_and_all_else_keeps_its_letters(film, house):
    form = film.get_by_role("region", name="Add a scene")
    form.get_by_label("Add a scene of").select_option("green.png")
    form.get_by_label("Where").select_option("1")
    form.get_by_role("button", name="Add the scene").click()
    expect(storyboard(film)).to_have_count(3)
    expect(storyboard(film).nth(1)).to_contain_text("green.png")
    expect(storyboard(film).nth(1).get_by_label("Lasts")).to_have_value("1")
    expect(storyboard(film).first.locator("img")).to_have_attribute(
        "src", f"/api/items/{house.ids['red.png']}/picture?width=160"
    )
    added = f'[[scene]]\nimage = "{house.folder}/material/green.png"\nlength = 1\n\n'
    blue = '[[scene]]\nimage = "../material/blue.png"'
    assert house.storyboard.read_text() == BOARD.replace(blue, added + blue)


@pytest.mark.parametrize(("across", "place"), [(0.2, 0), (0.8, 1)])
def test_a_card_dragged_onto_the_strip_becomes_a_scene_before_or_after(film, house, across, place):
    card = film.locator(f'.card[data-id="{house.ids["green.png"]}"]')
    scene = film.get_by_role("list", name="Scenes").locator("li").first
    box = scene.bounding_box()
    card.drag_to(scene, target_position={"x": box["width"] * across, "y": box["height"] / 2})
    expect(storyboard(film)).to_have_count(3)
    expect(storyboard(film).nth(place)).to_contain_text("green.png")


def test_a_song_or_a_film_dragged_there_is_refused_in_words(film, house):
    film.evaluate(
        """id => {
            const data = new DataTransfer();
            data.setData('text/x-dreamzoom-item', id);
            const drop = new DragEvent('drop', { bubbles: true, cancelable: true, dataTransfer: data });
            document.querySelector('.strip li').dispatchEvent(drop);
        }""",
        house.ids["show"],
    )
    expect(film.get_by_text("is no picture and no clip")).to_be_visible()
    assert house.storyboard.read_text() == BOARD


def test_a_clip_is_added_by_the_keyboard_with_its_picture_and_its_look(page, house):
    page.reload()
    page.wait_for_selector("html[data-ready]")
    page.locator(f'.card[data-id="{house.ids["guided"]}"] .open').click()
    gallery = page.get_by_role("navigation", name="Gallery")
    gallery.get_by_role("button", name="More for guided").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("menuitem", name="Rename")).to_be_focused()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("menuitem", name="Add to film…")).to_be_focused()
    page.keyboard.press("Enter")
    dialog = page.get_by_role("dialog", name="Add to film")
    expect(dialog.get_by_label("Film")).to_have_value(house.ids["show"])
    dialog.get_by_label("Where").select_option("")
    dialog.get_by_role("button", name="Add the scene").focus()
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(storyboard(page)).to_have_count(3)
    expect(storyboard(page).nth(2)).to_contain_text("guided")
    picture = storyboard(page).nth(2).locator("img")
    until(lambda: picture.evaluate("each => each.naturalWidth") == 64)
    scene = read_storyboard(house.storyboard).scenes[2].settings
    assert Path(scene.image).match(f"{house.folder}/show/material/guided-*.png")
    assert scene.preset.startswith("material/guided-")
    look = (house.folder / "show" / scene.preset).read_text()
    guide = next(line for line in look.splitlines() if line.startswith("guide = "))
    assert (house.folder / "show/material" / guide.split('"')[1]).read_bytes() == (
        house.folder / "guided/guide.png"
    ).read_bytes()
    assert 'layer = "fire2/concat"' in look


def test_a_scene_is_doubled_moved_and_taken_out(film, house):
    storyboard(film).nth(1).locator(".pick").click()
    film.get_by_role("button", name="Once more").click()
    expect(storyboard(film)).to_have_count(3)
    assert [scene.settings.image[-8:] for scene in read_storyboard(house.storyboard).scenes] == [
        "/red.png",
        "blue.png",
        "blue.png",
    ]
    film.get_by_role("button", name="Scene 2 earlier").click()
    expect(storyboard(film).first).to_contain_text("blue.png")
    film.get_by_role("button", name="Take this scene out").click()
    expect(storyboard(film)).to_have_count(2)
    assert house.storyboard.read_text().endswith("# the end\n")


def test_a_picture_from_a_file_becomes_a_scene_and_no_plan(film, house, tmp_path):
    Image.new("RGB", (32, 18), (9, 99, 9)).save(tmp_path / "meadow.png")
    film.get_by_label("A picture for a scene").set_input_files(tmp_path / "meadow.png")
    expect(storyboard(film)).to_have_count(3)
    expect(storyboard(film).nth(2)).to_contain_text("meadow.png")
    expect(film.get_by_role("tab", name="Film")).to_have_attribute("aria-selected", "true")


def test_where_scenes_have_starts_the_new_one_shares_the_time_of_the_one_before(house):
    timed = BOARD.replace("fps = 4\n", "fps = 4\nlength = 2\n").replace("length = 1   #", "start = 1   #")
    timed = timed.replace('red.png"\nlength = 1', 'red.png"')
    house.storyboard.write_text(timed)
    told = change(house, add=house.ids["green.png"], at=2).json()
    assert [scene["start"] for scene in told["scenes"]] == [None, 1, 1.5]


@pytest.mark.parametrize("named", ["../../x.png", "material/none.png", "/etc/passwd", "clouds"])
def test_of_a_scenes_pictures_only_those_in_the_films_own_folder_are_sent(house, named):
    house.storyboard.write_text(BOARD.replace("../material/red.png", named))
    address = f"/api/items/{house.ids['show']}/storyboard/scenes"
    for number in (0, 1, 2):
        assert house.http.get(f"{address}/{number}/picture").status_code == 404


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        ({"add": "../x", "at": 0}, "there is no such"),
        ({"add": "show", "at": 0}, "is a film: choose a picture"),
        ({"add": "red.png", "at": 7}, "no place"),
        ({"add": "red.png"}, "at must be"),
        ({"add": 3, "at": 0}, "add must be"),
    ],
)
def test_what_is_no_scene_is_refused_and_nothing_is_written(house, wanted, words):
    wanted = {key: house.ids.get(value, value) for key, value in wanted.items()}
    answer = change(house, **wanted)
    assert answer.status_code in (400, 404)
    assert words in answer.json()["error"]
    assert house.storyboard.read_text() == BOARD


def test_a_films_folder_that_leads_elsewhere_is_not_written_to(house, tmp_path):
    material = house.folder / "show/material"
    kept = material.rename(house.folder / "show/kept") if material.exists() else None
    material.symlink_to(tmp_path)
    try:
        answer = change(house, add=house.ids["guided"], at=0)
        assert answer.status_code == 400
        assert "is a link" in answer.json()["error"]
        assert list(tmp_path.iterdir()) == []
    finally:
        material.unlink()
        if kept is not None:
            kept.rename(material)


def test_the_film_with_a_clips_scene_is_made_and_dreams_by_its_look(house):
    assert change(house, add=house.ids["guided"], at=1).status_code == 200
    job = house.http.post(f"/api/items/{house.ids['show']}/film", json={}).json()["job"]
    done = wait_for_state(house.http, job, "done", "failed")
    assert done["state"] == "done", house.http.get(f"/api/queue/{job}/log").text
    made = until(lambda: sorted((house.folder / "show/scenes").iterdir()))
    assert len(made) == 3
    recipe = (made[1] / "recipe.toml").read_text()
    assert "step_size = 3" in recipe
    assert (made[1] / "guide.png").is_file()
