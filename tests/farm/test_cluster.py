"""A real Dask scheduler with real workers, which die in the middle."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from PIL import Image

from dreamzoom.errors import RequestError
from dreamzoom.farm.cluster import admission, connection
from dreamzoom.farm.cluster.running import ClusterReporter, run_on_cluster
from dreamzoom.farm.tasks import ChainTask, make_chain
from dreamzoom.workers import Workers
from support.clips import journaled, quickly, says, start, wait_for
from support.farm import frames_of, has_frames, refuse_the_first, scheduler, worker, write_storyboard
from support.http import Site, running

ALONE, QUIET = Workers(1, 1), ClusterReporter()
SMALL = ("--size", "64x48", "--set", "dream.octaves=1", "--set", "dream.iterations=2")


@pytest.fixture(scope="module")
def address():
    with scheduler() as found:
        yield found.address


@pytest.fixture(scope="module")
def workers(address):
    """Two workers."""
    with worker(address) as one, worker(address) as other:
        yield [one, other]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    folder = tmp_path_factory.mktemp("plain")
    quickly("film", write_storyboard(folder), "-o", folder / "film")
    return frames_of(folder / "film")


def test_a_cluster_makes_the_film_that_one_process_makes(address, workers, plain, tmp_path):
    film = tmp_path / "film"
    quickly("film", write_storyboard(tmp_path), "-o", film, "--cluster", address)
    assert (film / "film.mp4").exists()
    assert frames_of(film) == plain
    assert not list(film.glob(".cluster-*"))


def test_many_pictures_are_dreamed_as_one_process_dreams_them(address, workers, tmp_path):
    for name in ("one", "two", "three"):
        Image.effect_noise((64, 48), 50).convert("RGB").save(tmp_path / f"{name}.png")
    photos = [tmp_path / f"{name}.png" for name in ("one", "two", "three")]
    quickly("dream", *photos, "-o", tmp_path / "here", *SMALL)
    told = quickly("dream", *photos, "-o", tmp_path / "there", *SMALL, "--cluster", address)
    assert "one.dream.png" in told
    here = {path.name: path.read_bytes() for path in (tmp_path / "here").iterdir()}
    there = {path.name: path.read_bytes() for path in (tmp_path / "there").iterdir()}
    assert len(here) == 3
    assert here == there


def test_an_atlas_is_dreamed_as_one_process_dreams_it(address, workers, tmp_path):
    what = ("atlas", "clouds", *SMALL, "--layers", "fire2/*", "--no-tour")
    quickly(*what, "-o", tmp_path / "here")
    quickly(*what, "-o", tmp_path / "there", "--cluster", address)
    plates = sorted(path.name for path in (tmp_path / "here").glob("*.png"))
    assert len(plates) > 3
    for name in plates:
        assert (tmp_path / "here" / name).read_bytes() == (tmp_path / "there" / name).read_bytes()
    assert (tmp_path / "there" / "sheet.jpg").exists()


def test_several_clips_are_rendered_and_one_that_failed_fails_alone(address, workers, tmp_path):
    looks = ("--preset", "feathers", "--preset", "classic", "--frames", 3)
    quickly("render", "clouds", *SMALL, *looks, "--out", tmp_path / "looks", "--cluster", address)
    assert journaled(tmp_path / "looks" / "feathers") == journaled(tmp_path / "looks" / "classic") == 3
    for name in ("feathers", "classic"):
        (tmp_path / "looks" / name / "clip.mp4").unlink()
    (tmp_path / "looks" / "classic" / "start.png").write_bytes(b"")
    told = says(2, "render", "clouds", *SMALL, *looks, "--out", tmp_path / "looks", "--cluster", address)
    assert "start.png" in told


def test_a_worker_that_is_killed_costs_what_came_after_its_last_frame(address, workers, plain, tmp_path):
    film = tmp_path / "film"
    quickly("film", write_storyboard(tmp_path), "-o", film, "--begin")
    with worker(address) as third:
        client = start("film", film, "--cluster", address)
        wait_for(lambda: has_frames(film), client)
        for each in (*workers[:1], third):
            each.kill()
        said, _ = client.communicate(timeout=200)
    assert client.returncode == 0, said
    assert frames_of(film) == plain


def test_the_same_command_goes_on_after_the_client_was_killed(address, workers, plain, tmp_path):
    film = tmp_path / "film"
    quickly("film", write_storyboard(tmp_path), "-o", film, "--begin")
    client = start("film", film, "--cluster", address)
    wait_for(lambda: has_frames(film), client)
    client.kill()
    client.communicate()
    quickly("film", film, "--cluster", address)
    assert frames_of(film) == plain


def test_ctrl_c_ends_it_and_says_how_to_go_on(address, workers, tmp_path):
    film = tmp_path / "film"
    board = write_storyboard(tmp_path)
    board.write_text(board.read_text().replace("length = 0.6", "length = 600"))
    quickly("film", board, "-o", film, "--begin")
    client = start("film", film, "--cluster", address)
    scene = film / "scenes" / "01-it-s-here"
    wait_for(lambda: journaled(scene) > 0, client)
    client.send_signal(signal.SIGINT)
    said, _ = client.communicate(timeout=60)
    assert client.returncode == 130
    assert "go on with: dreamzoom resume" in said
    before = -1
    while before != journaled(scene):  # the worker ends it too
        before = journaled(scene)
        time.sleep(1)
    assert before < 6000


def test_a_clip_that_another_class_of_machine_began_is_handed_out_only_to_such(address, workers, tmp_path):
    """No worker is of that class: it is told, and waits; another clip does not wait for it."""
    told: list[str] = []
    ended: list[int] = []

    def check() -> None:
        if ended and any("goes on on a machine like that" in line for line in told):
            raise KeyboardInterrupt

    reporter = ClusterReporter(on_message=told.append, check=check)
    with connection.connected(address, ALONE) as client:
        outcomes = run_on_cluster(client, tmp_path, refuse_the_first, [0, 1], reporter)
        with pytest.raises(KeyboardInterrupt):
            keep_results(outcomes, ended)
    assert ended == [1]


def test_a_clip_whose_class_of_machine_has_gone_ends_with_how_to_go_on(address, workers, tmp_path):
    told: list[str] = []
    with connection.connected(address, ALONE) as client:
        began = time.monotonic()
        run = run_on_cluster(
            client, tmp_path, refuse_the_first, range(9), ClusterReporter(told.append), patience=4
        )
        outcomes = {outcome.task: (outcome, time.monotonic() - began) for outcome in run}
    refused, seconds = outcomes.pop(0)
    assert "no machine of that kind was there for 4 seconds" in str(refused.error)
    assert "--any-machine" in str(refused.error)
    assert seconds > 4
    assert [outcome.result for outcome, _ in outcomes.values()] == list(outcomes)
    assert len(outcomes) == 8
    assert max(seconds for _, seconds in outcomes.values()) < 4  # none of them waited for it


def test_a_worker_that_waits_for_its_class_keeps_nobody_from_work(tmp_path):
    with scheduler() as small, worker(small.address), connection.connected(small.address, ALONE) as client:
        outcomes = run_on_cluster(client, tmp_path, refuse_the_first, range(4), QUIET, patience=2)
        ended = [outcome.task for outcome in outcomes]
    assert sorted(ended[:3]) == [1, 2, 3]
    assert ended[3] == 0


def test_a_cluster_of_this_machine_listens_on_loopback_alone(tmp_path):
    with connection.connected("local", ALONE) as client:
        scheduler_port = int(client.scheduler_info()["services"]["dashboard"])
        heard = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
        listening = {tuple(words[1].split(":")) for words in heard if words[3] == "0A"}
        assert {host for host, port in listening if int(port, 16) == scheduler_port} == {"0100007F"}
    assert scheduler_port != 8787


def keep_results(outcomes, results):
    for outcome in outcomes:
        results.append(outcome.result)


def test_a_cluster_of_this_machine_leaves_the_environment_as_it_was(monkeypatch):
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "2")
    before = dict(os.environ)
    with connection.connected("local", ALONE) as client:
        assert client.submit(abs, -1).result(timeout=30) == 1
    assert dict(os.environ) == before


def test_a_worker_without_what_it_needs_is_named(address, workers, tmp_path):
    with connection.connected(address, ALONE) as client:
        tasks = [ChainTask("/nowhere", ("01-x",))]
        outcomes = list(run_on_cluster(client, tmp_path, make_chain, tasks, QUIET))
    assert "worker tcp://127.0.0.1:" in str(outcomes[0].error)
    assert "/nowhere: no such film folder" in str(outcomes[0].error)


def test_other_versions_and_folders_that_are_not_shared_are_refused_by_name(
    address, workers, tmp_path, monkeypatch
):
    def attempt() -> str:
        with connection.connected(address, ALONE) as client, pytest.raises(RequestError) as refused:
            list(run_on_cluster(client, tmp_path, refuse_the_first, [1], QUIET))
        return str(refused.value)

    monkeypatch.setattr(admission, "__version__", "9.9.9")
    told = attempt()
    assert "worker tcp://127.0.0.1:" in told
    assert "and this is dreamzoom 9.9.9" in told
    monkeypatch.undo()
    with connection.connected(address, ALONE) as client:
        for token, words in (
            ((str(tmp_path / "nowhere"), "x"), "does not see"),
            ((str(_file(tmp_path)), "x"), "sees another"),
        ):
            with pytest.raises(RequestError, match=words):
                admission.admit(client, "run", token)


def _file(folder):
    path = folder / "token"
    path.write_text("y")
    return path


def test_what_is_no_scheduler_is_told_as_such(tmp_path):
    board = write_storyboard(tmp_path)
    what = ("film", board, "-o", tmp_path / "film", "--cluster")
    assert "must be local, or a scheduler's address" in says(2, *what, "http://127.0.0.1:80")
    assert "no scheduler answers there" in says(2, *what, "tcp://127.0.0.1:1")
    with running(Site(b"<html>a page</html>")) as site:
        port = urlsplit(site.url).port
        assert "it is no Dask scheduler" in says(2, *what, f"tcp://127.0.0.1:{port}")


def test_a_cluster_without_workers_is_waited_for_and_ctrl_c_ends_that(tmp_path):
    told = []

    def check() -> None:
        if told:
            raise KeyboardInterrupt

    reporter = ClusterReporter(told.append, check=check)
    with scheduler() as empty, connection.connected(empty.address, ALONE) as client:
        outcomes = run_on_cluster(client, tmp_path, refuse_the_first, [1], reporter)
        with pytest.raises(KeyboardInterrupt):
            next(outcomes)
    assert "no workers yet" in told[0]


def test_a_scheduler_that_is_killed_ends_it_and_what_was_made_stays(tmp_path, plain):
    film = tmp_path / "film"
    quickly("film", write_storyboard(tmp_path), "-o", film, "--begin")
    with scheduler() as lost, worker(lost.address):
        client = start("film", film, "--cluster", lost.address)
        wait_for(lambda: has_frames(film), client)
        lost.process.kill()
        said, _ = client.communicate(timeout=120)
    assert client.returncode == 1, said
    assert "the cluster's scheduler is gone" in said
    assert "Traceback" not in said
    quickly("film", film)
    assert frames_of(film) == plain
