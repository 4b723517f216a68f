"""`dreamzoom deliver` in another shape and at another loudness: what is in the file."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from dreamzoom.film.folder import NOTE
from support.clips import render_here, says
from support.loudness import RATE, integrated, sine, true_peak
from support.music import write_wav


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A second of clip with a tone of -10 LUFS."""
    folder = tmp_path_factory.mktemp("changed")
    tone = sine(-10, 1.5)
    song = write_wav(folder / "song.wav", np.stack([tone, tone]), RATE)
    return render_here(folder / "clip", "--audio", song, "--fps", "4", frames=4)


def test_a_file_is_as_loud_and_as_wide_as_was_asked_for(clip: Path) -> None:
    told = says(0, "deliver", clip, "--for", "youtube", "--square", "--size", "96x96", "--loudness", "-16.5")
    assert "sound: -16.5 LUFS" in told
    assert "it was -10.0, true peak -10.0; 6.5 dB quieter" in told
    assert "48x48 pixels of each frame are enlarged 2.0 times" in told
    with av.open(str(clip.with_name("clip-youtube.mp4"))) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (96, 96)
        parts = [frame.to_ndarray() for frame in container.decode(audio=0)]
    heard = np.concatenate(parts, axis=1).astype(np.float64)
    assert integrated(heard) == pytest.approx(-16.5, abs=0.5)
    assert true_peak(heard) < -15


def test_how_loud_it_is_is_told_always(clip: Path) -> None:
    told = says(0, "deliver", clip, "--for", "youtube", "--force")
    assert "sound: -10.0 LUFS, true peak -10.0 dBTP; above -14 it is turned down by YouTube" in told


@pytest.mark.parametrize(
    ("options", "why"),
    [
        (("--square", "--portrait"), "--portrait and --square are two shapes"),
        (("--portrait", "--size", "100x100"), "--portrait and --size 100x100 are two shapes"),
        (("--aspect", "4x5"), "is no shape of a picture such as 4:5"),
        (("--loudness", "14"), "give -40 to -5, such as -14"),
    ],
)
def test_what_cannot_be_is_refused(clip: Path, options: tuple[str, ...], why: str) -> None:
    assert why in says(2, "deliver", clip, "--for", "youtube", "--force", *options)


@pytest.fixture(scope="module")
def ramps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clip that does not move, of two grey ramps a level apart."""
    rests = ("--zoom", "1", "--set", "camera.rotate=0", "--set", "camera.pan=[0,0]")
    clip = render_here(tmp_path_factory.mktemp("ramps") / "clip", *rests, frames=2)
    for frame in (0, 1):
        ramp = np.broadcast_to(3 * np.arange(64, dtype=np.uint8)[:, None] + np.uint8(frame), (48, 64, 3))
        Image.fromarray(np.ascontiguousarray(ramp)).save(clip / "frames" / f"{frame:06d}.png")
    return clip


def test_between_two_levels_of_8_bits_there_are_more(ramps: Path) -> None:
    says(0, "deliver", ramps, "--for", "frames-16", "--speed", "0.5", "--shutter", "90", "-o", ramps / "deep")
    with av.open(str(ramps / "deep" / "000001.png")) as container:
        (picture,) = container.decode(video=0)
        deep = picture.to_ndarray(format="rgb48le")
    assert np.abs(deep[:, :, 1] / 257 - (3 * np.arange(64) + 0.5)).max() < 0.02


def test_prores_holds_them(ramps: Path) -> None:
    says(0, "deliver", ramps, "--for", "premiere", "--speed", "1/2", "--frames", "0:2")
    with av.open(str(ramps.with_name("clip-premiere.mov"))) as container:
        _, between, *_ = container.decode(video=0)
        assert between.format.name == "yuv422p10le"
        luma = np.asarray(between.planes[0]).view("<u2").reshape(48, -1)[:, :64]
    wanted = 64 + 876 * (3 * np.arange(64) + 0.5) / 255
    assert np.abs(luma.mean(axis=0) - wanted).mean() < 0.6  # of 8 bits they would be 1.7 away


def test_a_film_keeps_its_speed(tmp_path: Path) -> None:
    (tmp_path / NOTE).write_text("{}")
    assert "--speed and --shutter are of a clip" in says(
        2, "deliver", tmp_path, "--for", "vj", "--speed", "2"
    )
