"""A song into a finished video: both begin together, and end within one frame of each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from pathlib import Path
from types import MappingProxyType
from typing import Any

import ffmpeg as graph

from dreamzoom.errors import VideoError, warn
from dreamzoom.video.binary import Ffmpeg
from dreamzoom.video.excerpt import WHOLE, Excerpt, cut
from dreamzoom.video.ffmpeg import command, failure, run, url
from dreamzoom.video.packets import Stream, read_streams
from dreamzoom.video.sound import Sound, copied_stream, sound_stream

# MP4 was made for AAC, which phones, browsers and editors play: it is copied, and all else becomes AAC unless
# a person asks for a copy. These are carried then, but not heard everywhere: MP3, AC-3, FLAC and Opus are
# registered for MP4, and QuickTime is mute with most of them; ALAC is Apple's own; MOV carries PCM too.
_PLAYED = "aac"
_REGISTERED = frozenset({"mp2", "mp3", "alac", "ac3", "eac3"})
_CARRIED = {"mp4": _REGISTERED | {"flac", "opus"}, "mov": _REGISTERED}
# Rates that AAC has and players are tested with; others are resampled to 48 kHz.
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
NO_COMMENT: Mapping[str, str] = MappingProxyType({})
_AAC_BITS_PER_CHANNEL = 128_000  # 256k in stereo: transparent with ffmpeg's encoder


def add_sound(
    ffmpeg: Ffmpeg,
    pictures: Path,
    sound: Sound,
    target: Path,
    *,
    container: str,
    length: Fraction,
    frame: Fraction,
    keep_codec: bool = False,
    excerpt: Excerpt = WHOLE,
    comment: Mapping[str, str] = NO_COMMENT,
) -> list[Stream]:
    """Write `target`: the video of `pictures` as it is, and the song, which ends with it.

    A song in AAC that ends with the video's last frame or later is copied: whole, or up to the packet that
    ends nearest to the video's end, if that is within one frame. Any other, and one that does not begin with
    the video, fades or has a gain, is encoded as AAC: cut to the sample, or, where it is shorter, followed by
    silence. The video is never cut. Cover art, subtitles and chapters are not taken; title and artist are.

    Args:
        container: ffmpeg's name for the kind of file, "mp4" or "mov".
        length: of the video, in seconds.
        frame: seconds that one frame lasts.
        keep_codec: whether songs in other codecs are copied too, where the container can carry them; a person
            is warned of one that is not.
        excerpt: of the song.
        comment: ffmpeg-python's option for what the film tells, in the place of the song's own comment.

    Returns:
        What the file holds, read back.

    Raises:
        VideoError, StorageError: ffmpeg failed.
    """
    video = graph.input(url(pictures))["v:0"]
    may_copy = sound.codec == _PLAYED or (keep_codec and _can_carry(container, sound.codec))
    may_copy = may_copy and excerpt == WHOLE and not sound.has_pauses  # which players pass over
    as_aac = _as_aac(sound, length, excerpt)
    for song, codec in [*_copies(sound, length, frame), as_aac] if may_copy else [as_aac]:
        done = run(command(ffmpeg, _output(video, song, target, container=container, **codec, **comment)))
        streams = read_streams(ffmpeg, target) if done.status == 0 else []
        if _end_together(streams, length, frame):
            if keep_codec and codec["acodec"] != "copy":
                why = _why_not(sound, excerpt, container, length)
                warn(f"{sound.path}: {why}: its sound became AAC")
            return streams
    if done.status != 0:
        raise failure(target, done.status, done.words)
    raise VideoError(f"{sound.path}: ffmpeg could not make it end with the video; try it as a WAV file")


def _end_together(streams: list[Stream], length: Fraction, frame: Fraction) -> bool:
    """Whether there is one video and one audio stream, each within a frame of where it should be."""
    if sorted(stream.kind for stream in streams) != ["audio", "video"]:
        return False
    return all(stream.start < frame and abs(stream.end - length) <= frame for stream in streams)


def _can_carry(container: str, codec: str) -> bool:
    return codec in _CARRIED[container] or (container == "mov" and codec.startswith("pcm_"))


def _why_not(sound: Sound, excerpt: Excerpt, container: str, length: Fraction) -> str:
    if excerpt != WHOLE:
        return "what begins within it, fades or is made louder or quieter cannot be copied"
    if sound.codec != _PLAYED and not _can_carry(container, sound.codec):
        return f"{sound.codec} cannot be copied into .{container}"
    if sound.has_pauses:
        return "its file has gaps"
    if sound.duration < length:
        return "it ends before the video does, and silence can only be added to it anew"
    return "its packets cannot be cut where the video ends"


def _copies(sound: Sound, length: Fraction, frame: Fraction) -> Iterator[tuple[Any, dict[str, Any]]]:
    """The song as an input that may be copied, and the options of its codec, the best way first.

    Only when a file is made is it known where its sound ends.
    """
    if sound.duration > length - frame:
        if sound.duration <= length:
            yield copied_stream(sound), {"acodec": "copy"}
        # Packets that begin before the cut are taken: the last of them ends within half a packet of `length`.
        cut = max(length - sound.packet / 2, sound.packet / 2)
        yield copied_stream(sound, t=f"{float(cut):.6f}"), {"acodec": "copy"}


def _as_aac(sound: Sound, length: Fraction, excerpt: Excerpt) -> tuple[Any, dict[str, Any]]:
    rate = sound.sample_rate if sound.sample_rate in _AAC_RATES else 48000
    channels = min(sound.channels, 2)
    stream = cut(sound_stream(sound), sound, excerpt, length, rate)
    bits = _AAC_BITS_PER_CHANNEL * channels
    return stream, {"acodec": "aac", "ac": channels, "audio_bitrate": bits}


def _output(video: Any, song: Any, target: Path, container: str, **codec: Any) -> Any:
    return graph.output(
        video,
        song,
        url(target),
        format=container,
        vcodec="copy",
        movflags="+faststart",
        map_metadata=1,
        map_chapters=-1,
        **codec,
    )
