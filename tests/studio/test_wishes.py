"""From a page's JSON to a command line: what comes through is checked, and names nothing beyond FOLDER."""

from __future__ import annotations

import json
import shlex
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dreamzoom.errors import DreamzoomError, RequestError
from dreamzoom.io.toml import parse_toml
from dreamzoom.pictures.generate import GENERATORS
from dreamzoom.recipe.build import override_fragment
from dreamzoom.recipe.inscription import inscribe_film
from dreamzoom.recipe.schema import SETTINGS, Recipe
from dreamzoom.recipe.settings import GENERATED
from dreamzoom.studio.desk import Desk, open_desk
from dreamzoom.studio.library.items import family_of, item_id
from dreamzoom.studio.wishes.commands import longer_clip, new_clip, new_take
from dreamzoom.studio.wishes.drafts import keep_draft, read_drafts
from dreamzoom.studio.wishes.names import free_name, free_take, stem_for
from dreamzoom.studio.wishes.orders import order
from dreamzoom.studio.wishes.values import WishError
from support.clips import render_here

SKY, SONG = "material/sky.png", "material/song.wav"


def identity(place: str) -> str:
    return item_id(Path(place))


def named(place: str) -> dict[str, str]:
    return {"item": identity(place)}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A folder with a clip, a picture, a song, a stranger's recipes, and links that lead out of it."""
    folder = tmp_path_factory.mktemp("studio")
    (folder / "material").mkdir()
    Image.fromarray(np.full((48, 64, 3), 90, np.uint8)).save(folder / SKY)
    (folder / SONG).write_bytes(b"RIFF")
    outside = folder.parent / "secret.png"
    Image.new("RGB", (8, 8)).save(outside)
    (folder / "material/link.png").symlink_to(outside)
    render_here(folder / "beach", frames=6)
    return folder


@pytest.fixture
def desk(folder) -> Desk:
    return open_desk(folder)


def words_of(desk: Desk, wish: dict[str, object]) -> tuple[str, ...]:
    return new_clip(desk, wish).words_for("new")


def take_words(desk: Desk, wish: dict[str, object]) -> tuple[str, ...]:
    return new_take(desk, desk.shelf.find(identity("beach")), wish).words_for("beach-take-2")


def refusal(desk: Desk, wish: dict[str, object]) -> str:
    with pytest.raises(RequestError) as caught:
        new_clip(desk, wish)
    return str(caught.value)


def test_a_new_clip_is_an_ordinary_command_line(desk):
    wish = {
        "picture": named(SKY),
        "song": named(SONG),
        "preset": "dogs",
        "changes": {"camera.zoom": 1.04, "dream.layer": {"0": "fire4/concat", "4s": "fire8/concat"}},
    }
    assert words_of(desk, wish) == (
        "render",
        "./material/sky.png",
        "--out",
        "./new",
        "--audio",
        "./material/song.wav",
        "--preset",
        "dogs",
        "--set",
        "camera.zoom=1.04",
        "--set",
        'dream.layer={ 0 = "fire4/concat", 4s = "fire8/concat" }',
    )
    assert new_clip(desk, wish).stem == "sky"


def test_nothing_said_is_the_usual_look_of_clouds(desk):
    assert words_of(desk, {}) == ("render", "--out", "./new", "--preset", "bestiary")
    assert words_of(desk, {"picture": "hills"})[:2] == ("render", "hills")


def test_a_take_is_a_fork_at_its_frame(desk):
    wish = {"at": 3, "changes": {"camera.rotate": 2, "colour.palette": "dusk", "colour.hold": 1}}
    assert take_words(desk, wish) == (
        *("fork", "./beach", "--at", "3", "--out", "./beach-take-2"),
        *("--set", "camera.rotate=2", "--set", 'colour.palette="dusk"', "--set", "colour.hold=1"),
    )


def test_what_has_no_say_is_told(desk):
    changes = {"dream.goal": [{"layer": "fire4/concat"}, {"layer": "fire8/concat"}]}
    assert new_clip(desk, {"changes": changes}).notes == ()
    both = new_clip(desk, {"changes": {"loop.turns": 2}})
    assert both.notes[0].startswith("loop.turns")
    goals = desk.shelf.find(identity("beach"))
    assert new_take(desk, goals, {"at": 3, "changes": {"camera.rotate": 2}}).notes == ()


def test_a_longer_clip_is_told_in_seconds(desk):
    beach = desk.shelf.find(identity("beach"))
    assert longer_clip(desk, beach, {"seconds": 0.5}) == ("extend", "./beach", "--frames", "21")
    with pytest.raises(RequestError, match="extend it to more"):
        longer_clip(desk, beach, {"frames": 6})
    with pytest.raises(RequestError, match="above 0"):
        longer_clip(desk, beach, {"seconds": -1})


def test_what_is_wrong_is_told_by_its_key_in_the_command_lines_words(desk):
    with pytest.raises(WishError) as caught:
        new_clip(desk, {"changes": {"camera.zoom": 7, "dream.octaves": "many", "camera.zom": 1}})
    assert caught.value.faults == {
        "dream.octaves": "must be a whole number from 1 to 20, got 'many'",
        "camera.zom": "--set: there is no key 'camera.zom'; did you mean 'camera.zoom'?",
    }
    with pytest.raises(WishError) as caught:
        new_clip(desk, {"changes": {"camera.zoom": 7}})
    assert caught.value.faults == {"camera.zoom": "is 7: must be 0.5 to 2"}
    with pytest.raises(WishError) as caught:
        take_words(desk, {"at": 3, "changes": {"clip.frames": 90, "camera.zoom": "1 + t*3"}})
    assert set(caught.value.faults) == {"camera.zoom"}


@pytest.mark.parametrize(
    ("key", "raw", "says"),
    [
        ("clip.image", "/etc/passwd", "not in this folder"),
        ("clip.image", "../secret.png", "not in this folder"),
        ("clip.image", "material/sky.png", "drop the file on the page"),
        ("clip.image", "https://example.org/a.png", "web address"),
        ("clip.end", "file:///etc/passwd", "web address"),
        ("model.name", "./models", "choose squeezenet"),
        ("model.name", "/models/mine", "choose squeezenet"),
        ("dream.guide", {"0": "/etc/passwd"}, "not in this folder"),
        ("dream.guide", {"0": {"value": "/etc/passwd", "ease": "step"}}, "not in this folder"),
        ("dream.goal", [{"guide": "/etc/passwd", "objective": "guide"}], "not in this folder"),
        ("dream.region", [{"mask": "./m.png"}], "not in this folder"),
        ("dream.region", [{"text": "a", "font": "/f.ttf"}], "not in this folder"),
        ("dream.region", [{"sees": [{"guide": {"0": "../x.png"}}], "mask": "seen"}], "not in this folder"),
        ("clip.dissolve", {"image": "/etc/passwd"}, "not in this folder"),
        ("music.song", "/etc/passwd", "not in this folder"),
        ("music.stems", {"drums": "../d.wav"}, "not in this folder"),
        ("music.series", {"heart": "/h.csv"}, "not in this folder"),
        ("music.map", "beats.txt", "not in this folder"),
        ("colour.palette", "/p.toml", "not in this folder"),
        ("guard.guide", "//host/share.png", "not in this folder"),
        ("clip.image", {"item": "0" * 16}, "no such clip"),
        ("clip.image", {"item": "../../etc"}, "no such clip"),
        ("clip.image", {"item": 3}, "must be its id"),
        ("clip.seed", named(SKY), "where none is meant"),
        ("dream.layer", named(SKY), "where none is meant"),
        ("music.song", named(SKY), "must be a song"),
        ("clip.end", named(SONG), "must be a picture"),
        ("model.name", named(SKY), "takes no file"),
        ("clip.end", {"item": identity("beach"), "frame": 400}, "not rendered yet"),
        ("clip.end", {"item": identity("beach"), "frame": "../.."}, "none of"),
        ("dream.layer", "\ud800", "characters that are none"),
        ("dream.layer", None, "must be a value"),
    ],
)
def test_a_page_names_no_file_but_by_its_id(desk, key, raw, says):
    assert says in refusal(desk, {"changes": {key: raw}})


def test_links_are_no_items(desk):
    assert "no such clip" in refusal(desk, {"picture": named("material/link.png")})


def test_a_frame_of_a_clip_is_a_picture(desk):
    words = words_of(desk, {"picture": {"item": identity("beach"), "frame": 3}})
    assert words[1] == "./beach/frames/000003.png"


def test_what_a_file_is_called_becomes_no_option(desk, folder):
    for name in ("--out=x.png", "-h.png", "a=b;c.png", "clouds"):
        place = f"material/{name}"
        if name == "clouds":
            continue
        Image.new("RGB", (64, 48)).save(folder / place)
        words = words_of(desk, {"picture": named(place), "changes": {"clip.end": named(place)}})
        assert words[1] == f"./{place}"
        assert words[-1] == f'clip.end="./{place}"'
        (folder / place).unlink()


def recipe_item(folder: Path, text: str) -> dict[str, str]:
    (folder / "material/stranger.toml").write_text(text)
    return named("material/stranger.toml")


def test_an_uploaded_recipe_is_used_as_a_copy_of_what_was_checked(desk, folder):
    wanted = recipe_item(folder, '[clip]\nend = "sky.png"\n[camera]\nzoom = 1.02\n[model]\ndevice = "cuda"\n')
    words = words_of(desk, {"preset": wanted, "picture": "hills"})
    kept = words[words.index("--preset") + 1]
    assert kept.startswith("./.studio/recipes/")
    assert parse_toml((folder / kept).read_text(), "") == {
        "clip": {"end": "./material/sky.png"},
        "camera": {"zoom": 1.02},
    }
    (folder / "material/stranger.toml").write_text('[clip]\nend = "/etc/passwd"\n')
    assert parse_toml((folder / kept).read_text(), "")["clip"]["end"] == "./material/sky.png"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[clip]\nend = "/etc/passwd"', "clip.end: names '/etc/passwd'"),
        ('[clip]\nend = "../secret.png"', "drop the file on the page"),
        ('[clip]\nend = "link.png"', "not in this folder"),
        ('[clip]\nend = "https://example.org/?token=1"', "web address"),
        ('[model]\nname = "./nets/mine"', "choose squeezenet"),
        ('[dream]\nguide = { 0 = "sky.png", 4s = "/x.png" }\nobjective = "guide"', "'/x.png'"),
        ('[[dream.region]]\nmask = "./m.png"', "'./m.png'"),
        ('[music]\nsong = "/s.mp3"', "'/s.mp3'"),
        ("[camera]\nzoom = 9", "camera.zoom"),
        ("[camera", "stranger.toml"),
    ],
)
def test_an_uploaded_recipe_names_nothing_outside_of_what_was_uploaded(desk, folder, text, says):
    told = refusal(desk, {"preset": recipe_item(folder, text)})
    assert says in told
    assert str(folder) not in told


def test_a_recipe_within_a_picture_serves_too(desk, folder):
    told = inscribe_film(Recipe())
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("comment", told + '\n[camera]\nzoom = 1.01\n[clip]\nimage = "./sky.png"\n')
    Image.new("RGB", (64, 48)).save(folder / "material/dreamed.png", pnginfo=info)
    words = words_of(desk, {"preset": named("material/dreamed.png")})
    kept = parse_toml((folder / words[-1]).read_text(), "")
    assert kept["camera"] == {"zoom": 1.01}
    assert kept["clip"]["image"] == "./material/sky.png"
    assert "tells no recipe" in refusal(desk, {"preset": named(SKY)})


def test_a_clips_recipe_serves_another_picture(desk, folder):
    words = words_of(desk, {"preset": named("beach"), "picture": named(SKY)})
    kept = parse_toml((folder / words[-1]).read_text(), "")
    assert kept["clip"]["size"] == "64x48"
    assert "frames" not in kept["clip"]
    assert kept["dream"]["layer"] == "fire2/concat"


def test_a_take_names_the_pictures_that_its_clip_has_copies_of_and_for_the_same_use_alone(desk, folder):
    mask = str(folder.parent / "secret.png")
    render_here(folder / "masked", "--set", f'dream.region=[{{ mask = "{mask}", invert = true }}]', frames=1)
    masked = desk.shelf.find(identity("masked"))
    row = {"mask": mask, "invert": True, "weight": 2}
    words = new_take(desk, masked, {"changes": {"dream.region": [row]}}).words_for("x")
    assert words[-1] == f'dream.region=[{{ mask = "{mask}", invert = true, weight = 2 }}]'
    for other in ({"guide": mask}, {"text": "a", "font": mask}, {"mask": mask + "/../other.png"}):
        with pytest.raises(WishError, match="not in this folder"):
            new_take(desk, masked, {"changes": {"dream.region": [other]}})
    with pytest.raises(RequestError, match="not in this folder"):  # it would have to be read again
        new_take(desk, masked, {"changes": {"dream.region": [row], "clip.size": "32x32"}})


def test_very_many_values_stand_in_a_file(desk, folder):
    keys = {str(frame): 1.01 for frame in range(0, 4000, 2)}
    words = words_of(desk, {"changes": {"camera.zoom": keys}})
    assert sum(map(len, words)) < 200
    kept = parse_toml((folder / words[-1]).read_text(), "")
    assert kept["camera"]["zoom"] == keys
    assert kept["camera"]["rotate"] == 0.3  # the look's own


def test_names_are_free_and_takes_are_counted():
    assert free_name("sky", {"sky", "sky-2"}) == "sky-3"
    assert free_take("sky", {"sky"}) == "sky-take-2"
    assert free_take("Sky", {"sky", "sky-take-2", "sky-take-7"}) == "Sky-take-8"


@pytest.mark.parametrize(
    "name", ["../..", "", "...", "-rf", "a/b\\c", "con", "\x1b[31m", "x" * 300, "материал", "sky-take-3"]
)
def test_a_name_is_one_that_every_disk_holds(name):
    stem = stem_for(name)
    assert stem
    assert stem == Path(stem).name
    assert not stem.startswith((".", "-"))
    assert len(stem) <= 70
    assert family_of(stem) == (stem, 1)


def test_two_windows_at_once_get_two_names(tmp_path):
    desk = open_desk(tmp_path)
    with ThreadPoolExecutor(8) as pool:
        jobs = list(pool.map(lambda _: order(desk, new_clip(desk, {"picture": "hills"})), range(16)))
    assert len({job.target for job in jobs}) == 16
    assert jobs[0].words[jobs[0].words.index("--out") + 1].startswith("./hills")


def test_words_that_are_no_files_are_those_that_dreamzoom_draws():
    assert set(GENERATED) == set(GENERATORS)


def test_drafts_are_kept(tmp_path):
    desk = open_desk(tmp_path)
    keep_draft(desk, "new", {"picture": "hills", "changes": {"camera.zoom": 1.1}})
    keep_draft(desk, "0123456789abcdef", {"changes": {}, "at": 4})
    assert read_drafts(open_desk(tmp_path)).keys() == {"new", "0123456789abcdef"}
    keep_draft(desk, "new", {"changes": {}, "picture": None})
    assert read_drafts(desk).keys() == {"0123456789abcdef"}
    for subject, draft in (("../x", {}), ("new", {"evil": 1})):
        with pytest.raises(RequestError):
            keep_draft(desk, subject, draft)
    (tmp_path / ".studio/drafts.json").write_text("[")
    assert read_drafts(desk) == {}


_TEXTS = st.one_of(
    st.text(max_size=12),
    st.sampled_from(
        [
            "/etc/passwd",
            "../secret.png",
            "./material/link.png",
            "http://127.0.0.1/x",
            "file:///etc/passwd",
            "C:\\x.png",
            "\\\\host\\x",
            "--out",
            "clouds",
            "dusk",
            "squeezenet",
            "bright",
            "guide",
            "fire2/concat",
            "1.02",
            "#112233 #445566",
            "none",
            "inter",
            "4s",
        ]
    ),
)
_NAMED = st.sampled_from([named(SKY), named(SONG), named("beach"), named("material/link.png"), {"item": "x"}])
_VALUES = st.recursive(
    st.one_of(_TEXTS, _NAMED, st.integers(-3, 600), st.floats(), st.booleans(), st.none()),
    lambda each: st.one_of(
        st.lists(each, max_size=3),
        st.dictionaries(
            st.one_of(
                st.sampled_from(
                    ["0", "4s", "value", "ease", "guide", "mask", "font", "image", "palette", "sees", "goal"]
                ),
                st.text(max_size=4),
            ),
            each,
            max_size=3,
        ),
    ),
    max_leaves=8,
)
_FILES = sorted(key for key, setting in SETTINGS.items() if setting.map_files("x", lambda *_: "y") == "y")
_KEYS = st.one_of(
    st.sampled_from([*_FILES, "dream.goal", "dream.region", "clip.dissolve", "music.stems", "music.series"]),
    st.sampled_from(sorted(SETTINGS)),
    st.text(max_size=10),
)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    changes=st.dictionaries(_KEYS, _VALUES, max_size=3),
    picture=st.one_of(st.none(), _TEXTS, _NAMED),
    preset=st.one_of(st.none(), _TEXTS, _NAMED, st.just("dogs")),
    name=_TEXTS,
)
def test_whatever_is_asked_for_names_nothing_outside_of_the_folder(
    desk, folder, changes, picture, preset, name
):
    wish = {"changes": changes, "picture": picture, "preset": preset, "name": name}
    for make in (words_of, take_words):
        try:
            words = make(desk, wish)
        except DreamzoomError:
            continue
        assert inside(folder, words)


def inside(folder: Path, words: tuple[str, ...]) -> bool:
    """Whether a command line is one of the studio's, and all files in it lie in the folder."""
    command, *rest = words
    assert command in ("render", "fork")
    if command == "render" and not rest[0].startswith("-"):
        image = rest.pop(0)
        assert image in GENERATED or is_inside(folder, image)
    if command == "fork":
        assert rest.pop(0) == "./beach"
    for option, value in zip(rest[::2], rest[1::2], strict=True):
        assert option in ("--out", "--audio", "--preset", "--at", "--set"), words
        if option == "--out":
            assert is_inside(folder, value, to_be=True)
        elif option == "--audio":
            assert is_inside(folder, value)
        elif option == "--preset":
            assert value in ("dogs", "bestiary") or is_inside(folder, value)
        elif option == "--set":
            for table, values in override_fragment(value).values.items():
                for key, raw in values.items():
                    SETTINGS[f"{table}.{key}"].map_files(raw, lambda setting, text: known(folder, text))
    assert shlex.split(shlex.join(words)) == list(words)
    return all("\0" not in word for word in words) and json.dumps(words).isascii()


WORDS = {"", "squeezenet", "dusk", "bright", "none", "inter", "#112233 #445566", *GENERATED}


def known(folder: Path, text: str) -> str:
    assert text in WORDS or is_inside(folder, text), text
    return text


def is_inside(folder: Path, word: str, *, to_be: bool = False) -> bool:
    path = folder / word
    assert word.startswith("./"), word
    assert path.resolve().is_relative_to(folder.resolve()), word
    assert not path.is_symlink(), word
    return to_be or path.is_file()
