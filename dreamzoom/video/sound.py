"""A song: what it is, whether it is whole, and exactly how long it sounds.

Headers lie: MP3 and AAC begin with samples that only set the codec going and end with padding, without a
table of contents a header's length is a guess from the bit rate, and a film's length is its pictures'. So the
song is decoded from end to end, and its samples counted: that is how long it sounds. Where its file promises
more, or has holes, a person is told; what no player would play as it was meant is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Final

import ffmpeg as graph

from dreamzoom.errors import SoundError, VideoError, warn
from dreamzoom.io.files import open_regular
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.description import (
    Description,
    describe,
    is_torn,
    promised_bytes,
    promised_share,
    score_kind,
    song_input,
    tags_size,
    unclaimed_share,
)
from dreamzoom.video.ffmpeg import Ended, command, find_ffmpeg, read_lines, run
from dreamzoom.video.packets import PacketList, Stream

LONGEST: Final = 24 * 3600
"""Seconds of the longest song that is read."""

_RATES = range(1000, 3_000_001)  # samples a second: of telephones, and of DSD
# A tail this short is no sound that anybody would miss, but the rounding of a container's clock, or the
# end of an MP3's padding where that fills more than its last packet: 47 samples.
_ROUNDING = Fraction(1, 400)  # seconds
# One damaged packet is a click, which plays and is let through; more is damage. Longest common packet: 46 ms
# (HE-AAC).
_CLICK = Fraction(1, 20)  # seconds
# How much the header may promise beyond what is there: the padding of an MP3 of 8 kHz is 0.2 s.
_PROMISED = Fraction(1, 4)  # seconds
_READ_SHARE = 0.75  # of a bare song's bytes that must be sound
_WHOLE_SHARE = 0.95  # of the bytes that were promised
_BAD_PACKETS = 2  # of a bare song; more are told
_LARGEST_FRAME = 2 * 1729  # bytes; of MPEG audio, one has half as many at the highest bit rate
_CUT_SHARE = 0.5  # of the bytes that what is lacking must have had; where less was cut off, it is damage
_SLOWEST_BYTES = 500  # a second: where a file has fewer, its length is a wrong header's
_LOUDEST = 1.12  # of full scale: 1 dB above it
_CUT = ("partial file", "File ended prematurely", "PES packet size mismatch")
_UNREAD = "Error during demuxing"
_UNDECODED = re.compile(r"Error (while decoding|submitting)|Decoding error")
_FIGURE = re.compile(r"(Peak level dB|Number of NaNs|Number of Infs): (\S+)")
_KINDS = "MP3, M4A, WAV, FLAC or Ogg"


@dataclass(frozen=True)
class Sound:
    """An audio stream of a file that was decoded from end to end.

    Attributes:
        path: the file.
        codec: its name in ffmpeg, such as "mp3", "aac" or "pcm_s16le".
        duration: seconds of sound, above 0; without the codec's run-up and padding where the file tells them.
        sample_rate: samples per second.
        channels: 1 is mono, 2 is stereo.
        packet: seconds in the longest packet: how finely it can be cut without being encoded again.
        stream: which of the file's audio streams it is, from 0.
        has_pauses: whether the file's clock goes on where it has no sound: such a pause is silent.
        is_wild: whether some of its samples are no numbers, or far above full scale.
        doubts: what a person should know about it, a line each.
    """

    path: Path
    codec: str
    duration: Fraction
    sample_rate: int
    channels: int
    packet: Fraction
    stream: int = 0
    has_pauses: bool = False
    is_wild: bool = False
    doubts: tuple[str, ...] = ()


def frames_for(duration: Fraction, fps: Fraction) -> int:
    """How many frames a sound of `duration` seconds needs at `fps` frames a second: the tail is kept.

    A tail of under 2.5 ms is rounding, not sound, and gets no frame of its own. At least 1.
    """
    wanted = (duration - _ROUNDING) * fps
    return max(1, -(-wanted.numerator // wanted.denominator))


def read_sound(path: Path) -> Sound:
    """Decode a song as `measure_sound` does, and warn a person of what is doubtful about it."""
    sound = measure_sound(path)
    for doubt in sound.doubts:
        warn(doubt)
    return sound


def measure_sound(path: Path) -> Sound:
    """Decode a song from end to end, and tell what it is.

    One run of ffmpeg lists the packets of an audio stream, and beside them what they decode to: 16-bit
    samples at the song's own rate. The sound ends where the samples do, or earlier where the last packet says
    so. Of several audio streams it is the one that the file's maker wants played, else the first that can be
    decoded.

    Tags, cover art and junk after the last packet are no fault, nor is one bad packet in a song: it clicks.
    A song that was cut short is taken as far as it goes, with a doubt. A file that does not tell its own
    length, such as MP3 of constant bit rate without a header, cannot be seen to be cut short.

    Raises:
        SoundError: the file is missing, empty, no sound, of video alone, longer than `LONGEST`, or damaged
            before its end.
        VideoError: there is no ffmpeg.
    """
    _require_file(path)
    ffmpeg = find_ffmpeg(path)
    said = describe(ffmpeg, path)
    if said is None:
        raise SoundError(f"{path}: {_unreadable(path)}")
    stream = _choose(path, said)
    is_plausible = path.stat().st_size > LONGEST * _SLOWEST_BYTES
    _require_bounds(path, said.streams[stream].sample_rate, said.lasts if is_plausible else Fraction(0))
    ended, packets, samples = _list(ffmpeg, path, stream)
    if ended.status != 0:
        raise _damaged(path, "ffmpeg gave up on it")
    has_pauses = _require_no_holes(path, said, ended.words, packets, samples)
    sound = _measured(path, packets, samples, samples.missing if has_pauses else Fraction(0))
    sound = replace(sound, stream=stream, has_pauses=has_pauses)
    wild = _wildness(ffmpeg, sound)
    doubts = (*_doubts(path, said, ended.words, packets, samples), *_doubts_of_samples(sound, wild))
    return replace(sound, is_wild=bool(wild), doubts=doubts)


def sound_stream(sound: Sound, **options: Any) -> Any:
    """The decoded sound as a stream of an ffmpeg-python graph, pauses filled with silence.

    Of wild samples those that are no numbers are silent, and others are held within full scale.
    """
    stream = copied_stream(sound, **options)
    if sound.is_wild:
        number = "if(isnan(val(ch))+isinf(val(ch)),0,val(ch))"
        stream = stream.filter("aeval", f"clip({number},-1,1)", channel_layout="same")
    return stream.filter("aresample", **{"async": 1, "min_hard_comp": 0.02}) if sound.has_pauses else stream


def copied_stream(sound: Sound, **options: Any) -> Any:
    """The sound's packets as a stream of an ffmpeg-python graph."""
    return song_input(sound.path, **options)[f"a:{sound.stream}"]


def _require_file(path: Path) -> None:
    try:
        with open_regular(path, SoundError, "song") as file:
            if not file.read(1):
                raise SoundError(f"{path}: is empty")
    except OSError as error:
        raise SoundError(f"{path}: cannot be read: {error.strerror}") from error


def _unreadable(path: Path) -> str:
    kind = score_kind(path)
    if kind:
        return f"is {kind}: notes without a sound of their own; play it into a WAV file, and name that"
    return f"is no song that can be read, or damaged; try an {_KINDS} file"


def _choose(path: Path, said: Description) -> int:
    """Which of the file's audio streams is meant."""
    if not said.streams:
        raise SoundError(f"{path}: holds no sound; name a song, or a video that has one")
    known = [index for index, stream in enumerate(said.streams) if stream.is_known]
    if not known:
        raise SoundError(
            f"{path}: its sound is of a kind that ffmpeg does not know; convert it to an {_KINDS} file"
        )
    return next((index for index in known if said.streams[index].is_default), known[0])


def _require_bounds(path: Path, rate: int, seconds: Fraction) -> None:
    if rate and rate not in _RATES:
        raise SoundError(
            f"{path}: has {rate:,} samples a second, which no song has; convert it to {_RATES[0]:,} or more"
        )
    if seconds > LONGEST:
        raise SoundError(f"{path}: is longer than {LONGEST // 3600} hours; cut it into several songs")


def _list(ffmpeg: Ffmpeg, path: Path, stream: int) -> tuple[Ended, Stream, Stream]:
    """How it ended, and a stream twice: its packets, and what they decode to."""
    song = song_input(path)[f"a:{stream}"]
    codecs = {"c:a:0": "copy", "c:a:1": "pcm_s16le"}
    output = graph.output(song, song, "pipe:1", format="framecrc", **codecs)
    listing = PacketList()

    def take(line: str) -> None:
        listing.add(line)
        if listing.end_of(1) > LONGEST:
            _require_bounds(path, 0, listing.end_of(1))

    try:
        ended = read_lines(command(ffmpeg, output, level="warning"), take)
        packets, samples = listing.streams()
    except (ValueError, VideoError) as error:  # ValueError: fewer streams than two
        raise SoundError(f"{path}: is no song that can be read, or damaged; try an {_KINDS} file") from error
    if not samples.count or not packets.count or samples.sample_rate < 1:
        raise SoundError(f"{path}: holds no sound that can be decoded; try to play it, or convert it to WAV")
    return ended, packets, samples


def _require_no_holes(path: Path, said: Description, words: str, packets: Stream, samples: Stream) -> bool:
    """Whether the sound has pauses, which the file's clock tells. Raises a SoundError where it is damaged."""
    lost = samples.missing
    if lost <= _CLICK:
        return False
    if said.has_clock and (abs(packets.missing - lost) <= _CLICK or not _UNDECODED.search(words)):
        return True
    where = f"{float(lost):.2f} s of sound cannot be decoded, from {float(samples.missing_from):.1f} s on"
    raise _damaged(path, where)


def _doubts(path: Path, said: Description, words: str, packets: Stream, samples: Stream) -> Iterator[str]:
    """What a person should know. Raises a SoundError where a bare song is damaged before its end."""
    there = samples.duration
    advice = "that is what the film gets; look for a whole copy if it is too short"
    stream = _choose(path, said)
    promised = (said.promised(stream) - samples.end, there * (promised_share(path) - 1))
    lacking = max((more for more in promised if samples.end + more <= LONGEST), default=Fraction(0))
    is_stale = _has_all_its_bytes(path, packets) and not _has_odd_packets(packets, words)
    is_read_in_part = _UNREAD in words
    _require_sound_in(path, said, packets, samples, Fraction(0) if is_stale or is_read_in_part else lacking)
    if is_read_in_part:
        yield f"{path}: ffmpeg cannot read it after {float(there):.1f} s, where its kind changes: {advice}"
    elif lacking > _PROMISED:
        yield f"{path}: ends after {float(there):.1f} s of {float(there + lacking):.1f} s: {advice}"
    elif said.lacks_its_end or is_torn(path) or any(sign in words for sign in _CUT):
        yield f"{path}: was cut short and ends after {float(there):.1f} s: {advice}"
    elif (more := there * unclaimed_share(path)) > _PROMISED:
        why = f"though its header says that it ends there, as much as {float(more):.1f} s may follow"
        yield f"{path}: is read for {float(there):.1f} s; {why}: convert it anew if it is too short"
    other = path.stat().st_size - tags_size(path) - packets.size
    if said.is_bare and said.is_guessed and other * samples.duration > _PROMISED * packets.size:
        yield f"{path}: {other:,} bytes of it are no sound: it may be damaged"
    elif said.is_bare and _has_odd_packets(packets, words):
        yield f"{path}: several pieces of it cannot be decoded: it may be damaged"
    if samples.missing > _CLICK:
        pauses = f"{float(samples.missing):.2f} s of silence, from {float(samples.missing_from):.1f} s on"
        yield f"{path}: its file has gaps, which are heard as {pauses}"
    if len(said.streams) > 1:
        yield f"{path}: has {len(said.streams)} sound tracks: number {stream + 1} is taken"


def _has_all_its_bytes(path: Path, packets: Stream) -> bool:
    """Whether an MP3 is as long as its header says, all of it sound: a length there is another song's."""
    once = promised_bytes(path)
    return once > 0 and packets.size > _WHOLE_SHARE * once


def _has_odd_packets(packets: Stream, words: str) -> bool:
    """Whether more than a click of a bare song cannot be decoded; what is no MP3 comes as one packet."""
    is_mp3 = packets.codec in ("mp2", "mp3")
    return len(_UNDECODED.findall(words)) > _BAD_PACKETS or (is_mp3 and packets.largest > _LARGEST_FRAME)


def _require_sound_in(
    path: Path, said: Description, packets: Stream, samples: Stream, lacking: Fraction
) -> None:
    """Raise a SoundError where the file is all there, and yet `lacking` seconds of its sound are not."""
    size = max(1, path.stat().st_size - tags_size(path))
    if said.is_bare and said.is_guessed and packets.size < _READ_SHARE * size:
        raise _damaged(path, f"nothing can be read after {float(samples.end):.1f} s")
    if lacking <= _PROMISED:
        return
    once = promised_bytes(path) if said.is_bare else 0
    share = float(lacking / (samples.end + lacking))
    if said.is_paged or (once and once - size < _CUT_SHARE * share * once):
        raise _damaged(path, f"{float(lacking):.1f} s of its sound are not there, though its end is")


def _wildness(ffmpeg: Ffmpeg, sound: Sound) -> str:
    """What is wrong with samples in floating point, in words; "" where they are as they should be."""
    if not sound.codec.startswith("pcm_f"):
        return ""
    figures = "Peak_level+Number_of_NaNs+Number_of_Infs"
    measured = copied_stream(sound).filter("astats", measure_perchannel="none", measure_overall=figures)
    words = run(command(ffmpeg, graph.output(measured, "pipe:1", format="null"), level="info")).words
    found = {name: float(value) for name, value in _FIGURE.findall(words)}
    if found.get("Number of NaNs") or found.get("Number of Infs"):
        return "has samples that are no numbers, which are silent"
    times = 10 ** (min(found.get("Peak level dB", 0.0), 200) / 20)
    if times > _LOUDEST:
        return f"goes up to {times:.3g} times full scale and is clipped there; turn it down"
    return ""


def _doubts_of_samples(sound: Sound, wild: str) -> Iterator[str]:
    if wild:
        yield f"{sound.path}: {wild}"
    if sound.channels > 2:
        yield (
            f"{sound.path}: has {sound.channels} channels: it is heard as two, and so is the film unless the "
            "sound is copied"
        )


def _measured(path: Path, packets: Stream, samples: Stream, pauses: Fraction) -> Sound:
    assert samples.first is not None  # noqa: S101 - it has packets
    decoded = samples.duration + pauses
    # ffmpeg before 6 decodes an MP4's last packet whole, though its entry says that only a part is sound.
    padding = samples.end - packets.end
    if 0 < padding < packets.longest:
        decoded -= padding
    samples_heard = round(decoded * samples.sample_rate)
    if samples_heard < 1:
        raise SoundError(f"{path}: holds no sound that can be decoded; try to play it, or convert it to WAV")
    return Sound(
        path=path,
        codec=packets.codec,
        duration=Fraction(samples_heard, samples.sample_rate),
        sample_rate=samples.sample_rate,
        channels=max(1, samples.first.size // max(1, 2 * samples.first.duration)),
        packet=packets.longest,
    )


def _damaged(path: Path, how: str) -> SoundError:
    return SoundError(f"{path}: is damaged: {how}; get another copy, or convert what is left to WAV")
