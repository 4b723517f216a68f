"""A long render is one process with flat memory."""

from __future__ import annotations

import subprocess
import time

import psutil

from support.clips import SMALL, journaled, start

ALLOWED_GROWTH = 1.05
LOADED = (
    100  # the frame by which all is loaded that is asked for late: the guard's SciPy comes after frame 30
)


def test_peak_memory_at_frame_300_is_that_at_frame_100(tmp_path):
    clip = tmp_path / "clip"
    process = start("render", "--out", clip, "--frames", 400, *SMALL, stdout=subprocess.DEVNULL)
    watched, peaks, peak = psutil.Process(process.pid), {}, 0
    while 300 not in peaks and process.poll() is None:
        peak = max(peak, watched.memory_info().rss)
        done = journaled(clip)
        peaks.update({mark: peak for mark in (LOADED, 300) if done >= mark and mark not in peaks})
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert peaks[300] <= ALLOWED_GROWTH * peaks[LOADED], {mark: peak // 2**20 for mark, peak in peaks.items()}
