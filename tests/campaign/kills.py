"""SIGKILL at random instants: the same command again ends with the same bytes."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from commands import kill_after, run
from workshop import FRAMES, TINY, Workshop, content, difference

_OPEN_END = ("render", "{workshop}/picture.png", "--out", "clip", *TINY)
RENDER = (*_OPEN_END, "--frames", str(FRAMES))


@dataclass(frozen=True)
class Plan:
    """A command whose work can be interrupted."""

    words: tuple[str, ...]
    copies: tuple[str, ...] = ()  # of the workshop, in the folder at the start
    then: tuple[str, ...] = ()  # what finishes the work where the same command is refused
    prepare: Callable[[Path], object] = lambda folder: None


def _lose_a_frame(folder: Path) -> None:
    (folder / "clip/frames/000007.png").unlink()


PLANS = {
    "render": Plan(RENDER),
    "render with a song": Plan((*_OPEN_END, "--audio", "{workshop}/song.wav")),
    "render of every third frame": Plan((*RENDER, "--set", "camera.every=3")),
    "render with a guide and a palette": Plan(
        (
            *(*RENDER, "--set", "dream.objective=guide", "--set", "dream.guide={workshop}/picture.png"),
            *("--set", "colour.hold=0.5", "--set", "colour.palette={workshop}/picture.png"),
        )
    ),
    "resume": Plan(("resume", "clip"), ("clip",), prepare=_lose_a_frame),
    "extend": Plan(("extend", "clip", "--frames", "18"), ("clip",), ("resume", "clip")),
    "extend with a song": Plan(("extend", "sung", "--frames", "24"), ("sung",), ("resume", "sung")),
    "fork": Plan(
        ("fork", "clip", "-o", "other", "--at", "6", "--set", "camera.zoom=1.02"),
        ("clip",),
        ("resume", "other"),
    ),
    "stitch": Plan(("stitch", "sung", "-o", "film.mp4", "-y", "--speed", "0.5"), ("sung",)),
    "gif": Plan(("stitch", "clip", "--gif", "-y"), ("clip",)),
    "report": Plan(("report", "clip", "-o", "page.html", "-y"), ("clip",)),
    "pictures": Plan(
        ("dream", *(f"pictures/{name}.jpg" for name in "abc"), "-o", "dreams", "--layer", "fire2/concat"),
        ("pictures",),
    ),
}


@dataclass(frozen=True)
class Scenario:
    """A plan in this workshop, and what its folder holds after an undisturbed run of so many seconds."""

    name: str
    plan: Plan
    words: tuple[str, ...]
    workshop: Workshop
    expected: dict[str, str]
    seconds: float = 0.0

    def set_up(self, folder: Path) -> None:
        """Put into the folder what the command works on."""
        for copied in self.plan.copies:
            self.workshop.copy(copied, folder / copied)
        self.plan.prepare(folder)

    def difference(self, folder: Path) -> str:
        """What the folder lacks or has too much; nothing where it is as expected."""
        return difference(content(folder), self.expected)

    def finish(self, folder: Path) -> str:
        """Run the command to its end, and say what is wrong then."""
        done = run(*self.words, folder=folder)
        if done.status == 2 and self.plan.then:
            done = run(*self.plan.then, folder=folder)
        if done.defect or done.status != 0:
            return f"{self.name}: {done.defect or f'{done.name} ends with {done.status}: {done.said[-300:]}'}"
        lost = self.difference(folder)
        return f"{self.name}: {lost}" if lost else ""


class Scenarios:
    """The plans, each with its reference, which is made when it is first needed."""

    def __init__(self, workshop: Workshop, root: Path) -> None:
        self._workshop, self._root = workshop, root
        self._made: dict[str, Scenario] = {}

    def choose(self, chance: random.Random) -> Scenario:
        """Any of them."""
        return self.named(chance.choice(sorted(PLANS)))

    def named(self, name: str) -> Scenario:
        """The scenario of that name."""
        if name not in self._made:
            plan = PLANS[name]
            words = tuple(word.format(workshop=self._workshop.root) for word in plan.words)
            folder = self._root / name.replace(" ", "-")
            folder.mkdir(parents=True)
            Scenario(name, plan, words, self._workshop, {}).set_up(folder)
            begin = time.monotonic()
            done = run(*words, folder=folder)
            assert done.status == 0, done.said
            seconds = time.monotonic() - begin
            self._made[name] = Scenario(name, plan, words, self._workshop, content(folder), seconds)
        return self._made[name]


class Kills:
    """Scenarios that are killed."""

    def __init__(self, scenarios: Scenarios) -> None:
        self._scenarios = scenarios

    def case(self, chance: random.Random, folder: Path) -> tuple[str, str]:
        """One to three kills, then the end. The scenario, and what is wrong."""
        scenario = self._scenarios.choose(chance)
        scenario.set_up(folder)
        for _ in range(chance.randint(1, 3)):
            kill_after(chance.uniform(0, 1.1 * scenario.seconds), *scenario.words, folder=folder)
        return scenario.name, scenario.finish(folder)
