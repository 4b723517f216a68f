"""A song into a finished video: both begin together, and end within one frame of each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import ffmpeg as graph

from dreamzoom.errors import VideoError
from dreamzoom.video.ffmpeg import Ffmpeg, command, failure, run, url
from dreamzoom.video.packets import Track, read_tracks
from dreamzoom.video.sound import Sound, song_input

COPIED = {
    "aac": "what MP4 was made for (ISO/IEC 14496-3): plays everywhere",
    "mp3": "an MPEG audio layer like AAC, registered for MP4 (object type 0x6B): plays everywhere",
    "alac": "Apple's own lossless codec in Apple's own container; VLC, mpv and ffmpeg play it too",
    "ac3": "registered (ETSI TS 102 366, annex F): televisions, Apple's players and VLC play it",
    "eac3": "as ac3",
}
"""Codecs that are muxed as they are, without loss, and why. All others become AAC: PCM, which MP4 does not
carry, Vorbis, for which it has no standard, and FLAC and Opus, which it could carry, but editors and Apple's
players stay silent then."""

# Rates that AAC has and players are tested with; others are resampled to 48 kHz.
_AAC_RATES = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
_AAC_BITS_PER_CHANNEL = 128_000  # transparent with ffmpeg's encoder


@dataclass(frozen=True)
class _Song:
    """A song in a graph of ffmpeg-python's, and the output options that it goes with."""

    stream: Any
    options: dict[str, Any]


def add_sound(
    ffmpeg: Ffmpeg,
    pictures: Path,
    sound: Sound,
    target: Path,
    *,
    container: str,
    length: Fraction,
    frame: Fraction,
) -> list[Track]:
    """Write `target`: the video of `pictures` as it is, and the song, which ends with it.

    Where MP4 can carry it, a song that ends with the video's last frame or later is copied: whole, or up to
    the packet that ends nearest to the video's end, if that is within one frame. Else it is encoded as AAC:
    cut to the sample, or, where it is shorter, followed by silence. The video is never cut. Only the first
    audio track is taken; cover art, subtitles and chapters are not; title and artist are.

    Args:
        container: ffmpeg's name for the kind of file, "mp4" or "mov".
        length: of the video, in seconds.
        frame: seconds that one frame lasts.

    Returns:
        What the file holds, read back.

    Raises:
        VideoError, StorageError: ffmpeg failed.
    """
    video = _video_input(pictures)
    words, status = "", 0
    for song in _attempts(sound, length, frame):
        outcome = run(command(ffmpeg, _output(video, target, container, song)))
        words, status = outcome.words, outcome.status
        if status == 0 and _ends_together(tracks := read_tracks(ffmpeg, target), length, frame):
            return tracks
    if status != 0:
        raise failure(words, status, target)
    raise VideoError(f"{sound.path}: ffmpeg could not make it end with the video; try it as a WAV file")


def _ends_together(tracks: list[Track], length: Fraction, frame: Fraction) -> bool:
    """Whether there is one video and one audio track, each within a frame of where it should be."""
    if sorted(track.kind for track in tracks) != ["audio", "video"]:
        return False
    return all(track.start < frame and abs(track.end - length) <= frame for track in tracks)


def _video_input(pictures: Path) -> Any:
    return graph.input(url(pictures))["v:0"]


def _attempts(sound: Sound, length: Fraction, frame: Fraction) -> Iterator[_Song]:
    """Ways to put the song in, the best first; only when one is done is it known where it ends."""
    if sound.codec in COPIED and sound.duration > length - frame:
        if sound.duration <= length:
            yield _Song(song_input(sound.path)["a:0"], {"acodec": "copy"})
        # Packets that begin before the cut are taken: the last of them ends within half a packet of `length`.
        cut = max(length - sound.packet / 2, sound.packet / 2)
        yield _Song(song_input(sound.path, t=f"{float(cut):.6f}")["a:0"], {"acodec": "copy"})
    yield _encoded(sound, length)


def _encoded(sound: Sound, length: Fraction) -> _Song:
    rate = sound.sample_rate if sound.sample_rate in _AAC_RATES else 48000
    channels = min(sound.channels, 2)
    samples = round(length * rate)
    stream = (
        song_input(sound.path)["a:0"]
        .filter("asetpts", "N/SR/TB")
        .filter("aresample", rate)
        .filter("apad", whole_len=samples)
        .filter("atrim", end_sample=samples)
    )
    bits = _AAC_BITS_PER_CHANNEL * channels
    return _Song(stream, {"acodec": "aac", "ac": channels, "audio_bitrate": bits})


def _output(video: Any, target: Path, container: str, song: _Song) -> Any:
    return graph.output(
        video,
        song.stream,
        url(target),
        format=container,
        vcodec="copy",
        movflags="+faststart",
        map_metadata=1,
        map_chapters=-1,
        **song.options,
    )
