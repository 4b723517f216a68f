"""A song's exact length, broken songs refused, and song and video ending together."""

from __future__ import annotations

import random
import re
import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from dreamzoom.errors import DreamzoomWarning, SoundError
from dreamzoom.video.encode import Encoder
from dreamzoom.video.sound import frames_for, measure_sound, read_sound
from support.video import (
    SONGS,
    Stream,
    decode_sound,
    decode_video,
    ffmpeg,
    make_song,
    names_in,
    noise_frames,
    probe,
)

FPS = Fraction(30)
RATES = ["24", "30", "60", "30000/1001"]
SAMPLE = Fraction(1, 44100)


@pytest.fixture(scope="session")
def songs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with 3 seconds of noise as every kind of song in `SONGS`."""
    folder = tmp_path_factory.mktemp("songs")
    for name in SONGS:
        make_song(folder, name)
    return folder


def video_with(
    song: Path, target: Path, frames: int, fps: Fraction = FPS, *, keep_codec: bool = False
) -> tuple[Stream, Stream]:
    """Make a video with a song; its picture and sound, probed."""
    with Encoder(target, (64, 48), fps, song, keep_codec=keep_codec) as encoder:
        for frame in noise_frames(frames):
            encoder.write(frame)
    assert names_in(target.parent) == [target.name]
    video, sound = probe(target)
    assert (video.kind, video.codec, video.packets, video.rate) == ("video", "h264", frames, fps)
    assert sound.kind == "audio"
    return video, sound


@pytest.mark.parametrize("name", SONGS)
def test_duration_is_exact_to_the_sample(songs: Path, name: str) -> None:
    sound = read_sound(songs / name)
    assert sound.duration == 3
    assert (sound.sample_rate, sound.channels) == (48000 if name == "song.opus" else 44100, 2)


@pytest.mark.parametrize(
    ("name", "codec"),
    [("constant.mp3", "mp3"), ("song.m4a", "aac"), ("lossless.m4a", "alac"), ("song.wav", "pcm_s16le")],
)
def test_codec_is_named(songs: Path, name: str, codec: str) -> None:
    assert read_sound(songs / name).codec == codec


@pytest.mark.parametrize("samples", [46080, 50021, 100003])
@pytest.mark.parametrize("name", ["constant.mp3", "song.flac", "song.ogg", "song.wav"])
def test_any_number_of_samples_is_counted(tmp_path: Path, name: str, samples: int) -> None:
    source = f"sine=440:r=44100:d=4,atrim=end_sample={samples}"
    ffmpeg("-f", "lavfi", "-i", source, *SONGS[name], tmp_path / name)
    assert read_sound(tmp_path / name).duration == samples * SAMPLE


def test_an_mp4s_duration_is_exact_to_its_millisecond_clock(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "sine=440:r=44100:d=4,atrim=end_sample=50021", tmp_path / "song.m4a")
    assert abs(read_sound(tmp_path / "song.m4a").duration - 50021 * SAMPLE) < Fraction(1, 1000)


def test_padding_of_more_than_a_packet_makes_no_frame(tmp_path: Path) -> None:
    samples = 1152 * 115 + 1  # 3.0041 s: such an MP3's padding fills its last packet and 46 samples before it
    fps = 1 / (samples * SAMPLE / 90)
    ffmpeg("-f", "lavfi", "-i", f"sine=440:r=44100:d=4,atrim=end_sample={samples}", tmp_path / "song.mp3")
    assert frames_for(read_sound(tmp_path / "song.mp3").duration, fps) == 90


@pytest.mark.parametrize(("layout", "channels"), [("mono", 1), ("5.1", 6)])
def test_channels_are_counted(tmp_path: Path, layout: str, channels: int) -> None:
    ffmpeg("-f", "lavfi", "-i", f"anullsrc=cl={layout}:r=48000:d=1", tmp_path / "song.flac")
    assert measure_sound(tmp_path / "song.flac").channels == channels


@pytest.mark.parametrize(
    ("seconds", "fps", "frames"),
    [
        ("10", "30", 300),
        ("10.002", "30", 300),
        ("10.01", "30", 301),
        ("9.9999", "30", 300),
        ("10", "30000/1001", 300),
        ("10.02", "30000/1001", 301),
        ("10", "25/2", 125),
        ("0.00002", "30", 1),
    ],
)
def test_frames_cover_the_tail_and_no_more(seconds: str, fps: str, frames: int) -> None:
    assert frames_for(Fraction(seconds), Fraction(fps)) == frames


@given(
    samples=st.integers(1, 10**9),
    rate=st.sampled_from([22050, 44100, 48000]),
    fps=st.sampled_from([Fraction(24), Fraction(30), Fraction(60), Fraction(30000, 1001)]),
)
def test_frames_never_lose_three_milliseconds_nor_add_a_frame(samples: int, rate: int, fps: Fraction) -> None:
    duration = Fraction(samples, rate)
    frames = frames_for(duration, fps)
    assert frames / fps >= duration - Fraction(3, 1000)
    assert frames == 1 or (frames - 1) / fps < duration


@pytest.mark.parametrize("name", SONGS)
def test_every_kind_of_song_needs_the_frames_of_its_length(songs: Path, name: str) -> None:
    assert frames_for(read_sound(songs / name).duration, FPS) == 90


def test_a_missing_song_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match=r"nothing\.mp3: there is no such file"):
        read_sound(tmp_path / "nothing.mp3")


def test_an_empty_song_is_refused(tmp_path: Path) -> None:
    (tmp_path / "empty.mp3").touch()
    with pytest.raises(SoundError, match="is empty"):
        read_sound(tmp_path / "empty.mp3")


def test_a_folder_is_no_song(tmp_path: Path) -> None:
    with pytest.raises(SoundError, match="is a folder"):
        read_sound(tmp_path)


def test_a_name_with_a_nul_is_refused() -> None:
    with pytest.raises(SoundError, match="cannot be read: embedded null byte"):
        read_sound(Path("song\0.mp3"))


@pytest.mark.parametrize("content", [b"just words\n" * 500, random.Random(1).randbytes(50_000), b"ID3"])
def test_a_file_of_something_else_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "song.mp3").write_bytes(content)
    with pytest.raises(SoundError, match=r"song\.mp3: (is no song|holds no sound|is damaged)"):
        read_sound(tmp_path / "song.mp3")


def test_a_picture_is_no_song(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1", "-frames:v", "1", tmp_path / "song.png")
    with pytest.raises(SoundError, match="is no song"):
        read_sound(tmp_path / "song.png")


def test_a_video_without_sound_is_refused(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "testsrc=d=1", tmp_path / "silent.mp4")
    with pytest.raises(SoundError, match="holds no sound"):
        read_sound(tmp_path / "silent.mp4")


def test_a_song_of_no_samples_is_refused(tmp_path: Path, songs: Path) -> None:
    header = (songs / "song.wav").read_bytes()[:44]
    (tmp_path / "song.wav").write_bytes(header[:4] + (36).to_bytes(4, "little") + header[8:40] + bytes(4))
    with pytest.raises(SoundError):
        read_sound(tmp_path / "song.wav")


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("list.mp3", "#EXTM3U\n#EXT-X-TARGETDURATION:3\n#EXTINF:3,\nconstant.mp3\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile constant.mp3\n"),
    ],
)
def test_a_playlist_cannot_make_ffmpeg_open_other_files(songs: Path, name: str, content: str) -> None:
    playlist = songs / name
    playlist.write_text(content)
    with pytest.raises(SoundError):
        read_sound(playlist)


def drums(folder: Path) -> Path:
    """Ten seconds of drums as Vorbis, whose blocks change their size at every hit."""
    song = folder / "drums.ogg"
    hits = "(random(0)*2-1)*exp(-20*mod(t\\,0.25))+0.5*sin(2*PI*60*t)*exp(-12*mod(t\\,0.5))"
    ffmpeg("-f", "lavfi", "-i", f"aevalsrc={hits}:s=44100:d=10", "-c:a", "libvorbis", song)
    return song


def test_drums_in_vorbis_are_whole(tmp_path: Path) -> None:
    assert read_sound(drums(tmp_path)).duration == 10


def test_drums_in_vorbis_that_lack_a_second_are_refused(tmp_path: Path) -> None:
    song = drums(tmp_path)
    pages = [b"OggS" + page for page in song.read_bytes().split(b"OggS")[1:]]
    song.write_bytes(b"".join(pages[: len(pages) // 2] + pages[len(pages) // 2 + 2 :]))
    with pytest.raises(SoundError, match=r"s of sound cannot be decoded, from [3-7]\.\d s on"):
        read_sound(song)


WITHOUT_A_TABLE_AT_THE_START = ("song.m4a", "lossless.m4a")


def half_of(song: Path, folder: Path) -> Path:
    whole = song.read_bytes()
    (folder / song.name).write_bytes(whole[: len(whole) // 2])
    return folder / song.name


@pytest.mark.parametrize("name", [name for name in SONGS if name not in WITHOUT_A_TABLE_AT_THE_START])
def test_half_a_song_is_taken_as_far_as_it_goes_with_a_warning(
    tmp_path: Path, songs: Path, name: str
) -> None:
    with pytest.warns(DreamzoomWarning, match=rf"{name}: (was cut short and )?ends after 1\.\d s"):
        sound = read_sound(half_of(songs / name, tmp_path))
    assert 0.9 < sound.duration < 1.6


@pytest.mark.parametrize("name", WITHOUT_A_TABLE_AT_THE_START)
def test_half_a_song_that_nobody_can_play_is_refused(tmp_path: Path, songs: Path, name: str) -> None:
    with pytest.raises(SoundError, match="damaged"):
        read_sound(half_of(songs / name, tmp_path))


def test_an_mp3_cut_between_frames_is_played_with_a_warning(tmp_path: Path, songs: Path) -> None:
    with av.open(str(songs / "variable.mp3")) as container:
        sizes = [packet.size for packet in container.demux(audio=0)]
    whole = (songs / "variable.mp3").read_bytes()
    start = len(whole) - sum(sizes)
    (tmp_path / "cut.mp3").write_bytes(whole[: start + sum(sizes[:60])])
    with pytest.warns(DreamzoomWarning, match=r"cut\.mp3: ends after 1\.5 s of 3\.0 s"):
        sound = read_sound(tmp_path / "cut.mp3")
    assert abs(sound.duration - Fraction(60 * 1152, 44100)) < Fraction(3 * 1152, 44100)


@pytest.mark.parametrize("name", [name for name in SONGS if name != "song.wav"])
def test_garbage_in_the_middle_is_refused(tmp_path: Path, songs: Path, name: str) -> None:
    data = bytearray((songs / name).read_bytes())
    middle, length = len(data) // 2, len(data) // 5
    data[middle : middle + length] = random.Random(2).randbytes(length)
    (tmp_path / name).write_bytes(data)
    with pytest.raises(SoundError, match="is damaged"):
        read_sound(tmp_path / name)


@pytest.mark.parametrize(
    "name", ["constant.mp3", "variable.mp3", "song.m4a", "song.flac", "song.ogg", "song.wav"]
)
@pytest.mark.parametrize("junk", [bytes(500), random.Random(3).randbytes(500), b"TAG" + b"x" * 125])
def test_junk_after_the_song_is_no_fault(tmp_path: Path, songs: Path, name: str, junk: bytes) -> None:
    (tmp_path / name).write_bytes((songs / name).read_bytes() + junk)
    assert read_sound(tmp_path / name).duration == 3


def wav_with(song: Path, folder: Path, whole: int, sound: int) -> Path:
    """A WAV file with other sizes in its header: of the whole, and of its samples."""
    data = bytearray(song.read_bytes())
    at = data.index(b"data") + 4
    data[4:8], data[at : at + 4] = whole.to_bytes(4, "little"), sound.to_bytes(4, "little")
    (folder / "song.wav").write_bytes(data)
    return folder / "song.wav"


@pytest.mark.parametrize("whole", ["less 8", "right", "8 more", "0", "none", "odd"])
@pytest.mark.parametrize("sound", ["right", "0", "none", "44 more"])
def test_a_wav_is_read_whatever_its_sizes_say(tmp_path: Path, songs: Path, whole: str, sound: str) -> None:
    size = (songs / "song.wav").stat().st_size
    samples = 3 * 44100 * 4
    sizes = {"right": size - 8, "less 8": size - 16, "8 more": size, "0": 0, "none": 0xFFFFFFFF, "odd": 12345}
    of_sound = {"right": samples, "0": 0, "none": 0xFFFFFFFF, "44 more": samples + 44}
    song = wav_with(songs / "song.wav", tmp_path, sizes[whole], of_sound[sound])
    assert read_sound(song).duration == 3


@pytest.mark.parametrize(("promised", "after"), [(1.0, r"1\.0 s; .* 2\.0 s may"), (2.9, "")])
def test_a_wav_that_ends_after_its_size_says_so_is_told(
    tmp_path: Path, songs: Path, promised: float, after: str
) -> None:
    size = int(promised * 44100) * 4
    song = wav_with(songs / "song.wav", tmp_path, size + 36, size)
    doubts = measure_sound(song).doubts
    assert len(doubts) == bool(after)
    assert re.search(after, "".join(doubts))


def test_a_long_wav_that_was_never_given_its_sizes_is_read(tmp_path: Path, songs: Path) -> None:
    song = tmp_path / "song.wav"
    ffmpeg("-i", songs / "song.wav", "-rf64", "always", song)
    data = bytearray(song.read_bytes())
    at = data.index(b"ds64") + 8
    data[at : at + 24] = bytes(24)
    song.write_bytes(data)
    assert read_sound(song).duration == 3


def float_wav(folder: Path, samples: NDArray[np.float64]) -> Path:
    """Mono samples (N,) at 44.1 kHz as a WAV file of 32-bit floats."""
    sound = samples.astype("<f4").tobytes()
    kind = struct.pack("<4sIHHIIHH", b"fmt ", 16, 3, 1, 44100, 4 * 44100, 4, 32)
    chunks = b"WAVE" + kind + struct.pack("<4sI", b"data", len(sound)) + sound
    (folder / "float.wav").write_bytes(struct.pack("<4sI", b"RIFF", len(chunks)) + chunks)
    return folder / "float.wav"


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_silent(tmp_path: Path, odd: float) -> None:
    samples = 0.3 * np.sin(np.arange(44100) / 30)
    samples[22050:30000] = odd
    song = float_wav(tmp_path, samples)
    with pytest.warns(DreamzoomWarning, match="samples that are no numbers, which are silent"):
        read_sound(song)
    (tmp_path / "out").mkdir()
    video_with(song, tmp_path / "out" / "clip.mp4", 30)
    film = decode_sound(tmp_path / "out" / "clip.mp4")
    assert np.abs(film[24000:28000]).max() < 0.01
    assert np.abs(film[3000:20000]).max() == pytest.approx(0.3, abs=0.05)


@pytest.mark.parametrize(("level", "is_told"), [(0.9, False), (1.1, False), (32000.0, True), (1e30, True)])
def test_samples_far_above_full_scale_are_told_and_clipped(
    tmp_path: Path, level: float, is_told: bool
) -> None:
    song = float_wav(tmp_path, level * np.sin(np.arange(44100) / 30))
    assert ["full scale and is clipped" in doubt for doubt in measure_sound(song).doubts] == [True] * is_told
    (tmp_path / "out").mkdir()
    video_with(song, tmp_path / "out" / "clip.mp4", 30)
    assert np.abs(decode_sound(tmp_path / "out" / "clip.mp4")[3000:]).max() < 2


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("song.mid", b"MThd" + bytes(100)),
        ("song.rmi", b"RIFF" + bytes(4) + b"RMIDdata" + bytes(40)),
        ("song.xm", b"Extended Module: " + bytes(500)),
    ],
)
def test_notes_without_sound_are_named(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(SoundError, match=r"is (MIDI|a tracker's module): notes without a sound of their own"):
        read_sound(tmp_path / name)


def test_surround_is_told(tmp_path: Path) -> None:
    ffmpeg("-f", "lavfi", "-i", "anullsrc=cl=5.1:r=48000:d=1", tmp_path / "song.flac")
    with pytest.warns(DreamzoomWarning, match="has 6 channels: it is heard as two"):
        read_sound(tmp_path / "song.flac")


def test_a_flac_of_a_wrong_length_is_read(tmp_path: Path, songs: Path) -> None:
    data = bytearray((songs / "song.flac").read_bytes())
    data[21] |= 0x0F  # 36 bits of samples, of which these are the highest: 17 days
    (tmp_path / "song.flac").write_bytes(data)
    assert read_sound(tmp_path / "song.flac").duration == 3


@pytest.mark.parametrize("frames", [5000, 0xFFFFFFFF])
def test_an_mp3_with_another_songs_length_is_played(tmp_path: Path, songs: Path, frames: int) -> None:
    data = bytearray((songs / "variable.mp3").read_bytes())
    at = data.index(b"Xing") + 8
    data[at : at + 4] = frames.to_bytes(4, "big")
    (tmp_path / "song.mp3").write_bytes(data)
    sound = measure_sound(tmp_path / "song.mp3")
    assert abs(sound.duration - 3) < Fraction(1, 40)
    assert ["ends after 3.0 s of 130.6 s" in doubt for doubt in sound.doubts] == [True] * (frames == 5000)


def ogg_pages(data: bytes) -> list[bytes]:
    return [b"OggS" + page for page in data.split(b"OggS")[1:]]


def ogg_checksum(page: bytes) -> bytes:
    """The page with its checksum made anew (RFC 3533, section 6)."""
    crc = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ (0x04C11DB7 if crc >> 31 else 0)) & 0xFFFFFFFF
    return page[:22] + crc.to_bytes(4, "little") + page[26:]


def test_a_vorbis_song_whose_headers_stand_there_twice_is_read(tmp_path: Path, songs: Path) -> None:
    first, second, *sound = ogg_pages((songs / "song.ogg").read_bytes())
    again = ogg_checksum(first[:5] + b"\0" + first[6:])  # no longer said to be the stream's first page
    (tmp_path / "song.ogg").write_bytes(b"".join([first, second, again, second, *sound]))
    assert abs(read_sound(tmp_path / "song.ogg").duration - 3) < Fraction(1, 40)


def test_a_chain_of_songs_that_ffmpeg_reads_in_part_is_told(tmp_path: Path, songs: Path) -> None:
    ffmpeg("-i", songs / "song.ogg", "-ac", "1", "-ar", "48000", tmp_path / "mono.ogg")
    whole = (songs / "song.ogg").read_bytes() + (tmp_path / "mono.ogg").read_bytes()
    (tmp_path / "chain.ogg").write_bytes(whole)
    sound = measure_sound(tmp_path / "chain.ogg")
    assert float(sound.duration) > 5.9 or "cannot read it after 3.0 s" in "".join(sound.doubts)


@pytest.mark.parametrize("name", ["gaps.mp4", "gaps.webm", "gaps.ts"])
def test_gaps_are_silence_in_the_film_too(tmp_path: Path, name: str) -> None:
    source = "anoisesrc=r=48000:d=4:color=pink:seed=3,aselect='not(between(t,1,2.5))'"
    ffmpeg("-f", "lavfi", "-i", source, tmp_path / name)
    with pytest.warns(DreamzoomWarning, match=r"gaps, which are heard as 1\.\d+ s of silence"):
        duration = read_sound(tmp_path / name).duration
    assert duration == pytest.approx(4, abs=0.05)
    (tmp_path / "out").mkdir()
    video_with(tmp_path / name, tmp_path / "out" / "clip.mp4", 120)
    film = np.abs(decode_sound(tmp_path / "out" / "clip.mp4"))
    assert film.size == pytest.approx(4 * 44100, abs=2000)
    assert film[int(1.2 * 44100) : int(2.3 * 44100)].max() < 0.01
    assert film[int(2.7 * 44100) : int(3.9 * 44100)].mean() > 0.01


def covered_song(folder: Path, name: str) -> Path:
    """A song with a title and a large cover picture."""
    ffmpeg("-f", "lavfi", "-i", "testsrc=s=600x600:d=1", "-frames:v", "1", folder / "cover.png")
    plain = make_song(folder, "song.wav")
    cover = ["-map", "0:a", "-map", "1:v", "-c:v", "copy", "-disposition:v", "attached_pic"]
    title = ["-metadata", "title=Sälü", "-id3v2_version", "3"] if name.endswith("mp3") else []
    ffmpeg("-i", plain, "-i", folder / "cover.png", *cover, *title, folder / name)
    return folder / name


@pytest.mark.parametrize("name", ["song.mp3", "song.m4a", "song.flac"])
def test_cover_art_and_tags_are_no_fault_and_do_not_get_into_the_video(tmp_path: Path, name: str) -> None:
    song = covered_song(tmp_path, name)
    assert read_sound(song).duration == 3
    (tmp_path / "out").mkdir()
    video, _ = video_with(song, tmp_path / "out" / "clip.mp4", 90)
    assert video.packets == 90


def test_the_songs_title_is_kept(tmp_path: Path) -> None:
    song = covered_song(tmp_path, "song.mp3")
    (tmp_path / "out").mkdir()
    video_with(song, tmp_path / "out" / "clip.mp4", 90)
    with av.open(str(tmp_path / "out" / "clip.mp4")) as container:
        assert container.metadata["title"] == "Sälü"


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("constant.mp3", "mp3"),
        ("song.m4a", "aac"),
        ("lossless.m4a", "alac"),
        ("song.flac", "flac"),
        ("song.opus", "opus"),
    ],
)
def test_every_song_becomes_aac_unless_a_copy_is_wanted(
    tmp_path: Path, songs: Path, name: str, codec: str
) -> None:
    _, sound = video_with(songs / name, tmp_path / "clip.mp4", 90)
    assert sound.codec == "aac"
    _, sound = video_with(songs / name, tmp_path / "clip.mp4", 90, keep_codec=True)
    assert sound.codec == codec


@pytest.mark.parametrize(
    ("name", "target", "frames", "why"),
    [
        ("song.ogg", "clip.mp4", 90, r"vorbis cannot be copied into \.mp4"),
        ("song.wav", "clip.mp4", 90, r"pcm_s16le cannot be copied into \.mp4"),
        ("constant.mp3", "clip.mp4", 120, "ends before the video does"),
    ],
)
def test_a_copy_that_cannot_be_is_told(
    tmp_path: Path, songs: Path, name: str, target: str, frames: int, why: str
) -> None:
    with pytest.warns(DreamzoomWarning, match=f"{name}: .*{why}.*: its sound became AAC"):
        _, sound = video_with(songs / name, tmp_path / target, frames, keep_codec=True)
    assert sound.codec == "aac"


def test_a_mov_carries_samples_as_they_are(tmp_path: Path, songs: Path) -> None:
    _, sound = video_with(songs / "song.wav", tmp_path / "clip.mov", 90, keep_codec=True)
    assert sound.codec == "pcm_s16le"


def test_sound_in_aac_has_256_kilobits_a_second(tmp_path: Path, songs: Path) -> None:
    video_with(songs / "constant.mp3", tmp_path / "clip.mp4", 90)
    with av.open(str(tmp_path / "clip.mp4")) as container:
        size = sum(packet.size for packet in container.demux(audio=0))
    assert size * 8 / 3 == pytest.approx(256_000, rel=0.15)


@pytest.mark.parametrize("name", ["constant.mp3", "song.m4a"])
def test_a_copied_song_is_the_same_packets(tmp_path: Path, songs: Path, name: str) -> None:
    video_with(songs / name, tmp_path / "clip.mp4", 90, keep_codec=True)
    with av.open(str(songs / name)) as source, av.open(str(tmp_path / "clip.mp4")) as copy:
        wanted = [bytes(packet) for packet in source.demux(audio=0) if packet.size]
        found = [bytes(packet) for packet in copy.demux(audio=0) if packet.size]
    assert found == wanted


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ["constant.mp3", "variable.mp3", "song.m4a", "lossless.m4a", "song.wav"])
def test_a_clip_made_for_a_song_ends_with_it(tmp_path: Path, songs: Path, name: str, rate: str) -> None:
    fps = Fraction(rate)
    frames = frames_for(read_sound(songs / name).duration, fps)
    video, sound = video_with(songs / name, tmp_path / "clip.mp4", frames, fps)
    assert video.end == frames / fps
    assert abs(sound.end - video.end) <= 1 / fps


@pytest.mark.parametrize("rate", RATES)
@pytest.mark.parametrize("name", ["constant.mp3", "song.m4a"])
@pytest.mark.parametrize("seconds", ["1.7", "4.2"])
def test_a_song_of_another_length_is_cut_or_followed_by_silence(
    tmp_path: Path, songs: Path, name: str, rate: str, seconds: str
) -> None:
    fps = Fraction(rate)
    frames = round(Fraction(seconds) * fps)
    video, sound = video_with(songs / name, tmp_path / "clip.mp4", frames, fps)
    assert video.end == frames / fps
    assert abs(sound.end - video.end) <= 1 / fps


def test_an_mp3_whose_padding_outlasts_a_frame_is_still_copied(tmp_path: Path) -> None:
    samples = 1152 * 114 + 47 + 300  # its last packet holds 300 samples of sound, then 19 ms of padding
    source = f"anoisesrc=r=44100:d=4,atrim=end_sample={samples}"
    ffmpeg("-f", "lavfi", "-i", source, *SONGS["constant.mp3"], tmp_path / "song.mp3")
    fps = 180 / (samples * SAMPLE)  # so that video and song are equally long: about 60
    frames = frames_for(read_sound(tmp_path / "song.mp3").duration, fps)
    (tmp_path / "out").mkdir()
    video, sound = video_with(
        tmp_path / "song.mp3", tmp_path / "out" / "clip.mp4", frames, fps, keep_codec=True
    )
    assert sound.codec == "mp3"
    assert abs(sound.end - video.end) <= 1 / fps


def test_a_short_song_is_followed_by_silence(tmp_path: Path, songs: Path) -> None:
    video_with(songs / "constant.mp3", tmp_path / "clip.mp4", 150)
    heard = decode_sound(tmp_path / "clip.mp4")
    assert len(heard) == pytest.approx(5 * 44100, abs=1024)
    assert np.abs(heard[: 3 * 44100]).mean() > 0.01
    assert np.abs(heard[int(3.1 * 44100) :]).max() < 1e-3


@pytest.mark.parametrize(
    ("name", "frames"),
    [*((name, 90) for name in SONGS), ("constant.mp3", 60), ("constant.mp3", 120), ("song.m4a", 60)],
)
def test_sound_stays_in_step_with_the_picture(tmp_path: Path, name: str, frames: int) -> None:
    click = "if(between(n,44100,44140),0.9,0)"
    rate = "48000" if name == "song.opus" else "44100"
    source = f"aevalsrc='{click}':s=44100:d=3"
    ffmpeg("-f", "lavfi", "-i", source, "-ar", rate, *SONGS[name], tmp_path / name)
    (tmp_path / "out").mkdir()
    video_with(tmp_path / name, tmp_path / "out" / "clip.mp4", frames)
    heard = int(np.abs(decode_sound(tmp_path / "out" / "clip.mp4")).argmax())
    assert heard / 44100 == pytest.approx(1.0, abs=0.003)


@pytest.mark.parametrize(
    ("rate", "layout"), [(96000, "stereo"), (44100, "mono"), (48000, "5.1"), (37800, "stereo")]
)
def test_rates_and_channels_that_players_lack_are_converted(tmp_path: Path, rate: int, layout: str) -> None:
    source = f"anoisesrc=r={rate}:d=2,aformat=channel_layouts={layout}"
    ffmpeg("-f", "lavfi", "-i", source, tmp_path / "song.wav")
    (tmp_path / "out").mkdir()
    video, sound = video_with(tmp_path / "song.wav", tmp_path / "out" / "clip.mp4", 60)
    assert sound.rate in (44100, 48000)
    assert abs(sound.end - video.end) <= 1 / FPS


def test_the_video_is_the_same_with_and_without_a_song(tmp_path: Path, songs: Path) -> None:
    video_with(songs / "constant.mp3", tmp_path / "clip.mp4", 30)
    (tmp_path / "silent").mkdir()
    with Encoder(tmp_path / "silent" / "clip.mp4", (64, 48), FPS) as encoder:
        for frame in noise_frames(30):
            encoder.write(frame)
    loud, silent = (decode_video(tmp_path / path) for path in ("clip.mp4", "silent/clip.mp4"))
    assert all(np.array_equal(one, other) for one, other in zip(loud, silent, strict=True))


def test_of_a_video_with_sound_only_the_sound_is_taken(tmp_path: Path) -> None:
    source = ["-f", "lavfi", "-i", "testsrc=d=3", "-f", "lavfi", "-i", "sine=440:r=44100:d=3"]
    ffmpeg(*source, "-map", "0", "-map", "1", "-map", "1", tmp_path / "film.mp4")
    (tmp_path / "out").mkdir()
    video, sound = video_with(tmp_path / "film.mp4", tmp_path / "out" / "clip.mp4", 90)
    assert (video.packets, sound.codec) == (90, "aac")


@pytest.mark.parametrize("name", ["-i.mp3", "100%d.mp3", "it's so: [a],b.mp3", "夢 ü.mp3"])
def test_a_song_may_have_any_name(
    tmp_path: Path, songs: Path, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if ":" in name and Path("C:\\").exists():
        pytest.skip("Windows has no such names")
    folder = tmp_path / "songs"
    folder.mkdir()
    (folder / name).write_bytes((songs / "constant.mp3").read_bytes())
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(folder)
    assert read_sound(Path(name)).duration == 3
    video_with(Path(name), tmp_path / "out" / "clip.mp4", 90)


def test_a_broken_song_is_found_before_the_first_frame(tmp_path: Path) -> None:
    (tmp_path / "song.mp3").write_bytes(b"no song at all")
    with pytest.raises(SoundError, match="is no song"):
        Encoder(tmp_path / "clip.mp4", (64, 48), FPS, tmp_path / "song.mp3").__enter__()
    assert names_in(tmp_path) == ["song.mp3"]
