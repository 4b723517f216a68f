"""Songs, frames and probes for the tests of the video stage; PyAV probes the files, not our code."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from dreamzoom.video.ffmpeg import find_ffmpeg

# How each kind of song is made; the name's suffix chooses the container.
SONGS = {
    "constant.mp3": ["-c:a", "libmp3lame", "-b:a", "128k"],
    "variable.mp3": ["-c:a", "libmp3lame", "-q:a", "4"],
    "song.m4a": ["-c:a", "aac", "-b:a", "128k"],
    "lossless.m4a": ["-c:a", "alac"],
    "song.wav": ["-c:a", "pcm_s16le"],
    "song.flac": ["-c:a", "flac"],
    "song.ogg": ["-c:a", "libvorbis"],
    "song.opus": ["-c:a", "libopus"],
}


def ffmpeg(*arguments: str | Path) -> None:
    """Run the ffmpeg binary on its own, for what a test needs made."""
    subprocess.run(
        [find_ffmpeg().path, "-v", "error", "-nostdin", "-y", *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        check=True,
    )


def make_song(folder: Path, name: str, seconds: float = 3, options: list[str] | None = None) -> Path:
    """A song of pink noise, 44.1 kHz stereo (Opus: 48 kHz), in `folder`, of exactly `seconds`."""
    song = folder / name
    rate = 48000 if name.endswith(".opus") else 44100
    noise = f"anoisesrc=r={rate}:d={seconds}:color=pink:seed=3"
    ffmpeg("-f", "lavfi", "-i", noise, "-ac", "2", *(SONGS[name] if options is None else options), song)
    return song


def noise_frames(count: int, width: int = 64, height: int = 48, seed: int = 0) -> list[NDArray[np.uint8]]:
    """Frames (H, W, 3) that hardly compress and are all different."""
    rng = np.random.default_rng(seed)
    return [rng.integers(0, 256, (height, width, 3), dtype=np.uint8) for _ in range(count)]


def plain_frame(colour: tuple[int, int, int], width: int = 64, height: int = 48) -> NDArray[np.uint8]:
    """A frame (H, W, 3) of one colour."""
    return np.full((height, width, 3), colour, dtype=np.uint8)


@dataclass(frozen=True)
class Stream:
    """What PyAV finds in one stream: start and end in seconds, frames or samples per second."""

    kind: str
    codec: str
    packets: int
    start: Fraction
    end: Fraction
    rate: Fraction


def probe(path: Path) -> list[Stream]:
    """The streams of a file, by its packets."""
    with av.open(str(path)) as container:
        return [_probe_stream(path, stream.index) for stream in container.streams]


def _probe_stream(path: Path, index: int) -> Stream:
    with av.open(str(path)) as container:
        stream = container.streams[index]
        packets = [packet for packet in container.demux(stream) if packet.pts is not None]
        rate = stream.average_rate if stream.type == "video" else stream.codec_context.sample_rate
        return Stream(
            kind=stream.type,
            codec=stream.codec_context.codec.canonical_name,
            packets=len(packets),
            start=min(packet.pts for packet in packets) * stream.time_base,
            end=max(packet.pts + packet.duration for packet in packets) * stream.time_base,
            rate=Fraction(rate),
        )


def decode_video(path: Path) -> list[NDArray[np.uint8]]:
    """Every frame of a video as (H, W, 3) RGB, converted as the file's own tags say."""
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def lit_in(pictures: Iterable[NDArray[np.uint8]]) -> list[int]:
    """The numbers of those that have something white in their lower half."""
    return [number for number, each in enumerate(pictures) if each[len(each) // 2 :].min(2).max() > 165]


def lit_frames(path: Path) -> list[int]:
    """The frames of a video that have something white in their lower half."""
    return lit_in(decode_video(path))


def decode_gif(path: Path) -> list[tuple[int, NDArray[np.uint8]]]:
    """A GIF's delays in milliseconds, and its frames (H, W, 3)."""
    frames = []
    with Image.open(path) as image:
        for number in range(image.n_frames):
            image.seek(number)
            frames.append((int(image.info["duration"]), np.asarray(image.convert("RGB"))))
    return frames


def decode_sound(path: Path, rate: int = 44100) -> NDArray[np.float32]:
    """The sound of a file as players hear it: mono samples, from time 0 on."""
    command = [find_ffmpeg().path, "-v", "error", "-i", str(path), "-map", "0:a:0"]
    command += ["-ac", "1", "-ar", str(rate), "-f", "f32le", "-"]
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=True)
    return np.frombuffer(done.stdout, dtype="<f4")


def names_in(folder: Path) -> list[str]:
    """The names of all that is in a folder, hidden files too."""
    return sorted(path.name for path in folder.iterdir())
