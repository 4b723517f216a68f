"""What a media file holds, packet by packet, by the ffmpeg binary alone.

ffmpeg's framecrc output is a line per packet: `stream, decoding time, time, duration, size, checksum`, times
in units of the `#tb` that its header gives for the stream.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import ffmpeg as graph

from dreamzoom.errors import VideoError
from dreamzoom.video.ffmpeg import Ffmpeg, command, failure, run, url


class Packet(NamedTuple):
    """When a packet is shown or heard and for how long, in its stream's unit, and its bytes."""

    time: int
    duration: int
    size: int


@dataclass(frozen=True)
class Stream:
    """One stream of a file, in the order of decoding.

    Attributes:
        kind: "video" or "audio".
        codec: its name in ffmpeg, such as "h264" or "mp3".
        unit: seconds in one unit of the packets' times.
        sample_rate: samples per second; 0 for video.
    """

    kind: str
    codec: str
    unit: Fraction
    sample_rate: int
    packets: list[Packet] = field(repr=False)

    @property
    def start(self) -> Fraction:
        """When the first packet begins, in seconds; below 0 where a codec needs a run-up."""
        return min((packet.time for packet in self.packets), default=0) * self.unit

    @property
    def end(self) -> Fraction:
        """When the last packet has ended, in seconds. 0 without packets."""
        return max((packet.time + packet.duration for packet in self.packets), default=0) * self.unit


def read_streams(ffmpeg: Ffmpeg, path: Path) -> list[Stream]:
    """The streams of a file, in its order. Raises a VideoError when ffmpeg cannot read it."""
    output = graph.input(url(path)).output("pipe:1", map="0", c="copy", format="framecrc")
    done = run(command(ffmpeg, output))
    if done.returncode != 0:
        raise failure(path, done.returncode, done.stderr)
    return parse_streams(done.stdout)


def parse_streams(listing: str) -> list[Stream]:
    """The streams in framecrc output.

    Raises:
        VideoError: a line is none that ffmpeg writes.
    """
    heads: dict[int, dict[str, str]] = {}
    packets: dict[int, list[Packet]] = {}
    for line in listing.splitlines():
        if line.startswith("#"):
            _read_head(line, heads)
        elif line:
            stream, packet = _read_packet(line)
            packets.setdefault(stream, []).append(packet)
    return [_stream(head, packets.get(stream, [])) for stream, head in sorted(heads.items())]


def _read_head(line: str, heads: dict[int, dict[str, str]]) -> None:
    """Note a line such as `#codec_id 0: h264`; others, such as `#software: ...`, are about no stream."""
    words, _, value = line[1:].partition(": ")
    key, _, stream = words.partition(" ")
    if stream.isdigit():
        heads.setdefault(int(stream), {})[key] = value.strip()


def _read_packet(line: str) -> tuple[int, Packet]:
    try:
        stream, _, time, duration, size = (int(number) for number in line.split(",")[:5])
    except ValueError:
        raise VideoError(f"ffmpeg listed a packet in words that are not understood: {line[:80]!r}") from None
    return stream, Packet(time, duration, size)


def _stream(head: dict[str, str], packets: list[Packet]) -> Stream:
    return Stream(
        kind=head.get("media_type", ""),
        codec=head.get("codec_id", ""),
        unit=Fraction(head.get("tb", "1")),
        sample_rate=int(head.get("sample_rate", "0")),
        packets=packets,
    )
