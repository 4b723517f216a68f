"""The engines that commands can be exported for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from dreamzoom.farm.commands import CommandPlan
from dreamzoom.farm.export.flamenco import flamenco_job_type
from dreamzoom.farm.export.openjd import openjd_template
from dreamzoom.farm.export.scripts import shell_script, slurm_script


@dataclass(frozen=True)
class FarmTarget:
    """An engine.

    Attributes:
        ending: of the file's name, after the film's: "-slurm.sh".
        write: from the commands, what runs dreamzoom, and how many at a time, to the file's text.
        use: what a person does with the file, which FILE stands for.
    """

    ending: str
    write: Callable[[CommandPlan, Sequence[str], int], str]
    use: str


FARM_TARGETS: Final[Mapping[str, FarmTarget]] = {
    "shell": FarmTarget("-farm.sh", shell_script, "sh FILE"),
    "slurm": FarmTarget("-slurm.sh", slurm_script, "sh FILE [sbatch's options]"),
    "flamenco": FarmTarget(
        "-flamenco.js",
        flamenco_job_type,
        "put FILE into the Manager's folder scripts, and submit a job of it",
    ),
    "openjd": FarmTarget("-openjd.json", openjd_template, "openjd run FILE, or submit it"),
}
