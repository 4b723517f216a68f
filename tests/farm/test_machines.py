"""Machines that are not alike: another class, a full disk, no model."""

from __future__ import annotations

import contextlib
import shutil
import time
from pathlib import Path

import pytest

from dreamzoom.clip.folder import open_clip
from dreamzoom.clip.status import clip_status
from dreamzoom.errors import RunError
from dreamzoom.farm.cluster import connection
from dreamzoom.farm.cluster.running import ClusterReporter, run_on_cluster
from dreamzoom.farm.tasks import ClipTask, make_clip
from dreamzoom.models.names import EMBEDDED
from dreamzoom.workers import Workers
from support.clips import SMALL, journaled, quickly, render_here, start, wait_for
from support.farm import can_hide, frames_of, scheduler, worker, write_storyboard

QUIET = ClusterReporter()


@pytest.fixture(scope="module")
def address():
    with scheduler() as found:
        yield found.address


@pytest.fixture
def cut_off(tmp_path) -> list[Path]:
    """Two clips of five frames, of which two are there: made by one thread."""
    clips = [tmp_path / name for name in ("one", "two")]
    for clip in clips:
        render_here(clip, frames=5)
        journal = clip / "journal.jsonl"
        journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:2]))
        for frame in (2, 3, 4):
            (clip / "frames" / f"{frame:06}.png").unlink()
    return clips


def makers(clip: Path) -> set[str]:
    return {entry.engine for entry in open_clip(clip).journal()}


def finish(
    address: str,
    clips: list[Path],
    patience: float,
    *,
    anywhere: bool = False,
    reporter: ClusterReporter = QUIET,
) -> dict[str, str]:
    """Finish clips on a cluster; what went wrong with each, or ""."""
    with connection.connected(address, Workers(1, 1)) as client:
        tasks = [ClipTask(str(clip), not anywhere) for clip in clips]
        outcomes = run_on_cluster(client, clips[0].parent, make_clip, tasks, reporter, patience=patience)
        return {Path(each.task.folder).name: str(each.error or "") for each in outcomes}


def test_a_clip_goes_on_only_on_its_own_class_of_machine(address, cut_off):
    before = makers(cut_off[0])
    assert "1 threads" in "".join(before)
    with worker(address, threads=2):
        told = finish(address, cut_off, 2)
        assert all("--any-machine" in said and "2 threads" in said for said in told.values()), told
        assert [journaled(clip) for clip in cut_off] == [2, 2]
        with worker(address):  # now there are two classes
            assert finish(address, cut_off, 60) == {"one": "", "two": ""}
    assert [makers(clip) for clip in cut_off] == [before, before]
    assert [clip_status(open_clip(clip)).state for clip in cut_off] == ["done", "done"]


def test_a_machine_that_comes_once_it_is_waited_for_is_given_what_waits(address, cut_off):
    """Dask looks for what lies idle when a worker comes, and not a moment later, when its class is known."""
    told: list[str] = []
    deadline = time.monotonic() + 120
    with worker(address, threads=2), contextlib.ExitStack() as late:
        came = iter([lambda: late.enter_context(worker(address))])

        def check() -> None:
            if len(told) == len(cut_off):
                for come in came:
                    come()
            if time.monotonic() > deadline:
                raise RunError("what waits is given to nobody")

        reporter = ClusterReporter(on_message=told.append, check=check)
        assert finish(address, cut_off, 60, reporter=reporter) == {"one": "", "two": ""}


def test_any_machine_goes_on_anywhere_and_the_journal_tells_of_it(address, cut_off):
    with worker(address, threads=2):
        assert finish(address, cut_off[:1], 2, anywhere=True) == {"one": ""}
    made = [entry.engine for entry in open_clip(cut_off[0]).journal()]
    assert ["1 threads" in each for each in made] == [True] * 2 + [False] * 3
    assert all("2 threads" in each for each in made[2:])


@pytest.mark.skipif(not can_hide(), reason="hiding a folder from a process needs root on Linux")
def test_a_worker_without_the_model_is_named_and_the_clip_can_go_on(address, tmp_path):
    model = tmp_path / "model"
    shutil.copytree(EMBEDDED["squeezenet"], model)
    looks = ("--preset", "classic", "--preset", "feathers", "--model", model)
    what = ("render", "clouds", *SMALL[:-2], *looks, "--frames", 2, "--out", tmp_path / "looks")
    with worker(address, without=model):
        client = start(*what, "--cluster", address)
        said, _ = client.communicate(timeout=120)
    assert client.returncode == 2, said
    for name in ("classic", "feathers"):
        line = next(line for line in said.splitlines() if line.startswith(f"dreamzoom: {name}: "))
        assert "worker tcp://127.0.0.1:" in line
        assert str(model) in line
    with worker(address):
        quickly(*what, "--cluster", address)
    assert [journaled(tmp_path / "looks" / name) for name in ("classic", "feathers")] == [2, 2]


def test_a_worker_whose_disk_is_full_is_named_and_the_scene_can_go_on(address, small_disk, tmp_path):
    board = write_storyboard(tmp_path)
    board.write_text(board.read_text().replace("length = 0.6", "length = 3"))  # time to fill the disk in
    quickly("film", board, "-o", tmp_path / "plain")
    film, ballast = small_disk / "film", small_disk / "ballast"
    quickly("film", board, "-o", film, "--begin")
    with worker(address):
        client = start("film", film, "--cluster", address)
        wait_for(lambda: any(journaled(scene) for scene in film.glob("scenes/*")), client)
        with contextlib.suppress(OSError), ballast.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        said, _ = client.communicate(timeout=120)
        assert client.returncode == 1, said
        line = next(line for line in said.splitlines() if line.startswith("dreamzoom: "))
        assert "worker tcp://127.0.0.1:" in line
        assert "the disk is full" in line
        ballast.unlink()
        quickly("film", film, "--cluster", address)
    assert frames_of(film) == frames_of(tmp_path / "plain")
