"""The guide's pictures of the studio, of clouds that it has dreamed itself; anew after a change of the page.

python tests/benchmarks/studio_pictures.py -o .github/studio
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect

sys.path.insert(0, str(Path(__file__).parents[1]))

from support.clips import dreamzoom
from support.music import drum_loop, steady, write_wav
from support.studio import LAPTOP, PHONE, browser, studio, visit

_FRAMES = 40
_PATIENCE = 600_000  # milliseconds until all looks are there


def main() -> None:
    """Dream what the pictures show, and take them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("-o", "--out", type=Path, default=Path(".github/studio"))
    parser.add_argument("--folder", type=Path, help="a studio's folder that is there already")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or dream_all(Path(temporary) / "night drive")
        take_all(folder, given.out)


def dream_all(folder: Path) -> Path:
    """A studio's folder with clips of three looks, a take, a picture and a song."""
    folder.mkdir(parents=True)
    song = write_wav(folder / "song.wav", drum_loop(steady(120, 4)).samples)
    for name, preset in (("clouds", "bestiary"), ("ink", "ink"), ("glacier", "edges")):
        sound = ("--audio", song) if name == "clouds" else ()
        run(
            "render",
            "--size",
            "320x180",
            "--frames",
            _FRAMES,
            "--preset",
            preset,
            "--out",
            folder / name,
            *sound,
        )
    take = ("--set", "camera.rotate=2", "-o", folder / "clouds-take-2")
    run("fork", folder / "clouds", "--at", _FRAMES // 2, *take)
    (folder / "material").mkdir()
    shutil.copy(folder / "ink" / "start.png", folder / "material" / "evening.png")
    shutil.move(song, folder / "material" / "drums.wav")
    return folder


def run(*arguments: object) -> None:
    done = dreamzoom(*arguments)
    if done.returncode:
        sys.exit(done.stderr)


def take_all(folder: Path, out: Path) -> None:
    """Take every picture that the guide shows."""
    with studio(folder) as house, browser() as running:
        with visit(running, house, LAPTOP) as seen:
            page = seen.page
            go_to(page, "clouds", 30)
            page.get_by_role("tab", name="Look", exact=True).click()
            page.hover(".looks-head")  # previews are made once somebody turns to the looks
            expect(page.get_by_text(re.compile(r"^\d+ looks of clouds"))).to_be_visible(timeout=_PATIENCE)
            shoot(page, out / "stage.png")
            box = page.locator(".picture").bounding_box()
            if box is not None:
                page.mouse.click(box["x"] + 0.7 * box["width"], box["y"] + 0.35 * box["height"])
            page.wait_for_timeout(1500)
            shoot(page, out / "direct.png")
            page.get_by_role("tab", name="Takes", exact=True).click()
            page.keyboard.press("c")
            page.wait_for_timeout(1500)
            shoot(page, out / "takes.png")
        with visit(running, house, PHONE) as seen:
            go_to(seen.page, "clouds", 30)
            shoot(seen.page, out / "phone.png")


def go_to(page: Page, name: str, frame: int) -> None:
    """Put a frame of a clip on the stage."""
    page.evaluate(
        """async ([name, frame]) => { const { choose, items } = await import("/static/js/state.js");
        choose([...items.value.values()].find((facts) => facts.name === name).id, frame); }""",
        [name, frame],
    )
    expect(page.locator(".picture canvas")).to_have_attribute("data-frame", str(frame))


def shoot(page: Page, path: Path) -> None:
    """A screenshot in 256 colours: the guide is read on slow lines too."""
    shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    shot.quantize(256, Image.Quantize.MEDIANCUT, dither=Image.Dither.FLOYDSTEINBERG).save(path, optimize=True)
    print(path, path.stat().st_size)


if __name__ == "__main__":
    main()
