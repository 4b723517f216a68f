"""Files for each target, for real: what PyAV finds in them, not what our code does."""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from dreamzoom.delivery.encode import deliver_video, try_out
from dreamzoom.delivery.order import Order
from dreamzoom.delivery.screening import Heard, Screening, frames_shown
from dreamzoom.delivery.targets import TARGETS
from dreamzoom.errors import PictureError, VideoError
from dreamzoom.footage.programme import deepen
from dreamzoom.video.ffmpeg import find_ffmpeg
from dreamzoom.video.metadata import film_inscription
from dreamzoom.video.sound import measure_sound
from support.programmes import Flashing, with_click
from support.video import decode_video, names_in


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
def test_flash_and_click_come_together_whether_players_heed_edit_lists_or_not(tmp_path, fps):
    programme = with_click(Flashing(tmp_path / "clip", fps=fps))
    path, wanted = made(order_for("youtube", programme)), float(programme.flash / fps)
    for ignored in ("0", "1"):
        found = seen(path, ignore_editlist=ignored)
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


PRORES = ("prores", "yuv422p10le")
H264 = ("h264", "yuv420p")
EVERY = {
    "youtube-music": (*H264, "pcm_s24le", (64, 36)),
    "apple-music": (*PRORES, "pcm_s24le", (64, 36)),
    "canvas": (*H264, "", (64, 114)),
    "reels": (*H264, "aac", (64, 114)),
    "tiktok": (*H264, "aac", (64, 114)),
    "vimeo": (*H264, "aac", (64, 48)),
    "premiere": (*PRORES, "pcm_s24le", (64, 48)),
    "resolve": (*PRORES, "pcm_s24le", (64, 48)),
    "resolve-linux": ("dnxhd", "yuv422p10le", "pcm_s24le", (256, 144)),
    "finalcut": (*PRORES, "pcm_s24le", (64, 48)),
    "vj": ("hap", "rgb0", "pcm_s16le", (64, 48)),
    "web": ("av1", "yuv420p10le", "opus", (64, 64)),
    "master": ("ffv1", "bgr0", "flac", (63, 47)),
}
"""What a file of each target holds, and the size of the frames that are tried."""


@pytest.mark.parametrize("name", EVERY)
def test_a_file_for_each_target_holds_what_it_should_with_flash_and_click_together(tmp_path, name):
    codec, pixels, sound, size = EVERY[name]
    programme = with_click(Flashing(tmp_path / "clip", size, count=8, flash=4))
    path = made(order_for(name, programme))
    found = seen(path)
    assert (found.codec, found.pixels, found.sound) == (codec, pixels, sound)
    assert len(found.times) == 8
    assert found.flash == pytest.approx(4 / 30, abs=0.001)
    assert found.click == pytest.approx(4 / 30 if sound else 0, abs=0.003)
    if pixels.startswith("yuv"):
        assert found.colours == BT709
    if TARGETS[name].without_edits:
        assert boxes_in(path) == [b"moov", b"mdat"]


def test_apple_gets_black_at_both_ends_and_nowhere_else(tmp_path):
    path = made(order_for("apple-music", Flashing(tmp_path / "clip", count=6, flash=3)))
    levels = [picture.mean() for picture in decode_video(path)]
    assert max(levels[0], levels[-1]) < 1
    assert min(levels[1:-1]) > 40


def test_a_master_holds_every_frame_to_the_bit(tmp_path):
    programme = Flashing(tmp_path / "clip", (63, 47), count=4)
    found = decode_video(made(order_for("master", programme)))
    wanted = list(programme.pictures(range(4)))
    assert all(np.array_equal(one, other) for one, other in zip(found, wanted, strict=True))


def test_a_deep_master_holds_every_bit_of_sixteen(tmp_path):
    programme = Ramp(tmp_path / "clip", (64, 48), count=1)
    (wanted,) = programme.pictures([0], deep=True)
    with av.open(str(made(order_for("master-16", programme)))) as container:
        planes = next(container.decode(video=0)).to_ndarray(format="gbrp16le")
    found = planes if planes.shape == wanted.shape else planes.transpose(1, 2, 0)
    assert np.array_equal(found, wanted)  # grey: the order of the planes does not matter


@dataclass(frozen=True)
class Ramp(Flashing):
    """A ramp over less than two steps of 8 bits."""

    def pictures(self, frames, *, deep=False):
        width, height = self.size
        row = np.linspace(100.0, 101.8, width) * 257
        deep_row = np.broadcast_to(row[None, :, None], (height, width, 3)).round().astype(np.uint16)
        for _ in frames:
            yield deep_row if deep else np.round(deep_row / 257).astype(np.uint8)


@dataclass(frozen=True)
class Bars(Flashing):
    """Columns of black, grey, white, red, green and blue."""

    def pictures(self, frames, *, deep=False):
        colours = [(0, 0, 0), (128, 128, 128), (255, 255, 255), (255, 0, 0), (0, 255, 0), (0, 0, 255)]
        row = np.repeat(np.array(colours, np.uint8), self.size[0] // len(colours), axis=0)
        picture = np.broadcast_to(row[None], (self.size[1], *row.shape))
        for _ in frames:
            yield deepen(picture) if deep else picture


@pytest.mark.parametrize(("name", "steps"), [("youtube", 1), ("premiere", 4), ("web", 4)])
def test_colours_are_those_of_bt709_at_any_depth(tmp_path, name, steps):
    path = made(order_for(name, Bars(tmp_path / "clip", (192, 64), count=1)))
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        luma = np.frombuffer(frame.planes[0], "u1" if steps == 1 else "<u2")
    middles = luma[16:192:32]
    red, green, blue = 0.2126, 0.7152, 0.0722
    wanted = [16 + 219 * light for light in (0, 128 / 255, 1, red, green, blue)]
    assert middles / steps == pytest.approx(wanted, abs=1)


@pytest.mark.parametrize("name", ["premiere", "resolve-linux"])
def test_ten_bits_come_from_more_than_eight(tmp_path, name):
    path = made(order_for(name, Ramp(tmp_path / "clip", (256, 120), count=1)))
    with av.open(str(path)) as container:
        luma = next(container.decode(video=0)).reformat(format="yuv422p10le").to_ndarray()[:120, :256]
    assert len(np.unique(luma)) >= 5  # 1.8 steps of 8 bits are 6 of 10, in limited range


def test_a_scaled_video_has_the_size_and_the_picture(tmp_path):
    order = order_for("youtube", Ramp(tmp_path / "clip", (64, 48), count=2))
    order = replace(order, screening=replace(order.screening, size=(128, 96)))
    (first, _) = decode_video(made(order))
    assert first.shape == (96, 128, 3)
    assert np.abs(first.astype(int) - 101).max() <= 2


def test_a_recipe_is_told_within_each_kind_of_file(tmp_path):
    text = "# dreamzoom 1 made this. Another like it: dreamzoom render PICTURE --preset FILE\n"
    for name in ("vj", "web", "master"):
        programme = Flashing(tmp_path / "clip", (64, 64), count=2, flash=1)
        assert film_inscription(made(order_for(name, programme, inscription=text))) == text


def test_a_frame_of_another_size_is_no_video(tmp_path):
    programme = Flashing(tmp_path / "clip")
    odd = replace(programme, size=(32, 24))
    order = order_for("youtube", programme)
    object.__setattr__(order.screening.programme, "pictures", odd.pictures)
    with pytest.raises(PictureError, match="frame 0 is 32x24, and the others are 64x48"):
        made(order)
    assert names_in(tmp_path) == []


DIES = """#!/bin/sh
case "$*" in *-version*|*-encoders*) exec "{real}" "$@";; esac
case "$*" in *{word}*) head -c 20000 >/dev/null; echo "Conversion failed!" >&2; exit 187;; esac
exec "{real}" "$@"
"""


@pytest.mark.parametrize("word", ["libx264", "framecrc"], ids=["while it encodes", "while it is read back"])
def test_an_ffmpeg_that_dies_leaves_the_old_file(tmp_path, word):
    order = order_for("youtube", with_click(Flashing(tmp_path / "clip")))
    order.path.write_bytes(b"old")
    real = find_ffmpeg(tmp_path)
    fake = tmp_path / "ffmpeg"
    fake.write_text(DIES.format(real=real.path, word=word))
    fake.chmod(0o755)
    with pytest.raises(VideoError, match="187"):
        deliver_video(replace(real, path=str(fake)), order)
    assert order.path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["clip.wav", "ffmpeg", "youtube.mp4"]
