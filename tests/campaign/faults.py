"""One system call fails: a command says so or does without, and the next run ends with the same bytes."""

from __future__ import annotations

import errno
import os
import random
import subprocess
from pathlib import Path

from commands import run
from kills import Scenarios

SOURCE = Path(__file__).with_name("failing_calls.c")
LIBRARY = "CAMPAIGN_LIBRARY"

ANSWERS = {
    "open": (errno.EACCES, errno.EIO, errno.EMFILE, errno.ENOSPC),
    "write": (errno.ENOSPC, errno.EIO, errno.EDQUOT, 0),
    "fsync": (errno.EIO, errno.ENOSPC, errno.ENOTSUP, errno.ENOSYS, errno.EINVAL),
    "rename": (errno.EACCES, errno.EBUSY, errno.EIO, errno.ENOSPC),
    "link": (errno.EPERM, errno.EXDEV, errno.EMLINK, errno.ENOTSUP),
    "unlink": (errno.EACCES, errno.EBUSY, errno.EIO),
    "mkdir": (errno.EACCES, errno.ENOSPC, errno.EIO),
    "read": (errno.EIO,),
    "stat": (errno.EIO, errno.EACCES),
}

HARMLESS = {
    ("fsync", errno.ENOTSUP),
    ("fsync", errno.ENOSYS),
    ("fsync", errno.EINVAL),
    ("write", 0),
    *(("link", answer) for answer in ANSWERS["link"]),
}
"""What no command may fail for: a disk that cannot flush or link, and a write that takes half."""


def build(folder: Path) -> Path:
    """Compile the library that is preloaded. Raises where there is no C compiler."""
    library = folder / "failing_calls.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, SOURCE, "-ldl"], check=True)
    return library


class Faults:
    """Faults in the same scenarios that are killed."""

    def __init__(self, scenarios: Scenarios) -> None:
        self._scenarios = scenarios

    def case(self, chance: random.Random, folder: Path) -> tuple[str, str]:
        """One fault, then an undisturbed run. The call with its answer, and what is wrong."""
        scenario = self._scenarios.choose(chance)
        scenario.set_up(folder)
        call = chance.choice(sorted(ANSWERS))
        answer = chance.choice(ANSWERS[call])
        stays = chance.random() < 0.3
        environment = {
            "CAMPAIGN_FOLDER": str(folder),
            "CAMPAIGN_CALL": call,
            "CAMPAIGN_NUMBER": str(int(chance.expovariate(1 / 30)) + 1),
            "CAMPAIGN_ERRNO": str(answer),
            **({"CAMPAIGN_STAYS": "1"} if stays else {}),
        }
        name = f"{call} {errno.errorcode.get(answer, 'short')}{' from then on' if stays else ''}"
        done = run(*scenario.words, folder=folder, **environment)
        if done.defect:
            return name, f"{scenario.name}: {done.defect}"
        if done.status != 0 and (call, answer) in HARMLESS:
            return name, f"{scenario.name}: not passed over: {done.said[-300:]}"
        # What cannot be removed stays: the next run removes it.
        if done.status == 0 and call != "unlink" and (lost := scenario.difference(folder)):
            return name, f"{scenario.name}: done, but {lost}: {done.said[-300:]}"
        return name, scenario.finish(folder)


def can_fail() -> bool:
    """Whether this process was started with the library."""
    return LIBRARY in os.environ
