"""Sound in whatever container people own: its own length counts, and the track that is meant is taken."""

from __future__ import annotations

import random
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.errors import DreamzoomWarning, SoundError
from dreamzoom.video.encode import Encoder
from dreamzoom.video.sound import read_sound
from support.music import write_wav
from support.video import decode_sound, ffmpeg, noise_frames, probe

SINE = ("-f", "lavfi", "-i", "sine=440:r=44100:d=2")
TONES = ("-f", "lavfi", "-i", "sine=440:r=48000:d=2", "-f", "lavfi", "-i", "sine=2000:r=48000:d=2")
PICTURE = ("-f", "lavfi", "-i", "testsrc=s=64x64:r=10:d=3,format=yuv420p")


def film_sound(song: Path, folder: Path, frames: int) -> np.ndarray:
    """What is heard of a song in a film of so many frames at 10 a second."""
    (folder / "out").mkdir()
    with Encoder(folder / "out" / "clip.mp4", (64, 48), Fraction(10), song) as encoder:
        for frame in noise_frames(frames):
            encoder.write(frame)
    assert [stream.kind for stream in probe(folder / "out" / "clip.mp4")] == ["video", "audio"]
    return decode_sound(folder / "out" / "clip.mp4")


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("video.mp4", "aac"),
        ("video.mov", "pcm_s16le"),
        ("video.mkv", "libopus"),
        ("video.mkv", "flac"),
        ("video.webm", "libopus"),
        ("video.avi", "pcm_s16le"),
        ("video.ts", "aac"),
    ],
)
def test_a_films_sound_is_as_long_as_it_is_itself(tmp_path: Path, name: str, codec: str) -> None:
    picture = ["-c:v", "libvpx"] if name.endswith("webm") else ["-c:v", "mpeg4"]
    ffmpeg(*SINE, *PICTURE, *picture, "-ar", "48000", "-c:a", codec, tmp_path / name)
    assert abs(read_sound(tmp_path / name).duration - 2) < Fraction(1, 20)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("song.aiff", []),
        ("song.au", []),
        ("song.caf", []),
        ("song.w64", []),
        ("song.wv", []),
        ("song.tta", []),
        ("song.voc", []),
        ("song.wma", ["-c:a", "wmav2"]),
        ("song.mka", ["-c:a", "vorbis", "-strict", "-2", "-ac", "2"]),
        ("song.ac3", []),
        ("song.eac3", []),
        ("song.mp2", []),
        ("rf64.wav", ["-rf64", "always"]),
        ("bytes.wav", ["-c:a", "pcm_u8"]),
        ("deep.wav", ["-c:a", "pcm_s24le", "-ar", "96000"]),
        ("float.wav", ["-c:a", "pcm_f32le", "-ar", "192000"]),
        ("law.wav", ["-c:a", "pcm_mulaw", "-ar", "8000"]),
        ("slow.mp3", ["-ar", "22050", "-ac", "1"]),
        ("around.flac", ["-ac", "6"]),
        ("around.m4a", ["-ac", "6"]),
    ],
)
@pytest.mark.filterwarnings("ignore:.*has 6 channels")
def test_what_ffmpeg_reads_is_a_song(tmp_path: Path, name: str, options: list[str]) -> None:
    ffmpeg(*SINE, *options, tmp_path / name)
    assert abs(read_sound(tmp_path / name).duration - 2) < Fraction(1, 10)
    heard = film_sound(tmp_path / name, tmp_path, 20)
    assert np.abs(heard[8820:79380]).mean() > 0.01


def test_the_track_that_is_meant_is_taken(tmp_path: Path) -> None:
    tracks = ["-map", "0", "-map", "1", "-disposition:a:0", "0", "-disposition:a:1", "default"]
    ffmpeg(*TONES, *tracks, tmp_path / "two.mka")
    with pytest.warns(DreamzoomWarning, match=r"two\.mka: has 2 sound tracks: number 2 is taken"):
        assert read_sound(tmp_path / "two.mka").stream == 1
    heard = film_sound(tmp_path / "two.mka", tmp_path, 20)
    assert np.abs(np.fft.rfft(heard[:44100])).argmax() == 2000


def test_a_sound_that_begins_after_the_picture_begins_the_film(tmp_path: Path) -> None:
    ffmpeg(*PICTURE, "-itsoffset", "0.7", *SINE, "-c:v", "mpeg4", tmp_path / "late.mp4")
    assert abs(read_sound(tmp_path / "late.mp4").duration - 2) < Fraction(1, 20)
    heard = film_sound(tmp_path / "late.mp4", tmp_path, 20)
    assert np.abs(heard[2205:8820]).mean() > 0.01


def test_an_edit_list_is_followed(tmp_path: Path) -> None:
    ffmpeg(*SINE, "-c:a", "aac", tmp_path / "song.m4a")
    ffmpeg("-ss", "0.5", "-i", tmp_path / "song.m4a", "-c", "copy", tmp_path / "edited.m4a")
    assert abs(read_sound(tmp_path / "edited.m4a").duration - Fraction(3, 2)) < Fraction(1, 20)


def test_chapters_longer_than_the_sound_are_no_damage(tmp_path: Path) -> None:
    chapters = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1000\nSTART=0\nEND=9000\ntitle=all\n"
    (tmp_path / "chapters.txt").write_text(chapters)
    ffmpeg(*SINE, "-i", tmp_path / "chapters.txt", "-map_metadata", "1", "-c:a", "aac", tmp_path / "book.m4a")
    assert abs(read_sound(tmp_path / "book.m4a").duration - 2) < Fraction(1, 1000)


def test_a_pause_in_a_films_clock_is_silent(tmp_path: Path) -> None:
    ffmpeg(*SINE, "-af", "asetpts='PTS+if(gt(T,1),1/TB,0)'", "-c:a", "pcm_s16le", tmp_path / "gap.mkv")
    with pytest.warns(DreamzoomWarning, match=r"gaps, which are heard as 1\.\d\d s of silence, from 1\.\d s"):
        sound = read_sound(tmp_path / "gap.mkv")
    assert abs(sound.duration - 3) < Fraction(1, 20)
    heard = film_sound(tmp_path / "gap.mkv", tmp_path, 30)
    assert np.abs(heard[int(1.2 * 44100) : int(1.8 * 44100)]).max() < 1e-3
    assert np.abs(heard[int(2.2 * 44100) : int(2.8 * 44100)]).mean() > 0.01


@pytest.mark.parametrize("rate", [1, 100, 999])
def test_samples_too_slow_for_a_song_are_refused_at_once(tmp_path: Path, rate: int) -> None:
    song = write_wav(tmp_path / "slow.wav", np.zeros(2_500_000), rate)
    with pytest.raises(SoundError, match=rf"slow\.wav: has {rate} samples a second"):
        read_sound(song)


def test_a_song_of_more_than_a_day_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dreamzoom.video.sound.LONGEST", 3600)
    song = write_wav(tmp_path / "long.wav", np.zeros(3601 * 1000), 1000)
    with pytest.raises(SoundError, match=r"long\.wav: is longer than 1 hours; cut it"):
        read_sound(song)


def test_a_tag_of_its_own_tells_that_a_films_sound_was_cut(tmp_path: Path) -> None:
    ffmpeg(*SINE, *PICTURE, "-c:v", "mpeg4", "-c:a", "libmp3lame", tmp_path / "video.mkv")
    data = (tmp_path / "video.mkv").read_bytes()
    (tmp_path / "video.mkv").write_bytes(data[: len(data) // 2])
    with pytest.warns(DreamzoomWarning, match=r"video\.mkv: ends after [01]\.\d s of 2\.\d s"):
        read_sound(tmp_path / "video.mkv")


def test_a_film_in_fragments_is_whole(tmp_path: Path) -> None:
    ffmpeg(*SINE, *PICTURE, "-movflags", "frag_keyframe+empty_moov", tmp_path / "video.mp4")
    with pytest.warns(DreamzoomWarning, match="gaps, which are heard as 0.[12]"):
        sound = read_sound(tmp_path / "video.mp4")
    assert abs(sound.duration - 2) < Fraction(3, 10)


def test_garbage_in_an_mp3_without_a_header_is_told(tmp_path: Path) -> None:
    ffmpeg(*SINE, "-c:a", "libmp3lame", "-write_xing", "0", tmp_path / "song.mp3")
    data = bytearray((tmp_path / "song.mp3").read_bytes())
    data[9000:15000] = random.Random(1).randbytes(6000)
    (tmp_path / "song.mp3").write_bytes(data)
    with pytest.warns(DreamzoomWarning, match=r"song\.mp3: .* it may be damaged"):
        read_sound(tmp_path / "song.mp3")


def test_a_large_tag_after_an_mp3_is_no_damage(tmp_path: Path) -> None:
    ffmpeg(*SINE, "-c:a", "libmp3lame", "-write_xing", "0", tmp_path / "song.mp3")
    size = (100_032).to_bytes(4, "little")
    ends = [b"APETAGEX\xd0\x07\0\0" + size + b"\1\0\0\0\0\0\0" + end + bytes(8) for end in (b"\xa0", b"\x80")]
    tag = ends[0] + b"U" * 100_000 + ends[1]
    (tmp_path / "song.mp3").write_bytes((tmp_path / "song.mp3").read_bytes() + tag)
    assert abs(read_sound(tmp_path / "song.mp3").duration - 2) < Fraction(1, 10)
