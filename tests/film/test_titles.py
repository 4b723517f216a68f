"""Words over pictures."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageFont, features

from dreamzoom.errors import RequestError
from dreamzoom.film.editing import EditList
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.plan import DREAMED, Title
from dreamzoom.film.programme import FilmProgramme
from dreamzoom.film.words.lyrics import LyricLine, lyric_titles
from dreamzoom.film.words.titles import SAFE, TitlePainter, opacity, title_faults
from dreamzoom.recipe.units import Size

WIDE = (320, 180)
GREY = np.full((180, 320, 3), 128, np.uint8)


def _box(shown: np.ndarray) -> tuple[int, int, int, int]:
    """The box about all that is white: left, top, right, bottom."""
    rows, columns = np.nonzero((shown > 250).all(2))
    return columns.min(), rows.min(), columns.max(), rows.max()


@pytest.mark.parametrize(
    ("place", "low", "high"), [("top", 0.05, 0.25), ("middle", 0.4, 0.6), ("bottom", 0.75, 0.95)]
)
def test_letters_stand_in_their_place_within_the_safe_area(place: str, low: float, high: float) -> None:
    title = Title("A title of words that go on and on, until they need a second line", 0, 9, place=place)
    shown = TitlePainter([title], WIDE).draw(GREY, 4)
    left, top, right, bottom = _box(shown)
    assert left >= SAFE * 320
    assert right < (1 - SAFE) * 320
    assert low * 180 <= top < bottom <= high * 180
    assert abs((left + right) / 2 - 159.5) < 2
    height = bottom - top
    assert 1.3 * 0.06 * 180 < height < 2.4 * 0.06 * 180  # of two lines


def test_letters_are_light_on_dark_whatever_is_below() -> None:
    for level in (0, 128, 255):
        below = np.full((180, 320, 3), level, np.uint8)
        shown = TitlePainter([Title("LEGIBLE", 0, 9, height=0.2)], WIDE).draw(below, 4)
        left, top, right, bottom = _box(shown) if level < 255 else (90, 125, 230, 165)
        around = shown[top - 2 : bottom + 3, left - 2 : right + 3].astype(float)
        assert around.max() == 255
        assert around.min() < 80  # 9 to 1 on white, as luminances go
        assert (shown[: 180 // 2] == level).all()


def test_dark_letters_have_a_light_about_them() -> None:
    black = np.zeros((180, 320, 3), np.uint8)
    shown = TitlePainter([Title("DARK", 0, 9, height=0.2, colour="#102030")], WIDE).draw(black, 4)
    assert shown.max() > 150
    assert (shown == (0x10, 0x20, 0x30)).all(2).any()


def test_a_title_comes_and_goes_evenly() -> None:
    title = Title("FADE", 10, 30, fade=4)
    assert [opacity(title, frame) for frame in (9, 10, 11, 13, 14, 25, 26, 29, 30)] == pytest.approx(
        [0, 0.2, 0.4, 0.8, 1, 1, 0.8, 0.2, 0]
    )
    painter = TitlePainter([title], WIDE)
    whole = painter.draw(GREY, 20).astype(float)
    for frame in (10, 12, 28):
        shown = painter.draw(GREY, frame)
        wanted = GREY + opacity(title, frame) * (whole - GREY)
        assert np.abs(shown - wanted).max() <= 1  # `whole` is rounded, too
    for frame in (0, 9, 30, 1000):
        assert painter.draw(GREY, frame) is GREY


def test_deep_pictures_are_drawn_as_deep_as_they_are() -> None:
    ramp = np.repeat(np.linspace(0, 65535, 320).astype(np.uint16)[None, :, None], 180, 0).repeat(3, 2)
    painter = TitlePainter([Title("DEEP", 0, 9, fade=3)], WIDE)
    deep, flat = painter.draw(ramp, 1), painter.draw((ramp // 257).astype(np.uint8), 1)
    assert deep.dtype == np.uint16
    assert np.abs(deep / 257 - flat).max() < 2
    assert np.count_nonzero(deep % 257) > np.count_nonzero(deep % 257 == 0)


def test_titles_that_are_there_at_once_stand_above_each_other_and_stay() -> None:
    titles = [Title("FIRST", 0, 20), Title("SECOND", 10, 30), Title("THIRD", 25, 40)]
    painter = TitlePainter(titles, WIDE)
    first, both, second = (_box(painter.draw(GREY, frame)) for frame in (5, 15, 22))
    assert both[3] == first[3]
    assert both[1] == second[1]
    assert second[3] < first[1]
    third = _box(painter.draw(GREY, 35))
    assert third[3] >= first[3] - 1  # the room is free again


def test_a_long_title_is_made_smaller_and_a_longer_one_refused() -> None:
    words = "many words " * 24
    left, top, right, bottom = _box(TitlePainter([Title(words, 0, 9, height=0.15)], WIDE).draw(GREY, 4))
    assert top >= SAFE * 180
    assert bottom < (1 - SAFE) * 180
    assert left >= SAFE * 320
    assert right < (1 - SAFE) * 320
    with pytest.raises(RequestError, match="does not fit into 64x48"):
        TitlePainter([Title(words, 0, 9)], (64, 48))
    with pytest.raises(RequestError, match="500 at most"):
        TitlePainter([Title(words * 20, 0, 9)], WIDE)


def test_a_text_without_blanks_is_broken_between_letters(tmp_path: Path) -> None:
    left, _, right, _ = _box(TitlePainter([Title("W" * 60, 0, 9)], WIDE).draw(GREY, 4))
    assert left >= SAFE * 320
    assert right < (1 - SAFE) * 320


def test_a_font_whose_letters_are_damaged_is_told_and_used_once_another_lies_there(tmp_path: Path) -> None:
    mine, whole = tmp_path / "mine.ttf", ImageFont.load_default(10).font_bytes
    count = int.from_bytes(whole[4:6], "big")
    entries = (whole[at : at + 16] for at in range(12, 12 + 16 * count, 16))
    (outlines,) = (each for each in entries if each.startswith(b"glyf"))
    first, size = int.from_bytes(outlines[8:12], "big"), int.from_bytes(outlines[12:], "big")
    mine.write_bytes(whole[:first] + b"\x7f" * size + whole[first + size :])
    title = Title("Hello", 0, 1, font=mine)
    (fault,) = title_faults([title], WIDE)
    assert "mine.ttf cannot draw 'Hello' (" in fault
    assert fault.endswith("name the file of another font")
    mine.write_bytes(whole + b"\0")
    assert list(title_faults([title], WIDE)) == []


def test_letters_that_a_font_lacks_are_told_before_any_work(tmp_path: Path) -> None:
    mine = tmp_path / "mine.ttf"
    mine.write_bytes(ImageFont.load_default(10).font_bytes)  # the letters of English alone
    titles = [
        Title("Ψυχή, naïve, жить, Việt", 0, 1),
        Title("東京の夢", 0, 1),
        Title("naïve", 0, 1, font=mine),
        Title("naïve", 5, 9, font=mine, style=DREAMED),
        Title("A", 0, 1, font=tmp_path / "none.ttf"),
        Title("A", 0, 1, font=Path(__file__)),
        Title(" ", 0, 1),
        Title("A", 0, 1, place="left"),
        Title("A", 0, 1, colour="white"),
    ]
    faults = list(title_faults(titles, WIDE))
    assert len(faults) == 7
    for fault, told in zip(
        faults,
        (
            "built-in font has no '東', '京'",
            "mine.ttf has no 'ï'",
            "no such file",
            "is no font",
            "nothing in it",
            "'left'",
            "'white'",
        ),
        strict=True,
    ):
        assert told in fault
    with pytest.raises(RequestError, match="'東'"):
        TitlePainter(titles, WIDE)


def test_letters_from_right_to_left_need_a_library(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    font = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
    if not font.exists():
        pytest.skip("there is no font with Hebrew letters")
    title = Title("שלום", 0, 9, font=font)
    monkeypatch.setattr(features, "check", lambda name: name != "raqm")
    assert "install libraqm" in next(title_faults([title], WIDE))


def test_dreamed_words_are_not_drawn() -> None:
    assert TitlePainter([Title("DREAM", 0, 9, style=DREAMED)], WIDE).draw(GREY, 4) is GREY


def test_lyrics_become_titles_of_a_films_frames() -> None:
    lines = [
        LyricLine("before", 1, 9),
        LyricLine("one", 9.5, 12),
        LyricLine("two", 12, 13.04),
        LyricLine("late", 19, 22),
    ]
    titles = lyric_titles(lines, Title("", 0, 0, fade=12, place="top"), Fraction(24), 240, shift=-10)
    assert [(each.text, each.first, each.stop, each.fade) for each in titles] == [
        ("one", 0, 48, 12),
        ("two", 48, 73, 8),
        ("late", 216, 240, 8),
    ]
    assert {each.place for each in titles} == {"top"}


def test_a_films_pictures_have_its_titles(tmp_path: Path) -> None:
    titles = (Title("ONE", 1, 3, fade=1), Title("TWO", 3, 4, style=DREAMED))
    edits = EditList("film", Size(*WIDE), Fraction(24), 4, (), titles)
    film = FilmProgramme(FilmFolder(tmp_path), edits)
    shown, deep = list(film.pictures(range(4))), list(film.pictures(range(4), deep=True))
    assert [int(each.max()) for each in shown] == [0, 128, 128, 0]
    assert [int(each.max()) for each in deep] == [0, 32768, 32768, 0]
