"""A clip in Python and in Jupyter."""

from __future__ import annotations

import io
import re
from base64 import b64decode
from html import unescape
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dreamzoom import Clip
from dreamzoom.clip import face
from dreamzoom.errors import ClipError
from support.clips import render_here


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A clip of two frames, in a folder whose name is HTML."""
    return render_here(tmp_path_factory.mktemp("clips") / "<b>&'1", frames=2)


def source_of(html: str) -> str:
    return unescape(re.findall(r'src="([^"]*)"', html)[0])


def test_a_clip_tells_what_is_in_it(folder):
    clip = Clip(folder)
    assert clip.path == folder
    assert clip.status.state == "done"
    assert clip.recipe.clip.frames == len(clip) == 2
    assert clip.film == folder / "clip.mp4"
    assert clip.frames == [folder / "frames/000000.png", folder / "frames/000001.png"]
    assert np.array_equal(clip.frame(-1), Image.open(clip.frames[1]))
    assert np.array_equal(clip.frame(np.int64(1)), clip.frame(1))
    with pytest.raises(ClipError, match="give a whole number"):
        clip.frame(0.5)  # type: ignore[arg-type]
    with pytest.raises(ClipError, match="has no frame 2: 2 are finished"):
        clip.frame(2)
    assert re.fullmatch(r"<Clip .*: done, 2 of 2 frames, \d+\.\d\d s a frame>", repr(clip))


def test_jupyter_shows_the_film_itself_and_its_state(folder):
    html = Clip(folder)._repr_html_()
    kind, data = source_of(html).split(",", 1)
    assert kind == "data:video/mp4;base64"
    assert b64decode(data) == (folder / "clip.mp4").read_bytes()
    assert "&lt;b&gt;&amp;&#x27;1: done, 2 of 2 frames" in html
    assert "<b>" not in html


def test_a_large_film_is_linked_where_the_notebook_reaches_it(folder, monkeypatch):
    monkeypatch.setattr(face, "_MOST_EMBEDDED", 100)
    monkeypatch.chdir(folder.parent)
    assert source_of(Clip(folder.name)._repr_html_()) == "%3Cb%3E%26%271/clip.mp4"
    monkeypatch.chdir(folder / "frames")
    elsewhere = Clip(folder)._repr_html_()
    assert "src=" not in elsewhere
    assert "clip.mp4</p>" in elsewhere


def test_a_clip_without_a_film_shows_its_latest_frame_and_what_is_wrong(folder, tmp_path):
    (folder / "clip.mp4").rename(tmp_path / "away.mp4")
    clip = Clip(folder)
    try:
        html = clip._repr_html_()
        assert clip.film is None
    finally:
        (tmp_path / "away.mp4").rename(folder / "clip.mp4")
    shown = Image.open(io.BytesIO(b64decode(source_of(html).split(",", 1)[1])))
    assert np.array_equal(shown, clip.frame(1))
    assert "interrupted, 2 of 2 frames" in html
    assert "clip.mp4 is missing" in html


def test_a_folder_that_is_no_clip_is_refused(tmp_path):
    with pytest.raises(ClipError, match="holds no clip"):
        Clip(tmp_path)
