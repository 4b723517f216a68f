"""Downloads against a real server on the loopback that drops, stalls, lies and errs."""

from __future__ import annotations

import hashlib
import io
import os
import signal
import socket
import subprocess
import sys
import tarfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dreamzoom.errors import DownloadError, StorageError
from dreamzoom.models.archive import unpack
from dreamzoom.models.download import DELAYS, LARGEST, Remote, download, want_space
from support.clips import wait_for
from support.http import (
    Site,
    announce,
    answer,
    drop_after,
    ignore_ranges,
    running,
    stall_after,
    without_length,
    wrong_range,
)

CONTENT = hashlib.sha512(b"a model").digest() * 5000  # 320,000 bytes, none of its 64 KiB like another
SHA256 = hashlib.sha256(CONTENT).hexdigest()
AT_ONCE = (0.0, 0.0, 0.0)  # three more attempts, without the waits between


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("no_proxy", "*")


@pytest.fixture
def site() -> Iterator[Site]:
    with running(Site(CONTENT)) as site:
        yield site


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "models" / "net" / "model.bin"


def remote(site: Site, size: int | None = len(CONTENT)) -> Remote:
    return Remote(site.url, size, (("sha256", SHA256),))


def unhashed(site: Site) -> Remote:
    return Remote(site.url)


def left_in(folder: Path) -> list[str]:
    """The names in a folder, without the lock, which stays empty and is always there."""
    return sorted(path.name for path in folder.iterdir() if path.suffix != ".lock")


def test_a_file_comes_whole_and_leaves_nothing_else(site: Site, target: Path) -> None:
    download(remote(site), target)
    assert target.read_bytes() == CONTENT
    assert left_in(target.parent) == ["model.bin"]


def test_progress_rises_from_nothing_to_all(site: Site, target: Path) -> None:
    seen: list[tuple[int, int | None]] = []
    download(remote(site), target, lambda done, total: seen.append((done, total)))
    assert seen[0] == (0, len(CONTENT))
    assert seen[-1] == (len(CONTENT), len(CONTENT))
    assert seen == sorted(seen)


def test_a_file_that_is_there_is_not_asked_for(site: Site, target: Path) -> None:
    download(remote(site), target)
    download(remote(site), target)
    assert len(site.requests) == 1


def test_a_dropped_connection_is_taken_up_where_it_broke(site: Site, target: Path) -> None:
    site.script = [drop_after(100_000)]
    download(remote(site), target, delays=AT_ONCE)
    assert target.read_bytes() == CONTENT
    assert site.ranges == [None, "bytes=100000-"]


def test_a_server_that_always_drops_ends_in_an_error_and_the_next_run_goes_on(
    site: Site, target: Path
) -> None:
    site.script = [drop_after(50_000)] * 4
    with pytest.raises(DownloadError, match=r"broke off.*after 50000 of 320000 bytes; 0\.1 MB are kept"):
        download(remote(site), target, delays=AT_ONCE)
    assert left_in(target.parent) == ["model.bin.part", "model.bin.part.from"]
    download(remote(site), target, delays=AT_ONCE)
    assert target.read_bytes() == CONTENT
    assert site.ranges[-1] == "bytes=50000-"


def test_a_server_without_ranges_sends_all_again(site: Site, target: Path) -> None:
    site.script = [drop_after(100_000), ignore_ranges]
    download(remote(site), target, delays=AT_ONCE)
    assert target.read_bytes() == CONTENT


def test_a_file_that_changed_meanwhile_is_not_mixed_with_the_old_one(site: Site, target: Path) -> None:
    site.script = [drop_after(100_000)]
    with pytest.raises(DownloadError):
        download(unhashed(site), target, delays=())
    site.content, site.etag = CONTENT[::-1], '"second"'
    download(unhashed(site), target, delays=())
    assert target.read_bytes() == CONTENT[::-1]


def test_without_a_version_from_the_server_it_starts_again(site: Site, target: Path) -> None:
    site.etag = ""
    site.script = [drop_after(100_000)]
    download(remote(site), target, delays=AT_ONCE)
    assert target.read_bytes() == CONTENT
    assert site.ranges == [None, None]


def test_a_weak_etag_does_not_prove_that_bytes_are_the_same(site: Site, target: Path) -> None:
    site.etag = 'W/"first"'
    site.script = [drop_after(100_000)]
    download(remote(site), target, delays=AT_ONCE)
    assert site.ranges == [None, None]


def test_bytes_from_another_address_are_not_continued(site: Site, target: Path) -> None:
    other = Site(b"x" * len(CONTENT), script=[drop_after(100_000)])
    with running(other), pytest.raises(DownloadError):
        download(unhashed(other), target, delays=())
    download(unhashed(site), target, delays=())
    assert target.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_fetched_anew(site: Site, target: Path) -> None:
    site.script = [drop_after(100_000)]
    with pytest.raises(DownloadError):
        download(remote(site), target, delays=())
    part = target.with_name("model.bin.part")
    part.write_bytes(CONTENT + b"more")
    download(remote(site), target, delays=())
    assert target.read_bytes() == CONTENT
    assert site.ranges == [None, "bytes=320004-", None]


def test_another_range_than_was_asked_for_is_not_used(site: Site, target: Path) -> None:
    site.script = [drop_after(100_000), wrong_range]
    download(remote(site), target, delays=AT_ONCE)
    assert target.read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_only_checked(site: Site, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.with_name("model.bin.part").write_bytes(CONTENT)
    download(remote(site), target)
    assert target.read_bytes() == CONTENT
    assert site.requests == []


def test_a_file_of_another_length_than_published_is_refused_at_once(site: Site, target: Path) -> None:
    site.content = CONTENT[:-1]
    with pytest.raises(DownloadError, match="offers 319999 bytes where the published file has 320000"):
        download(remote(site), target, delays=AT_ONCE)
    assert left_in(target.parent) == []
    assert len(site.requests) == 1


def test_a_server_that_promises_more_than_it_sends_leaves_no_file(site: Site, target: Path) -> None:
    site.script = [announce(len(CONTENT) + 10)] * 4
    with pytest.raises(DownloadError, match="after 320000 of 320010 bytes"):
        download(unhashed(site), target, delays=AT_ONCE)
    assert not target.exists()


def test_a_server_that_promises_less_than_it_sends_is_found_out_by_the_hash(site: Site, target: Path) -> None:
    site.script = [announce(1000)]
    with pytest.raises(DownloadError, match="brought the wrong bytes"):
        download(remote(site, size=None), target, delays=())
    assert left_in(target.parent) == []


def test_without_length_and_hash_nothing_is_taken(site: Site, target: Path) -> None:
    site.script = [without_length]
    with pytest.raises(DownloadError, match="does not say how long the file is"):
        download(unhashed(site), target)
    assert left_in(target.parent) == []


def test_without_length_a_hash_is_enough(site: Site, target: Path) -> None:
    site.script = [without_length]
    download(remote(site, size=None), target)
    assert target.read_bytes() == CONTENT


def test_more_bytes_than_published_are_not_taken(site: Site, target: Path) -> None:
    site.content = CONTENT * 2
    site.script = [without_length]
    with pytest.raises(DownloadError, match="more than the 320000 bytes"):
        download(remote(site), target)
    assert not target.exists()


def test_an_absurd_length_is_refused(site: Site, target: Path) -> None:
    site.script = [announce(LARGEST + 1)]
    with pytest.raises(DownloadError, match="2000 MB, more than any model has"):
        download(unhashed(site), target)


def test_wrong_bytes_are_named_and_removed(site: Site, target: Path) -> None:
    site.content = b"!" + CONTENT[1:]
    found = hashlib.sha256(site.content).hexdigest()
    with pytest.raises(DownloadError, match=f"sha256 {found}, expected {SHA256}"):
        download(remote(site), target)
    assert left_in(target.parent) == []


def test_every_published_hash_must_fit(site: Site, target: Path) -> None:
    both = Remote(site.url, len(CONTENT), (("sha256", SHA256), ("sha1", "0" * 40)))
    with pytest.raises(DownloadError, match=f"sha1 .*expected {'0' * 40}"):
        download(both, target)
    assert left_in(target.parent) == []


def test_a_file_that_the_check_refuses_is_removed(site: Site, target: Path) -> None:
    def refuse(path: Path) -> None:
        assert path.read_bytes() == CONTENT
        raise DownloadError("no model")

    with pytest.raises(DownloadError, match="no model"):
        download(remote(site), target, check=refuse)
    assert left_in(target.parent) == []


def test_redirects_on_the_web_are_followed(site: Site, target: Path) -> None:
    site.script = [answer(302, Location="/elsewhere")]
    download(remote(site), target)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("place", ["file:///etc/passwd", "ftp://127.0.0.1/model", "data:,x", "gopher://x/"])
def test_redirects_off_the_web_are_refused(site: Site, target: Path, place: str) -> None:
    site.script = [answer(302, Location=place)]
    with pytest.raises(DownloadError, match=r"leads to .*; only http and https addresses"):
        download(remote(site), target, delays=())
    assert left_in(target.parent) == []


def test_redirects_in_a_circle_end(site: Site, target: Path) -> None:
    site.script = [answer(302, Location="/model.bin")] * 50
    with pytest.raises(DownloadError, match="leads in a circle"):
        download(remote(site), target, delays=())


def test_a_missing_file_is_not_asked_for_again(site: Site, target: Path) -> None:
    site.script = [answer(404)]
    with pytest.raises(DownloadError, match="the server answered 404"):
        download(remote(site), target, delays=AT_ONCE)
    assert len(site.requests) == 1


def test_a_busy_server_is_asked_again(site: Site, target: Path) -> None:
    site.script = [answer(503), answer(429)]
    download(remote(site), target, delays=AT_ONCE)
    assert target.read_bytes() == CONTENT


def test_a_port_that_nobody_listens_on_is_said_to_refuse(target: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/model.bin"
        with pytest.raises(DownloadError, match="connection refused"):
            download(Remote(url, 1), target, delays=())
    assert left_in(target.parent) == []


def test_a_host_that_is_not_found_asks_whether_the_machine_is_online(target: Path) -> None:
    with pytest.raises(DownloadError, match=r"nowhere\.invalid .*is this machine online\?"):
        download(Remote("http://nowhere.invalid/model.bin", 1), target, delays=())


def test_waits_between_attempts_grow() -> None:
    assert list(DELAYS) == sorted(set(DELAYS))
    assert sum(DELAYS) < 60


def start_download(site: Site, target: Path) -> subprocess.Popen[bytes]:
    """A process of its own that downloads the site's file."""
    code = (
        "import sys; from pathlib import Path; from dreamzoom.models.download import Remote, download;"
        f"download(Remote(sys.argv[1], {len(CONTENT)}, (('sha256', '{SHA256}'),)), Path(sys.argv[2]))"
    )
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.Popen([sys.executable, "-c", code, site.url, str(target)], env=environment)


def wait_for_part(target: Path, size: int, process: subprocess.Popen[bytes]) -> None:
    """Wait until a process has `size` bytes of a download."""
    part = target.with_name("model.bin.part")
    wait_for(lambda: part.exists() and part.stat().st_size >= size, process)
    assert part.stat().st_size >= size


def test_two_processes_download_a_file_once(site: Site, target: Path) -> None:
    site.script = [stall_after(200_000)]
    first = start_download(site, target)
    wait_for_part(target, 1, first)
    second = start_download(site, target)
    time.sleep(0.7)  # the second one is up and waits for the first
    assert second.poll() is None
    site.release.set()
    assert (first.wait(120), second.wait(120)) == (0, 0)
    assert target.read_bytes() == CONTENT
    assert len(site.requests) == 1


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGKILL")
def test_a_killed_download_is_resumed_by_the_next_process(site: Site, target: Path) -> None:
    site.script = [stall_after(200_000)]
    process = start_download(site, target)
    wait_for_part(target, 100_000, process)
    process.send_signal(signal.SIGKILL)
    process.wait(120)
    assert not target.exists()
    kept = target.with_name("model.bin.part").stat().st_size
    download(remote(site), target)
    assert target.read_bytes() == CONTENT
    assert site.ranges == [None, f"bytes={kept}-"]


def test_the_one_who_waits_sees_the_others_progress(site: Site, target: Path) -> None:
    site.script = [stall_after(200_000)]
    process = start_download(site, target)
    wait_for_part(target, 100_000, process)
    seen: list[int] = []

    def watch(done: int, total: int | None) -> None:
        seen.append(done)
        site.release.set()

    download(remote(site), target, watch)
    assert process.wait(120) == 0
    assert seen[0] >= 100_000
    assert len(site.requests) == 1


def test_too_little_room_is_said_before_the_download(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"has room for \d+ MB, and 1000000000 MB are needed"):
        want_space(tmp_path, 10**15)


def test_a_write_that_fails_is_a_storage_error_and_no_broken_connection(site: Site, target: Path) -> None:
    target.parent.mkdir(parents=True)
    target.with_name("model.bin.part").mkdir()
    with pytest.raises(StorageError, match=r"model\.bin\.part could not be written"):
        download(remote(site), target, delays=AT_ONCE)
    assert len(site.requests) == 1


def test_a_folder_that_cannot_be_made_is_named(site: Site, tmp_path: Path) -> None:
    (tmp_path / "models").write_bytes(b"a file")
    with pytest.raises(StorageError, match="could not be written"):
        download(remote(site), tmp_path / "models" / "net" / "model.bin")
    assert site.requests == []


def zipped(path: Path, **members: bytes) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path


def tarred(path: Path, **members: bytes) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return path


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_one_member_is_unpacked_and_nothing_else(tmp_path: Path, pack: object) -> None:
    archive = pack(tmp_path / "a", **{"net/LICENSE": b"free", "net/graph.pb": CONTENT})  # type: ignore[operator]
    unpack(archive, "graph.pb", tmp_path / "weights.pb", len(CONTENT))
    assert (tmp_path / "weights.pb").read_bytes() == CONTENT
    assert left_in(tmp_path) == ["a", "weights.pb"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_members_path_never_reaches_the_disk(tmp_path: Path, pack: object) -> None:
    inner = tmp_path / "inner"
    inner.mkdir()
    archive = pack(inner / "a", **{"../../graph.pb": CONTENT})  # type: ignore[operator]
    unpack(archive, "graph.pb", inner / "weights.pb")
    assert left_in(inner) == ["a", "weights.pb"]
    assert left_in(tmp_path) == ["inner"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_an_archive_without_the_member_is_refused(tmp_path: Path, pack: object) -> None:
    archive = pack(tmp_path / "a", **{"other.pb": CONTENT})  # type: ignore[operator]
    with pytest.raises(DownloadError, match=r"a holds no file called graph\.pb"):
        unpack(archive, "graph.pb", tmp_path / "weights.pb")
    assert left_in(tmp_path) == ["a"]


def test_a_member_of_another_size_is_refused(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a", **{"graph.pb": CONTENT})
    with pytest.raises(DownloadError, match="has 320000 bytes, expected 5"):
        unpack(archive, "graph.pb", tmp_path / "weights.pb", 5)
    assert left_in(tmp_path) == ["a"]


@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_damaged_archive_leaves_no_file(tmp_path: Path, pack: object) -> None:
    noise = b"".join(hashlib.sha256(bytes([i, j])).digest() for i in range(100) for j in range(100))
    archive = pack(tmp_path / "a", **{"graph.pb": noise})  # type: ignore[operator]
    data = bytearray(archive.read_bytes())
    data[len(data) // 2] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(DownloadError, match=r"damaged|no sound"):
        unpack(archive, "graph.pb", tmp_path / "weights.pb")
    assert left_in(tmp_path) == ["a"]


@pytest.mark.parametrize("data", [b"", b"<html>Not found</html>", b"PK\x03\x04", b"\x1f\x8b\x08\x00"])
def test_what_is_no_archive_is_called_so(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a").write_bytes(data)
    with pytest.raises(DownloadError, match=r"a is no sound zip or tar\.gz archive"):
        unpack(tmp_path / "a", "graph.pb", tmp_path / "weights.pb")


def test_a_zip_bomb_is_not_unpacked(tmp_path: Path) -> None:
    archive = zipped(tmp_path / "a", **{"graph.pb": b"tiny"})
    data = archive.read_bytes()
    lie = (LARGEST + 1).to_bytes(4, "little")
    central = data.index(b"PK\x01\x02")
    archive.write_bytes(data[: central + 24] + lie + data[central + 28 :])
    with pytest.raises(DownloadError, match="would have 2000 MB"):
        unpack(archive, "graph.pb", tmp_path / "weights.pb")


def test_unpacked_weights_that_the_check_refuses_are_removed(tmp_path: Path) -> None:
    def refuse(path: Path) -> None:
        raise DownloadError(f"no model in {path.stat().st_size} bytes")

    archive = zipped(tmp_path / "a", **{"graph.pb": CONTENT})
    with pytest.raises(DownloadError, match="no model in 320000 bytes"):
        unpack(archive, "graph.pb", tmp_path / "weights.pb", check=refuse)
    assert left_in(tmp_path) == ["a"]


def test_a_link_in_the_place_of_a_part_is_not_written_through(site: Site, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_bytes(CONTENT[:100])
    for link in (os.symlink, os.link):
        folder = tmp_path / link.__name__
        folder.mkdir()
        link(theirs, folder / "model.bin.part")
        (folder / "model.bin.part.from").symlink_to(theirs)
        download(remote(site), folder / "model.bin")
        assert (folder / "model.bin").read_bytes() == CONTENT
    assert theirs.read_bytes() == CONTENT[:100]
