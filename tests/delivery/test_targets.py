"""The guide's table says of each target what the table in the code does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import dreamzoom
from dreamzoom.delivery.targets import TARGETS

PAGE = (Path(dreamzoom.__file__).parent / "guide" / "deliver.md").read_text(encoding="utf-8")
ROWS = re.findall(r"^\| `(\w[\w-]*)` \| (\S+) \| ([^|]+) \| ([^|]+) \| [^|]+ \|$", PAGE, re.MULTILINE)


def test_the_guide_has_a_row_for_each():
    assert [name for name, *_ in ROWS] == list(TARGETS)


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_row_says_what_is_made(row):
    name, suffix, video, sound = row
    target = TARGETS[name]
    assert suffix == (target.suffix or "folder")
    assert video == target.video.title
    assert sound == (target.sound.title if target.sound else "none")
