"""Files dropped on the page, pasted and chosen, in a real browser."""

from __future__ import annotations

import base64
import io
import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from support.studio import RunningStudio, studio, until, visit

FIGURES = (
    r"(?P<percent>\d+) %, (?P<sent>[\d.]+) of (?P<total>[\d.]+) MB, "
    r"(?P<pace>[\d.]+) (?P<unit>kB|MB) a second, 0:(?P<left>\d\d) left"
)

DROP = """
([kind, files]) => {
  const data = new DataTransfer();
  for (const [name, type, text] of files) {
    data.items.add(new File([Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0))], name, { type }));
  }
  const options = { bubbles: true, cancelable: true };
  if (kind === "paste") dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, ...options }));
  else document.body.dispatchEvent(new DragEvent(kind, { dataTransfer: data, ...options }));
}
"""


@pytest.fixture(scope="module")
def house(tmp_path_factory) -> Iterator[RunningStudio]:
    with studio(tmp_path_factory.mktemp("house")) as running:
        yield running


@pytest.fixture
def page(house, chromium) -> Iterator[Page]:
    with visit(chromium, house) as seen:
        yield seen.page
        refused = "the server responded with a status of 400 (Bad Request)"  # told to a person as well
        assert [words for words in seen.complaints if refused not in words] == []


def png(colour: str) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 40), colour).save(file, "PNG")
    return file.getvalue()


def throw(page: Page, kind: str, *files: tuple[str, str, bytes]) -> None:
    page.evaluate(DROP, [kind, [[name, form, base64.b64encode(data).decode()] for name, form, data in files]])


def parcel(page: Page, name: str):
    return page.locator(".parcel", has_text=name)


def test_files_are_dropped_anywhere_and_become_the_plan(page, house):
    throw(page, "dragenter", ("sky.png", "image/png", png("navy")))
    expect(page.locator(".landing")).to_contain_text("Drop it anywhere")
    throw(
        page,
        "drop",
        ("sky.png", "image/png", png("navy")),
        ("mine.toml", "", b'title = "Mine"\n[dream]\niterations = 3\n'),
        ("links.zip", "application/zip", b"PK\3\4" + bytes(100)),
    )
    expect(page.locator(".landing")).to_have_count(0)
    expect(parcel(page, "links.zip")).to_contain_text("can be dropped here")
    expect(page.locator(".card", has_text="sky.png")).to_be_visible()
    expect(page.locator(".card", has_text="mine.toml")).to_be_visible()
    assert sorted(path.name for path in (house.folder / "material").iterdir()) == ["mine.toml", "sky.png"]
    parcel(page, "links.zip").get_by_role("button", name="Close links.zip").click()
    expect(parcel(page, "links.zip")).to_have_count(0)


def test_a_picture_is_pasted(page, house):
    throw(page, "paste", ("image.png", "image/png", png("teal")))
    expect(page.locator(".card", has_text="pasted 20")).to_be_visible()
    assert any(path.name.startswith("pasted 20") for path in (house.folder / "material").iterdir())


def test_files_are_chosen_and_told_when_they_are_there_already(page, house, tmp_path):
    picture = tmp_path / "hill.png"
    picture.write_bytes(png("olive"))
    again = tmp_path / "again.png"
    again.write_bytes(png("olive"))
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Add pictures, songs or recipes").click()
    choosing.value.set_files([picture, again])
    expect(parcel(page, "again.png")).to_contain_text("a picture; which was here already")
    assert not (house.folder / "material" / "again.png").exists()


def test_what_is_too_large_is_told_before_it_is_sent(page, house, tmp_path):
    large = tmp_path / "large.png"
    with large.open("wb") as file:
        file.truncate(201 << 20)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(f"{request.method} {request.url}"))
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Add pictures, songs or recipes").click()
    choosing.value.set_files(large)
    expect(parcel(page, "large.png")).to_contain_text("such a file may have 210 MB")
    assert not any(each.startswith("POST") and "uploads" in each for each in sent)


def slowed(page: Page, upload: float) -> None:
    """Let the page send so many bytes a second."""
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    limits = {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": upload}
    session.send("Network.emulateNetworkConditions", limits)


def choose_files(page: Page, *paths: Path) -> None:
    with page.expect_file_chooser() as choosing:
        page.get_by_role("button", name="Add pictures, songs or recipes").click()
    choosing.value.set_files(list(paths))


def noise(path: Path, bytes_: int) -> Path:
    path.write_bytes(os.urandom(bytes_))
    return path


def test_what_is_sent_tells_how_far_how_fast_and_how_long_and_is_stopped(page, house, tmp_path):
    slowed(page, 100_000)
    choose_files(page, noise(tmp_path / "long.mp3", 5_000_000), noise(tmp_path / "other.mp3", 300_000))
    line = parcel(page, "long.mp3").locator(".line")
    words = until(lambda: re.fullmatch(FIGURES, line.inner_text()))
    percent, sent, total, left = (float(words[name]) for name in ("percent", "sent", "total", "left"))
    assert total == 5.0
    assert percent == pytest.approx(100 * sent / total, abs=2)
    pace = float(words["pace"]) * {"kB": 1e3, "MB": 1e6}[words["unit"]]
    assert left == pytest.approx((total - sent) * 1e6 / pace, abs=2 + 0.1 * left)
    expect(parcel(page, "other.mp3")).to_contain_text("0.3 MB, waits")
    page.get_by_role("button", name="Do not send long.mp3").click()
    expect(parcel(page, "long.mp3")).to_have_count(0)
    expect(parcel(page, "other.mp3")).to_have_class(re.compile("is-(sending|reading|failed)"))
    until(lambda: len(list((house.folder / ".studio/uploads").iterdir())) <= 1)  # nothing of it is kept


def test_a_page_that_comes_back_tells_what_was_cut_off(page, tmp_path):
    slowed(page, 100_000)
    choose_files(page, noise(tmp_path / "long.mp3", 5_000_000), noise(tmp_path / "next.mp3", 300_000))
    until(lambda: re.fullmatch(FIGURES, parcel(page, "long.mp3").locator(".line").inner_text()))
    page.reload()
    page.wait_for_selector("html[data-ready]")
    told = parcel(page, "long.mp3").locator(".line").inner_text()
    found = re.fullmatch(r"was cut off after ([\d.]+) of 5.0 MB, as the page was left: drop it again", told)
    assert found
    assert 0 < float(found[1]) < 5
    expect(parcel(page, "next.mp3")).to_contain_text("was not sent any more")
    page.get_by_role("button", name="Close long.mp3").click()
    page.reload()
    page.wait_for_selector("html[data-ready]")
    expect(page.locator(".parcel")).to_have_count(0)


def test_what_a_lost_studio_cut_off_is_sent_again(tmp_path, chromium):
    folder, picture = tmp_path / "folder", tmp_path / "sky.png"
    folder.mkdir()
    picture.write_bytes(png("navy"))
    with studio(folder) as first, visit(chromium, first) as seen:
        page, port = seen.page, first.origin.rpartition(":")[2]
        slowed(page, 100_000)
        choose_files(page, noise(tmp_path / "long.mp3", 5_000_000), picture)
        until(lambda: re.fullmatch(FIGURES, parcel(page, "long.mp3").locator(".line").inner_text()))
        first.kill()
        expect(parcel(page, "long.mp3")).to_contain_text("was cut off: is the studio still running?")
        expect(parcel(page, "sky.png")).to_contain_text("was cut off: is the studio still running?")
        with studio(folder, "--port", port):
            page.get_by_role("button", name="Send sky.png again").click()
            expect(page.locator(".card", has_text="sky.png")).to_be_visible()
        assert page.get_by_role("button", name="Send long.mp3 again").is_visible()
    assert (folder / "material/sky.png").read_bytes() == picture.read_bytes()


def test_sizes_are_told_as_people_read_them(page):
    sizes = [0, 1, 40, 5200, 99_000, 300_000, 5_000_000, 2_500_000_000]
    told = page.evaluate(
        'async (sizes) => { const words = await import("/static/js/words.js"); '
        "return sizes.map((each) => words.size(each)); }",
        sizes,
    )
    assert told == ["0 bytes", "1 byte", "40 bytes", "5.2 kB", "99 kB", "0.3 MB", "5.0 MB", "2.5 GB"]
