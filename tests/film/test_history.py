"""Storyboards that a film had: undone and done again, whatever a person or a crash has done in between."""

from __future__ import annotations

import pytest

from dreamzoom.errors import StoryboardError
from dreamzoom.film import history
from dreamzoom.film.folder import FilmFolder
from dreamzoom.film.history import change_storyboard, read_history, step_storyboard


def text(number):
    return f"# {number}\n[[scene]]\nlength = {number}\n"


@pytest.fixture
def film(tmp_path):
    """A film that was changed twice: from 1 to 2 and to 3."""
    made = FilmFolder(tmp_path)
    made.storyboard_path.write_text(text(1))
    change_storyboard(made, text(1), text(2))
    change_storyboard(made, text(2), text(3))
    return made


def now(film):
    return film.storyboard_path.read_text()


def step(film, *, back):
    step_storyboard(film, now(film), back=back)
    return now(film)


def test_changes_are_undone_one_by_one_and_done_again(film):
    assert [step(film, back=True) for _ in range(2)] == [text(2), text(1)]
    with pytest.raises(StoryboardError, match="nothing to undo"):
        step(film, back=True)
    assert [step(film, back=False) for _ in range(2)] == [text(2), text(3)]
    with pytest.raises(StoryboardError, match="nothing to do again"):
        step(film, back=False)


def test_a_film_that_was_never_changed_has_nothing_to_undo(tmp_path):
    film = FilmFolder(tmp_path)
    film.storyboard_path.write_text(text(1))
    with pytest.raises(StoryboardError, match="nothing to undo"):
        step(film, back=True)
    assert [path.name for path in tmp_path.iterdir()] == ["storyboard.toml"]


def test_what_was_undone_is_forgotten_once_another_change_is_made(film):
    step(film, back=True)
    change_storyboard(film, now(film), text(9))
    assert read_history(film, now(film)).after is None
    assert [step(film, back=True) for _ in range(2)] == [text(2), text(1)]


def test_a_persons_own_edit_is_undone_by_itself_and_comes_back(film):
    film.storyboard_path.write_text("# by hand\n")
    assert step(film, back=True) == text(3)
    assert step(film, back=True) == text(2)
    assert [step(film, back=False) for _ in range(2)] == [text(3), "# by hand\n"]


def test_a_persons_own_edit_is_kept_when_it_is_changed(film):
    step(film, back=True)
    film.storyboard_path.write_text("# by hand\n")
    change_storyboard(film, now(film), text(9))
    assert [step(film, back=True) for _ in range(3)] == ["# by hand\n", text(2), text(1)]


def test_the_same_text_twice_is_two_places(film):
    change_storyboard(film, text(3), text(2))
    change_storyboard(film, text(2), text(5))
    assert [step(film, back=True) for _ in range(4)] == [text(2), text(3), text(2), text(1)]


@pytest.mark.parametrize("note", ["", "77", "x", "1" * 400])
def test_without_the_note_of_the_last_one_its_text_tells_where_it_is(film, note):
    step(film, back=True)
    (film.path / "storyboards/now").write_text(note)
    assert step(film, back=True) == text(1)


def test_a_change_that_was_kept_and_not_written_loses_nothing(film, monkeypatch):
    def crash(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(history, "_put", crash)
    with pytest.raises(KeyboardInterrupt):
        change_storyboard(film, text(3), text(4))
    monkeypatch.undo()
    assert now(film) == text(3)
    assert step(film, back=True) == text(2)
    assert [step(film, back=False) for _ in range(2)] == [text(3), text(4)]


def test_only_so_many_are_kept_and_these_are_the_latest(film, monkeypatch):
    monkeypatch.setattr(history, "MOST_KEPT", 5)
    for number in range(4, 30):
        change_storyboard(film, text(number - 1), text(number))
    assert len(list((film.path / "storyboards").glob("*.toml"))) == 5
    assert [step(film, back=True) for _ in range(4)] == [text(number) for number in (28, 27, 26, 25)]
    with pytest.raises(StoryboardError, match="nothing to undo"):
        step(film, back=True)


def test_links_are_neither_read_nor_written_through(film, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "secret.toml").write_text("secret = 1\n")
    kept = film.path / "storyboards"
    (kept / "000002.toml").unlink()
    (kept / "000002.toml").symlink_to(elsewhere / "secret.toml")
    assert step(film, back=True) == text(1)
    kept.rename(film.path / "kept")
    kept.symlink_to(elsewhere)
    with pytest.raises(StoryboardError, match="is a link"):
        change_storyboard(film, now(film), text(9))
    assert read_history(film, now(film)).before is None
    film.storyboard_path.rename(film.path / "other.toml")
    kept.unlink()
    film.storyboard_path.symlink_to(elsewhere / "secret.toml")
    with pytest.raises(StoryboardError, match="is a link"):
        change_storyboard(film, now(film), text(9))
    assert (elsewhere / "secret.toml").read_text() == "secret = 1\n"
    assert [path.name for path in elsewhere.iterdir()] == ["secret.toml"]


def test_an_earlier_one_that_is_damaged_is_not_put_there(film):
    (film.path / "storyboards/000002.toml").write_text("[[scene]\n")
    with pytest.raises(StoryboardError, match=r"000002\.toml"):
        step(film, back=True)
    assert now(film) == text(3)
