"""A finished file read back, by the ffmpeg binary and by its boxes, and held against its target."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import BinaryIO, Final

import ffmpeg as graph

from dreamzoom.delivery.order import Order
from dreamzoom.delivery.targets import Target
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import command, failure, read_lines, run, url

# "av1 (libdav1d) (Main), yuv420p10le(tv, bt709, progressive), 320x180": after the codec's name its decoder's,
# where that is another, its profile, where it has one, and its tag, "(avc1 / 0x31637661)".
_VIDEO: Final = re.compile(
    r"Stream #0:\d+.*?: Video: (?P<codec>\w+)(?P<words>(?: \([^)]*\))*)[^,]*, "
    r"(?P<pixels>\w+)(?:\((?P<tags>[^)]*)\))?, (?P<width>\d+)x(?P<height>\d+)"
)
_WORD: Final = re.compile(r"\(([^/)]+)\)")
_AUDIO: Final = re.compile(r"Stream #0:\d+.*?: Audio: (?P<codec>\w+).*?, (?P<rate>\d+) Hz, (?P<layout>\w+)")
_PARENTS: Final = (b"moov", b"trak", b"edts")
_MOST_BOXES: Final = 10_000
_RUN_UP: Final = Fraction(1, 10)  # seconds, at most


@dataclass(frozen=True)
class PacketTimes:
    """One stream of a file, packet by packet.

    Attributes:
        start, end: when its first packet begins and its last has ended, in seconds.
        times: when each packet is shown or heard, in seconds, in the order of decoding.
        keys: which of these stand alone, by their place in that order.
    """

    start: Fraction
    end: Fraction
    times: tuple[Fraction, ...]
    keys: tuple[int, ...]


@dataclass(frozen=True)
class Facts:
    """What a file was found to be.

    Attributes:
        size: bytes.
        codec, profile, pixels, tags: of the pictures, in ffmpeg's words; tags tell range and colours.
        picture_size: width and height in pixels.
        pictures: packet by packet.
        sound_codec: of the sound; "" without.
        sound_rate: samples a second.
        sound: packet by packet; None without.
        boxes: names of an MP4's or MOV's boxes, those within moov and its tracks as well; none of others.
    """

    size: int
    codec: str
    profile: str
    pixels: str
    tags: str
    picture_size: tuple[int, int]
    pictures: PacketTimes
    sound_codec: str
    sound_rate: int
    sound: PacketTimes | None
    boxes: tuple[bytes, ...]


def read_back(ffmpeg: Ffmpeg, path: Path) -> Facts:
    """What a file holds.

    Raises:
        VideoError: ffmpeg cannot read it, or there are no pictures in it.
    """
    source = graph.input(url(path))
    about = run(command(ffmpeg, source.output("pipe:1", map="0", c="copy", t=0, format="null"), level="info"))
    words = about.words.partition("\nStream mapping:")[0].partition("\nOutput #0")[0]
    video, audio = _VIDEO.search(words), _AUDIO.search(words)
    if video is None:
        raise failure(path, about.status, about.words)
    tracks = _tracks(ffmpeg, path)
    with path.open("rb") as file:
        boxes = tuple(_boxes(file, path.stat().st_size)) if file.read(8)[4:] == b"ftyp" else ()
    return Facts(
        size=path.stat().st_size,
        codec=video["codec"],
        profile=(_WORD.findall(video["words"]) or [""])[-1],
        pixels=video["pixels"],
        tags=video["tags"] or "",
        picture_size=(int(video["width"]), int(video["height"])),
        pictures=tracks["video"],
        sound_codec=audio["codec"] if audio else "",
        sound_rate=int(audio["rate"]) if audio else 0,
        sound=tracks.get("audio"),
        boxes=boxes,
    )


def faults_of(facts: Facts, order: Order) -> list[str]:
    """What a file is that it should not be, each in a few words; none where all is right."""
    return [
        *_faults_of_pictures(facts, order),
        *_faults_of_gop(facts.pictures, order.target.video.frames_in_gop(order.screening.fps)),
        *_faults_of_sound(facts, order),
        *_faults_of_boxes(facts, order.target),
    ]


def _faults_of_pictures(facts: Facts, order: Order) -> Iterator[str]:
    video, limits, screening = order.target.video, order.target.limits, order.screening
    told = (facts.codec, facts.pixels, facts.picture_size)
    if told != (video.codec, video.decoded or video.pixels, order.picture_size):
        yield f"pictures of {facts.codec}, {facts.pixels} and {facts.picture_size[0]}x{facts.picture_size[1]}"
    if video.profile and facts.profile != video.profile:
        yield f"the profile {facts.profile or 'of no name'} and not {video.profile}"
    if not video.is_rgb and not _is_bt709(facts.tags):
        yield f"colours told as {facts.tags or 'nothing'} and not BT.709"
    if len(facts.pictures.times) != len(screening.frames):
        yield f"{len(facts.pictures.times)} frames of {len(screening.frames)}"
    start, end, tolerance = facts.pictures.start, facts.pictures.end, 1 / (2 * screening.fps)
    if abs(start) > tolerance or abs(end - screening.length) > tolerance:
        yield f"pictures from {float(start):.3f} to {float(end):.3f} s of {float(screening.length):.3f}"
    if limits.size is not None and facts.size > limits.size:
        yield f"{facts.size:,} bytes, where {limits.size:,} is the most"


def _is_bt709(tags: str) -> bool:
    words = [word.strip() for word in tags.split(",")]
    return "tv" in words and "bt709" in words


def _faults_of_gop(track: PacketTimes, gop: int | None) -> Iterator[str]:
    if gop is None or not track.times:
        return
    place = {time: place for place, time in enumerate(sorted(track.times))}
    keys = [place[track.times[key]] for key in track.keys]
    if keys != list(range(0, len(track.times), gop)):
        yield f"pictures that stand alone at {', '.join(map(str, keys[:4]))} …, and not each {gop}"
    if not _is_closed(track):
        yield "groups of pictures that lean on the one before"


def _is_closed(track: PacketTimes) -> bool:
    """Whether what comes after a picture that stands alone is shown after it."""
    keys, earliest = set(track.keys), track.times[-1]
    for place in range(len(track.times) - 1, -1, -1):
        if place in keys and earliest < track.times[place]:
            return False
        earliest = min(earliest, track.times[place])
    return True


def _faults_of_sound(facts: Facts, order: Order) -> Iterator[str]:
    wanted = order.target.sound
    if not order.has_sound or wanted is None:
        if facts.sound is not None:
            yield "sound"
        return
    if facts.sound is None:
        yield "no sound"
        return
    if (facts.sound_codec, facts.sound_rate) != (wanted.codec, wanted.rate):
        yield f"sound of {facts.sound_codec} at {facts.sound_rate:,} Hz"
    start, end, frame = facts.sound.start, facts.sound.end, 1 / order.screening.fps
    is_late = not -_RUN_UP <= start <= frame  # what comes before 0 sets a codec going, and is not heard
    if is_late or abs(end - order.screening.length) > frame:
        yield f"sound from {float(start):.3f} to {float(end):.3f} s of {float(order.screening.length):.3f}"


def _faults_of_boxes(facts: Facts, target: Target) -> Iterator[str]:
    if target.is_indexed_first and facts.boxes.index(b"moov") > facts.boxes.index(b"mdat"):
        yield "its index at the end"
    if target.without_edits and b"elst" in facts.boxes:
        yield "an edit list"


def _tracks(ffmpeg: Ffmpeg, path: Path) -> dict[str, PacketTimes]:
    """The streams of a file by their kind. ffmpeg's framecrc writes `F=0x` after a packet that is no key."""
    heads: dict[str, dict[str, str]] = {}
    packets: dict[str, list[tuple[int, int, bool]]] = {}

    def take(line: str) -> None:
        if line.startswith("#"):
            words, _, value = line[1:].partition(": ")
            key, _, stream = words.partition(" ")
            heads.setdefault(stream, {})[key] = value.strip()
        elif line:
            stream, _, time, duration, *rest = (word.strip() for word in line.split(","))
            packets.setdefault(stream, []).append((int(time), int(duration), not _is_dependent(rest)))

    output = graph.input(url(path)).output("pipe:1", map="0", c="copy", format="framecrc")
    ended = read_lines(command(ffmpeg, output), take)
    if ended.status != 0:
        raise failure(path, ended.status, ended.words)
    return {
        head["media_type"]: _track(Fraction(head["tb"]), packets.get(stream, []))
        for stream, head in heads.items()
        if "media_type" in head
    }


def _is_dependent(words: list[str]) -> bool:
    return any(word.startswith("F=0x") and not int(word[2:], 16) & 1 for word in words)


def _track(unit: Fraction, packets: list[tuple[int, int, bool]]) -> PacketTimes:
    return PacketTimes(
        start=min((time for time, _, _ in packets), default=0) * unit,
        end=max((time + duration for time, duration, _ in packets), default=0) * unit,
        times=tuple(time * unit for time, _, _ in packets),
        keys=tuple(place for place, (_, _, is_key) in enumerate(packets) if is_key),
    )


def _boxes(file: BinaryIO, end: int, start: int = 0) -> Iterator[bytes]:
    """The names of boxes in their order (ISO/IEC 14496-12, 4.2), with what is in those of `_PARENTS`."""
    for _ in range(_MOST_BOXES):
        file.seek(start)
        head = file.read(16)
        if start + 8 > end or len(head) < 8:
            return
        size, name, inner = int.from_bytes(head[:4], "big"), head[4:8], start + 8
        if size == 1:
            size, inner = int.from_bytes(head[8:16], "big"), start + 16
        yield name
        if name in _PARENTS:
            yield from _boxes(file, start + size, inner)
        if size < 8:  # to the end of the file, or damaged
            return
        start += size
