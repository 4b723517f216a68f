"""Files for each target, for real: what PyAV finds in them, not what our code does."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dreamzoom.delivery.encode import deliver_video, try_out
from dreamzoom.delivery.order import Order
from dreamzoom.delivery.screening import Heard, Screening, frames_shown
from dreamzoom.delivery.targets import TARGETS
from dreamzoom.errors import VideoError
from dreamzoom.video.ffmpeg import find_ffmpeg
from dreamzoom.video.sound import measure_sound
from support.programmes import Flashing, with_click
from support.video import names_in


def order_for(name: str, programme: Flashing, **changes: object) -> Order:
    """What `deliver --for NAME` would order of a programme."""
    target = TARGETS[name]
    screening = Screening(programme, frames_shown(programme, chosen=slice(None)), programme.fps)
    song = None if programme.song is None else measure_sound(programme.song)
    heard = None if song is None else Heard(song, programme.excerpt, screening.length)
    return Order(target, screening, heard, programme.path.with_name(f"{name}{target.suffix}"), **changes)


def made(order: Order) -> Path:
    """The file of an order."""
    deliver_video(find_ffmpeg(order.path.parent), order)
    return order.path


@dataclass(frozen=True)
class Seen:
    """What PyAV finds: when the white frame is shown and the click heard, and when all ends, in seconds."""

    codec: str
    profile: str | None
    pixels: str
    colours: tuple[int, int, int, int]
    keys: tuple[int, ...]
    times: tuple[float, ...]
    flash: float
    sound: str
    rate: int
    click: float
    sound_end: float


def seen(path: Path, **options: str) -> Seen:
    """A file with pictures and sound as a player that takes these options shows it."""
    times, keys, levels = [], [], []
    with av.open(str(path), options=options) as container:
        stream = container.streams.video[0]
        context = stream.codec_context
        for number, frame in enumerate(container.decode(video=0)):
            times.append(float(frame.pts * frame.time_base))
            levels.append(frame.to_ndarray(format="gray").mean())
            if frame.key_frame:
                keys.append(number)
            colours = (frame.color_range, frame.color_primaries, frame.color_trc, frame.colorspace)
        codec, profile, pixels = context.codec.canonical_name, context.profile, context.pix_fmt
    sound, rate, click, sound_end = heard_in(path, options)
    flash = times[int(np.argmax(levels))]
    tags = tuple(int(tag) for tag in colours)
    return Seen(codec, profile, pixels, tags, tuple(keys), tuple(times), flash, sound, rate, click, sound_end)


def heard_in(path: Path, options: dict[str, str]) -> tuple[str, int, float, float]:
    """Codec and rate of a file's sound, when it clicks, and when it ends."""
    samples, start = [], None
    with av.open(str(path), options=options) as container:
        if not container.streams.audio:
            return "", 0, 0.0, 0.0
        codec = container.streams.audio[0].codec_context.codec.canonical_name
        resampler = av.AudioResampler("fltp", "mono")
        for frame in container.decode(audio=0):
            start = float(frame.pts * frame.time_base) if start is None else start
            rate = frame.sample_rate
            samples += [each.to_ndarray()[0] for each in resampler.resample(frame)]
    sound = np.abs(np.concatenate(samples))
    first = int(np.flatnonzero(sound > sound.max() / 2)[0])
    return codec, rate, start + first / rate, start + len(sound) / rate


def boxes_in(path: Path) -> list[bytes]:
    """Where the boxes that matter lie in an MP4 or MOV, by their first appearance."""
    data = path.read_bytes()
    found = {name: data.find(name) for name in (b"moov", b"mdat", b"elst") if name in data}
    return sorted(found, key=found.__getitem__)


BT709 = (1, 1, 1, 1)  # limited range; ITU-T H.273 calls BT.709 1 in each of the others


def test_a_video_for_youtube_is_what_its_page_asks_for(tmp_path):
    path = made(order_for("youtube", with_click(Flashing(tmp_path / "clip", count=40))))
    found = seen(path)
    assert (found.codec, found.profile, found.pixels, found.colours) == ("h264", "High", "yuv420p", BT709)
    assert found.keys == (0, 15, 30)
    assert (found.sound, found.rate) == ("aac", 48000)
    assert boxes_in(path) == [b"moov", b"mdat"]


@pytest.mark.parametrize("fps", [Fraction(24000, 1001), Fraction(30), Fraction(60)])
@pytest.mark.parametrize("heeds", ["0", "1"], ids=["edits heeded", "edits ignored"])
def test_flash_and_click_come_together_without_an_edit_list(tmp_path, fps, heeds):
    programme = with_click(Flashing(tmp_path / "clip", fps=fps))
    found = seen(made(order_for("youtube", programme)), ignore_editlist=heeds)
    wanted = float(programme.flash / fps)
    assert found.flash == pytest.approx(wanted, abs=0.001)
    assert found.click == pytest.approx(wanted, abs=0.002)
    assert len(found.times) == programme.count
    assert found.times[0] == 0
    assert found.sound_end == pytest.approx(float(programme.count / fps), abs=1024 / 48000)


def test_one_frame_is_tried_before_the_work_and_leaves_nothing(tmp_path):
    order = order_for("youtube", with_click(Flashing(tmp_path / "clip")))
    try_out(find_ffmpeg(tmp_path), order)
    assert names_in(tmp_path) == ["clip.wav"]
    assert order.of_one_frame().screening.length == Fraction(1, 30)


def test_a_file_that_is_not_right_is_not_kept(tmp_path, monkeypatch):
    order = order_for("youtube", Flashing(tmp_path / "clip"))
    order.path.write_bytes(b"old")
    monkeypatch.setattr("dreamzoom.delivery.encode._index_options", lambda order: {"movflags": "+faststart"})
    with pytest.raises(VideoError, match="it would have an edit list"):
        made(order)
    assert order.path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["youtube.mp4"]
