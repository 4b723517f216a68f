"""What the tests of the page share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from support.studio import browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The headless Chromium of this process."""
    with browser() as running:
        yield running
