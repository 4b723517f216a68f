"""A song: what it is, whether it is whole, and exactly how long it sounds.

Headers lie: MP3 and AAC begin with samples that only set the codec going and end with padding, and without a
table of contents a header's length is a guess from the bit rate. So the song is decoded from end to end, and
its samples counted. WAV and Ogg files that were cut short decode without a word from ffmpeg: there the
container's own sizes tell.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import ffmpeg as graph

from dreamzoom.errors import SoundError, VideoError
from dreamzoom.io.files import open_regular
from dreamzoom.video.ffmpeg import Ffmpeg, command, find_ffmpeg, run, url
from dreamzoom.video.packets import Stream, parse_streams

# A file's name proves nothing: only these are tried, so that no playlist in a song's clothes makes ffmpeg
# open other files.
_FORMATS = (
    "aac,ac3,aiff,amr,ape,asf,au,avi,caf,dsf,dts,eac3,flac,flv,loas,matroska,mov,mp3,mpc,mpc8,mpeg,mpegts,ogg,"
    "rm,tak,truehd,tta,voc,w64,wav,wv"
)

# A tail this short is no sound that anybody would miss, but the rounding of a container's clock, or the
# end of an MP3's padding where that fills more than its last packet: 47 samples.
_ROUNDING = Fraction(1, 400)  # seconds
# One damaged packet is a click, which plays and is let through; more is damage. Longest common packet: 46 ms
# (HE-AAC).
_CLICK = Fraction(1, 20)  # seconds
_JITTER = Fraction(1, 100)  # seconds between packets that only a container's coarse clock explains
# How much the header may promise beyond what is there: the padding of an MP3 of 8 kHz is 0.2 s.
_PROMISED = Fraction(1, 4)  # seconds
_READ_SHARE = 0.75  # of a raw stream's bytes that must be sound

_DURATION = re.compile(r"^  Duration: (\d+):(\d\d):(\d\d\.\d+),", re.MULTILINE)
_GUESSED = "Estimating duration from bitrate"
_LAST_PAGES = 1 << 17  # bytes; an Ogg page has 65,307 at most
_STREAMED = 0x7F000000  # a RIFF size from here on, and 0, is a writer's way of saying that it did not know


@dataclass(frozen=True)
class Sound:
    """The first audio stream of a file that was decoded from end to end.

    Attributes:
        path: the file.
        codec: its name in ffmpeg, such as "mp3", "aac" or "pcm_s16le".
        duration: seconds of sound, above 0; without the codec's run-up and padding where the file tells them.
        sample_rate: samples per second.
        channels: 1 is mono, 2 is stereo.
        packet: seconds in the longest packet: how finely it can be cut without being encoded again.
    """

    path: Path
    codec: str
    duration: Fraction
    sample_rate: int
    channels: int
    packet: Fraction


def frames_for(duration: Fraction, fps: Fraction) -> int:
    """How many frames a sound of `duration` seconds needs at `fps` frames a second: the tail is kept.

    A tail of under 2.5 ms is rounding, not sound, and gets no frame of its own. At least 1.
    """
    wanted = (duration - _ROUNDING) * fps
    return max(1, -(-wanted.numerator // wanted.denominator))


def read_sound(path: Path) -> Sound:
    """Decode a song from end to end, and tell what it is.

    One run of ffmpeg lists the packets of the first audio stream, and beside them what they decode to: 16-bit
    samples at the song's own rate. The sound ends where the samples do, or earlier where the last packet says
    so.

    Tags, cover art and junk after the last packet are no fault, nor is one bad packet in a song: it clicks.
    A file that does not tell its own length, such as MP3 of constant bit rate without a header, cannot be
    seen to be cut short.

    Raises:
        SoundError: the file is missing, empty, no sound, of video alone, cut short or damaged.
        VideoError: there is no ffmpeg.
    """
    _require_file(path)
    if _is_cut_short(path):
        raise _damaged(path, "it is cut short")
    done = run(_listing_command(find_ffmpeg(), path))
    packets, samples = _streams(path, done)
    _require_whole(path, done, packets, samples)
    return _measured(path, packets, samples)


def song_input(path: Path, **options: Any) -> Any:
    """A song as an input of an ffmpeg-python graph: this file, and no other that it may point to."""
    return graph.input(url(path), format_whitelist=_FORMATS, protocol_whitelist="file", **options)


def _require_file(path: Path) -> None:
    try:
        with open_regular(path, SoundError, "song") as file:
            if not file.read(1):
                raise SoundError(f"{path}: is empty")
    except OSError as error:
        raise SoundError(f"{path}: cannot be read: {error.strerror}") from error


def _is_cut_short(path: Path) -> bool:
    """Whether a RIFF (WAV) or Ogg file ends before its own header says.

    RIFF: its header's size (Multimedia Programming Interface and Data Specifications 1.0, chapter 2). Ogg:
    the last page's table of segments (RFC 3533, section 6).
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        head = file.read(12)
        file.seek(max(0, size - _LAST_PAGES))
        tail = file.read(_LAST_PAGES)
    if head[:4] == b"RIFF":
        promised = int.from_bytes(head[4:8], "little")
        # Some writers count an odd chunk's padding byte and leave it out.
        return 0 < promised < _STREAMED and promised + 8 > size + 1
    return head[:4] == b"OggS" and _last_page_is_torn(tail)


def _tag_size(path: Path) -> int:
    """Bytes of the ID3v2 tag, cover art included, before the sound; 0 without one
    (id3.org/id3v2.4.0-structure)."""
    with path.open("rb") as file:
        head = file.read(10)
    if head[:3] != b"ID3" or len(head) < 10 or any(byte > 0x7F for byte in head[6:10]):
        return 0
    return 10 + sum(byte << shift for byte, shift in zip(head[6:10], (21, 14, 7, 0), strict=True))


def _last_page_is_torn(tail: bytes) -> bool:
    start = tail.rfind(b"OggS")
    page = tail[start:]
    if len(page) < 27 or len(page) < 27 + page[26]:
        return True
    segments = page[27 : 27 + page[26]]
    return len(page) < 27 + len(segments) + sum(segments)


def _listing_command(ffmpeg: Ffmpeg, path: Path) -> list[str]:
    """Lists the first audio stream twice: as it is (0), and decoded (1)."""
    song = song_input(path)
    codecs = {"c:a:0": "copy", "c:a:1": "pcm_s16le"}
    output = graph.output(song["a:0"], song["a:0"], "pipe:1", format="framecrc", **codecs)
    return command(ffmpeg, output, level="info")


def _streams(path: Path, done: CompletedProcess[str]) -> tuple[Stream, Stream]:
    if "matches no streams" in done.stderr:
        raise SoundError(f"{path}: holds no sound; name a song, or a video that has one")
    try:
        packets, samples = parse_streams(done.stdout)
    except (ValueError, VideoError) as error:  # ValueError: fewer streams than two
        kinds = "MP3, M4A, WAV, FLAC or Ogg"
        raise SoundError(f"{path}: is no song that can be read, or damaged; try an {kinds} file") from error
    if not samples.packets or not packets.packets or samples.sample_rate < 1:
        raise SoundError(f"{path}: holds no sound that can be decoded; try to play it, or convert it to WAV")
    return packets, samples


def _require_whole(path: Path, done: CompletedProcess[str], packets: Stream, samples: Stream) -> None:
    if done.returncode != 0:
        raise _damaged(path, "ffmpeg gave up on it")
    lost, where = _holes(samples)
    if lost > _CLICK:
        raise _damaged(path, f"{float(lost):.2f} s of sound cannot be decoded, from {float(where):.1f} s on")
    if _GUESSED not in done.stderr:
        promised, there = _promised_duration(done.stderr), samples.end
        if promised - there > _PROMISED:
            raise _damaged(path, f"of {float(promised):.1f} s it ends after {float(there):.1f} s")
    elif sum(packet.size for packet in packets.packets) < _READ_SHARE * (
        path.stat().st_size - _tag_size(path)
    ):
        raise _damaged(path, f"nothing can be read after {float(samples.end):.1f} s")


def _holes(samples: Stream) -> tuple[Fraction, Fraction]:
    """Seconds missing between the first sample and the last, and when the first of them is missing.

    A hole that an overlap closes again is none: Vorbis gives such pairs wherever its blocks change their
    size, that is at every hit of a drum.
    """
    first, missing, lost = samples.packets[0], [], 0
    for packet, following in pairwise(samples.packets):
        lost += following.time - packet.time - packet.duration
        missing.append(lost)
    if lost * samples.unit <= _JITTER:
        return Fraction(0), first.time * samples.unit
    closed = max(
        (index + 1 for index, hole in enumerate(missing) if hole * samples.unit <= _JITTER), default=0
    )
    before = samples.packets[closed]
    return lost * samples.unit, (before.time + before.duration) * samples.unit


def _promised_duration(words: str) -> Fraction:
    """What the container's header says, in seconds; 0 where it says nothing."""
    found = _DURATION.search(words)
    return int(found[1]) * 3600 + int(found[2]) * 60 + Fraction(found[3]) if found else Fraction(0)


def _measured(path: Path, packets: Stream, samples: Stream) -> Sound:
    first = samples.packets[0]
    decoded = sum(packet.duration for packet in samples.packets) * samples.unit
    # ffmpeg before 6 decodes an MP4's last packet whole, though its entry says that only a part is sound.
    padding = samples.end - packets.end
    longest = max(packet.duration for packet in packets.packets) * packets.unit
    if 0 < padding < longest:
        decoded -= padding
    samples_heard = round(decoded * samples.sample_rate)
    return Sound(
        path=path,
        codec=packets.codec,
        duration=Fraction(samples_heard, samples.sample_rate),
        sample_rate=samples.sample_rate,
        channels=max(1, first.size // max(1, 2 * first.duration)),
        packet=longest,
    )


def _damaged(path: Path, how: str) -> SoundError:
    return SoundError(f"{path}: is damaged: {how}; get another copy, or convert what is left to WAV")
