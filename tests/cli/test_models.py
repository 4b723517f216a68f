"""`dreamzoom models` and `dreamzoom models get`, as a user runs them."""

from __future__ import annotations

import json
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dreamzoom.cli.console import align_columns
from dreamzoom.cli.models import models, plain_progress
from dreamzoom.errors import DownloadError, DreamzoomError, ModelError
from dreamzoom.models.names import FOLDER_VARIABLE, ZOO
from dreamzoom.models.store import open_model
from support.caffe import write_random_caffemodel
from support.http import Site, drop_after, running

PLACES = "googlenet_places365"  # no hash of it is published: what opens as the model is taken
WEIGHTS = "googlenet_places365.caffemodel"


@pytest.fixture(autouse=True)
def downloaded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of downloaded models, empty at first."""
    folder = tmp_path / "models"
    monkeypatch.setenv(FOLDER_VARIABLE, str(folder))
    monkeypatch.setenv("no_proxy", "*")
    return folder


@pytest.fixture(scope="module")
def caffemodel(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A whole caffemodel for GoogLeNet-Places365: seeded noise in every weight."""
    path = tmp_path_factory.mktemp("weights") / WEIGHTS
    write_random_caffemodel(ZOO / PLACES / "deploy.prototxt", path, seed=365)
    return path.read_bytes()


@pytest.fixture
def site(caffemodel: bytes) -> Iterator[Site]:
    with running(Site(caffemodel)) as site:
        yield site


def run(*words: str) -> Result:
    """Run `dreamzoom models` with nothing but click around it: errors come through as they are raised."""
    return CliRunner().invoke(models, words)


def failure(*words: str) -> DreamzoomError:
    error = run(*words).exception
    assert isinstance(error, DreamzoomError)
    return error


def test_the_list_is_a_table_of_plain_text() -> None:
    result = run()
    heading, *rows = result.stdout.splitlines()
    assert result.exit_code == 0
    assert heading.split() == ["name", "state", "size", "licence", "source"]
    table = {row.split()[0]: row.split()[1:4] for row in rows}
    assert table["squeezenet"][:3] == ["embedded", "5", "MB"]
    assert table["googlenet"][:3] == ["available", "54", "MB"]
    assert table[PLACES][:2] == ["available", "unknown"]
    assert {row.index("  ") > 0 for row in rows} == {True}


def test_columns_start_under_their_headings() -> None:
    assert align_columns([("a", "bb", "c"), ("long", "d", "")]) == "a     bb  c\nlong  d"


def test_json_has_what_a_script_needs(downloaded: Path) -> None:
    by_name = {model["name"]: model for model in json.loads(run("--json").stdout)}
    assert by_name["squeezenet"]["state"] == "embedded"
    googlenet = by_name["googlenet"]
    assert googlenet["bytes"] == 53533754
    assert googlenet["licence"] == "unrestricted use"
    assert googlenet["layer"] == "inception_4c/output"
    assert googlenet["folder"] == str(downloaded / "googlenet")
    assert googlenet["url"].endswith("/bvlc_googlenet.caffemodel")


def test_get_downloads_a_model_that_then_opens(site: Site, downloaded: Path) -> None:
    result = run("get", PLACES, "--from", site.url)
    assert result.exit_code == 0
    assert result.stdout == f"{downloaded / PLACES / WEIGHTS}\n"
    assert result.stderr.splitlines()[-1] == f"{PLACES} is ready; use it with --model {PLACES}"
    model = open_model(PLACES)
    assert model.default_layer == "inception_4c/output"
    assert model.transform.mean == (104.051, 112.514, 116.676)
    assert f"{PLACES}  downloaded" in run().stdout


def test_get_goes_on_after_a_dropped_connection(site: Site, downloaded: Path) -> None:
    site.script = [drop_after(1_000_000)]
    assert run("get", PLACES, "--from", site.url).exit_code == 0
    assert site.ranges == [None, "bytes=1000000-"]
    assert (downloaded / PLACES / WEIGHTS).read_bytes() == site.content


def test_getting_a_model_twice_downloads_it_once(site: Site) -> None:
    first, second = run("get", PLACES, "--from", site.url), run("get", PLACES, "--from", site.url)
    assert first.stdout == second.stdout
    assert len(site.requests) == 1


def test_an_error_page_instead_of_a_model_is_not_kept(downloaded: Path) -> None:
    with running(Site(b"<html>moved</html>")) as site:
        error = failure("get", PLACES, "--from", site.url)
    assert isinstance(error, DownloadError)
    assert "brought something else than the model" in str(error)
    assert [path.suffix for path in (downloaded / PLACES).iterdir()] == [".lock"]


def test_a_model_in_an_archive_is_taken_out_of_it(downloaded: Path, tmp_path: Path) -> None:
    weights = tmp_path / "googlelet_places205_train_iter_2400000.caffemodel"
    write_random_caffemodel(ZOO / "googlenet_places205" / "deploy.prototxt", weights, seed=205)
    with tarfile.open(tmp_path / "places.tar.gz", "w:gz", compresslevel=1) as archive:
        archive.add(weights, f"googlenet_places205/{weights.name}")
    with running(Site((tmp_path / "places.tar.gz").read_bytes())) as site:
        assert run("get", "googlenet_places205", "--from", site.url).exit_code == 0
    left = [path.name for path in (downloaded / "googlenet_places205").iterdir() if path.suffix != ".lock"]
    assert left == [weights.name]
    assert open_model("googlenet_places205").network.blobs[-1] == "prob"


def test_another_file_than_the_published_one_is_refused(site: Site, downloaded: Path) -> None:
    error = failure("get", "googlenet", "--from", site.url)
    assert isinstance(error, DownloadError)
    assert f"offers {len(site.content)} bytes where the published file has 53533754" in str(error)
    assert not (downloaded / "googlenet" / "bvlc_googlenet.caffemodel").exists()


def test_an_embedded_model_is_there_already() -> None:
    result = run("get", "squeezenet")
    assert result.exit_code == 0
    assert Path(result.stdout.strip()).is_file()


def test_an_unknown_model_gets_the_nearest_names() -> None:
    error = failure("get", "googlenut")
    assert isinstance(error, ModelError)
    assert "did you mean 'googlenet'" in str(error)


@pytest.mark.parametrize("url", ["file:///etc/passwd", "models/net.caffemodel"])
def test_from_takes_web_addresses_alone(url: str) -> None:
    result = run("get", PLACES, "--from", url)
    assert result.exit_code == 2
    assert "does not start with http:// or https://" in result.stderr


def test_progress_is_a_line_for_each_tenth() -> None:
    lines: list[str] = []
    show = plain_progress("net", lines.append)
    for done in range(0, 50_000_001, 100_000):
        show(done, 50_000_000)
    assert len(lines) == 11
    assert lines[0] == "net: 0.0 of 50.0 MB"
    assert lines[-1] == "net: 50.0 of 50.0 MB"


def test_progress_without_an_end_is_a_line_for_each_ten_megabytes() -> None:
    lines: list[str] = []
    show = plain_progress("net", lines.append)
    for done in range(0, 25_000_001, 1_000_000):
        show(done, None)
    assert lines == ["net: 0.0 MB", "net: 10.0 MB", "net: 20.0 MB"]
