"""Kills, faults, races and hostile files, again and again, for as long as it is told.

    python tests/campaign/campaign.py --minutes 60

Every case is a real command in a process of its own on a tiny clip. A case has a seed, so that
`--seed 1234 --only kills --cases 1` repeats the one that was printed as found. This needs Linux and, for the
faults, a C compiler. The exit status is 1 if anything was found.
"""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import click

sys.path[:0] = [str(Path(__file__).parents[2]), str(Path(__file__).parents[1])]

from commands import warm_up  # noqa: E402
from faults import LIBRARY, Faults, build  # noqa: E402
from kills import Kills, Scenarios  # noqa: E402
from mutations import Mutations  # noqa: E402
from races import Races  # noqa: E402
from workshop import set_up  # noqa: E402

KINDS = ("kills", "faults", "races", "mutations")
Case = Callable[[random.Random, Path], tuple[str, str]]


@click.command(help=__doc__)
@click.option("--minutes", type=float, default=5.0, show_default=True, help="How long to go on.")
@click.option("--cases", type=int, default=0, help="Stop after so many; 0 for no limit.")
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Of the first case; each next one adds 1."
)
@click.option("--only", type=click.Choice(KINDS), multiple=True, help="Kinds of cases.  [default: all]")
def main(minutes: float, cases: int, seed: int, only: tuple[str, ...]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="campaign-"))
    try:
        if (only == () or "faults" in only) and LIBRARY not in os.environ:
            sys.exit(_preloaded(folder))
        warm_up()
        sys.exit(_campaign(folder / "work", minutes, cases, seed, only or KINDS))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _preloaded(folder: Path) -> int:
    """Start again with the library whose calls can fail."""
    library = str(build(folder))
    environment = {**os.environ, "LD_PRELOAD": library, LIBRARY: library}
    return subprocess.run([sys.executable, *sys.argv], env=environment, check=False).returncode


def _campaign(root: Path, minutes: float, cases: int, seed: int, kinds: tuple[str, ...]) -> int:
    root.mkdir()
    workshop = set_up(root / "workshop")
    scenarios = Scenarios(workshop, root / "references")
    all_kinds: dict[str, Case] = {
        "kills": Kills(scenarios).case,
        "faults": Faults(scenarios).case,
        "races": Races(scenarios).case,
        "mutations": Mutations(workshop).case,
    }
    counts: Counter[tuple[str, str]] = Counter()
    found = 0
    end = time.monotonic() + 60 * minutes
    with contextlib.suppress(KeyboardInterrupt):
        while time.monotonic() < end and not 0 < cases <= counts.total():
            for kind in kinds:
                # A case of files takes a tenth of the time of the others.
                for _ in range(10 if kind == "mutations" and cases != 1 else 1):
                    name, defect = _one(all_kinds[kind], seed, root / "case")
                    counts[kind, name] += 1
                    if defect:
                        found += 1
                        print(f"FOUND {kind} --seed {seed}: {name}: {defect}", flush=True)
                    seed += 1
    _print_counts(counts, found)
    return int(found > 0)


def _one(case: Case, seed: int, folder: Path) -> tuple[str, str]:
    folder.mkdir()
    try:
        return case(random.Random(seed), folder)
    finally:
        shutil.rmtree(folder)


def _print_counts(counts: Counter[tuple[str, str]], found: int) -> None:
    for (kind, name), count in sorted(counts.items()):
        print(f"{count:6}  {kind}: {name}")
    for kind in sorted({kind for kind, _ in counts}):
        print(f"{sum(count for (one, _), count in counts.items() if one == kind):6}  {kind}")
    print(f"{counts.total():6}  cases, {found} with something wrong")


if __name__ == "__main__":
    main()
