"""Several processes want the same folder or file at once: one wins, the others are told, nothing is torn."""

from __future__ import annotations

import random
from pathlib import Path

from commands import start
from kills import Scenarios
from workshop import content, difference

CONTESTED = ("render", "render with a song", "extend", "fork", "stitch", "gif", "report", "resume")


class Races:
    """Scenarios that are run several times at once."""

    def __init__(self, scenarios: Scenarios) -> None:
        self._scenarios = scenarios

    def case(self, chance: random.Random, folder: Path) -> tuple[str, str]:
        """Two to six at once, then one more. The scenario, and what is wrong."""
        scenario = self._scenarios.named(chance.choice(CONTESTED))
        scenario.set_up(folder)
        before = content(folder)
        children = [start(*scenario.words, folder=folder) for _ in range(chance.randint(2, 6))]
        runs = [child.wait() for child in children]
        for done in runs:
            if done.defect:
                return scenario.name, done.defect
        if all(done.status != 0 for done in runs):
            return scenario.name, f"nobody won: {runs[0].said[-300:]}"
        if scenario.name == "fork":  # the parent is only read
            after = {name: sha256 for name, sha256 in content(folder).items() if not name.startswith("other")}
            if lost := difference(after, before):
                return scenario.name, f"the parent: {lost}"
        return scenario.name, scenario.finish(folder)
