"""GIF, WebP and folders of pictures: what Pillow and PyAV find in them."""

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest
from PIL import Image

from dreamzoom.delivery.animations import read_webp
from dreamzoom.delivery.making import make_order
from dreamzoom.delivery.order import Order
from dreamzoom.delivery.screening import Screening, frames_shown
from dreamzoom.delivery.sequences import PRESET
from dreamzoom.delivery.targets import TARGETS
from dreamzoom.errors import PictureError
from dreamzoom.video.ffmpeg import find_ffmpeg
from support.programmes import Flashing
from support.video import decode_gif, names_in


def make(name: str, programme: Flashing, **changes: object) -> Order:
    """Make what a target wants of a programme."""
    screening = Screening(programme, frames_shown(programme, chosen=slice(None)), programme.fps)
    path = programme.path.with_name(f"{name}{TARGETS[name].suffix}")
    order = Order(TARGETS[name], screening, None, path, **changes)
    size = make_order(find_ffmpeg(path.parent), order)
    assert size > 0
    return order


def test_a_gif_loops_and_shows_every_frame(tmp_path):
    order = make("gif", Flashing(tmp_path / "clip", count=6, flash=2, fps=Fraction(25)))
    frames = decode_gif(order.path)
    assert [length for length, _ in frames] == [40] * 6
    assert int(np.argmax([picture.mean() for _, picture in frames])) == 2
    with Image.open(order.path) as image:
        assert image.info["loop"] == 0


def test_a_gif_of_a_large_programme_is_told_with_the_size_that_it_has(tmp_path):
    order = make("gif", Flashing(tmp_path / "clip", (960, 540), count=2, flash=1))
    assert decode_gif(order.path)[0][1].shape == (270, 480, 3)
    assert order.picture_size == (480, 270)


def test_a_webp_loops_and_shows_every_frame(tmp_path):
    order = make("webp", Flashing(tmp_path / "clip", (63, 47), count=6, flash=2, fps=Fraction(25)))
    with Image.open(order.path) as image:
        assert (image.n_frames, image.info["loop"], image.size) == (6, 0, (63, 47))
        levels = []
        for number in range(6):
            image.seek(number)
            levels.append(np.asarray(image.convert("RGB")).mean())
    assert int(np.argmax(levels)) == 2
    assert read_webp(order.path).length == Fraction(6, 25)


def test_a_webp_of_a_single_frame_is_a_picture(tmp_path):
    order = make("webp", Flashing(tmp_path / "clip", (63, 47), count=1, flash=0))
    with Image.open(order.path) as image:
        assert (image.format, image.size) == ("WEBP", (63, 47))
        assert np.asarray(image.convert("RGB")).mean() > 200


def test_frames_are_the_programmes_own(tmp_path):
    programme = Flashing(tmp_path / "clip", (63, 47), count=3, flash=1)
    order = make("frames", programme, inscription="# told\n")
    assert names_in(order.path) == ["000000.png", "000001.png", "000002.png", PRESET]
    for number, wanted in enumerate(programme.pictures(range(3))):
        with Image.open(order.path / f"{number:06d}.png") as image:
            assert np.array_equal(np.asarray(image), wanted)


def test_deep_frames_are_deep_and_exr_holds_light(tmp_path):
    programme = Flashing(tmp_path / "clip", count=1, flash=5)
    (wanted,) = programme.pictures([0], deep=True)
    with av.open(str(make("frames-16", programme).path / "000000.png")) as container:
        found = next(container.decode(video=0)).to_ndarray(format="rgb48be")
    assert np.array_equal(found, wanted)
    with av.open(str(make("frames-exr", programme).path / "000000.exr")) as container:
        light = next(container.decode(video=0)).to_ndarray(format="gbrpf32le")
    value = wanted / 65535
    assert light == pytest.approx(((value + 0.055) / 1.055) ** 2.4, abs=1e-3)


def test_a_folder_is_whole_or_absent(tmp_path):
    class Torn(Flashing):
        def pictures(self, frames, *, deep=False):
            yield from super().pictures(frames[:2], deep=deep)
            raise PictureError("frame 2 is damaged")

    with pytest.raises(PictureError):
        make("frames", Torn(tmp_path / "clip"))
    assert names_in(tmp_path) == []
