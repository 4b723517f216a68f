"""The studio as people use it, in a real browser: how long they wait, what a render loses by being watched.

    python tests/benchmarks/bench_studio.py                      all of it
    python tests/benchmarks/bench_studio.py many long            300 clips; a clip of 10,000 frames
    python tests/benchmarks/bench_studio.py zoom                 the timeline of such a clip, with its song
    python tests/benchmarks/bench_studio.py watched --pairs 5 --frames 60

many      a folder of 300 clips, a server that has just begun: ms until the library is answered, the page has
          painted (goal: under 1000) and its clips are there; the longest and the typical frame while the
          gallery scrolls
long      a clip of 10,000 frames at 640x360: ms from a key to the frame on the stage, one by one and in jumps
          (goal: under 100)
zoom      a clip of 10,000 frames with a song of six minutes: ms from a step of the wheel over the timeline to
          its curves and beats, and to the waveform, as they are to be seen then (goal: under 100)
watched   a render at 640x360, alone and with its newest frame on the page, in pairs that take turns:
          s/frame of each, their ratio (goal: under 1.05), ms from a frame's file to its picture on the page
          (goal: under 300), and of how much of a core the server and the browser made use

Frames are true ones; the long clip's are links to a few. Run it on a quiet machine: the load is told.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import psutil

sys.path.insert(0, str(Path(__file__).parents[1]))

from contenders import machine
from playwright.sync_api import Browser, Page

from support.clips import command, render
from support.music import drum_loop, steady, write_wav
from support.studio import LAPTOP, RunningStudio, browser, studio, until, visit

MANY, LONG = 300, 10_000
SIZE = "640x360"
SCRUBBED = 60  # frames that are gone to
SCROLL_MS = 3000
SONG_S, ZOOMED = 360, 60  # seconds of the song, steps of the wheel

SCROLL = """async ([selector, length]) => {
  const list = document.querySelector(selector);
  const times = [];
  const begun = performance.now();
  await new Promise((done) => {
    const step = (now) => {
      times.push(now);
      list.scrollTop = ((now - begun) / length) * (list.scrollHeight - list.clientHeight);
      if (now - begun < length) requestAnimationFrame(step); else done();
    };
    requestAnimationFrame(step);
  });
  return times.slice(1).map((time, index) => time - times[index]);
}"""
WATCH = """() => {
  window.shown = [];
  const look = (changes) => {
    const frame = changes.at(-1).target.dataset.frame;
    if (window.shown.at(-1)?.[0] !== frame) window.shown.push([frame, Date.now() / 1000]);
  };
  new MutationObserver(look).observe(document.body, { subtree: true, attributeFilter: ["data-frame"] });
}"""
ZOOM = """async (turn) => {
  const [area, over] = [".tl-head .area", ".tl-over canvas"].map((name) => document.querySelector(name));
  const box = area.getBoundingClientRect();
  const begun = performance.now();
  const drawn = new Promise((done) => {
    const pen = over.getContext("2d");
    pen.clearRect = function (...all) {
      delete pen.clearRect;
      pen.clearRect(...all);
      requestAnimationFrame(() => done(performance.now() - begun));
    };
  });
  const shadow = document.querySelector(".wave > div > div").shadowRoot;
  const wave = new Promise((done) => {
    new MutationObserver((_, watch) => {
      watch.disconnect();
      requestAnimationFrame(() => done(performance.now() - begun));
    }).observe(shadow, { subtree: true, childList: true });
  });
  const place = { clientX: box.x + box.width / 3, bubbles: true, cancelable: true };
  area.dispatchEvent(new WheelEvent("wheel", { deltaY: turn, ...place }));
  const times = await Promise.all([drawn, wave]);
  await new Promise((done) => setTimeout(done, 150)); // what it went on with is over
  return times;
}"""
STEP = """async ([key, wanted]) => {
  const canvas = document.querySelector(".stage canvas");
  const begun = performance.now();
  dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  while (canvas.dataset.frame !== String(wanted)) {
    if (performance.now() - begun > 10000) return -1;
    await new Promise(requestAnimationFrame);
  }
  return performance.now() - begun;
}"""


def main() -> None:
    """Measure what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", metavar="WHAT", help="many, long, zoom, watched; all by default")
    parser.add_argument("--clips", type=int, default=MANY, help="in the folder")
    parser.add_argument("--frames", type=int, default=40, help="of each render that is watched, or is not")
    parser.add_argument("--pairs", type=int, default=3, help="of renders")
    given = parser.parse_args()
    wanted = given.what or ["many", "long", "zoom", "watched"]
    print(machine())
    with tempfile.TemporaryDirectory() as folder, browser() as running:
        if "many" in wanted:
            measure_many(Path(folder, "many"), running, given.clips)
        if "long" in wanted:
            measure_long(Path(folder, "long"), running)
        if "zoom" in wanted:
            measure_zoom(Path(folder, "zoom"), running)
        if "watched" in wanted:
            measure_watched(Path(folder, "watched"), running, given.frames, given.pairs)


# ---- many clips ----------------------------------------------------------------------------------


def measure_many(folder: Path, running: Browser, count: int) -> None:
    """A folder of many clips."""
    first = render(folder / "clip-000", frames=8)
    for number in range(1, count):
        other = folder / f"clip-{number:03d}"
        shutil.copytree(first, other, copy_function=os.link)
        for name in ("journal.jsonl", ".lock"):  # these are written: links would be one file
            (other / name).unlink()
            shutil.copy(first / name, other / name)
    with studio(folder) as house, house.client() as client:
        begun = time.perf_counter()
        client.get("/api/library").raise_for_status()
        print(f"{count} clips: the library is answered after {1000 * (time.perf_counter() - begun):.0f} ms")
    with studio(folder) as house:
        painted, there, page = _open_many(house, running, count)
        with page as seen:
            gaps = sorted(seen.evaluate(SCROLL, [".gallery .list", SCROLL_MS]))
    print(f"{count} clips: painted after {painted:.0f} ms, all of them after {there:.0f} ms")
    print(f"{count} clips: scrolling, a frame takes {median(gaps):.0f} ms, the longest {gaps[-1]:.0f} ms")


def _open_many(house: RunningStudio, running: Browser, count: int) -> tuple[float, float, Any]:
    """The page of many clips, and when it was painted and complete, in ms."""
    stack = contextlib.ExitStack()
    seen = stack.enter_context(visit(running, house, LAPTOP))
    until(lambda: seen.page.locator(".card").count() >= count)
    seen.page.reload()  # with a cookie, as every time but the first
    there = seen.page.evaluate(
        """async (count) => {
          while (document.querySelectorAll(".card").length < count) await new Promise(requestAnimationFrame);
          return performance.now();
        }""",
        count,
    )
    paint = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? -1"
    painted = seen.page.evaluate(paint)

    @contextlib.contextmanager
    def page() -> Iterator[Page]:
        with stack:
            yield seen.page

    return painted, there, page()


# ---- a long clip ---------------------------------------------------------------------------------


def measure_long(folder: Path, running: Browser) -> None:
    """A clip of many frames."""
    make_long(folder / "long", LONG)
    with studio(folder) as house, house.client() as client, visit(running, house) as seen:
        begun = time.perf_counter()
        client.get("/api/library").raise_for_status()
        print(f"{LONG} frames: the library is answered after {1000 * (time.perf_counter() - begun):.0f} ms")
        seen.page.click(".card .open")
        seen.page.wait_for_selector(".stage canvas[data-frame]")
        _go(seen.page, "Home", 0)
        steps = [_go(seen.page, ".", number) for number in range(1, SCRUBBED + 1)]
        jumps = [_go(seen.page, "PageDown", SCRUBBED + 30 * number) for number in range(1, SCRUBBED + 1)]
    for words, taken in (("one frame on", steps), ("one second on", jumps)):
        taken.sort()
        print(f"{LONG} frames: {words}, {median(taken):.0f} ms, the longest {taken[-1]:.0f} ms")


def _go(page: Page, key: str, frame: int) -> float:
    """Milliseconds from a key to the frame that it leads to."""
    taken = float(page.evaluate(STEP, [key, frame]))
    if taken < 0:
        raise SystemExit(f"{key} did not lead to frame {frame}")
    return taken


def make_long(clip: Path, frames: int, *options: object) -> None:
    """A clip of many frames, made of a few."""
    made = 4
    render(clip, "--size", SIZE, *options, frames=made)
    lines = [json.loads(line) for line in (clip / "journal.jsonl").read_text("utf-8").splitlines()]
    rows = ({**lines[number % made], "frame": number} for number in range(frames))
    (clip / "journal.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in rows), "utf-8")
    for number in range(made, frames):
        (clip / "frames" / f"{number:06d}.png").hardlink_to(clip / "frames" / f"{number % made:06d}.png")
    recipe = clip / "recipe.toml"
    recipe.write_text(recipe.read_text("utf-8").replace(f"frames = {made}", f"frames = {frames}"), "utf-8")


# ---- the timeline of a long clip -----------------------------------------------------------------


def measure_zoom(folder: Path, running: Browser) -> None:
    """The timeline of a clip of many frames with a song, zoomed by the wheel."""
    folder.mkdir()
    song = write_wav(folder / "song.wav", drum_loop(steady(120, SONG_S)).samples)
    moving = 'camera.zoom={ 0 = 1.02, "4beats" = 1.06, ease = "smooth" }'
    make_long(folder / "long", LONG, "--audio", song, "--set", moving, "--set", "camera.rotate=sin(t)")
    with studio(folder) as house, visit(running, house) as seen:
        seen.page.get_by_role("button", name="long").first.click()
        seen.page.wait_for_selector(".wave canvas, .wave div")
        until(lambda: not seen.page.locator(".wave p").count())
        steps = [seen.page.evaluate(ZOOM, -60 if step < ZOOMED / 2 else 60) for step in range(ZOOMED)]
    for words, place in (("curves and beats", 0), ("waveform", 1)):
        taken = sorted(step[place] for step in steps)
        print(
            f"{LONG} frames: zoomed, the {words} after {median(taken):.0f} ms, the longest {taken[-1]:.0f} ms"
        )


# ---- a render that is watched --------------------------------------------------------------------


@dataclass(frozen=True)
class Watched:
    """What came of a render: seconds a frame; of one that was watched, seconds from a frame's file to its
    picture on the page, and the cores that the server and the browser kept busy.
    """

    seconds: float
    delays: tuple[float, ...] = ()
    server: float = 0.0
    chromium: float = 0.0


def measure_watched(folder: Path, running: Browser, frames: int, pairs: int) -> None:
    """Renders alone and watched, taking turns."""
    folder.mkdir()
    ratios = []
    for pair in range(pairs):
        order = (False, True) if pair % 2 == 0 else (True, False)
        done = {is_watched: _render(folder, running, frames, is_watched=is_watched) for is_watched in order}
        alone, watched = done[False], done[True]
        ratios.append(watched.seconds / alone.seconds)
        delays = sorted(1000 * delay for delay in watched.delays)
        print(
            f"watched: {alone.seconds:.3f} s/frame alone, {watched.seconds:.3f} watched, x {ratios[-1]:.3f}; "
            f"a picture after {median(delays):.0f} ms, the latest {delays[-1]:.0f} ms of {len(delays)}; "
            f"server {watched.server:.3f} of a core, browser {watched.chromium:.3f}"
        )
    print(f"watched: x {median(ratios):.3f}, the middle one of {pairs} pairs")


def _render(folder: Path, running: Browser, frames: int, *, is_watched: bool) -> Watched:
    clip = folder / "clip"
    words = command("render", "--out", clip, "--frames", frames, "--size", SIZE)
    if not is_watched:
        subprocess.run(words, check=True, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        seconds, _ = _when_stored(clip)
        shutil.rmtree(clip)
        return Watched(seconds)
    with studio(folder) as house, visit(running, house) as seen:
        with subprocess.Popen(words, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL) as process:
            seen.page.click(".card .open", timeout=60_000)
            seen.page.evaluate(WATCH)
            began, server, chromium = time.monotonic(), _used([house.process.pid]), _used(_chromium())
            process.wait()  # the page's own cost is measured: nothing is asked of it meanwhile
        whole = time.monotonic() - began
        server, chromium = _used([house.process.pid]) - server, _used(_chromium()) - chromium
        seconds, stored = _when_stored(clip)
        shown = {int(frame): when for frame, when in seen.page.evaluate("window.shown")}
    shutil.rmtree(clip)
    delays = tuple(shown[frame] - stored[frame] for frame in sorted(shown) if frame > min(shown))
    return Watched(seconds, delays, server / whole, chromium / whole)


def _when_stored(clip: Path) -> tuple[float, dict[int, float]]:
    """Seconds a frame, from the first to the last, and when each was stored."""
    paths = sorted((clip / "frames").glob("*.png"))
    stored = {int(path.stem): path.stat().st_mtime for path in paths}
    return (max(stored.values()) - min(stored.values())) / (len(stored) - 1), stored


def _chromium() -> list[int]:
    """The processes of the browser that this script has started."""
    children = psutil.Process().children(recursive=True)
    return [child.pid for child in children if "chrom" in child.name()]


def _used(pids: list[int]) -> float:
    """Seconds of a core that some processes have used."""
    used = 0.0
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            times = psutil.Process(pid).cpu_times()
            used += times.user + times.system
    return used


if __name__ == "__main__":
    main()
