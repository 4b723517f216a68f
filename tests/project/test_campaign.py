"""The campaign of kills, faults, races and hostile files counts what it does; a seed repeats a case."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CAMPAIGN = Path(__file__).parents[1] / "campaign" / "campaign.py"


@pytest.mark.skipif(sys.platform != "linux" or not shutil.which("cc"), reason="Linux with a C compiler")
def test_one_case_of_a_kind_is_run_and_counted():
    words = ["--cases", "1", "--seed", "3", "--only", "faults"]
    done = subprocess.run([sys.executable, CAMPAIGN, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert "1  faults" in done.stdout
    assert "1  cases, 0 with something wrong" in done.stdout
