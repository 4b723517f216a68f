"""Many pictures at once: real processes, real failures, a real Ctrl-C."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import psutil
import pytest
from PIL import Image

from dreamzoom.batch import (
    Task,
    choose_workers,
    dream_many,
    open_dreamer,
    working_bytes,
)
from dreamzoom.errors import DreamzoomWarning, Interrupted, PictureError, RequestError
from dreamzoom.pictures.writing import encode
from dreamzoom.recipe.build import build_recipe
from dreamzoom.workers import Workers, divide_cores
from support.clips import command, dreamzoom

QUICK = ("--set", "dream.octaves=1", "--set", "dream.iterations=2", "--layer", "fire2/concat")
SLOW = ("--set", "dream.octaves=3", "--set", "dream.iterations=500", "--layer", "fire2/concat")
RECIPE = build_recipe({"dream": {"octaves": 1, "iterations": 2, "layer": "fire2/concat"}})
TWO = Workers(2, 1)
TWO_CORES = {**os.environ, "OMP_NUM_THREADS": "2"}


@pytest.fixture
def photos(tmp_path: Path, cloud_picture: np.ndarray) -> list[Path]:
    paths = [tmp_path / name for name in ("a.jpg", "b.png", "c.jpg")]
    for turn, path in enumerate(paths):
        Image.fromarray(np.rot90(cloud_picture, turn)).save(path)
    return paths


def tasks(paths: list[Path]) -> list[Task]:
    return [Task(str(path), path.with_suffix(".dream.png")) for path in paths]


def pixels(path: Path) -> np.ndarray:
    with Image.open(path) as picture:
        return np.asarray(picture, dtype=int)


def test_several_pictures_go_to_a_folder_one_file_each(photos, tmp_path):
    done = dreamzoom("dream", *photos, "-o", tmp_path / "new" / "dreams", *QUICK)
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    made = sorted((tmp_path / "new" / "dreams").iterdir())
    assert [path.name for path in made] == ["a.dream.png", "b.dream.png", "c.dream.png"]
    assert [pixels(path).shape for path in made] == [pixels(path).shape for path in photos]


def test_without_a_folder_they_go_where_one_stands(photos, tmp_path):
    root = str(Path(__file__).parents[1])
    done = dreamzoom("dream", *photos, *QUICK, cwd=tmp_path, env={**os.environ, "PYTHONPATH": root})
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a.dream.png").exists()


@pytest.mark.parametrize("workers", [Workers(1, 1), TWO], ids=["one process", "two processes"])
def test_each_dream_is_that_of_the_picture_alone(workers, photos):
    wanted = tasks(photos)
    assert all(outcome.error is None for outcome in dream_many(RECIPE, wanted, workers=workers))
    for task in wanted:
        alone = open_dreamer(RECIPE.model).follow(RECIPE, task.source)
        difference = np.asarray(alone, dtype=int) - pixels(task.target)
        assert np.abs(difference).mean() < 0.1


@pytest.mark.parametrize("workers", [Workers(1, 1), TWO], ids=["one process", "two processes"])
def test_one_failure_is_reported_and_the_others_are_dreamed(workers, photos):
    photos[1].write_bytes(b"no picture")
    outcomes = {
        outcome.task.source: outcome for outcome in dream_many(RECIPE, tasks(photos), workers=workers)
    }
    assert isinstance(outcomes[str(photos[1])].error, PictureError)
    assert [task.target.exists() for task in tasks(photos)] == [True, False, True]


def test_where_some_are_not_dreamed_the_run_has_failed(photos, tmp_path):
    missing = tmp_path / "missing.jpg"
    done = dreamzoom("dream", *photos, missing, "-o", tmp_path / "dreams", *QUICK)
    assert done.returncode == 1
    (line,) = [line for line in done.stderr.splitlines() if line.startswith("dreamzoom:")]
    assert str(missing) in line
    assert len(list((tmp_path / "dreams").iterdir())) == 3


def test_an_unknown_layer_is_told_once(photos, tmp_path):
    done = dreamzoom("dream", *photos, "-o", tmp_path, "--layer", "fire8/conct")
    assert done.returncode == 2
    assert done.stderr.count("fire8/concat") == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-"], "stdin holds one picture"),
        (["-o", "-"], "name a folder"),
        (["other/a.jpg"], "a.dream.png"),
        (["-o", "a.jpg"], "names a folder"),
    ],
    ids=["stdin among them", "to stdout", "two of one name", "a file in the folder's place"],
)
def test_what_cannot_be_is_refused_before_the_work(arguments, words, photos, tmp_path):
    root = str(Path(__file__).parents[1])
    (tmp_path / "other").mkdir()
    shutil.copy(photos[0], tmp_path / "other")
    done = dreamzoom("dream", *photos, *arguments, cwd=tmp_path, env={**os.environ, "PYTHONPATH": root})
    assert done.returncode == 2
    assert words in done.stderr
    assert not list(tmp_path.glob("*.dream.png"))


def test_what_check_raises_ends_the_workers(photos):
    before = set(psutil.Process().children())
    slow = build_recipe({"dream": {"octaves": 1, "iterations": 500, "layer": "fire2/concat"}})

    def check() -> None:
        if len(set(psutil.Process().children()) - before) >= 2:
            raise Interrupted("enough")

    with pytest.raises(Interrupted):
        list(dream_many(slow, tasks(photos), check=check, workers=TWO))
    workers = [child for child in set(psutil.Process().children()) - before if "spawn_main" in words(child)]
    assert not psutil.wait_procs(workers, timeout=60)[1]


def words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda n: n.name)
def test_however_the_command_ends_no_worker_outlives_it(number, photos, tmp_path):
    process = subprocess.Popen(
        command("dream", *photos, "-o", tmp_path / "dreams", *SLOW),
        stderr=subprocess.PIPE,
        text=True,
        env=TWO_CORES,
        start_new_session=True,
    )
    workers = wait_for_workers(process.pid)
    if number == signal.SIGINT:
        os.killpg(process.pid, number)  # as a terminal sends it: to all of them
    else:
        process.send_signal(number)
    said = process.communicate(timeout=120)[1]
    assert not psutil.wait_procs(workers, timeout=60)[1]
    if number != signal.SIGKILL:
        assert process.returncode == 130
        assert "Traceback" not in said
        assert "stopped" in said


INTERRUPTED_WHERE_THEY_BEGIN = """
import os, signal
from dreamzoom.workers import Workers, work_side_by_side
if __name__ == "__main__":
    done = work_side_by_side(abs, [-1, -2, -3], Workers(2, 1), lambda: None)
    print(sorted(take() for _, take in done))
else:  # in a worker, which imports the program first
    os.kill(os.getpid(), signal.SIGINT)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_ctrl_c_where_workers_begin_is_the_commands_alone(tmp_path):
    program = tmp_path / "program.py"
    program.write_text(INTERRUPTED_WHERE_THEY_BEGIN)
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "[1, 2, 3]\n", "")


def wait_for_workers(pid: int) -> list[psutil.Process]:
    """The two workers of a command, once they are at work."""
    deadline = time.monotonic() + 180
    while time.monotonic() < deadline:
        children = psutil.Process(pid).children()
        workers = [child for child in children if "spawn_main" in words(child)]
        if len(workers) == 2 and all(worker.cpu_times().user > 1.5 for worker in workers):
            return workers
        time.sleep(0.1)
    raise AssertionError("no two workers came to work")


@pytest.mark.parametrize(
    ("cores", "pictures", "room", "workers"),
    [
        (2, 9, 99, Workers(2, 1)),
        (16, 3, 99, Workers(3, 5)),
        (16, 99, 4, Workers(4, 4)),
        (8, 9, 0, Workers(1, 8)),
        (1, 9, 9, Workers(1, 1)),
    ],
)
def test_cores_are_shared_out_and_never_taken_twice(cores, pictures, room, workers):
    assert divide_cores(cores, pictures, room) == workers
    assert workers.count * workers.threads <= cores


def test_the_memory_of_a_step_is_told_within_reason(squeezenet):
    dreamer = open_dreamer(RECIPE.model)
    megabytes = working_bytes(dreamer, ["fire8/concat"], (1000, 1000)) / 1e6
    assert 300 < megabytes < 3000


def test_no_more_work_than_there_are_pictures(photos):
    workers = choose_workers(open_dreamer(RECIPE.model), RECIPE, tasks(photos[:1]), None)
    assert workers.count == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such signals")
def test_when_a_worker_is_killed_all_pictures_are_dreamed_nevertheless(photos):
    before = set(psutil.Process().children())
    killed: list[int] = []

    def check() -> None:
        if killed:
            return
        for child in set(psutil.Process().children()) - before:
            if "spawn_main" in words(child) and child.cpu_times().user > 0.3:  # torch alone takes more
                killed.append(child.pid)
                os.kill(child.pid, signal.SIGKILL)
                return

    recipe = build_recipe({"dream": {"octaves": 1, "iterations": 20, "layer": "fire2/concat"}})
    outcomes = list(dream_many(recipe, tasks(photos), check=check, workers=TWO))
    assert killed
    assert {outcome.task.source: outcome.error for outcome in outcomes} == {
        str(path): None for path in photos
    }


def test_what_a_worker_notes_is_told_here(photos):
    photos[0].write_bytes(photos[0].read_bytes()[:-2])
    with pytest.warns(DreamzoomWarning, match=r"a\.jpg: has lost its last bytes"):
        assert all(outcome.error is None for outcome in dream_many(RECIPE, tasks(photos), workers=TWO))


def test_a_picture_too_large_for_a_format_is_refused_in_words():
    with pytest.raises(RequestError, match="20000x1 pixels cannot be written as WEBP"):
        encode(Image.new("RGB", (20000, 1)), "WEBP")
