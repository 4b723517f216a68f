"""Sections of songs whose form is known, of songs without any, and of numbers."""

from __future__ import annotations

from itertools import combinations, pairwise
from pathlib import Path

import numpy as np
import pytest

from dreamzoom.audio.analysis import hear
from dreamzoom.audio.decode import MARGIN, RATE, SECONDS
from dreamzoom.audio.sections import find_sections, novelty
from dreamzoom.audio.texture import BANDS, TEXTURES_PER_SECOND, Texture, texture
from dreamzoom.clip.music import music_json, read_music
from dreamzoom.tracks.music import Section
from dreamzoom.video.sound import read_sound
from support.forms import Part, song_of
from support.music import RATE as WRITTEN_RATE
from support.music import chord, placed, talk, write_wav

FORMS = {
    "verse and chorus": ((("i", 4), ("v", 8), ("c", 8), ("v", 8), ("c", 8), ("b", 8), ("c", 8)), 126.0),
    "long verses": ((("v", 16), ("c", 8), ("v", 16), ("c", 8)), 100.0),
    "a bridge in the middle": ((("c", 8), ("b", 8), ("c", 8), ("i", 8)), 84.0),
}


def sections_of(folder: Path, samples: np.ndarray) -> tuple[Section, ...]:
    return hear(read_sound(write_wav(folder / "song.wav", samples))).sections


def label_at(sections: tuple[Section, ...], seconds: float) -> str:
    return next(each.label for each in sections if each.start <= seconds < each.end)


def pairs_right(sections: tuple[Section, ...], parts: list[Part]) -> float:
    """Of all pairs of half seconds, the share that is of one label where it is of one part, else of two."""
    moments = np.arange(0.25, parts[-1][2], 0.5)
    found = [label_at(sections, moment) for moment in moments]
    truth = [next(name for name, start, end in parts if start <= moment < end) for moment in moments]
    pairs = list(combinations(range(len(moments)), 2))
    return sum((found[a] == found[b]) == (truth[a] == truth[b]) for a, b in pairs) / len(pairs)


@pytest.mark.parametrize("name", FORMS)
def test_a_songs_form_is_found(tmp_path: Path, name: str) -> None:
    form, bpm = FORMS[name]
    song, parts = song_of(form, bpm)
    found = sections_of(tmp_path, song.samples)
    assert len(found) == len(parts)
    assert [each.start for each in found] == pytest.approx([start for _, start, _ in parts], abs=60 / bpm)
    assert pairs_right(found, parts) > 0.97
    assert found[0].start == 0
    assert all(one.end == other.start for one, other in pairwise(found))
    assert found[-1].end == pytest.approx(parts[-1][2], abs=1e-3)


def test_letters_go_by_their_first_section(tmp_path: Path) -> None:
    song, _ = song_of((("c", 8), ("v", 8), ("c", 8), ("b", 8)), 110.0)
    assert [each.label for each in sections_of(tmp_path, song.samples)] == ["A", "B", "A", "C"]


def test_a_song_that_goes_on_as_it_began_is_one_section(tmp_path: Path) -> None:
    song, _ = song_of((("v", 32),), 120.0)
    assert sections_of(tmp_path, song.samples) == (Section("A", 0, 64),)


def test_without_beats_sections_begin_at_whole_seconds(tmp_path: Path) -> None:
    speech, held = talk(24, 1), 0.5 * chord(24)
    samples = placed([(0, 1, speech), (24, 1, held), (48, 1, talk(24, 2))], 72)
    found = sections_of(tmp_path, samples)
    assert [each.label for each in found] == ["A", "B", "A"]
    assert [each.start for each in found] == pytest.approx([0, 24, 48], abs=1)
    assert all(each.start == round(each.start) for each in found)


@pytest.mark.parametrize("seconds", [0.05, 1.0, 7.3])
def test_what_is_short_or_silent_is_one_section(tmp_path: Path, seconds: float) -> None:
    for samples in (np.zeros(round(seconds * WRITTEN_RATE)), 0.5 * chord(seconds)):
        assert sections_of(tmp_path, samples) == (Section("A", 0, pytest.approx(seconds, abs=1e-3)),)


def test_a_clip_keeps_sections_exactly(tmp_path: Path) -> None:
    song, _ = song_of((("v", 8), ("c", 8)), 133.0)
    heard = hear(read_sound(write_wav(tmp_path / "song.wav", song.samples)))
    (tmp_path / "music.json").write_bytes(music_json(heard))
    assert len(heard.sections) == 2
    assert read_music(tmp_path / "music.json") == heard


def test_novelty_is_the_checkerboard_of_foote() -> None:
    rng = np.random.default_rng(3)
    rows, half = rng.normal(size=(30, 4)) / 2, 5
    alike = np.exp(-0.5 * ((rows[:, None] - rows[None]) ** 2).sum(axis=2))
    taper = np.exp(-0.5 * ((np.arange(-half, half) + 0.5) / (0.7 * half)) ** 2)
    kernel = np.outer(taper, taper) * (1 - np.eye(2 * half))
    before, after = slice(0, half), slice(half, None)
    found = novelty(rows, half)
    for place in (5, 13, 25):
        around = alike[place - half : place + half, place - half : place + half]
        squares = [
            np.average(around[one, other], weights=kernel[one, other])
            for one, other in ((before, before), (after, after), (before, after))
        ]
        fits = squares[0] + squares[1] - 2 * squares[2]
        assert found[place] == pytest.approx(np.sqrt(max(fits, 0)))


def test_many_sections_go_on_after_z() -> None:
    rng = np.random.default_rng(5)
    bars = tuple(2.0 * bar for bar in range(8 * 40))
    looks = 3 * rng.uniform(0.1, 1, (40, BANDS)).astype(np.float32) ** 4
    bands = np.repeat(looks, 16 * TEXTURES_PER_SECOND, axis=0)
    chroma = np.repeat(rng.uniform(0, 1, (40, 12)).astype(np.float32) ** 6, 16 * TEXTURES_PER_SECOND, axis=0)
    labels = [each.label for each in find_sections(Texture(bands, chroma), bars, 640.0)]
    assert labels[:26] == [chr(ord("A") + place) for place in range(26)]
    assert labels[26:29] == ["AA", "AB", "AC"]


@pytest.mark.parametrize(("pitch", "frequency"), [(9, 220.0), (0, 523.25), (4, 329.63), (7, 1567.98)])
def test_chroma_tells_the_pitch_class_of_a_note(pitch: int, frequency: float) -> None:
    t = np.arange(SECONDS * RATE + 2 * MARGIN) / RATE
    chroma = texture(np.float32(0.5 * np.sin(2 * np.pi * frequency * t))[None]).chroma[50]
    assert chroma.argmax() == pitch
    assert np.delete(chroma, pitch).max() < 0.2 * chroma[pitch]
