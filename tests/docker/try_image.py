"""Build the Docker image for real and use it for real, on a machine without a Docker daemon.

    sudo python tests/docker/try_image.py                 on a Debian made by debootstrap
    sudo python tests/docker/try_image.py --base IMAGE    on an image that can be pulled

Builds the stages `dreamzoom` and `notebook` of the Dockerfile with buildah, Caffe included, and then does
in containers what people do: the filter, a render on a mounted folder, `--engine caffe`, `doctor`, `docker
stop` in the middle of a render, any user, Jupyter. Prints what it saw; the first thing that is not as it
should be ends it with a traceback. Takes about 20 minutes on two cores, and 20 GB of disk in one folder that
is removed again: the driver vfs copies every layer.

Needs root, Debian's packages `buildah` and `debootstrap`, and a Python with dreamzoom's dependencies and pip.
Where that pip looks for packages, the pip inside the build looks too.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import numpy as np
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(Path(__file__).parent)]

from buildah import (  # noqa: E402
    Container,
    Store,
    Volume,
    as_first_process,
    build,
    callers_pip,
    container,
    folder_of,
    image_config,
    make_base,
)

USER_ID = 1000
"""Of the image's user `dreamzoom`, the first that Debian makes."""

STOP_SECONDS = 10
"""What `docker stop` grants before it kills."""

SMALL = ("--size", "96x72", "--set", "dream.octaves=2", "--set", "dream.iterations=4")

ENGINES_APART = 1.0
"""Mean difference, in grey levels, of one octave dreamed by torch and by Caffe."""


def say(what: str) -> None:
    print(what, flush=True)


def cloudscape() -> Image.Image:
    from dreamzoom.pictures.clouds import clouds
    from dreamzoom.recipe.units import Size

    return clouds(Size(320, 240), seed=3)


def as_jpeg(picture: Image.Image) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def filtered(command: list[str], stdin: bytes) -> Image.Image:
    """The picture that the filter gives for a picture."""
    done = subprocess.run(command, input=stdin, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    picture = Image.open(io.BytesIO(done.stdout))
    picture.load()
    return picture


def apart(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures of one size, in grey levels."""
    return float(np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64)).mean())


# ---- what people do --------------------------------------------------------------------------------


def check_filter(image: Container, out: Path) -> None:
    """cat clouds.jpg | docker run -i dreamzoom dream > dream.jpg"""
    picture = as_jpeg(cloudscape())
    (out / "filter-in.jpg").write_bytes(picture)
    started = time.monotonic()
    dreamed = filtered(image.command("dream"), picture)
    seconds = time.monotonic() - started
    dreamed.save(out / "filter-out.jpg", quality=95)
    difference = apart(Image.open(io.BytesIO(picture)), dreamed)
    assert (dreamed.format, dreamed.size) == ("JPEG", (320, 240))
    assert 2 < difference < 80, difference
    say(f"filter: a JPEG of 320x240, {difference:.1f} grey levels from the input on average, {seconds:.1f} s")


def check_caffe(image: Container) -> None:
    """docker run -i dreamzoom dream --engine caffe"""
    # In an even sky all windows tie, and which pixel wins is a matter of rounding; noise has no ties.
    noise = np.random.default_rng(5).integers(0, 256, (120, 160, 3), np.uint8)
    picture = as_jpeg(Image.fromarray(noise))
    options = ("--format", "png", "--set", "dream.octaves=1", "--seed", "5")
    dreams = [
        filtered(image.command("dream", "--engine", name, *options), picture) for name in ("torch", "caffe")
    ]
    difference = apart(*dreams)
    assert difference <= ENGINES_APART, difference
    say(f"--engine caffe: an octave of 10 steps is {difference:.3f} grey levels from torch's on average")


def check_doctor(image: Container) -> None:
    """docker run dreamzoom doctor"""
    done = subprocess.run(image.command("doctor"), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"^ok +caffe ", done.stdout, flags=re.MULTILINE), done.stdout
    say(f"doctor:\n{done.stdout}")


def check_render(image: Container, clips: Path) -> None:
    """docker run -v $PWD:/clips dreamzoom render clouds.jpg ..."""
    (clips / "clouds.jpg").write_bytes(as_jpeg(cloudscape()))
    mounted = (Volume(clips, "/clips"),)
    subprocess.run(image.command("render", "clouds.jpg", "--frames", 3, *SMALL, volumes=mounted), check=True)
    clip = clips / "dream"
    owners = {path.stat().st_uid for path in clip.rglob("*")}
    assert len(list((clip / "frames").glob("*.png"))) == 3
    assert (clip / "clip.mp4").stat().st_size > 0
    assert owners == {USER_ID}, owners
    status = subprocess.run(
        image.command("status", "dream", "--json", volumes=mounted), capture_output=True, check=True
    )
    assert json.loads(status.stdout)["state"] == "done", status.stdout
    say(f"render: 3 frames and a video in the mounted folder, all of them user {USER_ID}'s")


def check_stop(image: Container, clips: Path) -> None:
    """docker stop in the middle of a render, and docker run again to go on with it."""
    options = ("--frames", 12, "--seed", 8, *SMALL)
    mounted = (Volume(clips, "/clips"),)
    subprocess.run(image.command("render", "--out", "whole", *options, volumes=mounted), check=True)
    with image.tree() as tree:
        status, words, seconds = stopped(
            as_first_process(image, tree, "render", "--out", "cut", *options, clips=clips), clips / "cut"
        )
    kept = len(list((clips / "cut/frames").glob("*.png")))
    assert status == 130, (status, words)
    assert "dreamzoom resume cut" in words, words
    assert 0 < kept < 12, kept
    say(f"SIGTERM to process 1: exit status 130 after {seconds:.1f} s, {kept} frames kept; its last line:")
    say(f"    {words.strip().splitlines()[-1]}")
    subprocess.run(image.command("resume", "cut", volumes=mounted), check=True)
    frames = [sorted((clips / name / "frames").glob("*.png")) for name in ("whole", "cut")]
    assert [path.read_bytes() for path in frames[0]] == [path.read_bytes() for path in frames[1]]
    assert len(frames[0]) == 12
    say("resume: byte for byte the frames of a render that nothing stopped")


def stopped(command: list[str], clip: Path) -> tuple[int, str, float]:
    """Start a render and send it SIGTERM after its second frame: its status, words, seconds to its end."""
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    journal = clip / "journal.jsonl"
    while process.poll() is None and not (journal.exists() and journal.read_bytes().count(b"\n") >= 2):
        time.sleep(0.02)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    os.kill(int(children[0]), signal.SIGTERM)
    started = time.monotonic()
    words, _ = process.communicate(timeout=STOP_SECONDS)
    return process.returncode, words, time.monotonic() - started


def check_any_user(image: Container, clips: Path) -> None:
    """docker run --user 4242:4242 -v $PWD:/clips dreamzoom render ..."""
    mounted = (Volume(clips, "/clips"),)
    subprocess.run(
        image.command("render", "--frames", 1, *SMALL, user="4242:4242", volumes=mounted), check=True
    )
    assert {path.stat().st_uid for path in (clips / "dream").rglob("*")} == {4242}
    say("--user 4242:4242: a user whom the image does not know renders too")


def check_lean(image: Container) -> None:
    """Nothing of the build is left in what people fetch."""
    left = image.shell(
        "ls -A /var/lib/apt/lists; command -v gcc g++ cmake make protoc; ls /root/.cache 2>&1 || true"
    )
    leftovers = [line for line in left.splitlines() if "No such file" not in line and "denied" not in line]
    assert leftovers == [], leftovers
    sizes = image.shell(
        "du -xsh /usr /opt/dreamzoom; cd /opt/dreamzoom/lib/python3*/site-packages; du -s * | sort -rn"
    )
    say("sizes of the image's parts, largest packages in KiB:\n" + "\n".join(sizes.splitlines()[:10]))


def check_notebook(image: Container) -> None:
    """The example notebook runs, and Jupyter answers on port 8888."""
    ran = subprocess.run(notebook_command(image), capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    server = subprocess.Popen(image.command(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    try:
        page = fetched("http://127.0.0.1:8888/login", 120)
    finally:
        server.terminate()
        server.wait()
    assert "Jupyter" in page, page[:500]
    say("notebook: all cells ran, and Jupyter answered on port 8888")


def notebook_command(image: Container) -> list[str]:
    words = image.command()
    return [*words[: -len(image.entry)], "jupyter", "execute", "--timeout=1800", "dream.ipynb"]


def fetched(address: str, seconds: float) -> str:
    """A page, as soon as there is somebody to serve it."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - an address of our own
                return str(answer.read().decode())
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(1)


# ---- all of it -------------------------------------------------------------------------------------


def try_images(store: Store, base: str, out: Path) -> None:
    """Build both images and use them."""
    volumes = callers_pip(store.folder)
    for target, check in (("dreamzoom", use_command), ("notebook", use_notebook)):
        started = time.monotonic()
        image = build(store, ROOT, base, target, volumes)
        say(f"built {target} in {time.monotonic() - started:.0f} s")
        check(store, image, out)
    store.show("images")


def use_command(store: Store, image: str, out: Path) -> None:
    config = image_config(store, image)
    assert (config["User"], config["StopSignal"]) == ("dreamzoom", "SIGTERM"), config
    with container(store, image) as running:
        check_doctor(running)
        check_filter(running, out)
        check_render(running, folder_of(USER_ID, out / "clips"))
        check_any_user(running, folder_of(4242, out / "anyone"))
        check_caffe(running)
        check_stop(running, folder_of(USER_ID, out / "stopped"))
        check_lean(running)


def use_notebook(store: Store, image: str, out: Path) -> None:
    with container(store, image) as running:
        check_notebook(running)


def main() -> None:
    """Parse, build, check, clean up."""
    parser = argparse.ArgumentParser(description="Build the Docker image with buildah and use it.")
    parser.add_argument("--base", help="an image to build on (default: a Debian 12 made by debootstrap)")
    parser.add_argument(
        "--out", type=Path, default=Path(), help="where pictures and clips are left to look at"
    )
    parser.add_argument("--store", type=Path, help="a folder for the images, kept (default: temporary)")
    options = parser.parse_args()
    folder = options.store or Path(tempfile.mkdtemp(prefix="dreamzoom-images-"))
    folder.mkdir(parents=True, exist_ok=True)
    store = Store(folder)
    try:
        try_images(store, options.base or make_base(store, "bookworm"), options.out.resolve())
    finally:
        if options.store is None:
            shutil.rmtree(folder)


if __name__ == "__main__":
    main()
