"""Motion blur: closed forms of what a shutter lets in, and a scene that is known at every moment."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from dreamzoom.camera.kaleidoscope import fold
from dreamzoom.camera.similarity import Similarity, camera_motion
from dreamzoom.clip.folder import ClipFolder, Ingredients, create_clip, open_clip
from dreamzoom.clip.journal import Entry
from dreamzoom.errors import PictureError
from dreamzoom.footage.shutter import expose, retime
from dreamzoom.pictures.frames import encode_png, read_frame, round_to_uint8, to_array, to_tensor
from dreamzoom.recipe.build import build_recipe
from support.clips import dreamzoom, frame_files, quickly, render
from support.video import decode_gif, decode_video, make_song, names_in, noise_frames, probe

WIDTH, HEIGHT = 64, 48
SIZE = (WIDTH, HEIGHT)
# What sampling costs, in levels of 255: a sample for each pixel of the way instead of a mean over time, and a
# cubic kernel on waves of 19 pixels. At the border, some of an instant's picture may be in no stored frame.
# Measured: 0.3 on average, 1.7 at most, and 6.6 on some of the border's pixels; without blur, 38 on average.
TOLERANCE = 2.5
BORDER_TOLERANCE = 8


def light(pixels: np.ndarray) -> np.ndarray:
    """IEC 61966-2-1, from 0..255 to 0..1."""
    value = pixels.astype(float) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


def levels(linear: np.ndarray) -> np.ndarray:
    """Its inverse, not rounded."""
    return 255 * np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def make_clip(
    folder: Path,
    pictures: list[np.ndarray],
    camera: Mapping[str, object],
    targets: Mapping[int, tuple[float, float]] | None = None,
) -> ClipFolder:
    """A finished clip of given frames (H, W, 3), whose camera moved as its recipe says."""
    height, width = pictures[0].shape[:2]
    size = f"{width}x{height}"
    recipe = build_recipe({"clip": {"frames": len(pictures), "size": size}, "camera": dict(camera)})
    files = [encode_png(picture) for picture in pictures]
    (folder / "frames").mkdir(parents=True)
    clip = create_clip(folder, recipe, "0.1", "0" * 64, Ingredients(files[0]))
    journal = clip.journal()
    for number, data in enumerate(files):
        clip.frame_path(number).write_bytes(data)
        target = (targets or {}).get(number)
        digest = hashlib.sha256(data).hexdigest()
        journal.record(Entry(number, digest, len(data), 0.1, 1.0, "test", target))
    return clip


def one(clip: ClipFolder, moment: object, length: object) -> np.ndarray:
    """One exposure."""
    (picture,) = expose(clip, [Fraction(moment)], Fraction(length))
    return picture


def waves(points: np.ndarray) -> np.ndarray:
    """A scene that is known at any point x + iy, (..., 3), 0..255."""
    x, y = points.real, points.imag
    return np.stack(
        [128 + 100 * np.sin((x * math.cos(a) + y * math.sin(a)) / 3 + a) for a in (0.3, 1.4, 2.6)], axis=-1
    )


def pixels_at(size: tuple[int, int] = SIZE) -> np.ndarray:
    """The pixels' places, (H, W)."""
    x, y = np.meshgrid(np.arange(size[0]), np.arange(size[1]))
    return x + 1j * y


def scene_at(motion: Callable[[float], Similarity], moment: float) -> np.ndarray:
    """The scene, moved by `motion(moment)` since moment 0, as light (H, W, 3)."""
    return light(np.round(waves(motion(moment).inverse()(pixels_at()))))


def truth(motion: Callable[[float], Similarity], moment: float, length: float) -> np.ndarray:
    """The mean of a thousand instants, 0..255."""
    instants = moment + length * ((np.arange(1000) + 0.5) / 1000 - 0.5)
    return levels(np.mean([scene_at(motion, float(instant)) for instant in instants], axis=0))


GREY = 118
BACKGROUND = float(light(np.array(GREY)))  # about a fifth: what a cubic kernel undershoots is not cut off


def line(at: int, width: int = WIDTH) -> np.ndarray:
    """A white line, one pixel wide, on grey."""
    picture = np.full((HEIGHT, width, 3), GREY, np.uint8)
    picture[:, at] = 255
    return picture


def panned(tmp_path: Path, pixels: int, frames: int = 5, width: int = WIDTH) -> ClipFolder:
    """A clip of a line that goes to the left by so many pixels a frame, past the middle in the middle."""
    middle = frames // 2
    pictures = [line(width // 2 - pixels * (frame - middle), width) for frame in range(frames)]
    return make_clip(tmp_path / "pan", pictures, {"zoom": 1, "pan": [pixels / width, 0]})


def line_light(picture: np.ndarray) -> np.ndarray:
    """How much of the line's light falls on each column, (W,): 1 in all."""
    return (light(picture)[HEIGHT // 2, :, 0] - BACKGROUND) / (1 - BACKGROUND)


@pytest.mark.parametrize(("pixels", "angle"), [(8, 180), (8, 360), (12, 90), (5, 288), (12, 270)])
def test_a_pan_makes_a_line_as_wide_as_it_travels_while_the_shutter_is_open(pixels, angle, tmp_path):
    clip = panned(tmp_path, pixels, width=128)
    travelled = pixels * angle // 360
    found = line_light(one(clip, 2, Fraction(angle, 360)))
    place = np.arange(128) - 64
    from_middle = np.abs(place)
    # At its ends the kernel is sharper than a box: a tenth more inside, a tenth less outside.
    assert found[from_middle < travelled / 2] * travelled == pytest.approx(1, abs=0.12)
    assert found[from_middle == travelled / 2] * travelled == pytest.approx(0.5, abs=0.12)
    assert found[from_middle > travelled / 2] * travelled == pytest.approx(0, abs=0.12)
    assert found[from_middle > travelled / 2 + 2] == pytest.approx(0, abs=0.005)
    assert found.sum() == pytest.approx(1, abs=0.02)
    assert found @ place == pytest.approx(0, abs=0.1)


def test_at_360_degrees_frames_follow_each_other_without_a_gap_or_an_overlap(tmp_path):
    clip = panned(tmp_path, 8)
    together = sum(line_light(one(clip, frame, 1)) for frame in range(5))
    assert together[32 - 16 : 32 + 16] == pytest.approx(1 / 8, rel=0.1)


def test_at_double_speed_the_blur_is_twice_as_long(tmp_path):
    clip = panned(tmp_path, 8, frames=7, width=128)
    _, half, _, *_ = retime(clip, range(1, 7), Fraction(2), Fraction(90))
    (whole,) = expose(clip, [Fraction(3)], Fraction(1, 2))
    assert np.array_equal(half, whole)


def test_a_zoom_leaves_the_middle_sharp_and_blurs_the_corners(tmp_path):
    noise = noise_frames(1, WIDTH + 1, HEIGHT + 1) * 3
    clip = make_clip(tmp_path / "zoom", noise, {"zoom": 1.2})
    blurred = one(clip, 1, "1/2").astype(float)
    change = np.abs(blurred - noise[0]).mean(-1)
    assert change[HEIGHT // 2, WIDTH // 2] == 0
    assert change[HEIGHT // 2 - 1 : HEIGHT // 2 + 2, WIDTH // 2 - 1 : WIDTH // 2 + 2].mean() < 10
    assert change[:8, :8].mean() > 40


MOTION = {"zoom": 1.06, "rotate": 4, "pan": [0.02, -0.01], "target": [0.4, 0.7]}


def moving(moment: float) -> Similarity:
    """How far MOTION has come."""
    step = camera_motion(SIZE, zoom=1.06, rotate=4, pan=(0.02, -0.01), target=(0.4, 0.7))
    return step.power(moment)


@pytest.fixture
def scene(tmp_path) -> ClipFolder:
    """A clip in which the scene moves, and nothing else changes."""
    pictures = [np.round(levels(scene_at(moving, frame))).astype(np.uint8) for frame in range(9)]
    return make_clip(tmp_path / "scene", pictures, MOTION)


@pytest.mark.parametrize("length", ["1/4", "1/2", "1"])
def test_a_scene_that_only_moves_is_blurred_as_the_mean_of_a_thousand_instants(length, scene):
    """To the very border: what was beyond it, the frames before and after know."""
    error = np.abs(one(scene, 4, length) - truth(moving, 4, float(Fraction(length))))
    assert error[2:-2, 2:-2].max() < TOLERANCE
    assert error.max() < BORDER_TOLERANCE


def test_an_exposure_of_several_frames_sees_each_in_its_turn(scene):
    error = np.abs(one(scene, 4, 3) - truth(moving, 4, 3))
    assert error[2:-2, 2:-2].max() < TOLERANCE
    assert error.max() < BORDER_TOLERANCE


def test_an_exposure_between_two_frames_is_blurred_as_well(scene):
    error = np.abs(one(scene, "7/2", "1/2") - truth(moving, 3.5, 0.5))
    assert error[2:-2, 2:-2].max() < TOLERANCE


def test_at_the_clips_ends_the_camera_goes_on(scene):
    for moment in (0, 8, "17/2"):
        error = np.abs(one(scene, moment, "1/2") - truth(moving, float(Fraction(moment)), 0.5))
        assert error[8:-8, 8:-8].max() < TOLERANCE


def test_a_clip_of_one_frame_is_blurred(tmp_path):
    clip = make_clip(tmp_path / "one", [line(32)], {"zoom": 1, "pan": [0.125, 0]})
    for length in ("1/2", 1, 50):
        found = line_light(one(clip, 0, length))
        assert (found > 0.05).sum() > 3
        assert found.sum() == pytest.approx(1, abs=0.02)


def test_one_dream_alone_is_in_an_exposure_but_for_what_only_its_neighbours_saw(tmp_path):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255)]
    pictures = [np.full((HEIGHT, WIDTH, 3), colour, np.uint8) for colour in colours]
    clip = make_clip(tmp_path / "colours", pictures, {"zoom": 1, "pan": [0.25, 0]})
    blurred = one(clip, 1, 1)
    assert np.all(blurred[:, 10:-10] == colours[1])
    assert blurred[:, 0, 0].min() > 100  # on the left what went out, which is the frame's before
    assert blurred[:, -1, 2].min() > 100
    assert blurred[:, 0, 2].max() == 0


def test_where_nothing_moves_every_byte_stays(tmp_path):
    pictures = noise_frames(3)
    clip = make_clip(tmp_path / "still", pictures, {"zoom": 1})
    for frame, picture in enumerate(pictures):
        assert np.array_equal(one(clip, frame, 1), picture)


def test_a_closed_shutter_shows_the_stored_frames(scene):
    assert np.array_equal(one(scene, 3, 0), read_frame(scene.frame_path(3)))


def test_light_is_neither_lost_nor_won(tmp_path):
    rng = np.random.default_rng(2)
    picture = np.full((HEIGHT, WIDTH, 3), GREY, np.uint8)
    picture[16:32, 24:40] = rng.integers(0, 256, (16, 16, 3))
    camera = {"zoom": 1, "rotate": 20, "pan": [0.05, 0.05]}
    clip = make_clip(tmp_path / "turn", [picture] * 3, camera)
    before, after = light(picture) - BACKGROUND, light(one(clip, 1, "1/2")) - BACKGROUND
    assert after.sum() == pytest.approx(before.sum(), rel=0.01)
    assert np.square(after).sum() < 0.6 * np.square(before).sum()


def test_the_motion_before_a_frame_and_the_one_after_it_may_differ(tmp_path):
    pictures = [line(32)] * 3
    pan = [{"0": 0, "1": 0, "2": 8 / WIDTH, "ease": "step"}, 0]
    clip = make_clip(tmp_path / "start", pictures, {"zoom": 1, "pan": pan})
    found = line_light(one(clip, 1, 1))
    # Half the time it stands; then it goes four pixels to the left.
    assert found[32] == pytest.approx(0.5 + 0.5 / 4 / 2, abs=0.03)
    assert found[29:32] == pytest.approx(0.5 / 4, rel=0.15)
    assert found[34:] == pytest.approx(0, abs=0.005)


def test_a_camera_that_finds_its_own_target_is_followed_where_it_looked(tmp_path):
    pictures = noise_frames(1) * 3
    spot = (20.5 / WIDTH, 30.5 / HEIGHT)
    camera = {"zoom": 1.3, "target": "auto"}
    clip = make_clip(tmp_path / "auto", pictures, camera, dict.fromkeys(range(3), spot))
    change = np.abs(one(clip, 1, "1/2").astype(float) - pictures[1]).mean(-1)
    assert change[30, 20] == 0
    assert change[HEIGHT // 2, WIDTH // 2] > 10


def test_behind_mirrors_a_blurred_frame_is_as_symmetric_as_a_sharp_one(tmp_path):
    noise = to_tensor(noise_frames(1)[0]).float()
    folded = to_array(round_to_uint8(fold(noise, 3)))
    camera = {"zoom": 1.05, "rotate": 3, "pan": [0.05, 0], "mirrors": 3}
    blurred = one(make_clip(tmp_path / "mirrors", [folded] * 3, camera), 1, "1/2").astype(float)
    assert np.abs(blurred - folded).mean() > 10
    assert np.abs(blurred - blurred[:, ::-1]).max() <= 1
    assert np.abs(blurred - blurred[::-1]).max() > 10  # three mirrors leave top and foot different


def test_a_fork_is_blurred_by_the_recipe_that_moved_each_frame(tmp_path):
    clip, fork = render(tmp_path / "clip", "--zoom", "1.1", frames=6), tmp_path / "fork"
    quickly("fork", clip, "-o", fork, "--at", "4", "--zoom", "1.4")
    ours, theirs = open_clip(fork), open_clip(clip)
    assert np.array_equal(one(ours, 2, 1), one(theirs, 2, 1))
    assert not np.array_equal(one(ours, 3, 1), one(theirs, 3, 1))  # until half way to frame 4


def test_frames_between_dreams_are_blurred_by_their_own_share_of_the_motion(tmp_path):
    camera = {"zoom": 1, "pan": [8 / 128, 0], "every": 3}
    clip = make_clip(tmp_path / "every", [line(64, 128)] * 5, camera)
    for frame in range(1, 4):
        found = line_light(one(clip, frame, "1/2"))
        assert found[63:66] == pytest.approx(1 / 4, abs=0.03)
        assert found[[60, 68]] == pytest.approx(0, abs=0.01)


@pytest.fixture(scope="module")
def clip(tmp_path_factory) -> Path:
    """A clip of 6 frames of noise, moving fast."""
    camera = {"zoom": 1.2, "rotate": 10, "pan": [0.1, 0]}
    return make_clip(tmp_path_factory.mktemp("film") / "clip", noise_frames(6), camera).path


@pytest.mark.parametrize(
    ("arguments", "frames"),
    [
        ((), 6),
        (("--frames", "2:5"), 3),
        (("--speed", "1/2"), 12),
        (("--speed", "2"), 3),
    ],
)
def test_stitch_blurs_a_film_and_leaves_stored_frames_alone(arguments, frames, clip, tmp_path):
    stored = frame_files(clip)
    said = quickly("stitch", clip, "-o", tmp_path / "blurred.mp4", "--shutter", "180", *arguments)
    assert said.splitlines()[-1].endswith(f"blurred.mp4: {frames} frames")
    assert f"{frames}/{frames} frames" in said
    assert frame_files(clip) == stored
    quickly("stitch", clip, "-o", tmp_path / "sharp.mp4", *arguments)
    blurred, sharp = (decode_video(tmp_path / f"{name}.mp4") for name in ("blurred", "sharp"))
    assert len(blurred) == len(sharp) == frames
    assert all(roughness(one) < 0.8 * roughness(other) for one, other in zip(blurred, sharp, strict=True))


def roughness(picture: np.ndarray) -> float:
    """How much neighbouring pixels differ."""
    return float(np.abs(np.diff(picture.astype(float), axis=1)).mean())


def test_shutter_0_is_the_film_without_one_to_the_bit(clip, tmp_path):
    quickly("stitch", clip, "-o", tmp_path / "none.mp4")
    quickly("stitch", clip, "-o", tmp_path / "closed.mp4", "--shutter", "0")
    none, closed = (decode_video(tmp_path / name) for name in ("none.mp4", "closed.mp4"))
    assert all(map(np.array_equal, none, closed))


def test_a_blurred_film_keeps_rate_and_song(clip, tmp_path):
    song = make_song(tmp_path, "constant.mp3", seconds=1)
    quickly(
        "stitch", clip, "--shutter", "172.8", "--fps", "12.5", "--audio", song, "-o", tmp_path / "out.mp4"
    )
    video, sound = probe(tmp_path / "out.mp4")
    assert (video.packets, video.rate) == (6, Fraction(25, 2))
    assert sound.kind == "audio"


def test_a_gif_is_blurred_too(clip, tmp_path):
    said = quickly("stitch", clip, "--shutter", "360", "-o", tmp_path / "blurred.gif")
    assert "6/6 frames" in said
    quickly("stitch", clip, "-o", tmp_path / "sharp.gif")
    blurred, sharp = (
        [frame for _, frame in decode_gif(tmp_path / name)] for name in ("blurred.gif", "sharp.gif")
    )
    assert len(blurred) == len(sharp) == 6
    # A GIF's own noise, 256 colours and their diffused errors, is on both: away with it.
    assert all(
        roughness(shrunk(one)) < 0.9 * roughness(shrunk(other))
        for one, other in zip(blurred, sharp, strict=True)
    )


def shrunk(picture: np.ndarray) -> np.ndarray:
    """Means of 2x2 pixels."""
    height, width = picture.shape[:2]
    return picture.reshape(height // 2, 2, width // 2, 2, 3).mean(axis=(1, 3))


def test_a_gif_that_leaves_frames_out_keeps_its_shutter_open_for_longer(tmp_path):
    clip = panned(tmp_path, 4, frames=9, width=128)
    quickly("stitch", clip.path, "--gif", "--fps", "100", "--shutter", "360", "-o", tmp_path / "fast.gif")
    shown = [frame for _, frame in decode_gif(tmp_path / "fast.gif")]
    assert len(shown) == 5
    lit = (shown[2] > GREY + 20).any(axis=(0, 2))
    assert lit.sum() == pytest.approx(8, abs=1)


@pytest.mark.parametrize("angle", ["-1", "360.1", "361", "nan", "inf", "1e2", "half", "", "18 0", "1/2"])
def test_what_is_no_shutter_angle_is_refused_before_any_work(angle, clip, tmp_path):
    said = quickly("stitch", clip, "--shutter", angle, "-o", tmp_path / "out.mp4")
    assert "is no shutter angle from 0 to 360" in said
    assert names_in(tmp_path) == []


def test_a_wrong_angle_is_a_wrong_request(clip):
    assert dreamzoom("stitch", clip, "--shutter", "400").returncode == 2


def test_a_frame_that_cannot_be_read_is_named_and_leaves_no_film(scene, tmp_path):
    whole = scene.frame_path(4).read_bytes()
    scene.frame_path(4).write_bytes(whole[: len(whole) // 2])
    done = dreamzoom("stitch", scene.path, "--shutter", "180", "-o", tmp_path / "out.mp4")
    assert done.returncode == 2
    assert "000004.png" in done.stderr
    assert names_in(tmp_path) == ["scene"]


@pytest.mark.parametrize("frames", ["0:9", "3:4"])
def test_a_frame_of_another_size_is_named_where_a_neighbour_wants_it_too(frames, scene, tmp_path):
    Image.new("RGB", (66, 48)).save(scene.frame_path(4))
    with pytest.raises(PictureError, match=r"000004\.png: is 66x48"):
        quickly("stitch", scene.path, "--shutter", "180", "--frames", frames, "-o", tmp_path / "out.mp4")
    assert names_in(tmp_path) == ["scene"]


def test_the_clips_own_video_may_be_a_blurred_one(scene):
    quickly("stitch", scene.path, "--shutter", "90")
    with av.open(str(scene.video_path)) as file:
        assert sum(1 for _ in file.decode(video=0)) == 9
