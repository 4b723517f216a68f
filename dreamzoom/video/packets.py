"""What a media file holds, packet by packet, by the ffmpeg binary alone.

ffmpeg's framecrc output is a line per packet: `stream, decoding time, time, duration, size, checksum`, times
in units of the `#tb` that its header gives for the stream. The lines are summed up as they come: a long song
has millions.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Final, NamedTuple

import ffmpeg as graph

from dreamzoom.errors import VideoError
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import command, failure, read_lines, url

JITTER: Final = Fraction(1, 100)
"""Seconds between packets that only a container's coarse clock explains."""


class Packet(NamedTuple):
    """When a packet is shown or heard and for how long, in its stream's unit, and its bytes."""

    time: int
    duration: int
    size: int


@dataclass(frozen=True)
class Stream:
    """One stream of a file, summed up.

    Attributes:
        kind: "video" or "audio".
        codec: its name in ffmpeg, such as "h264" or "mp3".
        unit: seconds in one unit of the packets' times.
        sample_rate: samples per second; 0 for video.
        count: how many packets it has.
        size: bytes in all of them.
        largest: bytes in the largest of them.
        first: the first of them in the order of decoding; None without any.
        start: when the earliest begins, in seconds; below 0 where a codec needs a run-up.
        end: when the latest has ended, in seconds; 0 without packets.
        duration: seconds that they last together.
        longest: seconds that the longest of them lasts.
        missing: seconds that no packet fills, between the first and the last.
        missing_from: when the first of these begins, in seconds.
    """

    kind: str
    codec: str
    unit: Fraction
    sample_rate: int
    count: int
    size: int
    largest: int
    first: Packet | None
    start: Fraction
    end: Fraction
    duration: Fraction
    longest: Fraction
    missing: Fraction
    missing_from: Fraction


def read_streams(ffmpeg: Ffmpeg, path: Path) -> list[Stream]:
    """The streams of a file, in its order. Raises a VideoError when ffmpeg cannot read it."""
    output = graph.input(url(path)).output("pipe:1", map="0", c="copy", format="framecrc")
    listing = PacketList()
    ended = read_lines(command(ffmpeg, output), listing.add)
    if ended.status != 0:
        raise failure(path, ended.status, ended.words)
    return listing.streams()


class PacketList:
    """Sums up framecrc output, line by line."""

    def __init__(self) -> None:
        self._heads: dict[int, dict[str, str]] = {}
        self._sums: dict[int, _Sum] = {}

    def add(self, line: str) -> None:
        """Take the next line.

        Raises:
            VideoError: it is none that ffmpeg writes.
        """
        if line.startswith("#"):
            _read_head(line, self._heads)
        elif line:
            stream, packet = _read_packet(line)
            if stream not in self._sums:
                unit = Fraction(self._heads.get(stream, {}).get("tb", "1"))
                self._sums[stream] = _Sum(packet, int(JITTER / unit))
            self._sums[stream].add(packet)

    def end_of(self, stream: int) -> Fraction:
        """When the latest packet so far of a stream has ended, in seconds."""
        unit = Fraction(self._heads.get(stream, {}).get("tb", "1"))
        return self._sums[stream].end * unit if stream in self._sums else Fraction(0)

    def streams(self) -> list[Stream]:
        """The streams of all lines so far."""
        return [_stream(head, self._sums.get(stream)) for stream, head in sorted(self._heads.items())]


@dataclass
class _Sum:
    """The packets of a stream, in its unit of time.

    A hole that an overlap closes again is none: Vorbis gives such pairs wherever its blocks change their
    size, that is at every hit of a drum.
    """

    first: Packet
    tolerance: int
    count: int = 0
    size: int = 0
    largest: int = 0
    duration: int = 0
    longest: int = 0
    start: int = field(init=False)
    end: int = field(init=False)
    missing: int = 0
    whole_until: int = field(init=False)
    _expected: int = field(init=False)

    def __post_init__(self) -> None:
        self.start, self._expected = self.first.time, self.first.time
        self.end = self.whole_until = self.first.time + self.first.duration

    def add(self, packet: Packet) -> None:
        self.missing += packet.time - self._expected
        self._expected = packet.time + packet.duration
        if self.missing <= self.tolerance:
            self.whole_until = self._expected
        self.count += 1
        self.size += packet.size
        self.largest = max(self.largest, packet.size)
        self.duration += packet.duration
        self.longest = max(self.longest, packet.duration)
        self.start = min(self.start, packet.time)
        self.end = max(self.end, self._expected)


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
    # Below 0, which ffmpeg prints as a number of 32 bits without a sign: a packet whose sound is all padding.
    return stream, Packet(time, duration - (duration >> 31 << 32 if duration >= 0 else 0), size)


def _stream(head: dict[str, str], sum_: _Sum | None) -> Stream:
    unit = Fraction(head.get("tb", "1"))
    tally = sum_ or _Sum(Packet(0, 0, 0), 0)
    is_whole = tally.missing <= tally.tolerance
    return Stream(
        kind=head.get("media_type", ""),
        codec=head.get("codec_id", ""),
        unit=unit,
        sample_rate=int(head.get("sample_rate", "0")),
        count=tally.count,
        size=tally.size,
        largest=tally.largest,
        first=None if sum_ is None else sum_.first,
        start=tally.start * unit,
        end=tally.end * unit,
        duration=tally.duration * unit,
        longest=tally.longest * unit,
        missing=Fraction(0) if is_whole else tally.missing * unit,
        missing_from=tally.whole_until * unit,
    )
