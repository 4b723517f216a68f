"""What a song's file says of itself, before it is decoded: its streams, its length, and its own sizes.

All of it may be wrong, and is held against what there is: see `sound`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import ffmpeg as graph

from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.ffmpeg import command, run, url

# A file's name proves nothing: only these are tried, so that no playlist in a song's clothes makes ffmpeg
# open other files.
_FORMATS = (
    "aac,ac3,adx,aiff,amr,ape,asf,ast,au,avi,bfstm,brstm,caf,dsf,dss,dts,dv,eac3,flac,flv,gsm,iff,ircam,"
    "libgme,libmodplug,libopenmpt,loas,matroska,mlp,mov,mp3,mpc,mpc8,mpeg,mpegts,mxf,nistsphere,nut,ogg,oma,"
    "qoa,rm,shn,sox,swf,tak,truehd,tta,voc,vqf,w64,wav,wtv,wv,xwma"
)
_WITH_CLOCK = frozenset({"asf", "avi", "flv", "matroska", "mov", "mpeg", "mpegts", "mxf", "nut", "rm", "wtv"})
_BARE = frozenset({"aac", "ac3", "dts", "eac3", "loas", "mlp", "mp3", "truehd"})

_INPUT = re.compile(r"^Input #0, (\S+), from ", re.MULTILINE)
_STREAM = re.compile(r"^ +Stream #0:\d+\S*: (\w+): (.*)$", re.MULTILINE)
_RATE = re.compile(r"\b(\d+) Hz\b")
_DURATION = re.compile(r"^ +Duration: (\d+):(\d\d):(\d\d\.\d+),", re.MULTILINE)
_START = re.compile(r"^ +Duration: .*?, start: (-?\d+\.\d+)", re.MULTILINE)
_LENGTH = re.compile(r"^ +DURATION\S* +: (\d+):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_GUESSED = "Estimating duration from bitrate"
_LAST_PAGES = 1 << 17  # bytes; an Ogg page has 65,307 at most
_MOST_CHUNKS = 1000  # of a RIFF file, before its sound
_UNTOLD = 0xFFFFFFFF
_STREAMED = 0x7F000000  # a RIFF size from here on, and 0, is a writer's way of saying that it did not know


@dataclass(frozen=True)
class AudioStream:
    """An audio stream as its file describes it.

    Attributes:
        is_known: whether ffmpeg knows its codec.
        is_default: whether the file's maker wants it played before others.
        sample_rate: samples per second, 0 where that is not told.
        promised: seconds that it lasts by a tag of its own, as Matroska has; 0 without one.
    """

    is_known: bool
    is_default: bool
    sample_rate: int
    promised: Fraction


@dataclass(frozen=True)
class Description:
    """What a file says that it holds.

    Attributes:
        kinds: ffmpeg's names for the kind of file that it is.
        streams: its audio streams, in its order.
        has_pictures: whether there is more in it than sound and its cover: pictures, subtitles, other data.
        lasts: seconds that the file lasts, its pictures as well; 0 where it does not say.
        is_guessed: whether `lasts` is a guess of ffmpeg's.
    """

    kinds: frozenset[str]
    streams: tuple[AudioStream, ...]
    has_pictures: bool
    lasts: Fraction
    is_guessed: bool

    def promised(self, stream: int) -> Fraction:
        """Seconds that an audio stream lasts by the header; 0 where that does not say.

        A film lasts as long as the longest of its streams: that says nothing about its sound.
        """
        alone = len(self.streams) == 1 and not self.has_pictures and not self.is_guessed
        return self.streams[stream].promised or (self.lasts if alone else Fraction(0))

    @property
    def is_bare(self) -> bool:
        """Whether it is a codec's packets and nothing else, such as an MP3."""
        return bool(self.kinds & _BARE)

    @property
    def is_paged(self) -> bool:
        """Whether it is Ogg, whose last page tells how long it is."""
        return "ogg" in self.kinds

    @property
    def has_clock(self) -> bool:
        """Whether it is a container that tells of each packet when it is due, and may leave pauses."""
        return bool(self.kinds & _WITH_CLOCK)

    @property
    def lacks_its_end(self) -> bool:
        """Whether it is of a kind that tells its length, and ffmpeg had to guess that all the same."""
        return self.is_guessed and "asf" in self.kinds


def song_input(path: Path, **options: Any) -> Any:
    """A song as an input of an ffmpeg-python graph: this file, and no other that it may point to."""
    reading = {"format_whitelist": _FORMATS, "protocol_whitelist": "file", **_reading(path)}
    return graph.input(url(path), **reading, **options)


def _reading(path: Path) -> dict[str, int]:
    """Options with which ffmpeg reads a file that other players play and it does not."""
    try:
        if start := second_start(path):
            return {"skip_initial_bytes": start}
        with path.open("rb") as file:
            is_long = file.read(4) == b"RF64"
            file.seek(0)
            return {"ignore_length": 1} if is_long and _sound_chunk(file)[0] == _UNTOLD else {}
    except OSError:
        return {}  # ffmpeg says what is wrong


def describe(ffmpeg: Ffmpeg, path: Path) -> Description | None:
    """What a file says of itself; None where ffmpeg cannot open it as a song or a film.

    Raises:
        VideoError: ffmpeg cannot be started.
    """
    output = graph.output(song_input(path), "pipe:1", map="0:a?", t=0, format="null")
    words = run(command(ffmpeg, output, level="info")).words
    words = words.partition("\nStream mapping:")[0].partition("\nOutput #0")[0]
    opened = _INPUT.search(words)
    if opened is None:
        return None
    blocks = list(_STREAM.finditer(words))
    ends = [*(block.start() for block in blocks[1:]), len(words)]
    start = _START.search(words)
    before = max(Fraction(0), Fraction(start[1])) if start else Fraction(0)
    streams = tuple(
        _audio_stream(block[2], words[block.end() : end], before)
        for block, end in zip(blocks, ends, strict=True)
        if block[1] == "Audio"
    )
    found = _DURATION.search(words)
    return Description(
        kinds=frozenset(opened[1].split(",")),
        streams=streams,
        has_pictures=any(block[1] != "Audio" and "(attached pic)" not in block[2] for block in blocks),
        lasts=max(Fraction(0), _seconds(found) - before) if found else Fraction(0),
        is_guessed=_GUESSED in words,
    )


def _audio_stream(line: str, tags: str, before: Fraction) -> AudioStream:
    rate, length = _RATE.search(line), _LENGTH.search(tags)
    return AudioStream(
        is_known=not line.startswith(("none", "unknown")),
        is_default="(default)" in line,
        sample_rate=int(rate[1]) if rate else 0,
        promised=max(Fraction(0), _seconds(length) - before) if length else Fraction(0),
    )


def _seconds(clock: re.Match[str]) -> Fraction:
    return int(clock[1]) * 3600 + int(clock[2]) * 60 + Fraction(clock[3])


def promised_bytes(path: Path) -> int:
    """How many bytes an MP3 had when its header was written, without its tags; 0 where that is not told.

    The first frame's table of contents says so: "Xing", or "Info" where the bit rate is constant
    (gabriel.mp3-tech.org/mp3infotag.html), or "VBRI".
    """
    with path.open("rb") as file:
        file.seek(tags_size(path, after=False))
        frame = file.read(256)
    for mark in (b"Xing", b"Info"):
        at = frame.find(mark)
        if at >= 0 and len(frame) >= at + 16:
            has_frames, has_bytes = frame[at + 7] & 1, frame[at + 7] & 2
            place = at + 8 + 4 * has_frames
            return int.from_bytes(frame[place : place + 4], "big") if has_bytes else 0
    at = frame.find(b"VBRI")
    return int.from_bytes(frame[at + 10 : at + 14], "big") if at >= 0 else 0


def promised_share(path: Path) -> Fraction:
    """How many times the bytes of sound that a WAV file has its header promises: 1 for all other files.

    Only the size of the chunk "data" is asked: that of the whole is often wrong, and no player minds
    (Multimedia Programming Interface and Data Specifications 1.0, chapter 2; EBU Tech 3306 for RF64).
    """
    with path.open("rb") as file:
        promised, at = _sound_chunk(file)
    there = path.stat().st_size - at
    is_known = 0 < promised < _STREAMED or promised > 0xFFFFFFFF
    return Fraction(promised, there) if is_known and promised > there > 0 else Fraction(1)


def unclaimed_share(path: Path) -> Fraction:
    """How many times the bytes of its sound a WAV file has after these, where they are of no chunk.

    A recorder that was stopped before it wrote the whole size leaves such files.
    """
    with path.open("rb") as file:
        promised, at = _sound_chunk(file)
        end = at + promised + promised % 2
        left = path.stat().st_size - end
        if not 0 < promised < _STREAMED or left <= 0:
            return Fraction(0)
        file.seek(end)
        name, size = file.read(4), int.from_bytes(file.read(4), "little")
    is_chunk = name.isascii() and name.decode().isprintable() and size < left
    return Fraction(0) if is_chunk or name.startswith((b"ID3", b"TAG", b"APE")) else Fraction(left, promised)


def _sound_chunk(file: BinaryIO) -> tuple[int, int]:
    """The promised size of a RIFF file's chunk "data", and where it begins; 0 and 0 without one."""
    head, long_size = file.read(12), 0
    if head[:4] not in (b"RIFF", b"RF64", b"BW64") or head[8:] != b"WAVE":
        return 0, 0
    for _ in range(_MOST_CHUNKS):
        name, size = file.read(4), int.from_bytes(file.read(4), "little")
        if not name:
            break
        if name == b"data":
            return (long_size if size == 0xFFFFFFFF and long_size else size), file.tell()
        if name == b"ds64":
            long_size = int.from_bytes(file.read(size)[8:16], "little") if size < 1 << 16 else 0
        else:
            file.seek(size + size % 2, 1)
    return 0, 0


def second_start(path: Path) -> int:
    """Where an Ogg Vorbis file begins once more, in bytes: its headers stand there twice; 0 for all others.

    Some programs write such files. Decoders pass over the second headers, and ffmpeg refuses them.
    """
    with path.open("rb") as file:
        head = file.read(_LAST_PAGES)
    if head[:4] != b"OggS":
        return 0
    at, serial = 0, head[14:18]
    while len(head) >= at + 27 and head[at : at + 4] == b"OggS":
        begins = at + 27 + head[at + 26]
        if at and head[begins : begins + 7] == b"\x01vorbis" and head[at + 14 : at + 18] == serial:
            return at
        if head[at + 6 : at + 14] not in (bytes(8), b"\xff" * 8):
            return 0  # sound has begun
        at = begins + sum(head[at + 27 : begins])
    return 0


_SCORES = {
    b"MThd": "MIDI",
    b"Extended Module: ": "a tracker's module",
    b"IMPM": "a tracker's module",
}
_MODULES = (b"M.K.", b"M!K!", b"FLT4", b"FLT8", b"4CHN", b"6CHN", b"8CHN")


def score_kind(path: Path) -> str:
    """What a file is that holds notes, to be played by instruments; "" for another."""
    with path.open("rb") as file:
        head = file.read(1084)
    if head[:4] == b"RIFF" and head[8:12] == b"RMID":
        return "MIDI"
    if head[44:48] == b"SCRM" or head[1080:] in _MODULES:
        return "a tracker's module"
    return next((kind for sign, kind in _SCORES.items() if head.startswith(sign)), "")


def is_torn(path: Path) -> bool:
    """Whether an Ogg file ends within a page: the table of segments of its last one tells.

    Source: RFC 3533, section 6.
    """
    with path.open("rb") as file:
        if file.read(4) != b"OggS":
            return False
        file.seek(max(0, path.stat().st_size - _LAST_PAGES))
        tail = file.read(_LAST_PAGES)
    page = tail[tail.rfind(b"OggS") :]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    segments = page[27 : 27 + page[26]]
    return len(page) < 27 + len(segments) + sum(segments)


def tags_size(path: Path, *, after: bool = True) -> int:
    """Bytes of the tags before a bare song's sound, and `after` it, cover art included.

    ID3v2 (id3.org/id3v2.4.0-structure) and APEv2, the latter before an ID3v1 or at the very end.
    """
    with path.open("rb") as file:
        head = file.read(10)
        size = 0
        if head[:3] == b"ID3" and len(head) == 10 and all(byte < 0x80 for byte in head[6:]):
            size = 10 + sum(byte << shift for byte, shift in zip(head[6:], (21, 14, 7, 0), strict=True))
        if not after:
            return size
        file.seek(max(0, path.stat().st_size - 160))
        tail = file.read(160)
    for footer in (tail[-32:], tail[:32]):
        if footer[:8] == b"APETAGEX":
            size += 32 + int.from_bytes(footer[12:16], "little")
    return size
