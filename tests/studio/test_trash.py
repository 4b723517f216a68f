"""What goes into the trash and back while others write it, move it too, or are killed: nothing is lost."""

from __future__ import annotations

import contextlib
import shutil
import threading
from pathlib import Path

import pytest

from dreamzoom.clip.lock import unwritten, writing
from dreamzoom.errors import ClipLockedError, RequestError
from dreamzoom.studio.desk import Desk, open_desk
from dreamzoom.studio.library import housekeeping
from dreamzoom.studio.library.housekeeping import bring_back, in_trash, rename_item, to_trash
from dreamzoom.studio.library.items import Item
from dreamzoom.studio.library.shelf import UnknownItemError
from support.clips import frame_files, render_here, says
from support.film import make_here, plan_film, plan_scene
from support.studio import studio


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """A finished clip, to be copied."""
    return render_here(tmp_path_factory.mktemp("rendered") / "sky", frames=3)


@pytest.fixture
def desk(tmp_path, rendered):
    """The desk of a folder with that clip in it."""
    shutil.copytree(rendered, tmp_path / "folder/sky")
    return open_desk(tmp_path / "folder")


def sky(desk: Desk) -> Item:
    return next(item for item in desk.shelf.scan() if item.name == "sky")


def trash_names(desk: Desk) -> list[str]:
    folder = desk.private / "trash"
    return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []


def test_two_pages_that_trash_the_same_clip_put_it_there_once(desk, rendered):
    item, ends = sky(desk), []
    together = threading.Barrier(8)

    def put_away() -> None:
        together.wait()
        try:
            ends.append(to_trash(desk, item))
        except UnknownItemError as error:
            ends.append(error)

    threads = [threading.Thread(target=put_away) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [end for end in ends if isinstance(end, str)]
    assert (len(ends), len(ids)) == (8, 1)
    assert [each.id for each in in_trash(desk)] == ids
    assert trash_names(desk) == sorted([ids[0], f"{ids[0]}.place.json"])
    bring_back(desk, ids[0])
    assert frame_files(desk.folder / "sky") == frame_files(rendered)
    assert trash_names(desk) == []


def test_two_studios_of_one_folder_put_it_there_once(desk, monkeypatch):
    """The other one moves it between the look and the move."""
    other, item = open_desk(desk.folder), sky(desk)
    whole = housekeeping.write_atomically
    ids = []

    def write(path: Path, data: bytes) -> None:
        whole(path, data)
        if not ids:
            ids.append("")
            shutil.move(desk.folder / "sky", desk.folder / "moved")

    monkeypatch.setattr(housekeeping, "write_atomically", write)
    with pytest.raises(UnknownItemError):
        to_trash(desk, item)
    assert trash_names(desk) == []
    assert (desk.folder / "moved/recipe.toml").exists()
    assert in_trash(other) == []


def test_two_pages_in_http_are_told_in_words(desk):
    with studio(desk.folder) as house, house.client() as client:
        item = sky(desk).id
        first = client.post(f"/api/items/{item}/trash")
        second = client.post(f"/api/items/{item}/trash")
        assert (first.status_code, second.status_code) == (200, 404)
        assert "no such clip" in second.json()["error"]
        trashed = first.json()["trashed"]
        answers = [client.post(f"/api/trash/{trashed}/back").status_code for _ in range(2)]
        assert answers == [200, 400]
        assert client.get("/api/trash").json() == {"trash": []}


def test_nobody_begins_to_write_what_is_being_moved(desk, monkeypatch):
    """A renderer that comes between the look and the move is kept out until its clip has another place."""
    clip, said = desk.folder / "sky", []
    (clip / "frames/000002.png").unlink()
    whole = housekeeping.rename

    def rename(source: Path, target: Path) -> None:
        said.append(says(2, "resume", clip))
        whole(source, target)

    monkeypatch.setattr(housekeeping, "rename", rename)
    trashed = to_trash(desk, sky(desk))
    assert "sky is being rendered by" in said[0]
    assert not clip.exists()
    monkeypatch.undo()
    bring_back(desk, trashed)
    says(0, "resume", clip)
    assert "sky: done" in says(0, "status", clip)


def test_what_is_written_is_not_moved(desk):
    item = sky(desk)
    with writing(desk.folder / "sky"):
        for deed in (lambda: to_trash(desk, item), lambda: rename_item(desk, item, "night")):
            with pytest.raises(RequestError, match="sky is being dreamed: pause it first"):
                deed()
        with pytest.raises(ClipLockedError), unwritten(desk.folder / "sky"):
            pass
    assert rename_item(desk, item, "night") == Path("night")
    assert trash_names(desk) == []


def test_a_film_one_of_whose_scenes_is_written_is_not_moved(tmp_path):
    (tmp_path / "pictures").mkdir()
    plan = plan_film(plan_scene(tmp_path / "pictures", "01-red", 0, 2))
    film = make_here(tmp_path / "folder/film", plan)
    desk = open_desk(tmp_path / "folder")
    (item,) = desk.shelf.scan()
    with writing(film.scene_path("01-red")), pytest.raises(RequestError, match="film is being dreamed"):
        to_trash(desk, item)
    assert (film.path / "film.mp4").exists()
    assert bring_back(desk, to_trash(desk, item)) == Path("film")


def test_a_look_at_whether_it_is_written_does_not_keep_it_where_it_is(desk):
    """It holds the lock for a moment, together with other looks."""
    fcntl = pytest.importorskip("fcntl", reason="Windows moves no folder that has an open file")
    with contextlib.ExitStack() as looking:
        lock = looking.enter_context((desk.folder / "sky/.lock").open("ab"))
        fcntl.flock(lock, fcntl.LOCK_SH)
        threading.Timer(0.05, looking.close).start()
        with unwritten(desk.folder / "sky"):
            assert lock.closed


@pytest.mark.parametrize("name", [".lock", ".writer"])
def test_a_folder_in_the_place_of_a_lock_keeps_nothing_out_of_the_trash(desk, name):
    (desk.folder / "sky" / name).unlink(missing_ok=True)
    (desk.folder / "sky" / name).mkdir()
    assert bring_back(desk, to_trash(desk, sky(desk))) == Path("sky")


def test_the_lock_of_another_machine_is_named_with_the_way_on(desk):
    (desk.folder / "sky/.lock.holder").write_text("studio-7 4711")
    with pytest.raises(RequestError, match=r"process 4711 on studio-7: .* delete sky/\.lock\.holder"):
        to_trash(desk, sky(desk))
    assert (desk.folder / "sky/recipe.toml").exists()


def test_what_a_killed_studio_left_in_the_trash_is_no_obstacle(desk):
    item, trash = sky(desk), desk.private / "trash"
    (trash / ("a" * 16)).mkdir(parents=True)  # killed before its note, and before it was moved
    (trash / f"{'b' * 16}.place.json").write_text('{"place": "sky"}')
    trashed = to_trash(desk, item)
    assert [each.id for each in in_trash(desk)] == [trashed]
    (trash / trashed / "of a person").touch()
    assert bring_back(desk, trashed) == Path("sky")  # though its folder in the trash stays
    assert in_trash(desk) == []
