"""Progress: what was there before says nothing about the speed, and a loop's dreams are told by number."""

from __future__ import annotations

import pytest

from dreamzoom.cli import console
from dreamzoom.cli.console import Meter, WorkName


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(console.time, "monotonic", lambda: now[0])
    return now


def test_time_that_no_work_took_does_not_count(clock: list[float]) -> None:
    meter = Meter(10)
    for seconds, free in ((50, True), (2, False), (2, False), (300, True), (4, False)):
        clock[0] += seconds
        meter.advance(free=free)
    assert (meter.done, meter.rate) == (5, pytest.approx(3 / 8))
    assert meter.describe("frame") == "5/10 frames  2.7 s/frame  0:13 left"


def test_a_loops_dreams_are_told_until_its_frames_come(clock: list[float]) -> None:
    meter, work = Meter(4), WorkName("endless")
    dreaming = work.teller(meter.advance)
    for _ in range(30):
        clock[0] += 1
        dreaming(2, 16, 0.5)
    assert work.describe() == "endless, dream 2 of 16 of its picture"
    assert (meter.done, meter.rate) == (0, None)
    clock[0] += 0.5
    work.count(meter.advance)
    assert (work.describe(), meter.rate) == ("endless", pytest.approx(2))
